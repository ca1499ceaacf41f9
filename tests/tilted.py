"""Runs of tilted trials for tests, and what such trials must bring if their weights are right.

Alone, with NUMBA_DISABLE_JIT=1, ``check_weights`` plays the kernels as plain Python: tests/test_likelihood_mutations.py
does that with kernels that it has broken.
"""

from __future__ import annotations

import math

import numpy as np
from exact import SIGMAS
from scipy import stats

import dcrisk
from dcrisk.compiler import compile_scenario
from dcrisk.device.readable import readable
from dcrisk.kernels.arrays import Totals, rest
from dcrisk.kernels.records import ANY_OUTAGE, DOWNTIME, SQUARES, SUM
from dcrisk.outcomes import Wanted, empty_outcomes
from dcrisk.rare.classes import event_classes
from dcrisk.rare.proposal import make_proposals
from dcrisk.rare.strata import DRAWN, Stratum
from dcrisk.rare.worst_case import WorstCase
from dcrisk.sampling import COLUMNS, FIRST_PENDING, kernel

HORIZON = 1000.0


class Tilted:
    """A scenario in classes of events, to be played with so many events of each (-1: drawn) and some shares of bins."""

    def __init__(self, scenario, layouts, horizon, warmup=0.0, apart=True, quantity=DOWNTIME):
        self.scenario, self.layouts, self.window = scenario, layouts, (horizon, warmup)
        self.compiled = compile_scenario(scenario, layouts, horizon=horizon, warmup=warmup)
        self.classes = event_classes(self.compiled, WorstCase(self.compiled.plan, len(layouts), int(quantity)), apart)
        self.proposals = make_proposals(self.compiled.plan, self.classes)

    def choose(self, counts, factors=None, plain_share=None):
        """The first guess of all shares, times ``factors(how many)``, in the order of the bins."""
        stratum = Stratum(tuple(counts), 1.0, np.ones(len(self.layouts), np.bool_))
        shares = self.proposals.first_guess(stratum)
        if factors is not None:
            shares = shares * factors(shares.size)
            for first, size in self.proposals.tilts.rows:
                shares[first : first + size] /= shares[first : first + size].sum()
        self.counts = counts
        self.plan = self.proposals.plan_for(stratum, shares)
        if plain_share is not None:
            self.plan = self.plan._replace(plain_share=np.array([plain_share]))
        return self

    def draw_all(self, **options):
        """The same, with all numbers of events drawn."""
        return self.choose([DRAWN] * len(self.classes.listed), **options)

    def run(self, trials, seed, totals=COLUMNS):
        """The outcomes of the kernel: a column for each trial."""
        pending = FIRST_PENDING
        while True:
            outcomes = empty_outcomes(self.compiled, Wanted(), trials)
            arguments = (readable(records) for records in (self.plan, rest(self.plan, pending), outcomes))
            if kernel()(*arguments, totals, np.uint64(seed), 0, trials, 0):
                return outcomes
            pending *= 2
            for array in (totals.sums, totals.weights):
                array[...] = 0.0

    def add_up(self, trials, seed, quantity=DOWNTIME):
        """Sums over the weights of trials, and over weight times quantity for each layout."""
        layouts = len(self.layouts)
        sums = np.zeros((layouts, 4)), np.zeros(2), np.ones(layouts), np.zeros((2, 0))
        totals = Totals(np.array([quantity], np.int64), np.array([-1.0]), *sums)
        self.run(trials, seed, totals)
        return totals


# ---------------------------------------------------------------- examples with exact answers


def three_at_once():
    """Three sites that are each down for ten hours once: all at once with probability 3 x**2 - 2 x**3."""
    sites = [dcrisk.Site(name) for name in "ABC"]
    scenario = dcrisk.Scenario(sites, [dcrisk.Failure("failure", dict.fromkeys("ABC", 1.0), 10.0)])
    tilted = Tilted(scenario, [dcrisk.Layout("any", replicas=list("ABC"))], HORIZON).choose([1, 1, 1])
    x = 10.0 / HORIZON
    return tilted, 3 * x**2 - 2 * x**3


def dark_at_once():
    """Storms that come at a rate, and two sites whose generators hardly ever fail, and then mostly together."""
    backup = dcrisk.Backup(0.95, common_cause=0.2)
    sites = [dcrisk.Site(name, requires=[dcrisk.all_of("grid", backup=backup)]) for name in "AB"]
    storms = dcrisk.GridOutage("storms", {"grid": 2.0}, stats.expon(scale=5.0))
    layouts = [dcrisk.Layout("any", replicas=list("AB"))]
    tilted = Tilted(dcrisk.Scenario([dcrisk.Utility("grid"), *sites], [storms]), layouts, HORIZON).draw_all()
    common = 0.2 * 0.05
    own = (0.05 - common) / (1.0 - common)
    both = common + (1.0 - common) * own**2
    return tilted, -math.expm1(-2.0 * HORIZON / 8766.0 * both)


def fire_that_crosses_two_walls(rate):
    """From A to B to C."""
    fire = dcrisk.Fire(
        "fire",
        {"A": rate},
        {"damaged": 50.0, "destroyed": 500.0},
        contained=0.8,
        destroyed=0.2,
        spread={("A", "B"): 0.1, ("B", "C"): 0.1},
        spread_delay=1.0,
    )
    return dcrisk.Scenario([dcrisk.Site(name) for name in "ABC"], [fire]), 0.2 * 0.1 * 0.1


def one_after_another():
    """A fire that is laid out, so long a time that it matters to few trials when it ends."""
    scenario, exact = fire_that_crosses_two_walls(0.1)
    return Tilted(scenario, [dcrisk.Layout("any", replicas=list("ABC"))], 1e6).choose([1]), exact


def one_that_is_given():
    """A fire that strikes in every trial, where nothing is laid out."""
    scenario, exact = fire_that_crosses_two_walls(0.0)
    scenario = scenario.given("fire", origin="A")
    return Tilted(scenario, [dcrisk.Layout("any", replicas=list("ABC"))], HORIZON).draw_all(), exact


def check_weights(trials, seed=1):
    """Weights are 1 on average, never more than the mixture allows, and give rare probabilities their exact values."""
    for example in (three_at_once, dark_at_once, one_after_another, one_that_is_given):
        tilted, exact = example()
        totals = tilted.add_up(trials, seed, ANY_OUTAGE)
        check_sum(*totals.weights, trials, 1.0)
        check_sum(totals.sums[0, SUM], totals.sums[0, SQUARES], trials, exact)


def check_sum(total, squares, trials, exact):
    """The exact mean lies within five standard errors."""
    mean = total / trials
    error = math.sqrt(max(squares / trials - mean**2, 0.0) / trials)
    assert abs(mean - exact) <= SIGMAS * error, f"{mean:g} is not {exact:g} within {SIGMAS:g} times {error:g}"
