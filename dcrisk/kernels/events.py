"""When events happen.

The windows of a block's trials are laid end to end and the next event of a source is an exponential gap away:
time in which nothing happens costs nothing.
"""

from __future__ import annotations

import math

from dcrisk.kernels.jit import inner
from dcrisk.kernels.philox import uniforms
from dcrisk.kernels.records import BLOCK, GAP, NEVER
from dcrisk.kernels.tables import to_grid


@inner
def rewind(plan, work, key, block):
    """Bring every source to its first event of a block."""
    for s in range(len(plan.sources)):
        cursor = work.cursors[s]
        cursor.clock = 0.0
        cursor.event = -1
        cursor.trial = -1
        advance(plan, work, key, block, s)


@inner
def advance(plan, work, key, block, s):
    """Bring a source to its next event: its trial within the block, and its time in the window of that trial."""
    source, cursor = plan.sources[s], work.cursors[s]
    cursor.event += 1
    gap, cursor.choice = uniforms(key, source.stream, block, cursor.event, GAP)
    if source.given == 1:
        cursor.trial = cursor.event
        cursor.time = 0.0
    else:
        warmup, horizon = plan.window[0], plan.window[1]
        length = warmup + horizon
        cursor.clock -= math.log(gap) / source.rate_per_hour
        trial = math.floor(cursor.clock / length)
        cursor.time = to_grid(cursor.clock - trial * length - warmup)
        cursor.trial = int(trial) if trial < BLOCK else NEVER
    if cursor.trial >= BLOCK:
        cursor.trial = NEVER


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
    """The component an event strikes: an alias-table draw (Walker 1977)."""
    if source.given == 1 and source.origin >= 0:
        return source.origin
    place = u * source.size
    i = min(int(place), source.size - 1)
    component = plan.components[source.first + i]
    return source.first + i if place - i < component.keep else source.first + component.alias
