"""When events happen.

Time in which nothing happens costs nothing: the next event of a source is an exponential gap away, over as many
trials as it takes. Where the rate itself is uncertain, whole trials without an event are skipped instead. What is planned
happens in every trial, at the same hours. What has been laid out before the trial (kernels/agenda.py) is read off.
"""

from __future__ import annotations

import math

import numpy as np
from numba import uint64

from dcrisk.kernels.jit import inner, rare, stay_apart
from dcrisk.kernels.logarithm import minus_log
from dcrisk.kernels.philox import uniform, uniforms, uniforms_in_place
from dcrisk.kernels.records import (
    BLOCK,
    CHOICE_DRAW,
    DISC,
    DURATION,
    DURATION_TILT,
    FIRST,
    FOURTH,
    GAP,
    GRID,
    KEPT,
    LAID,
    NEVER,
    RATE_DRAWS,
    REPEATED,
    THIRD,
    TIME,
    TRIAL,
    TRIAL_DRAWN,
)
from dcrisk.kernels.tables import quantile, to_grid
from dcrisk.kernels.tilts import tilted

LAST_PLACE = uint64(KEPT - 1)  # unsigned: an index that may be negative keeps a loop from being done several at a time
AFTER_THE_BLOCK, TO_CLOCK = 1.0 * BLOCK, 1.5 * 2.0**11


@inner
def rewind(plan, work, key, block):
    """Bring every source to its first event of a block."""
    work.counters[LAID] = 0
    for s in range(plan.timed[0]):
        cursor = work.cursors[s]
        cursor.clock = 0.0
        cursor.within = 0.0
        cursor.rate = 0.0
        cursor.drawn = 0
        cursor.event = -1
        cursor.trial = -1
        advance_apart(plan, work, key, block, s)


@rare
def draw_together(plan, work, key, block, s):
    """The first four uniforms of the next batch of events of a source, and when they happen if its rate is certain.

    In loops without branches the compiler draws several at a time: 1.4 ns a counter instead of 6 (measured with AVX-512).
    """
    stay_apart()
    source, cursor, drawn = plan.sources[s], work.cursors[s], work.drawn
    stream, first, count = source.stream, uint64(cursor.drawn), uint64(source.batch)
    start = first & LAST_PLACE
    for i in range(count):
        drawn[s, FIRST, start + i], drawn[s, CHOICE_DRAW, start + i] = uniforms_in_place(
            key, stream, block, first + i, GAP
        )
        drawn[s, THIRD, start + i], drawn[s, FOURTH, start + i] = uniforms_in_place(
            key, stream, block, first + i, DURATION
        )
    cursor.drawn += source.batch
    if source.mean_gap < np.inf and source.idle == 0.0:
        date(plan, work, s, start, count)


@inner
def date(plan, work, s, start, count):
    """When the events of a batch happen.

    The clock of a block runs in trials, and on a grid of 2**-41 of a trial, on which it adds up exactly. So what is left to
    do for one event after another is one addition; the rest is done for several at a time. Trials that begin at whole
    numbers need no division.
    """
    source, cursor, drawn = plan.sources[s], work.cursors[s], work.drawn
    mean, mass, warmup = source.mean_gap, source.mass, plan.window[0]
    for i in range(count):
        drawn[s, TIME, start + i] = to_clock(minus_log(drawn[s, FIRST, start + i]) * mean)
    clock = cursor.clock
    for i in range(count):
        clock += drawn[s, TIME, start + i]
        drawn[s, TIME, start + i] = clock
    cursor.clock = min(clock, AFTER_THE_BLOCK)
    if source.profile >= 0:
        for i in range(count):
            clock = drawn[s, TIME, start + i]
            drawn[s, TRIAL_DRAWN, start + i] = np.floor(clock)
            drawn[s, TIME, start + i] = moment(plan, source, (clock - np.floor(clock)) * mass)
    else:
        for i in range(count):
            clock = drawn[s, TIME, start + i]
            drawn[s, TRIAL_DRAWN, start + i] = np.floor(clock)
            drawn[s, TIME, start + i] = to_grid((clock - np.floor(clock)) * mass - warmup)
    if start == 0:
        for i in range(REPEATED):
            drawn[s, TRIAL_DRAWN, KEPT + i] = drawn[s, TRIAL_DRAWN, i]
            drawn[s, TIME, KEPT + i] = drawn[s, TIME, i]


@inner
def to_clock(trials):
    """Rounded to a multiple of 2**-41; all that lies beyond the block is as good as its end."""
    return (min(trials, AFTER_THE_BLOCK) + TO_CLOCK) - TO_CLOCK


@inner
def advance(plan, work, key, block, s):
    """Bring a source to its next event: its trial within the block, and its time in the window of that trial."""
    source, cursor = plan.sources[s], work.cursors[s]
    if cursor.event + 1 == cursor.drawn:
        draw_together(plan, work, key, block, s)
    read_uniforms(plan, work, s, cursor.event + 1)
    if source.given != 0:
        cursor.trial = cursor.event
        cursor.time = 0.0 if source.given == 1 else to_grid(-plan.window[0])
    elif source.idle == 0.0:
        read_date(work, s)
    elif source.period == 0.0:
        advance_uncertain(plan, work, key, block, s)
    elif source.period > 0.0:
        advance_planned(plan, work, s)
    else:
        advance_laid(plan, work, s)
    if cursor.trial >= BLOCK:
        cursor.trial = NEVER


