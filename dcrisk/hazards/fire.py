"""Fires."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from dcrisk import durations
from dcrisk.durations import Duration
from dcrisk.hazards.base import STATES, Hazard, check_probabilities
from dcrisk.rates import Rate, check_rates
from dcrisk.specification import (
    SpecificationError,
    check_flag,
    check_known,
    check_list,
    check_name,
    check_probability,
    check_table,
    check_unique,
    names_arguments,
    set_field,
)

Edge = tuple[str, str]


@names_arguments
@dataclass(frozen=True, eq=False, repr=False)
class Fire(Hazard):
    """Fires that spread from building to building and darken a campus.

    An ignition is contained, and then at most interrupts its building, or it takes hold: the building is destroyed or
    damaged, the fire tries every edge that leaves it once, and the first building of a campus that burns has all
    others of that campus cut off. What lies destroyed by an earlier fire of the same hazard does not burn.

    Parameters
    ----------
    name : str
        Unique among the hazards.
    rate_per_year : dict of str to float or frozen distribution
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
    shared_fraction : float
        Part of the variance of damage and of durations (in normal scores) that all hits of one fire share.
    reignition_probability : float
        Probability that a fire which took hold is followed by a second incident among its remains: a building of its
        campus, or one that burnt, that this fire did not destroy.
    reignition_delay : hours or distribution
        From the first fire to the second incident.
    reignition_destroyed : float
        Probability that the second incident destroys its building (writes it off), and does not damage it. It cuts
        the campus of that building off again, with the same probability, delay and duration as the first.
    monthly, dispersion, source
        See :class:`dcrisk.hazards.Hazard`.

    Raises
    ------
    SpecificationError
        Naming the hazard and the field: no probability (a percentage is guessed), a state without its duration, a building
        that is not there.

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
    rate_per_year: Mapping[str, Rate]
    durations: Mapping[str, Duration]
    contained: float | Mapping[str, float] = 0.0
    destroyed: float | Mapping[str, float] = 1.0
    spread: Mapping[Edge, float] = field(default_factory=dict)
    spread_delay: Duration | Mapping[Edge, Duration] = 0.0
    isolation: Sequence[Sequence[str]] = ()
    isolation_shared: bool = True
    isolation_probability: float = 1.0
    isolation_delay: Duration = 0.0
    shared_fraction: float = 0.0
    reignition_probability: float = 0.0
    reignition_delay: Duration = 0.0
    reignition_destroyed: float = 0.0

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
            rate_per_year=check_rates(self.rate_per_year, where),
            spread=spread,
            isolation=tuple(isolation),
            isolation_shared=check_flag(self.isolation_shared, f"{where}: isolation_shared"),
            isolation_probability=check_probability(self.isolation_probability, f"{where}: isolation_probability"),
            isolation_delay=durations.check(self.isolation_delay, f"{where}: isolation_delay"),
            shared_fraction=check_probability(self.shared_fraction, f"{where}: shared_fraction"),
            reignition_probability=check_probability(self.reignition_probability, f"{where}: reignition_probability"),
            reignition_delay=durations.check(self.reignition_delay, f"{where}: reignition_delay"),
            reignition_destroyed=check_probability(self.reignition_destroyed, f"{where}: reignition_destroyed"),
        )
        set_field(
            self,
            contained=check_probabilities(self.contained, self.origins(), f"{where}: contained"),
            destroyed=check_probabilities(self.destroyed, self.buildings(), f"{where}: destroyed"),
            spread_delay=self._delays(where),
            durations=self._durations(where),
        )
        self._check_common(where, self.rate_per_year)

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
        severe = [*severe, self.reignition_destroyed] if self.reignition_probability > 0 else list(severe)
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
