"""The mean of the worst share of all windows, and its interval."""

import numpy as np
import numpy.typing as npt

from dcrisk.intervals.basics import FloatArray, Interval, check_confidence
from dcrisk.intervals.means import counted_mean_interval
from dcrisk.intervals.samples import distinct, with_extra

PLACES = 9
"""At so many order statistics within the interval of the quantile the bound is computed; the least one counts."""


def tail_mean_interval(
    values: FloatArray,
    level: float,
    quantile: Interval,
    upper: float = 1.0,
    confidence: float = 0.95,
    weights: FloatArray | None = None,
    most: float = 1.0,
) -> Interval:
    """Interval of the tail value at risk: the mean of the worst share, 1 - `level`, of a bounded quantity.

    Parameters
    ----------
    values : ndarray
        One observation a trial, each in [0, upper].
    level : float
        The share of the trials that is not among the worst.
    quantile : Interval
        Of the quantile at `level`, with the same confidence.
    upper : float
        The largest value possible.
    confidence : float
        The chance with which the interval holds the true tail mean.
    weights : ndarray, optional
        One a trial, in [0, most]; 1 by default.
    most : float
        The largest weight possible.

    Returns
    -------
    Interval

    Notes
    -----
    The tail mean is the least value, over all c, of ``c + E[max(X - c, 0)] / (1 - level)``, which it takes where c is
    the quantile [1]_. At each c the expectation has Gaffke's interval. The bounds here are the least over some c within
    the interval of the quantile. For the upper one this is on the safe side of the bound that Gaffke's random weights
    give for the tail mean itself; for the lower one it is the closest that single c allow. ``docs/intervals.md`` has
    what was measured, also for the bounds of [2]_.

    References
    ----------
    .. [1] R. T. Rockafellar and S. Uryasev, "Conditional value-at-risk for general loss distributions", Journal of
       Banking & Finance 26 (2002) 1443-1471.
    .. [2] P. S. Thomas and E. Learned-Miller, "Concentration inequalities for conditional value at risk", Proceedings
       of the 36th International Conference on Machine Learning, PMLR 97 (2019) 6225-6233.

    Examples
    --------
    >>> from dcrisk.intervals import quantile_interval
    >>> x = np.linspace(0.0, 0.5, 1000)
    >>> low, high = tail_mean_interval(x, 0.9, quantile_interval(x, 0.9)[1])
    >>> print(f"{low:.3f} to {high:.3f}")
    0.469 to 0.496
    """
    check_confidence(confidence)
    places = _between(values, quantile)
    tail = values > places[0]
    rest = float(values.size - np.count_nonzero(tail))
    x, w = values[tail], 1.0 if weights is None else weights[tail]
    bounds = []
    for c in places:
        if c >= upper:
            bounds.append((upper, upper))
            continue
        scale = most * (upper - c)
        sample = distinct(w * np.maximum(x - c, 0.0) / scale)
        mean = counted_mean_interval(*(with_extra(*sample, 0.0, rest) if rest else sample), confidence)
        bounds.append((c + mean.low * scale / (1.0 - level), c + mean.high * scale / (1.0 - level)))
    low, high = np.min(bounds, axis=0)
    return Interval(min(upper, float(low)), min(upper, float(high)))


def _between(values: FloatArray, quantile: Interval) -> FloatArray:
    """Some of the observations within an interval, its ends among them, if they were seen."""
    inside: npt.NDArray[np.float64] = np.sort(values[(values >= quantile.low) & (values <= quantile.high)])
    if not inside.size:
        return np.array([quantile.low])
    return np.unique(inside[np.linspace(0, inside.size - 1, PLACES).astype(np.intp)])
