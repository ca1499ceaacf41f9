"""``dcrisk report``: results as one page."""

from __future__ import annotations

from pathlib import Path

import click

from dcrisk.cli.options import debug_option


@click.command()
@click.argument("run", type=click.Path(path_type=Path))
@debug_option
def report(run: Path) -> None:
    """Write a page."""
