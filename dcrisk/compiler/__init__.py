"""From the specification to flat arrays: the only package that knows both sides."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple

import numpy as np

from dcrisk.compiler.graph import Graph
from dcrisk.compiler.laws import active_law, alias_table, profile_points
from dcrisk.compiler.services import Services
from dcrisk.compiler.sources import FAILED, Group, Sources, given_stream, never_happens, stream_number
from dcrisk.compiler.tables import Tables
from dcrisk.kernels import records
from dcrisk.kernels.arrays import Plan
from dcrisk.layouts import Layout, check_layouts
from dcrisk.rates import HOURS_PER_YEAR
from dcrisk.scenario import Scenario

__all__ = [
    "HOURS_PER_YEAR",
    "CompiledScenario",
    "Group",
    "active_law",
    "alias_table",
    "compile_scenario",
    "given_stream",
    "never_happens",
    "profile_points",
    "stream_number",
]


UNTILTED = {
    "classes": np.zeros(0, records.CLASS),
    "plain_share": np.ones(1),
    "tilts": np.zeros(0, records.TILT),
    "first_tilt": np.zeros(records.KINDS_OF_TILTS, np.int64),
    "bins": np.zeros(0, records.BIN),
}
"""The fields of a plan whose events come by themselves, under the law of the scenario."""


class CompiledScenario(NamedTuple):
    """A scenario and its layouts, ready to run: arrays, and the names of what their rows mean."""

    plan: Plan
    layouts: tuple[str, ...]
    hazards: tuple[str, ...]
    capacity: bool
    """Whether some layout has shares of capacity."""
    backups: bool
    """Whether some layout has asynchronous copies."""
    groups: tuple[Group | None, ...]
    """Of each source: the components and the rate that its events have; None where they come otherwise."""


def compile_scenario(
    scenario: Scenario,
    layouts: Sequence[Layout],
    *,
    horizon: float,
    warmup: float,
    moments: Sequence[float] = (),
    spared: Collection[str] = (),
    failed: Collection[str] = (),
) -> CompiledScenario:
    """Check the layouts against the scenario and lay both out as arrays for the kernels.

    ``moments`` are the hours at which it is noted who is down. What strikes the nodes ``spared`` has no effect on them,
    while all events stay as they are. The nodes ``failed`` are interrupted from the start of the warm-up to the end of
    the window, as a further hazard of that name.
    """
    layouts = check_layouts(scenario, layouts)
    tables = Tables()
    graph = Graph(tables, spared, failed)
    graph.add_nodes(scenario)
    services = Services(tables, graph)
    for number, layout in enumerate(layouts):
        services.add(number, layout)
    sources = Sources(tables, graph, scenario, warmup, horizon)
    plan = Plan(
        **graph.arrays(),
        **services.arrays(),
        **sources.arrays(),
        **tables.arrays(),
        window=np.array([warmup, horizon], np.float64),
        moments=np.array(moments, np.float64),
        **UNTILTED,
    )
    hazards = [hazard.name for hazard in scenario.hazards] + [FAILED] * bool(failed)
    return CompiledScenario(
        plan,
        layouts=tuple(layout.name for layout in layouts),
        hazards=tuple(hazards),
        capacity=len(plan.demands) > 0,
        backups=len(plan.protections) > 0,
        groups=tuple(sources.groups),
    )
