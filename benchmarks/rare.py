"""Rare events: by how much `estimate` shortens the wait for an answer, against crude Monte Carlo.

``python benchmarks/rare.py`` prints the tables (three minutes); ``--quick``: rougher answers and fewer problems.

The measure is variance times time: the squared relative standard error of an estimate times the seconds that its
sampling took. It does not depend on how long one samples, and the factor is that of crude Monte Carlo over that of the
method. Seconds are processor seconds of one thread. The pilot is not in the factor; it is in a column of its own.
"""

from __future__ import annotations

import argparse
import itertools
import math
import time
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import problems
from scipy import integrate

import dcrisk
from dcrisk.compiler import compile_scenario
from dcrisk.rare.diagnosis import FEWEST_EFFECTIVE_HITS
from dcrisk.rare.quantities import check_quantity
from dcrisk.rare.run import Aim, Run, events_of
from dcrisk.rare.sums import Adder, Job
from dcrisk.spread import Threads

YEAR = problems.YEAR
ENOUGH_HITS = 400.0
"""Of crude Monte Carlo, to take its variance from what it has seen."""


class Problem(NamedTuple):
    """What is asked, and the exact answer if there is one."""

    name: str
    scenario: dcrisk.Scenario
    layout: dcrisk.Layout
    quantity: str
    exact: float | None


class Crude(NamedTuple):
    """Of one trial: its relative variance times its seconds, and whether that was seen or follows from the answer."""

    work: float
    seen: bool


class Sampled(NamedTuple):
    """What a method has found, and what that took."""

    value: float
    low: float
    high: float
    relative_variance: float
    pilot_seconds: float
    seconds: float
    effective_hits: float
    trials: int
    words: str

    def off(self, exact: float) -> str:
        """By how many standard errors it differs from the exact answer."""
        if self.value == 0.0:
            return "nothing seen"
        return f"{(self.value / exact - 1.0) / math.sqrt(self.relative_variance):+.1f}"

    def factor(self, crude: Crude) -> str:
        """Of variance times time; nothing where hits are so few that their variance says nothing."""
        if self.effective_hits < FEWEST_EFFECTIVE_HITS:
            return "?"
        return of_digits(crude.work / (self.relative_variance * self.seconds))


# ------------------------------------------------------------ problems


def burnt(sites: int, hours: float, exact: float) -> Problem:
    """Sites far from each other, each with a copy; a lost copy is made anew after some hours."""
    names = [f"site {i}" for i in range(sites)]
    fire = dcrisk.Fire(
        "fire",
        dict.fromkeys(names, 1e-3),
        contained=0.9,
        destroyed=0.5,
        durations={"interrupted": 12.0, "damaged": 1000.0, "destroyed": YEAR},
    )
    scenario = dcrisk.Scenario([dcrisk.Site(name) for name in names], [fire])
    layout = dcrisk.Layout("copies", replicas=names, copies=names, rereplication=hours)
    return Problem(f"all {sites} copies burnt within {hours:g} h", scenario, layout, "data_loss", exact)


def chance_of_burning(sites: int, hours: float) -> float:
    """That all sites are destroyed in one year, the last less than so many hours after the first.

    A site that lies destroyed for a year is not destroyed again in it. So each has one time at most, exponential with
    the rate of fires that destroy. One of the sites is the first, at s, and all others follow soon:
    n * integral of a exp(-n a s) (1 - exp(-a min(hours, year - s)))^(n - 1) over s.
    """
    a = 1e-3 * (1.0 - 0.9) * 0.5 / YEAR

    def first_at(s: float) -> float:
        soon = -math.expm1(-a * min(hours, YEAR - s))
        return sites * a * math.exp(-sites * a * s) * soon ** (sites - 1)

    return sum(integrate.quad(first_at, *piece, epsabs=0.0)[0] for piece in ((0.0, YEAR - hours), (YEAR - hours, YEAR)))


def any_of_three() -> Problem:
    """Three sites of which one is enough."""
    names = [f"site {i}" for i in range(3)]
    scenario = dcrisk.Scenario([dcrisk.Site(name) for name in names], [dcrisk.Failure("equipment", 0.1, 8.0, names)])
    return _solved("1 of 3, 8 h once in ten years", scenario, dcrisk.Layout("any", replicas=names, quorum=1))


