"""Services that move, degrade and stand elsewhere than believed: timelines by hand, Markov chains, enumeration.
tests/exact.py says how often a correct program fails: 6e-7 for each comparison."""

import itertools

import numpy as np
import pytest
from exact import YEAR, check_mean, check_share, run
from scipy import integrate, linalg, stats

import dcrisk


def played(hits, layout, names="ABC"):
    """Outages of a service when these hits (site, start, hours) happen, and nothing else."""
    table = {
        "event": ["e"] * len(hits),
        "rate_per_year": [0.0] * len(hits),
        "site": [hit[0] for hit in hits],
        "delay": [hit[1] for hit in hits],
        "duration": [hit[2] for hit in hits],
        "state": ["interrupted"] * len(hits),
    }
    scenario = dcrisk.Scenario([dcrisk.Site(n) for n in names], [dcrisk.EventTable("t", table)]).given("t", "e")
    found = dcrisk.trace(scenario, [layout], 0)
    chosen = found.kind.values == "service"
    spells = list(zip(found.start.values[chosen].tolist(), found.end.values[chosen].tolist(), strict=True))
    results = run(scenario, [layout], 2)
    assert results.downtime.values.tolist() == [[sum(end - start for start, end in spells)] * 2]
    assert results.outages.values.tolist() == [[len(spells)] * 2]
    return spells


def pair(**options):
    return dcrisk.Layout("pair", replicas=["A", "B"], **options)


@pytest.mark.parametrize(
    "hits, options, expected",
    [
        # a move costs its hours
        ([("A", 1, 50)], {"failover": 2.0}, [(1, 3)]),
        # and is carried through, though the lost one is back sooner
        ([("A", 1, 1)], {"failover": 2.0}, [(1, 3)]),
        # then B is in use: A alone is missed no more, B is
        ([("A", 1, 1), ("A", 10, 5), ("B", 20, 5)], {"failover": 2.0}, [(1, 3), (20, 22)]),
        # the target is lost on the way: wait, and begin anew when it is back
        ([("A", 1, 50), ("B", 2, 3)], {"failover": 2.0}, [(1, 7)]),
        # or go on where one was if that is back first
        ([("A", 1, 4), ("B", 2, 90)], {"failover": 2.0}, [(1, 5)]),
        # both are lost at one moment: no move until one is there
        ([("A", 1, 6), ("B", 1, 3)], {"failover": 2.0}, [(1, 6)]),
        # the move fails: wait for the lost one, or for people, who start at the loss
        ([("A", 1, 9)], {"failover_probability": 0.0}, [(1, 10)]),
        ([("A", 1, 9)], {"failover_probability": 0.0, "manual_failover": 4.0}, [(1, 5)]),
        ([("A", 1, 2)], {"failover_probability": 0.0, "manual_failover": 4.0}, [(1, 3)]),
        # the way back is planned: after the delay, and down for its hours
        ([("A", 1, 9)], {"failover": 2.0, "failback": 1.0, "failback_delay": 3.0}, [(1, 3), (13, 14)]),
        # the delay begins anew when home is lost again
        ([("A", 1, 9), ("A", 12, 1)], {"failover": 2.0, "failback": 1.0, "failback_delay": 3.0}, [(1, 3), (16, 17)]),
        # home is lost on the way back: it stays where it is
        ([("A", 1, 9), ("A", 10.5, 9)], {"failover": 2.0, "failback": 1.0}, [(1, 3), (10, 11), (19.5, 20.5)]),
        # a standby that is missing costs nothing
        ([("B", 1, 9)], {"failover": 2.0, "failback": 1.0}, []),
    ],
)
def test_a_pair_by_hand(hits, options, expected):
    assert played(hits, pair(**options)) == expected


def test_two_of_three_and_tiers_by_hand():
    quorum = dcrisk.Layout("quorum", replicas=["A", "B", "C"], quorum=2, failover=2.0)
    assert played([("C", 1, 9), ("B", 20, 30), ("C", 30, 5)], quorum) == [(20, 22), (30, 35)]
    # the tier of B and C moves by itself, and so does that of A and D; together they are down from 1 to 5
    tiers = dcrisk.Layout(
        "tiers", up=dcrisk.all_of(dcrisk.any_of("A", "D"), dcrisk.any_of("B", "C")), failover=3.0, failback=0.5
    )
    hits = [("A", 1, 20), ("B", 2, 10)]
    assert played(hits, tiers, "ABCD") == [(1, 5), (12, 12.5), (21, 21.5)]


def test_without_hours_a_gate_is_the_plain_one():
    names = ["A", "B", "C"]
    scenario = dcrisk.Scenario(
        [dcrisk.Site(n) for n in names], [dcrisk.Failure("f", 30.0, stats.expon(scale=40.0), names)]
    )
    plain = dcrisk.Layout("plain", replicas=names, quorum=2)
    moving = dcrisk.Layout("moving", replicas=names, quorum=2, failover_probability=0.5, manual_failover=0.0)
    results = run(scenario, [plain, moving], 3000, seed=2)
    for name in ("downtime", "outages", "longest_outage"):
        np.testing.assert_array_equal(results[name].sel(layout="moving"), results[name].sel(layout="plain"))
    assert results.downtime.sum() > 0


