"""Events that nobody notices are passed over; all outcomes are the same as if each had been played."""

import numpy as np
import pytest
from numba import njit
from scipy import stats

import dcrisk
from dcrisk.compiler import compile_scenario
from dcrisk.compiler.tables import Tables
from dcrisk.kernels.tables import sample_hours
from dcrisk.outcomes import Wanted
from dcrisk.sampling import sample

HORIZON = 4000.0
NAMES = [f"site {i}" for i in range(8)]


def failures(**options):
    """Sixteen failures a trial, which overlap in pairs and triples."""
    return dcrisk.Failure("equipment", 4.4, stats.expon(scale=60.0), NAMES, **options)


def storms(rate):
    return dcrisk.GridOutage("storms", {"grid": rate}, stats.expon(scale=30.0))


def fire(rate):
    """From the first sites to the next ones."""
    spread = {("site 0", "site 1"): 0.5, ("site 1", "site 2"): 0.5}
    return dcrisk.Fire("fire", dict.fromkeys(NAMES, rate), {"damaged": 200.0, "destroyed": 900.0}, spread=spread)


SCENARIOS = {
    "failures alone": [failures()],
    "in a season": [failures(monthly=[3.0, 0.2, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0])],
    "failures of some, with outages of others": [failures(), storms(5.0)],
    "fires alone": [fire(0.2)],
    "fires and a few failures": [fire(0.5), dcrisk.Failure("machine", 1.0, 40.0, NAMES[3:5])],
    "a rate that is not known": [failures(), dcrisk.Failure("software", stats.gamma(2.0, scale=0.3), 9.0, NAMES)],
}
LAYOUTS = [
    dcrisk.Layout("5 of 8", replicas=NAMES, quorum=5),
    dcrisk.Layout("2 of 4", replicas=NAMES[4:], quorum=2),
    dcrisk.Layout("any of 3", replicas=NAMES[:3]),
]


@pytest.mark.parametrize("layouts", (LAYOUTS[:1], LAYOUTS[1:2], LAYOUTS), ids=("tolerates 3", "tolerates 2", "some"))
@pytest.mark.parametrize("hazards", SCENARIOS.values(), ids=SCENARIOS)
def test_what_is_passed_over_changes_nothing(hazards, layouts):
    grid = dcrisk.Utility("grid")
    sites = [dcrisk.Site(name, requires=["grid"] if name in NAMES[:2] else []) for name in NAMES]
    compiled = compile_scenario(dcrisk.Scenario([grid, *sites], hazards), layouts, horizon=HORIZON, warmup=100.0)
    assert (compiled.plan.sources["unnoticed"] > 0).any()
    sources, components = compiled.plan.sources.copy(), compiled.plan.components.copy()
    sources["unnoticed"] = sources["foreseen"] = components["foreseen"] = 0
    played = compiled._replace(plan=compiled.plan._replace(sources=sources, components=components))
    first, last = 500, 9000  # from within one block to within another
    ours, theirs = (sample(one, 7, first, last, Wanted(attribute=True, periods=3)) for one in (compiled, played))
    assert theirs.downtime.any()
    for mine, its in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(mine, its)


def outcomes_both_ways(scenario, layouts, trials, **wanted):
    """As they are, and with every event played."""
    compiled = compile_scenario(scenario, layouts, horizon=HORIZON, warmup=100.0)
    sources, components = compiled.plan.sources.copy(), compiled.plan.components.copy()
    sources["unnoticed"] = sources["foreseen"] = components["foreseen"] = 0
    played = compiled._replace(plan=compiled.plan._replace(sources=sources, components=components))
    return compiled.plan, *(sample(one, 7, 0, trials, Wanted(**wanted)) for one in (compiled, played))


@pytest.mark.parametrize("beta", (0.0, 0.4))
@pytest.mark.parametrize("run_failure", (0.0, 0.05))
def test_backups_that_hold_and_services_that_go_down_are_foreseen(beta, run_failure):
    generator = dcrisk.Backup(
        0.7, stats.expon(scale=20.0), refuel_probability=0.5, common_cause=beta, run_failure_rate_per_hour=run_failure
    )
    grids = [dcrisk.Utility(f"grid {i}") for i in range(4)]
    rooms = [
        dcrisk.Utility(
            f"power {i}", requires=[dcrisk.all_of(f"grid {i // 2}", backup=generator)], restart=2.0 * (i > 3)
        )
        for i in range(8)
    ]
    sites = [dcrisk.Site(name, requires=[room.name]) for name, room in zip(NAMES, rooms, strict=True)]
    outages = dcrisk.GridOutage("grid", {grid.name: 6.0 for grid in grids}, stats.lognorm(1.0, scale=9.0))
    scenario = dcrisk.Scenario([*grids, *rooms, *sites], [outages, failures()])
    layouts = [
        dcrisk.Layout("one", replicas=NAMES[:1]),
        dcrisk.Layout("one, moves", replicas=NAMES[:1], relocation=5.0),
        dcrisk.Layout("2 of 3", replicas=NAMES[2:5], quorum=2),
    ]
    plan, ours, theirs = outcomes_both_ways(scenario, layouts, 5000, attribute=True, periods=3)
    components = plan.components[plan.components["foreseen"] == 1]
    assert (components["first_asked"] < components["last_asked"]).any()
    assert (components["first_down"] < components["last_down"]).any()
    for mine, its in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(mine, its)


