"""Trials that all count alike."""

from __future__ import annotations

import numpy as np

from dcrisk import intervals
from dcrisk.statistics.trials import GAFFKE, BoolArray, Estimate, FloatArray, Methods, Trials

CLOPPER_PEARSON = "Clopper-Pearson"


class EqualTrials(Trials):
    """So many trials, without weights."""

    methods = Methods(
        mean=GAFFKE,
        paired_mean=GAFFKE + ", for paired differences between minus and plus the window",
        probability=CLOPPER_PEARSON,
        paired_probability="Clopper-Pearson intervals of the trials that disagree and of their division "
        "(exact McNemar)",
        conditional=CLOPPER_PEARSON,
        quantile="order statistics, ranks from the binomial distribution",
        ratio=GAFFKE + ", turned round for a ratio of two means",
        tail=GAFFKE + ", for what exceeds a threshold (Rockafellar and Uryasev 2002)",
    )

    def __init__(self, size: int) -> None:
        self.size, self.most = size, 1.0

    def weigh(self, x: FloatArray) -> FloatArray:
        return x

    def probability(self, happened: BoolArray, confidence: float) -> Estimate:
        return self._share(int(np.count_nonzero(happened)), confidence)

    def probability_without(self, happened: BoolArray, confidence: float) -> Estimate:
        return self._share(self.size - int(np.count_nonzero(happened)), confidence)

    def _share(self, number: int, confidence: float) -> Estimate:
        low, high = intervals.proportion_interval(number, self.size, confidence)
        return Estimate(number / self.size, low, high)

    def above(self, x: FloatArray, levels: FloatArray, confidence: float) -> Estimate:
        number = self.size - np.searchsorted(np.sort(x), levels, side="right")
        return Estimate(number / self.size, *intervals.proportion_interval(number, self.size, confidence))

    def quantiles(self, x: FloatArray, levels: FloatArray, upper: float, confidence: float) -> Estimate:
        found = [intervals.quantile_interval(x, float(p), confidence, (0.0, upper)) for p in levels]
        return Estimate(
            np.array([value for value, _ in found]),
            np.array([interval.low for _, interval in found]),
            np.array([interval.high for _, interval in found]),
        )

    def paired(self, first: BoolArray, second: BoolArray, confidence: float) -> Estimate:
        more, less = int(np.count_nonzero(first & ~second)), int(np.count_nonzero(second & ~first))
        low, high = intervals.paired_proportions_interval(more, less, self.size, confidence)
        return Estimate((more - less) / self.size, low, high)

    def together(self, happened: BoolArray) -> FloatArray:
        total = np.zeros((len(happened), len(happened)))
        for first in range(0, happened.shape[1], 1 << 16):  # so many ones that float32, which is quick, counts exactly
            piece = happened[:, first : first + (1 << 16)].astype(np.float32)
            total += piece @ piece.T
        return total

    def given(self, happened: BoolArray, together: FloatArray, confidence: float) -> Estimate:
        alone = np.diag(together)
        rows = []
        for count, pairs in zip(alone, together, strict=True):
            if count:
                rows.append((pairs / count, *intervals.proportion_interval(pairs, int(count), confidence)))
            else:
                rows.append((alone / self.size, np.zeros(alone.size), np.ones(alone.size)))
        return Estimate(*np.swapaxes(rows, 0, 1))
