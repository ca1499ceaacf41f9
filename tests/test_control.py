"""What is solvable costs no noise: estimate(method="partly_exact") against exact answers, and what it may leave unsampled."""

import numpy as np
import pytest
from exact import FALSE_ALARM, YEAR
from generators import layouts, scenarios
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st
from scipy import stats

import dcrisk
from dcrisk.exact import solvable_part

SURE = 1.0 - FALSE_ALARM
NAMES = ["A", "B", "C"]


def estimate(scenario, listed, **options):
    options = {"method": "partly_exact", "seed": 1, "threads": 2} | options
    return dcrisk.estimate(scenario, listed, progress=False, **options)


def with_fires(rate=2e-3, hours=500.0):
    """Failures and fires; and the same with outages of the same law in place of the fires, which can be solved."""
    sites = [dcrisk.Site(name) for name in NAMES]
    failure = dcrisk.Failure("failure", 2.0, stats.expon(scale=12.0), NAMES)
    rates = dict.fromkeys(NAMES, rate)
    fire = dcrisk.Fire("fire", rates, {"damaged": stats.expon(scale=hours)}, contained=0.0, destroyed=0.0)
    alike = dcrisk.GridOutage("fire", rates, stats.expon(scale=hours))
    listed = [
        dcrisk.Layout("A", replicas=["A"]),
        dcrisk.Layout("any", replicas=NAMES, quorum=1),
        dcrisk.Layout("two", replicas=NAMES, quorum=2),
    ]
    return dcrisk.Scenario(sites, [failure, fire]), dcrisk.Scenario(sites, [failure, alike]), listed


def with_backup(start):
    """One grid behind a backup that starts by chance: a demand is carried to its end, or not at all."""
    backup = dcrisk.Backup(start, autonomy=1e9, refuel_probability=1.0)
    sites = [dcrisk.Site("A", requires=[dcrisk.all_of("grid", backup=backup)]), dcrisk.Site("B")]
    hazards = [
        dcrisk.Failure("failure", 1.0, stats.expon(scale=12.0), ["A", "B"]),
        dcrisk.Failure("grid", 0.1, stats.expon(scale=50.0), ["grid"]),
    ]
    return dcrisk.Scenario([dcrisk.Utility("grid"), *sites], hazards)


def holds(found, exact):
    return (found.risk_low.values <= exact) & (exact <= found.risk_high.values)


def test_fires_among_failures():
    scenario, alike, listed = with_fires()
    exact = dcrisk.expected_availability(alike, listed).unavailability.values
    found = estimate(scenario, listed, confidence=SURE, precision=0.05)
    assert holds(found, exact).all() and found.converged.all()
    part = dcrisk.expected_availability(scenario.without("fire"), listed).unavailability.values
    np.testing.assert_allclose(found.solved.values, part * np.exp(-3 * 2e-3), rtol=1e-9)
    assert (found.solved < found.risk).all()


def test_the_interval_covers():
    """Over fixed seeds; so few as to fail a correct program comes once in 1.7 million."""
    scenario, alike, listed = with_fires()
    exact = dcrisk.expected_availability(alike, listed).unavailability.values
    inside = np.sum([holds(estimate(scenario, listed, seed=seed, precision=0.1), exact) for seed in range(20)], axis=0)
    assert (stats.binom.cdf(inside, 20, 0.95) > FALSE_ALARM).all()


@pytest.mark.parametrize("start", [0.5, 0.95])
def test_a_backup_by_chance(start):
    """Given whether the backup will start, should it be asked, the downtime is that with a sure backup or with none."""
    listed = [dcrisk.Layout("A", replicas=["A"]), dcrisk.Layout("either", replicas=["A", "B"])]
    sure, none = (
        dcrisk.expected_availability(with_backup(chance), listed).unavailability.values for chance in (1.0, 0.0)
    )
    found = estimate(with_backup(start), listed, confidence=SURE, precision=0.03)
    assert found.converged.all()
    assert holds(found, start * sure + (1.0 - start) * none).all()
    np.testing.assert_allclose(found.solved.values, sure * np.exp(-0.1), rtol=1e-3)  # failures of the grid renew


