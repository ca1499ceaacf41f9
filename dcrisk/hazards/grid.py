"""Outages of the electricity grid."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from dcrisk import durations
from dcrisk.durations import Duration
from dcrisk.hazards.base import Hazard
from dcrisk.rates import Rate, check_rate, check_rates
from dcrisk.specification import (
    Specification,
    SpecificationError,
    check_list,
    check_name,
    check_number,
    check_table,
    check_unique,
    names_arguments,
    set_field,
)


@names_arguments
@dataclass(frozen=True, eq=False, repr=False)
class Disc(Specification):
    """A disc that falls anywhere in an area and takes down what lies within: a storm, say.

    Parameters
    ----------
    nodes : sequence of str
        What can be struck; each needs lat and lon.
    area : (south, west, north, east)
        Degrees. The centre is uniform on this part of the globe.
    radius_km : float or frozen distribution
        Great-circle radius.

    Raises
    ------
    SpecificationError
        Naming the field: no nodes, an area that is no (south, west, north, east), a negative radius.

    Examples
    --------
    >>> Disc(["grid"], area=(42.0, -5.0, 51.0, 8.0), radius_km=150.0).nodes
    ('grid',)
    """

    nodes: Sequence[str]
    area: Sequence[float]
    radius_km: Duration

    def __post_init__(self) -> None:
        nodes = [check_name(n, "disc: nodes") for n in check_list(self.nodes, "disc: nodes")]
        if not nodes:
            raise SpecificationError("disc: nodes is empty")
        check_unique(nodes, "disc: nodes")
        area = [check_number(x, "disc: area", -180, 180) for x in check_list(self.area, "disc: area")]
        if len(area) != 4 or not (-90 <= area[0] < area[2] <= 90 and area[1] < area[3]):
            raise SpecificationError(
                f"disc: area = {self.area!r}: give (south, west, north, east) in degrees; it cannot cross the date line"
            )
        set_field(
            self,
            nodes=tuple(nodes),
            area=tuple(area),
            radius_km=durations.check(self.radius_km, "disc: radius_km", unit="km"),
        )


@names_arguments
@dataclass(frozen=True, eq=False, repr=False)
class GridOutage(Hazard):
    """Outages of grid nodes; those that overlap at one node merge (an M/G/infinity busy period).

    Parameters
    ----------
    name : str
        Unique among the hazards.
    rate_per_year : dict of str to float or frozen distribution
        Outages a year of each node, or of each region named in ``regions``. With ``disc``, one rate: of discs
        whose centre lies in the area.
    duration : float or frozen distribution, hours
        One for all that an outage strikes. Heavy tails are welcome: the table of quantiles reaches to 1e-16.
    regions : dict of str to sequence of str, optional
        Nodes that go down together. (Another way: a utility for the region that the local ones require.)
    disc : Disc, optional
        Outages that strike what lies in a random disc.
    monthly, dispersion, source
        See :class:`dcrisk.hazards.Hazard`.

    Raises
    ------
    SpecificationError
        Naming the hazard and the field: a region without nodes, a rate for neither nodes nor a disc, a negative duration.

    References
    ----------
    Takacs, "Introduction to the Theory of Queues", 1962 (busy periods).

    Examples
    --------
    >>> GridOutage("grid", rate_per_year={"grid-east": 0.5}, duration=4.0).origins()
    ('grid-east',)
    """

    name: str
    rate_per_year: Mapping[str, Rate] | Rate
    duration: Duration
    regions: Mapping[str, Sequence[str]] = field(default_factory=dict)
    disc: Disc | None = None

    def __post_init__(self) -> None:
        where = f"grid outage {check_name(self.name, 'grid outage')!r}"
        regions = check_table(self.regions, f"{where}: regions")
        for region, nodes in regions.items():
            listed = [
                check_name(n, f"{where}: region {region!r}") for n in check_list(nodes, f"{where}: region {region!r}")
            ]
            if not listed:
                raise SpecificationError(f"{where}: region {region!r} names no node")
            check_unique(listed, f"{where}: region {region!r}")
            regions[check_name(region, f"{where}: regions")] = tuple(listed)
        if self.disc is not None:
            if not isinstance(self.disc, Disc):
                raise SpecificationError(f"{where}: disc = {self.disc!r} is no Disc")
            if regions or isinstance(self.rate_per_year, Mapping):
                raise SpecificationError(f"{where}: with disc there is one rate_per_year, and no regions")
        rate = self.rate_per_year
        set_field(
            self,
            regions=regions,
            rate_per_year=check_rate(rate, f"{where}: rate_per_year") if self.disc else check_rates(rate, where),
            duration=durations.check(self.duration, f"{where}: duration"),
        )
        for region in regions:
            if region not in self.origins():
                raise SpecificationError(f"{where}: region {region!r} has no rate_per_year")
        self._check_common(where, self.rate_per_year)

    def origins(self) -> tuple[str, ...]:
        """Return the nodes and regions that lose power."""
        return tuple(self.rate_per_year) if isinstance(self.rate_per_year, Mapping) else ()

    def struck(self, origin: str) -> tuple[str, ...]:
        """Return the nodes that an outage of a node or region strikes.

        Parameters
        ----------
        origin : str
            A node or region: one of :meth:`origins`.

        Returns
        -------
        tuple of str
        """
        return tuple(self.regions.get(origin, (origin,)))

    def nodes(self) -> tuple[str, ...]:
        """Return every node that is named."""
        if self.disc is not None:
            return tuple(self.disc.nodes)
        return tuple(dict.fromkeys(node for origin in self.origins() for node in self.struck(origin)))
