"""Changes that wait for their time: a binary heap, earliest first and, at one time, in order of arrival."""

from __future__ import annotations

from dcrisk.kernels.jit import inner, rare, stay_apart
from dcrisk.kernels.records import ORDER, OVERFLOW


@rare
def push(heap, counters, which, time, what, vertex, state, cause, detail):
    """`push_in_place` as a function of its own."""
    stay_apart()
    push_in_place(heap, counters, which, time, what, vertex, state, cause, detail)


@inner
def push_in_place(heap, counters, which, time, what, vertex, state, cause, detail):
    """Add a change. Without room it sets the overflow flag, and the caller starts again with a larger heap."""
    i = counters[which]
    if i == len(heap):
        counters[OVERFLOW] = 1
        return
    counters[which] = i + 1
    order = counters[ORDER]
    counters[ORDER] = order + 1
    while i > 0:
        above = (i - 1) // 2
        if heap[above].time <= time:  # an earlier arrival of the same time stays above
            break
        heap[i] = heap[above]
        i = above
    change = heap[i]
    change.time = time
    change.order = order
    change.what = what
    change.vertex = vertex
    change.state = state
    change.cause = cause
    change.detail = detail


@rare
def drop_first(heap, counters, which):
    """`drop_first_in_place` as a function of its own."""
    stay_apart()
    drop_first_in_place(heap, counters, which)


@inner
def drop_first_in_place(heap, counters, which):
    """Remove the earliest change (read it first)."""
    size = counters[which] - 1
    counters[which] = size
    if size == 0:
        return
    last = heap[size]
    time, order = last.time, last.order
    i = 0
    while True:
        below = 2 * i + 1
        if below >= size:
            break
        if below + 1 < size:
            left, right = heap[below], heap[below + 1]
            if right.time < left.time or (right.time == left.time and right.order < left.order):
                below += 1
        under = heap[below]
        if time < under.time or (time == under.time and order < under.order):
            break
        heap[i] = heap[below]
        i = below
    heap[i] = heap[size]


@inner
def queue_vertex(queue, counters, which, v):
    """Add a vertex number to a heap of numbers, least first."""
    i = counters[which]
    counters[which] = i + 1
    while i > 0:
        above = (i - 1) // 2
        if queue[above] <= v:
            break
        queue[i] = queue[above]
        i = above
    queue[i] = v


@inner
def next_vertex(queue, counters, which):
    """Take the least vertex number."""
    first = queue[0]
    size = counters[which] - 1
    counters[which] = size
    v = queue[size]
    i = 0
    while True:
        below = 2 * i + 1
        if below >= size:
            break
        if below + 1 < size and queue[below + 1] < queue[below]:
            below += 1
        if v <= queue[below]:
            break
        queue[i] = queue[below]
        i = below
    queue[i] = v
    return first
