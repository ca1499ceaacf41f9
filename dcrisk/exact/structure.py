"""What nodes require, as gates: requirements, what a site is part of, and backups that always carry or never do."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from dcrisk.layouts import Layout
from dcrisk.scenario import Backup, Node, Requirement, Scenario, Site


class Gate(NamedTuple):
    """At least so many members must hold. With a ``refusal`` it can be solved only if it never breaks."""

    needed: int
    of: tuple[Gate | str, ...]
    refusal: str = ""

    def names(self) -> Iterator[str]:
        """Yield the nodes named anywhere within."""
        for member in self.of:
            if isinstance(member, str):
                yield member
            else:
                yield from member.names()

    def gates(self) -> Iterator[Gate]:
        """Yield this gate and those within."""
        yield self
        for member in self.of:
            if not isinstance(member, str):
                yield from member.gates()


HOLDS = Gate(0, ())


def gates_of(scenario: Scenario) -> dict[str, Gate]:
    """What each node requires, beside having no outage of its own."""
    return {node.name: _needs(node) for node in scenario.nodes}


def gate_of(requirement: Requirement) -> Gate:
    """A requirement as a gate."""
    members = tuple(m if isinstance(m, str) else gate_of(m) for m in requirement.of)
    gate = Gate(requirement.k, members)
    if requirement.backup is None or _never_carries(requirement.backup):
        return gate
    if _always_carries(requirement.backup):
        return HOLDS
    return gate._replace(refusal=f"the backup of {requirement} carries some demands, or a part of them, by chance")


def below(names: Iterable[str], gates: Mapping[str, Gate]) -> set[str]:
    """Some nodes and all that they require, directly or not."""
    found: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting.extend(gates[name].names())
    return found


def hosts_of(layout: Layout) -> list[str]:
    """The nodes at which something of the service may run."""
    named = dict.fromkeys(layout.expression.names())
    errors = [actual for (believed, actual), p in layout.placement_error.items() if believed in named and p > 0.0]
    return list(dict.fromkeys([*named, *errors]))


def _needs(node: Node) -> Gate:
    members: list[Gate | str] = [need if isinstance(need, str) else gate_of(need) for need in node.requires]
    if isinstance(node, Site) and node.part_of is not None:
        members.append(node.part_of)
    immediate = isinstance(node.restart, float) and node.restart == 0.0
    refusal = "" if immediate else "its restart begins when its requirements return"
    return Gate(len(members), tuple(members), refusal)


def _always_carries(backup: Backup) -> bool:
    endless = backup.refuel_probability == 1.0 or (isinstance(backup.autonomy, float) and math.isinf(backup.autonomy))
    return backup.start_probability == 1.0 and endless and backup.run_failure_rate_per_hour == 0.0


def _never_carries(backup: Backup) -> bool:
    empty = isinstance(backup.autonomy, float) and backup.autonomy == 0.0 and backup.refuel_probability == 0.0
    return backup.start_probability == 0.0 or empty
