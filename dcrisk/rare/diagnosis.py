"""Whether the weights of a run can be trusted."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy import stats

from dcrisk.rare.counts import FloatArray
from dcrisk.rare.looks import Part

FEWEST_EFFECTIVE_HITS = 100.0
"""With fewer the gamma law of the interval is no longer sure to fit (assumption)."""
LARGEST_SHARE = 0.05
"""Of an estimate, from one trial (assumption)."""
FALSE_ALARM = 1e-6
"""That the weights of a correct run look wrong."""


class Diagnosis(NamedTuple):
    """For each layout: effective number of hits, part of the largest one in the estimate, and what is wrong, in words."""

    effective_hits: FloatArray
    largest_share: FloatArray
    words: list[str]


def diagnose(parts: Sequence[Part], value: FloatArray) -> Diagnosis:
    """Look at the weights of all strata."""
    layouts = value.size
    squares, largest = np.zeros((2, layouts))
    for part in parts:
        if part.sums.trials > 0:
            share = part.stratum.weight / part.sums.trials
            squares += share**2 * part.sums.squares
            largest = np.maximum(largest, share * part.sums.largest)
    seen = value > 0.0
    effective = np.where(seen, value**2 / np.where(squares > 0.0, squares, np.inf), 0.0)
    part_of_largest = np.where(seen, largest / np.where(seen, value, 1.0), 0.0)
    wrong = strange_weights(parts)
    words = []
    for i in range(layouts):
        if wrong:
            words.append(wrong)
        elif squares[i] > 0.0 and effective[i] < FEWEST_EFFECTIVE_HITS:
            words.append(f"the hits count as {effective[i]:.1f} of equal weight, fewer than {FEWEST_EFFECTIVE_HITS:g}")
        elif part_of_largest[i] > LARGEST_SHARE:
            words.append(f"one trial makes {part_of_largest[i]:.0%} of the estimate")
        else:
            words.append("")
    return Diagnosis(effective, part_of_largest, words)


def strange_weights(parts: Sequence[Part]) -> str:
    """What is wrong if the weights of some stratum are not 1 on average, as those of a correct run are."""
    tested = [part for part in parts if part.tilted and part.sums.trials > 0]
    for part in tested:
        total, squares = part.sums.weights
        n = part.sums.trials
        mean = total / n
        error = math.sqrt(max(squares / n - mean**2, 0.0) / n)
        if abs(mean - 1.0) > stats.norm.isf(FALSE_ALARM / 2.0 / len(tested)) * error + 1e-9:
            return f"weights are {mean:.4g} on average and should be 1: a likelihood ratio is wrong; please report this"
    return ""
