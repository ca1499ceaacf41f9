"""``dcrisk validate``: what a scenario file says, before anything is simulated."""

from __future__ import annotations

from typing import Any

import click

from dcrisk.cli.inputs import Study, read_study
from dcrisk.cli.machine import print_json
from dcrisk.cli.numbers import short
from dcrisk.cli.options import debug_option, json_option
from dcrisk.cli.tables import text_table


@click.command(short_help="Check a scenario file and say what is in it.")
@click.argument("scenario", metavar="SCENARIO")
@json_option
@debug_option
def validate(scenario: str, as_json: bool) -> None:
    """Check SCENARIO, a TOML file or the name of a shipped scenario, and its layouts, and say what was found.

    Input that is allowed but seldom meant is named in warnings. Exit code 1 where the file cannot be simulated.
    """
    try:
        form = _look(read_study(scenario))
    except ValueError as error:
        if as_json:
            print_json({"valid": False, "error": str(error)})
        raise
    if as_json:
        print_json({"valid": True} | form)
    else:
        _show(form)


def _look(study: Study) -> dict[str, Any]:
    """Compile it, and say what is in it."""
    from dcrisk.cli.suspicions import events_per_year, suspicions
    from dcrisk.compiler import HOURS_PER_YEAR, compile_scenario

    scenario = study.scenario
    compile_scenario(scenario, study.layouts, horizon=HOURS_PER_YEAR, warmup=0.0)
    layouts = study.layouts if study.in_file else []
    return {
        "scenario": scenario.name,
        "scenario_sha256": scenario.digest(),
        "sites": len(scenario.sites),
        "utilities": len(scenario.nodes) - len(scenario.sites),
        "conditions": len(scenario.conditions),
        "crews": len(scenario.crews),
        "triggers": len(scenario.triggers),
        "hazards": [
            {"name": hazard.name, "type": type(hazard).__name__, "events_per_year": events_per_year(hazard)}
            for hazard in scenario.hazards
        ],
        "layouts": [layout.name for layout in layouts],
        "warnings": suspicions(scenario, layouts),
    }


def _show(form: dict[str, Any]) -> None:
    counted = [_count(form["sites"], "site", "sites"), _count(form["utilities"], "utility", "utilities")]
    for key, word in (("conditions", "condition"), ("crews", "crew"), ("triggers", "trigger")):
        if form[key]:
            counted.append(_count(form[key], word, key))
    click.echo(f"{form['scenario']}: {', '.join(counted)}")
    hazards = form["hazards"]
    if hazards:
        rows = [[hazard["name"], hazard["type"], short(hazard["events_per_year"])] for hazard in hazards]
        total = sum(hazard["events_per_year"] for hazard in hazards)
        rows.append(["all hazards", "", short(total)])
        click.echo("\n" + text_table(["hazard", "type", "events a year"], rows))
    layouts = form["layouts"]
    click.echo(f"\n{_count(len(layouts), 'layout', 'layouts')}" + (":" if layouts else "; run takes one for each site"))
    for name in layouts:
        click.echo(f"  {name}")
    for words in form["warnings"]:
        click.echo(f"warning: {words}")


def _count(number: int, word: str, plural: str) -> str:
    return f"{number} {word if number == 1 else plural}"
