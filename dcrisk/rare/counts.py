"""How many events of a class a trial has: the law of a number of Poisson events whose rate may itself be uncertain."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from dcrisk import durations
from dcrisk.rates import Rate

FloatArray = npt.NDArray[np.float64]

NEGLIGIBLE = 1e-40
"""The probability of more events than are ever laid out; what is left out of every sum is below it."""
MOST_EVENTS = 4096


class CountLaw(NamedTuple):
    """Probabilities of 0, 1, 2, ... events, up to where those of more add up to next to nothing."""

    probabilities: FloatArray
    beyond: float
    """The probability of more."""

    @property
    def mean(self) -> float:
        """Events a trial."""
        return float(np.arange(self.probabilities.size) @ self.probabilities)

    def more_than(self, n: int) -> float:
        """The probability of more than ``n`` events, without cancellation."""
        return float(self.probabilities[n + 1 :].sum()) + self.beyond


def count_law(rate: Rate, years: float, dispersion: float = 1.0) -> CountLaw:
    """The number of events in ``years``, at a rate a year that may be a frozen distribution.

    A number gives a Poisson law, a gamma distribution a negative binomial one; so does ``dispersion``, the variance over
    the mean. Any other distribution is integrated over (Johnson, Kemp and Kotz, "Univariate Discrete Distributions",
    2005, chapters 4, 5 and 8).
    """
    from scipy import stats

    if dispersion > 1.0:
        return _cut(stats.nbinom(rate * years / (dispersion - 1.0), 1.0 / dispersion))
    if not durations.is_frozen(rate):
        return _cut(stats.poisson(rate * years))
    if rate.dist.name == "gamma":
        shape, loc, scale = rate.dist._parse_args(*rate.args, **rate.kwds)
        if loc == 0.0:
            return _cut(stats.nbinom(shape[0], 1.0 / (1.0 + scale * years)))
    return _mixture(rate, years)


def _cut(law: Any) -> CountLaw:
    """The law up to where more is next to impossible."""
    n = np.arange(MOST_EVENTS + 1)
    more = np.asarray(law.sf(n), np.float64)
    last = int(np.argmax(more < NEGLIGIBLE)) if more[-1] < NEGLIGIBLE else MOST_EVENTS
    return CountLaw(np.asarray(law.pmf(n[: last + 1]), np.float64), float(more[last]))


def _mixture(rate: Any, years: float) -> CountLaw:
    """Poisson numbers, integrated over the quantiles of the rate."""
    rates, weights = quadrature(rate)
    return _cut(_Mixture(rates * years, weights))


def quadrature(law: Any) -> tuple[FloatArray, FloatArray]:
    """Quantiles of a frozen distribution and their probabilities, as fine in both tails as in the middle."""
    nodes, weights = _tail_quadrature()
    values = np.concatenate([np.asarray(law.ppf(nodes), np.float64), np.asarray(law.isf(nodes), np.float64)])
    return values, np.concatenate([weights, weights])


class _Mixture:
    """Poisson laws with probabilities of their own."""

    def __init__(self, means: FloatArray, weights: FloatArray) -> None:
        self._means, self._weights = means, weights

    def pmf(self, n: npt.NDArray[np.int64]) -> FloatArray:
        return self._mixed(lambda law, k: law.pmf(k), n)

    def sf(self, n: npt.NDArray[np.int64]) -> FloatArray:
        return self._mixed(lambda law, k: law.sf(k), n)

    def _mixed(self, of: Callable[[Any, Any], Any], n: npt.NDArray[np.int64]) -> FloatArray:
        from scipy import stats

        total = np.zeros(n.size)
        for mean, weight in zip(self._means, self._weights, strict=True):
            total += weight * of(stats.poisson(mean), n)
        return total


@cache
def _tail_quadrature() -> tuple[FloatArray, FloatArray]:
    """Nodes and weights of probabilities from 0 to 1/2, Gauss-Legendre in each octave: the tails are as fine as the middle."""
    points, weights = np.polynomial.legendre.leggauss(8)
    nodes, all_weights = [], []
    for octave in range(1, 54):
        high, low = 2.0**-octave, 2.0 ** -(octave + 1) if octave < 53 else 0.0
        nodes.append(0.5 * (high + low) + 0.5 * (high - low) * points)
        all_weights.append(0.5 * (high - low) * weights)
    return np.concatenate(nodes), np.concatenate(all_weights)
