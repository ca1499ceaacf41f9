"""Outages through the dependency graph.

Every node, requirement, copy, store and service is a vertex: a k-of-n gate over the vertices below it, down when
more inputs are missing than it tolerates or an own outage is open. Vertices are numbered so that inputs come first.
All changes of one moment are applied, then the touched vertices are settled once, in that order: nothing flickers.
"""

from __future__ import annotations

from dcrisk.kernels.evaluate import record_loss, record_outage
from dcrisk.kernels.jit import inner
from dcrisk.kernels.pending import next_vertex, push, queue_vertex
from dcrisk.kernels.philox import uniform, uniforms
from dcrisk.kernels.records import (
    BACKUP,
    BACKUP_DRAWS,
    BATCH,
    COPY,
    DAMAGED,
    DESTROYED,
    END,
    EXHAUSTED,
    GROUP_DRAWS,
    INTERRUPTED,
    PENDING,
    QUEUED,
    RELOCATED,
    RELOCATION_DRAWS,
    REPLICA,
    RESTART,
    RESTART_DRAWS,
    SERVICE,
    START,
    STORE,
)
from dcrisk.kernels.tables import sample_hours


@inner
def touch(work, v):
    """Have a vertex settled at the end of this moment."""
    if work.states[v].queued == 0:
        work.states[v].queued = 1
        queue_vertex(work.queue, work.counters, QUEUED, v)


@inner
def lose(work, v, cause):
    """Note that an event takes something from a vertex: the least event of a moment is its cause."""
    state = work.states[v]
    if state.mark != work.counters[BATCH]:
        state.mark = work.counters[BATCH]
        state.mark_cause = cause
    elif cause < state.mark_cause:
        state.mark_cause = cause


@inner
def open_outage(plan, work, key, block, t, v, state, cause):
    """An own outage of a node begins."""
    work.states[v].own += 1
    lose(work, v, cause)
    touch(work, v)
    if state >= DAMAGED:
        strike_contents(plan, work, key, block, t, v, state, cause)


@inner
def strike_contents(plan, work, key, block, t, v, state, cause):
    """Damage or destruction of a site: its copies are gone, its replicas begin to move."""
    vertex = plan.vertices[v]
    for i in range(vertex.first_content, vertex.last_content):
        c = plan.contents[i]
        content = plan.vertices[c]
        if content.kind == COPY:
            if state == DESTROYED:
                work.states[c].own += 1
                lose(work, c, cause)
                touch(work, c)
        else:
            stream = plan.sources[cause >> 32].stream
            u = uniform(key, stream, block, cause & 0xFFFFFFFF, RELOCATION_DRAWS + content.item)
            hours = sample_hours(plan.tables, plan.table_values, content.table, u)
            if hours > 0.0:
                push(work.heap, work.counters, PENDING, t + hours, RELOCATED, c, 0, cause, t)
            else:
                come_due(work, c, t)


@inner
def come_due(work, v, since):
    """A timer of a vertex runs out; whether it still matters is seen when the vertex is settled."""
    state = work.states[v]
    if state.due == 0 or since > state.due_since:
        state.due_since = since
    state.due = 1
    touch(work, v)


@inner
def close_outage(plan, work, v, state):
    """An own outage of a node ends."""
    work.states[v].own -= 1
    touch(work, v)
    if state == DESTROYED:
        vertex = plan.vertices[v]
        for i in range(vertex.first_content, vertex.last_content):
            c = plan.contents[i]
            if plan.vertices[c].kind == COPY:
                work.states[c].own -= 1
                touch(work, c)


@inner
def apply_change(plan, work, key, block, t, what, v, state, cause, since):
    """A pending change whose time has come."""
    if what == START:
        open_outage(plan, work, key, block, t, v, state, cause)
    elif what == END:
        close_outage(plan, work, v, state)
    else:
        come_due(work, v, since)


@inner
def settle_backup(plan, work, key, block, t, v, broken):
    """Whether a requirement with backup power fails its node."""
    state = work.states[v]
    due = state.due == 1 and state.demand == 1 and state.due_since == state.demand_since
    state.due = 0
    if not broken:
        state.demand = 0
        state.held = 0
        return False
    if state.demand == 0:
        state.demand = 1
        state.demand_since = t
        state.demand_cause = state.mark_cause
        ride(plan, work, key, block, t, v)
    elif due:
        state.held = 0
    return state.held == 0


