"""Trials with weights: exact values under tilted laws, equality without weights, and the coverage of every interval.

Where an exact value must lie in an interval, its confidence is 1 - 6e-7: so often a correct program fails.
"""

from __future__ import annotations

import functools

import numpy as np
import pytest
import xarray as xr
from exact import FALSE_ALARM, check_mean
from scipy import stats

from dcrisk import statistics
from dcrisk.statistics import together
from dcrisk.statistics.equal import EqualTrials
from dcrisk.statistics.trials import exact_mean
from dcrisk.statistics.weighted import WeightedTrials

HORIZON = 100.0
SURE = 1.0 - FALSE_ALARM


def make_results(downtime, weight=None, **attrs):
    downtime = np.atleast_2d(np.asarray(downtime, dtype=float))
    by_trial = ("layout", "trial")
    results = xr.Dataset(
        {
            "downtime": (by_trial, downtime, {"units": "h"}),
            "longest_outage": (by_trial, downtime / 2.0, {"units": "h"}),
            "outages": (by_trial, np.ceil(downtime / 10.0).astype(np.int32)),
            "data_loss": (by_trial, downtime > 15.0),
            "data_lost_hours": (by_trial, downtime / 4.0, {"units": "h"}),
            "degraded_hours": (by_trial, downtime / 3.0, {"units": "h"}),
            "capacity": (by_trial, 1.0 - downtime / HORIZON / 5.0),
            "down": (("layout", "time", "trial"), np.stack([downtime > 1.0, downtime > 7.0], axis=1)),
            "downtime_by_period": (
                ("layout", "period", "trial"),
                np.stack([downtime / 4.0, downtime / 5.0], axis=1),
                {"units": "h"},
            ),
        },
        coords={"layout": [f"layout {i}" for i in range(len(downtime))], "time": [1.0, 7.0]},
        attrs={"horizon_hours": HORIZON},
    )
    return results if weight is None else results.assign(weight=("trial", weight, attrs))


CALLS = {
    "availability": statistics.availability,
    "exceedance": lambda r, **o: statistics.exceedance(r, "downtime", [0.0, 5.0, 15.0], **o),
    "summary": lambda r, **o: statistics.summary(r, quantiles=[0.5, 0.9, 0.99], **o),
    "return_level": lambda r, **o: statistics.return_level(r, [2, 100], **o),
    "compare": lambda r, **o: statistics.compare(r, "layout 0", **o),
    "dependence": statistics.dependence,
    "sla": lambda r, **o: statistics.sla(r, 2.0, penalty={0.99: 1.0, 0.9: 5.0}, **o),
    "sla by period": lambda r, **o: statistics.sla(r, 2.0, penalty={0.99: 1.0}, by_period=True, **o),
    "tail_risk": lambda r, **o: statistics.tail_risk(r, [0.9, 0.99], **o),
    "reliability": statistics.reliability,
    "durability": lambda r, **o: statistics.durability(r, objectives=[1.0, 3.0], **o),
    "restoration": statistics.restoration,
}
OTHER_METHOD = {"any_outage_difference", "data_loss_difference", "probability", "ratio"}  # their intervals may differ


# ---------------------------------------------------------------- weights of one, and bad ones


@pytest.mark.parametrize("name", CALLS)
def test_weights_of_one_change_no_value(name):
    rng = np.random.default_rng(1)
    downtime = rng.integers(0, 30, (3, 400)) * (rng.random((3, 400)) < [[0.4], [0.05], [0.0]])
    downtime[1, :100] = downtime[0, :100]
    plain = CALLS[name](make_results(downtime))
    weighted = CALLS[name](make_results(downtime, np.ones(400)))
    assert set(plain.data_vars) == set(weighted.data_vars)
    for variable in plain.data_vars:
        estimate = str(variable).removesuffix("_low").removesuffix("_high")
        if variable == estimate:
            np.testing.assert_allclose(weighted[variable], plain[variable], rtol=1e-14, err_msg=str(variable))
        elif estimate not in OTHER_METHOD:
            np.testing.assert_allclose(weighted[variable], plain[variable], rtol=1e-6, err_msg=str(variable))
    assert weighted.attrs["effective_sample_size"] == pytest.approx(400.0)
    assert weighted.attrs["largest_weight_share"] == pytest.approx(1.0 / 400.0)
    assert "effective_sample_size" not in plain.attrs


