"""Tables in a terminal."""

from __future__ import annotations

import shutil
from collections.abc import Sequence

GAP = "  "


def text_table(heads: Sequence[str], rows: Sequence[Sequence[str]], width: int | None = None) -> str:
    """A table whose first column names the rows; columns that find no room follow below it, with the names again.

    Parameters
    ----------
    heads : sequence of str
        Titles of the columns.
    rows : sequence of sequence of str
        A cell may have several lines.
    width : int, optional
        Characters; by default as many as the terminal has.

    Examples
    --------
    >>> print(text_table(["layout", "hours"], [["A", "12.3\\n11 to 14"], ["A and B", "1\\n0 to 2"]], 80))
    layout      hours
    A            12.3
             11 to 14
    A and B         1
               0 to 2
    >>> print(text_table(["layout", "a", "b"], [["A", "1234", "5678"]], 16))
    layout     a
    A       1234
    <BLANKLINE>
    layout     b
    A       5678
    """
    room = shutil.get_terminal_size((120, 24)).columns if width is None else width
    columns = [_column([head, *cells]) for head, *cells in zip(heads, *rows, strict=True)]
    lines = [max(cell.count("\n") + 1 for cell in row) for row in ([*heads], *rows)]
    first, groups = len(columns[0][0][0]), [[0]]
    used = first
    for i, column in enumerate(columns[1:], start=1):
        wide = len(GAP) + len(column[0][0])
        if used + wide > room and len(groups[-1]) > 1:
            groups.append([0])
            used = first
        groups[-1].append(i)
        used += wide
    return "\n\n".join(_draw([columns[i] for i in group], lines) for group in groups)


def _column(cells: Sequence[str]) -> list[list[str]]:
    """The lines of each cell, all equally wide."""
    split = [cell.split("\n") for cell in cells]
    width = max(len(line) for lines in split for line in lines)
    return [[line.rjust(width) for line in lines] for lines in split]


def _draw(columns: Sequence[list[list[str]]], lines: Sequence[int]) -> str:
    drawn = []
    for row, height in enumerate(lines):
        for k in range(height):
            parts = []
            for i, column in enumerate(columns):
                cell = column[row]
                text = cell[k] if k < len(cell) else " " * len(cell[0])
                parts.append(text.strip().ljust(len(text)) if i == 0 else text)
            drawn.append(GAP.join(parts).rstrip())
    return "\n".join(drawn)
