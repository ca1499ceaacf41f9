"""Many arrays as one argument.

Numba passes a named tuple of arrays as seven numbers for each array, which makes 560 of Plan, Work, Outcomes and Totals
together: at every call, and for every function that it compiles. A Bundle is passed as one address, that of a table
which tells where the arrays are and how long. Within the kernels it reads like the named tuple that it was made of.

The first call of a fresh machine fell from 29 to 20 seconds of processor time, and calls became so cheap that most
functions need not be put in place of their calls.
"""

from __future__ import annotations

import numpy as np
from llvmlite import ir
from numba import config, typeof, types
from numba.core import cgutils
from numba.core.typing.templates import AttributeTemplate
from numba.extending import NativeValue, infer_getattr, lower_getattr_generic, models, register_model, unbox
from numba.np.arrayobj import make_array

from dcrisk.kernels.arrays import Plan

MOST_AXES, MOST_TYPES = 3, 100
ROW = 1 + MOST_AXES
"""Numbers in a row of the table: the address of an array, and its lengths."""


class BundleType(types.Type):
    """The type of a bundle: the names of its arrays, and their types."""

    def __init__(self, name: str, fields: tuple[tuple[str, types.Array], ...]) -> None:
        self.fields = fields
        self.rows = {field: row for row, (field, _) in enumerate(fields)}
        super().__init__(name)

    @property
    def key(self) -> object:
        return self.name, self.fields


register_model(BundleType)(models.OpaqueModel)


class Bundle:
    """The arrays of a named tuple, for a kernel to use as one."""

    def __init__(self, arrays: tuple[np.ndarray, ...]) -> None:
        self.arrays = arrays  # they must stay where they are as long as the table
        rows = [(array.ctypes.data, *array.shape, *(0,) * (MOST_AXES - array.ndim)) for array in arrays]
        self.table = np.array(rows, np.int64)
        self.address = self.table.ctypes.data
        self._numba_type_ = type_of(arrays)


_types: dict[tuple, tuple[BundleType, list[np.dtype]]] = {}


def type_of(arrays):
    """The type of a bundle, made once: to make it takes a millisecond, which is as much as a million trials may take.

    The dtypes are kept with it, so that no other ever has their numbers. A plan that another process has sent may be
    read-only; that makes no other type, as nobody writes to it.
    """
    for array in arrays:
        assert array.flags.c_contiguous and (array.flags.writeable or isinstance(arrays, Plan))
    dtypes = [array.dtype for array in arrays]
    key = type(arrays), *map(id, dtypes), *(array.ndim for array in arrays)
    found, _ = _types.get(key, (None, None))
    if found is None:
        if len(_types) >= MOST_TYPES:
            _types.clear()
        fields = [
            (name, typeof(array).copy(readonly=False)) for name, array in zip(arrays._fields, arrays, strict=True)
        ]
        found = BundleType(type(arrays).__name__, tuple(fields))
        _types[key] = found, dtypes
    return found


def in_one(arrays):
    """A bundle of them; the named tuple itself where nothing is compiled."""
    return arrays if config.DISABLE_JIT else Bundle(arrays)


@unbox(BundleType)
def address_of(typ, bundle, c):
    address = c.pyapi.object_getattr_string(bundle, "address")
    pointer = c.pyapi.long_as_voidptr(address)
    c.pyapi.decref(address)
    return NativeValue(pointer)


@infer_getattr
class TypesOfFields(AttributeTemplate):
    key = BundleType

    def generic_resolve(self, bundle, name):
        return bundle.fields[bundle.rows[name]][1] if name in bundle.rows else None


@lower_getattr_generic(BundleType)
def read_field(context, builder, bundle, pointer, name):
    """An array, from its row of the table."""
    number = bundle.rows[name]
    kind = bundle.fields[number][1]
    word = ir.IntType(64)
    table = builder.bitcast(pointer, word.as_pointer())

    def entry(place, kind):
        address = builder.gep(table, [ir.Constant(word, number * ROW + place)])
        value = builder.load(builder.bitcast(address, kind.as_pointer()))
        value.set_metadata("invariant.load", builder.module.add_metadata([]))  # so that it is read once
        return value

    size = context.get_abi_sizeof(context.get_data_type(kind.dtype))
    shape = [entry(1 + axis, word) for axis in range(kind.ndim)]
    array = make_array(kind)(context, builder)
    array.data = entry(0, array.data.type)
    strides, items = [], ir.Constant(word, 1)
    for length in reversed(shape):
        strides.insert(0, builder.mul(items, ir.Constant(word, size)))
        items = builder.mul(items, length)
    array.shape = cgutils.pack_array(builder, shape)
    array.strides = cgutils.pack_array(builder, strides)
    array.nitems = items
    array.itemsize = ir.Constant(word, size)
    array.meminfo = cgutils.get_null_value(array.meminfo.type)
    array.parent = cgutils.get_null_value(array.parent.type)
    return array._getvalue()
