"""Durability, restoration, agreements by period and capacity: by hand, and simulated beside exact values.

Where an exact value must lie in an interval, its confidence is 1 - 6e-7: so often a correct program fails.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
import xarray as xr
from exact import FALSE_ALARM, YEAR, check_share, run
from scipy import stats

import dcrisk
from dcrisk import intervals, statistics

SURE = 1.0 - FALSE_ALARM


def make_results(horizon=YEAR, **variables):
    """Rows of trials, layouts first; periods and moments in between."""
    between = {"downtime_by_period": ("period",), "down": ("time",)}
    data = {
        name: (("layout", *between.get(name, ()), "trial"), np.asarray(values)) for name, values in variables.items()
    }
    return xr.Dataset(data, attrs={"horizon_hours": horizon})


def holds(found, name, exact):
    return bool(((found[f"{name}_low"] <= exact) & (exact <= found[f"{name}_high"])).all())


def bounds(found, name):
    return [found[f"{name}{end}"].values.ravel()[0] for end in ("", "_low", "_high")]


# ---------------------------------------------------------------- durability


def test_durability_by_hand():
    lost = np.arange(1000) < 10
    hours = np.where(lost, 0.0, np.where(np.arange(1000) < 60, 30.0, 0.5))
    found = dcrisk.durability(make_results(data_loss=[lost], data_lost_hours=[hours]), objectives=[0.0, 0.5, 30.0])
    low, high = (float(x) for x in intervals.proportion_interval(10, 1000))
    assert bounds(found, "loss_probability") == pytest.approx([0.01, low, high])
    assert bounds(found, "durability") == pytest.approx([0.99, 1 - high, 1 - low])
    assert bounds(found, "nines") == pytest.approx([2.0, -math.log10(high), -math.log10(low)])
    assert bounds(found, "mean_time_to_data_loss") == pytest.approx([-1 / math.log1p(-p) for p in (0.01, high, low)])
    np.testing.assert_allclose(found["objective_missed"], [[1.0, 0.06, 0.01]])  # a total loss is more than any
    assert found["objective_missed_high"].values[0, 2] == high
    assert found["data_lost_hours"].item() == pytest.approx((50 * 30.0 + 940 * 0.5) / 1000)
    mean = intervals.bounded_mean_interval(hours, YEAR)
    assert bounds(found, "data_lost_hours")[1:] == list(mean)
    assert found["objective"].attrs["units"] == "h"
    half = statistics.durability(make_results(horizon=YEAR / 2, data_loss=[lost]))
    assert half["mean_time_to_data_loss"].item() == pytest.approx(found["mean_time_to_data_loss"].item() / 2)
    assert set(half.coords) == set() and "objective_missed" not in half


def test_data_that_were_never_lost_or_always():
    found = statistics.durability(make_results(data_loss=[[False] * 50, [True] * 50]))
    most = float(intervals.proportion_interval(0, 50)[1])
    assert bounds(found, "mean_time_to_data_loss") == pytest.approx([np.inf, -1 / math.log1p(-most), np.inf])
    assert bounds(found, "nines") == pytest.approx([np.inf, -math.log10(most), np.inf])
    np.testing.assert_array_equal(found["mean_time_to_data_loss"], [np.inf, 0.0])
    assert found["mean_time_to_data_loss_low"].values[1] == 0.0
    for name in found.data_vars:
        assert not found[name].isnull().any(), name


def test_more_work_may_be_lost_than_a_window_has():
    found = statistics.durability(
        make_results(horizon=10.0, data_loss=[[False] * 3], data_lost_hours=[[0.0, 40.0, 2.0]])
    )
    assert bounds(found, "data_lost_hours")[1:] == list(intervals.bounded_mean_interval([0.0, 40.0, 2.0], 40.0))
    assert "than the most seen" in found["data_lost_hours"].attrs["method"]


def test_time_to_the_loss_of_one_copy():
    """Destroyed 0.02 times a year: 50 years, whatever the window."""
    scenario = dcrisk.Scenario(
        [dcrisk.Site("A")], [dcrisk.Fire("fire", {"A": 0.02}, {"destroyed": 10.0}, destroyed=1.0)]
    )
    layout = dcrisk.Layout("A", replicas=["A"], copies=["A"])
    for horizon in (YEAR, 3 * YEAR):
        results = run(scenario, [layout], 50_000, seed=2, horizon=horizon)
        assert holds(statistics.durability(results, SURE), "mean_time_to_data_loss", 50.0)


def test_bad_objectives_are_refused():
    for bad in (-1.0, [], [np.nan], [np.inf], [[1.0]]):
        with pytest.raises(ValueError, match="objectives must be"):
            statistics.durability(make_results(data_loss=[[False]]), objectives=bad)
    with pytest.raises(ValueError, match="lack data_loss"):
        statistics.durability(make_results(downtime=[[0.0]]))


# ---------------------------------------------------------------- restoration


def test_restoration_by_hand():
    down = [[[True, True, False, False], [True, False, False, False]]]
    results = make_results(down=down).assign_coords(time=("time", [1.0, 5.0], {"units": "h"}))
    found = dcrisk.restoration(results)
    np.testing.assert_array_equal(found["up"], [[0.5, 0.75]])
    exact = stats.binomtest(3, 4).proportion_ci(0.95)
    assert found["up_low"].values[0, 1] == pytest.approx(exact.low)
    assert found["up_high"].values[0, 1] == pytest.approx(exact.high)
    assert found["up"].dims == ("layout", "time")
    np.testing.assert_array_equal(found["time"], [1.0, 5.0])
    assert found["time"].attrs["units"] == "h"
    xr.testing.assert_identical(statistics.restoration(results.transpose("trial", "time", "layout")), found)


def test_restoration_after_a_given_event_and_of_a_component():
    """An exponential repair after an event; and the transient availability of a component that starts up."""
    grid = dcrisk.Scenario(
        [dcrisk.Utility("grid")], [dcrisk.GridOutage("grid", {"grid": 0.0}, stats.expon(scale=20.0))]
    ).given("grid", origin="grid")
    moments = np.array([0.0, 5.0, 20.0, 60.0, 200.0])
    layout, trials = dcrisk.Layout("A", replicas=["grid"]), 50_000
    found = statistics.restoration(run(grid, [layout], trials, seed=3, horizon=300.0, at_hours=list(moments)), SURE)
    assert holds(found, "up", -np.expm1(-moments / 20.0))
    a, b = 1000.0 / YEAR, 1.0 / 50.0
    machine = dcrisk.Scenario(
        [dcrisk.Utility("grid")], [dcrisk.Failure("f", 1000.0, stats.expon(scale=50.0), ["grid"])]
    )
    found = statistics.restoration(run(machine, [layout], trials, seed=4, horizon=300.0, at_hours=list(moments)), SURE)
    exact = 1.0 + a / (a + b) * np.expm1(-(a + b) * moments)
    assert holds(found, "up", exact)
    for share, value in zip(found["up"].values[0, 1:], exact[1:], strict=True):
        check_share(round(share * trials), trials, value)


def test_restoration_needs_moments():
    with pytest.raises(ValueError, match=r"at_hours=\[1.0, 24.0, 168.0\]"):
        statistics.restoration(make_results(downtime=[[0.0]]))
    flat = xr.Dataset({"down": (("layout", "trial"), [[True]])}, attrs={"horizon_hours": YEAR})
    with pytest.raises(ValueError, match="layout, time and trial"):
        statistics.restoration(flat)


# ---------------------------------------------------------------- agreements by period


def test_agreements_by_period_by_hand():
    """Two periods of 50 h: below 0.99 more than half an hour down costs 2, below 0.9 more than 5 h costs 7."""
    first, second = [0.0, 1.0, 6.0, 0.0], [0.0, 0.5, 50.0, 5.0]
    results = make_results(horizon=100.0, downtime_by_period=[[first, second]])
    found = dcrisk.sla(results, 1.0, penalty={0.99: 2.0, 0.9: 7.0}, by_period=True)
    assert found["compliance"].item() == pytest.approx((8 - 3) / 8)
    assert found["all_periods_met"].item() == 2 / 4
    assert found["penalty"].item() == (0 + 2 + 14 + 2) / 4
    missed = intervals.bounded_mean_interval([0, 0, 2, 1], 2.0)
    assert bounds(found, "compliance")[1:] == pytest.approx([1 - missed.high / 2, 1 - missed.low / 2])
    assert bounds(found, "penalty")[1:] == list(intervals.bounded_mean_interval([0, 2, 14, 2], 14.0))
    exact = stats.binomtest(2, 4).proportion_ci(0.95)
    assert bounds(found, "all_periods_met")[1:] == pytest.approx([exact.low, exact.high])
    assert found.attrs["period_hours"] == 50.0 and found.attrs["periods"] == 2


def test_one_period_is_the_window():
    downtime = np.random.default_rng(5).exponential(20.0, (2, 300)) * (np.arange(300) % 3 == 0)
    results = make_results(downtime=downtime, downtime_by_period=downtime[:, None])
    whole = statistics.sla(results, 8.0, penalty={0.999: 1.0, 0.99: 3.0})
    single = statistics.sla(results, 8.0, penalty={0.999: 1.0, 0.99: 3.0}, by_period=True)
    for end in ("", "_low", "_high"):
        np.testing.assert_array_equal(single[f"all_periods_met{end}"], whole[f"compliance{end}"])
        np.testing.assert_allclose(single[f"compliance{end}"], whole[f"compliance{end}"], rtol=1e-7)
        np.testing.assert_array_equal(single[f"penalty{end}"], whole[f"penalty{end}"])


def test_simulated_months():
    """Outages of 2^-10 h, 24 a year: a month has a Poisson number of them.

    Overlaps, and cuts by the end of a month, change a month with probability below (24 + 24^2) * 2^-10 / 8766 = 7e-5 in
    a year: in 40,000 years less than three, against a standard error of 80.
    """
    length = 2.0**-10
    scenario = dcrisk.Scenario([dcrisk.Utility("grid")], [dcrisk.GridOutage("grid", {"grid": 24.0}, length)])
    results = run(scenario, [dcrisk.Layout("grid", replicas=["grid"])], 40_000, seed=7, periods=12)
    month = YEAR / 12
    table = {1 - 1.5 * length / month: 3.0, 1 - 4.5 * length / month: 10.0}
    found = statistics.sla(results, 3.5 * length, SURE, table, by_period=True)
    month_kept = stats.poisson.cdf(3, 2.0)
    assert holds(found, "compliance", month_kept)
    assert holds(found, "all_periods_met", month_kept**12)
    assert holds(found, "penalty", 12 * (3.0 * stats.poisson.sf(1, 2.0) + 7.0 * stats.poisson.sf(4, 2.0)))
    check_share(round(found["all_periods_met"].item() * 40_000), 40_000, month_kept**12)


def test_bad_periods_are_refused():
    with pytest.raises(ValueError, match=r"periods=12"):
        statistics.sla(make_results(downtime=[[0.0]]), 1.0, by_period=True)
    with pytest.raises(ValueError, match="between 0 and 50"):
        statistics.sla(make_results(horizon=100.0, downtime_by_period=[[[51.0], [0.0]]]), 1.0, by_period=True)


# ---------------------------------------------------------------- capacity


def test_capacity_in_the_summary():
    hours = np.array([[0.0, 10.0, 0.0, 30.0]])
    results = make_results(
        downtime=hours, longest_outage=hours, outages=1 * (hours > 0), data_loss=hours > 99, degraded_hours=2 * hours
    )
    share = 1.0 - hours / YEAR
    found = statistics.summary(results.assign(capacity=(("layout", "trial"), share)))
    assert bounds(found, "degraded_hours") == [20.0, *intervals.bounded_mean_interval([0, 20, 0, 60], YEAR)]
    served = [found[f"availability{end}"].item() for end in ("", "_low", "_high")]
    assert bounds(found, "capacity") == pytest.approx(served)
    alone = statistics.summary(results)
    assert "capacity" not in alone and "degraded_hours" in alone
    with pytest.raises(ValueError, match="capacity must lie between 0 and 1"):
        statistics.summary(results.assign(capacity=(("layout", "trial"), 2.0 * share)))
