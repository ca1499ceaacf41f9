"""Copies, fragments and backups beside exact figures: Markov chains, an integral equation, timelines by hand.

Seeds are fixed; tests/exact.py says how often a correct program fails: 6e-7 for each comparison. A site that has to lie
in ruins for no time does so for TINY = 2**-20 h; two such moments of a trial overlap with probability 1e-8 at most.
"""

import math

import numpy as np
import pytest
from exact import YEAR, check_law, check_mean, check_share, run
from scipy import integrate, stats
from scipy.linalg import expm

import dcrisk
from dcrisk import EventTable, Fire, Flood, Layout, PeaksOverThreshold, Scenario, Site
from dcrisk.compiler import compile_scenario
from dcrisk.kernels.records import STORE
from dcrisk.sampling import Log

TINY = 2.0**-20
LITTLE = 1e-9


def destructions(sites, rate, hours):
    """Each site is destroyed at a rate, whether or not it lies in ruins already, for so many hours."""
    columns = {"event": sites, "rate_per_year": [rate] * len(sites), "site": sites, "duration": [hours] * len(sites)}
    table = EventTable("ruin", columns | {"state": ["destroyed"] * len(sites)})
    return Scenario([Site(name) for name in sites], [table])


def losses(layout, hits, **options):
    """When the data is lost: (from, until), where (site, begin, hours) are destroyed."""
    nodes = options.pop("nodes", [Site(name) for name in "ABC"])
    columns = {
        "event": ["e"] * len(hits),
        "rate_per_year": [0.0] * len(hits),
        "site": [site for site, _, _ in hits],
        "delay": [begin for _, begin, _ in hits],
        "duration": [hours for _, _, hours in hits],
        "state": ["destroyed"] * len(hits),
    }
    scenario = Scenario(nodes, [EventTable("ruin", columns)]).given("ruin", "e")
    found = dcrisk.trace(scenario, [layout], 0, **options)
    data = found.kind.values == "data"
    return list(zip(found.start.values[data].tolist(), found.end.values[data].tolist(), strict=True))


# Markov chains


def loss_chain(copies, needed, hit, made):
    """Generator among the states in which data lives, from all copies there; hits come at a rate, and so do copies.

    A copy that is struck again while it is made anew is there when both have been made: it counts those under way.
    """
    most = 8  # under way for one copy; more of them come with probability below 1e-9
    states, edges = {(0,) * copies: 0}, []
    for state in (todo := list(states)):
        for i, open_ in enumerate(state):
            for rate, new in ((hit, open_ + 1), (open_ * made, open_ - 1)):
                after = tuple(sorted((*state[:i], new, *state[i + 1 :])))
                if rate == 0 or new > most:
                    continue
                if after.count(0) < needed:
                    after = None
                elif after not in states:
                    states[after] = len(states)
                    todo.append(after)
                edges.append((states[state], after, rate))
    generator = np.zeros((len(states),) * 2)
    for source, after, rate in edges:
        generator[source, source] -= rate
        if after is not None:
            generator[source, states[after]] += rate
    return generator


def lives(generator, hours):
    """Probability that the data lives for so many hours."""
    return expm(generator * hours)[0].sum()


@pytest.mark.parametrize("copies, needed", [(2, 1), (3, 1), (4, 2), (5, 3)])
def test_data_loss_of_mirrors_and_codes(copies, needed):
    """The ruins may last for a moment, for less than it takes to make a copy, or for ever: nothing changes."""
    sites = [f"s{i}" for i in range(copies)]
    rate, mean, horizon, trials = 12.0, 100.0, 3000.0, 100_000
    layout = Layout("l", replicas=sites[:1], copies=sites, copies_needed=needed, rereplication=stats.expon(scale=mean))
    momentary, *others = (
        run(destructions(sites, rate, hours), [layout], trials, seed=301, horizon=horizon).data_loss.values
        for hours in (TINY, 60.0, 1e6)
    )
    assert all((momentary == other).all() for other in others)
    generator = loss_chain(copies, needed, rate / YEAR, 1 / mean)
    check_share(momentary.sum(), trials, 1 - lives(generator, horizon))


