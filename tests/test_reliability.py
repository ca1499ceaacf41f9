"""How often, how long, how much in a window: simulated figures beside exact ones.

Where an exact value must lie in an interval, its confidence is 1 - 6e-7: so often a correct program fails.
"""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
import xarray as xr
from exact import FALSE_ALARM, YEAR, check_law, check_mean, check_share, run
from scipy import integrate, special, stats

import dcrisk
from dcrisk import intervals, statistics

SURE = 1.0 - FALSE_ALARM


def make_results(downtime, outages, **attrs):
    by_trial = ("layout", "trial")
    return xr.Dataset(
        {
            "downtime": (by_trial, np.atleast_2d(np.asarray(downtime, float))),
            "outages": (by_trial, np.atleast_2d(np.asarray(outages, np.int32))),
        },
        attrs={"horizon_hours": YEAR, **attrs},
    )


def holds(found, name, exact):
    return bool(((found[f"{name}_low"] <= exact) & (exact <= found[f"{name}_high"])).all())


def assert_ordered(found):
    for name in found.data_vars:
        assert not found[name].isnull().any(), name
        if f"{name}_low" in found:
            assert (found[f"{name}_low"] <= found[name]).all() and (found[name] <= found[f"{name}_high"]).all(), name


# ---------------------------------------------------------------- reliability


def test_reliability_by_hand():
    found = dcrisk.reliability(make_results([0.0, 4.0, 6.0, 0.0], [0, 1, 3, 0]))
    assert found["outage_rate_per_year"].item() == 1.0
    assert found["mean_outage_hours"].item() == 2.5
    assert found["mean_time_between_outages"].item() == YEAR
    assert found["mean_up_hours"].item() == YEAR - 2.5
    low, high = intervals.bounded_mean_interval([0.0, 1.0, 3.0, 0.0], 4.0)
    assert found["outage_rate_per_year_high"].item() == pytest.approx(high)
    assert found["mean_time_between_outages_low"].item() == pytest.approx(YEAR / high)
    assert found["mean_time_between_outages_high"].item() == pytest.approx(YEAR / low)
    assert found["seen"].item()
    assert found["outage_rate_per_year"].attrs["units"] == "1/year"
    assert "one outage more" in found["mean_outage_hours"].attrs["method"]
    assert_ordered(found)


def test_what_was_never_seen():
    found = statistics.reliability(make_results([0.0] * 100, [0] * 100))
    assert not found["seen"].item()
    most = float(intervals.proportion_interval(0, 100)[1])
    for name, value, low, high in (
        ("outage_rate_per_year", 0.0, 0.0, most),
        ("mean_outage_hours", 0.0, 0.0, YEAR),
        ("mean_time_between_outages", np.inf, YEAR / most, np.inf),
    ):
        bounds = [found[f"{name}{end}"].item() for end in ("", "_low", "_high")]
        assert bounds == pytest.approx([value, low, high])
    assert found["mean_up_hours"].item() == found["mean_up_hours_high"].item() == np.inf
    assert found["mean_up_hours_low"].item() == pytest.approx(YEAR * (1 - most) / most, rel=0.01)


def test_with_a_warmup_hours_may_come_without_an_outage():
    seen = statistics.reliability(make_results([[5.0, 0.0], [YEAR, YEAR]], [[0, 0], [0, 0]], warmup_hours=100.0))
    assert (seen["mean_outage_hours"] == np.inf).all() and (seen["mean_outage_hours_high"] == np.inf).all()
    assert np.isfinite(seen["mean_outage_hours_low"]).all()
    np.testing.assert_array_equal(seen["mean_up_hours"], [np.inf, 0.0])
    assert_ordered(seen)
    found = statistics.reliability(make_results([0.0, 0.0], [0, 0], warmup_hours=100.0))
    assert found["mean_outage_hours_high"].item() == np.inf


def test_outages_of_one_length_and_windows_that_are_all_down():
    assert_ordered(statistics.reliability(make_results([[YEAR] * 5, [2.0] * 5, [0.0, 0, 0, 0, YEAR]], [[1] * 5] * 3)))
    assert_ordered(statistics.reliability(make_results([3.0], [2])))


