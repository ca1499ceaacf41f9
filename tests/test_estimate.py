"""estimate() against closed forms: rare losses of data, k of n, networks; its interval, its stopping and its refusals.

Where an exact value must lie in one interval, its confidence is 1 - 6e-7: so often a correct program fails. Coverage is
counted over fixed seeds.
"""

import math
import subprocess
import sys

import numpy as np
import pytest
import xarray as xr
from exact import FALSE_ALARM, YEAR, check_mean, check_share
from scipy import linalg, stats

import dcrisk

SURE = 1.0 - FALSE_ALARM


def remote_sites(number, rate=1e-3, contained=0.9, destroyed=0.5, rereplication=24.0):
    """Data that are lost when all sites are destroyed before a copy is made anew."""
    names = [f"site {i}" for i in range(number)]
    fire = dcrisk.Fire(
        "fire",
        dict.fromkeys(names, rate),
        contained=contained,
        destroyed=destroyed,
        durations={"interrupted": 12.0, "damaged": 1000.0, "destroyed": YEAR},
    )
    layout = dcrisk.Layout("all", replicas=names, copies=names, rereplication=rereplication)
    return dcrisk.Scenario([dcrisk.Site(name) for name in names], [fire]), [layout]


def chance_of_remote_sites(number, rate, rereplication):
    """One destruction of each within so many hours; a second one of a site is rarer by a factor of the rate."""
    a = rereplication / YEAR
    return rate**number * np.exp(-rate * number) * (number * a ** (number - 1) - (number - 1) * a**number)


def k_of_n(n, k, rate, hours):
    names = [f"site {i}" for i in range(n)]
    failure = dcrisk.Failure("failure", rate, stats.expon(scale=hours), names)
    scenario = dcrisk.Scenario([dcrisk.Site(name) for name in names], [failure])
    return scenario, [dcrisk.Layout("k of n", replicas=names, quorum=k)]


def chance_of_outage(n, k, rate, hours):
    """That fewer than k are up at some moment of a year: a birth-and-death chain that stops there."""
    states = n - k + 2
    generator = np.zeros((states, states))
    for down in range(states - 1):
        generator[down, down + 1] = (n - down) * rate
        if down:
            generator[down, down - 1] = down * YEAR / hours
        generator[down, down] = -generator[down].sum()
    return linalg.expm(generator)[0, -1]


def network(chance):
    """Two-terminal network of eleven unreliable links: a ladder of five rungs; the exact unreliability by enumeration."""
    ends = [(i, i + 1) for i in range(4)] + [(i + 5, i + 6) for i in range(4)] + [(0, 5), (2, 7), (4, 9)]
    names = [f"{a}-{b}" for a, b in ends]
    paths = []

    def walk(at, seen, used):
        if at == 9:
            paths.append(list(used))
        for name, (a, b) in zip(names, ends, strict=True):
            if at in (a, b) and (a + b - at) not in seen and at != 9:
                walk(a + b - at, seen | {a + b - at}, [*used, name])

    walk(0, {0}, [])
    up = np.array([[(case >> i) & 1 for i in range(11)] for case in range(1 << 11)], bool)
    joined = np.any([up[:, [names.index(name) for name in path]].all(axis=1) for path in paths], axis=0)
    down = (~up).sum(axis=1)
    exact = math.fsum((chance**down * (1 - chance) ** (11 - down))[~joined])
    failure = dcrisk.Failure("cut", -math.log1p(-chance), 1e7, names)
    layout = dcrisk.Layout("joined", up=dcrisk.any_of(*(dcrisk.all_of(*path) for path in paths)))
    return dcrisk.Scenario([dcrisk.Utility(name) for name in names], [failure]), [layout], exact


def estimate(scenario, layouts, quantity, **options):
    return dcrisk.estimate(scenario, layouts, quantity, **({"seed": 1, "progress": False} | options))


def holds(found, exact):
    return bool(((found.risk_low <= exact) & (exact <= found.risk_high)).all())


# ---------------------------------------------------------------- exact values


