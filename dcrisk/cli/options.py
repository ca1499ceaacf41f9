"""Options that several commands share, and what they are told by them."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, TypeVar

import click

Function = TypeVar("Function", bound=Callable[..., Any])


@dataclass
class Settings:
    """What the whole program is told, wherever the option stands."""

    debug: bool = False


class Whole(click.ParamType):
    """A whole number, which may be written as ``1e7`` or ``10_000_000``."""

    name = "number"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        if isinstance(value, int):
            return value
        try:
            number = Decimal(value)
            whole = number.is_finite() and number.adjusted() < 40 and number == number.to_integral_value()
        except InvalidOperation:
            whole = False
        if not whole:
            self.fail(f"{value!r} is no whole number, such as 1000000 or 1e6", param, ctx)
        return int(number)


WHOLE = Whole()


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


def study_options(function: Function) -> Function:
    """The scenario, which of its layouts, and the window: what ``run`` and ``estimate`` need."""
    for option in reversed(
        (
            click.argument("scenario", metavar="SCENARIO"),
            click.option("--layout", "names", multiple=True, metavar="NAME", help="Only this layout; repeatable."),
            click.option("--seed", type=WHOLE, default=0, show_default=True, help="Key of the random numbers."),
            click.option("--horizon", type=float, help="Hours of the window.  [default: 8766, a year]"),
            click.option("--warmup", type=float, default=0.0, help="Hours simulated before it.  [default: 0]"),
            click.option("--threads", type=WHOLE, help="By default one for each core."),
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
