"""What a page is made of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from dcrisk.cli.columns import Column, cells, names_of, present
from dcrisk.cli.numbers import Cell

if TYPE_CHECKING:
    import xarray as xr


class Table(NamedTuple):
    """Rows under heads; the first cell of a row names it."""

    caption: str
    heads: Sequence[str]
    rows: Sequence[Sequence[str | Cell]]


class Figure(NamedTuple):
    """A drawing."""

    source: str
    """A data URI."""
    width: int
    height: int
    """In CSS pixels."""
    words: str
    """What is to be seen, for who cannot see it."""
    caption: str


class Fact(NamedTuple):
    """A line of a list."""

    name: str
    value: str


def table_of(caption: str, columns: Sequence[Column], dataset: xr.Dataset) -> Table:
    """A row for each layout, with intervals."""
    shown = present(columns, dataset)
    rows = [
        [name, *row]
        for name, *row in zip(names_of(dataset), *(cells(column, dataset) for column in shown), strict=True)
    ]
    return Table(caption, ["layout", *(column.title for column in shown)], rows)
