"""Whether the statistics of results fit into memory: they read every trial of a variable at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dcrisk.memory import available_memory, gigabytes

if TYPE_CHECKING:
    import xarray as xr

BY_HAZARD = "downtime_by_hazard"
"""It is read part by part."""
TIMES = 2.5
"""Memory that the summary and the figures take, in sizes of the results; measured as 2.0 at two million trials."""


def check_room(results: xr.Dataset, what: str, kept: str) -> None:
    """Raise where memory would run out, which ends a process without a word."""
    needed = TIMES * sum(variable.nbytes for name, variable in results.data_vars.items() if name != BY_HAZARD)
    free = available_memory()
    if free is not None and needed > free:
        raise MemoryError(
            f"{what} needs about {gigabytes(needed)} of memory, and {gigabytes(free)} are free; the results are whole in "
            f"{kept}, and dcrisk.open_results reads parts of them"
        )
