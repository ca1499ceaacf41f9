"""8-of-10 as SimPy processes: one for each component, one environment for each trial."""

from __future__ import annotations

import random
from collections.abc import Generator

import numpy as np
from problems import COMPONENTS, MEAN_REPAIR, TOLERATED, YEAR


def downtime(trials: int, seed: int) -> np.ndarray:
    """Hours down of each trial. Raises ImportError when SimPy is not installed."""
    import simpy  # here, so that the rest runs without it

    rng = random.Random(seed)
    return np.array([_Trial(simpy.Environment(), rng).hours() for _ in range(trials)])


class _Trial:
    """Counts the components that are down, and the hours with too many."""

    def __init__(self, environment, rng: random.Random) -> None:  # type: ignore[no-untyped-def]
        self._environment, self._rng = environment, rng
        self._down, self._since, self._hours = 0, 0.0, 0.0

    def hours(self) -> float:
        for _ in range(COMPONENTS):
            self._environment.process(self._component())
        self._environment.run(until=YEAR)
        if self._down > TOLERATED:
            self._hours += YEAR - self._since
        return self._hours

    def _component(self) -> Generator:
        environment, rng = self._environment, self._rng
        while True:
            yield environment.timeout(rng.expovariate(1 / YEAR))
            self._down += 1
            if self._down == TOLERATED + 1:
                self._since = environment.now
            yield environment.timeout(rng.expovariate(1 / MEAN_REPAIR))
            if self._down == TOLERATED + 1:
                self._hours += environment.now - self._since
            self._down -= 1
