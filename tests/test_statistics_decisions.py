"""Return levels, comparisons of layouts and service levels: exact values, coverage of the intervals, properties."""

from __future__ import annotations

import functools

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

import dcrisk
from dcrisk import intervals, statistics

HORIZON = 8766.0


def make_results(downtime, data_loss=None, names=None):
    downtime = np.atleast_2d(np.asarray(downtime, dtype=float))
    lost = np.zeros(downtime.shape, dtype=bool) if data_loss is None else np.atleast_2d(data_loss)
    by_trial = ("layout", "trial")
    return xr.Dataset(
        {
            "downtime": (by_trial, downtime, {"units": "h"}),
            "longest_outage": (by_trial, downtime / 2.0, {"units": "h"}),
            "data_loss": (by_trial, lost),
        },
        coords={"layout": names or [f"layout {i}" for i in range(len(downtime))]},
        attrs={"horizon_hours": HORIZON, "scenario": "test", "seed": "1"},
    )


def most_misses(runs, tail):
    """A count of misses that a run of this test exceeds with probability 1e-5 at most, if the interval is valid."""
    return int(stats.binom.isf(1e-5, runs, tail))


def assert_ordered(found):
    """Every estimate lies in its interval, and nothing is NaN."""
    for name in found.data_vars:
        assert not found[name].isnull().any(), name
        assert {"units", "long_name"} <= set(found[name].attrs), name
        if f"{name}_low" in found:
            assert (found[f"{name}_low"] <= found[name] + 1e-9).all(), name
            assert (found[name] <= found[f"{name}_high"] + 1e-9).all(), name


hours = st.one_of(st.just(0.0), st.just(HORIZON), st.sampled_from([1.0, 5.0, 24.0]), st.floats(0.0, HORIZON))
trials_of_two = st.lists(st.tuples(hours, hours, st.booleans(), st.booleans()), min_size=1, max_size=12)


# ---------------------------------------------------------------- intervals of paired differences


@pytest.mark.parametrize("trials", [1, 7, 30])
def test_paired_proportions_cover_exactly_as_computed(trials):
    """Coverage from the multinomial distribution, over all outcomes: no chance is involved."""
    outcomes = [(b, c) for b in range(trials + 1) for c in range(trials + 1 - b)]
    bounds = np.array([intervals.paired_proportions_interval(b, c, trials) for b, c in outcomes])
    for first, second in [(0.5, 0.5), (0.3, 0.1), (0.02, 0.05), (0.0, 0.1), (0.01, 0.0), (0.9, 0.05), (0.0, 0.0)]:
        counts = np.array([(b, c, trials - b - c) for b, c in outcomes])
        chance = stats.multinomial.pmf(counts, trials, [first, second, 1.0 - first - second])
        too_high, too_low = bounds[:, 0] > first - second + 1e-12, bounds[:, 1] < first - second - 1e-12
        assert chance.sum() == pytest.approx(1.0)
        assert chance[too_high].sum() <= 0.025
        assert chance[too_low].sum() <= 0.025


def test_paired_proportions_by_hand():
    low, high = intervals.paired_proportions_interval(0, 0, 50)
    assert (low, high) == pytest.approx((-(1 - 0.0125 ** (1 / 50)), 1 - 0.0125 ** (1 / 50)))
    low, high = intervals.paired_proportions_interval(8, 2, 100)
    disagree = stats.binomtest(10, 100).proportion_ci(0.975)
    first = stats.binomtest(8, 10).proportion_ci(0.975)
    assert (low, high) == pytest.approx(
        ((2 * first.low - 1) * disagree.high, (2 * first.high - 1) * disagree.high), abs=1e-12
    )  # low: 2 * first.low - 1 is below zero, so the larger probability to disagree makes it least
    assert first.low < 0.5


@pytest.mark.parametrize(("first", "second"), [(9, 1), (20, 5), (5, 5), (12, 0), (6, 0), (30, 18)])
def test_zero_is_left_out_where_mcnemar_rejects(first, second):
    low, high = intervals.paired_proportions_interval(first, second, 1000)
    assert (low > 0.0 or high < 0.0) == (stats.binomtest(first, first + second).pvalue < 0.025)


def test_mean_differences_of_one_sign_are_means():
    x = np.array([0.0] * 40 + [0.1, 0.2, 0.9])
    plain, moved = intervals.bounded_mean_interval(x), intervals.mean_difference_interval(x)
    assert moved.high == pytest.approx(plain.high, rel=1e-6)  # the imagined observation is the same
    assert moved.low < plain.low  # and here it is -1 in place of 0


