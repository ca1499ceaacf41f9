"""The part of a scenario that can be solved: what is left without the hazards that cannot."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from dcrisk.exact.expected import expected_availability
from dcrisk.exact.panels import FloatArray
from dcrisk.exact.service import Refused
from dcrisk.exact.structure import Gate, below, gates_of, hosts_of
from dcrisk.layouts import Layout
from dcrisk.scenario import Scenario
from dcrisk.specification import SpecificationError


class Solvable(NamedTuple):
    """How long each layout is down while nothing happens that cannot be solved."""

    unavailability: FloatArray
    """Expected share of the window, for each layout, in the scenario without the hazards that cannot be solved."""
    unsolved: list[frozenset[str]]
    """For each layout those of them that may strike what it depends on. In windows without any of their events, the layout
    fares as it does in the scenario without them."""


def solvable_part(scenario: Scenario, layouts: Sequence[Layout], horizon: float, warmup: float) -> Solvable | None:
    """Leave out hazards until the rest can be solved; None if that cannot be done, or leaves nothing to solve.

    Hazards are independent of each other, but for triggers: with a hazard goes all that raises it.
    """
    gates = gates_of(scenario)
    left_out: frozenset[str] = frozenset()
    while True:
        try:
            rest = scenario.without(*sorted(left_out))
            solved = expected_availability(rest, layouts, horizon=horizon, warmup=warmup)
        except Refused as refusal:
            if refusal.hazards <= left_out:  # it is not for any hazard
                return None
            left_out = with_causes(scenario, left_out | refusal.hazards, gates)
        except SpecificationError:
            return None
        else:
            break
    unavailability = solved["unavailability"].values
    if not unavailability.any():
        return None
    unsolved = []
    for layout in layouts:
        striking = hazards_striking(scenario, depends_on(layout, gates)) & left_out
        unsolved.append(with_causes(scenario, striking, gates))
    return Solvable(unavailability, unsolved)


def depends_on(layout: Layout, gates: dict[str, Gate]) -> set[str]:
    """The nodes whose outages matter to how long a layout is down."""
    copies = layout.copies if layout.relocation is not None else ()
    return below([*hosts_of(layout), *copies], gates)


def hazards_striking(scenario: Scenario, nodes: Collection[str]) -> frozenset[str]:
    """The names of the hazards that may strike some of the nodes."""
    return frozenset(hazard.name for hazard in scenario.hazards if not set(hazard.nodes()).isdisjoint(nodes))


def with_causes(scenario: Scenario, hazards: Iterable[str], gates: dict[str, Gate]) -> frozenset[str]:
    """Some hazards and all that may raise events of them, directly or not."""
    found = frozenset(hazards)
    while True:
        more = found
        for trigger in scenario.triggers:
            if trigger.effect in found:
                if trigger.cause is not None:
                    more |= {trigger.cause}
                else:
                    more |= hazards_striking(scenario, below([str(trigger.backup)], gates))
        if more == found:
            return found
        found = more