def test_a_ratio_with_a_constant_denominator_is_a_mean():
    x = np.random.default_rng(0).random(50)
    ratio = intervals.ratio_interval(x, np.ones(50), (1.0, 1.0), (0.0, 1.0))
    assert ratio == pytest.approx(tuple(intervals.bounded_mean_interval(x)), rel=1e-5)
    counted = intervals.ratio_interval(*intervals.counted_pairs(x, np.ones(50))[:2], (1.0, 1.0), (0.0, 1.0))
    assert counted == pytest.approx(tuple(ratio), rel=1e-9)


def test_many_pairs_are_counted_on_grids():
    rng = np.random.default_rng(1)
    number = rng.poisson(0.5, 20_000)
    hours = rng.gamma(np.maximum(number, 1e-9), 3.0) * (number > 0)
    exact = intervals.ratio_interval(hours, number, (100.0, 1.0), (0.0, 9.0))
    u, v, counts = intervals.counted_pairs(hours, number)
    assert (v > 0).sum() < 0.75 * np.count_nonzero(number)
    assert counts.sum() == pytest.approx(20_000)
    grid = intervals.ratio_interval(u, v, (100.0, 1.0), (0.0, 9.0), counts=counts)
    np.testing.assert_allclose(grid, exact, atol=0.005 * (exact.high - exact.low))


COMPONENTS = {"A": (12.0, 60.0), "B": (5.0, 150.0), "C": (20.0, 30.0), "D": (8.0, 90.0)}  # failures a year, hours


def structure(up):
    """A with C, or B with D, or A with B."""
    return (up["A"] and up["C"]) or (up["B"] and up["D"]) or (up["A"] and up["B"])


@pytest.mark.parametrize("law", [lambda mean: stats.expon(scale=mean), lambda mean: stats.uniform(0.0, 2.0 * mean)])
def test_components_that_differ_by_birnbaums_formula(law):
    """The frequency of outages is the sum over components of importance times failure frequency (Birnbaum 1969)."""
    up = {name: 1.0 / (1.0 + rate * mean / YEAR) for name, (rate, mean) in COMPONENTS.items()}

    def works(fixed):
        total = 0.0
        for states in itertools.product([False, True], repeat=4):
            state = dict(zip(COMPONENTS, states, strict=True))
            if all(state[name] == value for name, value in fixed.items()) and structure(state):
                others = [name for name in COMPONENTS if name not in fixed]
                total += math.prod(up[name] if state[name] else 1.0 - up[name] for name in others)
        return total

    importance = {name: works({name: True}) - works({name: False}) for name in COMPONENTS}
    rate = sum(importance[name] * up[name] * COMPONENTS[name][0] for name in COMPONENTS)
    available = works({})
    scenario = dcrisk.Scenario(
        [dcrisk.Site(name) for name in COMPONENTS],
        [dcrisk.Failure(f"of {name}", rate, law(mean), [name]) for name, (rate, mean) in COMPONENTS.items()],
    )
    up_when = dcrisk.any_of(dcrisk.all_of("A", "C"), dcrisk.all_of("B", "D"), dcrisk.all_of("A", "B"))
    results = run(scenario, [dcrisk.Layout("service", up=up_when)], 20_000, seed=5, warmup=4000.0)
    found = statistics.reliability(results, SURE)
    for name, exact in (
        ("outage_rate_per_year", rate),
        ("mean_outage_hours", (1.0 - available) * YEAR / rate),
        ("mean_time_between_outages", YEAR / rate),
        ("mean_up_hours", available * YEAR / rate),
    ):
        assert holds(found, name, exact), name
    check_mean(results.outages, rate)
    check_mean(results.downtime - (1.0 - available) * YEAR / rate * results.outages, 0.0)


def test_2_of_3_repairable_components():
    scenario = dcrisk.Scenario(
        [dcrisk.Site(n) for n in "ABC"], [dcrisk.Failure("equipment", 10.0, stats.expon(scale=100.0), list("ABC"))]
    )
    results = run(scenario, [dcrisk.Layout("2 of 3", replicas=list("ABC"), quorum=2)], 20_000, seed=6, warmup=3000.0)
    found = statistics.reliability(results, SURE)
    q = 1000.0 / (YEAR + 1000.0)
    rate = stats.binom.pmf(1, 3, q) * 2 * 10.0
    assert holds(found, "outage_rate_per_year", rate)
    assert holds(found, "mean_outage_hours", stats.binom.sf(1, 3, q) * YEAR / rate)  # two repairs, or even three


# ---------------------------------------------------------------- the downtime of a window


