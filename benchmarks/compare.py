"""dcrisk beside what people would use instead, on the same problems, with equal answers checked: one command.

    python benchmarks/compare.py [--quick]

The contenders take turns, so that whatever else the machine does strikes all alike. A peer that is not installed is left
out, and a line says so. Exits with 1 if an answer is off by more than 5 standard errors, or if two threads give other
results than one.
"""

from __future__ import annotations

import argparse
import math
import os
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from importlib import metadata
from typing import NamedTuple

# before the imports that read them: NumPy has one core, and the kernels are compiled from the sources as they are now
os.environ.setdefault("OMP_NUM_THREADS", "1")
CACHE = tempfile.TemporaryDirectory()
os.environ["NUMBA_CACHE_DIR"] = CACHE.name

import kernel_alone  # noqa: E402
import memory  # noqa: E402
import numpy as np  # noqa: E402
import numpy_sweep  # noqa: E402
import peers  # noqa: E402
import problems  # noqa: E402
import rare  # noqa: E402
import simpy_process  # noqa: E402
import startup  # noqa: E402
from peers import Mean  # noqa: E402

import dcrisk  # noqa: E402

MODULES = {"SimPy": "simpy", "repyability": "repyability", "AvailSim4": "availsim4core"}
PACKAGES = ("numpy", "numba", "scipy", "xarray", "simpy", "repyability", "availsim4")
Answer = np.ndarray | Mean  # hours down of each trial, or what a peer says of them all


class Contender(NamedTuple):
    name: str
    trials: int
    run: Callable[[int, int], Answer]  # trials, seed


class Match(NamedTuple):
    """Contenders that do the same work; the first is dcrisk on one thread."""

    problem: str
    contenders: list[Contender]
    exact: float | None  # hours a year
    events: float  # sampled in a trial


def with_dcrisk(problem: problems.Problem, threads: int = 1) -> Callable[[int, int], Answer]:
    """Hours of the first layout."""
    return lambda trials, seed: dcrisk.simulate(
        *problem, trials, seed=seed, threads=threads, progress=False
    ).downtime.values[0]


def exact_hours(problem: problems.Problem) -> float:
    return float(1.0 - dcrisk.expected_availability(*problem).availability[0]) * problems.YEAR


