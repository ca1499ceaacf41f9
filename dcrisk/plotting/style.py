"""Colours, lines, hatches and words that the figures share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Okabe and Ito's palette without its yellow, which is too pale on white, and three dark colours. Grey is for the rest.
COLOURS = (
    "#0072B2",
    "#D55E00",
    "#009E73",
    "#CC79A7",
    "#E69F00",
    "#56B4E9",
    "#000000",
    "#882255",
    "#332288",
    "#7B3F00",
)
GREY = "#999999"
DASHES: tuple[Any, ...] = (
    "-",
    (0, (4, 1.5)),
    (0, (6, 1.5, 1, 1.5)),
    (0, (1, 1.2)),
    (0, (5, 1, 1, 1, 1, 1)),
    (0, (9, 2.5)),
    (0, (2, 1)),
    (0, (7, 1.5, 3, 1.5)),
    (0, (4, 1, 1, 1, 1, 1, 1, 1)),
    (0, (3, 3)),
)
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*", "<", "p")
HATCHES = ("", "//", "..", "\\\\", "xx", "--", "++", "oo", "||", "**")

YEARS = (8760.0, 8784.0)  # hours


def line_style(i: int, number: int) -> dict[str, Any]:
    """Style of line `i` of `number`: none shares its colour or dashes with another of its ten, or both with any of 100.

    Later lines are thinner, so that where several coincide the earlier show on both sides of the later.
    """
    look = (i + i // len(COLOURS)) % len(COLOURS)
    return {
        "color": COLOURS[i % len(COLOURS)],
        "linestyle": DASHES[look],
        "marker": MARKERS[look],
        "linewidth": 1.6 if number == 1 else 4.0 - 2.8 * i / (number - 1),
    }


def window_words(horizon: float) -> str:
    """The window in words that follow "in": a year, or so many hours."""
    return "a year" if YEARS[0] <= horizon <= YEARS[1] else f"a window of {horizon:,.10g} h"


def new_axes(ax: Axes | None, size: tuple[float, float]) -> Axes:
    """`ax`, or axes on a new figure of this size in inches."""
    if ax is not None:
        return ax
    import matplotlib.pyplot as plt

    return plt.subplots(figsize=size, layout="constrained")[1]
