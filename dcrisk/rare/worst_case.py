"""What could fail if events did their worst: which numbers of events can do no harm at all, without simulating.

Every hit that an event may bring is taken as if it lasted for the whole trial, every fire as if it took all that it can
reach, every backup as if it failed. Where a service or its data survive even that, their risk is exactly 0.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from dcrisk.kernels import records
from dcrisk.kernels.arrays import Plan

BoolArray = npt.NDArray[np.bool_]
MOST_CASES = 50_000
"""Combinations of components that are looked at, one by one, before the worst is taken for granted."""
AT_ONCE = 2048
LAYOUTS = (records.STORE, records.PRIMARY, records.SERVICE, records.ACCOUNT)
OF_SERVICES = (records.DOWNTIME, records.ANY_OUTAGE, records.OUTAGES, records.LONGEST)


class _Vertex:
    """A vertex of a plan, in plain Python: to take one out of its array takes longer than to evaluate it."""

    def __init__(self, plan: Plan, row: tuple[int, ...]) -> None:
        assert records.VERTEX.names is not None
        named = dict(zip(records.VERTEX.names, row, strict=True))
        self.kind, self.tolerance, self.item = named["kind"], named["tolerance"], named["item"]
        self.parents: list[int] = plan.parents[named["first_parent"] : named["last_parent"]].tolist()
        self.contents: list[int] = plan.contents[named["first_content"] : named["last_content"]].tolist()
        self.members: list[int] = plan.members[named["first_member"] : named["last_member"]].tolist()
        self.shares = plan.shares[named["first_member"] : named["last_member"]]
        self.leads_out = self.kind in LAYOUTS or named["crew"] >= 0
        """To a layout, or it takes the time of a crew."""


class WorstCase:
    """The worst that sets of components can do to each layout."""

    def __init__(self, plan: Plan, layouts: int, quantity: int) -> None:
        self._plan, self._layouts, self._quantity = plan, layouts, quantity
        self._vertices = [_Vertex(plan, row) for row in plan.vertices.tolist()]
        self._reach: dict[tuple[int, int], tuple[frozenset[int], frozenset[int]]] = {}

    def fails(
        self,
        always: Iterable[tuple[int, int]],
        classes: Sequence[tuple[int, Sequence[int], int]],
        known: BoolArray | None = None,
    ) -> BoolArray:
        """Which layouts may fail if events of ``always``, pairs of source and component, happen in any case, and of each
        class, (source, its components, number of events), as many as it has. Those that are ``known`` to fail, do."""
        base = self._struck(always)
        chosen = [(s, list(components), min(n, len(components))) for s, components, n in classes if n > 0]
        everything = self._evaluate([self._join(base, [(s, c) for s, listed, _ in chosen for c in listed])])[:, 0]
        cases = math.prod(math.comb(len(listed), n) for _, listed, n in chosen)
        if cases == 1 or cases > MOST_CASES:
            return everything
        found = np.zeros(self._layouts, np.bool_) if known is None else known.copy()
        combinations = itertools.product(*(itertools.combinations(listed, n) for _, listed, n in chosen))
        while not (found == everything).all():
            some = list(itertools.islice(combinations, AT_ONCE))
            if not some:
                break
            pairs = [[(chosen[i][0], c) for i, group in enumerate(case) for c in group] for case in some]
            found |= self._evaluate([self._join(base, case) for case in pairs]).any(axis=1)
        return found

    def matters(self, s: int, c: int) -> bool:
        """Whether an event can make a difference to any layout."""
        hit, destroyed = self._reached(s, c)
        waiting = list(hit | destroyed)
        seen = set(waiting)
        while waiting:
            vertex = self._vertices[waiting.pop()]
            if vertex.leads_out:
                return True
            for v in (*vertex.parents, *vertex.contents):
                if v not in seen:
                    seen.add(v)
                    waiting.append(v)
        return False

    # ------------------------------------------------------------ what events reach

    def _join(self, base: tuple[set[int], set[int]], pairs: Iterable[tuple[int, int]]) -> tuple[set[int], set[int]]:
        hit, destroyed = self._struck(pairs)
        return base[0] | hit, base[1] | destroyed

    def _struck(self, pairs: Iterable[tuple[int, int]]) -> tuple[set[int], set[int]]:
        hit: set[int] = set()
        destroyed: set[int] = set()
        for s, c in pairs:
            more, worse = self._reached(s, c)
            hit |= more
            destroyed |= worse
        return hit, destroyed

    def _reached(self, s: int, c: int) -> tuple[frozenset[int], frozenset[int]]:
        """The vertices that an event of a source may strike, and destroy, with all that it may raise."""
        if (s, c) not in self._reach:
            plan = self._plan
            hit, destroyed = self._own(s, c)
            for k in range(len(plan.triggers)):
                r = int(plan.raised[k, s])
                if r >= 0:
                    more, worse = self._struck((r, component) for component in components_of(plan, r))
                    hit |= more
                    destroyed |= worse
            self._reach[s, c] = frozenset(hit), frozenset(destroyed)
        return self._reach[s, c]

    def _own(self, s: int, c: int) -> tuple[set[int], set[int]]:
        plan, source = self._plan, self._plan.sources[s]
        kind = int(source["kind"])
        component = plan.components[c]
        listed = plan.component_nodes[component["first_node"] : component["last_node"]]
        if kind == records.FIRE:
            return self._burnt(int(source["item"]), [int(i) for i in listed])
        if kind == records.FLOOD:
            flood = plan.floods[source["item"]]
            places = plan.places[flood["first_place"] : flood["first_place"] + flood["places"]]["node"]
            nodes = {int(v) for v in places}
            return nodes, set(nodes)
        if kind == records.DISC:
            disc = plan.discs[source["item"]]
            return {int(v) for v in plan.disc_nodes[disc["first"] : disc["last"]]["node"]}, set()
        if kind == records.TABLE_EVENT:
            hits = plan.hits[listed]
            lost = hits["node"][hits["state"] == records.DESTROYED]
            return {int(v) for v in hits["node"]}, {int(v) for v in lost}
        nodes = {int(v) for v in listed}
        return nodes, set(nodes) if source["state"] == records.DESTROYED else set()

    def _burnt(self, item: int, origins: list[int]) -> tuple[set[int], set[int]]:
        plan, fire = self._plan, self._plan.fires[item]
        first = int(fire["first_building"])
        reached, waiting = set(origins), list(origins)
        while waiting:
            building = plan.buildings[first + waiting.pop()]
            for edge in plan.edges[building["first_edge"] : building["last_edge"]]:
                if edge["probability"] > 0.0 and int(edge["target"]) not in reached:
                    reached.add(int(edge["target"]))
                    waiting.append(int(edge["target"]))
        again = fire["reignition"] > 0.0
        hit: set[int] = set()
        cut: set[int] = set()
        for j in reached:
            building = plan.buildings[first + j]
            hit.add(int(building["node"]))
            for g in plan.campuses[building["first_campus"] : building["last_campus"]]:
                group = int(fire["first_group"]) + int(g)
                members = plan.campus_members[plan.campus_first[group] : plan.campus_first[group + 1]]
                cut |= {int(v) for v in members}
        lost = {
            int(plan.buildings[first + j]["node"])
            for j in reached
            if plan.buildings[first + j]["destroyed"] > 0.0 or again
        }
        if again:  # the remains include the campus, and its buildings have campuses in turn
            everything = plan.buildings[first : first + int(fire["buildings"])]["node"]
            members = plan.campus_members[
                plan.campus_first[fire["first_group"]] : plan.campus_first[fire["first_group"] + fire["groups"]]
            ]
            hit |= {int(v) for v in everything} | {int(v) for v in members}
            lost |= {int(v) for v in everything}
        return hit | cut, lost

    # ------------------------------------------------------------ what fails then

    def _evaluate(self, cases: Sequence[tuple[set[int], set[int]]]) -> BoolArray:
        """Which layouts may fail in each case: (layout, case)."""
        plan, vertices = self._plan, self._vertices
        down = np.zeros((len(vertices), len(cases)), np.bool_)
        gone = np.zeros((len(vertices), len(cases)), np.bool_)  # own outages of copies
        for k, (hit, destroyed) in enumerate(cases):
            down[sorted(hit), k] = True
            for v in destroyed:
                gone[vertices[v].contents, k] = True
        missing = np.zeros((len(vertices), len(cases)), np.int32)
        failed = np.zeros((self._layouts, len(cases)), np.bool_)
        for v, vertex in enumerate(vertices):
            if vertex.kind in (records.COPY, records.RECOPIED):
                down[v] |= gone[v]
            if vertex.kind in (records.PLACED, records.FAILOVER, records.ACCOUNT):
                down[v] |= down[vertex.members].any(axis=0)
            elif vertex.kind == records.CAPACITY:
                demand = plan.demands[vertex.item]
                down[v] |= demand["full"] - vertex.shares @ down[vertex.members] < demand["down_below"]
            else:
                down[v] |= missing[v] > vertex.tolerance
            self._judge(vertex, down[v], failed)
            for parent in vertex.parents:
                missing[parent] += down[v]
        return failed

    def _judge(self, vertex: _Vertex, down: BoolArray, failed: BoolArray) -> None:
        """Note what a vertex that is down means for the quantity."""
        kind, item = vertex.kind, vertex.item
        if kind == records.STORE and self._quantity == records.DATA_LOSS:
            failed[item] |= down
        elif kind == records.PRIMARY and self._quantity == records.LOST_HOURS:
            failed[self._plan.protections[item]["layout"]] |= down
        elif kind == records.ACCOUNT and self._quantity == records.DEGRADED:
            failed[self._plan.demands[item]["layout"]] |= down
        elif kind == records.SERVICE and self._quantity in OF_SERVICES:
            failed[item] |= down


def components_of(plan: Plan, s: int) -> list[int]:
    """The components that an event of a source may strike."""
    source = plan.sources[s]
    if source["origin"] >= 0:
        return [int(source["origin"])]
    choices = plan.choices[source["first"] : source["first"] + source["size"]]
    return [int(c) for c in choices["component"]]
