"""Backup power: whether it starts on a demand, and how long it carries it."""

from __future__ import annotations

import numpy as np

from dcrisk.kernels.jit import rare, stay_apart
from dcrisk.kernels.logarithm import minus_log
from dcrisk.kernels.philox import uniform, uniforms
from dcrisk.kernels.records import BACKUP_DRAWS, GROUP_DRAWS, GROUP_TILT, REFUEL_TILT, START_TILT
from dcrisk.kernels.tables import sample_hours, to_grid
from dcrisk.kernels.tilts import tilted


@rare
def carries(plan, work, key, block, s, event, number):
    """Hours for which a supply would carry what an event asks of it; 0 if it does not start.

    The beta-factor model (Fleming 1975; NUREG/CR-5485): the share ``beta`` of the start failures, drawn once for
    the group, strikes all of it; the own failures are scaled so that each backup fails as often as it should.
    """
    stay_apart()
    supply, stream, cause = plan.supplies[number], plan.sources[s].stream, (s << 32) | event
    if supply.common > 0.0:
        together = uniform(key, stream, block, event, GROUP_DRAWS + supply.group)
        if tilted(plan, work, s, GROUP_TILT, supply.group, cause, together) < supply.common:
            return 0.0
    starting, lasting = uniforms(key, stream, block, event, BACKUP_DRAWS + 4 * number)
    if tilted(plan, work, s, START_TILT, number, cause, starting) < supply.own:
        return 0.0
    refuelled, running = uniforms(key, stream, block, event, BACKUP_DRAWS + 4 * number + 2)
    if supply.endless == 0:
        refuelled = tilted(plan, work, s, REFUEL_TILT, number, cause, refuelled)
    hours = np.inf
    if supply.endless == 0 and refuelled >= supply.refuel:
        hours = sample_hours(plan.tables, plan.table_values, supply.autonomy, lasting)
    if supply.run_rate > 0.0:
        hours = min(hours, to_grid(minus_log(running) / supply.run_rate))
    return hours


@rare
def hold(plan, work, key, block, s, event, component, hours):
    """Whether all supplies that an outage of a component asks carry it to its end."""
    stay_apart()
    for i in range(component.first_asked, component.last_asked):
        if carries(plan, work, key, block, s, event, plan.asked[i]) <= hours:
            return False
    return True
