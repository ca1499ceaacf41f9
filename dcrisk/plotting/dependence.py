"""The figure of what goes down together."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import xarray as xr

from dcrisk import statistics
from dcrisk.plotting.style import SHADES, new_axes, settle, shade_norm, text_colour, window_words
from dcrisk.specification import SpecificationError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FloatArray = npt.NDArray[np.float64]

GAP = 0.25  # between the first row and the others, in rows


def plot_dependence(
    results_or_scenario: Any,
    *,
    at_least_hours: float = 0.0,
    ax: Axes | None = None,
    trials: int = 100_000,
    seed: int = 0,
    confidence: float = 0.95,
) -> Axes:
    """What else goes down in a window in which a site does: a matrix of percentages.

    Parameters
    ----------
    results_or_scenario : xarray.Dataset or dcrisk.Scenario
        From `dcrisk.simulate`, with the layouts to compare; or a scenario, whose sites are then simulated.
    at_least_hours : float
        What counts as down: more than so many hours in the window, to leave out trifles.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default on a new figure. Numbers are written for the figure's present size.
    trials, seed : int
        Of the simulation of a scenario.
    confidence : float
        Of the intervals that decide how a number is written.

    Returns
    -------
    matplotlib.axes.Axes
        In the row of i and the column of j stands the probability, in per cent, that j is down at some time of a window
        in which i is; the row at the top is for any window, so that a column shows by its colours on what j depends.
        Sites that go down together are neighbours. ``<`` or ``>`` stands before a bound where no trial, or each, had
        both; a number in brackets is known to no better than a factor of two; "?" stands where i was never down.

    Raises
    ------
    SpecificationError
        If the first argument is neither results nor a scenario.

    References
    ----------
    Bar-Joseph, Gifford and Jaakkola, "Fast optimal leaf ordering for hierarchical clustering", Bioinformatics 17, 2001.

    Examples
    --------
    >>> import dcrisk
    >>> from matplotlib import pyplot as plt
    >>> hall = dcrisk.Failure("hall", 0.1, 24.0, ["A", "C"], shared=True)
    >>> scenario = dcrisk.Scenario([dcrisk.Site(name) for name in "ABC"], [hall, dcrisk.Failure("B", 0.1, 5.0, ["B"])])
    >>> ax = plot_dependence(scenario, trials=1000)
    >>> [label.get_text() for label in ax.get_xticklabels()]
    ['A', 'C', 'B']
    >>> plt.close(ax.figure)
    """
    if isinstance(results_or_scenario, xr.Dataset):
        results = results_or_scenario
    elif hasattr(results_or_scenario, "hazards"):
        from dcrisk.layouts import site_layouts
        from dcrisk.simulate import simulate

        results = simulate(results_or_scenario, site_layouts(results_or_scenario), trials, seed=seed)
    else:
        raise SpecificationError(f"plot_dependence: {results_or_scenario!r} is neither results nor a scenario")
    found = statistics.dependence(results, confidence, at_least_hours=at_least_hours)
    found = found.isel({name: order_together(found) for name in ("layout", "layout_i", "layout_j")})
    names = [str(name) for name in found["layout"].values]
    number = len(names)
    size = min(14.0, 2.6 + 0.62 * number)
    ax = new_axes(ax, (size + 0.8, size))
    _draw_cells(ax, found)
    lines = np.concatenate([[-0.5 * GAP - 1.0], np.arange(number)])  # the first row stands apart
    ax.set_yticks(lines, ["any window", *names])
    ax.set_xticks(np.arange(number), names, rotation=0 if _fits(ax, names) else 90)
    ax.set_xlim(-0.5, number - 0.5)
    ax.set_ylim(number - 0.5, -0.5 * GAP - 1.5)
    ax.tick_params(length=0)
    for side in ax.spines.values():
        side.set_visible(False)
    window = window_words(float(found.attrs["horizon_hours"]))
    hours = f" for more than {at_least_hours:g} h" if at_least_hours else ""
    ax.set_ylabel(f"given that this one is down{hours}")
    ax.set_xlabel(f"this one is down{hours} in {window}")
    written = _write_numbers(ax, found)
    if any(words[0] in "<>(" for words in written):
        ax.set_xlabel(
            ax.get_xlabel() + f"\n<, >: bound ({100 * confidence:.4g} %); ( ): known to a factor of 2 at best"
        )
        settle(ax)
    return ax


def order_together(found: xr.Dataset) -> npt.NDArray[np.int64]:
    """An order of the layouts with those that go down together side by side, close to the order that they have.

    The leaves of a tree of clusters (average linkage) in the order in which neighbours are closest, where the
    distance of two layouts is one minus the correlation of their being down.
    """
    alone = found["probability_down"].values
    number = alone.size
    if number < 3:
        return np.arange(number)
    both = found["probability"].values * alone[:, None]
    spread = np.sqrt(alone * (1.0 - alone))
    scale = np.outer(spread, spread)
    correlation = np.where(scale > 0.0, (both - np.outer(alone, alone)) / np.where(scale > 0.0, scale, 1.0), 0.0)
    from scipy.cluster.hierarchy import leaves_list, linkage

    distance = np.clip(1.0 - 0.5 * (correlation + correlation.T), 0.0, 2.0)
    distance += 1e-4 / number * np.abs(np.subtract.outer(np.arange(number), np.arange(number)))  # if all else is equal
    tree = linkage(distance[np.triu_indices(number, 1)], "average", optimal_ordering=True)
    order = np.asarray(leaves_list(tree), dtype=np.int64)
    rising = float(np.dot(order - order.mean(), np.arange(number))) >= 0.0
    return order if rising else order[::-1]


def _draw_cells(ax: Axes, found: xr.Dataset) -> None:
    """The row of any window, the matrix, and their colour bar. The diagonal, which is certain, is left grey."""
    number = found.sizes["layout"]
    edges = np.arange(number + 1) - 0.5
    style: dict[str, Any] = {"cmap": SHADES, "norm": shade_norm(100.0), "edgecolors": "white", "linewidth": 0.8}
    unknown = ~found["seen"].values[:, None] | np.eye(number, dtype=bool)
    ax.set_facecolor("0.9")
    ax.pcolormesh(edges, edges, np.ma.masked_array(100.0 * found["probability"].values, unknown), **style)
    first = np.array([-1.5, -0.5]) - 0.5 * GAP
    mesh = ax.pcolormesh(edges, first, 100.0 * found["probability_down"].values[None], **style)
    ax.axhspan(-0.5 - 0.5 * GAP, -0.5, color="white", zorder=1.5)
    bar = ax.figure.colorbar(mesh, ax=ax, fraction=0.046, pad=0.03)
    bar.set_label("probability (%)")
    bar.outline.set_visible(False)


def _fits(ax: Axes, names: list[str]) -> bool:
    """Whether names can stand side by side under the columns."""
    settle(ax)
    width = ax.get_window_extent().width / ax.figure.get_dpi() * 72.0 / len(names)  # points of a column
    return max(map(len, names)) * 6.5 < width


def _write_numbers(ax: Axes, found: xr.Dataset) -> list[str]:
    """The numbers in the cells, if they are large enough to be read; returns what was written."""
    settle(ax)
    number = found.sizes["layout"]
    width = ax.get_window_extent().width / ax.figure.get_dpi() * 72.0 / number
    font = min(9.0, width / 3.0)
    if font < 4.0:
        return []
    parts = ("", "_low", "_high")
    cells = np.stack([found[f"probability{part}"].values for part in parts])
    first = np.stack([found[f"probability_down{part}"].values for part in parts])
    shade = shade_norm(1.0)
    seen = found["seen"].values
    written = []
    for j in range(number):
        for i in range(-1, number):
            if i >= 0 and (i == j or not seen[i]):
                words, colour = "" if i == j else "?", "0.35"
            else:
                value, low, high = cells[:, i, j] if i >= 0 else first[:, j]
                words, colour = _words(value, low, high), text_colour(float(shade(value)))
            if words:
                row = i if i >= 0 else -1.0 - 0.5 * GAP
                ax.text(j, row, words, fontsize=font, ha="center", va="center", color=colour)
                written.append(words)
    return written


def _words(value: float, low: float, high: float) -> str:
    """Per cent, as exactly as it is known."""
    if value <= 0.0:
        return f"<{_digits(100.0 * high, np.ceil)}"
    if value >= 1.0:
        return f">{_digits(100.0 * low, np.floor)}"
    words = _digits(100.0 * value, np.floor if value > 0.99 else np.round)  # 99.97 is not 100
    return f"({words})" if high > 2.0 * low else words


def _digits(percent: float, rounding: Callable[[float], float]) -> str:
    """Two digits, more only close to 100: 0.012, 1.2, 12, 99.7."""
    nearest = min(percent, 100.0 - percent) if percent > 99.0 else percent
    places = int(np.clip(-np.floor(np.log10(max(nearest, 1e-9))) + (percent <= 99.0), 0, 9))
    steps = rounding(round(percent * 10.0**places, 6))  # free of rounding errors
    return f"{steps / 10.0**places:.{places}f}"
