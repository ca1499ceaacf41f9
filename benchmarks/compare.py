"""dcrisk beside NumPy and SimPy on 8-of-10, its speed on Strasbourg, and what a new process pays: one command.

    python benchmarks/compare.py [--quick]

The contenders take turns, so that whatever else the machine does strikes all alike. Exits with 1 if an answer differs
from the exact one by more than 5 standard errors, or if two threads give other results than one.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from importlib import metadata, util
from typing import NamedTuple

# before the imports that read them: NumPy has one core, and the kernels are compiled from the sources as they are now
os.environ.setdefault("OMP_NUM_THREADS", "1")
CACHE = tempfile.TemporaryDirectory()
os.environ["NUMBA_CACHE_DIR"] = CACHE.name

import kernel_alone  # noqa: E402
import numpy as np  # noqa: E402
import numpy_sweep  # noqa: E402
import problems  # noqa: E402
import simpy_process  # noqa: E402
import startup  # noqa: E402

import dcrisk  # noqa: E402


class Contender(NamedTuple):
    name: str
    trials: int
    run: Callable[[int, int], np.ndarray]  # trials, seed -> hours down of each
    exact: bool  # an exact answer is known
    events: float  # sampled in a trial


def contenders(quick: bool) -> list[Contender]:
    """Trials are such that a turn takes a fifth of a second to one and a half."""
    share = 10 if quick else 1

    def with_dcrisk(problem: problems.Problem, threads: int) -> Callable[[int, int], np.ndarray]:
        return lambda trials, seed: (
            dcrisk.simulate(*problem, trials, seed=seed, threads=threads, progress=False).downtime.values
        )

    def with_numpy(kernel: str) -> Callable[[int, int], np.ndarray]:
        return lambda trials, seed: numpy_sweep.downtime(kernel, trials, seed)

    k_of_n, campus = problems.eight_of_ten(), problems.strasbourg()
    events, campus_events = problems.events_a_year(k_of_n[0]), problems.events_a_year(campus[0])
    found = [
        Contender("dcrisk, 1 thread", 2_000_000 // share, with_dcrisk(k_of_n, 1), True, events),
        Contender("dcrisk, 2 threads", 2_000_000 // share, with_dcrisk(k_of_n, 2), True, events),
        Contender("NumPy, textbook", 100_000 // share, with_numpy("textbook"), True, events),
        Contender("NumPy, sweep", 1_000_000 // share, with_numpy("sweep"), True, events),
        Contender("NumPy, clusters", 2_000_000 // share, with_numpy("clusters"), True, events),
        Contender("Strasbourg, 1 thread", 300_000 // share, with_dcrisk(campus, 1), False, campus_events),
        Contender("Strasbourg, 2 threads", 300_000 // share, with_dcrisk(campus, 2), False, campus_events),
    ]
    if util.find_spec("simpy") is not None:
        found.insert(5, Contender("SimPy", 5_000, simpy_process.downtime, True, events))
    return found


class Result(NamedTuple):
    seconds: list[float]  # for each turn
    hours: list[np.ndarray]  # down, of each turn


def take_turns(all_of_them: list[Contender], rounds: int) -> dict[str, Result]:
    """Every contender once, ``rounds`` times over, after a turn that does not count (it compiles)."""
    results = {c.name: Result([], []) for c in all_of_them}
    for c in all_of_them:
        c.run(1000, 0)
    for seed in range(1, rounds + 1):
        for c in all_of_them:
            began = time.perf_counter()
            hours = c.run(c.trials, seed)
            results[c.name].seconds.append(time.perf_counter() - began)
            results[c.name].hours.append(hours)
    return results


def speed_table(all_of_them: list[Contender], results: dict[str, Result]) -> Iterable[str]:
    """Rates of the fastest and of the median turn; the ratio is the median of those within one round."""
    yield "| | million trial-years/s, best | median | ns per sampled event, best | dcrisk, 1 thread is |"
    yield "| --- | ---: | ---: | ---: | ---: |"
    first = all_of_them[0]
    per_trial = {c.name: [s / c.trials for s in results[c.name].seconds] for c in all_of_them}
    for c in all_of_them:
        mine = per_trial[c.name]
        ratio = statistics.median(a / b for a, b in zip(mine, per_trial[first.name], strict=True))
        compared = f"{ratio:.2f} times as fast" if c.exact and c is not first else ""
        best, middle = min(mine), statistics.median(mine)
        yield (f"| {c.name} | {1e-6 / best:.3f} | {1e-6 / middle:.3f} | {1e9 * best / c.events:.1f} | {compared} |")


def answer_table(all_of_them: list[Contender], results: dict[str, Result], wrong: list[str]) -> Iterable[str]:
    """Mean hours down beside the exact ones; the names of those that disagree go to ``wrong``."""
    exact = problems.downtime_of_eight_of_ten()
    yield f"| 8-of-10, exact {exact:.6f} h a year | mean | standard error | off by, in standard errors |"
    yield "| --- | ---: | ---: | ---: |"
    for c in all_of_them:
        if c.exact:
            hours = np.concatenate([turn.ravel() for turn in results[c.name].hours])
            error = hours.std() / np.sqrt(len(hours))
            off = (hours.mean() - exact) / error
            if not abs(off) <= 5:
                wrong.append(f"{c.name} is {off:.1f} standard errors off")
            yield f"| {c.name} | {hours.mean():.6f} | {error:.6f} | {off:+.1f} |"
    for one, two in (("dcrisk, 1 thread", "dcrisk, 2 threads"), ("Strasbourg, 1 thread", "Strasbourg, 2 threads")):
        pairs = zip(results[one].hours, results[two].hours, strict=True)
        if not all(np.array_equal(a, b) for a, b in pairs):
            wrong.append(f"{one} and {two} differ")


def startup_table(repeats: int) -> Iterable[str]:
    yield "| a new process | seconds |"
    yield "| --- | ---: |"
    for name, seconds in startup.measure(repeats, CACHE.name).items():
        yield f"| {name} | {seconds:.3f} |"


def kernel_table(quick: bool, repeats: int) -> Iterable[str]:
    """What the kernel itself takes, without laying out the scenario and the results."""
    share = 10 if quick else 1
    yield "| the kernel on one core | ns per sampled event | scenario laid out in, s |"
    yield "| --- | ---: | ---: |"
    yield f"| random numbers of 8-of-10 alone | {kernel_alone.nanoseconds_of_draws(16_000_000 // share, repeats):.1f} |  |"
    for sites, (nanoseconds, seconds) in kernel_alone.nanoseconds_by_sites(500_000 // share, repeats).items():
        yield f"| {sites:,} sites | {nanoseconds:.1f} | {seconds:.3f} |"


def conditions() -> str:
    packages = [name for name in ("numpy", "numba", "scipy", "xarray", "simpy") if util.find_spec(name)]
    versions = ", ".join(f"{name} {metadata.version(name)}" for name in packages)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    system = f"{platform.system()} {platform.machine()}, {cores} cores"
    return f"dcrisk {dcrisk.__version__}, Python {platform.python_version()}, {versions}; {system}."


def show(table: Iterable[str]) -> None:
    print("\n".join(table) + "\n", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a tenth of the trials, 3 rounds instead of 7")
    quick = parser.parse_args().quick
    rounds = 3 if quick else 7
    wrong: list[str] = []
    print(conditions() + "\n")
    show(startup_table(rounds))  # first, while nothing is compiled
    those = contenders(quick)
    results = take_turns(those, rounds)
    show(speed_table(those, results))
    show(answer_table(those, results, wrong))
    show(kernel_table(quick, rounds))
    for line in wrong:
        print(f"WRONG: {line}", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
