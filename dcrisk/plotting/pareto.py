"""The figure of a search: what each layout costs, what it risks, and which ones none beats in both."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt
import xarray as xr

from dcrisk.plotting.curves import join_names
from dcrisk.plotting.placement import Room
from dcrisk.plotting.style import COLOURS, inches, legend_below, new_axes, set_log_numbers, settle, window_words
from dcrisk.specification import SpecificationError, check_known

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

WORDS = {
    "cost": "cost{units}",
    "downtime": "mean downtime in {window}{units}",
    "unavailability": "share of {window} with the service down",
    "data_loss": "probability that data are lost in {window}",
    "nines": "nines of availability in {window}",
}
MOST_SPREAD = 30.0  # between the largest and the smallest value on a linear scale
COLUMN = 36  # letters of a line of the names
FRONT, OTHER = COLOURS[0], COLOURS[1]


class _Scale(NamedTuple):
    """The values of one axis, the ends of their intervals, and where a zero is drawn on a logarithmic one."""

    name: str
    values: FloatArray
    low: FloatArray
    high: FloatArray
    has_interval: bool
    is_log: bool
    floor: float
    units: str  # in brackets

    def shown(self, values: FloatArray) -> FloatArray:
        return np.maximum(values, self.floor) if self.is_log else values


def plot_pareto(
    found: xr.Dataset, x: str = "cost", y: str = "downtime", ax: Axes | None = None, most: int = 15
) -> Axes:
    """What the layouts of a search cost and what they risk, with the Pareto front: those that none beats in both.

    Parameters
    ----------
    found : xarray.Dataset
        From `dcrisk.search_layouts`, or any Dataset over ``layout`` with the two variables; ends of intervals have
        the names of the variable with ``_low`` and ``_high``, units are read from ``attrs["units"]``.
    x, y : str
        Variables to set against each other, less being better: "cost", "downtime", "unavailability", "data_loss".
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default on a new figure. Numbers are placed for its present size, and names stand at its right.
    most : int
        Layouts of the front to name; of a longer front those that divide it most evenly.

    Returns
    -------
    matplotlib.axes.Axes
        Each layout is a pale dot. The line runs along the front in the plane that is drawn; its layouts have numbers,
        which the column at the right explains, and their intervals. What the variable ``pareto`` marks but another
        layout beats in this plane, being better in something else, is a hollow square. Scales are logarithmic
        where values differ by a factor of more than 30. A zero then stands at the edge, "none seen", with the
        upper end of its interval.

    Raises
    ------
    SpecificationError
        If ``found`` does not come from `search_layouts`, or lacks a quantity.

    Examples
    --------
    >>> from matplotlib import pyplot as plt
    >>> found = xr.Dataset(
    ...     {"cost": ("layout", [1.0, 2.0, 2.5]), "downtime": ("layout", [9.0, 0.2, 3.0])},
    ...     coords={"layout": ["A", "A or B", "A and B"]}, attrs={"horizon_hours": 8766.0})
    >>> ax = plot_pareto(found)
    >>> sorted(text.get_text() for text in ax.texts if len(text.get_text()) == 1)
    ['1', '2']
    >>> plt.close(ax.figure)
    """
    horizontal, vertical = (_read(found, name) for name in (x, y))
    names = [str(name) for name in found["layout"].values]
    front = front_of(horizontal.values, vertical.values)
    ax = new_axes(ax, (10.0, 5.8))
    _set_limits(ax, "x", horizontal, front)
    _set_limits(ax, "y", vertical, front)
    handles = _draw_points(ax, found, horizontal, vertical, front)
    for set_label, scale in ((ax.set_xlabel, horizontal), (ax.set_ylabel, vertical)):
        set_label(_axis_words(found, scale.name))
    ax.grid(which="major", alpha=0.25)
    ax.set_axisbelow(True)
    legend_below(ax, handles, columns=2, fontsize="small")
    named = _choose(ax, horizontal, vertical, front, most)
    _write_names(ax, horizontal, vertical, front, named, names)
    settle(ax)
    for axis, scale, length in zip((ax.xaxis, ax.yaxis), (horizontal, vertical), inches(ax), strict=True):
        _set_numbers(axis, scale, length)
    settle(ax)
    _write_numbers(ax, horizontal, vertical, front, named)
    return ax


def front_of(x: FloatArray, y: FloatArray) -> IntArray:
    """The points that no other one beats, with less of one and no more of the other; one of those that are alike.

    Examples
    --------
    >>> front_of(np.array([2.0, 1.0, 2.0, 3.0, 2.0]), np.array([4.0, 9.0, 4.0, 5.0, 8.0]))
    array([1, 0])
    """
    order = np.lexsort((np.arange(x.size), y, x))
    least = np.minimum.accumulate(y[order])
    return np.asarray(order[np.concatenate([[True], least[1:] < least[:-1]])], dtype=np.int64)


# ---------------------------------------------------------------- values and scales


def _read(found: xr.Dataset, name: str) -> _Scale:
    if not isinstance(found, xr.Dataset) or "layout" not in found.dims:
        raise SpecificationError("plot_pareto: found must be a Dataset over layout, from search_layouts()")
    check_known(name, [str(v) for v in found.data_vars if found[v].dims == ("layout",)], "plot_pareto")
    values = np.asarray(found[name].values, dtype=np.float64)
    if not values.size:
        raise SpecificationError("plot_pareto: found holds no layout")
    has_interval = f"{name}_low" in found and f"{name}_high" in found
    low, high = (  # those off the front may have none
        np.asarray(found[f"{name}_{end}"].fillna(found[name]).values, dtype=np.float64) if has_interval else values
        for end in ("low", "high")
    )
    if not all(np.isfinite(part).all() and np.all(part >= 0.0) for part in (values, low, high)):
        raise SpecificationError(f"plot_pareto: {name} must be finite and not negative for every layout")
    positive = values[values > 0.0]
    is_log = bool(positive.size and positive.max() > MOST_SPREAD * positive.min())
    if is_log:
        zeros = high[(values == 0.0) & (high > 0.0)]
        floor = 0.3 * float(min(positive.min(), zeros.min(initial=np.inf)))
    return _Scale(name, values, low, high, has_interval, is_log, floor if is_log else 0.0, _units(found, name))


def _set_limits(ax: Axes, axis: str, scale: _Scale, front: IntArray) -> None:
    """Room for the values and for the intervals of the front, but not for lower ends far below all values."""
    most = float(max(scale.values.max(), scale.high[front].max()))
    least = float(min(scale.values.min(), scale.low[front].min()))
    if scale.is_log:
        lowest = float(scale.values[scale.values > 0.0].min())
        limits = scale.floor / 1.8 if (scale.values == 0.0).any() else 0.6 * max(least, 0.2 * lowest), 1.8 * most
    else:
        reach = (most - least) or most or 1.0
        limits = min(max(0.0, least - 0.1 * reach), least - 0.03 * reach), most + 0.08 * reach
    ax.set(**{f"{axis}scale": "log" if scale.is_log else "linear", f"{axis}lim": limits})


def _set_numbers(axis: Any, scale: _Scale, length: float) -> None:
    """Plain numbers, and "none seen" where zeros stand."""
    from matplotlib.ticker import FixedFormatter, FixedLocator, FuncFormatter

    if not scale.is_log:
        axis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:,.6g}"))
        return
    low, high = axis.get_view_interval()
    if not (scale.values == 0.0).any():
        set_log_numbers(axis, low, high, length)
        return
    set_log_numbers(axis, 2.0 * scale.floor, high, length)
    places = axis.get_majorticklocs()
    axis.set_major_locator(FixedLocator([scale.floor, *places]))
    axis.set_major_formatter(FixedFormatter(["none seen", *(f"{place:,.6g}" for place in places)]))


def _units(found: xr.Dataset, name: str) -> str:
    units = str(found[name].attrs.get("units", "h" if name == "downtime" else ""))
    return f" ({units})" if units not in ("", "1") else ""


def _axis_words(found: xr.Dataset, name: str) -> str:
    horizon = float(found.attrs.get("horizon_hours", np.nan))
    units = _units(found, name)
    words = WORDS.get(name, str(found[name].attrs.get("long_name", name.replace("_", " "))) + "{units}")
    return words.format(units=units, window=window_words(horizon) if np.isfinite(horizon) else "the window")


# ---------------------------------------------------------------- dots, front, intervals


def _draw_points(ax: Axes, found: xr.Dataset, x: _Scale, y: _Scale, front: IntArray) -> list[Any]:
    """All layouts, the front and its intervals; returns what the legend shows."""
    from matplotlib.lines import Line2D

    across, up = x.shown(x.values), y.shown(y.values)
    pale: dict[str, Any] = {"marker": "o", "linestyle": "", "color": "0.5", "markeredgewidth": 0}
    size, alpha = (6.0, 0.6) if len(across) < 200 else (3.2, float(np.clip(2000.0 / len(across), 0.12, 0.6)))
    ax.plot(across, up, **pale, markersize=size, alpha=alpha, rasterized=True, zorder=1)
    dots = Line2D([], [], **pale, markersize=size, alpha=0.6)
    dots.set_label("a layout" if len(across) == 1 else f"one of {len(across):,} layouts")
    right, top = ax.get_xlim()[1], ax.get_ylim()[1]
    corners = np.stack([np.append(across[front], right), np.append(up[front], up[front[-1]])])
    corners = np.concatenate([[[corners[0, 0]], [top]], corners], axis=1)
    ax.plot(*corners, drawstyle="steps-post", color=FRONT, linewidth=2.2, alpha=0.55, zorder=2)
    handles: list[Any] = [dots]
    marked = np.asarray(found["pareto"].values, dtype=bool) if "pareto" in found else np.zeros(len(across), dtype=bool)
    marked[front] = False
    if marked.any():
        [others] = ax.plot(across[marked], up[marked], "s", color="none", markeredgecolor=OTHER, markersize=6, zorder=3)
        others.set_label("on a front with something else in view")
        handles.append(others)
    [line] = ax.plot(across[front], up[front], "o", color=FRONT, markersize=7, markeredgecolor="white", zorder=4)
    line.set_label("on the front: none is better in both")
    handles.insert(1, line)
    if x.has_interval or y.has_interval:
        bars = ax.errorbar(
            across[front],
            up[front],
            xerr=_lengths(x, front, ax.get_xlim()[0]) if x.has_interval else None,
            yerr=_lengths(y, front, ax.get_ylim()[0]) if y.has_interval else None,
            fmt="none",
            ecolor="black",
            elinewidth=1.0,
            capsize=3.5,
            zorder=3,
        )
        level = found.attrs.get("confidence")
        bars.set_label(f"{100 * float(level):.4g} % interval" if level is not None else "interval")
        handles.append(bars)
    return handles


def _lengths(scale: _Scale, front: IntArray, edge: float) -> FloatArray:
    """Of the intervals below and above the points, as they are drawn: not beyond the edge."""
    at = scale.shown(scale.values[front])
    below = np.where(scale.values[front] > 0.0, at - np.maximum(scale.low[front], edge), 0.0)
    lengths: FloatArray = np.maximum(0.0, np.stack([below, scale.high[front] - at]))
    return lengths


# ---------------------------------------------------------------- names


def _choose(ax: Axes, x: _Scale, y: _Scale, front: IntArray, most: int) -> IntArray:
    """Places in the front: all, or both ends and then, again and again, the one farthest from those chosen."""
    if len(front) <= max(1, most):
        return np.arange(len(front))
    points = np.stack([x.shown(x.values[front]), y.shown(y.values[front])], axis=-1)
    spots = ax.transAxes.inverted().transform(ax.transData.transform(points))
    chosen = [0, len(front) - 1][: max(1, most)]
    while len(chosen) < most:
        gaps = np.linalg.norm(spots[:, None] - spots[None, chosen], axis=2).min(axis=1)
        chosen.append(int(np.argmax(gaps)))
    return np.sort(chosen)


def _write_names(ax: Axes, x: _Scale, y: _Scale, front: IntArray, named: IntArray, names: Sequence[str]) -> None:
    """The column at the right: number, name, and both values with the interval of the second."""
    lines = []
    for number, i in enumerate(front[named].tolist(), start=1):
        alike = np.flatnonzero((x.values == x.values[i]) & (y.values == y.values[i]))
        words = textwrap.wrap(join_names([names[k] for k in alike.tolist()], 2 * COLUMN), COLUMN) or [""]
        lines += [f"{number:>2}  {words[0]}", *(f"      {line}" for line in words[1:])]
        lines.append(f"      {_number(x.values[i])}; {_value_words(y, i)}")
    left = len(front) - len(named)
    if left:
        lines.append(f"and {left} more on the front")
    head = "; ".join(scale.name.replace("_", " ") + scale.units for scale in (x, y))
    head += ", interval" if y.has_interval else ""
    size = float(np.clip(72.0 * inches(ax)[1] / (1.25 * (len(lines) + 2)), 5.0, 8.5))
    ax.text(1.02, 1.0, "\n".join([f"      {head}", *lines]), transform=ax.transAxes, fontsize=size, va="top")


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 1000.0 else f"{value:.3g}"


def _value_words(scale: _Scale, i: int) -> str:
    value, low, high = (float(part[i]) for part in (scale.values, scale.low, scale.high))
    if not scale.has_interval:
        return _number(value) if value else "none seen"
    if value == 0.0:
        return f"none seen (< {_number(high)})"
    return f"{_number(value)} ({_number(low)} to {_number(high)})"


def _write_numbers(ax: Axes, x: _Scale, y: _Scale, front: IntArray, named: IntArray) -> None:
    """Numbers beside the points of the front, off each other, the line and the points."""
    room = Room(ax)
    spots = list(zip(x.shown(x.values[front]).tolist(), y.shown(y.values[front]).tolist(), strict=True))
    for k, spot in enumerate(spots):
        room.take_marker(f"point {k}", spot, 8.0)
    line = ax.lines[1].get_xydata()
    steps = np.repeat(np.asarray(line, dtype=np.float64), 2, axis=0)
    room.take_curve(np.stack([steps[1:, 0], steps[:-1, 1]], axis=-1))
    for bars in ax.collections:
        for path in bars.get_paths():
            room.take_curve(np.asarray(path.vertices, dtype=np.float64))
    for number, k in enumerate(named, start=1):
        room.put_label(str(number), spots[k])
