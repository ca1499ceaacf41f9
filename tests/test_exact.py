"""Simulated figures beside exact ones. Seeds are fixed; tests/exact.py says how often a correct program fails: 6e-7."""

import itertools
import math

import numpy as np
import pytest
from exact import YEAR, check_counts, check_mean, check_share, run
from scipy import stats

import dcrisk


def test_8_of_10_repairable_components():
    names = [f"c{i}" for i in range(10)]
    scenario = dcrisk.Scenario(
        [dcrisk.Site(n) for n in names], [dcrisk.Failure("equipment", 1.0, stats.expon(scale=24.0), names)]
    )
    layout = dcrisk.Layout("8 of 10", replicas=names, quorum=8)
    q = 24.0 / (YEAR + 24.0)
    exact = stats.binom.sf(2, 10, q)
    assert exact == pytest.approx(2.4078e-6, rel=1e-4)  # 2.4127e-6 for one failure in 8760 h
    results = run(scenario, [layout], 3_000_000, seed=8, warmup=1000.0)
    check_mean(results.downtime / YEAR, exact)
    # frequency: k = 8 components up, and one of them fails (Birnbaum)
    frequency = stats.binom.pmf(2, 10, q) * 8 * 1.0
    check_mean(results.outages, frequency)


@pytest.mark.parametrize(
    "duration, mean",
    [(stats.expon(scale=300.0), 300.0), (300.0, 300.0), (stats.pareto(2.5, scale=180.0), 300.0)],
    ids=["exponential", "deterministic", "pareto"],
)
def test_union_of_overlapping_outages(duration, mean):
    """The busy periods of an M/G/infinity queue (Takacs 1962)."""
    rate = 12.0 / YEAR
    scenario = dcrisk.Scenario([dcrisk.Utility("grid")], [dcrisk.GridOutage("grid", {"grid": 12.0}, duration)])
    layout = dcrisk.Layout("grid", replicas=["grid"])
    horizon, trials = 1000.0, 400_000

    def survival_integral(t):  # integral of P(duration > s) over [0, t]
        if isinstance(duration, float):
            return min(t, duration)
        grid = np.linspace(0.0, t, 20001)
        return np.trapezoid(duration.sf(grid), grid)

    empty = run(scenario, [layout], trials, seed=1, horizon=horizon)
    at = np.linspace(0.0, horizon, 401)
    up = np.exp(-rate * np.array([survival_integral(t) for t in at]))
    check_mean(empty.downtime, np.trapezoid(1.0 - up, at))
    check_mean(empty.outages, rate * np.trapezoid(up, at))
    check_share((empty.downtime == 0).sum(), trials, math.exp(-rate * horizon))

    if isinstance(duration, float) or duration.dist.name == "expon":  # a Pareto tail outlives any warm-up
        stationary = run(scenario, [layout], trials, seed=2, horizon=horizon, warmup=9000.0)
        check_mean(stationary.downtime, horizon * -math.expm1(-rate * mean))
        check_mean(stationary.outages, rate * horizon * math.exp(-rate * mean))
        check_share((stationary.downtime == 0).sum(), trials, math.exp(-rate * (horizon + mean)))


@pytest.mark.parametrize("shared", [True, False])
def test_common_shock_with_shared_and_separate_durations(shared):
    """Given a fire in O, A and B are cut off: both are down for min(X, Y), or for one X."""
    scenario = dcrisk.Scenario(
        [dcrisk.Site(n) for n in "OAB"],
        [
            dcrisk.Fire(
                "fire",
                {"O": 0.0},
                {"destroyed": 1.0, "isolated": stats.expon(scale=10.0)},
                isolation=[["O", "A", "B"]],
                isolation_shared=shared,
            )
        ],
    ).given("fire", origin="O")
    either = dcrisk.Layout("A or B", replicas=["A", "B"])
    both = dcrisk.Layout("A and B", replicas=["A", "B"], quorum=2)
    results = run(scenario, [either, both], 200_000, seed=3)
    check_mean(results.downtime.sel(layout="A or B"), 10.0 if shared else 5.0)
    check_mean(results.downtime.sel(layout="A and B"), 10.0 if shared else 15.0)


def test_shared_failure_is_one_component():
    scenario = dcrisk.Scenario(
        [dcrisk.Site("A"), dcrisk.Site("B")],
        [dcrisk.Failure("shock", 20.0, stats.expon(scale=100.0), ["A", "B"], shared=True)],
    )
    layout = dcrisk.Layout("A or B", replicas=["A", "B"])
    results = run(scenario, [layout], 20_000, seed=4, warmup=3000.0)
    load = 20.0 / YEAR * 100.0
    check_mean(results.downtime / YEAR, load / (1 + load))


