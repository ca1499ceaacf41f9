"""One trial in order of time: events happen, their hits begin, wait for crews, and raise other events."""

from __future__ import annotations

import heapq
import math
from collections import defaultdict, deque

from dcrisk.hazards import EventTable, Failure, Fire, Flood, GridOutage, Maintenance
from dcrisk.kernels.records import TRIGGER_DRAWS
from reference.draws import Event, quantile
from reference.fire import burn
from reference.flood import rise
from reference.graph import Graph, Outage
from reference.hazards import cut_power, fail, look_up, maintain

HAPPENS = {
    Failure: fail,
    GridOutage: cut_power,
    EventTable: look_up,
    Fire: burn,
    Flood: rise,
    Maintenance: maintain,
}


class Play:
    """One trial as it unfolds: the own outages so far, and what the hazards and the crews remember."""

    def __init__(self, scenario):
        self.scenario = scenario
        self.own = defaultdict(list)
        self.memory = {}  # failures: component down until; fires: building destroyed from, until
        self.crew_of = {node: crew for crew in scenario.crews for node in crew.sites}
        self.free = {crew.name: [-math.inf] * crew.number for crew in scenario.crews}
        self.pending = []  # (time, arrival, what to do then): a heap
        self.arrivals = 0
        self.watched = sorted({trigger.backup for trigger in scenario.triggers if trigger.backup is not None})
        self.watched_until = -math.inf
        self.started = set()

    def run(self, events):
        """Play the events that happen anyway, (time, Event) in order, and all that follows from them."""
        events = deque(events)
        while True:
            self.watch_backups(self.next_time(events))
            t = self.next_time(events)  # a backup may have raised something sooner
            if t == math.inf:
                return self.own
            if self.pending and self.pending[0][0] == t:
                heapq.heappop(self.pending)[2](t)
            else:
                self.happen(t, events.popleft()[1])

    def next_time(self, events):
        waiting = self.pending[0][0] if self.pending else math.inf
        return min(waiting, events[0][0] if events else math.inf)

    def later(self, t, act):
        heapq.heappush(self.pending, (t, self.arrivals, act))
        self.arrivals += 1

    def happen(self, t, event):
        """An event happens, if it does, and raises others."""
        if not HAPPENS[type(event.row.hazard)](self, t, event):
            return
        for k, trigger in enumerate(self.scenario.triggers):
            if trigger.cause is not None and k in event.row.raises:
                self.pull(t, event, k)

    def pull(self, t, cause, k):
        """The k-th trigger, at t."""
        trigger = self.scenario.triggers[k]
        raised = Event(cause.row.raises[k], cause.number, cause.block, cause.key, law=cause.law)
        if raised.uniform(TRIGGER_DRAWS) < trigger.probability:
            delay = quantile(trigger.delay, raised.uniform(TRIGGER_DRAWS + 1))
            self.later(t + delay, lambda now: self.happen(now, raised))

    def watch_backups(self, t):
        """Find the backups that started before t: all that happened before t is known, so that is final.

        What a start raises may come before the next start and change it; then the others are looked for again.
        """
        if not self.watched or t == self.watched_until:
            return
        self.watched_until = t
        graph = Graph(self.scenario, self.own)
        starts = [(since, number, node, event) for node in self.watched for number, since, event in graph.starts(node)]
        for since, number, node, event in sorted(starts, key=lambda start: start[:2]):
            if since >= self.next_time(()) or since >= t:
                break
            if (number, since) in self.started:
                continue
            self.started.add((number, since))
            for k, trigger in enumerate(self.scenario.triggers):
                if trigger.backup == node and k in event.row.raises:
                    self.pull(since, event, k)

    def hit(self, now, start, node, state, hours, event):
        """An outage of a node that begins at ``start``: now, or when its time comes."""
        if start == now:
            self.begin(now, node, state, hours, event)
        else:
            self.later(start, lambda then: self.begin(then, node, state, hours, event))

    def begin(self, t, node, state, hours, event):
        """An outage begins, and its repair as soon as there is a crew for it; when it ends."""
        if hours <= 0:
            return t
        repair, crew = t, self.crew_of.get(node)
        if crew is not None and state in crew.states:
            free = self.free[crew.name]
            first = free.index(min(free))
            repair = max(t, free[first])
            free[first] = repair + hours
        self.own[node].append(Outage(t, repair + hours, event, state))
        return repair + hours
