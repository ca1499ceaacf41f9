"""Normal scores, Student's t and shared uniforms, beside scipy and beside the reference."""

import numpy as np
import pytest
from numba import njit
from reference import normal as reference
from scipy import special, stats

from dcrisk.kernels import normal

TAILS = 2.0 ** -np.linspace(1.0, 53.0, 4001)
UNIFORMS = np.concatenate([TAILS, 1.0 - TAILS[TAILS > 2.0**-53], np.linspace(0.001, 0.999, 3000)])


@njit
def scores(u):
    found = np.empty(len(u))
    for i in range(len(u)):
        found[i] = normal.ndtri(u[i])
    return found


@njit
def probabilities(z, freedom):
    found = np.empty(len(z))
    for i in range(len(z)):
        found[i] = normal.student_cdf(z[i], freedom)
    return found


@njit
def mixed(shared, own, fraction):
    found = np.empty(len(own))
    for i in range(len(own)):
        found[i] = normal.mix(shared[i], own[i], fraction)
    return found


def test_normal_scores_to_the_last_digits():
    """AS 241 promises 1e-16; a few roundings of the last digit come on top."""
    exact = special.ndtri(UNIFORMS)
    np.testing.assert_allclose(scores(UNIFORMS), exact, rtol=8 * 2.0**-52, atol=8 * 2.0**-52)
    assert scores(UNIFORMS).tolist() == [reference.ndtri(u) for u in UNIFORMS.tolist()]


@pytest.mark.parametrize("freedom", [1, 2, 3, 4, 5, 30, 101])
def test_student_probabilities(freedom):
    z = np.linspace(-40.0, 40.0, 1001)
    np.testing.assert_allclose(probabilities(z, freedom), stats.t.cdf(z, freedom), rtol=0, atol=16 * 2.0**-52)
    assert probabilities(z, freedom).tolist() == [reference.student_cdf(x, freedom) for x in z.tolist()]


@pytest.mark.parametrize("fraction", [0.0, 0.3, 0.9, 1.0])
def test_what_is_mixed_is_uniform_and_correlated(fraction):
    """Kolmogorov's p-value is not below 6e-7; normal scores correlate by the fraction's root, within five errors."""
    own, shared = (np.floor(np.random.default_rng(1).random((2, 100_000)) * 2**52) + 0.5) * 2.0**-52
    found = mixed(shared, own, fraction)
    assert ((found > 0) & (found < 1) & (found != 0.5)).all()
    assert stats.kstest(found, "uniform").pvalue > 6e-7
    correlation = np.corrcoef(special.ndtri(found), special.ndtri(shared))[0, 1]
    assert abs(correlation - np.sqrt(fraction)) < 5 * (1 - fraction) / np.sqrt(len(own)) + 1e-9
    assert found[:2000].tolist() == [
        reference.mix(a, b, fraction) for a, b in zip(shared[:2000].tolist(), own[:2000].tolist(), strict=True)
    ]
