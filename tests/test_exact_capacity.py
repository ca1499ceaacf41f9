"""Capacity, placement errors, periods, moments and traces beside exact figures: enumeration, mixtures, timelines by hand.

Seeds are fixed; tests/exact.py says how often a correct program fails: 6e-7 for each comparison.
"""

import itertools
import math

import numpy as np
import pytest
from exact import YEAR, check_law, check_mean, check_share, run
from generators import layouts, scenarios
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from scipy import stats

import dcrisk
from dcrisk import EventTable, Failure, Fire, GridOutage, Layout, Scenario, Site, Utility, all_of, any_of, at_least

LITTLE = 1e-9
PHASES = [Phase.explicit, Phase.generate]
REPAIR = stats.expon(scale=80.0)
RATES = {"A": 10.0, "B": 25.0, "C": 5.0, "D": 40.0, "E": 15.0, "F": 30.0}
DOWN = {name: rate * 80.0 / (YEAR + rate * 80.0) for name, rate in RATES.items()}
EQUIPMENT = Scenario([Site(name) for name in RATES], [Failure("equipment", RATES, REPAIR)])


def patterns(names):
    """Every set of those up, as a dict of booleans, and its probability in the long run."""
    for states in itertools.product([True, False], repeat=len(names)):
        up = dict(zip(names, states, strict=True))
        yield up, math.prod(1 - DOWN[name] if is_up else DOWN[name] for name, is_up in up.items())


def steady(made, trials, seed):
    return run(EQUIPMENT, made, trials, seed=seed, warmup=2000.0)


# capacity


def check_capacity(layout, is_up, seed):
    """Downtime, degraded hours and capacity served, by summing over all sets of sites that are up."""
    names = list(dict.fromkeys(layout.expression.names()))
    down = degraded = served = 0.0
    for up, p in patterns(names):
        carried = sum(share for name, share in layout.shares if up[name])
        if not is_up(up) or carried < layout.down_below - 1e-9:
            down += p
            continue
        degraded += p * (carried < layout.degraded_below - 1e-9)
        served += p * min(1.0, carried)
    results = steady([layout], 10_000, seed)
    check_mean(results.downtime / YEAR, down)
    check_mean(results.capacity, served)
    if degraded == 0:
        assert not results.degraded_hours.any()
    else:
        check_mean(results.degraded_hours / YEAR, degraded)


@pytest.mark.parametrize(
    "options",
    [
        {"capacity": 0.25},
        {"capacity": 0.25, "down_below": 0.5, "degraded_below": 0.75},
        {"capacity": 0.4, "quorum": 2},
        {"capacity": 1 / 3, "down_below": 2 / 3, "quorum": 2},
        {"capacity": 1.0},
        {"capacity": {"A": 0.1, "B": 0.2, "C": 0.3, "D": 0.6}, "down_below": 0.3, "degraded_below": 1.2},
        {"capacity": {"A": 0.7, "B": 0.0, "C": 0.3, "D": 0.1}, "degraded_below": 0.8},
    ],
    ids=str,
)
def test_capacity_by_enumeration(options):
    layout = Layout("l", replicas=list("ABCD"), **options)
    check_capacity(layout, lambda up: sum(up.values()) >= layout.quorum, 501)


def test_a_replica_named_twice_carries_twice():
    layout = Layout("l", replicas=["A", "B", "B"], capacity=0.4, down_below=0.5)
    check_capacity(layout, lambda up: any(up.values()), 502)


def test_capacity_of_tiers():
    """Load on one tier alone."""
    tiers = all_of(any_of("A", "B"), at_least(2, "D", "E", "F"))
    layout = Layout("l", up=tiers, capacity={"D": 0.5, "E": 0.5, "F": 0.5}, degraded_below=1.5)
    check_capacity(layout, lambda up: (up["A"] or up["B"]) and up["D"] + up["E"] + up["F"] >= 2, 503)


def listed(hits, sites="ABC"):
    """A scenario in which (site, begin, hours) happen, and nothing else."""
    columns = dict(zip(("site", "delay", "duration"), zip(*hits, strict=True), strict=True))
    columns |= {"event": ["e"] * len(hits), "rate_per_year": [0.0] * len(hits)}
    return Scenario([Site(name) for name in sites], [EventTable("table", columns)]).given("table", "e")


