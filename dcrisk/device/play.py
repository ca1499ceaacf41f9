"""Blocks of trials over the threads of a device."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numba import cuda
from numpy.typing import NDArray

from dcrisk.compiler import CompiledScenario
from dcrisk.device.arrays import Common, Own, bytes_for_thread, free_memory, kind_of
from dcrisk.device.target import THREADS_OF_A_BLOCK, address_of, is_compiled, kernel_for, restore
from dcrisk.kernels.arrays import Outcomes, Plan, Totals, rest
from dcrisk.kernels.records import BLOCK
from dcrisk.outcomes import Wanted, empty_outcomes
from dcrisk.sampling import COLUMNS, Compilation, tell_if_it_compiles

FIRST_PENDING = 64
"""Changes that may wait: a device has many threads, and little memory for each. Without room they start again."""
MOST_THREADS = 1 << 16
"""At once. With the registers that the kernel takes, the largest devices of today hold about half as many."""
SHARE_OF_MEMORY = 0.8
BYTES_AT_ONCE = 1 << 26
"""Results that are carried back in one piece."""

ON_DEVICE = Compilation(is_compiled, "dcrisk: compiling for the device; this takes about a minute ...")

Chunks = NDArray[np.int64]
"""Rows (law, first, last): the trials [first, last) of one block, drawn from the law of that number."""


class Law(NamedTuple):
    """What trials are drawn from."""

    plan: Plan
    key: int


class Played(NamedTuple):
    """What some chunks have brought: for each field one array, with an axis more, that of the chunks."""

    chunks: Chunks
    outcomes: Outcomes
    totals: Totals


def sample(
    compiled: CompiledScenario, seed: int, first: int, last: int, wanted: Wanted, *, progress: bool = False
) -> Outcomes:
    """What `dcrisk.sampling.sample` gives, from the device."""
    from tqdm.auto import tqdm

    outcomes = empty_outcomes(compiled, wanted, last - first)
    of_a_thread = empty_outcomes(compiled, wanted, min(BLOCK, last - first))
    played = play([Law(compiled.plan, seed)], of_a_thread, [COLUMNS], chunks_of(first, last))
    with (
        tell_if_it_compiles(progress, ON_DEVICE),
        tqdm(total=last - first, unit=" trials", unit_scale=True, delay=1.5, disable=not progress) as bar,
    ):
        for some in played:
            for mine, theirs in zip(outcomes, some.outcomes, strict=True):
                for (_, start, stop), columns in zip(some.chunks, theirs, strict=True):
                    mine[..., start - first : stop - first] = columns[..., : stop - start]
            bar.update(int((some.chunks[:, 2] - some.chunks[:, 1]).sum()))
    return outcomes


def chunks_of(first: int, last: int) -> Chunks:
    """The trials [first, last), block by block, of the first law."""
    starts = np.arange(first // BLOCK * BLOCK, last, BLOCK)
    return np.stack([np.zeros_like(starts), np.maximum(starts, first), np.minimum(starts + BLOCK, last)], axis=1)


def play(laws: Sequence[Law], outcomes: Outcomes, totals: Sequence[Totals], chunks: Chunks) -> Iterator[Played]:
    """Play chunks in turn, each in a thread that has outcomes and totals (those of its law) like these for its own."""
    stage = Stage(laws, outcomes, totals)
    pending, done = FIRST_PENDING, 0
    while done < len(chunks):
        room = stage.room(pending, len(chunks) - done)
        while done < len(chunks):
            some = chunks[done : done + room.threads]
            if not stage.play(room, some):
                pending *= 2
                break
            yield from room.read(some)
            done += len(some)
        del room  # before there is another


class Room:
    """What threads have for their own."""

    def __init__(self, models: Sequence[Sequence[Any]], most: int) -> None:
        each = bytes_for_thread(*(one for one, *_ in models))
        self.threads = int(min(most, MOST_THREADS, max(1.0, SHARE_OF_MEMORY * free_memory() / each)))
        self.work, self.outcomes, self.totals = (Own(listed, self.threads, address_of) for listed in models)

    def begin(self, chunks: Chunks) -> None:
        """All as the models say."""
        for own in (self.work, self.outcomes, self.totals):
            restore[len(chunks), THREADS_OF_A_BLOCK](own.memory, own.models, chunks)

    def read(self, chunks: Chunks) -> Iterator[Played]:
        """What has been played, in turn."""
        step = max(1, BYTES_AT_ONCE // (self.outcomes.bytes_each + self.totals.bytes_each))
        for first in range(0, len(chunks), step):
            some = chunks[first : first + step]
            last = first + len(some)
            yield Played(some, self.outcomes.read(first, last), self.totals.read(first, last))


class Stage:
    """What all threads read, and the kernel that they run."""

    def __init__(self, laws: Sequence[Law], outcomes: Outcomes, totals: Sequence[Totals]) -> None:
        self._plan, self._outcomes, self._totals = laws[0].plan, outcomes, totals
        self._plans = Common([law.plan for law in laws], address_of)
        self._keys = cuda.to_device(np.array([law.key for law in laws], np.uint64))
        kinds = (kind_of(arrays) for arrays in (self._plan, rest(self._plan, 1), outcomes, totals[0]))
        self._kernel = kernel_for(*kinds)

    def room(self, pending: int, most: int) -> Room:
        """For as many threads as fit, with so many changes that may wait."""
        return Room([[rest(self._plan, pending)], [self._outcomes], self._totals], most)

    def play(self, room: Room, chunks: Chunks) -> bool:
        """Whether there was room enough; otherwise nothing of it counts."""
        given = cuda.to_device(np.ascontiguousarray(chunks))
        done = cuda.to_device(np.zeros(len(chunks), np.bool_))
        room.begin(given)
        blocks = -(-len(chunks) // THREADS_OF_A_BLOCK)
        self._kernel[blocks, THREADS_OF_A_BLOCK](
            self._plans.table, room.work.table, room.outcomes.table, room.totals.table, self._keys, given, done
        )
        return bool(done.copy_to_host().all())