def takacs(x, t, failures, repairs):
    """P(downtime in [0, t] <= x) of one repairable component that starts up (Takacs 1957), for 0 <= x < t."""
    product = failures * repairs * (t - x)

    def density(root):  # y = root^2: no singularity at 0; ive is I_1 times exp(-argument)
        argument = 2.0 * math.sqrt(product) * root
        return 2.0 * special.ive(1, argument) * math.exp(argument - repairs * root * root - failures * (t - x))

    peak = math.sqrt(product) / repairs
    points = [p for p in (peak,) if p < math.sqrt(x)]
    inside = integrate.quad(density, 0.0, math.sqrt(x), points=points, limit=200, epsabs=1e-13)[0]
    return math.exp(-failures * (t - x)) + math.sqrt(product) * inside


def test_the_formula_of_takacs_has_the_mean_of_the_transient_availability():
    a, b, t = 2.0 / YEAR, 1.0 / 200.0, YEAR
    mean = integrate.quad(lambda x: 1.0 - takacs(x, t, a, b), 0.0, t, limit=400, points=[200.0, 1000.0, 3000.0])[0]
    exact = a / (a + b) * (t - -math.expm1(-(a + b) * t) / (a + b))
    assert mean == pytest.approx(exact, rel=1e-6)
    assert takacs(0.0, t, a, b) == pytest.approx(math.exp(-2.0))


def test_exceedance_of_downtime_is_takacs_law():
    scenario = dcrisk.Scenario([dcrisk.Site("A")], [dcrisk.Failure("f", 2.0, stats.expon(scale=200.0), ["A"])])
    trials = 100_000
    results = run(scenario, [dcrisk.Layout("A", replicas=["A"])], trials, seed=11)
    levels = [0.0, 1.0, 10.0, 50.0, 100.0, 200.0, 300.0, 500.0, 800.0, 1200.0, 2000.0, 3000.0]
    found = statistics.exceedance(results, "downtime", levels, SURE).squeeze()
    exact = np.array([1.0 - takacs(x, YEAR, 2.0 / YEAR, 1.0 / 200.0) for x in levels])
    assert holds(found, "exceedance", exact)
    for share, value in zip(found["exceedance"].values, exact, strict=True):
        check_share(round(share * trials), trials, value)


def panjer(rate, masses, most):
    """The compound Poisson law of a sum of whole numbers, by recursion (Panjer 1981)."""
    law = np.zeros(most + 1)
    law[0] = math.exp(-rate)
    jumps = np.arange(1, len(masses) + 1)
    for total in range(1, most + 1):
        some = jumps[jumps <= total]
        law[total] = rate / total * np.sum(some * masses[: some.size] * law[total - some])
    return law


def test_occurrence_and_aggregate_exceedance():
    """Outages of 1, 2 and 7 units of 2^-12 h, three a year.

    Two outages of a window overlap, or the window's end cuts one, with probability below
    (3 + 3^2) * 7 / 4096 / 8766 = 2.4e-6. In 200,000 trials that is half a trial, against a standard error of 200.
    """
    unit, masses, rate, trials = 2.0**-12, np.array([0.6, 0.3, 0, 0, 0, 0, 0.1]), 3.0, 200_000
    kinds = {1: 0.6, 2: 0.3, 7: 0.1}
    hazards = [dcrisk.GridOutage(f"of {k}", {"grid": rate * p}, k * unit) for k, p in kinds.items()]
    scenario = dcrisk.Scenario([dcrisk.Utility("grid")], hazards)
    results = run(scenario, [dcrisk.Layout("grid", replicas=["grid"])], trials, seed=13)
    aggregate = panjer(rate, masses, 40)
    totals = np.round(results.downtime.values.ravel() / unit).astype(int)
    check_law(np.bincount(np.minimum(totals, 41), minlength=42), np.append(aggregate, 1.0 - aggregate.sum()))
    levels = np.array([0.5, 1.5, 3.5, 7.5, 15.5]) * unit
    aep = statistics.exceedance(results, "downtime", levels, SURE)
    exact = 1.0 - np.cumsum(aggregate)[np.floor(levels / unit).astype(int)]
    assert holds(aep, "exceedance", exact)
    oep = statistics.exceedance(results, "longest_outage", levels[:3], SURE)
    assert holds(oep, "exceedance", -np.expm1(-rate * np.array([1.0, 0.4, 0.1])))
