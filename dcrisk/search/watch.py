"""One state of sites, down or destroyed, through the log: which sites were in it at one moment."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from dcrisk.kernels.choices import Choices
from dcrisk.kernels.coincidences import ENTRIES, FAMILIES, MEMBERS, Scratch, empty_scratch, empty_sets
from dcrisk.search.log import CHUNK
from dcrisk.search.subsets import fresh

ENTRIES_AT_FIRST, MEMBERS_AT_FIRST, FAMILIES_AT_FIRST = 1 << 14, 1 << 16, 1 << 17
NEVER = 1 << 62


class Watch:
    """Gathers the sets of sites that were in a state at one moment.

    Parameters
    ----------
    kind : int
        SERVICE for down, STORE for destroyed.
    sites : int
        The first so many layouts of the log are watched.
    least, several : int
        Smaller sets are left out: of the hours, and of what a trial had.
    ever : bool
        Whether to note for each site and trial if it was in the state at all.
    horizon : float, hours
    """

    def __init__(self, kind: int, sites: int, least: int, several: int, ever: bool, horizon: float) -> None:
        self._limits = kind, sites, horizon, least, several
        self.sets = empty_sets(sites, ENTRIES_AT_FIRST, MEMBERS_AT_FIRST, FAMILIES_AT_FIRST)
        self.ever = np.zeros((sites, CHUNK // 64 if ever else 0), np.uint64)
        self._scratch: Scratch = empty_scratch(sites, 0)

    def read(self, log: npt.NDArray[Any], full: Callable[[Watch], None]) -> None:
        """Sweep a log; ``full`` makes room when there is none."""
        from dcrisk.kernels.coincidences import sweep

        if len(log) > len(self._scratch.begin):
            self._scratch = empty_scratch(len(self.ever), 2 * len(log))
        self.ever[:] = 0
        kind, sites, horizon, least, several = self._limits
        position = 0
        while True:
            position = sweep(log, kind, sites, horizon, least, several, self.sets, self._scratch, self.ever, position)
            if position == len(log):
                return
            full(self)

    def clear(self) -> None:
        """Forget the sets."""
        sets = self.sets
        for array in (sets.high, sets.low, sets.alone, sets.last_trial):
            array[: sets.filled[ENTRIES]] = 0
        sets.slots[:] = -1
        sets.filled[[ENTRIES, MEMBERS, FAMILIES]] = 0

    def grow(self) -> None:
        """Room for twice as many."""
        old = self.sets
        new = empty_sets(len(old.site_keys), 2 * len(old.key), 2 * len(old.members), 2 * len(old.families))
        for name in ("key", "first", "size", "high", "low", "alone", "last_trial", "members", "families", "filled"):
            getattr(new, name)[: len(getattr(old, name))] = getattr(old, name)
        last = len(new.slots) - 1
        for e in range(old.filled[ENTRIES]):
            slot = int(new.key[e]) & last
            while new.slots[slot] >= 0:
                slot = (slot + 1) & last
            new.slots[slot] = e
        self.sets = new


class Tally:
    """A watch that judges some choices, in bounded memory: what the sets say is added up whenever they are many."""

    def __init__(self, kind: int, sites: int, choices: Sequence[Choices], horizon: float) -> None:
        needed = [int(group.needed[0]) for group in choices]
        several = min((n for n in needed if n > 1), default=NEVER)
        self.choices = [fresh(group) for group in choices]
        self._watch = Watch(kind, sites, min(needed, default=NEVER), several, 1 in needed, horizon)

    def read(self, log: npt.NDArray[Any]) -> None:
        """Take in the outages of a chunk of trials."""
        from dcrisk.kernels.choices import count_ever

        self._watch.read(log, self._make_room)
        for group in self.choices:
            if group.needed[0] == 1:
                count_ever(self._watch.ever, group)

    def _make_room(self, watch: Watch) -> None:
        if watch.sets.filled[ENTRIES] == 0:  # a single trial is too much
            watch.grow()
        self.finish()

    def finish(self) -> None:
        """Add up what the sets say, and forget them."""
        from dcrisk.kernels.choices import add_sets

        for group in self.choices:
            add_sets(self._watch.sets, group)
        self._watch.clear()
