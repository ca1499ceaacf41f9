"""The strata of a run and how each is drawn: by counts of rare events, all counts drawn, or as the scenario says."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from dcrisk.compiler import CompiledScenario
from dcrisk.rare.classes import Classes, event_classes
from dcrisk.rare.strata import Strata, TooMany, make_strata
from dcrisk.rare.worst_case import WorstCase

MOST_POSSIBLE = 300
"""Strata that are sampled."""
MOST_APART = 400
"""Numbers of events that are looked at with each component in a class of its own."""
OFTEN = 0.3
"""Events a trial: the number of those of a class that has more is drawn, if there are too many strata."""


class Division(NamedTuple):
    """How the trials are divided into strata."""

    classes: Classes
    drawn: list[bool]
    """Whether the number of events of a class is drawn within the strata."""
    strata: Strata


def divide(compiled: CompiledScenario, worst: WorstCase, stratified: bool, share_left_out: float) -> Division:
    """The finest division that is not too fine.

    Classes are hazards where the components of one would make too many strata; the numbers of those that come often
    are drawn where strata are still too many.
    """
    classes = event_classes(compiled, worst, apart=False)
    if not stratified:
        return _division(classes, worst, 0.0, share_left_out)
    for drawn_from in (np.inf, OFTEN, 0.0):
        try:
            division = _division(classes, worst, drawn_from, share_left_out)
        except TooMany:
            continue
        apart = event_classes(compiled, worst, apart=True)
        if len(apart.listed) > len(classes.listed) and drawn_from == np.inf:
            most = max((sum(s.counts) for s in division.strata.listed), default=0)
            if math.comb(len(apart.listed) + most, most) <= MOST_APART:
                return _division(apart, worst, drawn_from, share_left_out)
        return division
    raise AssertionError("one stratum with all numbers drawn is never too many")


def _division(classes: Classes, worst: WorstCase, drawn_from: float, share_left_out: float) -> Division:
    """Classes with at least so many events a trial have their numbers drawn."""
    drawn = [c.law.mean >= drawn_from for c in classes.listed]
    return Division(classes, drawn, make_strata(classes, worst, drawn, share_left_out, MOST_POSSIBLE))


def label_of(counts: Sequence[int]) -> str:
    """The numbers of events of a stratum; "any" where they are drawn."""
    return " ".join("any" if n < 0 else str(n) for n in counts)
