"""Strata: how many events of each class a trial has, how likely that is, and which numbers can do no harm."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from dcrisk.rare.classes import Classes, EventClass
from dcrisk.rare.counts import FloatArray
from dcrisk.rare.worst_case import BoolArray, WorstCase

MOST_STRATA = 20_000
"""Compositions that are looked at."""
DRAWN = -1


class Stratum(NamedTuple):
    """So many events of each class; DRAWN where their number is drawn."""

    counts: tuple[int, ...]
    weight: float
    harms: BoolArray
    """Which layouts it may harm, as far as that is not known without sampling."""


class Strata(NamedTuple):
    """All strata that may harm some layout, and the probability of what is left out."""

    listed: list[Stratum]
    tail: float
    """The probability of all compositions that have not been looked at."""
    most_events: int
    """They have more events than this, of the classes whose number is not drawn."""
    possible: BoolArray
    """Which layouts can come to harm at all."""


class TooMany(Exception):
    """There are more strata than can be looked at."""


def make_strata(
    classes: Classes,
    worst: WorstCase,
    drawn: Sequence[bool],
    share_left_out: float,
    most_possible: int,
    known: Callable[[Sequence[int]], BoolArray],
) -> Strata:
    """Every composition of events, from few to many, until the rest is a small share of those that may harm any layout.

    Classes that are ``drawn`` have no number in a stratum. For layouts of which all is ``known``, given the numbers of
    events, a stratum counts as one that does no harm. Raises TooMany.
    """
    counted = [c for c, is_drawn in zip(classes.listed, drawn, strict=True) if not is_drawn]
    total = _total_law(counted)
    beyond = math.fsum(c.law.beyond for c in counted)
    seen: dict[tuple[int, ...], BoolArray] = {}
    possible = worst.fails(classes.always, [(c.source, c.components, len(c.components)) for c in classes.listed])
    covered = np.zeros(possible.size)
    found: list[Stratum] = []
    looked_at, events, tail = 0, 0, beyond
    for events in range(total.size):
        for counts in _compositions(events, counted):
            looked_at += 1
            if looked_at > MOST_STRATA:
                raise TooMany
            weight = math.prod(float(c.law.probabilities[n]) for c, n in zip(counted, counts, strict=True))
            whole = iter(counts)
            full = tuple(DRAWN if is_drawn else next(whole) for is_drawn in drawn)
            harms = _harms(full, classes, worst, seen)
            covered += weight * harms
            harms = harms & ~known(full)
            if harms.any() and weight > 0.0:
                found.append(Stratum(full, weight, harms))
                if len(found) > most_possible:
                    raise TooMany
        tail = float(total[events + 1 :].sum()) + beyond
        if (tail <= share_left_out * covered[possible]).all():
            break
    return Strata(found, tail, events, possible)


def _total_law(counted: Sequence[EventClass]) -> FloatArray:
    """The law of the number of events of all classes together."""
    total = np.ones(1)
    for event_class in counted:
        total = np.convolve(total, event_class.law.probabilities)
    return total


def _compositions(total: int, counted: Sequence[EventClass]) -> list[tuple[int, ...]]:
    """All ways to have so many events in all."""
    if not counted:
        return [()] if total == 0 else []
    most = counted[0].law.probabilities.size - 1
    if len(counted) == 1:
        return [(total,)] if total <= most else []
    return [(n, *rest) for n in range(min(total, most) + 1) for rest in _compositions(total - n, counted[1:])]


def _harms(
    counts: tuple[int, ...], classes: Classes, worst: WorstCase, seen: dict[tuple[int, ...], BoolArray]
) -> BoolArray:
    """Which layouts such a trial may harm; more events do no less harm than fewer."""
    key = tuple(
        len(c.components) if n == DRAWN else min(n, len(c.components))
        for n, c in zip(counts, classes.listed, strict=True)
    )
    if key not in seen:
        cases = [(c.source, c.components, n) for n, c in zip(key, classes.listed, strict=True)]
        fewer = [seen[less] for i in range(len(key)) if (less := (*key[:i], key[i] - 1, *key[i + 1 :])) in seen]
        known = np.any(fewer, axis=0) if fewer else None
        seen[key] = worst.fails(classes.always, cases, known)
    return seen[key]
