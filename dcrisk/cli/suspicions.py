"""What a scenario file says that is allowed, and yet seldom meant."""

from __future__ import annotations

from collections.abc import Iterator

import dcrisk
from dcrisk.compiler.sources import never_happens, rates_of
from dcrisk.hazards import Hazard
from dcrisk.layouts import Layout
from dcrisk.rates import mean_rate
from dcrisk.scenario import Backup, Requirement, Scenario

OFTEN = 100.0
"""Events a year and component: a rate meant for ten years or for all sites, or in hours (assumption)."""


def events_per_year(hazard: Hazard) -> float:
    """Expected, of all components of a hazard together; over what is not known about its rates."""
    return float(sum(mean_rate(rate) for rate in rates_of(hazard)[0].values()))


def suspicions(scenario: Scenario, layouts: list[Layout]) -> list[str]:
    """One sentence for each thing to look at.

    Examples
    --------
    >>> scenario = dcrisk.Scenario([dcrisk.Site("A"), dcrisk.Utility("grid")], [dcrisk.Failure("f", 0.0, 1.0, ["A"])])
    >>> for words in suspicions(scenario, [dcrisk.Layout("one", replicas=["A"])]):
    ...     print(words)
    hazard 'f' never happens: all its rates are 0
    site 'A' is never down: nothing strikes it, nor what it requires
    utility 'grid' has no effect: no node requires it and no layout names it
    layout 'one' names no copies, so no loss of its data is counted
    """
    return [*_hazards(scenario), *_nodes(scenario, layouts), *_backups(scenario), *_layouts(layouts)]


def _hazards(scenario: Scenario) -> Iterator[str]:
    if not scenario.hazards:
        yield "there are no hazards: nothing ever happens"
    for hazard in scenario.hazards:
        rates = {name: mean_rate(rate) for name, rate in rates_of(hazard)[0].items()}
        if not _happens(hazard, scenario):
            yield f"hazard {hazard.name!r} never happens: all its rates are 0"
        for name, rate in rates.items():
            if rate > OFTEN:
                yield f"hazard {hazard.name!r}: {rate:g} events a year at {name!r}; rates are per year and component"
                break


def _happens(hazard: Hazard, scenario: Scenario) -> bool:
    given = any(condition.hazard == hazard.name for condition in scenario.conditions)
    raised = any(trigger.effect == hazard.name for trigger in scenario.triggers)
    return given or raised or not never_happens(hazard)


def _nodes(scenario: Scenario, layouts: list[Layout]) -> Iterator[str]:
    needs = {node.name: {name for need in node.requires for name in _names(need)} for node in scenario.nodes}
    for site in scenario.sites:
        needs[site.name] |= {site.part_of} if site.part_of is not None else set()
    used = {name for listed in needs.values() for name in listed}
    used |= {name for layout in layouts for name in (*layout.expression.names(), *layout.copies)}
    fragile = {name for hazard in scenario.hazards if _happens(hazard, scenario) for name in hazard.nodes()}
    while more := {name for name, listed in needs.items() if listed & fragile and name not in fragile}:
        fragile |= more
    for node in scenario.nodes:
        is_site = isinstance(node, dcrisk.Site)
        if is_site and node.name not in fragile:
            yield f"site {node.name!r} is never down: nothing strikes it, nor what it requires"
        if not is_site and node.name not in used:
            yield f"utility {node.name!r} has no effect: no node requires it and no layout names it"


def _backups(scenario: Scenario) -> Iterator[str]:
    for node in scenario.nodes:
        for backup in (backup for need in node.requires for backup in _backups_of(need)):
            if backup.start_probability < 0.5:
                yield (
                    f"node {node.name!r}: a backup starts with probability {backup.start_probability:g}; "
                    f"is that the probability that it fails?"
                )


def _layouts(layouts: list[Layout]) -> Iterator[str]:
    for layout in layouts:
        if not layout.copies:
            yield f"layout {layout.name!r} names no copies, so no loss of its data is counted"


def _names(need: str | Requirement) -> list[str]:
    return [need] if isinstance(need, str) else list(need.names())


def _backups_of(need: str | Requirement) -> Iterator[Backup]:
    if isinstance(need, str):
        return
    if need.backup is not None:
        yield need.backup
    for member in need.of:
        yield from _backups_of(member)
