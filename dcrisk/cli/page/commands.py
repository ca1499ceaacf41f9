"""How to do it again."""

from __future__ import annotations

import shlex
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import dcrisk
from dcrisk.files import shipped_scenarios
from dcrisk.layouts import Layout, site_layouts
from dcrisk.rates import HOURS_PER_YEAR
from dcrisk.scenario import Scenario

FILE = "scenario.toml"


def source_of(scenario: Scenario, layouts: Sequence[Layout]) -> tuple[str, list[str]]:
    """What to write for SCENARIO, and which of its layouts to ask for by name.

    The name of a shipped scenario if that is what was simulated, otherwise the file that stands in the page.
    """
    for name in shipped_scenarios():
        if name == scenario.name and dcrisk.load_scenario(name) == scenario:
            known = dcrisk.load_layouts(name) or site_layouts(scenario)
            if list(layouts) == known:
                return name, []
            if all(layout in known for layout in layouts):
                return name, [layout.name for layout in layouts]
    return FILE, []


def command(function: str, source: str, names: Sequence[str], arguments: Mapping[str, Any]) -> str | None:
    """The command line; None where the program has no option for some argument."""
    words = ["dcrisk", {"simulate": "run"}.get(function, function), source]
    for name in names:
        words += ["--layout", name]
    for key, value in arguments.items():
        option = f"--{key.replace('_', '-')}"
        if value is None or value == UNSAID.get(key, ()):
            continue
        if key not in OPTIONS.get(function, ()):
            return None
        if isinstance(value, bool):
            words += [option] if value else []
        else:
            words += [option, str(value)]
    return shlex.join(words)


UNSAID: dict[str, Any] = {
    "horizon": HOURS_PER_YEAR,
    "warmup": 0.0,
    "attribute": False,
    "periods": 0,
    "at_hours": [],
    "above": None,
}
"""What the program takes if nothing is said."""

OPTIONS = {
    "simulate": {"trials", "seed", "horizon", "warmup", "attribute", "periods"},
    "estimate": {
        *("seed", "horizon", "warmup", "quantity", "above", "precision", "confidence", "method"),
        *("max_trials", "max_seconds"),
    },
}


def as_toml(scenario: Scenario, layouts: Sequence[Layout]) -> str:
    """The scenario file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / FILE
        dcrisk.save_scenario(scenario, path, layouts)
        return path.read_text(encoding="utf-8")