@pytest.mark.parametrize("method", ["auto", "stratified", "importance"])
@pytest.mark.parametrize(("number", "hours"), [(2, 24.0), (3, 720.0)])
def test_data_of_remote_sites(method, number, hours):
    scenario, layouts = remote_sites(number, rereplication=hours)
    found = estimate(scenario, layouts, "data_loss", method=method, confidence=SURE, precision=0.1)
    assert holds(found, chance_of_remote_sites(number, 1e-3 * 0.05, hours))
    assert found.converged.all() and (found.relative_precision <= 0.1).all()
    assert found.attrs["method_used"] == ("importance" if method == "importance" else "stratified")
    assert found.attrs["stopped_because"] == "the precision asked for is reached"


@pytest.mark.parametrize(
    ("n", "k", "rate", "hours"), [(3, 1, 0.01, 8.0), (2, 1, 0.5, 12.0), (5, 3, 0.2, 24.0), (10, 8, 1.0, 24.0)]
)
def test_outages_of_k_of_n(n, k, rate, hours):
    found = estimate(*k_of_n(n, k, rate, hours), "any_outage", confidence=SURE, precision=0.15)
    assert holds(found, chance_of_outage(n, k, rate, hours))
    assert found.converged.all()


@pytest.mark.parametrize("method", ["stratified", "importance", "crude"])
def test_mean_downtime(method):
    scenario, layouts = k_of_n(3, 2, 1.0, 24.0)
    exact = dcrisk.expected_availability(scenario, layouts).unavailability
    found = estimate(scenario, layouts, "downtime", method=method, confidence=SURE, precision=0.1)
    assert holds(found, exact)


def test_downtime_is_exact_where_it_can_be():
    scenario, layouts = k_of_n(10, 8, 1.0, 24.0)
    found = estimate(scenario, layouts, "downtime")
    assert found.attrs["method_used"] == "exact" and found.attrs["trials_played"] == 0
    assert (found.risk == dcrisk.expected_availability(scenario, layouts).unavailability).all()
    assert (found.risk_low == found.risk).all() and found.converged.all()


@pytest.mark.parametrize("chance", [0.1, 1e-2, 1e-3, 1e-4])
def test_networks_of_unreliable_links(chance):
    scenario, layouts, exact = network(chance)
    found = estimate(scenario, layouts, "any_outage", method="stratified", confidence=SURE, precision=0.1)
    assert holds(found, exact) and found.converged.all()
    assert found.attrs["trials_played"] + found.attrs["pilot_trials"] < 1e6  # no more for better links


def test_probability_to_exceed_hours():
    """Outages of one site are exponential and far apart; one that begins in the last 100 hours is cut off."""
    scenario, layouts = k_of_n(1, 1, 1e-4, 24.0)
    exact = -math.expm1(-1e-4 * (1.0 - 100.0 / YEAR) * math.exp(-100.0 / 24.0))
    for method in ("stratified", "importance"):
        found = estimate(scenario, layouts, "longest_outage", above=100.0, method=method, confidence=SURE)
        assert holds(found, exact) and found.risk.attrs["units"] == "1"


def test_floods_that_no_trial_would_see():
    """A peak above 9 m: exponential peaks over 5 m, 0.3 m high on average, so one of 600,000 in half an event a year."""
    flood = dcrisk.Flood(
        "flood",
        stage=dcrisk.PeaksOverThreshold(rate_per_year=0.5, threshold=5.0, scale=0.3, shape=0.0),
        protection={"A": 9.0},
        critical_depth=math.inf,
        durations={"damaged": 100.0},
    )
    scenario = dcrisk.Scenario([dcrisk.Site("A")], [flood])
    layouts = [dcrisk.Layout("A", replicas=["A"])]
    for method in ("stratified", "importance"):
        found = estimate(scenario, layouts, "any_outage", method=method, confidence=SURE)
        assert holds(found, -math.expm1(-0.5 * math.exp(-4.0 / 0.3)))


