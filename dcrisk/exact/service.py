"""A layout's service as a function of independent variables, in a decision diagram."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from graphlib import TopologicalSorter

import numpy as np

from dcrisk.exact.diagram import UP, Diagram, Summation
from dcrisk.exact.mixture import Mixture
from dcrisk.exact.panels import FloatArray
from dcrisk.exact.process import INTERRUPTED, Process
from dcrisk.exact.structure import Gate, below, gate_of, hosts_of
from dcrisk.layouts import ROUNDING, Layout
from dcrisk.specification import SpecificationError

MOST_COMBINATIONS = 5_000


class Refused(SpecificationError):
    """Says by name what cannot be solved, and which hazards would have to be left out, if that would do."""

    def __init__(self, item: str, why: str, hazards: Iterable[str] = ()) -> None:
        super().__init__(f"{item} cannot be solved exactly, since {why}; use estimate(...) instead")
        self.hazards = frozenset(hazards)


class Service:
    """When a service is down, in terms of the processes that strike what it depends on.

    Processes that strike the same of the nodes on which it depends are one variable.
    """

    def __init__(self, layout: Layout, gates: Mapping[str, Gate], processes: Sequence[Process]) -> None:
        self._layout = layout
        self._gate = gate_of(layout.expression)
        nodes = below(hosts_of(layout), gates)
        self._gates = {name: gates[name] for name in nodes}
        striking = {i: strikes for i, p in enumerate(processes) if (strikes := p.strikes & nodes)}
        _check_processes([processes[i] for i in striking], layout)
        self._check_layout([processes[i] for i in striking])

        groups: dict[frozenset[str], list[int]] = {}
        for i, strikes in striking.items():
            groups.setdefault(strikes, []).append(i)
        self._own: dict[str, list[int]] = {name: [] for name in nodes}
        for v, strikes in enumerate(groups):
            for name in strikes:
                self._own[name].append(v)
        self._hazards = [frozenset(processes[i].hazard for i in some) for some in groups.values()]
        self._chances = [0.0] * len(groups)
        self._errors = self._placements()
        self._support = self._supports()
        self._place = {v: place for place, v in enumerate(self._order())}
        self._summation = self._sum_over()
        self._mixture = Mixture(
            processes,
            [(self._place[v], i) for v, some in enumerate(groups.values()) for i in some],
            [self._chances[v] for v in self._place],
        )
        if self._mixture.combinations > MOST_COMBINATIONS:
            raise Refused(
                f"layout {layout.name!r}",
                f"so many rates that are not known are shared by some of its nodes: {', '.join(self._mixture.names)}",
            )

    def probability(self, hours: FloatArray, quiet: Sequence[FloatArray]) -> FloatArray:
        """That the service is down at these hours, from the logarithms (rates, hours) that each process is quiet."""
        total = np.zeros(len(hours))
        for weight, logs in self._mixture.given(len(hours), quiet):
            total += weight * self._summation.probability(-np.expm1(logs), np.exp(logs))
        return total

    def _check_layout(self, processes: Iterable[Process]) -> None:
        layout = f"layout {self._layout.name!r}"
        if self._layout.moves and any(gate.needed < len(gate.of) for gate in self._gate.gates()):
            raise Refused(layout, "with failover it matters which replicas are in use")
        if self._layout.relocation is not None:
            for process in processes:
                if process.states != INTERRUPTED:
                    raise Refused(
                        layout, f"relocation follows the damage done by hazard {process.hazard!r}", [process.hazard]
                    )

    def _placements(self) -> dict[str, list[tuple[str, int]]]:
        """Where else a replica may stand, and the variable that says so if none before it did."""
        errors: dict[str, list[tuple[str, int]]] = {}
        left: dict[str, float] = {}
        for (believed, actual), probability in self._layout.placement_error.items():
            rest = left.get(believed, 1.0)
            if probability > 0.0 and rest > 0.0:
                errors.setdefault(believed, []).append((actual, len(self._chances)))
                self._chances.append(min(1.0, probability / rest))
                left[believed] = max(0.0, rest - probability)
        return errors

    # ------------------------------------------------------------ in which order variables are asked for

    def _supports(self) -> dict[str, frozenset[int]]:
        """The variables on which each node depends; refused is what would need more than them."""
        support: dict[str, frozenset[int]] = {}
        for name in TopologicalSorter({name: set(gate.names()) for name, gate in self._gates.items()}).static_order():
            for gate in self._gates[name].gates():
                striking = frozenset().union(*(self._hazards[v] for below in gate.names() for v in support[below]))
                if gate.refusal and striking:
                    item = f"node {name!r}, on which layout {self._layout.name!r} depends,"
                    raise Refused(item, gate.refusal, striking)
            support[name] = frozenset(self._own[name]).union(*(support[n] for n in self._gates[name].names()))
        return support

    def _support_of_host(self, name: str) -> frozenset[int]:
        places = self._errors.get(name, [])
        return self._support[name].union(*(self._support[actual] | {v} for actual, v in places))

    def _order(self) -> list[int]:
        """Replicas that depend on the same come side by side, and what many depend on comes before them."""
        hosts = {name: self._support_of_host(name) for name in dict.fromkeys(self._gate.names())}
        depending: dict[int, int] = {}
        for support in hosts.values():
            for v in sorted(support):
                depending[v] = depending.get(v, 0) + 1
        rank = {v: i for i, v in enumerate(sorted(depending, key=lambda v: -depending[v]))}
        ranked = {name: tuple(sorted(rank[v] for v in support)) for name, support in hosts.items()}
        by_rank = list(rank)
        order: dict[int, None] = {}

        def visit(member: Gate | str) -> None:
            if isinstance(member, str):
                order.update(dict.fromkeys(by_rank[r] for r in ranked[member]))
                return
            for inner in sorted(member.of, key=ranks_of):
                visit(inner)

        def ranks_of(member: Gate | str) -> tuple[int, ...]:
            if isinstance(member, str):
                return ranked[member]
            return tuple(sorted(set().union(*(ranked[name] for name in member.names()))))

        visit(self._gate)
        return list(order)

    # ------------------------------------------------------------ the function

    def _sum_over(self) -> Summation:
        diagram = Diagram()
        ups: dict[str, int] = {}
        for name in self._support:
            own = [diagram.variable(self._place[v]) for v in self._own[name]]
            ups[name] = diagram.at_least(len(own) + 1, [*own, _function(diagram, self._gates[name], ups)])
        hosts = {name: self._host(diagram, name, ups) for name in dict.fromkeys(self._gate.names())}
        service = _function(diagram, self._gate, hosts)
        if self._layout.shares and self._layout.down_below > ROUNDING:
            carriers, shares = zip(*self._layout.shares, strict=True)
            enough = diagram.at_least(self._layout.down_below - ROUNDING, [hosts[name] for name in carriers], shares)
            service = diagram.at_least(2, [service, enough])
        return diagram.sum_over(service)

    def _host(self, diagram: Diagram, name: str, ups: Mapping[str, int]) -> int:
        """Whether what is believed to run at a node runs, wherever it does."""
        up = ups[name]
        for actual, v in reversed(self._errors.get(name, [])):
            up = diagram.choose(diagram.variable(self._place[v]), up, ups[actual])
        return up


def _function(diagram: Diagram, gate: Gate, ups: Mapping[str, int]) -> int:
    if gate.needed == 0:
        return UP
    members = [ups[m] if isinstance(m, str) else _function(diagram, m, ups) for m in gate.of]
    return diagram.at_least(gate.needed, members)


def _check_processes(processes: Collection[Process], layout: Layout) -> None:
    """Raise unless all of them can be solved, alone and together."""
    bonds: set[tuple[str, str]] = set()
    for process in processes:
        why = process.refusal
        if process.bond and (process.hazard, process.bond) in bonds:
            why = process.bond
        if why:
            raise Refused(f"hazard {process.hazard!r}, on which layout {layout.name!r} depends,", why, [process.hazard])
        bonds.add((process.hazard, process.bond))