def first_losses(scenario, layout, trials, seed, horizon):
    """When the data of each trial is lost for the first time; infinity where it is not."""
    compiled = compile_scenario(scenario, [layout], horizon=horizon, warmup=0.0)
    log = Log(compiled, trials).read(seed, 0, trials)
    log = log[(log["kind"] == STORE) & (log["since"] < horizon)]
    first = np.full(trials, np.inf)
    np.minimum.at(first, log["trial"], log["since"])
    return first


@pytest.mark.parametrize("copies, needed", [(2, 1), (3, 1), (4, 3)])
def test_mean_time_to_data_loss(copies, needed):
    sites = [f"s{i}" for i in range(copies)]
    rate, mean, trials = 12.0, 150.0, 10_000
    generator = loss_chain(copies, needed, rate / YEAR, 1 / mean)
    means = np.linalg.solve(-generator, np.ones(len(generator)))
    mttdl = means[0]
    scenario = destructions(sites, rate, 5.0)
    layout = Layout("l", replicas=sites[:1], copies=sites, copies_needed=needed, rereplication=stats.expon(scale=mean))
    horizon = 4 * mttdl
    first = first_losses(scenario, layout, trials, 302, horizon)
    check_mean(np.minimum(first, horizon), mttdl - expm(generator * horizon)[0] @ means)
    at = mttdl * np.array([0.0, 0.02, 0.1, 0.3, 0.7, 1.0, 2.0, 4.0])
    alive = np.array([lives(generator, hours) for hours in at])
    check_law(np.histogram(first, [*at, np.inf])[0], -np.diff([*alive, 0.0]))


def test_copies_made_in_constant_hours():
    """A pair is lost when the other one is struck within R hours of the last hit: an integral equation of renewals."""
    hit, hours, horizon, trials = 15.0 / YEAR, 200.0, 6000.0, 100_000
    steps = 3000
    at = np.linspace(0.0, horizon, steps + 1)
    gap = 2 * hit * np.exp(-2 * hit * at)
    harmless = gap * np.where(at < hours, 0.5, 1.0)
    harmless[at == hours] = 0.75 * gap[at == hours]  # midway at the jump, for the trapezoidal rule
    alive = np.ones(steps + 1)  # since a hit
    step = at[1]
    for i in range(1, steps + 1):
        known = step * (harmless[1:i] @ alive[i - 1 : 0 : -1] + harmless[i] * alive[0] / 2)
        alive[i] = (math.exp(-2 * hit * at[i]) + known) / (1 - step * harmless[0] / 2)
    survival = np.array(
        [math.exp(-2 * hit * t) + np.trapezoid(gap[: i + 1] * alive[i::-1], at[: i + 1]) for i, t in enumerate(at)]
    )
    layout = Layout("l", replicas=["A"], copies=["A", "B"], rereplication=hours)
    results = run(destructions(["A", "B"], 15.0, 1.0), [layout], trials, seed=303, horizon=horizon)
    check_share((~results.data_loss).sum(), trials, survival[-1])
    first = first_losses(destructions(["A", "B"], 15.0, 1e6), layout, 20_000, 304, horizon)
    check_mean(np.minimum(first, horizon), np.trapezoid(survival, at))


