"""Rates, and what is not known of them, as a few rates with weights."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
from scipy import stats

from dcrisk import durations
from dcrisk.exact.panels import WEIGHTS, FloatArray, fit, nodes_of
from dcrisk.rates import HOURS_PER_YEAR, Rate

HALVINGS, STEP = 80, 5  # down to 4e-25: enough for the mean of a lognormal law of shape 2
RELATIVE_ERROR = 1e-10
TOO_ROUGH = "the law of its rate is too rough to be summed over"


class RateLaw(NamedTuple):
    """Rates an hour, and the weights with which a mean over them is the mean over what is not known."""

    rates: FloatArray
    weights: FloatArray

    def times(self, factor: float) -> RateLaw:
        """The law of a multiple."""
        return RateLaw(factor * self.rates, self.weights)


ONE = RateLaw(np.ones(1), np.ones(1))


def hourly(rate: Rate) -> RateLaw | None:
    """The law of a rate a year; None where so few rates do not give its mean."""
    if not durations.is_frozen(rate):
        return ONE.times(rate / HOURS_PER_YEAR)
    law = _quantiles(rate)
    return None if law is None else law.times(1.0 / HOURS_PER_YEAR)


def bad_trials(dispersion: float, events: float) -> RateLaw | None:
    """The gamma factor of mean 1 on all rates of a trial with so many events on average (docs/hazards.md)."""
    if dispersion == 1.0 or events == 0.0:
        return ONE
    shape = events / (dispersion - 1.0)
    return _quantiles(stats.gamma(shape, scale=1.0 / shape))


def is_zero(rate: Rate | Mapping[str, Rate]) -> bool:
    """Whether nothing happens at this rate, or at any of these."""
    if isinstance(rate, Mapping):
        return all(is_zero(one) for one in rate.values())
    return not durations.is_frozen(rate) and rate == 0.0


def _quantiles(law: Rate) -> RateLaw | None:
    """Gauss points of the quantile function, from below and from above, on pieces that it fits."""
    mean = float(law.mean())
    if not np.isfinite(mean):
        return None
    parts = [_points(law.ppf), _points(law.isf)]
    found = RateLaw(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))
    return found if abs(found.rates @ found.weights - mean) <= RELATIVE_ERROR * mean else None


def _points(quantile: Callable[[FloatArray], FloatArray]) -> RateLaw:
    """Of the half of a law."""
    ends = 0.5 * 0.5 ** np.arange(HALVINGS, -1.0, -STEP)
    with np.errstate(all="ignore"):  # what underflows is 0
        edges = fit(lambda share: quantile(share)[None], ends).edges
        rates = quantile(nodes_of(edges[:-1], edges[1:]).ravel())
    return RateLaw(np.asarray(rates, np.float64), np.outer(0.5 * np.diff(edges), WEIGHTS).ravel())
