"""8-of-10 in NumPy, three ways: each returns the hours down of every trial, from an all-up start, on one core.

``textbook`` is what one writes first: trials x components x failures, all changes of a trial sorted.
``sweep`` lays the trials end to end, as one list of failures in order of time, and sorts nothing but their ends.
``clusters`` is ``sweep`` for the few failures that can matter: no three overlap unless three stand in a row of
overlapping ones, and 3 failures in a thousand do.

On one core they did 0.25, 3.9 and 7.1 million trials a second (README.md has the conditions). Tried as well:
``textbook`` with the starts and the ends sorted apart and no argsort (0.67 million); batches that leave the second-level
cache (up to 45 % less); the generator SFC64 for PCG64 (the same).
"""

from __future__ import annotations

import numpy as np
from problems import COMPONENTS, MEAN_REPAIR, TOLERATED, YEAR

MOST_FAILURES = 10  # of one component in a year, in ``textbook``: 1 of 10**8 has more


def textbook(trials: int, rng: np.random.Generator) -> np.ndarray:
    """Sort the changes of each trial, count how many components are down after each, add up."""
    gaps = rng.standard_exponential((trials, COMPONENTS, MOST_FAILURES, 2)) * [YEAR, MEAN_REPAIR]
    times = np.cumsum(gaps.reshape(trials, COMPONENTS, -1), axis=2)
    times = np.minimum(times, YEAR, out=times).reshape(trials, -1)
    order = np.argsort(times, axis=1)
    change = np.tile(np.array([1, -1], np.int8), times.shape[1] // 2)
    down = np.cumsum(change[order], axis=1, dtype=np.int8)
    times = np.take_along_axis(times, order, axis=1)
    return np.sum(np.diff(times, axis=1) * (down[:, :-1] > TOLERATED), axis=1)


def sweep(trials: int, rng: np.random.Generator) -> np.ndarray:
    """All failures."""
    starts, ends = _failures(trials, rng)
    return _overlap(starts, ends, trials, rng)


def clusters(trials: int, rng: np.random.Generator) -> np.ndarray:
    """Only failures that stand in a row of at least three, each beginning before all before it have ended."""
    starts, ends = _failures(trials, rng)
    joined = np.maximum.accumulate(ends)[:-1] > starts[1:]
    first = np.flatnonzero(joined[:-1] & joined[1:])
    member = np.zeros(len(starts), np.bool_)
    for i in range(3):
        member[first + i] = True
    member = np.flatnonzero(member)
    return _overlap(starts[member], ends[member], trials, rng)


def _failures(trials: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Starts and ends of failures, the trials end to end: a Poisson process is a number of them, evenly strewn.

    Sums of exponential gaps, scaled to the length of the whole, are uniform numbers in order: nothing to sort.
    """
    number = int(rng.poisson(COMPONENTS * trials))
    clock = rng.standard_exponential(number + 1)
    np.cumsum(clock, out=clock)
    clock *= trials * YEAR / clock[-1]
    starts = clock[:-1]
    ends = rng.standard_exponential(number)
    ends *= MEAN_REPAIR
    ends += starts
    return starts, ends


def _overlap(starts: np.ndarray, ends: np.ndarray, trials: int, rng: np.random.Generator) -> np.ndarray:
    """Hours of each trial in which more than ``TOLERATED`` components are down.

    With starts S and ends E sorted apart, S(i) to E(i-k+1) summed over i counts each hour with n >= k down n-k+1
    times; the same for k + 1 taken off leaves each such hour once. Both lists have a trial's own at the same places.
    """
    trial = (starts * (1 / YEAR)).astype(np.int64)
    ends = np.minimum(ends, (trial + 1) * YEAR)
    kept = _renewals(starts, ends, rng.integers(0, COMPONENTS, len(starts), np.uint8))
    starts, ends, trial = starts[kept], np.sort(ends[kept]), trial[kept]
    k = TOLERATED + 1
    hours = np.maximum(ends[: -(k - 1)] - starts[k - 1 :], 0.0)
    hours[1:] -= np.maximum(ends[:-k] - starts[k:], 0.0)
    return np.bincount(trial[k - 1 :], weights=hours, minlength=trials)


def _renewals(starts: np.ndarray, ends: np.ndarray, component: np.ndarray) -> np.ndarray:
    """Which failures happen: a component that is down does not fail. With exponential gaps that is all it takes."""
    order = np.argsort(component, kind="stable")  # of bytes: a radix sort
    starts, ends, component = starts[order], ends[order], component[order]
    suspects = np.flatnonzero((ends[:-1] > starts[1:]) & (component[:-1] == component[1:])) + 1
    kept = np.ones(len(order), np.bool_)
    done = 0
    for i in suspects.tolist():  # few, and each hangs on the one before
        if i < done:
            continue
        down = i - 1
        done = i
        while done < len(order) and component[done] == component[down] and starts[done] < ends[down]:
            kept[order[done]] = False
            done += 1
        done += 1  # the next one happens
    return kept


# how many trials at a time stay in the cache of a core
KERNELS = {"textbook": (textbook, 200), "sweep": (sweep, 3000), "clusters": (clusters, 5000)}


def downtime(kernel: str, trials: int, seed: int) -> np.ndarray:
    """Hours down of each trial."""
    run, batch = KERNELS[kernel]
    rng = np.random.default_rng(seed)
    return np.concatenate([run(min(batch, trials - start), rng) for start in range(0, trials, batch)])
