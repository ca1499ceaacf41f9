"""Datasets of all points of a grid, as one with a dimension for each parameter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr


def stack(found: Sequence[xr.Dataset], axes: Mapping[str, Any]) -> xr.Dataset:
    """The Datasets, in the order of a grid whose last axis runs fastest. ``axes``: the coordinate of each parameter.

    What a dimension makes different in length or labels from point to point cannot be stacked and is left out. Of the
    attributes those stay that are alike at all points.
    """
    first = found[0]
    lengths = [len(values) for values in axes.values()]
    alike = {name for name in first.dims if all(_same_along(name, first, other) for other in found[1:])}
    shared = [name for name, variable in first.variables.items() if set(variable.dims) <= alike]
    coords: dict[Any, Any] = {name: (name, values, {"long_name": name}) for name, values in axes.items()}
    variables: dict[Any, Any] = {}
    for name in shared:
        if name in first.coords:
            coords[name] = first.coords[name].variable
        elif all(name in other for other in found):
            parts = [other[name].data for other in found]
            variables[name] = (*axes, *first[name].dims), _grid(parts, lengths), first[name].attrs
    attrs = {
        name: value
        for name, value in first.attrs.items()
        if all(name in other.attrs and _equal(other.attrs[name], value) for other in found[1:])
    }
    return xr.Dataset(variables, coords=coords, attrs=attrs)


def _same_along(name: Any, one: xr.Dataset, other: xr.Dataset) -> bool:
    if one.sizes[name] != other.sizes.get(name):
        return False
    return name not in one.coords or (name in other.coords and one[name].variable.equals(other[name].variable))


def _equal(one: Any, other: Any) -> bool:
    return type(one) is type(other) and bool(np.array_equal(one, other))


def _grid(parts: list[Any], lengths: list[int]) -> Any:
    """The parts in a grid; lazy ones stay lazy."""
    for length in reversed(lengths):
        parts = [np.stack(parts[i : i + length]) for i in range(0, len(parts), length)]
    (whole,) = parts
    return whole