@inner
def ride(plan, work, key, block, t, v):
    """A demand on backup power: does it start, and how long does it last?

    The beta-factor model (Fleming 1975; NUREG/CR-5485): the share ``beta`` of the start failures, drawn once for
    the group, strikes all of it; the own failures are scaled so that each backup fails as often as it should.
    """
    state = work.states[v]
    supply = plan.supplies[plan.vertices[v].item]
    stream, event = plan.sources[state.demand_cause >> 32].stream, state.demand_cause & 0xFFFFFFFF
    state.held = 0
    if supply.common > 0.0 and uniform(key, stream, block, event, GROUP_DRAWS + supply.group) < supply.common:
        return
    first = BACKUP_DRAWS + 4 * plan.vertices[v].item
    starting, lasting = uniforms(key, stream, block, event, first)
    if starting < supply.own:
        return
    if supply.endless == 1 or uniform(key, stream, block, event, first + 2) < supply.refuel:
        state.held = 1
        return
    hours = sample_hours(plan.tables, plan.table_values, supply.autonomy, lasting)
    if hours > 0.0:
        state.held = 1
        push(work.heap, work.counters, PENDING, t + hours, EXHAUSTED, v, 0, state.demand_cause, t)


@inner
def settle_restart(plan, work, key, block, t, v, broken):
    """When the requirements of a node return, an outage of its own begins: the restart."""
    state = work.states[v]
    if broken:
        if state.demand == 0:
            state.demand = 1
            state.demand_cause = state.mark_cause
    elif state.demand == 1:
        state.demand = 0
        stream, event = plan.sources[state.demand_cause >> 32].stream, state.demand_cause & 0xFFFFFFFF
        vertex = plan.vertices[v]
        u = uniform(key, stream, block, event, RESTART_DRAWS + vertex.item)
        hours = sample_hours(plan.tables, plan.table_values, vertex.table, u)
        if hours > 0.0:
            state.own += 1
            push(work.heap, work.counters, PENDING, t + hours, END, v, INTERRUPTED, state.demand_cause, t)
    return broken


@inner
def settle_replica(plan, work, t, trial, v, broken):
    """A replica whose site fails runs elsewhere once its relocation is due, its data lives and its site lies down.

    It must have lain down, and its data lived, ever since the damage that began the relocation.
    """
    state = work.states[v]
    due = state.due == 1
    state.due = 0
    if not broken:
        state.demand = 0
        state.held = 0
        return False
    if state.demand == 0:
        state.demand = 1
        state.demand_since = t
    if due and state.due_since >= state.demand_since:
        store = plan.vertices[v].store
        if store < 0:
            state.held = 1
        else:
            data = work.states[store]
            lost_since = data.ended_trial == trial and data.ended > state.due_since
            if data.down == 0 and not lost_since:
                state.held = 1
    return state.held == 0


@inner
def settle(plan, work, outcomes, key, block, t, trial, column):
    """Bring all touched vertices up to date at time ``t``, inputs before what they feed."""
    counters, states = work.counters, work.states
    horizon = plan.window[1]
    while counters[QUEUED] > 0:
        v = next_vertex(work.queue, counters, QUEUED)
        vertex, state = plan.vertices[v], states[v]
        state.queued = 0
        kind = vertex.kind
        down = state.missing > vertex.tolerance
        if kind == BACKUP:
            down = settle_backup(plan, work, key, block, t, v, down)
        elif kind == RESTART:
            down = settle_restart(plan, work, key, block, t, v, down)
        elif kind == REPLICA:
            down = settle_replica(plan, work, t, trial, v, down)
        down = down or state.own > 0
        if down == (state.down == 1):
            continue
        if down:
            state.down = 1
            state.since = t
            state.cause = state.demand_cause if kind == BACKUP else state.mark_cause
        else:
            state.down = 0
            if kind == SERVICE:
                hazard = plan.sources[state.cause >> 32].hazard
                record_outage(outcomes, vertex.item, column, state.since, t, horizon, hazard)
            elif kind == STORE:
                record_loss(outcomes, vertex.item, column, state.since, t, horizon)
                state.ended = t
                state.ended_trial = trial
        for i in range(vertex.first_parent, vertex.last_parent):
            p = plan.parents[i]
            above = states[p]
            if down:
                above.missing += 1
                lose(work, p, state.cause)
                if above.missing == plan.vertices[p].tolerance + 1:
                    touch(work, p)
            else:
                above.missing -= 1
                if above.missing == plan.vertices[p].tolerance:
                    touch(work, p)
