"""The events of a scenario in classes: within each, times and marks do not depend on how many there are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from dcrisk import durations
from dcrisk.compiler import HOURS_PER_YEAR, CompiledScenario
from dcrisk.compiler.sources import Group
from dcrisk.kernels.arrays import Plan
from dcrisk.rare.counts import CountLaw, FloatArray, count_law
from dcrisk.rare.worst_case import WorstCase, components_of
from dcrisk.rates import mean_rate

MOST_ON_AGENDA = 40.0
"""Events a trial: the work for the times of an agenda grows with the square of their number."""


class EventClass(NamedTuple):
    """Events of one source that strike some of its components."""

    hazard: str
    origins: tuple[str, ...]
    source: int
    choices: tuple[int, ...]
    """Places among the choices of the source."""
    components: tuple[int, ...]
    shares: FloatArray
    """Of each choice, given that one of them is struck."""
    law: CountLaw

    @property
    def label(self) -> str:
        """Its name in results."""
        alone = len(self.origins) == 1 and self.origins[0] != self.hazard
        return f"{self.hazard} at {self.origins[0]}" if alone else self.hazard


class Classes(NamedTuple):
    """What is laid out before a trial, what comes by itself, and what makes no difference."""

    listed: list[EventClass]
    always: list[tuple[int, int]]
    """Pairs of source and component that may happen in any trial."""
    silent: list[int]
    """Sources that are left out: nothing they strike matters to any layout."""


def event_classes(compiled: CompiledScenario, worst: WorstCase, apart: bool) -> Classes:
    """The classes of a compiled scenario; ``apart``: one for each component where the rate is certain.

    To take some events of a Poisson process and leave the others leaves it a Poisson process, so components that make
    no difference are left out. Where a rate is uncertain, it joins the components, and they stay together.
    """
    plan = compiled.plan
    listed: list[EventClass] = []
    always: list[tuple[int, int]] = []
    silent: list[int] = []
    for s, group in enumerate(compiled.groups):
        components = components_of(plan, s)
        if group is None:  # given, planned, or raised by others
            always.extend((s, c) for c in components if s < plan.timed[0])
            continue
        chances = chances_of_choices(plan, s)
        relevant = [i for i, c in enumerate(components) if chances[i] > 0.0 and worst.matters(s, c)]
        if not relevant:
            silent.append(s)
        elif expected_events(plan, s, group) > MOST_ON_AGENDA:
            always.extend((s, c) for c in components)
        else:
            hazard = compiled.hazards[int(plan.sources[s]["hazard"])]
            listed.extend(_classes_of(plan, hazard, s, group, components, relevant, apart))
    return Classes(listed, always, silent)


def expected_events(plan: Plan, s: int, group: Group) -> float:
    """Of a source, in a trial."""
    return mean_rate(group.rate) * group.multiplicity * float(plan.sources[s]["mass"]) / HOURS_PER_YEAR


def _classes_of(
    plan: Plan, hazard: str, s: int, group: Group, components: Sequence[int], relevant: Sequence[int], apart: bool
) -> list[EventClass]:
    years = float(plan.sources[s]["mass"]) / HOURS_PER_YEAR
    chances = chances_of_choices(plan, s)
    joined = durations.is_frozen(group.rate) or group.dispersion > 1.0
    if joined:
        law = count_law(group.rate, years * group.multiplicity, group.dispersion)
        parts = [list(range(len(components)))]
    elif apart:
        parts = [[i] for i in relevant]
    else:
        parts = [list(relevant)]
    found = []
    for part in parts:
        share = float(chances[part].sum())
        found.append(
            EventClass(
                hazard,
                tuple(group.origins[i] for i in part),
                s,
                tuple(part),
                tuple(components[i] for i in part),
                chances[part] / share,
                law if joined else count_law(group.rate * share, years),
            )
        )
    return found


def chances_of_choices(plan: Plan, s: int) -> FloatArray:
    """The probability of each choice, as the alias table has it."""
    source = plan.sources[s]
    choices = plan.choices[source["first"] : source["first"] + source["size"]]
    chances = choices["keep"].copy()
    np.add.at(chances, choices["alias"], 1.0 - choices["keep"])
    return np.asarray(chances / len(choices), np.float64)
