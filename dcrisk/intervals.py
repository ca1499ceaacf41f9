"""Confidence intervals that stay honest when what they measure is rare, or was never seen at all.

Several quantities need one, and none of the answers rests on a normal approximation:

a probability (`proportion_interval`)
    Clopper and Pearson (1934).
a quantile (`quantile_interval`)
    Two order statistics; how many trials fall below a quantile is binomial.
the mean of a bounded quantity (`bounded_mean_interval`)
    Gaffke's bound, described next.
the mean of a bounded paired difference (`mean_difference_interval`)
    Gaffke's bound, from the largest difference possible in either direction.
the difference of two probabilities seen in the same trials (`paired_proportions_interval`)
    From the trials in which the two disagree.
the ratio of two means seen in the same trials (`ratio_of_means_interval`)
    Gaffke's bound for what one has more than so many times the other.

Downtime is zero in almost every trial and very large in a few. The textbook interval, mean plus or minus
1.96 standard errors, has width zero when no outage was seen and covers far too seldom when a handful were.
Gaffke's bound [1]_, [2]_ adds to the n observations one imagined one at the worst value possible, and gives
these n + 1 values random weights, uniform over all weights that sum to one (a flat Dirichlet distribution).
The bound is the wanted quantile of the weighted mean. For observations of only 0 and 1 it *is* the
Clopper-Pearson bound; for many observations it becomes the textbook interval. That it is valid for every n
and every bounded distribution is a conjecture: no proof is known, nor any counterexample. The tests of this
package measure its coverage in a rare and heavy-tailed case.

No random weights are drawn here. With independent exponential variables G,

    P(weighted mean > m)  =  P(sum of G_i (x_i - m) > 0),

where equal observations, above all the zeros, merge into one gamma variable. The right-hand side is an
inverse Laplace transform, integrated numerically along a curve close to the path of steepest descent, on
which nothing oscillates (the idea of [3]_; the trapezoidal rule then converges exponentially). Cost follows
the number of *different* values.

.. [1] N. Gaffke, "Three test statistics for a nonparametric one-sided hypothesis on the mean of a nonnegative
   variable", Mathematical Methods of Statistics 14 (2005) 451-467.
.. [2] E. Learned-Miller and P. S. Thomas, "A new confidence interval for the mean of a bounded random
variable",
   arXiv:1905.06208 (2019).
.. [3] C. W. Helstrom, "Calculating error probabilities for intersymbol and cochannel interference",
   IEEE Transactions on Communications 34 (1986) 430-435.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import optimize, special, stats

FloatArray = npt.NDArray[np.float64]

GRID_SIZE = 1024
"""Data with more different values than this are moved to a logarithmic grid of this size; see `_to_grid`."""

COARSE = 256
"""The size of that grid where a bound is sought by many trials of it: a quarter of the cost, and hardly wider."""

NEGLIGIBLE = 1e-30
"""A value that is not above this share of the largest possible counts as zero."""


class Interval(NamedTuple):
    """A confidence interval with equal chances of error on both sides."""

    low: float
    high: float


def check_confidence(confidence: float) -> None:
    """Complain unless `confidence` lies strictly between 0 and 1.

    >>> check_confidence(95)
    Traceback (most recent call last):
        ...
    ValueError: confidence must lie strictly between 0 and 1, and is 95; for 95 % write 0.95
    """
    if not 0.0 < confidence < 1.0:
        raise ValueError(f"confidence must lie strictly between 0 and 1, and is {confidence}; for 95 % write 0.95")


def proportion_interval(
    successes: npt.ArrayLike, trials: int, confidence: float = 0.95
) -> tuple[FloatArray, FloatArray]:
    """Clopper-Pearson interval of a probability.

    Parameters
    ----------
    successes : array_like of int
        How many trials had the outcome.
    trials : int
        How many trials there were.
    confidence : float
        The chance, at least, with which the interval holds the true probability.

    Returns
    -------
    low, high : ndarray
        With the shape of `successes`.

    Examples
    --------
    None in a thousand trials: the "rule of three", with 3.7 for a two-sided interval.

    >>> low, high = proportion_interval(0, 1000)
    >>> print(f"{low:.4f} to {high:.4f}")
    0.0000 to 0.0037
    """
    check_confidence(confidence)
    if trials < 1:
        raise ValueError(f"an interval needs at least one trial, and there are {trials}")
    tail = (1.0 - confidence) / 2.0
    k = np.asarray(successes, dtype=np.float64)
    if np.any((k < 0) | (k > trials)):
        raise ValueError(f"successes must lie between 0 and the {trials} trials")
    # At k = 0 or k = trials a beta parameter would be 0; there the bound is the end of the range.
    low = np.where(k == 0, 0.0, stats.beta.ppf(tail, np.maximum(k, 1.0), trials - k + 1.0))
    high = np.where(k == trials, 1.0, stats.beta.isf(tail, k + 1.0, np.maximum(trials - k, 1.0)))
    return np.asarray(low, dtype=np.float64), np.asarray(high, dtype=np.float64)


def quantile_interval(
    values: FloatArray,
    probability: float,
    confidence: float = 0.95,
    limits: tuple[float, float] = (0.0, np.inf),
) -> tuple[float, Interval]:
    """A quantile and its distribution-free interval between two order statistics.

    Parameters
    ----------
    values : ndarray
        One observation a trial.
    probability : float
        Which quantile: 0.99 is exceeded in one trial of a hundred.
    confidence : float
        The chance, at least, with which the interval holds the true quantile.
    limits : tuple of float
        The range of the quantity: the bounds where there are too few trials to say more.

    Returns
    -------
    quantile : float
        The smallest observation that at least this share of the observations do not exceed.
    interval : Interval

    Examples
    --------
    >>> quantile_interval(np.arange(1.0, 101.0), 0.5)
    (50.0, Interval(low=40.0, high=61.0))

    A hundred trials say little about the worst in a thousand:

    >>> quantile_interval(np.arange(1.0, 101.0), 0.999)
    (100.0, Interval(low=99.0, high=inf))
    """
    check_confidence(confidence)
    if not 0.0 < probability < 1.0:
        raise ValueError(f"a quantile's probability must lie strictly between 0 and 1, and is {probability}")
    n = len(values)
    if n < 1:
        raise ValueError("a quantile needs at least one trial")
    tail = (1.0 - confidence) / 2.0
    # Ranks count from 1. The number of observations up to the quantile is binomial(n, probability).
    rank = min(n, max(1, int(np.ceil(n * probability * (1.0 - 1e-12)))))
    rank_low = int(stats.binom.ppf(tail, n, probability))
    rank_high = int(stats.binom.isf(tail, n, probability)) + 1
    wanted = sorted({r - 1 for r in (rank, rank_low, rank_high) if 1 <= r <= n})
    ordered = np.partition(values, wanted)
    low = float(ordered[rank_low - 1]) if rank_low >= 1 else limits[0]
    high = float(ordered[rank_high - 1]) if rank_high <= n else limits[1]
    return float(ordered[rank - 1]), Interval(low, high)


def bounded_mean_interval(values: npt.ArrayLike, upper: float = 1.0, confidence: float = 0.95) -> Interval:
    """Gaffke's interval for the mean of a quantity that lies between 0 and `upper`.

    Parameters
    ----------
    values : array_like
        One observation a trial, each in [0, upper].
    upper : float
        The largest value possible, whether it was seen or not.
    confidence : float
        The chance with which the interval holds the true mean.

    Returns
    -------
    Interval

    Notes
    -----
    See the head of this module for the method and for what is proven of it. The numerical error is below one
    part in a thousand of the interval's width.

    Examples
    --------
    Nothing seen in a thousand trials says that the mean is small, not that it is zero:

    >>> low, high = bounded_mean_interval(np.zeros(1000))
    >>> print(f"{low:.4f} to {high:.4f}")
    0.0000 to 0.0037

    A single trial of those, down for a tenth of the time:

    >>> low, high = bounded_mean_interval([0.1] + [0.0] * 999)
    >>> print(f"{low:.7f} to {high:.4f}")
    0.0000025 to 0.0038
    """
    check_confidence(confidence)
    x = _observations(values, 0.0, upper)
    support, counts = _distinct(x / upper)
    tail = (1.0 - confidence) / 2.0
    high = _upper_bound(*_with_extra(support, counts, 1.0), tail)
    # The lower bound of x is the upper bound of -x.
    low_support, low_counts = _with_extra(support, counts, 0.0)
    low = -_upper_bound(-low_support[::-1], low_counts[::-1], tail)
    return Interval(max(0.0, low) * upper, min(1.0, high) * upper)


def _observations(values: npt.ArrayLike, lower: float, upper: float) -> FloatArray:
    """One number a trial, within the bounds that the method needs."""
    x = np.asarray(values, dtype=np.float64).ravel()
    if x.size < 1:
        raise ValueError("an interval needs at least one trial")
    if not 0.0 < upper < np.inf:
        raise ValueError(f"the largest value possible must be positive and finite, and is {upper}")
    if not (np.min(x) >= lower and np.max(x) <= upper):  # also true of NaN
        raise ValueError(f"observations must lie between {lower} and {upper}")
    return x


def mean_difference_interval(differences: npt.ArrayLike, limit: float = 1.0, confidence: float = 0.95) -> Interval:
    """Gaffke's interval for the mean of a quantity that lies between -`limit` and `limit`.

    Parameters
    ----------
    differences : array_like
        One a trial: what one layout has more than another in this trial.
    limit : float
        The largest difference possible, in either direction, whether it was seen or not.
    confidence : float
        The chance with which the interval holds the true mean.

    Returns
    -------
    Interval

    Notes
    -----
    As `bounded_mean_interval`, moved: the imagined observation is `limit` for the upper bound and -`limit` for the
    lower. Only the grid for many different values differs: there is one for either sign, so that small differences,
    among them the many that are zero, stay small.

    Examples
    --------
    A thousand trials in which two layouts fared alike:

    >>> low, high = mean_difference_interval(np.zeros(1000))
    >>> print(f"{low:.4f} to {high:.4f}")
    -0.0037 to 0.0037

    The first of the two was better by a tenth in a hundred of them:

    >>> low, high = mean_difference_interval([-0.1] * 100 + [0.0] * 900)
    >>> print(f"{low:.4f} to {high:.4f}")
    -0.0141 to -0.0059
    """
    check_confidence(confidence)
    d = _observations(differences, -limit, limit)
    support, counts = _distinct_signed(d / limit)
    tail = (1.0 - confidence) / 2.0
    high = _upper_bound(*_with_extra(support, counts, 1.0), tail)
    low = -_upper_bound(*_with_extra(-support[::-1], counts[::-1], 1.0), tail)
    return Interval(max(-1.0, low) * limit, min(1.0, high) * limit)


def paired_proportions_interval(first_only: int, second_only: int, trials: int, confidence: float = 0.95) -> Interval:
    """Interval of the difference of two probabilities seen in the same trials: the first minus the second.

    Parameters
    ----------
    first_only, second_only : int
        In how many trials the first happened without the second, and the second without the first.
    trials : int
        How many trials there were.
    confidence : float
        The chance, at least, with which the interval holds the true difference.

    Returns
    -------
    Interval

    Notes
    -----
    The trials in which both happened, or neither, say nothing. Let p be the probability that the two disagree, and q
    that it is then the first that happened: the difference is p (2 q - 1). How many trials disagree is binomial, and
    given their number, how many of these are of the first kind is binomial again: McNemar's test [1]_ in its exact
    form. Both p and q have Clopper-Pearson intervals, each with half of the chance of error (Bonferroni), and the ends
    of the difference are the least and the largest that both allow. So the interval covers at least as often as asked,
    for any number of trials, and it leaves out zero just where the exact test, with half of the chance of error,
    rejects equality.

    References
    ----------
    .. [1] Q. McNemar, "Note on the sampling error of the difference between correlated proportions or percentages",
       Psychometrika 12 (1947) 153-157.

    Examples
    --------
    >>> low, high = paired_proportions_interval(20, 2, 1000)
    >>> print(f"{low:.4f} to {high:.4f}")
    0.0046 to 0.0343
    >>> low, high = paired_proportions_interval(0, 0, 1000)
    >>> print(f"{low:.4f} to {high:.4f}")
    -0.0044 to 0.0044
    """
    check_confidence(confidence)
    if first_only < 0 or second_only < 0 or first_only + second_only > trials:
        raise ValueError(
            f"trials in which only one happened ({first_only} and {second_only}) must not be negative, nor more than "
            f"the {trials} trials together"
        )
    half = 0.5 * (1.0 + confidence)
    discordant = first_only + second_only
    least, most = (float(x) for x in proportion_interval(discordant, trials, half))

    def largest(count: int) -> float:
        share = float(proportion_interval(count, discordant, half)[1]) if discordant else 1.0
        return (2.0 * share - 1.0) * (most if share >= 0.5 else least)

    return Interval(-largest(second_only) + 0.0, largest(first_only))


def ratio_of_means_interval(
    numerator: npt.ArrayLike, denominator: npt.ArrayLike, limit: float = 1.0, confidence: float = 0.95
) -> Interval:
    """Interval of the ratio of two means seen in the same trials, both of quantities between 0 and `limit`.

    Parameters
    ----------
    numerator, denominator : array_like
        One of each a trial, each in [0, limit].
    limit : float
        The largest value possible of either, whether it was seen or not.
    confidence : float
        The chance with which the interval holds the true ratio.

    Returns
    -------
    Interval
        From 0 on; up to infinity where the denominator was never above 0.

    Notes
    -----
    Fieller's idea [1]_: the ratio of the means is r just where the mean of ``numerator - r * denominator`` is 0. That
    quantity lies between ``-r * limit`` and ``limit``, so Gaffke's bounds tell, for each r, whether its mean may be 0.
    The interval holds all r for which it may. No error is shared out between numerator and denominator, and what both
    have in common drops out, trial by trial. Many different values go to a grid, as for a difference, but a coarser one.

    References
    ----------
    .. [1] E. C. Fieller, "Some problems in interval estimation", Journal of the Royal Statistical Society B 16 (1954)
       175-185.

    Examples
    --------
    Of a hundred bad trials out of a thousand, ten would have been good:

    >>> bad = np.repeat([1.0, 0.0], [100, 900])
    >>> low, high = ratio_of_means_interval(np.repeat([1.0, 0.0], [90, 910]), bad)
    >>> print(f"{low:.3f} to {high:.3f}")
    0.824 to 0.966

    Without a bad trial nothing is known of the ratio:

    >>> ratio_of_means_interval(np.zeros(1000), np.zeros(1000))
    Interval(low=0.0, high=inf)
    """
    check_confidence(confidence)
    above, below = _observations(numerator, 0.0, limit) / limit, _observations(denominator, 0.0, limit) / limit
    if above.size != below.size:
        raise ValueError(f"a ratio of paired means needs as many of both, and there are {above.size} and {below.size}")
    active = (above > 0.0) | (below > 0.0)
    rest = float(active.size - np.count_nonzero(active))
    above, below = above[active], below[active]
    target = float(np.log((1.0 - confidence) / 2.0))

    def excess(log_ratio: float, sign: float) -> float:
        """How much likelier than allowed the mean, with the imagined observation, has this sign."""
        ratio = float(np.exp(log_ratio))
        scale = max(1.0, ratio)
        support, counts = _distinct_signed(sign * (above - ratio * below) / scale, COARSE)
        imagined = 1.0 if sign > 0.0 else ratio
        support, counts = _with_extra(*_with_extra(support, counts, 0.0, rest), imagined / scale)
        return _log_probability_positive(support, counts) - target

    total_above, total_below = float(above.sum()), float(below.sum())
    start = float(np.log((total_above + 1.0) / (total_below + 1.0)))
    step = float(1.0 / np.sqrt(1.0 + min(total_above, total_below)))
    high = np.exp(_crossing(lambda x: excess(x, 1.0), start, step)) if total_below > 0.0 else np.inf
    low = np.exp(-_crossing(lambda x: excess(-x, -1.0), -start, step)) if total_above > 0.0 else 0.0
    return Interval(float(low), float(high))


def _crossing(excess: Callable[[float], float], start: float, step: float) -> float:
    """Where a decreasing function crosses zero, from a guess."""
    near, far = start, start + (step if excess(start) > 0.0 else -step)
    while excess(far) * (far - near) > 0.0:
        near, far = far, far + 2.0 * (far - near)
    return float(optimize.brentq(excess, min(near, far), max(near, far), xtol=1e-6, rtol=1e-6))


def _distinct_signed(d: FloatArray, size: int = GRID_SIZE) -> tuple[FloatArray, FloatArray]:
    """The different values of either sign, ascending, and how often each occurs; zeros are one value."""
    zeros = int(np.count_nonzero(np.abs(d) <= NEGLIGIBLE))
    more, more_counts = _distinct(d[d > NEGLIGIBLE], size)
    less, less_counts = _distinct(-d[d < -NEGLIGIBLE], size)
    middle = [0.0] if zeros else []
    support = np.concatenate([-less[::-1], middle, more])
    counts = np.concatenate([less_counts[::-1], [float(zeros)] if zeros else [], more_counts])
    return support, counts


def _distinct(x: FloatArray, size: int = GRID_SIZE) -> tuple[FloatArray, FloatArray]:
    """The different values, ascending, and how often each occurs."""
    positive = x[x > NEGLIGIBLE]
    support, counts = np.unique(positive, return_counts=True)
    weights: FloatArray = counts.astype(np.float64)
    if support.size > size:
        support, weights = _to_grid(support, weights, size)
    zeros = x.size - positive.size
    return _with_extra(support, weights, 0.0, float(zeros)) if zeros else (support, weights)


def _to_grid(support: FloatArray, counts: FloatArray, size: int = GRID_SIZE) -> tuple[FloatArray, FloatArray]:
    """Share each value out between its two neighbours on a logarithmic grid, keeping the mean.

    The weighted mean keeps its expectation exactly and its variance can only grow (by less than the square
    of the grid's relative step, a few parts in ten thousand), so the interval becomes wider, if anything.
    """
    grid = np.geomspace(support[0], support[-1], size)
    grid[0], grid[-1] = support[0], support[-1]
    left = np.clip(np.searchsorted(grid, support, side="right") - 1, 0, size - 2)
    share = (support - grid[left]) / (grid[left + 1] - grid[left])
    weights: FloatArray = np.bincount(left, counts * (1.0 - share), size).astype(np.float64)
    weights += np.bincount(left + 1, counts * share, size)
    used = weights > 0.0
    return grid[used], weights[used]


def _with_extra(
    support: FloatArray, counts: FloatArray, value: float, count: float = 1.0
) -> tuple[FloatArray, FloatArray]:
    """The sample with `count` more observations at `value`."""
    place = int(np.searchsorted(support, value))
    if place < support.size and support[place] == value:
        more = counts.copy()
        more[place] += count
        return support, more
    return np.insert(support, place, value), np.insert(counts, place, count)


def _upper_bound(support: FloatArray, counts: FloatArray, tail: float) -> float:
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
        return _log_probability_positive(slopes, counts) - float(np.log(tail))

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


def _log_probability_positive(slopes: FloatArray, shapes: FloatArray) -> float:
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

    # Nowhere may the curve climb; the straight line never does.
    coarse = np.arange(0.0, 80.0, 0.5)
    height = np.abs(integrand(coarse, bend))
    while bend != 0.0 and np.any(height > 2.0 * width * np.cosh(coarse)):
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


def _pieces(points: FloatArray) -> list[FloatArray]:
    """Cut a long array, to bound the memory that a function of it needs."""
    return np.array_split(points, 1 + points.size // 256)


def _log1p(z: npt.NDArray[np.complex128]) -> npt.NDArray[np.complex128]:
    """log(1 + z), exact also for small z, which NumPy's own is not for complex numbers."""
    a, b = z.real, z.imag
    result: npt.NDArray[np.complex128] = 0.5 * np.log1p(2.0 * a + a * a + b * b) + 1j * np.arctan2(b, 1.0 + a)
    return result
