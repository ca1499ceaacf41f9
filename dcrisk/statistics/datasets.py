"""Results in, read and checked; estimates out, named and with the attributes that say where they come from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import xarray as xr

FloatArray = npt.NDArray[np.float64]
Variables = dict[str, xr.DataArray]


class Estimate(NamedTuple):
    """A number or an array of numbers, with the bounds of its confidence interval."""

    value: float | FloatArray
    low: float | FloatArray
    high: float | FloatArray


def read_results(results: xr.Dataset, names: Sequence[str]) -> xr.Dataset:
    """The variables wanted, computed, in the order layout, trial, and checked."""
    if "weight" in results.variables:
        raise ValueError(
            "these results have weights (importance sampling); weighted results are not supported yet, "
            "and statistics that ignored the weights would be wrong"
        )
    missing = [name for name in names if name not in results]
    if missing:
        raise ValueError(f"the results lack {', '.join(missing)}; they should come from dcrisk.simulate")
    horizon = float(results.attrs.get("horizon_hours", np.nan))
    if not 0.0 < horizon < np.inf:
        raise ValueError("the results must have the attribute horizon_hours, a positive number of hours")
    data = results[list(names)].transpose("layout", "trial")
    for dimension in ("layout", "trial"):
        if data.sizes[dimension] == 0:
            raise ValueError(f"the results hold no {dimension}: there is nothing to estimate")
    data = data.compute()
    for name in names:
        limit = horizon if data[name].attrs.get("units") == "h" or name in ("downtime", "longest_outage") else np.inf
        _check_range(data[name], limit)
        if limit < np.inf:  # rounding may have carried a sum a little above the window
            data[name] = data[name].clip(0.0, horizon, keep_attrs=True)
    data.attrs = {**results.attrs, "horizon_hours": horizon}
    return data


def _check_range(variable: xr.DataArray, limit: float) -> None:
    lowest, highest = float(variable.min(skipna=False)), float(variable.max(skipna=False))
    if not (lowest >= 0.0 and highest <= limit * (1.0 + 1e-9) and np.isfinite(highest)):
        raise ValueError(
            f"{variable.name} must lie between 0 and {limit:g} without gaps (NaN); "
            f"it goes from {lowest:g} to {highest:g}"
        )


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
    attrs = {**data.attrs, "trials": data.sizes["trial"], "confidence": float(confidence)}
    methods = sorted({str(v.attrs["method"]) for v in variables.values()})
    return xr.Dataset(variables, coords=layouts, attrs={**attrs, "method": "; ".join(methods)})
