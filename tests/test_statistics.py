"""Statistics of results, checked against exact values, and intervals, checked for coverage."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from dcrisk import intervals, statistics
from dcrisk.intervals import gaffke, samples

HORIZON = 8766.0


def make_results(downtime, outages=None, data_loss=None, **more):
    downtime = np.atleast_2d(np.asarray(downtime, dtype=float))
    by_trial = ("layout", "trial")
    return xr.Dataset(
        {
            "downtime": (by_trial, downtime, {"units": "h"}),
            "outages": (
                by_trial,
                ((downtime > 0) if outages is None else np.atleast_2d(outages)).astype(np.int32),
            ),
            "longest_outage": (by_trial, downtime, {"units": "h"}),
            "data_loss": (
                by_trial,
                downtime > HORIZON / 2 if data_loss is None else np.atleast_2d(data_loss),
            ),
            **more,
        },
        coords={"layout": [f"layout {i}" for i in range(len(downtime))]},
        attrs={"horizon_hours": HORIZON, "scenario": "test", "seed": "1"},
    )


def make_rare(rng, trials, probability):
    """Downtimes of rare outages with a Pareto duration: infinite variance but for the end of the window."""
    down = rng.random(trials) < probability
    return np.where(down, np.minimum(HORIZON, 10.0 * (1.0 + rng.pareto(1.1, trials))), 0.0)


def true_mean(probability):
    """E min(H, X) for P(X > x) = (10 / x)^1.1, times the probability of an outage."""
    return probability * (10.0 + 10.0**1.1 * (10.0**-0.1 - HORIZON**-0.1) / 0.1)


def dirichlet_quantile(x, extra, q, rng, draws=400_000):
    weights = rng.exponential(size=(draws, len(x) + 1))
    return np.quantile(weights @ np.append(x, extra) / weights.sum(axis=1), q)


# ---------------------------------------------------------------- Gaffke's bound


@pytest.mark.parametrize(
    ("ones", "n"), [(0, 1), (1, 1), (0, 10), (3, 10), (0, 10**7), (2, 10**7), (10**3, 10**6), (7, 7)]
)
@pytest.mark.parametrize("confidence", [0.5, 0.95, 0.999])
def test_binary_data_give_clopper_pearson(ones, n, confidence):
    x = np.zeros(n)
    x[:ones] = 1.0
    low, high = intervals.proportion_interval(ones, n, confidence)
    np.testing.assert_allclose(intervals.bounded_mean_interval(x, 1.0, confidence), (low, high), rtol=1e-9)


@pytest.mark.parametrize(("ones", "n"), [(1, 10), (3, 10), (1, 10**7), (2, 10**7), (10**3, 10**6), (5, 6)])
@pytest.mark.parametrize("confidence", [0.1, 0.95, 0.999])
def test_the_integral_agrees_with_clopper_pearson(ones, n, confidence):
    """Values a hair off 0 and 1 take the way of the integral, not of the beta distribution."""
    hair = 1e-10
    counts = np.array([(n - ones) / 2, (n - ones) / 2, ones / 2, ones / 2])
    support = np.array([0.0, hair * ones / n, 1.0 - hair, 1.0])
    tail = (1 - confidence) / 2
    high = gaffke.upper_bound(support, counts + [0, 0, 0, 1], tail)
    low = -gaffke.upper_bound(-support[::-1], (counts + [1, 0, 0, 0])[::-1], tail)
    np.testing.assert_allclose((low, high), intervals.proportion_interval(ones, n, confidence), rtol=1e-6)


@pytest.mark.parametrize("n", [1, 2, 5, 30])
def test_agrees_with_drawn_weights(n):
    """The drawn quantile's standard error is below 0.3 % of the width; 2 % are allowed (6 sigma)."""
    rng = np.random.default_rng(n)
    x = rng.random(n) ** 4 * (rng.random(n) < 0.7)
    low, high = intervals.bounded_mean_interval(x)
    width = high - low
    assert abs(high - dirichlet_quantile(x, 1.0, 0.975, rng)) < 0.02 * width
    assert abs(low - dirichlet_quantile(x, 0.0, 0.025, rng)) < 0.02 * width


def test_many_trials_give_the_normal_interval():
    """With range / standard deviation far below sqrt(n) the bound is the textbook one, within 3 %."""
    x = np.random.default_rng(1).gamma(2.0, 0.05, 100_000).clip(0, 1)
    error = stats.norm.isf(0.025) * x.std() / np.sqrt(x.size)
    low, high = intervals.bounded_mean_interval(x)
    assert (x.mean() - low) / error == pytest.approx(1.0, abs=0.03)
    assert (high - x.mean()) / error == pytest.approx(1.0, abs=0.03)


