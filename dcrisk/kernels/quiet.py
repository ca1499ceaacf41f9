"""Events that nobody notices.

Nothing is open, and an event strikes a component of which an outage alone is noticed by no service, backup, copy or
crew. If it is over before anything else happens, it need not be played. Of the failures in 8-of-10, 95 % are like that,
and 99.7 % where two of them may overlap. To look at each in the loop over events took 8-of-10 down to 50 ns an event where
it was 75; to skip them in runs, and in pairs, to 27 where that was 37 (one core of a busy machine).
"""

from __future__ import annotations

import numpy as np

from dcrisk.kernels.events import choose, draw_together, earliest, later, moment
from dcrisk.kernels.jit import inner, rare, stay_apart
from dcrisk.kernels.records import BLOCK, FIRE, NEVER
from dcrisk.kernels.tables import sample_hours_in_place


@inner
def passes(plan, s, t, choice, third, following):
    """Whether an event, with nothing else open, ends before the following one and no service notices.

    What a fire brings is looked at only where nothing follows in its trial: then it need not be known.
    """
    source = plan.sources[s]
    if plan.components[choose(plan, source, choice)].quiet == 0:
        return False
    if following == np.inf:
        return True
    if source.kind == FIRE:
        return False
    return t + sample_hours_in_place(plan.tables, plan.table_values, source.table, third) < following


@inner
def can_be_skipped(plan, s):
    """Whether to look for runs of unnoticed events of a source."""
    return s >= 0 and plan.sources[s].unnoticed > 0 and plan.sources[s].idle == 0.0  # not laid out


@rare
def skip(plan, work, key, block, s, last):
    """From an event of source ``s`` with nothing open to the next one that may matter, or after trial ``last``; its source."""
    stay_apart()
    while can_be_skipped(plan, s) and work.cursors[s].trial <= last:
        pass_over(plan, work, key, block, s, last)
        following = earliest(work.cursors, plan.timed[0])
        if following == s:
            break
        s = following
    return s


@inner
def pass_over(plan, work, key, block, s, last):
    """The same until another source is next.

    `kernels.events.advance` and `passes`, event after event, with everything in registers. Where no two components are
    noticed, one outage may be open when the next begins. Events that overlap and may matter after all are played from
    the first of them on, so the way back is kept.
    """
    source, cursor, drawn = plan.sources[s], work.cursors[s], work.drawn
    stream, batch = source.stream, source.batch
    other_trial, other_time = next_of_others(work.cursors, plan.timed[0], s)
    event, trial, within, time = cursor.event, cursor.trial, cursor.within, cursor.time
    choice, third, fourth = cursor.choice, cursor.third, cursor.fourth
    until, struck = -np.inf, -1  # the outage that is open: its end, and of what
    while trial <= last and (trial < other_trial or (trial == other_trial and time < other_time)):
        component = choose(plan, source, choice)
        if until < time:
            cursor.event, cursor.trial, cursor.within, cursor.time = event, trial, within, time
            cursor.choice, cursor.third, cursor.fourth = choice, third, fourth
        if plan.components[component].quiet == 0 or component == struck:
            break
        place = (event + 1) & (batch - 1)
        if place == 0:
            draw_together(work, key, stream, block, s, event + 1, batch)
        clock, trials = later(source, within, drawn[s, 0, place])
        next_trial = trial + int(trials) if trials < BLOCK else NEVER
        next_time = moment(plan, source, clock)
        if next_trial == trial or other_trial == trial:  # else what is open now stays so alone
            if source.kind == FIRE:
                break
            end = time + sample_hours_in_place(plan.tables, plan.table_values, source.table, third)
            following = next_time if next_trial == trial else np.inf
            allowed = source.unnoticed - 1
            if other_trial == trial and other_time <= following:
                following, allowed = other_time, 0
            if (end >= following) + (until >= following) > allowed:
                break
            if end > until:
                until, struck = end, component
            if until < following:
                until, struck = -np.inf, -1
        else:
            until, struck = -np.inf, -1
        event += 1
        trial = next_trial if next_trial < BLOCK else NEVER
        within, time = clock, next_time
        choice, third, fourth = drawn[s, 1, place], drawn[s, 2, place], drawn[s, 3, place]
    else:
        cursor.event, cursor.trial, cursor.within, cursor.time = event, trial, within, time
        cursor.choice, cursor.third, cursor.fourth = choice, third, fourth
        return
    if (event + 1) // batch != (cursor.event + 1) // batch and (cursor.event + 1) & (batch - 1) != 0:
        first = cursor.event // batch * batch
        draw_together(work, key, stream, block, s, first, batch)


@inner
def next_of_others(cursors, sources, s):
    """When the next event of all sources but one is: its trial and time."""
    trial, time = NEVER, np.inf
    for other in range(sources):
        mine = cursors[other]
        if other != s and (mine.trial < trial or (mine.trial == trial and mine.time < time)):
            trial, time = mine.trial, mine.time
    return trial, time
