"""Hazards as independent processes; where one is none, why."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator
from dataclasses import replace

from dcrisk.exact.failures import failures
from dcrisk.exact.given import given_events, is_known
from dcrisk.exact.panels import TooRough
from dcrisk.exact.plans import planned
from dcrisk.exact.process import Process, Window
from dcrisk.exact.rate_laws import is_zero
from dcrisk.exact.shocks import grid_outages, listed_events
from dcrisk.exact.survival import Survivals, mean_hours
from dcrisk.hazards import EventTable, Failure, Fire, Flood, GridOutage, Hazard, Maintenance
from dcrisk.scenario import Crew, Scenario

TOO_ROUGH = "the law of its durations has too many steps or bends"


def processes_of(scenario: Scenario, window: Window, relevant: Collection[str]) -> list[Process]:
    """The processes that strike relevant nodes, and in place of a hazard that is none, its refusal."""
    survivals = Survivals(1.0 if window.stationary else window.length)
    found: list[Process] = []
    for hazard in scenario.hazards:
        refusal = _refusal(hazard, scenario, window)
        if refusal:
            found.append(Process(hazard.name, frozenset(hazard.nodes()), refusal=refusal))
            continue
        processes = list(_processes_of(hazard, window, survivals, relevant))
        for given in scenario.conditions:
            if given.hazard == hazard.name:
                processes += given_events(hazard, given, window)
        found += [_repaired(process, scenario.crews) for process in processes]
    return [process for process in found if not process.strikes.isdisjoint(relevant)]


def _processes_of(hazard: Hazard, window: Window, survivals: Survivals, relevant: Collection[str]) -> Iterator[Process]:
    try:
        if isinstance(hazard, Failure):
            yield from failures(hazard, window, survivals)
        elif isinstance(hazard, GridOutage):
            yield from grid_outages(hazard, window, survivals)
        elif isinstance(hazard, EventTable):
            yield from listed_events(hazard, window, survivals, relevant)
        elif isinstance(hazard, Maintenance):
            yield from planned(hazard, window)
    except TooRough:
        yield Process(hazard.name, frozenset(hazard.nodes()), refusal=TOO_ROUGH)


def _refusal(hazard: Hazard, scenario: Scenario, window: Window) -> str:
    """Why a hazard as a whole is not made of independent processes; empty if it is."""
    for trigger in scenario.triggers:
        if trigger.effect == hazard.name and trigger.probability > 0.0:
            return f"{trigger.cause or trigger.backup!r} raises further events of it"
    if any(given.hazard == hazard.name and not is_known(hazard, given) for given in scenario.conditions):
        return "of an event that is given, what it strikes is left to chance or to what is down already"
    if isinstance(hazard, Fire):
        return "" if is_zero(hazard.rate_per_year) else "where a Fire spreads to is left to chance"
    if isinstance(hazard, Flood):
        return "where the water of a Flood reaches is left to chance"
    if isinstance(hazard, GridOutage) and hazard.disc is not None:
        return "what lies within its disc is left to chance"
    if isinstance(hazard, Failure) and hazard.monthly is not None:
        return "its rate is monthly, and a component does not fail while it is down"
    if window.stationary:
        return _unsteady(hazard)
    return ""


def _unsteady(hazard: Hazard) -> str:
    """Why a hazard has no stationary state."""
    if hazard.monthly is not None:
        return "its rate is monthly, so there is no stationary state"
    if hazard.dispersion > 1.0:
        return "its dispersion is that of a trial, so there is no stationary state"
    if isinstance(hazard, (Failure, GridOutage)) and not math.isfinite(mean_hours(hazard.duration)):
        return "its durations have no finite mean, so there is no stationary state"
    return ""


def _repaired(process: Process, crews: Collection[Crew]) -> Process:
    """A process as it is, if none of its outages waits for a crew."""
    for crew in crews:
        if not process.strikes.isdisjoint(crew.sites) and not process.states.isdisjoint(crew.states):
            return replace(process, refusal=f"its repairs wait for the crew {crew.name!r}")
    return process
