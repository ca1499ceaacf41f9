"""Losses of data beside Markov chains, integrals and timelines by hand. tests/exact.py says how often a correct program
fails: 6e-7 for each comparison."""

import itertools

import numpy as np
import pytest
from exact import FALSE_ALARM, YEAR, check_law, check_mean, check_share, run
from scipy import linalg, stats

import dcrisk

MOMENT = 2.0**-20  # hours: a site that is back at once; its bias is below 1e-8 here


def event_at(hits, **columns):
    """A scenario in which an event happens at time 0: hits are (site, delay, hours) of destruction."""
    sites, delays, hours = zip(*hits, strict=True)
    table = {
        "event": ["e"] * len(hits),
        "rate_per_year": [0.0] * len(hits),
        "site": list(sites),
        "delay": list(delays),
        "duration": list(hours),
        "state": ["destroyed"] * len(hits),
    } | columns
    nodes = [dcrisk.Site(name) for name in "ABC"]
    return dcrisk.Scenario(nodes, [dcrisk.EventTable("table", table)]).given("table", "e")


def losing_chain(n, needed, hit, done, clocks):
    """Generator of n copies until too few are left. A state: how many re-replications of each copy are under way.

    Hits come at a rate each, whether the copy is gone or not, and each opens an exponential clock; a copy is gone while
    some clock of it is open (M/M/infinity), and no further clock is opened beyond ``clocks`` of one copy.
    """
    states = [s for s in itertools.product(range(clocks + 1), repeat=n) if n - sum(c > 0 for c in s) >= needed]
    place = {state: i for i, state in enumerate(states)}
    rates = np.zeros((len(states), len(states)))
    for state, i in place.items():
        for copy in range(n):
            for change, rate in ((1, hit), (-1, state[copy] * done)):
                to = (*state[:copy], state[copy] + change, *state[copy + 1 :])
                if not 0 <= to[copy] <= clocks or rate == 0:
                    continue
                rates[i, i] -= rate
                if to in place:
                    rates[i, place[to]] += rate
    return rates, place[(0,) * n]


def lost_by(hours, rates, start):
    return 1.0 - linalg.expm(rates * hours)[start].sum()


@pytest.mark.parametrize("n, needed", [(2, 1), (3, 1), (3, 2), (4, 3)])
def test_mirrors_and_codes_with_re_replication(n, needed):
    """All copies are hit at one rate, and made anew in exponential hours."""
    rate, mean = 6.0, 120.0
    names = [f"disk {i}" for i in range(n)]
    scenario = dcrisk.Scenario(
        [dcrisk.Site(name) for name in names],
        [dcrisk.Failure("disks", rate, MOMENT, names, state="destroyed")],
    )
    layout = dcrisk.Layout(
        "store", replicas=names, copies=names, copies_needed=needed, rereplication=stats.expon(scale=mean)
    )
    rates, start = losing_chain(n, needed, rate / YEAR, 1.0 / mean, clocks=5 if n < 4 else 3)
    for hours, seed in ((2000.0, 1), (YEAR, 2)):
        lost = run(scenario, [layout], 120_000, seed=seed, horizon=hours).data_loss.sum()
        check_share(lost, 120_000, lost_by(hours, rates, start))


@pytest.mark.parametrize("n, needed", [(2, 1), (3, 2), (5, 3)])
def test_copies_that_are_gone_until_their_site_is_rebuilt(n, needed):
    """A birth-death chain: a site that lies destroyed is not struck again."""
    hit, done, names = 4.0 / YEAR, 1.0 / 150.0, [f"s{i}" for i in range(n)]
    failure = dcrisk.Failure("loss", 4.0, stats.expon(scale=150.0), names, state="destroyed")
    scenario = dcrisk.Scenario([dcrisk.Site(name) for name in names], [failure])
    layout = dcrisk.Layout("store", replicas=names, copies=names, copies_needed=needed)
    gone = n - needed + 1  # states 0 to gone - 1
    rates = np.diag([-(n - j) * hit - j * done for j in range(gone)])
    rates += np.diag([(n - j) * hit for j in range(gone - 1)], 1) + np.diag([j * done for j in range(1, gone)], -1)
    lost = run(scenario, [layout], 150_000, seed=n, horizon=YEAR).data_loss.sum()
    check_share(lost, 150_000, lost_by(YEAR, rates, 0))


