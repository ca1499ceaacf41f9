"""The outages of single sites, by which all choices among them can be judged."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy.typing as npt

from dcrisk.compiler import CompiledScenario, compile_scenario
from dcrisk.kernels.records import BLOCK
from dcrisk.layouts import Layout
from dcrisk.sampling import Log
from dcrisk.scenario import Scenario

CHUNK = 2 * BLOCK
"""Trials that are logged at a time: their log stays within the caches."""


def compile_sites(
    scenario: Scenario,
    replicas: tuple[str, ...],
    sites: tuple[str, ...],
    stores: tuple[str, ...],
    needed: int,
    *,
    horizon: float,
    warmup: float,
) -> CompiledScenario:
    """One layout for each of ``sites``, in their order, whose log tells when it is down and when it lies destroyed.

    ``replicas`` are those of the sites that may run the service, ``stores`` those that may keep a copy.

    No choice notices when fewer than ``needed`` of the replicas are down. Failures that strike so few, and are over
    before anything else happens, are passed over, as in any run of layouts that tolerate them.
    """
    alone = [
        Layout(f"site {i}", replicas=[name], copies=[name] if name in stores else []) for i, name in enumerate(sites)
    ]
    compiled = compile_scenario(scenario, alone, horizon=horizon, warmup=warmup)
    any_choice = Layout("any choice", replicas=replicas, quorum=len(replicas) - needed + 1, copies=stores)
    noticed = compile_scenario(scenario, [any_choice], horizon=horizon, warmup=warmup).plan
    for field in ("unnoticed", "silent", "reach", "reach_level"):
        compiled.plan.sources[field] = noticed.sources[field]
    compiled.plan.sources["foreseen"] |= noticed.sources["foreseen"]
    ours, theirs = compiled.plan.components, noticed.components
    ours["quiet"] = theirs["quiet"]
    ours["foreseen"] |= theirs["quiet"]  # a fire that no choice notices, though a site does
    unnoticed = (theirs["foreseen"] == 1) & (theirs["first_down"] == theirs["last_down"])
    ours["last_down"][unnoticed] = ours["first_down"][unnoticed]
    return compiled


def chunks(log: Log, seed: int, start: int, stop: int) -> Iterator[npt.NDArray[Any]]:
    """The outages of the trials [start, stop), some trials at a time."""
    for first in range(start, stop, CHUNK):
        yield log.read(seed, first, min(first + CHUNK, stop))
