"""Poisson shocks: events that strike whether or not something is down already.

They are the arrivals at a queue M/G/infinity (Takacs 1962): the number of outages open at one moment is Poisson. Its
mean is the rate times the exposure, the integral over ages of the probability that an outage of that age is still open.
What strikes several nodes for different hours is sorted by whom it strikes at its age. Sorted in this way, the events are
independent Poisson processes again, each with a set of nodes of its own.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import NamedTuple

import numpy as np
from scipy import stats

from dcrisk.durations import Duration
from dcrisk.exact.gauss import fewer
from dcrisk.exact.panels import FloatArray
from dcrisk.exact.process import INTERRUPTED, Process, Window
from dcrisk.exact.rate_laws import ONE, TOO_ROUGH, RateLaw, bad_trials, hourly, is_zero
from dcrisk.exact.seasons import mass_of, seasons_of
from dcrisk.exact.survival import Survivals, mean_hours
from dcrisk.hazards import EventTable, GridOutage, Hazard
from dcrisk.rates import HOURS_PER_YEAR, mean_rate

BAD_TRIALS = "bad trials"


class Exposure(NamedTuple):
    """The expected hours of ages at which an outage is open, up to an age and in all, and where that bends."""

    up_to: Callable[[FloatArray], FloatArray]
    whole: float
    kinks: FloatArray


def grid_outages(hazard: GridOutage, window: Window, survivals: Survivals) -> Iterator[Process]:
    """A process for each node and region."""
    yearly = sum(mean_rate(rate) for rate in hazard.rate_per_year.values())
    shocks = _Shocks(hazard, window, yearly, mean_hours(hazard.duration))
    exposure = _exposure(hazard.duration, 0.0, window, survivals)
    for origin, rate in hazard.rate_per_year.items():
        if not is_zero(rate):
            yield shocks.process(hazard.struck(origin), exposure, hourly(rate))


def listed_events(
    hazard: EventTable, window: Window, survivals: Survivals, relevant: Collection[str]
) -> Iterator[Process]:
    """A process for each set of nodes that events strike at some age."""
    longest = max(map(sum, zip(hazard.events["delay"], hazard.events["duration"], strict=True)))
    shocks = _Shocks(hazard, window, sum(hazard.rates.values()), longest)
    columns = (hazard.events[name] for name in ("event", "rate_per_year", "site", "delay", "duration", "state"))
    hits: dict[tuple[str, float], list[tuple[str, float, float, str]]] = {}
    for event, rate, site, delay, duration, state in zip(*columns, strict=True):
        if rate > 0.0 and duration > 0.0 and site in relevant:
            hits.setdefault((event, rate), []).append((site, delay, duration, state))
    if hazard.duration_spread > 0.0:
        of_mean_one = math.exp(-(hazard.duration_spread**2) / 2.0)
        for (event, rate), listed in hits.items():
            bond = f"with duration_spread, the durations of event {event!r} are tied together"
            for site, delay, duration, state in listed:
                spread = stats.lognorm(hazard.duration_spread, scale=duration * of_mean_one)
                exposure = _exposure(spread, delay, window, survivals)
                yield shocks.process([site], exposure, hourly(rate), frozenset([state]), bond)
    else:
        yield from _sorted_by_struck(hits, shocks)


def _sorted_by_struck(
    hits: Mapping[tuple[str, float], list[tuple[str, float, float, str]]], shocks: _Shocks
) -> Iterator[Process]:
    """Events of known durations: ages at which they strike the same nodes, put together."""
    spans: dict[frozenset[str], list[tuple[float, float, float]]] = {}
    states: dict[frozenset[str], frozenset[str]] = {}
    for (_, rate), listed in hits.items():
        ends = sorted({end for _, delay, duration, _ in listed for end in (delay, delay + duration)})
        for begin, end in zip(ends[:-1], ends[1:], strict=True):
            open_hits = [hit for hit in listed if hit[1] <= begin < hit[1] + hit[2]]
            if open_hits:
                struck = frozenset(hit[0] for hit in open_hits)
                spans.setdefault(struck, []).append((rate / HOURS_PER_YEAR, begin, end))
                states[struck] = states.get(struck, frozenset()) | {hit[3] for hit in open_hits}
    for struck, some in spans.items():
        yield shocks.process(struck, _of_spans(some), ONE, states[struck])


class _Shocks:
    """Makes the processes of one hazard, which share its seasons and its bad trials."""

    def __init__(self, hazard: Hazard, window: Window, yearly: float, longest: float) -> None:
        self._hazard = hazard
        self._window = window
        self._seasons = seasons_of(hazard.monthly, window)
        self._exposed = min(longest, window.length) * max((season.factor for season in self._seasons), default=0.0)
        self._factor: RateLaw | None = ONE
        if hazard.dispersion > 1.0:
            factor = bad_trials(hazard.dispersion, yearly / HOURS_PER_YEAR * mass_of(self._seasons, window))
            self._factor = factor and fewer(factor, yearly / HOURS_PER_YEAR * self._exposed)

    def process(
        self,
        strikes: Collection[str],
        exposure: Exposure,
        rate: RateLaw | None,
        states: frozenset[str] = INTERRUPTED,
        bond: str = "",
    ) -> Process:
        """The outages of some nodes, which come at a rate and are open as the exposure says."""
        struck = frozenset(strikes)
        if rate is None or self._factor is None:
            return Process(self._hazard.name, struck, refusal=TOO_ROUGH)
        bad = self._hazard.dispersion > 1.0  # it goes with rates that are numbers
        law = self._factor.times(float(rate.rates[0])) if bad else fewer(rate, self._exposed)

        def quiet(hours: FloatArray) -> FloatArray:
            return -np.outer(law.rates, self._open(exposure, hours))

        bounds = np.array([bound for season in self._seasons for bound in season[:2] if bound < math.inf])
        kinks = self._window.hours(np.add.outer(bounds, np.append(0.0, exposure.kinks)).ravel())
        shared = BAD_TRIALS if bad else ""
        return Process(self._hazard.name, struck, quiet, kinks, law.weights, states, shared, bond)

    def _open(self, exposure: Exposure, hours: FloatArray) -> FloatArray:
        """The exposure at hours of the window, with every age weighed by the season in which an event had it."""
        if self._window.stationary:
            return np.full(len(hours), exposure.whole)
        total = np.zeros(len(hours))
        for season in self._seasons:
            since_begin, since_end = (hours + self._window.warmup - age for age in (season.begin, season.end))
            within = exposure.up_to(np.maximum(since_begin, 0.0)) - exposure.up_to(np.maximum(since_end, 0.0))
            total += season.factor * np.maximum(within, 0.0)  # what has faded may be rounded to less than nothing
        return total


def _exposure(duration: Duration, delay: float, window: Window, survivals: Survivals) -> Exposure:
    """That of outages that begin so many hours after their event."""
    if window.stationary:
        return Exposure(np.zeros_like, mean_hours(duration), np.zeros(0))
    survival = survivals.of(duration)
    return Exposure(
        lambda ages: survival.exposure(np.maximum(ages - delay, 0.0))[0],
        mean_hours(duration),
        np.append(delay, delay + survival.kinks),
    )


def _of_spans(spans: list[tuple[float, float, float]]) -> Exposure:
    """That of events at some rates, of which each is open from one age to another."""
    rates, begins, ends = (np.array(column) for column in zip(*spans, strict=True))
    ages = np.unique(np.concatenate([[0.0], begins, ends]))
    slopes = np.zeros(len(ages))
    np.add.at(slopes, np.searchsorted(ages, begins), rates)
    np.subtract.at(slopes, np.searchsorted(ages, ends), rates)
    steps = np.maximum(np.cumsum(slopes)[:-1], 0.0) * np.diff(ages)
    values = np.append(0.0, np.cumsum(steps))
    return Exposure(lambda age: np.interp(age, ages, values), float(values[-1]), ages)
