"""trace(): one trial, outage by outage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from dcrisk.compiler import HOURS_PER_YEAR, compile_scenario
from dcrisk.kernels.records import BLOCK, STORE
from dcrisk.layouts import Layout, check_layouts
from dcrisk.sampling import Log
from dcrisk.scenario import Scenario
from dcrisk.windows import MOST_TRIALS, check_whole, check_windows

if TYPE_CHECKING:
    import xarray as xr


def trace(
    scenario: Scenario,
    layouts: Sequence[Layout],
    trial: int,
    *,
    seed: int = 0,
    horizon: float = HOURS_PER_YEAR,
    warmup: float = 0.0,
) -> xr.Dataset:
    """Who was down when in one trial of a run, and through which event.

    Parameters
    ----------
    scenario, layouts, seed, horizon, warmup
        As in `dcrisk.simulate`: the trial is the same one.
    trial : int
        Number of the trial, counted from 0.

    Returns
    -------
    xarray.Dataset
        Over ``outage``, in the order in which they begin: ``kind`` ("node", "service" or "data": all copies lie
        destroyed), ``name`` (of the node or layout), ``start`` and ``end`` (hours from the start of the window, not
        cut to it), ``hazard`` (that started it), ``event`` (a number that outages through the same event share).

    Raises
    ------
    SpecificationError
        As `dcrisk.simulate`.

    Examples
    --------
    >>> import dcrisk
    >>> scenario = dcrisk.Scenario(
    ...     [dcrisk.Utility("grid"), dcrisk.Site("A", requires=["grid"])],
    ...     [dcrisk.GridOutage("storms", {"grid": 0.0}, 5.0)]).given("storms", "grid")
    >>> found = trace(scenario, [dcrisk.Layout("service", replicas=["A"])], 0)
    >>> found["name"].values.tolist(), found["end"].values.tolist()
    (['grid', 'A', 'service'], [5.0, 5.0, 5.0])
    """
    import xarray as xr

    number = check_whole("trial", trial, 0, MOST_TRIALS - 1)
    windows = check_windows(1, seed, horizon, warmup)
    listed = check_layouts(scenario, layouts)
    nodes = [node.name for node in scenario.nodes]
    numbered = [replace(layout, name=f"service {i}") for i, layout in enumerate(listed)]
    alone = [Layout(f"node {i}", replicas=[name]) for i, name in enumerate(nodes)]
    compiled = compile_scenario(scenario, [*alone, *numbered], horizon=windows.horizon, warmup=windows.warmup)
    block = number // BLOCK * BLOCK
    log = Log(compiled, BLOCK).read(windows.seed, block, number + 1)
    log = log[log["trial"] == number - block]
    log = log[np.lexsort((log["layout"], log["kind"] == STORE, log["since"]))]
    names = np.array([*nodes, *(layout.name for layout in listed)], dtype=object)
    kinds = np.where(log["kind"] == STORE, "data", np.where(log["layout"] < len(nodes), "node", "service"))
    hazards = np.array(compiled.hazards, dtype=object)[compiled.plan.sources["hazard"][log["cause"] >> 32]]
    hours = {"units": "h"}
    variables: dict[str, Any] = {
        "kind": ("outage", kinds, {"long_name": "what is down: a node, a service, or all copies of its data"}),
        "name": ("outage", names[log["layout"]].astype(str), {"long_name": "name of the node or layout"}),
        "start": ("outage", log["since"], hours | {"long_name": "begin, from the start of the window"}),
        "end": ("outage", log["until"], hours | {"long_name": "end, from the start of the window"}),
        "hazard": ("outage", hazards.astype(str), {"long_name": "hazard whose event started it"}),
        "event": ("outage", np.unique(log["cause"], return_inverse=True)[1], {"long_name": "number of the event"}),
    }
    attrs = windows.provenance(scenario, f"Trial {number}") | {"trial": number}
    del attrs["trials"]
    return xr.Dataset(variables, attrs=attrs)