def eight_of_ten() -> Problem:
    """Ten sites that fail once a year."""
    scenario, (layout,) = problems.eight_of_ten()
    return _solved("8 of 10", scenario, layout)


def _solved(name: str, scenario: dcrisk.Scenario, layout: dcrisk.Layout) -> Problem:
    exact = float(dcrisk.expected_availability(scenario, [layout]).unavailability[0])
    return Problem(f"{name}: unavailability", scenario, layout, "downtime", exact)


Link = tuple[int, int]


def random_network(nodes: int, links: int, seed: int) -> list[Link]:
    """A random tree and random links besides."""
    random = np.random.default_rng(seed)
    chosen = {(int(random.integers(b)), b) for b in range(1, nodes)}
    others = [pair for pair in itertools.combinations(range(nodes), 2) if pair not in chosen]
    more = random.choice(len(others), links - len(chosen), replace=False)
    return sorted(chosen | {others[int(i)] for i in more})


def simple_paths(network: list[Link], first: int, last: int) -> Iterator[list[Link]]:
    """Every way between two nodes that meets none twice: the minimal paths."""
    waiting: list[tuple[int, list[Link], frozenset[int]]] = [(first, [], frozenset([first]))]
    while waiting:
        at, path, seen = waiting.pop()
        if at == last:
            yield path
            continue
        for link in network:
            if at in link and (there := sum(link) - at) not in seen:
                waiting.append((there, [*path, link], seen | {there}))


NETWORK_SEED = 6


def network(q: float) -> Problem:
    """Twenty nodes, thirty links that are down with probability q: whether two nodes are cut off from each other."""
    links = random_network(20, 30, NETWORK_SEED)
    names = {link: f"link {link[0]}-{link[1]}" for link in links}
    ways = [dcrisk.all_of(*(names[link] for link in path)) for path in simple_paths(links, 0, 19)]
    layout = dcrisk.Layout("connected", up=dcrisk.any_of(*ways))
    sites = [dcrisk.Site(name) for name in names.values()]
    for_ever = dcrisk.Failure("link", -math.log1p(-q), 100.0 * YEAR, list(names.values()))
    in_the_long_run = dcrisk.Failure("link", q / (1.0 - q) * YEAR / 24.0, 24.0, list(names.values()))
    solved = dcrisk.expected_availability(dcrisk.Scenario(sites, [in_the_long_run]), [layout], stationary=True)
    exact = float(solved.unavailability[0])
    return Problem(f"network, links down with {q:g}", dcrisk.Scenario(sites, [for_ever]), layout, "any_outage", exact)


def strasbourg(name: str) -> Problem:
    """Loss of data in the shipped scenario; nobody knows the exact answer."""
    scenario, layouts = problems.strasbourg()
    (layout,) = (layout for layout in layouts if layout.name == name)
    return Problem(f"Strasbourg, {name}: data loss", scenario, layout, "data_loss", None)


def all_problems(quick: bool) -> Iterator[Problem]:
    """From known to unknown."""
    yield burnt(2, 24.0, chance_of_burning(2, 24.0))
    yield burnt(3, 720.0, chance_of_burning(3, 720.0))
    yield eight_of_ten()
    yield any_of_three()
    for q in (1e-1, 1e-3) if quick else (1e-1, 1e-2, 1e-3, 1e-4):
        yield network(q)
    yield strasbourg("SBG2, backup in SBG1")
    if not quick:
        yield strasbourg("SBG2, copy at Roubaix, 3 d")
    yield strasbourg("Roubaix or Gravelines")


# ------------------------------------------------------------ measuring


def sample(problem: Problem, method: str, quantity: str, precision: float, most_trials: int, seed: int) -> Sampled:
    """A pilot and a run, each with its processor seconds. A run that has too few trials has too few in all strata."""
    compiled = compile_scenario(problem.scenario, [problem.layout], horizon=YEAR, warmup=0.0)
    asked = check_quantity(quantity, None, [problem.layout], compiled, YEAR)

    def aimed(trials: int) -> Run:
        return Run(compiled, asked, Aim(precision, 0.95, trials, math.inf), seed, 1, False)

    began = time.process_time()
    design = aimed(10**9).design_rare(stratified=method == "stratified")
    piloted = time.process_time()
    found = aimed(design.pilot_trials + most_trials).sample(design)
    ended = time.process_time()
    value, low, high = (float(x[0]) for x in (found.verdict.value, found.verdict.low, found.verdict.high))
    return Sampled(
        value * asked.scale,
        low * asked.scale,
        high * asked.scale,
        float(found.verdict.variance[0]) / value**2 if value else math.inf,
        piloted - began,
        ended - piloted,
        float(found.diagnosis.effective_hits[0]),
        sum(part.sums.trials for part in found.parts),
        found.diagnosis.words[0],
    )


