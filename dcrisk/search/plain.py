"""Layouts of any kind, by ordinary simulation: some at a time, and some trials at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from dcrisk.compiler import compile_scenario
from dcrisk.intervals import Interval, bounded_mean_interval
from dcrisk.kernels.arrays import Outcomes
from dcrisk.kernels.records import BLOCK
from dcrisk.layouts import Layout
from dcrisk.outcomes import Wanted
from dcrisk.sampling import sample
from dcrisk.scenario import Scenario
from dcrisk.search.figures import Figures, exact_sum

MOST_VALUES = 1 << 22
"""Outcomes held at a time, of some layouts and some trials: 21 bytes each."""

LAYOUTS_AT_A_TIME = 64


class Run(NamedTuple):
    """The trials of a search."""

    scenario: Scenario
    trials: int
    seed: int
    horizon: float
    warmup: float
    threads: int | None

    def outcomes(self, layouts: Sequence[Layout]) -> Iterator[Outcomes]:
        """The outcomes of a few layouts, range by range of the trials."""
        compiled = compile_scenario(self.scenario, layouts, horizon=self.horizon, warmup=self.warmup)
        length = max(1, MOST_VALUES // (len(layouts) * BLOCK)) * BLOCK
        for first in range(0, self.trials, length):
            last = min(first + length, self.trials)
            yield sample(compiled, self.seed, first, last, Wanted(), threads=self.threads)

    def clipped(self, outcomes: Outcomes) -> npt.NDArray[np.float64]:
        """Downtimes; rounding may have carried one above a window that is no multiple of 2**-30 h."""
        downtime: npt.NDArray[np.float64] = np.minimum(outcomes.downtime, self.horizon)
        return downtime


def simulate_all(run: Run, layouts: Sequence[Layout]) -> Figures:
    """The figures of every layout."""
    hours: list[Fraction] = []
    any_outage, data_loss = [], []
    for first in range(0, len(layouts), LAYOUTS_AT_A_TIME):
        some = layouts[first : first + LAYOUTS_AT_A_TIME]
        sums = [Fraction(0)] * len(some)
        down, lost = np.zeros(len(some), np.int64), np.zeros(len(some), np.int64)
        for outcomes in run.outcomes(some):
            downtime = run.clipped(outcomes)
            sums = [total + exact_sum(x) for total, x in zip(sums, downtime, strict=True)]
            down += np.count_nonzero(downtime > 0.0, axis=1)
            lost += np.count_nonzero(outcomes.data_loss, axis=1)
        hours += sums
        any_outage.append(down)
        data_loss.append(lost)
    return Figures(hours, np.concatenate(any_outage), np.concatenate(data_loss))


def downtime_intervals(run: Run, layouts: Sequence[Layout], confidence: float) -> list[Interval]:
    """Intervals of the mean downtimes, the same as from `dcrisk.summary`; of the trials only downtimes are kept."""
    found = []
    at_a_time = min(LAYOUTS_AT_A_TIME, max(1, (8 * MOST_VALUES) // run.trials))
    for first in range(0, len(layouts), at_a_time):
        some = layouts[first : first + at_a_time]
        downtime = np.concatenate([run.clipped(outcomes) for outcomes in run.outcomes(some)], axis=1)
        found += [bounded_mean_interval(x, run.horizon, confidence) for x in downtime]
    return found
