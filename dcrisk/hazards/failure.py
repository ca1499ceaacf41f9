"""Failures site by site."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dcrisk import durations
from dcrisk.durations import Duration
from dcrisk.hazards.base import STATES, Hazard
from dcrisk.rates import Rate, check_rate, check_rates
from dcrisk.specification import (
    SpecificationError,
    check_flag,
    check_known,
    check_list,
    check_name,
    check_unique,
    names_arguments,
    set_field,
)


@names_arguments
@dataclass(frozen=True, eq=False, repr=False)
class Failure(Hazard):
    """Failures site by site: equipment, people, software.

    A component that is down through this hazard does not fail again (alternating renewal), so its long-run
    unavailability is ``rate * mean / (1 + rate * mean)``.

    Parameters
    ----------
    name : str
        Unique among the hazards.
    rate_per_year : float, frozen distribution, or dict of str to either
        Failures of each site in a year of 8766 h up; with ``shared=True`` events that strike them all. A distribution
        says what is not known: each trial draws its own rate, one for all sites; in a dict, one for each.
    duration : float or frozen distribution, hours
        Time to repair.
    sites : sequence of str, optional
        The nodes that fail; by default those of ``rate_per_year``.
    shared : bool
        One event strikes all sites for one duration (a shock of Marshall and Olkin); they renew as one component.
    state : {"interrupted", "damaged", "destroyed"}
        What it leaves of the site until it is repaired.
    monthly, dispersion, source
        See :class:`dcrisk.hazards.Hazard`.

    Raises
    ------
    SpecificationError
        Naming the hazard and the field: no sites, a negative rate, a duration that can be negative, an unknown state.

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
    rate_per_year: Rate | Mapping[str, Rate]
    duration: Duration
    sites: Sequence[str] | None = None
    shared: bool = False
    state: str = "interrupted"

    def __post_init__(self) -> None:
        where = f"failure {check_name(self.name, 'failure')!r}"
        shared = check_flag(self.shared, f"{where}: shared")
        rate: Rate
        if isinstance(self.rate_per_year, Mapping):
            if shared:
                raise SpecificationError(f"{where}: with shared=True there is one rate_per_year, of the common event")
            rate = check_rates(self.rate_per_year, where)
            sites = list(rate) if self.sites is None else check_list(self.sites, f"{where}: sites")
            if set(sites) != set(rate):
                apart = ", ".join(sorted(map(repr, set(sites) ^ set(rate))))
                raise SpecificationError(f"{where}: sites and rate_per_year name different sites: {apart} in one only")
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
        )
        self._check_common(where, rate)

    def origins(self) -> tuple[str, ...]:
        """Return the nodes that fail."""
        if isinstance(self.rate_per_year, Mapping):
            return tuple(self.rate_per_year)
        assert self.sites is not None
        return tuple(self.sites)

    @property
    def rates(self) -> dict[str, Rate]:
        """The rate of each site, per year (shared: of the common event)."""
        if isinstance(self.rate_per_year, Mapping):
            return dict(self.rate_per_year)
        return dict.fromkeys(self.origins(), self.rate_per_year)
