"""The quantile of a randomly weighted mean, by an integral in the complex plane."""

import numpy as np
import numpy.typing as npt
from scipy import optimize, special, stats

from dcrisk.intervals.basics import FloatArray


def upper_bound(support: FloatArray, counts: FloatArray, tail: float) -> float:
    """The value that the randomly weighted mean of a sample exceeds with probability `tail`."""
    smallest, largest = float(support[0]), float(support[-1])
    if support.size == 1:
        return smallest
    if support.size == 2:
        share = float(stats.beta.isf(tail, counts[1], counts[0]))
        return smallest * float(stats.beta.ppf(tail, counts[0], counts[1])) + largest * share

    def mean_at(position: float) -> float:
        """Between both ends, on a logistic scale, so that no digits are lost close to either."""
        return smallest * float(special.expit(-position)) + largest * float(special.expit(position))

    def excess(position: float) -> float:
        slopes = (support - mean_at(position)) / (largest - smallest)
        return log_probability_positive(slopes, counts) - float(np.log(tail))

    # Bracket the root, going out from the normal approximation.
    x, n = (support - smallest) / (largest - smallest), counts.sum()
    centre = float(counts @ x / n)
    spread = float(np.sqrt(counts @ (x - centre) ** 2 / n / (n + 1.0)))
    guess = centre + float(stats.norm.isf(tail)) * spread
    start = float(special.logit(np.clip(guess, 1e-30, 1.0 - 1e-12)))
    step = 0.05 if excess(start) > 0.0 else -0.05
    near, far = start, start + step
    while excess(far) * step > 0.0:
        step *= 2.0
        near, far = far, far + step
    position = optimize.brentq(excess, min(near, far), max(near, far), xtol=min(1e-8, 1e-3 / n))
    return mean_at(float(position))


def log_probability_positive(slopes: FloatArray, shapes: FloatArray) -> float:
    """Logarithm of P(sum of slopes * Gamma(shapes) > 0), for slopes of both signs.

    With K the logarithm of the sum's moment generating function the probability is the integral of exp(K(s))
    / s over any curve that comes from infinity below the real axis, crosses it between 0 and 1 /
    max(slopes), and goes to infinity above it, divided by 2 pi i.
    """
    if slopes[-1] <= 0.0:
        return -np.inf
    if slopes[0] >= 0.0:
        return 0.0
    end = 1.0 / float(slopes[-1])

    def derivative(position: float) -> float:
        # End minus s is computed without cancellation.
        s, rest = end * special.expit(position), special.expit(-position)
        return float(shapes @ (slopes / ((1.0 - slopes / slopes[-1]) + rest * slopes / slopes[-1])) - 1.0 / s)

    # K(s) - log(s) is convex; the curve crosses the axis where it is smallest.
    position = float(optimize.brentq(derivative, -80.0, 80.0, xtol=1e-3))
    saddle = end * float(special.expit(position))
    scaled = slopes / (1.0 - slopes * saddle)
    second = float(shapes @ scaled**2) + saddle**-2
    third = 2.0 * float(shapes @ scaled**3) - 2.0 * saddle**-3
    width = second**-0.5
    bend = float(np.clip(third / (3.0 * second) * width, -2.0, 2.0))  # steepest descent, to third order

    def integrand(u: FloatArray, bend: float) -> npt.NDArray[np.complex128]:
        """Relative to the saddle, on the hyperbola s = saddle + width (bend (cosh u - 1) + i sinh u)."""
        away = width * (bend * (np.cosh(u) - 1.0) + 1j * np.sinh(u))
        speed = width * (bend * np.sinh(u) + 1j * np.cosh(u))
        logs = _log1p(-scaled[:, None] * away[None, :])
        # in two parts: BLAS would use all cores for the complex product, which on a busy machine took most of the time
        exponent = -(shapes @ logs.real) - 1j * (shapes @ logs.imag) - _log1p(away / saddle)
        value: npt.NDArray[np.complex128] = np.exp(np.minimum(exponent.real, 99.0) + 1j * exponent.imag) * speed
        return value

    # Nowhere may the curve climb, not even from very far down, since between these points it may climb to any height.
    # The straight line never does.
    coarse = np.arange(0.0, 80.0, 0.5)
    height = np.abs(integrand(coarse, bend))
    while bend != 0.0 and _climbs(height / (width * np.cosh(coarse))):
        bend = bend / 4.0 if abs(bend) > 1e-3 else 0.0
        height = np.abs(integrand(coarse, bend))
    end_of_curve = coarse[np.flatnonzero(height > 1e-17 * width)[-1]] + 0.5
    step = float(end_of_curve) / 16.0
    total = step * (
        0.5 * integrand(np.zeros(1), bend).imag[0] + integrand(step * np.arange(1.0, 17.0), bend).imag.sum()
    )
    points, change = 16, np.inf
    while change > 1e-9 * abs(total):
        if points > 1_000_000:
            raise ArithmeticError("the integral of a confidence bound does not converge; please report the data")
        middle = np.asarray(step * (np.arange(points) + 0.5), dtype=np.float64)
        refined = 0.5 * (total + step * sum(integrand(part, bend).imag.sum() for part in _pieces(middle)))
        change, total, step, points = abs(refined - total), refined, step / 2.0, points * 2
    # At the saddle exp(K) / s; the two halves of the curve are mirror images.
    log_peak = -float(shapes @ np.log1p(-slopes * saddle)) - float(np.log(saddle))
    return log_peak + float(np.log(total / np.pi))


def _climbs(height: FloatArray) -> bool:
    """Whether it rises to more than double of what it has been before, above what no sum would notice."""
    least = np.maximum(np.minimum.accumulate(height), 1e-20)
    return bool(np.any(height > 2.0 * least))


def _pieces(points: FloatArray) -> list[FloatArray]:
    """Cut a long array, to bound the memory that a function of it needs."""
    return np.array_split(points, 1 + points.size // 256)


def _log1p(z: npt.NDArray[np.complex128]) -> npt.NDArray[np.complex128]:
    """log(1 + z), exact also for small z, which NumPy's own is not for complex numbers."""
    a, b = z.real, z.imag
    result: npt.NDArray[np.complex128] = 0.5 * np.log1p(2.0 * a + a * a + b * b) + 1j * np.arctan2(b, 1.0 + a)
    return result