@pytest.mark.parametrize("name", CALLS)
def test_estimates_lie_in_their_intervals_and_files_keep_them(name, tmp_path):
    rng = np.random.default_rng(2)
    downtime = rng.integers(0, 20, (3, 300)) * (rng.random((3, 300)) < [[0.4], [0.1], [0.0]])
    found = CALLS[name](make_results(downtime, rng.choice([0.2, 0.9, 1.9], 300)))
    for variable in found.data_vars:
        assert not found[variable].isnull().any(), variable
        if f"{variable}_low" in found:
            assert (found[f"{variable}_low"] <= found[variable] + 1e-9).all(), variable
            assert (found[variable] <= found[f"{variable}_high"] + 1e-9).all(), variable
            assert "largest weight seen" in found[variable].attrs["method"]
    found.to_netcdf(tmp_path / "found.nc")
    xr.testing.assert_equal(xr.load_dataset(tmp_path / "found.nc"), found)


@pytest.mark.parametrize(
    ("weight", "attrs", "message"),
    [
        ([1.0, np.nan], {}, "finite and not negative"),
        ([1.0, np.inf], {}, "finite and not negative"),
        ([1.0, -1.0], {}, "finite and not negative"),
        ([0.0, 0.0], {}, "not all zero"),
        ([0.5, 3.0], {"largest_possible": 2.0}, "not below the largest weight"),
        ([0.5, 0.7], {"largest_possible": 0.9}, "at least 1"),
        ([0.5, 0.7], {"largest_possible": np.inf}, "must be finite"),
    ],
)
def test_bad_weights_are_refused(weight, attrs, message):
    with pytest.raises(ValueError, match=message):
        statistics.availability(make_results([0.0, 1.0], weight, **attrs))


def test_each_trial_has_one_weight():
    results = make_results([[0.0, 1.0]]).assign(weight=(("layout", "trial"), [[1.0, 1.0]]))
    with pytest.raises(ValueError, match="one weight, for all layouts"):
        statistics.availability(results)


def test_the_effective_number_of_trials_and_a_coordinate():
    results = make_results([0.0, 1.0, 2.0, 3.0], [2.0, 1.0, 1.0, 0.0], largest_possible=4.0)
    found = statistics.availability(results)
    assert found.attrs["effective_sample_size"] == pytest.approx(16.0 / 6.0)
    assert found.attrs["largest_weight_share"] == 0.5
    assert "largest weight possible: 4" in found.attrs["method"]
    assert found["unavailability"].item() == (1.0 + 2.0) / 4.0 / HORIZON
    xr.testing.assert_equal(statistics.availability(results.set_coords("weight")), found)


def test_dask_and_order_of_dimensions_change_nothing():
    pytest.importorskip("dask")
    rng = np.random.default_rng(7)
    results = make_results(rng.integers(0, 20, (2, 60)), rng.choice([0.5, 1.5], 60))
    for name in ("summary", "sla by period", "restoration", "tail_risk"):
        expected = CALLS[name](results)
        xr.testing.assert_identical(CALLS[name](results.chunk({"trial": 20})), expected)
        xr.testing.assert_identical(CALLS[name](results.transpose("trial", ...)), expected)


def test_means_do_not_depend_on_the_order_of_the_trials():
    x = np.random.default_rng(3).lognormal(0.0, 5.0, 5000)
    assert exact_mean(x, 5000) == exact_mean(x[::-1], 5000) == exact_mean(np.sort(x), 5000)
    assert exact_mean(np.array([1e16, 1.0, 1.0, 0.0]), 4) == (1e16 + 2.0) / 4.0


# ---------------------------------------------------------------- exact values under an exponential tilt


@functools.cache
def tilted(trials=30_000):
    """Downtimes with mean 1 h, drawn with mean 3 h: the likelihood ratio 3 exp(-2x/3) is at most 3."""
    x = np.random.default_rng(4).exponential(3.0, trials)
    return np.minimum(x, HORIZON), 3.0 * np.exp(-2.0 * x / 3.0)


def holds(found, name, exact):
    return (found[f"{name}_low"].values <= exact) & (exact <= found[f"{name}_high"].values)


