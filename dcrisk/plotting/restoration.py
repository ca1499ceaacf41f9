"""The figure of the way back after an event."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from dcrisk.plotting.style import UNITS, band_alpha, inches, line_style, new_axes, set_log_numbers, settle, time_unit
from dcrisk.specification import SpecificationError

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def plot_restoration(found: xr.Dataset, ax: Axes | None = None, *, log: bool = False) -> Axes:
    """The share of trials in which each layout's service is up so long after an event, with its confidence band.

    Parameters
    ----------
    found : xarray.Dataset
        From `dcrisk.restoration`: ``up``, ``up_low`` and ``up_high`` over ``layout`` and ``time`` (hours).
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default on a new figure.
    log : bool
        Time on a logarithmic scale, to see minutes and months at once; moments at 0 are left out then.

    Returns
    -------
    matplotlib.axes.Axes
        One curve a layout, in per cent, over minutes, hours or days. Earlier layouts have thicker lines, so that curves
        that coincide can all be seen.

    Raises
    ------
    SpecificationError
        If ``found`` does not come from `restoration`, or there is nothing to draw.

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
    if log:
        found = found.isel(time=found["time"].values > 0.0)
        if not found.sizes["time"]:
            raise SpecificationError("plot_restoration: no time after 0 can be drawn on a logarithmic scale")
    hours = np.asarray(found["time"].values, dtype=np.float64)
    length, unit = time_unit(float(hours[-1]))
    times = hours / length
    names = [str(name) for name in found["layout"].values]
    ax = new_axes(ax, (8.0, 4.8))
    apart = max(1, times.size // 7)  # of markers
    for i, name in enumerate(names):
        one = 100.0 * found.isel(layout=i)
        style = line_style(i, len(names))
        band = {"color": style["color"], "alpha": band_alpha(len(names)), "linewidth": 0}
        ax.fill_between(times, one["up_low"], one["up_high"], **band)
        ax.plot(times, one["up"], **style, markevery=(3 * i % apart, apart), label=name)
    ends = (times[0] if log else min(0.0, times[0])), times[-1]
    ax.set_xlim(ends[0], ends[1] if ends[1] > ends[0] else 2.0 * ends[1] + 1.0)
    ax.set_ylim(-1.0, 101.0)  # lines along the ends are seen whole
    ax.set_xlabel(f"time since the event ({UNITS[unit]})")
    ax.set_ylabel("share of the trials in which the service is up (%)")
    ax.grid(alpha=0.3)
    level = found.attrs.get("confidence")
    shown = f"{100 * float(level):.4g} % interval" if level is not None else "interval"
    ax.legend(
        title=f"layout (band: {shown})",
        fontsize="small",
        title_fontsize="small",
        handlelength=3.6,
        loc="upper left",
        bbox_to_anchor=(1.01, 1.0),
    )
    if log:
        ax.set_xscale("log")
        settle(ax)
        set_log_numbers(ax.xaxis, *ax.get_xlim(), inches(ax)[0])
    return ax