PAIR = ["A", "B"]
TIMELINES = {
    "both at once": ({}, [("A", 0, 100), ("B", 0, 50)], [(0, 50)]),
    "one after the other": ({}, [("A", 0, 100), ("B", 20, 10)], [(20, 30)]),
    "made in time": ({"rereplication": 10.0}, [("A", 0, 100), ("B", 20, 50)], []),
    "made at that moment": ({"rereplication": 10.0}, [("A", 0, 100), ("B", 10, 50)], []),
    "not in time, so never made": ({"rereplication": 10.0}, [("A", 0, 100), ("B", 5, 50)], [(5, 55)]),
    "both at once, none made": ({"rereplication": 10.0}, [("A", 0, 100), ("B", 0, 50)], [(0, 50)]),
    "no sooner than it is made": ({"rereplication": 10.0}, [("A", 0, 5), ("B", 7, 50)], [(7, 10)]),
    "made elsewhere and struck again": (
        {"rereplication": 10.0},
        [("A", 0, 100), ("A", 25, 10), ("B", 20, 50)],
        [(25, 70)],
    ),
    "made again after the second hit": (
        {"rereplication": 10.0},
        [("A", 0, 100), ("A", 25, 10), ("B", 40, 50)],
        [],
    ),
    "two hits, the later counts": ({"rereplication": 10.0}, [("A", 0, 100), ("A", 5, 10), ("B", 12, 50)], [(12, 62)]),
    "rebuilt, then struck": ({"rereplication": 10.0}, [("A", 0, 20), ("A", 30, 20), ("B", 35, 2)], [(35, 45)]),
    "a loss that has ended bars what it met": (
        {"rereplication": 30.0},
        [("A", 0, 200), ("B", 5, 3), ("B", 100, 20)],
        [(5, 35), (100, 130)],
    ),
    "the others came back empty": (
        {"rereplication": 30.0},
        [("A", 0, 5), ("B", 20, 180), ("A", 60, 5)],
        [(20, 30), (60, 90)],
    ),
    "a loss that ends as it is struck does not count": (
        {"rereplication": 30.0},
        [("A", 0, 5), ("B", 20, 3), ("B", 30, 170), ("A", 70, 5)],
        [(20, 30)],
    ),
    "two of three": (
        {"copies": ["A", "B", "C"], "copies_needed": 2, "rereplication": 10.0},
        [("A", 0, 40), ("B", 3, 40)],
        [(3, 40)],
    ),
    "two of three, in time": (
        {"copies": ["A", "B", "C"], "copies_needed": 2, "rereplication": 3.0},
        [("A", 0, 40), ("B", 3, 40), ("C", 6, 40)],
        [],
    ),
}


@pytest.mark.parametrize("options, hits, lost", TIMELINES.values(), ids=TIMELINES.keys())
def test_when_data_is_lost(options, hits, lost):
    assert losses(Layout("l", replicas=["A"], **{"copies": PAIR} | options), hits) == lost


def test_copies_of_one_event_are_made_each_in_its_time():
    """A and B go at once, C follows: all is lost if neither has been made by then."""
    mean, later, trials = 20.0, 12.0, 50_000
    columns = {"event": ["e"] * 3, "rate_per_year": [0.0] * 3, "site": list("ABC"), "delay": [0.0, 0.0, later]}
    table = EventTable("ruin", columns | {"duration": [500.0] * 3, "state": ["destroyed"] * 3})
    scenario = Scenario([Site(name) for name in "ABC"], [table]).given("ruin", "e")
    layout = Layout("l", replicas=["A"], copies=list("ABC"), rereplication=stats.expon(scale=mean))
    check_share(run(scenario, [layout], trials, seed=315).data_loss.sum(), trials, math.exp(-2 * later / mean))


@pytest.mark.parametrize("hours", [None, 5.0])
@pytest.mark.parametrize("state", ["interrupted", "damaged", "destroyed"])
def test_only_destruction_takes_copies(state, hours):
    """Of both: data loss. Of the current one: work since the last backup."""
    layout = backed_up(rereplication=hours, backup_interval=0.0, backup_lag=7.0)
    for sites, lost, work in (("AB", True, 0.0), ("A", False, 7.0)):
        columns = {"event": ["e"] * len(sites), "rate_per_year": [0.0] * len(sites), "site": list(sites)}
        table = EventTable("t", columns | {"duration": [50.0] * len(sites), "state": [state] * len(sites)})
        results = run(Scenario([Site("A"), Site("B")], [table]).given("t", "e"), [layout], 2)
        gone = state == "destroyed"
        assert results.data_loss.values.tolist() == [[lost and gone] * 2]
        assert results.data_lost_hours.values.tolist() == [[work * gone] * 2]


