"""Colours, lines, hatches and words that the figures share."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.colors import PowerNorm

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
SHADES = "Blues"  # from none to all
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

HARD_SPACE = "\N{NO-BREAK SPACE}"  # where words must not be broken
UNITS = {"d": "days", "h": "hours", "min": "minutes"}
YEARS = (8760.0, 8784.0)  # hours


def line_style(i: int, number: int) -> dict[str, Any]:
    """Style of line `i` of `number`: none shares its colour or dashes with another of its ten, or both with any of 100.

    Later lines are thinner, so that where several coincide the earlier show on both sides of the later.
    """
    look = (i + i // len(COLOURS)) % len(COLOURS)
    width = 1.6 if number == 1 else 4.0 - 2.8 * i / (number - 1)
    return {
        "color": COLOURS[i % len(COLOURS)],
        "linestyle": DASHES[look],
        "marker": MARKERS[look],
        "linewidth": width,
        "markersize": 5.0 + width,
        "markeredgecolor": "white",
        "markeredgewidth": 0.4,
    }


def window_words(horizon: float) -> str:
    """The window in words that follow "in": a year, or so many hours."""
    return "a year" if YEARS[0] <= horizon <= YEARS[1] else f"a window of {horizon:,.10g} h"


def duration_words(hours: float) -> str:
    """Hours in the largest unit of which they are one at least, and days from the second one on.

    Examples
    --------
    >>> [duration_words(hours) for hours in (8766.0, 30.0, 0.5, 0.01, 0.0)]
    ['365 d', '30 h', '30 min', '36 s', '0 s']
    """
    for unit, least, length in (("d", 48.0, 24.0), ("h", 1.0, 1.0), ("min", 1.0 / 60.0, 1.0 / 60.0)):
        if hours >= least * (1.0 - 1e-9):
            return f"{hours / length:,.3g} {unit}" if hours < 1000.0 * length else f"{hours / length:,.0f} {unit}"
    return f"{3600.0 * hours:.3g} s"


def time_unit(hours: float) -> tuple[float, str]:
    """The unit of an axis that goes over so many hours: its length in hours, and its sign."""
    return (24.0, "d") if hours > 96.0 else (1.0, "h") if hours > 3.0 else (1.0 / 60.0, "min")


def new_axes(ax: Axes | None, size: tuple[float, float]) -> Axes:
    """`ax`, or axes on a new figure of this size in inches."""
    if ax is not None:
        return ax
    import matplotlib.pyplot as plt

    return plt.subplots(figsize=size, layout="constrained")[1]


def inches(ax: Axes) -> tuple[float, float]:
    """Width and height of the axes."""
    box = ax.get_window_extent()
    dpi = ax.figure.get_dpi()
    return float(box.width / dpi), float(box.height / dpi)


def set_width_words(ax: Axes, *lines: str) -> None:
    """A label of the x axis, in lines that are not wider than the axes; and the final size of these."""
    settle(ax)
    width = max(20, int(inches(ax)[0] * 72.0 / 5.6))
    ax.set_xlabel("\n".join(textwrap.fill(line, width) for line in lines))
    settle(ax)


def set_log_numbers(axis: Axis, low: float, high: float, length: float) -> None:
    """Plain numbers on a logarithmic axis, from `low` to `high` and not beyond, with room on so many inches."""
    from matplotlib.axis import XAxis
    from matplotlib.ticker import FixedLocator, FuncFormatter

    decades = 10.0 ** np.arange(np.floor(np.log10(low)), np.ceil(np.log10(high)) + 1.0)
    ticks = (decades[:, None] * np.arange(1.0, 10.0)).ravel()
    ticks = ticks[(ticks >= low * (1.0 - 1e-9)) & (ticks <= high * (1.0 + 1e-9))]
    leading = np.round(ticks / 10.0 ** np.floor(np.log10(ticks) + 1e-9))
    each = length / np.log10(high / low)  # inches of a decade
    longest = max((len(f"{tick:,.6g}") for tick in ticks), default=0)
    room = 0.08 + 0.08 * longest if isinstance(axis, XAxis) else 0.2  # inches of a number along the axis, with a gap
    gaps = {(1.0, 2.0, 5.0): np.log10(2.0), (1.0, 3.0): np.log10(3.0)}
    numbered = next((digits for digits, gap in gaps.items() if gap * each > max(0.36, room)), (1.0,))
    is_major = np.isin(leading, numbered)
    if each < room:  # every second decade, or third, ...
        is_major &= np.round(np.log10(ticks)) % np.ceil(room / each) == 0.0
    axis.set_major_locator(FixedLocator(ticks[is_major].tolist()))
    axis.set_minor_locator(FixedLocator(ticks[~is_major].tolist()))
    axis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:,.6g}"))
    axis.set_minor_formatter(FuncFormatter(lambda x, _: ""))


def band_alpha(number: int) -> float:
    """How opaque bands are, of which so many may lie upon each other."""
    return min(0.18, 0.72 / max(1, number))


def legend_below(ax: Axes, handles: Sequence[Any], columns: int = 4, gap: float = 0.5, **options: Any) -> None:
    """A legend so many inches below the axes, in as many columns, up to a number, as the axes are wide."""
    from matplotlib.transforms import ScaledTranslation

    settle(ax)
    below = ax.transAxes + ScaledTranslation(0.0, -gap, ax.figure.dpi_scale_trans)
    width = ax.get_window_extent().width
    for number in range(min(columns, len(handles)), 0, -1):
        legend = ax.legend(
            handles=handles,
            loc="upper center",
            bbox_to_anchor=(0.5, 0.0),
            bbox_transform=below,
            ncols=number,
            frameon=False,
            **options,
        )
        legend.set_in_layout(False)
        if legend.get_window_extent().width < 1.05 * width:
            break
    legend.set_in_layout(True)


def settle(ax: Axes) -> None:
    """Let the figure's layout, if it has one, give the axes their final size, for which labels are placed."""
    figure = ax.figure.canvas.figure
    engine = figure.get_layout_engine()
    if engine is not None:
        engine.execute(figure)


def spread_labels(
    wanted: npt.NDArray[np.float64], heights: npt.NDArray[np.float64], low: float, high: float
) -> npt.NDArray[np.float64]:
    """Middles of labels in one column, in the order wanted: as close to where they should be as no overlap allows.

    Examples
    --------
    >>> spread_labels(np.array([5.0, 5.2, 9.0]), np.ones(3), 0.0, 10.0)
    array([4.6, 5.6, 9. ])
    """
    from scipy.optimize import isotonic_regression

    order = np.argsort(wanted, kind="stable")
    tall = heights[order]
    below = np.concatenate([[0.0], np.cumsum(0.5 * (tall[1:] + tall[:-1]))])  # of each, when they touch
    found = isotonic_regression(wanted[order] - below).x + below
    least, most = low + 0.5 * tall[0] + below, high - 0.5 * tall[-1] - below[-1] + below
    places = np.empty(len(wanted))
    places[order] = np.maximum(np.minimum(found, most), least)
    return places


def shade_norm(most: float) -> PowerNorm:
    """From values to shares of the way along the shades: small values differ more in shade than large ones."""
    from matplotlib.colors import PowerNorm

    return PowerNorm(0.5, 0.0, most)


def text_colour(share: float) -> str:
    """Black or white: what can be read on this share of the way along the shades."""
    import matplotlib

    red, green, blue, _ = matplotlib.colormaps[SHADES](float(share))
    parts = [x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4 for x in (red, green, blue)]
    luminance = 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]  # of WCAG 2
    return "black" if (luminance + 0.05) ** 2 > 1.05 * 0.05 else "white"
