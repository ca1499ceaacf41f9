"""One outage of whatever lies in a random disc."""

from __future__ import annotations

import math

from dcrisk.kernels.jit import rare, stay_apart
from dcrisk.kernels.outages import hit
from dcrisk.kernels.philox import uniform, uniforms
from dcrisk.kernels.records import DISC_LATITUDE, DISC_RADIUS
from dcrisk.kernels.tables import sample_hours

EARTH_RADIUS_KM = 6371.0088
ROUNDING = 1e-9


@rare
def strike_disc(plan, work, key, block, s, t, trial, event, third):
    """Outages of the nodes within a great-circle radius of a centre that is uniform on its area.

    Nodes are sorted by latitude, so only those in the band of the disc are looked at.
    """
    stay_apart()
    source = plan.sources[s]
    disc = plan.discs[source.item]
    hours = sample_hours(plan.tables, plan.table_values, source.table, third)
    radius = sample_hours(
        plan.tables, plan.table_values, disc.radius, uniform(key, source.stream, block, event, DISC_RADIUS)
    )
    up, along = uniforms(key, source.stream, block, event, DISC_LATITUDE)
    z = disc.south + up * (disc.north - disc.south)
    longitude = disc.west + along * (disc.east - disc.west)
    level = math.sqrt(1.0 - z * z)
    x, y = level * math.cos(longitude), level * math.sin(longitude)
    angle = min(radius / EARTH_RADIUS_KM, math.pi)
    nearest = math.cos(angle)
    south, north = math.asin(z) - angle - ROUNDING, math.asin(z) + angle + ROUNDING
    low, high = disc.first, disc.last
    while low < high:
        middle = (low + high) // 2
        if plan.disc_nodes[middle].latitude < south:
            low = middle + 1
        else:
            high = middle
    while low < disc.last and plan.disc_nodes[low].latitude <= north:
        node = plan.disc_nodes[low]
        if x * node.x + y * node.y + z * node.z >= nearest:
            hit(plan, work, key, block, trial, t, t, hours, node.node, source.state, (s << 32) | event)
        low += 1
