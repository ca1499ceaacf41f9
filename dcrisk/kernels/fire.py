"""One fire: ignition, suppression, an independent cascade over adjacent buildings, the campus cut off."""

from __future__ import annotations

from dcrisk.kernels.jit import rare, stay_apart
from dcrisk.kernels.normal import mix
from dcrisk.kernels.outages import hit
from dcrisk.kernels.pending import drop_first, push
from dcrisk.kernels.philox import uniform, uniforms
from dcrisk.kernels.records import (
    CONTAINED_TILT,
    DAMAGED,
    DESTROYED,
    FIRST_BUILDING,
    FRONT,
    INTERRUPTED,
    ISOLATION_TILT,
    REIGNITION_DRAWS,
    SEVERITY_TILT,
    SHARED_DRAW,
    SPREAD_TILT,
    START,
    STRUCK,
)
from dcrisk.kernels.tables import sample_hours
from dcrisk.kernels.tilts import tilted


@rare
def burn(plan, work, key, block, s, c, t, trial, event, held, lasts):
    """All outages of one fire; False if there was none, since the building lies destroyed.

    The spread is an independent cascade (Kempe, Kleinberg and Tardos 2003): every edge is tried once, its draws
    named by the edge, and a building burns when the first live path reaches it. What lies destroyed by an earlier
    fire of this hazard does not burn.
    """
    stay_apart()
    source = plan.sources[s]
    fire = plan.fires[source.item]
    cause = (s << 32) | event
    origin = plan.component_nodes[plan.components[c].first_node]  # a building of this fire
    forced = source.given == 1
    if not forced and lies_destroyed(work, len(plan.components), fire.first_building + origin, trial, t):
        return False
    tables, values = plan.tables, plan.table_values
    held = tilted(plan, work, s, CONTAINED_TILT, fire.first_building + origin, cause, held)
    contained = held < plan.buildings[fire.first_building + origin].contained
    if source.contained >= 0:
        contained = source.contained == 1
    if contained:
        if fire.interrupted >= 0:
            hours = sample_hours(tables, values, fire.interrupted, lasts)
            node = plan.buildings[fire.first_building + origin].node
            hit(plan, work, key, block, trial, t, t, hours, node, INTERRUPTED, cause)
        return True

    counters = work.counters
    stamp = counters[STRUCK]
    counters[STRUCK] = stamp + 1
    shared, damage = uniforms(key, source.stream, block, event, SHARED_DRAW)
    edge_draws = FIRST_BUILDING + 2 * fire.buildings
    group_draws = edge_draws + 2 * fire.edges
    push(work.front, counters, FRONT, t, START, origin, INTERRUPTED, cause, t)
    while counters[FRONT] > 0:
        now, j = work.front[0].time, work.front[0].vertex
        drop_first(work.front, counters, FRONT)
        b = fire.first_building + j
        if work.burnt[b] == stamp:
            continue
        forced = forced and j == origin
        if not forced and lies_destroyed(work, len(plan.components), b, trial, now):
            continue
        work.burnt[b] = stamp
        building = plan.buildings[b]
        severe, lasts = uniforms(key, source.stream, block, event, FIRST_BUILDING + 2 * j)
        severe = tilted(plan, work, s, SEVERITY_TILT, b, cause, severe)
        severe = mix(damage, severe, fire.shared_fraction)
        state = DESTROYED if severe < building.destroyed else DAMAGED
        if j == origin and source.severity >= 0:
            state = source.severity
        lasts = mix(shared, lasts, fire.shared_fraction)
        hours = sample_hours(tables, values, fire.destroyed if state == DESTROYED else fire.damaged, lasts)
        hit(plan, work, key, block, trial, t, now, hours, building.node, state, cause)
        if state == DESTROYED:
            work.fallen[b] = stamp
            lie_destroyed(work, len(plan.components), b, trial, now, now + hours)
        for e in range(building.first_edge, building.last_edge):
            edge = plan.edges[e]
            catches, takes = uniforms(key, source.stream, block, event, edge_draws + 2 * edge.draw)
            catches = tilted(plan, work, s, SPREAD_TILT, e, cause, catches)
            if catches < edge.probability and work.burnt[fire.first_building + edge.target] != stamp:
                arrival = now + sample_hours(tables, values, edge.delay, takes)
                push(work.front, counters, FRONT, arrival, START, edge.target, INTERRUPTED, cause, t)
        for i in range(building.first_campus, building.last_campus):
            g = plan.campuses[i]
            if work.cut[fire.first_group + g] != stamp:
                work.cut[fire.first_group + g] = stamp
                isolate(plan, work, key, block, s, t, now, trial, event, g, building.node, shared, group_draws)
    if fire.reignition > 0.0:
        reignite(plan, work, key, block, s, t, trial, event, stamp, shared, damage)
    return True


