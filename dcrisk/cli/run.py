"""``dcrisk run``: simulate, and show the summary."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

import dcrisk
from dcrisk.cli import exits
from dcrisk.cli.columns import summary_rows
from dcrisk.cli.inputs import Study, check_output, read_study
from dcrisk.cli.machine import by_layout, print_json, provenance
from dcrisk.cli.options import (
    debug_option,
    json_option,
    output_option,
    quiet_option,
    remark,
    shows_progress,
    study_options,
    whole_option,
)
from dcrisk.cli.room import check_room
from dcrisk.cli.tables import text_table

if TYPE_CHECKING:
    import xarray as xr


@click.command(short_help="Simulate the layouts and print a summary.")
@study_options
@whole_option("--trials", "Windows to simulate.", "1e5")
@click.option("--attribute", is_flag=True, help="Keep the downtime by the hazard that began it.")
@whole_option("--periods", "Keep the downtime of so many equal parts of the window, such as 12 months.", "0")
@click.option(
    "--store",
    type=click.Path(path_type=Path),
    help="A zarr store that is written on the way; the same command goes on after an interruption.",
)
@output_option
@quiet_option
@json_option
@debug_option
@click.pass_context
def run(
    context: click.Context,
    /,
    scenario: str,
    names: tuple[str, ...],
    trials: int,
    store: Path | None,
    output: Path | None,
    quiet: bool,
    as_json: bool,
    **options: Any,
) -> None:
    """Simulate the layouts of SCENARIO, a TOML file or the name of a shipped scenario, and print a summary.

    Without layouts in the file there is one for each site: the fate of the sites themselves.
    """
    study = read_study(scenario, names)
    if not study.in_file:
        remark(f"{scenario} has no layouts; there is one for each site", quiet)
    check_output(output)
    try:
        results = dcrisk.simulate(
            study.scenario, study.layouts, trials, store=store, progress=shows_progress(quiet), **options
        )
    except KeyboardInterrupt:
        click.echo(f"dcrisk: interrupted; {_how_to_go_on(store)}", err=True)
        context.exit(exits.INTERRUPTED)
    if output is not None:
        dcrisk.save_results(results, output)
    if store is not None:
        check_room(results, "a summary of them", str(store))
    _show(study, results, store, output, quiet, as_json)


def _how_to_go_on(store: Path | None) -> str:
    """What is left of an interrupted run."""
    if store is None:
        return "nothing was kept (--store PATH keeps what is done)"
    try:
        kept = dcrisk.store_progress(store)
    except ValueError:
        return f"nothing was kept in {store} yet"
    again = shlex.join(["dcrisk", *sys.argv[1:]])
    return f"{kept.done:,} of {kept.trials:,} trials are kept in {store}, and the same command goes on: {again}"


def _show(
    study: Study, results: xr.Dataset, store: Path | None, output: Path | None, quiet: bool, as_json: bool
) -> None:
    from dcrisk.cli.cautions import cautions

    table = dcrisk.summary(results)
    keeping = [layout.name for layout in study.layouts if layout.copies]
    warnings = cautions(results, keeping)
    if as_json:
        places = {"store": None if store is None else str(store), "output": None if output is None else str(output)}
        print_json(provenance(table) | places | {"warnings": warnings, "layouts": by_layout(table)})
        return
    titles, listed = summary_rows(table, keeping)
    rows = [[name, *(f"{cell.value}\n{cell.interval}" for cell in row)] for name, row in listed]
    horizon, trials = table.attrs["horizon_hours"], table.attrs["trials"]
    click.echo(f"{study.scenario.name}: {trials:,} windows of {horizon:,.10g} h, seed {table.attrs['seed']}\n")
    click.echo(text_table(["layout", *titles], rows))
    click.echo(f"\nSecond lines: {100 * table.attrs['confidence']:g} % intervals of the noise of the simulation alone.")
    for words in warnings:
        remark(words, quiet)
