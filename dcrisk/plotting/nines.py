"""The figure of how many nines each layout has."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import xarray as xr

from dcrisk import statistics
from dcrisk.plotting.style import COLOURS, duration_words, inches, new_axes, settle, window_words

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FloatArray = npt.NDArray[np.float64]

YEAR = 8766.0  # hours
PROMISES = (0.99, 0.995, 0.999, 0.9995, 0.9999, 0.99999)
DURATIONS = (  # hours a year that the axis may name, those first that stay where there is little room
    *(240.0, 24.0, 1.0, 1 / 6, 1 / 60, 1 / 360, 1 / 3600, 2400.0),
    *(72.0, 8.0, 3.0, 0.5, 1 / 20, 1 / 120, 1 / 1200, 720.0),
)
WIDEST, NARROWEST = 1.6, 6.0  # points of line width of the intervals of largest and smallest confidence


def plot_nines(
    results: xr.Dataset,
    ax: Axes | None = None,
    confidence: float | Sequence[float] = 0.95,
    promises: Sequence[float] = PROMISES,
) -> Axes:
    """How many nines of availability each layout has, the best first, with intervals.

    Parameters
    ----------
    results : xarray.Dataset
        From `dcrisk.simulate`.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default on a new figure.
    confidence : float or sequence of float
        Of the intervals. Of several levels, the smaller are drawn as thicker lines.
    promises : sequence of float
        Availabilities to mark, as shares: 0.999 is 99.9 %. Those outside the axis are left out.

    Returns
    -------
    matplotlib.axes.Axes
        Nines on the axis below (3 is 99.9 %), the same as hours, minutes or seconds of a year above. An arrow goes from
        the lower bound of a layout that was never down: it has that many nines at least.

    Raises
    ------
    ValueError
        If the results lack a variable or an attribute, or hold values out of range or no trial;
        if a promise is no availability.

    Examples
    --------
    >>> import dcrisk
    >>> from matplotlib import pyplot as plt
    >>> sites = [dcrisk.Site("A"), dcrisk.Site("B")]
    >>> scenario = dcrisk.Scenario(sites, [dcrisk.Failure("equipment", 1.0, 24.0, ["A", "B"])])
    >>> results = dcrisk.simulate(scenario, dcrisk.site_layouts(scenario), 1000, progress=False)
    >>> ax = plot_nines(results, confidence=(0.5, 0.95))
    >>> ax.get_xlabel()
    'nines of availability in a year (3: 99.9 %); lines: 50 and 95 % intervals'
    >>> plt.close(ax.figure)
    """
    levels = sorted(np.atleast_1d(np.asarray(confidence, dtype=np.float64)).tolist(), reverse=True)
    if not levels:
        raise ValueError("confidence is empty: give at least one level, such as 0.95")
    wrong = [p for p in promises if not 0.0 < p < 1.0]
    if wrong:
        raise ValueError(f"promises: {wrong[0]:g} is no availability between 0 and 1; for 99.9 % write 0.999")
    found = [statistics.availability(results, level) for level in levels]
    order = np.lexsort((-found[0]["nines_low"].values, -found[0]["nines"].values))
    found = [one.isel(layout=order) for one in found]
    names = [str(name) for name in found[0]["layout"].values]
    ax = new_axes(ax, (8.6, 2.0 + 0.36 * len(names)))
    first, last = _limits(found)
    ax.set_xlim(first, last)
    ax.set_ylim(len(names) + 0.1, -0.9)
    for row in range(len(names)):
        _draw_row(ax, row, [one.isel(layout=row) for one in found], last)
    ax.set_yticks(range(len(names)), names)
    ax.tick_params(axis="y", length=0)
    window = window_words(float(found[0].attrs["horizon_hours"]))
    shown = " and ".join(f"{100 * level:.4g}" for level in reversed(levels))
    plural = "s" if len(levels) > 1 else ""
    ax.set_xlabel(f"nines of availability in {window} (3: 99.9 %); line{plural}: {shown} % interval{plural}")
    _write_hours(ax, found[0])
    settle(ax)
    _draw_scales(ax, first, last)
    _draw_promises(ax, promises, len(names))
    settle(ax)
    return ax


def _limits(found: Sequence[xr.Dataset]) -> tuple[float, float]:
    """A range with everything that is finite, a nine and a half at least, and room for arrows."""
    ends = np.concatenate([one[f"nines{end}"].values for one in found for end in ("", "_low", "_high")])
    ends = ends[np.isfinite(ends)]
    low, high = float(ends.min(initial=np.inf)), float(ends.max(initial=-np.inf))
    if low > high:
        low = high = 0.0
    spare = max(0.0, 1.5 - (high - low)) / 2.0
    return max(0.0, low - spare - 0.15), high + spare + 0.45


def _draw_row(ax: Axes, row: int, found: Sequence[xr.Dataset], last: float) -> None:
    """The intervals of a layout and its value, or an arrow."""
    colour = COLOURS[0]
    value = float(found[0]["nines"])
    shades = np.linspace(0.75, 0.9, len(found)) if len(found) > 1 else [1.0]
    for k, (one, alpha) in enumerate(zip(found, shades, strict=True)):
        width = WIDEST + (NARROWEST - WIDEST) * k / max(1, len(found) - 1)
        low, high = float(one["nines_low"]), float(one["nines_high"])
        ax.plot([low, min(high, last)], [row, row], color=colour, linewidth=width, solid_capstyle="butt", alpha=alpha)
        if k == 0:
            ends = [end for end in (low, high) if np.isfinite(end)]
            ax.plot(ends, [row] * len(ends), "|", color=colour, markersize=9.0, markeredgewidth=WIDEST)
    if np.isfinite(value):
        ax.plot(value, row, "o", color="white", markersize=6.5, markeredgecolor="black", markeredgewidth=1.3, zorder=4)
    if not np.isfinite(float(found[0]["nines_high"])):
        ax.plot(last, row, ">", color=colour, markersize=11.0, markeredgecolor="white", zorder=4, clip_on=False)


def _write_hours(ax: Axes, found: xr.Dataset) -> None:
    """A column at the right: the mean downtime of a year in words."""
    place: dict[str, Any] = {"transform": ax.get_yaxis_transform(), "fontsize": 9, "va": "center"}
    ax.text(1.02, -0.85, "mean downtime a year", **place | {"style": "italic"})
    for row in range(found.sizes["layout"]):
        value, low, high = (YEAR * float(found[f"unavailability{end}"].values[row]) for end in ("", "_low", "_high"))
        words = f"{duration_words(value)} ({duration_words(low)} to {duration_words(high)})"
        if value == 0.0:
            words = f"none seen (< {duration_words(high)})"
        ax.text(1.02, row, words, **place)


def _draw_scales(ax: Axes, first: float, last: float) -> None:
    """Whole nines below, durations above."""
    whole = np.arange(np.ceil(first), np.floor(last) + 1.0)
    ax.set_xticks(whole, [f"{n:g}" for n in whole])
    ax.grid(axis="x", alpha=0.3)
    ax.set_axisbelow(True)
    above = ax.secondary_xaxis("top")
    gap = 0.45 * (last - first) / inches(ax)[0]  # nines that a number takes
    places: dict[float, str] = {}
    for hours in DURATIONS:
        place = float(-np.log10(hours / YEAR))
        if first <= place <= last and all(abs(place - other) > gap for other in places):
            places[place] = duration_words(hours)
    above.set_xticks(list(places), list(places.values()))
    above.set_xlabel("downtime a year")


def _draw_promises(ax: Axes, promises: Sequence[float], row: int) -> None:
    """Dashed lines, with their availability below the last row; in several lines where they are close to each other."""
    first, last = ax.get_xlim()
    ends: list[float] = []  # where the last text of each line ends, in pixels
    for promise in sorted(set(promises)):
        place = float(-np.log10(1.0 - promise))
        if not first < place < last:
            continue
        ax.axvline(place, color="0.35", linewidth=0.9, linestyle=(0, (4, 3)), zorder=0.8)
        text = ax.text(place, row, f"{100 * promise:.7g} %", fontsize=7.5, ha="center", va="center", color="0.2")
        text.set_bbox({"boxstyle": "square,pad=0.1", "facecolor": "white", "linewidth": 0})
        frame = ax.get_window_extent()
        box = text.get_window_extent().padded(2.0)
        shift = max(0.0, frame.x0 - box.x0) - max(0.0, box.x1 - frame.x1)  # into the axes
        text.set_x(place + shift * (last - first) / frame.width)
        box = box.translated(shift, 0.0)
        line = next((k for k, end in enumerate(ends) if end < box.x0), len(ends))
        ends[line : line + 1] = [box.x1]
        text.set_y(row - 0.25 + 0.45 * line)
    ax.set_ylim(row + 0.1 + 0.45 * max(0, len(ends) - 1), ax.get_ylim()[1])
