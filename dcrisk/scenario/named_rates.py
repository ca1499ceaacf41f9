"""The rates of a scenario by name: which are uncertain, and how to set them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from dcrisk import durations
from dcrisk.hazards import EventTable, Flood, Hazard, PeaksOverThreshold
from dcrisk.scenario.scenario import Scenario
from dcrisk.specification import SpecificationError, check_known, check_list, check_table, check_unique

RATE = "rate_per_year"
Setter = Callable[[Hazard, Any], Hazard]


def uncertain_rates(scenario: Scenario) -> dict[str, Any]:
    """The rates that are distributions: what is not known of them.

    Parameters
    ----------
    scenario : Scenario

    Returns
    -------
    dict of str to frozen distribution, events a year
        By name: ``"hazard.rate_per_year"`` where a hazard has one rate, ``"hazard.rate_per_year[node]"`` where it has
        one for each node or region, and ``"flood.stage.rate_per_year"`` for peaks over a threshold.

    Raises
    ------
    SpecificationError
        If two rates have the same name.

    Examples
    --------
    >>> import dcrisk
    >>> scenario = dcrisk.Scenario(
    ...     [dcrisk.Site("A"), dcrisk.Site("B")],
    ...     [dcrisk.Fire("fire", {"A": dcrisk.jeffreys_rate(1, 400), "B": 1e-3}, {"destroyed": 4000.0})])
    >>> list(uncertain_rates(scenario))
    ['fire.rate_per_year[A]']
    """
    return {name: rate for name, (_, rate, _) in _rates(scenario).items() if durations.is_frozen(rate)}


def with_rates(scenario: Scenario, rates: Mapping[str, Any]) -> Scenario:
    """The scenario with some rates set, whether they were uncertain or not.

    Parameters
    ----------
    scenario : Scenario
    rates : mapping of str to float or frozen distribution, events a year
        Names as in `uncertain_rates`; those of rates that are numbers are formed alike, with the name of the event for
        an ``EventTable`` and ``"flood.stage[basin].rate_per_year"`` where there are several basins. Without the node in
        brackets, a name sets the rates of all of them. What comes later goes over what came before.

    Returns
    -------
    Scenario
        All else stays.

    Raises
    ------
    SpecificationError
        If there is no rate of that name, or a value is no rate.

    Examples
    --------
    >>> import dcrisk
    >>> scenario = dcrisk.Scenario(
    ...     [dcrisk.Site("A"), dcrisk.Site("B")],
    ...     [dcrisk.Fire("fire", {"A": dcrisk.jeffreys_rate(1, 400), "B": 1e-3}, {"destroyed": 4000.0})])
    >>> changed = with_rates(scenario, {"fire.rate_per_year[A]": 2e-3})
    >>> changed.hazards[0].rate_per_year
    {'A': 0.002, 'B': 0.001}
    """
    if not isinstance(scenario, Scenario):
        raise SpecificationError(f"{scenario!r} is no Scenario; load_scenario(...) reads one from a file")
    known = _rates(scenario)
    hazards = list(scenario.hazards)
    for name, value in check_table(rates, "rates").items():
        check_known(name, known, "rates")
        place, _, setter = known[name]
        hazards[place] = setter(hazards[place], value)
    return replace(scenario, hazards=hazards)


def _rates(scenario: Scenario) -> dict[str, tuple[int, Any, Setter]]:
    """Every rate by name: the place of its hazard, its value (None for all of a table at once), how to set it."""
    listed = [
        (f"{hazard.name}.{name}", (place, value, setter))
        for place, hazard in enumerate(scenario.hazards)
        for name, value, setter in _rates_of(hazard)
    ]
    check_unique((name for name, _ in listed), "rates of the scenario")
    return dict(listed)


def _rates_of(hazard: Hazard) -> list[tuple[str, Any, Setter]]:
    if isinstance(hazard, Flood):
        return _rates_of_flood(hazard)
    rates = hazard.rates if isinstance(hazard, EventTable) else getattr(hazard, RATE)
    if not isinstance(rates, Mapping):
        return [(RATE, rates, lambda h, value: replace(h, **{RATE: value}))]
    set_some = set_events if isinstance(hazard, EventTable) else _set_nodes
    return [
        (RATE, None, lambda h, value: set_some(h, dict.fromkeys(rates, value))),
        *((f"{RATE}[{key}]", rate, _setter(set_some, key)) for key, rate in rates.items()),
    ]


def _setter(set_some: Callable[[Any, dict[str, Any]], Hazard], key: str) -> Setter:
    return lambda hazard, value: set_some(hazard, {key: value})


def _set_nodes(hazard: Any, rates: dict[str, Any]) -> Hazard:
    changed: Hazard = replace(hazard, **{RATE: {**hazard.rate_per_year, **rates}})
    return changed


def set_events(hazard: EventTable, rates: Mapping[str, Any]) -> Hazard:
    """The table with other rates of some of its events."""
    column = [rates.get(event, rate) for event, rate in zip(hazard.events["event"], hazard.events[RATE], strict=True)]
    return replace(hazard, events={**hazard.events, RATE: check_list(column, RATE)})


def _rates_of_flood(flood: Flood) -> list[tuple[str, Any, Setter]]:
    """Of the peaks of each basin, and of the events where that is given; a table of return levels has none."""
    found: list[tuple[str, Any, Setter]] = []
    if flood.rate_per_year is not None:
        found.append((RATE, flood.rate_per_year, lambda h, value: replace(h, **{RATE: value})))
    for basin, stage in flood.stages.items():
        if isinstance(stage, PeaksOverThreshold):
            name = f"stage[{basin}].{RATE}" if isinstance(flood.stage, Mapping) else f"stage.{RATE}"
            found.append((name, stage.rate_per_year, _basin_setter(basin)))
    return found


def _basin_setter(basin: str) -> Setter:
    def set_peaks(flood: Any, value: Any) -> Hazard:
        stage = replace(flood.stages[basin], **{RATE: value})
        several = isinstance(flood.stage, Mapping)
        changed: Hazard = replace(flood, stage={**flood.stage, basin: stage} if several else stage)
        return changed

    return set_peaks
