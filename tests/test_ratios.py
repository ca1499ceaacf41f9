"""The interval of a ratio of paired means: its coverage, exact and measured, and what it becomes for many trials."""

import functools
import itertools
import math

import numpy as np
import pytest
from exact import FALSE_ALARM
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from dcrisk.statistics.equal import EqualTrials

HOURS = st.integers(0, 8 << 30).map(lambda n: n * 2.0**-30)  # on the grid of times
PAIRS = np.array([(0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (1.0, 1.0)])  # numerator and denominator of a trial


def ratio_of_means(above, below, limit=1.0, confidence=0.95):
    """The interval of the ratio of the means of two quantities between 0 and ``limit``."""
    above, below = np.asarray(above, float), np.asarray(below, float)
    _, low, high = EqualTrials(above.size).ratio(above, below, (limit, 0.0), (0.0, limit), confidence)
    return low, high


@functools.cache
def ends(counts, confidence):
    above, below = np.repeat(PAIRS, counts, axis=0).T
    return ratio_of_means(above, below, 1.0, confidence)


@pytest.mark.parametrize("confidence", [0.5, 0.9])
def test_it_covers_by_enumeration_of_all_outcomes(confidence):
    """Over all outcomes of eight trials, whatever the probabilities: at least as often as asked, on either side."""
    n = 8
    outcomes = [c for c in itertools.product(range(n + 1), repeat=4) if sum(c) == n]
    found = np.array([ends(c, confidence) for c in outcomes])
    for law in itertools.product([0.02, 0.2, 0.6], [0.02, 0.3], [0.02, 0.3]):
        chances = np.array([*law, 1.0]) / (1.0 + sum(law))
        ratio = (chances[1] + chances[3]) / (chances[2] + chances[3])
        likely = stats.multinomial.pmf(outcomes, n, chances)
        tail = (1.0 - confidence) / 2.0
        assert likely[found[:, 0] > ratio].sum() <= tail and likely[found[:, 1] < ratio].sum() <= tail, chances


def test_it_covers_rare_and_heavy_tailed_hours():
    """Misses are no more than a binomial law of the allowed chance gives with probability 6e-7.

    In a trial of a thousand ten outages, Pareto and cut at the window; a third of them would not have been.
    """
    random, n, repeats, misses = np.random.default_rng(4), 1000, 200, np.zeros(2, int)
    hours = stats.pareto(1.1, scale=2.0)
    chance, window = 0.01, 500.0
    for _ in range(repeats):
        below = np.where(random.random(n) < chance, np.minimum(hours.rvs(n, random_state=random), window), 0.0)
        above = np.where(random.random(n) < 1.0 / 3.0, 0.0, below)
        low, high = ratio_of_means(above, below, window, 0.9)
        misses += low > 2.0 / 3.0, high < 2.0 / 3.0
    for count in misses:
        assert stats.binomtest(int(count), repeats, 0.05, "greater").pvalue > FALSE_ALARM, misses


def test_many_trials_give_the_interval_of_fieller():
    """Those r for which the mean of the differences lies within normal limits of 0: a quadratic (Fieller 1954)."""
    random, n = np.random.default_rng(5), 200_000
    below = random.random(n) * (random.random(n) < 0.4)
    above = np.clip(0.6 * below + 0.1 * random.random(n), 0.0, 1.0)
    low, high = ratio_of_means(above, below)
    z2 = stats.norm.isf(0.025) ** 2 / n
    (va, vab), (_, vb) = np.cov(above, below)
    a, b, c = below.mean() ** 2 - z2 * vb, above.mean() * below.mean() - z2 * vab, above.mean() ** 2 - z2 * va
    root = math.sqrt(b**2 - a * c)
    width = 2.0 * root / a
    # the imagined observation and the skewness move either end by a few parts in sqrt(n)
    assert low == pytest.approx((b - root) / a, abs=0.02 * width) and high == pytest.approx(
        (b + root) / a, abs=0.02 * width
    )


def test_nothing_above_or_below_the_line():
    nothing, seen = np.zeros(500), np.append(np.zeros(499), 0.5)
    assert ratio_of_means(nothing, nothing) == (0.0, np.inf)
    low, high = ratio_of_means(seen, nothing)
    assert 0.0 < low < 1.0 and high == np.inf
    assert ratio_of_means(nothing, seen) == pytest.approx((0.0, 1.0 / low), rel=1e-5)


def test_an_end_by_hand():
    """One against none: P(G 1 > r E) = 0.025, with E exponential and G exponential, at r = 0.025 / 0.975."""
    low, high = ratio_of_means([1.0], [0.0])
    assert (low, high) == (pytest.approx(0.025 / 0.975, rel=1e-5), np.inf)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(HOURS, HOURS), min_size=1, max_size=30), st.sampled_from([0.5, 0.95]))
def test_it_holds_the_estimate_and_its_inverse_inverts_it(pairs, confidence):
    above, below = np.array(pairs).T
    low, high = ratio_of_means(above, below, 8.0, confidence)
    assert 0.0 <= low <= high
    other = ratio_of_means(below, above, 8.0, confidence)
    with np.errstate(divide="ignore"):
        assert tuple(other) == pytest.approx((1.0 / np.float64(high), 1.0 / np.float64(low)), rel=1e-4)