def test_the_grid_changes_nothing_that_matters(monkeypatch):
    x = make_rare(np.random.default_rng(2), 200_000, 0.05) / HORIZON
    coarse = np.array(intervals.bounded_mean_interval(x))
    assert np.unique(x).size > 5 * samples.GRID_SIZE
    monkeypatch.setattr(samples, "GRID_SIZE", 10**6)
    exact = np.array(intervals.bounded_mean_interval(x))
    assert np.abs(coarse - exact).max() < 0.001 * (exact[1] - exact[0])


def test_coverage_of_rare_and_heavy_tailed_outages():
    """Two outages expected in a run: each side may miss in 2.5 % of 1200 runs, at most 30 expected.

    Were the true rate of misses 2.5 % on a side, more than 56 would come up with
    probability below 1e-5.
    """
    rng = np.random.default_rng(20210310)
    runs, trials = 1200, 1000
    mean = true_mean(2 / trials) / HORIZON
    too_high = too_low = normal_misses = 0
    for _ in range(runs):
        x = make_rare(rng, trials, 2 / trials) / HORIZON
        low, high = intervals.bounded_mean_interval(x)
        too_high += low > mean
        too_low += high < mean
        normal_misses += abs(x.mean() - mean) > 1.96 * x.std() / np.sqrt(trials)
    assert too_high <= 56
    assert too_low <= 56
    assert normal_misses > 0.2 * runs  # what the textbook interval would do


def test_coverage_where_the_bound_is_nearly_tight():
    """Mostly whole windows lost: misses come close to what is allowed (false alarm < 1e-5)."""
    rng = np.random.default_rng(7)
    runs, trials, p = 1200, 50, 0.1
    above = below = 0
    for _ in range(runs):
        x = (rng.random(trials) < p) * rng.choice([1.0, 0.9], trials)
        low, high = intervals.bounded_mean_interval(x)
        above += low > p * 0.95
        below += high < p * 0.95
    assert above <= 56
    assert below <= 56


@settings(deadline=None, max_examples=100)
@given(st.lists(st.floats(0.0, 1.0), min_size=1, max_size=30), st.sampled_from([0.05, 0.5, 0.95, 0.9999]))
def test_interval_properties(values, confidence):
    low, high = intervals.bounded_mean_interval(values, 1.0, confidence)
    assert 0.0 <= low <= max(values) + 1e-12
    assert min(values) - 1e-12 <= high <= 1.0
    assert low <= high + 1e-12
    mirrored = intervals.bounded_mean_interval(1.0 - np.array(values), 1.0, confidence)
    assert (1 - mirrored.high, 1 - mirrored.low) == pytest.approx((low, high), abs=1e-7)
    more = intervals.bounded_mean_interval(np.minimum(1.0, np.array(values) + 0.1), 1.0, confidence)
    assert more.low >= low - 1e-9
    assert more.high >= high - 1e-9


def test_intervals_refuse_bad_input():
    for bad in ([], [np.nan], [-0.1], [1.1], [np.inf]):
        with pytest.raises(ValueError):
            intervals.bounded_mean_interval(bad)
    with pytest.raises(ValueError, match="0.95"):
        intervals.bounded_mean_interval([0.0], confidence=95)
    with pytest.raises(ValueError, match="at least one trial"):
        intervals.proportion_interval(0, 0)


# ---------------------------------------------------------------- other intervals


def test_proportions_are_scipys_exact_ones():
    for k, n in [(0, 5), (5, 5), (1, 10), (37, 1000)]:
        low, high = intervals.proportion_interval(k, n, 0.9)
        exact = stats.binomtest(k, n).proportion_ci(0.9, "exact")
        assert (low, high) == pytest.approx((exact.low, exact.high), rel=1e-9)


def test_quantile_interval_covers_exactly_as_computed():
    """Coverage from the binomial distribution, without simulation: ranks are read off the values."""
    for n in (1, 10, 59, 300, 5000):
        for p in (0.5, 0.9, 0.999):
            x = np.arange(1.0, n + 1.0)
            value, (low, high) = intervals.quantile_interval(x, p, 0.95, (0.0, np.inf))
            assert value == np.quantile(x, p, method="inverted_cdf")
            missed_below = stats.binom.cdf(low - 1, n, p)  # fewer than `low` values up to the quantile
            missed_above = stats.binom.sf(high - 1, n, p) if np.isfinite(high) else 0.0
            assert missed_below <= 0.025
            assert missed_above <= 0.025
            if low > 0:
                assert stats.binom.cdf(low, n, p) > 0.025  # and one rank further would be too many
            if np.isfinite(high):
                assert stats.binom.sf(high - 2, n, p) > 0.025


# ---------------------------------------------------------------- from Dataset to Dataset


