"""What a run of any length keeps: sums over its trials, stratum by stratum."""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from itertools import islice, repeat
from typing import Any, NamedTuple, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from dcrisk.compiler import CompiledScenario
from dcrisk.kernels.arrays import Plan, Totals, rest
from dcrisk.kernels.records import BLOCK
from dcrisk.outcomes import Wanted, empty_outcomes
from dcrisk.rare.counts import FloatArray
from dcrisk.rare.quantities import Asked
from dcrisk.rare.worst_case import BoolArray
from dcrisk.sampling import FIRST_PENDING, ON_PROCESSOR, Compilation, kernel
from dcrisk.spread import Hands

EVENTS_PER_TASK = 200_000
"""About a tenth of a second: long enough to hide what a call costs, short enough for Ctrl-C."""

MANY_PARTS, LONGER = 4096, 20
"""Jobs of more parts than that have longer ones, up to so many times."""

T = TypeVar("T")


class Sums(NamedTuple):
    """Sums over trials that are drawn alike. Each field but ``trials`` is a number for each layout, unless it says so."""

    trials: int
    hits: FloatArray
    total: FloatArray
    """Of weight times quantity."""
    squares: FloatArray
    largest: FloatArray
    weights: FloatArray
    """Two numbers: sum, and sum of squares, of the weights of all trials."""
    learnt: FloatArray
    """Numbers for each bin: rows as in kernels/records.py."""

    def mean(self) -> FloatArray:
        """Weight times quantity, on average."""
        return self.total / self.trials

    def variance(self) -> FloatArray:
        """Of one trial's weight times quantity."""
        spread = self.squares / self.trials - self.mean() ** 2
        return np.maximum(spread, 0.0) * (self.trials / max(self.trials - 1, 1))

    def of(self, layouts: BoolArray) -> Sums:
        """Those of some layouts; 0 for the others."""
        hits, total, squares, largest = (each * layouts for each in (self.hits, self.total, self.squares, self.largest))
        return self._replace(hits=hits, total=total, squares=squares, largest=largest)

    def and_also(self, more: Sums) -> Sums:
        """Both together."""
        return Sums(
            self.trials + more.trials,
            self.hits + more.hits,
            self.total + more.total,
            self.squares + more.squares,
            np.maximum(self.largest, more.largest),
            self.weights + more.weights,
            self.learnt + more.learnt,
        )


def no_sums(layouts: int, bins: int = 0) -> Sums:
    """Of no trials at all."""
    hits, total, squares, largest = np.zeros((4, layouts))
    return Sums(0, hits, total, squares, largest, np.zeros(2), np.zeros((2, bins)))


class Job(NamedTuple):
    """Trials of one plan, [first, last); first is that of a block."""

    plan: Plan
    key: int
    first: int
    last: int
    events: float
    """Expected in a trial: how much work it is."""
    harms: BoolArray
    """Layouts that count; the sums of the others are 0."""
    scale: FloatArray | None = None
    """How much each layout counts in what is learnt; None: nothing is learnt."""


class Adder(Protocol):
    """Has jobs played and adds up what they bring; the sums depend on the jobs alone, not on how many play them."""

    @property
    def compilation(self) -> Compilation:
        """What has to be done before."""

    def add_up(self, jobs: Sequence[Job], done: Callable[[int], bool] | None = None) -> list[Sums]:
        """The sums of each job. ``done`` hears of trials as they are played; if it says so, the rest is left undone."""


