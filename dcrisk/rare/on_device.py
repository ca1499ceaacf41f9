"""Sums over trials that a device plays: what rare/sums.py has from threads and clusters."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from dcrisk.compiler import CompiledScenario
from dcrisk.device.play import ON_DEVICE, Law, chunks_of, play
from dcrisk.kernels.arrays import Totals
from dcrisk.outcomes import Wanted, empty_outcomes
from dcrisk.rare.counts import FloatArray
from dcrisk.rare.quantities import Asked
from dcrisk.rare.sums import Job, Sums, no_sums


class OnDevice:
    """Has jobs played by the device and adds up what they bring, block by block."""

    compilation = ON_DEVICE

    def __init__(self, compiled: CompiledScenario, asked: Asked) -> None:
        self._layouts = len(compiled.layouts)
        self._quantity, self._above = np.array([asked.quantity.code], np.int64), np.array([asked.threshold])
        self._outcomes = empty_outcomes(compiled, Wanted(), 1)

    def add_up(self, jobs: Sequence[Job], done: Callable[[int], bool] | None = None) -> list[Sums]:
        """The sums of each job. ``done`` hears of trials as they are played; if it says so, the rest is left undone."""
        laws = [Law(job.plan, job.key) for job in jobs]
        bins = [0 if job.scale is None else len(job.plan.bins) for job in jobs]
        totals = [self._totals(job, max(bins)) for job in jobs]
        found = [no_sums(self._layouts, n) for n in bins]
        for some in play(laws, self._outcomes, totals, in_turn([chunks_of(job.first, job.last) for job in jobs])):
            law, first, last = some.chunks.T
            for i in np.unique(law):
                mine = law == i
                found[i] = sum_of(found[i], int((last - first)[mine].sum()), some.totals, mine)
            if done is not None and done(int((last - first).sum())):
                break
        return [sums.of(job.harms) for sums, job in zip(found, jobs, strict=True)]

    def _totals(self, job: Job, bins: int) -> Totals:
        """No sums yet. All jobs have equally many bins: as many as any of them has."""
        scale = np.zeros(self._layouts) if job.scale is None else job.scale
        learnt = np.zeros((2, bins))
        return Totals(self._quantity, self._above, np.zeros((self._layouts, 4)), np.zeros(2), scale, learnt)


def in_turn(each: Sequence[NDArray[np.int64]]) -> NDArray[np.int64]:
    """A chunk of each job as long as it has any, each with the number of its job as its law."""
    turns = np.concatenate([np.arange(len(chunks)) for chunks in each])
    laws = np.repeat(np.arange(len(each)), [len(chunks) for chunks in each])
    listed = np.concatenate(each)
    listed[:, 0] = laws
    return listed[np.argsort(turns, kind="stable")]


def sum_of(before: Sums, trials: int, totals: Totals, mine: NDArray[np.bool_]) -> Sums:
    """What some chunks have brought, after what there was.

    One after the other, so that sums do not depend on how many of them a device plays at once.
    """

    def added(sums: FloatArray, more: FloatArray) -> FloatArray:
        total: FloatArray = np.add.accumulate(np.concatenate([sums[None], more]))[-1]
        return total

    hits, total, squares, largest = np.moveaxis(totals.sums[mine], 2, 0)
    return Sums(
        before.trials + trials,
        added(before.hits, hits),
        added(before.total, total),
        added(before.squares, squares),
        np.maximum(before.largest, largest.max(axis=0)),
        added(before.weights, totals.weights[mine]),
        added(before.learnt, totals.learnt[mine][..., : before.learnt.shape[1]]),
    )
