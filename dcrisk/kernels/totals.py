"""Sums over trials, for runs that keep none."""

from __future__ import annotations

import math

from dcrisk.kernels.agenda import lag_bin
from dcrisk.kernels.jit import inner, rare, stay_apart
from dcrisk.kernels.records import (
    ANY_OUTAGE,
    DATA_LOSS,
    DEGRADED,
    DOWNTIME,
    FULLY,
    HITS,
    LAID,
    LONGEST,
    LOST_HOURS,
    MOST,
    OUTAGES,
    SQUARES,
    SUM,
    USED,
)


@inner
def weight_of(plan, work):
    """Of the trial that has been played: its probability under the scenario's law over that under the mixture."""
    plain = plan.plain_share[0]
    return 1.0 / (plain + (1.0 - plain) * work.likelihood[0])


@rare
def add_up(plan, work, outcomes, totals):
    """Add what the trial that has been played brought, and clear it."""
    stay_apart()
    weight = weight_of(plan, work)
    totals.weights[0] += weight
    totals.weights[1] += weight * weight
    scaled = 0.0
    for layout in range(len(totals.sums)):
        x = value_of(outcomes, totals.quantity[0], layout)
        if totals.above[0] >= 0.0:
            x = 1.0 if x > totals.above[0] else 0.0
        if x > 0.0:
            sums, weighted = totals.sums[layout], weight * x
            sums[HITS] += 1.0
            sums[SUM] += weighted
            sums[SQUARES] += weighted * weighted
            sums[MOST] = max(sums[MOST], weighted)
            scaled += weighted * totals.scale[layout]
        clear(outcomes, layout)
    if scaled > 0.0 and totals.learnt.shape[1] > 0:
        learn(plan, work, totals.learnt, scaled)


@rare
def value_of(outcomes, quantity, layout):
    """The quantity that is added up, of the trial in column 0."""
    stay_apart()
    if quantity == DOWNTIME:
        return outcomes.downtime[layout, 0]
    if quantity == ANY_OUTAGE:
        return 1.0 if outcomes.downtime[layout, 0] > 0.0 else 0.0
    if quantity == DATA_LOSS:
        return 1.0 if outcomes.data_loss[layout, 0] else 0.0
    if quantity == OUTAGES:
        return float(outcomes.outages[layout, 0])
    if quantity == LONGEST:
        return outcomes.longest[layout, 0]
    if quantity == DEGRADED:
        return outcomes.degraded[layout, 0]
    if quantity == LOST_HOURS:
        return outcomes.lost_hours[layout, 0]
    return 0.0


@rare
def clear(outcomes, layout):
    """Make room for the next trial."""
    stay_apart()
    outcomes.downtime[layout, 0] = 0.0
    outcomes.outages[layout, 0] = 0
    outcomes.longest[layout, 0] = 0.0
    outcomes.data_loss[layout, 0] = False
    if len(outcomes.degraded) > 0:
        outcomes.degraded[layout, 0] = 0.0
        outcomes.unserved[layout, 0] = 0.0
    if len(outcomes.lost_hours) > 0:
        outcomes.lost_hours[layout, 0] = 0.0


@rare
def learn(plan, work, learnt, amount):
    """Which bins led here, for the cross-entropy method: those of all draws, and of the distances from the middle.

    Which event was the middle is not known from the times alone; each counts as far as it is likely to have been it.
    """
    stay_apart()
    agenda = work.agenda
    for power in range(len(learnt)):
        much = amount if power == FULLY else math.sqrt(amount)
        for i in range(work.counters[USED]):
            learnt[power, work.used[i].bin] += much
        count = work.counters[LAID]
        total = 0.0
        for middle in range(count):
            total += agenda[middle].around
        for middle in range(count if count > 1 else 0):
            share = much * agenda[middle].around / total
            for i in range(count):
                if i != middle:
                    lag = plan.tilts[plan.classes[agenda[i].row].lag]
                    learnt[power, lag_bin(plan, lag, agenda[i].position, agenda[middle].position)] += share
