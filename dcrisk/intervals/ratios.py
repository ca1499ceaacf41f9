"""Intervals of the ratio of two means, such as hours down to outages."""

from collections.abc import Callable

import numpy as np
from scipy import optimize

from dcrisk.intervals.basics import FloatArray, Interval, check_confidence
from dcrisk.intervals.gaffke import log_probability_positive
from dcrisk.intervals.samples import GRID_SIZE, axis, distinct, distinct_signed

RATIO_POINTS, DENOMINATOR_POINTS = 512, 64
"""Points of the grids of `counted_pairs`."""

SURE = 700.0
"""The logarithm of a probability this far below or above is not told from one farther away."""


def ratio_interval(
    numerator: FloatArray,
    denominator: FloatArray,
    largest: tuple[float, float],
    smallest: tuple[float, float],
    confidence: float = 0.95,
    counts: FloatArray | None = None,
) -> Interval:
    """Interval of the mean of one quantity over that of another, both seen in the same trials.

    Parameters
    ----------
    numerator, denominator : ndarray
        One observation a trial, neither negative.
    largest, smallest : tuple of float
        The numerator and denominator of an imagined trial that makes the ratio as large, and as small, as can be.
    confidence : float
        The chance with which the interval holds the true ratio.
    counts : ndarray, optional
        How often each pair occurs; once by default.

    Returns
    -------
    Interval
        From 0 to infinity where nothing was seen that says more.

    Notes
    -----
    For the true ratio r the mean of ``numerator - r * denominator`` is 0. The interval holds every r for which
    Gaffke's interval of this mean holds 0: a test that is turned round, as Fieller did for normal variables [1]_. So
    no chance of error is spent twice, and what numerator and denominator have in common drops out.

    References
    ----------
    .. [1] E. C. Fieller, "Some problems in interval estimation", Journal of the Royal Statistical Society B 16 (1954)
       175-185.

    Examples
    --------
    Ten outages in a thousand windows, of two hours each:

    >>> seen = np.repeat([1.0, 0.0], [10, 990])
    >>> low, high = ratio_interval(2.0 * seen, seen, (100.0, 1.0), (0.0, 2.0))
    >>> print(f"{low:.2f} to {high:.2f}")
    1.06 to 32.23
    """
    check_confidence(confidence)
    log_tail = float(np.log((1.0 - confidence) / 2.0))
    seen = (numerator > 0.0) | (denominator > 0.0)  # all other trials say nothing of the ratio
    u, v = numerator[seen], denominator[seen]
    c = np.ones(u.size) if counts is None else counts[seen]

    def log_excess(r: float, extra: tuple[float, float], sign: float) -> float:
        """Of the chance that the randomly weighted mean of u - r v has this sign, over the chance of error."""
        y = sign * (np.append(u, extra[0]) - r * np.append(v, extra[1]))
        support, number = distinct_signed(y / (np.abs(y).max() or 1.0), np.append(c, 1.0))
        return float(np.clip(log_probability_positive(support, number) - log_tail, -SURE, SURE))

    top, bottom = float(c @ u), float(c @ v)
    low, high = 0.0, np.inf
    if top > 0.0:
        low = _crossing(lambda r: -log_excess(r, smallest, -1.0), top + smallest[0], bottom + smallest[1])
    if bottom > 0.0:
        high = _crossing(lambda r: log_excess(r, largest, 1.0), top + largest[0], bottom + largest[1])
        return Interval(min(low, top / bottom), max(high, top / bottom))  # the root has an error of its own
    if top == 0.0 and largest[1] > 0.0:
        high = largest[0] / largest[1]
    return Interval(low, high)


def _crossing(falling: Callable[[float], float], numerator: float, denominator: float) -> float:
    """Where a function of the ratio falls through zero, on a logarithmic scale, going out from a first guess."""
    near = float(np.log(numerator / denominator))
    step = 0.1 if falling(np.exp(near)) > 0.0 else -0.1
    far = near + step
    while falling(np.exp(far)) * step > 0.0:
        step *= 2.0
        near, far = far, far + step
    return float(np.exp(optimize.brentq(lambda x: falling(np.exp(x)), min(near, far), max(near, far), xtol=1e-7)))


def counted_pairs(u: FloatArray, v: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """The different pairs and how often each occurs; very many are moved to a grid of ratios and denominators.

    Where a pair is shared out to the four corners around it, the means of both stay, and so does that of the numerator
    minus any multiple of the denominator.
    """
    some = v > 0.0
    lone, lone_counts = distinct(u[~some])
    denominators = v[some]
    ratios = u[some] / denominators
    counts = np.ones(ratios.size)
    if ratios.size > GRID_SIZE:
        ratio, i, to_right = axis(ratios, RATIO_POINTS)
        denominator, j, to_upper = axis(denominators, DENOMINATOR_POINTS)
        cells = np.zeros(ratio.size * denominator.size)
        for di, di_share in ((0, 1.0 - to_right), (1, to_right)):
            for dj, dj_share in ((0, 1.0 - to_upper), (1, to_upper)):
                cells += np.bincount((i + di) * denominator.size + j + dj, di_share * dj_share, cells.size)
        used = np.flatnonzero(cells)
        ratios, denominators = ratio[used // denominator.size], denominator[used % denominator.size]
        counts = cells[used]
    return (
        np.append(lone, ratios * denominators),
        np.append(np.zeros(lone.size), denominators),
        np.append(lone_counts, counts),
    )