@pytest.mark.parametrize("shared", (False, True))
def test_outages_that_wait_for_one_crew_are_played(shared):
    """Two that overlap last longer than each alone, and so do two nodes that fail together."""
    crew = dcrisk.Crew("crew", NAMES, 1, ["interrupted", "damaged", "destroyed"])
    together = dcrisk.Failure("together", 4.0, stats.expon(scale=60.0), NAMES[:2], shared=True)
    hazards = [together, dcrisk.Failure("alone", 4.0, stats.expon(scale=60.0), NAMES[1:3])] if shared else [failures()]
    scenario = dcrisk.Scenario([*map(dcrisk.Site, NAMES)], hazards, crews=[crew])
    layout = dcrisk.Layout("most", replicas=NAMES[:4] if shared else NAMES, quorum=2 if shared else 6)
    _, ours, theirs = outcomes_both_ways(scenario, [layout], 5000)
    assert theirs.downtime.any()
    np.testing.assert_array_equal(ours.downtime, theirs.downtime)


def test_failures_too_rare_to_be_drawn_together():
    rare = dcrisk.Failure("rare", 0.002, stats.expon(scale=3000.0), NAMES)
    scenario = dcrisk.Scenario([*map(dcrisk.Site, NAMES)], [rare])
    layout = dcrisk.Layout("7 of 8", replicas=NAMES, quorum=7)
    plan, ours, theirs = outcomes_both_ways(scenario, [layout], 400_000)
    assert plan.sources["batch"] == 1 and plan.sources["silent"] == 1
    assert theirs.downtime.any()
    np.testing.assert_array_equal(ours.downtime, theirs.downtime)


@njit
def all_hours(tables, values, uniforms):
    return np.array([sample_hours(tables, values, 0, u) for u in uniforms])


@pytest.mark.parametrize("duration", (24.0, stats.expon(scale=24.0), stats.poisson(9.0), stats.pareto(1.5, scale=2.0)))
@pytest.mark.parametrize("lag", (1, 2))
def test_outages_below_the_level_are_shorter_than_their_reach(duration, lag):
    tables = Tables()
    reach, level = tables.reach(tables.add(duration), 0.001, lag)
    arrays = Tables.arrays(tables)
    u = np.concatenate(
        [np.linspace(0.0, level, 20_001)[1:-1], level - 0.5 ** np.arange(5, 50), 0.5 ** np.arange(2, 50)]
    )
    hours = all_hours(arrays["tables"], arrays["table_values"], u[(u > 0.0) & (u < level)])
    assert hours.max() <= reach
    assert 0.0 < reach < np.inf and level > 0.9


def unnoticed(layout, hazards):
    scenario = dcrisk.Scenario([dcrisk.Utility("grid"), *map(dcrisk.Site, NAMES)], hazards)
    return compile_scenario(scenario, [layout], horizon=HORIZON, warmup=0.0).plan.sources["unnoticed"].tolist()


def test_how_many_may_be_down_unnoticed():
    assert unnoticed(dcrisk.Layout("6 of 8", replicas=NAMES, quorum=6), [failures()]) == [2]
    assert unnoticed(dcrisk.Layout("7 of 8", replicas=NAMES, quorum=7), [failures()]) == [1]
    assert unnoticed(dcrisk.Layout("all", replicas=NAMES, quorum=8), [failures()]) == [0]
    assert unnoticed(dcrisk.Layout("all of 2", replicas=NAMES[:2], quorum=2), [failures()]) == [1]
    assert unnoticed(dcrisk.Layout("any of 3", replicas=NAMES[:3]), [fire(0.2)]) == [1]
    assert unnoticed(dcrisk.Layout("6 of 8", replicas=NAMES, quorum=6), [failures(), storms(100.0)])[0] == 0


def test_a_fire_that_may_reach_all_replicas_is_noticed_where_it_can_begin_so():
    scenario = dcrisk.Scenario([*map(dcrisk.Site, NAMES)], [fire(0.2)])
    compiled = compile_scenario(scenario, [dcrisk.Layout("any", replicas=NAMES[1:3])], horizon=HORIZON, warmup=0.0)
    assert compiled.plan.components["quiet"].tolist() == [0, 0, 1, 1, 1, 1, 1, 1]