def occupied(rates, start, wanted, hours):
    """Expected hours in some states of a Markov chain."""
    size = len(rates)
    augmented = np.zeros((size + 1, size + 1))
    augmented[:size, :size] = rates
    augmented[list(wanted), size] = 1.0
    return linalg.expm(augmented * hours)[start, size]


def test_a_pair_with_a_standby_that_never_fails():
    """A fails and is repaired; moving takes exponential hours, the way back none. States: serving at A, moving with A
    down, moving with A up (the move is carried through), serving at B."""
    fail, repair, move = 20.0 / YEAR, 1.0 / 60.0, 1.0 / 25.0
    scenario = dcrisk.Scenario(
        [dcrisk.Site("A"), dcrisk.Site("B")], [dcrisk.Failure("f", 20.0, stats.expon(scale=60.0), ["A"])]
    )
    layout = pair(failover=stats.expon(scale=25.0), failback=0.0)
    rates = np.array(
        [
            [-fail, fail, 0.0, 0.0],
            [0.0, -repair - move, repair, move],
            [move, fail, -fail - move, 0.0],
            [repair, 0.0, 0.0, -repair],
        ]
    )
    results = run(scenario, [layout], 60_000, seed=3, horizon=2000.0)
    check_mean(results.downtime, occupied(rates, 0, [1, 2], 2000.0))


def test_without_a_way_back_there_is_one_move():
    """Down for the hours of one move, from the first failure on, as far as they lie in the window."""
    scenario = dcrisk.Scenario(
        [dcrisk.Site("A"), dcrisk.Site("B")], [dcrisk.Failure("f", 5.0, stats.expon(scale=60.0), ["A"])]
    )
    results = run(scenario, [pair(failover=30.0)], 100_000, seed=4, horizon=1000.0)
    rate = 5.0 / YEAR
    exact = integrate.quad(lambda t: rate * np.exp(-rate * t) * min(30.0, 1000.0 - t), 0.0, 1000.0, points=[970.0])[0]
    check_mean(results.downtime, exact)
    check_share((results.outages > 0).sum(), 100_000, -np.expm1(-rate * 1000.0))


def test_a_failover_that_fails_in_part():
    """Works with probability p and takes 3 h; otherwise people need 40 h, or A is back before. A alone fails."""
    p, rate = 0.7, 3.0
    scenario = dcrisk.Scenario([dcrisk.Site("A"), dcrisk.Site("B")], [dcrisk.Failure("f", {"A": 0.0}, 20.0)])
    given = scenario.given("f", "A")
    results = run(given, [pair(failover=rate, failover_probability=p, manual_failover=40.0)], 50_000, seed=5)
    assert set(np.unique(results.downtime)) == {3.0, 20.0}
    check_share((results.downtime == 3.0).sum(), 50_000, p)


@pytest.mark.parametrize("migration, hours", [(48.0, 0.0), (48.5, 6.0), (None, 6.0)])
def test_migration_ahead_of_a_flood(migration, hours):
    flood = dcrisk.Flood(
        "flood", dcrisk.PeaksOverThreshold(0.1, 5.0, 0.8, 0.0), {"A": 5.5}, {"damaged": 100.0, "destroyed": 100.0},
        lead_time=48.0,
    )  # fmt: skip
    scenario = dcrisk.Scenario([dcrisk.Site("A"), dcrisk.Site("B")], [flood]).given("flood", stage=9.0)
    results = run(scenario, [pair(failover=6.0, migration=migration)], 2, horizon=50.0)
    assert results.downtime.values.tolist() == [[hours] * 2]


RATES = {"A": 20.0, "B": 35.0, "C": 50.0, "D": 10.0, "E": 25.0, "F": 40.0}
MEAN = 60.0
DOWN = {name: rate * MEAN / (YEAR + rate * MEAN) for name, rate in RATES.items()}


def repairable(names):
    return dcrisk.Scenario(
        [dcrisk.Site(name) for name in names],
        [dcrisk.Failure("f", {name: RATES[name] for name in names}, stats.expon(scale=MEAN))],
    )


def states(names):
    """Every set of sites that are up, with its probability in the long run."""
    for flags in itertools.product([True, False], repeat=len(names)):
        up = {name for name, flag in zip(names, flags, strict=True) if flag}
        yield up, np.prod([1 - DOWN[name] if name in up else DOWN[name] for name in names])


