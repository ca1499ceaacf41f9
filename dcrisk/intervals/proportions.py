"""Intervals of probabilities, and of the difference of two that were seen in the same trials."""

import numpy as np
import numpy.typing as npt
from scipy import stats

from dcrisk.intervals.basics import FloatArray, Interval, check_confidence


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
