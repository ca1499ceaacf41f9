"""What a map shows of a scenario: its nodes, where they stand, what they need, how fire passes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from dcrisk.plotting.ground import FloatArray, local_plane, read_projection, read_rivers

Spot = tuple[float, float]
Edge = tuple[str, str]


@dataclass
class Graph:
    """What the map shows of a scenario. Places are in kilometres east and north of the middle."""

    names: list[str]
    sites: set[str]
    places: dict[str, Spot]
    needs: list[Edge]  # (what is needed, by whom)
    parts: list[Edge]  # (whole, part)
    fires: dict[Edge, float]
    isolated: list[list[str]]
    rivers: dict[str, FloatArray] = field(default_factory=dict)  # places along each

    def users(self, name: str) -> list[str]:
        return [user for needed, user in self.needs + self.parts if needed == name]

    def reach(self, name: str) -> set[str]:
        """The node and all that need it, at any remove."""
        found, new = set[str](), {name}
        while new:
            found |= new
            new = {user for n in new for user in self.users(n)} - found
        return found

    def merged(self, group: dict[str, str], places: dict[str, Spot]) -> Graph:
        """The graph with each node replaced by its group."""

        def edges(pairs: Iterable[Edge]) -> list[Edge]:
            found = [(group.get(a, a), group.get(b, b)) for a, b in pairs]
            return list(dict.fromkeys((a, b) for a, b in found if a != b))

        names = list(dict.fromkeys(group.get(name, name) for name in self.names))
        fires: dict[Edge, float] = {}
        for (a, b), p in self.fires.items():
            edge = group.get(a, a), group.get(b, b)
            if edge[0] != edge[1]:
                fires[edge] = max(p, fires.get(edge, 0.0))
        sites = {group.get(name, name) for name in self.sites}
        return Graph(names, sites, places, edges(self.needs), edges(self.parts), fires, [], self.rivers)

    def only(self, names: Iterable[str]) -> Graph:
        """The part of the graph between these nodes."""
        kept = set(names)

        def inside(pairs: Iterable[Edge]) -> list[Edge]:
            return [(a, b) for a, b in pairs if a in kept and b in kept]

        return Graph(
            [n for n in self.names if n in kept],
            self.sites & kept,
            {n: place for n, place in self.places.items() if n in kept},
            inside(self.needs),
            inside(self.parts),
            {edge: self.fires[edge] for edge in inside(self.fires)},
            [[n for n in campus if n in kept] for campus in self.isolated],
            self.rivers,
        )


def read_graph(scenario: Any, projection: Any = None, rivers: Any = None) -> Graph:
    """What a map shows of a scenario; places in kilometres, by default on a plane that touches the globe amid them."""
    nodes = list(scenario.nodes)
    placed = [n for n in nodes if n.lat is not None and n.lon is not None]
    middle_lat = float(np.mean([n.lat for n in placed])) if placed else 0.0
    middle_lon = float(np.mean([n.lon for n in placed])) if placed else 0.0
    plane = local_plane(middle_lat, middle_lon) if projection is None else read_projection(projection)
    spots = plane(np.array([n.lat for n in placed], float), np.array([n.lon for n in placed], float))
    fires: dict[Edge, float] = {}
    isolated = []
    for hazard in scenario.hazards:
        for edge, p in dict(getattr(hazard, "spread", None) or {}).items():
            fires[(str(edge[0]), str(edge[1]))] = max(float(p), fires.get((str(edge[0]), str(edge[1])), 0.0))
        isolated += [list(campus) for campus in getattr(hazard, "isolation", None) or []]
    return Graph(
        names=[n.name for n in nodes],
        sites={n.name for n in nodes if hasattr(n, "part_of")},
        places={n.name: (float(x), float(y)) for n, (x, y) in zip(placed, spots, strict=True)},
        needs=list(dict.fromkeys((needed, n.name) for n in nodes for needed in _needed(n.requires))),
        parts=[(n.part_of, n.name) for n in nodes if getattr(n, "part_of", None)],
        fires=fires,
        isolated=isolated,
        rivers={name: plane(line[:, 0], line[:, 1]) for name, line in read_rivers(rivers).items()},
    )


def _needed(requires: Iterable[Any]) -> Iterator[str]:
    for item in requires:
        if isinstance(item, str):
            yield item
        else:
            yield from item.names()


def find_clusters(graph: Graph) -> list[list[str]]:
    """Groups of nodes within a twentieth of the map's extent, if they leave something outside."""
    names = list(graph.places)
    if len(names) < 3:
        return []
    points = np.array([graph.places[n] for n in names])
    gaps = np.linalg.norm(points[:, None] - points[None, :], axis=2)
    group = np.arange(len(names))
    for i, j in zip(*np.nonzero(gaps < 0.05 * gaps.max()), strict=True):
        group[group == group[j]] = group[i]
    found = [[n for n, g in zip(names, group, strict=True) if g == one] for one in dict.fromkeys(group.tolist())]
    return [members for members in found if len(members) > 1] if len(found) > 1 else []
