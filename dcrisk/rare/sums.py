"""What a run of any length keeps: sums over its trials, stratum by stratum."""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice, repeat
from typing import Any, NamedTuple, TypeVar

import numpy as np

from dcrisk.compiler import CompiledScenario
from dcrisk.kernels.records import BLOCK, Plan, Totals, rest
from dcrisk.outcomes import Wanted, empty_outcomes
from dcrisk.rare.counts import FloatArray
from dcrisk.rare.worst_case import BoolArray
from dcrisk.sampling import FIRST_PENDING, kernel

EVENTS_PER_TASK = 200_000
"""About a tenth of a second: long enough to hide what a call costs, short enough for Ctrl-C."""

TASKS_AT_ONCE = 512
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


class Adder:
    """Plays jobs in threads and adds up what they bring; the sums depend on the jobs alone, not on the threads."""

    def __init__(self, compiled: CompiledScenario, quantity: int, above: float, threads: int) -> None:
        self._compiled = compiled
        self._quantity = np.array([quantity], np.int64)
        self._above = np.array([above])
        self._layouts = len(compiled.layouts)
        self._threads = threads
        self._spare: list[tuple[Any, Any]] = []

    def add_up(self, jobs: Sequence[Job], done: Callable[[int], bool] | None = None) -> list[Sums]:
        """The sums of each job. ``done`` hears of trials as they are played; if it says so, the rest is left undone."""
        tasks = _in_turn([zip(repeat(i), _parts(job), strict=False) for i, job in enumerate(jobs)])
        found = [no_sums(self._layouts) for _ in jobs]
        stopped = False

        def play(task: tuple[int, Job]) -> Sums | None:
            return None if stopped else self._play(task[1])

        with ThreadPoolExecutor(self._threads) as pool:
            try:
                while not stopped and (some := list(islice(tasks, TASKS_AT_ONCE))):
                    for (i, _), sums in zip(some, pool.map(play, some), strict=True):
                        if sums is not None:
                            found[i] = sums if found[i].trials == 0 else found[i].and_also(sums)
                            stopped = stopped or (done is not None and done(sums.trials))
            except BaseException:
                stopped = True
                raise
        return found

    def _play(self, job: Job) -> Sums:
        """The trials of a job, by this thread alone. Without room it starts again with more."""
        bins = 0 if job.scale is None else len(job.plan.bins)
        scale = np.zeros(self._layouts) if job.scale is None else job.scale
        run = kernel()
        try:
            work, outcomes = self._spare.pop()
        except IndexError:
            work, outcomes = rest(job.plan, FIRST_PENDING), empty_outcomes(self._compiled, Wanted(), 1)
        while True:
            totals = Totals(
                self._quantity, self._above, np.zeros((self._layouts, 4)), np.zeros(2), scale, np.zeros((2, bins))
            )
            if run(job.plan, work, outcomes, totals, np.uint64(job.key), job.first, job.last, job.first):
                break
            work, outcomes = rest(job.plan, 2 * len(work.heap)), empty_outcomes(self._compiled, Wanted(), 1)
        self._spare.append((work, outcomes))
        hits, total, squares, largest = totals.sums.T * job.harms
        return Sums(job.last - job.first, hits, total, squares, largest, totals.weights, totals.learnt)


def _parts(job: Job) -> Iterator[Job]:
    """Whole blocks, so many that a part is some work."""
    trials = BLOCK * max(1, int(EVENTS_PER_TASK / (BLOCK * (0.05 + job.events))))
    for first in range(job.first, job.last, trials):
        yield job._replace(first=first, last=min(first + trials, job.last))


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
