"""Components that do not fail while they are down: alternating renewal (Barlow and Proschan 1975)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property

import numpy as np

from dcrisk import durations
from dcrisk.durations import Duration
from dcrisk.exact.gauss import fewer
from dcrisk.exact.panels import FloatArray, Pieces, tidy
from dcrisk.exact.process import Process, Window
from dcrisk.exact.rate_laws import ONE, TOO_ROUGH, RateLaw, bad_trials, hourly, is_zero
from dcrisk.exact.renewal import solve_renewal
from dcrisk.exact.survival import Survivals, is_exponential, mean_hours
from dcrisk.hazards import Failure
from dcrisk.rates import HOURS_PER_YEAR, mean_rate

MULTIPLES = 8  # of the kinks of a duration: further on the solution bends so gently that halving finds what is left


def failures(hazard: Failure, window: Window, survivals: Survivals) -> Iterator[Process]:
    """A process for each site, or one for all of them."""
    components = [hazard.origins()] if hazard.shared else [(site,) for site in hazard.origins()]
    rates = [hazard.rates[component[0]] for component in components]
    exposed = min(mean_hours(hazard.duration), window.length)
    factor: RateLaw | None = ONE
    if hazard.dispersion > 1.0:
        yearly = sum(mean_rate(rate) for rate in rates)
        factor = bad_trials(hazard.dispersion, yearly / HOURS_PER_YEAR * window.length)
        factor = factor and fewer(factor, yearly / HOURS_PER_YEAR * exposed)
    shared = "one rate" if hazard.dispersion > 1.0 or durations.is_frozen(hazard.rate_per_year) else ""
    known = _Renewals(hazard.duration, window, survivals)
    for component, rate in zip(components, rates, strict=True):
        if is_zero(rate):
            continue
        law, strikes = hourly(rate), frozenset(component)
        if law is None or factor is None:
            yield Process(hazard.name, strikes, refusal=TOO_ROUGH)
            continue
        # dispersion goes with rates that are numbers
        law = factor.times(float(law.rates[0])) if hazard.dispersion > 1.0 else fewer(law, exposed)
        states = frozenset([hazard.state])
        yield Process(hazard.name, strikes, known.add(law), known.kinks, law.weights, states, shared)


class _Renewals:
    """The components of a hazard, solved together when the first of them is asked for."""

    def __init__(self, duration: Duration, window: Window, survivals: Survivals) -> None:
        self._duration = duration
        self._window = window
        self._survivals = survivals
        self._laws: list[RateLaw] = []

    def add(self, law: RateLaw) -> Callable[[FloatArray], FloatArray]:
        """A component: the logarithm of the probability that it is up, (rates, hours of the window)."""
        mean = mean_hours(self._duration)
        if self._window.stationary:
            return lambda hours: np.repeat(-np.log1p(law.rates * mean)[:, None], len(hours), axis=1)
        if is_exponential(self._duration):
            total = (law.rates + 1.0 / mean)[:, None]
            share = law.rates[:, None] / total
            return lambda hours: np.log1p(share * np.expm1(-total * (hours + self._window.warmup)))
        self._laws.append(law)

        def quiet(hours: FloatArray) -> FloatArray:
            rates, solved = self._solution
            mine = Pieces(solved.edges, solved.coefficients[np.searchsorted(rates, law.rates)])
            down = np.clip(mine(hours + self._window.warmup), 0.0, 1.0)  # rates of no weight are met less closely
            with np.errstate(divide="ignore"):
                return np.asarray(np.log1p(-down), np.float64)

        return quiet

    @cached_property
    def kinks(self) -> FloatArray:
        """Where the probabilities bend, in hours of the window."""
        if self._window.stationary or is_exponential(self._duration):
            return np.zeros(0)
        return self._window.hours(self._multiples())

    def _multiples(self) -> FloatArray:
        return np.outer(np.arange(1.0, MULTIPLES + 1.0), self._survivals.of(self._duration).kinks).ravel()

    @cached_property
    def _solution(self) -> tuple[FloatArray, Pieces]:
        """All rates of the components, and for each the probability of being down, by age."""
        survival = self._survivals.of(self._duration)
        edges = tidy(np.concatenate([self._multiples(), survival.pieces.edges]), 0.0, self._window.length)
        rates = np.unique(np.concatenate([law.rates for law in self._laws]))
        weights = np.zeros((len(self._laws), len(rates)))
        for row, law in zip(weights, self._laws, strict=True):
            np.add.at(row, np.searchsorted(rates, law.rates), law.weights)
        return rates, solve_renewal(survival.pieces, survival.exposure, rates, weights, edges)