def test_backups_that_fail_in_common():
    """Three sites, grid outages of an hour; all backups fail at once with 1e-4, or each for itself."""
    backup = dcrisk.Backup(1.0 - 1e-3, common_cause=0.1)
    nodes = [dcrisk.Utility("grid")] + [
        dcrisk.Site(name, requires=[dcrisk.all_of("grid", backup=backup)]) for name in "ABC"
    ]
    scenario = dcrisk.Scenario(nodes, [dcrisk.GridOutage("outage", {"grid": 0.01}, 1.0)])
    found = estimate(
        scenario, [dcrisk.Layout("any", replicas=list("ABC"))], "any_outage", method="stratified", confidence=SURE
    )
    own = (1e-3 - 1e-4) / (1.0 - 1e-4)
    assert holds(found, -math.expm1(-0.01 * (1e-4 + (1.0 - 1e-4) * own**3)))


def test_given_events_and_marks():
    """What if A burns tonight: B is lost too if both are destroyed and the fire spreads."""
    fire = dcrisk.Fire(
        "fire",
        {"A": 0.0},
        contained=0.99,
        destroyed=0.1,
        spread={("A", "B"): 0.02},
        durations=dict.fromkeys(["damaged", "destroyed"], 500.0),
    )
    scenario = dcrisk.Scenario([dcrisk.Site("A"), dcrisk.Site("B")], [fire]).given("fire", "A")
    layouts = [dcrisk.Layout("both", replicas=["A", "B"], copies=["A", "B"])]
    for method in ("stratified", "importance"):
        found = estimate(scenario, layouts, "data_loss", method=method, confidence=SURE)
        assert holds(found, 0.01 * 0.1 * 0.02 * 0.1)


def test_rates_that_are_not_known():
    """Each site has a gamma rate of its own: one fire at each, which is a negative binomial number."""
    scenario, layouts = remote_sites(2, rate=dcrisk.jeffreys_rate(1, 1500), contained=0.0, destroyed=1.0)
    found = estimate(scenario, layouts, "data_loss", method="stratified", confidence=SURE)
    one, a = stats.nbinom.pmf(1, 1.5, 1.0 / (1.0 + 1.0 / 1500)), 24.0 / YEAR
    assert holds(found, one**2 * (2.0 * a - a * a))


# ---------------------------------------------------------------- coverage


@pytest.mark.parametrize(
    "case",
    [
        lambda: (*remote_sites(2), "data_loss", chance_of_remote_sites(2, 5e-5, 24.0)),
        lambda: (*k_of_n(3, 1, 0.01, 8.0), "any_outage", chance_of_outage(3, 1, 0.01, 8.0)),
        lambda: (*network(1e-3)[:2], "any_outage", network(1e-3)[2]),
    ],
    ids=["remote sites", "k of n", "network"],
)
def test_the_exact_value_lies_in_the_interval_of_93_of_100_seeds(case):
    scenario, layouts, quantity, exact = case()
    inside = [holds(estimate(scenario, layouts, quantity, seed=seed, precision=0.1), exact) for seed in range(100)]
    assert sum(inside) >= 93


def test_looking_often_costs_no_coverage(monkeypatch):
    """Crude Monte Carlo of a probability that the pilot knows badly, so that it looks several times."""
    scenario, layouts = k_of_n(2, 1, 0.5, 12.0)
    exact = chance_of_outage(2, 1, 0.5, 12.0)
    monkeypatch.setattr("dcrisk.rare.run.FIRST_CRUDE", 1 << 15)
    found = [estimate(scenario, layouts, "any_outage", method="crude", seed=seed, precision=0.3) for seed in range(60)]
    assert all(one.attrs["pilot_trials"] == 1 << 15 for one in found)
    assert sum(one.attrs["looks"] > 1 for one in found) > 3
    assert stats.binom.cdf(sum(holds(one, exact) for one in found), 60, 0.95) > FALSE_ALARM


def test_looks_share_the_chance_of_error():
    from dcrisk.rare.looks import error_of_look

    assert sum(error_of_look(look, 0.95) for look in range(200)) == pytest.approx(0.05)


# ---------------------------------------------------------------- promises