def crude(problem: Problem, trials: int, seed: int, value: float, chance_of_any: float) -> Crude:
    """Crude Monte Carlo. What it cannot see in time has the relative variance (1 - p) / p of a probability p.

    That of hours down is at least so, with the probability of some downtime (Cauchy and Schwarz).
    """
    compiled = compile_scenario(problem.scenario, [problem.layout], horizon=YEAR, warmup=0.0)
    asked = check_quantity(problem.quantity, None, [problem.layout], compiled, YEAR)
    adder = Adder(compiled, asked.quantity.code, -1.0, Threads(1))
    job = Job(compiled.plan, seed, 0, trials, events_of(compiled))
    adder.add_up([job._replace(last=1024)])
    began = time.process_time()
    (sums,) = adder.add_up([job])
    seconds = (time.process_time() - began) / trials
    if sums.hits[0] >= ENOUGH_HITS:
        return Crude(float(sums.variance()[0] / sums.mean()[0] ** 2) * seconds, True)
    p = value if asked.quantity.probability else chance_of_any
    return Crude((1.0 - p) / p * seconds, False)


def in_words(seconds: float) -> str:
    """A time that may be very long."""
    for unit, size in (("years", YEAR * 3600.0), ("days", 86400.0), ("h", 3600.0), ("min", 60.0)):
        if seconds >= 2.0 * size:
            return f"{seconds / size:,.0f} {unit}" if seconds < 1e6 * size else f"{seconds / size:.0e} {unit}"
    return f"{seconds:.1f} s"


def of_digits(x: float) -> str:
    """A factor, to two digits."""
    return f"{float(f'{x:.2g}'):,.0f}" if 10.0 <= x < 1e6 else f"{x:.2g}"


def main(quick: bool, seed: int) -> None:
    """Both tables."""
    precision, most_trials, crude_trials = (0.05, 1 << 18, 1 << 18) if quick else (0.02, 1 << 21, 1 << 20)
    sample(burnt(2, 24.0, 0.0), "stratified", "data_loss", 0.1, 1024, seed)  # compiles
    rows, details = [], []
    for problem in all_problems(quick):
        best, other = (
            sample(problem, method, problem.quantity, precision, most_trials, seed)
            for method in ("stratified", "importance")
        )
        any_outage = 1.0
        if problem.quantity == "downtime":
            any_outage = sample(problem, "stratified", "any_outage", 0.05, most_trials, seed).value
        p = best.value if problem.exact is None else problem.exact
        plain = crude(problem, crude_trials, seed, p, any_outage)
        exact = "" if problem.exact is None else f"{problem.exact:.4g}"
        as_precise = in_words(plain.work / best.relative_variance) + ("" if plain.seen else " (not seen)")
        rows.append(
            f"| {problem.name} | {exact} | {best.value:.4g} ({best.low:.4g} to {best.high:.4g}) |"
            f" {best.pilot_seconds:.1f} + {best.seconds:.2f} | {as_precise} |"
            f" {best.factor(plain)} | {other.factor(plain)} |"
        )
        off = [("" if problem.exact is None else one.off(problem.exact)) for one in (best, other)]
        details.append(
            f"| {problem.name} | {best.trials:,} | {best.effective_hits / best.trials:.2g} | {off[0]} |"
            f" {other.trials:,} | {other.effective_hits / other.trials:.2g} | {off[1]} |"
        )
        print(rows[-1], details[-1], sep="\n", flush=True)
    print("\n| | exact | stratified, 95 % interval | s, pilot + run | crude, to the same precision |", end="")
    print(" factor, stratified | factor, importance |\n| --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    print("\n".join(rows))
    print("\n| | stratified: trials | effective hits a trial | off by, in standard errors |", end="")
    print(" importance: trials | effective hits a trial | off by |\n| --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    print("\n".join(details))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    main(arguments.quick, arguments.seed)
