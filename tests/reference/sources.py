"""Where events come from: the rows of sources, when their events happen, and what of a hazard they strike."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count, takewhile

from dcrisk.compiler import HOURS_PER_YEAR, active_law, alias_table, given_stream, profile_points, stream_number
from dcrisk.durations import is_frozen
from dcrisk.hazards import EventTable, Failure, Flood, Hazard, Maintenance
from dcrisk.kernels.records import BLOCK, ORIGIN, RATE_DRAWS
from dcrisk.rates import mean_rate
from dcrisk.scenario import Given
from reference.draws import Event, level, minus_log, to_grid


@dataclass(frozen=True)
class Law:
    """Of an uncertain number of events a year: a distribution of the rate times ``sites``, or a gamma mixture."""

    rate: object
    sites: int = 1
    dispersion: float | None = None


@dataclass(frozen=True, eq=False)
class Row:
    """One source of events."""

    index: int
    name: str
    hazard: Hazard
    place: int  # of the hazard in the scenario
    components: tuple[int, ...]  # of the hazard: those that its events may strike
    weights: tuple[float, ...]
    per_year: float = 0.0
    law: Law | None = None
    planned: bool = False
    given: Given | None = None
    origin: str | None = None
    path: tuple[int, ...] = ()  # the triggers by which events of a natural row raised those of this one
    raises: dict[int, Row] = field(default_factory=dict)  # by trigger

    @property
    def stream(self):
        return stream_number(self.name)


def component_rates(hazard):
    """The rate of each component: what an event strikes as a whole."""
    if isinstance(hazard, Flood):
        return [hazard.event_rate]
    rates = hazard.rates if isinstance(hazard, (Failure, EventTable, Maintenance)) else hazard.rate_per_year
    if isinstance(hazard, Failure) and hazard.shared:
        return [hazard.rate_per_year]
    return list(rates.values()) if isinstance(rates, Mapping) else [rates]


def groups(hazard):
    """The components of a hazard whose events come in one stream: (name, components, weights, per year, law)."""
    rates = component_rates(hazard)
    every = tuple(range(len(rates)))
    certain = tuple(i for i in every if not is_frozen(rates[i]))
    total = sum(rates[i] for i in certain)
    if len(certain) < len(rates) and not isinstance(getattr(hazard, "rate_per_year", None), Mapping):
        # one law for all: what is not known of the rate is the same at every site
        return [(hazard.name, every, (1.0,) * len(rates), 0.0, Law(rates[0], sites=len(rates)))]
    found = []
    if total > 0:
        law = Law(total, dispersion=hazard.dispersion) if hazard.dispersion > 1 else None
        found.append((hazard.name, certain, tuple(rates[i] for i in certain), total, law))
    for i in every:
        if i not in certain:
            found.append((f"{hazard.name} -> at {hazard.origins()[i]}", (i,), (1.0,), 0.0, Law(rates[i])))
    return found


def rows_of(scenario):
    """All rows, in the order that decides ties."""
    rows = []

    def drawn_by_rates(name, place, **more):
        """A row whose events are placed by the mean rates over all components."""
        hazard = scenario.hazards[place]
        rates = tuple(mean_rate(rate) for rate in component_rates(hazard))
        rows.append(Row(len(rows), name, hazard, place, tuple(range(len(rates))), rates, **more))
        return rows[-1]

    for place, hazard in enumerate(scenario.hazards):
        if isinstance(hazard, Maintenance):
            for i, site in enumerate(hazard.sites):
                rows.append(Row(len(rows), f"{hazard.name} -> at {site}", hazard, place, (i,), (1.0,), planned=True))
        else:
            for name, components, weights, per_year, law in groups(hazard):
                rows.append(Row(len(rows), name, hazard, place, components, weights, per_year, law))
        for i, given in enumerate(g for g in scenario.conditions if g.hazard == hazard.name):
            drawn_by_rates(given_stream(hazard.name, i), place, given=given, origin=given.origin)
    names = [hazard.name for hazard in scenario.hazards]
    for row in rows:  # grows on the way: what is raised may raise in turn
        for k, trigger in enumerate(scenario.triggers):
            if may_raise(scenario, row, k):
                via = [row.name, *([f"starts {trigger.backup}"] if trigger.backup else []), f"raises {trigger.effect}"]
                row.raises[k] = drawn_by_rates(
                    " -> ".join(via), names.index(trigger.effect), origin=trigger.origin, path=(*row.path, k)
                )
    return rows


def may_raise(scenario, row, k):
    """Whether events of a row may raise others by the k-th trigger."""
    if k in row.path:
        return False
    if scenario.triggers[k].backup is not None:
        return all(scenario.triggers[j].backup is None for j in row.path)
    return scenario.triggers[k].cause == row.hazard.name


def events(row, key, block, trials, warmup, horizon):
    """The events of a row in the first trials of a block that no other event raised: (trial, time, Event)."""
    if row.given is not None:
        unending = ((trial, 0.0, Event(row, trial, block, key)) for trial in count())
    elif row.planned:
        unending = planned(row, key, block, warmup, horizon)
    elif row.law is not None:
        unending = uncertain(row, key, block, warmup, horizon)
    elif row.per_year > 0:
        unending = certain(row, key, block, warmup, horizon)
    else:
        unending = ()
    return takewhile(lambda found: found[0] < trials, unending)


def planned(row, key, block, warmup, horizon):
    """The windows of one site: the same moments in each trial."""
    plan, [i] = row.hazard, row.components
    apart = plan.every_hours / len(plan.sites) if plan.apart_hours is None else plan.apart_hours
    start = plan.first_hours + i * apart
    some = range(
        math.floor((-warmup - start) / plan.every_hours) - 2, math.ceil((horizon - start) / plan.every_hours) + 3
    )
    moments = [t for t in (to_grid(start + n * plan.every_hours) for n in some) if -warmup <= t < horizon]
    if moments:
        for number in count():
            trial, window = divmod(number, len(moments))
            yield trial, moments[window], Event(row, number, block, key)


def certain(row, key, block, warmup, horizon):
    """Events of a fixed rate: the windows of a block are laid end to end."""
    masses, hours = profile_points(row.hazard.monthly, warmup, horizon)
    mass, number, clock = masses[-1], 0, 0.0
    while mass > 0:
        event = Event(row, number, block, key)
        gap = minus_log(event.uniform(0)) * (1.0 / (row.per_year / HOURS_PER_YEAR * mass))  # in trials
        clock += (min(gap, BLOCK) + 1.5 * 2.0**11) - 1.5 * 2.0**11
        trial = math.floor(clock)
        yield trial, moment(masses, hours, (clock - trial) * mass, warmup), event
        number += 1


def uncertain(row, key, block, warmup, horizon):
    """Events of a rate that each trial draws for itself.

    Trials without an event are skipped: their number is geometric. In a trial that has one, the mean number of events
    has the law given that, and the time of the first event the law given that it comes in time.
    """
    masses, hours = profile_points(row.hazard.monthly, warmup, horizon)
    mass, number, trial, within, mean = masses[-1], 0, -1, 0.0, 0.0
    if mass == 0:
        return
    idle, table = active_law(row.law.rate, mass, row.law.sites, row.law.dispersion)
    while idle < 0:
        event = Event(row, number, block, key)
        if mean > 0:
            within += minus_log(event.uniform(0)) / mean
        if mean == 0 or within >= 1:
            trial += 1 + math.floor(-minus_log(event.uniform(RATE_DRAWS)) / idle)
            mean = level(table, event.uniform(RATE_DRAWS + 1))
            within = -math.log1p(event.uniform(RATE_DRAWS + 2) * math.expm1(-mean)) / mean
        yield trial, moment(masses, hours, within * mass, warmup), event
        number += 1


def moment(masses, hours, mass, warmup):
    """The time in the window at which so much of the mass has passed."""
    i = max(i for i in range(len(masses) - 1) if masses[i] <= mass)
    slope = (hours[i + 1] - hours[i]) / (masses[i + 1] - masses[i])
    return to_grid(hours[i] + (mass - masses[i]) * slope - warmup)


def component(event):
    """The component that an event strikes, as its place among those of its hazard."""
    row = event.row
    if event.struck is not None:
        return event.struck
    if row.origin is not None:
        shared = isinstance(row.hazard, Failure) and row.hazard.shared
        return 0 if shared else list(row.hazard.origins()).index(row.origin)
    if len(row.components) == 1:
        return row.components[0]
    keep, alias = alias_table(row.weights)
    place = event.uniform(ORIGIN) * len(row.components)
    i = min(int(place), len(row.components) - 1)
    return row.components[i if place - i < keep[i] else int(alias[i])]
