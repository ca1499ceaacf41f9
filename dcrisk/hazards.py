"""Hazards: what strikes, how often, and what it leaves behind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from dcrisk import durations
from dcrisk.durations import Duration
from dcrisk.specification import (
    Specification,
    SpecificationError,
    check_flag,
    check_known,
    check_list,
    check_name,
    check_probability,
    check_rate,
    check_table,
    check_text,
    check_unique,
    set_field,
)

STATES = ("interrupted", "damaged", "destroyed")
Edge = tuple[str, str]


class Hazard(Specification):
    """A Poisson process of events; the base of all hazards."""

    name: str

    def origins(self) -> tuple[str, ...]:
        """Return where an event may begin, in the order of the draws."""
        raise TypeError("Hazard is a base; use Failure, GridOutage or Fire")

    def nodes(self) -> tuple[str, ...]:
        """Return every node that is named."""
        return self.origins()


def _rates(value: Any, where: str) -> dict[str, float]:
    table = check_table(value, f"{where}: rate_per_year")
    if not table:
        raise SpecificationError(f"{where}: rate_per_year names no node")
    return {check_name(k, where): check_rate(v, f"{where}: rate_per_year of {k!r}") for k, v in table.items()}


@dataclass(frozen=True, eq=False)
class Failure(Hazard):
    """Failures site by site: equipment, people, software.

    A component that is down through this hazard does not fail again (alternating renewal), so its long-run
    unavailability is ``rate * mean / (1 + rate * mean)``.

    Parameters
    ----------
    name : str
        Unique among the hazards.
    rate_per_year : float or dict of str to float
        Failures of each site in a year of 8766 h up; with ``shared=True`` events that strike them all.
    duration : float or frozen distribution, hours
        Time to repair.
    sites : sequence of str, optional
        The nodes that fail; by default those of ``rate_per_year``.
    shared : bool
        One event strikes all sites for one duration (a shock of Marshall and Olkin); they renew as one component.
    state : {"interrupted", "damaged", "destroyed"}
        What it leaves of the site until it is repaired.
    source : str
        Where the numbers are from.

    References
    ----------
    Barlow and Proschan, "Statistical Theory of Reliability and Life Testing", 1975.
    Marshall and Olkin, "A multivariate exponential distribution", JASA 62, 1967.

    Examples
    --------
    >>> Failure("equipment", rate_per_year=1.0, duration=24.0, sites=["A", "B"]).rates
    {'A': 1.0, 'B': 1.0}
    """

    name: str
    rate_per_year: float | Mapping[str, float]
    duration: Duration
    sites: Sequence[str] | None = None
    shared: bool = False
    state: str = "interrupted"
    source: str = ""

    def __post_init__(self) -> None:
        where = f"failure {check_name(self.name, 'failure')!r}"
        shared = check_flag(self.shared, f"{where}: shared")
        rate: float | dict[str, float]
        if isinstance(self.rate_per_year, Mapping):
            if shared:
                raise SpecificationError(f"{where}: with shared=True there is one rate_per_year, of the common event")
            rate = _rates(self.rate_per_year, where)
            sites = list(rate) if self.sites is None else check_list(self.sites, f"{where}: sites")
            if set(sites) != set(rate):
                raise SpecificationError(f"{where}: sites and rate_per_year name different sites")
        else:
            rate = check_rate(self.rate_per_year, f"{where}: rate_per_year")
            sites = check_list(self.sites if self.sites is not None else (), f"{where}: sites")
        if not sites:
            raise SpecificationError(f"{where}: name the sites that fail, sites=[...]")
        check_unique([check_name(site, f"{where}: sites") for site in sites], f"{where}: sites")
        check_known(self.state, STATES, f"{where}: state")
        set_field(
            self,
            rate_per_year=rate,
            duration=durations.check(self.duration, f"{where}: duration"),
            sites=None if isinstance(rate, dict) else tuple(sites),
            shared=shared,
            source=check_text(self.source, f"{where}: source"),
        )

    def origins(self) -> tuple[str, ...]:
        """Return the nodes that fail."""
        if isinstance(self.rate_per_year, Mapping):
            return tuple(self.rate_per_year)
        assert self.sites is not None
        return tuple(self.sites)

    @property
    def rates(self) -> dict[str, float]:
        """The rate of each site, per year (shared: of the common event)."""
        if isinstance(self.rate_per_year, Mapping):
            return dict(self.rate_per_year)
        return dict.fromkeys(self.origins(), self.rate_per_year)


@dataclass(frozen=True, eq=False)
class GridOutage(Hazard):
    """Outages of grid nodes; those that overlap at one node merge (an M/G/infinity busy period).

    Parameters
    ----------
    name : str
        Unique among the hazards.
    rate_per_year : dict of str to float
        Outages a year of each node. What needs the node sees the same outage: put a regional or national outage on
        a utility that the local ones require.
    duration : float or frozen distribution, hours
        Heavy tails are welcome: the table of quantiles reaches to 1e-16.
    source : str
        Where the numbers are from.

    References
    ----------
    Takacs, "Introduction to the Theory of Queues", 1962 (busy periods).

    Examples
    --------
    >>> GridOutage("grid", rate_per_year={"grid-east": 0.5}, duration=4.0).origins()
    ('grid-east',)
    """

    name: str
    rate_per_year: Mapping[str, float]
    duration: Duration
    source: str = ""

    def __post_init__(self) -> None:
        where = f"grid outage {check_name(self.name, 'grid outage')!r}"
        set_field(
            self,
            rate_per_year=_rates(self.rate_per_year, where),
            duration=durations.check(self.duration, f"{where}: duration"),
            source=check_text(self.source, f"{where}: source"),
        )

    def origins(self) -> tuple[str, ...]:
        """Return the nodes that lose power."""
        return tuple(self.rate_per_year)


@dataclass(frozen=True, eq=False)
class Fire(Hazard):
    """Fires that spread from building to building and darken a campus.

    An ignition is contained, and then at most interrupts its building, or it takes hold: the building is destroyed or
    damaged, the fire tries every edge that leaves it once, and the first building of a campus that burns has all
    others of that campus cut off. What lies destroyed by an earlier fire of the same hazard does not burn.

    Parameters
    ----------
    name : str
        Unique among the hazards.
    rate_per_year : dict of str to float
        Ignitions a year in each building.
    durations : dict
        Hours or frozen distributions: ``interrupted`` (contained fire; without it such a fire interrupts nothing),
        ``damaged``, ``destroyed`` (until rebuilt or replaced), ``isolated`` (campus cut off).
    contained : float or dict of str to float
        Probability that suppression holds an ignition. A fire that reaches a building by spread is not contained.
    destroyed : float or dict of str to float
        Probability that a building which burns is destroyed, and not damaged.
    spread : dict of (str, str) to float
        Probability of each directed edge.
    spread_delay : hours or distribution, or a dict of them by edge
        Time along an edge.
    isolation : sequence of sequences of str
        Campuses that the brigade cuts off as a whole.
    isolation_shared : bool
        One duration for all that a campus loses, or one drawn for each.
    isolation_probability : float
        Probability that the campus of a fire is cut off.
    isolation_delay : hours or distribution
        From the first building on fire to the cut.
    source : str
        Where the numbers are from.

    References
    ----------
    Kempe, Kleinberg and Tardos, "Maximizing the spread of influence through a social network", KDD 2003
    (independent cascade).

    Examples
    --------
    >>> fire = Fire("fire", {"SBG2": 1e-3}, {"destroyed": 4000.0}, spread={("SBG2", "SBG1"): 0.3})
    >>> fire.buildings()
    ('SBG2', 'SBG1')
    """

    name: str
    rate_per_year: Mapping[str, float]
    durations: Mapping[str, Duration]
    contained: float | Mapping[str, float] = 0.0
    destroyed: float | Mapping[str, float] = 1.0
    spread: Mapping[Edge, float] = field(default_factory=dict)
    spread_delay: Duration | Mapping[Edge, Duration] = 0.0
    isolation: Sequence[Sequence[str]] = ()
    isolation_shared: bool = True
    isolation_probability: float = 1.0
    isolation_delay: Duration = 0.0
    source: str = ""

    def __post_init__(self) -> None:
        where = f"fire {check_name(self.name, 'fire')!r}"
        spread = {
            _edge(k, where): check_probability(v, f"{where}: spread {k!r}")
            for k, v in check_table(self.spread, f"{where}: spread").items()
        }
        isolation = []
        for campus in check_list(self.isolation, f"{where}: isolation"):
            names = [check_name(n, f"{where}: isolation") for n in check_list(campus, f"{where}: isolation")]
            check_unique(names, f"{where}: isolation")
            isolation.append(tuple(names))
        set_field(
            self,
            rate_per_year=_rates(self.rate_per_year, where),
            spread=spread,
            isolation=tuple(isolation),
            isolation_shared=check_flag(self.isolation_shared, f"{where}: isolation_shared"),
            isolation_probability=check_probability(self.isolation_probability, f"{where}: isolation_probability"),
            isolation_delay=durations.check(self.isolation_delay, f"{where}: isolation_delay"),
            source=check_text(self.source, f"{where}: source"),
        )
        set_field(
            self,
            contained=_probabilities(self.contained, self.origins(), f"{where}: contained"),
            destroyed=_probabilities(self.destroyed, self.buildings(), f"{where}: destroyed"),
            spread_delay=self._delays(where),
            durations=self._durations(where),
        )

    def _delays(self, where: str) -> Duration | dict[Edge, Duration]:
        if not isinstance(self.spread_delay, Mapping):
            return durations.check(self.spread_delay, f"{where}: spread_delay")
        delays = {
            _edge(k, where): durations.check(v, f"{where}: spread_delay {k!r}") for k, v in self.spread_delay.items()
        }
        if set(delays) != set(self.spread):
            raise SpecificationError(f"{where}: spread_delay must name the edges of spread, all and no others")
        return delays

    def _durations(self, where: str) -> dict[str, Duration]:
        table = check_table(self.durations, f"{where}: durations")
        for state in table:
            check_known(state, (*STATES, "isolated"), f"{where}: durations")
        severe = self.destroyed.values() if isinstance(self.destroyed, Mapping) else [self.destroyed]
        needed = {
            "damaged": any(p < 1 for p in severe),
            "destroyed": any(p > 0 for p in severe),
            "isolated": bool(self.isolation),
        }
        for state, is_needed in needed.items():
            if is_needed and state not in table:
                raise SpecificationError(f"{where}: durations lacks {state!r}, which this fire can cause")
        return {state: durations.check(v, f"{where}: durations[{state!r}]") for state, v in table.items()}

    def origins(self) -> tuple[str, ...]:
        """Return the buildings that can ignite."""
        return tuple(self.rate_per_year)

    def buildings(self) -> tuple[str, ...]:
        """Return the buildings that can burn, those that ignite first."""
        ends = [end for edge in self.spread for end in edge]
        return tuple(dict.fromkeys([*self.rate_per_year, *ends]))

    def nodes(self) -> tuple[str, ...]:
        """Return every node that is named."""
        isolated = [name for campus in self.isolation for name in campus]
        return tuple(dict.fromkeys([*self.buildings(), *isolated]))


def _edge(value: Any, where: str) -> Edge:
    if not isinstance(value, (tuple, list)) or len(value) != 2:
        raise SpecificationError(f"{where}: {value!r} is no edge; give a pair such as ('SBG2', 'SBG1')")
    origin, target = (check_name(name, f"{where}: spread") for name in value)
    if origin == target:
        raise SpecificationError(f"{where}: the edge from {origin!r} leads to itself")
    return origin, target


def _probabilities(value: Any, buildings: tuple[str, ...], where: str) -> float | dict[str, float]:
    if not isinstance(value, Mapping):
        return check_probability(value, where)
    for name in value:
        check_known(name, buildings, where)
    for name in buildings:
        if name not in value:
            raise SpecificationError(f"{where}: {name!r} is missing; a table must name all that can burn")
    return {name: check_probability(p, f"{where} of {name!r}") for name, p in value.items()}
