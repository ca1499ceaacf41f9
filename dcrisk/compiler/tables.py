"""Durations as tables, and record arrays."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import numpy as np

from dcrisk.durations import ATOMS, OCTAVES, QUANTILES, Duration, QuantileTable, plain, quantile_table
from dcrisk.kernels import records


def rows(dtype: np.dtype[Any], rows: Iterable[tuple[Any, ...]]) -> np.ndarray:
    """A record array."""
    listed = list(rows)
    return np.array(listed, dtype) if listed else np.zeros(0, dtype)


def reach(table: QuantileTable, rate_per_hour: float, lag: int) -> tuple[float, float]:
    """Hours, and a level: an outage lasts less than these hours if its uniform is below the level.

    The level is such that few have to be looked at: those above it, and those of which the ``lag``-th event that follows
    begins within these hours (of events at this rate).
    """
    if table.kind == QUANTILES:
        coefficients = table.values.reshape(2, OCTAVES, -1, 4)
        most = coefficients[..., 0] + np.maximum(coefficients[..., 1:], 0.0).sum(axis=-1)  # as 0 <= w < 1
        low, high = most.max(axis=-1)
        hours = np.maximum(np.maximum.accumulate(high), low.max())
        levels = 1.0 - 0.5 ** np.arange(2, OCTAVES + 2)
    else:
        hours, levels = np.split(table.values, 2) if table.kind == ATOMS else (table.values, np.ones(1))
    near = rate_per_hour * hours
    none_or_one = np.exp(-near) * (1.0 + near if lag == 2 else 1.0)
    best = np.argmin((1.0 - levels) + (1.0 - none_or_one))
    return float(hours[best]) + 2.0**-30, float(levels[best])


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

    def reach(self, row: int, rate_per_hour: float, lag: int) -> tuple[float, float]:
        """`reach` of a row."""
        kind, cells_log2, _, _ = self._rows[row]
        return reach(QuantileTable(kind, cells_log2, self._values[row]), rate_per_hour, lag)

    def arrays(self) -> dict[str, np.ndarray]:
        values = np.concatenate(self._values) if self._values else np.zeros(0)
        return {"tables": rows(records.TABLE, self._rows), "table_values": values}
