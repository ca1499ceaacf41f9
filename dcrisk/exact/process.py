"""What is solved: independent processes, each with outages of some nodes at once, and the window looked at."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from dcrisk.exact.panels import FloatArray

NONE: FloatArray = np.zeros(0)
INTERRUPTED = frozenset({"interrupted"})


class Window(NamedTuple):
    """The hours that are looked at, and how many before them everything was up: infinitely many in the long run."""

    warmup: float
    horizon: float

    @property
    def stationary(self) -> bool:
        """Whether the start is forgotten."""
        return math.isinf(self.warmup)

    @property
    def length(self) -> float:
        """The hours from the start of a trial to its end."""
        return self.warmup + self.horizon

    def hours(self, ages: FloatArray) -> FloatArray:
        """The hours of the window at which the trial has these ages; none if its start is forgotten."""
        return NONE if self.stationary else ages - self.warmup


@dataclass(frozen=True)
class Process:
    """Outages of some nodes, which begin and end together, independent of all other processes.

    ``quiet`` gives the logarithm of the probability that none is open, at hours of the window, for each of the rates
    that there may be, (rates, hours). These have ``weights``. It bends at ``kinks``. Processes with the same ``shared``
    have one rate in common, which is not known. If there is a ``refusal``, it says why the hazard is no such process. Of
    processes with the same ``bond``, which says what else ties them together, one alone can be solved, but not two.
    """

    hazard: str
    strikes: frozenset[str]
    quiet: Callable[[FloatArray], FloatArray] = np.zeros_like
    kinks: FloatArray = field(default_factory=lambda: NONE)
    weights: FloatArray = field(default_factory=lambda: np.ones(1))
    states: frozenset[str] = INTERRUPTED
    shared: str = ""
    bond: str = ""
    refusal: str = ""


def mixed(weights: FloatArray, quiet: FloatArray) -> FloatArray:
    """The logarithm of a mean probability, from logarithms (rates, hours) for each rate that there may be."""
    if len(weights) == 1:
        return np.asarray(quiet[0], np.float64)
    return np.asarray(np.log1p(weights @ np.expm1(quiet)), np.float64)
