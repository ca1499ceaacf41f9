"""All subsets of one size, and which of them contain a smaller one."""

from __future__ import annotations

import math
from itertools import combinations

import numpy as np
import numpy.typing as npt

from dcrisk.kernels.choices import Choices

IntArray = npt.NDArray[np.int64]

MOST_SUBSETS = 1 << 20
MOST_LISTED = 1 << 24
CUT_OFF = 1 << 31


def subsets(sites: int, size: int) -> IntArray:
    """All subsets of ``size`` of the sites 0, 1, ..., each ascending, in the order of the alphabet."""
    count = math.comb(sites, size)
    flat = (site for chosen in combinations(range(sites), size) for site in chosen)
    return np.fromiter(flat, np.int64, count * size).reshape(count, size)


def binomials(sites: int, size: int) -> IntArray:
    """C(n, k) for n up to ``sites`` and k up to ``size``, cut off where only their being large matters."""
    return np.array([[min(math.comb(n, k), CUT_OFF) for k in range(size + 1)] for n in range(sites + 1)], np.int64)


def numbers_of(members: IntArray, table: IntArray) -> IntArray:
    """The number of each subset among those of its size: the sum of C(i-th site, i), counted from 1."""
    numbers = np.zeros(members.shape[:-1], np.int64)
    for i in range(members.shape[-1]):
        numbers += table[members[..., i], i + 1]
    return numbers


def find_subsets(members: IntArray, wanted: IntArray, sites: int) -> IntArray:
    """The place of each wanted subset among ``members``, which has it."""
    table = binomials(sites, members.shape[1])
    numbers = numbers_of(members, table)
    order = np.argsort(numbers)
    return order[np.searchsorted(numbers, numbers_of(wanted, table), sorter=order)]


def choices_of(members: IntArray, needed: int, sites: int) -> Choices:
    """Choices of sites that are struck when ``needed`` of their members are down, and nothing found yet.

    ``members`` ascend within each choice.
    """
    count, size = members.shape
    every, listed = math.comb(sites, needed), count * math.comb(size, needed)
    table = binomials(sites, needed)
    first = choices = np.zeros(0, np.int64)
    if every <= MOST_SUBSETS and listed <= MOST_LISTED:
        within = subsets(size, needed)
        numbers = numbers_of(members[:, within], table).ravel()
        choices = np.argsort(numbers, kind="stable") // len(within)
        first = np.concatenate([[0], np.cumsum(np.bincount(numbers, minlength=every))])
    return Choices(
        members,
        np.array([needed]),
        table,
        first,
        choices,
        np.zeros(needed, np.int64),
        np.zeros(sites, np.int64),
        np.zeros(count, np.int64),
        np.zeros(1, np.int64),
        *(np.zeros(count, np.int64) for _ in range(3)),
    )


def fresh(choices: Choices) -> Choices:
    """The same choices for another thread: what is found and what is noted on the way are its own."""
    own = ("picked", "inside", "visited", "visits", "high", "low", "count")
    return choices._replace(**{name: np.zeros_like(getattr(choices, name)) for name in own})