@inner
def read_uniforms(plan, work, s, event):
    """Bring a source to one of the events that are kept, but for when it happens.

    Whom it strikes is looked up here, long before it is asked for: there it would have to be waited for.
    """
    cursor, drawn, place = work.cursors[s], work.drawn, event & (KEPT - 1)
    cursor.event = event
    cursor.component = choose(plan, plan.sources[s], drawn[s, CHOICE_DRAW, place])
    cursor.third = drawn[s, THIRD, place]
    cursor.fourth = drawn[s, FOURTH, place]


@inner
def read_date(work, s):
    """When the event happens, where the rate is certain."""
    cursor, drawn, place = work.cursors[s], work.drawn, work.cursors[s].event & (KEPT - 1)
    cursor.trial = int(drawn[s, TRIAL_DRAWN, place])
    cursor.time = drawn[s, TIME, place]


@rare
def advance_apart(plan, work, key, block, s):
    """The same outside the loop over events, where it need not be in place."""
    stay_apart()
    advance(plan, work, key, block, s)


@rare
def advance_uncertain(plan, work, key, block, s):
    """The next event where each trial has a rate of its own, drawn given that the trial has an event at all.

    The number of trials without one is geometric. The time of a trial's first event is exponential given that it
    comes in time.
    """
    stay_apart()
    source, cursor = plan.sources[s], work.cursors[s]
    if cursor.rate > 0.0:
        cursor.within += minus_log(work.drawn[s, FIRST, cursor.event & (KEPT - 1)]) / cursor.rate
    if cursor.rate == 0.0 or cursor.within >= 1.0:
        skip, level = uniforms(key, source.stream, block, cursor.event, RATE_DRAWS)
        first = uniform(key, source.stream, block, cursor.event, RATE_DRAWS + 2)
        skipped = math.floor(-minus_log(skip) / source.idle)
        cursor.trial = cursor.trial + 1 + int(skipped) if skipped < BLOCK else NEVER
        cursor.rate = quantile(plan.tables, plan.table_values, source.rate_table, level)
        cursor.within = -math.log1p(first * math.expm1(-cursor.rate)) / cursor.rate
    cursor.time = moment(plan, source, cursor.within * source.mass)


@rare
def advance_planned(plan, work, s):
    """The next window of a plan; those of a block are numbered through."""
    stay_apart()
    source, cursor = plan.sources[s], work.cursors[s]
    window = source.first_window + cursor.event % source.windows
    cursor.trial = cursor.event // source.windows
    cursor.time = to_grid(source.phase + window * source.period)


@rare
def advance_laid(plan, work, s):
    """The next event of those that have been laid out for this trial."""
    stay_apart()
    source, cursor = plan.sources[s], work.cursors[s]
    i = int(cursor.within)
    while i < work.counters[LAID] and plan.classes[work.agenda[i].row].source != s:
        i += 1
    if i >= work.counters[LAID]:
        cursor.trial = NEVER
        return
    laid = work.agenda[i]
    cursor.within = i + 1.0
    cursor.trial = work.counters[TRIAL]
    cursor.time = laid.time
    cursor.component = laid.component
    if source.kind <= GRID or source.kind == DISC:
        cursor.third = tilted(plan, work, s, DURATION_TILT, s, (s << 32) | cursor.event, cursor.third)


@inner
def moment(plan, source, mass):
    """The time in the window at which a source has gathered so much of its mass."""
    hours = mass if source.profile < 0 else seasonal(plan, source.profile, mass)
    return to_grid(hours - plan.window[0])


@rare
def seasonal(plan, row, mass):
    """Hours since the start of the trial at which a monthly profile has gathered ``mass``."""
    stay_apart()
    low, high = plan.profiles[row].first, plan.profiles[row].last - 1
    masses, hours = plan.profile_masses, plan.profile_hours
    while high - low > 1:
        middle = (low + high) // 2
        if masses[middle] <= mass:
            low = middle
        else:
            high = middle
    slope = (hours[low + 1] - hours[low]) / (masses[low + 1] - masses[low])
    return hours[low] + (mass - masses[low]) * slope


@inner
def earliest(cursors, sources):
    """The source whose event is next; -1 without sources. At one time, the first named."""
    best = -1
    for s in range(sources):
        if (
            best < 0
            or cursors[s].trial < cursors[best].trial
            or (cursors[s].trial == cursors[best].trial and cursors[s].time < cursors[best].time)
        ):
            best = s
    return best


@inner
def choose(plan, source, u):
    """The component an event strikes: an alias-table draw (Walker 1977), unless it is known."""
    if source.origin != -1:
        return source.origin
    place = u * source.size
    i = min(int(place), source.size - 1)
    choice = plan.choices[source.first + i]
    return choice.component if place - i < choice.keep else plan.choices[source.first + choice.alias].component
