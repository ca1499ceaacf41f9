"""The kernel without what surrounds it: time per event by the number of sites, and the cost of its random numbers."""

from __future__ import annotations

import math
import sys
import time
from pathlib import Path

import numpy as np
import problems
from numba import njit

from dcrisk.compiler import compile_scenario
from dcrisk.kernels.philox import uniforms_in_place
from dcrisk.outcomes import Wanted
from dcrisk.sampling import sample


def nanoseconds_by_sites(trials: int, repeats: int) -> dict[int, tuple[float, float]]:
    """Nanoseconds per sampled event, and seconds to compile the scenario, for ten sites to ten thousand."""
    counts = (10, 100, 1000, 10_000)
    found, compiled, per_trial = {}, {}, {}
    for sites in counts:
        scenario, layouts = problems.many_sites(sites)
        began = time.process_time()
        compiled[sites] = compile_scenario(scenario, layouts, horizon=problems.YEAR, warmup=0.0)
        found[sites] = math.inf, time.process_time() - began
        per_trial[sites] = problems.events_a_year(scenario)
        sample(compiled[sites], 0, 0, 1000, Wanted(), threads=1)
    for seed in range(1, repeats + 1):
        for sites in counts:  # in turns, so that whatever else the machine does strikes all alike
            began = time.process_time()
            sample(compiled[sites], seed, 0, trials, Wanted(), threads=1)
            nanoseconds = (time.process_time() - began) / (trials * per_trial[sites]) * 1e9
            found[sites] = min(found[sites][0], nanoseconds), found[sites][1]
    return found


@njit(nogil=True)
def _draw(key, events):
    """What an event of 8-of-10 needs: two Philox counters and one logarithm."""
    total = 0.0
    gaps, others = np.empty(16), np.empty((3, 16))
    for first in range(0, events, 16):
        for i in range(16):
            gaps[i], others[0, i] = uniforms_in_place(key, np.uint64(1), 0, first + i, 0)
            others[1, i], others[2, i] = uniforms_in_place(key, np.uint64(1), 0, first + i, 2)
        for i in range(16):
            total += others[0, i] + others[1, i] + others[2, i] - math.log(gaps[i])
    return total


def nanoseconds_of_draws(events: int, repeats: int) -> float:
    """Nanoseconds per event for its random numbers alone, in a bare loop over the same generator."""
    _draw(np.uint64(0), 16)
    best = math.inf
    for seed in range(1, repeats + 1):
        began = time.process_time()
        _draw(np.uint64(seed), events)
        best = min(best, (time.process_time() - began) / events * 1e9)
    return best


def draws_of_strasbourg(trials: int) -> tuple[float, float]:
    """Philox counters, and logarithms for gaps, that a trial consumes: counted by the reference twin, which draws nothing else."""
    sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
    from reference import draws, simulate

    used: set[tuple[int, ...]] = set()
    gaps = set()
    original = draws.philox

    def counting(key: int, counter: tuple[int, ...]) -> list[int]:
        used.add(tuple(int(word) for word in counter))
        if counter[0] == 0:
            gaps.add(tuple(int(word) for word in counter))
        return original(key, counter)

    draws.philox = counting
    try:
        simulate(*problems.strasbourg(), trials, 1, problems.YEAR)
    finally:
        draws.philox = original
    return len(used) / trials, len(gaps) / trials


@njit(nogil=True)
def _draw_one_by_one(key, counters):
    total = 0.0
    for i in range(counters):
        low, high = uniforms_in_place(key, np.uint64(1), 0, i, 0)
        total += low + high
    return total


@njit(nogil=True)
def _logarithms(count):
    total = 0.0
    for i in range(count):
        total -= math.log((i + 0.5) / count)
    return total


def nanoseconds_of(work, count: int, repeats: int) -> float:  # type: ignore[no-untyped-def]
    work()
    best = math.inf
    for _ in range(repeats):
        began = time.process_time()
        work()
        best = min(best, (time.process_time() - began) / count * 1e9)
    return best


def nanoseconds_of_strasbourg(trials: int, repeats: int) -> tuple[float, float]:
    """Nanoseconds a trial-year: of its random numbers alone, and of the kernel."""
    counters, gaps = draws_of_strasbourg(200)
    many = 2_000_000
    each = nanoseconds_of(lambda: _draw_one_by_one(np.uint64(1), many), many, repeats)
    log = nanoseconds_of(lambda: _logarithms(many), many, repeats)
    compiled = compile_scenario(*problems.strasbourg(), horizon=problems.YEAR, warmup=0.0)
    kernel = nanoseconds_of(lambda: sample(compiled, 1, 0, trials, Wanted(), threads=1), trials, repeats)
    return counters * each + gaps * log, kernel


def nanoseconds_of_eight_of_ten(trials: int, repeats: int) -> float:
    """Nanoseconds a sampled event in the kernel."""
    scenario, layouts = problems.eight_of_ten()
    compiled = compile_scenario(scenario, layouts, horizon=problems.YEAR, warmup=0.0)
    return (
        nanoseconds_of(lambda: sample(compiled, 1, 0, trials, Wanted(), threads=1), trials, repeats)
        / problems.COMPONENTS
    )
