"""Events that need not be played.

Nothing is open, and an event strikes a component of which it is known what an outage of it alone brings: nothing that anybody
notices, or that some services are down meanwhile. If it is over before anything else happens, and the backups hold that it
asks, that is all. Of the failures in 8-of-10, 95 % are noticed by nobody, and 99.9 % where two of them may overlap; of
Strasbourg's events, 17 of 19 a year are noticed by nobody, and most of the others are foreseen.

Measured in turn with what was before, on one core, nanoseconds an event of 8-of-10: 75 to 50 as each event is looked at before
it is played; 37 to 27 as they are skipped in runs, and in pairs; 40 to 18 (AVX2) as a batch is looked at at once, with its
dates (kernels/events.py). Strasbourg, microseconds a year: 3.8, without timers of demands that are over 3.3, with backups
that hold 2.7, with a loop of its own for what is passed over 2.4, with services that are known to go down 2.0.
"""

from __future__ import annotations

import numpy as np
from numba import uint64

from dcrisk.kernels.backup import hold
from dcrisk.kernels.events import LAST_PLACE, choose, draw_together, earliest, read_date, read_uniforms
from dcrisk.kernels.jit import inner, rare, stay_apart
from dcrisk.kernels.philox import ONE
from dcrisk.kernels.records import BATCH_SIZE, CHOICE_DRAW, FIRE, KEPT, NEVER, THIRD, TIME, TRIAL_DRAWN
from dcrisk.kernels.tables import sample_hours, sample_hours_in_place


@inner
def foresee(plan, work, key, block, following):
    """How long the event lasts that has been taken, if it is over before the following one and its effect is known; else -1.

    What a fire brings is looked at only where nothing follows in its trial: then it need not be known. Where no service
    notices, a bound will do.
    """
    taken = work.taken[0]
    source, component = plan.sources[taken.source], plan.components[taken.component]
    asks, fells = component.first_asked < component.last_asked, component.first_down < component.last_down
    if component.foreseen == 0 or (asks and source.tilted == 1):  # to tilt a draw twice would weigh it twice
        return -1.0
    if following == np.inf and component.quiet == 1:
        return 0.0
    if source.kind == FIRE:
        return -1.0
    hours = source.reach
    if fells or taken.third >= source.reach_level or taken.time + hours >= following:
        hours = sample_hours(plan.tables, plan.table_values, source.table, taken.third)
    if taken.time + hours >= following:
        return -1.0
    if asks and not hold(plan, work, key, block, taken.source, taken.event, component, hours):
        return -1.0
    return hours


@inner
def can_be_skipped(plan, s):
    """Whether to look for runs of unnoticed events of a source."""
    return s >= 0 and plan.sources[s].unnoticed > 0 and plan.sources[s].idle == 0.0  # not laid out


@rare
def skip(plan, work, key, block, s, last):
    """From an event of source ``s`` with nothing open to the next one that may matter, or after trial ``last``; its source."""
    stay_apart()
    while can_be_skipped(plan, s) and work.cursors[s].trial <= last:
        if pass_over(plan, work, key, block, s, last):
            break
        s = earliest(work.cursors, plan.timed[0])
    return s


@inner
def pass_over(plan, work, key, block, s, last):
    """Pass over some events, up to one that may matter (True), or that of another source."""
    cursor = work.cursors[s]
    other_trial, other_time = next_of_others(work.cursors, plan.timed[0], s)
    passed = pass_over_together(plan, work, key, block, s, min(other_trial, last + 1))
    if passed <= 0:
        return pass_over_each(plan, work, key, block, s, last, other_trial, other_time, passed == 0)
    read_uniforms(plan, work, s, cursor.event + passed)
    read_date(work, s)
    return False


