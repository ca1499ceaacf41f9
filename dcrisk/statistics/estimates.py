"""Estimates from the trials of one layout, and the names of the methods behind their intervals."""

from __future__ import annotations

import numpy as np
import xarray as xr

from dcrisk import intervals
from dcrisk.statistics.datasets import Estimate, FloatArray, Variables, over_layouts

GAFFKE = "Gaffke's bound for the mean of a bounded quantity (Gaffke 2005; arXiv:1905.06208)"
CLOPPER_PEARSON = "Clopper-Pearson"
ORDER_STATISTICS = "order statistics, ranks from the binomial distribution"


def mean_of(x: FloatArray, upper: float, confidence: float) -> Estimate:
    """The mean of a quantity that lies between 0 and ``upper``."""
    return Estimate(float(np.mean(x, dtype=np.float64)), *intervals.bounded_mean_interval(x, upper, confidence))


def share_above(x: FloatArray, levels: FloatArray, confidence: float) -> Estimate:
    """The probability of more than each level."""
    above = x.size - np.searchsorted(np.sort(x), levels, side="right")
    return Estimate(above / x.size, *intervals.proportion_interval(above, x.size, confidence))


def quantiles_of(x: FloatArray, levels: FloatArray, horizon: float, confidence: float) -> Estimate:
    """The quantiles of hours within a window, at probabilities ``levels``."""
    found = [intervals.quantile_interval(x, float(p), confidence, (0.0, horizon)) for p in levels]
    return Estimate(
        np.array([value for value, _ in found]),
        np.array([interval.low for _, interval in found]),
        np.array([interval.high for _, interval in found]),
    )


def probability_of(happened: xr.DataArray, confidence: float, name: str, long_name: str) -> Variables:
    """The probability that something happened in a trial, for each layout."""

    def share(x: FloatArray) -> Estimate:
        number = int(np.count_nonzero(x))
        low, high = intervals.proportion_interval(number, x.size, confidence)
        return Estimate(number / x.size, low, high)

    return over_layouts(happened, share, name, long_name, "1", CLOPPER_PEARSON)
