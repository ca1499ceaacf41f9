"""Outages through the dependency graph.

Every node, requirement, copy, store and service is a vertex: a k-of-n gate over the vertices below it, down when
more inputs are missing than it tolerates or an own outage is open. Vertices are numbered so that inputs come first.
All changes of one moment are applied, then the touched vertices are settled once, in that order: nothing flickers.
"""

from __future__ import annotations

import numpy as np

from dcrisk.kernels.backup import carries
from dcrisk.kernels.evaluate import log_outage, record_loss, record_outage
from dcrisk.kernels.jit import inner, rare, stay_apart
from dcrisk.kernels.outages import come_due, end_outage, hit, lose, touch
from dcrisk.kernels.pending import next_vertex, push
from dcrisk.kernels.philox import uniform, uniforms
from dcrisk.kernels.records import (
    ACCOUNT,
    BACKUP,
    BACKUP_AGE,
    CAPACITY,
    END,
    EXHAUSTED,
    FAILOVER,
    IDLE,
    INTERRUPTED,
    NOTHING,
    PENDING,
    PLACED,
    QUEUED,
    RECOPIED,
    REPLICA,
    RESTART,
    RESTART_DRAWS,
    RESTORED,
    SERVICE,
    START,
    STORE,
    WATCHFUL,
)
from dcrisk.kernels.services import in_time, settle_account, settle_capacity, settle_failover, settle_placed
from dcrisk.kernels.tables import sample_hours, to_grid
from dcrisk.kernels.triggers import raise_others


@inner
def apply_change(plan, work, key, block, trial, t, what, v, state, cause, detail):
    """A pending change whose time has come."""
    if what == START:
        hit(plan, work, key, block, trial, t, t, detail, v, state, cause)
    elif what == END:
        end_outage(plan, work, v, state)
    elif what == EXHAUSTED:
        exhaust(work, v, detail)
    else:
        if what == RESTORED:
            work.states[v].own -= 1
        come_due(work, v, detail)


@inner
def exhaust(work, v, since):
    """What a backup can carry is used up; it matters if the demand that began then still lasts."""
    state = work.states[v]
    if state.demand == 1 and state.demand_since == since:
        state.timed = 0
        come_due(work, v, since)
    else:
        work.counters[IDLE] -= 1


@inner
def settle_backup(plan, work, key, block, t, v, broken):
    """Whether a requirement with backup power fails its node."""
    state = work.states[v]
    due = state.due == 1 and state.demand == 1 and state.due_since == state.demand_since
    state.due = 0
    if not broken:
        state.demand = 0
        state.held = 0
        work.counters[IDLE] += state.timed
        state.timed = 0
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
    """A demand on backup power: how long does it last, and what does its running bring?"""
    state = work.states[v]
    supply = plan.supplies[plan.vertices[v].item]
    s, event = state.demand_cause >> 32, state.demand_cause & 0xFFFFFFFF
    state.held = 0
    hours = carries(plan, work, key, block, s, event, plan.vertices[v].item)
    if hours <= 0.0:
        return
    state.held = 1
    if hours < np.inf:
        state.timed = 1
        push(work.heap, work.counters, PENDING, t + hours, EXHAUSTED, v, INTERRUPTED, state.demand_cause, t)
    if supply.raises >= 0:
        raise_others(plan, work, key, block, t, s, event, NOTHING, supply.raises)


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


@rare
def settle_replica(plan, work, t, trial, v, broken):
    """A replica whose site fails runs elsewhere once its relocation is due, its data lives and its site lies down.

    It must have lain down, and its data lived, ever since the damage that began the relocation.
    """
    stay_apart()
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
    if due and state.due_since >= state.demand_since and data_lived(plan, work, trial, v, state.due_since):
        state.held = 1
    return state.held == 0


@rare
def settle_recopied(plan, work, trial, v, broken):
    """A copy that was destroyed is there again once it is made anew, if the data lived, until its site is struck again."""
    stay_apart()
    state = work.states[v]
    if broken and state.due == 1 and state.own == 0 and data_lived(plan, work, trial, v, state.due_since):
        state.held = 1
    state.due = 0
    return broken and state.held == 0


@inner
def data_lived(plan, work, trial, v, since):
    """Whether at no moment from ``since`` until now too few copies were left."""
    if plan.vertices[v].store < 0:
        return True
    data = work.states[plan.vertices[v].store]
    return data.down == 0 and not (data.trial == trial and data.ended > since)


@rare
def recover(plan, work, outcomes, key, block, t, v, column):
    """All copies that were up to date are gone: the data comes back from a backup, as old as this one is."""
    stay_apart()
    if not 0.0 <= t < plan.window[1] or work.states[plan.vertices[v].store].down == 1:
        return
    protection = plan.protections[plan.vertices[v].item]
    cause = work.states[v].mark_cause
    source, event = plan.sources[cause >> 32], cause & 0xFFFFFFFF
    if in_time(plan, key, block, source, event, protection.migration):
        return
    age, late = uniforms(key, source.stream, block, event, BACKUP_AGE)
    hours = to_grid(age * protection.interval) + sample_hours(plan.tables, plan.table_values, protection.lag, late)
    outcomes.lost_hours[protection.layout, column] += hours


@rare
def settle_watchful(plan, work, outcomes, key, block, t, v, trial, column, broken):
    """The kinds that only some layouts need. Apart from the loop over all others, they cost these next to nothing."""
    stay_apart()
    kind = plan.vertices[v].kind
    if kind == FAILOVER:
        return settle_failover(plan, work, key, block, t, v, trial)
    if kind == PLACED:
        return settle_placed(plan, work, key, block, v, trial)
    if kind == CAPACITY:
        return settle_capacity(plan, work, v)
    if kind == ACCOUNT:
        settle_account(plan, work, outcomes, t, v, column)
        return False
    if kind == RECOPIED:
        return settle_recopied(plan, work, trial, v, broken)
    if broken and work.states[v].down == 0:
        recover(plan, work, outcomes, key, block, t, v, column)
    return broken


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
        elif kind >= WATCHFUL:
            down = settle_watchful(plan, work, outcomes, key, block, t, v, trial, column, down)
        down = down or state.own > 0
        if down == (state.down == 1):
            continue
        if down:
            state.down = 1
            state.since = t
            state.cause = state.demand_cause if kind in (BACKUP, PLACED, FAILOVER) else state.mark_cause
        else:
            state.down = 0
            if kind == SERVICE:
                record_outage(plan, outcomes, vertex.item, column, state.since, t, state.cause)
            elif kind == STORE:
                record_loss(outcomes, vertex.item, column, state.since, t, horizon)
                state.ended = t
                state.trial = trial
            if len(outcomes.log) > 0 and kind in (STORE, SERVICE):
                log_outage(counters, outcomes.log, kind, vertex.item, column, state.since, t, state.cause)
        for i in range(vertex.first_parent, vertex.last_parent):
            p = plan.parents[i]
            above = states[p]
            if down:
                above.missing += 1
                lose(work, p, state.cause)
                if above.missing == plan.vertices[p].tolerance + 1 or plan.vertices[p].kind >= WATCHFUL:
                    touch(work, p)
            else:
                above.missing -= 1
                if above.missing == plan.vertices[p].tolerance or plan.vertices[p].kind >= WATCHFUL:
                    touch(work, p)
