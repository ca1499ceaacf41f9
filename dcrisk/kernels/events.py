"""When events happen.

Time in which nothing happens costs nothing: the next event of a source is an exponential gap away, over as many
trials as it takes. Where the rate itself is uncertain, whole trials without an event are skipped instead. What is planned
happens in every trial, at the same hours. What has been laid out before the trial (kernels/agenda.py) is read off.
"""

from __future__ import annotations

import math

from dcrisk.kernels.jit import inner, rare, stay_apart
from dcrisk.kernels.philox import uniform, uniforms, uniforms_in_place
from dcrisk.kernels.records import (
    BLOCK,
    DISC,
    DURATION,
    DURATION_TILT,
    GAP,
    GRID,
    LAID,
    NEVER,
    RATE_DRAWS,
    TRIAL,
)
from dcrisk.kernels.tables import quantile, to_grid
from dcrisk.kernels.tilts import tilted


@inner
def rewind(plan, work, key, block):
    """Bring every source to its first event of a block."""
    work.counters[LAID] = 0
    for s in range(plan.timed[0]):
        cursor = work.cursors[s]
        cursor.within = 0.0
        cursor.rate = 0.0
        cursor.event = -1
        cursor.trial = 0 if plan.sources[s].idle == 0.0 else -1
        advance_apart(plan, work, key, block, s)


@rare
def draw_together(work, key, stream, block, s, first, count):
    """The first four uniforms of ``count`` events of a source, beginning with ``first``.

    In one loop the compiler draws several at a time: 1.4 ns a counter instead of 6 (measured with AVX-512).
    """
    stay_apart()
    drawn = work.drawn
    for i in range(count):
        drawn[s, 0, i], drawn[s, 1, i] = uniforms_in_place(key, stream, block, first + i, GAP)
        drawn[s, 2, i], drawn[s, 3, i] = uniforms_in_place(key, stream, block, first + i, DURATION)


@inner
def advance(plan, work, key, block, s):
    """Bring a source to its next event: its trial within the block, and its time in the window of that trial."""
    source, cursor = plan.sources[s], work.cursors[s]
    cursor.event += 1
    place = cursor.event & (source.batch - 1)
    if place == 0:
        draw_together(work, key, source.stream, block, s, cursor.event, source.batch)
    gap = work.drawn[s, 0, place]
    cursor.choice = work.drawn[s, 1, place]
    cursor.third = work.drawn[s, 2, place]
    cursor.fourth = work.drawn[s, 3, place]
    if source.given != 0:
        cursor.trial = cursor.event
        cursor.time = 0.0 if source.given == 1 else to_grid(-plan.window[0])
    elif source.idle == 0.0:
        cursor.within, trials = later(source, cursor.within, gap)
        cursor.trial = cursor.trial + int(trials) if trials < BLOCK else NEVER
        cursor.time = moment(plan, source, cursor.within)
    elif source.period == 0.0:
        advance_uncertain(plan, work, key, block, s, gap)
    elif source.period > 0.0:
        advance_planned(plan, work, s)
    else:
        advance_laid(plan, work, s)
    if cursor.trial >= BLOCK:
        cursor.trial = NEVER


@inner
def later(source, within, gap):
    """The clock of a source at its next event, and how many trials later that is."""
    mass, trials = source.mass, 0.0
    within -= math.log(gap) / source.rate_per_hour
    if within >= mass:
        trials = math.floor(within / mass)
        within -= trials * mass
        if within >= mass:
            within -= mass
            trials += 1.0
    return within, trials


@rare
def advance_apart(plan, work, key, block, s):
    """The same outside the loop over events, where it need not be in place."""
    stay_apart()
    advance(plan, work, key, block, s)


@rare
def advance_uncertain(plan, work, key, block, s, gap):
    """The next event where each trial has a rate of its own, drawn given that the trial has an event at all.

    The number of trials without one is geometric. The time of a trial's first event is exponential given that it
    comes in time.
    """
    stay_apart()
    source, cursor = plan.sources[s], work.cursors[s]
    if cursor.rate > 0.0:
        cursor.within -= math.log(gap) / cursor.rate
    if cursor.rate == 0.0 or cursor.within >= 1.0:
        skip, level = uniforms(key, source.stream, block, cursor.event, RATE_DRAWS)
        first = uniform(key, source.stream, block, cursor.event, RATE_DRAWS + 2)
        skipped = math.floor(math.log(skip) / source.idle)
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
    cursor.choice = laid.component
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
        return source.origin if source.origin >= 0 else int(u)
    place = u * source.size
    i = min(int(place), source.size - 1)
    choice = plan.choices[source.first + i]
    return choice.component if place - i < choice.keep else plan.choices[source.first + choice.alias].component
