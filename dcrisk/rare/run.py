"""A run: strata are laid out and tuned, then sampled look by look until the answer is precise enough."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from dcrisk.compiler import CompiledScenario
from dcrisk.exact import Solvable
from dcrisk.kernels.arrays import Plan
from dcrisk.kernels.records import BLOCK
from dcrisk.rare.classes import Classes
from dcrisk.rare.control import Control, control_of, no_control
from dcrisk.rare.counts import FloatArray
from dcrisk.rare.diagnosis import Diagnosis, diagnose
from dcrisk.rare.looks import GROWTH, MARGIN, Part, Verdict, error_of_look, judge
from dcrisk.rare.method import Division, divide
from dcrisk.rare.pilot import Pilot, Tuned, trials_needed, value_of
from dcrisk.rare.proposal import make_proposals
from dcrisk.rare.quantities import Asked
from dcrisk.rare.strata import Stratum
from dcrisk.rare.sums import Adder, Job, key_of, no_sums
from dcrisk.rare.worst_case import WorstCase
from dcrisk.sampling import tell_if_it_compiles
from dcrisk.specification import SpecificationError

FIRST_CRUDE = 1 << 17
"""Trials of a pilot without strata."""
SHARE_LEFT_OUT = 1e-6
PART_OF_PRECISION = 0.02
"""What is left out may widen an interval by this share of the precision asked for."""

NO_MORE = 1e-38
"""Below this no stratum can be split off any more."""


class Aim(NamedTuple):
    """When a run is good enough, and when it has to end."""

    precision: float
    confidence: float
    max_trials: int
    max_seconds: float


class Source(NamedTuple):
    """Where the trials of a stratum come from, and how many it needs in the first look."""

    stratum: Stratum
    plan: Plan
    key: int
    events: float
    needed: float
    tilted: bool


class Design(NamedTuple):
    """What is to be sampled: made by a pilot."""

    sources: list[Source]
    untried: list[Stratum]
    """Strata that are so unlikely that their probability bounds what they do."""
    left_out: FloatArray
    """For each layout, the probability of more events than any stratum has."""
    solved: FloatArray
    """For each layout, what is known without sampling."""
    pilot_trials: int
    division: Division | None
    blind: bool = False
    """Whether the pilot has seen no harm to some layout, so that nobody knows how much work is needed."""

    @property
    def work(self) -> float:
        """Events that the first look plays."""
        return sum(source.needed * (1.0 + source.events) for source in self.sources)


class Found(NamedTuple):
    """What a run has found out."""

    design: Design
    parts: list[Part]
    verdict: Verdict
    diagnosis: Diagnosis
    error: float
    looks: int
    reason: str


class Run:
    """Estimates one quantity for all layouts of a compiled scenario."""

    def __init__(
        self, compiled: CompiledScenario, asked: Asked, aim: Aim, seed: int, adder: Adder, progress: bool
    ) -> None:
        self._compiled, self._asked, self._aim, self._seed = compiled, asked, aim, seed
        self._layouts = len(compiled.layouts)
        self._adder = adder
        self._worst = WorstCase(compiled.plan, self._layouts, int(asked.quantity.code))
        self._progress = progress
        nobody = np.zeros(self._layouts, np.bool_)
        with tell_if_it_compiles(progress, adder.compilation):  # which is no part of the time
            self._adder.add_up([Job(compiled.plan, 0, 0, 1, 0.0, nobody)])
        self._began = time.monotonic()

    # ------------------------------------------------------------ crude Monte Carlo

    def design_crude(self) -> Design:
        """Trials as `simulate` has them."""
        events = events_of(self._compiled)
        everything = Stratum((), 1.0, np.ones(self._layouts, np.bool_))
        first = min(FIRST_CRUDE, self._aim.max_trials)
        job = Job(self._compiled.plan, key_of(self._seed, "pilot"), 0, first, events, everything.harms)
        (sums,) = self._adder.add_up([job])
        value = sums.mean()
        seen = value > 0.0
        needed = float(first)
        if seen.any():
            needed = float((sums.variance()[seen] / value[seen] ** 2).max()) / self._relative_error() ** 2
        if not seen.all():  # rarer than once in the pilot
            needed = max(needed, first / self._relative_error() ** 2)
        source = Source(everything, self._compiled.plan, self._seed, events, needed, False)
        nothing = np.zeros(self._layouts)
        return Design([source], [], nothing, nothing, first, None, blind=not bool(seen.all()))

    # ------------------------------------------------------------ rare events

    def design_rare(self, stratified: bool, solvable: Solvable | None = None) -> Design:
        """Strata, each under a law of its own; what is ``solvable`` is not sampled."""

        def controls(classes: Classes, drawn: Sequence[bool]) -> Control:
            if solvable is None:
                return no_control(self._layouts, len(classes.listed))
            return control_of(self._compiled, classes, drawn, solvable, self._asked.horizon)

        share, pilot_trials = SHARE_LEFT_OUT, 0
        most = self._asked.most if np.isfinite(self._asked.most) else 1.0
        before: Division | None = None
        tuned: list[Tuned] = []
        while True:
            division = divide(self._compiled, self._worst, controls, stratified, share)
            solved = division.control.value
            proposals = make_proposals(self._compiled.plan, division.classes)
            known = {one.stratum.counts: one for one in tuned} if continues(division, before) else {}
            before = division
            listed = division.strata.listed
            error = self._relative_error()
            pilot = Pilot(self._adder, proposals, self._layouts, most, self._seed, error, self._late, solved)
            tuned = [known[stratum.counts] for stratum in listed if stratum.counts in known]
            tuned += pilot.tune([stratum for stratum in listed if stratum.counts not in known], tuned)
            pilot_trials += pilot.trials
            value = solved + value_of(tuned, self._layouts)
            least = float(value[value > 0.0].min()) if (value > 0.0).any() else 0.0
            allowed = PART_OF_PRECISION * self._aim.precision * least / most
            if division.strata.tail <= max(allowed, NO_MORE) or least == 0.0:
                break
            share *= 0.5 * allowed / division.strata.tail
        kept, untried = drop_small(tuned, allowed)
        needed = trials_needed(kept, value, error, most, proposals)
        sources = [
            Source(
                one.stratum,
                proposals.plan_for(one.stratum, one.shares),
                key_of(self._seed, "run", *one.stratum.counts),
                one.events(proposals),
                trials,
                True,
            )
            for one, trials in zip(kept, needed, strict=True)
        ]
        left_out = np.where(division.strata.possible & ~division.control.complete, division.strata.tail, 0.0)
        return Design(sources, untried, left_out, solved, pilot_trials, division)

    def tilted_plan(self) -> Plan:
        """The plan of trials whose numbers of events are drawn as well: one stratum of everything."""
        sources = self.design_rare(stratified=False).sources
        if not sources:
            raise SpecificationError(
                "no event can bring about what was asked for, so there is nothing to draw more often"
            )
        (source,) = sources
        return source.plan

    # ------------------------------------------------------------ looks

    def _relative_error(self) -> float:
        """The relative standard error that makes the interval of the first look as narrow as asked."""
        from scipy import stats

        return self._aim.precision / float(stats.norm.isf(error_of_look(0, self._aim.confidence) / 2.0)) / MARGIN

    def sample(self, design: Design) -> Found:
        """Look by look, until the answer is good enough, or time or trials are up."""
        sources = design.sources
        untried = [Part(stratum, no_sums(self._layouts), True) for stratum in design.untried]
        sums = [no_sums(self._layouts) for _ in sources]
        left = self._aim.max_trials - design.pilot_trials
        look = 0
        with self._bar() as bar:
            while True:
                goals = [whole_blocks(source.needed * GROWTH**look) for source in sources]
                more = sum(goal - s.trials for goal, s in zip(goals, sums, strict=True))
                last = more > left
                if last and more > 0:
                    share = max(left, 0) / more
                    goals = [
                        max(s.trials + int((goal - s.trials) * share) // BLOCK * BLOCK, BLOCK)
                        for goal, s in zip(goals, sums, strict=True)
                    ]
                jobs = [
                    Job(source.plan, source.key, s.trials, goal, source.events, source.stratum.harms)
                    for source, s, goal in zip(sources, sums, goals, strict=True)
                ]
                bar.total = max(bar.total or 0, sum(goals))
                for i, new in enumerate(self._adder.add_up(jobs, lambda n: self._watch(bar, n))):
                    sums[i] = sums[i].and_also(new) if new.trials else sums[i]
                left -= max(more, 0)
                parts = [Part(source.stratum, s, source.tilted) for source, s in zip(sources, sums, strict=True)]
                parts += untried
                error = error_of_look(look, self._aim.confidence)
                verdict = judge(parts, design.left_out, design.solved, self._asked.most, error)
                narrow = bool((verdict.relative() <= self._aim.precision).all())
                self._show(bar, verdict)
                reason = self._reason(narrow, last)
                if reason:
                    return Found(design, parts, verdict, diagnose(parts, verdict.value), error, look + 1, reason)
                look += 1

    def _reason(self, narrow: bool, last: bool) -> str:
        if narrow:
            return "the precision asked for is reached"
        if self._late():
            return f"max_seconds = {self._aim.max_seconds:g} are over"
        if last:
            return f"max_trials = {self._aim.max_trials:,} are used up"
        return ""

    def _late(self) -> bool:
        return time.monotonic() - self._began > self._aim.max_seconds

    def _bar(self) -> Any:
        from tqdm.auto import tqdm

        return tqdm(total=0, unit=" trials", unit_scale=True, delay=1.5, disable=not self._progress)

    def _watch(self, bar: Any, trials: int) -> bool:
        bar.update(trials)
        return self._late()

    def _show(self, bar: Any, verdict: Verdict) -> None:
        """The interval of the layout that is known worst."""
        relative = np.where(np.isfinite(verdict.relative()), verdict.relative(), 1e300)
        worst = int(relative.argmax())
        scale = self._asked.scale
        bar.set_postfix_str(
            f"{self._compiled.layouts[worst]}: {verdict.low[worst] * scale:.3g} to {verdict.high[worst] * scale:.3g}"
        )


def continues(division: Division, before: Division | None) -> bool:
    """Whether the strata are divided as before, so that what has been tuned is still of use."""
    if before is None or division.drawn != before.drawn:
        return False
    return [c.label for c in division.classes.listed] == [c.label for c in before.classes.listed]


def events_of(compiled: CompiledScenario) -> float:
    """Expected in a trial."""
    sources = compiled.plan.sources[: int(compiled.plan.timed[0])]
    at_a_rate = float((1.0 / sources["mean_gap"]).sum())
    return at_a_rate + float(
        (sources["given"] != 0).sum() + sources["windows"].sum() - np.clip(sources["idle"], -40.0, 0.0).sum()
    )


def drop_small(tuned: Sequence[Tuned], allowed: float) -> tuple[list[Tuned], list[Stratum]]:
    """Leave out the least likely strata as long as they do not matter: those that stay, and those that go."""
    order = sorted(tuned, key=lambda one: one.stratum.weight)
    total = np.cumsum([one.stratum.weight for one in order])
    gone = order[: int(np.searchsorted(total, allowed, side="right"))]
    left_out = {one.stratum.counts for one in gone}
    return [one for one in tuned if one.stratum.counts not in left_out], [one.stratum for one in gone]


def whole_blocks(trials: float) -> int:
    """At least so many trials, in whole blocks."""
    return BLOCK * max(1, math.ceil(trials / BLOCK))
