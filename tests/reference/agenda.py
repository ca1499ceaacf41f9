"""Trials under a tilted law: what is laid out beforehand, how each draw is bent, and what a trial weighs for it.

The law of a trial is that of the scenario in ``plain_share`` of them, and the tilted one in the others. In both, each
tilted draw falls into some bin; the likelihood ratio is the product of share over width of all bins used, times that of
the times of the events. A trial weighs 1 / (plain_share + (1 - plain_share) * likelihood ratio).

Each draw that can be tilted has a name: ("spread", "fire", ("A", "B")) is that of an edge. The rows of bins come in the
order of ``names_of_rows``.
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass, replace
from itertools import accumulate
from types import SimpleNamespace

from dcrisk.compiler import profile_points
from dcrisk.hazards import Failure, Fire, Flood, GridOutage
from dcrisk.kernels.records import (
    BACKUP_DRAWS,
    BLOCK,
    CLASS_DRAWS,
    CONTAINED,
    DURATION,
    FIRST_BUILDING,
    FLOOD_DRAWS,
    GROUP_DRAWS,
    MIDDLE,
    MIXTURE,
    OF_TRIALS,
)
from reference.draws import Event
from reference.flood import first_draw
from reference.graph import Graph
from reference.normal import snap
from reference.play import Play
from reference.sources import component, events, moment, rows_of

OF_BACKUPS = "group", "start", "refuel"
WITH_LENGTH = Failure, GridOutage
"""Of their events, the length is drawn once for all that they strike."""


@dataclass(frozen=True)
class Bins:
    """The bins of one draw: where each begins, how likely it is, and how often it comes under the tilted law."""

    low: tuple[float, ...]
    width: tuple[float, ...]
    share: tuple[float, ...]

    def starts(self):
        """Where each bin begins under the tilted law."""
        return list(accumulate(self.share, initial=0.0))[:-1]

    def ratio(self, b):
        return self.share[b] / self.width[b]

    def bent(self, u):
        """Under the tilted law: the bin that a uniform falls into, and what it becomes."""
        b = last_below(self.starts(), u)
        return b, snap(self.low[b] + (u - self.starts()[b]) / self.share[b] * self.width[b])


def last_below(edges, x):
    """The bin that ``x`` lies in, by where each begins."""
    return max(b for b, edge in enumerate(edges) if edge <= x)


# ---------------------------------------------------------------- which draws are tilted


def names_of_rows(scenario, streams, classes):
    """All draws that may be tilted, kind by kind."""
    fires = [h for h in scenario.hazards if isinstance(h, Fire)]
    floods = [h for h in scenario.hazards if isinstance(h, Flood)]
    graph = Graph(scenario, {})
    return [
        *(("contained", fire.name, building) for fire in fires for building in fire.buildings()),
        *(("severity", fire.name, building) for fire in fires for building in fire.buildings()),
        # edge by edge as they leave the buildings
        *(
            ("spread", fire.name, edge)
            for fire in fires
            for building in fire.buildings()
            for edge in fire.spread
            if edge[0] == building
        ),
        *(("isolation", fire.name, g) for fire in fires for g in range(len(fire.isolation))),
        *(("stage", flood.name, basin) for flood in floods for basin in flood.stages),
        *(("breach", flood.name, node) for flood in floods for node in flood.nodes()),
        *(("fragility", flood.name, node) for flood in floods for node in flood.nodes()),
        *(("start", number) for number in graph.backups.values()),
        *(("group", number) for number in graph.groups.values()),
        *(("refuel", number) for number in graph.backups.values()),
        *(("length", stream) for stream in streams),
        *(("number", c) for c in range(len(classes))),
        *(("choice", c) for c in range(len(classes))),
        *(("distance", c) for c in range(len(classes))),
    ]


def tilts_of(scenario, plan, classes):
    """The bins of each draw that is tilted, by its name."""
    streams = [int(stream) for stream in plan.sources["stream"]]
    tilts = {}
    for name, (first, size) in zip(names_of_rows(scenario, streams, classes), plan.tilts, strict=True):
        if size > 0:
            some = plan.bins[first : first + size]
            tilts[name] = Bins(*(tuple(some[field].tolist()) for field in ("low", "width", "share")))
    return tilts


def names_of_draws(scenario):
    """For each hazard, the names of the draws of its events by their numbers, as far as the hazard alone says."""
    graph = Graph(scenario, {})
    of_backups = {GROUP_DRAWS + number: ("group", number) for number in graph.groups.values()}
    for number in graph.backups.values():
        of_backups[BACKUP_DRAWS + 4 * number] = "start", number
        of_backups[BACKUP_DRAWS + 4 * number + 2] = "refuel", number
    return {hazard.name: of_backups | names_of_marks(hazard) for hazard in scenario.hazards}


def names_of_marks(hazard):
    names = {}
    if isinstance(hazard, Fire):
        buildings, edges = hazard.buildings(), list(hazard.spread)
        edge_draws = FIRST_BUILDING + 2 * len(buildings)
        for j, building in enumerate(buildings):
            names[FIRST_BUILDING + 2 * j] = "severity", hazard.name, building
        for e, edge in enumerate(edges):
            names[edge_draws + 2 * e] = "spread", hazard.name, edge
        for g in range(len(hazard.isolation)):
            names[edge_draws + 2 * len(edges) + 4 * g] = "isolation", hazard.name, g
    if isinstance(hazard, Flood):
        for b, basin in enumerate(hazard.stages):
            names[FLOOD_DRAWS + b] = "stage", hazard.name, basin
        for i, node in enumerate(hazard.nodes()):
            names[first_draw(hazard, i) + 1] = "breach", hazard.name, node
            names[first_draw(hazard, i) + 2] = "fragility", hazard.name, node
    return names


class Law:
    """The law of one trial, and the bins that it has used: {(name of the draw, who drew): bin}.

    What one event draws twice in the same way counts once.
    """

    def __init__(self, tilts, names, plain):
        self.tilts, self.names, self.plain = tilts, names, plain
        self.used = {}

    def draw(self, name, whose, u):
        """A draw: its bin, if it has any, and the uniform that it becomes."""
        if name not in self.tilts:
            return None, u
        bins = self.tilts[name]
        b, u = (last_below(bins.low, u), u) if self.plain else bins.bent(u)
        self.used[name, whose] = b
        return b, u

    def of_event(self, event, draw, u):
        """A draw of an event. Those of events that come by themselves are never tilted."""
        if event.struck is None and event.row.given is None and not event.row.path:
            return u
        return self.draw(self.name(event, draw), event, u)[1]

    def name(self, event, draw):
        hazard = event.row.hazard
        if isinstance(hazard, Fire) and draw == CONTAINED:
            return "contained", hazard.name, hazard.origins()[component(event)]
        if isinstance(hazard, WITH_LENGTH) and draw == DURATION:
            return ("length", event.row.stream) if event.struck is not None else None
        return self.names[hazard.name].get(draw)

    def forget_backups(self):
        """Backups are asked in advance whether they would start; only what they are needed for counts."""
        self.used = {(name, whose): b for (name, whose), b in self.used.items() if name[0] not in OF_BACKUPS}

    def likelihood(self):
        """How many times as likely the tilted law makes the bins used."""
        return math.prod(self.tilts[name].ratio(b) for (name, _), b in self.used.items())


# ---------------------------------------------------------------- what is laid out


@dataclass
class Laid:
    """An event that is laid out: of which class, which component it strikes, where in the trial (a share of its mass)."""

    kind: int
    struck: int
    position: float
    side: float


def lay_out(classes, counts, rows, lot, law):
    """The events of a trial, class by class, and how many times as likely their times are under the tilted law."""
    numbers = []
    for c in range(len(classes)):
        b, _ = law.draw(("number", c), c, lot.uniform(CLASS_DRAWS + 2 * c)) if counts[c] < 0 else (counts[c], None)
        numbers.append(b)
    kinds = [c for c, number in enumerate(numbers) for _ in range(number)]
    laid = []
    for i, c in enumerate(kinds):
        draw = CLASS_DRAWS + 2 * len(classes) + 4 * i
        choice = classes[c].choices[0]
        if len(classes[c].choices) > 1:
            choice, _ = law.draw(("choice", c), i, lot.uniform(draw + 2))
        laid.append(Laid(c, rows[c].components[choice], lot.uniform(draw), lot.uniform(draw + 1)))
    if len(laid) < 2:
        return laid, 1.0
    if not law.plain:
        gather(laid, min(int(lot.uniform(MIDDLE) * len(laid)), len(laid) - 1), law)
    return laid, likelihood_of_times(laid, law)


def gather(laid, middle, law):
    """All others lie around the middle, half of them before it, on a circle."""
    for event in laid:
        if event is not laid[middle]:
            _, distance = law.tilts["distance", event.kind].bent(event.position)
            away = 0.5 * distance if event.side < 0.5 else -0.5 * distance
            event.position = snap((laid[middle].position + away) % 1.0)


def likelihood_of_times(laid, law):
    """Any of the events may have been the middle: the mean over all of them."""

    def ratio(event, middle):
        apart = abs(event.position - middle.position)
        bins = law.tilts["distance", event.kind]
        return bins.ratio(last_below(bins.low, 2.0 * min(apart, 1.0 - apart)))

    around = [math.prod(ratio(event, middle) for event in laid if event is not middle) for middle in laid]
    return sum(around) / len(laid)


# ---------------------------------------------------------------- trials


def trials_of(scenario, plan, classes, silent, counts, trials, key, horizon, warmup=0.0):
    """For each trial, the own outages of each node, and its weight.

    ``classes`` say which events are laid out, ``counts`` how many of each there are (-1: drawn). The sources of the
    plan that are ``silent`` have no events.
    """
    tilts, names = tilts_of(scenario, plan, classes), names_of_draws(scenario)
    plain_share = float(plan.plain_share[0])
    every = {row.stream: row for row in rows_of(scenario)}
    rows = [every[int(plan.sources[kind.source]["stream"])] for kind in classes]
    left_out = [every[int(plan.sources[s]["stream"])] for s in silent]
    for block in range(math.ceil(trials / BLOCK)):
        in_block = min(BLOCK, trials - block * BLOCK)
        by_trial = defaultdict(list)
        for row in every.values():
            if row not in rows and row not in left_out:
                for trial, t, event in events(row, key, block, in_block, warmup, horizon):
                    by_trial[trial].append((t, event))
        numbered = dict.fromkeys(rows, 0)
        for trial in range(in_block):
            lot = Event(SimpleNamespace(stream=OF_TRIALS), trial, block, key)
            law = Law(tilts, names, plain=lot.uniform(MIXTURE) < plain_share)
            laid, of_times = lay_out(classes, counts, rows, lot, law)
            happens = [(t, replace(event, law=law)) for t, event in by_trial[trial]]
            happens += as_events(laid, rows, numbered, block, key, law, warmup, horizon)
            own = Play(scenario).run(sorted(happens, key=lambda e: (e[0], e[1].order)))
            law.forget_backups()
            graph = Graph(scenario, own)
            for node in scenario.nodes:
                graph.spells(node.name)
            yield own, 1.0 / (plain_share + (1.0 - plain_share) * of_times * law.likelihood())


def as_events(laid, rows, numbered, block, key, law, warmup, horizon):
    """The events that are laid out with their times, numbered within the block and the row in order of time.

    A row numbers its events from 1, and leaves out one number after each trial in which it has some.
    """
    found = []
    for event in laid:
        masses, hours = profile_points(rows[event.kind].hazard.monthly, warmup, horizon)
        found.append((moment(masses, hours, event.position * masses[-1], warmup), event))
    happens = []
    for t, event in sorted(found, key=lambda e: e[0]):
        row = rows[event.kind]
        numbered[row] += 1
        happens.append((t, Event(row, numbered[row], block, key, event.struck, law)))
    for _, event in happens:
        if isinstance(event.row.hazard, WITH_LENGTH):
            event.uniform(DURATION)  # how long it lasts is drawn even if nothing comes of it
    for row in {event.row for _, event in happens}:
        numbered[row] += 1
    return happens
