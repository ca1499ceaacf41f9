"""All that happened to the candidates, compressed so far that any choice among them is judged in a moment."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from dcrisk.kernels.coincidences import ENTRIES, FAMILIES, MEMBERS, UNITS_PER_HOUR, WORD, Sets
from dcrisk.kernels.neighbours import Record
from dcrisk.kernels.records import SERVICE, STORE
from dcrisk.sampling import Log, over_blocks
from dcrisk.search.log import CHUNK, chunks, compile_sites
from dcrisk.search.plain import Run
from dcrisk.search.watch import NEVER, Watch
from dcrisk.specification import SpecificationError

MOST_SETS = 1 << 22


class Records(NamedTuple):
    """Who was down together, for how long; who lay destroyed together, in how many trials."""

    down: Record
    destroyed: Record


class Reader(NamedTuple):
    """What one thread reads with."""

    log: Log
    down: Watch
    destroyed: Watch


def record(run: Run, candidates: tuple[str, ...], data: bool, progress: bool) -> Records:
    """The record of the trials."""
    stores = candidates if data else ()
    compiled = compile_sites(run.scenario, candidates, candidates, stores, 1, horizon=run.horizon, warmup=run.warmup)
    readers: list[Reader] = []
    n = len(candidates)

    def play(work: Any, start: int, stop: int) -> Any:
        reader = work
        if not isinstance(work, Reader):
            down = Watch(SERVICE, n, 1, NEVER, False, run.horizon)
            destroyed = Watch(STORE, n, 1, 1, False, run.horizon)
            reader = Reader(Log(compiled, CHUNK, work), down, destroyed)
            readers.append(reader)
        for log in chunks(reader.log, run.seed, start, stop):
            reader.down.read(log, _grow)
            reader.destroyed.read(log, _grow)
        return reader

    over_blocks(compiled, play, 0, run.trials, threads=run.threads, progress=progress)
    return Records(
        merge([reader.down.sets for reader in readers]), merge([reader.destroyed.sets for reader in readers])
    )


def _grow(watch: Watch) -> None:
    if watch.sets.filled[ENTRIES] > MOST_SETS:
        raise SpecificationError(
            f"more than {MOST_SETS} different sets of candidates are down at some moment: too many to remember; "
            "search with fewer trials or candidates"
        )
    watch.grow()


def merge(parts: Sequence[Sets]) -> Record:
    """The sets of several threads together, in an order that does not depend on who saw them first."""
    hours: dict[tuple[int, ...], int] = {}
    alone: dict[tuple[int, ...], int] = {}
    families: list[list[tuple[int, ...]]] = []
    for sets in parts:
        entries, last, end = (int(sets.filled[i]) for i in (ENTRIES, MEMBERS, FAMILIES))
        sites = sets.members[:last].tolist()
        ranges = zip(sets.first[:entries].tolist(), sets.size[:entries].tolist(), strict=True)
        keys = [tuple(sites[first : first + size]) for first, size in ranges]
        for e, key in enumerate(keys):
            hours[key] = hours.get(key, 0) + (int(sets.high[e]) << int(WORD)) + int(sets.low[e])
            alone[key] = alone.get(key, 0) + int(sets.alone[e])
        listed, place = sets.families[:end].tolist(), 0
        while place < end:
            after = place + 1 + listed[place]
            families.append([keys[e] for e in listed[place + 1 : after]])
            place = after
    order = sorted(hours)
    number = {key: i for i, key in enumerate(order)}
    sizes = np.array([len(key) for key in order], np.int64)
    return Record(
        np.cumsum(sizes) - sizes,
        sizes,
        np.array([site for key in order for site in key], np.int64),
        np.array([hours[key] / int(UNITS_PER_HOUR) for key in order], np.float64),
        np.array([alone[key] for key in order], np.int64),
        np.array([x for family in families for x in (len(family), *(number[key] for key in family))], np.int64),
    )