def test_copies_in_the_rooms_of_a_building_go_together():
    nodes = [Site("campus"), Site("A", part_of="campus"), Site("B", part_of="campus"), Site("C")]
    pair = Layout("pair", replicas=["A"], copies=["A", "B"], rereplication=5.0)
    assert losses(pair, [("campus", 3, 50)], nodes=nodes) == [(3, 53)]
    apart = Layout("apart", replicas=["A"], copies=["A", "C"], rereplication=5.0)
    assert losses(apart, [("campus", 3, 50), ("C", 10, 50)], nodes=nodes) == []
    assert losses(apart, [("campus", 3, 50), ("C", 7, 50)], nodes=nodes) == [(7, 53)]


# what one event destroys at once

CHANCES = dict(zip("ABCDEF", (0.2, 0.35, 0.5, 0.6, 0.4, 0.3), strict=True))


def test_fragments_by_how_many_are_left():
    """A fire reaches each site by itself. Lost when fewer than k fragments are left: the Poisson binomial law of those destroyed."""
    spread = {("O", site): p for site, p in CHANCES.items()}
    fire = Fire("fire", {"O": LITTLE}, {"destroyed": 10.0}, spread=spread, spread_delay=0.0)
    scenario = Scenario([Site("O"), *(Site(site) for site in CHANCES)], [fire]).given("fire")
    codes = [Layout(f"{k}", replicas=["O"], copies=list(CHANCES), copies_needed=k) for k in range(1, 7)]
    lost = run(scenario, codes, 200_000, seed=307).data_loss.values
    law = np.array([1.0])
    for p in CHANCES.values():
        law = np.convolve(law, [1 - p, p])
    check_law(np.bincount(lost.sum(axis=0), minlength=7), law)  # codes that need more than are left
    assert (lost[:-1] <= lost[1:]).all()


# backups


def backed_up(**options):
    return Layout("l", **{"replicas": ["A"], "copies": ["A", "B"], "backup_interval": 24.0} | options)


@pytest.mark.parametrize("warmup", [0.0, 5000.0])
def test_hours_lost_at_a_rate(warmup):
    """A compound Poisson sum: mean and second moment."""
    rate, interval, lag, trials = 5.0, 24.0, 8.0, 200_000
    columns = {"event": ["x"], "rate_per_year": [rate], "site": ["A"], "duration": [TINY], "state": ["destroyed"]}
    scenario = Scenario([Site("A"), Site("B")], [EventTable("ruin", columns)])
    hours = run(scenario, [backed_up(backup_lag=stats.expon(scale=lag))], trials, seed=308, warmup=warmup)
    lost = hours.data_lost_hours.values
    mean = rate * (interval / 2 + lag)
    check_mean(lost, mean)
    check_mean((lost - mean) ** 2, rate * (interval**2 / 3 + interval * lag + 2 * lag**2))
    check_share((lost == 0).sum(), trials, math.exp(-rate))
    assert not hours.data_loss.any()


@pytest.mark.parametrize("lag", [0.0, 7.0, stats.expon(scale=9.0)], ids=["none", "constant", "exponential"])
def test_age_of_a_backup(lag):
    """Uniform over the interval, and older by the lag."""
    interval = 24.0
    scenario = destructions(["A", "B"], LITTLE, 10.0).given("ruin", "A")
    layout = backed_up(backup_lag=lag)
    results = run(scenario, [layout], 100_000, seed=309)
    lost = results.data_lost_hours.values[0]
    arrived = (lambda x: np.heaviside(x - lag, 1.0)) if isinstance(lag, float) else lag.cdf

    def below(x):
        jump = [x - lag] if isinstance(lag, float) and 0 < x - lag < interval else None
        return integrate.quad(lambda u: arrived(x - u) / interval, 0, interval, points=jump)[0]

    edges = [0.0, 3.0, 6.0, 9.0, 13.0, 17.0, 21.0, 25.0, 30.0, 40.0]
    check_law(np.histogram(lost, [*edges, 1e9])[0], np.diff([*(below(x) for x in edges), 1.0]))
    constant = lag if isinstance(lag, float) else 0.0
    assert lost.min() >= constant and (constant != lag or lost.max() < interval + constant)


