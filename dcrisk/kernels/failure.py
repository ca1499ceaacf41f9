"""One failure: an outage of a component, which may be several nodes that fail together for one duration."""

from __future__ import annotations

from dcrisk.kernels.jit import inner
from dcrisk.kernels.outages import begin_outage
from dcrisk.kernels.tables import sample_hours_in_place


@inner
def strike(plan, work, key, block, s, c, t, trial, event, third):
    """Outages of one event of a failure or grid source; False if there was no event.

    With renewal a component that is down through this hazard does not fail again: since gaps are exponential, to
    drop such events is the alternating renewal process. An event that is given happens all the same.
    """
    source = plan.sources[s]
    if source.renewal == 1 and source.given == 0 and work.until_trial[c] == trial and t < work.until[c]:
        return False
    hours = sample_hours_in_place(plan.tables, plan.table_values, source.table, third)
    if hours <= 0.0:
        return True
    cause = (s << 32) | event
    until = t
    for i in range(plan.components[c].first_node, plan.components[c].last_node):
        node = plan.component_nodes[i]
        until = max(until, begin_outage(plan, work, key, block, trial, t, node, source.state, cause, hours))
    if work.until_trial[c] != trial or work.until[c] < until:
        work.until_trial[c] = trial
        work.until[c] = until
    return True
