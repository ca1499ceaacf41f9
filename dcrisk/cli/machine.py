"""Estimates as JSON."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    import xarray as xr

PROVENANCE = ("scenario", "scenario_sha256", "seed", "trials", "horizon_hours", "warmup_hours", "confidence")
ENDS = ("_low", "_high")


def print_json(form: Any) -> None:
    """On stdout, as RFC 8259 has it: without numbers that are infinite."""
    click.echo(json.dumps(form, indent=2, ensure_ascii=False, allow_nan=False))


def provenance(dataset: xr.Dataset) -> dict[str, Any]:
    """Where estimates come from."""
    found = {key: _number(dataset.attrs[key]) for key in PROVENANCE if key in dataset.attrs}
    return {"dcrisk_version": str(dataset.attrs["dcrisk_version"]), **found}


def by_layout(table: xr.Dataset) -> list[dict[str, Any]]:
    """Of each layout its name and every estimate: ``{"value": ..., "low": ..., "high": ...}``.

    One over a further dimension is a list, each entry with its coordinate. What is infinite is null.
    """
    names = [str(name) for name in table.data_vars]
    bounds = {name + end for name in names for end in ENDS if name + end in names}
    kept = [name for name in names if name not in bounds and table[name].dims[:1] == ("layout",)]
    return [
        {"name": str(layout)} | {name: _estimate(table.isel(layout=i), name) for name in kept}
        for i, layout in enumerate(table["layout"].values)
    ]


def _estimate(one: xr.Dataset, name: str) -> Any:
    dims = one[name].dims
    if dims:
        (dim,) = dims
        return [
            {str(dim): _number(place), **_value(one.isel({dim: k}), name)} for k, place in enumerate(one[dim].values)
        ]
    return _value(one, name) if f"{name}_low" in one else _number(one[name].values)


def _value(one: xr.Dataset, name: str) -> dict[str, Any]:
    ends = {end.strip("_"): _number(one[name + end].values) for end in ENDS if name + end in one}
    return {"value": _number(one[name].values), **ends}


def _number(value: Any) -> Any:
    """A Python number, text or truth value."""
    plain = value.item() if hasattr(value, "item") else value
    return None if isinstance(plain, float) and not math.isfinite(plain) else plain
