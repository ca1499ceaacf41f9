"""Where on a map there is room: for framed texts, for labels, and for arrows around what they do not concern.

All is reckoned in points of the figure (1/72 inch), for the size it has when the map is drawn.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FloatArray = npt.NDArray[np.float64]
Spot = tuple[float, float]
Box = tuple[float, float, float, float]

HEAD = 11.0  # length of an arrowhead
STRAIGHT = (0.0, 0.1, -0.1, 0.2, -0.2, 0.35, -0.35)
CURVED = (0.18, -0.18, 0.3, -0.3, 0.1, 0.45, -0.45, 0.7, -0.7)
LOOPS = (1.0, -1.0, 1.5, -1.5, 2.2, -2.2, 3.0, -3.0)  # between markers that almost touch
TURNS = np.radians((0, 180, 90, 270, 45, 135, 225, 315, 20, 160, 200, 340, 70, 110, 250, 290))


class Route(NamedTuple):
    """How an arrow runs: its bend (as of matplotlib's arc3), and how far from both ends it stops."""

    bend: float
    shrink_start: float
    shrink_end: float


@dataclass
class _Node:
    middle: FloatArray
    width: float
    height: float
    is_round: bool

    @property
    def box(self) -> Box:
        return _around(float(self.middle[0]), float(self.middle[1]), self.width, self.height)

    def holds(self, points: FloatArray, gap: float) -> npt.NDArray[np.bool_]:
        away = np.abs(points - self.middle)
        if self.is_round:
            return np.asarray(np.hypot(away[..., 0], away[..., 1]) < 0.5 * self.width + gap)
        return np.asarray((away[..., 0] < 0.5 * self.width + gap) & (away[..., 1] < 0.5 * self.height + gap))


class Room:
    """Keeps account of what is drawn where on some axes, and finds places that are free."""

    def __init__(self, ax: Axes) -> None:
        self.ax = ax
        box = ax.get_window_extent()
        self.unit = ax.figure.get_dpi() / 72.0
        self.frame = tuple(v / self.unit for v in (box.x0, box.y0, box.x1, box.y1))
        self.nodes: dict[str, _Node] = {}
        self.labels: list[Box] = []
        self.closed: list[Box] = []  # to framed texts, not to labels
        self.guides = np.empty((0, 2))  # points along lines that others draw
        self.strokes = np.empty((0, 2))  # points along these and the arrows
        self.heads = np.empty((0, 2))  # points along their heads
        self.leaders = np.empty((0, 2))  # points along the lines to labels

    def take_marker(self, name: str, spot: Spot, size: float) -> None:
        self.nodes[name] = _Node(np.array(self._figure(spot)), size, size, is_round=True)

    def close(self, spots: Sequence[Spot]) -> None:
        """Keep framed texts out of the rectangle around these spots."""
        points = np.array([self._figure(spot) for spot in spots])
        (x0, y0), (x1, y1) = points.min(axis=0) - 6.0, points.max(axis=0) + 6.0
        self.closed.append((float(x0), float(y0), float(x1), float(y1)))

    def take_line(self, name: str, pixel: Spot) -> None:
        """Keep texts off a line from a node to a place of the figure, in pixels."""
        line = _arc(self.nodes[name].middle, np.array(pixel) / self.unit, 0.0)
        self.guides = np.concatenate([self.guides, line])
        self.strokes = np.concatenate([self.strokes, line])

    def take_curve(self, points: FloatArray) -> None:
        """Keep texts off a curve, of which some points are given, in the units of the axes."""
        self.strokes = np.concatenate([self.strokes, self._seen(points)])

    def _seen(self, points: FloatArray) -> FloatArray:
        """Places close to each other along a curve, as far as it is within the axes."""
        x0, y0, x1, y1 = self.frame
        pixels = np.clip(self.ax.transData.transform(points), -1e5, 1e5) / self.unit
        path = np.concatenate([_arc(a, b, 0.0) for a, b in zip(pixels[:-1], pixels[1:], strict=True)])
        return np.asarray(path[(path > (x0 - 9.0, y0 - 9.0)).all(axis=1) & (path < (x1 + 9.0, y1 + 9.0)).all(axis=1)])

    def take_box(self, x0: float, y0: float, x1: float, y1: float) -> None:
        """Keep labels off a box, in shares of the axes."""
        left, bottom, right, top = self.frame
        wide, high = right - left, top - bottom
        self.labels.append((left + x0 * wide, bottom + y0 * high, left + x1 * wide, bottom + y1 * high))

    # ---------------------------------------------------------------- framed texts

    def put_box(self, text: str, near: Spot, users: Iterable[str], look: Mapping[str, Any]) -> Spot:
        """Draw a framed text at the free place closest to a spot, in sight of its users; return its middle."""
        shown = self.ax.text(
            *near,
            text,
            fontsize=8,
            ha="center",
            va="center",
            zorder=6,
            bbox={"boxstyle": "round,pad=0.3", "facecolor": "0.93", "edgecolor": "0.45", "linewidth": 0.8, **look},
        )
        width, height = self._size(shown)
        wanted = np.array(self._figure(near))
        x0, y0, x1, y1 = self.frame
        columns = np.arange(x0 + width / 2 + 10, x1 - width / 2 - 9, 6.0)
        lines = np.arange(y0 + height / 2 + 10, y1 - height / 2 - 9, 6.0)
        places = np.stack(np.meshgrid(columns, lines, indexing="ij"), axis=-1).reshape(-1, 2)
        if not len(places):
            places = wanted[None]
        taken = [node.box for node in self.nodes.values()] + self.closed
        cost = np.hypot(*(places - wanted).T) + 1e3 * _overlap(places, width + 22.0, height + 34.0, taken)
        cost += 6.0 * _count_inside(self.strokes, places, width + 8.0, height + 8.0)
        for user in users:
            cost += 60.0 * self._crossed(places, user)
        best = places[int(np.argmin(cost))]
        self.nodes[text] = _Node(best, width + 6.0, height + 6.0, is_round=False)
        for user in users:
            if user in self.nodes:
                self.strokes = np.concatenate([self.strokes, _arc(best, self.nodes[user].middle, 0.0)])
        spot = self._data(best)
        shown.set_position(spot)
        return spot

    def _crossed(self, places: FloatArray, user: str) -> FloatArray:
        """How many nodes and labels lie between each place and a user."""
        if user not in self.nodes:
            return np.zeros(len(places))
        share = np.linspace(0.0, 1.0, 40)[:, None, None]
        paths = (1.0 - share) * places + share * self.nodes[user].middle
        others = [node for name, node in self.nodes.items() if name != user]
        crossed = np.zeros(len(places))
        for node in others:
            crossed += node.holds(paths, 2.0).any(axis=0)
        for x0, y0, x1, y1 in self.labels:
            crossed += ((paths > (x0, y0)) & (paths < (x1, y1))).all(axis=2).any(axis=0)
        return crossed

    # ---------------------------------------------------------------- arrows

    def forget_arrows(self) -> None:
        """Before they are drawn: until then, straight lines stood for them."""
        self.strokes = self.guides

    def route(self, start: str, end: str, bends: Sequence[float], head: bool = True) -> Route:
        """The bend for which an arrow, and its head above all, is hidden least; the first that is good is taken."""
        a, b = self.nodes[start], self.nodes[end]
        others = [node for name, node in self.nodes.items() if name not in (start, end)]
        away = float(np.hypot(*(b.middle - a.middle)))
        touching = a.is_round and b.is_round and away < HEAD + 0.5 * (a.width + b.width)
        if touching:
            bends = (*bends, *LOOPS)
        best, least, kept = Route(bends[0], 0.0, 0.0), np.inf, np.empty((0, 2))
        for bend in bends:
            path = _arc(a.middle, b.middle, bend)
            free = np.flatnonzero(~a.holds(path, 1.5) & ~b.holds(path, 2.0))
            if not free.size:
                continue
            first, last = path[free[0]], path[free[-1]]
            path = path[free[0] : free[-1] + 1]
            length = float(np.hypot(*np.diff(path, axis=0).T).sum())
            tip = path[np.hypot(*(path - last).T) < HEAD] if head else path[:0]
            cost = 0.15 * away * abs(abs(bend) - abs(bends[0])) + 2.0 * (bend * bends[0] < 0.0)
            cost += (12.0 if touching else 4.0) * max(0.0, 2.0 * HEAD - length)
            for node in others:
                cost += 40.0 * bool(node.holds(path, 1.0).any()) + 60.0 * bool(node.holds(tip, 3.0).any())
            cost += 12.0 * _close(tip, self.heads, 6.0) + 40.0 * self._leaves(path)
            cost += (2.0 if touching else 0.4) * _close(path, self.strokes, 2.5)
            if cost < least - 1e-9:
                ends = float(np.hypot(*(first - a.middle))), float(np.hypot(*(last - b.middle)))
                best, least, kept = Route(bend, *ends), cost, path
        self.strokes = np.concatenate([self.strokes, kept])
        if head and len(kept):
            self.heads = np.concatenate([self.heads, kept[np.hypot(*(kept - kept[-1]).T) < HEAD]])
        return best

    def _leaves(self, path: FloatArray) -> bool:
        x0, y0, x1, y1 = self.frame
        return bool((path < (x0 + 3, y0 + 3)).any() or (path > (x1 - 3, y1 - 3)).any())

    # ---------------------------------------------------------------- labels

    def put_label(self, text: str, spot: Spot) -> None:
        """Write a text beside a spot, with a thin line to it if there is no room close by."""
        shown = self.ax.text(*spot, text, fontsize=9, ha="center", va="center", zorder=7)
        width, height = self._size(shown)
        x, y = self._figure(spot)
        reach = np.repeat((7.0, 11.0, 16.0, 24.0, 36.0, 50.0, 70.0), TURNS.size)
        turns = np.tile(TURNS, reach.size // TURNS.size)
        places = np.stack([x + np.cos(turns) * (reach + width / 2), y + np.sin(turns) * (reach + height / 2)], axis=-1)
        taken = [node.box for node in self.nodes.values()] + self.labels
        x0, y0, x1, y1 = self.frame
        out = np.maximum(
            np.maximum(x0 + 3 + width / 2 - places[:, 0], places[:, 0] + width / 2 + 3 - x1),
            np.maximum(y0 + 3 + height / 2 - places[:, 1], places[:, 1] + height / 2 + 3 - y1),
        )
        cost = reach + 1e3 * _overlap(places, width + 2.0, height + 1.0, taken) + 1e4 * np.maximum(0.0, out)
        cost += 25.0 * _count_inside(self.heads, places, width + 5.0, height + 5.0)
        cost += 3.0 * _count_inside(self.strokes, places, width, height)
        cost += 60.0 * _count_inside(self.leaders, places, width + 4.0, height + 4.0)
        if text in self.nodes:  # a thin line that runs under another marker or label seems to belong to that one
            cost += np.where(reach > 20.0, 100.0 * self._crossed(places, text), 0.0)
        chosen = int(np.argmin(cost))
        best = places[chosen]
        self.labels.append(_around(float(best[0]), float(best[1]), width + 2.0, height + 1.0))
        shown.set_position(self._data(best))
        shown.set_bbox({"boxstyle": "square,pad=0.05", "facecolor": "white", "alpha": 0.75, "linewidth": 0})
        if reach[chosen] > 20.0:
            way = np.array((x, y)) - best
            self.leaders = np.concatenate([self.leaders, _arc(best, np.array((x, y)), 0.0)])
            edge = best + way * min(1.0, *(0.5 * np.array((width, height)) / np.maximum(np.abs(way), 1e-9)))
            self.ax.annotate(
                "",
                self._data(edge),
                xytext=spot,
                arrowprops={"arrowstyle": "-", "color": "0.3", "lw": 0.6, "shrinkA": 0, "shrinkB": 0},
                zorder=4,
            )

    def put_name(self, text: str, points: FloatArray, **look: Any) -> None:
        """Write the name of a curve upon it, where it is seen and covers least; not at all if it is not seen."""
        x0, y0, x1, y1 = self.frame
        path = self._seen(points)
        shown = self.ax.text(0.0, 0.0, text, fontsize=8, style="italic", ha="center", va="center", zorder=6.5, **look)
        width, height = self._size(shown)
        inside = (path > (x0 + width / 2 + 3, y0 + height / 2 + 3)).all(axis=1)
        inside &= (path < (x1 - width / 2 - 3, y1 - height / 2 - 3)).all(axis=1)
        places = path[inside]
        if not len(places):
            shown.remove()
            return
        taken = [node.box for node in self.nodes.values()] + self.labels
        near = np.min([np.hypot(*(places - node.middle).T) for node in self.nodes.values()], axis=0)
        cost = 1e3 * _overlap(places, width + 3.0, height + 2.0, taken) - np.minimum(near, 60.0)
        cost += 25.0 * _count_inside(self.heads, places, width, height)
        best = places[int(np.argmin(cost))]
        self.labels.append(_around(float(best[0]), float(best[1]), width + 3.0, height + 2.0))
        shown.set_position(self._data(best))
        shown.set_bbox({"boxstyle": "square,pad=0.05", "facecolor": "white", "alpha": 0.75, "linewidth": 0})

    # ---------------------------------------------------------------- units

    def _size(self, text: Any) -> tuple[float, float]:
        box = text.get_window_extent()
        return box.width / self.unit, box.height / self.unit

    def _figure(self, spot: Spot) -> Spot:
        x, y = self.ax.transData.transform(spot) / self.unit
        return float(x), float(y)

    def _data(self, place: FloatArray) -> Spot:
        x, y = self.ax.transData.inverted().transform(place * self.unit)
        return float(x), float(y)


def _around(x: float, y: float, width: float, height: float) -> Box:
    return x - width / 2, y - height / 2, x + width / 2, y + height / 2


def _arc(start: FloatArray, end: FloatArray, bend: float) -> FloatArray:
    """Points, two or three apart, along the arc that matplotlib's arc3 draws."""
    way = end - start
    corner = 0.5 * (start + end) + bend * np.array([way[1], -way[0]])
    number = int(np.hypot(*way) * (1.0 + abs(bend)) / 2.5) + 12
    t = np.linspace(0.0, 1.0, number)[:, None]
    return np.asarray((1 - t) ** 2 * start + 2 * t * (1 - t) * corner + t**2 * end)


def _overlap(places: FloatArray, width: float, height: float, taken: list[Box]) -> FloatArray:
    """Area, in square points, that boxes in the middle of these places share with what is taken."""
    if not taken:
        return np.zeros(len(places))
    x, y = places.T[:, :, None]
    x0, y0, x1, y1 = np.array(taken).T
    wide = np.minimum(x + width / 2, x1) - np.maximum(x - width / 2, x0)
    high = np.minimum(y + height / 2, y1) - np.maximum(y - height / 2, y0)
    return np.asarray((np.maximum(0.0, wide) * np.maximum(0.0, high)).sum(axis=1))


def _count_inside(points: FloatArray, places: FloatArray, width: float, height: float) -> FloatArray:
    """How many points lie in a box in the middle of each place."""
    away = np.abs(points[None] - places[:, None])
    return np.asarray(((away[..., 0] < width / 2) & (away[..., 1] < height / 2)).sum(axis=1, dtype=np.float64))


def _close(points: FloatArray, others: FloatArray, gap: float) -> int:
    """How many points have another one closer than the gap."""
    if not len(points) or not len(others):
        return 0
    return int((np.linalg.norm(points[:, None] - others[None], axis=2).min(axis=1) < gap).sum())
