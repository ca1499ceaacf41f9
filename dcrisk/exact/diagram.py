"""Binary decision diagrams (Bryant 1986): a function of independent variables, summed over without listing states.

A variable is true while a process leaves in peace what it can strike, and the function is true while a service is up. A
vertex asks for one variable and goes on to one of two others; equal vertices are one. So the probability of every
vertex follows from those below it, as a sum of products of probabilities. Nothing is subtracted, so that 1e-15 keeps its
digits.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate, pairwise, repeat

import numpy as np
from numpy.typing import NDArray

from dcrisk.exact.panels import FloatArray

DOWN, UP = 0, 1
MOST_VERTICES = 1_000_000
LAST = 1 << 60  # the place of what asks for no variable
SHARE_DIGITS = 12
VALUES_AT_ONCE = 10_000_000

Choice = tuple[int, int, int]


class TooLarge(ArithmeticError):
    """More vertices than can be summed over in reasonable time."""


class Diagram:
    """Functions of variables 0, 1, 2, ..., which are asked for in this order."""

    def __init__(self) -> None:
        self._variable = [LAST, LAST]
        self._last = [0, 0]
        self._struck = [DOWN, UP]  # where to go on if the process strikes
        self._spared = [DOWN, UP]
        self._vertices: dict[Choice, int] = {}
        self._chosen: dict[Choice, int] = {}

    def variable(self, place: int) -> int:
        """The function that is one variable."""
        return self._vertex(place, DOWN, UP)

    def choose(self, condition: int, then: int, otherwise: int) -> int:
        """``then`` where the condition holds, else ``otherwise``."""
        whole = (condition, then, otherwise)
        waiting = [whole]
        while waiting:
            choice = waiting[-1]
            if self._result(choice) is not None:
                waiting.pop()
                continue
            place, struck, spared = self._branches(choice)
            low, high = self._result(struck), self._result(spared)
            if low is None:
                waiting.append(struck)
            if high is None:
                waiting.append(spared)
            if low is not None and high is not None:
                self._chosen[choice] = self._vertex(place, low, high)
                waiting.pop()
        found = self._result(whole)
        assert found is not None
        return found

    def at_least(self, needed: float, members: Sequence[int], shares: Sequence[float] | None = None) -> int:
        """Whether the members that hold have enough shares together; by default, each has one."""
        if shares is None and needed == 1:
            return self._joined(members, UP)
        if shares is None and needed == len(members):
            return self._joined(members, DOWN)
        pairs = zip(members, shares or repeat(1.0), strict=False)
        ordered = sorted(pairs, key=lambda pair: self._last[pair[0]])
        rest = list(accumulate((share for _, share in reversed(ordered)), initial=0.0))[::-1]
        lacks = [{_key(needed): needed}]  # what is still needed before each member, whatever those before it are
        for (_, share), most in zip(ordered, rest, strict=False):
            undecided = [lack for lack in lacks[-1].values() if 0.0 < lack <= most]
            lacks.append({_key(lack): lack for before in undecided for lack in (before, before - share)})
            if sum(map(len, lacks)) > MOST_VERTICES:
                raise TooLarge
        found: dict[float, int] = {}
        for place in reversed(range(len(lacks))):
            after, found = found, {}
            for key, lack in lacks[place].items():
                if lack <= 0.0 or lack > rest[place]:
                    found[key] = UP if lack <= 0.0 else DOWN
                else:
                    member, share = ordered[place]
                    found[key] = self.choose(member, after[_key(lack - share)], after[_key(lack)])
        return found[_key(needed)]

    def _joined(self, members: Sequence[int], decisive: int) -> int:
        """Any of the members, or all of them: neighbours first, so that most of the work is on small diagrams."""
        parts = sorted(members, key=self._last.__getitem__)
        while len(parts) > 1:
            pairs = zip(parts[::2], parts[1::2], strict=False)
            odd = parts[-1:] if len(parts) % 2 else []
            parts = [self.choose(a, UP, b) if decisive == UP else self.choose(a, b, DOWN) for a, b in pairs] + odd
        return parts[0]

    def _branches(self, choice: Choice) -> tuple[int, Choice, Choice]:
        """The first variable of a choice, and what is left of it on either side."""
        a, b, c = choice
        at_a, at_b, at_c = self._variable[a], self._variable[b], self._variable[c]
        place = min(at_a, at_b, at_c)
        low, high = self._struck, self._spared
        struck = low[a] if at_a == place else a, low[b] if at_b == place else b, low[c] if at_c == place else c
        spared = high[a] if at_a == place else a, high[b] if at_b == place else b, high[c] if at_c == place else c
        return place, struck, spared

    def _result(self, choice: Choice) -> int | None:
        """What is chosen, where that is known."""
        condition, then, otherwise = choice
        if condition == UP or then == otherwise:
            return then
        if condition == DOWN:
            return otherwise
        if then == UP and otherwise == DOWN:
            return condition
        return self._chosen.get(choice)

    def _vertex(self, place: int, struck: int, spared: int) -> int:
        if struck == spared:
            return spared
        key = (place, struck, spared)
        if key not in self._vertices:
            if len(self._variable) >= MOST_VERTICES:
                raise TooLarge
            self._vertices[key] = len(self._variable)
            self._variable.append(place)
            self._last.append(max(place, self._last[struck], self._last[spared]))
            self._struck.append(struck)
            self._spared.append(spared)
        return self._vertices[key]

    def sum_over(self, function: int) -> Summation:
        """The function, ready to be summed over."""
        found = {DOWN, UP}
        waiting = [function]
        while waiting:
            vertex = waiting.pop()
            if vertex not in found:
                found.add(vertex)
                waiting += (self._struck[vertex], self._spared[vertex])
        # from the last variable to the first, so that what is below a vertex comes before it
        inner = sorted(found - {DOWN, UP}, key=lambda vertex: (-self._variable[vertex], vertex))
        number = {vertex: i for i, vertex in enumerate([DOWN, UP, *inner])}
        rows = [(self._variable[v], number[self._struck[v]], number[self._spared[v]]) for v in inner]
        return Summation(np.array(rows, np.int64).reshape(-1, 3), number[function])


def _key(lack: float) -> float:
    """What sums to the same but for rounding is the same."""
    return round(lack, SHARE_DIGITS)


class Summation:
    """The probability that a function of a diagram is false, whatever the probabilities of its variables."""

    def __init__(self, rows: NDArray[np.int64], function: int) -> None:
        self._function = function
        self._size = 2 + len(rows)
        ends = np.append(np.flatnonzero(np.diff(rows[:, 0])) + 1, len(rows))
        self._levels = [
            (int(rows[start, 0]), slice(2 + start, 2 + end), rows[start:end, 1], rows[start:end, 2])
            for start, end in pairwise([0, *ends])
            if start < end
        ]

    def probability(self, strikes: FloatArray, spares: FloatArray) -> FloatArray:
        """That the function is false, at each time, if variables strike and spare so often (variables, times)."""
        found = np.empty(strikes.shape[1])
        step = max(1, VALUES_AT_ONCE // self._size)
        for first in range(0, len(found), step):
            some = slice(first, first + step)
            down = np.zeros((self._size, len(found[some])))
            down[DOWN] = 1.0
            for place, vertices, struck, spared in self._levels:
                down[vertices] = strikes[place, some] * down[struck] + spares[place, some] * down[spared]
            found[some] = down[self._function]
        return found
