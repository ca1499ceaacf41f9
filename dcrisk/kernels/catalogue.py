"""One event of a catalogue: what it does to each site is listed, but for the uncertainty of the durations."""

from __future__ import annotations

from dcrisk.kernels.jit import rare, stay_apart
from dcrisk.kernels.normal import mix
from dcrisk.kernels.outages import hit
from dcrisk.kernels.philox import uniform
from dcrisk.kernels.records import HIT_DRAWS, SHARED_DRAW
from dcrisk.kernels.tables import quantile, to_grid


@rare
def strike_listed(plan, work, key, block, s, c, t, trial, event):
    """The hits of one event, each duration times a factor of mean 1 that is shared in part."""
    stay_apart()
    source = plan.sources[s]
    catalogue = plan.catalogues[source.item]
    shared = uniform(key, source.stream, block, event, SHARED_DRAW)
    first = plan.components[c].first_node
    for i in range(first, plan.components[c].last_node):
        listed = plan.hits[plan.component_nodes[i]]
        hours = listed.hours
        if catalogue.factor >= 0:
            own = uniform(key, source.stream, block, event, HIT_DRAWS + i - first)
            u = mix(shared, own, catalogue.shared)
            hours *= quantile(plan.tables, plan.table_values, catalogue.factor, u)
        hours = to_grid(hours)
        hit(plan, work, key, block, trial, t, t + listed.delay, hours, listed.node, listed.state, (s << 32) | event)
