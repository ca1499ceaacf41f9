"""trace(): one trial, outage by outage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from dcrisk.compiler import HOURS_PER_YEAR, compile_scenario
from dcrisk.kernels.records import BLOCK, STORE
from dcrisk.layouts import Layout, check_layouts
from dcrisk.sampling import log_outages
from dcrisk.scenario import Scenario
from dcrisk.simulate import MOST_TRIALS, check_hours, check_whole
from dcrisk.version import __version__

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
    key = check_whole("seed", seed, 0, 2**64 - 1)
    window = check_hours("horizon", horizon, least=0.0), check_hours("warmup", warmup)
    layouts = [layouts] if isinstance(layouts, Layout) else list(layouts)
    check_layouts(scenario, layouts)
    nodes = [node.name for node in scenario.nodes]
    numbered = [replace(layout, name=f"service {i}") for i, layout in enumerate(layouts)]
    alone = [Layout(f"node {i}", replicas=[name]) for i, name in enumerate(nodes)]
    compiled = compile_scenario(scenario, [*alone, *numbered], horizon=window[0], warmup=window[1])
    block = number // BLOCK * BLOCK
    log = log_outages(compiled, key, block, number + 1)
    log = log[log["trial"] == number - block]
    log = log[np.lexsort((log["layout"], log["kind"] == STORE, log["since"]))]
    names = np.array([*nodes, *(layout.name for layout in layouts)], dtype=object)
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
    attrs = {
        "scenario": scenario.name,
        "scenario_sha256": scenario.digest(),
        "dcrisk_version": __version__,
        "seed": str(key),
        "trial": number,
        "horizon_hours": window[0],
        "warmup_hours": window[1],
    }
    return xr.Dataset(variables, attrs=attrs)
