"""The parts of a rare-event run: numbers of events, worst cases, strata, intervals, diagnosis."""

import math

import numpy as np
import pytest
from exact import FALSE_ALARM
from scipy import stats
from test_estimate import k_of_n, remote_sites

import dcrisk
from dcrisk.compiler import compile_scenario
from dcrisk.intervals import weighted_counts_interval
from dcrisk.kernels import records
from dcrisk.rare.classes import event_classes
from dcrisk.rare.control import no_control
from dcrisk.rare.counts import count_law
from dcrisk.rare.diagnosis import diagnose
from dcrisk.rare.looks import Part, judge
from dcrisk.rare.method import divide
from dcrisk.rare.strata import Stratum
from dcrisk.rare.sums import Law, Player, Sums
from dcrisk.rare.tilts import hours_at
from dcrisk.rare.worst_case import WorstCase

YEAR = 8766.0


# ---------------------------------------------------------------- numbers of events


def test_laws_of_numbers():
    poisson = count_law(0.5, 2.0)
    np.testing.assert_allclose(poisson.probabilities, stats.poisson.pmf(np.arange(poisson.probabilities.size), 1.0))
    assert poisson.beyond < 1e-39 and poisson.mean == pytest.approx(1.0)
    assert poisson.more_than(20) == pytest.approx(stats.poisson.sf(20, 1.0), rel=1e-12)  # no cancellation
    gamma = count_law(stats.gamma(1.5, scale=0.2), 2.0)
    n = np.arange(30)
    np.testing.assert_allclose(gamma.probabilities[:30], stats.nbinom.pmf(n, 1.5, 1 / 1.4), rtol=1e-12)
    over = count_law(0.5, 2.0, 3.0)
    k = np.arange(over.probabilities.size)
    mean = over.probabilities @ k
    assert over.probabilities @ (k - mean) ** 2 == pytest.approx(3.0 * mean)


def test_mixtures_are_integrated_in_both_tails():
    """The same law of rates, once recognised as gamma and once as one of another name."""
    law = stats.gamma(2.5, scale=0.1)
    found, exact = count_law(stats.gengamma(2.5, 1.0, scale=0.1), 1.0), count_law(law, 1.0)
    np.testing.assert_allclose(found.probabilities[:16], exact.probabilities[:16], rtol=1e-6)  # down to 1e-15


def test_lengths_are_read_from_tables():
    for law in (stats.expon(scale=24.0), stats.lognorm(1.2, scale=4.0), 5.0):
        scenario = dcrisk.Scenario([dcrisk.Site("A")], [dcrisk.Failure("f", 1.0, law, ["A"])])
        plan = compile_scenario(scenario, dcrisk.site_layouts(scenario), horizon=YEAR, warmup=0.0).plan
        for u in (0.5, 0.9):
            exact = law if isinstance(law, float) else law.ppf(u)
            assert hours_at(plan, 0, u) == pytest.approx(exact, rel=0.1)


# ---------------------------------------------------------------- worst cases


def worst(scenario, layouts, quantity):
    compiled = compile_scenario(scenario, layouts, horizon=YEAR, warmup=0.0)
    return compiled, WorstCase(compiled.plan, len(layouts), int(quantity))


@pytest.mark.parametrize(("n", "k"), [(5, 3), (4, 1), (6, 6), (10, 8)])
def test_of_k_of_n_so_many_events_are_needed(n, k):
    compiled, judge_of = worst(*k_of_n(n, k, 1e-3, 24.0), records.DOWNTIME)
    classes = event_classes(compiled, judge_of, apart=False)
    for events in range(n + 2):
        case = [(c.source, c.components, min(events, n)) for c in classes.listed]
        assert judge_of.fails(classes.always, case).item() == (events > n - k)


def test_fire_may_take_what_it_can_reach():
    """A to B to C, and a campus of C and D: from A all may go dark, from C no other is destroyed."""
    fire = dcrisk.Fire(
        "fire",
        {"A": 1e-3, "C": 1e-3},
        destroyed=1.0,
        spread={("A", "B"): 0.1, ("B", "C"): 0.1},
        isolation=[["C", "D"]],
        durations={"damaged": 1.0, "destroyed": 1.0, "isolated": 1.0},
    )
    scenario = dcrisk.Scenario([dcrisk.Site(name) for name in "ABCD"], [fire])
    layouts = [
        dcrisk.Layout("all", replicas=list("ABCD"), copies=list("ABC")),
        dcrisk.Layout("C and D", replicas=["C", "D"], copies=["C", "D"]),
    ]
    compiled, of_data = worst(scenario, layouts, records.DATA_LOSS)
    of_service = WorstCase(compiled.plan, 2, int(records.DOWNTIME))
    [(source, (a, c))] = [(k.source, k.components) for k in event_classes(compiled, of_data, apart=False).listed]
    assert of_data.fails([], [(source, [a], 1)]).tolist() == [True, False]  # D is never destroyed
    assert of_data.fails([], [(source, [c], 1)]).tolist() == [False, False]
    assert of_service.fails([], [(source, [a], 1)]).tolist() == [True, True]
    assert of_service.fails([], [(source, [c], 1)]).tolist() == [False, True]


