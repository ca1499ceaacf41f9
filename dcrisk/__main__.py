"""``python -m dcrisk``: the command line."""

from __future__ import annotations

from dcrisk.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
