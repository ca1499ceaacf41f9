"""Layouts as vertices of the graph: services, and the data that they need."""

from __future__ import annotations

from collections.abc import Callable
from itertools import accumulate, count
from typing import Any

import numpy as np

from dcrisk.compiler.graph import Graph
from dcrisk.compiler.tables import Tables, rows
from dcrisk.durations import Duration
from dcrisk.kernels import records
from dcrisk.layouts import Layout
from dcrisk.scenario import Requirement


class Services:
    """Adds layouts to a graph, inputs first: data, leaves, gates, the service, what it serves."""

    def __init__(self, tables: Tables, graph: Graph) -> None:
        self._tables = tables
        self._graph = graph
        self._moves: list[tuple[Any, ...]] = []
        self._demands: list[tuple[Any, ...]] = []
        self._protections: list[tuple[Any, ...]] = []

    def add(self, number: int, layout: Layout) -> None:
        """A layout, the ``number``-th of the run."""
        store = self._add_data(number, layout)
        names = dict.fromkeys(layout.expression.names())
        leaves = {name: self._leaf(layout, name, store) for name in names}
        gates = count()
        members = [self._gate(m, layout, leaves, gates) for m in layout.expression.of]
        spare = len(members) - layout.expression.k
        if layout.moves and spare > 0:
            members, spare = [self._moving(layout, members, layout.expression.k, next(gates))], 0
        if not layout.shares:
            self._graph.add(members, spare, records.SERVICE, item=number)
            return
        carriers, shares = [leaves[name] for name, _ in layout.shares], [share for _, share in layout.shares]
        row = len(self._demands)
        self._demands.append((number, sum(shares), layout.degraded_below, layout.down_below))
        enough = self._graph.add(carriers, kind=records.CAPACITY, shares=shares, item=row)
        service = self._graph.add([self._graph.add(members, spare), enough], 0, records.SERVICE, item=number)
        self._graph.add([*carriers, service], kind=records.ACCOUNT, shares=[*shares, 0.0], item=row)

    # ------------------------------------------------------------ data

    def _add_data(self, number: int, layout: Layout) -> int:
        """The vertex that is down while the data is lost; -1 without data."""
        if not layout.copies:
            return -1
        anew: list[int] = []
        copies = [self._placed(layout, name, lambda at: self._copy(layout, at, anew)) for name in layout.copies]
        store = self._graph.add(copies, len(copies) - layout.copies_needed, records.STORE, item=number)
        for copy in anew:
            self._graph.set_store(copy, store)
        if layout.backups:
            current = [copy for copy, name in zip(copies, layout.copies, strict=True) if name not in layout.backups]
            self._graph.add(current, len(current) - 1, records.PRIMARY, item=len(self._protections), store=store)
            self._protections.append(
                (number, layout.backup_interval, self._table(layout.backup_lag), self._table(layout.migration))
            )
        return store

    def _copy(self, layout: Layout, site: str, anew: list[int]) -> int:
        copy = self._graph.copy(site)
        if layout.rereplication is None:
            return copy
        key, table = self._graph.keys[site], self._tables.add(layout.rereplication)
        anew.append(self._graph.add([copy], 0, records.RECOPIED, item=key, table=table))
        self._graph.put_into(site, anew[-1])
        return anew[-1]

    # ------------------------------------------------------------ services

    def _leaf(self, layout: Layout, name: str, store: int) -> int:
        """A replica, where it is believed to be or where it is."""
        return self._placed(layout, name, lambda at: self._replica(layout, at, store))

    def _replica(self, layout: Layout, node: str, store: int) -> int:
        vertex = self._graph.nodes[node]
        if layout.relocation is None:
            return vertex
        key, table = self._graph.keys[node], self._tables.add(layout.relocation)
        vertex = self._graph.add([vertex], 0, records.REPLICA, item=key, table=table, store=store)
        self._graph.put_into(node, vertex)
        return vertex

    def _placed(self, layout: Layout, name: str, make: Callable[[str], int]) -> int:
        """What is made at a place, or, if that may be an error, at one of several."""
        errors = {actual: p for (believed, actual), p in layout.placement_error.items() if believed == name and p > 0}
        if not errors:
            return make(name)
        places = [make(name), *(make(actual) for actual in errors)]
        up_to = [0.0, *accumulate(errors.values())]
        return self._graph.add(places, kind=records.PLACED, shares=up_to, item=self._graph.keys[name])

    def _gate(self, member: str | Requirement, layout: Layout, leaves: dict[str, int], gates: Any) -> int:
        if isinstance(member, str):
            return leaves[member]
        inputs = [self._gate(m, layout, leaves, gates) for m in member.of]
        spare = len(inputs) - member.k
        if layout.moves and spare > 0:
            return self._moving(layout, inputs, member.k, next(gates))
        return self._graph.add(inputs, spare)

    def _moving(self, layout: Layout, members: list[int], needed: int, draw: int) -> int:
        """A gate that keeps some of its members in use."""
        manual = layout.manual_failover
        endless = isinstance(manual, float) and manual == np.inf
        self._moves.append(
            (
                needed,
                draw,
                layout.failover_probability,
                self._table(layout.failover),
                -1 if endless else self._table(manual),
                self._table(layout.failback),
                self._table(layout.failback_delay),
                self._table(layout.migration),
            )
        )
        return self._graph.add(members, kind=records.FAILOVER, item=len(self._moves) - 1)

    def _table(self, duration: Duration | None) -> int:
        return -1 if duration is None else self._tables.add(duration)

    def arrays(self) -> dict[str, np.ndarray]:
        """The arrays of the plan that belong to layouts."""
        return {
            "moves": rows(records.MOVE, self._moves),
            "demands": rows(records.DEMAND, self._demands),
            "protections": rows(records.PROTECTION, self._protections),
        }
