"""Intervals of means of bounded quantities, and of paired differences."""

import numpy as np
import numpy.typing as npt

from dcrisk.intervals.basics import FloatArray, Interval, check_confidence
from dcrisk.intervals.gaffke import upper_bound
from dcrisk.intervals.samples import distinct, distinct_signed, with_extra


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
    See the head of this package for the method and for what is proven of it. The numerical error is below one
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
    low, high = counted_mean_interval(*distinct(x / upper), confidence)
    return Interval(low * upper, high * upper)


def counted_mean_interval(support: FloatArray, counts: FloatArray, confidence: float) -> Interval:
    """As `bounded_mean_interval`, between 0 and 1, of a sample given by its different values and their counts."""
    tail = (1.0 - confidence) / 2.0
    high = upper_bound(*with_extra(support, counts, 1.0), tail)
    # The lower bound of x is the upper bound of -x.
    low_support, low_counts = with_extra(support, counts, 0.0)
    low = -upper_bound(-low_support[::-1], low_counts[::-1], tail)
    return Interval(max(0.0, low), min(1.0, high))


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
    support, counts = distinct_signed(d / limit)
    tail = (1.0 - confidence) / 2.0
    high = upper_bound(*with_extra(support, counts, 1.0), tail)
    low = -upper_bound(*with_extra(-support[::-1], counts[::-1], 1.0), tail)
    return Interval(max(-1.0, low) * limit, min(1.0, high) * limit)


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
