"""The Dataset of a search."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import xarray as xr

from dcrisk.intervals import bounded_mean_interval, proportion_interval
from dcrisk.outcomes import HOURS
from dcrisk.search.figures import Figures
from dcrisk.search.front import pareto_front
from dcrisk.search.plain import Run, downtime_intervals
from dcrisk.search.space import Rows, Space, layouts_of
from dcrisk.statistics.equal import CLOPPER_PEARSON
from dcrisk.statistics.trials import GAFFKE
from dcrisk.windows import Windows

FloatArray = npt.NDArray[np.float64]
Variables = dict[str, Any]
OBJECTIVES = ("cost", "downtime", "unavailability", "any_outage", "data_loss")
DOWNTIME = "mean hours of the window with the service down"
UNAVAILABILITY = "share of the window with the service down"
ANY_OUTAGE = "probability of some downtime in the window"
DATA_LOSS = "probability that data are lost in the window"


class Asked(NamedTuple):
    """What the user wants to know of each row."""

    objectives: tuple[str, ...]
    intervals: str
    confidence: float


def make_choices(
    run: Run, space: Space, rows: Rows, names: Sequence[str], costs: FloatArray, figures: Figures, asked: Asked
) -> xr.Dataset:
    """The rows with their figures, the front and the intervals."""
    downtime = np.array([float(hours) / run.trials for hours in figures.hours])
    found: Variables = {
        "cost": _variable(costs, "cost of the distinct sites that the layout uses", ""),
        "downtime": _variable(downtime, DOWNTIME, HOURS),
        "unavailability": _variable(downtime / run.horizon, UNAVAILABILITY, "1"),
        "any_outage": _variable(figures.any_outage / run.trials, ANY_OUTAGE, "1"),
        "data_loss": _variable(figures.data_loss / run.trials, DATA_LOSS, "1"),
    }
    front = pareto_front(np.stack([found[name][1] for name in asked.objectives], axis=1))
    words = f"no other layout is at least as good in {', '.join(asked.objectives)} and better in one of them"
    found["pareto"] = "layout", front, {"long_name": words}
    found |= _proportions("any_outage", ANY_OUTAGE, figures.any_outage, run.trials, asked.confidence)
    found |= _proportions("data_loss", DATA_LOSS, figures.data_loss, run.trials, asked.confidence)
    if asked.intervals != "none":
        wanted = front if asked.intervals == "pareto" else np.ones(len(front), np.bool_)
        low, high = _means(run, space, rows, names, figures, wanted, asked.confidence)
        found |= _bounds("downtime", DOWNTIME, HOURS, low, high, GAFFKE)
        found |= _bounds("unavailability", UNAVAILABILITY, "1", low / run.horizon, high / run.horizon, GAFFKE)
    found["replicas"] = _variable(rows.sizes, "replicas that run the service", "1")
    found["quorum"] = _variable(rows.quorums, "replicas that must be up", "1")
    found["member"] = ("layout", "candidate"), rows.members, {"long_name": "whether a replica runs there"}
    copies = rows.copies[:, : len(space.candidates)]
    found["copy"] = ("layout", "candidate"), copies, {"long_name": "whether a copy of the data is kept there"}
    coords = {
        "layout": ("layout", np.array(names, dtype=object).astype(str), {"long_name": "layout"}),
        "candidate": ("candidate", np.array(space.candidates, dtype=object).astype(str), {"long_name": "candidate"}),
    }
    return xr.Dataset(found, coords=coords, attrs=_attributes(run, space, asked))


def _attributes(run: Run, space: Space, asked: Asked) -> dict[str, Any]:
    copies = space.copies
    listed = list(copies) if isinstance(copies, tuple) else "every replica" if copies is None else copies
    attrs = Windows(*run[1:]).provenance(run.scenario, "Choices of sites")
    return attrs | {
        "confidence": asked.confidence,
        "objectives": list(asked.objectives),
        "intervals": asked.intervals,
        "copies": listed,
    }


def _variable(values: Any, long_name: str, units: str) -> tuple[str, Any, dict[str, str]]:
    return "layout", np.asarray(values), {"long_name": long_name} | ({"units": units} if units else {})


def _bounds(name: str, words: str, units: str, low: FloatArray, high: FloatArray, method: str) -> Variables:
    found: Variables = {}
    for end, values, bound in (("low", low, "lower"), ("high", high, "upper")):
        attrs = {"units": units, "long_name": f"{words}: {bound} bound", "method": method}
        found[f"{name}_{end}"] = "layout", values, attrs
    return found


def _proportions(name: str, words: str, counts: npt.NDArray[np.int64], trials: int, confidence: float) -> Variables:
    different, place = np.unique(counts, return_inverse=True)  # many layouts share a count
    low, high = proportion_interval(different, trials, confidence)
    return _bounds(name, words, "1", low[place], high[place], CLOPPER_PEARSON)


def _means(
    run: Run,
    space: Space,
    rows: Rows,
    names: Sequence[str],
    figures: Figures,
    wanted: npt.NDArray[np.bool_],
    confidence: float,
) -> tuple[FloatArray, FloatArray]:
    """Intervals of the mean downtime of some rows; NaN for the others, which nobody asked for."""
    ends = np.full((2, len(names)), np.nan)
    ever = figures.any_outage > 0
    if (wanted & ~ever).any():
        never = bounded_mean_interval(np.zeros(run.trials), run.horizon, confidence)
        ends[:, wanted & ~ever] = np.array(never)[:, None]
    places = np.flatnonzero(wanted & ever)
    some = Rows(rows.members[places], rows.copies[places], rows.sizes[places], rows.quorums[places])
    layouts = layouts_of(space, some, [names[int(i)] for i in places])
    for i, interval in zip(places, downtime_intervals(run, layouts, confidence), strict=True):
        ends[:, i] = interval
    return ends[0], ends[1]
