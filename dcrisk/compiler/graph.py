"""Nodes and what they require as vertices of one graph."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from graphlib import TopologicalSorter
from typing import Any, NamedTuple

import numpy as np

from dcrisk.compiler.tables import Tables, rows
from dcrisk.kernels import records
from dcrisk.scenario import Backup, Requirement, Scenario, Site

STATES = {"interrupted": records.INTERRUPTED, "damaged": records.DAMAGED, "destroyed": records.DESTROYED}


class Foreseen(NamedTuple):
    """What an outage brings as long as the backups hold that it asks."""

    asked: Sequence[int]
    """Rows of supplies."""
    down: Sequence[int]
    """Layouts, in the order of their services."""


NOBODY = Foreseen([], [])


class Graph:
    """Vertices, numbered so that inputs come first."""

    def __init__(self, tables: Tables, spared: Collection[str] = (), failed: Collection[str] = ()) -> None:
        self._tables = tables
        self._spared = spared
        self._vertices: list[dict[str, int]] = []
        self._failed = failed
        self._parents: list[list[int]] = []
        self._contents: list[list[int]] = []
        self._members: list[tuple[int, float]] = []
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

    def add(
        self,
        inputs: Sequence[int],
        tolerance: int = 0,
        kind: int = records.PLAIN,
        *,
        shares: Sequence[float] | None = None,
        **fields: int,
    ) -> int:
        """A further vertex; of a kind that looks at each input, with the share of each."""
        number, first_member = len(self._vertices), len(self._members)
        if kind >= records.WATCHFUL:
            self._members.extend(zip(inputs, shares or [0.0] * len(inputs), strict=True))
        self._vertices.append(
            {
                "kind": kind,
                "tolerance": tolerance,
                "first_member": first_member,
                "last_member": len(self._members),
                "item": -1,
                "table": -1,
                "store": -1,
                "crew": -1,
                **fields,
            }
        )
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
                inputs = [self.add(inputs, kind=records.RESTART, item=self.keys[name], table=table)]
            if name in self._failed:
                self.switches.append(self.add([]))
                inputs.append(self.switches[-1])
            self.nodes[name] = self.add(inputs, crew=crew_of.get(name, -1))
            spared = name in self._spared
            self.struck[name] = self.add([], crew=crew_of.get(name, -1)) if spared else self.nodes[name]
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
        return self.add(inputs, len(inputs) - member.k, kind, item=number)

    def set_store(self, vertex: int, store: int) -> None:
        """Tell a vertex which one watches over its data; that one comes later."""
        self._vertices[vertex]["store"] = store

    def copy(self, name: str) -> int:
        """The copy at a site: gone while this lies destroyed."""
        if name not in self._copies:
            self._copies[name] = self.add([], kind=records.COPY)
            self.put_into(name, self._copies[name])
        return self._copies[name]

    def put_into(self, name: str, vertex: int) -> None:
        """What is inside a site is inside every site around it: destruction reaches it from all of them."""
        for holder in self._holders[name]:
            if holder not in self._spared:
                self._contents[self.nodes[holder]].append(vertex)

    def foresee(self, struck: Sequence[int], state: int) -> Foreseen | None:
        """What an outage of these nodes alone brings, if that can be said beforehand.

        It cannot where something is destroyed or begins to move, draws random numbers, or looks at more than how many of its
        inputs are missing; nor where a crew has to mend several nodes.
        """
        down, missing, asked = list(dict.fromkeys(struck)), dict[int, int](), list[int]()
        if state > records.INTERRUPTED and any(self._contents[v] for v in down):
            return None
        if len(down) > 1 and any(self._vertices[v]["crew"] >= 0 for v in down):
            return None
        for v in down:  # it grows on the way
            if self._vertices[v]["kind"] not in (records.PLAIN, records.REPLICA, records.SERVICE):
                return None
            for parent in self._parents[v]:
                above = self._vertices[parent]
                if above["kind"] >= records.WATCHFUL:
                    return None
                missing[parent] = missing.get(parent, 0) + 1
                if missing[parent] == above["tolerance"] + 1 and parent not in down:
                    (asked if above["kind"] == records.BACKUP else down).append(parent)
        supplies = [self._vertices[v]["item"] for v in asked]
        if any(self._supplies[supply][-1] >= 0 for supply in supplies):  # a trigger waits for it
            return None
        services = [self._vertices[v]["item"] for v in sorted(down) if self._vertices[v]["kind"] == records.SERVICE]
        return Foreseen(supplies, services)

    def arrays(self) -> dict[str, np.ndarray]:
        assert records.VERTEX.names is not None
        names = records.VERTEX.names
        listed: list[tuple[int, ...]] = []
        parents: list[int] = []
        contents: list[int] = []
        for vertex, above, inside in zip(self._vertices, self._parents, self._contents, strict=True):
            places = {"first_parent": len(parents), "first_content": len(contents)}
            parents.extend(above)
            contents.extend(inside)
            places |= {"last_parent": len(parents), "last_content": len(contents)}
            row = vertex | places
            listed.append(tuple(row[name] for name in names))
        return {
            "vertices": rows(records.VERTEX, listed),
            "parents": np.array(parents, np.int64),
            "contents": np.array(contents, np.int64),
            "members": np.array([vertex for vertex, _ in self._members], np.int64),
            "shares": np.array([share for _, share in self._members], np.float64),
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
