"""The choices that a search looks through: which sites run the service, and which keep its data."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from dcrisk.layouts import Layout
from dcrisk.scenario import Scenario
from dcrisk.search.subsets import IntArray, find_subsets, subsets
from dcrisk.specification import (
    SpecificationError,
    check_known,
    check_list,
    check_name,
    check_number,
    check_table,
    check_unique,
)
from dcrisk.windows import check_whole

Cost = Mapping[str, float] | Callable[[Layout], float] | None
BoolArray = npt.NDArray[np.bool_]


class Space(NamedTuple):
    """All choices of replicas among the candidates, and of copies."""

    candidates: tuple[str, ...]
    sizes: tuple[int, ...]
    quorums: tuple[int, ...]  # of each size
    copies: int | tuple[str, ...] | None  # how many of the replicas, or where; None: each replica
    options: Mapping[str, Any]

    @property
    def sites(self) -> tuple[str, ...]:
        """The candidates, then the other sites that keep copies."""
        fixed = self.copies if isinstance(self.copies, tuple) else ()
        return self.candidates + tuple(name for name in fixed if name not in self.candidates)

    def copies_of(self, size: int) -> int:
        """How many of so many replicas keep a copy; 0 where the copies are fixed."""
        if self.copies is None:
            return size
        return self.copies if isinstance(self.copies, int) else 0

    def number_of_choices(self) -> int:
        """How many choices there are."""
        n = len(self.candidates)
        return sum(math.comb(n, size) * math.comb(size, self.copies_of(size)) for size in self.sizes)


class Group(NamedTuple):
    """Choices of as many replicas each; one row for each choice of copies among them."""

    quorum: int
    members: IntArray  # (choice, replica): candidates, ascending
    copies: IntArray  # (subset of candidates, copy), or the fixed copies alone
    choice: IntArray  # (row): which of ``members``
    copy: IntArray  # (row): which of ``copies``


class Rows(NamedTuple):
    """The choices one by one."""

    members: BoolArray  # (row, candidate)
    copies: BoolArray  # (row, site of Space.sites)
    sizes: IntArray
    quorums: IntArray


def read_space(
    scenario: Any,
    candidates: Any,
    replicas: Any,
    quorum: Any,
    copies: Any,
    options: Any,
) -> Space:
    """The space that a user asks for, checked."""
    if not isinstance(scenario, Scenario):
        raise SpecificationError(f"{scenario!r} is no Scenario; load_scenario(...) reads one from a file")
    names = read_names(candidates, "candidates", [node.name for node in scenario.nodes])
    listed = [replicas] if isinstance(replicas, (int, np.integer)) else check_list(replicas, "replicas")
    sizes = tuple(dict.fromkeys(check_whole("replicas", size, 1, len(names)) for size in listed))
    if not sizes:
        raise SpecificationError("replicas is empty: give how many, such as 3 or (1, 2, 3)")
    quorums = tuple(read_quorum(quorum, size) for size in sizes)
    stores = [site.name for site in scenario.sites]
    fixed = None if copies is None else read_copies(copies, sizes, stores)
    if fixed is None or (isinstance(fixed, int) and fixed > 0):
        for name in names:
            check_known(name, stores, "candidates: copies are kept at sites (copies=0: there are no data)")
    extra = check_table({} if options is None else options, "layout_options")
    known = [field.name for field in dataclasses.fields(Layout)]
    for name in extra:
        check_known(name, known, "layout_options")
        if name in ("name", "replicas", "quorum", "up", "copies"):
            raise SpecificationError(f"layout_options: {name!r} is what the search chooses; it cannot be given here")
    return Space(names, sizes, quorums, fixed, extra)


def read_names(given: Any, where: str, known: Sequence[str]) -> tuple[str, ...]:
    """Names of nodes that the scenario has, each once."""
    names = [check_name(name, where) for name in check_list(given, where)]
    if not names:
        raise SpecificationError(f"{where} is empty: give some names of the scenario")
    for name in names:
        check_known(name, known, where)
    check_unique(names, where)
    return tuple(names)


def read_quorum(quorum: Any, size: int) -> int:
    """How many of so many replicas must be up."""
    if isinstance(quorum, str):
        if quorum != "majority":
            raise SpecificationError(f'quorum = {quorum!r}: it must be a whole number or "majority"')
        return size // 2 + 1
    return check_whole(f"quorum (of {size} replicas)", quorum, 1, size)


def read_copies(copies: Any, sizes: Sequence[int], stores: Sequence[str]) -> int | tuple[str, ...]:
    """How many of the replicas keep a copy, or the sites that do."""
    if isinstance(copies, (int, np.integer)) and not isinstance(copies, bool):
        return check_whole("copies (no more than the fewest replicas)", copies, 0, min(sizes))
    if isinstance(copies, (str, float, bool)):
        raise SpecificationError(f"copies = {copies!r}: give None (every replica), a whole number, or a list of sites")
    return read_names(copies, "copies", stores)


def groups(space: Space) -> Iterator[Group]:
    """The choices, size by size."""
    n = len(space.candidates)
    for size, quorum in zip(space.sizes, space.quorums, strict=True):
        members = subsets(n, size)
        if isinstance(space.copies, tuple):
            copies = np.array([sorted(space.sites.index(name) for name in space.copies)], np.int64)
            choice, copy = np.arange(len(members)), np.zeros(len(members), np.int64)
        else:
            within = subsets(size, space.copies_of(size))
            copies = subsets(n, space.copies_of(size))
            choice = np.repeat(np.arange(len(members)), len(within))
            copy = find_subsets(copies, members[:, within].reshape(len(choice), within.shape[1]), n)
        yield Group(quorum, members, copies, choice, copy)


def group_of(space: Space, members: IntArray, quorum: int) -> Group:
    """Choices of as many replicas, all of which keep a copy, or none, or those that are fixed."""
    rows = np.arange(len(members))
    if space.copies is None:
        return Group(quorum, members, members, rows, rows)
    fixed = space.copies if isinstance(space.copies, tuple) else ()
    copies = np.array([sorted(space.sites.index(name) for name in fixed)], np.int64).reshape(1, len(fixed))
    return Group(quorum, members, copies, rows, np.zeros(len(members), np.int64))


def rows_of(space: Space, found: Sequence[Group]) -> Rows:
    """The rows of some groups, in order."""
    counts = [len(group.choice) for group in found]
    return Rows(
        np.concatenate([_marked(g.members[g.choice], len(space.candidates)) for g in found]),
        np.concatenate([_marked(g.copies[g.copy], len(space.sites)) for g in found]),
        np.repeat([g.members.shape[1] for g in found], counts),
        np.repeat([g.quorum for g in found], counts),
    )


def _marked(chosen: IntArray, sites: int) -> BoolArray:
    """Lists of sites as rows of true and false."""
    marks = np.zeros((len(chosen), sites), np.bool_)
    np.put_along_axis(marks, chosen, True, axis=1)
    return marks


def names_of(space: Space, rows: Rows) -> list[str]:
    """A name for each row, which tells its sites."""
    tell_copies = isinstance(space.copies, int) and 0 < space.copies < max(space.sizes)
    names = [" + ".join(_chosen(row, space.candidates)) for row in rows.members]
    if tell_copies:
        kept = [", ".join(_chosen(row, space.sites)) for row in rows.copies]
        names = [f"{name} (copies: {copies})" for name, copies in zip(names, kept, strict=True)]
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise SpecificationError(
                f"candidates: two choices would both be called {name!r}; rename the nodes whose names have a plus or comma"
            )
        seen.add(name)
    return names


def layouts_of(space: Space, rows: Rows, names: Sequence[str]) -> list[Layout]:
    """The rows as layouts."""
    made = []
    for name, members, copies, quorum in zip(names, rows.members, rows.copies, rows.quorums, strict=True):
        kept = space.copies if isinstance(space.copies, tuple) else _chosen(copies, space.sites)
        replicas = _chosen(members, space.candidates)
        made.append(Layout(name, replicas=replicas, quorum=int(quorum), copies=kept, **space.options))
    return made


def _chosen(marks: BoolArray, names: Sequence[str]) -> list[str]:
    return [name for name, chosen in zip(names, marks, strict=True) if chosen]


def read_cost(cost: Any, space: Space) -> Cost:
    """What a layout costs, checked."""
    if cost is None:
        return None
    if callable(cost):
        function: Callable[[Layout], float] = cost
        return function
    prices = check_table(cost, "cost")
    for name in space.sites:
        if name not in prices:
            raise SpecificationError(
                f"cost: {name!r} has none; give a number for each candidate and each site of copies"
            )
        check_number(prices[name], f"cost[{name!r}]")
    return prices


def costs_of(space: Space, rows: Rows, names: Sequence[str], cost: Cost) -> npt.NDArray[np.float64]:
    """The cost of each row: of the distinct sites used; without prices, their number."""
    if callable(cost):
        return np.array(
            [check_number(cost(x), f"cost of layout {x.name!r}") for x in layouts_of(space, rows, names)], np.float64
        )
    used = rows.copies.copy()
    used[:, : len(space.candidates)] |= rows.members
    prices = np.ones(len(space.sites)) if cost is None else np.array([float(cost[name]) for name in space.sites])
    return np.array([math.fsum(prices[row]) for row in used])
