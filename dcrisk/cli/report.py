"""``dcrisk report``: results as one page."""

from __future__ import annotations

from pathlib import Path

import click

import dcrisk
from dcrisk.cli.inputs import check_folder
from dcrisk.cli.machine import print_json
from dcrisk.cli.options import debug_option, json_option
from dcrisk.cli.room import check_room


@click.command(short_help="Write results as one HTML page.")
@click.argument("run", type=click.Path(path_type=Path))
@click.option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The page; by default beside RUN, with its name. An existing one is replaced.",
)
@click.option("--confidence", type=float, help="Of each interval.  [default: 0.95]")
@click.option("--baseline", metavar="NAME", help="The layout to compare with; by default the first.")
@json_option
@debug_option
def report(run: Path, output: Path | None, confidence: float | None, baseline: str | None, as_json: bool) -> None:
    """Write the results of RUN as one HTML page with tables and figures, which opens without a network.

    RUN is what run kept with --store or --output, or estimate with --output, or dcrisk.save_results wrote.
    """
    from dcrisk.cli.page import render_estimate, render_results
    from dcrisk.provenance import read_call

    run = run if run.name else run.resolve()
    page = run.with_name(run.name.removesuffix(".zip")).with_suffix(".html") if output is None else output
    check_folder(page)
    try:
        results = dcrisk.open_results(run)
    except FileNotFoundError as error:
        if not run.is_dir():
            raise
        raise ValueError(
            f"{run}: this folder holds no results; give what run wrote with --store or --output"
        ) from error
    try:
        call = read_call(results.attrs)
        if "risk" not in results:
            check_room(results, "a report", str(run))
            text = render_results(
                results, call, name=str(run), confidence=0.95 if confidence is None else confidence, baseline=baseline
            )
        elif confidence is None and baseline is None:
            text = render_estimate(results, call, name=str(run))
        else:
            raise ValueError("an estimate has its own confidence and no baseline; leave these options out")
    except ValueError as error:
        raise ValueError(f"{run}: {error}") from error
    finally:
        results.close()
    page.write_text(text, encoding="utf-8")
    if as_json:
        print_json({"run": str(run), "report": str(page)})
    else:
        click.echo(page)
