"""Normal and Student-t probabilities, and normal scores."""

from __future__ import annotations

import math


def ndtr(z):
    """The normal distribution function."""
    return 0.5 * math.erfc(-z / math.sqrt(2.0))


# Wichura, Algorithm AS 241 (PPND16), Applied Statistics 37, 1988: coefficients of numerator and denominator from the
# constant upwards, in the middle, and of sqrt(-log(p)) up to 5 and beyond.
MIDDLE = (
    (
        3.387132872796366608,
        133.14166789178437745,
        1971.5909503065514427,
        13731.693765509461125,
        45921.953931549871457,
        67265.770927008700853,
        33430.575583588128105,
        2509.0809287301226727,
    ),
    (
        1.0,
        42.313330701600911252,
        687.1870074920579083,
        5394.1960214247511077,
        21213.794301586595867,
        39307.89580009271061,
        28729.085735721942674,
        5226.495278852854561,
    ),
)
TAIL = (
    (
        1.42343711074968357734,
        4.6303378461565452959,
        5.7694972214606914055,
        3.64784832476320460504,
        1.27045825245236838258,
        0.24178072517745061177,
        0.0227238449892691845833,
        7.7454501427834140764e-4,
    ),
    (
        1.0,
        2.05319162663775882187,
        1.6763848301838038494,
        0.68976733498510000455,
        0.14810397642748007459,
        0.0151986665636164571966,
        5.475938084995344946e-4,
        1.05075007164441684324e-9,
    ),
)
FAR_TAIL = (
    (
        6.6579046435011037772,
        5.4637849111641143699,
        1.7848265399172913358,
        0.29656057182850489123,
        0.026532189526576123093,
        0.0012426609473880784386,
        2.71155556874348757815e-5,
        2.01033439929228813265e-7,
    ),
    (
        1.0,
        0.59983220655588793769,
        0.13692988092273580531,
        0.0148753612908506148525,
        7.868691311456132591e-4,
        1.8463183175100546818e-5,
        1.4215117583164458887e-7,
        2.04426310338993978564e-15,
    ),
)


def polynomial(coefficients, x):
    value = 0.0
    for c in reversed(coefficients):
        value = value * x + c
    return value


def ndtri(p):
    """The inverse of the normal distribution function."""
    q = p - 0.5
    if abs(q) <= 0.425:
        top, low = (polynomial(c, 0.180625 - q * q) for c in MIDDLE)
        return q * top / low
    r = math.sqrt(-math.log(min(p, 1.0 - p)))
    coefficients, r = (TAIL, r - 1.6) if r <= 5.0 else (FAR_TAIL, r - 5.0)
    top, low = (polynomial(c, r) for c in coefficients)
    return math.copysign(top / low, q)


def student_cdf(z, freedom):
    """The distribution function of Student's t for whole degrees of freedom (Abramowitz and Stegun 26.7.3-4)."""
    angle = math.atan(z / math.sqrt(freedom))
    c, s = math.cos(angle), math.sin(angle)
    odd = freedom % 2 == 1
    term = c if odd else 1.0
    total = term
    for k in range(3 if odd else 2, freedom - 1, 2):
        term *= c * c * (k - 1) / k
        total += term
    if not odd:
        return 0.5 + 0.5 * (s * total)
    area = angle if freedom == 1 else angle + s * total
    return 0.5 + 0.5 * (area * (2.0 / math.pi))


def snap(u):
    """The uniform that Philox could have given: an odd multiple of 2**-53."""
    return (math.floor(min(max(u, 0.0), 1.0 - 2.0**-52) * 2.0**52) + 0.5) * 2.0**-52


def mix(shared, own, fraction):
    """A uniform of which a part of the variance, in normal scores, is shared."""
    if fraction == 0:
        return own
    if fraction == 1:
        return shared
    return snap(ndtr(math.sqrt(fraction) * ndtri(shared) + math.sqrt(1.0 - fraction) * ndtri(own)))
