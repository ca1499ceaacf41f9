"""Sites from a table: a pandas DataFrame, or a GeoDataFrame with points."""

from __future__ import annotations

import difflib
import math
from collections.abc import Mapping
from typing import Any

from dcrisk.scenario import Requirement, Site
from dcrisk.specification import SpecificationError, check_known

FIELDS = ("name", "lat", "lon", "part_of", "requires", "restart", "source")
OTHER_WORDS = {"lat": ("latitude",), "lon": ("longitude", "long", "lng")}


def sites_from_frame(frame: Any, columns: Mapping[str, str] | None = None) -> list[Site]:
    """Make a site of each row of a table.

    Parameters
    ----------
    frame : pandas.DataFrame or geopandas.GeoDataFrame
        With a column ``name``, and any of ``lat``, ``lon`` (degrees), ``part_of``, ``requires``, ``restart`` (hours) and
        ``source``. An entry of ``requires`` is a name, a `Requirement`, a list of either, or names with ``;`` between
        them, as in a CSV file. An empty cell leaves the default. Other columns are passed over. The points of a
        GeoDataFrame are brought to degrees (EPSG:4326) and go before ``lat`` and ``lon``.
    columns : mapping of str to str, optional
        ``{"name": "site_id"}``: in which column a field stands, where it has another name.

    Returns
    -------
    list of Site
        In the order of the rows.

    Raises
    ------
    SpecificationError
        Naming the row: a value that a Site does not take, a geometry that is no point. Naming the column: none for the
        name, or one that seems misspelt. If a GeoDataFrame does not say its coordinate reference system.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"name": ["A", "B"], "lat": [48.6, 50.7], "lon": [7.8, 3.2], "requires": ["grid; fibre", None]})
    >>> sites_from_frame(frame)
    [Site('A', lat=48.6, lon=7.8, requires=['grid', 'fibre']), Site('B', lat=50.7, lon=3.2)]
    """
    if not hasattr(frame, "columns") or not hasattr(frame, "itertuples"):
        raise SpecificationError(f"sites_from_frame: {type(frame).__name__} is no DataFrame")
    place = _columns([str(column) for column in frame.columns], dict(columns or {}))
    values = {field: list(frame[column]) for field, column in place.items()}
    if hasattr(frame, "to_crs"):
        values |= _points(frame)
    elif ("lat" in values) != ("lon" in values):
        raise SpecificationError("sites_from_frame: of lat and lon there is one column alone; give both, or neither")
    sites: dict[str, Site] = {}
    for row, label in enumerate(frame.index):
        cells = {field: listed[row] for field, listed in values.items() if not _is_empty(listed[row])}
        try:
            site = Site(cells.pop("name", None), **_cells(cells))
        except SpecificationError as error:
            raise SpecificationError(f"sites_from_frame: row {label!r}: {error}") from None
        if site.name in sites:
            raise SpecificationError(f"sites_from_frame: row {label!r}: {site.name!r} is named twice")
        sites[site.name] = site
    return list(sites.values())


def _columns(names: list[str], given: dict[str, str]) -> dict[str, str]:
    """In which column each field stands."""
    for field, column in given.items():
        check_known(field, FIELDS, "sites_from_frame: columns")
        check_known(column, names, f"sites_from_frame: the column of {field!r}")
    place = {field: given.get(field, field) for field in FIELDS if field in given or field in names}
    if "name" not in place:
        raise SpecificationError(
            f"sites_from_frame: no column 'name' among {', '.join(names) or 'none'}; say columns={{'name': ...}}"
        )
    spare = {name.lower(): name for name in names if name not in place.values()}
    for field in FIELDS:
        alike = [*OTHER_WORDS.get(field, ()), *difflib.get_close_matches(field, spare, 1, 0.85)]
        meant = next((spare[word] for word in alike if word in spare), None)
        if field not in place and meant is not None:
            raise SpecificationError(
                f"sites_from_frame: is the column {meant!r} meant to be {field!r}? "
                f"Say columns={{{field!r}: {meant!r}}}, or drop it"
            )
    return place


def _points(frame: Any) -> dict[str, list[Any]]:
    """Latitude and longitude of each row of a GeoDataFrame; NaN where it has no geometry."""
    if frame.crs is None:
        raise SpecificationError(
            "sites_from_frame: the frame does not say its coordinate reference system; frame.set_crs(4326) says degrees"
        )
    for label, kind in zip(frame.index, frame.geometry.geom_type, strict=True):
        if kind != "Point" and not _is_empty(kind):
            raise SpecificationError(
                f"sites_from_frame: row {label!r}: {kind} is no point; frame.representative_point() makes one"
            )
    degrees = frame.geometry.to_crs(4326)
    return {"lat": [float(y) for y in degrees.y], "lon": [float(x) for x in degrees.x]}


def _is_empty(value: Any) -> bool:
    """None, NaN, NaT, pandas.NA or blank text."""
    if value is None or (isinstance(value, str) and not value.strip()) or type(value).__name__ in ("NAType", "NaTType"):
        return True
    return isinstance(value, float) and math.isnan(value)


def _cells(cells: dict[str, Any]) -> dict[str, Any]:
    """The fields of a site as its row has them."""
    need = cells.get("requires")
    if isinstance(need, str):
        cells["requires"] = [part.strip() for part in need.split(";") if part.strip()]
    elif need is not None and not isinstance(need, Requirement):
        cells["requires"] = list(need)
    return cells