@rare
def pass_over_together(plan, work, key, block, s, before):
    """The number of events, of those left in the batch, until one that may be noticed; -1 if not all lie before that trial.

    Nobody notices one event, or two at once, so it suffices that each is over before the next begins, or the one after
    that. Most last less than `Source.reach`; how long the others last is looked at one by one.
    """
    stay_apart()
    source, cursor, drawn = plan.sources[s], work.cursors[s], work.drawn
    count = uint64(BATCH_SIZE - (cursor.event & (BATCH_SIZE - 1)))
    start = uint64(cursor.event) & LAST_PLACE
    stop = start + count
    if source.silent == 0 or source.batch < BATCH_SIZE or drawn[s, TRIAL_DRAWN, stop - ONE] >= before:
        return -1
    if cursor.event + np.int64(count) == cursor.drawn:
        draw_together(plan, work, key, block, s)
    lag, reach, level = uint64(source.unnoticed), source.reach, source.reach_level
    doubtful = 0
    for i in range(count):
        hours = drawn[s, TIME, start + i + lag] - drawn[s, TIME, start + i]
        together = drawn[s, TRIAL_DRAWN, start + i + lag] == drawn[s, TRIAL_DRAWN, start + i]
        doubtful += together & ((hours <= reach) | (drawn[s, THIRD, start + i] >= level))
    if doubtful > 0:
        i = start
        while i < stop and not lasts_until(plan, source, drawn, s, i, i + lag):
            i += ONE
        stop = i
    while stop > start and lasts_until(plan, source, drawn, s, stop - ONE, stop):
        stop -= ONE
    return np.int64(stop - start)


@inner
def lasts_until(plan, source, drawn, s, i, later):
    """Whether an outage is still there when a later event of its trial begins."""
    if drawn[s, TRIAL_DRAWN, i] != drawn[s, TRIAL_DRAWN, later]:
        return False
    hours, u = drawn[s, TIME, later] - drawn[s, TIME, i], drawn[s, THIRD, i]
    if hours > source.reach and u < source.reach_level:
        return False
    return sample_hours(plan.tables, plan.table_values, source.table, u) >= hours


@inner
def pass_over_each(plan, work, key, block, s, last, other_trial, other_time, one):
    """The same, event after event; if ``one``, no further than to the first that begins when nothing is open.

    Where no two components are noticed, one outage may be open when the next begins. Events that overlap and may matter
    after all are played from the first of them on.
    """
    source, cursor, drawn = plan.sources[s], work.cursors[s], work.drawn
    event, trial, time, component, third = cursor.event, cursor.trial, cursor.time, cursor.component, cursor.third
    first = event  # of those that overlap
    until, struck = -np.inf, -1  # the outage that is open: its end, and of what
    matters = True
    while True:
        if until < time:
            first = event
            gone = trial > last or trial > other_trial or (trial == other_trial and time >= other_time)
            if gone or (event != cursor.event and (one or event & (BATCH_SIZE - 1) == 0)):
                matters = False
                break
        if plan.components[component].quiet == 0 or component == struck:
            break
        if event + 1 == cursor.drawn:
            if first < cursor.drawn - BATCH_SIZE:
                break  # what overlaps is longer than what is kept
            draw_together(plan, work, key, block, s)
        place = (event + 1) & (KEPT - 1)
        next_trial, next_time = int(drawn[s, TRIAL_DRAWN, place]), drawn[s, TIME, place]
        if next_trial == trial or other_trial == trial:  # else what is open now stays so alone
            if source.kind == FIRE:
                break
            end = time + sample_hours_in_place(plan.tables, plan.table_values, source.table, third)
            following = next_time if next_trial == trial else np.inf
            allowed = source.unnoticed - 1
            if other_trial == trial and other_time <= following:
                following, allowed = other_time, 0
            if int(end >= following) + int(until >= following) > allowed:
                break
            if end > until:
                until, struck = end, component
            if until < following:
                until, struck = -np.inf, -1
        else:
            until, struck = -np.inf, -1
        event, trial, time = event + 1, next_trial, next_time
        component, third = choose(plan, source, drawn[s, CHOICE_DRAW, place]), drawn[s, THIRD, place]
    read_uniforms(plan, work, s, first)
    read_date(work, s)
    return matters


@inner
def next_of_others(cursors, sources, s):
    """When the next event of all sources but one is: its trial and time."""
    trial, time = NEVER, np.inf
    for other in range(sources):
        mine = cursors[other]
        if other != s and (mine.trial < trial or (mine.trial == trial and mine.time < time)):
            trial, time = mine.trial, mine.time
    return trial, time