def test_exact_values_of_an_exponential_law():
    x, weight = tilted()
    check_mean(weight, 1.0)
    check_mean(weight * x, 1.0)
    results = make_results(x, weight, largest_possible=3.0)
    table = statistics.summary(results, SURE, quantiles=[0.5, 0.99, 0.9999])
    assert table["downtime"].item() == pytest.approx(np.mean(weight * x), rel=1e-12)
    for name, exact in (
        ("downtime", 1.0),
        ("data_loss", np.exp(-15.0)),
        ("long_outage", np.exp(-16.0)),
        ("degraded_hours", 1.0 / 3.0),
        ("capacity", 1.0 - 1.0 / HORIZON / 5.0),
        ("downtime_quantile", [[np.log(2.0), np.log(100.0), np.log(10_000.0)]]),
    ):
        assert holds(table, name, np.asarray(exact)).all(), name
    levels = np.array([0.0, 1.0, 4.0, 9.0, 20.0])
    curve = statistics.exceedance(results, "downtime", levels, SURE)
    assert holds(curve, "exceedance", np.exp(-levels)).all()
    for level, estimate in zip(levels, curve["exceedance"].values[0], strict=True):
        check_mean(weight * (x > level), np.exp(-level))
        assert estimate == pytest.approx(np.mean(weight * (x > level)), rel=1e-12)
    risk = statistics.tail_risk(results, [0.9, 0.999], confidence=SURE)
    assert holds(risk, "value_at_risk", np.log([10.0, 1000.0])).all()
    assert holds(risk, "tail_value_at_risk", np.log([10.0, 1000.0]) + 1.0).all()
    for i, share in enumerate([0.1, 0.001]):
        value = risk["value_at_risk"].values[0, i]
        excess = np.mean(weight * np.maximum(x - value, 0.0)) / share
        assert risk["tail_value_at_risk"].values[0, i] == pytest.approx(value + excess, rel=1e-9)
        assert np.mean(weight * (x > value)) <= share < np.mean(weight * (x >= value))
    promise = statistics.sla(results, 4.0, SURE, {0.99: 10.0, 0.95: 30.0})
    assert holds(promise, "compliance", 1.0 - np.exp(-4.0)).all()
    assert holds(promise, "penalty", 10.0 * np.exp(-1.0) + 20.0 * np.exp(-5.0)).all()


def test_tilting_pays_where_it_is_meant_to():
    """e^-9, seen in a tenth of the trials: the lower end of the interval is within 15 % of it, unlike without a tilt."""
    x, weight = tilted()
    found = statistics.exceedance(make_results(x, weight, largest_possible=3.0), "downtime", [9.0])
    assert found["exceedance_low"].item() > 0.85 * np.exp(-9.0)
    plain = np.random.default_rng(5).exponential(1.0, x.size)
    assert statistics.exceedance(make_results(plain), "downtime", [9.0])["exceedance_low"].item() < 0.85 * np.exp(-9.0)


def test_exact_values_of_pairs():
    """Two layouts, hit by one shock in 10 windows of 100 and each by its own in 2; drawn ten times as often."""
    rng = np.random.default_rng(6)
    true, drawn = np.array([0.1, 0.02, 0.02]), np.array([0.5, 0.2, 0.2])
    happened = rng.random((20_000, 3)) < drawn
    weight = np.where(happened, true / drawn, (1 - true) / (1 - drawn)).prod(axis=1)
    most = float(((1 - true) / (1 - drawn)).prod())
    shock, first, second = happened.T
    downtime = np.stack([5.0 * (shock | first), 20.0 * (shock | second), 0.0 * shock])
    results = make_results(downtime, weight, largest_possible=most)
    alone = 1.0 - 0.9 * 0.98
    both = 0.1 + 0.9 * 0.02 * 0.02
    found = statistics.dependence(results, SURE)
    pair = found.sel(layout_i="layout 0", layout_j="layout 1")
    assert holds(found.isel(layout=slice(0, 2)), "probability_down", alone).all()
    assert holds(pair, "probability", both / alone)
    assert holds(pair, "ratio", both / alone**2)
    np.testing.assert_array_equal(found["seen"], [True, True, False])
    check_mean(weight * (downtime[0] > 0) * (downtime[1] > 0) - both / alone * weight * (downtime[0] > 0), 0.0)
    difference = statistics.compare(results, "layout 0", SURE)
    assert holds(difference, "downtime_difference", np.array([15.0, -5.0]) * alone).all()
    assert holds(difference, "data_loss_difference", np.array([alone, 0.0])).all()
    assert holds(difference, "any_outage_difference", np.array([0.0, -alone])).all()
    assert holds(difference, "better", np.array([0.9 * 0.02 * 0.98, alone])).all()
    assert holds(difference, "equal", np.array([0.9 * 0.98**2, 1 - alone])).all()
    total = difference["better"] + difference["worse"] + difference["equal"]
    np.testing.assert_allclose(total, 1.0)


