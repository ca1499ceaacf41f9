"""The estimates that tables show: their titles, and how their numbers are written."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Sequence
from typing import TYPE_CHECKING, NamedTuple

from dcrisk.cli.numbers import Cell, estimate, nines, percent

if TYPE_CHECKING:
    import xarray as xr


class Column(NamedTuple):
    """One estimate."""

    name: str
    """Of the variable; its interval ends in ``_low`` and ``_high``."""
    title: str
    write: Callable[[float, float, float], Cell] = estimate


SUMMARY = (
    Column("availability", "availability", percent),
    Column("nines", "nines", nines),
    Column("downtime", "hours down"),
    Column("outages", "outages"),
    Column("any_outage", "P(any outage)"),
    Column("long_outage", "P(outage over {long:g} h)"),
    Column("data_loss", "P(data loss)"),
    Column("degraded_hours", "hours degraded"),
    Column("capacity", "demand served", percent),
)
"""Of `dcrisk.summary`, all in one window; the last two where a layout says what its replicas can carry."""

NO_DATA = Cell("–", "no copies")

RISK = Column("risk", "risk")
"""Of `dcrisk.estimate`."""


def precision_words(found: xr.Dataset) -> list[tuple[str, str]]:
    """Of each layout of an estimate: half the interval over the risk, and whether that is what was asked for."""
    known = zip(found["relative_precision"].values.tolist(), found["converged"].values.tolist(), strict=True)
    return [(f"{100 * width:.2g} %" if width < math.inf else "–", "yes" if good else "no") for width, good in known]


def present(columns: Sequence[Column], table: xr.Dataset) -> list[Column]:
    """Those that the Dataset has, with what their titles need from it."""
    long = float(table.attrs.get("long_outage_hours", 8.0))
    return [column._replace(title=column.title.format(long=long)) for column in columns if column.name in table]


def cells(column: Column, table: xr.Dataset) -> list[Cell]:
    """Of each layout."""
    ends = [table[f"{column.name}{end}"].values.tolist() for end in ("", "_low", "_high")]
    return [column.write(*row) for row in zip(*ends, strict=True)]


def names_of(table: xr.Dataset) -> list[str]:
    """Of the layouts."""
    return [str(name) for name in table["layout"].values]


def summary_rows(table: xr.Dataset, keeping: Collection[str]) -> tuple[list[str], list[tuple[str, list[Cell]]]]:
    """The titles, and the name and the cells of each layout; one that keeps no data has none to lose."""
    columns = present(SUMMARY, table)
    by_column = [cells(column, table) for column in columns]
    rows = []
    for name, *row in zip(names_of(table), *by_column, strict=True):
        lost = [column.name == "data_loss" and name not in keeping for column in columns]
        rows.append((name, [NO_DATA if none else cell for cell, none in zip(row, lost, strict=True)]))
    return [column.title for column in columns], rows
