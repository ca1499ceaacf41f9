"""Nodes, requirements and layouts as vertices of one graph."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from graphlib import TopologicalSorter
from typing import Any

import numpy as np

from dcrisk.compiler.tables import Tables, rows
from dcrisk.kernels import records
from dcrisk.layouts import Layout
from dcrisk.scenario import Backup, Requirement, Scenario, Site

STATES = {"interrupted": records.INTERRUPTED, "damaged": records.DAMAGED, "destroyed": records.DESTROYED}


class Graph:
    """Vertices, numbered so that inputs come first."""

    def __init__(self, tables: Tables, spared: Collection[str] = (), failed: Collection[str] = ()) -> None:
        self._tables = tables
        self._spared = spared
        self._failed = failed
        self._vertices: list[tuple[int, int, int, int, int, int]] = []  # kind, tolerance, item, table, store, crew
        self._parents: list[list[int]] = []
        self._contents: list[list[int]] = []
        self._supplies: list[tuple[Any, ...]] = []
        self._crews: list[tuple[int, int, int]] = []
        self._groups: dict[str, int] = {}
        self._copies: dict[str, int] = {}
        self._holders: dict[str, list[str]] = {}
        self.keys: dict[str, int] = {}
        self.nodes: dict[str, int] = {}
        self.struck: dict[str, int] = {}
        """Where the hits of a node go: to the node itself or, if it is spared, to a vertex that nothing needs."""
        self.switches: list[int] = []
        """For each node that has failed, a vertex that the node needs beside what it requires, and that alone can fail."""

    def _add(
        self,
        inputs: Sequence[int],
        tolerance: int = 0,
        kind: int = records.PLAIN,
        item: int = -1,
        table: int = -1,
        store: int = -1,
        crew: int = -1,
    ) -> int:
        number = len(self._vertices)
        self._vertices.append((kind, tolerance, item, table, store, crew))
        self._parents.append([])
        self._contents.append([])
        for vertex in inputs:
            self._parents[vertex].append(number)
        return number

    def add_nodes(self, scenario: Scenario) -> None:
        by_name = {node.name: node for node in scenario.nodes}
        crew_of = self._add_crews(scenario)
        waited_for = {trigger.backup for trigger in scenario.triggers}
        needs: dict[str, set[str]] = {}
        for key, node in enumerate(scenario.nodes):
            self.keys[node.name] = key
            inside = node.part_of if isinstance(node, Site) else None
            needs[node.name] = {name for need in node.requires for name in _names(need)}
            if inside is not None:
                needs[node.name].add(inside)
        requirements = {
            name: self._backups(node.requires, self.keys[name] if name in waited_for else -1)
            for name, node in by_name.items()
        }
        for name in TopologicalSorter(needs).static_order():
            node = by_name[name]
            inside = node.part_of if isinstance(node, Site) else None
            inputs = [self._member(need, self.nodes, requirements[name]) for need in _flat(node.requires)]
            if inside is not None:
                inputs.append(self.nodes[inside])
            if inputs and not (isinstance(node.restart, float) and node.restart == 0):
                table = self._tables.add(node.restart)
                inputs = [self._add(inputs, kind=records.RESTART, item=self.keys[name], table=table)]
            if name in self._failed:
                self.switches.append(self._add([]))
                inputs.append(self.switches[-1])
            self.nodes[name] = self._add(inputs, crew=crew_of.get(name, -1))
            spared = name in self._spared
            self.struck[name] = self._add([], crew=crew_of.get(name, -1)) if spared else self.nodes[name]
            self._holders[name] = [name] + (self._holders[inside] if inside is not None else [])

    def _add_crews(self, scenario: Scenario) -> dict[str, int]:
        """Number the crews; the row of each node that has one."""
        crew_of: dict[str, int] = {}
        first = 0
        for row, crew in enumerate(scenario.crews):
            mask = sum(1 << int(STATES[state]) for state in crew.states)
            self._crews.append((first, first + crew.number, mask))
            first += crew.number
            crew_of |= dict.fromkeys(crew.sites, row)
        return crew_of

    def _backups(self, requires: Iterable[str | Requirement], raises: int) -> dict[int, int]:
        """Number the backups in the order in which they are written: their draws are named by that number."""
        numbers: dict[int, int] = {}
        for need in requires:
            if isinstance(need, Requirement):
                numbers |= self._backups(need.of, raises)
                if need.backup is not None:
                    numbers[id(need)] = len(self._supplies)
                    self._supplies.append((*self._supply(need.backup), raises))
        return numbers

    def _supply(self, backup: Backup) -> tuple[Any, ...]:
        fails = 1.0 - backup.start_probability
        common = backup.common_cause * fails
        own = (fails - common) / (1.0 - common) if common < 1 else 0.0
        endless = isinstance(backup.autonomy, float) and backup.autonomy == np.inf
        autonomy = -1 if endless else self._tables.add(backup.autonomy)
        group = self._groups.setdefault(backup.group, len(self._groups))
        run_rate = backup.run_failure_rate_per_hour
        return common, own, backup.refuel_probability, autonomy, int(endless), group, run_rate

    def _member(self, member: str | Requirement, leaves: dict[str, int], backups: dict[int, int]) -> int:
        if isinstance(member, str):
            return leaves[member]
        inputs = [self._member(m, leaves, backups) for m in member.of]
        number = backups.get(id(member), -1)
        kind = records.BACKUP if number >= 0 else records.PLAIN
        return self._add(inputs, len(inputs) - member.k, kind, number)

    def add_layout(self, number: int, layout: Layout) -> None:
        store = -1
        if layout.copies:
            copies = [self._copy(name) for name in layout.copies]
            store = self._add(copies, len(copies) - 1, records.STORE, number)
        leaves = self.nodes
        if layout.relocation is not None:
            table = self._tables.add(layout.relocation)
            leaves = {}
            for name in dict.fromkeys(layout.expression.names()):
                kind, key = records.REPLICA, self.keys[name]
                leaves[name] = self._add([self.nodes[name]], 0, kind, key, table, store)
                self._put_into(name, leaves[name])
        members = [self._member(m, leaves, {}) for m in layout.expression.of]
        self._add(members, len(members) - layout.expression.k, records.SERVICE, number)

    def _copy(self, name: str) -> int:
        if name not in self._copies:
            self._copies[name] = self._add([], kind=records.COPY)
            self._put_into(name, self._copies[name])
        return self._copies[name]

    def _put_into(self, name: str, vertex: int) -> None:
        """What is inside a site is inside every site around it: destruction reaches it from all of them."""
        for holder in self._holders[name]:
            if holder not in self._spared:
                self._contents[self.nodes[holder]].append(vertex)

    def is_quiet(self, struck: Sequence[int], state: int) -> bool:
        """Whether an outage of these nodes alone is noticed by no service, backup, copy or replica."""
        if state > records.INTERRUPTED and any(self._contents[v] for v in struck):
            return False
        down, missing = list(dict.fromkeys(struck)), dict[int, int]()
        for v in down:
            if self._vertices[v][0] != records.PLAIN:
                return False
            for parent in self._parents[v]:
                missing[parent] = missing.get(parent, 0) + 1
                if missing[parent] == self._vertices[parent][1] + 1 and parent not in down:
                    down.append(parent)
        return True

    def arrays(self) -> dict[str, np.ndarray]:
        listed: list[tuple[int, ...]] = []
        parents: list[int] = []
        contents: list[int] = []
        for (kind, tolerance, *rest), above, inside in zip(self._vertices, self._parents, self._contents, strict=True):
            first_parent, first_content = len(parents), len(contents)
            parents.extend(above)
            contents.extend(inside)
            listed.append((kind, tolerance, first_parent, len(parents), first_content, len(contents), *rest))
        return {
            "vertices": rows(records.VERTEX, listed),
            "parents": np.array(parents, np.int64),
            "contents": np.array(contents, np.int64),
            "supplies": rows(records.SUPPLY, self._supplies),
            "crews": rows(records.CREW, self._crews),
        }


def _names(need: str | Requirement) -> list[str]:
    return [need] if isinstance(need, str) else list(need.names())


def _flat(requires: Iterable[str | Requirement]) -> list[str | Requirement]:
    """An all_of without backup asks nothing that its members do not ask of the node themselves."""
    members: list[str | Requirement] = []
    for need in requires:
        if isinstance(need, Requirement) and need.k == len(need.of) and need.backup is None:
            members.extend(_flat(need.of))
        else:
            members.append(need)
    return members
