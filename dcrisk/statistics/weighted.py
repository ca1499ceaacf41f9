"""Trials that carry weights: likelihood ratios of importance sampling."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from dcrisk import intervals
from dcrisk.statistics.trials import GAFFKE, BoolArray, Estimate, FloatArray, Methods, Trials, complement, exact_mean


class WeightedTrials(Trials):
    """Trials with a weight each.

    Parameters
    ----------
    weights : ndarray
        Finite, not negative, not all zero, with an expectation of 1.
    largest_possible : float, optional
        The largest weight possible. By default the largest seen stands in for it, but at least 1.
    """

    def __init__(self, weights: FloatArray, largest_possible: float | None = None) -> None:
        self.weights, self.size = weights, weights.size
        self.most = max(1.0, float(weights.max())) if largest_possible is None else largest_possible
        known = "the largest weight seen (assumption)" if largest_possible is None else "the largest weight possible"
        gaffke = f"{GAFFKE}, for weight times value, up to {known}: {self.most:g}"
        self.methods = Methods(
            mean=gaffke,
            paired_mean=gaffke + ", for paired differences between minus and plus the window",
            probability=gaffke,
            paired_probability=gaffke + ", for paired differences between minus and plus 1",
            conditional=gaffke + "; ends of two intervals, each with half of the chance of error",
            quantile=gaffke + ", turned round for a quantile",
            ratio=gaffke + ", turned round for a ratio of two means",
            tail=gaffke + ", for what exceeds a threshold (Rockafellar and Uryasev 2002)",
        )

    @cached_property
    def _law(self) -> intervals.WeightLaw:
        return intervals.WeightLaw(self.weights, self.most)

    def weigh(self, x: FloatArray) -> FloatArray:
        return self.weights * x

    def probability(self, happened: BoolArray, confidence: float) -> Estimate:
        chosen = np.asarray(happened, dtype=bool)
        bounds = self._law.probability_interval(chosen, confidence)
        return Estimate(exact_mean(self.weights[chosen], self.size), *bounds)

    def probability_without(self, happened: BoolArray, confidence: float) -> Estimate:
        return complement(self.probability(happened, confidence))

    def above(self, x: FloatArray, levels: FloatArray, confidence: float) -> Estimate:
        order = np.argsort(levels)
        back = np.argsort(order)
        low, high = np.transpose(self._law.curve_intervals(x, levels[order], confidence))
        masses = np.bincount(np.searchsorted(levels[order], x), self.weights, levels.size + 1)
        value = np.cumsum(masses[::-1])[::-1][1:] / self.size
        return Estimate(value[back], low[back], high[back])

    def quantiles(self, x: FloatArray, levels: FloatArray, upper: float, confidence: float) -> Estimate:
        found = intervals.weighted_quantiles(self._law, self.weights, x, levels, confidence, (0.0, upper))
        return Estimate(
            np.array([value for value, _ in found]),
            np.array([interval.low for _, interval in found]),
            np.array([interval.high for _, interval in found]),
        )

    def paired(self, first: BoolArray, second: BoolArray, confidence: float) -> Estimate:
        return self.difference(first.astype(np.float64) - second.astype(np.float64), 1.0, confidence)

    def together(self, happened: BoolArray) -> FloatArray:
        masses: FloatArray = (happened * self.weights) @ happened.T.astype(np.float64)
        return masses

    def given(self, happened: BoolArray, together: FloatArray, confidence: float) -> Estimate:
        rows = [self._given_one(i, happened, together, confidence) for i in range(len(happened))]
        return Estimate(*np.swapaxes(rows, 0, 1))

    def _given_one(
        self, i: int, happened: BoolArray, together: FloatArray, confidence: float
    ) -> tuple[FloatArray, FloatArray, FloatArray]:
        if not together[i, i] > 0.0:
            alone = np.diag(together) / self.size
            return alone, np.zeros(alone.size), np.ones(alone.size)
        first = happened[i]
        bounds = [self._law.conditional_interval(first & x, first & ~x, confidence) for x in happened]
        low, high = (np.array(end) for end in zip(*bounds, strict=True))
        return np.minimum(together[i] / together[i, i], 1.0), low, high
