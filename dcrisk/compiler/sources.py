"""Hazards, conditioned events and events that others raise, as sources of events."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from dcrisk import durations
from dcrisk.compiler.graph import NOBODY, STATES, Foreseen, Graph
from dcrisk.compiler.hits import Hits
from dcrisk.compiler.laws import active_law, alias_table, profile_points
from dcrisk.compiler.planned import plan_of
from dcrisk.compiler.tables import Tables, rows
from dcrisk.hazards import EventTable, Failure, Fire, Flood, GridOutage, Hazard, Maintenance
from dcrisk.kernels import records
from dcrisk.rates import HOURS_PER_YEAR, Rate, mean_rate
from dcrisk.scenario import Given, Scenario
from dcrisk.specification import ARROW, SpecificationError

MOST_EVENTS_PER_BLOCK = 2.0**31
MOST_PAIRED = 32
"""Components of a source of which all pairs are looked at."""
WORTH_A_BATCH = 8.0  # events a block: with fewer, most numbers of a batch of 16 would be drawn in vain


FAILED = f"{ARROW}failed"
"""What stands for a hazard where nodes have failed from the start."""


def stream_number(name: str) -> int:
    """The word of the random-number counter that stands for a hazard: stable across runs and machines."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "little")


def given_stream(hazard: str, occurrence: int) -> str:
    """The stream of the ``occurrence``-th conditioned event of a hazard."""
    return f"{hazard}{ARROW}given {occurrence}"  # no name of a hazard has an arrow in it


class Group(NamedTuple):
    """Components of a hazard that share one process of events."""

    stream: str
    components: Sequence[int]  # their places among those of the hazard
    weights: Sequence[float]
    origins: Sequence[str]
    rate: Rate  # of all together where it is a number; else of each
    multiplicity: float = 1.0
    dispersion: float = 1.0


class Component(NamedTuple):
    """A row of `kernels.records.COMPONENT`."""

    first_node: int
    last_node: int
    quiet: int
    foreseen: int
    first_asked: int
    last_asked: int
    first_down: int
    last_down: int


def groups_of(hazard: Hazard, rates: Mapping[str, Rate], common: Rate | None) -> list[Group]:
    """Components by what is known of their rates: the certain ones together, one unknown each, or one for all.

    What is planned has a plan for each.
    """
    if common is not None:
        return [Group(hazard.name, range(len(rates)), [1.0] * len(rates), list(rates), common, len(rates))]
    apart = [isinstance(hazard, Maintenance) or durations.is_frozen(rate) for rate in rates.values()]
    certain = [i for i in range(len(rates)) if not apart[i]]
    listed = list(rates.items())
    total = sum(listed[i][1] for i in certain)
    groups = []
    if total > 0:
        names, weights = zip(*(listed[i] for i in certain), strict=True)
        groups.append(Group(hazard.name, certain, weights, names, total, dispersion=hazard.dispersion))
    for i, (origin, rate) in enumerate(listed):
        if apart[i]:
            groups.append(Group(f"{hazard.name}{ARROW}at {origin}", [i], [1.0], [origin], rate))
    return groups


def rates_of(hazard: Hazard) -> tuple[dict[str, Rate], Rate | None]:
    """The rate of each component, and the one distribution that they share, if they do."""
    if isinstance(hazard, Flood):
        rate = hazard.event_rate
        return {hazard.name: mean_rate(rate)}, rate if durations.is_frozen(rate) else None
    if isinstance(hazard, (EventTable, Maintenance)):
        return dict(hazard.rates), None
    assert isinstance(hazard, (Failure, Fire, GridOutage))
    rate = hazard.rate_per_year
    if isinstance(rate, Mapping):
        return dict(rate), None
    single = isinstance(hazard, GridOutage) or (isinstance(hazard, Failure) and hazard.shared)
    names = [hazard.name] if single or not isinstance(hazard, Failure) else list(hazard.origins())
    return dict.fromkeys(names, mean_rate(rate)), rate if durations.is_frozen(rate) else None


def never_happens(hazard: Hazard) -> bool:
    """Whether a hazard has no event by itself, so that nothing says where one would strike."""
    return sum(mean_rate(rate) for rate in rates_of(hazard)[0].values()) == 0.0


RESTING: dict[str, Any] = {
    "given": 0,
    "mean_gap": np.inf,
    "mass": 0.0,
    "profile": -1,
    "idle": 0.0,
    "rate_table": -1,
    "period": 0.0,
    "phase": 0.0,
    "first_window": 0,
    "windows": 0,
    "batch": records.BATCH_SIZE,
    "origin": -1,
    "state": records.INTERRUPTED,
    "renewal": 0,
    "item": -1,
    "contained": -1,
    "severity": -1,
    "stages": -1,
    "lead": 0.0,
    "raises": 0,
    "foreseen": 0,
    "unnoticed": 0,
    "silent": 0,
    "reach": np.inf,
    "reach_level": 0.0,
    "tilted": 0,
}
"""The fields of a source at which nothing happens."""