def test_what_is_solved_for_one_layout_alone_has_no_noise():
    scenario, _, _ = with_fires()
    scenario = dcrisk.Scenario([*scenario.nodes, dcrisk.Site("far")], [
        *scenario.hazards, dcrisk.Failure("far", 1.0, 5.0, ["far"]),
    ])  # fmt: skip
    listed = [dcrisk.Layout("A", replicas=["A"]), dcrisk.Layout("far", replicas=["far"])]
    found = estimate(scenario, listed).sel(layout="far")
    exact = dcrisk.expected_availability(scenario, [listed[1]]).unavailability.item()
    assert found.risk_low == found.risk == found.risk_high == found.solved and found.converged
    assert found.risk.item() == pytest.approx(exact, rel=1e-12)


def test_auto_takes_it_where_sampling_would_take_long():
    scenario, _, listed = with_fires()
    found = estimate(scenario, listed, method="auto", precision=0.01)
    assert found.attrs["method_used"] == "partly_exact" and found.converged.all()
    crude = dcrisk.estimate(scenario, listed[:1], "any_outage", seed=1, progress=False)
    assert crude.attrs["method_used"] != "partly_exact" and not crude.solved.any()


def test_threads_change_nothing():
    scenario, _, listed = with_fires()
    one, two = (estimate(scenario, listed, threads=threads) for threads in (1, 2))
    assert (one.risk.values == two.risk.values).all() and (one.risk_high.values == two.risk_high.values).all()


@pytest.mark.parametrize(
    "options, message",
    [
        ({"quantity": "any_outage"}, "only the mean of 'downtime'"),
        ({"above": 5.0}, "only the mean of 'downtime'"),
        ({"listed": [dcrisk.Layout("moves", replicas=["A", "B"], failover=0.1)]}, "no part of the scenario"),
        ({"scenario": with_fires(rate=50.0)[0]}, "come in almost every window"),
        ({"scenario": with_fires()[0].without("failure")}, "no part of the scenario"),
    ],
)
def test_refused(options, message):
    scenario, _, listed = with_fires()
    arguments = {"scenario": scenario, "listed": listed} | options
    with pytest.raises(dcrisk.SpecificationError, match=message):
        estimate(**arguments)


def test_rates_stay_those_of_the_scenario():
    scenario, _, listed = with_fires()
    with pytest.raises(dcrisk.SpecificationError, match="method='stratified'"):
        dcrisk.reweight(estimate(scenario, listed), {"fire.rate_per_year[A]": 1e-2})


def test_with_a_hazard_goes_what_raises_it():
    sites = [dcrisk.Site("A"), dcrisk.Site("B")]
    hazards = [dcrisk.Failure(name, 1.0, 5.0, [site]) for name, site in (("storm", "B"), ("surge", "A"), ("rest", "A"))]
    scenario = dcrisk.Scenario(sites, hazards, triggers=[dcrisk.Trigger("surge", cause="storm", probability=0.5)])
    part = solvable_part(scenario, [dcrisk.Layout("A", replicas=["A"]), dcrisk.Layout("B", replicas=["B"])], YEAR, 0.0)
    assert part.unsolved == [{"storm", "surge"}, {"storm"}]


def test_a_given_event_is_in_every_window():
    scenario, _, listed = with_fires()
    with pytest.raises(dcrisk.SpecificationError, match="come in almost every window"):
        estimate(scenario.given("fire", origin="A"), listed[:1])


TRIALS = 200


@settings(max_examples=25, phases=[Phase.explicit, Phase.generate], suppress_health_check=list(HealthCheck))
@given(st.data())
def test_windows_without_unsolved_events_are_those_of_the_solved_scenario(data):
    """Trial by trial: where no unsolved event strikes anything, the downtime is that of the scenario without them."""
    scenario = data.draw(scenarios())
    assume(scenario.sites)
    listed = data.draw(layouts(scenario))
    horizon = 500.0
    part = solvable_part(scenario, listed, horizon, 0.0)
    assume(part is not None)
    everything = [dcrisk.Layout(f"up {node.name}", up=node.name) for node in scenario.nodes]

    def play(without, some):
        return dcrisk.simulate(
            scenario.without(*without), some, TRIALS, horizon=horizon, seed=3, threads=1, progress=False
        )

    names = {hazard.name for hazard in scenario.hazards}
    full = play((), listed)
    for layout, unsolved in zip(listed, part.unsolved, strict=True):
        quiet = (
            (play(names - unsolved, everything).outages == 0).all("layout").values
            if unsolved
            else np.ones(TRIALS, bool)
        )
        without = play(unsolved, [layout])
        np.testing.assert_array_equal(
            full.downtime.sel(layout=layout.name).values[quiet], without.downtime.values[0][quiet]
        )