def test_capacity_by_enumeration():
    shares = {"A": 0.5, "B": 0.4, "C": 0.3, "D": 0.2}
    layout = dcrisk.Layout("share", replicas=list(shares), capacity=shares, degraded_below=1.0, down_below=0.7)
    plain = dcrisk.Layout("plain", replicas=["A"])
    results = run(repairable("ABCD"), [layout, plain], 40_000, seed=7, horizon=500.0, warmup=1500.0)
    found = results.sel(layout="share")
    down = degraded = served = 0.0
    for up, probability in states("ABCD"):
        total = sum(shares[name] for name in up)
        if total < 0.7 - 1e-9:
            down += probability
            continue
        served += probability * min(1.0, total)
        degraded += probability * (total < 1.0 - 1e-9)
    check_mean(found.downtime / 500.0, down)
    check_mean(found.degraded_hours / 500.0, degraded)
    check_mean(found.capacity, served)
    one = results.sel(layout="plain")
    np.testing.assert_allclose(one.capacity, 1.0 - one.downtime / 500.0, rtol=0, atol=1e-15)
    assert not one.degraded_hours.any()


def test_tiers_by_enumeration():
    up = dcrisk.all_of(dcrisk.any_of("A", "B", "C"), dcrisk.at_least(2, "D", "E", "F"))
    results = run(repairable("ABCDEF"), [dcrisk.Layout("tiers", up=up)], 60_000, seed=8, horizon=500.0, warmup=1500.0)
    down = sum(p for s, p in states("ABCDEF") if not (s & set("ABC") and len(s & set("DEF")) >= 2))
    check_mean(results.downtime / 500.0, down)


def test_two_replicas_believed_apart():
    """With probability p both stand at A: then the pair is no better than A alone. One draw for all layouts, for
    replicas and for copies."""
    p = 0.2
    error = {("B", "A"): p}
    layouts = [
        pair(placement_error=error),
        dcrisk.Layout("B", replicas=["B"], copies=["B"], placement_error=error),
        dcrisk.Layout("three", replicas=["B"], placement_error={("B", "A"): 0.3, ("B", "C"): 0.5}),
        *(dcrisk.Layout(f"just {name}", replicas=[name], copies=[name]) for name in "ABC"),
    ]
    trials = 40_000
    hours = run(repairable("ABC"), layouts, trials, seed=9, horizon=500.0, warmup=1500.0).downtime
    check_mean(hours.sel(layout="pair") / 500.0, p * DOWN["A"] + (1 - p) * DOWN["A"] * DOWN["B"])
    check_mean(hours.sel(layout="B") / 500.0, p * DOWN["A"] + (1 - p) * DOWN["B"])
    check_mean(hours.sel(layout="three") / 500.0, 0.3 * DOWN["A"] + 0.5 * DOWN["C"] + 0.2 * DOWN["B"])
    moved = (hours.sel(layout="B") != hours.sel(layout="just B")).values
    same = hours.sel(layout="B").values == hours.sel(layout="just A").values
    assert same[moved].all() and 0 < moved.mean() < p + 0.02
    # where B stands at A, so does it for the pair
    np.testing.assert_array_equal(hours.sel(layout="pair").values[moved], hours.sel(layout="just A").values[moved])


def test_moments_and_periods():
    """Down at t with probability lambda / (lambda + mu) (1 - exp(-(lambda + mu) t)); parts add up to the whole."""
    rate, repair, at = 30.0 / YEAR, 1.0 / 80.0, [0.0, 10.0, 100.0, 400.0]
    scenario = dcrisk.Scenario([dcrisk.Site("A")], [dcrisk.Failure("f", 30.0, stats.expon(scale=80.0), ["A"])])
    results = run(
        scenario, [dcrisk.Layout("A", replicas=["A"])], 60_000, seed=10, horizon=400.0, at_hours=at, periods=8
    )
    assert not results.down.sel(time=0.0).any()
    for t in at[1:]:
        exact = rate / (rate + repair) * -np.expm1(-(rate + repair) * t)
        check_share(results.down.sel(time=t).sum(), 60_000, exact)
    np.testing.assert_array_equal(results.downtime_by_period.sum("period"), results.downtime)


def test_the_way_back_is_the_survival_function():
    law, at = stats.weibull_min(1.5, scale=30.0), [1.0, 10.0, 30.0, 60.0]
    scenario = dcrisk.Scenario([dcrisk.Site("A")], [dcrisk.GridOutage("g", {"A": 0.0}, law)]).given("g", "A")
    results = run(scenario, [dcrisk.Layout("A", replicas=["A"])], 50_000, seed=11, at_hours=at)
    for t in at:
        check_share(results.down.sel(time=t).sum(), 50_000, law.sf(t))


@pytest.mark.parametrize("warmup", [0.0, 700.0])
def test_a_trace_is_the_trial(warmup):
    scenario, trials = repairable("ABC"), [0, 5, 1023, 1024, 2000]
    layout = dcrisk.Layout("two", replicas=["A", "B", "C"], quorum=2, failover=3.0)
    results = run(scenario, [layout], 2001, seed=12, warmup=warmup)
    for trial in trials:
        found = dcrisk.trace(scenario, [layout], trial, seed=12, warmup=warmup)
        mine = found.isel(outage=found.kind.values == "service")
        hours = np.minimum(mine.end, YEAR) - np.maximum(mine.start, 0.0)
        assert float(hours.where(hours > 0, 0.0).sum()) == float(results.downtime[0, trial])
        began = (mine.start >= 0) & (mine.start < YEAR)
        assert int(began.sum()) == int(results.outages[0, trial])