@pytest.mark.parametrize("migration", [None, 0.0, 48.0, 49.0, stats.expon(scale=30.0)], ids=str)
def test_a_flood_that_announces_itself(migration):
    """With 48 h of warning nothing is lost if the migration takes no longer."""
    levels = PeaksOverThreshold(LITTLE, threshold=5.0, scale=1.0)
    durations = {"damaged": 5.0, "destroyed": 50.0}
    flood = Flood("flood", levels, {"A": 6.0}, durations, critical_depth=0.0, lead_time=48.0)
    scenario = Scenario([Site("A"), Site("B")], [flood]).given("flood", stage=9.0)
    trials = 50_000
    lost = run(scenario, [backed_up(migration=migration)], trials, seed=310).data_lost_hours.values[0]
    if migration is None or migration == 49.0:
        assert (lost > 0).all()
    elif migration in (0.0, 48.0):
        assert (lost == 0).all()
    else:
        check_share((lost == 0).sum(), trials, migration.cdf(48.0))
        check_mean(lost, 12.0 * migration.sf(48.0))


def test_what_no_warning_saves():
    """A fire has no lead time."""
    scenario = destructions(["A", "B"], LITTLE, 10.0).given("ruin", "A")
    assert (run(scenario, [backed_up(migration=0.0)], 1000, seed=311).data_lost_hours > 0).all()


BACKUPS = {  # hits, whether hours are lost, whether data is
    "the backup alone": ([("C", 0, 50)], 0, False),
    "one of two that are up to date": ([("A", 0, 50)], 0, False),
    "the one, then the other": ([("A", 0, 50), ("B", 10, 50)], 1, False),
    "all, the backup first": ([("C", 0, 50), ("A", 10, 50), ("B", 20, 10)], 0, True),
    "all, the backup last": ([("A", 0, 50), ("B", 10, 50), ("C", 20, 10)], 1, True),
    "the backup is there again": ([("C", 0, 20), ("A", 10, 50), ("B", 20, 50)], 1, False),
    "twice": ([("A", 0, 50), ("B", 10, 10), ("B", 30, 10)], 2, False),
}


@pytest.mark.parametrize("hits, times, lost", BACKUPS.values(), ids=BACKUPS.keys())
def test_when_a_backup_is_needed(hits, times, lost):
    """Two copies up to date, and a backup that lags 7 h: with an interval of 0 each loss costs exactly these."""
    columns = dict(zip(("site", "delay", "duration"), zip(*hits, strict=True), strict=True))
    columns |= {"event": ["e"] * len(hits), "rate_per_year": [0.0] * len(hits), "state": ["destroyed"] * len(hits)}
    scenario = Scenario([Site(n) for n in "ABC"], [EventTable("ruin", columns)]).given("ruin", "e")
    layout = backed_up(copies=list("ABC"), asynchronous=["C"], backup_interval=0.0, backup_lag=7.0)
    results = run(scenario, [layout], 1)
    assert float(results.data_lost_hours[0, 0]) == 7.0 * times
    assert bool(results.data_loss[0, 0]) == lost


@pytest.mark.parametrize("horizon, hours", [(30.0, 0.0), (30.5, 7.0)])
def test_hours_are_lost_within_the_window(horizon, hours):
    """An event within the window that reaches the site at its end, or before."""
    columns = {"event": ["e"], "rate_per_year": [0.0], "site": ["A"], "delay": [30.0], "duration": [5.0]}
    table = EventTable("ruin", columns | {"state": ["destroyed"]})
    scenario = Scenario([Site("A"), Site("B")], [table]).given("ruin", "e")
    results = run(scenario, [backed_up(backup_interval=0.0, backup_lag=7.0)], 2, horizon=horizon)
    assert results.data_lost_hours.values.tolist() == [[hours] * 2]
