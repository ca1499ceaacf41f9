"""Figures of what the trials say."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt
import xarray as xr

from dcrisk import statistics
from dcrisk.plotting.bars import bar_edge, draw_whiskers, write_at_ends
from dcrisk.plotting.style import COLOURS, GREY, HARD_SPACE, HATCHES, band_alpha, line_style, new_axes, window_words

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FloatArray = npt.NDArray[np.float64]

AXIS_WORDS = {
    "downtime": "downtime in {} (h)",
    "longest_outage": "longest outage in {} (h)",
    "outages": "outages in {} (number)",
}


# ---------------------------------------------------------------- exceedance


def plot_exceedance(
    results: xr.Dataset,
    quantity: str = "longest_outage",
    thresholds: Sequence[float] | FloatArray | None = None,
    ax: Axes | None = None,
    confidence: float = 0.95,
) -> Axes:
    """How likely a window is to bring more than so much: one curve a layout, with its confidence band.

    Parameters
    ----------
    results : xarray.Dataset
        From `dcrisk.simulate`.
    quantity : {"longest_outage", "downtime", "outages"}
        What is exceeded.
    thresholds : sequence of float, optional
        Where to evaluate the curves. Default for hours: 61, equally spaced on a logarithmic scale, from a tenth
        below the point where the first of the curves has fallen by 1 % from its left end (below it all are
        flat) to the largest value seen; for outages every number from 0 to the largest seen.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default on a new figure.
    confidence : float
        Of the bands, at each threshold by itself.

    Returns
    -------
    matplotlib.axes.Axes
        Both scales are logarithmic (but for outages, which are counted). A curve ends where no trial went
        further; its band goes on, because what was not seen is not impossible. Earlier layouts have thicker
        lines, so that curves that coincide can all be seen.

    Raises
    ------
    ValueError
        If the results lack a variable or an attribute, or hold values out of range or no trial;
        if no threshold is above 0.

    Examples
    --------
    >>> import dcrisk
    >>> from matplotlib import pyplot as plt
    >>> from scipy import stats
    >>> failures = dcrisk.Failure("equipment", 5.0, stats.expon(scale=24.0), ["A"])
    >>> scenario = dcrisk.Scenario([dcrisk.Site("A")], [failures])
    >>> results = dcrisk.simulate(scenario, [dcrisk.Layout("A only", replicas=["A"])], 1000, progress=False)
    >>> ax = plot_exceedance(results)
    >>> ax.get_xscale(), ax.get_yscale()
    ('log', 'log')
    >>> plt.close(ax.figure)
    """
    from matplotlib.ticker import MaxNLocator

    counted = quantity == "outages"
    known = isinstance(results, xr.Dataset) and quantity in AXIS_WORDS and quantity in results  # else see exceedance
    if thresholds is None and not counted and known:
        results = results.assign({quantity: results[quantity].compute()})
        thresholds = _default_thresholds(results[quantity].transpose("layout", "trial").values)
    curves = statistics.exceedance(results, quantity, thresholds, confidence)
    levels = curves["threshold"].values
    if not counted:
        curves = curves.isel(threshold=levels > 0.0)
        levels = levels[levels > 0.0]
    if levels.size == 0:
        raise ValueError("no threshold above zero: nothing can be drawn on a logarithmic scale")
    ax = new_axes(ax, (7.5, 4.8))
    names = _names(curves)
    floor = 0.5 / int(curves.attrs["trials"])
    apart = max(1, levels.size // 7)  # of markers
    for i, name in enumerate(names):
        one = curves.isel(layout=i)
        seen = np.where(one["exceedance"] > 0.0, one["exceedance"], np.nan)
        low = np.maximum(one["exceedance_low"], floor / 10.0)
        style = line_style(i, len(names))
        band = {"color": style["color"], "alpha": band_alpha(len(names)), "linewidth": 0}
        ax.fill_between(levels, low, one["exceedance_high"], step="post", **band)
        ax.plot(
            levels,
            seen,
            drawstyle="steps-post",
            **style,
            markevery=(3 * i % apart, apart),
            label=name if np.isfinite(seen).any() else f"{name} (never seen)",
        )
    ax.set_yscale("log")
    ax.set_ylim(floor, min(1.3, 2.0 * float(curves["exceedance_high"].max())))
    if counted:
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    else:
        ax.set_xscale("log")
    window = window_words(float(curves.attrs["horizon_hours"]))
    ax.set_xlabel(AXIS_WORDS[quantity].format(window))
    ax.set_ylabel(f"probability that {window} brings more")
    ax.grid(which="major", alpha=0.3)
    ax.legend(
        title=f"layout (band: {100 * confidence:.4g} % interval)",
        fontsize="small",
        title_fontsize="small",
        handlelength=3.6,
    )
    return ax


def _default_thresholds(values: FloatArray) -> FloatArray | None:
    """From just before the first fall of 1 % to the largest value; none if nothing is above zero."""
    seen = [x[(x > 0.0) & np.isfinite(x)] for x in values]
    falls = [float(np.quantile(x, 0.01)) for x in seen if x.size]
    if not falls:
        return None
    return np.geomspace(0.9 * min(falls), max(float(x.max()) for x in seen if x.size), 61)


# ---------------------------------------------------------------- downtime


def plot_downtime(results: xr.Dataset, ax: Axes | None = None, confidence: float = 0.95) -> Axes:
    """Mean hours down in a window: one bar a layout, split by hazard where the results were attributed.

    Parameters
    ----------
    results : xarray.Dataset
        From `dcrisk.simulate`, best with ``attribute=True``.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default on a new figure.
    confidence : float
        Of the whiskers, which belong to the whole bars.

    Returns
    -------
    matplotlib.axes.Axes
        Hazards that bring less than 1 % of the largest bar in every layout, and all but the ten largest, are
        one grey part, "others". Hazards that brought nothing are left out.

    Raises
    ------
    ValueError
        If the results lack a variable or an attribute, or hold values out of range or no trial.

    Examples
    --------
    >>> import dcrisk
    >>> from matplotlib import pyplot as plt
    >>> scenario = dcrisk.Scenario([dcrisk.Site("A")], [dcrisk.Failure("equipment", 5.0, 24.0, ["A"])])
    >>> layouts = [dcrisk.Layout("A only", replicas=["A"])]
    >>> ax = plot_downtime(dcrisk.simulate(scenario, layouts, 1000, attribute=True, progress=False))
    >>> [label.get_text() for label in ax.get_yticklabels()]
    ['A only']
    >>> plt.close(ax.figure)
    """
    found = statistics.availability(results, confidence)
    horizon = float(found.attrs["horizon_hours"])
    names = _names(found)
    mean, low, high = (found[f"unavailability{end}"].values * horizon for end in ("", "_low", "_high"))
    ax = new_axes(ax, (8.0, 1.6 + 0.55 * len(names)))
    rows = np.arange(len(names))
    left = np.zeros(len(names))
    parts = _parts(results, mean)
    for part in parts:
        ax.barh(
            rows,
            part.hours,
            left=left,
            height=0.62,
            color=part.colour,
            hatch=part.hatch,
            **bar_edge(part.colour),
            label=part.name,
        )
        left = left + part.hours
    draw_whiskers(ax, mean, low, high)
    write_at_ends(ax, np.maximum(mean, high), [f"{value:.3g} h" for value in mean])
    ax.set_yticks(rows, names)
    ax.invert_yaxis()
    ax.set_xlim(0.0, 1.18 * float(max(high.max(), mean.max())))
    ax.set_xlabel(f"mean downtime in {window_words(horizon)} (h); whiskers: {100 * confidence:.4g} % interval")
    ax.grid(axis="x", alpha=0.3)
    ax.set_axisbelow(True)
    if "downtime_by_hazard" in results and parts:
        ax.legend(
            title="begun by",
            fontsize="small",
            title_fontsize="small",
            loc="upper left",
            bbox_to_anchor=(1.01, 1),
        )
    return ax


class _Part(NamedTuple):
    name: str
    hours: FloatArray
    colour: str
    hatch: str


def _parts(results: xr.Dataset, mean: FloatArray) -> list[_Part]:
    """The parts of the bars: hazards in their order, what is small merged at the end."""
    if "downtime_by_hazard" not in results:
        return [_Part("all hazards", mean, COLOURS[0], HATCHES[0])]
    by_hazard = statistics.mean_over_trials(results, "downtime_by_hazard").transpose("hazard", "layout").compute()
    hours = {str(n): h for n, h in zip(by_hazard["hazard"].values, by_hazard.values, strict=True) if np.any(h > 0.0)}
    largest = sorted(hours, key=lambda name: float(-hours[name].max()))[: len(COLOURS)]
    shown = [name for name in hours if name in largest and hours[name].max() >= 0.01 * mean.max()]
    parts = [_Part(name, hours[name], COLOURS[i], HATCHES[i]) for i, name in enumerate(shown)]
    small = [name for name in hours if name not in shown]
    if small:
        parts.append(_Part(_others(small), np.sum([hours[name] for name in small], axis=0), GREY, ""))
    return parts


def _others(names: list[str]) -> str:
    """ "others (a, b, c)", or the mere number where that would be long."""
    separator = "; " if any("," in name for name in names) else ", "
    words = f"others ({separator.join(name.replace(' ', HARD_SPACE) for name in names)})"
    if len(words) > 120:
        return f"others ({len(names)} hazards)"
    return textwrap.fill(words, 32, break_long_words=False, break_on_hyphens=False).replace(HARD_SPACE, " ")


def _names(dataset: xr.Dataset) -> list[str]:
    """Names of the layouts, or their numbers."""
    return [str(name) for name in dataset["layout"].values]
