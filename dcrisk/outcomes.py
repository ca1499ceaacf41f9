"""The outcomes of a run: which there are, their arrays, and the Dataset that they become."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from dcrisk.compiler import CompiledScenario
from dcrisk.kernels.arrays import Outcomes
from dcrisk.kernels.records import BLOCK, OUTAGE
from dcrisk.scenario import Scenario
from dcrisk.windows import Windows

if TYPE_CHECKING:
    import xarray as xr

HOURS = "h"


class Wanted(NamedTuple):
    """What is asked for beside the outcomes that every run has."""

    attribute: bool = False
    periods: int = 0
    weight: bool = False


class Variable(NamedTuple):
    """One variable of the results: its field among the outcomes, between layout and trial, and what it means."""

    name: str
    field: str
    dtype: type
    units: str
    long_name: str
    between: tuple[str, ...] = ()


VARIABLES = (
    Variable("downtime", "downtime", np.float64, HOURS, "hours of the window with the service down"),
    Variable("outages", "outages", np.int32, "1", "outages that began in the window"),
    Variable("longest_outage", "longest", np.float64, HOURS, "longest outage within the window"),
    Variable("data_loss", "data_loss", np.bool_, "1", "all copies of the data destroyed at some moment of the window"),
    Variable(
        "downtime_by_hazard",
        "by_hazard",
        np.float64,
        HOURS,
        "downtime of the outages that the hazard started",
        ("hazard",),
    ),
    Variable(
        "downtime_by_period", "by_period", np.float64, HOURS, "hours of the period with the service down", ("period",)
    ),
    Variable("down", "down_at", np.bool_, "1", "whether the service is down at that moment", ("time",)),
    Variable(
        "degraded_hours",
        "degraded",
        np.float64,
        HOURS,
        "hours of the window with the service up, but with less capacity than it should have",
    ),
    Variable("capacity", "unserved", np.float64, "1", "share of the demand that is served, on average over the window"),
    Variable(
        "data_lost_hours",
        "lost_hours",
        np.float64,
        HOURS,
        "work of so many hours lost in the window, where the data came back from an asynchronous copy",
    ),
)


def shapes(compiled: CompiledScenario, wanted: Wanted, trials: int) -> dict[str, tuple[int, ...]]:
    """The shape of each field; what is not wanted has none in it."""
    layouts = len(compiled.layouts)
    with_capacity = layouts if compiled.capacity else 0
    with_backups = layouts if compiled.backups else 0
    return {
        "downtime": (layouts, trials),
        "outages": (layouts, trials),
        "longest": (layouts, trials),
        "data_loss": (layouts, trials),
        "by_hazard": (layouts, len(compiled.hazards) if wanted.attribute else 0, trials),
        "by_period": (layouts, wanted.periods, trials),
        "down_at": (layouts, len(compiled.plan.moments), trials),
        "degraded": (with_capacity, trials),
        "unserved": (with_capacity, trials),
        "lost_hours": (with_backups, trials),
    }


def bytes_of_trial(compiled: CompiledScenario, wanted: Wanted) -> int:
    """Memory that a trial takes in results, and while they are made."""
    shape = shapes(compiled, wanted, 1)
    kept = sum(math.prod(shape[v.field]) * np.dtype(v.dtype).itemsize for v in VARIABLES)
    served = math.prod(shape["unserved"]) * np.dtype(np.float64).itemsize  # of which the capacity is made
    return kept + served + 8 * wanted.weight


def empty_outcomes(compiled: CompiledScenario, wanted: Wanted, trials: int, log_length: int = 0) -> Outcomes:
    """Arrays of zeros."""
    shape = shapes(compiled, wanted, trials)
    arrays: dict[str, Any] = {v.field: np.zeros(shape[v.field], v.dtype) for v in VARIABLES}
    return Outcomes(**arrays, weight=np.zeros(trials if wanted.weight else 0), log=np.zeros(log_length, OUTAGE))


def make_results(
    scenario: Scenario, windows: Windows, compiled: CompiledScenario, outcomes: Any, wanted: Wanted
) -> xr.Dataset:
    """The Dataset of a run."""
    return make_variables(windows.horizon, compiled, outcomes, wanted).assign_attrs(run_attributes(scenario, windows))


def run_attributes(scenario: Scenario, windows: Windows) -> dict[str, Any]:
    """Attributes of the Dataset of a run."""
    return windows.provenance(scenario, "Outcomes of hosting layouts") | {"block": BLOCK}


def make_variables(horizon: float, compiled: CompiledScenario, outcomes: Any, wanted: Wanted) -> xr.Dataset:
    """The outcomes of some trials, under the names and in the units of results."""
    import xarray as xr

    variables: dict[str, Any] = {}
    for variable in VARIABLES:
        array = getattr(outcomes, variable.field)
        if 0 in array.shape[:-1]:
            continue
        if variable.name == "capacity":
            sharing = np.isin(np.arange(len(compiled.layouts)), compiled.plan.demands["layout"])
            array = 1.0 - np.where(sharing[:, None], array, outcomes.downtime) / horizon
        dims = ("layout", *variable.between, "trial")
        variables[variable.name] = dims, array, {"units": variable.units, "long_name": variable.long_name}
    if wanted.weight:
        most = 1.0 / float(compiled.plan.plain_share[0])
        words = "likelihood ratio: how many times as probable the trial is under the scenario as it was drawn"
        attrs = {"units": "1", "long_name": words, "largest_possible": most}
        variables["weight"] = "trial", outcomes.weight, attrs
    coords: dict[str, Any] = {
        "layout": ("layout", np.array(compiled.layouts, dtype=object).astype(str), {"long_name": "layout"}),
        "hazard": ("hazard", np.array(compiled.hazards, dtype=object).astype(str), {"long_name": "hazard"}),
    }
    if wanted.periods:
        begins = np.arange(wanted.periods) * (horizon / wanted.periods)
        coords["period"] = ("period", begins, {"units": HOURS, "long_name": "hours from the start of the window"})
    if len(compiled.plan.moments):
        after = {"units": HOURS, "long_name": "hours from the start of the window"}
        coords["time"] = ("time", compiled.plan.moments, after)
    return xr.Dataset(variables, coords=coords)
