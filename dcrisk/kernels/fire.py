"""One fire: ignition, suppression, an independent cascade over adjacent buildings, the campus cut off."""

from __future__ import annotations

from dcrisk.kernels.events import choose
from dcrisk.kernels.jit import rare
from dcrisk.kernels.pending import drop_first, push
from dcrisk.kernels.philox import uniform, uniforms
from dcrisk.kernels.propagate import open_outage
from dcrisk.kernels.records import (
    CONTAINED,
    DAMAGED,
    DESTROYED,
    END,
    FIRST_BUILDING,
    FRONT,
    INTERRUPTED,
    PENDING,
    START,
    STRUCK,
)
from dcrisk.kernels.tables import sample_hours


@rare
def hit(plan, work, key, block, now, start, hours, node, state, cause):
    """An outage of ``hours`` that begins at ``start``, now or later."""
    if hours <= 0.0:
        return
    if start == now:
        open_outage(plan, work, key, block, now, node, state, cause)
    else:
        push(work.heap, work.counters, PENDING, start, START, node, state, cause, now)
    push(work.heap, work.counters, PENDING, start + hours, END, node, state, cause, now)


@rare
def burn(plan, work, key, block, s, t, trial, event, choice):
    """All outages of one fire.

    The spread is an independent cascade (Kempe, Kleinberg and Tardos 2003): every edge is tried once, its draws
    named by the edge, and a building burns when the first live path reaches it. What lies destroyed by an earlier
    fire of this hazard does not burn.
    """
    source = plan.sources[s]
    fire = plan.fires[source.fire]
    cause = (s << 32) | event
    origin = choose(plan, source, choice)
    origin = plan.component_nodes[plan.components[origin].first_node]  # a building of this fire
    forced = source.given == 1
    if not forced and lies_destroyed(work, len(plan.components), fire.first_building + origin, trial, t):
        return
    tables, values = plan.tables, plan.table_values
    held, lasts = uniforms(key, source.stream, block, event, CONTAINED)
    contained = held < plan.buildings[fire.first_building + origin].contained
    if source.contained >= 0:
        contained = source.contained == 1
    if contained:
        if fire.interrupted >= 0:
            hours = sample_hours(tables, values, fire.interrupted, lasts)
            node = plan.buildings[fire.first_building + origin].node
            hit(plan, work, key, block, t, t, hours, node, INTERRUPTED, cause)
        return

    counters = work.counters
    stamp = counters[STRUCK]
    counters[STRUCK] = stamp + 1
    edge_draws = FIRST_BUILDING + 2 * fire.buildings
    push(work.front, counters, FRONT, t, START, origin, 0, cause, t)
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
        state = DESTROYED if severe < building.destroyed else DAMAGED
        if j == origin and source.severity >= 0:
            state = source.severity
        hours = sample_hours(tables, values, fire.destroyed if state == DESTROYED else fire.damaged, lasts)
        hit(plan, work, key, block, t, now, hours, building.node, state, cause)
        if state == DESTROYED:
            lie_destroyed(work, len(plan.components), b, trial, now, now + hours)
        for e in range(building.first_edge, building.last_edge):
            edge = plan.edges[e]
            catches, takes = uniforms(key, source.stream, block, event, edge_draws + 2 * edge.draw)
            if catches < edge.probability and work.burnt[fire.first_building + edge.target] != stamp:
                arrival = now + sample_hours(tables, values, edge.delay, takes)
                push(work.front, counters, FRONT, arrival, START, edge.target, 0, cause, t)
        for i in range(building.first_campus, building.last_campus):
            g = plan.campuses[i]
            if work.cut[fire.first_group + g] != stamp:
                work.cut[fire.first_group + g] = stamp
                isolate(plan, work, key, block, s, t, now, event, g, building.node)


@rare
def isolate(plan, work, key, block, s, t, now, event, g, burning):
    """The brigade cuts the power of a campus: its nodes other than the burning building are interrupted."""
    source = plan.sources[s]
    fire = plan.fires[source.fire]
    tables, values = plan.tables, plan.table_values
    cause = (s << 32) | event
    group_draws = FIRST_BUILDING + 2 * fire.buildings + 2 * fire.edges
    member_draws = group_draws + 4 * fire.groups
    happens, later = uniforms(key, source.stream, block, event, group_draws + 4 * g)
    if happens >= fire.isolation_probability:
        return
    start = now + sample_hours(tables, values, fire.isolation_delay, later)
    u = uniform(key, source.stream, block, event, group_draws + 4 * g + 2)
    hours = sample_hours(tables, values, fire.isolated, u)
    first = fire.first_group + g
    for m in range(plan.campus_first[first], plan.campus_first[first + 1]):
        node = plan.campus_members[m]
        if node == burning:
            continue
        if fire.shared == 0:
            u = uniform(key, source.stream, block, event, member_draws + m - fire.first_member)
            hours = sample_hours(tables, values, fire.isolated, u)
        hit(plan, work, key, block, t, start, hours, node, INTERRUPTED, cause)


@rare
def lies_destroyed(work, components, b, trial, t):
    """Whether an earlier fire of this hazard left the building destroyed at ``t``."""
    i = components + b
    return work.until_trial[i] == trial and work.since[b] <= t and t < work.until[i]


@rare
def lie_destroyed(work, components, b, trial, since, until):
    """Remember a destruction; one that overlaps the remembered one extends it."""
    i = components + b
    if work.until_trial[i] == trial and since <= work.until[i]:
        work.since[b] = min(work.since[b], since)
        work.until[i] = max(work.until[i], until)
    else:
        work.until_trial[i] = trial
        work.since[b] = since
        work.until[i] = until
