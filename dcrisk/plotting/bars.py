"""Horizontal bars with hatches, and whiskers that are seen over them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FloatArray = npt.NDArray[np.float64]

DARK = ("#000000", "#882255", "#332288", "#7B3F00")  # their hatches are white


def bar_edge(colour: str) -> dict[str, Any]:
    """The edge of a bar of this colour, and so its hatches."""
    return {"edgecolor": "white" if colour in DARK else "black", "linewidth": 0.5}


def draw_whiskers(ax: Axes, values: FloatArray, low: FloatArray, high: FloatArray) -> None:
    """Whiskers, seen over any hatching by their white outline."""
    from matplotlib.patheffects import withStroke

    rows = np.arange(len(values))
    lengths = np.maximum(0.0, np.stack([values - low, high - values]))
    drawn = ax.errorbar(
        values, rows, xerr=lengths, fmt="none", ecolor="black", elinewidth=1.4, capsize=4.5, capthick=1.4, zorder=4
    )
    _, caps, bars = drawn.lines
    for artist in (*bars, *caps):
        artist.set_path_effects([withStroke(linewidth=4.2, foreground="white")])
    for cap in caps:
        cap.set_zorder(4.1)


def write_at_ends(ax: Axes, ends: FloatArray, words: Sequence[str]) -> None:
    """Words beside the end of each bar, or of its whisker."""
    for row, (end, text) in enumerate(zip(ends, words, strict=True)):
        ax.annotate(text, (end, row), xytext=(7, 0), textcoords="offset points", va="center", fontsize=9)
