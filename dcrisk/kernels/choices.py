"""What choices of sites would have seen: sums over the sets of sites that were down at one moment.

A choice is struck by a set if at least ``needed`` of its members are in it. Of a set of d sites only the choices are
visited that it strikes: each subset of ``needed`` sites has the list of the choices that contain it.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import uint64

from dcrisk.kernels.coincidences import ENTRIES, FAMILIES, add_hours
from dcrisk.kernels.engine import text_of_kernels
from dcrisk.kernels.jit import entry, inner, rare, stay_apart


class Choices(NamedTuple):
    """Choices of as many sites each, what strikes them, and what was found."""

    members: np.ndarray  # (choice, member): sites
    needed: np.ndarray  # one number: how many members must be down
    binomials: np.ndarray  # (sites + 1, needed + 1): how many subsets, cut off at a large number
    first: np.ndarray  # choices that contain a subset: listed[first[i] : first[i + 1]]; empty: all are looked through
    listed: np.ndarray
    picked: np.ndarray  # (needed): places of a subset within a set
    inside: np.ndarray  # (site): whether it is in the set
    visited: np.ndarray  # (choice): the last visit
    visits: np.ndarray  # one number
    high: np.ndarray  # (choice): hours
    low: np.ndarray
    count: np.ndarray  # (choice): trials


@inner
def strike(choices, choice, high, low, count):
    """Add to a choice, once a visit."""
    if choices.visited[choice] != choices.visits[0]:
        choices.visited[choice] = choices.visits[0]
        add_hours(choices.high, choices.low, choice, high, low)
        choices.count[choice] += count


@inner
def strike_listed(choices, members, first, size, high, low, count):
    """Strike the choices that contain a subset of ``needed`` of these sites, subset by subset."""
    needed, picked = choices.needed[0], choices.picked
    for i in range(needed):
        picked[i] = i
    while True:
        subset = 0  # its number: the sum of C(i-th site, i + 1)
        for i in range(needed):
            subset += choices.binomials[members[first + picked[i]], i + 1]
        for k in range(choices.first[subset], choices.first[subset + 1]):
            strike(choices, choices.listed[k], high, low, count)
        i = needed - 1
        while i >= 0 and picked[i] == size - needed + i:
            i -= 1
        if i < 0:
            return
        picked[i] += 1
        for k in range(i + 1, needed):
            picked[k] = picked[k - 1] + 1


@inner
def strike_all(choices, members, first, size, high, low, count):
    """Strike the choices with at least ``needed`` of these sites, looking through all."""
    for i in range(size):
        choices.inside[members[first + i]] = 1
    for choice in range(len(choices.members)):
        down = 0
        for i in range(choices.members.shape[1]):
            down += choices.inside[choices.members[choice, i]]
        if down >= choices.needed[0]:
            strike(choices, choice, high, low, count)
    for i in range(size):
        choices.inside[members[first + i]] = 0


@rare
def visit(sets, choices, e, high, low, count):
    """Strike all choices that the set of an entry strikes, whichever way is shorter."""
    stay_apart()
    size = sets.size[e]
    if size < choices.needed[0]:
        return
    all_members = choices.members.shape[0] * choices.members.shape[1]
    subsets = choices.binomials[size, choices.needed[0]]
    if len(choices.first) > 0 and subsets * len(choices.listed) <= all_members * (len(choices.first) - 1):
        strike_listed(choices, sets.members, sets.first[e], size, high, low, count)
    else:
        strike_all(choices, sets.members, sets.first[e], size, high, low, count)


@inner
def bits(x):
    """How many bits of a word are set."""
    x = x - ((x >> uint64(1)) & uint64(0x5555555555555555))
    x = (x & uint64(0x3333333333333333)) + ((x >> uint64(2)) & uint64(0x3333333333333333))
    x = (x + (x >> uint64(4))) & uint64(0x0F0F0F0F0F0F0F0F)
    return np.int64((x * uint64(0x0101010101010101)) >> uint64(56))


def kernels(sources):
    """The kernels; ``sources`` as in kernels/engine.py."""

    @entry
    def add_sets(sets, choices):
        """Add the hours of all sets to the choices that they strike, and the trials if more than one site must be down.

        The trials in which one site was down at all are counted by `count_ever`: they are too many to list.
        """
        several = choices.needed[0] > 1
        for e in range(sets.filled[ENTRIES]):
            choices.visits[0] += 1
            visit(sets, choices, e, sets.high[e], sets.low[e], sets.alone[e] if several else 0)
        place = 0
        while several and place < sets.filled[FAMILIES]:
            choices.visits[0] += 1
            last = place + sets.families[place]
            while place < last:
                place += 1
                visit(sets, choices, sets.families[place], 0, 0, 1)
            place += 1
        return sources >= 0

    @entry
    def count_ever(ever, choices):
        """Count the trials in which any member was down, 64 at a time: a bit for each site and trial."""
        for choice in range(len(choices.members)):
            count = 0
            for word in range(ever.shape[1]):
                down = uint64(0)
                for i in range(choices.members.shape[1]):
                    down |= ever[choices.members[choice, i], word]
                count += bits(down)
            choices.count[choice] += count
        return sources >= 0

    return add_sets, count_ever


add_sets, count_ever = kernels(text_of_kernels())
