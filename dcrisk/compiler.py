"""From the specification to flat arrays: the only file that knows both sides."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from graphlib import TopologicalSorter
from typing import Any, NamedTuple

import numpy as np

from dcrisk.durations import Duration, plain, quantile_table
from dcrisk.hazards import Failure, Fire, GridOutage, Hazard
from dcrisk.kernels import records
from dcrisk.kernels.records import Plan
from dcrisk.layouts import Layout, check_layouts
from dcrisk.scenario import Backup, Given, Requirement, Scenario, Site
from dcrisk.specification import ARROW, SpecificationError

HOURS_PER_YEAR = 8766.0
STATES = {"interrupted": records.INTERRUPTED, "damaged": records.DAMAGED, "destroyed": records.DESTROYED}
MOST_EVENTS_PER_BLOCK = 2.0**31


class CompiledScenario(NamedTuple):
    """A scenario and its layouts, ready to run: arrays, and the names of what their rows mean."""

    plan: Plan
    layouts: tuple[str, ...]
    hazards: tuple[str, ...]


def compile_scenario(
    scenario: Scenario, layouts: Sequence[Layout], *, horizon: float, warmup: float
) -> CompiledScenario:
    """Check the layouts against the scenario and lay both out as arrays for the kernels."""
    check_layouts(scenario, layouts)
    tables = _Tables()
    graph = _Graph(tables)
    graph.add_nodes(scenario)
    for number, layout in enumerate(layouts):
        graph.add_layout(number, layout)
    sources = _Sources(tables, graph.nodes)
    for number, hazard in enumerate(scenario.hazards):
        sources.add_hazard(number, hazard, (horizon + warmup) * records.BLOCK)
        for occurrence, given in enumerate(g for g in scenario.conditions if g.hazard == hazard.name):
            sources.add_given(number, hazard, given, occurrence)
    plan = Plan(
        **graph.arrays(),
        **sources.arrays(),
        **tables.arrays(),
        window=np.array([warmup, horizon], np.float64),
    )
    return CompiledScenario(plan, tuple(x.name for x in layouts), tuple(x.name for x in scenario.hazards))


def stream_number(name: str) -> int:
    """The word of the random-number counter that stands for a hazard: stable across runs and machines."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "little")


def given_stream(hazard: str, occurrence: int) -> str:
    """The stream of the ``occurrence``-th conditioned event of a hazard."""
    return f"{hazard}{ARROW}given {occurrence}"  # no name of a hazard has an arrow in it


def alias_table(rates: Sequence[float]) -> tuple[np.ndarray, np.ndarray]:
    """Walker's alias table by Vose's method (IEEE Trans. Software Eng. 17, 1991): keep-probability and alias."""
    shares = np.asarray(rates, np.float64)
    shares = shares * (len(shares) / shares.sum())
    keep, alias = np.ones(len(shares)), np.arange(len(shares))
    small = [i for i, share in enumerate(shares) if share < 1]
    large = [i for i, share in enumerate(shares) if share >= 1]
    while small and large:
        poor, rich = small.pop(), large[-1]
        keep[poor], alias[poor] = shares[poor], rich
        shares[rich] -= 1 - shares[poor]
        if shares[rich] < 1:
            small.append(large.pop())
    return keep, alias


def _rows(dtype: np.dtype[Any], rows: Iterable[tuple[Any, ...]]) -> np.ndarray:
    """A record array."""
    listed = list(rows)
    return np.array(listed, dtype) if listed else np.zeros(0, dtype)


