"""One call: a range of trials in, their outcomes out.

Events and the changes they bring are taken in order of time; when a trial has no event left, its pending changes
are played to the end, which brings every vertex back to rest. What lies outside the window is clipped on the way.
"""

from __future__ import annotations

import numpy as np
from numba import uint64

from dcrisk.kernels.events import advance, earliest, rewind
from dcrisk.kernels.failure import strike
from dcrisk.kernels.fire import burn
from dcrisk.kernels.jit import entry, inner
from dcrisk.kernels.pending import drop_first
from dcrisk.kernels.propagate import apply_change, settle
from dcrisk.kernels.records import BATCH, BLOCK, FIRE, OVERFLOW, PENDING


@inner
def happen(plan, work, key, block, s, t, trial):
    """The event at which a source stands."""
    cursor = work.cursors[s]
    if plan.sources[s].kind == FIRE:
        burn(plan, work, key, block, s, t, trial, cursor.event, cursor.choice)
    else:
        strike(plan, work, key, block, s, t, trial, cursor.event, cursor.choice)


@inner
def play(plan, work, outcomes, key, block, trial, trial_number, column, s):
    """One trial, from its first event, which is that of source ``s``; the source of the next trial's event."""
    heap, counters = work.heap, work.counters
    while counters[OVERFLOW] == 0:
        event_time = work.cursors[s].time if work.cursors[s].trial == trial else np.inf
        if counters[PENDING] > 0:
            t = min(event_time, heap[0].time)
        elif work.cursors[s].trial == trial:
            t = event_time
        else:
            break
        counters[BATCH] += 1
        while counters[PENDING] > 0 and heap[0].time == t:
            first = heap[0]
            what, v, state, cause, since = first.what, first.vertex, first.state, first.cause, first.since
            drop_first(heap, counters, PENDING)
            apply_change(plan, work, key, block, t, what, v, state, cause, since)
        while work.cursors[s].trial == trial and work.cursors[s].time == t:
            happen(plan, work, key, block, s, t, trial_number)
            advance(plan, work, key, block, s)
            s = earliest(work.cursors, len(plan.sources))
        settle(plan, work, outcomes, key, block, t, trial_number, column)
    return s


@entry
def run(plan, work, outcomes, seed, first_trial, last_trial, origin):
    """Play the trials [first_trial, last_trial); trial ``origin`` has column 0. False: no room, start again."""
    key = uint64(seed)
    for block in range(first_trial // BLOCK, (last_trial + BLOCK - 1) // BLOCK):
        rewind(plan, work, key, block)
        start = block * BLOCK
        s = earliest(work.cursors, len(plan.sources))
        while s >= 0 and start + work.cursors[s].trial < last_trial and work.cursors[s].trial < BLOCK:
            trial = work.cursors[s].trial
            if start + trial < first_trial:
                advance(plan, work, key, block, s)
                s = earliest(work.cursors, len(plan.sources))
                continue
            number = start + trial
            s = play(plan, work, outcomes, key, block, trial, number, number - origin, s)
            if work.counters[OVERFLOW] == 1:
                return False
    return True