def test_mean_differences_are_means_that_were_moved():
    d = np.random.default_rng(5).choice([-1.0, -0.3, 0.0, 0.2, 0.7], 60)
    moved = np.array(intervals.bounded_mean_interval((d + 1.0) / 2.0)) * 2.0 - 1.0
    assert intervals.mean_difference_interval(d) == pytest.approx(tuple(moved), abs=1e-6)


@functools.cache
def bounds_by_counts(values, counts):
    return intervals.mean_difference_interval(np.repeat(values, counts))


@pytest.mark.parametrize("values", [(-1.0, 0.0, 1.0), (-0.2, 0.0, 1.0)])
def test_mean_differences_cover_exactly_as_computed(values):
    """Over all outcomes of 15 trials with three values: no chance is involved."""
    trials = 15
    outcomes = [(a, trials - a - b, b) for a in range(trials + 1) for b in range(trials + 1 - a)]
    bounds = np.array([bounds_by_counts(values, counts) for counts in outcomes])
    for law in [(0.1, 0.8, 0.1), (0.05, 0.95, 0.0), (0.01, 0.96, 0.03), (0.5, 0.0, 0.5), (0.3, 0.6, 0.1), (0, 1, 0)]:
        truth = float(np.dot(values, law))
        chance = stats.multinomial.pmf(outcomes, trials, law)
        assert chance[bounds[:, 0] > truth + 1e-7].sum() <= 0.025
        assert chance[bounds[:, 1] < truth - 1e-7].sum() <= 0.025


def test_mean_differences_cover_rare_and_heavy_tailed_ones():
    """Two events in 1000 trials, heavier for one layout; each side may miss in 2.5 % of 300 runs (alarm < 1e-5)."""
    rng = np.random.default_rng(20210310)
    runs, trials = 300, 1000
    one = 10.0 + 10.0**1.1 * (10.0**-0.1 - HORIZON**-0.1) / 0.1  # E min(H, X) for P(X > x) = (10 / x)^1.1
    truth = (0.0015 - 0.0005) * one
    too_high = too_low = 0
    for _ in range(runs):
        u = rng.random(trials)
        length = np.minimum(HORIZON, 10.0 * (1.0 + rng.pareto(1.1, trials)))
        d = np.where(u < 0.0015, length, np.where(u < 0.002, -length, 0.0))
        low, high = intervals.mean_difference_interval(d, HORIZON)
        too_high += low > truth
        too_low += high < truth
    assert too_high <= most_misses(runs, 0.025)
    assert too_low <= most_misses(runs, 0.025)


def test_many_trials_give_the_normal_interval_of_a_difference():
    d = np.random.default_rng(1).normal(0.01, 0.05, 400_000).clip(-1, 1)  # more values than the grid has
    error = stats.norm.isf(0.025) * d.std() / np.sqrt(d.size)
    low, high = intervals.mean_difference_interval(d)
    assert (d.mean() - low) / error == pytest.approx(1.0, abs=0.03)
    assert (high - d.mean()) / error == pytest.approx(1.0, abs=0.03)


def test_paired_intervals_refuse_bad_input():
    for bad in ([], [np.nan], [-1.1], [1.1], [np.inf]):
        with pytest.raises(ValueError):
            intervals.mean_difference_interval(bad)
    with pytest.raises(ValueError, match="positive and finite"):
        intervals.mean_difference_interval([0.0], 0.0)
    for counts in [(-1, 0, 5), (3, 3, 5), (0, 0, 0)]:
        with pytest.raises(ValueError):
            intervals.paired_proportions_interval(*counts)
    with pytest.raises(ValueError, match="0.95"):
        intervals.paired_proportions_interval(0, 0, 5, 95)


# ---------------------------------------------------------------- return_level


def test_return_levels_by_hand():
    found = dcrisk.return_level(make_results([np.arange(200.0), np.zeros(200)]), [2, 10, 200, 10_000, 1e20])
    np.testing.assert_allclose(found["return_level"], [[99, 179, 198, 199, 199], [0] * 5])
    np.testing.assert_allclose(found["return_level_high"].values[:, 2:], HORIZON)
    assert found["return_level_low"].values[0, 4] == 199.0
    rank = stats.binom.ppf(0.025, 200, 0.9)
    assert found["return_level_low"].values[0, 1] == rank - 1
    assert found["return_level_high"].values[0, 1] == stats.binom.isf(0.025, 200, 0.9)
    assert found["return_level"].attrs["units"] == "h"
    assert "years" in found["period"].attrs["long_name"]
    assert found.attrs["quantity"] == "downtime"
    half = statistics.return_level(make_results([np.arange(200.0)]), 10, "longest_outage")
    assert half["return_level"].item() == 179 / 2
    month = statistics.return_level(make_results(np.zeros(5)).assign_attrs(horizon_hours=720.0), 3)
    assert month["period"].attrs["long_name"] == "return period in windows of 720 h"


