"""Runs over a grid of parameters.

``fields`` names the numbers of a scenario and its layouts and sets them; ``grid`` plays every combination; ``stack`` lays
the results side by side.
"""

from __future__ import annotations

from dcrisk.sweeps.grid import sweep

__all__ = ["sweep"]
