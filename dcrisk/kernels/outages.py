"""Outages of nodes: they begin, perhaps wait for a repair crew, end, and take what is inside with them."""

from __future__ import annotations

import numpy as np

from dcrisk.kernels.jit import inner, rare, stay_apart
from dcrisk.kernels.pending import push, push_in_place, queue_vertex
from dcrisk.kernels.philox import uniform
from dcrisk.kernels.records import (
    BATCH,
    COPY,
    DAMAGED,
    DESTROYED,
    END,
    INTERRUPTED,
    PENDING,
    QUEUED,
    RECOPIED,
    RECOPY_DRAWS,
    RELOCATED,
    RELOCATION_DRAWS,
    RESTORED,
    START,
)
from dcrisk.kernels.tables import GRID, sample_hours


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
def begin_outage(plan, work, key, block, trial, t, v, state, cause, hours):
    """An own outage of a node begins; returns when it ends."""
    end = t + hours
    if plan.vertices[v].crew >= 0:
        end = repaired(plan, work, trial, t, plan.vertices[v].crew, state, hours)
    work.states[v].own += 1
    lose(work, v, cause)
    touch(work, v)
    if state >= DAMAGED:
        strike_contents(plan, work, key, block, t, v, state, cause)
    push_in_place(work.heap, work.counters, PENDING, end, END, v, state, cause, t)
    return end


@rare
def hit(plan, work, key, block, trial, now, start, hours, v, state, cause):
    """An outage of ``hours`` that begins at ``start``, now or later; returns its planned or actual end."""
    stay_apart()
    if hours <= 0.0:
        return now
    if start <= now:
        return begin_outage(plan, work, key, block, trial, now, v, state, cause, hours)
    push(work.heap, work.counters, PENDING, start, START, v, state, cause, hours)
    return start + hours


@rare
def repaired(plan, work, trial, t, row, state, hours):
    """When a recovery ends that needs a crew: it waits for the one that is free first."""
    stay_apart()
    crew = plan.crews[row]
    if (crew.states >> state) & 1 == 0:
        return t + hours
    if work.free_trial[row] != trial:
        work.free_trial[row] = trial
        for i in range(crew.first, crew.last):
            work.free[i] = -np.inf
    first = crew.first
    for i in range(crew.first + 1, crew.last):
        if work.free[i] < work.free[first]:
            first = i
    work.free[first] = max(t, work.free[first]) + hours
    return work.free[first]


@rare
def strike_contents(plan, work, key, block, t, v, state, cause):
    """Damage or destruction of a site: its copies are gone, its replicas begin to move (or have moved in time)."""
    stay_apart()
    vertex = plan.vertices[v]
    source = plan.sources[cause >> 32]
    for i in range(vertex.first_content, vertex.last_content):
        c = plan.contents[i]
        content = plan.vertices[c]
        if content.kind == COPY or content.kind == RECOPIED:
            if state == DESTROYED:
                work.states[c].own += 1
                lose(work, c, cause)
                touch(work, c)
                if content.kind == RECOPIED:
                    copy_anew(plan, work, key, block, t, c, cause)
        else:
            u = uniform(key, source.stream, block, cause & 0xFFFFFFFF, RELOCATION_DRAWS + content.item)
            hours = sample_hours(plan.tables, plan.table_values, content.table, u) - source.lead
            if hours > 0.0:
                push(work.heap, work.counters, PENDING, t + hours, RELOCATED, c, INTERRUPTED, cause, t)
            else:
                come_due(work, c, t)


@rare
def copy_anew(plan, work, key, block, t, c, cause):
    """A destroyed copy is made anew from what is left; two that are destroyed at one moment are both gone."""
    stay_apart()
    copy = plan.vertices[c]
    stream, event = plan.sources[cause >> 32].stream, cause & 0xFFFFFFFF
    u = uniform(key, stream, block, event, RECOPY_DRAWS + copy.item)
    hours = max(sample_hours(plan.tables, plan.table_values, copy.table, u), GRID)
    work.states[c].held = 0
    push(work.heap, work.counters, PENDING, t + hours, RESTORED, c, DESTROYED, cause, t)


@inner
def come_due(work, v, since):
    """A timer of a vertex runs out; whether it still matters is seen when the vertex is settled."""
    state = work.states[v]
    if state.due == 0 or since > state.due_since:
        state.due_since = since
    state.due = 1
    touch(work, v)


@inner
def end_outage(plan, work, v, state):
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