def test_a_return_level_is_a_quantile_of_the_summary():
    downtime = np.random.default_rng(0).pareto(1.1, (1, 3000)).clip(0, HORIZON)
    results = make_results(downtime).assign(outages=(("layout", "trial"), np.ones((1, 3000))))
    table = statistics.summary(results, quantiles=(0.9, 0.99))
    found = statistics.return_level(results, [10, 100])
    for end in ("", "_low", "_high"):
        np.testing.assert_array_equal(found[f"return_level{end}"], table[f"downtime_quantile{end}"])


def test_the_interval_of_a_return_level_covers():
    """2000 runs of 300 exponential trials; each side may miss in 2.5 % of them (false alarm < 1e-5 a side)."""
    runs = 2000
    results = make_results(np.random.default_rng(11).exponential(10.0, (runs, 300)))
    found = statistics.return_level(results, [5, 50, 1000])
    truth = 10.0 * np.log(found["period"].values)
    assert ((found["return_level_low"] > truth).sum("layout") <= most_misses(runs, 0.025)).all()
    assert ((found["return_level_high"] < truth).sum("layout") <= most_misses(runs, 0.025)).all()


@settings(max_examples=50, deadline=None)
@given(trials_of_two, st.lists(st.floats(1.0, 1e18, exclude_min=True), min_size=1, max_size=8))
def test_return_levels_grow_with_the_period(trials, periods):
    downtime = np.array([row[:2] for row in trials]).T
    found = statistics.return_level(make_results(downtime), sorted(periods))
    assert_ordered(found)
    for end in ("", "_low", "_high"):
        assert (found[f"return_level{end}"].diff("period") >= 0).all()
    assert (found["return_level_high"] <= HORIZON).all()


def test_bad_periods_are_refused():
    results = make_results([[0.0, 1.0]])
    for bad in (1, 0.5, [], [2, np.nan], np.inf, [[2, 3]]):
        with pytest.raises(ValueError, match="periods must be"):
            statistics.return_level(results, bad)
    with pytest.raises(ValueError, match="one of downtime, longest_outage"):
        statistics.return_level(results, 2, "outages")


# ---------------------------------------------------------------- compare


def test_a_comparison_by_hand():
    downtime = [[0.0, 10.0, 0.0, 20.0], [0.0, 4.0, 1.0, 20.0], [0.0, 0.0, 0.0, 0.0]]
    lost = [[True, True, False, False], [True, False, False, False], [False, False, True, False]]
    found = dcrisk.compare(make_results(downtime, lost, ["a", "b", "c"]), "a")
    assert list(found["layout"].values) == ["b", "c"]
    np.testing.assert_allclose(found["downtime_difference"], [-5 / 4, -30 / 4])
    np.testing.assert_allclose(found["any_outage_difference"], [1 / 4, -2 / 4])
    np.testing.assert_allclose(found["data_loss_difference"], [-1 / 4, -1 / 4])
    np.testing.assert_allclose(found["better"], [1 / 4, 2 / 4])
    np.testing.assert_allclose(found["worse"], [1 / 4, 0.0])
    np.testing.assert_allclose(found["equal"], [2 / 4, 2 / 4])
    expected = (np.var(downtime[0]) + np.var(downtime[1])) / np.var([0, -6, 1, 0])
    np.testing.assert_allclose(found["variance_ratio"], [expected, 1.0])
    low, high = intervals.paired_proportions_interval(1, 2, 4)
    assert (found["data_loss_difference_low"].values[1], found["data_loss_difference_high"].values[1]) == (low, high)
    mean = intervals.mean_difference_interval([0.0, -6.0, 1.0, 0.0], HORIZON)
    assert found["downtime_difference_low"].values[0] == mean.low
    assert found["downtime_difference_high"].values[0] == mean.high
    assert found["downtime_difference"].attrs["units"] == "h"
    assert found.attrs["baseline"] == "a"
    assert found.attrs["confidence"] == 0.95
    assert_ordered(found)


