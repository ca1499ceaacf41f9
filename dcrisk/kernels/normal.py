"""Normal and Student-t probabilities, and normal scores, for copulas and shared uncertainty."""

from __future__ import annotations

import math

from dcrisk.kernels.jit import rare, stay_apart

LARGEST = 1.0 - 2.0**-52


@rare
def ndtri(p):
    """The inverse of the normal distribution function: Wichura's AS 241 (Applied Statistics 37, 1988), to 1e-16."""
    stay_apart()
    q = p - 0.5
    if abs(q) <= 0.425:
        r = 0.180625 - q * q
        top = (
            ((2509.0809287301226727 * r + 33430.575583588128105) * r + 67265.770927008700853) * r
            + 45921.953931549871457
        ) * r + 13731.693765509461125
        top = ((top * r + 1971.5909503065514427) * r + 133.14166789178437745) * r + 3.387132872796366608
        low = (
            ((5226.495278852854561 * r + 28729.085735721942674) * r + 39307.89580009271061) * r + 21213.794301586595867
        ) * r + 5394.1960214247511077
        low = ((low * r + 687.1870074920579083) * r + 42.313330701600911252) * r + 1.0
        return q * top / low
    r = math.sqrt(-math.log(min(p, 1.0 - p)))
    if r <= 5.0:
        r -= 1.6
        top = (
            ((7.7454501427834140764e-4 * r + 0.0227238449892691845833) * r + 0.24178072517745061177) * r
            + 1.27045825245236838258
        ) * r + 3.64784832476320460504
        top = ((top * r + 5.7694972214606914055) * r + 4.6303378461565452959) * r + 1.42343711074968357734
        low = (
            ((1.05075007164441684324e-9 * r + 5.475938084995344946e-4) * r + 0.0151986665636164571966) * r
            + 0.14810397642748007459
        ) * r + 0.68976733498510000455
        low = ((low * r + 1.6763848301838038494) * r + 2.05319162663775882187) * r + 1.0
    else:
        r -= 5.0
        top = (
            ((2.01033439929228813265e-7 * r + 2.71155556874348757815e-5) * r + 0.0012426609473880784386) * r
            + 0.026532189526576123093
        ) * r + 0.29656057182850489123
        top = ((top * r + 1.7848265399172913358) * r + 5.4637849111641143699) * r + 6.6579046435011037772
        low = (
            ((2.04426310338993978564e-15 * r + 1.4215117583164458887e-7) * r + 1.8463183175100546818e-5) * r
            + 7.868691311456132591e-4
        ) * r + 0.0148753612908506148525
        low = ((low * r + 0.13692988092273580531) * r + 0.59983220655588793769) * r + 1.0
    return top / low if q > 0.0 else -top / low


@rare
def ndtr(z):
    """The normal distribution function."""
    stay_apart()
    return 0.5 * math.erfc(-z / math.sqrt(2.0))


@rare
def student_cdf(z, freedom):
    """The distribution function of Student's t for whole degrees of freedom (Abramowitz and Stegun 26.7.3, 26.7.4)."""
    stay_apart()
    angle = math.atan(z / math.sqrt(freedom))
    c, s = math.cos(angle), math.sin(angle)
    odd = freedom & 1
    term = c if odd else 1.0
    total = term
    k = 3 if odd else 2
    while k <= freedom - 2:
        term *= c * c * (k - 1) / k
        total += term
        k += 2
    if odd:
        area = angle if freedom == 1 else angle + s * total
        area *= 2.0 / math.pi
    else:
        area = s * total
    return 0.5 + 0.5 * area


@rare
def snap(u):
    """The nearest uniform of those that Philox gives: an odd multiple of 2**-53, never 0, 1/2 or 1."""
    stay_apart()
    return (math.floor(min(max(u, 0.0), LARGEST) * 2.0**52) + 0.5) * 2.0**-52


@rare
def mix(shared, own, fraction):
    """A uniform of which ``fraction`` of the variance, in normal scores, is that of ``shared``."""
    stay_apart()
    if fraction == 0.0:
        return own
    if fraction == 1.0:
        return shared
    return snap(ndtr(math.sqrt(fraction) * ndtri(shared) + math.sqrt(1.0 - fraction) * ndtri(own)))
