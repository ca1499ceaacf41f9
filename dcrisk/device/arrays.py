"""Named tuples of arrays in the memory of a device, and tables of where they are.

A row of a table is what kernels/bundle.py makes a bundle of: for each array its address and its lengths. Which arrays
there are, and what is in them, is read off the named tuples themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numba import cuda
from numpy.typing import NDArray

from dcrisk.kernels.bundle import MOST_AXES, ROW

AddressOf = Callable[[Any], int]
"""Where an array on the device begins."""
WORD = 8
LINE = 16
"""Bytes: each array begins with one."""


class Kind(NamedTuple):
    """Which arrays a named tuple has: all that code which is compiled for it needs to know."""

    tuple_type: type
    dtypes: tuple[np.dtype[Any], ...]
    axes: tuple[int, ...]


def kind_of(arrays: Any) -> Kind:
    """Of a named tuple of arrays."""
    return Kind(type(arrays), tuple(array.dtype for array in arrays), tuple(array.ndim for array in arrays))


def row_of(arrays: Any, addresses: Sequence[int]) -> list[int]:
    """A row of a table: where each array is, and how long."""
    row: list[int] = []
    for array, address in zip(arrays, addresses, strict=True):
        row += address, *array.shape, *(0,) * (MOST_AXES - array.ndim)
    assert len(row) == ROW * len(arrays)
    return row


def lay_out(arrays: Sequence[NDArray[Any]]) -> tuple[list[int], int]:
    """Where arrays begin that lie one after the other, and the bytes of all."""
    places, size = [], 0
    for array in arrays:
        places.append(size)
        size += -(-array.nbytes // LINE) * LINE
    return places, max(size, LINE)


def packed(arrays: Sequence[NDArray[Any]]) -> NDArray[np.int64]:
    """Their bytes, as words."""
    places, size = lay_out(arrays)
    content = np.zeros(size, np.uint8)
    for place, array in zip(places, arrays, strict=True):
        content[place : place + array.nbytes] = np.ascontiguousarray(array).reshape(-1).view(np.uint8)
    return content.view(np.int64)


class Common:
    """Some named tuples of one kind, which all threads read. What several of them have in common is there once."""

    def __init__(self, tuples: Sequence[Any], address_of: AddressOf) -> None:
        distinct = {id(array): array for arrays in tuples for array in arrays}
        places, _ = lay_out(list(distinct.values()))
        self._memory = cuda.to_device(packed(list(distinct.values())))
        begin = address_of(self._memory)
        where = {name: begin + place for name, place in zip(distinct, places, strict=True)}
        rows = [row_of(arrays, [where[id(array)] for array in arrays]) for arrays in tuples]
        self.table = cuda.to_device(np.array(rows, np.int64))


class Own:
    """A named tuple for each thread, which that thread alone reads and writes.

    It begins as one of some models, which differ in nothing but their numbers.
    """

    def __init__(self, models: Sequence[Any], threads: int, address_of: AddressOf) -> None:
        self._model = models[0]
        self._places, size = lay_out(self._model)
        self.bytes_each = size
        self.models = cuda.to_device(np.array([packed(model) for model in models]))
        self.memory = cuda.device_array((threads, size // WORD), np.int64)
        begin = address_of(self.memory)
        first = np.array(row_of(self._model, [begin + place for place in self._places]), np.int64)
        steps = np.array(row_of(self._model, [size] * len(self._model)), np.int64)
        steps[np.arange(len(steps)) % ROW != 0] = 0
        self.table = cuda.to_device(first + np.arange(threads)[:, None] * steps)

    def read(self, first: int, last: int) -> Any:
        """The arrays of some threads, in arrays with one axis more."""
        content = self.memory[first:last].copy_to_host().view(np.uint8)
        found = []
        for array, place in zip(self._model, self._places, strict=True):
            part = np.ascontiguousarray(content[:, place : place + array.nbytes])
            found.append(part.reshape(-1).view(array.dtype).reshape(last - first, *array.shape))
        return type(self._model)(*found)


def bytes_for_thread(*models: Any) -> int:
    """What a thread takes that has one of each for its own."""
    return sum(lay_out(model)[1] + WORD * ROW * len(model) for model in models)


def free_memory() -> float:
    """Bytes that can still be had on the device."""
    return float(cuda.current_context().get_memory_info().free)
