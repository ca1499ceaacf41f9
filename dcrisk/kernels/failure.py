"""One failure: an outage of a component, which may be several nodes that fail together for one duration."""

from __future__ import annotations

from dcrisk.kernels.events import choose
from dcrisk.kernels.jit import inner
from dcrisk.kernels.pending import push
from dcrisk.kernels.philox import uniform
from dcrisk.kernels.propagate import open_outage
from dcrisk.kernels.records import DURATION, END, PENDING
from dcrisk.kernels.tables import sample_hours


@inner
def strike(plan, work, key, block, s, t, trial, event, choice):
    """Outages of one event of a failure or grid source.

    With renewal a component that is down through this hazard does not fail again: since gaps are exponential, to
    drop such events is the alternating renewal process. An event that is given happens all the same.
    """
    source = plan.sources[s]
    c = choose(plan, source, choice)
    if source.renewal == 1 and source.given == 0 and work.until_trial[c] == trial and t < work.until[c]:
        return
    u = uniform(key, source.stream, block, event, DURATION)
    hours = sample_hours(plan.tables, plan.table_values, source.table, u)
    if hours <= 0.0:
        return
    if work.until_trial[c] != trial or work.until[c] < t + hours:
        work.until_trial[c] = trial
        work.until[c] = t + hours
    cause = (s << 32) | event
    for i in range(plan.components[c].first_node, plan.components[c].last_node):
        node = plan.component_nodes[i]
        open_outage(plan, work, key, block, t, node, source.state, cause)
        push(work.heap, work.counters, PENDING, t + hours, END, node, source.state, cause, t)
