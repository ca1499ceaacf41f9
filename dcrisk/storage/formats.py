"""save_results() and open_results(): netCDF and zarr."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zipfile import ZipFile

import numpy as np
import xarray as xr

from dcrisk.specification import SpecificationError
from dcrisk.storage.extras import has_dask, library
from dcrisk.storage.files import replace_whole
from dcrisk.storage.image import ZARR_FORMAT, compression
from dcrisk.storage.ledger import FOLDER, Ledger, is_finished

NETCDF, ZARR, ZIPPED = ".nc", ".zarr", ".zarr.zip"
COMPRESSED = {"zlib": True, "complevel": 2, "shuffle": True, "fletcher32": True}
"""Without loss, and a flipped bit is noticed."""
BYTES_OF_CHUNK = 1 << 24
"""Of one variable."""


def save_results(results: xr.Dataset, path: str | Path) -> None:
    """Write results, or estimates, to a file that says all about how they were made.

    Parameters
    ----------
    results : xarray.Dataset
        From `dcrisk.simulate`, `dcrisk.estimate`, a statistic or a search. What is lazy is computed part by part.
    path : str or Path
        ``*.nc``: netCDF 4. ``*.zarr``: a zarr folder. ``*.zarr.zip``: the same in one file. What has this name already is
        replaced, once the new is complete.

    Raises
    ------
    SpecificationError
        If the name has another ending, or is that of something else than results.
    ImportError
        If the library of the format is not installed: ``pip install dcrisk[files]``.

    Examples
    --------
    >>> import dcrisk, tempfile
    >>> scenario = dcrisk.Scenario([dcrisk.Site("A")], [dcrisk.Failure("failure", 1.0, 24.0, ["A"])])
    >>> results = dcrisk.simulate(scenario, [dcrisk.Layout("A", replicas=["A"])], 1000, progress=False)
    >>> path = tempfile.mkdtemp() + "/results.nc"
    >>> save_results(results, path)
    >>> dcrisk.open_results(path).equals(results)
    True
    """
    target = Path(path)
    if not isinstance(results, xr.Dataset):
        raise SpecificationError(f"{type(results).__name__} is no Dataset; save_scenario(...) writes scenarios")
    write = _writer(target)
    _check_replaceable(target)
    data = results.drop_encoding()
    replace_whole(target, lambda beside: write(data, beside))


def open_results(path: str | Path) -> xr.Dataset:
    """Open results that `save_results` wrote, or the store of `simulate`.

    Parameters
    ----------
    path : str or Path
        ``*.nc``, ``*.zarr`` or ``*.zarr.zip``.

    Returns
    -------
    xarray.Dataset
        Read when it is needed: over dask, if that is installed.

    Raises
    ------
    SpecificationError
        If there is nothing of this name, or a store is unfinished or damaged.
    ImportError
        If the library of the format is not installed: ``pip install dcrisk[files]``.

    Examples
    --------
    See `dcrisk.save_results`.
    """
    source = Path(path)
    kind = kind_of(source)
    if not source.exists():
        raise SpecificationError(f"{source}: there is no such file or folder")
    _check_store(source)
    how: dict[str, Any] = {"decode_times": False, "chunks": {} if has_dask() else None}
    if kind == NETCDF:
        _libraries_of_netcdf()
        data = xr.open_dataset(source, engine="h5netcdf", **how)
    else:
        zarr = library("zarr", kind)
        place = zarr.storage.ZipStore(source, mode="r") if kind == ZIPPED else str(source)
        data = xr.open_dataset(place, engine="zarr", **how)
    return _as_made(data)


def _as_made(data: xr.Dataset) -> xr.Dataset:
    """Texts and numbers of the types that they had."""
    texts = {
        name: (variable.dims, np.asarray(variable.values).astype(str), variable.attrs)
        for name, variable in data.variables.items()
        if variable.dtype.kind in "OT"
    }
    found = data.assign(texts).set_coords([name for name in texts if name in data.coords])
    for attrs in (found.attrs, *(variable.attrs for variable in found.variables.values())):
        attrs.update({key: value.item() for key, value in attrs.items() if isinstance(value, np.generic)})
    return found


def kind_of(path: Path) -> str:
    """The ending that says how results are kept."""
    if ":/" in path.as_posix():
        raise SpecificationError(
            f"{path}: this is no place on this machine; xarray's to_zarr writes lazy results elsewhere"
        )
    for ending in (ZIPPED, ZARR, NETCDF):
        if path.name.endswith(ending):
            return ending
    raise SpecificationError(
        f"{path}: results are kept as *.nc (netCDF), *.zarr (a folder) or *.zarr.zip; the name must say which"
    )


def _writer(path: Path) -> Callable[[xr.Dataset, Path], None]:
    kind = kind_of(path)
    if kind == NETCDF:
        _libraries_of_netcdf()
        return _write_netcdf
    library("zarr", kind)
    return _write_zip if kind == ZIPPED else _write_zarr


def _libraries_of_netcdf() -> None:
    for name in ("h5netcdf", "h5py"):
        library(name, NETCDF)


def _write_netcdf(data: xr.Dataset, path: Path) -> None:
    encoding: dict[str, Any] = {}
    for name, variable in data.variables.items():
        numbers = variable.dtype.kind in "fiub"
        kept = COMPRESSED | {"chunksizes": _lengths(variable)} if numbers and variable.size else {}
        nothing_missing = {"_FillValue": None} if variable.dtype.kind == "f" else {}
        encoding[str(name)] = kept | nothing_missing
    data.to_netcdf(path, engine="h5netcdf", encoding=encoding)


def _write_zarr(data: xr.Dataset, store: Any) -> None:
    data = _even(data)
    encoding: dict[str, Any] = {}
    for name, variable in data.variables.items():
        lengths = {"chunks": _lengths(variable)} if variable.size and variable.chunks is None else {}
        encoding[str(name)] = compression(variable.dtype) | lengths
    data.to_zarr(store, mode="w", zarr_format=ZARR_FORMAT, consolidated=True, encoding=encoding)


def _lengths(variable: xr.Variable) -> tuple[int, ...]:
    """Of the chunks of a variable: cut along its longest dimension, the trials, into some megabytes."""
    lengths = list(variable.shape)
    if lengths:
        longest = int(np.argmax(lengths))
        across = variable.nbytes // lengths[longest]
        lengths[longest] = min(lengths[longest], max(1, BYTES_OF_CHUNK // max(across, 1)))
    return tuple(lengths)


def _write_zip(data: xr.Dataset, path: Path) -> None:
    """Packed when it is complete: in a zip file nothing can be written twice, as zarr does with its attributes."""
    with TemporaryDirectory(dir=path.parent, prefix=f"{path.name}.") as folder, ZipFile(path, "w") as packed:
        _write_zarr(data, folder)
        for file in sorted(Path(folder).rglob("*")):
            packed.write(file, file.relative_to(folder))


def _even(data: xr.Dataset) -> xr.Dataset:
    """Lazy arrays in chunks of one length, which zarr needs."""
    lengths = data.unify_chunks().chunks
    return data.chunk({dim: max(sizes) for dim, sizes in lengths.items()}) if lengths else data


def _check_replaceable(path: Path) -> None:
    """Nothing but results is replaced."""
    if not path.parent.is_dir():
        raise SpecificationError(f"{path}: there is no folder {path.parent}")
    if not path.exists():
        return
    if path.is_dir() != (kind_of(path) == ZARR):
        raise SpecificationError(
            f"{path}: this is a {'folder' if path.is_dir() else 'file'} already; take another name"
        )
    if (path / FOLDER).exists():
        raise SpecificationError(f"{path}: this is the store of a run; take another name")
    if path.is_dir() and any(path.iterdir()) and not ((path / ".zgroup").exists() or (path / "zarr.json").exists()):
        raise SpecificationError(f"{path}: this folder holds something else than results; take another name")


def _check_store(path: Path) -> None:
    """A store can be read if it is finished and none of its files is cut off."""
    ledger = Ledger(path)
    if not ledger.folder.is_dir():
        return
    plan = ledger.read_plan()
    again = f"the same call of dcrisk.simulate(..., store=...), or dcrisk.rerun({str(path)!r}, store={str(path)!r})"
    if plan is None:
        raise SpecificationError(f"{path} is unfinished, and nothing is there yet; {again}, begins it anew")
    if not is_finished(path):
        kept = f"{ledger.done(plan):,} of {plan.trials:,} trials are there"
        raise SpecificationError(f"{path} is unfinished: {kept}; {again}, goes on")
    damaged = set(range(plan.chunks)) - ledger.whole(plan, sizes_alone=True)
    if damaged:
        first, last = plan.bounds(min(damaged))
        raise SpecificationError(
            f"{path} is damaged: files of the trials {first} to {last - 1} are missing or cut off; {again}, makes them again"
        )
