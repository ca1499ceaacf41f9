"""The whole trial once more, in plain Python that reads like the definition.

The kernel plays a trial forward, change by change, over all vertices. Here a trial is played forward only as far as
order matters: events, their hits, who repairs first, what raises what. That leaves the own outages of each node, and
everything above them is interval arithmetic. Only the random numbers are the same, each named by (stream, block,
event, draw).
"""

from __future__ import annotations

import math
from collections import defaultdict

from dcrisk.kernels.records import BLOCK
from reference.draws import philox, quantile, to_grid
from reference.graph import Graph
from reference.play import Play
from reference.sources import events, rows_of

__all__ = ["philox", "quantile", "simulate", "to_grid"]


def simulate(scenario, layouts, trials, seed, horizon, warmup=0.0):
    """A list of trials, each {layout name: (downtime, outages, longest, data loss, {hazard: downtime})}."""
    outcomes = []
    for own in own_outages(scenario, trials, seed, horizon, warmup):
        graph = Graph(scenario, own)
        outcomes.append({layout.name: outcome(graph, layout, horizon) for layout in layouts})
    return outcomes


def own_outages(scenario, trials, seed, horizon, warmup=0.0):
    """For each trial, the own outages of each node."""
    rows = rows_of(scenario)
    for block in range(math.ceil(trials / BLOCK)):
        in_block = min(BLOCK, trials - block * BLOCK)
        by_trial = defaultdict(list)
        for row in rows:
            for trial, t, event in events(row, seed, block, in_block, warmup, horizon):
                by_trial[trial].append((t, event))
        for trial in range(in_block):
            yield Play(scenario).run(sorted(by_trial[trial], key=lambda e: (e[0], e[1].order)))


def outcome(graph, layout, horizon):
    seen = [
        (min(o.end, horizon) - max(o.start, 0.0), o.start >= 0.0, o.event)
        for o in graph.service(layout)
        if max(o.start, 0.0) < min(o.end, horizon)
    ]
    by_hazard = {hazard.name: 0.0 for hazard in graph.scenario.hazards}
    for hours, _, event in seen:
        by_hazard[event.row.hazard.name] += hours
    return (
        sum(hours for hours, _, _ in seen),
        sum(began for _, began, _ in seen),
        max((hours for hours, _, _ in seen), default=0.0),
        any(max(o.start, 0.0) < min(o.end, horizon) for o in graph.losses(layout)),
        by_hazard,
    )