class Sources:
    """The rows of all sources: those with a rate or given first, then those that others raise."""

    def __init__(self, tables: Tables, graph: Graph, scenario: Scenario, warmup: float, horizon: float) -> None:
        self._tables = tables
        self._graph = graph
        self._window = warmup, horizon
        self._hits = Hits(tables, graph, scenario)
        self._rows: list[dict[str, Any]] = []
        self._names: list[str] = []
        self.groups: list[Group | None] = []
        """Of each source: whose events come at a rate, in which group; None where they come otherwise."""
        self._streams: dict[int, str] = {}
        self._choices: list[tuple[float, int, int]] = []
        self._components: list[Component] = []
        self._asked: list[int] = []
        self._downs: list[int] = []
        self._component_nodes: list[int] = []
        self._profiles: list[tuple[int, int]] = []
        self._profile_masses: list[float] = []
        self._profile_hours: list[float] = []
        self._triggers: list[tuple[Any, ...]] = []
        self._templates: dict[str, dict[str, Any]] = {}
        self._first_component: dict[str, int] = {}
        for number, hazard in enumerate(scenario.hazards):
            self._add_hazard(number, hazard, scenario)
            for occurrence, given in enumerate(g for g in scenario.conditions if g.hazard == hazard.name):
                self._add_given(hazard, given, occurrence)
        if graph.switches:
            self._add_failed(len(scenario.hazards), graph.switches)
        self._timed = len(self._rows)
        self._add_triggers(scenario)

    # ------------------------------------------------------------ hazards

    def _add_hazard(self, number: int, hazard: Hazard, scenario: Scenario) -> None:
        fields, struck = self._hits.add(hazard)
        rates, common = rates_of(hazard)
        first = len(self._components)
        self._first_component[hazard.name] = first
        raises = any(trigger.cause == hazard.name for trigger in scenario.triggers)
        simple = fields["kind"] in (records.FAILURE, records.GRID)
        looked_at = simple or isinstance(hazard, Fire)
        reached = [self._reach(hazard, origin) for origin in hazard.origins()] if isinstance(hazard, Fire) else struck
        worst = fields["state"] if simple else records.DESTROYED
        for nodes, all_nodes in zip(struck, reached, strict=True):
            foreseen = self._graph.foresee(all_nodes, int(worst)) if looked_at and not raises else None
            self._add_component(nodes, foreseen if simple or foreseen == NOBODY else None)
        profile, mass = self._profile(hazard.monthly)
        template = RESTING | {
            "hazard": number,
            "mass": mass,
            "profile": profile,
            "lead": hazard.lead_time if isinstance(hazard, Flood) else 0.0,
            "raises": int(raises),
            **fields,
        }
        for group in groups_of(hazard, rates, common):
            choices = self._add_choices(group.weights, [first + i for i in group.components])
            row = template | choices | self._when(hazard, group, mass)
            row["foreseen"] = int(any(self._components[first + i].foreseen for i in group.components))
            row |= self._unnoticed(row, group.components, first, struck)
            if row["idle"] < 0.0 or row["mean_gap"] < np.inf:
                planned = isinstance(hazard, Maintenance)
                self._append(row, group.stream, None if planned else group)
        self._templates[hazard.name] = template | self._add_choices(
            [mean_rate(rate) for rate in rates.values()], [first + i for i in range(len(rates))]
        )

    def _add_component(self, nodes: Sequence[int], foreseen: Foreseen | None) -> None:
        """A further component, and what an outage of it alone brings, if that can be said."""
        first_node, first_asked, first_down = len(self._component_nodes), len(self._asked), len(self._downs)
        self._component_nodes.extend(nodes)
        if foreseen is not None:
            self._asked.extend(foreseen.asked)
            self._downs.extend(foreseen.down)
        self._components.append(
            Component(
                first_node,
                len(self._component_nodes),
                int(foreseen == NOBODY),
                int(foreseen is not None),
                first_asked,
                len(self._asked),
                first_down,
                len(self._downs),
            )
        )

    def _unnoticed(
        self, row: Mapping[str, Any], places: Sequence[int], first: int, struck: Sequence[Sequence[int]]
    ) -> dict[str, Any]:
        """What tells how the events of a source can be passed over in runs.

        ``unnoticed``: how many of the components that it strikes may be down at once and are noticed by nobody, 1 or 2; 0
        where its events do not come at one certain rate.
        """
        components = [self._components[first + i] for i in places]
        if not any(c.quiet for c in components) or row["given"] or row["idle"] != 0.0:
            return {}
        if row["kind"] not in (records.FAILURE, records.GRID):
            return {"unnoticed": 1}
        silent = all(c.quiet for c in components)
        pairs = itertools.combinations([struck[i] for i in places], 2)
        paired = silent and len(places) <= MOST_PAIRED
        unnoticed = 1 + int(paired and all(self._graph.foresee([*a, *b], row["state"]) == NOBODY for a, b in pairs))
        return {"unnoticed": unnoticed, "silent": int(silent)}

    def _reach(self, fire: Fire, origin: str) -> list[int]:
        """The nodes that a fire which begins there may strike, sooner or later."""
        burnt = [origin]
        for building in burnt:  # it grows on the way
            burnt.extend(after for before, after in fire.spread if before == building and after not in burnt)
        cut = [node for campus in fire.isolation if not set(burnt).isdisjoint(campus) for node in campus]
        return [self._graph.struck[name] for name in dict.fromkeys([*burnt, *cut])]

    def _when(self, hazard: Hazard, group: Group, mass: float) -> dict[str, Any]:
        """The fields that say when the events of a group happen."""
        if isinstance(hazard, Maintenance):
            return plan_of(hazard, hazard.origins()[group.components[0]], *self._window)
        yearly = mean_rate(group.rate) * group.multiplicity
        per_trial = yearly / HOURS_PER_YEAR * mass
        per_block = per_trial * records.BLOCK
        if per_block > MOST_EVENTS_PER_BLOCK:
            raise SpecificationError(
                f"hazard {hazard.name!r}: {yearly:g} events a year are too many; check the rate's unit"
            )
        if per_block == 0:
            return {}
        batch = records.BATCH_SIZE if per_block >= WORTH_A_BATCH else 1
        if not durations.is_frozen(group.rate) and group.dispersion == 1.0:
            return {"mean_gap": 1.0 / per_trial, "batch": batch}
        dispersion = group.dispersion if group.dispersion > 1.0 else None
        idle, table = active_law(group.rate, mass, group.multiplicity, dispersion)
        return {"idle": idle, "rate_table": self._tables.add_table(table), "batch": batch}

    def _add_choices(self, weights: Sequence[float], components: Sequence[int]) -> dict[str, int]:
        """An alias table over components."""
        first = len(self._choices)
        certain = sum(weights) > 0
        keep, alias = alias_table(weights) if certain else (np.ones(len(weights)), np.arange(len(weights)))
        self._choices.extend((float(k), int(a), c) for k, a, c in zip(keep, alias, components, strict=True))
        return {"first": first, "size": len(weights)}

    def _profile(self, monthly: Sequence[float] | None) -> tuple[int, float]:
        """The row of a monthly profile (-1 without one), and the mass of a trial."""
        masses, hours = profile_points(monthly, *self._window)
        if monthly is None:
            return -1, masses[-1]
        first = len(self._profile_masses)
        self._profile_masses.extend(masses)
        self._profile_hours.extend(hours)
        self._profiles.append((first, len(self._profile_masses)))
        return len(self._profiles) - 1, masses[-1]

    def _append(self, row: dict[str, Any], name: str, group: Group | None = None) -> None:
        """A further source. No two may share their random numbers."""
        stream = stream_number(name)
        if stream in self._streams:
            raise SpecificationError(
                f"hazards {self._streams[stream]!r} and {name!r} would share their random numbers; rename one of them"
            )
        self._streams[stream] = name
        self._rows.append(row | {"stream": stream})
        self.groups.append(group)
        self._names.append(name)

    # ------------------------------------------------------------ conditions

    def _component(self, hazard: Hazard, origin: str | None) -> int:
        """The component of an origin; -1 for one drawn by the rates."""
        first = self._first_component[hazard.name]
        if origin is None:
            return -1
        if isinstance(hazard, Failure) and hazard.shared:
            return first
        return first + hazard.origins().index(origin)

    def _check_drawable(self, hazard: Hazard, component: int, where: str) -> None:
        rates = rates_of(hazard)[0]
        if component >= 0 or not never_happens(hazard):
            return
        if isinstance(hazard, Flood):
            hint = ", so give the stage of the event" if where.startswith("given") else ", so nothing can be raised"
            raise SpecificationError(f"{where}: no basin has peaks{hint}")
        if len(rates) > 1:
            raise SpecificationError(f"{where}: all its rates are 0, so name the origin of the event")

    def _add_given(self, hazard: Hazard, given: Given, occurrence: int) -> None:
        where = f"given {hazard.name!r}"
        origin = self._component(hazard, given.origin)
        if given.stage is None:
            self._check_drawable(hazard, origin, where)
        if given.state is not None and isinstance(hazard, Fire) and given.state not in hazard.durations:
            raise SpecificationError(f"{where}: state {given.state!r} needs a duration in durations[{given.state!r}]")
        contained = -1 if given.contained is None else int(given.contained)
        row = self._templates[hazard.name] | {
            "given": 1,
            "origin": origin,
            "contained": contained if given.state is None else 0,
            "severity": -1 if given.state is None else STATES[given.state],
        }
        if given.stage is not None:
            assert isinstance(hazard, Flood)
            named = given.stage if isinstance(given.stage, Mapping) else dict.fromkeys(hazard.stages, given.stage)
            row["stages"] = self._hits.add_numbers(named.get(basin, -np.inf) for basin in hazard.stages)
        self._append(row, given_stream(hazard.name, occurrence))

    def _add_failed(self, number: int, switches: Sequence[int]) -> None:
        """An outage of some vertices from the start of every trial to beyond its end: the last of the timed sources,
        so that all others keep their places and draws."""
        component = len(self._components)
        self._add_component(switches, None)
        hours = self._tables.add(2.0 * sum(self._window))
        row = RESTING | {"hazard": number, "kind": records.GRID, "given": 2, "table": hours, "origin": component}
        self._append(row | self._add_choices([1.0], [component]), FAILED)

    # ------------------------------------------------------------ triggers

    def _add_triggers(self, scenario: Scenario) -> None:
        """A source for each chain of triggers that can follow a source; no trigger stands in a chain twice."""
        hazards = {hazard.name: i for i, hazard in enumerate(scenario.hazards)}
        for trigger in scenario.triggers:
            self._triggers.append(
                (
                    trigger.probability,
                    self._tables.add(trigger.delay),
                    -1 if trigger.backup is None else self._graph.keys[trigger.backup],
                    -1 if trigger.cause is None else hazards[trigger.cause],
                )
            )
        paths: list[tuple[int, ...]] = [()] * len(self._rows)
        self._raised: dict[tuple[int, int], int] = {}
        s = 0
        while s < len(self._rows):
            by_backup = any(scenario.triggers[k].backup is not None for k in paths[s])
            for k, trigger in enumerate(scenario.triggers):
                caused = trigger.cause is not None and hazards[trigger.cause] == self._rows[s]["hazard"]
                if k in paths[s] or not (caused or (trigger.backup is not None and not by_backup)):
                    continue
                effect = scenario.hazards[hazards[trigger.effect]]
                origin = self._component(effect, trigger.origin)
                self._check_drawable(effect, origin, f"trigger of {effect.name!r}")
                through = "" if trigger.backup is None else f"{ARROW}starts {trigger.backup}"
                self._raised[k, s] = len(self._rows)
                paths.append((*paths[s], k))
                row = self._templates[effect.name] | {"origin": origin}
                self._append(row, f"{self._names[s]}{through}{ARROW}raises {effect.name}")
            s += 1

    def _skip_runs_of_one(self) -> None:
        """Leave events to be looked at one by one but for the source that has more than all others: to look for a run
        takes as long as to look at two events."""
        events = [1.0 / row["mean_gap"] for row in self._rows[: self._timed]]
        for row, mine in zip(self._rows, events, strict=False):
            if mine < 0.5 * sum(events):
                row["unnoticed"] = 0

    def _set_reaches(self) -> None:
        """How long quiet outages mostly last, which says of most of them that they are over before the next event."""
        timed = self._rows[: self._timed]
        per_hour = sum(1.0 / (row["mean_gap"] * row["mass"]) for row in timed if row["mean_gap"] < np.inf)
        for row in timed:
            if row["foreseen"] and row["kind"] in (records.FAILURE, records.GRID):
                row["reach"], row["reach_level"] = self._tables.reach(row["table"], per_hour, max(row["unnoticed"], 1))

    def arrays(self) -> dict[str, np.ndarray]:
        """The arrays of the plan that belong to sources."""
        assert records.SOURCE.names is not None
        names = records.SOURCE.names
        self._skip_runs_of_one()
        self._set_reaches()
        raised = np.full((len(self._triggers), len(self._rows)), -1, np.int64)
        for (k, s), row in self._raised.items():
            raised[k, s] = row
        return {
            "sources": rows(records.SOURCE, (tuple(row[name] for name in names) for row in self._rows)),
            "timed": np.array([self._timed], np.int64),
            "choices": rows(records.CHOICE, self._choices),
            "components": rows(records.COMPONENT, self._components),
            "component_nodes": np.array(self._component_nodes, np.int64),
            "asked": np.array(self._asked, np.int64),
            "downs": np.array(self._downs, np.int64),
            "triggers": rows(records.TRIGGER, self._triggers),
            "raised": raised,
            "profiles": rows(records.PROFILE, self._profiles),
            "profile_masses": np.array(self._profile_masses, np.float64),
            "profile_hours": np.array(self._profile_hours, np.float64),
            **self._hits.arrays(),
        }
