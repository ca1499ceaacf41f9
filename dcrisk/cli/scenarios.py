"""``dcrisk scenarios``: what comes with dcrisk."""

from __future__ import annotations

import shutil
import textwrap

import click

import dcrisk
from dcrisk.cli.machine import print_json
from dcrisk.cli.options import debug_option, json_option
from dcrisk.files import shipped_scenarios


@click.command(short_help="List the scenarios that come with dcrisk.")
@json_option
@debug_option
def scenarios(as_json: bool) -> None:
    """List the scenarios that come with dcrisk, by the names under which the other commands know them."""
    listed = [(name, dcrisk.load_scenario(name)) for name in shipped_scenarios()]
    if as_json:
        print_json(
            [
                {
                    "name": name,
                    "description": " ".join(scenario.description.split()),
                    "nodes": len(scenario.nodes),
                    "hazards": len(scenario.hazards),
                    "layouts": [layout.name for layout in dcrisk.load_layouts(name)],
                }
                for name, scenario in listed
            ]
        )
        return
    width = max(len(name) for name, _ in listed)
    room = max(20, shutil.get_terminal_size((120, 24)).columns - width - 2)
    for name, scenario in listed:
        click.echo(f"{name:{width}}  {textwrap.shorten(scenario.description, room, placeholder=' ...')}")
