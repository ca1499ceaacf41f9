"""Results in, read and checked; estimates out, named and with the attributes that say where they come from."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import xarray as xr

from dcrisk.statistics.equal import EqualTrials
from dcrisk.statistics.trials import Estimate, FloatArray, Trials
from dcrisk.statistics.weighted import WeightedTrials

Variables = dict[str, xr.DataArray]

YEAR_HOURS = 8766.0
WITHIN_WINDOW = ("downtime", "longest_outage", "downtime_by_hazard", "downtime_by_period", "degraded_hours")
WITHIN_ONE = ("capacity",)


def read_results(results: xr.Dataset, names: Sequence[str]) -> xr.Dataset:
    """The variables wanted and the weights, computed, in the order layout, others, trial, and checked."""
    check_results(results)
    missing = [name for name in names if name not in results]
    if missing:
        raise ValueError(f"the results lack {', '.join(missing)}; they should come from dcrisk.simulate")
    horizon = float(results.attrs.get("horizon_hours", np.nan))
    if not 0.0 < horizon < np.inf:
        raise ValueError("the results must have the attribute horizon_hours, a positive number of hours")
    weighted = ["weight"] if "weight" in results.variables else []
    data = results.reset_coords([name for name in weighted if name in results.coords])[[*names, *weighted]].transpose(
        "layout", ..., "trial"
    )
    for dimension in ("layout", "trial"):
        if data.sizes[dimension] == 0:
            raise ValueError(f"the results hold no {dimension}: there is nothing to estimate")
    data = data.compute()
    for name in names:
        limit = horizon if name in WITHIN_WINDOW else 1.0 if name in WITHIN_ONE else np.inf
        check_range(data[name], limit)
        if limit < np.inf:  # rounding may have carried a sum a little above the window
            data[name] = data[name].clip(0.0, limit, keep_attrs=True)
    if weighted:
        _check_weights(data["weight"])
    data.attrs = {**results.attrs, "horizon_hours": horizon}
    return data


def check_results(results: object) -> None:
    """Raise unless it is a Dataset, with a word on where results come from."""
    if not isinstance(results, xr.Dataset):
        raise TypeError(f"{type(results).__name__} is no results: give the Dataset that dcrisk.simulate returns")


def mean_over_trials(results: xr.Dataset, name: str) -> xr.DataArray:
    """The mean of a variable, with the weights of the trials if they have any."""
    values = results[name].astype(np.float64)
    return (values * results["weight"] if "weight" in results.variables else values).mean("trial")


def check_range(variable: xr.DataArray, limit: float) -> None:
    """Raise unless every value lies between 0 and the limit."""
    lowest, highest = float(variable.min(skipna=False)), float(variable.max(skipna=False))
    if not (lowest >= 0.0 and highest <= limit * (1.0 + 1e-9) and np.isfinite(highest)):
        raise ValueError(
            f"{variable.name} must lie between 0 and {limit:g} without gaps (NaN); "
            f"it goes from {lowest:g} to {highest:g}"
        )


def _check_weights(weight: xr.DataArray) -> None:
    if weight.dims != ("trial",):
        raise ValueError(f"weight has the dimensions {weight.dims}: each trial has one weight, for all layouts")
    if not (np.isfinite(weight.values).all() and (weight.values >= 0.0).all() and weight.values.any()):
        raise ValueError("the weights of the trials must be finite and not negative, and not all zero")
    most = weight.attrs.get("largest_possible")
    if most is not None and not (np.isfinite(most) and most >= max(1.0, weight.values.max()) * (1.0 - 1e-9)):
        raise ValueError(
            f"weight: largest_possible = {most} must be finite, at least 1 (their expectation), and not below "
            f"the largest weight, {weight.values.max():g}"
        )


def trials_of(data: xr.Dataset) -> Trials:
    """The trials of results that were read, with their weights if they have any."""
    if "weight" not in data:
        return EqualTrials(data.sizes["trial"])
    weights = np.asarray(data["weight"].values, dtype=np.float64)
    most = data["weight"].attrs.get("largest_possible")
    return WeightedTrials(weights, None if most is None else max(float(most), float(weights.max())))


def over_layouts(
    variable: xr.DataArray,
    estimate: Callable[[FloatArray], Estimate],
    name: str,
    long_name: str,
    units: str,
    method: str,
    dims: tuple[str, ...] = (),
) -> Variables:
    """Apply an estimate to the trials of each layout."""
    return named_variables(variable, [estimate(x) for x in variable.values], name, long_name, units, method, dims)


def probabilities(
    trials: Trials, happened: xr.DataArray, confidence: float, name: str, long_name: str, *, without: bool = False
) -> Variables:
    """The probability that something happened in a trial, or that it did not, for each layout."""
    estimate = trials.probability_without if without else trials.probability
    return over_layouts(
        happened,
        lambda x: estimate(np.asarray(x, dtype=bool), confidence),
        name,
        long_name,
        "1",
        trials.methods.probability,
    )


def stacked(estimates: Sequence[Estimate]) -> Estimate:
    """Some numbers as one array, with the bounds of each."""
    return Estimate(*(np.array(part) for part in zip(*estimates, strict=True)))


def named_variables(
    like: xr.Dataset | xr.DataArray,
    estimates: Sequence[Estimate],
    name: str,
    long_name: str,
    units: str,
    method: str,
    dims: tuple[str, ...] = (),
) -> Variables:
    """Three variables over the layouts: the estimate, and the ends of its interval."""
    parts = {
        name: (long_name, [e.value for e in estimates]),
        f"{name}_low": (f"{long_name}: lower bound", [e.low for e in estimates]),
        f"{name}_high": (f"{long_name}: upper bound", [e.high for e in estimates]),
    }
    found = {}
    for key, (words, values) in parts.items():
        array = np.array(values, dtype=np.float64)
        if np.isnan(array).any():
            raise ArithmeticError(f"{key} came out as NaN; please report this with the data")
        attrs = {"units": units, "long_name": words, "method": method}
        found[key] = xr.DataArray(array, dims=("layout", *dims), attrs=attrs)
    return found


def make_dataset(data: xr.Dataset, confidence: float, variables: Variables) -> xr.Dataset:
    """The variables with the layouts' names, and the attributes that say where they come from."""
    layouts = {"layout": data["layout"]} if "layout" in data.coords else {}
    attrs = {**data.attrs, "trials": data.sizes["trial"], "confidence": float(confidence), **_of_weights(data)}
    methods = sorted({str(v.attrs["method"]) for v in variables.values()})
    return xr.Dataset(variables, coords=layouts, attrs={**attrs, "method": "; ".join(methods)})


def _of_weights(data: xr.Dataset) -> dict[str, float]:
    """How uneven the weights are: Kish's effective number of trials, and what the heaviest one contributes."""
    if "weight" not in data:
        return {}
    weights = data["weight"].values / data["weight"].values.max()
    return {
        "effective_sample_size": float(weights.sum() ** 2 / (weights**2).sum()),
        "largest_weight_share": float(1.0 / weights.sum()),
    }