def test_mean_time_to_data_loss_of_a_mirrored_pair():
    """In windows that are long beside a repair, losses come at a constant rate; the chain says which mean time."""
    hit, mean = 8.0 / YEAR, 24.0
    scenario = dcrisk.Scenario(
        [dcrisk.Site(name) for name in "AB"], [dcrisk.Failure("disks", 8.0, MOMENT, ["A", "B"], state="destroyed")]
    )
    layout = dcrisk.Layout("pair", replicas=["A"], copies=["A", "B"], rereplication=stats.expon(scale=mean))
    rates, start = losing_chain(2, 1, hit, 1.0 / mean, 6)
    exact = linalg.solve(-rates, np.ones(len(rates)))[start] / YEAR
    assert exact == pytest.approx((3 * hit + 1 / mean) / (2 * hit**2) / YEAR, rel=0.02)  # of the usual three states
    results = run(scenario, [layout], 60_000, seed=5, horizon=2 * YEAR)
    found = dcrisk.durability(results, confidence=1.0 - FALSE_ALARM)
    low, high = found.mean_time_to_data_loss_low.item(), found.mean_time_to_data_loss_high.item()
    of_the_window = -2.0 / np.log1p(-lost_by(2 * YEAR, rates, start))
    assert of_the_window == pytest.approx(exact, rel=2e-3)  # a start without open repairs is worth some hours
    assert low < of_the_window < high and high / low < 1.3


@pytest.mark.parametrize(
    "hours, second, lost",
    [
        (24.0, 23.9, True),
        (24.0, 24.0, False),
        (None, 23.9, False),
        (24.0, 0.0, True),
        (0.0, 0.0, True),
        (0.0, 0.1, False),
    ],
)
def test_a_second_hit_in_time(hours, second, lost):
    """Both sites are back after an hour; the copy is not, for the hours of its re-replication."""
    scenario = event_at([("A", 0.0, 1.0), ("B", second, 1.0)])
    layout = dcrisk.Layout("pair", replicas=["C"], copies=["A", "B"], rereplication=hours)
    assert run(scenario, [layout], 3).data_loss.values.tolist() == [[lost] * 3]


def losses(scenario, layout, trial=0):
    found = dcrisk.trace(scenario, [layout], trial)
    chosen = found.kind.values == "data"
    return list(zip(found.start.values[chosen].tolist(), found.end.values[chosen].tolist(), strict=True))


def test_what_was_lost_is_not_copied():
    """A is destroyed at 0, B at 10. A copy would be ready at 24 and at 34, but there is nothing to copy from until the
    site of B is back at 60."""
    pair = dcrisk.Layout("pair", replicas=["C"], copies=["A", "B"], rereplication=24.0)
    assert losses(event_at([("A", 0.0, 1000.0), ("B", 10.0, 50.0)]), pair) == [(10.0, 60.0)]
    # with a third copy the data live on, and both are made anew
    three = dcrisk.Layout("three", replicas=["C"], copies=["A", "B", "C"], rereplication=24.0)
    assert losses(event_at([("A", 0.0, 1000.0), ("B", 10.0, 50.0), ("C", 34.0, 5.0)]), three) == []
    assert losses(event_at([("A", 0.0, 1000.0), ("B", 10.0, 50.0), ("C", 23.0, 5.0)]), three) == [(23.0, 47.0)]


def test_a_copy_that_is_elsewhere_is_lost_when_its_site_is_struck_again():
    """A is there again at 24, in ruins or not, and the next hit at 100 takes it once more. While B is gone as well there
    is nothing to copy from: the data is back with B, whose site is up at 130, but empty until 134."""
    pair = dcrisk.Layout("pair", replicas=["C"], copies=["A", "B"], rereplication=24.0)
    hits = [("A", 0.0, 1000.0), ("A", 100.0, 10.0)]
    assert losses(event_at([*hits, ("B", 50.0, 20.0)]), pair) == []
    assert losses(event_at([*hits, ("B", 110.0, 20.0)]), pair) == [(110.0, 134.0)]


def test_copysets_struck_together():
    """Each event destroys a set of sites at one moment. A copyset is lost if some event holds it; that at least one is
    lost, by inclusion and exclusion over the copysets."""
    sets = {"ABC": 0.2, "ABD": 0.3, "CD": 0.5, "ABCD": 0.1, "A": 3.0, "BD": 0.4}
    rows = [(event, rate, site) for event, rate in sets.items() for site in event]
    table = {
        "event": [row[0] for row in rows],
        "rate_per_year": [row[1] for row in rows],
        "site": [row[2] for row in rows],
        "delay": [0.0] * len(rows),
        "duration": [MOMENT] * len(rows),
        "state": ["destroyed"] * len(rows),
    }
    scenario = dcrisk.Scenario([dcrisk.Site(name) for name in "ABCD"], [dcrisk.EventTable("shocks", table)])
    copysets = ["AB", "BC", "CD", "ABD"]
    layouts = [dcrisk.Layout(c, replicas=["A"], copies=list(c)) for c in copysets]
    trials = 200_000
    lost = run(scenario, layouts, trials, seed=9).data_loss

    def rate(holds):
        return sum(r for event, r in sets.items() if holds(set(event)))

    for c in copysets:
        check_share(lost.sel(layout=c).sum(), trials, -np.expm1(-rate(lambda s, c=c: set(c) <= s)))
    some = 0.0
    for size in range(1, len(copysets) + 1):
        for chosen in itertools.combinations(copysets, size):  # P(all of these are lost), by exclusion of the unharmed
            together = sum(
                (-1) ** k * np.exp(-rate(lambda s, u=u: any(set(c) <= s for c in u)))
                for k in range(size + 1)
                for u in itertools.combinations(chosen, k)
            )
            some += (-1) ** (size + 1) * together
    assert some == pytest.approx(-np.expm1(-rate(lambda s: any(set(c) <= s for c in copysets))))
    check_share(lost.any("layout").sum(), trials, some)