@rare
def reignite(plan, work, key, block, s, t, trial, event, stamp, shared, damage):
    """A second incident among the remains, which cuts the campus off again: Strasbourg, 19 March 2021."""
    stay_apart()
    source = plan.sources[s]
    fire = plan.fires[source.item]
    happens, later = uniforms(key, source.stream, block, event, REIGNITION_DRAWS)
    where, severe = uniforms(key, source.stream, block, event, REIGNITION_DRAWS + 2)
    if happens >= fire.reignition:
        return
    remains = 0
    for b in range(fire.first_building, fire.first_building + fire.buildings):
        remains += remains_of(plan, work, fire, b, stamp)
    if remains == 0:
        return
    place = min(int(where * remains), remains - 1)
    b = fire.first_building - 1
    while place >= 0:
        b += 1
        place -= remains_of(plan, work, fire, b, stamp)
    building = plan.buildings[b]
    now = t + sample_hours(plan.tables, plan.table_values, fire.reignition_delay, later)
    severe = mix(damage, severe, fire.shared_fraction)
    state = DESTROYED if severe < fire.reignition_destroyed else DAMAGED
    lasts = mix(shared, uniform(key, source.stream, block, event, REIGNITION_DRAWS + 4), fire.shared_fraction)
    table = fire.destroyed if state == DESTROYED else fire.damaged
    hours = sample_hours(plan.tables, plan.table_values, table, lasts)
    hit(plan, work, key, block, trial, t, now, hours, building.node, state, (s << 32) | event)
    if state == DESTROYED:
        lie_destroyed(work, len(plan.components), b, trial, now, now + hours)
    for i in range(building.first_campus, building.last_campus):
        g = plan.campuses[i]
        isolate(plan, work, key, block, s, t, now, trial, event, g, building.node, shared, REIGNITION_DRAWS + 8)


@rare
def remains_of(plan, work, fire, b, stamp):
    """1 if a building was in reach of this fire, itself or by its campus, and was not destroyed; else 0."""
    stay_apart()
    if work.fallen[b] == stamp:
        return 0
    if work.burnt[b] == stamp:
        return 1
    for i in range(plan.buildings[b].first_campus, plan.buildings[b].last_campus):
        if work.cut[fire.first_group + plan.campuses[i]] == stamp:
            return 1
    return 0


@rare
def isolate(plan, work, key, block, s, t, now, trial, event, g, burning, shared, group_draws):
    """The brigade cuts the power of a campus: its nodes other than the burning building are interrupted."""
    stay_apart()
    source = plan.sources[s]
    fire = plan.fires[source.item]
    tables, values = plan.tables, plan.table_values
    cause = (s << 32) | event
    member_draws = group_draws + 4 * fire.groups
    happens, later = uniforms(key, source.stream, block, event, group_draws + 4 * g)
    if group_draws < REIGNITION_DRAWS:  # one row cannot stand for two draws of an event
        happens = tilted(plan, work, s, ISOLATION_TILT, fire.first_group + g, cause, happens)
    if happens >= fire.isolation_probability:
        return
    start = now + sample_hours(tables, values, fire.isolation_delay, later)
    u = uniform(key, source.stream, block, event, group_draws + 4 * g + 2)
    hours = sample_hours(tables, values, fire.isolated, mix(shared, u, fire.shared_fraction))
    first = fire.first_group + g
    for m in range(plan.campus_first[first], plan.campus_first[first + 1]):
        node = plan.campus_members[m]
        if node == burning:
            continue
        if fire.shared == 0:
            u = uniform(key, source.stream, block, event, member_draws + m - fire.first_member)
            hours = sample_hours(tables, values, fire.isolated, mix(shared, u, fire.shared_fraction))
        hit(plan, work, key, block, trial, t, start, hours, node, INTERRUPTED, cause)


@rare
def lies_destroyed(work, components, b, trial, t):
    """Whether an earlier fire of this hazard left the building destroyed at ``t``."""
    stay_apart()
    i = components + b
    return work.until_trial[i] == trial and work.since[b] <= t and t < work.until[i]


@rare
def lie_destroyed(work, components, b, trial, since, until):
    """Remember a destruction; one that overlaps the remembered one extends it."""
    stay_apart()
    i = components + b
    if work.until_trial[i] == trial and since <= work.until[i]:
        work.since[b] = min(work.since[b], since)
        work.until[i] = max(work.until[i], until)
    else:
        work.until_trial[i] = trial
        work.since[b] = since
        work.until[i] = until
