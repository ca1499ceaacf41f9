"""One call: a range of trials in, their outcomes out.

Events and the changes they bring are taken in order of time. Where nothing is open, those that nobody notices are passed
over (kernels/quiet.py); from one that may be noticed on, all are played until nothing is open again, which brings every
vertex back to rest. What lies outside the window is clipped on the way.
"""

from __future__ import annotations

import zlib
from pathlib import Path

import numpy as np
from numba import uint64

from dcrisk.kernels.agenda import lay_out
from dcrisk.kernels.bundle import in_one
from dcrisk.kernels.catalogue import strike_listed
from dcrisk.kernels.evaluate import log_outage, record_outage
from dcrisk.kernels.events import advance, choose, earliest, rewind
from dcrisk.kernels.failure import strike
from dcrisk.kernels.fire import burn
from dcrisk.kernels.flood import inundate
from dcrisk.kernels.grid import strike_disc
from dcrisk.kernels.jit import entry, inner, rare, stay_apart
from dcrisk.kernels.pending import drop_first_in_place
from dcrisk.kernels.philox import uniforms
from dcrisk.kernels.propagate import apply_change, settle
from dcrisk.kernels.quiet import can_be_skipped, foresee, skip
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
    NOTHING,
    OVERFLOW,
    PENDING,
    RAISED,
    SERVICE,
    TABLE_EVENT,
)
from dcrisk.kernels.totals import add_up, weight_of
from dcrisk.kernels.triggers import raise_others


@inner
def happen(plan, work, key, block, t, trial):
    """The event that has been taken."""
    taken = work.taken[0]
    s, event = taken.source, taken.event
    if plan.sources[s].kind <= GRID:
        happened = strike(plan, work, key, block, s, taken.component, t, trial, event, taken.third)
    else:
        happened = happen_rarely(plan, work, key, block, s, taken.component, t, trial, event, taken.third, taken.fourth)
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
def play(plan, work, outcomes, key, block, trial_number, column, s):
    """From the event that has been taken until nothing is open; ``s`` is the source of the next one, before and after."""
    heap, counters, taken = work.heap, work.counters, work.taken[0]
    if taken.hours >= 0.0:
        write_down(plan, work, outcomes, column)
        return s
    trial, t, happens = taken.trial, taken.time, True
    while counters[OVERFLOW] == 0:
        counters[BATCH] += 1
        while True:
            if not happens:
                if counters[PENDING] > 0 and heap[0].time == t:
                    first = heap[0]
                    what, v, state, cause, detail = first.what, first.vertex, first.state, first.cause, first.detail
                    drop_first_in_place(heap, counters, PENDING)
                    if what != RAISED:
                        apply_change(plan, work, key, block, trial_number, t, what, v, state, cause, detail)
                        continue
                    take_raised(plan, work, key, block, v, cause)
                elif work.cursors[s].trial == trial and work.cursors[s].time == t:
                    s = take(plan, work, key, block, s)
                else:
                    break
            happen(plan, work, key, block, t, trial_number)
            happens = False
        settle(plan, work, outcomes, key, block, t, trial_number, column)
        if counters[PENDING] == counters[IDLE]:  # all that waits are timers of demands that are over
            counters[PENDING] = 0
            counters[IDLE] = 0
            break
        t = heap[0].time
        if work.cursors[s].trial == trial:
            t = min(t, work.cursors[s].time)
    return s


@rare
def write_down(plan, work, outcomes, column):
    """What the event brings that has been taken and is foreseen."""
    stay_apart()
    taken = work.taken[0]
    if taken.hours == 0.0:
        return
    component = plan.components[taken.component]
    end, cause = taken.time + taken.hours, (taken.source << 32) | taken.event
    for i in range(component.first_down, component.last_down):
        layout = plan.downs[i]
        record_outage(plan, outcomes, layout, column, taken.time, end, cause)
        if len(outcomes.log) > 0:
            log_outage(work.counters, outcomes.log, SERVICE, layout, column, taken.time, end, cause)


@rare
def forget(work):
    """That a trial of this number has been played before, of another plan or with another seed."""
    stay_apart()
    for i in range(len(work.until_trial)):
        work.until_trial[i] = -1
    for i in range(len(work.free_trial)):
        work.free_trial[i] = -1
    for i in range(len(work.states)):
        work.states[i].trial = -1


@inner
def take(plan, work, key, block, s):
    """Take the event of source ``s``, the next of all; returns the source of the one after it."""
    cursor, taken = work.cursors[s], work.taken[0]
    taken.source = s
    taken.event = cursor.event
    taken.trial = cursor.trial
    taken.time = cursor.time
    taken.component = cursor.component
    taken.third = cursor.third
    taken.fourth = cursor.fourth
    advance(plan, work, key, block, s)
    return earliest(work.cursors, plan.timed[0])


@rare
def take_raised(plan, work, key, block, s, event):
    """Take an event that another one has raised."""
    stay_apart()
    source, taken = plan.sources[s], work.taken[0]
    _, choice = uniforms(key, source.stream, block, event, GAP)
    taken.source = s
    taken.event = event
    taken.component = choose(plan, source, choice)
    taken.third, taken.fourth = uniforms(key, source.stream, block, event, DURATION)


@rare
def take_next(plan, work, key, block, s, last):
    """With nothing open, take the next event that may matter, if there is one by trial ``last``."""
    stay_apart()
    taken = work.taken[0]
    while s >= 0:
        if can_be_skipped(plan, s):
            s = skip(plan, work, key, block, s, last)
        if work.cursors[s].trial > last:
            break
        s = take(plan, work, key, block, s)
        following = work.cursors[s].time if work.cursors[s].trial == taken.trial else np.inf
        taken.hours = foresee(plan, work, key, block, following) if plan.sources[taken.source].foreseen == 1 else -1.0
        component = plan.components[taken.component]
        if taken.hours < 0.0 or component.first_down < component.last_down:
            return s
    taken.source = NOTHING
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
        forget(work)
        laid_out = len(plan.classes) > 0 or plan.plain_share[0] < 1.0  # what is given may be all that is tilted
        added_up = len(totals.sums) > 0
        for block in range(first_trial // BLOCK, (last_trial + BLOCK - 1) // BLOCK):
            rewind(plan, work, key, block)
            start = block * BLOCK
            trials, following = min(last_trial - start, BLOCK), 0
            s = earliest(work.cursors, plan.timed[0])
            while following < trials:
                last = trials - 1
                if laid_out:
                    last = following
                    lay_out(plan, work, key, block, last)
                    s = earliest(work.cursors, plan.timed[0])
                s = take_next(plan, work, key, block, s, last)
                if work.taken[0].source < 0 and not laid_out:
                    break
                trial = last if work.taken[0].source < 0 else work.taken[0].trial
                following = trial + 1
                number = start + trial
                column = 0 if added_up else number - origin
                while work.taken[0].source >= 0:
                    if number >= first_trial:
                        s = play(plan, work, outcomes, key, block, number, column, s)
                    s = take_next(plan, work, key, block, s, trial)
                if number < first_trial:
                    continue
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
