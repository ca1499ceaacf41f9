"""One flood: how high each basin rises, and what of that reaches the nodes."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from dcrisk.durations import tabulate
from dcrisk.hazards.flood import distances_km
from dcrisk.kernels.records import FLOOD_DRAWS, FLOOD_MIXING, SHARED_DRAW
from reference.draws import chi_square_table, kept, level, table_of, to_grid
from reference.normal import ndtr, ndtri, snap, student_cdf


def rise(play, t, event):
    """All hits of one flood, in the order of ``protection``."""
    hazard = event.row.hazard
    stages = peaks(hazard, event)
    residuals = local_residuals(play.scenario, hazard, event)
    for i, node in enumerate(hazard.nodes()):
        stage = stages[hazard.basin_of(node)]
        if stage is not None:
            state, hours = submerge(hazard, event, node, stage + residuals[i], first_draw(hazard, i))
            if state is not None:
                play.hit(t, t, node, state, hours, event)
    return True


def first_draw(hazard, i):
    """Of the four draws of the i-th node."""
    basins = len(hazard.stages)
    return FLOOD_DRAWS + basins + basins % 2 + 4 * i


def peaks(hazard, event):
    """The stage of each basin, or None where it stays below its threshold."""
    given = event.row.given
    if given is not None and given.stage is not None:
        named = given.stage if isinstance(given.stage, Mapping) else dict.fromkeys(hazard.stages, given.stage)
        return {basin: named.get(basin) for basin in hazard.stages}
    ranks = joint_ranks(hazard, event)
    stages = {}
    for u, (basin, stage) in zip(ranks, hazard.stages.items(), strict=True):
        p = 1.0 if len(ranks) == 1 and hazard.rate_per_year is None else stage.peak_rate / hazard.event_rate
        if u <= 1.0 - p:
            stages[basin] = None
            continue
        if len(ranks) > 1 or p < 1:
            u = snap((u - (1.0 - p)) / p)
        table = kept(id(stage), lambda stage=stage: (stage_table(stage), stage))[0]
        stages[basin] = level(table, u)
    return stages


def stage_table(stage):
    return tabulate(lambda u: stage.level(1.0 - u), stage.level)


def joint_ranks(hazard, event):
    """A uniform for each basin, joined by the copula."""
    basins = len(hazard.stages)
    if basins == 1:
        return [event.uniform(FLOOD_DRAWS)]
    scores = [ndtri(event.uniform(FLOOD_DRAWS + b)) for b in range(basins)]
    joint = combine(np.linalg.cholesky(hazard.correlation_matrix()), scores)
    if hazard.copula == "gaussian":
        return [ndtr(z) for z in joint]
    freedom = hazard.degrees_of_freedom
    w = level(chi_square_table(freedom), event.uniform(FLOOD_MIXING))
    return [student_cdf(z * math.sqrt(freedom / w), freedom) for z in joint]


def local_residuals(scenario, hazard, event):
    """Metres by which the water stands higher at each node than the stage of its basin says."""
    nodes = hazard.nodes()
    if hazard.residual_sd == 0:
        return [0.0] * len(nodes)
    scores = [ndtri(event.uniform(first_draw(hazard, i))) for i in range(len(nodes))]
    if hazard.correlation_km > 0:
        places = [(scenario.node(name).lat, scenario.node(name).lon) for name in nodes]
        correlation = np.exp(-distances_km(places) / hazard.correlation_km)
        # the small term: places at one spot would leave nothing to factorise
        scores = combine(np.linalg.cholesky(correlation + 1e-12 * np.eye(len(nodes))), scores)
    return [hazard.residual_sd * score for score in scores]


def combine(factor, scores):
    """Correlated normal scores, from independent ones and the lower Cholesky factor of their correlation."""
    joint = []
    for i in range(len(scores)):
        z = 0.0
        for j in range(i + 1):  # in this order, and not by sum(), which rounds differently
            z += float(factor[i, j]) * scores[j]
        joint.append(z)
    return joint


def submerge(hazard, event, node, water, first):
    """The state that water at this level leaves a node in, and for how long; (None, 0) if it stays dry."""
    protection = hazard.protection[node]
    floor = protection if hazard.floor is None else hazard.floor[node]
    breach = hazard.breach[node] if isinstance(hazard.breach, Mapping) else hazard.breach
    if not (water > protection or (water > floor and event.uniform(first + 1) < breach)):
        return None, 0.0
    depth = water - floor
    state = "destroyed" if gives_way(hazard, depth, event, first + 2) else "damaged"
    u = event.mixed(first + 3, hazard.shared_fraction)
    return state, to_grid(level(table_of(hazard.durations[state]), u) * (1.0 + hazard.duration_growth_per_m * depth))


def gives_way(hazard, depth, event, draw):
    critical = hazard.critical_depth
    if hazard.fragility == 0 or critical in (0, math.inf):
        return depth >= critical
    u = event.mixed(draw, hazard.shared_fraction, SHARED_DRAW + 1)
    return u < ndtr(math.log(depth / critical) / hazard.fragility)
