"""Every choice of k-of-n at once: the outages of single sites are logged, and each trial swept once for all choices."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from dcrisk.kernels.choices import Choices
from dcrisk.kernels.coincidences import UNITS_PER_HOUR, WORD
from dcrisk.kernels.records import SERVICE, STORE
from dcrisk.sampling import Log, over_blocks
from dcrisk.search.figures import Figures
from dcrisk.search.log import CHUNK, chunks, compile_sites
from dcrisk.search.plain import Run
from dcrisk.search.space import Group, Space
from dcrisk.search.subsets import choices_of
from dcrisk.search.watch import Tally

LONGEST_HORIZON = 2.0**21
"""Hours. Up to here all times lie on one grid, and the hours of a trial add up without rounding."""


def can_sweep(space: Space, horizon: float) -> bool:
    """Whether whole numbers can count hours, and a choice is k-of-n and nothing else."""
    return not space.options and horizon <= LONGEST_HORIZON and (horizon * UNITS_PER_HOUR).is_integer()


class Reader:
    """What one thread has read."""

    def __init__(self, log: Log, services: Tally, stores: Tally) -> None:
        self.log, self.services, self.stores = log, services, stores

    def read(self, seed: int, start: int, stop: int) -> None:
        for log in chunks(self.log, seed, start, stop):
            self.services.read(log)
            self.stores.read(log)


def sweep_all(run: Run, space: Space, groups: Sequence[Group], progress: bool) -> Figures:
    """The figures of every row of the groups."""
    n, sites = len(space.candidates), space.sites
    services = [choices_of(g.members, g.members.shape[1] - g.quorum + 1, n) for g in groups]
    kept = [g.copies for g in groups if g.copies.shape[1] > 0]
    stores = [choices_of(copies, copies.shape[1], len(sites)) for copies in kept]
    named = sites if space.copies is None or isinstance(space.copies, int) else space.copies
    compiled = compile_sites(
        run.scenario,
        space.candidates,
        sites,
        named if stores else (),
        min(int(choices.needed[0]) for choices in services),
        horizon=run.horizon,
        warmup=run.warmup,
    )
    readers: list[Reader] = []

    def play(work: Any, start: int, stop: int) -> Any:
        if isinstance(work, Reader):
            reader = work
        else:
            log = Log(compiled, CHUNK, work)
            reader = Reader(
                log, Tally(SERVICE, n, services, run.horizon), Tally(STORE, len(sites), stores, run.horizon)
            )
            readers.append(reader)
        reader.read(run.seed, start, stop)
        return reader

    over_blocks(compiled, play, 0, run.trials, threads=run.threads, progress=progress)
    for reader in readers:
        reader.services.finish()
        reader.stores.finish()
    hours: list[Fraction] = []
    any_outage, data_loss = [], []
    for i, group in enumerate(groups):
        found = _together([reader.services.choices[i] for reader in readers])
        totals = [
            Fraction((int(high) << int(WORD)) + int(low), int(UNITS_PER_HOUR))
            for high, low in zip(found.high, found.low, strict=True)
        ]
        hours += [totals[choice] for choice in group.choice]
        any_outage.append(found.count[group.choice])
        lost = _together([reader.stores.choices[i] for reader in readers]).count if stores else np.zeros(1, np.int64)
        data_loss.append(lost[group.copy])
    return Figures(hours, np.concatenate(any_outage), np.concatenate(data_loss))


def _together(parts: Sequence[Choices]) -> Choices:
    """The sums over threads."""
    sums = {name: sum(getattr(part, name) for part in parts) for name in ("high", "low", "count")}
    return parts[0]._replace(**sums)
