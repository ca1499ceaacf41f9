"""Intervals of quantiles."""

import numpy as np
from scipy import stats

from dcrisk.intervals.basics import FloatArray, Interval, check_confidence


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
