"""The estimates that tables show: their titles, and how their numbers are written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from dcrisk.cli.numbers import fixed, percent, short

if TYPE_CHECKING:
    import xarray as xr


class Column(NamedTuple):
    """One estimate."""

    name: str
    """Of the variable; its interval ends in ``_low`` and ``_high``."""
    title: str
    write: Callable[[float], str] = short


class Cell(NamedTuple):
    """A value and its interval, as text."""

    value: str
    low: str
    high: str

    @property
    def interval(self) -> str:
        return f"{self.low} to {self.high}"


SUMMARY = (
    Column("availability", "availability", percent),
    Column("nines", "nines", fixed),
    Column("downtime", "hours down"),
    Column("outages", "outages"),
    Column("any_outage", "P(any outage)"),
    Column("long_outage", "P(outage over {long:g} h)"),
    Column("data_loss", "P(data loss)"),
    Column("degraded_hours", "hours degraded"),
    Column("capacity", "demand served", percent),
)
"""Of `dcrisk.summary`, all in one window; the last two where a layout says what its replicas can carry."""


def present(columns: Sequence[Column], table: xr.Dataset) -> list[Column]:
    """Those that the Dataset has, with what their titles need from it."""
    long = float(table.attrs.get("long_outage_hours", 8.0))
    return [column._replace(title=column.title.format(long=long)) for column in columns if column.name in table]


def cells(column: Column, table: xr.Dataset) -> list[Cell]:
    """Of each layout."""
    ends = [table[f"{column.name}{end}"].values.tolist() for end in ("", "_low", "_high")]
    return [Cell(*(column.write(x) for x in row)) for row in zip(*ends, strict=True)]


def names_of(table: xr.Dataset) -> list[str]:
    """Of the layouts."""
    return [str(name) for name in table["layout"].values]