def matches(share: int) -> Iterable[Match]:
    """Trials are such that a turn takes a fifth of a second to one and a half."""
    ten = problems.eight_of_ten()
    contenders = [
        Contender("dcrisk", 2_000_000 // share, with_dcrisk(ten)),
        Contender("dcrisk, 2 threads", 2_000_000 // share, with_dcrisk(ten, 2)),
        Contender("NumPy, textbook", 100_000 // share, lambda n, seed: numpy_sweep.downtime("textbook", n, seed)),
        Contender("NumPy, sweep", 1_000_000 // share, lambda n, seed: numpy_sweep.downtime("sweep", n, seed)),
        Contender("NumPy, clusters", 2_000_000 // share, lambda n, seed: numpy_sweep.downtime("clusters", n, seed)),
        Contender("SimPy", 5_000, simpy_process.downtime),
    ]
    if not peers.missing("repyability"):
        contenders.append(Contender("repyability, numba", 100_000 // share, peers.repyability_eight_of_ten().simulate))
    contenders.append(Contender("AvailSim4", 300, peers.availsim4_eight_of_ten))
    yield Match("8-of-10", contenders, problems.downtime_of_eight_of_ten(), problems.events_a_year(ten[0]))

    campus = problems.campus()
    yield Match(
        "campus",
        [
            Contender("dcrisk", 1_000_000 // share, with_dcrisk(campus)),
            Contender("dcrisk, 2 threads", 1_000_000 // share, with_dcrisk(campus, 2)),
            Contender("SimPy", 5_000, simpy_process.campus_downtime),
        ],
        None,
        problems.events_a_year(campus[0]),
    )
    for sites in (100, 1000, 10_000):
        many = problems.many_sites(sites)
        contenders = [
            Contender("dcrisk", 500_000 // share, with_dcrisk(many)),
            Contender("dcrisk, 2 threads", 500_000 // share, with_dcrisk(many, 2)),
            Contender("SimPy", max(2, 50_000 // sites), simpy_process.region_downtime(sites)),
        ]
        if not peers.missing("repyability"):
            contenders.append(
                Contender("repyability, numba", 100_000 // share, peers.repyability_region(sites).simulate)
            )
        exact = exact_hours((many[0], many[1][:1]))
        yield Match(f"{sites:,} sites", contenders, exact, problems.events_a_year(many[0]))

    campus = problems.strasbourg()
    yield Match(
        "Strasbourg",
        [
            Contender("dcrisk", 300_000 // share, with_dcrisk(campus)),
            Contender("dcrisk, 2 threads", 300_000 // share, with_dcrisk(campus, 2)),
        ],
        None,
        problems.events_a_year(campus[0]),
    )


class Turns(NamedTuple):
    """Seconds of each turn. A contender with one thread is judged by its processor time, which hangs less on what else the
    machine does; one with two by the clock."""

    processor: list[float]
    wall: list[float]
    answers: list[Answer]


def take_turns(match: Match, rounds: int) -> dict[str, Turns]:
    """Every contender once, ``rounds`` times over, after a turn that does not count (it compiles)."""
    turns = {c.name: Turns([], [], []) for c in match.contenders}
    for c in match.contenders:
        c.run(min(c.trials, 1000), 0)
    for seed in range(1, rounds + 1):
        for c in match.contenders:
            began, processor = time.perf_counter(), time.process_time()
            answer = c.run(c.trials, seed)
            wall = time.perf_counter() - began
            turns[c.name].processor.append(time.process_time() - processor)
            turns[c.name].wall.append(wall)
            turns[c.name].answers.append(answer)
    return turns


def mean_of(answers: list[Answer], trials: int, spread: float) -> Mean:
    """Over all turns. ``spread`` is the standard deviation of one trial: for a peer that tells no standard error, and for
    one that has played so few trials that it has hardly seen the service down."""
    if isinstance(answers[0], Mean):
        each = [a for a in answers if isinstance(a, Mean)]
        errors = [spread / math.sqrt(trials) if a.error is None else a.error for a in each]
        return Mean(float(np.mean([a.hours for a in each])), float(np.sqrt(np.sum(np.square(errors)))) / len(each))
    hours = np.concatenate([np.ravel(a) for a in answers])
    return Mean(float(hours.mean()), max(float(hours.std()), spread) / math.sqrt(len(hours)))


class Outcome(NamedTuple):
    """What the targets are about."""

    ratios: dict[tuple[str, str], float]  # (problem, contender): how many times as fast dcrisk on one thread is
    work: dict[str, float]  # problem: processor time of two threads over that of one


def match_table(match: Match, turns: dict[str, Turns], outcome: Outcome, wrong: list[str]) -> Iterable[str]:
    """Rates of the fastest turn, the median ratio within a round, and the answers."""
    exact = "" if match.exact is None else f", exact {match.exact:.6g} h a year"
    yield (
        f"| {match.problem}{exact} | million trial-years/s | ns per event | dcrisk is | mean, h | standard error | off by |"
    )
    yield "| --- | ---: | ---: | ---: | ---: | ---: | ---: |"
    first = match.contenders[0]
    one, two = turns[first.name], turns["dcrisk, 2 threads"]
    outcome.work[match.problem] = min(two.processor) / min(one.processor)
    ours = np.concatenate([np.ravel(a) for a in turns[first.name].answers])
    reference = Mean(match.exact, 0.0) if match.exact is not None else mean_of(turns[first.name].answers, 1, 0.0)
    for c in match.contenders:
        seconds, ours_in_it = (
            (turns[c.name].wall, one.wall) if c.name.endswith("threads") else (turns[c.name].processor, one.processor)
        )
        mine = [s / c.trials for s in seconds]
        ratio = statistics.median(a / (b / first.trials) for a, b in zip(mine, ours_in_it, strict=True))
        outcome.ratios[match.problem, c.name] = ratio
        compared = "" if c is first else f"{ratio:.3g} times as fast"
        mean = mean_of(turns[c.name].answers, c.trials, float(ours.std()))
        error = math.hypot(mean.error or 0.0, reference.error or 0.0)
        off = (mean.hours - reference.hours) / error if error > 0.0 else 0.0
        if not abs(off) <= 5:
            wrong.append(f"{match.problem}: {c.name} is {off:.1f} standard errors off")
        same = c is first and match.exact is None
        numbers = f"{mean.hours:.6g} | {mean.error:.2g} | " + ("" if same else f"{off:+.1f}")
        yield (f"| {c.name} | {1e-6 / min(mine):.4g} | {1e9 * min(mine) / match.events:.1f} | {compared} | {numbers} |")
    pairs = zip(one.answers, two.answers, strict=True)
    if not all(np.array_equal(a, b) for a, b in pairs):
        wrong.append(f"{match.problem}: two threads give other results than one")


def startup_table(times: dict[str, float]) -> Iterable[str]:
    yield "| a new process | seconds |"
    yield "| --- | ---: |"
    for name, seconds in times.items():
        yield f"| {name} | {seconds:.3f} |"


class Kernel(NamedTuple):
    draws: float
    ten: float
    strasbourg_draws: float
    strasbourg: float
    by_sites: dict[int, tuple[float, float]]


def measure_kernel(share: int, repeats: int) -> Kernel:
    strasbourg_draws, strasbourg = kernel_alone.nanoseconds_of_strasbourg(200_000 // share, repeats)
    return Kernel(
        kernel_alone.nanoseconds_of_draws(16_000_000 // share, repeats),
        kernel_alone.nanoseconds_of_eight_of_ten(2_000_000 // share, repeats),
        strasbourg_draws,
        strasbourg,
        kernel_alone.nanoseconds_by_sites(500_000 // share, repeats),
    )


def kernel_table(found: Kernel) -> Iterable[str]:
    """What the kernel itself takes, without laying out the scenario and the results."""
    yield "| the kernel on one core | ns | of its random numbers alone | times |"
    yield "| --- | ---: | ---: | ---: |"
    yield f"| 8-of-10, a sampled event | {found.ten:.1f} | {found.draws:.1f} | {found.ten / found.draws:.2f} |"
    times = found.strasbourg / found.strasbourg_draws
    yield f"| Strasbourg, a trial-year | {found.strasbourg:.0f} | {found.strasbourg_draws:.0f} | {times:.2f} |"
    for sites, (nanoseconds, seconds) in found.by_sites.items():
        yield f"| {sites:,} sites, a sampled event; laid out in {seconds:.3f} s | {nanoseconds:.1f} |  |  |"


class Fires(NamedTuple):
    layout: str
    rate: float  # trial-years a second


def measure_fires(repeats: int, trials: int) -> list[Fires]:
    """Trial-years a second through `estimate`, on one core."""
    found = []
    for replicas, name in ((2, "two of them run the service"), (1, "one of them runs the service")):
        problem = problems.ten_fires(replicas)
        best = 0.0
        for seed in range(repeats + 1):
            most = trials if seed else 1000
            began = time.process_time()
            result = dcrisk.estimate(
                *problem,
                "any_outage",
                method="crude",
                precision=1e-4,
                max_trials=most,
                threads=1,
                seed=seed,
                progress=False,
            )
            if seed:
                best = max(best, result.attrs["trials_played"] / (time.process_time() - began))
        found.append(Fires(name, best))
    return found


def fires_table(found: list[Fires]) -> Iterable[str]:
    yield "| ten buildings, a fire in 1,000 years each, by `estimate` | million trial-years/s |"
    yield "| --- | ---: |"
    for one in found:
        yield f"| {one.layout} | {1e-6 * one.rate:,.0f} |"


def rare_table(wrong: list[str]) -> Iterable[str]:
    """Two copies burnt within a day: by strata, and by crude trials as far as a minute takes them."""
    exact = rare.chance_of_burning(2, 24.0)
    problem = rare.burnt(2, 24.0, exact)
    yield f"| rare: both copies burnt within 24 h, exact {exact:.4g} a year | answer | 95 % interval | seconds |"
    yield "| --- | ---: | ---: | ---: |"
    for method, precision in (("auto", 0.02), ("crude", 0.02)):
        found = dcrisk.estimate(
            problem.scenario,
            [problem.layout],
            "data_loss",
            method=method,
            precision=precision,
            max_trials=3e8,
            max_seconds=20.0,
            threads=1,
            seed=1,
            progress=False,
        )
        low, high = float(found.risk_low[0]), float(found.risk_high[0])
        yield f"| {method} | {float(found.risk[0]):.4g} | {low:.3g} to {high:.3g} | {found.attrs['seconds']:.1f} |"
        if not low * 0.9 <= exact <= high * 1.1:
            wrong.append(f"rare event, {method}: {exact:g} is not from {low:g} to {high:g}")


def search_seconds(trials: int) -> float:
    """4,060 layouts on two threads."""
    scenario, names = problems.thirty_sites()
    run = {"replicas": 3, "quorum": 2, "seed": 1, "threads": 2, "progress": False, "intervals": "none"}
    dcrisk.search_layouts(scenario, names, trials=1000, **run)
    began = time.perf_counter()
    dcrisk.search_layouts(scenario, names, trials=trials, **run)
    return time.perf_counter() - began


def targets_table(
    outcome: Outcome, kernel: Kernel, fires: list[Fires], search: float, trials: int, peak: tuple[int, int]
) -> Iterable[str]:
    def row(target: str, value: float, limit: float, at_least: bool, said: str) -> str:
        met = value >= limit if at_least else value <= limit
        return f"| {target} | {said} | {'met' if met else 'not met'} |"

    yield "| target | measured | |"
    yield "| --- | --- | --- |"
    for name, least in (
        ("NumPy, textbook", 30),
        ("NumPy, sweep", 30),
        ("SimPy", 100),
        ("repyability, numba", 12),
    ):
        if ("8-of-10", name) in outcome.ratios:
            ratio = outcome.ratios["8-of-10", name]
            yield row(f"8-of-10 at least {least} times {name}", ratio, least, True, f"{ratio:.3g}")
    ten, campus = kernel.ten / kernel.draws, kernel.strasbourg / kernel.strasbourg_draws
    yield row("8-of-10 at most 2 times its random numbers", ten, 2.0, False, f"{ten:.2f}")
    yield row("Strasbourg at most 3 times its random numbers", campus, 3.0, False, f"{campus:.2f}")
    for one in fires:
        yield row(f"only fires, {one.layout}: 1e9 trial-years/s", one.rate, 1e9, True, f"{one.rate:.2g}")
    times = [nanoseconds for nanoseconds, _ in kernel.by_sites.values()]
    grows = max(b / min(times[: i + 1]) for i, b in enumerate(times))  # that it falls is no fault
    said = f"{times[0]:.0f} to {times[-1]:.0f} ns, growth {grows:.2f}"
    yield row("time per event grows at most 1.5 times from 10 to 10,000 sites", grows, 1.5, False, said)
    for problem in ("8-of-10", "Strasbourg"):
        threads = 1.0 / outcome.ratios[problem, "dcrisk, 2 threads"]
        said = f"{threads:.2f}, with {outcome.work[problem]:.2f} times the processor time"
        yield row(f"two threads at least 1.8 times one, {problem}", threads, 1.8, True, said)
    yield row(f"4,060 layouts on {trials:,} years in less than 5 s", search, 5.0, False, f"{search:.2f} s")
    memory_ratio = peak[0] / peak[1]
    said = f"{memory_ratio:.2f} ({peak[0] / 2**20:,.0f} of {peak[1] / 2**20:,.0f} MiB)"
    yield row("peak memory at most 1.3 times the result arrays", memory_ratio, 1.3, False, said)


def conditions() -> str:
    installed = {d.metadata["Name"].lower(): d.version for d in metadata.distributions()}
    versions = ", ".join(f"{name} {installed[name]}" for name in PACKAGES if name in installed)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    system = f"{platform.system()} {platform.machine()}, {cores} cores"
    load = f", load {os.getloadavg()[0]:.1f} at the start" if hasattr(os, "getloadavg") else ""
    return f"dcrisk {dcrisk.__version__}, Python {platform.python_version()}, {versions}; {system}{load}."


def show(table: Iterable[str]) -> None:
    print("\n".join(table) + "\n", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a tenth of the trials, 3 rounds instead of 5")
    quick = parser.parse_args().quick
    rounds, share = (3, 10) if quick else (5, 1)
    wrong: list[str] = []
    print(conditions() + "\n")
    absent = [name for name, module in MODULES.items() if peers.missing(module)]
    if absent:
        print(f"Not installed, so left out: {', '.join(absent)}.\n")
    show(startup_table(startup.measure(rounds, CACHE.name)))  # first, while nothing is compiled
    outcome = Outcome({}, {})
    for match in matches(share):
        there = [c for c in match.contenders if c.name.split(",")[0] not in absent]
        match = match._replace(contenders=there)
        show(match_table(match, take_turns(match, rounds), outcome, wrong))
    kernel = measure_kernel(share, rounds)
    show(kernel_table(kernel))
    fires = measure_fires(rounds, 1_000_000_000 // share)
    show(fires_table(fires))
    show(rare_table(wrong))
    search = search_seconds(1_000_000 // share)
    peak = memory.measure(10_000_000 // share)
    show(targets_table(outcome, kernel, fires, search, 1_000_000 // share, peak))
    for line in wrong:
        print(f"WRONG: {line}", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
