"""The command line: ``dcrisk run``, ``estimate``, ``report``, ``validate`` and ``scenarios``.

A command is a file: ``run``, ``estimate``, ``report``, ``validate``, ``scenarios``. ``entry`` puts them together and
turns every error into one line and an exit code. ``options`` are what the commands share, ``inputs`` reads the
scenario, ``columns``, ``numbers``, ``tables`` and ``machine`` show estimates to people and to scripts, ``cautions`` says
where they rest on few events, ``room`` whether there is memory for them, ``suspicions`` what a scenario seldom means,
``page`` is the report in HTML.

Nothing heavy is imported before a command needs it: ``dcrisk --help`` takes a fifth of a second.
"""

from __future__ import annotations

from dcrisk.cli.entry import main

__all__ = ["main"]
