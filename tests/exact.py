"""How a simulated figure is held against an exact one.

Every statistical test fixes its seed, and for the correct program each comparison fails with probability 6e-7: means
lie within five standard errors of the exact one, and of counts and laws the p-value is not below 6e-7 (binomial and
Poisson counts exactly, laws by a chi-square test with at least 25 expected in each class).
"""

import math
from typing import NamedTuple

import numpy as np
from scipy import stats

import dcrisk

YEAR = 8766.0
SIGMAS = 5.0
FALSE_ALARM = 6e-7
FEWEST = 25.0


class Comparison(NamedTuple):
    """A simulated figure beside the exact one."""

    kind: str  # mean, share, count or law
    n: int  # numbers that were averaged, or trials
    found: float  # of a law: chi-square
    exact: float  # of a law: degrees of freedom
    error: float  # standard error of what was found
    low: float  # 95 % interval
    high: float
    pvalue: float


OBSERVERS = []
"""Whoever wants to see each comparison: the page docs/validation.md shows them all."""


def tell(kind, n, found, exact, error, interval, pvalue):
    comparison = Comparison(kind, int(n), *map(float, (found, exact, error, *interval, pvalue)))
    for observer in OBSERVERS:
        observer(comparison)


def run(scenario, layouts, trials, **options):
    return dcrisk.simulate(scenario, layouts, trials, progress=False, **options)


def check_mean(sample, exact):
    """The exact mean lies within five standard errors of the sample's."""
    sample = np.asarray(sample, float).ravel()
    error = sample.std(ddof=1) / math.sqrt(sample.size)
    assert error > 0
    found = sample.mean()
    interval = found + error * stats.norm.ppf([0.025, 0.975])
    tell("mean", sample.size, found, exact, error, interval, 2 * stats.norm.sf(abs(found - exact) / error))
    assert abs(found - exact) < SIGMAS * error, (found, exact, error)


def check_share(count, n, exact):
    """The exact binomial probability of a count at least as far out is not below 6e-7."""
    test = stats.binomtest(int(count), int(n), exact)
    error = math.sqrt(exact * (1 - exact) / n)
    tell("share", n, test.statistic, exact, error, test.proportion_ci(0.95), test.pvalue)
    assert test.pvalue > FALSE_ALARM, (test.statistic, exact)


def check_total(count, mean):
    """A Poisson count is not as far out on its side as happens with probability 3e-7."""
    count = int(count)
    tails = stats.poisson.cdf(count, mean), stats.poisson.sf(count - 1, mean)
    interval = stats.chi2.ppf(0.025, 2 * count) / 2 if count else 0.0, stats.chi2.ppf(0.975, 2 * count + 2) / 2
    tell("count", 1, count, mean, math.sqrt(mean), interval, min(1.0, 2 * min(tails)))
    assert 2 * min(tails) > FALSE_ALARM, (count, mean)


def check_law(counts, probabilities):
    """How often each of some outcomes came, against their probabilities; neighbours that are rare are pooled."""
    counts, probabilities = np.asarray(counts, float).ravel(), np.asarray(probabilities, float).ravel()
    assert counts.size == probabilities.size and abs(probabilities.sum() - 1) < 1e-6, probabilities.sum()
    expected = probabilities / probabilities.sum() * counts.sum()
    never = probabilities == 0
    assert counts[never].sum() == 0, "what cannot happen"
    observed, mean = [0.0], [0.0]
    for seen, likely in zip(counts[~never], expected[~never], strict=True):
        if mean[-1] >= FEWEST:
            observed.append(0.0)
            mean.append(0.0)
        observed[-1] += seen
        mean[-1] += likely
    if mean[-1] < FEWEST:  # the last class joins the one before it
        observed[-2:], mean[-2:] = [sum(observed[-2:])], [sum(mean[-2:])]
    assert len(mean) > 1, "one class alone"
    found, pvalue = stats.chisquare(observed, mean)
    tell("law", counts.sum(), found, len(mean) - 1, math.nan, (math.nan, math.nan), pvalue)
    assert pvalue > FALSE_ALARM, (pvalue, observed, mean)


def check_counts(values, masses):
    """Whole numbers against their probabilities at 0, 1, 2, ...; what is left is the probability of more."""
    masses = np.asarray(masses, float)
    counts = np.bincount(np.minimum(np.asarray(values, int).ravel(), masses.size), minlength=masses.size + 1)
    check_law(counts, np.append(masses, max(0.0, 1.0 - masses.sum())))
