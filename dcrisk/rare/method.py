"""The strata of a run and how each is drawn: by counts of rare events, all counts drawn, or as the scenario says."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

from dcrisk.compiler import CompiledScenario
from dcrisk.rare.classes import Classes, event_classes
from dcrisk.rare.control import Control
from dcrisk.rare.strata import Strata, TooMany, make_strata
from dcrisk.rare.worst_case import WorstCase

MOST_POSSIBLE = 300
"""Strata that are sampled."""
MOST_APART = 400
"""Numbers of events that are looked at with each component in a class of its own."""
OFTEN = 0.3
"""Events a trial: the number of those of a class that has more is drawn, if there are too many strata."""


Controls = Callable[[Classes, Sequence[bool]], Control]
"""What is known without sampling, from the classes and whether their numbers are drawn."""


class Division(NamedTuple):
    """How the trials are divided into strata."""

    classes: Classes
    drawn: tuple[bool, ...]
    """Whether the number of events of a class is drawn within the strata."""
    strata: Strata
    control: Control


def divide(
    compiled: CompiledScenario, worst: WorstCase, controls: Controls, stratified: bool, share_left_out: float
) -> Division:
    """The finest division that is not too fine.

    Classes are hazards where the components of one would make too many strata; the numbers of those that come often
    are drawn where strata are still too many.
    """
    classes = event_classes(compiled, worst, apart=False)
    often = tuple(c.law.mean >= OFTEN for c in classes.listed)
    counted, everything = (False,) * len(often), (True,) * len(often)
    if not stratified:
        return _division(classes, worst, controls, everything, share_left_out)
    unsolved = controls(classes, counted).unsolved
    if unsolved.any():  # to count what is solved, and comes often, takes many strata and gains nothing
        counted = tuple(is_often and not u.any() for is_often, u in zip(often, unsolved.T, strict=True))
    for drawn in dict.fromkeys((counted, often, everything)):
        try:
            division = _division(classes, worst, controls, drawn, share_left_out)
        except TooMany:
            continue
        apart = event_classes(compiled, worst, apart=True)
        if len(apart.listed) > len(classes.listed) and not any(drawn):
            most = max((sum(s.counts) for s in division.strata.listed), default=0)
            if math.comb(len(apart.listed) + most, most) <= MOST_APART:
                return _division(apart, worst, controls, (False,) * len(apart.listed), share_left_out)
        return division
    raise AssertionError("one stratum with all numbers drawn is never too many")


def _division(
    classes: Classes, worst: WorstCase, controls: Controls, drawn: tuple[bool, ...], share_left_out: float
) -> Division:
    control = controls(classes, drawn)
    strata = make_strata(classes, worst, drawn, share_left_out, MOST_POSSIBLE, control.knows)
    return Division(classes, drawn, strata, control)


def label_of(counts: Sequence[int]) -> str:
    """The numbers of events of a stratum; "any" where they are drawn."""
    return " ".join("any" if n < 0 else str(n) for n in counts)
