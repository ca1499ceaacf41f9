"""Problems as SimPy processes: one for each component, one environment for each trial."""

from __future__ import annotations

import abc
import random
from collections.abc import Callable, Generator

import numpy as np
from problems import BURNT_HOURS, COMPONENTS, MEAN_REPAIR, TOLERATED, YEAR, CampusNumbers


def downtime(trials: int, seed: int) -> np.ndarray:
    """Hours down of each trial of 8-of-10. Raises ImportError when SimPy is not installed."""
    return _trials(_EightOfTen, trials, seed)


def campus_downtime(trials: int, seed: int) -> np.ndarray:
    """Hours down of each trial of the campus."""
    return _trials(_Campus, trials, seed)


def region_downtime(sites: int) -> Callable[[int, int], np.ndarray]:
    """Hours down of the first layout of `problems.many_sites`, with a process for every site and region."""
    return lambda trials, seed: _trials(lambda *with_what: _Regions(*with_what, sites), trials, seed)


def _trials(kind, trials: int, seed: int) -> np.ndarray:  # type: ignore[no-untyped-def]
    import simpy  # here, so that the rest runs without it

    rng = random.Random(seed)
    return np.array([kind(simpy.Environment(), rng).run() for _ in range(trials)])


class _Trial(abc.ABC):
    """Adds up the hours at which `is_down` says so; whoever changes something calls `changed`."""

    def __init__(self, environment, rng: random.Random) -> None:  # type: ignore[no-untyped-def]
        self.environment, self.rng = environment, rng
        self._down, self._since, self._hours = False, 0.0, 0.0

    @abc.abstractmethod
    def is_down(self) -> bool:
        """Whether the service is down now."""

    def changed(self) -> None:
        down, now = self.is_down(), self.environment.now
        if down and not self._down:
            self._since = now
        elif self._down and not down:
            self._hours += now - self._since
        self._down = down

    def run(self) -> float:
        self.environment.run(until=YEAR)
        return self._hours + (YEAR - self._since if self._down else 0.0)

    def repairable(self, change: Callable[[int], None], up: float, repair: float) -> Generator:
        """A component that is up and down by turns; ``change`` hears of both."""
        while True:
            yield self.environment.timeout(self.rng.expovariate(1 / up))
            change(1)
            yield self.environment.timeout(self.rng.expovariate(1 / repair))
            change(-1)


class _EightOfTen(_Trial):
    def __init__(self, environment, rng: random.Random) -> None:  # type: ignore[no-untyped-def]
        super().__init__(environment, rng)
        self._failed = 0
        for _ in range(COMPONENTS):
            environment.process(self.repairable(self._change, YEAR, MEAN_REPAIR))

    def _change(self, by: int) -> None:
        self._failed += by
        self.changed()

    def is_down(self) -> bool:
        return self._failed > TOLERATED


class _Regions(_Trial):
    def __init__(self, environment, rng: random.Random, sites: int) -> None:  # type: ignore[no-untyped-def]
        super().__init__(environment, rng)
        self._failed = [0] * sites
        self._dark = [0] * (sites // 10)
        for places, up, repair in ((self._failed, sites / COMPONENTS, MEAN_REPAIR), (self._dark, sites / 10, 4.0)):
            for i in range(len(places)):
                environment.process(self.repairable(self._changes(places, i), up * YEAR, repair))

    def _changes(self, places: list[int], i: int) -> Callable[[int], None]:
        def change(by: int) -> None:
            places[i] += by
            self.changed()

        return change

    def is_down(self) -> bool:
        return sum(self._failed[i] + self._dark[0] > 0 for i in (0, 3, 7)) > 1


class _Campus(_Trial):
    def __init__(self, environment, rng: random.Random) -> None:  # type: ignore[no-untyped-def]
        super().__init__(environment, rng)
        self._numbers = CampusNumbers()
        self._struck = [0] * self._numbers.buildings
        self._dark = 0
        environment.process(self._strikes(self._numbers.outages_a_year, lambda: self._be_dark()))
        for i in range(self._numbers.buildings):
            environment.process(self.repairable(self._changes(i), YEAR, MEAN_REPAIR))
            environment.process(self._strikes(self._numbers.fires_a_year, lambda i=i: self._burn(i, set())))

    def _strikes(self, a_year: float, what: Callable[[], Generator]) -> Generator:
        while True:
            yield self.environment.timeout(self.rng.expovariate(a_year / YEAR))
            self.environment.process(what())

    def _changes(self, i: int) -> Callable[[int], None]:
        def change(by: int) -> None:
            self._struck[i] += by
            self.changed()

        return change

    def _be_dark(self) -> Generator:
        self._dark += 1
        self.changed()
        yield self.environment.timeout(self.rng.expovariate(1 / self._numbers.outage_hours))
        self._dark -= 1
        self.changed()

    def _burn(self, i: int, burnt: set[int], delay: float = 0.0) -> Generator:
        if delay:
            yield self.environment.timeout(delay)
        if i in burnt:
            return
        burnt.add(i)
        self._changes(i)(1)
        for j in (i - 1, i + 1):
            if 0 <= j < self._numbers.buildings and self.rng.random() < self._numbers.spread:
                self.environment.process(self._burn(j, burnt, self._numbers.spread_hours))
        yield self.environment.timeout(BURNT_HOURS)
        self._changes(i)(-1)

    def is_down(self) -> bool:
        up = 0 if self._dark else sum(struck == 0 for struck in self._struck)
        return up < self._numbers.needed
