"""One fire: suppression, its way from building to building, the campus cut off, and a second incident."""

from __future__ import annotations

import math

from dcrisk.kernels.records import CONTAINED, CONTAINED_DURATION, FIRST_BUILDING, REIGNITION_DRAWS, SHARED_DRAW
from reference.draws import quantile
from reference.sources import component


def of(value, key):
    return value[key] if isinstance(value, dict) else value


def burn(play, t, event):
    """All hits of one fire, building by building in the order in which it reaches them."""
    return Burning(play, t, event).happens()


class Burning:
    """A fire that is being worked out."""

    def __init__(self, play, t, event):
        self.play, self.t, self.event = play, t, event
        self.hazard, self.given = event.row.hazard, event.row.given
        self.burnt, self.fallen, self.cut = set(), set(), []

    def happens(self):
        hazard, given, event, t = self.hazard, self.given, self.event, self.t
        origin = hazard.origins()[component(event)]
        if given is None and self.lies_destroyed(origin, t):
            return False
        contained = event.uniform(CONTAINED) < of(hazard.contained, origin)
        if given is not None and (given.contained is not None or given.state is not None):
            contained = bool(given.contained)
        if contained:
            if "interrupted" in hazard.durations:
                hours = quantile(hazard.durations["interrupted"], event.uniform(CONTAINED_DURATION))
                self.play.hit(t, t, origin, "interrupted", hours, event)
            return True
        self.spread(origin)
        if hazard.reignition_probability > 0 and event.uniform(REIGNITION_DRAWS) < hazard.reignition_probability:
            self.flare_up()
        return True

    def spread(self, origin):
        hazard, event = self.hazard, self.event
        buildings, edges = hazard.buildings(), list(hazard.spread)
        edge_draws = FIRST_BUILDING + 2 * len(buildings)
        group_draws = edge_draws + 2 * len(edges)
        reached, order = [(self.t, 0, origin)], 1
        while reached:
            now, _, building = reached.pop(reached.index(min(reached)))
            if building in self.burnt:
                continue
            if self.lies_destroyed(building, now) and not (self.given is not None and building == origin):
                continue
            self.burnt.add(building)
            draw = FIRST_BUILDING + 2 * buildings.index(building)
            state = "destroyed" if self.severity(draw) < of(hazard.destroyed, building) else "damaged"
            if building == origin and self.given is not None and self.given.state is not None:
                state = self.given.state
            self.strike(now, building, state, self.hours(state, draw + 1))
            for e, (start, end) in enumerate(edges):
                if start == building and event.uniform(edge_draws + 2 * e) < hazard.spread[start, end]:
                    delay = quantile(of(hazard.spread_delay, (start, end)), event.uniform(edge_draws + 2 * e + 1))
                    reached.append((now + delay, order, end))
                    order += 1
            for g, campus in enumerate(hazard.isolation):
                if building in campus and g not in self.cut:
                    self.cut.append(g)
                    self.isolate(now, g, building, group_draws)

    def isolate(self, now, g, building, group_draws):
        """The brigade cuts off a campus, but for the building that burns."""
        hazard, event = self.hazard, self.event
        member_draws = group_draws + 4 * len(hazard.isolation) + sum(len(campus) for campus in hazard.isolation[:g])
        if not event.uniform(group_draws + 4 * g) < hazard.isolation_probability:
            return
        start = now + quantile(hazard.isolation_delay, event.uniform(group_draws + 4 * g + 1))
        for m, node in enumerate(hazard.isolation[g]):
            if node != building:
                draw = group_draws + 4 * g + 2 if hazard.isolation_shared else member_draws + m
                self.play.hit(self.t, start, node, "interrupted", self.hours("isolated", draw), event)

    def flare_up(self):
        """A second incident among the remains: what burnt or was cut off, and still stands."""
        hazard, event = self.hazard, self.event
        campuses = [hazard.isolation[g] for g in self.cut]
        remains = [
            building
            for building in hazard.buildings()
            if building not in self.fallen and (building in self.burnt or any(building in c for c in campuses))
        ]
        if not remains:
            return
        place = min(int(event.uniform(REIGNITION_DRAWS + 2) * len(remains)), len(remains) - 1)
        building = remains[place]
        now = self.t + quantile(hazard.reignition_delay, event.uniform(REIGNITION_DRAWS + 1))
        state = "destroyed" if self.severity(REIGNITION_DRAWS + 3) < hazard.reignition_destroyed else "damaged"
        self.strike(now, building, state, self.hours(state, REIGNITION_DRAWS + 4))
        for g, campus in enumerate(hazard.isolation):
            if building in campus:
                self.isolate(now, g, building, REIGNITION_DRAWS + 8)

    def severity(self, draw):
        return self.event.mixed(draw, self.hazard.shared_fraction, SHARED_DRAW + 1)

    def hours(self, state, draw):
        return quantile(self.hazard.durations[state], self.event.mixed(draw, self.hazard.shared_fraction))

    def strike(self, now, building, state, hours):
        self.play.hit(self.t, now, building, state, hours, self.event)
        if state == "destroyed":
            self.fallen.add(building)
            self.lie_destroyed(building, now, now + hours)

    def lies_destroyed(self, building, at):
        """Whether it was destroyed by a fire of this hazard and not rebuilt (as planned, without waiting for crews)."""
        since, until = self.play.memory.get((self.hazard.name, building), (math.inf, -math.inf))
        return since <= at < until

    def lie_destroyed(self, building, start, end):
        since, until = self.play.memory.get((self.hazard.name, building), (math.inf, -math.inf))
        if start <= until:
            start, end = min(since, start), max(until, end)
        self.play.memory[self.hazard.name, building] = start, end
