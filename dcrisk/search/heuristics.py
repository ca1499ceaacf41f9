"""Greedy search and exchange, where the choices are too many to look through."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from dcrisk.search.front import pareto_front
from dcrisk.search.record import Records
from dcrisk.search.space import Cost, Space, costs_of, group_of, rows_of
from dcrisk.search.subsets import IntArray

FloatArray = npt.NDArray[np.float64]
Chosen = tuple[int, ...]


class Judge:
    """The figures of any choice, from what happened to the candidates.

    Parameters
    ----------
    records : Records
    space : Space
    needed : int
        Replicas that must be down for the service to be down. Of fewer sites than that, which a greedy search looks at
        on its way, all must be.
    cost : mapping, callable or None
        As in `dcrisk.search_layouts`.
    trials : int
    """

    def __init__(self, records: Records, space: Space, needed: int, cost: Cost, trials: int) -> None:
        self._records, self._space, self._needed, self._cost, self._trials = records, space, needed, cost, trials

    def others(self, chosen: Chosen) -> IntArray:
        """The candidates that are not chosen."""
        return np.array([i for i in range(len(self._space.candidates)) if i not in chosen], np.int64)

    def with_one_more(self, chosen: Chosen, others: IntArray) -> dict[str, FloatArray]:
        """The figures of these sites and one of the others, for each of those."""
        from dcrisk.kernels.neighbours import add_hours_with, add_trials_with

        n, size = len(self._space.candidates), len(chosen) + 1
        marks = np.zeros(n, np.int64)
        marks[list(chosen)] = 1
        hours, lost = np.zeros(n), np.zeros(n, np.int64)
        add_hours_with(self._records.down, marks, min(size, self._needed), hours)
        if self._space.copies is None:
            add_trials_with(self._records.destroyed, marks, size, lost, np.full(n, -1, np.int64))
        grown = np.array([(*chosen, other) for other in others], np.int64).reshape(len(others), size)
        return {
            "cost": self._costs(np.sort(grown, axis=1)),
            "downtime": hours[others] / self._trials,
            "unavailability": hours[others],
            "data_loss": lost[others] / self._trials,
        }

    def _costs(self, members: IntArray) -> FloatArray:
        size = members.shape[1]
        rows = rows_of(self._space, [group_of(self._space, members, size - min(size, self._needed) + 1)])
        return costs_of(self._space, rows, [f"choice {i}" for i in range(len(members))], self._cost)


class Best(NamedTuple):
    """A choice and its figures, most important first."""

    chosen: Chosen
    figures: tuple[float, ...]


class Archive:
    """The choices that nothing else beats, of all that were looked at; of equals the first."""

    def __init__(self, objectives: Sequence[str]) -> None:
        self._objectives = objectives
        self._chosen: list[Chosen] = []
        self._figures = np.zeros((0, len(objectives)))

    def add(self, chosen: Chosen, others: IntArray, figures: dict[str, FloatArray]) -> None:
        """Some choices that were looked at: these sites and one of the others."""
        new = rounded(np.stack([figures[name] for name in self._objectives], axis=1))
        together = np.concatenate([self._figures, new])
        keep = pareto_front(together)
        first = np.zeros(len(together), np.bool_)
        first[np.unique(together, axis=0, return_index=True)[1]] = True
        listed = self._chosen + [tuple(sorted((*chosen, int(other)))) for other in others]
        kept = np.flatnonzero(keep & first)
        self._chosen = [listed[i] for i in kept]
        self._figures = together[kept]

    def __iter__(self) -> Iterator[Chosen]:
        return iter(sorted(self._chosen))


def rounded(x: FloatArray) -> FloatArray:
    """Cut to 40 bits: sums in another order are equal then."""
    mantissas, exponents = np.ldexp(1.0, 40) * np.frexp(x)[0], np.frexp(x)[1]
    return np.asarray(np.ldexp(np.rint(mantissas), exponents - 40))


def grow(judge: Judge, chosen: Chosen, objectives: Sequence[str], archive: Archive | None) -> Best:
    """The best site to add."""
    others = judge.others(chosen)
    figures = judge.with_one_more(chosen, others)
    if archive is not None:
        archive.add(chosen, others, figures)
    columns = [rounded(figures[name]) for name in objectives]
    best = int(np.lexsort(columns[::-1])[0])
    return Best(tuple(sorted((*chosen, int(others[best])))), tuple(float(column[best]) for column in columns))


def greedy(judge: Judge, size: int, objectives: Sequence[str], archive: Archive) -> Best:
    """Site by site, each time the one that is best with those before."""
    best = Best((), ())
    for count in range(1, size + 1):
        best = grow(judge, best.chosen, objectives, archive if count == size else None)
    return best


def exchange(judge: Judge, start: Chosen, objectives: Sequence[str], archive: Archive) -> Best:
    """Swap a member for another site, each time the best swap of all, until none is an improvement."""
    best = grow(judge, start[:-1], objectives, archive)
    while True:
        swaps = [grow(judge, tuple(s for s in best.chosen if s != out), objectives, archive) for out in best.chosen]
        found = min(swaps, key=lambda swap: swap.figures)
        if found.figures >= best.figures:
            return best
        best = found


def search(
    judge: Judge, size: int, sites: int, objectives: Sequence[str], *, exchanges: bool, starts: int, seed: int
) -> list[Chosen]:
    """Choices of one size: those that nothing beats, of all that the searches for each objective looked at."""
    archive = Archive(objectives)
    random = np.random.default_rng(seed)
    for first in objectives:
        order = [first, *(name for name in objectives if name != first)]
        found = greedy(judge, size, order, archive)
        if exchanges:
            exchange(judge, found.chosen, order, archive)
            for _ in range(starts - 1):
                start = sorted(random.choice(sites, size, replace=False).tolist())
                exchange(judge, tuple(start), order, archive)
    return list(archive)
