"""The part that each site has in a layout, as marks on the map."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from dcrisk.plotting.looks import ENLARGED, SITE, Plain, marker
from dcrisk.specification import SpecificationError, check_known

REST = "0.72"
IN_USE, STANDBY = "in use", "standby"
SYNCHRONOUS, ASYNCHRONOUS = "synchronous", "asynchronous"
RANK = (IN_USE, STANDBY, SYNCHRONOUS, ASYNCHRONOUS)  # a group shows the first that one of its sites has

RUNS: dict[str, dict[str, Any]] = {
    IN_USE: {"color": SITE, "mec": "black", "mew": 1.0},
    STANDBY: {"color": "white", "mec": SITE, "mew": 2.6},
}
KEEPS: dict[str, dict[str, Any]] = {
    SYNCHRONOUS: {"marker": "s", "color": "none", "mec": "black", "mew": 1.8},
    ASYNCHRONOUS: {"marker": "$\\mathdefault{[\\;\\;]}$", "color": "black", "mew": 0.4},
}
SIZE = 11.0  # points
FRAME = 19.0


@dataclass(frozen=True)
class Roles(Plain):
    """Which sites run the service, and which keep its data."""

    runs: dict[str, str]  # by site: in use or standby
    keeps: dict[str, str]  # by site: synchronous or asynchronous
    quorum: int
    replicas: int

    def mark(self, name: str, is_group: bool) -> dict[str, Any]:
        shape = {"marker": "D" if is_group else "o", "markersize": SIZE}
        if name in self.runs:
            return shape | RUNS[self.runs[name]]
        return shape | {"color": REST, "mec": "white", "mew": 0.8}

    def frame(self, name: str) -> dict[str, Any] | None:
        if name not in self.keeps:
            return None
        return KEEPS[self.keeps[name]] | {"markersize": FRAME}

    def box(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = {}
        if name in self.runs:
            found |= {"edgecolor": SITE, "linewidth": 2.6}
            found |= {"facecolor": "#BFDDF0"} if self.runs[name] == IN_USE else {"facecolor": "white"}
        if name in self.keeps:
            found |= {"boxstyle": "square,pad=0.3", "linestyle": "-" if self.keeps[name] == SYNCHRONOUS else "--"}
            found |= {"edgecolor": "black", "linewidth": 1.8}
        return found

    def merged(self, group: dict[str, str]) -> Roles:
        return replace(self, runs=_merged(self.runs, group), keeps=_merged(self.keeps, group))

    def legend(self, is_enlarged: bool) -> list[Any]:
        marks = []
        present = set(self.runs.values())
        if IN_USE in present:
            marks.append(marker("o", SIZE, "runs the service", **RUNS[IN_USE]))
        if STANDBY in present:
            words = f"standby: {self.quorum} of {self.replicas} replicas are enough"
            marks.append(marker("o", SIZE, words, **RUNS[STANDBY]))
        for kind in (SYNCHRONOUS, ASYNCHRONOUS):
            if kind in self.keeps.values():
                look = dict(KEEPS[kind])
                marks.append(marker(look.pop("marker"), SIZE, f"keeps the data, {kind} copy", **look))
        marks.append(marker("o", SIZE, "another site", color=REST, mec="white"))
        if is_enlarged:
            marks.append(marker("D", SIZE, ENLARGED, color="white", mec="0.3"))
        return marks


def _merged(roles: dict[str, str], group: dict[str, str]) -> dict[str, str]:
    found = dict(roles)
    for name in sorted(roles, key=lambda name: -RANK.index(roles[name])):
        if name in group:
            found[group[name]] = roles[name]
    return found


def read_roles(scenario: Any, layout: Any) -> Roles:
    """The part of each node; of the replicas as many are in use, in their order, as the service needs."""
    if not hasattr(layout, "copies") or not hasattr(layout, "expression"):
        raise SpecificationError(f"plot_map: layout = {layout!r} is no Layout")
    nodes = [node.name for node in scenario.nodes]
    late = set(layout.backups)
    listed = list(layout.expression.names() if layout.replicas is None else layout.replicas)
    for name in (*listed, *layout.copies):
        check_known(name, nodes, f"plot_map: layout {layout.name!r}")
    needed = len(listed) if layout.replicas is None else layout.quorum
    runs = dict.fromkeys(listed[needed:], STANDBY) | dict.fromkeys(listed[:needed], IN_USE)
    keeps = {name: ASYNCHRONOUS if name in late else SYNCHRONOUS for name in layout.copies}
    return Roles(runs, keeps, needed, len(listed), title=f": {layout.name}")
