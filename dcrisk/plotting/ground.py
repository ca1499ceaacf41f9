"""What a map is drawn on: how degrees become kilometres on a plane, and rivers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from dcrisk.specification import SpecificationError, check_number, check_table

FloatArray = npt.NDArray[np.float64]
Plane = Callable[[FloatArray, FloatArray], FloatArray]  # latitudes and longitudes to kilometres east and north


def local_plane(middle_lat: float, middle_lon: float) -> Plane:
    """A plane that touches the globe at one place, where east and north are true (equirectangular, WGS 84)."""
    turn = float(np.radians(middle_lat))
    north = 111.13295 - 0.55982 * np.cos(2 * turn) + 0.00118 * np.cos(4 * turn)  # kilometres a degree
    east = 111.41288 * np.cos(turn) - 0.09350 * np.cos(3 * turn) + 0.00012 * np.cos(5 * turn)

    def project(lat: FloatArray, lon: FloatArray) -> FloatArray:
        return np.stack([(lon - middle_lon) * east, (lat - middle_lat) * north], axis=-1)

    return project


def read_projection(projection: Any) -> Plane:
    """A function from longitudes and latitudes to metres, or a name of pyproj, as a plane in kilometres."""
    metres = projection if callable(projection) else _named(projection)

    def project(lat: FloatArray, lon: FloatArray) -> FloatArray:
        found = np.stack([np.asarray(part, dtype=np.float64) for part in metres(lon, lat)], axis=-1) / 1000.0
        if found.shape != (*lat.shape, 2) or not np.isfinite(found).all():
            raise SpecificationError(
                f"plot_map: projection = {projection!r} must give finite metres for each place; is it for this region?"
            )
        return found

    return project


def _named(projection: Any) -> Callable[[FloatArray, FloatArray], Any]:
    try:
        from pyproj import CRS, Transformer
        from pyproj.exceptions import CRSError
    except ImportError as error:
        raise SpecificationError(
            f"plot_map: projection = {projection!r} needs pyproj; install it with pip install pyproj, or give a function"
        ) from error
    try:
        system = CRS.from_user_input(projection)
    except CRSError as error:
        raise SpecificationError(
            f'plot_map: projection = {projection!r} is unknown to pyproj; "EPSG:2154" (France) is one'
        ) from error
    if not system.is_projected or any(axis.unit_name != "metre" for axis in system.axis_info):
        raise SpecificationError(f"plot_map: projection = {projection!r} is no projection in metres")
    transform = Transformer.from_crs("EPSG:4326", system, always_xy=True)
    return lambda lon, lat: transform.transform(lon, lat)


def read_rivers(rivers: Any) -> dict[str, FloatArray]:
    """By name, the latitudes and longitudes along each river."""
    found = {}
    for name, line in check_table({} if rivers is None else rivers, "plot_map: rivers").items():
        where = f"plot_map: river {name!r}"
        places = _places(line, where)
        if len(places) < 2:
            raise SpecificationError(f"{where}: give two places at least, each as (lat, lon)")
        found[str(name)] = np.array(places)
    return found


def _places(line: Sequence[Sequence[float]] | Mapping[str, Sequence[float]], where: str) -> list[tuple[float, float]]:
    places = []
    for place in line.values() if isinstance(line, Mapping) else line:
        pair = tuple(place)
        if len(pair) != 2:
            raise SpecificationError(f"{where}: {place!r} is no place; write (lat, lon)")
        places.append(
            (check_number(pair[0], f"{where}: lat", -90, 90), check_number(pair[1], f"{where}: lon", -180, 180))
        )
    return places