def test_what_strikes_nothing_that_matters_is_left_out():
    scenario, layouts = remote_sites(2)
    nodes = [*scenario.nodes, dcrisk.Site("elsewhere")]
    failure = dcrisk.Failure("failure", 1.0, 5.0, ["elsewhere"])
    compiled, judge_of = worst(dcrisk.Scenario(nodes, [*scenario.hazards, failure]), layouts, records.DATA_LOSS)
    classes = event_classes(compiled, judge_of, apart=True)
    assert [c.label for c in classes.listed] == ["fire at site 0", "fire at site 1"]
    assert len(classes.silent) == 1


def test_strata_add_up():
    """All that is neither a stratum nor left out can do no harm."""
    compiled, judge_of = worst(*remote_sites(2, rate=0.3), records.DATA_LOSS)
    division = divide(compiled, judge_of, lambda classes, drawn: no_control(1, len(classes.listed)), True, 1e-9)
    weights = math.fsum(stratum.weight for stratum in division.strata.listed)
    harmless = 1.0 - (1.0 - math.exp(-0.3)) ** 2  # no fire at one of them
    assert weights + harmless + division.strata.tail == pytest.approx(1.0, abs=1e-12)
    assert all(min(stratum.counts) > 0 for stratum in division.strata.listed)


# ---------------------------------------------------------------- intervals and diagnosis


@pytest.mark.parametrize("mean", [0.5, 2.0, 7.0, 40.0])
def test_of_one_weight_the_interval_is_that_of_a_poisson_number(mean):
    n = np.arange(200)
    bounds = [weighted_counts_interval(float(k), float(k), 1.0) for k in n]
    low = stats.chi2.ppf(0.025, 2 * n[1:]) / 2
    high = stats.chi2.isf(0.025, 2 * (n + 1)) / 2
    np.testing.assert_allclose([b.low for b in bounds[1:]], low)
    np.testing.assert_allclose([b.high for b in bounds], high)
    inside = np.array([b.low <= mean <= b.high for b in bounds])
    assert stats.poisson.pmf(n, mean)[inside].sum() >= 0.95


def test_of_several_weights_it_covers_as_often_as_asked():
    """Three kinds of hits, of weights 1, 10 and 100: all outcomes are summed over."""
    rates, weights = np.array([6.0, 1.5, 0.3]), np.array([1.0, 10.0, 100.0])
    exact = rates @ weights
    counts = np.stack(np.meshgrid(*(np.arange(m) for m in (25, 12, 6)), indexing="ij"), axis=-1).reshape(-1, 3)
    chances = stats.poisson.pmf(counts, rates).prod(axis=1)
    inside = np.zeros(len(counts), bool)
    for i, row in enumerate(counts):
        low, high = weighted_counts_interval(float(row @ weights), float(row @ weights**2), 100.0)
        inside[i] = low <= exact <= high
    assert chances[inside].sum() >= 0.95


def part(weight, trials, hits, each=1.0, weights=None):
    values = np.full(1, float(hits) * each)
    total = np.array([trials, trials * 1.5]) if weights is None else weights
    sums = Sums(
        trials, np.full(1, float(hits)), values, values * each, np.full(1, each * (hits > 0)), total, np.zeros((2, 0))
    )
    return Part(Stratum((1,), weight, np.ones(1, bool)), sums, True)


def test_a_stratum_without_hits_counts_with_its_upper_bound():
    nothing = judge([part(1e-6, 1000, 0)], np.zeros(1), np.zeros(1), 1.0, 0.05)
    assert nothing.value[0] == nothing.low[0] == 0.0
    assert nothing.high[0] == pytest.approx(3.689 * 10.0 * 1e-6 / 1000, rel=1e-3)  # ten is the largest weight
    assert np.isinf(nothing.relative()[0])
    untried = judge([part(1e-6, 0, 0)], np.full(1, 1e-7), np.zeros(1), 1.0, 0.05)
    assert untried.high[0] == pytest.approx(1.1e-6)


def test_weights_that_cannot_be_trusted_are_named():
    good = diagnose([part(1e-3, 10_000, 2_000)], np.full(1, 2e-4))
    assert good.words == [""] and good.effective_hits[0] == pytest.approx(2_000)
    few = diagnose([part(1e-3, 10_000, 20)], np.full(1, 2e-6))
    assert "20.0 of equal weight" in few.words[0]
    wrong = diagnose([part(1e-3, 10_000, 2_000, weights=np.array([12_000.0, 16_000.0]))], np.full(1, 2e-4))
    assert "a likelihood ratio is wrong" in wrong.words[0]
    heavy = part(1e-3, 10_000, 2_000)
    heavy.sums.largest[:] = 500.0
    assert "one trial makes 25%" in diagnose([heavy], np.full(1, 2e-4)).words[0]
    assert FALSE_ALARM < 1e-6


def test_what_a_player_has_played_before_changes_nothing():
    """Trials of other random numbers have the same numbers; a failure that outlasted one of them must not hide another."""
    failure = dcrisk.Failure("machine", 2.0, 9000.0, ["site"])
    crew = dcrisk.Crew("crew", ["site"], 1, ["interrupted"])
    scenario = dcrisk.Scenario([dcrisk.Site("site")], [failure], crews=[crew])
    compiled = compile_scenario(scenario, [dcrisk.Layout("one", replicas=["site"])], horizon=8766.0, warmup=0.0)
    law = Law(compiled.plan.classes, compiled.plan.bins, 1, None)
    used = Player(compiled, int(records.DOWNTIME), -1.0)
    for key in range(20):
        fresh = Player(compiled, int(records.DOWNTIME), -1.0)
        again, first = (player.play(law._replace(key=key), 0, 1).total[0] for player in (used, fresh))
        assert again == first