def test_availability_of_known_trials():
    found = statistics.availability(make_results([[0.0, 0.0, 0.0, 876.6], [0.0] * 4, [HORIZON] * 4]))
    np.testing.assert_allclose(found["availability"], [0.975, 1.0, 0.0])
    np.testing.assert_allclose(found["unavailability"], [0.025, 0.0, 1.0])
    np.testing.assert_allclose(found["nines"], [-np.log10(0.025), np.inf, 0.0])
    assert np.isfinite(found["nines_low"]).all()
    assert found["nines_high"].values[1] == np.inf
    for name in ("availability", "unavailability", "nines"):
        assert (found[f"{name}_low"] <= found[name]).all()
        assert (found[name] <= found[f"{name}_high"]).all()
        assert {"units", "long_name", "method"} <= set(found[name].attrs)
    assert found.attrs["confidence"] == 0.95
    assert "Gaffke" in found.attrs["method"]
    assert found["unavailability_high"].values[1] == pytest.approx(1 - 0.025**0.25)


def test_exceedance_of_known_trials():
    found = statistics.exceedance(make_results([[0.0, 1.0, 5.0, 30.0], [0.0] * 4]), "downtime", [0.0, 5.0, 24.0])
    np.testing.assert_allclose(found["exceedance"], [[0.75, 0.25, 0.25], [0, 0, 0]])
    exact = stats.binomtest(3, 4).proportion_ci(0.95, "exact")
    assert found["exceedance_low"].values[0, 0] == pytest.approx(exact.low)
    assert found["exceedance_high"].values[0, 0] == pytest.approx(exact.high)
    assert found["threshold"].attrs["units"] == "h"


@pytest.mark.parametrize("quantity", ["downtime", "longest_outage", "outages"])
@pytest.mark.parametrize("downtime", [[[0.0] * 5], [[0.0, 3.0, 3.0]], [[0.0, 0.1, 4000.0], [0.0, 0.0, 7.0]]])
def test_exceedance_chooses_thresholds(quantity, downtime):
    found = statistics.exceedance(make_results(downtime), quantity)
    assert (np.diff(found["threshold"]) > 0).all()
    assert (found["exceedance"].diff("threshold") <= 0).all()


def test_summary_agrees_with_its_parts():
    rng = np.random.default_rng(3)
    downtime = np.stack([make_rare(rng, 5000, 0.3), make_rare(rng, 5000, 0.01)])
    results = make_results(downtime)
    found = statistics.summary(results, long_outage_hours=24.0)
    xr.testing.assert_equal(found["nines_low"], statistics.availability(results)["nines_low"])
    np.testing.assert_allclose(found["downtime"], downtime.mean(axis=1))
    np.testing.assert_allclose(found["downtime"], found["unavailability"] * HORIZON)
    long = statistics.exceedance(results, "longest_outage", [24.0]).isel(threshold=0)
    np.testing.assert_allclose(found["long_outage"], long["exceedance"])
    np.testing.assert_allclose(found["long_outage_high"], long["exceedance_high"])
    np.testing.assert_allclose(found["any_outage"], (downtime > 0).mean(axis=1))
    np.testing.assert_allclose(found["data_loss"], (downtime > HORIZON / 2).mean(axis=1))
    assert found["downtime_quantile"].dims == ("layout", "quantile")
    for name in [str(n) for n in found.data_vars if f"{n}_low" in found]:
        assert (found[f"{name}_low"] <= found[name]).all(), name
        assert (found[name] <= found[f"{name}_high"]).all(), name


def test_dask_and_order_of_dimensions_change_nothing():
    pytest.importorskip("dask")
    results = make_results(np.stack([make_rare(np.random.default_rng(4), 500, 0.1)] * 2))
    expected = statistics.summary(results)
    xr.testing.assert_identical(statistics.summary(results.chunk({"trial": 100})), expected)
    xr.testing.assert_identical(statistics.summary(results.transpose("trial", "layout")), expected)


def test_bad_results_are_refused():
    good = make_results([[0.0, 1.0]])
    with pytest.raises(ValueError, match="no trial"):
        statistics.summary(good.isel(trial=slice(0, 0)))
    with pytest.raises(ValueError, match="NaN"):
        statistics.availability(make_results([[0.0, np.nan]]))
    with pytest.raises(ValueError, match="between 0 and 8766"):
        statistics.availability(make_results([[0.0, 9000.0]]))
    with pytest.raises(ValueError, match="lack downtime"):
        statistics.availability(good.drop_vars("downtime"))
    with pytest.raises(ValueError, match="horizon_hours"):
        statistics.availability(good.drop_attrs())
    with pytest.raises(ValueError, match="one of downtime"):
        statistics.exceedance(good, "duration")
    with pytest.raises(ValueError, match="confidence"):
        statistics.exceedance(good, confidence=1.0)
