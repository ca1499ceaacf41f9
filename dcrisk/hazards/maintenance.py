"""Planned outages: windows of maintenance that roll from site to site."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dcrisk import durations
from dcrisk.durations import Duration
from dcrisk.hazards.base import Hazard
from dcrisk.rates import HOURS_PER_YEAR
from dcrisk.specification import (
    SpecificationError,
    check_list,
    check_name,
    check_number,
    check_unique,
    names_arguments,
    set_field,
)

LONGEST = 1e6  # hours, 114 years: beyond, sums lose the grid of times


@names_arguments
@dataclass(frozen=True, eq=False, repr=False)
class Maintenance(Hazard):
    """Rolling maintenance: planned outages by a schedule, the same in every trial.

    Site number i, in the order given and counted from 0, is interrupted from the moments
    ``first_hours + i * apart_hours + n * every_hours``, for every whole n, also negative ones, of which the moment lies
    in the warm-up or in the window. Time 0 is the start of the window. Windows that overlap at one site merge.

    Parameters
    ----------
    name : str
        Unique among the hazards.
    sites : sequence of str
        The nodes that are maintained, in the order in which the windows roll.
    every_hours : float
        From one window of a site to its next.
    duration : float or frozen distribution, hours
        How long a window keeps its site out of service; each window draws its own.
    first_hours : float, default 0
        When a window of the first site begins.
    apart_hours : float, optional
        From the window of a site to that of the next one. By default ``every_hours`` over the number of sites, so that
        windows roll evenly; 0 takes all sites out at once.
    source : str
        Where the numbers are from.
    monthly, dispersion
        Of hazards that come by chance: leave them out.

    Raises
    ------
    SpecificationError
        Naming the item; also for ``monthly`` and ``dispersion``, which have no meaning in a plan.

    References
    ----------
    Barlow and Proschan, "Mathematical Theory of Reliability", 1965, chapters 3 and 4 (maintenance policies).

    Examples
    --------
    >>> patching = Maintenance("patching", ["A", "B", "C"], every_hours=720.0, duration=4.0)
    >>> patching.starts
    {'A': 0.0, 'B': 240.0, 'C': 480.0}
    """

    name: str
    sites: Sequence[str]
    every_hours: float
    duration: Duration
    first_hours: float = 0.0
    apart_hours: float | None = None

    def __post_init__(self) -> None:
        where = f"maintenance {check_name(self.name, 'maintenance')!r}"
        sites = [check_name(site, f"{where}: sites") for site in check_list(self.sites, f"{where}: sites")]
        if not sites:
            raise SpecificationError(f"{where}: name the sites that are maintained, sites=[...]")
        check_unique(sites, f"{where}: sites")
        every = check_number(self.every_hours, f"{where}: every_hours", 0.0, LONGEST)
        if every == 0:
            raise SpecificationError(f"{where}: every_hours = 0: it must be above 0")
        if self.apart_hours is not None:
            set_field(self, apart_hours=check_number(self.apart_hours, f"{where}: apart_hours", 0.0, LONGEST))
        set_field(
            self,
            sites=tuple(sites),
            every_hours=every,
            duration=durations.check(self.duration, f"{where}: duration"),
            first_hours=check_number(self.first_hours, f"{where}: first_hours", -LONGEST, LONGEST),
        )
        self._check_common(where, 0.0)
        for field_name, default in (("monthly", None), ("dispersion", 1.0)):
            if getattr(self, field_name) != default:
                raise SpecificationError(
                    f"{where}: {field_name} belongs to events that come by chance; maintenance is planned, leave it out"
                )

    def origins(self) -> tuple[str, ...]:
        """Return the nodes that are maintained."""
        return tuple(self.sites)

    @property
    def starts(self) -> dict[str, float]:
        """When a window of each site begins, in hours; its others lie whole multiples of ``every_hours`` away."""
        apart = self.every_hours / len(self.sites) if self.apart_hours is None else self.apart_hours
        return {site: self.first_hours + i * apart for i, site in enumerate(self.sites)}

    @property
    def rates(self) -> dict[str, float]:
        """Windows of each site in a year of 8766 h."""
        return dict.fromkeys(self.sites, HOURS_PER_YEAR / self.every_hours)