class OnProcessors:
    """Has jobs played by threads or a cluster."""

    compilation = ON_PROCESSOR

    def __init__(self, compiled: CompiledScenario, asked: Asked, hands: Hands) -> None:
        self._compiled, self._asked, self._hands = compiled, asked, hands
        self._layouts = len(compiled.layouts)
        self._players: list[tuple[Plan, Any]] = []

    def add_up(self, jobs: Sequence[Job], done: Callable[[int], bool] | None = None) -> list[Sums]:
        """The sums of each job. ``done`` hears of trials as they are played; if it says so, the rest is left undone."""
        players = [self._player(job.plan) for job in jobs]
        laws = [self._hands.keep(Law(job.plan.classes, job.plan.bins, job.key, job.scale)) for job in jobs]
        parts = _in_turn([zip(repeat(i), _parts(job), strict=False) for i, job in enumerate(jobs)])
        tasks = ((players[i], laws[i], i, first, last) for i, (first, last) in parts)
        found = [no_sums(self._layouts) for _ in jobs]
        with closing(self._hands.map(_play, tasks, None if done is None else lambda: done(0))) as played:
            for i, sums in played:
                found[i] = sums if found[i].trials == 0 else found[i].and_also(sums)
                if done is not None and done(sums.trials):
                    break
        return [sums.of(job.harms) for sums, job in zip(found, jobs, strict=True)]

    def _player(self, plan: Plan) -> Any:
        """Who plays this plan and all others that differ in their law alone."""
        common = plan._replace(classes=plan.classes[:0], bins=plan.bins[:0])
        for known, kept in self._players:
            if all(a is b for a, b in zip(_lawless(known), _lawless(plan), strict=True)):
                return kept
        compiled = self._compiled._replace(plan=common, groups=())
        player = Player(compiled, int(self._asked.quantity.code), self._asked.threshold)
        self._players.append((plan, self._hands.keep(player)))
        return self._players[-1][1]


def _lawless(plan: Plan) -> list[Any]:
    return [array for name, array in zip(plan._fields, plan, strict=True) if name not in ("classes", "bins")]


def _play(player: Player, law: Law, i: int, first: int, last: int) -> tuple[int, Sums]:
    return i, player.play(law, first, last)


class Law(NamedTuple):
    """What tells the plan and the random numbers of a job from those of others."""

    classes: NDArray[Any]
    bins: NDArray[Any]
    key: int
    scale: FloatArray | None


class Player:
    """Plays trials under laws that have all else in common."""

    def __init__(self, compiled: CompiledScenario, quantity: int, above: float) -> None:
        self._compiled = compiled
        self._quantity, self._above = np.array([quantity], np.int64), np.array([above])
        self._spare: list[tuple[Any, Any]] = []

    def play(self, law: Law, first: int, last: int) -> Sums:
        """The sums of some trials, by this thread alone. Without room it starts again with more."""
        layouts = len(self._compiled.layouts)
        plan = self._compiled.plan._replace(classes=law.classes, bins=law.bins)
        bins, scale = (0, np.zeros(layouts)) if law.scale is None else (len(law.bins), law.scale)
        run = kernel()
        try:
            work, outcomes = self._spare.pop()
        except IndexError:
            work, outcomes = self._room(FIRST_PENDING)
        while True:
            totals = Totals(
                self._quantity, self._above, np.zeros((layouts, 4)), np.zeros(2), scale, np.zeros((2, bins))
            )
            if run(plan, work, outcomes, totals, np.uint64(law.key), first, last, first):
                break
            work, outcomes = self._room(2 * len(work.heap))
        self._spare.append((work, outcomes))
        hits, total, squares, largest = totals.sums.T
        return Sums(last - first, hits, total, squares, largest, totals.weights, totals.learnt)

    def _room(self, pending: int) -> tuple[Any, Any]:
        return rest(self._compiled.plan, pending), empty_outcomes(self._compiled, Wanted(), 1)


def _parts(job: Job) -> Iterator[tuple[int, int]]:
    """Whole blocks, so many that a part is some work; more where there would be very many parts to add up."""
    blocks = max(1, int(EVENTS_PER_TASK / (BLOCK * (0.05 + job.events))))
    trials = BLOCK * blocks
    trials *= max(1, min(LONGER, (job.last - job.first) // (trials * MANY_PARTS)))
    for first in range(job.first, job.last, trials):
        yield first, min(first + trials, job.last)


def _in_turn(lists: Sequence[Iterator[T]]) -> Iterator[T]:
    """One of each as long as it has any: a run that is ended early has something of every stratum."""
    waiting = deque(lists)
    while waiting:
        first = waiting.popleft()
        for one in islice(first, 1):
            waiting.append(first)
            yield one


def key_of(seed: int, *words: object) -> int:
    """A key for the random numbers of one part of a run."""
    text = "/".join(str(word) for word in (seed, *words))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "little")
