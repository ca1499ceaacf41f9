"""Intervals of probabilities and quantiles from trials that carry weights.

With importance sampling a probability is the mean of weight times indicator, a quantity between 0 and the largest
weight possible: its interval is Gaffke's. A quantile's interval is where the interval of P(X > x) turns from above to
below the share that the quantile leaves above itself.
"""

import math
from bisect import bisect_left

import numpy as np
import numpy.typing as npt

from dcrisk.intervals.basics import FloatArray, Interval, check_confidence
from dcrisk.intervals.gaffke import log_probability_positive
from dcrisk.intervals.means import counted_mean_interval
from dcrisk.intervals.samples import axis, with_extra

WEIGHT_GRID = 256
"""More different weights than this are moved to a logarithmic grid, once: it keeps every mean, and widens the intervals
by less than 0.2 % where the weights span six decades."""

Chosen = npt.NDArray[np.bool_] | npt.NDArray[np.intp] | slice


class WeightLaw:
    """The weights of the trials, on few values, so that the law of any selection of trials is quickly had.

    Parameters
    ----------
    weights : ndarray
        One a trial, finite and not negative.
    most : float
        The largest weight possible.

    Examples
    --------
    Equal weights are no weights, and the interval is that of Clopper and Pearson:

    >>> low, high = WeightLaw(np.ones(1000), 1.0).probability_interval(np.arange(1000) < 3)
    >>> print(f"{low:.5f} to {high:.5f}")
    0.00062 to 0.00874
    """

    def __init__(self, weights: FloatArray, most: float) -> None:
        self.trials, self.most = weights.size, most
        points, self._left, self._share = axis(weights, WEIGHT_GRID)
        self._support = points / most

    def sample(self, chosen: Chosen) -> tuple[FloatArray, FloatArray]:
        """Weight times indicator, over the largest weight: the different values and how often each occurs."""
        left, share = self._left[chosen], self._share[chosen]
        counts: FloatArray = np.bincount(left, 1.0 - share, self._support.size).astype(np.float64)
        counts += np.bincount(left + 1, share, self._support.size)
        return self._used(counts, left.size)

    def _used(self, counts: FloatArray, chosen: int) -> tuple[FloatArray, FloatArray]:
        """The values that occur; the trials that were not chosen are zeros."""
        counts[0] += self.trials - chosen
        used = counts > 0.0
        return self._support[used], counts[used]

    def curve_intervals(self, values: FloatArray, levels: FloatArray, confidence: float = 0.95) -> list[Interval]:
        """Of the probability of more than each of some ascending levels."""
        check_confidence(confidence)
        size = self._support.size
        below = np.searchsorted(levels, values)  # so many levels lie below each value
        cell = below * size + self._left
        counts = np.bincount(cell, 1.0 - self._share, (levels.size + 1) * size)
        counts += np.bincount(cell + 1, self._share, (levels.size + 1) * size)
        above = np.cumsum(counts.reshape(-1, size)[::-1], axis=0)[::-1][1:]
        chosen = np.cumsum(np.bincount(below, minlength=levels.size + 1)[::-1])[::-1][1:]
        samples = (self._used(row, int(number)) for row, number in zip(above, chosen, strict=True))
        return [self._scaled(counted_mean_interval(*sample, confidence)) for sample in samples]

    def _scaled(self, interval: Interval) -> Interval:
        return Interval(min(1.0, interval.low * self.most), min(1.0, interval.high * self.most))

    def probability_interval(self, happened: Chosen, confidence: float = 0.95) -> Interval:
        """Of the probability of what happened in the trials that are chosen."""
        check_confidence(confidence)
        return self._scaled(counted_mean_interval(*self.sample(happened), confidence))

    def conditional_interval(self, both: Chosen, first_only: Chosen, confidence: float = 0.95) -> Interval:
        """Of the probability of the second, given the first, from the trials with both and with the first alone.

        It is a / (a + b) with the probabilities of both kinds; each has an interval with half of the chance of error.
        """
        half = 0.5 * (1.0 + confidence)
        a, b = self.probability_interval(both, half), self.probability_interval(first_only, half)
        low = a.low / (a.low + b.high) if a.low > 0.0 else 0.0
        high = a.high / (a.high + b.low) if b.low > 0.0 else 1.0
        return Interval(low, high)

    def exceeds(self, chosen: Chosen, probability: float, tail: float) -> bool:
        """Whether the lower bound of the probability of what was chosen is above this one."""
        support, counts = with_extra(*self.sample(chosen), 0.0)
        return log_probability_positive((probability / self.most - support)[::-1], counts[::-1]) < math.log(tail)

    def falls_below(self, chosen: Chosen, probability: float, tail: float) -> bool:
        """Whether the upper bound of the probability of what was chosen is not above this one."""
        support, counts = with_extra(*self.sample(chosen), 1.0)
        return log_probability_positive(support - probability / self.most, counts) <= math.log(tail)


def weighted_quantiles(
    law: WeightLaw,
    weights: FloatArray,
    values: FloatArray,
    probabilities: FloatArray,
    confidence: float = 0.95,
    limits: tuple[float, float] = (0.0, np.inf),
) -> list[tuple[float, Interval]]:
    """Quantiles of trials that carry weights, each with its interval; as `quantile_interval`.

    A quantile is the least value that leaves no more than its share above itself. What lies above is estimated from
    the trials above alone: those at the far end, for which importance sampling is made, have the small weights.
    """
    check_confidence(confidence)
    tail = (1.0 - confidence) / 2.0
    order = np.argsort(-values, kind="stable")
    ordered = values[order]
    first = np.flatnonzero(np.append(True, ordered[1:] < ordered[:-1]))  # so many trials have a larger value
    last = np.append(first[1:], values.size)
    share_above = np.concatenate([[0.0], np.cumsum(weights[order])])[first] / values.size
    found = []
    for p in probabilities:
        above = 1.0 - p
        place = int(np.searchsorted(share_above, 1.0 - p * (1.0 - 1e-12), side="right")) - 1

        def too_many(j: int, above: float = above) -> bool:
            """Whether the probability of a larger value than the j-th largest could be above the share."""
            return not law.falls_below(order[: first[j]], above, tail)

        def surely_many(j: int, above: float = above) -> bool:
            """Whether the probability of the j-th largest value or more is above the share."""
            return law.exceeds(order[: last[j]], above, tail)

        high = bisect_left(range(first.size), True, key=too_many)
        low = bisect_left(range(first.size), True, key=surely_many)
        interval = Interval(
            float(ordered[first[low]]) if low < first.size else limits[0],
            float(ordered[first[high - 1]]) if high else limits[1],
        )
        found.append((float(ordered[first[place]]), interval))
    return found
