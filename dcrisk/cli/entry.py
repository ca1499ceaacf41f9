"""All commands in one, and what becomes of their errors: one line, and an exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Any

import click

from dcrisk.cli import exits
from dcrisk.cli.estimate import estimate
from dcrisk.cli.options import Settings, debug_option
from dcrisk.cli.report import report
from dcrisk.cli.run import run
from dcrisk.cli.scenarios import scenarios
from dcrisk.cli.validate import validate
from dcrisk.version import __version__

EXPECTED = (ValueError, OSError, ImportError, MemoryError, RuntimeError)
"""What bad input, a full disk, a missing package or a store in use raise; anything else is a mistake in dcrisk."""


class Commands(click.Group):
    """Ctrl-C ends any of them with one line, where the command has no more to say."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            click.echo("dcrisk: interrupted", err=True)
            ctx.exit(exits.INTERRUPTED)


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    invoke_without_command=True,
    epilog="Exit codes: 0 fine, 1 bad input, 2 wrong usage, 3 not converged (estimate), 130 interrupted.",
)
@click.version_option(__version__, prog_name="dcrisk")
@debug_option
@click.pass_context
def commands(context: click.Context) -> None:
    """Availability and data loss of hosting layouts when one event can strike several datacenters."""
    if context.invoked_subcommand is None:
        click.echo(context.get_help(), err=True)
        context.exit(exits.USAGE)


for command in (run, estimate, report, validate, scenarios):
    commands.add_command(command)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command line, and return the exit code.

    Parameters
    ----------
    arguments : sequence of str, optional
        By default those that the program was called with.

    Returns
    -------
    int
        0 fine, 1 bad input, 2 wrong usage, 3 not converged (``estimate``), 130 interrupted.

    Examples
    --------
    >>> main(["scenarios", "--help"])  # doctest: +ELLIPSIS
    Usage: dcrisk scenarios [OPTIONS]
    ...
    0
    """
    settings = Settings()
    try:
        code = commands.main(arguments, prog_name="dcrisk", obj=settings, standalone_mode=False)
        sys.stdout.flush()
        return code if isinstance(code, int) else exits.FINE
    except click.UsageError as error:
        path = error.ctx.command_path if error.ctx is not None else "dcrisk"
        return _say(error.format_message(), exits.USAGE, where=path, hint=f" (see '{path} --help')")
    except click.ClickException as error:
        return _say(error.format_message(), exits.BAD_INPUT)
    except (KeyboardInterrupt, click.Abort):
        return _say("interrupted", exits.INTERRUPTED)
    except BrokenPipeError:  # whoever read the output has seen enough: silent, as click is where it notices
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return exits.BAD_INPUT
    except Exception as error:
        if settings.debug:
            raise
        if isinstance(error, EXPECTED):
            return _say(str(error) or type(error).__name__, exits.BAD_INPUT)
        unexpected = f"unexpected {type(error).__name__}: {error}; please report this, with what --debug shows"
        return _say(unexpected, exits.BAD_INPUT)


def _say(message: str, code: int, where: str = "dcrisk", hint: str = "") -> int:
    """One line on stderr."""
    click.echo(f"{where}: error: {' '.join(message.split())}{hint}", err=True)
    return code
