"""The figure of what matters most: bars by site, utility and hazard."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt
import xarray as xr

from dcrisk.plotting.bars import bar_edge, draw_whiskers, write_at_ends
from dcrisk.plotting.style import COLOURS, HATCHES, inches, new_axes, set_log_numbers, set_width_words, settle
from dcrisk.specification import SpecificationError, check_known

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FloatArray = npt.NDArray[np.float64]


class _Measure(NamedTuple):
    words: str
    factor: float  # of the numbers that are drawn
    start: float  # where bars begin: what a component without any importance has
    form: str


MEASURES = {
    "fussell_vesely": _Measure("Fussell-Vesely importance: share of the risk it has part in (%)", 100.0, 0.0, " %"),
    "birnbaum": _Measure("Birnbaum importance: risk with it failed minus with it perfect", 1.0, 0.0, ""),
    "risk_achievement_worth": _Measure("risk achievement worth: risk with it failed, over the risk", 1.0, 1.0, ""),
    "risk_reduction_worth": _Measure("risk reduction worth: the risk, over that with it perfect", 1.0, 1.0, ""),
}
KINDS = ("site", "utility", "hazard")  # others have the looks that follow
LOOKS = (0, 4, 2, 3, 5, 6, 7, 8, 9, 1)  # of the colours and hatches: the first three differ in brightness
MOST_SPREAD = 30.0  # between the largest value and where bars begin on a linear scale
BELOW = 0.3  # of the way from there to the largest value may lie below it
RISKS = {  # quantities of importance() in words
    "downtime": "share of the window with the service down",
    "any_outage": "probability of an outage in the window",
    "data_loss": "probability that data are lost in the window",
    "outages": "outages that begin in the window",
}


def plot_importance(
    found: xr.Dataset,
    measure: str = "fussell_vesely",
    layout: str | None = None,
    ax: Axes | None = None,
    most: int = 15,
) -> Axes:
    """Which sites, utilities and hazards matter most to a layout, with intervals.

    Parameters
    ----------
    found : xarray.Dataset
        From `dcrisk.importance`: the measures over ``layout`` and ``component``, with ``_low`` and ``_high``, and the
        ``kind`` of each component.
    measure : {"fussell_vesely", "birnbaum", "risk_achievement_worth", "risk_reduction_worth"}
        What the bars show.
    layout : str, optional
        Name of the layout; it may be left out where there is but one.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default on a new figure.
    most : int
        Bars to draw, the largest. The words below tell how many are left out.

    Returns
    -------
    matplotlib.axes.Axes
        Bars begin at 0, or at 1 for the two worths, which are ratios; these have a logarithmic scale if they differ
        much. A bar with an arrow goes on without end: the risk without the component, or the whole risk, is 0. A whisker
        with an arrow goes on beyond the axis: little seen, a share of the risk has an interval down to minus infinity.

    Raises
    ------
    SpecificationError
        If ``found`` does not come from `importance`, or holds several layouts and none is chosen.

    Examples
    --------
    >>> from matplotlib import pyplot as plt
    >>> parts = {"fussell_vesely": [0.7, 0.2], "fussell_vesely_low": [0.6, 0.1], "fussell_vesely_high": [0.8, 0.3]}
    >>> found = xr.Dataset(
    ...     {name: (("layout", "component"), [values]) for name, values in parts.items()},
    ...     coords={"layout": ["A"], "component": ["feed", "A"], "kind": ("component", ["utility", "site"])})
    >>> ax = plot_importance(found)
    >>> [label.get_text() for label in ax.get_yticklabels()]
    ['feed', 'A']
    >>> plt.close(ax.figure)
    """
    one = _read(found, measure, layout)
    if most < 1:
        raise SpecificationError(f"plot_importance: most = {most!r} must be 1 at least")
    values = one[measure].values
    order = np.argsort(-np.where(np.isnan(values), -np.inf, values), kind="stable")
    one, left = one.isel(component=order[:most]), one.isel(component=order[most:])
    look = MEASURES[measure]
    value, low, high = (look.factor * one[f"{measure}{end}"].values for end in ("", "_low", "_high"))
    ax = new_axes(ax, (8.0, 1.7 + 0.34 * len(value)))
    ax.set_ylim(len(value) - 0.4, -0.6)
    edge = _set_scale(ax, value, low, high, look)
    _draw_bars(ax, one, value, edge, look.start)
    words = [_value_words(v, a, look.form) for v, a in zip(value, low, strict=True)]
    inside = [np.clip(np.nan_to_num(part, nan=look.start), ax.get_xlim()[0], edge) for part in (value, low, high)]
    has_interval = f"{measure}_low" in found
    if has_interval:
        draw_whiskers(ax, *inside)
        cut = np.flatnonzero(low < ax.get_xlim()[0])
        if cut.size:  # an empty line that is not clipped would take room at the figure's corner
            ax.plot(inside[1][cut], cut, "<", color="black", markersize=6, linestyle="", zorder=5, clip_on=False)
    write_at_ends(ax, np.maximum(inside[0], inside[2]), words)
    ax.set_yticks(range(len(value)), [str(name) for name in one["component"].values])
    ax.set_title(str(one["layout"].values), loc="left")
    _set_numbers(ax, look)
    ax.grid(axis="x", alpha=0.3)
    ax.set_axisbelow(True)
    lines = [look.words, *_risk_words(found, look), *_whisker_words(found, has_interval)]
    set_width_words(ax, *lines, *_left_words(look, left[measure].values))
    return ax


def _read(found: xr.Dataset, measure: str, layout: str | None) -> xr.Dataset:
    if not isinstance(found, xr.Dataset) or not {"layout", "component"} <= set(found.dims):
        raise SpecificationError(
            "plot_importance: found must be a Dataset over layout and component, from importance()"
        )
    check_known(measure, [name for name in MEASURES if name in found], "plot_importance: measure")
    names = [str(name) for name in found["layout"].values]
    if layout is None:
        if len(names) != 1:
            raise SpecificationError(f"plot_importance: say which layout to draw: {', '.join(names)}")
        layout = names[0]
    check_known(layout, names, "plot_importance: layout")
    one = found.isel(layout=names.index(layout))
    if not one.sizes["component"]:
        raise SpecificationError("plot_importance: found holds no component")
    ends = {f"{measure}{end}": one[measure] for end in ("_low", "_high") if f"{measure}{end}" not in one}
    return one.assign(ends).compute()


def _set_scale(ax: Axes, value: FloatArray, low: FloatArray, high: FloatArray, look: _Measure) -> float:
    """The scale of the axis; returns how far bars without an end go."""
    parts = np.concatenate([value, low, high])
    finite = parts[np.isfinite(parts)]
    most = max(float(finite.max(initial=look.start)), 1.05 * look.start)
    least = min(float(finite.min(initial=look.start)), look.start)
    if look.start and most > MOST_SPREAD * look.start:
        ax.set_xscale("log")
        least = max(least, look.start / 10.0)
        ax.set_xlim(0.8 * least if least < look.start else look.start, most * (most / least) ** 0.3)
        return float(most * (most / least) ** 0.08)
    least = max(least, look.start - BELOW * (most - look.start))
    reach = (most - least) or 1.0
    ax.set_xlim(least - 0.05 * reach if least < look.start else look.start, most + 0.26 * reach)
    return most + 0.06 * reach


def _set_numbers(ax: Axes, look: _Measure) -> None:
    """Plain numbers, and for shares none above 100 %."""
    if ax.get_xscale() == "log":
        settle(ax)
        set_log_numbers(ax.xaxis, *ax.get_xlim(), inches(ax)[0])
    elif look.form == " %":
        ends = ax.get_xlim()
        ax.set_xticks([tick for tick in ax.get_xticks() if ends[0] <= tick <= min(ends[1], 100.0)])


def _draw_bars(ax: Axes, one: xr.Dataset, value: FloatArray, edge: float, start: float) -> None:
    kinds = [str(kind) for kind in one["kind"].values] if "kind" in one.coords else ["component"] * len(value)
    known = [*KINDS, *sorted(set(kinds) - set(KINDS))]
    for kind in (k for k in known if k in kinds):
        place = LOOKS[known.index(kind) % len(LOOKS)]
        rows = np.array([row for row, other in enumerate(kinds) if other == kind])
        ends = np.clip(np.nan_to_num(value[rows], nan=start), None, edge)
        ax.barh(
            rows,
            ends - start,
            left=start,
            height=0.66,
            color=COLOURS[place],
            hatch=HATCHES[known.index(kind) % len(HATCHES)],
            label=kind,
            **bar_edge(COLOURS[place]),
        )
    for row in np.flatnonzero(np.isposinf(value)):
        ax.plot(edge, row, ">", color="black", markersize=8, zorder=5)
    if start:
        ax.axvline(start, color="0.2", linewidth=0.9)
    ax.legend(fontsize="small", loc="upper left", bbox_to_anchor=(1.01, 1.0))


def _value_words(value: float, low: float, unit: str) -> str:
    if np.isnan(value):
        return "not known"
    if np.isposinf(value):
        return f"\N{INFINITY} (> {low:.3g})" if np.isfinite(low) else "\N{INFINITY}"
    return f"{value:,.0f}{unit}" if abs(value) >= 1000.0 else f"{value:.3g}{unit}"


def _risk_words(found: xr.Dataset, look: _Measure) -> list[str]:
    """What the risk is, for differences, which have its unit."""
    quantity = str(found.attrs.get("quantity", ""))
    return [f"risk: {RISKS[quantity]}"] if quantity in RISKS and look is MEASURES["birnbaum"] else []


def _whisker_words(found: xr.Dataset, has_interval: bool) -> list[str]:
    level = found.attrs.get("confidence")
    if not has_interval:
        return []
    return ["whiskers: interval" if level is None else f"whiskers: {100 * float(level):.4g} % interval"]


def _left_words(look: _Measure, left: FloatArray) -> list[str]:
    if not left.size:
        return []
    known = left[np.isfinite(left)]
    words = f"{left.size} more component{'s' if left.size > 1 else ''} not shown"
    return [words + (f", {look.factor * known.max():.2g}{look.form} or less" if known.size else "")]