@pytest.mark.parametrize(
    "options, down, degraded, unserved",
    [
        # of three that carry 0.5 each: A is down [0, 40), B [10, 30), C [20, 120); the window is 100 h
        ({}, 10.0, 90.0 - 10.0 - 20.0, 10.0 + 0.5 * (10.0 + 10.0)),
        ({"down_below": 0.6}, 30.0, 0.0, 30.0),
        ({"degraded_below": 1.5}, 10.0, 90.0, 20.0),
        ({"degraded_below": 0.5}, 10.0, 0.0, 20.0),
        ({"quorum": 2}, 30.0, 0.0, 30.0),
    ],
)
def test_capacity_by_hand(options, down, degraded, unserved):
    hits = [("A", 0, 40), ("B", 10, 20), ("C", 20, 100)]
    layout = Layout("l", replicas=list("ABC"), capacity=0.5, **options)
    other = Layout("other", replicas=["A"])
    results = run(listed(hits), [other, layout], 2, horizon=100.0)
    if not options:  # 1.5 [40, 100) less C: 1.0, so degraded by A and B in [10, 20) and B, C or A, C in [20, 40)
        degraded = 20.0
    assert results.downtime.values[1].tolist() == [down] * 2
    assert results.degraded_hours.values[1].tolist() == [degraded] * 2
    assert results.capacity.values[1].tolist() == [1 - unserved / 100.0] * 2
    assert results.capacity.values[0].tolist() == [0.6] * 2  # without shares: what it is up
    assert not results.degraded_hours.values[0].any()


def test_capacity_and_moves():
    """While it moves the service serves nothing, and degraded it is not; the other carries on half of the demand."""
    layout = Layout("l", replicas=["A", "B"], failover=10.0, capacity={"A": 1.0, "B": 0.5})
    results = run(listed([("A", 0, 40)]), [layout], 1, horizon=100.0)
    assert (float(results.downtime[0, 0]), float(results.degraded_hours[0, 0])) == (10.0, 30.0)
    assert float(results.capacity[0, 0]) == 1 - (10.0 + 30.0 * 0.5) / 100.0


# placement errors


def test_replicas_that_are_not_where_they_are_believed_to_be():
    """A mixture over where both really are; errors of different places are independent."""
    p, q = 0.3, 0.2
    made = [
        Layout("one", replicas=["A", "D"], placement_error={("D", "A"): p}),
        Layout("both", replicas=["A", "D"], quorum=2, placement_error={("D", "A"): p, ("A", "B"): q}),
    ]
    one, both = steady(made, 20_000, 505).downtime.values / YEAR
    a, b, d = (DOWN[name] for name in "ABD")
    check_mean(one, p * a + (1 - p) * a * d)

    def either(x, y):
        return 1 - (1 - x) * (1 - y)

    exact = (1 - q) * (p * a + (1 - p) * either(a, d)) + q * (p * either(b, a) + (1 - p) * either(b, d))
    check_mean(both, exact)


def burning(site):
    fire = Fire("fire", {site: LITTLE}, {"destroyed": 10.0})
    return Scenario([Site(name) for name in "ABCD"], [fire]).given("fire")


def test_one_draw_a_trial_and_place():
    """Replicas, copies and layouts that believe in one place all err together; more errors, the same and further ones."""
    trials = 100_000

    def at_b(p, **options):
        return Layout(f"{len(options)} {p}", **{"replicas": ["A", "B"]} | options, placement_error={("B", "A"): p})

    made = [at_b(0.2, copies=["A", "B"]), at_b(0.2), at_b(0.35), at_b(0.2, quorum=1, replicas=["B"])]
    made.append(Layout("at C", replicas=["A", "C"], placement_error={("C", "A"): 0.2}))
    results = run(burning("A"), made, trials, seed=506)
    down = results.downtime.values > 0
    check_share(down[0].sum(), trials, 0.2)
    assert (down[0] == results.data_loss.values[0]).all() and (down[0] == down[1]).all() and (down[0] == down[3]).all()
    assert (down[2] >= down[1]).all()
    check_share(down[2].sum(), trials, 0.35)
    check_law(np.bincount(2 * down[0] + down[4], minlength=4), [0.64, 0.16, 0.16, 0.04])


def test_a_replica_that_may_be_at_several_places():
    errors = {("B", "A"): 0.1, ("B", "C"): 0.25, ("B", "D"): 0.05}
    layout = Layout("l", replicas=["B"], placement_error=errors)
    down = [run(burning(site), [layout], 100_000, seed=507).downtime.values[0] > 0 for site in "ABCD"]
    assert (np.sum(down, axis=0) == 1).all()  # each trial has one place, whatever burns
    check_law([row.sum() for row in down], [0.1, 0.6, 0.25, 0.05])


def test_where_it_is_stays_for_the_trial():
    """Two fires a year apart find it at the same place."""
    columns = {"event": ["e"] * 2, "rate_per_year": [0.0] * 2, "site": ["A"] * 2, "duration": [5.0] * 2}
    scenario = Scenario([Site("A"), Site("B")], [EventTable("t", columns | {"delay": [0.0, 5000.0]})]).given("t", "e")
    found = run(scenario, [Layout("l", replicas=["B"], placement_error={("B", "A"): 0.4})], 50_000, seed=508)
    assert set(found.downtime.values[0]) == {0.0, 10.0}
    check_share((found.downtime > 0).sum(), 50_000, 0.4)


