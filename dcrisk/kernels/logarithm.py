"""The logarithm of a uniform, as the compiler takes several at once, and the same on every machine.

`math.log` calls the machine's own library for one number at a time. This one is FreeBSD's (msun, e_log.c, after Remez):
with x = 2**k (1 + f) and s = f / (2 + f), log(1 + f) = 2 atanh(s) is s times a polynomial in s**2. It is off by less than one
unit in the last place.
"""

from __future__ import annotations

import numpy as np

from dcrisk.kernels.jit import inner

MANTISSA, MANTISSA_BITS = np.uint64(52), np.uint64((1 << 52) - 1)
ROOT_OF_HALF = np.uint64(0x3FE6A09E00000000)  # a little less than sqrt(1/2): f lies around 0
TO_EXPONENT = np.uint64(0x3FF0000000000000 - 0x3FE6A09E00000000)
WHOLE, OFFSET = np.uint64(0x4330000000000000), 2.0**52 + 1023.0  # 2**52: whole numbers below it are its last bits
LN2_HIGH, LN2_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10
C1, C2, C3, C4 = 6.666666666666735130e-01, 3.999999999940941908e-01, 2.857142874366239149e-01, 2.222219843214978396e-01
C5, C6, C7 = 1.818357216161805012e-01, 1.531383769920937332e-01, 1.479819860511658591e-01


@inner
def minus_log(u):
    """-log(u) for u in (0, 1): the standard exponential variate that exceeds its own value with probability ``u``."""
    bits = np.float64(u).view(np.uint64) + TO_EXPONENT
    k = np.uint64((bits >> MANTISSA) | WHOLE).view(np.float64) - OFFSET
    f = np.uint64((bits & MANTISSA_BITS) + ROOT_OF_HALF).view(np.float64) - 1.0
    s = f / (2.0 + f)
    z = s * s
    rest = z * (C1 + z * (C2 + z * (C3 + z * (C4 + z * (C5 + z * (C6 + z * C7))))))
    half = 0.5 * f * f
    return (half - (s * (half + rest) + k * LN2_LOW) - f) - k * LN2_HIGH
