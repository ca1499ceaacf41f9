"""From the specification to flat arrays: the only package that knows both sides."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from dcrisk.compiler.graph import Graph
from dcrisk.compiler.laws import active_law, alias_table, profile_points
from dcrisk.compiler.sources import Sources, given_stream, stream_number
from dcrisk.compiler.tables import Tables
from dcrisk.kernels.records import Plan
from dcrisk.layouts import Layout, check_layouts
from dcrisk.rates import HOURS_PER_YEAR
from dcrisk.scenario import Scenario

__all__ = [
    "HOURS_PER_YEAR",
    "CompiledScenario",
    "active_law",
    "alias_table",
    "compile_scenario",
    "given_stream",
    "profile_points",
    "stream_number",
]


class CompiledScenario(NamedTuple):
    """A scenario and its layouts, ready to run: arrays, and the names of what their rows mean."""

    plan: Plan
    layouts: tuple[str, ...]
    hazards: tuple[str, ...]


def compile_scenario(
    scenario: Scenario, layouts: Sequence[Layout], *, horizon: float, warmup: float
) -> CompiledScenario:
    """Check the layouts against the scenario and lay both out as arrays for the kernels."""
    check_layouts(scenario, layouts)
    tables = Tables()
    graph = Graph(tables)
    graph.add_nodes(scenario)
    for number, layout in enumerate(layouts):
        graph.add_layout(number, layout)
    sources = Sources(tables, graph, scenario, warmup, horizon)
    plan = Plan(
        **graph.arrays(),
        **sources.arrays(),
        **tables.arrays(),
        window=np.array([warmup, horizon], np.float64),
    )
    return CompiledScenario(plan, tuple(x.name for x in layouts), tuple(x.name for x in scenario.hazards))