def enumerate_cascade(nodes, edges, origin):
    """The law of the set of burning nodes of an independent cascade, by summing over all live-edge graphs."""
    law = {}
    edges = list(edges.items())
    for live in itertools.product([False, True], repeat=len(edges)):
        weight, reached = 1.0, {origin}
        for (_, p), alive in zip(edges, live, strict=True):
            weight *= p if alive else 1 - p
        while True:
            more = {b for ((a, b), _), alive in zip(edges, live, strict=True) if alive and a in reached} - reached
            if not more:
                break
            reached |= more
        key = frozenset(reached)
        law[key] = law.get(key, 0.0) + weight
    return law


def grid_edges():
    """A 3 by 3 grid, edges away from the corner, each with its own probability."""
    edges = {}
    for x in range(3):
        for y in range(3):
            for dx, dy in ((1, 0), (0, 1)):
                if x + dx < 3 and y + dy < 3:
                    edges[f"{x}{y}", f"{x + dx}{y + dy}"] = 0.3 + 0.05 * len(edges)
    return [f"{x}{y}" for x in range(3) for y in range(3)], edges


def complete_edges():
    """A complete directed graph of five, less the edges into the origin, which change nothing."""
    nodes = list("abcde")
    pairs = [(a, b) for a in nodes for b in nodes if a != b and b != "a"]
    return nodes, {pair: 0.15 + 0.02 * i for i, pair in enumerate(pairs)}


@pytest.mark.parametrize("graph", [grid_edges, complete_edges])
def test_cascade_by_enumeration(graph):
    nodes, edges = graph()
    law = enumerate_cascade(nodes, edges, nodes[0])
    scenario = dcrisk.Scenario(
        [dcrisk.Site(n) for n in nodes],
        [dcrisk.Fire("fire", {nodes[0]: 0.0}, {"destroyed": 5.0}, spread=edges, spread_delay=1.0)],
    ).given("fire", origin=nodes[0])
    trials = 200_000
    results = run(scenario, dcrisk.site_layouts(scenario), trials, seed=5)
    burnt = results.data_loss.values
    for i, node in enumerate(nodes):
        exact = sum(p for reached, p in law.items() if node in reached)
        if exact < 1:
            check_share(burnt[i].sum(), trials, exact)
    expected = np.zeros(len(nodes) + 1)
    for reached, p in law.items():
        expected[len(reached)] += p
    check_counts(burnt.sum(axis=0), expected)


def test_k_of_n_over_a_shared_utility():
    """2 of 3 components over one grid: mean, frequency and mean length of outages."""
    scenario = dcrisk.Scenario(
        [dcrisk.Utility("grid"), *(dcrisk.Site(n, requires=["grid"]) for n in "ABC")],
        [
            dcrisk.Failure("equipment", 10.0, stats.expon(scale=100.0), list("ABC")),
            dcrisk.Failure("grid", 3.0, stats.expon(scale=50.0), ["grid"]),
        ],
    )
    layout = dcrisk.Layout("2 of 3", replicas=list("ABC"), quorum=2)
    results = run(scenario, [layout], 60_000, seed=6, warmup=3000.0)

    def availability(rate, mean):
        return 1 / (1 + rate * mean / YEAR)

    a, g = availability(10.0, 100.0), availability(3.0, 50.0)
    service = 3 * a**2 * (1 - a) + a**3
    frequency = g * (3 * a**2 * (1 - a)) * 2 * 10.0 + g * service * 3.0  # up, and a critical component fails
    down = 1 - g * service
    check_mean(results.downtime / YEAR, down)
    check_mean(results.outages, frequency)
    # the mean length as a ratio: each trial's downtime less the exact length times its outages has mean 0
    check_mean(results.downtime - down * YEAR / frequency * results.outages, 0.0)


