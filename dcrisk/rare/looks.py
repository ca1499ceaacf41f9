"""When to stop: looks at what has been added up, each with its share of the chance of error.

To stop as soon as an interval happens to be narrow would make it cover too seldom. So the number of trials of each look
is fixed beforehand, by the pilot, whose trials are not used again; and the chances of error of all looks add up to the
one that was asked for (alpha spending: DeMets and Lan, Statistics in Medicine 13, 1994). Whichever look is the last, its
interval covers as often as asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from dcrisk import intervals
from dcrisk.rare.counts import FloatArray
from dcrisk.rare.proposal import PLAIN_SHARE
from dcrisk.rare.strata import Stratum
from dcrisk.rare.sums import Sums

FIRST_SHARE = 0.7
"""Of the chance of error, for the look that is planned as the last one; each further look has half of what is left."""
GROWTH = 1.6
MARGIN = 1.05
"""The first look has so many trials more than the pilot says that it needs, squared: pilots are noisy, too."""


class Part(NamedTuple):
    """A stratum with the sums over its trials."""

    stratum: Stratum
    sums: Sums
    tilted: bool


class Verdict(NamedTuple):
    """The estimate of each layout, with its interval."""

    value: FloatArray
    low: FloatArray
    high: FloatArray
    variance: FloatArray

    def relative(self) -> FloatArray:
        """Half the width of the interval over the estimate; 0 where both are 0, infinite where only the estimate is."""
        half = 0.5 * (self.high - self.low)
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(half == 0.0, 0.0, half / self.value)


def error_of_look(number: int, confidence: float) -> float:
    """The chance of error of the ``number``-th look, counted from 0."""
    error = 1.0 - confidence
    return error * FIRST_SHARE if number == 0 else error * (1.0 - FIRST_SHARE) * 0.5**number


def judge(parts: Sequence[Part], left_out: FloatArray, solved: FloatArray, most: float, error: float) -> Verdict:
    """What has been seen so far. ``left_out`` is the probability, for each layout, of what no stratum covers, ``solved``
    what is known of it without sampling, ``most`` the largest value possible."""
    layouts = left_out.size
    value, variance, largest, seen = np.zeros((4, layouts))
    for part in parts:
        weight, sums = part.stratum.weight, part.sums
        if sums.trials == 0:
            left_out = left_out + weight * part.stratum.harms
            continue
        value += weight * sums.mean()
        variance += weight**2 * sums.variance() / sums.trials
        seen = np.maximum(seen, sums.largest)
    possible = most if np.isfinite(most) else np.maximum(seen, 1.0)
    for part in parts:
        if part.sums.trials > 0:
            hidden = possible / PLAIN_SHARE if part.tilted else possible
            one_more = np.where(part.sums.hits > 0, part.sums.largest, hidden) * part.stratum.harms
            largest = np.maximum(largest, part.stratum.weight * one_more / part.sums.trials)
    bounds = [
        intervals.weighted_counts_interval(float(v), float(s), float(m), 1.0 - error)
        for v, s, m in zip(value, variance, largest, strict=True)
    ]
    low, high = (np.array(end) for end in zip(*bounds, strict=True))
    high = high + left_out * possible
    return Verdict(solved + value, solved + low, np.minimum(solved + high, most), variance)
