"""Events that are given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dcrisk.specification import (
    Specification,
    names_arguments,
)


@names_arguments
@dataclass(frozen=True, eq=False, repr=False)
class Given(Specification):
    """An event that happens at time 0 of every trial; made by :meth:`Scenario.given`."""

    hazard: str
    origin: str | None = None
    contained: bool | None = None
    state: str | None = None
    stage: float | Mapping[str, float] | None = None
