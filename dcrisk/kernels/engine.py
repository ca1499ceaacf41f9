"""One call: a range of trials in, their outcomes out.

Events and the changes they bring are taken in order of time; when a trial has no event left, its pending changes
are played to the end, which brings every vertex back to rest. What lies outside the window is clipped on the way.
"""

from __future__ import annotations

import zlib
from pathlib import Path

import numpy as np
from numba import uint64

from dcrisk.kernels.agenda import lay_out
from dcrisk.kernels.bundle import in_one
from dcrisk.kernels.catalogue import strike_listed
from dcrisk.kernels.events import advance, advance_apart, choose, earliest, rewind
from dcrisk.kernels.failure import strike
from dcrisk.kernels.fire import burn
from dcrisk.kernels.flood import inundate
from dcrisk.kernels.grid import strike_disc
from dcrisk.kernels.jit import entry, inner, rare, stay_apart
from dcrisk.kernels.pending import drop_first_in_place
from dcrisk.kernels.philox import uniforms
from dcrisk.kernels.propagate import apply_change, settle
from dcrisk.kernels.quiet import can_be_skipped, passes, skip
from dcrisk.kernels.records import (
    BATCH,
    BLOCK,
    DISC,
    DURATION,
    FIRE,
    FLOOD,
    GAP,
    GRID,
    IDLE,
    NEVER,
    NOTHING,
    OVERFLOW,
    PENDING,
    RAISED,
    TABLE_EVENT,
)
from dcrisk.kernels.totals import add_up, weight_of
from dcrisk.kernels.triggers import raise_others


@inner
def happen(plan, work, key, block, s, c, t, trial, event, third, fourth):
    """An event of a source."""
    kind = plan.sources[s].kind
    if kind <= GRID:
        happened = strike(plan, work, key, block, s, c, t, trial, event, third)
    else:
        happened = happen_rarely(plan, work, key, block, s, c, t, trial, event, third, fourth)
    if happened and plan.sources[s].raises == 1:
        raise_others(plan, work, key, block, t, s, event, plan.sources[s].hazard, NOTHING)


@rare
def happen_rarely(plan, work, key, block, s, c, t, trial, event, third, fourth):
    """An event of the kinds that are not simple failures."""
    stay_apart()
    kind = plan.sources[s].kind
    if kind == FIRE:
        return burn(plan, work, key, block, s, c, t, trial, event, third, fourth)
    if kind == FLOOD:
        inundate(plan, work, key, block, s, t, trial, event)
    elif kind == DISC:
        strike_disc(plan, work, key, block, s, t, trial, event, third)
    elif kind == TABLE_EVENT:
        strike_listed(plan, work, key, block, s, c, t, trial, event)
    return True


@inner
def play(plan, work, outcomes, key, block, trial, trial_number, column, s):
    """One trial, from its first event, which is that of source ``s``; the source of the next trial's event."""
    heap, counters, timed = work.heap, work.counters, plan.timed[0]
    while counters[OVERFLOW] == 0:
        if counters[PENDING] == 0 and can_be_skipped(plan, s):
            s = skip(plan, work, key, block, s, trial)
        cursor = work.cursors[s]
        event_time = cursor.time if cursor.trial == trial else np.inf
        if counters[PENDING] > 0:
            t = min(event_time, heap[0].time)
        elif cursor.trial == trial:
            t = event_time
        else:
            break
        counters[BATCH] += 1
        while True:
            if counters[PENDING] > 0 and heap[0].time == t:
                first = heap[0]
                what, v, state, cause, detail = first.what, first.vertex, first.state, first.cause, first.detail
                drop_first_in_place(heap, counters, PENDING)
                if what != RAISED:
                    apply_change(plan, work, key, block, trial_number, t, what, v, state, cause, detail)
                    continue
                now, event = v, cause
                _, choice = uniforms(key, plan.sources[now].stream, block, event, GAP)
                component = choose(plan, plan.sources[now], choice)
                third, fourth = uniforms(key, plan.sources[now].stream, block, event, DURATION)
            elif work.cursors[s].trial == trial and work.cursors[s].time == t:
                cursor = work.cursors[s]
                now, event = s, cursor.event
                component, third, fourth = cursor.component, cursor.third, cursor.fourth
                advance(plan, work, key, block, s)
                s = earliest(work.cursors, timed)
                if counters[PENDING] == 0 and plan.sources[now].quiet == 1 and not can_be_skipped(plan, now):
                    following = work.cursors[s].time if work.cursors[s].trial == trial else np.inf
                    if passes(plan, work, key, block, now, component, event, t, third, following):
                        continue
            else:
                break
            happen(plan, work, key, block, now, component, t, trial_number, event, third, fourth)
        settle(plan, work, outcomes, key, block, t, trial_number, column)
        if counters[PENDING] == counters[IDLE]:  # all that waits are timers of demands that are over
            counters[PENDING] = 0
            counters[IDLE] = 0
    return s


def kernel(sources):
    """The kernel, compiled or from the cache; ``sources`` stands for the text of all kernels.

    Numba looks at this file alone to see whether what it has on disk is stale. A number that the function closes over
    is part of the key under which it is kept, so the kernels that this one calls count as well.
    """

    @entry
    def run(plan, work, outcomes, totals, seed, first_trial, last_trial, origin):
        """Play the trials [first_trial, last_trial); trial ``origin`` has column 0. False: no room, start again.

        Where trials are added up, all have column 0. Where events are laid out, it begins with the first of a block.
        """
        key = uint64(seed)
        laid_out = len(plan.classes) > 0 or plan.plain_share[0] < 1.0  # what is given may be all that is tilted
        added_up = len(totals.sums) > 0
        for block in range(first_trial // BLOCK, (last_trial + BLOCK - 1) // BLOCK):
            rewind(plan, work, key, block)
            start = block * BLOCK
            following = 0
            s = earliest(work.cursors, plan.timed[0])
            while True:
                if laid_out:
                    trial = following
                    following += 1
                else:
                    if can_be_skipped(plan, s):
                        s = skip(plan, work, key, block, s, last_trial - 1 - start)
                    trial = work.cursors[s].trial if s >= 0 else NEVER
                if trial >= BLOCK or start + trial >= last_trial:
                    break
                number = start + trial
                if laid_out:
                    lay_out(plan, work, key, block, trial)
                    s = earliest(work.cursors, plan.timed[0])
                elif number < first_trial:
                    advance_apart(plan, work, key, block, s)
                    s = earliest(work.cursors, plan.timed[0])
                    continue
                column = 0 if added_up else number - origin
                if s >= 0:
                    s = play(plan, work, outcomes, key, block, trial, number, column, s)
                if added_up:
                    add_up(plan, work, outcomes, totals)
                elif len(outcomes.weight) > 0:
                    outcomes.weight[column] = weight_of(plan, work)
                if work.counters[OVERFLOW] == 1:
                    return False
        return sources >= 0

    return run


def text_of_kernels():
    """A number that changes with any file of this folder."""
    return zlib.crc32(b"".join(path.read_bytes() for path in sorted(Path(__file__).parent.glob("*.py"))))


compiled = kernel(text_of_kernels())


def run(plan, work, outcomes, totals, seed, first_trial, last_trial, origin):
    """The compiled kernel, for named tuples of arrays."""
    bundles = (in_one(arrays) for arrays in (plan, work, outcomes, totals))
    return compiled(*bundles, seed, first_trial, last_trial, origin)
