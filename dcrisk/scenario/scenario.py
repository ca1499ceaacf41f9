"""The scenario: nodes and hazards, checked against each other."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING, Any

from dcrisk.hazards import Fire, Flood, GridOutage, Hazard
from dcrisk.scenario.conditions import Given
from dcrisk.scenario.crews import Crew
from dcrisk.scenario.glance import as_html, as_text
from dcrisk.scenario.networks import fields_of_graph, to_graph
from dcrisk.scenario.nodes import Node, Site, Utility
from dcrisk.scenario.requirements import Requirement
from dcrisk.scenario.triggers import Trigger
from dcrisk.specification import (
    Specification,
    SpecificationError,
    check_known,
    check_list,
    check_name,
    check_number,
    check_text,
    check_unique,
    names_arguments,
    set_field,
)

if TYPE_CHECKING:
    import networkx as nx


def _has_backup(need: str | Requirement) -> bool:
    return isinstance(need, Requirement) and need.has_backup()


@names_arguments
@dataclass(frozen=True, eq=False, repr=False)
class Scenario(Specification):
    """Nodes and hazards, checked against each other.

    Parameters
    ----------
    nodes : sequence of Site and Utility
        With unique names and no cycle among what they require.
    hazards : sequence of Failure, GridOutage, Fire, Flood, EventTable and Maintenance
        With unique names; the name also picks the random numbers.
    name, description : str
        For people.
    conditions : sequence of Given
        Use :meth:`given`.
    crews : sequence of Crew
        Who repairs; without crews every recovery begins at once.
    triggers : sequence of Trigger
        Hazards that raise others.

    Raises
    ------
    SpecificationError
        Naming the item: unknown or repeated names, a cycle, a hazard that burns what is no site.

    Examples
    --------
    >>> scenario = Scenario([Utility("grid"), Site("A", requires=["grid"])])
    >>> [site.name for site in scenario.sites]
    ['A']
    """

    nodes: Sequence[Node]
    hazards: Sequence[Hazard] = ()
    name: str = "scenario"
    description: str = ""
    conditions: Sequence[Given] = field(default=())
    crews: Sequence[Crew] = ()
    triggers: Sequence[Trigger] = ()

    def __post_init__(self) -> None:
        set_field(
            self,
            nodes=tuple(check_list(self.nodes, "scenario: nodes")),
            hazards=tuple(check_list(self.hazards, "scenario: hazards")),
            conditions=tuple(check_list(self.conditions, "scenario: conditions")),
            crews=tuple(check_list(self.crews, "scenario: crews")),
            triggers=tuple(check_list(self.triggers, "scenario: triggers")),
            name=check_name(self.name, "scenario"),
            description=check_text(self.description, "scenario: description"),
        )
        for node in self.nodes:
            if not isinstance(node, (Site, Utility)):
                raise SpecificationError(f"scenario: {node!r} is no Site or Utility")
        for hazard in self.hazards:
            if not isinstance(hazard, Hazard):
                raise SpecificationError(f"scenario: {hazard!r} is no hazard")
        if not self.nodes:
            raise SpecificationError("scenario: it has no nodes; give at least one Site")
        check_unique((node.name for node in self.nodes), "scenario: nodes")
        check_unique((hazard.name for hazard in self.hazards), "scenario: hazards")
        self._check_graph()
        self._check_hazards()
        for condition in self.conditions:
            self._check_condition(condition)
        self._check_crews()
        self._check_triggers()

    def _check_graph(self) -> None:
        names = [node.name for node in self.nodes]
        sites = [site.name for site in self.sites]
        needs: dict[str, list[str]] = {}
        for node in self.nodes:
            where = f"node {node.name!r}"
            needs[node.name] = [
                name for need in node.requires for name in ([need] if isinstance(need, str) else need.names())
            ]
            for name in needs[node.name]:
                check_known(name, names, f"{where}: requires")
            if isinstance(node, Site) and node.part_of is not None:
                check_known(node.part_of, sites, f"{where}: part_of (which must be a site)")
                needs[node.name].append(node.part_of)
        try:
            TopologicalSorter(needs).prepare()
        except CycleError as error:
            raise SpecificationError(
                f"nodes need each other in a circle: {' -> '.join(reversed(error.args[1]))}"
            ) from None

    def _check_hazards(self) -> None:
        names, sites = [node.name for node in self.nodes], [site.name for site in self.sites]
        for hazard in self.hazards:
            for name in hazard.nodes():
                check_known(name, names, f"hazard {hazard.name!r}")
            if isinstance(hazard, Fire):
                for name in hazard.buildings():
                    check_known(name, sites, f"fire {hazard.name!r}: only sites burn")
            elif isinstance(hazard, Flood) and hazard.correlation_km > 0:
                self._check_places(hazard.nodes(), f"flood {hazard.name!r}: correlation_km")
            elif isinstance(hazard, GridOutage):
                for region in hazard.regions:
                    if region in names:
                        raise SpecificationError(f"grid outage {hazard.name!r}: {region!r} is a node and a region")
                if hazard.disc is not None:
                    self._check_places(hazard.nodes(), f"grid outage {hazard.name!r}: disc")

    def _check_places(self, names: Iterable[str], where: str) -> None:
        for name in names:
            if self.node(name).lat is None:
                raise SpecificationError(f"{where} needs lat and lon of {name!r}")

    def _check_crews(self) -> None:
        names = [node.name for node in self.nodes]
        for crew in self.crews:
            if not isinstance(crew, Crew):
                raise SpecificationError(f"scenario: crews: {crew!r} is no Crew")
            for name in crew.sites:
                check_known(name, names, f"crew {crew.name!r}")
        check_unique((crew.name for crew in self.crews), "scenario: crews")
        check_unique((name for crew in self.crews for name in crew.sites), "scenario: the sites of crews")

    def _check_triggers(self) -> None:
        hazards = {hazard.name: hazard for hazard in self.hazards}
        seen: set[tuple[str, str | None, str | None]] = set()
        follows: dict[str, list[str]] = {}
        for trigger in self.triggers:
            if not isinstance(trigger, Trigger):
                raise SpecificationError(f"scenario: triggers: {trigger!r} is no Trigger")
            where = f"trigger of {trigger.effect!r}"
            check_known(trigger.effect, hazards, f"{where}: effect")
            effect = hazards[trigger.effect]
            if trigger.origin is not None:
                check_known(trigger.origin, effect.origins(), f"{where}: origin")
            if trigger.cause is not None:
                check_known(trigger.cause, hazards, f"{where}: cause")
                follows.setdefault(trigger.effect, []).append(trigger.cause)
            else:
                supplied = [node.name for node in self.nodes if any(_has_backup(need) for need in node.requires)]
                check_known(trigger.backup, supplied, f"{where}: backup (a node that has one)")
            key = (trigger.effect, trigger.cause, trigger.backup)
            if key in seen:
                raise SpecificationError(f"{where}: {trigger.cause or trigger.backup!r} raises it twice")
            seen.add(key)
        try:
            TopologicalSorter(follows).prepare()
        except CycleError as error:
            raise SpecificationError(f"hazards raise each other in a circle: {' -> '.join(error.args[1])}") from None

    def _check_condition(self, given: Given) -> None:
        if not isinstance(given, Given):
            raise SpecificationError(f"scenario: conditions: {given!r} is no Given; use scenario.given(...)")
        check_known(given.hazard, [hazard.name for hazard in self.hazards], "given")
        hazard = next(hazard for hazard in self.hazards if hazard.name == given.hazard)
        where = f"given {given.hazard!r}"
        if given.origin is not None:
            check_known(given.origin, hazard.origins(), f"{where}: origin")
        if given.stage is not None:
            if not isinstance(hazard, Flood):
                raise SpecificationError(f"{where}: stage belongs to a Flood")
            stages = given.stage if isinstance(given.stage, Mapping) else dict.fromkeys(hazard.stages, given.stage)
            for basin, stage in stages.items():
                check_known(basin, list(hazard.stages), f"{where}: stage")
                check_number(stage, f"{where}: stage")
        if given.contained is None and given.state is None:
            return
        if not isinstance(hazard, Fire):
            raise SpecificationError(f"{where}: contained and state belong to a Fire")
        if given.contained is not None and not isinstance(given.contained, bool):
            raise SpecificationError(f"{where}: contained = {given.contained!r} must be true or false")
        if given.state is not None:
            check_known(given.state, ("damaged", "destroyed"), f"{where}: state")
            if given.contained:
                raise SpecificationError(f"{where}: a contained fire leaves no state {given.state!r}")
            if given.state not in hazard.durations:
                raise SpecificationError(f"{where}: state {given.state!r} has no entry in durations")

    @property
    def sites(self) -> tuple[Site, ...]:
        """The nodes that are sites."""
        return tuple(node for node in self.nodes if isinstance(node, Site))

    def node(self, name: str) -> Node:
        """Return the node of that name.

        Parameters
        ----------
        name : str
            Of a site or utility.

        Returns
        -------
        Site or Utility

        Raises
        ------
        SpecificationError
            If there is no such node; a name that is close is suggested.

        Examples
        --------
        >>> Scenario([Site("A", lat=48.6, lon=7.8)]).node("A").lat
        48.6
        """
        check_known(name, [node.name for node in self.nodes], "scenario")
        return next(node for node in self.nodes if node.name == name)

    def given(
        self,
        hazard: str,
        origin: str | None = None,
        *,
        contained: bool | None = None,
        state: str | None = None,
        stage: float | Mapping[str, float] | None = None,
    ) -> Scenario:
        """Condition on an event of ``hazard`` at time 0 of every trial: "what if SBG2 burns tonight?".

        The event is added to the events that happen anyway, as Slivnyak's theorem has it for Poisson processes. (Where
        the rate is a distribution, or dispersion is above 1, that an event happens says something about the rate as
        well; this is not taken into account. Of a Maintenance it is one window beside the plan.) It happens even where the hazard alone would not strike, such as a
        component that is down already; a component that it takes down does not fail again through the same hazard
        until it is back.

        Parameters
        ----------
        hazard : str
            Name of a hazard.
        origin : str, optional
            Where it strikes; by default drawn by the rates.
        contained : bool, optional
            For a Fire: whether suppression holds it; by default drawn.
        state : {"damaged", "destroyed"}, optional
            For a Fire: the state of the origin; by default drawn. It implies ``contained=False``.
        stage : float or dict of str to float, optional
            For a Flood: the peak of every basin, or of those named while the others stay low; by default drawn.

        Returns
        -------
        Scenario

        Raises
        ------
        SpecificationError
            If there is no such hazard, origin or state, or the hazard knows none.

        References
        ----------
        Last and Penrose, "Lectures on the Poisson Process", 2017, chapter 4 (Slivnyak and Mecke).

        Examples
        --------
        >>> from dcrisk import Failure
        >>> scenario = Scenario([Site("A")], [Failure("equipment", 1.0, 24.0, ["A"])])
        >>> scenario.given("equipment", origin="A").conditions[0].origin
        'A'
        """
        return replace(self, conditions=(*self.conditions, Given(hazard, origin, contained, state, stage)))

    def without(self, *hazards: str) -> Scenario:
        """Return the scenario without some hazards and what was conditioned on them; all other draws stay put.

        Parameters
        ----------
        *hazards : str
            Their names.

        Returns
        -------
        Scenario

        Raises
        ------
        SpecificationError
            If there is no such hazard.

        Examples
        --------
        >>> from dcrisk import Failure
        >>> scenario = Scenario([Site("A")], [Failure("f", 1.0, 24.0, ["A"]), Failure("g", 1.0, 24.0, ["A"])])
        >>> [hazard.name for hazard in scenario.without("f").hazards]
        ['g']
        """
        for hazard in hazards:
            check_known(hazard, [h.name for h in self.hazards], "without")
        return replace(
            self,
            hazards=tuple(h for h in self.hazards if h.name not in hazards),
            conditions=tuple(g for g in self.conditions if g.hazard not in hazards),
            triggers=tuple(t for t in self.triggers if t.effect not in hazards and t.cause not in hazards),
        )

    def plain(self) -> dict[str, Any]:
        """Return the form used in files.

        Returns
        -------
        dict
            Of numbers, text, lists and tables, without what has its default.

        Examples
        --------
        >>> Scenario([Site("A")], name="one").plain()
        {'nodes': [{'type': 'Site', 'name': 'A'}], 'name': 'one'}
        """
        form = super().plain()
        form["name"] = self.name
        for key, items in (("nodes", self.nodes), ("hazards", self.hazards)):
            if items:
                form[key] = [{"type": type(item).__name__, **item.plain()} for item in items]
        return form

    def digest(self) -> str:
        """Return the SHA-256 of the canonical form: equal scenarios, equal digests.

        Returns
        -------
        str
            64 hexadecimal digits.

        Examples
        --------
        >>> Scenario([Site("A")]).digest() == Scenario([Site("A", restart=0.0)]).digest()
        True
        """
        return hashlib.sha256(json.dumps(self.plain(), sort_keys=True).encode()).hexdigest()

    def to_networkx(self) -> nx.DiGraph:
        """Return the nodes, and what they need, as a graph of networkx.

        Returns
        -------
        networkx.DiGraph
            An edge leads from what is needed to who needs it, so failures travel along edges:
            ``networkx.descendants(graph, "grid")`` can fall when the grid does. Attributes of a node are ``kind`` ("Site"
            or "Utility") and its fields; of an edge ``relation`` ("requires" or "part_of") and ``backup`` (whether one may
            carry it); of the graph the name, hazards, crews and triggers.

        Raises
        ------
        ImportError
            Without networkx: ``pip install 'dcrisk[networkx]'``.

        Examples
        --------
        >>> scenario = Scenario([Utility("grid"), Site("A", requires=["grid"])])
        >>> list(scenario.to_networkx().edges)
        [('grid', 'A')]
        """
        return to_graph(self)

    @classmethod
    def from_networkx(
        cls, graph: nx.DiGraph, *, hazards: Sequence[Hazard] | None = None, name: str | None = None
    ) -> Scenario:
        """Make a scenario of a directed graph; one made by :meth:`to_networkx` gives an equal scenario back.

        Parameters
        ----------
        graph : networkx.DiGraph
            An edge leads from what is needed to who needs it. A node without an attribute ``kind`` is a Site. Its other
            attributes are the fields of a Site or Utility, where they have their names. Without an attribute ``requires``
            a node needs all that edges lead from; with one, edges must say the same. Edges with
            ``relation="part_of"`` lead from the whole to its part.
        hazards : sequence of hazards, optional
            By default those that the graph has kept.
        name : str, optional
            By default that of the graph.

        Returns
        -------
        Scenario

        Raises
        ------
        SpecificationError
            Naming the node: what a Site or Utility does not take, or an edge that is not in ``requires``.

        Examples
        --------
        >>> import networkx as nx
        >>> graph = nx.DiGraph([("grid", "A"), ("grid", "B")])
        >>> graph.nodes["grid"]["kind"] = "Utility"
        >>> [site.name for site in Scenario.from_networkx(graph, name="two sites").sites]
        ['A', 'B']
        """
        return cls(**fields_of_graph(graph, {"hazards": hazards, "name": name}))

    def __repr__(self) -> str:
        return as_text(self)

    def _repr_html_(self) -> str:
        """As notebooks show it: the graph, and tables of hazards, sites and utilities."""
        return as_html(self)
