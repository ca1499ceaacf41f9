"""What is solvable costs no noise: strata in which nothing happens that cannot be solved are not sampled.

Downtime is X = X' + D, with X' that of the scenario without the hazards that cannot be solved (fires, floods, what stands
behind a backup that may fail). E[X'] is known, and D is 0 in every window without an event of them. Their numbers do not
depend on X', so all strata without them add up to E[X'] times the probability of no event: a control variate that leaves no
noise there. In all other strata X is sampled.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from dcrisk.compiler import CompiledScenario
from dcrisk.exact import Solvable
from dcrisk.rare.classes import Classes
from dcrisk.rare.counts import FloatArray
from dcrisk.rare.worst_case import BoolArray


class Control(NamedTuple):
    """For each layout, which classes of events keep it from being solved, and what it comes to without them."""

    value: FloatArray
    """What is known of each layout, in the units of the kernel."""
    applies: BoolArray
    """To which layouts: not if events that keep it from being solved come by themselves, or their number is drawn."""
    unsolved: BoolArray
    """(layouts, classes)."""

    @property
    def complete(self) -> BoolArray:
        """The layouts that are solved whatever happens."""
        whole: BoolArray = self.applies & ~self.unsolved.any(axis=1)
        return whole

    def knows(self, counts: Sequence[int]) -> BoolArray:
        """The layouts that need no trials with these numbers of events."""
        happens = np.array(counts, np.int64) != 0
        known: BoolArray = self.applies & ~(self.unsolved & happens).any(axis=1)
        return known


def no_control(layouts: int, classes: int) -> Control:
    """Nothing is solved."""
    return Control(np.zeros(layouts), np.zeros(layouts, np.bool_), np.zeros((layouts, classes), np.bool_))


def control_of(
    compiled: CompiledScenario, classes: Classes, drawn: Sequence[bool], solvable: Solvable, horizon: float
) -> Control:
    """The control of a division into classes, some of whose numbers are ``drawn``."""
    by_themselves = {compiled.hazards[int(compiled.plan.sources[s]["hazard"])] for s, _ in classes.always}
    unsolved = np.array([[c.hazard in some for c in classes.listed] for some in solvable.unsolved], np.bool_)
    unsolved = unsolved.reshape(len(solvable.unsolved), len(classes.listed))
    always = np.array([not some.isdisjoint(by_themselves) for some in solvable.unsolved], np.bool_)
    applies = ~always & ~(unsolved & np.array(drawn, np.bool_)).any(axis=1)
    none = np.array([float(c.law.probabilities[0]) for c in classes.listed])
    chance = np.where(unsolved, none, 1.0).prod(axis=1)
    return Control(np.where(applies, solvable.unavailability * horizon * chance, 0.0), applies, unsolved)
