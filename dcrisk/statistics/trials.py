"""Estimates from the trials of one layout, whether each trial counts alike or carries a weight.

Every statistic asks `Trials` for means, probabilities, quantiles and the like, and need not know which of both it is.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from dcrisk import intervals

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

GAFFKE = "Gaffke's bound for the mean of a bounded quantity (Gaffke 2005; arXiv:1905.06208)"


class Estimate(NamedTuple):
    """A number or an array of numbers, with the bounds of its confidence interval."""

    value: float | FloatArray
    low: float | FloatArray
    high: float | FloatArray


class Methods(NamedTuple):
    """The names of the methods behind the intervals."""

    mean: str
    paired_mean: str
    probability: str
    paired_probability: str
    conditional: str
    quantile: str
    ratio: str
    tail: str


def exact_mean(x: FloatArray, trials: int) -> float:
    """The correctly rounded sum over the number of trials: the same to the bit in whatever order one adds.

    >>> exact_mean(np.array([1e16, 0.0, 1.0, -1e16]), 4)
    0.25
    """
    return math.fsum(x[x != 0].tolist()) / trials


class Trials(ABC):
    """Some trials, each with a weight whose mean is 1; the mean of weight times x estimates the mean of x."""

    methods: Methods
    size: int
    most: float
    """The largest weight possible."""

    @abstractmethod
    def weigh(self, x: FloatArray) -> FloatArray:
        """Each value times the weight of its trial."""

    @abstractmethod
    def probability(self, happened: BoolArray, confidence: float) -> Estimate:
        """Of what happened in some of the trials."""

    @abstractmethod
    def probability_without(self, happened: BoolArray, confidence: float) -> Estimate:
        """Of what is left when something does not happen: estimated from the trials in which it does."""

    @abstractmethod
    def above(self, x: FloatArray, levels: FloatArray, confidence: float) -> Estimate:
        """The probability of more than each level."""

    @abstractmethod
    def quantiles(self, x: FloatArray, levels: FloatArray, upper: float, confidence: float) -> Estimate:
        """The quantiles of a quantity between 0 and ``upper``, at probabilities ``levels``."""

    @abstractmethod
    def paired(self, first: BoolArray, second: BoolArray, confidence: float) -> Estimate:
        """The probability of the first minus that of the second."""

    @abstractmethod
    def together(self, happened: BoolArray) -> FloatArray:
        """Of each two rows, the weight of the trials in which both happened, added up."""

    @abstractmethod
    def given(self, happened: BoolArray, together: FloatArray, confidence: float) -> Estimate:
        """The probability of each row, given each other one; rows of the result are what is given.

        Where the given one was never seen, the interval is [0, 1], and the value the probability alone.
        """

    def mean(self, x: FloatArray, upper: float, confidence: float) -> Estimate:
        """The mean of a quantity that lies between 0 and ``upper``."""
        terms = self.weigh(x)
        low, high = intervals.bounded_mean_interval(terms, self.most * upper, confidence)
        return Estimate(exact_mean(terms, self.size), min(low, upper), min(high, upper))

    def difference(self, d: FloatArray, limit: float, confidence: float) -> Estimate:
        """The mean of a difference that lies between minus and plus the limit."""
        terms = self.weigh(d)
        low, high = intervals.mean_difference_interval(terms, self.most * limit, confidence)
        return Estimate(exact_mean(terms, self.size), max(low, -limit), min(high, limit))

    def ratio(
        self,
        x: FloatArray,
        y: FloatArray,
        largest: tuple[float, float],
        smallest: tuple[float, float],
        confidence: float,
    ) -> Estimate:
        """The mean of x over the mean of y; infinite where only x was seen, and 0 where neither was.

        ``largest`` and ``smallest`` are the values of x and y that make the ratio as large, and as small, as can be.
        """
        u, v, counts = intervals.counted_pairs(self.weigh(x), self.weigh(y))
        best, worst = ((self.most * a, self.most * b) for a, b in (smallest, largest))
        low, high = intervals.ratio_interval(u, v, worst, best, confidence, counts)
        above, below = (exact_mean(self.weigh(z), self.size) for z in (x, y))
        value = above / below if below > 0.0 else np.inf if above > 0.0 else 0.0
        return Estimate(value, low, high)

    def tail_means(
        self, x: FloatArray, levels: FloatArray, quantiles: Estimate, upper: float, confidence: float
    ) -> Estimate:
        """The mean of the worst share, 1 - level, of a quantity between 0 and ``upper``; with its quantiles."""
        found = []
        weights = self.weigh(np.ones(self.size))
        for level, value, low, high in zip(levels, *(np.asarray(q) for q in quantiles), strict=True):
            excess = exact_mean(weights * np.maximum(x - value, 0.0), self.size)
            within = intervals.Interval(float(low), float(high))
            bounds = intervals.tail_mean_interval(x, float(level), within, upper, confidence, weights, self.most)
            found.append((float(value) + excess / (1.0 - level), *bounds))
        return Estimate(*(np.array(part) for part in zip(*found, strict=True)))

    def variance(self, x: FloatArray) -> float:
        """Of one trial's part in the estimated mean; exactly 0 for what is constant."""
        terms = self.weigh(x)
        return float(np.var(terms)) if np.ptp(terms) > 0.0 else 0.0


def complement(estimate: Estimate, whole: float = 1.0) -> Estimate:
    """What is left of the whole."""
    return Estimate(whole - estimate.value, whole - estimate.high, whole - estimate.low)