def test_threads_change_no_bit():
    scenario, layouts = remote_sites(2)
    first = estimate(scenario, layouts, "data_loss", threads=1)
    again = estimate(scenario, layouts, "data_loss", threads=3)
    for name in first.data_vars:
        assert first[name].equals(again[name]), name


def test_crude_trials_are_those_of_simulate():
    scenario, layouts = k_of_n(3, 2, 3.0, 100.0)
    found = estimate(scenario, layouts, "downtime", method="crude", max_trials=200_000, precision=1e-3)
    assert found.attrs["stopped_because"] == "max_trials = 200,000 are used up"
    assert not found.converged.any()
    results = dcrisk.simulate(scenario, layouts, found.attrs["trials_played"], seed=1, progress=False)
    np.testing.assert_allclose(found.risk, results.downtime.mean("trial") / YEAR, rtol=1e-12)


def test_what_cannot_happen_has_a_risk_of_nothing():
    """Failures interrupt and do not destroy, so no data are lost whatever happens."""
    scenario, layouts = remote_sites(2)
    alone = dcrisk.Scenario(scenario.nodes, [dcrisk.Failure("failure", 1e-3, 5.0, ["site 0"])])
    found = estimate(alone, layouts, "data_loss")
    assert found.risk.item() == found.risk_high.item() == 0.0 and found.converged.all()


def test_of_several_layouts_each_is_precise():
    scenario, _ = remote_sites(3, rereplication=720.0)
    names = [f"site {i}" for i in range(3)]
    layouts = [
        dcrisk.Layout(f"{n} copies", replicas=names[:n], copies=names[:n], rereplication=720.0) for n in (1, 2, 3)
    ]
    found = estimate(scenario, layouts, "data_loss", method="stratified", confidence=SURE, precision=0.15)
    exact = [chance_of_remote_sites(n, 5e-5, 720.0) for n in (1, 2, 3)]
    assert holds(found, np.array(exact)) and found.converged.all()


def test_time_is_kept():
    scenario, layouts = k_of_n(10, 5, 0.3, 24.0)
    found = estimate(scenario, layouts, "any_outage", method="stratified", precision=1e-4, max_seconds=1.0)
    assert found.attrs["stopped_because"] == "max_seconds = 1 are over"
    assert not found.converged.any() and found.attrs["seconds"] < 60.0


