"""Durations as tables, and record arrays."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import numpy as np

from dcrisk.durations import Duration, QuantileTable, plain, quantile_table
from dcrisk.kernels import records


def rows(dtype: np.dtype[Any], rows: Iterable[tuple[Any, ...]]) -> np.ndarray:
    """A record array."""
    listed = list(rows)
    return np.array(listed, dtype) if listed else np.zeros(0, dtype)


class Tables:
    """Durations, each tabulated once."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._rows: list[tuple[int, int, int, int]] = []
        self._values: list[np.ndarray] = []
        self._size = 0

    def add(self, duration: Duration) -> int:
        """The row of a duration."""
        key = json.dumps(plain(duration))
        if key not in self._numbers:
            self._numbers[key] = self.add_table(quantile_table(duration))
        return self._numbers[key]

    def add_table(self, table: QuantileTable) -> int:
        """The row of a table."""
        self._rows.append((table.kind, table.cells_log2, self._size, len(table.values)))
        self._values.append(table.values)
        self._size += len(table.values)
        return len(self._rows) - 1

    def arrays(self) -> dict[str, np.ndarray]:
        values = np.concatenate(self._values) if self._values else np.zeros(0)
        return {"tables": rows(records.TABLE, self._rows), "table_values": values}
