"""The events of some classes, laid out before a trial is played: how many, where and when.

Given their number, the times of Poisson events are independent and uniform (in mass). To make what is rare likely they
are laid out close to one of them, the middle, each of which is as likely as another: the law of how far the others lie
away is tilted, by classes. Time is a circle here, so that no end of the trial is special. The likelihood ratio of the
times is the mean over all events that may have been the middle.

A share of the trials, ``plain_share``, is not tilted at all. So no weight is above one over that share: the defensive
mixture of Hesterberg (Technometrics 37, 1995).
"""

from __future__ import annotations

import math

import numpy as np

from dcrisk.kernels.events import advance_apart, moment
from dcrisk.kernels.jit import inner, rare, stay_apart
from dcrisk.kernels.normal import snap
from dcrisk.kernels.philox import uniform, uniforms
from dcrisk.kernels.records import CLASS_DRAWS, LAID, MIDDLE, MIXTURE, NEVER, OF_TRIALS, OVERFLOW, TRIAL, UNTILTED, USED
from dcrisk.kernels.tables import MANTISSA
from dcrisk.kernels.tilts import draw, tilt

EXPONENT_OF_ONE = 1023


@rare
def lay_out(plan, work, key, block, trial):
    """The agenda of a trial, and the first event of each of its sources."""
    stay_apart()
    counters, agenda = work.counters, work.agenda
    counters[TRIAL] = trial
    counters[USED] = 0
    counters[LAID] = 0
    work.likelihood[0] = 1.0
    mixture = uniform(key, OF_TRIALS, block, trial, MIXTURE)
    counters[UNTILTED] = 1 if mixture < plan.plain_share[0] else 0
    count = choose_events(plan, work, key, block, trial)
    if count > 1:
        gather(plan, work, count, uniform(key, OF_TRIALS, block, trial, MIDDLE))
        work.likelihood[0] *= likelihood_of_times(plan, agenda, count)
    for i in range(count):
        event = agenda[i]
        source = plan.sources[plan.classes[event.row].source]
        event.time = moment(plan, source, event.position * source.mass)
    sort(agenda, count)
    counters[LAID] = count
    for c in range(len(plan.classes)):
        work.cursors[plan.classes[c].source].trial = NEVER
    for i in range(count):
        s = plan.classes[agenda[i].row].source
        if work.cursors[s].trial == NEVER:
            work.cursors[s].within = 0.0
            advance_apart(plan, work, key, block, s)


@rare
def choose_events(plan, work, key, block, trial):
    """How many events of each class there are, where, and (not yet tilted) when; how many in all."""
    stay_apart()
    counters, agenda = work.counters, work.agenda
    classes = len(plan.classes)
    place = CLASS_DRAWS + 2 * classes
    count = 0
    for c in range(classes):
        kind = plan.classes[c]
        number = kind.count
        if number < 0:
            u = uniform(key, OF_TRIALS, block, trial, CLASS_DRAWS + 2 * c)
            _, b = draw(plan.tilts, plan.bins, work.used, counters, work.likelihood, kind.counts, -1 - c, u)
            number = b - plan.tilts[kind.counts].first
        for _ in range(number):
            if count == len(agenda):
                counters[OVERFLOW] = 1
                return count
            event = agenda[count]
            event.row = c
            event.position, event.side = uniforms(key, OF_TRIALS, block, trial, place)
            event.component = kind.component
            if kind.component < 0:
                u = uniform(key, OF_TRIALS, block, trial, place + 2)
                cause = -1 - classes - count
                _, b = draw(plan.tilts, plan.bins, work.used, counters, work.likelihood, kind.choice, cause, u)
                choice = plan.sources[kind.source].first + b - plan.tilts[kind.choice].first
                event.component = plan.choices[choice].component
            place += 4
            count += 1
    return count


@rare
def gather(plan, work, count, u):
    """Lay the events out around one of them, unless this trial is not tilted."""
    stay_apart()
    if work.counters[UNTILTED] == 1:
        return
    agenda = work.agenda
    middle = min(int(u * count), count - 1)
    for i in range(count):
        if i == middle:
            continue
        event = agenda[i]
        lag = plan.tilts[plan.classes[event.row].lag]
        _, distance = tilt(plan.bins, lag.first, lag.size, False, event.position)
        position = agenda[middle].position + (0.5 if event.side < 0.5 else -0.5) * distance
        event.position = snap(position - math.floor(position))


@inner
def lag_bin(plan, lag, first, second):
    """The bin of the distance between two positions on the circle: 0 to 1, and uniform if they are independent.

    Bins are octaves, so the exponent of the number says which. With a search instead, ten events took 15 us.
    """
    apart = abs(first - second)
    distance = 2.0 * min(apart, 1.0 - apart)
    octave = (np.float64(distance).view(np.int64) >> MANTISSA) - EXPONENT_OF_ONE
    return lag.first + min(max(lag.size + octave, 0), lag.size - 1)


@rare
def likelihood_of_times(plan, agenda, count):
    """How many times as likely the events lie as they do: the mean over all that may have been the middle."""
    stay_apart()
    for i in range(count):
        agenda[i].around = 1.0
    for i in range(count):
        mine = plan.tilts[plan.classes[agenda[i].row].lag]
        for j in range(i):
            its = plan.tilts[plan.classes[agenda[j].row].lag]
            b = lag_bin(plan, mine, agenda[i].position, agenda[j].position)
            agenda[j].around *= plan.bins[b].ratio
            agenda[i].around *= plan.bins[b - mine.first + its.first].ratio
    total = 0.0
    for i in range(count):
        total += agenda[i].around
    return total / count


@rare
def sort(agenda, count):
    """By time; of one time, in the order of their classes."""
    stay_apart()
    for i in range(1, count):
        time, position, side = agenda[i].time, agenda[i].position, agenda[i].side
        around, row, component = agenda[i].around, agenda[i].row, agenda[i].component
        j = i
        while j > 0 and agenda[j - 1].time > time:
            agenda[j] = agenda[j - 1]
            j -= 1
        event = agenda[j]
        event.time = time
        event.position = position
        event.side = side
        event.around = around
        event.row = row
        event.component = component