def test_hours_of_work_that_no_backup_brings_back():
    """The age of the last backup is uniform on its interval; on top comes the time until it has arrived."""
    scenario = event_at([("A", 5.0, 10.0)])
    layout = dcrisk.Layout("nightly", replicas=["A"], copies=["A", "B"], backup_interval=24.0, backup_lag=4.0)
    hours = run(scenario, [layout], 60_000, seed=3).data_lost_hours.values.ravel()
    assert hours.min() >= 4.0 and hours.max() <= 28.0
    check_law(np.histogram(hours, np.linspace(4.0, 28.0, 25))[0], np.full(24, 1 / 24))

    failures = dcrisk.Failure("loss", 2.0, MOMENT, ["A"], state="destroyed")
    yearly = dcrisk.Scenario([dcrisk.Site(name) for name in "AB"], [failures])
    lagging = dcrisk.Layout(
        "lagging", replicas=["A"], copies=["A", "B"], backup_interval=6.0, backup_lag=stats.expon(scale=2.0)
    )
    results = run(yearly, [lagging], 200_000, seed=4)
    check_mean(results.data_lost_hours, 2.0 * (6.0 / 2 + 2.0))
    assert not results.data_loss.any()


def test_a_backup_lost_with_the_rest_is_a_loss_and_no_hours():
    layout = dcrisk.Layout("nightly", replicas=["A"], copies=["A", "B"], backup_interval=24.0)
    both = run(event_at([("A", 5.0, 10.0), ("B", 5.0, 10.0)]), [layout], 4)
    assert both.data_loss.all() and not both.data_lost_hours.any()
    later = run(event_at([("A", 5.0, 10.0), ("B", 6.0, 10.0)]), [layout], 4)
    assert later.data_loss.all() and (later.data_lost_hours > 0).all()
    only_the_backup = run(event_at([("B", 5.0, 10.0)]), [layout], 4)
    assert not only_the_backup.data_loss.any() and not only_the_backup.data_lost_hours.any()


def test_two_current_copies_and_a_backup():
    """Work is lost when both current ones are gone at once."""
    layout = dcrisk.Layout(
        "three", replicas=["A"], copies=["A", "B", "C"], asynchronous=["C"], backup_interval=0.0, backup_lag=7.0
    )
    assert not run(event_at([("A", 0.0, 10.0), ("B", 10.0, 10.0)]), [layout], 2).data_lost_hours.any()
    assert run(event_at([("A", 0.0, 10.0), ("B", 9.0, 10.0)]), [layout], 2).data_lost_hours.values.tolist() == [
        [7.0] * 2
    ]


@pytest.mark.parametrize("migration, hours", [(24.0, 0.0), (48.0, 0.0), (49.0, 9.0), (None, 9.0)])
def test_a_warning_in_time_saves_the_last_backup(migration, hours):
    flood = dcrisk.Flood(
        "flood", dcrisk.PeaksOverThreshold(0.1, 5.0, 0.8, 0.0), {"A": 5.5}, {"damaged": 10.0, "destroyed": 100.0},
        critical_depth=0.0, lead_time=48.0,
    )  # fmt: skip
    scenario = dcrisk.Scenario([dcrisk.Site("A"), dcrisk.Site("B")], [flood]).given("flood", stage=9.0)
    layout = dcrisk.Layout(
        "A", replicas=["A"], copies=["A", "B"], backup_interval=0.0, backup_lag=9.0, migration=migration
    )
    found = run(scenario, [layout], 2, horizon=1.0).data_lost_hours
    assert found.values.tolist() == [[hours] * 2]


def test_the_backup_in_the_same_building():
    """As a customer found in court: with probability p the backup believed in SBG1 stands in SBG2."""
    p, rate, mean = 0.3, 2.0, 300.0
    sites = ["SBG1", "SBG2"]
    failure = dcrisk.Failure("fire", rate, stats.expon(scale=mean), sites, state="destroyed")
    scenario = dcrisk.Scenario([dcrisk.Site(name) for name in sites], [failure])
    layout = dcrisk.Layout(
        "believed", replicas=["SBG2"], copies=["SBG2", "SBG1"], placement_error={("SBG1", "SBG2"): p}
    )
    hit, done = rate / YEAR, 1.0 / mean
    both = lost_by(YEAR, np.array([[-2 * hit, 2 * hit], [done, -done - hit]]), 0)
    lost = run(scenario, [layout], 200_000, seed=6).data_loss.sum()
    check_share(lost, 200_000, p * -np.expm1(-rate) + (1 - p) * both)
