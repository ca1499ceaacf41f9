"""The graph of a scenario as a picture: what is needed stands above who needs it."""

from __future__ import annotations

from collections.abc import Sequence
from graphlib import TopologicalSorter
from html import escape

from dcrisk.scenario.nodes import Node, Site

MOST_NODES = 60  # more are no picture any more
LETTER, HIGH, GAP, STEP, MARGIN = 7.2, 24.0, 14.0, 58.0, 8.0  # of 12 px type, in pixels


def draw(nodes: Sequence[Node]) -> str:
    """An SVG of boxes in layers: sites in full lines, utilities in dashed ones, what is inside of a site below it."""
    if len(nodes) > MOST_NODES:
        return f"<p>{len(nodes)} nodes: too many to draw</p>"
    needs = {node.name: _needs(node) for node in nodes}
    rows = _layers(needs)
    width = {name: LETTER * len(name) + 16 for name in needs}
    spans = [sum(width[name] + GAP for name in row) - GAP for row in rows]
    place = {}
    for i, row in enumerate(rows):
        x = MARGIN + (max(spans) - spans[i]) / 2
        for name in row:
            place[name] = (x + width[name] / 2, MARGIN + i * STEP)
            x += width[name] + GAP
    sites = {node.name for node in nodes if isinstance(node, Site)}
    lines = [_line(*place[need], *place[name]) for name, listed in needs.items() for need in listed]
    boxes = [_box(name, *place[name], width[name], name in sites) for name in needs]
    size = f"{max(spans) + 2 * MARGIN:.0f}", f"{(len(rows) - 1) * STEP + HIGH + 2 * MARGIN:.0f}"
    return (
        '<div style="overflow-x: auto"><svg role="img" aria-label="Graph of what needs what"'
        f' width="{size[0]}" height="{size[1]}" viewBox="0 0 {size[0]} {size[1]}" font-size="12"'
        f' font-family="monospace" fill="none" stroke="currentColor">{"".join(lines + boxes)}</svg></div>'
    )


def _needs(node: Node) -> list[str]:
    """What the node needs, each once, and the site around it."""
    listed = [n for need in node.requires for n in ([need] if isinstance(need, str) else need.names())]
    around = [node.part_of] if isinstance(node, Site) and node.part_of else []
    return list(dict.fromkeys([*listed, *around]))


def _layers(needs: dict[str, list[str]]) -> list[list[str]]:
    """Rows of names, each below all that it needs; within a row, below the middle of them."""
    depth: dict[str, int] = {}
    for name in TopologicalSorter(needs).static_order():
        depth[name] = 1 + max((depth[need] for need in needs[name]), default=-1)
    rows: list[list[str]] = [[] for _ in range(1 + max(depth.values()))]
    users: dict[str, list[str]] = {name: [] for name in needs}
    for name, listed in needs.items():
        for need in listed:
            users[need].append(name)
    for name in needs:  # what needs nothing stands right above the first that needs it
        if not needs[name] and users[name]:
            depth[name] = min(depth[user] for user in users[name]) - 1
        rows[depth[name]].append(name)
    at: dict[str, float] = {}
    for row in rows:
        middle = {n: sum(at[m] for m in needs[n]) / len(needs[n]) if needs[n] else 0.5 for n in row}
        row.sort(key=lambda name: middle[name])  # noqa: B023  # sorted at once
        at |= {name: (i + 0.5) / len(row) for i, name in enumerate(row)}
    return [row for row in rows if row]


def _line(x0: float, y0: float, x1: float, y1: float) -> str:
    top, bottom = y0 + HIGH, y1
    bend = (bottom - top) / 2
    curve = f"M{x0:.1f} {top:.1f}C{x0:.1f} {top + bend:.1f} {x1:.1f} {bottom - bend:.1f} {x1:.1f} {bottom:.1f}"
    return f'<path d="{curve}" opacity="0.45"/>'


def _box(name: str, x: float, y: float, width: float, site: bool) -> str:
    dashes = "" if site else ' stroke-dasharray="4 3"'
    frame = f'<rect x="{x - width / 2:.1f}" y="{y:.1f}" width="{width:.1f}" height="{HIGH:.0f}" rx="4"{dashes}/>'
    text = f'<text x="{x:.1f}" y="{y + 16:.1f}" text-anchor="middle" stroke="none" fill="currentColor">{escape(name)}</text>'
    return frame + text
