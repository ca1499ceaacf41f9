"""What an event of each hazard strikes, as arrays."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from dcrisk.compiler.graph import STATES, Graph
from dcrisk.compiler.tables import Tables, rows
from dcrisk.durations import tabulate
from dcrisk.hazards import EventTable, Failure, Fire, Flood, GridOutage, Hazard, Maintenance
from dcrisk.hazards.flood import distances_km
from dcrisk.kernels import records
from dcrisk.rates import mean_rate
from dcrisk.scenario import Scenario
from dcrisk.specification import SpecificationError

LARGEST_SCORE = 8.3  # normal scores of the uniforms that Philox gives lie within 8.21
Fields = dict[str, Any]
Added = tuple[Fields, list[list[int]]]


class Hits:
    """Fires, floods, discs and catalogues, row by row."""

    def __init__(self, tables: Tables, graph: Graph, scenario: Scenario) -> None:
        self._tables = tables
        self._nodes = graph.struck
        self._scenario = scenario
        self._fires: list[tuple[Any, ...]] = []
        self._buildings: list[tuple[Any, ...]] = []
        self._edges: list[tuple[Any, ...]] = []
        self._campuses: list[int] = []
        self._campus_first: list[int] = [0]
        self._campus_members: list[int] = []
        self._discs: list[tuple[Any, ...]] = []
        self._disc_nodes: list[tuple[Any, ...]] = []
        self._catalogues: list[tuple[Any, ...]] = []
        self._listed: list[tuple[Any, ...]] = []
        self._floods: list[tuple[Any, ...]] = []
        self._basins: list[tuple[Any, ...]] = []
        self._places: list[tuple[Any, ...]] = []
        self._numbers: list[float] = []

    def add(self, hazard: Hazard) -> Added:
        """The fields of the source of a hazard, and what each of its components strikes."""
        kinds: dict[type, Callable[[Any], Added]] = {
            Failure: self._failure,
            GridOutage: self._grid_outage,
            Fire: self._fire,
            Flood: self._flood,
            EventTable: self._event_table,
            Maintenance: self._maintenance,
        }
        fields, struck = kinds[type(hazard)](hazard)
        return {"state": records.INTERRUPTED, "renewal": 0, "table": -1, "item": -1, **fields}, struck

    def add_numbers(self, numbers: Iterable[float]) -> int:
        """Keep some numbers; the place of the first."""
        first = len(self._numbers)
        self._numbers.extend(float(x) for x in numbers)
        return first

    def _failure(self, hazard: Failure) -> Added:
        nodes = [self._nodes[site] for site in hazard.origins()]
        fields = {
            "kind": records.FAILURE,
            "renewal": 1,
            "state": STATES[hazard.state],
            "table": self._tables.add(hazard.duration),
        }
        return fields, [nodes] if hazard.shared else [[node] for node in nodes]

    def _grid_outage(self, hazard: GridOutage) -> Added:
        table = self._tables.add(hazard.duration)
        if hazard.disc is None:
            struck = [[self._nodes[node] for node in hazard.struck(origin)] for origin in hazard.origins()]
            return {"kind": records.GRID, "table": table}, struck
        south, west, north, east = (math.radians(x) for x in hazard.disc.area)
        first = len(self._disc_nodes)
        places = []
        for name in hazard.disc.nodes:
            node = self._scenario.node(name)
            assert node.lat is not None and node.lon is not None
            lat, lon = math.radians(node.lat), math.radians(node.lon)
            vector = math.cos(lat) * math.cos(lon), math.cos(lat) * math.sin(lon), math.sin(lat)
            places.append((self._nodes[name], lat, *vector))
        self._disc_nodes.extend(sorted(places, key=lambda place: place[1]))
        radius = self._tables.add(hazard.disc.radius_km)
        sines = math.sin(south), math.sin(north)
        self._discs.append((first, len(self._disc_nodes), radius, *sines, west, east))
        return {"kind": records.DISC, "table": table, "item": len(self._discs) - 1}, [[]]

    def _maintenance(self, hazard: Maintenance) -> Added:
        fields = {"kind": records.GRID, "table": self._tables.add(hazard.duration)}
        return fields, [[self._nodes[site]] for site in hazard.origins()]

    def _event_table(self, hazard: EventTable) -> Added:
        struck: dict[str, list[int]] = {event: [] for event in hazard.origins()}
        columns = (hazard.events[name] for name in ("event", "site", "delay", "duration", "state"))
        for event, site, delay, duration, state in zip(*columns, strict=True):
            struck[event].append(len(self._listed))
            self._listed.append((self._nodes[site], STATES[state], on_grid(delay), duration))
        factor = -1
        if hazard.duration_spread > 0:
            from scipy import stats

            sigma = hazard.duration_spread
            factor = self._tables.add(stats.lognorm(sigma, scale=math.exp(-(sigma**2) / 2)))
        self._catalogues.append((factor, hazard.shared_fraction))
        return {"kind": records.TABLE_EVENT, "item": len(self._catalogues) - 1}, list(struck.values())

    def _fire(self, hazard: Fire) -> Added:
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
            ends = first, len(self._edges), first_campus, len(self._campuses)
            chances = _of(hazard.contained, name, 0.0), _of(hazard.destroyed, name, 0.0)
            self._buildings.append((self._nodes[name], *chances, *ends))
        for members in hazard.isolation:
            self._campus_members.extend(self._nodes[member] for member in members)
            self._campus_first.append(len(self._campus_members))
        durations = [
            self._tables.add(hazard.durations[state]) if state in hazard.durations else -1
            for state in ("interrupted", "damaged", "destroyed", "isolated")
        ]
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
                *durations,
                hazard.shared_fraction,
                hazard.reignition_probability,
                self._tables.add(hazard.reignition_delay),
                hazard.reignition_destroyed,
            )
        )
        fields = {"kind": records.FIRE, "item": len(self._fires) - 1}
        return fields, [[place[building]] for building in hazard.origins()]

    def _flood(self, hazard: Flood) -> Added:
        basins = list(hazard.stages)
        first_basin = len(self._basins)
        events = mean_rate(hazard.event_rate)
        for stage in hazard.stages.values():
            table = tabulate(lambda u, stage=stage: stage.level(1.0 - u), stage.level)
            alone = len(basins) == 1 and hazard.rate_per_year is None
            share = 1.0 if alone else mean_rate(stage.peak_rate) / events if events > 0 else 0.0
            self._basins.append((self._tables.add_table(table), share))
        freedom, mixing = 0, -1
        if hazard.copula == "t":
            from scipy import stats

            freedom, mixing = hazard.degrees_of_freedom, self._tables.add(stats.chi2(hazard.degrees_of_freedom))
        correlation = self.add_numbers(np.linalg.cholesky(hazard.correlation_matrix()).ravel())
        first_place, reach = len(self._places), math.inf
        factor = self._residual_factor(hazard)
        for i, node in enumerate(hazard.nodes()):
            floor = hazard.protection[node] if hazard.floor is None else hazard.floor[node]
            breach = _of(hazard.breach, node)
            protection = hazard.protection[node]
            self._places.append((self._nodes[node], basins.index(hazard.basin_of(node)), protection, floor, breach))
            highest = 1.0 if factor is None else float(np.abs(factor[i]).sum())
            lowest = floor if breach > 0 else protection
            reach = min(reach, lowest - hazard.residual_sd * LARGEST_SCORE * highest)
        self._floods.append(
            (
                first_basin,
                len(basins),
                freedom,
                mixing,
                correlation,
                first_place,
                len(hazard.nodes()),
                -1 if factor is None else self.add_numbers(factor.ravel()),
                hazard.residual_sd,
                reach,
                hazard.critical_depth,
                hazard.fragility,
                hazard.duration_growth_per_m,
                hazard.shared_fraction,
                *(self._tables.add(hazard.durations.get(state, 0.0)) for state in ("damaged", "destroyed")),
            )
        )
        return {"kind": records.FLOOD, "item": len(self._floods) - 1}, [[]]

    def _residual_factor(self, hazard: Flood) -> np.ndarray | None:
        """The Cholesky factor of the correlation of residuals; None if they are independent."""
        if hazard.correlation_km == 0 or hazard.residual_sd == 0:
            return None
        nodes = [self._scenario.node(name) for name in hazard.nodes()]
        distances = distances_km([(node.lat, node.lon) for node in nodes])  # type: ignore[misc]
        # the small term keeps places at one spot, which are correlated fully, within what a factor can express
        return np.linalg.cholesky(np.exp(-distances / hazard.correlation_km) + 1e-12 * np.eye(len(nodes)))

    def arrays(self) -> dict[str, np.ndarray]:
        """The arrays of the plan that say what is struck."""
        return {
            "fires": rows(records.FIRE_TYPE, self._fires),
            "buildings": rows(records.BUILDING, self._buildings),
            "edges": rows(records.EDGE, self._edges),
            "campuses": np.array(self._campuses, np.int64),
            "campus_first": np.array(self._campus_first, np.int64),
            "campus_members": np.array(self._campus_members, np.int64),
            "discs": rows(records.DISC_TYPE, self._discs),
            "disc_nodes": rows(records.DISC_NODE, self._disc_nodes),
            "catalogues": rows(records.CATALOGUE, self._catalogues),
            "hits": rows(records.HIT, self._listed),
            "floods": rows(records.FLOOD_TYPE, self._floods),
            "basins": rows(records.BASIN, self._basins),
            "places": rows(records.PLACE, self._places),
            "numbers": np.array(self._numbers, np.float64),
        }


def on_grid(hours: float) -> float:
    """Hours on the grid of times of the kernels (kernels/tables.py)."""
    return (hours + 1.5 * 2.0**22) - 1.5 * 2.0**22


def _of(value: Any, key: Any, missing: Any = None) -> Any:
    """The value of one item, where it may be one for all."""
    return value.get(key, missing) if isinstance(value, Mapping) else value
