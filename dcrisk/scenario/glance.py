"""A scenario at a glance: as text, and as HTML with a drawing of its graph. No script, and every name escaped."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

from dcrisk.hazards import EventTable, Flood, Hazard
from dcrisk.rates import mean_rate
from dcrisk.scenario.drawing import draw
from dcrisk.scenario.nodes import Node, Utility
from dcrisk.scenario.requirements import Requirement

if TYPE_CHECKING:
    from dcrisk.scenario.scenario import Scenario

MOST_ROWS = 20
MOST_NAMES = 6
CELL = ' style="text-align: left; vertical-align: top; padding: 0.1em 1em 0.1em 0"'


def as_text(scenario: Scenario) -> str:
    """The text that ``repr`` gives."""
    lines = [f"<Scenario {scenario.name!r}: {_sizes(scenario)}>"]
    for title, head, rows in _tables(scenario):
        lines.append(title)
        shown = [*rows[:MOST_ROWS], *([("...", f"{len(rows) - MOST_ROWS} more")] if len(rows) > MOST_ROWS else [])]
        widths = [max(len(row[i]) for row in shown if len(row) > i) for i in range(len(head))]
        for row in shown:
            cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=False)]
            lines.append("    " + "  ".join(cells).rstrip())
    return "\n".join(lines)


def as_html(scenario: Scenario) -> str:
    """What notebooks show."""
    parts = [f"<div><strong>{escape(scenario.name)}</strong>: {escape(_sizes(scenario))}"]
    if scenario.description:
        parts.append(f"<p>{escape(scenario.description)}</p>")
    parts.append(draw(scenario.nodes))
    for title, head, rows in _tables(scenario):
        opened = " open" if title == "Hazards" else ""
        parts.append(f"<details{opened}><summary>{escape(title)} ({len(rows)})</summary><table>")
        for tag, listed in (("th", [head]), ("td", rows)):
            parts += [f"<tr>{''.join(f'<{tag}{CELL}>{escape(c)}</{tag}>' for c in row)}</tr>" for row in listed]
        parts.append("</table></details>")
    return "\n".join([*parts, "</div>"])


def _sizes(scenario: Scenario) -> str:
    counts = [
        (len(scenario.sites), "site"),
        (len(scenario.nodes) - len(scenario.sites), "utility"),
        (len(scenario.hazards), "hazard"),
    ]
    return ", ".join(f"{n} {word if n == 1 else word.replace('utility', 'utilitie') + 's'}" for n, word in counts)


def _tables(scenario: Scenario) -> Iterable[tuple[str, tuple[str, ...], Sequence[tuple[str, ...]]]]:
    """Title, names of the columns, and rows, of what the scenario has."""
    utilities = [node for node in scenario.nodes if isinstance(node, Utility)]
    hazards = [
        (h.name, type(h).__name__, f"{events_a_year(h):.3g} a year", _names(h.nodes())) for h in scenario.hazards
    ]
    tables: list[tuple[str, tuple[str, ...], Sequence[tuple[str, ...]]]] = [
        ("Hazards", ("hazard", "kind", "how often", "strikes"), hazards),
        ("Sites", ("site", "needs", "inside"), [(*_node(s), s.part_of or "") for s in scenario.sites]),
        ("Utilities", ("utility", "needs"), [_node(node) for node in utilities]),
        ("Crews", ("crew", "repairs"), [(crew.name, _names(crew.sites)) for crew in scenario.crews]),
        ("Triggers", ("by", "raises"), [(t.cause or f"backup of {t.backup}", t.effect) for t in scenario.triggers]),
        ("Given", ("hazard", "at"), [(given.hazard, given.origin or "") for given in scenario.conditions]),
    ]
    return [(title, head, rows) for title, head, rows in tables if rows]


def _node(node: Node) -> tuple[str, str]:
    return node.name, " and ".join(map(_need, node.requires))


def _need(need: str | Requirement) -> str:
    if isinstance(need, str):
        return need
    alone = str(need.of[0]) if len(need.of) == 1 else str(need)
    return f"{alone}{' with backup' if need.has_backup() else ''}"


def _names(names: Iterable[str]) -> str:
    listed = list(names)
    rest = len(listed) - MOST_NAMES
    return ", ".join(listed if rest <= 1 else [*listed[:MOST_NAMES], f"{rest} more"])


def events_a_year(hazard: Hazard) -> float:
    """How many events of a hazard a year of 8766 h has, on average over what is not known of its rates."""
    if isinstance(hazard, Flood):
        return mean_rate(hazard.event_rate)
    rates: Any = hazard.rates if isinstance(hazard, EventTable) else getattr(hazard, "rate_per_year", None)
    if rates is None:  # planned
        rates = hazard.rates  # type: ignore[attr-defined]
    elif not isinstance(rates, Mapping) and not getattr(hazard, "shared", True):
        rates = dict.fromkeys(hazard.origins(), rates)  # each component by itself
    return sum(map(mean_rate, rates.values())) if isinstance(rates, Mapping) else mean_rate(rates)
