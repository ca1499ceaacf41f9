"""Tilted trials: kernel and plain-Python reference agree, trial by trial, and what they weigh is right."""

import math
from types import SimpleNamespace

import numpy as np
import pytest
from exact import SIGMAS, YEAR, check_mean
from generators import layouts, scenarios
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from reference import outcome
from reference.agenda import trials_of
from reference.draws import Event
from reference.graph import Graph
from reference.services import Service
from scipy import stats
from tilted import Tilted, check_sum, check_weights

import dcrisk
from dcrisk.kernels.records import BLOCK, MIXTURE, OF_TRIALS, SQUARES, SUM
from dcrisk.rare.proposal import PLAIN_SHARE
from dcrisk.rare.strata import DRAWN


def in_plain_python(tilted, trials, seed):
    """[({layout name: Outcome}, weight)], trial by trial."""
    listed, silent = tilted.classes.listed, tilted.classes.silent
    horizon, warmup = tilted.window
    found = trials_of(tilted.scenario, tilted.plan, listed, silent, tilted.counts, trials, seed, horizon, warmup)
    played = []
    for trial, (own, weight) in enumerate(found):
        graph = Graph(tilted.scenario, own)
        services = {layout.name: Service(graph, layout, seed, trial) for layout in tilted.layouts}
        played.append(({name: outcome(service, horizon, 1, ()) for name, service in services.items()}, weight))
    return played


@settings(max_examples=150, phases=[Phase.explicit, Phase.generate])
@given(st.data(), st.integers(0, 2**64 - 1), st.sampled_from([0.0, 500.0]), st.booleans())
def test_kernel_and_reference_agree(data, seed, warmup, apart):
    scenario = data.draw(scenarios())
    made = data.draw(layouts(scenario))
    tilted = Tilted(scenario, made, 2000.0, warmup, apart)
    counts = [data.draw(st.sampled_from([DRAWN, 0, 1, 2, 3])) for _ in tilted.classes.listed]
    numbers = np.random.default_rng(data.draw(st.integers(0, 1000)))
    tilted.choose(counts, factors=lambda bins: np.exp(numbers.normal(size=bins)))
    trials = 10
    expected = in_plain_python(tilted, trials, seed)
    columns = tilted.run(trials, seed)
    for i, layout in enumerate(made):
        theirs = [outcomes[layout.name] for outcomes, _ in expected]
        assert columns.downtime[i].tolist() == [o.downtime for o in theirs]
        assert columns.outages[i].tolist() == [o.outages for o in theirs]
        assert columns.longest[i].tolist() == [o.longest for o in theirs]
        assert columns.data_loss[i].tolist() == [o.data_loss for o in theirs]
    for n in range(1, trials + 1):
        totals = tilted.add_up(n, seed)
        assert math.isclose(totals.weights[0], math.fsum(weight for _, weight in expected[:n]), rel_tol=1e-12)
        for i, layout in enumerate(made):
            hours = math.fsum(weight * outcomes[layout.name].downtime for outcomes, weight in expected[:n])
            assert math.isclose(totals.sums[i, SUM], hours, rel_tol=1e-12)


@pytest.fixture(scope="module")
def everything():
    """Fire that spreads, a flood of two rivers, generators that fail together, and rates that nobody knows."""
    backup = dcrisk.Backup(0.8, autonomy=stats.expon(scale=24.0), refuel_probability=0.5, common_cause=0.3)
    powered = {"requires": [dcrisk.all_of("grid", backup=backup)], "restart": 2.0}
    scenario = dcrisk.Scenario(
        [dcrisk.Utility("grid"), dcrisk.Site("A", **powered), dcrisk.Site("B", **powered), dcrisk.Site("C")],
        [
            dcrisk.GridOutage("storms", {"grid": stats.gamma(2.0, scale=0.5)}, stats.lognorm(1.2, scale=4.0)),
            dcrisk.Failure("equipment", {"A": 0.5, "B": stats.lognorm(1.0, scale=0.5)}, stats.expon(scale=24.0)),
            dcrisk.Failure("people", stats.gamma(0.5, scale=1.0), stats.expon(scale=8.0), ["A", "B", "C"]),
            dcrisk.Fire(
                "fire",
                {"A": 0.1, "B": 0.2},
                {"interrupted": 4.0, "damaged": stats.expon(scale=300.0), "destroyed": 3000.0, "isolated": 100.0},
                contained=0.6,
                destroyed=0.4,
                spread={("A", "B"): 0.3, ("B", "A"): 0.2},
                spread_delay=2.0,
                isolation=[["A", "B"]],
                isolation_probability=0.7,
            ),
            dcrisk.Flood(
                "flood",
                {
                    "east": dcrisk.PeaksOverThreshold(0.3, 5.0, 0.8, 0.1),
                    "west": dcrisk.PeaksOverThreshold(0.2, 4.0, 0.8, 0.0),
                },
                {"A": 5.5, "C": 4.5},
                {"damaged": 400.0, "destroyed": 4000.0},
                basin={"A": "east", "C": "west"},
                correlation=0.6,
                floor={"A": 4.9, "C": 4.2},
                breach=0.2,
                critical_depth=1.0,
                fragility=0.5,
            ),
        ],
        triggers=[dcrisk.Trigger("fire", cause="storms", probability=0.3, delay=stats.expon(scale=5.0))],
    )
    made = [
        dcrisk.Layout("A and C", replicas=["A", "C"], quorum=2, copies=["A", "B"]),
        dcrisk.Layout("any", replicas=["A", "B", "C"], copies=["A", "B", "C"]),
    ]
    return Tilted(scenario, made, YEAR)