def test_pairing_narrows_what_is_known():
    """What strikes both alike drops out: so much that separate runs would need fifty times the trials."""
    rng = np.random.default_rng(2)
    shared = rng.exponential(100.0, 20_000) * (rng.random(20_000) < 0.3)
    found = statistics.compare(make_results([shared, shared + rng.random(20_000)]), "layout 0")
    assert found["variance_ratio"].item() > 50.0
    whole = np.round(shared)
    same = statistics.compare(make_results([whole, whole, whole + 1.0]), "layout 0")
    assert (same["variance_ratio"].values == [np.inf, np.inf]).all()
    assert same["equal"].values[0] == 1.0
    assert statistics.compare(make_results([[0.0] * 3] * 2), "layout 0")["variance_ratio"].item() == 1.0


def test_the_interval_of_a_difference_covers():
    """300 pairs of layouts over 60 trials; each side may miss in 2.5 % of them (false alarm < 1e-5 a side)."""
    rng = np.random.default_rng(8)
    runs, trials = 300, 60
    event, own, large = (rng.random((runs, trials)) < p for p in (0.3, 0.1, 0.2))
    difference = np.where(event & large, -1.0, np.where(own, 0.5, 0.0)) * HORIZON / 2
    base = np.full((1, trials), HORIZON / 2)
    found = statistics.compare(make_results(np.concatenate([base, base + difference])), "layout 0")
    truth = (-0.06 + 0.94 * 0.1 * 0.5) * HORIZON / 2
    assert (found["downtime_difference_low"] > truth).sum() <= most_misses(runs, 0.025)
    assert (found["downtime_difference_high"] < truth).sum() <= most_misses(runs, 0.025)
    assert (found["worse_low"] > 0.094).sum() <= most_misses(runs, 0.025)
    assert (found["worse_high"] < 0.094).sum() <= most_misses(runs, 0.025)


@settings(max_examples=50, deadline=None)
@given(trials_of_two, st.sampled_from([0.5, 0.95, 0.999]))
def test_comparing_the_other_way_round_changes_the_sign(trials, confidence):
    downtime, lost = np.array([row[:2] for row in trials]).T, np.array([row[2:] for row in trials]).T
    results = make_results(downtime, lost, ["a", "b"])
    forth, back = (statistics.compare(results, name, confidence).isel(layout=0, drop=True) for name in "ab")
    assert_ordered(forth)
    for name in ("downtime_difference", "any_outage_difference", "data_loss_difference"):
        assert forth[name].item() == -back[name].item()
        assert forth[f"{name}_low"].item() == -back[f"{name}_high"].item()
        assert forth[f"{name}_high"].item() == -back[f"{name}_low"].item()
    assert forth["better"].item() == back["worse"].item()
    assert forth["equal"].item() == back["equal"].item()
    assert forth["better"].item() + forth["worse"].item() + forth["equal"].item() == pytest.approx(1.0)
    assert forth["variance_ratio"].item() == back["variance_ratio"].item()


def test_bad_comparisons_are_refused():
    results = make_results([[0.0, 1.0], [0.0, 0.0]], names=["north", "south"])
    with pytest.raises(dcrisk.SpecificationError, match="did you mean 'north'"):
        statistics.compare(results, "nort")
    with pytest.raises(ValueError, match="nothing to compare"):
        statistics.compare(results.isel(layout=[0]), "north")
    with pytest.raises(ValueError, match="no names of layouts"):
        statistics.compare(results.drop_vars("layout"), "north")
    with pytest.raises(ValueError, match="lack data_loss"):
        statistics.compare(results.drop_vars("data_loss"), "north")


# ---------------------------------------------------------------- sla


def test_a_service_level_by_hand():
    table = {0.99: 30.0, 0.9: 20.0, 0.999: 10.0}  # below 0.9 the 30 of 0.99 still counts: it is the largest
    downtime = [[0.0, 8.7, 9.0, 100.0, 87.66, 8766.0], [0.0] * 6]
    found = dcrisk.sla(make_results(downtime), 9.0, penalty=table)
    np.testing.assert_allclose(found["compliance"], [3 / 6, 1.0])
    np.testing.assert_allclose(found["penalty"], [(10 + 30 + 10 + 30) / 6, 0.0])
    low, high = intervals.bounded_mean_interval([0, 0, 10, 30, 10, 30], 30.0)
    assert (found["penalty_low"].values[0], found["penalty_high"].values[0]) == (low, high)
    exact = stats.binomtest(3, 6).proportion_ci(0.95)
    assert found["compliance_low"].values[0] == pytest.approx(exact.low)
    assert found["compliance_high"].values[0] == pytest.approx(exact.high)
    assert found.attrs["allowed_hours"] == 9.0
    assert found.attrs["penalty_thresholds"] == [0.999, 0.99, 0.9]
    assert found.attrs["penalty_amounts"] == [10.0, 30.0, 20.0]
    assert_ordered(found)
    assert "penalty" not in statistics.sla(make_results(downtime), 9.0)


