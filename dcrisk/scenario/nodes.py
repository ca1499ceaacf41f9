"""Sites and utilities."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dcrisk import durations
from dcrisk.durations import Duration
from dcrisk.scenario.requirements import Requirement
from dcrisk.specification import (
    Specification,
    SpecificationError,
    check_list,
    check_name,
    check_number,
    check_text,
    names_arguments,
    set_field,
)


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


@names_arguments
@dataclass(frozen=True, eq=False, repr=False)
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

    Raises
    ------
    SpecificationError
        Naming the node and the field: no name, one of ``lat`` and ``lon`` alone, a restart that can be negative.

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


@names_arguments
@dataclass(frozen=True, eq=False, repr=False)
class Utility(Specification):
    """What sites need but nothing is hosted in: a grid region, a feed, a network, a cooling loop.

    Parameters
    ----------
    name : str
        Unique among the nodes.
    requires : sequence of str or Requirement
        What must be up for the utility to be up; each entry is needed.
    restart : float or frozen distribution, hours
        Time to come back after what it requires returned.
    lat, lon : float, optional
        Degrees.
    source : str
        Where the facts are from.

    Raises
    ------
    SpecificationError
        As of a :class:`Site`.

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
