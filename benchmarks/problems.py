"""The problems that the benchmarks share, and what is known about them beforehand."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from scipy import integrate, stats

import dcrisk

YEAR = 8766.0
COMPONENTS, TOLERATED = 10, 2
MEAN_REPAIR = 24.0
BURNT_HOURS = 720.0
Problem = tuple[dcrisk.Scenario, list[dcrisk.Layout]]


def eight_of_ten() -> Problem:
    """Ten sites that fail once a year and take a day to repair, exponential both; eight must be up."""
    names = [f"site {i}" for i in range(COMPONENTS)]
    failures = dcrisk.Failure("equipment", 1.0, stats.expon(scale=MEAN_REPAIR), names)
    scenario = dcrisk.Scenario(nodes=[dcrisk.Site(name) for name in names], hazards=[failures])
    return scenario, [dcrisk.Layout("8 of 10", replicas=names, quorum=COMPONENTS - TOLERATED)]


def strasbourg() -> Problem:
    """The shipped scenario and its layouts."""
    return dcrisk.load_scenario("ovh-strasbourg-2021"), dcrisk.load_layouts("ovh-strasbourg-2021")


def many_sites(sites: int) -> Problem:
    """Ten failures a year over ever more sites, in regions of ten with one outage of some region a year."""
    names = [f"site {i}" for i in range(sites)]
    regions = [f"grid {i}" for i in range(sites // 10)]
    nodes = [dcrisk.Site(name, requires=[regions[i // 10]]) for i, name in enumerate(names)]
    failures = dcrisk.Failure("equipment", COMPONENTS / sites, stats.expon(scale=MEAN_REPAIR), names)
    outages = dcrisk.GridOutage("grid", dict.fromkeys(regions, 1 / len(regions)), stats.expon(scale=4.0))
    layouts = [
        dcrisk.Layout(f"layout {i}", replicas=[names[(i * sites // 10 + j) % sites] for j in (0, 3, 7)], quorum=2)
        for i in range(10)
    ]
    return dcrisk.Scenario([*map(dcrisk.Utility, regions), *nodes], [failures, outages]), layouts


class CampusNumbers(NamedTuple):
    """Four buildings in a row on one feed; fires pass from each to its neighbours."""

    buildings: int = 4
    needed: int = 2
    outages_a_year: float = 0.5
    outage_hours: float = 4.0
    fires_a_year: float = 0.02
    spread: float = 0.3
    spread_hours: float = 1.0


def campus() -> Problem:
    """Shared power and fire spread. Machines fail once a year; a fire takes a building out for 30 days."""
    numbers = CampusNumbers()
    names = [f"building {i}" for i in range(numbers.buildings)]
    pairs = [*zip(names, names[1:], strict=False), *zip(names[1:], names, strict=False)]
    hazards = [
        dcrisk.Failure("equipment", 1.0, stats.expon(scale=MEAN_REPAIR), names),
        dcrisk.GridOutage("feed", {"feed": numbers.outages_a_year}, stats.expon(scale=numbers.outage_hours)),
        dcrisk.Fire(
            "fire",
            dict.fromkeys(names, numbers.fires_a_year),
            {"damaged": BURNT_HOURS},
            contained=0.0,
            destroyed=0.0,
            spread=dict.fromkeys(pairs, numbers.spread),
            spread_delay=numbers.spread_hours,
        ),
    ]
    nodes = [dcrisk.Utility("feed"), *(dcrisk.Site(name, requires=["feed"]) for name in names)]
    return dcrisk.Scenario(nodes, hazards), [dcrisk.Layout("2 of 4", replicas=names, quorum=numbers.needed)]


def ten_fires(replicas: int) -> Problem:
    """Ten buildings with nothing but a fire in a thousand years each; the service runs in some and needs one of them."""
    names = [f"building {i}" for i in range(10)]
    fire = dcrisk.Fire("fire", dict.fromkeys(names, 1e-3), {"damaged": 1000.0, "destroyed": YEAR}, destroyed=0.5)
    layout = dcrisk.Layout("any", replicas=names[:replicas])
    return dcrisk.Scenario([dcrisk.Site(name) for name in names], [fire]), [layout]


def thirty_sites() -> tuple[dcrisk.Scenario, list[str]]:
    """Thirty candidates: ten grids with three sites each, generators behind them, machines that fail, fires."""
    names = [f"site {i:02d}" for i in range(30)]
    grids = [f"grid {i}" for i in range(10)]
    generator = dcrisk.Backup(0.98, 24.0, common_cause=0.1)
    sites = [
        dcrisk.Site(name, requires=[dcrisk.all_of(grids[i // 3], backup=generator)]) for i, name in enumerate(names)
    ]
    durations = {"damaged": 500.0, "destroyed": 4000.0}
    hazards = [
        dcrisk.Failure("equipment", 1.0, stats.expon(scale=MEAN_REPAIR), names),
        dcrisk.GridOutage("grid", dict.fromkeys(grids, 0.5), stats.lognorm(1.2, scale=4.0)),
        dcrisk.Fire("fire", dict.fromkeys(names, 2e-3), durations, contained=0.6, destroyed=0.5),
    ]
    return dcrisk.Scenario([*map(dcrisk.Utility, grids), *sites], hazards), names


def random_candidates(seed: int, sites: int = 16) -> tuple[dcrisk.Scenario, list[str], dict[str, float]]:
    """Sites of uneven quality on shared grids, with shocks that strike some together, fires, and their prices."""
    random = np.random.default_rng(seed)
    names, grids = [f"site {i:02d}" for i in range(sites)], [f"grid {i}" for i in range(5)]
    generator = dcrisk.Backup(0.95, 8.0, common_cause=0.2)
    nodes = [dcrisk.Site(x, requires=[dcrisk.all_of(str(random.choice(grids)), backup=generator)]) for x in names]
    shocks = [
        dcrisk.Failure(f"shock {i}", 0.2, stats.expon(scale=30.0), random.choice(names, 4, replace=False), shared=True)
        for i in range(8)
    ]
    hazards = [
        dcrisk.Failure("equipment", dict(zip(names, random.lognormal(0.5, 0.7, sites), strict=True)), 20.0),
        dcrisk.GridOutage("grid", dict(zip(grids, random.lognormal(0.5, 0.7, 5), strict=True)), stats.expon(scale=9.0)),
        dcrisk.Fire(
            "fire",
            dict(zip(names, random.lognormal(-3.0, 1.0, sites), strict=True)),
            {"damaged": 400.0, "destroyed": 3000.0},
            destroyed=0.5,
            spread={(a, b): 0.3 for a, b in random.choice(names, (10, 2)) if a != b},
        ),
        *shocks,
    ]
    prices = dict(zip(names, random.integers(5, 15, sites).astype(float).tolist(), strict=True))
    return dcrisk.Scenario([*map(dcrisk.Utility, grids), *nodes], hazards), names, prices


def unavailability_of_eight_of_ten() -> float:
    """In the long run: three or more of ten down."""
    q = MEAN_REPAIR / (YEAR + MEAN_REPAIR)
    return float(stats.binom.sf(TOLERATED, COMPONENTS, q))


def downtime_of_eight_of_ten() -> float:
    """Hours of a first year that began with everything up, exactly; 0.5 % less than in the long run.

    The components are independent, and each is down at time t with probability q (1 - exp(-t (1/up + 1/repair))).
    """
    q = MEAN_REPAIR / (YEAR + MEAN_REPAIR)
    relaxation = 1 / (1 / YEAR + 1 / MEAN_REPAIR)

    def unavailability(t: float) -> float:
        return float(stats.binom.sf(TOLERATED, COMPONENTS, -q * math.expm1(-t / relaxation)))

    settled = 40 * relaxation
    return integrate.quad(unavailability, 0.0, settled)[0] + (YEAR - settled) * unavailability_of_eight_of_ten()


def events_a_year(scenario: dcrisk.Scenario) -> float:
    """Events that the hazards of a scenario bring in a year, those that find their site down already included."""
    total = 0.0
    for hazard in scenario.hazards:
        if isinstance(hazard, dcrisk.Failure):  # one rate for all its sites, or shared by them
            rates = list(hazard.rates.values())
            total += rates[0] if hazard.shared else sum(rates)
        else:
            total += sum(hazard.rate_per_year.values())
    return total
