"""Layouts: what a service needs to be up, and where its data is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dcrisk import durations
from dcrisk.durations import Duration
from dcrisk.scenario import Requirement, Scenario, all_of, at_least
from dcrisk.specification import (
    Specification,
    SpecificationError,
    check_known,
    check_list,
    check_name,
    check_number,
    check_unique,
    set_field,
)


@dataclass(frozen=True, eq=False)
class Layout(Specification):
    """A hosting layout of one service.

    Parameters
    ----------
    name : str
        Unique among the layouts of a run.
    replicas : sequence of str, optional
        Nodes that each run the service. One named twice counts twice.
    quorum : int
        Replicas that must be up.
    up : str or Requirement, optional
        When the service is up, in the algebra of ``requires``; instead of ``replicas`` and ``quorum``.
    copies : sequence of str
        Sites that keep the data. It is lost when all of them lie destroyed at one moment; a copy counts as gone
        until its site is rebuilt. Without copies there is no data to lose.
    relocation : float or frozen distribution, hours
        After damage or destruction of its site, a replica runs somewhere else once this time has passed, if not
        all copies lay destroyed since, until its site is up again. By default it waits for its site.
    cost : float
        For comparing.

    Examples
    --------
    >>> Layout("two of three", replicas=["A", "B", "C"], quorum=2).expression.k
    2
    """

    name: str
    replicas: Sequence[str] | None = None
    quorum: int = 1
    up: str | Requirement | None = None
    copies: Sequence[str] = ()
    relocation: Duration | None = None
    cost: float = 0.0

    def __post_init__(self) -> None:
        where = f"layout {check_name(self.name, 'layout')!r}"
        if (self.replicas is None) == (self.up is None):
            raise SpecificationError(f"{where}: give either replicas (with quorum) or up")
        if self.replicas is not None:
            replicas = [check_name(r, f"{where}: replicas") for r in check_list(self.replicas, f"{where}: replicas")]
            if not replicas:
                raise SpecificationError(f"{where}: replicas is empty")
            whole = isinstance(self.quorum, int) and not isinstance(self.quorum, bool)
            if not whole or not 1 <= self.quorum <= len(replicas):
                raise SpecificationError(
                    f"{where}: quorum = {self.quorum!r} must be a whole number from 1 to its {len(replicas)} replicas"
                )
            set_field(self, replicas=tuple(replicas))
        elif isinstance(self.up, Requirement):
            if self.up.has_backup():
                raise SpecificationError(f"{where}: a backup belongs to the requires of a node, not to up")
        else:
            check_name(self.up, f"{where}: up")
        if self.up is not None and self.quorum != 1:
            raise SpecificationError(f"{where}: quorum goes with replicas; say at_least(k, ...) in up")
        copies = [check_name(c, f"{where}: copies") for c in check_list(self.copies, f"{where}: copies")]
        set_field(self, copies=tuple(copies), cost=check_number(self.cost, f"{where}: cost"))
        if self.relocation is not None:
            set_field(self, relocation=durations.check(self.relocation, f"{where}: relocation"))

    @property
    def expression(self) -> Requirement:
        """When the service is up, as a requirement."""
        if self.replicas is not None:
            return at_least(self.quorum, *self.replicas)
        return self.up if isinstance(self.up, Requirement) else all_of(str(self.up))


def site_layouts(scenario: Scenario) -> list[Layout]:
    """One layout for each site: how one asks for the fate of the sites themselves.

    ``data_loss`` of such a layout says that the site was destroyed.

    Examples
    --------
    >>> from dcrisk import Scenario, Site
    >>> [layout.name for layout in site_layouts(Scenario([Site("A"), Site("B")]))]
    ['A', 'B']
    """
    return [Layout(site.name, replicas=[site.name], copies=[site.name]) for site in scenario.sites]


def check_layouts(scenario: Scenario, layouts: Sequence[Any]) -> None:
    """Raise unless the layouts are usable with the scenario."""
    if not isinstance(scenario, Scenario):
        raise SpecificationError(f"{scenario!r} is no Scenario; load_scenario(...) reads one from a file")
    if not layouts:
        raise SpecificationError("layouts is empty: give at least one Layout, or site_layouts(scenario)")
    for layout in layouts:
        if not isinstance(layout, Layout):
            raise SpecificationError(f"layouts: {layout!r} is no Layout")
    check_unique((layout.name for layout in layouts), "layouts")
    nodes, sites = {node.name for node in scenario.nodes}, {site.name for site in scenario.sites}
    for layout in layouts:
        for name in layout.expression.names():
            check_known(name, nodes, f"layout {layout.name!r}")
        for name in layout.copies:
            check_known(name, sites, f"layout {layout.name!r}: copies (which are kept at sites)")