# periods and moments


def test_periods_add_up_and_moments_follow_the_transient():
    """A repairable component from an empty start is down at t with probability a/(a+b) (1 - exp(-(a+b) t))."""
    at, trials = [0.0, 5.0, 50.0, 200.0, 3000.0], 100_000
    scenario = Scenario([Site("A")], [Failure("f", 25.0, REPAIR, ["A"])])
    results = run(scenario, [Layout("A", replicas=["A"])], trials, seed=509, periods=12, at_hours=at)
    np.testing.assert_array_equal(results.downtime_by_period.sum("period"), results.downtime)
    a, b = 25.0 / YEAR, 1 / 80.0

    def down(t):
        return a / (a + b) * -np.expm1(-(a + b) * t)

    assert not results.down.values[0, 0].any()
    for i, t in enumerate(at[1:], 1):
        check_share(results.down.values[0, i].sum(), trials, down(t))
    edges = np.linspace(0.0, YEAR, 13)
    assert results.period.values.tolist() == edges[:-1].tolist()
    for i, (begin, end) in enumerate(itertools.pairwise(edges)):
        hours = a / (a + b) * (end - begin) - (down(end) - down(begin)) / (a + b)
        check_mean(results.downtime_by_period.values[0, i], hours)


def test_moments_lie_in_half_open_outages():
    results = run(listed([("A", 2, 3)]), [Layout("A", replicas=["A"])], 1, at_hours=[1.5, 2.0, 4.5, 5.0], horizon=5.0)
    assert results.down.values[0, :, 0].tolist() == [False, True, True, False]


# traces


def test_a_trace_by_hand():
    nodes = [Utility("grid"), Site("A", requires=["grid"], restart=2.0), Site("B")]
    columns = {"event": ["e", "e"], "rate_per_year": [0.0] * 2, "site": ["A", "B"], "delay": [6.0, 8.0]}
    table = EventTable("ruin", columns | {"duration": [30.0, 9.0], "state": ["destroyed"] * 2})
    hazards = [table, GridOutage("storm", {"grid": LITTLE}, 5.0)]
    scenario = Scenario(nodes, hazards).given("ruin", "e").given("storm", "grid")
    layout = Layout("pair", replicas=["A", "B"], copies=["A", "B"], capacity=0.5)
    found = dcrisk.trace(scenario, [layout], 3, seed=1, horizon=12.0, warmup=4.0)
    rows = zip(*(found[name].values.tolist() for name in ("kind", "name", "start", "end", "hazard")), strict=True)
    assert list(rows) == [
        ("node", "grid", 0.0, 5.0, "storm"),
        ("node", "A", 0.0, 36.0, "storm"),
        ("node", "B", 8.0, 17.0, "ruin"),
        ("service", "pair", 8.0, 17.0, "ruin"),
        ("data", "pair", 8.0, 17.0, "ruin"),
    ]
    events = found.event.values.tolist()
    assert events[0] == events[1] != events[2] and len(set(events)) == 2


@settings(max_examples=40, phases=PHASES)
@given(st.data(), st.integers(0, 2**64 - 1), st.sampled_from([0.0, 500.0]))
def test_a_trace_adds_up_to_the_outcomes(data, seed, warmup):
    scenario = data.draw(scenarios())
    made = data.draw(layouts(scenario))
    trial, options = data.draw(st.sampled_from([0, 7, 1025])), {"seed": seed, "horizon": 2000.0, "warmup": warmup}
    everyone = [*made, *(Layout(f"node {node.name}", replicas=[node.name]) for node in scenario.nodes)]
    results = run(scenario, everyone, trial + 1, threads=1, **options).isel(trial=trial)
    found = dcrisk.trace(scenario, made, trial, **options)
    kinds, names = found.kind.values, found.name.values
    starts, ends = found.start.values, found.end.values
    hours = np.maximum(np.minimum(ends, 2000.0) - np.maximum(starts, 0.0), 0.0)
    assert (starts < ends).all() and (np.diff(starts) >= 0).all()
    for i, layout in enumerate(everyone):
        own = (kinds == ("service" if i < len(made) else "node")) & (names == layout.name.removeprefix("node "))
        assert hours[own].sum() == float(results.downtime[i])
        assert (own & (hours > 0) & (starts >= 0)).sum() == int(results.outages[i])
        assert hours[own].max(initial=0.0) == float(results.longest_outage[i])
        lost = (kinds == "data") & (names == layout.name) & (hours > 0)
        assert lost.any() == bool(results.data_loss[i])
