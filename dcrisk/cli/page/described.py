"""The scenario and its layouts in tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dcrisk.cli.numbers import short
from dcrisk.cli.page.parts import Fact, Table
from dcrisk.cli.suspicions import events_per_year
from dcrisk.layouts import Layout
from dcrisk.scenario import Scenario, Site

MOST_NAMES = 12


def nodes_table(scenario: Scenario) -> Table:
    """What there is, and what each needs to be up."""
    rows = []
    for node in scenario.nodes:
        needs = [str(need) for need in node.requires]
        if isinstance(node, Site) and node.part_of is not None:
            needs.insert(0, f"{node.part_of} (part of it)")
        rows.append([node.name, type(node).__name__.lower(), _or_dash("; ".join(needs)), _or_dash(node.source)])
    return Table("Sites and utilities", ["name", "kind", "requires", "source"], rows)


def hazards_table(scenario: Scenario) -> Table:
    """What can strike them."""
    rows = [
        [
            hazard.name,
            type(hazard).__name__,
            _listed(dict.fromkeys(hazard.nodes())),
            short(events_per_year(hazard)),
            _or_dash(hazard.source),
        ]
        for hazard in scenario.hazards
    ]
    return Table("Hazards", ["hazard", "type", "strikes", "events a year", "source"], rows)


def layouts_table(layouts: Sequence[Layout]) -> Table:
    """The ways to host the service that were compared."""
    rows = [
        [layout.name, str(layout.expression), _or_dash(", ".join(layout.copies)), _or_dash(_details(layout))]
        for layout in layouts
    ]
    return Table("Layouts", ["layout", "up while", "copies of the data", "besides"], rows)


def described_besides(scenario: Scenario) -> list[Fact]:
    """What was given, who repairs, and what raises what."""
    listed = (("given", scenario.conditions), ("crew", scenario.crews), ("trigger", scenario.triggers))
    return [
        Fact(word, ", ".join(f"{key} = {_words(value)}" for key, value in one.plain().items()))
        for word, items in listed
        for one in items
    ]


SAID = ("name", "replicas", "quorum", "up", "copies")
"""What the other columns say already."""


def _details(layout: Layout) -> str:
    """All else that was given, in the words of scenario files."""
    return ", ".join(f"{key} = {_words(value)}" for key, value in layout.plain().items() if key not in SAID)


def _words(value: Any) -> str:
    """A plain form in one line: a distribution as scipy has it, a table as its entries."""
    if isinstance(value, dict) and "distribution" in value:
        rest = ", ".join(f"{key}={_words(one)}" for key, one in value.items() if key != "distribution")
        return f"{value['distribution']}({rest})"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_words(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_words, value)) + "]"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _listed(names: Any) -> str:
    listed = list(names)
    more = f", and {len(listed) - MOST_NAMES} more" if len(listed) > MOST_NAMES else ""
    return ", ".join(listed[:MOST_NAMES]) + more


def _or_dash(text: str) -> str:
    return text or "–"
