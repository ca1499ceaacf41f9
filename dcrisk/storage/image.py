"""The files of a zarr store of results: zarr makes them in memory, chunk by chunk; who writes them decides when."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import xarray as xr

from dcrisk.specification import SpecificationError
from dcrisk.storage.extras import library

ZARR_FORMAT = 2  # what every zarr library reads; in format 3 neither texts nor the table of contents are settled
MOST_BYTES = 2**31 - 1  # of a variable in a chunk: the compressor takes no more
TABLES_OF_CONTENTS = (".zgroup", ".zmetadata")
"""With these files a folder is a zarr store; others may be there before."""
TRIAL = "trial"


def compression(dtype: np.dtype[Any]) -> dict[str, Any]:
    """Without loss, and a flipped bit is noticed; the same bytes whatever the number of threads, which Blosc's are not.

    Bytes of numbers are sorted by their place, which makes the files less than half as large.
    """
    codecs = library("numcodecs", "zarr")
    filters = [codecs.Shuffle(dtype.itemsize)] if dtype.kind in "fiu" and dtype.itemsize > 1 else None
    return {"compressors": (codecs.Zstd(level=1, checksum=True),), "filters": filters}


class Image:
    """A store of so many trials in chunks of one length, of which only single chunks are ever in memory."""

    def __init__(self, template: xr.Dataset, attrs: dict[str, Any], trials: int, length: int) -> None:
        """``template`` has the variables of the results, of any number of trials."""
        zarr = library("zarr", "a store")
        self._files: dict[str, Any] = {}
        memory = zarr.storage.MemoryStore(self._files)
        whole = template.drop_vars([name for name, v in template.variables.items() if TRIAL in v.dims])
        encoding = {str(name): compression(v.dtype) for name, v in whole.variables.items()}
        whole.assign_attrs(attrs).to_zarr(
            memory, mode="w", zarr_format=ZARR_FORMAT, consolidated=False, encoding=encoding
        )
        group = zarr.open_group(memory, mode="r+", zarr_format=ZARR_FORMAT)
        self._arrays: dict[str, Any] = {}
        for name, variable in template.data_vars.items():
            if TRIAL not in variable.dims:
                continue
            shape, chunks = (
                tuple(n if dim == TRIAL else variable.sizes[dim] for dim in variable.dims) for n in (trials, length)
            )
            if math.prod(chunks) * variable.dtype.itemsize > MOST_BYTES:
                raise SpecificationError(
                    f"chunks of {length:,} trials: {name} has more than 2 GB in each; take shorter ones"
                )
            self._arrays[str(name)] = group.create_array(
                str(name),
                shape=shape,
                chunks=chunks,
                dtype=variable.dtype,
                fill_value=np.nan if variable.dtype.kind == "f" else None,
                **compression(variable.dtype),
                attributes={**variable.attrs, "_ARRAY_DIMENSIONS": list(variable.dims)},
                config={"write_empty_chunks": True},
            )
        zarr.consolidate_metadata(memory, zarr_format=ZARR_FORMAT)
        self._lasting = frozenset(self._files)

    def contents(self) -> dict[str, bytes]:
        """The files that are no chunks of trials."""
        return {name: self._files[name].to_bytes() for name in sorted(self._lasting)}

    def chunk(self, part: xr.Dataset, first: int, last: int) -> dict[str, bytes]:
        """The files of the trials [first, last), which are one chunk."""
        for name, array in self._arrays.items():
            array[..., first:last] = part[name].values
        names = sorted(self._files.keys() - self._lasting)
        return {name: self._files.pop(name).to_bytes() for name in names}