@pytest.mark.parametrize("beta", [0.0, 0.3, 1.0])
def test_beta_factor_backup(beta):
    """Given one grid outage, the number of three backups that fail to start."""
    fails = 0.2
    backup = dcrisk.Backup(1 - fails, 48.0, common_cause=beta)
    names = list("ABC")
    scenario = dcrisk.Scenario(
        [dcrisk.Utility("grid"), *(dcrisk.Site(n, requires=[dcrisk.all_of("grid", backup=backup)]) for n in names)],
        [dcrisk.GridOutage("grid", {"grid": 0.0}, 10.0)],
    ).given("grid", origin="grid")
    trials = 200_000
    results = run(scenario, dcrisk.site_layouts(scenario), trials, seed=7)
    common = beta * fails
    own = (fails - common) / (1 - common)
    exact = (1 - common) * stats.binom.pmf(np.arange(4), 3, own)
    exact[3] += common
    check_counts((results.downtime.values > 0).sum(axis=0), exact)
    check_share((results.downtime.sel(layout="A") > 0).sum(), trials, fails)
    down = results.downtime.values[results.downtime.values > 0]
    assert (down == 10.0).all()


def test_outage_that_outlasts_the_autonomy():
    site = dcrisk.Site("A", requires=[dcrisk.all_of("grid", backup=dcrisk.Backup(1.0, 30.0))], restart=2.0)
    scenario = dcrisk.Scenario(
        [dcrisk.Utility("grid"), site], [dcrisk.GridOutage("grid", {"grid": 0.0}, stats.expon(scale=20.0))]
    ).given("grid", origin="grid")
    results = run(scenario, [dcrisk.Layout("A", replicas=["A"])], 200_000, seed=9)
    longer = math.exp(-30.0 / 20.0)
    check_share((results.downtime > 0).sum(), 200_000, longer)
    check_mean(results.downtime, longer * (20.0 + 2.0))


def test_two_copies_destroyed_at_once():
    """Both lie destroyed at some moment of the window: a Markov chain with the double loss absorbing."""
    rate, mean = 30.0 / YEAR, 50.0
    fires = [dcrisk.Fire(n, {n: 30.0}, {"destroyed": stats.expon(scale=mean)}) for n in "AB"]
    scenario = dcrisk.Scenario([dcrisk.Site("A"), dcrisk.Site("B")], fires)
    layout = dcrisk.Layout("pair", replicas=["A", "B"], copies=["A", "B"])
    horizon, trials = 500.0, 200_000
    results = run(scenario, [layout], trials, seed=10, horizon=horizon)
    from scipy.linalg import expm

    generator = np.array([[-2 * rate, 2 * rate, 0], [1 / mean, -1 / mean - rate, rate], [0, 0, 0]])
    check_share(results.data_loss.sum(), trials, expm(generator * horizon)[0, 2])


def test_takacs_share_of_windows_without_outage():
    """One repairable component from an empty start: P(no outage), and the mean from its transient unavailability."""
    scenario = dcrisk.Scenario([dcrisk.Site("A")], [dcrisk.Failure("f", 2.0, stats.expon(scale=200.0), ["A"])])
    trials = 200_000
    results = run(scenario, [dcrisk.Layout("A", replicas=["A"])], trials, seed=11)
    check_share((results.outages == 0).sum(), trials, math.exp(-2.0))
    a, b = 2.0 / YEAR, 1 / 200.0
    exact = a / (a + b) * (YEAR - -math.expm1(-(a + b) * YEAR) / (a + b))
    check_mean(results.downtime, exact)


def test_relocation_ends_the_wait_where_a_copy_lives():
    fire = dcrisk.Fire("fire", {"A": 0.0}, {"destroyed": 4000.0})
    scenario = dcrisk.Scenario([dcrisk.Site("A"), dcrisk.Site("B")], [fire]).given("fire", origin="A")
    layouts = [
        dcrisk.Layout("waits", replicas=["A"], copies=["A", "B"]),
        dcrisk.Layout("moves", replicas=["A"], copies=["A", "B"], relocation=72.0),
        dcrisk.Layout("lost", replicas=["A"], copies=["A"], relocation=72.0),
        dcrisk.Layout("no data", replicas=["A"], relocation=72.0),
    ]
    results = run(scenario, layouts, 3)
    assert results.downtime[:, 0].values.tolist() == [4000.0, 72.0, 4000.0, 72.0]
    assert results.data_loss[:, 0].values.tolist() == [False, False, True, False]


def test_a_room_is_destroyed_with_its_building():
    fire = dcrisk.Fire("fire", {"building": 0.0}, {"destroyed": 4000.0})
    sites = [dcrisk.Site("building"), dcrisk.Site("room", part_of="building")]
    scenario = dcrisk.Scenario(sites, [fire]).given("fire", origin="building")
    results = run(scenario, [dcrisk.Layout("room", replicas=["room"], copies=["room"])], 1)
    assert bool(results.data_loss[0, 0])
    assert float(results.downtime[0, 0]) == 4000.0
