"""The same as bundles.py where numba simulates a device: its memory is that of the process, and so are its threads."""

from __future__ import annotations

import ctypes
import math
from typing import Any

import numpy as np

from dcrisk.device.arrays import Kind
from dcrisk.device.readable import readable
from dcrisk.kernels.bundle import ROW


def reader(kind: Kind) -> Any:
    """A function for code on the device: the named tuple of arrays that a row of a table tells of."""

    def read(table: Any, row: int) -> Any:
        arrays = []
        for i, (dtype, axes) in enumerate(zip(kind.dtypes, kind.axes, strict=True)):
            address, *lengths = (int(table[row, ROW * i + place]) for place in range(1 + axes))
            memory: Any = (ctypes.c_uint8 * (math.prod(lengths) * dtype.itemsize)).from_address(address)
            arrays.append(np.ndarray(lengths, dtype, memory))
        return readable(kind.tuple_type(*arrays))

    return read


def address_of(array: Any) -> int:
    """Where an array on the device begins."""
    return int(array.ctypes.data)
