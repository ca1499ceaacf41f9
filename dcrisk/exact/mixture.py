"""Processes as the variables of one service, for each combination of the unknown rates that several of them share."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import product

import numpy as np

from dcrisk.exact.panels import FloatArray
from dcrisk.exact.process import Process, mixed


class Mixture:
    """Which process belongs to which variable, and which of them are independent only given a rate.

    A rate that is not known matters for one process alone as a mean over its law. Where several processes share it,
    they are independent given its value, and the service is solved for one value after the other.
    """

    def __init__(
        self, processes: Sequence[Process], places: Sequence[tuple[int, int]], chances: Sequence[float]
    ) -> None:
        self._processes = processes
        self._chances = chances
        together: dict[tuple[str, str], list[tuple[int, int]]] = {}
        self._apart = []
        for place, i in places:
            key = processes[i].hazard, processes[i].shared
            if processes[i].shared:
                together.setdefault(key, []).append((place, i))
            else:
                self._apart.append((place, i))
        self._apart += [pairs[0] for pairs in together.values() if len(pairs) == 1]
        self._together = [pairs for pairs in together.values() if len(pairs) > 1]

    @property
    def names(self) -> list[str]:
        """The hazards of which several processes share a rate."""
        return [self._processes[pairs[0][1]].hazard for pairs in self._together]

    @property
    def combinations(self) -> int:
        """For how many combinations of rates the service is solved."""
        return math.prod(len(self._processes[pairs[0][1]].weights) for pairs in self._together)

    def given(self, hours: int, quiet: Sequence[FloatArray]) -> Iterator[tuple[float, FloatArray]]:
        """Yield each combination's weight, and the logarithms (variables, hours) that nothing strikes."""
        logs = np.zeros((len(self._chances), hours))
        with np.errstate(divide="ignore"):  # minus infinity: for certain
            logs += np.log1p(-np.array(self._chances))[:, None]
        for place, i in self._apart:
            logs[place] += mixed(self._processes[i].weights, quiet[i])
        for choice in product(*(range(len(self._processes[pairs[0][1]].weights)) for pairs in self._together)):
            weight, chosen = 1.0, logs.copy()
            for row, pairs in zip(choice, self._together, strict=True):
                weight *= float(self._processes[pairs[0][1]].weights[row])
                for place, i in pairs:
                    chosen[place] += quiet[i][row]
            yield weight, chosen
