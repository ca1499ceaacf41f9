"""The whole trial once more, in plain Python that reads like the definition.

The kernel plays a trial forward, change by change. Here a trial is a set of outages [start, end), and everything
above them is interval arithmetic: when is a gate broken, what of that does a backup carry, when is the service down.
Only the random numbers are the same, each named by (hazard, block, event, draw).
"""

from __future__ import annotations

import math
import struct
from collections import defaultdict
from dataclasses import dataclass

from dcrisk.compiler import HOURS_PER_YEAR, alias_table, given_stream, stream_number
from dcrisk.durations import ATOMS, CONSTANT, OCTAVES, quantile_table
from dcrisk.hazards import Failure, Fire
from dcrisk.kernels.records import (
    BACKUP_DRAWS,
    BLOCK,
    FIRST_BUILDING,
    GROUP_DRAWS,
    RELOCATION_DRAWS,
    RESTART_DRAWS,
)
from dcrisk.scenario import Requirement, Site

WORD = 0xFFFFFFFF
STATES = ("interrupted", "damaged", "destroyed")


def philox(key, counter):
    x, k = list(counter), [key & WORD, key >> 32]
    for _ in range(10):
        p0, p1 = 0xD2511F53 * x[0], 0xCD9E8D57 * x[2]
        x = [(p1 >> 32) ^ x[1] ^ k[0], p1 & WORD, (p0 >> 32) ^ x[3] ^ k[1], p0 & WORD]
        k = [(k[0] + 0x9E3779B9) & WORD, (k[1] + 0xBB67AE85) & WORD]
    return x


def to_grid(hours):
    return (hours + 1.5 * 2.0**22) - 1.5 * 2.0**22


_tables = {}


def quantile(duration, u):
    """The u-quantile, by the table that the kernel reads."""
    table = _tables.setdefault(id(duration), (quantile_table(duration), duration))[0]
    values = table.values
    if table.kind == CONSTANT:
        return to_grid(float(values[0]))
    if table.kind == ATOMS:
        atoms = len(values) // 2
        return to_grid(next(float(v) for v, p in zip(values[:atoms], values[atoms:], strict=True) if p >= u))
    bits = struct.unpack("<q", struct.pack("<d", min(u, 1.0 - u)))[0]
    mantissa, octave = bits & ((1 << 52) - 1), 1021 - (bits >> 52) + (OCTAVES if u > 0.5 else 0)
    spare = 52 - table.cells_log2
    i = 4 * ((octave << table.cells_log2) + (mantissa >> spare))
    w = (mantissa & ((1 << spare) - 1)) / (1 << spare)
    a, b, c, d = (float(v) for v in values[i : i + 4])
    return to_grid(a + w * (b + w * (c + w * d)))


@dataclass(frozen=True)
class Event:
    """An event, which names its random numbers. Events of one moment are ordered by source, then by number."""

    source: int
    number: int
    stream: int
    block: int
    key: int
    hazard: int

    def uniform(self, draw):
        x = philox(self.key, (draw >> 1, self.number, self.block, self.stream))
        low, high = x[2 * (draw & 1)], x[2 * (draw & 1) + 1]
        return ((((high << 32) | low) >> 12) + 0.5) * 2.0**-52

    @property
    def order(self):
        return self.source, self.number


@dataclass(frozen=True)
class Outage:
    start: float
    end: float
    event: Event
    state: str = "interrupted"


def merged(outages):
    """Outages that overlap or touch become one, with the event that opened it (the least, of one moment)."""
    spells = []
    for outage in sorted(outages, key=lambda o: (o.start, o.event.order)):
        if outage.end <= outage.start:
            continue
        if spells and outage.start <= spells[-1].end:
            last = spells[-1]
            spells[-1] = Outage(last.start, max(last.end, outage.end), last.event)
        else:
            spells.append(Outage(outage.start, outage.end, outage.event))
    return spells


def broken(inputs, k):
    """When fewer than ``k`` of the inputs (each a list of spells) are up."""
    times = sorted({t for spells in inputs for o in spells for t in (o.start, o.end)})
    result = []
    for start, end in zip(times, times[1:], strict=False):
        down = [o for spells in inputs for o in spells if o.start <= start < o.end]
        if len(inputs) - len(down) < k:
            beginning = [o.event for o in down if o.start == start]
            if result and result[-1].end == start:
                result[-1] = Outage(result[-1].start, end, result[-1].event)
            else:
                result.append(Outage(start, end, min(beginning, key=lambda e: e.order)))
    return result


