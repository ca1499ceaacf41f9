"""The worst windows: exact tail means, whatever atoms a law has, and the coverage of their intervals."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from exact import FALSE_ALARM, YEAR, run
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

import dcrisk
from dcrisk import intervals, statistics

SURE = 1.0 - FALSE_ALARM


def make_results(downtime, horizon=YEAR):
    downtime = np.atleast_2d(np.asarray(downtime, dtype=float))
    return xr.Dataset(
        {"downtime": (("layout", "trial"), downtime), "longest_outage": (("layout", "trial"), downtime / 2.0)},
        attrs={"horizon_hours": horizon},
    )


def tail_mean(x, level):
    """The mean over exactly the worst share, trial by trial, the last one in part."""
    worst = np.sort(x)[::-1]
    whole = (1.0 - level) * worst.size
    counted = np.clip(whole - np.arange(worst.size), 0.0, 1.0)
    return counted @ worst / whole


def test_tail_risk_by_hand():
    found = dcrisk.tail_risk(make_results([[0.0] * 6 + [10.0] * 3 + [50.0], [0.0] * 10]), [0.5, 0.75, 0.85, 0.95])
    np.testing.assert_allclose(found["value_at_risk"], [[0.0, 10.0, 10.0, 50.0], [0.0] * 4])
    worst = [(50 + 30) / 5, (50 + 15) / 2.5, (50 + 5) / 1.5, 50.0]
    np.testing.assert_allclose(found["tail_value_at_risk"], [worst, [0.0] * 4], rtol=1e-12)
    assert found["tail_value_at_risk"].dims == ("layout", "level")
    assert found["tail_value_at_risk"].attrs["units"] == "h"
    half = statistics.tail_risk(make_results([0.0, 8.0]), 0.5, "longest_outage")
    assert half["tail_value_at_risk"].item() == 4.0
    assert half.attrs["quantity"] == "longest_outage"


def test_where_outages_are_rarer_than_the_share_it_is_the_mean():
    x = np.zeros(1000)
    x[:7] = [1.0, 1.0, 5.0, 20.0, 20.0, 300.0, 2.0]
    found = statistics.tail_risk(make_results(x), [0.95])
    assert found["value_at_risk"].item() == 0.0
    mean = intervals.bounded_mean_interval(x, YEAR)
    assert found["tail_value_at_risk"].item() == pytest.approx(x.mean() / 0.05)
    assert found["tail_value_at_risk_low"].item() == pytest.approx(mean.low / 0.05)
    assert found["tail_value_at_risk_high"].item() == pytest.approx(min(YEAR, mean.high / 0.05))


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.one_of(st.sampled_from([0.0, 5.0, YEAR]), st.floats(0.0, YEAR)), min_size=1, max_size=40),
    st.floats(0.01, 0.999),
)
def test_equal_to_the_mean_of_the_worst_trials(values, level):
    found = statistics.tail_risk(make_results(values), [level]).squeeze()
    value = found["tail_value_at_risk"].item()
    assert value == pytest.approx(tail_mean(np.array(values), level), rel=1e-9, abs=1e-9)
    assert found["value_at_risk"].item() <= value * (1 + 1e-12)
    assert found["tail_value_at_risk_low"].item() <= value * (1 + 1e-9) + 1e-9
    assert value <= found["tail_value_at_risk_high"].item() * (1 + 1e-9) + 1e-9
    assert found["tail_value_at_risk_high"].item() <= YEAR


def test_simulated_outages_of_known_law():
    """A given outage with an exponential length: its quantile, and one mean length more."""
    scenario = dcrisk.Scenario(
        [dcrisk.Utility("grid")], [dcrisk.GridOutage("grid", {"grid": 0.0}, stats.expon(scale=20.0))]
    ).given("grid", origin="grid")
    results = run(scenario, [dcrisk.Layout("grid", replicas=["grid"])], 30_000, seed=3, horizon=1000.0)
    found = statistics.tail_risk(results, [0.9, 0.99], confidence=SURE).squeeze()
    exact = -20.0 * np.log(1.0 - found["level"].values)
    for name, value in (("value_at_risk", exact), ("tail_value_at_risk", exact + 20.0)):
        assert (found[f"{name}_low"] <= value).all() and (value <= found[f"{name}_high"]).all()
    level = found["level"].values
    error = 20.0 * np.sqrt(
        (1.0 + level) / (1.0 - level) / 30_000
    )  # of the mean excess over a fixed value, carried over
    assert (abs(found["tail_value_at_risk"] - exact - 20.0) < 5.0 * error).all()


LAWS = {
    "uniform": (lambda rng, n: rng.random(n), lambda level: (1.0 + level) / 2.0),
    "exponential": (lambda rng, n: rng.exponential(0.05, n).clip(0, 1), lambda level: 0.05 * (1 - np.log(1 - level))),
    "atoms": (
        lambda rng, n: rng.choice([0.0, 0.5, 1.0], n, p=[0.9, 0.08, 0.02]),
        lambda level: (0.02 + 0.5 * (1.0 - level - 0.02)) / (1.0 - level),
    ),
}


@pytest.mark.parametrize(
    ("law", "trials", "level"),
    [("uniform", 50, 0.95), ("exponential", 50, 0.95), ("exponential", 100, 0.9), ("atoms", 200, 0.95)],
)
def test_the_interval_covers(law, trials, level):
    """Each side may miss in 10 % of 60 runs; more than 18 misses come with probability below 1e-5."""
    draw, exact = LAWS[law]
    rng, runs, confidence = np.random.default_rng(9), 60, 0.8
    allowed = int(stats.binom.isf(1e-5, runs, 0.1))
    found = statistics.tail_risk(
        make_results([draw(rng, trials) for _ in range(runs)], 1.0), level, "downtime", confidence
    )
    assert (found["tail_value_at_risk_low"] > exact(level) + 1e-9).sum() <= allowed
    assert (found["tail_value_at_risk_high"] < exact(level) - 1e-9).sum() <= allowed


def test_bad_levels_are_refused():
    results = make_results([0.0, 1.0])
    for bad in (0.0, 1.0, 95, [], [0.5, np.nan], [[0.5]]):
        with pytest.raises(ValueError, match="for the worst 1 % write 0.99"):
            statistics.tail_risk(results, bad)
    with pytest.raises(ValueError, match="one of downtime, longest_outage"):
        statistics.tail_risk(results, 0.9, "outages")
