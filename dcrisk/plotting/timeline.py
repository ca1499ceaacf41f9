"""The figure of one trial: who was down when, and through what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt
import xarray as xr

from dcrisk.plotting.bars import bar_edge
from dcrisk.plotting.style import (
    COLOURS,
    HATCHES,
    MARKERS,
    UNITS,
    duration_words,
    legend_below,
    new_axes,
    settle,
    spread_labels,
    time_unit,
)
from dcrisk.specification import SpecificationError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

VARIABLES = ("kind", "name", "start", "end", "hazard", "event")
KINDS = {"service": "services", "data": "all copies destroyed", "node": "sites and utilities"}
HEIGHT = 0.62  # of a bar, in rows
SHORT = 7.0  # points: a bar that is shorter has a mark, so that it is seen
NAMED = 14  # events that hit several and have a letter, the widest first


class _Rows(NamedTuple):
    """What is drawn: outages, in which row each lies, and what the rows are."""

    data: xr.Dataset
    row: IntArray
    labels: list[str]
    kinds: list[str]  # of the rows
    left_out: int  # nodes


def plot_timeline(
    traced: xr.Dataset,
    ax: Axes | None = None,
    window: tuple[float, float] | None = None,
    most: int = 25,
) -> Axes:
    """One trial: who was down from when to when, and through which hazard.

    Parameters
    ----------
    traced : xarray.Dataset
        From `dcrisk.trace`.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default on a new figure. Letters are placed for the figure's present size.
    window : (float, float), optional
        Hours to show, to see some of it closer; by default the whole window of the trial.
    most : int
        Sites and utilities to show, those that are down longest.

    Returns
    -------
    matplotlib.axes.Axes
        Services come first, then the data that lay destroyed, then sites and utilities; those never down are left
        out. An outage too short to be seen at this scale has the mark of its hazard, and the words at the right
        tell for how long each row was down in all. Arrows at the ends are of outages that began before the
        window shown or end after it. Outages begun by one event stand on a line with a letter, if they are several.

    Raises
    ------
    SpecificationError
        If ``traced`` does not come from `trace`, or the window does not ascend.

    Examples
    --------
    >>> import dcrisk
    >>> from matplotlib import pyplot as plt
    >>> scenario = dcrisk.Scenario(
    ...     [dcrisk.Utility("grid"), dcrisk.Site("A", requires=["grid"])],
    ...     [dcrisk.GridOutage("storms", {"grid": 0.0}, 5.0)]).given("storms", "grid")
    >>> traced = dcrisk.trace(scenario, [dcrisk.Layout("service", replicas=["A"])], 0)
    >>> ax = plot_timeline(traced, window=(0.0, 24.0))
    >>> [label.get_text() for label in ax.get_yticklabels()]
    ['service', 'grid', 'A']
    >>> plt.close(ax.figure)
    """
    first, last = _check(traced, window)
    if most < 0:
        raise SpecificationError(f"plot_timeline: most = {most!r} must not be negative")
    rows = _arrange(traced, first, last, most)
    length, unit = time_unit(last - first)
    ax = new_axes(ax, (9.5, 2.0 + 0.27 * max(3, len(rows.labels))))
    ax.set_xlim(first / length, last / length)
    ax.set_ylim(max(1, len(rows.labels)) - 0.4, -0.6)
    ax.set_yticks(range(len(rows.labels)), rows.labels, fontsize=9)
    ax.tick_params(axis="y", length=0)
    left = f"; {rows.left_out} that were down for less are not shown" if rows.left_out else ""
    ax.set_xlabel(f"time from the start of the window ({UNITS[unit]}){left}")
    ax.grid(axis="x", alpha=0.3)
    ax.set_axisbelow(True)
    if not rows.labels:
        ax.text(0.5, 0.5, "nothing was down", transform=ax.transAxes, ha="center", va="center")
        return ax
    _draw_sections(ax, rows)
    _write_totals(ax, rows, first, last)
    looks = _looks(traced)
    _draw_legend(ax, rows, looks)
    settle(ax)
    per_point = (last - first) / (ax.get_window_extent().width / ax.figure.get_dpi() * 72.0)  # hours
    for hazard, look in looks.items():
        _draw_outages(ax, rows, hazard, look, (first, last, length), per_point)
    _draw_events(ax, rows, (first, last, length))
    return ax


def _check(traced: xr.Dataset, window: tuple[float, float] | None) -> tuple[float, float]:
    if not isinstance(traced, xr.Dataset) or not set(VARIABLES) <= set(traced.variables):
        raise SpecificationError("plot_timeline: traced must be a Dataset over outage, from trace()")
    if window is None:
        return 0.0, float(traced.attrs["horizon_hours"])
    first, last = (float(hour) for hour in window)
    if not -np.inf < first < last < np.inf:
        raise SpecificationError(f"plot_timeline: window = {window!r} must be two numbers of hours that ascend")
    return first, last


def _arrange(traced: xr.Dataset, first: float, last: float, most: int) -> _Rows:
    """The outages of the window, and a row for each service, store of data and node, in this order."""
    data = traced[list(VARIABLES)].compute()
    data = data.isel(outage=np.flatnonzero((data["end"].values > first) & (data["start"].values < last)))
    keys = list(zip(data["kind"].values.tolist(), data["name"].values.tolist(), strict=True))
    hours = dict.fromkeys(keys, 0.0)
    for key, start, end in zip(keys, data["start"].values, data["end"].values, strict=True):
        hours[key] += min(float(end), last) - max(float(start), first)
    nodes = [key for key in hours if key[0] == "node"]
    kept = set(sorted(nodes, key=lambda key: -hours[key])[:most])
    shown = [key for kind in KINDS for key in hours if key[0] == kind and (kind != "node" or key in kept)]
    place = {key: row for row, key in enumerate(shown)}
    data = data.isel(outage=[i for i, key in enumerate(keys) if key in place])
    row = np.array([place[key] for key in keys if key in place], dtype=np.int64)
    labels = [f"data of {name}" if kind == "data" else name for kind, name in shown]
    return _Rows(data, row, labels, [kind for kind, _ in shown], len(nodes) - len(kept))


# ---------------------------------------------------------------- what stands around


def _draw_sections(ax: Axes, rows: _Rows) -> None:
    """Every second kind of row on grey."""
    for kind in dict.fromkeys(rows.kinds):
        places = [row for row, other in enumerate(rows.kinds) if other == kind]
        if kind == "data":
            ax.axhspan(places[0] - 0.5, places[-1] + 0.5, color="0.93", zorder=0)
        if places[0]:
            ax.axhline(places[0] - 0.5, color="0.3", linewidth=0.8)


def _write_totals(ax: Axes, rows: _Rows, first: float, last: float) -> None:
    """At the right of each row, for how long it was down, and how often if more than once."""
    place: dict[str, Any] = {"transform": ax.get_yaxis_transform(), "fontsize": 8, "va": "center"}
    ax.text(1.015, -1.0, "down for", **place | {"style": "italic"})
    for row in range(len(rows.labels)):
        mine = np.flatnonzero(rows.row == row)
        inside = np.clip(rows.data["end"].values[mine], first, last) - np.clip(
            rows.data["start"].values[mine], first, last
        )
        often = f" ({len(mine)} times)" if len(mine) > 1 else ""
        ax.text(1.015, row, duration_words(float(inside.sum())) + often, **place)


def _looks(traced: xr.Dataset) -> dict[str, dict[str, Any]]:
    """Colour, hatch and mark of each hazard of the trial, whatever part of it is shown."""
    hazards = list(dict.fromkeys(traced["hazard"].values.tolist()))
    return {
        hazard: {"color": COLOURS[i % 10], "hatch": HATCHES[(i + i // 10) % 10], "marker": MARKERS[(i + i // 10) % 10]}
        for i, hazard in enumerate(hazards)
    }


def _draw_legend(ax: Axes, rows: _Rows, looks: dict[str, dict[str, Any]]) -> None:
    from matplotlib.legend_handler import HandlerTuple
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    present = [hazard for hazard in looks if hazard in rows.data["hazard"].values]
    handles = []
    for hazard in present:
        colour = looks[hazard]["color"]
        bar = Patch(facecolor=colour, hatch=2 * looks[hazard]["hatch"], **bar_edge(colour))
        handles.append((bar, Line2D([], [], **_mark(looks[hazard]))))
    both = {tuple: HandlerTuple(ndivide=None, pad=0.8)}
    legend_below(ax, handles, labels=present, handler_map=both, title="begun by", fontsize="small", handlelength=3.2)


def _mark(look: dict[str, Any]) -> dict[str, Any]:
    return {
        "color": look["color"],
        "marker": look["marker"],
        "linestyle": "",
        "markersize": 6.5,
        "markeredgecolor": "black",
        "markeredgewidth": 0.5,
    }


# ---------------------------------------------------------------- outages


def _draw_outages(
    ax: Axes, rows: _Rows, hazard: str, look: dict[str, Any], span: tuple[float, float, float], per_point: float
) -> None:
    """The bars of one hazard, and marks on those that are too short."""
    first, last, length = span
    mine = np.flatnonzero(rows.data["hazard"].values == hazard)
    if not mine.size:
        return
    start, end, row = rows.data["start"].values[mine], rows.data["end"].values[mine], rows.row[mine]
    left, right = np.maximum(start, first), np.minimum(end, last)
    ax.barh(
        row,
        (right - left) / length,
        left=left / length,
        height=HEIGHT,
        color=look["color"],
        hatch=look["hatch"],
        zorder=2,
        **bar_edge(look["color"]),
    )
    short = right - left < SHORT * per_point
    middle = np.clip(0.5 * (left + right), first + 4.0 * per_point, last - 4.0 * per_point)
    ax.plot(middle[short] / length, row[short], **_mark(look), zorder=4)
    for beyond, place, sign in ((start < first, first, "<"), (end > last, last, ">")):
        inside = place + (5.0 if sign == "<" else -5.0) * per_point
        at = np.full(int(beyond.sum()), inside / length)
        ax.plot(at, row[beyond], sign, color="white", markeredgecolor="black", markersize=7, linestyle="", zorder=5)


def _draw_events(ax: Axes, rows: _Rows, span: tuple[float, float, float]) -> None:
    """A line through all outages that an event began, with a letter above, if they are several."""
    first, last, length = span
    events, start = rows.data["event"].values, rows.data["start"].values
    number, count = np.unique(events, return_counts=True)
    several = number[np.argsort(-count, kind="stable")][: np.count_nonzero(count > 1)][:NAMED]
    moments = {int(event): max(first, float(start[events == event].min())) for event in several}
    if not moments:
        return
    ordered = sorted(moments, key=lambda event: moments[event])
    to_pixels = ax.get_window_extent().width / (last - first)
    wanted = np.array([(moments[event] - first) * to_pixels for event in ordered])
    point = ax.figure.get_dpi() / 72.0
    places = spread_labels(wanted, np.full(len(ordered), 14.0 * point), 0.0, ax.get_window_extent().width)
    for letter, event, at, place in zip("ABCDEFGHIJKLMNOPQRSTUVWXYZ", ordered, wanted, places, strict=False):
        hit = np.sort(rows.row[events == event])
        x = (first + at / to_pixels) / length
        ax.plot([x, x], [-0.6, hit[-1]], color="black", linewidth=0.9, zorder=1.5)
        ax.annotate(
            letter,
            (x, -0.6),
            xytext=((place - at) / point, 13.0),
            textcoords="offset points",
            ha="center",
            va="center",
            fontsize=8.5,
            fontweight="bold",
            arrowprops={"arrowstyle": "-", "linewidth": 0.8, "shrinkA": 0, "shrinkB": 0},
            annotation_clip=False,
        )
