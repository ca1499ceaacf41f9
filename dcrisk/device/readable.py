"""Arrays as kernels see them, where nothing is compiled: the fields of a record are attributes.

A recarray of numpy has fields as attributes, too, but hides those that are called as a method is, such as ``item``.
"""

from __future__ import annotations

from typing import Any

from numba import config


class Record:
    """A record whose fields are attributes."""

    def __init__(self, record: Any) -> None:
        self.__dict__["_record"] = record

    def __getattr__(self, name: str) -> Any:
        return self._record[name]

    def __setattr__(self, name: str, value: Any) -> None:
        self._record[name] = value


class Records:
    """An array of them."""

    def __init__(self, array: Any) -> None:
        self._array = array

    def __len__(self) -> int:
        return len(self._array)

    def __getitem__(self, i: int) -> Record:
        return Record(self._array[i])

    def __setitem__(self, i: int, record: Record) -> None:
        self._array[i] = record._record


def readable(arrays: Any) -> Any:
    """A named tuple of arrays; compiled kernels need no help."""
    if not config.DISABLE_JIT:
        return arrays
    return type(arrays)(*(array if array.dtype.names is None else Records(array) for array in arrays))
