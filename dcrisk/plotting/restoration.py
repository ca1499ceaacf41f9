"""The figure of the way back after an event."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from dcrisk.plotting.style import line_style, new_axes, time_unit
from dcrisk.specification import SpecificationError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

UNITS = {"d": "days", "h": "hours", "min": "minutes"}


def plot_restoration(found: xr.Dataset, ax: Axes | None = None) -> Axes:
    """The share of trials in which each layout's service is up so long after an event, with its confidence band.

    Parameters
    ----------
    found : xarray.Dataset
        From `dcrisk.restoration`: ``up``, ``up_low`` and ``up_high`` over ``layout`` and ``time`` (hours).
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default on a new figure.

    Returns
    -------
    matplotlib.axes.Axes
        One curve a layout, in per cent, over minutes, hours or days. Earlier layouts have thicker lines, so that curves
        that coincide can all be seen.

    Examples
    --------
    >>> from matplotlib import pyplot as plt
    >>> share = ("layout", "time"), [[0.1, 0.5, 0.9]]
    >>> found = xr.Dataset(
    ...     {"up": share, "up_low": share, "up_high": share}, coords={"layout": ["A"], "time": [0.0, 24.0, 240.0]})
    >>> ax = plot_restoration(found)
    >>> ax.get_xlabel()
    'time since the event (days)'
    >>> plt.close(ax.figure)
    """
    if not isinstance(found, xr.Dataset) or not {"up", "up_low", "up_high"} <= set(found):
        raise SpecificationError("plot_restoration: found must be a Dataset with up, up_low and up_high")
    if not found.sizes.get("time") or not found.sizes.get("layout"):
        raise SpecificationError("plot_restoration: found holds no time or no layout")
    found = found.transpose("layout", "time", ...).sortby("time").compute()
    hours = np.asarray(found["time"].values, dtype=np.float64)
    length, unit = time_unit(float(hours[-1]))
    times = hours / length
    names = [str(name) for name in found["layout"].values]
    ax = new_axes(ax, (8.0, 4.8))
    apart = max(1, times.size // 7)  # of markers
    for i, name in enumerate(names):
        one = 100.0 * found.isel(layout=i)
        style = line_style(i, len(names))
        ax.fill_between(times, one["up_low"], one["up_high"], color=style["color"], alpha=0.18, linewidth=0)
        ax.plot(times, one["up"], **style, markevery=(3 * i % apart, apart), label=name, clip_on=False)
    ax.set_xlim(min(0.0, times[0]), times[-1] if times[-1] > times[0] else times[-1] + 1.0)
    ax.set_ylim(0.0, 100.0)
    ax.set_xlabel(f"time since the event ({UNITS[unit]})")
    ax.set_ylabel("share of the trials in which the service is up (%)")
    ax.grid(alpha=0.3)
    level = found.attrs.get("confidence")
    band = f"{100 * float(level):.4g} % interval" if level is not None else "interval"
    ax.legend(
        title=f"layout (band: {band})",
        fontsize="small",
        title_fontsize="small",
        handlelength=3.6,
        loc="upper left",
        bbox_to_anchor=(1.01, 1.0),
    )
    return ax