@pytest.mark.parametrize("threshold", [0.9, 0.95, 0.99, 0.995, 0.999, 0.9999, 1.0])
def test_availability_at_the_threshold_costs_nothing(threshold):
    """In decimals, not in binary: a tenth of the window down is an availability of 0.9, and not below it."""
    allowed = round((1.0 - threshold) * HORIZON, 9)
    found = statistics.sla(make_results([[allowed], [allowed + 1e-3]]), allowed, penalty={threshold: 5.0})
    np.testing.assert_array_equal(found["penalty"], [0.0, 5.0])
    np.testing.assert_array_equal(found["compliance"], [1.0, 0.0])


def test_the_intervals_of_a_service_level_cover():
    """300 runs of 100 trials; each side may miss in 2.5 % of them (false alarm < 1e-5 a side)."""
    runs = 300
    kinds = np.random.default_rng(12).choice([0.0, 10.0, 100.0], (runs, 100), p=[0.9, 0.07, 0.03])
    found = statistics.sla(make_results(kinds), 9.0, penalty={0.999: 10.0, 0.99: 30.0})
    for name, truth in (("compliance", 0.9), ("penalty", 0.07 * 10.0 + 0.03 * 30.0)):
        assert (found[f"{name}_low"] > truth).sum() <= most_misses(runs, 0.025)
        assert (found[f"{name}_high"] < truth).sum() <= most_misses(runs, 0.025)


@settings(max_examples=50, deadline=None)
@given(
    trials_of_two,
    st.floats(0.0, HORIZON),
    st.dictionaries(st.sampled_from([0.5, 0.9, 0.99, 0.999, 1.0]), st.floats(1.0, 1e6), min_size=1),
)
def test_more_downtime_keeps_the_promise_less(trials, allowed, table):
    first, second = np.array([row[:2] for row in trials]).T
    found = statistics.sla(make_results([first, np.maximum(first, second)]), allowed, penalty=table)
    assert_ordered(found)
    assert found["compliance"][1] <= found["compliance"][0]
    assert found["penalty"][1] >= found["penalty"][0] - 1e-9 * max(table.values())
    assert (found["penalty_high"] <= max(table.values())).all()


def test_bad_service_levels_are_refused():
    results = make_results([[0.0, 1.0]])
    for bad in (-1.0, np.nan, np.inf):
        with pytest.raises(ValueError, match="allowed_hours"):
            statistics.sla(results, bad)
    with pytest.raises(ValueError, match="for 99.9 % write 0.999"):
        statistics.sla(results, 1.0, penalty={99.9: 10.0})
    with pytest.raises(ValueError, match="not negative"):
        statistics.sla(results, 1.0, penalty={0.9: -1.0})
    for empty in ({}, {0.9: 0.0}):
        with pytest.raises(ValueError, match="no amount is above 0"):
            statistics.sla(results, 1.0, penalty=empty)


# ---------------------------------------------------------------- all three


CALLS = {
    "return_level": lambda results, **more: statistics.return_level(results, [2, 100], **more),
    "compare": lambda results, **more: statistics.compare(results, "layout 0", **more),
    "sla": lambda results, **more: statistics.sla(results, 2.0, penalty={0.99: 1.0}, **more),
}


@pytest.mark.parametrize("name", CALLS)
def test_gaps_and_bad_confidence_are_refused(name):
    good = make_results([[0.0, 1.0], [3.0, 0.0]])
    with pytest.raises(ValueError, match="NaN"):
        CALLS[name](make_results([[0.0, np.nan], [3.0, 0.0]]))
    with pytest.raises(ValueError, match="no trial"):
        CALLS[name](good.isel(trial=slice(0, 0)))
    with pytest.raises(ValueError, match="confidence"):
        CALLS[name](good, confidence=95)


@pytest.mark.parametrize("name", CALLS)
def test_dask_order_and_files_change_nothing(name, tmp_path):
    pytest.importorskip("dask")
    rng = np.random.default_rng(4)
    results = make_results(rng.exponential(50.0, (2, 200)) * (rng.random((2, 200)) < 0.1))
    expected = CALLS[name](results)
    xr.testing.assert_identical(CALLS[name](results.chunk({"trial": 50})), expected)
    xr.testing.assert_identical(CALLS[name](results.transpose("trial", "layout")), expected)
    expected.to_netcdf(tmp_path / "found.nc")
    xr.testing.assert_equal(xr.load_dataset(tmp_path / "found.nc"), expected)
