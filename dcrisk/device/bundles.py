"""Bundles of arrays in code for a device: what kernels/bundle.py does for the processor, by the same functions."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import types
from numba.core import cgutils
from numba.cuda.cudadecl import registry as typing_of_cuda
from numba.cuda.cudaimpl import registry as code_of_cuda
from numba.cuda.extending import intrinsic
from numba.cuda.models import register_model
from numba.extending import models
from numba.np.arrayobj import make_array
from numba.np.numpy_support import from_dtype

from dcrisk.device.arrays import Kind
from dcrisk.kernels.bundle import BundleType, TypesOfFields, read_field

register_model(BundleType)(models.OpaqueModel)
typing_of_cuda.register_attr(TypesOfFields)
code_of_cuda.lower_getattr_generic(BundleType)(read_field)


def reader(kind: Kind) -> Any:
    """A function for code on the device: the bundle that a row of a table tells of."""
    fields = zip(kind.tuple_type._fields, kind.dtypes, kind.axes, strict=True)  # type: ignore[attr-defined]
    listed = tuple((name, types.Array(from_dtype(aligned(dtype)), axes, "C")) for name, dtype, axes in fields)
    bundle = BundleType(f"{kind.tuple_type.__name__} on a device", listed)

    def read(typing_context, table, row):  # type: ignore[no-untyped-def]
        def generate(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
            array = make_array(table)(context, builder, arguments[0])
            place = [arguments[1], context.get_constant(types.intp, 0)]
            pointer = cgutils.get_item_pointer(context, builder, table, array, place)
            return builder.bitcast(pointer, context.get_value_type(bundle))

        return bundle(table, row), generate

    return intrinsic(read)


def aligned(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """The same records, known to be aligned where they are: a device reads others byte by byte."""
    if dtype.names is None or dtype.fields is None:
        return dtype
    formats = [dtype.fields[name][0] for name in dtype.names]
    offsets = [dtype.fields[name][1] for name in dtype.names]
    layout = {"names": list(dtype.names), "formats": formats, "offsets": offsets, "itemsize": dtype.itemsize}
    try:
        return np.dtype(layout, align=True)  # type: ignore[call-overload, no-any-return]
    except ValueError:
        return dtype


def address_of(array: Any) -> int:
    """Where an array on the device begins."""
    return int(array.__cuda_array_interface__["data"][0])