def test_weights_are_1_on_average(everything):
    trials = 200_000
    for counts in ([1] * len(everything.classes.listed), [DRAWN] * len(everything.classes.listed)):
        weights = everything.choose(counts).add_up(trials, 1).weights
        check_sum(*weights, trials, 1.0)


def test_weighted_hours_are_those_of_the_scenario(everything):
    trials = 200_000
    totals = everything.draw_all().add_up(trials, 2)
    results = dcrisk.simulate(everything.scenario, everything.layouts, trials, seed=3, horizon=YEAR, progress=False)
    for i, hours in enumerate(results.downtime.values):
        mean = totals.sums[i, SUM] / trials
        variance = totals.sums[i, SQUARES] / trials - mean**2 + hours.var()
        assert abs(mean - hours.mean()) < SIGMAS * math.sqrt(variance / trials)


def test_no_weight_exceeds_what_the_mixture_allows(everything):
    for factors in (None, lambda bins: np.exp(5.0 * np.random.default_rng(4).normal(size=bins))):
        everything.draw_all(factors=factors)
        weights = [weight for _, weight in in_plain_python(everything, 100, 5)]
        assert min(weights) > 0.0 and max(weights) <= 1.0 / PLAIN_SHARE
    sums = [everything.add_up(n, 5).weights[0] for n in range(1, 101)]
    assert np.diff(sums).max() <= (1.0 + 1e-12) / PLAIN_SHARE


def test_a_trial_that_is_not_tilted_draws_what_the_scenario_does(everything):
    """The shares of bins are nothing to it, and its hours are those of the scenario."""
    trials = 100_000
    numbers = np.random.default_rng(6)
    some = everything.draw_all(factors=lambda bins: np.exp(numbers.normal(size=bins)), plain_share=1.0)
    columns = some.run(trials, 7)
    assert tuple(some.add_up(trials, 7).weights) == (trials, trials)
    others = everything.draw_all(plain_share=1.0).run(trials, 7)
    np.testing.assert_array_equal(columns.downtime, others.downtime)
    results = dcrisk.simulate(everything.scenario, everything.layouts, trials, seed=8, horizon=YEAR, progress=False)
    for ours, theirs in zip(columns.downtime, results.downtime.values, strict=True):
        check_mean(ours - theirs, 0.0)
        check_mean((ours > 0.0) * 1.0 - (theirs > 0.0), 0.0)


def test_in_a_mixture_the_trials_that_are_not_tilted_are_the_same(everything):
    trials, seed = 3000, 10
    lots = [Event(SimpleNamespace(stream=OF_TRIALS), i % BLOCK, i // BLOCK, seed) for i in range(trials)]
    plain = np.array([lot.uniform(MIXTURE) < PLAIN_SHARE for lot in lots])
    assert plain.any()
    counts = [1] * len(everything.classes.listed)
    mixed = everything.choose(counts).run(trials, seed).downtime
    alone = everything.choose(counts, plain_share=1.0).run(trials, seed).downtime
    np.testing.assert_array_equal(mixed[:, plain], alone[:, plain])
    assert (mixed[:, ~plain] != alone[:, ~plain]).mean() > 0.5


def test_shares_that_are_the_probabilities_change_nothing(everything):
    """Nor does the tilted law then: each draw is what it was, but for rounding, and all weights are 1."""
    guess = everything.draw_all().plan.bins["share"]
    width = everything.proposals.tilts.width
    ratio = np.divide(width, guess, out=np.zeros(width.size), where=guess > 0.0)
    everything.draw_all(factors=lambda bins: ratio)
    assert everything.add_up(1000, 9).weights[0] == pytest.approx(1000.0, rel=1e-9)


def test_rare_probabilities_are_exact():
    check_weights(400_000)