class Trial:
    """One trial: the outages of its nodes, then whatever is asked of them."""

    def __init__(self, scenario):
        self.scenario = scenario
        self.own = defaultdict(list)
        self.backups, self.groups = {}, {}
        for node in scenario.nodes:
            for need in node.requires:
                self._number(node.name, need)
        self.index = {node.name: i for i, node in enumerate(scenario.nodes)}
        self._spells = {}

    def _number(self, node, need):
        if isinstance(need, Requirement):
            for member in need.of:
                self._number(node, member)
            if need.backup is not None:
                self.backups[node, id(need)] = len(self.backups)
                self.groups.setdefault(need.backup.group, len(self.groups))

    def spells(self, name):
        """When a node is down."""
        if name not in self._spells:
            node = self.scenario.node(name)
            inputs = [self.requirement(name, need) for need in node.requires]
            if isinstance(node, Site) and node.part_of:
                inputs.append(self.spells(node.part_of))
            unmet = broken(inputs, len(inputs))
            restarts = [
                Outage(
                    o.end, o.end + quantile(node.restart, o.event.uniform(RESTART_DRAWS + self.index[name])), o.event
                )
                for o in unmet
            ]
            self._spells[name] = merged([*self.own[name], *unmet, *restarts])
        return self._spells[name]

    def requirement(self, node, need):
        """When a requirement fails the node."""
        if isinstance(need, str):
            return self.spells(need)
        spells = broken([self.requirement(node, member) for member in need.of], need.k)
        if need.backup is None:
            return spells
        number = self.backups[node, id(need)]
        after = [(o, self.carried(need.backup, number, o.event)) for o in spells]
        return [Outage(o.start + hours, o.end, o.event) for o, hours in after if hours < o.end - o.start]

    def carried(self, backup, number, event):
        """How long a backup carries a demand."""
        fails = 1.0 - backup.start_probability
        common = backup.common_cause * fails
        own = (fails - common) / (1.0 - common) if common < 1 else 0.0
        if event.uniform(GROUP_DRAWS + self.groups[backup.group]) < common:
            return 0.0
        if event.uniform(BACKUP_DRAWS + 4 * number) < own:
            return 0.0
        if event.uniform(BACKUP_DRAWS + 4 * number + 2) < backup.refuel_probability:
            return math.inf
        return quantile(backup.autonomy, event.uniform(BACKUP_DRAWS + 4 * number + 1))

    def hits(self, site):
        """What strikes a site, or any site around it."""
        node = self.scenario.node(site)
        around = self.hits(node.part_of) if isinstance(node, Site) and node.part_of else []
        return [*self.own[site], *around]

    def losses(self, layout):
        """When all copies lie destroyed."""
        if not layout.copies:
            return []
        copies = [merged([o for o in self.hits(c) if o.state == "destroyed"]) for c in layout.copies]
        return broken(copies, 1)

    def replica(self, layout, site):
        """When a replica is down: with its site, until relocation."""
        result = []
        for spell in self.spells(site):
            end = spell.end
            for hit in self.hits(site) if layout.relocation is not None else []:
                if hit.state == "interrupted" or not spell.start <= hit.start < spell.end:
                    continue
                done = hit.start + quantile(layout.relocation, hit.event.uniform(RELOCATION_DRAWS + self.index[site]))
                if not any(loss.start <= done and loss.end > hit.start for loss in self.losses(layout)):
                    end = min(end, done)
            result.append(Outage(spell.start, end, spell.event))
        return [o for o in result if o.end > o.start]

    def service(self, layout):
        """When the service of a layout is down."""

        def gate(need):
            return self.replica(layout, need) if isinstance(need, str) else broken([gate(m) for m in need.of], need.k)

        return gate(layout.expression)


def events(scenario, key, block, warmup, horizon):
    """All events of a block: (trial, time, source, condition or None, Event), for each source in turn."""
    source = 0
    for h, hazard in enumerate(scenario.hazards):
        rates = _component_rates(hazard)
        conditions = [g for g in scenario.conditions if g.hazard == hazard.name]
        if sum(rates) > 0:
            clock, number, stream = 0.0, 0, stream_number(hazard.name)
            while True:
                event = Event(source, number, stream, block, key, h)
                clock -= math.log(event.uniform(0)) / (sum(rates) / HOURS_PER_YEAR)
                trial = math.floor(clock / (warmup + horizon))
                if trial >= BLOCK:
                    break
                yield trial, to_grid(clock - trial * (warmup + horizon) - warmup), hazard, None, event
                number += 1
            source += 1
        for i, given in enumerate(conditions):
            stream = stream_number(given_stream(hazard.name, i))
            for trial in range(BLOCK):
                yield trial, 0.0, hazard, given, Event(source, trial, stream, block, key, h)
            source += 1


def _component_rates(hazard):
    if isinstance(hazard, Failure) and hazard.shared:
        return [hazard.rate_per_year]
    return list(hazard.rates.values() if isinstance(hazard, Failure) else hazard.rate_per_year.values())


def chosen(hazard, given, event):
    """The component that an event strikes."""
    shared = isinstance(hazard, Failure) and hazard.shared
    if given is not None and given.origin is not None:
        return 0 if shared else list(hazard.origins()).index(given.origin)
    rates = _component_rates(hazard)
    if len(rates) == 1:
        return 0
    keep, alias = alias_table(rates)
    place = event.uniform(1) * len(rates)
    i = min(int(place), len(rates) - 1)
    return i if place - i < keep[i] else int(alias[i])


