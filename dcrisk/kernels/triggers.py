"""Events that raise others."""

from __future__ import annotations

from dcrisk.kernels.jit import rare, stay_apart
from dcrisk.kernels.pending import push
from dcrisk.kernels.philox import uniforms
from dcrisk.kernels.records import INTERRUPTED, PENDING, RAISED, TRIGGER_DRAWS
from dcrisk.kernels.tables import sample_hours


@rare
def raise_others(plan, work, key, block, t, s, event, hazard, node):
    """What an event of source ``s`` raises: as an event of a hazard, or by starting the backup of a node.

    The raised event keeps the number of the first one and has a stream of its own, so its draws have their place.
    """
    stay_apart()
    for k in range(len(plan.triggers)):
        trigger = plan.triggers[k]
        r = plan.raised[k, s]
        if r >= 0 and trigger.hazard == hazard and trigger.supply_node == node:
            happens, later = uniforms(key, plan.sources[r].stream, block, event, TRIGGER_DRAWS)
            if happens < trigger.probability:
                due = t + sample_hours(plan.tables, plan.table_values, trigger.delay, later)
                push(work.heap, work.counters, PENDING, due, RAISED, r, INTERRUPTED, event, t)
