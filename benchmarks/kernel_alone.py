"""The kernel without what surrounds it: time per event by the number of sites, and the cost of its random numbers."""

from __future__ import annotations

import math
import time

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
        began = time.perf_counter()
        compiled[sites] = compile_scenario(scenario, layouts, horizon=problems.YEAR, warmup=0.0)
        found[sites] = math.inf, time.perf_counter() - began
        per_trial[sites] = problems.events_a_year(scenario)
        sample(compiled[sites], 0, 0, 1000, Wanted(), threads=1)
    for seed in range(1, repeats + 1):
        for sites in counts:  # in turns, so that whatever else the machine does strikes all alike
            began = time.perf_counter()
            sample(compiled[sites], seed, 0, trials, Wanted(), threads=1)
            nanoseconds = (time.perf_counter() - began) / (trials * per_trial[sites]) * 1e9
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
        began = time.perf_counter()
        _draw(np.uint64(seed), events)
        best = min(best, (time.perf_counter() - began) / events * 1e9)
    return best
