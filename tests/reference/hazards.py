"""What one event does: the hits of a failure, a grid outage, maintenance and an event of a catalogue.

Each function returns whether the event happened at all; one that did not raises no other.
"""

from __future__ import annotations

import math

from dcrisk.kernels.records import DISC_LATITUDE, DISC_LONGITUDE, DISC_RADIUS, DURATION, HIT_DRAWS
from reference.draws import level, lognormal_table, quantile, to_grid
from reference.sources import component


def fail(play, t, event):
    """A failure. What is down through it does not fail again, unless the event is given."""
    hazard, c = event.row.hazard, component(event)
    until = play.memory.get((hazard.name, c), -math.inf)
    if event.row.given is None and t < until:
        return False
    hours = quantile(hazard.duration, event.uniform(DURATION))
    for node in hazard.origins() if hazard.shared else [hazard.origins()[c]]:
        until = max(until, play.begin(t, node, hazard.state, hours, event))
    play.memory[hazard.name, c] = until
    return True


def cut_power(play, t, event):
    """An outage of the grid: a node, a region, or what lies in a disc; one duration for all."""
    hazard, c = event.row.hazard, component(event)
    hours = quantile(hazard.duration, event.uniform(DURATION))
    struck = (
        within(play.scenario, hazard.disc, event) if hazard.disc is not None else hazard.struck(hazard.origins()[c])
    )
    for node in struck:
        play.begin(t, node, "interrupted", hours, event)
    return True


def maintain(play, t, event):
    """A window of maintenance at one site."""
    hazard = event.row.hazard
    play.begin(
        t, hazard.sites[component(event)], "interrupted", quantile(hazard.duration, event.uniform(DURATION)), event
    )
    return True


def within(scenario, disc, event):
    """The nodes in a disc that falls somewhere, from south to north."""
    south, west, north, east = (math.radians(degrees) for degrees in disc.area)
    radius = quantile(disc.radius_km, event.uniform(DISC_RADIUS))
    z = math.sin(south) + event.uniform(DISC_LATITUDE) * (math.sin(north) - math.sin(south))
    longitude = west + event.uniform(DISC_LONGITUDE) * (east - west)
    cosine = math.sqrt(1.0 - z * z)
    x, y = cosine * math.cos(longitude), cosine * math.sin(longitude)

    def near(name):
        lat, lon = math.radians(scenario.node(name).lat), math.radians(scenario.node(name).lon)
        along = x * (math.cos(lat) * math.cos(lon)) + y * (math.cos(lat) * math.sin(lon)) + z * math.sin(lat)
        return along >= math.cos(min(radius / 6371.0088, math.pi))

    # sorted() keeps the order of disc.nodes where latitudes are equal
    return [name for name in sorted(disc.nodes, key=lambda name: scenario.node(name).lat) if near(name)]


def look_up(play, t, event):
    """An event of a catalogue."""
    hazard = event.row.hazard
    for i, (node, delay, hours, state) in enumerate(hazard.hits(hazard.origins()[component(event)])):
        if hazard.duration_spread > 0:
            u = event.mixed(HIT_DRAWS + i, hazard.shared_fraction)
            hours = hours * level(lognormal_table(hazard.duration_spread), u)
        play.hit(t, t + to_grid(delay), node, state, to_grid(hours), event)
    return True