def test_memory_does_not_grow_with_trials():
    """10^9 years in well under 1 GB."""
    code = """
import resource, dcrisk
scenario = dcrisk.Scenario([dcrisk.Site("A")], [dcrisk.Failure("f", 1e-3, 24.0, ["A"])])
layouts = [dcrisk.Layout("A", replicas=["A"])]
found = dcrisk.estimate(scenario, layouts, "any_outage", method="crude", precision=2.1e-3, progress=False)
assert found.attrs["trials_played"] > 8e8, found.attrs
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""
    kilobytes = int(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout)
    assert kilobytes < 1e6


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"quantity": "downtimes"}, "did you mean 'downtime'|quantity"),
        ({"quantity": "data_loss"}, "no layout keeps data"),
        ({"quantity": "data_lost_hours"}, "no layout has backups"),
        ({"quantity": "degraded_hours"}, "no layout has shares of capacity"),
        ({"quantity": "any_outage", "above": 3.0}, "has no hours to exceed"),
        ({"above": -1.0}, "above"),
        ({"precision": 5}, "precision"),
        ({"precision": 0.0}, "precision"),
        ({"confidence": 95}, "confidence"),
        ({"method": "magic"}, "method"),
        ({"max_seconds": 0}, "max_seconds"),
        ({"max_trials": 0}, "trials"),
        ({"method": "exact", "quantity": "any_outage"}, "of all quantities only the mean of 'downtime'"),
    ],
)
def test_bad_input_is_named(options, message):
    scenario, layouts = k_of_n(2, 1, 1.0, 5.0)
    with pytest.raises((dcrisk.SpecificationError, ValueError), match=message):
        estimate(scenario, layouts, options.pop("quantity", "downtime"), **options)


def test_results_are_kept_in_files(tmp_path):
    scenario, layouts = remote_sites(2)
    found = estimate(scenario, layouts, "data_loss")
    found.to_netcdf(tmp_path / "found.nc")
    xr.testing.assert_equal(xr.load_dataset(tmp_path / "found.nc"), found)


def test_shares_of_hits():
    """Of the crude trials as many did harm as did in simulate."""
    scenario, layouts = k_of_n(2, 1, 20.0, 100.0)
    found = estimate(scenario, layouts, "any_outage", method="crude", precision=0.02)
    n = found.attrs["trials_played"]
    check_share(round(float(found.risk[0]) * n), n, chance_of_outage(2, 1, 20.0, 100.0))


# ---------------------------------------------------------------- trials with weights


def test_weighted_trials_give_the_exact_law():
    """Two sites, one of which is enough: both are down together far less than once in a million years of crude trials."""
    scenario, layouts = k_of_n(2, 1, 0.01, 12.0)
    results = dcrisk.simulate_rare(scenario, layouts, 50_000, attribute=True, seed=3, progress=False)
    most = results.weight.attrs["largest_possible"]
    assert most == 10.0 and float(results.weight.min()) > 0.0 and float(results.weight.max()) <= most
    check_mean(results.weight, 1.0)
    check_mean(
        results.weight * results.downtime, YEAR * dcrisk.expected_availability(scenario, layouts).unavailability.item()
    )
    check_mean(results.weight * (results.downtime > 0), chance_of_outage(2, 1, 0.01, 12.0))
    # both outages end after an exponential time of rate 2/12 an hour, or the sooner of them does
    table = dcrisk.exceedance(results, "downtime", [0.0, 12.0, 36.0], SURE)
    exact = chance_of_outage(2, 1, 0.01, 12.0) * np.exp(-np.array([0.0, 12.0, 36.0]) / 6.0)
    high, low = (
        table.filter_by_attrs(long_name=lambda x: x and "upper" in x),
        table.filter_by_attrs(long_name=lambda x: x and "lower" in x),
    )
    assert (next(iter(low.data_vars.values())).values.ravel() <= exact).all()
    assert (exact <= next(iter(high.data_vars.values())).values.ravel()).all()
    dcrisk.plot_exceedance(results)
    dcrisk.plot_downtime(results)


def test_weighted_trials_are_the_same_in_any_number_of_threads():
    scenario, layouts = remote_sites(2)
    one, three = (
        dcrisk.simulate_rare(scenario, layouts, 5000, "data_loss", seed=3, threads=threads, progress=False)
        for threads in (1, 3)
    )
    xr.testing.assert_identical(one, three)
    check_mean(one.weight * one.data_loss, chance_of_remote_sites(2, 5e-5, 24.0))


def test_figures_count_weights():
    """A trial of weight 2 stands for itself and for one of weight 0."""
    from dcrisk import statistics

    scenario, layouts = k_of_n(2, 2, 5.0, 50.0)
    plain = dcrisk.simulate(scenario, layouts, 100, seed=1, attribute=True, progress=False)
    doubled = xr.concat([plain, plain * 0 + 7.0], "trial").assign_attrs(plain.attrs)
    doubled["weight"] = "trial", np.repeat([2.0, 0.0], 100)
    for name in ("downtime", "downtime_by_hazard"):
        np.testing.assert_allclose(statistics.mean_over_trials(doubled, name), plain[name].mean("trial"))


def test_nothing_to_draw_more_often():
    scenario, layouts = remote_sites(2)
    alone = dcrisk.Scenario(scenario.nodes, [dcrisk.Failure("failure", 1e-3, 5.0, ["site 0"])])
    with pytest.raises(dcrisk.SpecificationError, match="no event can bring about"):
        dcrisk.simulate_rare(alone, layouts, 100, "data_loss")


def test_auto_does_not_count_on_crude_trials_that_see_nothing():
    """However little time there is: a pilot that sees no harm does not tell how many crude trials it takes."""
    scenario, layouts = remote_sites(3)
    found = estimate(scenario, layouts, "data_loss", seed=1, max_seconds=0.001)
    assert found.attrs["method_used"] == "stratified" and not found.converged[0]
    assert found.risk_high[0] < 1e-9
