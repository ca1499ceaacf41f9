"""One site more: what each site, added to some that are chosen, would bring."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from dcrisk.kernels.engine import text_of_kernels
from dcrisk.kernels.jit import entry, inner


class Record(NamedTuple):
    """All sets of sites that were down at one moment, over all trials."""

    first: np.ndarray  # the sites of a set: members[first : first + size]
    size: np.ndarray
    members: np.ndarray
    hours: np.ndarray
    alone: np.ndarray  # trials that had this set and no other
    families: np.ndarray  # of every other trial: how many sets, and which


@inner
def chosen_of(record, e, chosen):
    """How many of the chosen sites are in a set."""
    count = 0
    for i in range(record.first[e], record.first[e] + record.size[e]):
        count += chosen[record.members[i]]
    return count


def kernels(sources):
    """The kernels; ``sources`` as in kernels/engine.py."""

    @entry
    def add_hours_with(record, chosen, needed, hours):
        """Add to each site the hours with ``needed`` sites down, of those chosen and itself."""
        anyway = 0.0
        for e in range(len(record.first)):
            count = chosen_of(record, e, chosen)
            if count >= needed:
                anyway += record.hours[e]
            elif count == needed - 1:
                for i in range(record.first[e], record.first[e] + record.size[e]):
                    hours[record.members[i]] += record.hours[e]
        hours += anyway
        return sources >= 0

    @entry
    def add_trials_with(record, chosen, needed, trials, last):
        """Add to each site the trials in which ``needed`` sites were down at one moment; ``last`` begins at -1."""
        anyway = 0
        for e in range(len(record.first)):
            if record.alone[e] > 0:
                count = chosen_of(record, e, chosen)
                if count >= needed:
                    anyway += record.alone[e]
                elif count == needed - 1:
                    for i in range(record.first[e], record.first[e] + record.size[e]):
                        trials[record.members[i]] += record.alone[e]
        place = 0
        while place < len(record.families):
            begin, end = place + 1, place + 1 + record.families[place]
            most = 0
            for k in range(begin, end):
                most = max(most, chosen_of(record, record.families[k], chosen))
            if most >= needed:
                anyway += 1
            elif most == needed - 1:
                for k in range(begin, end):
                    e = record.families[k]
                    if chosen_of(record, e, chosen) == most:
                        for i in range(record.first[e], record.first[e] + record.size[e]):
                            if last[record.members[i]] != place:
                                last[record.members[i]] = place
                                trials[record.members[i]] += 1
            place = end
        trials += anyway
        return sources >= 0

    return add_hours_with, add_trials_with


add_hours_with, add_trials_with = kernels(text_of_kernels())