def strike(trial, hazard, given, event, t, memory):
    """A failure or a grid outage."""
    c = chosen(hazard, given, event)
    until = memory.get((hazard.name, c), -math.inf)
    if isinstance(hazard, Failure) and given is None and t < until:
        return
    hours = quantile(hazard.duration, event.uniform(2))
    if hours <= 0:
        return
    memory[hazard.name, c] = max(until, t + hours)
    shared = isinstance(hazard, Failure) and hazard.shared
    state = hazard.state if isinstance(hazard, Failure) else "interrupted"
    for node in hazard.origins() if shared else [hazard.origins()[c]]:
        trial.own[node].append(Outage(t, t + hours, event, state))


def burn(trial, hazard, given, event, t, memory):
    """A fire, building by building in the order in which it reaches them."""

    def of(value, key):
        return value[key] if isinstance(value, dict) else value

    def lies_destroyed(building, at):
        since, until = memory.get((hazard.name, building), (math.inf, -math.inf))
        return since <= at < until

    def strike_node(node, start, hours, state):
        if hours > 0:
            trial.own[node].append(Outage(start, start + hours, event, state))

    buildings, edges = list(hazard.buildings()), list(hazard.spread)
    origin = hazard.origins()[chosen(hazard, given, event)]
    if given is None and lies_destroyed(origin, t):
        return
    contained = event.uniform(2) < of(hazard.contained, origin)
    if given is not None and (given.contained is not None or given.state is not None):
        contained = bool(given.contained)
    if contained:
        if "interrupted" in hazard.durations:
            hours = quantile(hazard.durations["interrupted"], event.uniform(3))
            strike_node(origin, t, hours, "interrupted")
        return

    edge_draws = FIRST_BUILDING + 2 * len(buildings)
    group_draws = edge_draws + 2 * len(edges)
    member_draws = group_draws + 4 * len(hazard.isolation)
    reached, burnt, cut, order = [(t, 0, origin)], set(), set(), 1
    while reached:
        now, _, building = reached.pop(reached.index(min(reached)))
        if building in burnt:
            continue
        if lies_destroyed(building, now) and not (given is not None and building == origin):
            continue
        burnt.add(building)
        j = buildings.index(building)
        state = "destroyed" if event.uniform(FIRST_BUILDING + 2 * j) < of(hazard.destroyed, building) else "damaged"
        if building == origin and given is not None and given.state is not None:
            state = given.state
        hours = quantile(hazard.durations[state], event.uniform(FIRST_BUILDING + 2 * j + 1))
        strike_node(building, now, hours, state)
        if state == "destroyed":
            since, until = memory.get((hazard.name, building), (math.inf, -math.inf))
            overlaps = now <= until
            memory[hazard.name, building] = (
                (min(since, now), max(until, now + hours)) if overlaps else (now, now + hours)
            )
        for e, (start, end) in enumerate(edges):
            if start == building and event.uniform(edge_draws + 2 * e) < hazard.spread[start, end]:
                delay = quantile(of(hazard.spread_delay, (start, end)), event.uniform(edge_draws + 2 * e + 1))
                reached.append((now + delay, order, end))
                order += 1
        first_member = 0
        for g, campus in enumerate(hazard.isolation):
            if building in campus and g not in cut:
                cut.add(g)
                if event.uniform(group_draws + 4 * g) < hazard.isolation_probability:
                    start = now + quantile(hazard.isolation_delay, event.uniform(group_draws + 4 * g + 1))
                    for m, node in enumerate(campus):
                        draw = group_draws + 4 * g + 2 if hazard.isolation_shared else member_draws + first_member + m
                        if node != building:
                            hours = quantile(hazard.durations["isolated"], event.uniform(draw))
                            strike_node(node, start, hours, "interrupted")
            first_member += len(campus)


def simulate(scenario, layouts, trials, seed, horizon, warmup=0.0):
    """A list of trials, each {layout name: (downtime, outages, longest, data loss, {hazard: downtime})}."""
    outcomes = []
    for block in range(math.ceil(trials / BLOCK)):
        by_trial = defaultdict(list)
        for trial, t, hazard, given, event in events(scenario, seed, block, warmup, horizon):
            by_trial[trial].append((t, event.order, hazard, given, event))
        for number in range(min(BLOCK, trials - block * BLOCK)):
            trial, memory = Trial(scenario), {}
            for t, _, hazard, given, event in sorted(by_trial[number], key=lambda e: e[:2]):
                (burn if isinstance(hazard, Fire) else strike)(trial, hazard, given, event, t, memory)
            outcomes.append({layout.name: outcome(scenario, trial, layout, horizon) for layout in layouts})
    return outcomes


def outcome(scenario, trial, layout, horizon):
    seen = [
        (min(o.end, horizon) - max(o.start, 0.0), o.start >= 0.0, o.event)
        for o in trial.service(layout)
        if max(o.start, 0.0) < min(o.end, horizon)
    ]
    by_hazard = {hazard.name: 0.0 for hazard in scenario.hazards}
    for hours, _, event in seen:
        by_hazard[scenario.hazards[event.hazard].name] += hours
    return (
        sum(hours for hours, _, _ in seen),
        sum(began for _, began, _ in seen),
        max((hours for hours, _, _ in seen), default=0.0),
        any(max(o.start, 0.0) < min(o.end, horizon) for o in trial.losses(layout)),
        by_hazard,
    )
