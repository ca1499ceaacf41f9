"""Plans as the kernels follow them: which windows of maintenance lie in a trial."""

from __future__ import annotations

import math
from typing import Any

from dcrisk.compiler.hits import on_grid
from dcrisk.hazards import Maintenance
from dcrisk.kernels import records
from dcrisk.specification import SpecificationError

MOST_WINDOWS = 2**31 // records.BLOCK
"""In a trial: the windows of a block are numbered through, in 31 bits."""


def plan_of(hazard: Maintenance, site: str, warmup: float, horizon: float) -> dict[str, Any]:
    """The fields of a source that say when the windows of a site begin; empty without any in ``[-warmup, horizon)``."""
    phase, period = hazard.starts[site], hazard.every_hours
    if (warmup + horizon) / period > MOST_WINDOWS - 2:
        raise SpecificationError(
            f"maintenance {hazard.name!r}: every_hours = {period:g} gives more than {MOST_WINDOWS:,} windows in a trial;"
            " check its unit"
        )

    def first_from(hours: float) -> int:
        """The first window that begins at or after so many hours."""
        n = math.floor((hours - phase) / period) - 1
        while on_grid(phase + n * period) < hours:
            n += 1
        return n

    first = first_from(-warmup)
    windows = first_from(horizon) - first
    if windows == 0:
        return {}
    return {"idle": -math.inf, "period": period, "phase": phase, "first_window": first, "windows": windows}
