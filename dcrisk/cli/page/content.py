"""What a page says."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import dcrisk
from dcrisk.cli.cautions import cautions
from dcrisk.cli.columns import RISK, Column, names_of, precision_words, summary_rows
from dcrisk.cli.numbers import nines, percent
from dcrisk.cli.page.commands import FILE, as_toml, command, source_of
from dcrisk.cli.page.described import described_besides, hazards_table, layouts_table, nodes_table
from dcrisk.cli.page.figures import figures_of
from dcrisk.cli.page.parts import Fact, Table, table_of
from dcrisk.layouts import Layout
from dcrisk.rates import HOURS_PER_YEAR
from dcrisk.scenario import Scenario
from dcrisk.specification import check_known

if TYPE_CHECKING:
    import xarray as xr

DATA = (
    Column("loss_probability", "P(data loss)"),
    Column("durability", "durability", percent),
    Column("nines", "nines of durability", nines),
    Column("mean_time_to_data_loss", "years to a loss"),
    Column("data_lost_hours", "hours of work lost"),
)
DIFFERENCES = (
    Column("downtime_difference", "hours down, difference"),
    Column("any_outage_difference", "P(any outage), difference"),
    Column("data_loss_difference", "P(data loss), difference"),
    Column("better", "P(less downtime)"),
    Column("worse", "P(more downtime)"),
)


class Call(Protocol):
    """The call that gave the results, as their attributes tell."""

    @property
    def function(self) -> str: ...

    @property
    def scenario(self) -> Scenario: ...

    @property
    def layouts(self) -> Sequence[Layout]: ...

    @property
    def arguments(self) -> Mapping[str, Any]: ...


def results_content(
    results: xr.Dataset, call: Call, *, name: str, confidence: float = 0.95, baseline: str | None = None
) -> dict[str, Any]:
    """Of a run: what was simulated, the estimates and the figures."""
    table = dcrisk.summary(results, confidence)
    names = names_of(table)
    against = names[0] if baseline is None else baseline
    check_known(against, names, "baseline")
    keeping = [layout.name for layout in call.layouts if layout.copies]
    titles, rows = summary_rows(table, keeping)
    return _study(results, call, name) | {
        "lead": _lead(results, len(names)),
        "confidence": f"{100 * confidence:g} %",
        "summary": Table(
            "Estimates for one window, each with its interval",
            ["layout", *titles],
            [[layout, *row] for layout, row in rows],
        ),
        "cautions": cautions(results, keeping),
        "figures": list(figures_of(results)),
        "data": _data(results, keeping, confidence),
        "baseline": against,
        "comparison": _comparison(results, against, confidence) if len(names) > 1 else None,
    }


def estimate_content(found: xr.Dataset, call: Call, *, name: str) -> dict[str, Any]:
    """Of an estimate: what was asked, and how well it is known."""
    risk = found["risk"].attrs
    units = "" if risk["units"] == "1" else f" ({risk['units']})"
    table = table_of(f"{risk['long_name']}{units}", [RISK], found)
    rows = [
        [*row, *known, words or "–"]
        for row, known, words in zip(
            table.rows, precision_words(found), found["diagnosis"].values.tolist(), strict=True
        )
    ]
    return _study(found, call, name) | {
        "confidence": f"{100 * found.attrs.get('confidence', 1.0):g} %",
        "lead": f"{found.sizes['layout']} layout{'s' if found.sizes['layout'] > 1 else ''}: {risk['long_name']}.",
        "how": [
            Fact("method", str(found.attrs["method_used"])),
            Fact("windows played", f"{found.attrs['trials_played']:,}"),
            Fact("ended because", str(found.attrs["stopped_because"])),
        ],
        "risk": Table(table.caption, [*table.heads, "half the interval", "converged", "why not"], rows),
    }


def _study(results: xr.Dataset, call: Call, name: str) -> dict[str, Any]:
    """What both kinds of page say: what was simulated, how to repeat it, how to cite it."""
    scenario, attrs = call.scenario, results.attrs
    source, names = source_of(scenario, call.layouts)
    version = str(attrs["dcrisk_version"])
    facts = [
        Fact("scenario", scenario.name),
        Fact("SHA-256 of the scenario", str(attrs["scenario_sha256"])),
        Fact("windows", f"{attrs['trials']:,}" if "trials" in attrs else "as many as the precision asks for"),
        Fact("length of a window", f"{attrs['horizon_hours']:,.10g} h"),
        Fact("warm-up", f"{attrs['warmup_hours']:,.10g} h"),
        Fact("seed", str(attrs["seed"])),
        *described_besides(scenario),
        Fact("dcrisk", version),
        *([Fact("numerical libraries", str(attrs["numerical_libraries"]))] if "numerical_libraries" in attrs else []),
    ]
    return {
        "title": scenario.name,
        "description": " ".join(scenario.description.split()),
        "facts": [fact for fact in facts if fact.value],
        "nodes": nodes_table(scenario),
        "hazards": hazards_table(scenario) if scenario.hazards else None,
        "layouts": layouts_table(call.layouts),
        "command": command(call.function, source, names, call.arguments),
        "file": FILE if source == FILE else None,
        "toml": as_toml(scenario, call.layouts),
        "results_literal": json.dumps(name, ensure_ascii=False),
        "version": version,
        "citation": (
            f"The dcrisk founders: dcrisk: availability and data loss of hosting layouts when one event strikes several "
            f"datacenters. Version {version}, 2026. Software, BSD-3-Clause. Please say also which scenario: "
            f"{scenario.name}, SHA-256 {str(attrs['scenario_sha256'])[:12]}."
        ),
    }


def _lead(results: xr.Dataset, layouts: int) -> str:
    horizon = float(results.attrs["horizon_hours"])
    window = "a year" if horizon == HOURS_PER_YEAR else f"{horizon:,.10g} h"
    weighted = " drawn where harm is likely, with weights," if "weight" in results.variables else ""
    trials = results.sizes["trial"]
    return f"{layouts} layout{'s' if layouts > 1 else ''}, {trials:,} simulated windows{weighted} of {window}."


def _data(results: xr.Dataset, keeping: Sequence[str], confidence: float) -> Table | None:
    """How safe the data of the layouts are that keep any."""
    kept = results.isel(layout=[i for i, name in enumerate(names_of(results)) if name in keeping])
    if not kept.sizes["layout"]:
        return None
    caption = "How safe the data are, of the layouts that name copies"
    return table_of(caption, DATA, dcrisk.durability(kept, confidence))


def _comparison(results: xr.Dataset, baseline: str, confidence: float) -> Table:
    """Differences from one layout on the same windows."""
    caption = f"Differences from {baseline!r}, on the same windows"
    return table_of(caption, DIFFERENCES, dcrisk.compare(results, baseline, confidence))
