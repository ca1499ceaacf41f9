"""One flood: peaks of basins that rise together, and the water at each site."""

from __future__ import annotations

import math

import numpy as np

from dcrisk.kernels.jit import rare, stay_apart
from dcrisk.kernels.normal import mix, ndtr, ndtri, snap, student_cdf
from dcrisk.kernels.outages import hit
from dcrisk.kernels.philox import uniform, uniforms
from dcrisk.kernels.records import (
    BREACH_TILT,
    DAMAGED,
    DESTROYED,
    FLOOD_DRAWS,
    FLOOD_MIXING,
    FRAGILITY_TILT,
    SHARED_DRAW,
    STAGE_TILT,
)
from dcrisk.kernels.tables import quantile, to_grid
from dcrisk.kernels.tilts import tilted

LOW = -np.inf  # a basin below its threshold


@rare
def rise(plan, work, key, block, s, event):
    """The peak of each basin in one event; the highest of them.

    A copula joins them. The least part of its uniform scale means that the basin stays low, so that each basin alone
    has its own rate and law of peaks.
    """
    stay_apart()
    source = plan.sources[s]
    flood = plan.floods[source.item]
    stages, scores = work.stages, work.scores
    highest = LOW
    if source.stages >= 0:
        for b in range(flood.basins):
            stages[b] = plan.numbers[source.stages + b]
            highest = max(highest, stages[b])
        return highest
    scale = 1.0
    if flood.freedom > 0 and flood.basins > 1:
        mixing = uniform(key, source.stream, block, event, FLOOD_MIXING)
        scale = math.sqrt(flood.freedom / quantile(plan.tables, plan.table_values, flood.mixing, mixing))
    for b in range(flood.basins):
        u = uniform(key, source.stream, block, event, FLOOD_DRAWS + b)
        u = tilted(plan, work, s, STAGE_TILT, flood.first_basin + b, (s << 32) | event, u)
        if flood.basins > 1:
            scores[b] = ndtri(u)
            z = 0.0
            for j in range(b + 1):
                z += plan.numbers[flood.correlation + b * flood.basins + j] * scores[j]
            u = student_cdf(z * scale, flood.freedom) if flood.freedom > 0 else ndtr(z)
        basin = plan.basins[flood.first_basin + b]
        stages[b] = LOW
        if u > 1.0 - basin.probability:
            if basin.probability < 1.0 or flood.basins > 1:
                u = snap((u - (1.0 - basin.probability)) / basin.probability)
            stages[b] = quantile(plan.tables, plan.table_values, basin.table, u)
        highest = max(highest, stages[b])
    return highest


@rare
def inundate(plan, work, key, block, s, t, trial, event):
    """The hits of one flood."""
    stay_apart()
    source = plan.sources[s]
    flood = plan.floods[source.item]
    if rise(plan, work, key, block, s, event) <= flood.reach:
        return
    cause = (s << 32) | event
    shared, damage = uniforms(key, source.stream, block, event, SHARED_DRAW)
    draws = FLOOD_DRAWS + flood.basins + (flood.basins & 1)
    for i in range(flood.places):
        place = plan.places[flood.first_place + i]
        level = work.stages[place.basin]
        own = draws + 4 * i
        if flood.residual_sd > 0.0:
            level += flood.residual_sd * residual(plan, work, key, source.stream, block, event, flood, i, own)
        if level <= place.protection:
            if level <= place.floor:
                continue
            u = uniform(key, source.stream, block, event, own + 1)
            if tilted(plan, work, s, BREACH_TILT, flood.first_place + i, cause, u) >= place.breach:
                continue
        depth = level - place.floor
        if flood.fragility == 0.0 or flood.critical == 0.0 or flood.critical == np.inf:
            destroyed = depth >= flood.critical
        else:
            u = uniform(key, source.stream, block, event, own + 2)
            u = mix(damage, tilted(plan, work, s, FRAGILITY_TILT, flood.first_place + i, cause, u), flood.shared)
            destroyed = u < ndtr(math.log(depth / flood.critical) / flood.fragility)
        table = flood.destroyed if destroyed else flood.damaged
        lasts = mix(shared, uniform(key, source.stream, block, event, own + 3), flood.shared)
        hours = to_grid(quantile(plan.tables, plan.table_values, table, lasts) * (1.0 + flood.growth * depth))
        state = DESTROYED if destroyed else DAMAGED
        hit(plan, work, key, block, trial, t, t, hours, place.node, state, cause)


@rare
def residual(plan, work, key, stream, block, event, flood, i, draw):
    """The local residual of a place in standard deviations, correlated with those of the places before it."""
    stay_apart()
    work.scores[i] = ndtri(uniform(key, stream, block, event, draw))
    if flood.residual < 0:
        return work.scores[i]
    total = 0.0
    for j in range(i + 1):
        total += plan.numbers[flood.residual + i * flood.places + j] * work.scores[j]
    return total
