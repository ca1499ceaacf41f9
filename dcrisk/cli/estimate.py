"""``dcrisk estimate``: a risk to a precision asked for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

import dcrisk
from dcrisk.cli import exits
from dcrisk.cli.columns import RISK, cells, names_of, precision_words
from dcrisk.cli.inputs import check_output, read_study
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
from dcrisk.cli.tables import text_table

if TYPE_CHECKING:
    import xarray as xr

QUANTITIES = (
    "downtime",
    "any_outage",
    "data_loss",
    "outages",
    "longest_outage",
    "degraded_hours",
    "data_lost_hours",
)
METHODS = ("auto", "exact", "crude", "importance", "stratified", "partly_exact")
HOW = ("quantity", "above_hours", "precision", "method_used", "stopped_because", "trials_played", "pilot_trials")


@click.command(
    short_help="Sample until the risk is known precisely.",
    epilog="Exit codes: 0 if every layout has converged, 3 if not, and 1, 2 and 130 as for every command.",
)
@study_options
@click.option("--quantity", type=click.Choice(QUANTITIES), default="downtime", show_default=True)
@click.option("--above", type=float, help="Instead: the probability that the quantity exceeds so many hours.")
@click.option("--precision", type=float, default=0.05, show_default=True, help="Half the interval over the estimate.")
@click.option("--confidence", type=float, default=0.95, show_default=True, help="Of each interval.")
@click.option("--method", type=click.Choice(METHODS), default="auto", show_default=True)
@whole_option("--max-trials", "Windows, with those of the pilot.", "1e9")
@click.option("--max-seconds", type=float, default=60.0, show_default=True)
@output_option
@quiet_option
@json_option
@debug_option
@click.pass_context
def estimate(
    context: click.Context,
    /,
    scenario: str,
    names: tuple[str, ...],
    output: Path | None,
    quiet: bool,
    as_json: bool,
    **options: Any,
) -> None:
    """Sample the layouts of SCENARIO until the risk of each is known to a relative precision, however rare it is."""
    study = read_study(scenario, names)
    if not study.in_file:
        remark(f"{scenario} has no layouts; there is one for each site", quiet)
    check_output(output)
    found = dcrisk.estimate(study.scenario, study.layouts, progress=shows_progress(quiet), **options)
    if output is not None:
        dcrisk.save_results(found, output)
    converged = bool(found["converged"].values.all())
    if as_json:
        how = {key: found.attrs[key] for key in HOW if key in found.attrs}
        print_json(provenance(found) | how | {"converged": converged, "layouts": by_layout(found)})
    else:
        _show(found)
    context.exit(exits.FINE if converged else exits.NOT_CONVERGED)


def _show(found: xr.Dataset) -> None:
    risk = found["risk"].attrs
    units = "" if risk["units"] == "1" else f" ({risk['units']})"
    click.echo(f"{found.attrs['scenario']}: {risk['long_name']}{units}\n")
    rows = [
        [name, f"{cell.value}\n{cell.interval}", *words]
        for name, cell, words in zip(names_of(found), cells(RISK, found), precision_words(found), strict=True)
    ]
    click.echo(text_table(["layout", "risk", "half the interval", "converged"], rows))
    click.echo(
        f"\n{found.attrs['method_used']}: {found.attrs['trials_played']:,} windows; {found.attrs['stopped_because']}"
    )
    for name, words in zip(names_of(found), found["diagnosis"].values.tolist(), strict=True):
        if words:
            click.echo(f"{name}: {words}")
