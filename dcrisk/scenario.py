"""Sites, utilities, what they require, and the scenario that binds them to hazards."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from graphlib import CycleError, TopologicalSorter
from typing import Any

from dcrisk import durations
from dcrisk.durations import Duration
from dcrisk.hazards import STATES, Fire, Flood, GridOutage, Hazard
from dcrisk.specification import (
    Specification,
    SpecificationError,
    check_known,
    check_list,
    check_name,
    check_number,
    check_probability,
    check_text,
    check_unique,
    set_field,
)


@dataclass(frozen=True, eq=False)
class Backup(Specification):
    """UPS and generators that carry a requirement while it is broken.

    Parameters
    ----------
    start_probability : float
        Probability that the backup starts when it is needed; otherwise the node falls at once.
    autonomy : float or frozen distribution, hours
        The node falls when the requirement stays broken for longer. ``math.inf`` (default) never runs out.
    refuel_probability : float
        Probability that fuel arrives in time, so that the whole demand is carried.
    common_cause : float
        Beta factor: the share of start failures that strikes every backup of the group at once.
    run_failure_rate_per_hour : float
        Failures an hour while it runs; then the node falls.
    group : str
        Backups with the same group share those failures. By default all backups of a scenario are one group.

    References
    ----------
    Mosleh, Rasmuson and Marshall, "Guidelines on modeling common-cause failures", NUREG/CR-5485, 1998.

    Examples
    --------
    >>> all_of("grid", backup=Backup(0.99, 48)).backup.start_probability
    0.99
    """

    start_probability: float = 1.0
    autonomy: Duration = math.inf
    refuel_probability: float = 0.0
    common_cause: float = 0.0
    group: str = "default"
    run_failure_rate_per_hour: float = 0.0

    def __post_init__(self) -> None:
        rate = check_number(self.run_failure_rate_per_hour, "Backup: run_failure_rate_per_hour", 0.0)
        set_field(
            self,
            run_failure_rate_per_hour=rate,
            start_probability=check_probability(self.start_probability, "Backup: start_probability"),
            autonomy=durations.check(self.autonomy, "Backup: autonomy", infinite=True),
            refuel_probability=check_probability(self.refuel_probability, "Backup: refuel_probability"),
            common_cause=check_probability(self.common_cause, "Backup: common_cause"),
            group=check_name(self.group, "Backup: group"),
        )


@dataclass(frozen=True, eq=False)
class Requirement(Specification):
    """At least ``k`` of ``of`` must be up. Made by :func:`all_of`, :func:`any_of` and :func:`at_least`.

    Parameters
    ----------
    k : int
        How many members are needed, 1 to ``len(of)``.
    of : tuple of str or Requirement
        Names of nodes, or requirements in turn. A member named twice counts twice.
    backup : Backup, optional
        Carries the requirement while it is broken.
    """

    k: int
    of: tuple[str | Requirement, ...]
    backup: Backup | None = None

    def __post_init__(self) -> None:
        members = tuple(check_list(self.of, "requirement"))
        if not members:
            raise SpecificationError("requirement: it names nothing; give at least one node")
        for member in members:
            if not isinstance(member, Requirement):
                check_name(member, "requirement")
        if isinstance(self.k, bool) or not isinstance(self.k, int) or not 1 <= self.k <= len(members):
            raise SpecificationError(
                f"at_least({self.k!r}, {', '.join(map(str, members))}): k must be a whole number from 1 to {len(members)}"
            )
        if self.backup is not None and not isinstance(self.backup, Backup):
            raise SpecificationError(f"requirement: backup = {self.backup!r} is no Backup")
        set_field(self, of=members)

    def names(self) -> Iterator[str]:
        """Yield the nodes named anywhere within, as often as they are named."""
        for member in self.of:
            if isinstance(member, str):
                yield member
            else:
                yield from member.names()

    def has_backup(self) -> bool:
        """Whether a backup stands anywhere within."""
        return self.backup is not None or any(isinstance(m, Requirement) and m.has_backup() for m in self.of)

    def plain(self) -> dict[str, Any]:
        """Return the form used in files: ``{"all_of": [...]}``, ``{"any_of": [...]}`` or ``{"at_least": k, "of": [...]}``."""
        members = [m if isinstance(m, str) else m.plain() for m in self.of]
        form: dict[str, Any]
        if self.k == len(members):
            form = {"all_of": members}
        elif self.k == 1:
            form = {"any_of": members}
        else:
            form = {"at_least": self.k, "of": members}
        return form if self.backup is None else form | {"backup": self.backup.plain()}

    def __str__(self) -> str:
        word = "all_of(" if self.k == len(self.of) else "any_of(" if self.k == 1 else f"at_least({self.k}, "
        return word + ", ".join(map(str, self.of)) + ")"


def all_of(*of: str | Requirement, backup: Backup | None = None) -> Requirement:
    """All members must be up.

    Examples
    --------
    >>> str(all_of("grid", any_of("chiller 1", "chiller 2")))
    'all_of(grid, any_of(chiller 1, chiller 2))'
    """
    return Requirement(len(of), of, backup)


def any_of(*of: str | Requirement, backup: Backup | None = None) -> Requirement:
    """At least one member must be up."""
    return Requirement(1, of, backup)


def at_least(k: int, *of: str | Requirement, backup: Backup | None = None) -> Requirement:
    """At least ``k`` members must be up."""
    return Requirement(k, of, backup)


def _has_backup(need: str | Requirement) -> bool:
    return isinstance(need, Requirement) and need.has_backup()


def _requires(value: Any, name: str) -> tuple[str | Requirement, ...]:
    listed = [value] if isinstance(value, (str, Requirement)) else check_list(value, f"node {name!r}: requires")
    for need in listed:
        if not isinstance(need, Requirement):
            check_name(need, f"node {name!r}: requires")
    return tuple(listed)


def _check_place(node: Site | Utility) -> None:
    where = f"node {node.name!r}"
    if (node.lat is None) != (node.lon is None):
        raise SpecificationError(f"{where}: give both lat and lon, or neither")
    if node.lat is not None:
        set_field(node, lat=check_number(node.lat, f"{where}: lat", -90, 90))
        set_field(node, lon=check_number(node.lon, f"{where}: lon", -180, 180))


def _check_node(node: Site | Utility) -> None:
    check_name(node.name, "node")
    where = f"node {node.name!r}"
    set_field(
        node,
        requires=_requires(node.requires, node.name),
        restart=durations.check(node.restart, f"{where}: restart"),
        source=check_text(node.source, f"{where}: source"),
    )
    _check_place(node)


@dataclass(frozen=True, eq=False)
class Site(Specification):
    """A place that can host something: a campus, a building, a room.

    Parameters
    ----------
    name : str
        Unique among the nodes.
    lat, lon : float, optional
        Degrees.
    part_of : str, optional
        The site it is inside of: it needs that one to be up, and is destroyed with it.
    requires : sequence of str or Requirement
        What must be up for the site to be up; each entry is needed.
    restart : float or frozen distribution, hours
        Time to come back after what it requires returned.
    source : str
        Where the facts are from.

    Examples
    --------
    >>> Site("SBG2", lat=48.586, lon=7.797, requires=["campus power"]).requires
    ('campus power',)
    """

    name: str
    lat: float | None = None
    lon: float | None = None
    part_of: str | None = None
    requires: Sequence[str | Requirement] = ()
    restart: Duration = 0.0
    source: str = ""

    def __post_init__(self) -> None:
        _check_node(self)
        if self.part_of is not None:
            check_name(self.part_of, f"node {self.name!r}: part_of")


@dataclass(frozen=True, eq=False)
class Utility(Specification):
    """What sites need but nothing is hosted in: a grid region, a feed, a network, a cooling loop.

    Parameters are those of :class:`Site`, without ``part_of``.

    Examples
    --------
    >>> Utility("feed 1", requires=["substation"]).name
    'feed 1'
    """

    name: str
    requires: Sequence[str | Requirement] = ()
    restart: Duration = 0.0
    lat: float | None = None
    lon: float | None = None
    source: str = ""

    def __post_init__(self) -> None:
        _check_node(self)


Node = Site | Utility


@dataclass(frozen=True, eq=False)
class Given(Specification):
    """An event that happens at time 0 of every trial; made by :meth:`Scenario.given`."""

    hazard: str
    origin: str | None = None
    contained: bool | None = None
    state: str | None = None
    stage: float | Mapping[str, float] | None = None


@dataclass(frozen=True, eq=False)
class Crew(Specification):
    """Repair crews: recoveries that find all of them busy wait, first come, first served.

    Parameters
    ----------
    name : str
        Unique among the crews.
    sites : sequence of str
        Nodes that share these crews; a node has one pool at most.
    number : int
        Recoveries that can go on at the same time.
    states : sequence of str
        What needs a crew: by default damage and destruction; interruptions end without one.

    References
    ----------
    Gross et al., "Fundamentals of Queueing Theory", 4th ed., 2008, 2.7 (machine repair).

    Examples
    --------
    >>> Crew("Strasbourg", ["SBG1", "SBG2"], number=1).states
    ('damaged', 'destroyed')
    """

    name: str
    sites: Sequence[str]
    number: int = 1
    states: Sequence[str] = ("damaged", "destroyed")

    def __post_init__(self) -> None:
        where = f"crew {check_name(self.name, 'crew')!r}"
        sites = [check_name(site, f"{where}: sites") for site in check_list(self.sites, f"{where}: sites")]
        if not sites:
            raise SpecificationError(f"{where}: sites is empty")
        check_unique(sites, f"{where}: sites")
        states = check_list(self.states, f"{where}: states")
        for state in states:
            check_known(state, STATES, f"{where}: states")
        if isinstance(self.number, bool) or not isinstance(self.number, int) or self.number < 1:
            raise SpecificationError(f"{where}: number = {self.number!r} must be a whole number from 1")
        set_field(self, sites=tuple(sites), states=tuple(s for s in STATES if s in states))


@dataclass(frozen=True, eq=False)
class Trigger(Specification):
    """One hazard raises another: a storm cuts the grid, a generator that runs catches fire.

    Parameters
    ----------
    effect : str
        The hazard of which an event is raised, beside those that happen anyway.
    cause : str, optional
        The hazard whose events raise it.
    backup : str, optional
        Instead of ``cause``: a node whose backup power raises it whenever it starts. Events that were raised by a
        backup do not raise others by way of a backup in turn.
    probability : float
        Probability that an event (or a start) raises one.
    delay : float or frozen distribution, hours
        From the one to the other.
    origin : str, optional
        Where the event is raised; by default drawn by the rates.

    Examples
    --------
    >>> Trigger("surge", cause="storm", probability=0.3).cause
    'storm'
    """

    effect: str
    cause: str | None = None
    backup: str | None = None
    probability: float = 1.0
    delay: Duration = 0.0
    origin: str | None = None

    def __post_init__(self) -> None:
        where = f"trigger of {check_name(self.effect, 'trigger: effect')!r}"
        if (self.cause is None) == (self.backup is None):
            raise SpecificationError(f"{where}: give either cause (a hazard) or backup (a node)")
        for field_name in ("cause", "backup", "origin"):
            value = getattr(self, field_name)
            if value is not None:
                check_name(value, f"{where}: {field_name}")
        set_field(
            self,
            probability=check_probability(self.probability, f"{where}: probability"),
            delay=durations.check(self.delay, f"{where}: delay"),
        )


@dataclass(frozen=True, eq=False, repr=False)
class Scenario(Specification):
    """Nodes and hazards, checked against each other.

    Parameters
    ----------
    nodes : sequence of Site and Utility
        With unique names and no cycle among what they require.
    hazards : sequence of Failure, GridOutage, Fire, Flood and EventTable
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
        """Return the node of that name."""
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

        The event is added to the events that happen anyway, as Slivnyak's theorem has it for Poisson processes. It
        happens even where the hazard alone would not strike, such as a component that is down already; a component
        that it takes down does not fail again through the same hazard until it is back.

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

        Examples
        --------
        >>> from dcrisk import Failure
        >>> scenario = Scenario([Site("A")], [Failure("equipment", 1.0, 24.0, ["A"])])
        >>> scenario.given("equipment", origin="A").conditions[0].origin
        'A'
        """
        return replace(self, conditions=(*self.conditions, Given(hazard, origin, contained, state, stage)))

    def without(self, *hazards: str) -> Scenario:
        """Return the scenario without some hazards and what was conditioned on them; all other draws stay put."""
        for hazard in hazards:
            check_known(hazard, [h.name for h in self.hazards], "without")
        return replace(
            self,
            hazards=tuple(h for h in self.hazards if h.name not in hazards),
            conditions=tuple(g for g in self.conditions if g.hazard not in hazards),
            triggers=tuple(t for t in self.triggers if t.effect not in hazards and t.cause not in hazards),
        )

    def plain(self) -> dict[str, Any]:
        """Return the form used in files."""
        form = super().plain()
        form["name"] = self.name
        for key, items in (("nodes", self.nodes), ("hazards", self.hazards)):
            if items:
                form[key] = [{"type": type(item).__name__, **item.plain()} for item in items]
        return form

    def digest(self) -> str:
        """Return the SHA-256 of the canonical form: equal scenarios, equal digests."""
        return hashlib.sha256(json.dumps(self.plain(), sort_keys=True).encode()).hexdigest()

    def __repr__(self) -> str:
        def names(items: Iterable[Any]) -> str:
            return ", ".join(item.name for item in items)

        return f"<Scenario {self.name!r}: nodes {names(self.nodes)}; hazards {names(self.hazards) or 'none'}>"
