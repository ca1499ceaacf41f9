"""What goes down together: exact values, intervals with coverage, and what was never seen."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

import dcrisk
from dcrisk import intervals, statistics
from dcrisk.statistics import together
from dcrisk.statistics.equal import EqualTrials


def make_results(downtime, **attrs):
    downtime = np.asarray(downtime, dtype=float)
    names = [f"site {i}" for i in range(len(downtime))]
    return xr.Dataset(
        {"downtime": (("layout", "trial"), downtime, {"units": "h"})},
        coords={"layout": names},
        attrs={"horizon_hours": 8766.0, **attrs},
    )


def test_values_by_hand():
    hours = np.zeros((3, 10))
    hours[0, :4] = 5.0
    hours[1, 2:8] = 5.0
    hours[2, :1] = 5.0
    found = statistics.dependence(make_results(hours))
    np.testing.assert_allclose(found["probability_down"], [0.4, 0.6, 0.1])
    expected = [[1.0, 2 / 4, 1 / 4], [2 / 6, 1.0, 0.0], [1.0, 0.0, 1.0]]
    np.testing.assert_allclose(found["probability"], expected)
    np.testing.assert_allclose(found["ratio"], np.array(expected) / [0.4, 0.6, 0.1])
    np.testing.assert_array_equal(found["trials_down"], [4, 6, 1])
    assert found["seen"].values.all()
    pair = found.sel(layout_i="site 0", layout_j="site 1")
    bounds = pair["probability_low"].item(), pair["probability_high"].item()
    np.testing.assert_allclose(bounds, intervals.proportion_interval(2, 4, 0.95))
    np.testing.assert_allclose(bounds, tuple(stats.binomtest(2, 4).proportion_ci(0.95)))
    low, high = intervals.proportion_interval(6, 10, 0.95)
    np.testing.assert_allclose(found["probability_down_low"][1], low)
    np.testing.assert_allclose(found["probability_down_high"][1], high)


def test_what_was_never_down_is_marked():
    hours = np.zeros((3, 100))
    hours[0, :20] = 5.0
    found = statistics.dependence(make_results(hours))
    np.testing.assert_array_equal(found["seen"], [True, False, False])
    for name in found.data_vars:
        assert not found[name].isnull().any(), name
    off = ~np.eye(3, dtype=bool)
    unseen = off & ~found["seen"].values[:, None]
    assert np.all(found["probability_low"].values[unseen] == 0.0)
    assert np.all(found["probability_high"].values[unseen] == 1.0)
    np.testing.assert_allclose(found["probability"].values[1:, 0], 0.2)  # as if independent
    unknown = unseen | (off & ~found["seen"].values)
    assert np.all(found["ratio"].values[unknown] == 1.0)
    assert np.all(found["ratio_low"].values[unknown] == 0.0)
    assert np.all(np.isinf(found["ratio_high"].values[unknown]))
    for end in ("", "_low", "_high"):
        np.testing.assert_array_equal(np.diag(found[f"probability{end}"]), 1.0)


def test_trifles_are_left_out():
    hours = [[1.0, 24.0, 25.0, 0.0], [30.0, 1.0, 26.0, 0.0]]
    found = statistics.dependence(make_results(hours), at_least_hours=24.0)
    np.testing.assert_array_equal(found["trials_down"], [1, 2])  # 24 h is not more than 24 h
    np.testing.assert_allclose(found["probability"], [[1.0, 1.0], [0.5, 1.0]])
    assert found.attrs["at_least_hours"] == 24.0
    assert "more than 24 h" in found["probability"].attrs["long_name"]


@settings(max_examples=50)
@given(st.integers(1, 5), st.integers(1, 30), st.integers(0, 2**32 - 1), st.floats(0.01, 0.99))
def test_equal_to_counting_in_python(layouts, trials, seed, share):
    down = np.random.default_rng(seed).random((layouts, trials)) < share
    found = statistics.dependence(make_results(5.0 * down))
    for i in range(layouts):
        for j in range(layouts):
            both = sum(bool(a and b) for a, b in zip(down[i], down[j], strict=True))
            alone = int(down[i].sum())
            expected = both / alone if alone else 1.0 if i == j else down[j].mean()
            np.testing.assert_allclose(found["probability"][i, j], expected)
    for name in ("probability", "probability_down", "ratio"):
        assert (found[f"{name}_low"] <= found[name] * (1 + 1e-12)).all(), name
        assert (found[name] <= found[f"{name}_high"] * (1 + 1e-12)).all(), name


def test_many_trials_are_counted_exactly():
    down = np.random.default_rng(0).random((2, 300_001)) < 0.9
    found = statistics.dependence(make_results(1.0 * down))
    np.testing.assert_array_equal(found["trials_down"], down.sum(axis=1))
    assert found["probability"][0, 1].item() == (down[0] & down[1]).sum() / down[0].sum()


def test_the_interval_of_the_ratio_covers():
    """2000 experiments of 200 trials; the interval should miss 5 % at most (100, standard deviation 9.7)."""
    rng = np.random.default_rng(3)
    truth = 0.6 / 0.3  # P(j | i) = 0.6 and P(j) = 0.3
    missed = 0
    for _ in range(2000):
        i = rng.random(200) < 0.2
        j = rng.random(200) < np.where(i, 0.6, 0.225)
        trials, down = EqualTrials(200), np.stack([i, j])
        found = together._ratios(trials, down, trials.together(down), 0.95)
        missed += not found.low[0, 1] <= truth <= found.high[0, 1]
    assert missed <= 100


def test_dask_order_of_dimensions_and_missing_names():
    pytest.importorskip("dask")
    results = make_results(np.random.default_rng(4).random((3, 500)) * (np.random.default_rng(5).random(500) < 0.3))
    expected = statistics.dependence(results)
    xr.testing.assert_identical(statistics.dependence(results.chunk({"trial": 100})), expected)
    xr.testing.assert_identical(statistics.dependence(results.transpose("trial", "layout")), expected)
    bare = statistics.dependence(results.drop_vars("layout"))
    np.testing.assert_array_equal(bare["probability"], expected["probability"])


def test_simulated_sites_that_fall_together():
    """A shock that strikes A and B at 0.5 a year, and failures of C at 0.5: the exact values are known."""
    hazards = [
        dcrisk.Failure("shock", 0.5, 10.0, ["A", "B"], shared=True),
        dcrisk.Failure("own", 0.5, 10.0, ["C"]),
    ]
    scenario = dcrisk.Scenario([dcrisk.Site(name) for name in "ABC"], hazards)
    results = dcrisk.simulate(scenario, dcrisk.site_layouts(scenario), 20_000, seed=1, progress=False)
    found = dcrisk.dependence(results, 0.9999)  # false alarm: 4e-4 for the four below
    assert found["probability"].sel(layout_i="A", layout_j="B") == 1.0
    exact = 1.0 - np.exp(-0.5)
    for variable in (found["probability_down"], found["probability"].sel(layout_j="C", drop=True)[:2]):
        name = variable.name
        low, high = found[f"{name}_low"], found[f"{name}_high"]
        if name == "probability":
            low, high = (x.sel(layout_j="C", drop=True)[:2] for x in (low, high))
        assert (low <= exact).all() and (exact <= high).all()


def test_bad_input_is_refused():
    good = make_results([[0.0, 1.0]])
    with pytest.raises(ValueError, match="at_least_hours = -1"):
        statistics.dependence(good, at_least_hours=-1)
    with pytest.raises(ValueError, match="write 0.95"):
        statistics.dependence(good, 95)
    with pytest.raises(ValueError, match="lack downtime"):
        statistics.dependence(good.drop_vars("downtime"))
