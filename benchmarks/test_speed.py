"""Speed, for pytest-benchmark to keep and compare: ``python -m pytest benchmarks``. No timing is asserted.

Each benchmark notes trial-years a second and, for dcrisk, nanoseconds for each sampled event, both of its fastest round.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy_sweep
import problems
import pytest

import dcrisk

PROBLEMS = {"8-of-10": (problems.eight_of_ten, 200_000), "strasbourg": (problems.strasbourg, 50_000)}


@pytest.mark.parametrize("name", PROBLEMS)
def test_dcrisk(benchmark, name: str) -> None:  # type: ignore[no-untyped-def]
    build, trials = PROBLEMS[name]
    scenario, layouts = build()

    def run() -> object:
        return dcrisk.simulate(scenario, layouts, trials, seed=1, threads=1, progress=False)

    seconds = _time(benchmark, run, trials)
    benchmark.extra_info["ns_per_sampled_event"] = 1e9 * seconds / (trials * problems.events_a_year(scenario))


@pytest.mark.parametrize(("kernel", "trials"), [("textbook", 20_000), ("sweep", 200_000), ("clusters", 200_000)])
def test_numpy(benchmark, kernel: str, trials: int) -> None:  # type: ignore[no-untyped-def]
    _time(benchmark, lambda: numpy_sweep.downtime(kernel, trials, seed=1), trials)


def _time(benchmark, run: Callable[[], object], trials: int) -> float:  # type: ignore[no-untyped-def]
    """Seconds of the fastest of five rounds; the round before them compiles."""
    benchmark.pedantic(run, rounds=5, warmup_rounds=1)
    if benchmark.disabled:  # --benchmark-disable: it ran, and was not timed
        return math.nan
    seconds = float(benchmark.stats.stats.min)
    benchmark.extra_info["trial_years_per_second"] = trials / seconds
    return seconds