# ---------------------------------------------------------------- coverage


RUNS, TRIALS, UPPER = 80, 200, 200.0
CONFIDENCE = 0.8  # so that a shortfall shows in few runs
SMALL, LARGE = 0.24, 0.06  # outages of 1 h and of 20 h to expect in a window
TILT = 5.0
LEVEL = 0.97


@functools.cache
def truth():
    """The joint law of the numbers of both kinds of outages, and what follows from it."""
    small, large = (x.ravel() for x in np.mgrid[0:12, 0:10])
    chance = stats.poisson.pmf(small, SMALL) * stats.poisson.pmf(large, LARGE)
    x, number = small + 20.0 * large, 1.0 * small + large
    order = np.argsort(x)
    worst = x[order][np.searchsorted(np.cumsum(chance[order]), LEVEL)]
    both = chance @ ((x > 15) & (small > 0))
    tail = worst + chance @ np.maximum(x - worst, 0.0) / (1.0 - LEVEL)
    return {
        "mean": chance @ x,
        "difference": chance @ (x - 9.0 * small),
        "probability": chance @ (x > 15.0),
        "probability without": chance @ (x <= 15.0),
        "above": chance @ (x > 1.0),
        "quantile": worst,
        "tail mean": tail,
        "paired": chance @ (1.0 * (large > 0) - (small > 1)),
        "given": both / (chance @ (x > 15.0)),
        "lift": both / (chance @ (x > 15.0)) / (chance @ (small > 0)),
        "mean outage": chance @ x / (chance @ number),
        "mean up": (UPPER - chance @ x) / (chance @ number),
    }


def estimates(trials, small, large):
    """All estimates from the trials of one run; the largest value possible is told, or as in the statistics."""
    x, number = small + 20.0 * large, 1.0 * small + large
    rows = np.stack([x > 15.0, small > 0])
    masses = trials.together(rows)
    level, most = np.array([LEVEL]), number.max() + 1.0
    quantile = trials.quantiles(x, level, UPPER, CONFIDENCE)
    return {
        "mean": trials.mean(x, UPPER, CONFIDENCE),
        "difference": trials.difference(x - 9.0 * small, UPPER, CONFIDENCE),
        "probability": trials.probability(x > 15.0, CONFIDENCE),
        "probability without": trials.probability_without(x > 15.0, CONFIDENCE),
        "above": trials.above(x, np.array([1.0]), CONFIDENCE),
        "quantile": quantile,
        "tail mean": trials.tail_means(x, level, quantile, UPPER, CONFIDENCE),
        "paired": trials.paired(large > 0, small > 1, CONFIDENCE),
        "given": [part[0, 1] for part in trials.given(rows, masses, CONFIDENCE)],
        "lift": [part[0, 1] for part in together._ratios(trials, rows, masses, CONFIDENCE)],
        "mean outage": trials.ratio(x, number, (UPPER, 1.0), (0.0, most), CONFIDENCE),
        "mean up": trials.ratio(UPPER - x, number, (UPPER, 0.0), (0.0, most), CONFIDENCE),
    }


@functools.cache
def misses(weighted):
    """How often each interval lies above, and how often below, the true value."""
    rng = np.random.default_rng(20210310)
    count = {name: [0, 0] for name in truth()}
    rate = LARGE * TILT if weighted else LARGE
    for _ in range(RUNS):
        small, large = rng.poisson(SMALL, TRIALS), rng.poisson(rate, TRIALS)
        trials = EqualTrials(TRIALS)
        if weighted:
            trials = WeightedTrials(np.exp(rate - LARGE) * TILT ** -large.astype(float), np.exp(rate - LARGE))
        for name, estimate in estimates(trials, small, large).items():
            _, low, high = (float(np.squeeze(part)) for part in estimate)
            count[name][0] += low > truth()[name] + 1e-9
            count[name][1] += high < truth()[name] - 1e-9
    return count


@pytest.mark.parametrize("name", truth())
@pytest.mark.parametrize("weighted", [False, True], ids=["equal", "weighted"])
def test_the_interval_covers(weighted, name):
    """Each side may miss in 10 % of 80 runs; more than 21 misses come with probability below 1e-5."""
    allowed = int(stats.binom.isf(1e-5, RUNS, (1.0 - CONFIDENCE) / 2.0))
    above, below = misses(weighted)[name]
    assert above <= allowed
    assert below <= allowed