class _Tables:
    """Durations, each tabulated once."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._rows: list[tuple[int, int, int, int]] = []
        self._values: list[np.ndarray] = []
        self._size = 0

    def add(self, duration: Duration) -> int:
        key = json.dumps(plain(duration))
        if key not in self._numbers:
            table = quantile_table(duration)
            self._numbers[key] = len(self._rows)
            self._rows.append((table.kind, table.cells_log2, self._size, len(table.values)))
            self._values.append(table.values)
            self._size += len(table.values)
        return self._numbers[key]

    def arrays(self) -> dict[str, np.ndarray]:
        values = np.concatenate(self._values) if self._values else np.zeros(0)
        return {"tables": _rows(records.TABLE, self._rows), "table_values": values}


class _Graph:
    """Vertices, numbered so that inputs come first."""

    def __init__(self, tables: _Tables) -> None:
        self._tables = tables
        self._vertices: list[tuple[int, int, int, int, int]] = []  # kind, tolerance, item, table, store
        self._parents: list[list[int]] = []
        self._contents: list[list[int]] = []
        self._supplies: list[tuple[float, float, float, int, int, int]] = []
        self._groups: dict[str, int] = {}
        self._copies: dict[str, int] = {}
        self._holders: dict[str, list[str]] = {}
        self._keys: dict[str, int] = {}
        self.nodes: dict[str, int] = {}

    def _add(
        self,
        inputs: Sequence[int],
        tolerance: int = 0,
        kind: int = records.PLAIN,
        item: int = -1,
        table: int = -1,
        store: int = -1,
    ) -> int:
        number = len(self._vertices)
        self._vertices.append((kind, tolerance, item, table, store))
        self._parents.append([])
        self._contents.append([])
        for vertex in inputs:
            self._parents[vertex].append(number)
        return number

    def add_nodes(self, scenario: Scenario) -> None:
        by_name = {node.name: node for node in scenario.nodes}
        needs: dict[str, set[str]] = {}
        for key, node in enumerate(scenario.nodes):
            self._keys[node.name] = key
            inside = node.part_of if isinstance(node, Site) else None
            needs[node.name] = {name for need in node.requires for name in _names(need)}
            if inside is not None:
                needs[node.name].add(inside)
        requirements = {name: self._backups(node.requires) for name, node in by_name.items()}
        for name in TopologicalSorter(needs).static_order():
            node = by_name[name]
            inside = node.part_of if isinstance(node, Site) else None
            inputs = [self._member(need, self.nodes, requirements[name]) for need in _flat(node.requires)]
            if inside is not None:
                inputs.append(self.nodes[inside])
            if inputs and not (isinstance(node.restart, float) and node.restart == 0):
                table = self._tables.add(node.restart)
                inputs = [self._add(inputs, kind=records.RESTART, item=self._keys[name], table=table)]
            self.nodes[name] = self._add(inputs)
            self._holders[name] = [name] + (self._holders[inside] if inside is not None else [])

    def _backups(self, requires: Iterable[str | Requirement]) -> dict[int, int]:
        """Number the backups in the order in which they are written: their draws are named by that number."""
        numbers: dict[int, int] = {}
        for need in requires:
            if isinstance(need, Requirement):
                numbers |= self._backups(need.of)
                if need.backup is not None:
                    numbers[id(need)] = len(self._supplies)
                    self._supplies.append(self._supply(need.backup))
        return numbers

    def _supply(self, backup: Backup) -> tuple[float, float, float, int, int, int]:
        fails = 1.0 - backup.start_probability
        common = backup.common_cause * fails
        own = (fails - common) / (1.0 - common) if common < 1 else 0.0
        endless = isinstance(backup.autonomy, float) and backup.autonomy == np.inf
        autonomy = -1 if endless else self._tables.add(backup.autonomy)
        group = self._groups.setdefault(backup.group, len(self._groups))
        return common, own, backup.refuel_probability, autonomy, int(endless), group

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
                kind, key = records.REPLICA, self._keys[name]
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
            self._contents[self.nodes[holder]].append(vertex)

    def arrays(self) -> dict[str, np.ndarray]:
        rows: list[tuple[int, ...]] = []
        parents: list[int] = []
        contents: list[int] = []
        for (kind, tolerance, item, table, store), above, inside in zip(
            self._vertices, self._parents, self._contents, strict=True
        ):
            first_parent, first_content = len(parents), len(contents)
            parents.extend(above)
            contents.extend(inside)
            rows.append((kind, tolerance, first_parent, len(parents), first_content, len(contents), item, table, store))
        return {
            "vertices": _rows(records.VERTEX, rows),
            "parents": np.array(parents, np.int64),
            "contents": np.array(contents, np.int64),
            "supplies": _rows(records.SUPPLY, self._supplies),
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


class _Sources:
    """Hazards and conditioned events as sources of events."""

    def __init__(self, tables: _Tables, nodes: dict[str, int]) -> None:
        self._tables = tables
        self._nodes = nodes
        self._rows: list[dict[str, Any]] = []
        self._streams: dict[int, str] = {}
        self._components: list[tuple[float, int, int, int]] = []
        self._component_nodes: list[int] = []
        self._fires: list[tuple[Any, ...]] = []
        self._buildings: list[tuple[Any, ...]] = []
        self._edges: list[tuple[Any, ...]] = []
        self._campuses: list[int] = []
        self._campus_first: list[int] = [0]
        self._campus_members: list[int] = []
        self._templates: dict[str, dict[str, Any]] = {}

    def add_hazard(self, number: int, hazard: Hazard, hours_per_block: float) -> None:
        add: dict[type, Callable[[Any], tuple[dict[str, Any], list[float], list[list[int]]]]] = {
            Failure: self._failure,
            GridOutage: self._grid_outage,
            Fire: self._fire,
        }
        fields, rates, strikes = add[type(hazard)](hazard)
        total = sum(rates) / HOURS_PER_YEAR
        if total * hours_per_block > MOST_EVENTS_PER_BLOCK:
            raise SpecificationError(
                f"hazard {hazard.name!r}: {total * HOURS_PER_YEAR:g} events a year are too many; check the rate's unit"
            )
        keep, alias = alias_table(rates) if total > 0 else (np.ones(len(rates)), np.arange(len(rates)))
        first = len(self._components)
        for i, struck in enumerate(strikes):
            first_node = len(self._component_nodes)
            self._component_nodes.extend(struck)
            self._components.append((keep[i], int(alias[i]), first_node, len(self._component_nodes)))
        template = {
            "hazard": number,
            "rate_per_hour": total,
            "first": first,
            "size": len(rates),
            "given": 0,
            "origin": -1,
            "contained": -1,
            "severity": -1,
            "stream": stream_number(hazard.name),
            **fields,
        }
        self._templates[hazard.name] = template
        if total > 0:
            self._register(template["stream"], hazard.name)
            self._rows.append(template)

    def add_given(self, number: int, hazard: Hazard, given: Given, occurrence: int) -> None:
        template = self._templates[hazard.name]
        origin = -1 if given.origin is None else template["first"] + hazard.origins().index(given.origin)
        if isinstance(hazard, Failure) and hazard.shared:
            origin = template["first"]
        if origin < 0 and template["rate_per_hour"] == 0:
            raise SpecificationError(f"given {hazard.name!r}: all its rates are 0, so name the origin of the event")
        if given.state is not None and isinstance(hazard, Fire) and given.state not in hazard.durations:
            raise SpecificationError(
                f"given {hazard.name!r}: state {given.state!r} needs a duration in durations[{given.state!r}]"
            )
        name = given_stream(hazard.name, occurrence)
        contained = -1 if given.contained is None else int(given.contained)
        if given.state is not None:
            contained = 0
        self._rows.append(
            template
            | {
                "given": 1,
                "origin": origin,
                "stream": stream_number(name),
                "contained": contained,
                "severity": -1 if given.state is None else STATES[given.state],
            }
        )
        self._register(stream_number(name), name)

    def _register(self, stream: int, name: str) -> None:
        other = self._streams.setdefault(stream, name)
        if other != name:
            raise SpecificationError(
                f"hazards {other!r} and {name!r} would share their random numbers; rename one of them"
            )

    def _failure(self, hazard: Failure) -> tuple[dict[str, Any], list[float], list[list[int]]]:
        nodes = {site: self._nodes[site] for site in hazard.origins()}
        if hazard.shared:
            rates, strikes = [max(hazard.rates.values())], [list(nodes.values())]  # one rate, that of the common event
        else:
            rates, strikes = list(hazard.rates.values()), [[self._nodes[site]] for site in hazard.rates]
        fields = {
            "kind": records.FAILURE,
            "renewal": 1,
            "state": STATES[hazard.state],
            "table": self._tables.add(hazard.duration),
            "fire": -1,
        }
        return fields, rates, strikes

    def _grid_outage(self, hazard: GridOutage) -> tuple[dict[str, Any], list[float], list[list[int]]]:
        fields = {
            "kind": records.GRID,
            "renewal": 0,
            "state": records.INTERRUPTED,
            "table": self._tables.add(hazard.duration),
            "fire": -1,
        }
        rates = hazard.rate_per_year
        return fields, list(rates.values()), [[self._nodes[node]] for node in rates]

    def _fire(self, hazard: Fire) -> tuple[dict[str, Any], list[float], list[list[int]]]:
        buildings = list(hazard.buildings())
        place = {building: i for i, building in enumerate(buildings)}
        edges = list(hazard.spread)
        if max(len(buildings), len(edges)) * 4 > records.LARGEST_DRAWS:
            raise SpecificationError(f"fire {hazard.name!r}: too many buildings or edges")
        first_building, first_edge, first_group = len(self._buildings), len(self._edges), len(self._campus_first) - 1
        first_member = len(self._campus_members)
        edges_from: dict[str, list[tuple[Any, ...]]] = {name: [] for name in buildings}
        for draw, edge in enumerate(edges):
            delay = self._tables.add(_of(hazard.spread_delay, edge))
            edges_from[edge[0]].append((place[edge[1]], hazard.spread[edge], delay, draw))
        campuses_of: dict[str, list[int]] = {}
        for g, members in enumerate(hazard.isolation):
            for member in members:
                campuses_of.setdefault(member, []).append(g)
        for name in buildings:
            first = len(self._edges)
            self._edges.extend(edges_from[name])
            first_campus = len(self._campuses)
            self._campuses.extend(campuses_of.get(name, []))
            contained = _of(hazard.contained, name, 0.0)
            destroyed = _of(hazard.destroyed, name, 0.0)
            self._buildings.append(
                (
                    self._nodes[name],
                    contained,
                    destroyed,
                    first,
                    len(self._edges),
                    first_campus,
                    len(self._campuses),
                )
            )
        for members in hazard.isolation:
            self._campus_members.extend(self._nodes[member] for member in members)
            self._campus_first.append(len(self._campus_members))
        durations = {
            state: self._tables.add(hazard.durations[state]) if state in hazard.durations else -1
            for state in ("interrupted", "damaged", "destroyed", "isolated")
        }
        self._fires.append(
            (
                first_building,
                len(buildings),
                first_edge,
                len(edges),
                first_group,
                len(hazard.isolation),
                first_member,
                int(hazard.isolation_shared),
                hazard.isolation_probability,
                self._tables.add(hazard.isolation_delay),
                *durations.values(),
            )
        )
        fields = {"kind": records.FIRE, "renewal": 0, "state": 0, "table": -1, "fire": len(self._fires) - 1}
        rates = hazard.rate_per_year
        return fields, list(rates.values()), [[place[building]] for building in rates]

    def arrays(self) -> dict[str, np.ndarray]:
        assert records.SOURCE.names is not None
        names = records.SOURCE.names
        return {
            "sources": _rows(records.SOURCE, (tuple(row[name] for name in names) for row in self._rows)),
            "components": _rows(records.COMPONENT, self._components),
            "component_nodes": np.array(self._component_nodes, np.int64),
            "fires": _rows(records.FIRE_TYPE, self._fires),
            "buildings": _rows(records.BUILDING, self._buildings),
            "edges": _rows(records.EDGE, self._edges),
            "campuses": np.array(self._campuses, np.int64),
            "campus_first": np.array(self._campus_first, np.int64),
            "campus_members": np.array(self._campus_members, np.int64),
        }


def _of(value: Any, key: Any, missing: Any = None) -> Any:
    """A value for all, or the value of one from a mapping."""
    return value.get(key, missing) if isinstance(value, dict) else value
