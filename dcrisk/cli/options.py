"""Options that several commands share, and what they are told by them."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, TypeVar

import click

from dcrisk.rates import HOURS_PER_YEAR

Function = TypeVar("Function", bound=Callable[..., Any])


@dataclass
class Settings:
    """What the whole program is told, wherever the option stands."""

    debug: bool = False


def read_whole(_: click.Context, __: click.Parameter, value: str | None) -> int | None:
    """A whole number, which may be written as ``1e7`` or ``10_000_000``."""
    if value is None:
        return None
    try:
        number = Decimal(value)
        whole = number.is_finite() and number.adjusted() < 40 and number == number.to_integral_value()
    except InvalidOperation:
        whole = False
    if not whole:
        raise click.BadParameter(f"{value!r} is no whole number, such as 1000000 or 1e6")
    return int(number)


def whole_option(name: str, words: str, default: str | None = None) -> Callable[[Function], Function]:
    """An option that takes a whole number."""
    shown = default is not None
    return click.option(
        name, type=str, metavar="NUMBER", default=default, show_default=shown, callback=read_whole, help=words
    )


def _remember_debug(context: click.Context, _: click.Parameter, value: bool) -> None:
    if value:
        context.ensure_object(Settings).debug = True


def debug_option(function: Function) -> Function:
    """``--debug``, before or after the name of the command."""
    words = "Show where an error happened."
    return click.option("--debug", is_flag=True, expose_value=False, callback=_remember_debug, help=words)(function)


def json_option(function: Function) -> Function:
    """``--json``: nothing but JSON on stdout."""
    words = "Print JSON, and nothing else, on standard output."
    return click.option("--json", "as_json", is_flag=True, help=words)(function)


def quiet_option(function: Function) -> Function:
    """``--quiet``: errors alone on stderr."""
    return click.option("--quiet", "-q", is_flag=True, help="No progress and no remarks.")(function)


def output_option(function: Function) -> Function:
    """``--output``: keep what was found in a file."""
    words = "Save the results in the end, as *.nc, *.zarr or *.zarr.zip; what has that name is replaced."
    return click.option("--output", type=click.Path(path_type=Path), help=words)(function)


def study_options(function: Function) -> Function:
    """The scenario, which of its layouts, and the window: what ``run`` and ``estimate`` need."""
    for option in reversed(
        (
            click.argument("scenario", metavar="SCENARIO"),
            click.option("--layout", "names", multiple=True, metavar="NAME", help="Only this layout; repeatable."),
            whole_option("--seed", "Key of the random numbers.", "0"),
            click.option(
                "--horizon", type=float, default=HOURS_PER_YEAR, show_default=True, help="Hours of the window."
            ),
            click.option("--warmup", type=float, default=0.0, show_default=True, help="Hours simulated before it."),
            whole_option("--threads", "By default one for each core."),
            click.option(
                "--device",
                type=click.Choice(("cpu", "cuda")),
                default="cpu",
                show_default=True,
                help="Who plays the windows: threads, or a CUDA device.",
            ),
        )
    ):
        function = option(function)
    return function


def remark(words: str, quiet: bool) -> None:
    """A line on stderr that is no error."""
    if not quiet:
        click.echo(f"dcrisk: {words}", err=True)


def shows_progress(quiet: bool) -> bool:
    """Whether somebody looks: a bar in a log file is no use."""
    return not quiet and sys.stderr.isatty()
