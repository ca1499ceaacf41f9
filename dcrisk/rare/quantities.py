"""What can be estimated: a number for each layout and trial, whose mean is the risk."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from dcrisk.compiler import CompiledScenario
from dcrisk.kernels import records
from dcrisk.layouts import Layout
from dcrisk.specification import SpecificationError, check_known, check_number


class Quantity(NamedTuple):
    """A number of hours or a count, as the kernel adds it up."""

    name: str
    code: Any
    long_name: str
    units: str
    per_window: bool = False
    """Whether it is given as a share of the window."""
    hours: bool = True
    probability: bool = False
    bounded: bool = True


QUANTITIES = {
    q.name: q
    for q in (
        Quantity("downtime", records.DOWNTIME, "unavailability: share of the window down", "1", per_window=True),
        Quantity(
            "any_outage",
            records.ANY_OUTAGE,
            "probability of some downtime in the window",
            "1",
            hours=False,
            probability=True,
        ),
        Quantity(
            "data_loss",
            records.DATA_LOSS,
            "probability that data are lost in the window",
            "1",
            hours=False,
            probability=True,
        ),
        Quantity("outages", records.OUTAGES, "mean number of outages in the window", "1", hours=False, bounded=False),
        Quantity("longest_outage", records.LONGEST, "mean of the longest outage in the window", "h"),
        Quantity("degraded_hours", records.DEGRADED, "mean hours of the window with too little capacity", "h"),
        Quantity("data_lost_hours", records.LOST_HOURS, "mean hours of work lost in the window", "h", bounded=False),
    )
}


class Asked(NamedTuple):
    """A quantity, or the probability that it exceeds some hours."""

    quantity: Quantity
    above: float | None
    horizon: float

    @property
    def scale(self) -> float:
        """What one unit that the kernel adds up counts."""
        return 1.0 / self.horizon if self.quantity.per_window and self.above is None else 1.0

    @property
    def most(self) -> float:
        """The largest value possible in a trial, in the units of the kernel; infinite where there is none."""
        if self.above is not None or self.quantity.probability:
            return 1.0
        return self.horizon if self.quantity.bounded else np.inf

    @property
    def threshold(self) -> float:
        """As the kernel has it."""
        return -1.0 if self.above is None else self.above

    @property
    def long_name(self) -> str:
        if self.above is None:
            return self.quantity.long_name
        words = self.quantity.name.replace("_", " ")
        return (
            f"probability that the {words} of the window exceed{'s' if 'hours' not in words else ''} {self.above:g} h"
        )

    @property
    def units(self) -> str:
        return self.quantity.units if self.above is None else "1"


def check_quantity(
    name: str, above: float | None, layouts: Sequence[Layout], compiled: CompiledScenario, horizon: float
) -> Asked:
    """The quantity, unless no layout has it."""
    check_known(name, QUANTITIES, "quantity")
    quantity = QUANTITIES[name]
    if above is not None:
        check_number(above, "above", 0.0)
        if not quantity.hours:
            known = ", ".join(q.name for q in QUANTITIES.values() if q.hours)
            raise SpecificationError(f"above = {above!r}: {name!r} has no hours to exceed; those that have are {known}")
    missing = {
        "data_loss": ("keeps data; give copies=[...]", any(layout.copies for layout in layouts)),
        "data_lost_hours": ("has backups; give asynchronous=[...] and backup_interval=", compiled.backups),
        "degraded_hours": ("has shares of capacity; give capacity={...}", compiled.capacity),
    }
    hint, there = missing.get(name, ("", True))
    if not there:
        raise SpecificationError(f"quantity = {name!r}: no layout {hint}")
    return Asked(quantity, None if above is None else float(above), horizon)
