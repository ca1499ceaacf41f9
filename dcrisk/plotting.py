"""Figures of results and of scenarios. Matplotlib is imported at the first figure, not before.

Each function draws on `ax`, or on a new figure, and returns the axes:
``plot_map(scenario).figure.savefig("map.png")``. Lines differ in style and marker and bars in hatching as
well as in colour (Okabe and Ito's palette, safe for colour-blind readers), so the figures can be read in
print without colour.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import xarray as xr

from dcrisk import statistics

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FloatArray = npt.NDArray[np.float64]
Box = tuple[float, float, float, float]

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#999999", "#F0E442")
LINES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (8, 2)))
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
HATCHES = ("", "////", "....", "\\\\\\\\", "xxxx", "----", "++++", "oo")
FIRE = "#D55E00"

AXIS_WORDS = {
    "downtime": "downtime in the window (h)",
    "longest_outage": "longest outage in the window (h)",
    "outages": "outages in the window (number)",
}


# ---------------------------------------------------------------- results


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
        Where to evaluate the curves; by default chosen from the data, see `dcrisk.exceedance`.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default on a new figure.
    confidence : float
        Of the bands, at each threshold by itself.

    Returns
    -------
    matplotlib.axes.Axes
        Both scales are logarithmic (but for outages, which are counted). A curve ends where no trial went
        further; its band goes on, because what was not seen is not impossible.
    """
    from matplotlib.ticker import MaxNLocator

    curves = statistics.exceedance(results, quantity, thresholds, confidence)
    ax = _axes(ax, (7.5, 4.8))
    counted = quantity == "outages"
    levels = curves["threshold"].values
    if not counted:
        curves = curves.isel(threshold=levels > 0.0)
        levels = levels[levels > 0.0]
    if levels.size == 0:
        raise ValueError("no threshold above zero: nothing can be drawn on a logarithmic scale")
    names = _names(curves)
    trials = int(curves.attrs["trials"])
    floor = 0.5 / trials
    for i, name in enumerate(names):
        one = curves.isel(layout=i)
        seen = np.where(one["exceedance"] > 0.0, one["exceedance"], np.nan)
        low = np.maximum(one["exceedance_low"], floor / 10.0)
        colour = COLOURS[i % len(COLOURS)]
        label = name if np.isfinite(seen).any() else f"{name} (never seen)"
        ax.fill_between(levels, low, one["exceedance_high"], step="post", color=colour, alpha=0.18, linewidth=0)
        ax.plot(
            levels,
            seen,
            drawstyle="steps-post",
            color=colour,
            linestyle=LINES[i % len(LINES)],
            marker=MARKERS[i % len(MARKERS)],
            markevery=(3 * i % max(1, levels.size // 7), max(1, levels.size // 7)),
            markersize=5,
            label=label,
        )
    highest = float(curves["exceedance_high"].max())
    ax.set_yscale("log")
    ax.set_ylim(floor, min(1.3, 2.0 * highest))
    if counted:
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    else:
        ax.set_xscale("log")
    ax.set_xlabel(f"{AXIS_WORDS[quantity]}; window: {_hours(curves.attrs['horizon_hours'])}")
    ax.set_ylabel("probability that a window brings more")
    ax.grid(which="major", alpha=0.3)
    ax.legend(title=f"layout (band: {100 * confidence:.4g} % interval)", fontsize="small", title_fontsize="small")
    return ax


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
    """
    found = statistics.availability(results, confidence)
    horizon = float(found.attrs["horizon_hours"])
    names = _names(found)
    mean, low, high = (found[f"unavailability{end}"].values * horizon for end in ("", "_low", "_high"))
    ax = _axes(ax, (8.0, 1.6 + 0.55 * len(names)))
    rows = np.arange(len(names))
    left = np.zeros(len(names))
    for i, (hazard, hours) in enumerate(_parts(results, mean)):
        ax.barh(
            rows,
            hours,
            left=left,
            height=0.62,
            color=COLOURS[i % len(COLOURS)],
            alpha=0.8,
            hatch=HATCHES[(i + i // len(COLOURS)) % len(HATCHES)],
            edgecolor="black",
            linewidth=0.5,
            label=hazard,
        )
        left = left + hours
    whiskers = np.maximum(0.0, np.stack([mean - low, high - mean]))
    ax.errorbar(mean, rows, xerr=whiskers, fmt="none", ecolor="black", elinewidth=1.2, capsize=4)
    for row, (value, end) in enumerate(zip(mean, high, strict=True)):
        ax.annotate(
            f"{value:.3g} h",
            (max(value, end), row),
            xytext=(6, 0),
            textcoords="offset points",
            va="center",
            fontsize=9,
        )
    ax.set_yticks(rows, names)
    ax.invert_yaxis()
    ax.set_xlim(0.0, 1.18 * float(max(high.max(), mean.max())))
    ax.set_xlabel(f"mean downtime (h in a window of {_hours(horizon)}); whiskers: {100 * confidence:.4g} % interval")
    ax.grid(axis="x", alpha=0.3)
    ax.set_axisbelow(True)
    if "downtime_by_hazard" in results:
        ax.legend(
            title="begun by",
            fontsize="small",
            title_fontsize="small",
            loc="upper left",
            bbox_to_anchor=(1.01, 1),
        )
    return ax


def _parts(results: xr.Dataset, mean: FloatArray) -> Iterator[tuple[str, FloatArray]]:
    if "downtime_by_hazard" not in results:
        yield "all hazards", mean
        return
    by_hazard = results["downtime_by_hazard"].mean("trial").transpose("hazard", "layout").compute()
    for name, hours in zip(results["hazard"].values, by_hazard.values, strict=True):
        if np.any(hours > 0.0):
            yield str(name), hours


def _names(dataset: xr.Dataset) -> list[str]:
    """Names of the layouts, or their numbers."""
    return [str(name) for name in dataset["layout"].values]


def _hours(horizon: float) -> str:
    return "one year" if horizon == 8766.0 else f"{horizon:g} h"


def _axes(ax: Axes | None, size: tuple[float, float]) -> Axes:
    if ax is not None:
        return ax
    import matplotlib.pyplot as plt

    return plt.subplots(figsize=size, layout="constrained")[1]


# ---------------------------------------------------------------- scenario


def plot_map(scenario: Any, ax: Axes | None = None) -> Axes:
    """Where the sites of a scenario stand, what they need, and how fire can pass between them.

    Parameters
    ----------
    scenario : dcrisk.Scenario
        Its nodes may have coordinates; a node without stands close to the nodes that need it.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default on a new figure. Labels are placed for the figure's present size.

    Returns
    -------
    matplotlib.axes.Axes
        Sites that stand much closer together than the whole map is wide are one mark on it, and a second
        panel shows them enlarged.
    """
    graph = _graph(scenario)
    clusters = _clusters(graph)
    if ax is None:
        import matplotlib.pyplot as plt

        size = (13.0, 7.6) if clusters else (9.0, 7.6)
        ax = plt.subplots(figsize=size)[1]
        ax.figure.subplots_adjust(left=0.06, right=0.98, top=0.93, bottom=0.17)
    if clusters:
        _draw_with_enlargements(ax, graph, clusters)
    else:
        _draw_panel(ax, graph, graph.names)
    ax.set_title(str(getattr(scenario, "name", "scenario")), loc="left")
    _map_legend(ax, graph)
    return ax


@dataclass
class _Graph:
    """What the map shows of a scenario. Places are in kilometres east and north of the middle."""

    names: list[str]
    sites: set[str]
    places: dict[str, tuple[float, float]]
    needs: list[tuple[str, str]]  # (what is needed, by whom)
    parts: list[tuple[str, str]]  # (whole, part)
    fires: dict[tuple[str, str], float]
    isolated: list[list[str]]

    def users(self, name: str) -> list[str]:
        return [user for needed, user in self.needs + self.parts if needed == name]

    def merged(self, group: dict[str, str], places: dict[str, tuple[float, float]]) -> _Graph:
        """The graph with each node replaced by its group."""

        def edges(pairs: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
            found = [(group.get(a, a), group.get(b, b)) for a, b in pairs]
            return list(dict.fromkeys((a, b) for a, b in found if a != b))

        names = list(dict.fromkeys(group.get(name, name) for name in self.names))
        fires: dict[tuple[str, str], float] = {}
        for (a, b), p in self.fires.items():
            edge = group.get(a, a), group.get(b, b)
            if edge[0] != edge[1]:
                fires[edge] = max(p, fires.get(edge, 0.0))
        sites = {group.get(name, name) for name in self.sites}
        return _Graph(names, sites, places, edges(self.needs), edges(self.parts), fires, [])

    def only(self, names: Iterable[str]) -> _Graph:
        """The part of the graph between these nodes."""
        kept = set(names)

        def inside(pairs: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
            return [(a, b) for a, b in pairs if a in kept and b in kept]

        return _Graph(
            [n for n in self.names if n in kept],
            self.sites & kept,
            {n: place for n, place in self.places.items() if n in kept},
            inside(self.needs),
            inside(self.parts),
            {edge: self.fires[edge] for edge in inside(self.fires)},
            [[n for n in campus if n in kept] for campus in self.isolated],
        )


def _graph(scenario: Any) -> _Graph:
    nodes = list(scenario.nodes)
    placed = [n for n in nodes if n.lat is not None and n.lon is not None]
    middle_lat = float(np.mean([n.lat for n in placed])) if placed else 0.0
    middle_lon = float(np.mean([n.lon for n in placed])) if placed else 0.0
    east = 111.32 * float(np.cos(np.radians(middle_lat)))  # kilometres a degree
    fires: dict[tuple[str, str], float] = {}
    isolated = []
    for hazard in scenario.hazards:
        for edge, p in dict(getattr(hazard, "spread", None) or {}).items():
            fires[(str(edge[0]), str(edge[1]))] = max(float(p), fires.get((str(edge[0]), str(edge[1])), 0.0))
        isolated += [list(campus) for campus in getattr(hazard, "isolation", None) or []]
    return _Graph(
        names=[n.name for n in nodes],
        sites={n.name for n in nodes if hasattr(n, "part_of")},
        places={n.name: ((n.lon - middle_lon) * east, (n.lat - middle_lat) * 110.57) for n in placed},
        needs=list(dict.fromkeys((needed, n.name) for n in nodes for needed in _needed(n.requires))),
        parts=[(n.part_of, n.name) for n in nodes if getattr(n, "part_of", None)],
        fires=fires,
        isolated=isolated,
    )


def _needed(requires: Iterable[Any]) -> Iterator[str]:
    for item in requires:
        if isinstance(item, str):
            yield item
        else:
            yield from item.names()


def _clusters(graph: _Graph) -> list[list[str]]:
    """Groups of nodes within a twentieth of the map's extent, if they leave something outside."""
    names = list(graph.places)
    if len(names) < 3:
        return []
    points = np.array([graph.places[n] for n in names])
    gaps = np.linalg.norm(points[:, None] - points[None, :], axis=2)
    group = np.arange(len(names))
    for i, j in zip(*np.nonzero(gaps < 0.05 * gaps.max()), strict=True):
        group[group == group[j]] = group[i]
    found = [[n for n, g in zip(names, group, strict=True) if g == one] for one in dict.fromkeys(group.tolist())]
    return [members for members in found if len(members) > 1] if len(found) > 1 else []


def _reach(graph: _Graph, name: str) -> set[str]:
    """The node and all that need it, at any remove."""
    found, new = set[str](), {name}
    while new:
        found |= new
        new = {user for n in new for user in graph.users(n)} - found
    return found


def _draw_with_enlargements(ax: Axes, graph: _Graph, clusters: list[list[str]]) -> None:
    """The whole on the left, each cluster enlarged on the right."""
    from matplotlib.patches import ConnectionPatch

    ax.set_axis_off()
    titles = [_cluster_name(members, k) for k, members in enumerate(clusters)]
    group = {name: titles[k] for k, members in enumerate(clusters) for name in members}
    for name in graph.names:  # what serves one cluster only is shown with it
        if name not in graph.places:
            served = {group.get(n, n) for n in _reach(graph, name) if n in graph.places}
            if len(served) == 1 and (only := served.pop()) in titles:
                group[name] = only
    places = {n: place for n, place in graph.places.items() if n not in group}
    for title, members in zip(titles, clusters, strict=True):
        east, north = np.mean([graph.places[n] for n in members], axis=0)
        places[title] = (float(east), float(north))
    whole = ax.inset_axes((0.0, 0.0, 0.45, 1.0))
    merged = graph.merged(group, places)
    _draw_panel(whole, merged, merged.names, set(titles))
    height = 1.0 / len(clusters)
    for k, title in enumerate(titles):
        gap = 0.0 if len(titles) == 1 else 0.1 * height
        panel = ax.inset_axes((0.53, 1.0 - (k + 1) * height + gap, 0.47, height - gap))
        members = [n for n in graph.names if group.get(n) == title]
        _draw_panel(panel, graph, members)
        panel.set_title(title, fontsize=10, loc="right")
        for corner in (0.0, 1.0):
            line = ConnectionPatch(
                places[title],
                (0.0, corner),
                "data",
                "axes fraction",
                axesA=whole,
                axesB=panel,
                color="0.6",
                linewidth=0.7,
                zorder=0.5,
            )
            ax.add_artist(line)


def _cluster_name(members: list[str], k: int) -> str:
    letter = chr(ord("A") + k % 26)
    return f"enlargement {letter}: {len(members)} sites"


def _draw_panel(ax: Axes, graph: _Graph, names: Sequence[str], groups: set[str] | None = None) -> None:
    """One map of some of the nodes, with labels and boxes put where there is room."""
    part = graph.only(names)
    if not part.places:  # nothing says where anything stands: the sites go on a circle
        ring = [n for n in part.names if n in part.sites] or part.names
        turn = 2.0 * np.pi * np.arange(len(ring)) / len(ring)
        part.places = {n: (float(np.sin(t)), float(np.cos(t))) for n, t in zip(ring, turn, strict=True)}
        ax.set_xticks([])
        ax.set_yticks([])
        ax.set_xlabel("no coordinates: not a map")
        scale = 1.0
    else:
        scale = _set_units(ax, part)
    spots = {n: (x * scale, y * scale) for n, (x, y) in part.places.items()}
    dense = len(part.fires) > 2  # keep utilities out of the web of arrows, below it
    _set_limits(ax, list(spots.values()), lower=dense and len(part.names) > len(spots))
    room = _Room(ax)
    if dense:
        room.take_all(list(spots.values()))
    for spot in spots.values():
        room.take_point(spot, 9.0)
    free = sorted((n for n in part.names if n not in spots), key=lambda n: len(_reach(part, n)))
    users = {n: [u for u in part.users(n) if u in part.names] for n in free}
    for n in free:
        near = [spots[u] for u in users[n] if u in spots] or list(spots.values())
        spots[n] = room.put_box(n, (float(np.mean([p[0] for p in near])), float(np.mean([p[1] for p in near]))))
    _draw_edges(ax, part, spots, set(free))
    for n in part.names:
        if n in free:
            continue
        group = n in (groups or ())
        shape = "D" if group else ("o" if n in part.sites else "s")
        colour = "#0072B2" if n in part.sites else "0.45"
        ax.plot(*spots[n], shape, color=colour, markersize=10 if group else 8, mec="white", zorder=5)
        room.put_label(n, spots[n])


def _set_units(ax: Axes, part: _Graph) -> float:
    points = np.array(list(part.places.values()))
    small = float(np.ptp(points, axis=0).max()) < 2.0
    scale, unit = (1000.0, "m") if small else (1.0, "km")
    ax.set_xlabel(f"east ({unit})")
    ax.set_ylabel(f"north ({unit})")
    ax.tick_params(labelsize=8)
    if small:  # count from the cluster's own corner
        corner = points.min(axis=0)
        part.places = {n: (x - corner[0], y - corner[1]) for n, (x, y) in part.places.items()}
    return scale


def _set_limits(ax: Axes, spots: list[tuple[float, float]], lower: bool) -> None:
    """The same scale both ways, and a margin for labels, without changing the size of the axes."""
    points = np.array(spots)
    box = ax.get_window_extent()
    middle = 0.5 * (points.min(axis=0) + points.max(axis=0))
    extent = np.ptp(points, axis=0)
    per_pixel = float(max(extent[0] / (0.62 * box.width), extent[1] / (0.55 * box.height)))
    per_pixel = per_pixel or 1.0 / box.width
    if lower:  # more margin below than above
        middle[1] -= 0.13 * per_pixel * box.height
    ax.set_xlim(middle[0] - 0.5 * per_pixel * box.width, middle[0] + 0.5 * per_pixel * box.width)
    ax.set_ylim(middle[1] - 0.5 * per_pixel * box.height, middle[1] + 0.5 * per_pixel * box.height)


class _Room:
    """Keeps account, in points of the figure, of what is drawn where, and finds places that are free."""

    def __init__(self, ax: Axes) -> None:
        self.ax = ax
        box = ax.get_window_extent()
        self.unit = ax.figure.get_dpi() / 72.0
        self.frame = tuple(v / self.unit for v in (box.x0, box.y0, box.x1, box.y1))
        self.taken: list[Box] = []
        self.closed: list[Box] = []  # to boxes, not to labels

    def take_point(self, spot: tuple[float, float], size: float) -> None:
        x, y = self._figure(spot)
        self.taken.append((x - size / 2, y - size / 2, x + size / 2, y + size / 2))

    def take_all(self, spots: list[tuple[float, float]]) -> None:
        points = np.array([self._figure(spot) for spot in spots])
        (x0, y0), (x1, y1) = points.min(axis=0) - 6.0, points.max(axis=0) + 6.0
        self.closed.append((float(x0), float(y0), float(x1), float(y1)))

    def put_box(self, text: str, near: tuple[float, float]) -> tuple[float, float]:
        """Draw a framed text at the free place closest to a spot; return its middle."""
        shown = self.ax.text(
            *near,
            text,
            fontsize=8,
            ha="center",
            va="center",
            zorder=6,
            bbox={"boxstyle": "round,pad=0.3", "facecolor": "0.93", "edgecolor": "0.45", "linewidth": 0.8},
        )
        width, height = self._size(shown)
        x, y = self._figure(near)
        x0, y0, x1, y1 = self.frame
        columns = np.arange(x0 + width / 2 + 10, x1 - width / 2 - 9, 6.0)
        lines = np.arange(y0 + height / 2 + 10, y1 - height / 2 - 9, 6.0)
        places = [(float(c), float(r)) for c in columns for r in lines] or [(x, y)]
        best = min(
            places,
            key=lambda p: (
                float(np.hypot(p[0] - x, p[1] - y))
                + 1e3 * self._overlap(_around(p[0], p[1], width + 22.0, height + 34.0), self.taken + self.closed)
            ),
        )
        self.taken.append(_around(*best, width + 8.0, height + 8.0))
        spot = self._data(best)
        shown.set_position(spot)
        return spot

    def put_label(self, text: str, spot: tuple[float, float]) -> None:
        """Write a text beside a spot, with a thin line to it if there is no room close by."""
        shown = self.ax.text(*spot, text, fontsize=9, ha="center", va="center", zorder=7)
        width, height = self._size(shown)
        x, y = self._figure(spot)
        best, least, far = (x, y), np.inf, False
        for distance in (7.0, 14.0, 24.0, 36.0, 50.0, 70.0):
            for turn in np.radians((0, 180, 90, 270, 45, 135, 225, 315, 20, 160, 200, 340, 70, 110, 250, 290)):
                c, s = float(np.cos(turn)), float(np.sin(turn))
                place = x + c * (distance + width / 2), y + s * (distance + height / 2)
                box = _around(*place, width + 2.0, height + 1.0)
                cost = distance + 1e3 * self._overlap(box, self.taken) + 1e4 * self._outside(box)
                if cost < least:
                    best, least, far = place, cost, distance > 20.0
        self.taken.append(_around(*best, width + 2.0, height + 1.0))
        shown.set_position(self._data(best))
        shown.set_bbox({"boxstyle": "square,pad=0.05", "facecolor": "white", "alpha": 0.75, "linewidth": 0})
        if far:
            self.ax.annotate(
                "",
                self._data(best),
                xytext=spot,
                arrowprops={"arrowstyle": "-", "color": "0.3", "lw": 0.6},
                zorder=4,
            )

    def _size(self, text: Any) -> tuple[float, float]:
        box = text.get_window_extent()
        return box.width / self.unit, box.height / self.unit

    def _figure(self, spot: tuple[float, float]) -> tuple[float, float]:
        x, y = self.ax.transData.transform(spot) / self.unit
        return float(x), float(y)

    def _data(self, place: tuple[float, float]) -> tuple[float, float]:
        x, y = self.ax.transData.inverted().transform(np.array(place) * self.unit)
        return float(x), float(y)

    @staticmethod
    def _overlap(box: Box, taken: list[Box]) -> float:
        """Shared area, in square points."""
        x0, y0, x1, y1 = box
        return float(
            sum(max(0.0, min(x1, b[2]) - max(x0, b[0])) * max(0.0, min(y1, b[3]) - max(y0, b[1])) for b in taken)
        )

    def _outside(self, box: Box) -> float:
        x0, y0, x1, y1 = self.frame
        return float(max(0.0, x0 + 3 - box[0], y0 + 3 - box[1], box[2] - x1 + 3, box[3] - y1 + 3))


def _around(x: float, y: float, width: float, height: float) -> Box:
    return x - width / 2, y - height / 2, x + width / 2, y + height / 2


def _draw_edges(ax: Axes, part: _Graph, spots: dict[str, tuple[float, float]], boxes: set[str]) -> None:
    for campus in part.isolated:
        _draw_campus(ax, [spots[n] for n in campus if n in spots])

    def arrow(a: str, b: str, **style: Any) -> None:
        away, to = (9.0 if a in boxes else 5.0), (9.0 if b in boxes else 6.0)
        ends = {"shrinkA": away, "shrinkB": to}
        ax.annotate("", spots[b], xytext=spots[a], arrowprops=style | ends, zorder=style.get("zorder", 2))

    for needed, user in part.needs:
        arrow(needed, user, arrowstyle="->", color="0.55", lw=0.9, linestyle="--")
    for whole, piece in part.parts:
        arrow(whole, piece, arrowstyle="-", color="0.2", lw=1.2)
    for (a, b), p in part.fires.items():
        arrow(a, b, arrowstyle="-|>", color=FIRE, lw=_fire_width(p), connectionstyle="arc3,rad=0.18", alpha=0.85)


def _draw_campus(ax: Axes, spots: list[tuple[float, float]]) -> None:
    """A light patch under the sites that are cut off together."""
    from matplotlib.patches import Polygon
    from scipy.spatial import ConvexHull, QhullError

    if len(spots) < 2:
        return
    points = np.array(spots)
    with suppress(QhullError, ValueError):  # two sites, or all in one line: their connection is the patch
        points = points[ConvexHull(points).vertices]
    patch = Polygon(points.tolist(), closed=True, facecolor="#FBEFD5", edgecolor="#FBEFD5", linewidth=34, zorder=0)
    patch.set_joinstyle("round")
    ax.add_patch(patch)


def _fire_width(p: float) -> float:
    return 0.6 + 5.0 * p


def _map_legend(ax: Axes, graph: _Graph) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    marks: list[Any] = [Line2D([], [], marker="o", color="#0072B2", linestyle="", mec="white", ms=8, label="site")]
    if graph.sites < set(graph.names):
        marks.append(Patch(facecolor="0.93", edgecolor="0.45", label="utility (its place is schematic)"))
    if graph.needs:
        marks.append(Line2D([], [], color="0.55", ls="--", lw=0.9, label="serves what its arrow points to"))
    if graph.parts:
        marks.append(Line2D([], [], color="0.2", lw=1.2, label="is part of"))
    if graph.fires:
        shown = sorted({min(graph.fires.values()), max(graph.fires.values())})
        for p in shown:
            marks.append(Line2D([], [], color=FIRE, lw=_fire_width(p), label=f"fire spreads, probability {p:g}"))
    if any(len(campus) > 1 for campus in graph.isolated):
        marks.append(Patch(facecolor="#FBEFD5", label="cut off together in a fire"))
    ax.legend(
        handles=marks,
        loc="upper center",
        bbox_to_anchor=(0.5, -0.1),
        ncols=min(4, len(marks)),
        fontsize=8.5,
        frameon=False,
    )
