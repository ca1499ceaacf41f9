"""The whole trial once more, in plain Python that reads like the definition.

The kernel plays a trial forward, change by change, over all vertices. Here a trial is played forward only as far as
order matters: events, their hits, who repairs first, what raises what. That leaves the own outages of each node, and
everything above them is interval arithmetic. Only the random numbers are the same, each named by (stream, block,
event, draw).
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass

from dcrisk.kernels.records import BLOCK
from reference.draws import philox, quantile, to_grid
from reference.graph import Graph
from reference.play import Play
from reference.services import Service
from reference.sources import events, rows_of

__all__ = ["philox", "quantile", "simulate", "to_grid"]


@dataclass
class Outcome:
    """What a trial brings for one layout."""

    downtime: float
    outages: int
    longest: float
    data_loss: bool
    by_hazard: dict
    by_period: list
    down: list
    degraded: float
    unserved: float
    lost_hours: float


def simulate(scenario, layouts, trials, seed, horizon, warmup=0.0, periods=1, at_hours=()):
    """A list of trials, each {layout name: Outcome}."""
    outcomes = []
    for trial, own in enumerate(own_outages(scenario, trials, seed, horizon, warmup)):
        graph = Graph(scenario, own)
        services = {layout.name: Service(graph, layout, seed, trial) for layout in layouts}
        outcomes.append({name: outcome(service, horizon, periods, at_hours) for name, service in services.items()})
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


def within(outage, begin, end):
    """Hours of an outage in [begin, end)."""
    return max(0.0, min(outage.end, end) - max(outage.start, begin))


def outcome(service, horizon, periods, at_hours):
    seen = [o for o in service.spells if within(o, 0.0, horizon) > 0]
    by_hazard = {hazard.name: 0.0 for hazard in service.graph.scenario.hazards}
    for o in seen:
        by_hazard[o.event.row.hazard.name] += within(o, 0.0, horizon)
    degraded, unserved = service.accounts(horizon)
    return Outcome(
        downtime=sum(within(o, 0.0, horizon) for o in seen),
        outages=sum(o.start >= 0.0 for o in seen),
        longest=max((within(o, 0.0, horizon) for o in seen), default=0.0),
        data_loss=any(within(o, 0.0, horizon) > 0 for o in service.losses),
        by_hazard=by_hazard,
        by_period=[
            sum(within(o, i * horizon / periods, (i + 1) * horizon / periods) for o in seen) for i in range(periods)
        ],
        down=[any(o.start <= t < o.end for o in seen) for t in at_hours],
        degraded=degraded,
        unserved=unserved,
        lost_hours=service.data.lost_hours(horizon),
    )
