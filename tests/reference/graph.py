"""From own outages to nodes, by interval arithmetic.

An outage is a half-open interval. When is a gate broken, what of that does a backup carry, when is the node down?
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from dcrisk.kernels.records import BACKUP_DRAWS, GROUP_DRAWS, RESTART_DRAWS
from dcrisk.scenario import Requirement, Site
from reference.draws import Event, minus_log, quantile, to_grid


@dataclass(frozen=True)
class Outage:
    start: float
    end: float
    event: Event
    state: str = "interrupted"


def merged(outages):
    """Outages that overlap or touch become one, with the event that opened it (the least, of one moment)."""
    spells = []
    for outage in sorted(outages, key=lambda o: (o.start, o.event.order)):
        if outage.end <= outage.start:
            continue
        if spells and outage.start <= spells[-1].end:
            last = spells[-1]
            spells[-1] = Outage(last.start, max(last.end, outage.end), last.event)
        else:
            spells.append(Outage(outage.start, outage.end, outage.event))
    return spells


def broken(inputs, k):
    """When fewer than ``k`` of the inputs (each a list of spells) are up."""
    times = sorted({t for spells in inputs for o in spells for t in (o.start, o.end)})
    result = []
    for start, end in zip(times, times[1:], strict=False):
        down = [o for spells in inputs for o in spells if o.start <= start < o.end]
        if len(inputs) - len(down) < k:
            beginning = [o.event for o in down if o.start == start]
            if result and result[-1].end == start:
                result[-1] = Outage(result[-1].start, end, result[-1].event)
            else:
                result.append(Outage(start, end, min(beginning, key=lambda e: e.order)))
    return result


class Graph:
    """What own outages (lists by node) do to whatever needs the nodes."""

    def __init__(self, scenario, own):
        self.scenario, self.own = scenario, own
        self.nodes = {node.name: node for node in scenario.nodes}
        self.index = {name: i for i, name in enumerate(self.nodes)}
        self.backups, self.groups = {}, {}
        for node in scenario.nodes:
            for need in node.requires:
                self._number(node.name, need)
        self._spells = {}

    def _number(self, node, need):
        if isinstance(need, Requirement):
            for member in need.of:
                self._number(node, member)
            if need.backup is not None:
                self.backups[node, id(need)] = len(self.backups)
                self.groups.setdefault(need.backup.group, len(self.groups))

    def spells(self, name):
        """When a node is down."""
        if name not in self._spells:
            node = self.nodes[name]
            inputs = [self.requirement(name, need) for need in node.requires]
            if isinstance(node, Site) and node.part_of:
                inputs.append(self.spells(node.part_of))
            unmet = broken(inputs, len(inputs))
            restarts = [
                Outage(
                    o.end, o.end + quantile(node.restart, o.event.uniform(RESTART_DRAWS + self.index[name])), o.event
                )
                for o in unmet
            ]
            self._spells[name] = merged([*self.own[name], *unmet, *restarts])
        return self._spells[name]

    def demand(self, node, need):
        """When the members of a requirement do not suffice."""
        return broken([self.requirement(node, member) for member in need.of], need.k)

    def requirement(self, node, need):
        """When a requirement fails the node."""
        if isinstance(need, str):
            return self.spells(need)
        spells = self.demand(node, need)
        if need.backup is None:
            return spells
        number = self.backups[node, id(need)]
        after = [(o, self.carried(need.backup, number, o.event)) for o in spells]
        return [Outage(o.start + hours, o.end, o.event) for o, hours in after if hours < o.end - o.start]

    def carried(self, backup, number, event):
        """How long a backup carries a demand."""
        first = BACKUP_DRAWS + 4 * number
        fails = 1.0 - backup.start_probability
        common = backup.common_cause * fails
        own = (fails - common) / (1.0 - common) if common < 1 else 0.0
        if common > 0 and event.uniform(GROUP_DRAWS + self.groups[backup.group]) < common:
            return 0.0
        if event.uniform(first) < own:
            return 0.0
        runs = math.inf
        if backup.run_failure_rate_per_hour > 0:
            runs = to_grid(minus_log(event.uniform(first + 3)) / backup.run_failure_rate_per_hour)
        if backup.autonomy == math.inf or event.uniform(first + 2) < backup.refuel_probability:
            return runs
        return min(runs, quantile(backup.autonomy, event.uniform(first + 1)))

    def starts(self, node):
        """When a backup of a node starts and holds: (its number, the moment, the event that it is needed for)."""
        found = []

        def look(need):
            if isinstance(need, Requirement):
                for member in need.of:
                    look(member)
                if need.backup is not None:
                    number = self.backups[node, id(need)]
                    for spell in self.demand(node, need):
                        if self.carried(need.backup, number, spell.event) > 0:
                            found.append((number, spell.start, spell.event))

        for need in self.nodes[node].requires:
            look(need)
        return found

    def hits(self, site):
        """What strikes a site, or any site around it."""
        node = self.nodes[site]
        around = self.hits(node.part_of) if isinstance(node, Site) and node.part_of else []
        return [*self.own[site], *around]
