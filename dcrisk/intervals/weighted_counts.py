"""The interval of a sum of weighted counts, some of which may be 0."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import stats

from dcrisk.intervals.basics import Interval, check_confidence


def weighted_counts_interval(value: float, variance: float, largest: float, confidence: float = 0.95) -> Interval:
    """Interval of an expectation that is estimated by adding up rare things with weights.

    Parameters
    ----------
    value : float
        The estimate, not negative.
    variance : float
        Its variance, as estimated.
    largest : float
        What one thing more would add to the estimate, at most: where a stratum has shown nothing, its weight over its
        trials (times the largest weight that one of them can have).
    confidence : float
        The chance with which the interval holds the true expectation.

    Returns
    -------
    Interval

    Notes
    -----
    The gamma interval of Fay and Feuer [1]_. With a mean and a variance a gamma law is chosen for each end: for the
    lower one those of the estimate, for the upper one those of the estimate with one more thing of the largest weight.
    For one weight it is the exact interval of a Poisson number (Garwood), and so, where nothing was seen, it ends at
    3.7 times the largest weight. In all simulations known it covers at least as often as asked. Where many things of
    similar weights were seen, it is the normal interval.

    References
    ----------
    .. [1] M. P. Fay and E. J. Feuer, "Confidence intervals for directly standardized rates: a method based on the gamma
       distribution", Statistics in Medicine 16 (1997) 791-801.

    Examples
    --------
    >>> low, high = weighted_counts_interval(0.0, 0.0, 1e-6)
    >>> print(f"{low:.2g} to {high:.2g}")
    0 to 3.7e-06
    >>> low, high = weighted_counts_interval(400e-6, 400e-12, 1e-6)
    >>> print(f"{low:.3g} to {high:.3g}")
    0.000362 to 0.000441
    """
    check_confidence(confidence)
    if not (value >= 0.0 and variance >= 0.0 and largest >= 0.0):  # also true of NaN
        raise ValueError(f"value, variance and largest must not be negative, and are {value}, {variance} and {largest}")
    tail = (1.0 - confidence) / 2.0
    low = _gamma(value, variance).ppf(tail) if value > 0.0 and variance > 0.0 else value
    more = value + largest
    spread = variance + largest**2
    high = _gamma(more, spread).isf(tail) if more > 0.0 and spread > 0.0 else more
    return Interval(float(low), float(max(high, value)))


def _gamma(mean: float, variance: float) -> Any:
    return stats.gamma(np.square(mean) / variance, scale=variance / mean)
