"""One run at every rate: closed forms, fresh runs, derivatives and Sobol' indices without new simulation."""

import functools
import math

import numpy as np
import pytest
from scipy import stats
from test_estimate import SURE, estimate, holds, k_of_n, remote_sites

import dcrisk

YEAR = 8766.0
WITHIN = 1.0 - (1.0 - 24.0 / YEAR) ** 2
"""Of two moments of a year, that they lie less than a day apart."""


@functools.cache
def two_sites():
    """Every fire destroys; both sites within a day."""
    scenario, layouts = remote_sites(2, contained=0.0, destroyed=1.0)
    return estimate(scenario, layouts, "data_loss", method="stratified", confidence=SURE)


def one(rate):
    return rate * math.exp(-rate)


@pytest.mark.parametrize(("a", "b"), [(1e-3, 1e-3), (4e-3, 1e-3), (1e-5, 2e-3), (0.0, 1e-3)])
def test_other_rates(a, b):
    found = dcrisk.reweight(two_sites(), {"fire.rate_per_year[site 0]": a, "fire.rate_per_year[site 1]": b})
    assert holds(found, one(a) * one(b) * WITHIN)
    assert found.risk.item() == 0.0 or found.relative_precision.item() < 0.3


def test_the_same_rates_change_nothing():
    result = two_sites()
    again = dcrisk.reweight(result, {})
    for name in ("risk", "risk_low", "risk_high", "effective_hits", "largest_share", "relative_precision"):
        np.testing.assert_allclose(again[name], result[name], rtol=1e-9, err_msg=name)


def test_gamma_posteriors_make_poisson_negative_binomial():
    rate = dcrisk.jeffreys_rate(2, 2000)
    found = dcrisk.reweight(
        two_sites(), dict.fromkeys(["fire.rate_per_year[site 0]", "fire.rate_per_year[site 1]"], rate)
    )
    number = stats.nbinom.pmf(1, 2.5, 1.0 / (1.0 + 1.0 / 2000))
    assert holds(found, number**2 * WITHIN)


def test_rates_far_from_those_sampled_widen_the_interval():
    """More fires than any stratum has become likely; what they may do is in the upper end."""
    found = dcrisk.reweight(two_sites(), {"fire.rate_per_year[site 1]": 0.3})
    assert found.risk_low.item() <= one(1e-3) * 0.3 * WITHIN <= found.risk_high.item()
    assert found.relative_precision.item() > 1.0 and not found.converged.item()


def test_any_other_law_is_integrated_over():
    """The same law of the rate, once recognised as gamma and once as one of another name."""
    risks = [
        dcrisk.reweight(two_sites(), {"fire.rate_per_year[site 0]": law}).risk.item()
        for law in (stats.gamma(2.5, scale=4e-4), stats.gengamma(2.5, 1.0, scale=4e-4))
    ]
    assert risks[0] == pytest.approx(risks[1], rel=1e-9)


def test_a_fresh_run_at_the_other_rates_agrees():
    scenario, layouts = k_of_n(5, 3, 0.2, 24.0)
    result = estimate(scenario, layouts, "any_outage", method="stratified", confidence=SURE)
    moved = dcrisk.reweight(result, {"failure.rate_per_year": 0.3})
    fresh = estimate(
        dcrisk.with_rates(scenario, {"failure.rate_per_year": 0.3}), layouts, "any_outage", confidence=SURE, seed=2
    )
    assert float(moved.risk_low[0]) < float(fresh.risk_high[0])
    assert float(fresh.risk_low[0]) < float(moved.risk_high[0])
    assert float(moved.risk[0]) > 2.0 * float(result.risk[0])


def test_derivatives_and_elasticities():
    found = dcrisk.rate_derivatives(two_sites())
    assert found.rate.values.tolist() == ["fire at site 0", "fire at site 1"]
    exact = math.exp(-1e-3) * (1.0 - 1e-3) * one(1e-3) * WITHIN
    assert ((found.derivative_low <= exact) & (exact <= found.derivative_high)).all()
    np.testing.assert_allclose(found.elasticity, 1.0, atol=2e-3)  # of a product of two numbers, minus their rates
    step = 1e-7
    up, down = (
        dcrisk.reweight(two_sites(), {"fire.rate_per_year[site 0]": 1e-3 + sign * step}).risk.item() for sign in (1, -1)
    )
    assert found.derivative[0].item() == pytest.approx((up - down) / (2 * step), rel=1e-4)


def test_sobol_indices_of_a_product():
    """The risk is the product of both rates: with squared coefficients of variation u and v it has the variance
    (1 + u) (1 + v) - 1, of which u and v are due to each alone, and u v to both."""
    rates = {
        "fire.rate_per_year[site 0]": dcrisk.jeffreys_rate(1, 10_000),
        "fire.rate_per_year[site 1]": dcrisk.jeffreys_rate(4, 40_000),
    }
    found = dcrisk.rate_indices(two_sites(), rates)
    u, v = 1 / 1.5, 1 / 4.5
    variance = (1 + u) * (1 + v) - 1
    np.testing.assert_allclose(found.first_order[:, 0], np.array([u, v]) / variance, rtol=0.01)
    np.testing.assert_allclose(found.total[:, 0], np.array([u + u * v, v + u * v]) / variance, rtol=0.01)
    mean = float(found.risk[0])
    assert mean == pytest.approx(dcrisk.reweight(two_sites(), rates).risk.item(), rel=1e-12)
    assert float(found.risk_sd[0]) / mean == pytest.approx(math.sqrt(variance), rel=0.01)


def test_what_was_drawn_together_is_not_weighed_anew():
    scenario, layouts = k_of_n(5, 3, 0.2, 24.0)
    names = [f"site {i}" for i in range(5)]
    rates = dict.fromkeys(names, 0.2)
    joined = dcrisk.Scenario(
        scenario.nodes,
        [dcrisk.GridOutage("outage", rates, stats.expon(scale=24.0)), dcrisk.Failure("often", 60.0, 0.01, names[:1])],
    )
    result = estimate(joined, layouts, "any_outage", method="stratified", precision=0.2)
    assert result.event_class.values.tolist() == ["outage"]
    with pytest.raises(dcrisk.SpecificationError, match="other proportions"):
        dcrisk.reweight(result, {"outage.rate_per_year[site 0]": 0.3})
    with pytest.raises(dcrisk.SpecificationError, match="come so often"):
        dcrisk.reweight(result, {"often.rate_per_year": 2.0})
    assert dcrisk.reweight(result, {"outage.rate_per_year": 0.3}).risk.item() > result.risk.item()


def test_bad_input_is_named():
    result = two_sites()
    with pytest.raises(dcrisk.SpecificationError, match=r"fire\.rate"):
        dcrisk.reweight(result, {"fire.rate": 1.0})
    with pytest.raises(dcrisk.SpecificationError, match="no rate is a distribution"):
        dcrisk.rate_indices(result)
    scenario, layouts = k_of_n(2, 1, 5.0, 100.0)
    crude = estimate(scenario, layouts, "any_outage", method="crude")
    for function in (lambda: dcrisk.reweight(crude, {}), lambda: dcrisk.rate_derivatives(crude)):
        with pytest.raises(dcrisk.SpecificationError, match="no strata"):
            function()
