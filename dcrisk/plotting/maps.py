"""The map of a scenario."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from dcrisk.plotting.footprint import Measure, read_footprint
from dcrisk.plotting.graph import Edge, Graph, Spot, find_clusters, read_graph
from dcrisk.plotting.ground import FloatArray
from dcrisk.plotting.looks import Look, Plain
from dcrisk.plotting.placement import CURVED, STRAIGHT, Room
from dcrisk.plotting.roles import read_roles
from dcrisk.plotting.style import legend_below, settle
from dcrisk.specification import SpecificationError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FIRE = "#D55E00"
CAMPUS = "#FBEFD5"
WATER = "#9CC9E8"
WATER_TEXT = "#1F5F8B"
NEED: dict[str, Any] = {"color": "0.55", "linewidth": 0.9, "linestyle": "--"}
PART: dict[str, Any] = {"color": "0.2", "linewidth": 1.2}


def plot_map(
    scenario: Any,
    ax: Axes | None = None,
    *,
    footprint: xr.Dataset | None = None,
    measure: Measure = "down",
    at_least_hours: float = 0.0,
    layout: Any = None,
    utilities: bool = True,
    rivers: Mapping[str, Sequence[tuple[float, float]]] | None = None,
    projection: Any = None,
) -> Axes:
    """Where the sites of a scenario stand, what they need, how fire can pass, and what an event does to them.

    Parameters
    ----------
    scenario : dcrisk.Scenario
        Its nodes may have coordinates; a node without stands close to the nodes that need it.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default on a new figure. Labels are placed for the figure's present size.
    footprint : xarray.Dataset, optional
        What became of the sites, from `dcrisk.simulate` of the scenario with ``site_layouts(scenario)``: they are
        coloured by it. To see one event alone, condition the scenario on it, leave the other hazards out
        (``scenario.given(...).without(...)``), or let the window be short.
    measure : {"down", "destroyed", "hours"}
        What the colours say: the share of trials in which a site was down, or was destroyed, or its mean hours down.
    at_least_hours : float
        For ``measure="down"``, what counts as down: more than so many hours in the window.
    layout : dcrisk.Layout, optional
        Shows it instead: which sites run the service (of replicas as many, in their order, as its quorum needs; the
        others are on standby) and which keep the data.
    utilities : bool
        Whether to show what is no site.
    rivers : mapping of str to sequence of (lat, lon), optional
        Rivers or coasts by name, as lines between places in degrees; they are drawn as far as the map goes.
    projection : str or callable, optional
        How degrees become metres: a name that pyproj knows (``"EPSG:2154"`` for France; needs pyproj), or a function of
        longitudes and latitudes that gives metres east and north. By default a plane that touches the globe
        amid the sites, which is good for a region.

    Returns
    -------
    matplotlib.axes.Axes
        Sites that stand much closer together than the whole map is wide are one mark on it, and a second
        panel shows them enlarged; in a footprint it has the colour of the one that fares worst. Distances are counted
        from the westernmost and southernmost site of a panel, and the axes have numbers only as far as sites stand.

    Raises
    ------
    SpecificationError
        If both a footprint and a layout are given, or one of them does not belong to the scenario; if a river or the
        projection is of no use.

    Examples
    --------
    What a fire that takes hold in SBG2 does within two days:

    >>> import dcrisk
    >>> from matplotlib import pyplot as plt
    >>> scenario = dcrisk.load_scenario("ovh-strasbourg-2021").given("fire", origin="SBG2", contained=False)
    >>> results = dcrisk.simulate(scenario, dcrisk.site_layouts(scenario), 1000, horizon=48.0, progress=False)
    >>> ax = plot_map(scenario, footprint=results, measure="destroyed")
    >>> plt.close(ax.figure)
    """
    graph = read_graph(scenario, projection, rivers)
    if not utilities:
        graph = graph.only(graph.sites)
    if footprint is not None and layout is not None:
        raise SpecificationError("plot_map: give either footprint or layout: the colours can show but one of them")
    look: Look = Plain()
    if footprint is not None:
        look = read_footprint(scenario, footprint, measure, at_least_hours)
    elif layout is not None:
        look = read_roles(scenario, layout)
    clusters = find_clusters(graph)
    if ax is None:
        import matplotlib.pyplot as plt

        size = (13.0, 7.6) if clusters else (9.0, 7.6)
        ax = plt.subplots(figsize=size)[1]
        ax.figure.subplots_adjust(left=0.06, right=0.98 if footprint is None else 0.93, top=0.93, bottom=0.17)
    ax.set_title(str(getattr(scenario, "name", "scenario")) + look.title, loc="left")
    look.draw_bar(ax)
    _draw_legend(ax, graph, bool(clusters), look)
    if clusters:
        _draw_with_enlargements(ax, graph, clusters, look)
    else:
        panel = _Panel(ax, graph, graph.names, look)
        settle(ax)
        panel.draw()
    return ax


def _draw_with_enlargements(ax: Axes, graph: Graph, clusters: list[list[str]], look: Look) -> None:
    """The whole on the left, each cluster enlarged on the right."""
    from matplotlib.patches import ConnectionPatch

    ax.set_axis_off()
    titles = [f"enlargement {chr(ord('A') + k % 26)}: {len(members)} sites" for k, members in enumerate(clusters)]
    group = {name: titles[k] for k, members in enumerate(clusters) for name in members}
    for name in graph.names:  # what serves one cluster only is shown with it
        if name not in graph.places:
            served = {group.get(n, n) for n in graph.reach(name) if n in graph.places}
            if len(served) == 1 and (only := served.pop()) in titles:
                group[name] = only
    places = {n: place for n, place in graph.places.items() if n not in group}
    for title, members in zip(titles, clusters, strict=True):
        east, north = np.mean([graph.places[n] for n in members], axis=0)
        places[title] = (float(east), float(north))
    merged = graph.merged(group, places)
    look = look.merged(group)
    whole = _Panel(ax.inset_axes((0.0, 0.0, 0.45, 1.0)), merged, merged.names, look, set(titles))
    panels = []
    top = 1.0
    for title, height in zip(titles, _heights([len(members) for members in clusters]), strict=True):
        gap = 0.0 if len(titles) == 1 else min(0.1, 0.4 * height)
        top -= height
        inset = ax.inset_axes((0.53, top + gap, 0.47, height - gap))
        inset.set_title(title, fontsize=10, loc="right")
        panels.append(_Panel(inset, graph, [n for n in graph.names if group.get(n) == title], look))
        for corner in (0.0, 1.0):
            line = ConnectionPatch(
                whole.spots[title],
                (0.0, corner),
                "data",
                "axes fraction",
                axesA=whole.ax,
                axesB=inset,
                color="0.6",
                linewidth=0.7,
                shrinkA=7.0,
                zorder=5.5,
            )
            line.set_in_layout(False)  # its ends lie anywhere until the panels have their limits
            whole.ax.add_artist(line)  # so that it runs below the labels of the axes that are drawn later
            line.set_clip_on(False)
        inset.yaxis.label.set_bbox({"facecolor": "white", "linewidth": 0, "pad": 1.0})
    settle(ax)
    for title, panel in zip(titles, panels, strict=True):
        box = panel.ax.get_window_extent()
        whole.guides += [(title, (float(box.x0), float(y))) for y in (box.y0, box.y1)]
    for panel in (whole, *panels):
        panel.draw()


def _heights(members: Sequence[int]) -> list[float]:
    """Of the enlargements: more for those with more sites, and for none less than half of an even share."""
    even = 1.0 / len(members)
    return [0.5 * even + 0.5 * number / sum(members) for number in members]


class _Panel:
    """One map of some of the nodes, with labels and boxes put where there is room."""

    def __init__(
        self,
        ax: Axes,
        graph: Graph,
        names: Sequence[str],
        look: Look,
        groups: set[str] | None = None,
    ) -> None:
        self.ax = ax
        self.look = look
        self.groups = groups or set()
        self.graph = graph.only(names)
        self.spots: dict[str, Spot] = {}
        self.rivers: dict[str, FloatArray] = {}
        self.guides: list[tuple[str, Spot]] = []  # lines that leave it: from where, to which pixel
        if self.graph.places:
            self._set_spots()
        else:  # nothing says where anything stands: the sites go on a circle
            ring = [n for n in self.graph.names if n in self.graph.sites] or self.graph.names
            turn = 2.0 * np.pi * np.arange(len(ring)) / len(ring)
            self.spots = {n: (float(np.sin(t)), float(np.cos(t))) for n, t in zip(ring, turn, strict=True)}
            ax.set_xticks([])
            ax.set_yticks([])
            ax.set_xlabel("no coordinates: not a map")

    def _set_spots(self) -> None:
        """Kilometres or metres from the south-western corner, and numbers on the axes as far as sites stand."""
        from matplotlib.ticker import MaxNLocator

        points = np.array(list(self.graph.places.values()))
        extent = np.ptp(points, axis=0)
        scale, unit = (1000.0, "m") if extent.max() < 2.0 else (1.0, "km")
        corner = points.min(axis=0)
        points = (points - corner) * scale
        self.rivers = {name: (line - corner) * scale for name, line in self.graph.rivers.items()}
        self.spots = {n: (float(x), float(y)) for n, (x, y) in zip(self.graph.places, points, strict=True)}
        for set_ticks, length in zip((self.ax.set_xticks, self.ax.set_yticks), extent * scale, strict=True):
            number = max(2, round(5.0 * length / (extent.max() * scale or 1.0)))
            steps = MaxNLocator(nbins=number, steps=[1, 2, 2.5, 5, 10]).tick_values(0.0, length or 1.0)
            set_ticks([t for t in steps if 0.0 <= t <= length])
        self.ax.set_xlabel(f"east ({unit})")
        self.ax.set_ylabel(f"north ({unit})")
        self.ax.tick_params(labelsize=8)

    def draw(self) -> None:
        part, spots = self.graph, self.spots
        dense = len(part.fires) > 2  # keep utilities out of the web of arrows, below it
        free = sorted((n for n in part.names if n not in spots), key=lambda n: len(part.reach(n)))
        self._set_limits(lower=dense and bool(free))
        room = Room(self.ax)
        if dense:
            room.close(list(spots.values()))
        for n, spot in spots.items():
            room.take_marker(n, spot, self._size(n))
        for n, pixel in self.guides:
            room.take_line(n, pixel)
        self._take_rivers(room)
        for n in free:
            users = [user for user in part.users(n) if user in spots]
            near = np.mean([spots[user] for user in users] or list(spots.values()), axis=0)
            spots[n] = room.put_box(n, (float(near[0]), float(near[1])), users, self.look.box(n))
        self._draw_edges(room)
        for n in part.names:
            if n in free:
                continue
            self.ax.plot(*spots[n], linestyle="", **self._mark(n), zorder=5)
            if frame := self.look.frame(n):
                self.ax.plot(*spots[n], linestyle="", **frame, zorder=4.9)
            room.put_label(n, spots[n])
        self._draw_rivers(room)

    def _take_rivers(self, room: Room) -> None:
        for line in self.rivers.values():
            room.take_curve(line)

    def _draw_rivers(self, room: Room) -> None:
        from matplotlib.collections import LineCollection

        lines = LineCollection(list(self.rivers.values()), color=WATER, linewidth=2.2, zorder=0.5, capstyle="round")
        self.ax.add_collection(lines, autolim=False)
        for name, line in self.rivers.items():
            room.put_name(name, line, color=WATER_TEXT)

    def _mark(self, name: str) -> dict[str, Any]:
        """The marker of a node."""
        if name not in self.graph.sites:
            return {"marker": "s", "markersize": 8.0, "color": "0.45", "mec": "white"}
        return self.look.mark(name, name in self.groups)

    def _size(self, name: str) -> float:
        """How much room the marker takes, with its frame if it has one."""
        frame = self.look.frame(name)
        return float(frame["markersize"]) + 4.0 if frame else float(self._mark(name)["markersize"]) + 1.0

    def _set_limits(self, lower: bool) -> None:
        """The same scale both ways, and a margin for labels, without changing the size of the axes."""
        points = np.array(list(self.spots.values()))
        box = self.ax.get_window_extent()
        middle = 0.5 * (points.min(axis=0) + points.max(axis=0))
        extent = np.ptp(points, axis=0)
        per_pixel = float(max(extent[0] / (0.62 * box.width), extent[1] / (0.55 * box.height)))
        per_pixel = per_pixel or 1.0 / box.width
        if lower:  # more margin below than above
            middle[1] -= 0.13 * per_pixel * box.height
        self.ax.set_xlim(middle[0] - 0.5 * per_pixel * box.width, middle[0] + 0.5 * per_pixel * box.width)
        self.ax.set_ylim(middle[1] - 0.5 * per_pixel * box.height, middle[1] + 0.5 * per_pixel * box.height)
        point = self.ax.figure.get_dpi() / 72.0
        for axis in (self.ax.xaxis, self.ax.yaxis):
            ticks = axis.get_majorticklocs()
            if len(ticks) > 2 and ticks[1] - ticks[0] < 20.0 * point * per_pixel:
                axis.set_ticks([ticks[0], ticks[-1]])

    def _draw_edges(self, room: Room) -> None:
        part = self.graph
        for campus in part.isolated:
            _draw_campus(self.ax, [self.spots[n] for n in campus if n in self.spots])
        room.forget_arrows()
        self._take_rivers(room)
        for edge, p in sorted(part.fires.items(), key=lambda item: -item[1]):
            style = {"arrowstyle": "-|>", "color": FIRE, "linewidth": _fire_width(p), "alpha": 0.85}
            self._draw_arrow(room, edge, CURVED, style)
        for edge in part.needs:
            self._draw_arrow(room, edge, STRAIGHT, {"arrowstyle": "->", **NEED})
        for edge in part.parts:
            self._draw_arrow(room, edge, STRAIGHT, {"arrowstyle": "-", **PART})

    def _draw_arrow(self, room: Room, edge: Edge, bends: Sequence[float], style: dict[str, Any]) -> None:
        start, end = edge
        route = room.route(start, end, bends, head=style["arrowstyle"] != "-")
        run = {
            "connectionstyle": f"arc3,rad={route.bend}",
            "shrinkA": route.shrink_start,
            "shrinkB": route.shrink_end,
        }
        self.ax.annotate("", self.spots[end], xytext=self.spots[start], arrowprops=style | run, zorder=2)


def _draw_campus(ax: Axes, spots: list[Spot]) -> None:
    """A light patch under the sites that are cut off together."""
    from matplotlib.patches import Polygon
    from scipy.spatial import ConvexHull, QhullError

    if len(spots) < 2:
        return
    points = np.array(spots)
    with suppress(QhullError, ValueError):  # two sites, or all in one line: their connection is the patch
        points = points[ConvexHull(points).vertices]
    patch = Polygon(points.tolist(), closed=True, facecolor=CAMPUS, edgecolor=CAMPUS, linewidth=34, zorder=0)
    patch.set_joinstyle("round")
    ax.add_patch(patch)


def _fire_width(p: float) -> float:
    return 0.6 + 5.0 * p


def _draw_legend(ax: Axes, graph: Graph, enlarged: bool, look: Look) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    marks = look.legend(enlarged)
    if graph.rivers:
        marks.append(Line2D([], [], color=WATER, linewidth=2.2, label="river (drawn between towns)"))
    if graph.sites < set(graph.names):
        marks.append(Patch(facecolor="0.93", edgecolor="0.45", label="utility (its place is schematic)"))
    if graph.needs:
        marks.append(Line2D([], [], label="serves what its arrow points to", **NEED))
    if graph.parts:
        marks.append(Line2D([], [], label="is part of", **PART))
    if graph.fires:
        for p in sorted({min(graph.fires.values()), max(graph.fires.values())}):
            marks.append(Line2D([], [], color=FIRE, lw=_fire_width(p), label=f"fire spreads, probability {p:g}"))
    if any(len(campus) > 1 for campus in graph.isolated):
        marks.append(Patch(facecolor=CAMPUS, label="cut off together in a fire"))
    legend_below(ax, marks, gap=0.42, fontsize=8.5)
