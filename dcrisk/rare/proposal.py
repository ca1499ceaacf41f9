"""The law that the trials of a stratum are drawn from, and how it learns: the cross-entropy method."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from dcrisk.kernels import records
from dcrisk.kernels.arrays import Plan
from dcrisk.rare.classes import Classes
from dcrisk.rare.counts import FloatArray
from dcrisk.rare.strata import DRAWN, Stratum
from dcrisk.rare.tilts import Tilts, make_tilts

PLAIN_SHARE = 0.1
"""Trials under the law of the scenario: no weight is above one over it."""
COMPANY = 2.5
"""First guess: so many events come close to another one, or a third of them (assumption; it biases nothing)."""
MOST_TOGETHER = 0.8
OPEN_CHOICES, OPEN_MARKS = 0.5, 0.2
"""Of the first guess, choices of a component and marks keep so much (assumptions, as all numbers here: they cost time)."""
CLEARLY = 1.5
"""So many times the least ratio of a row is more than what has no part in harm."""
LEAST_KEPT = 0.02
"""Of the law that was there before, this share stays at least, so that no bin is lost by chance."""


class Proposals(NamedTuple):
    """A plan and everything about it that no stratum changes."""

    plan: Plan
    classes: Classes
    tilts: Tilts

    def first_guess(self, stratum: Stratum) -> FloatArray:
        """Shares of all bins."""
        shares = self.tilts.guess.copy()
        listed = self.classes.listed
        events = sum(c.law.mean if n == DRAWN else float(n) for c, n in zip(listed, stratum.counts, strict=True))
        others = max(events - 1.0, 1.0)
        close = min(MOST_TOGETHER, max(COMPANY, others / 3.0) / others)
        for row in self.tilts.lags:
            some = self._bins(row)
            shares[some] = (1.0 - close) * self.tilts.width[some] + close * self.tilts.guess[some]
        return shares

    def learn(self, shares: FloatArray, learnt: FloatArray, hits: float) -> FloatArray:
        """Shares as the trials that did harm had them; the fewer, the less they are trusted."""
        kept = max(LEAST_KEPT, min(0.5, hits**-0.5))
        new = shares.copy()
        for row in range(len(self.tilts.rows)):
            some = self._bins(row)
            total = float(learnt[some].sum())
            if total > 0.0:
                found = _sloping(learnt[some] / total, self.tilts.width[some], self.tilts.slopes[row])
                new[some] = (1.0 - kept) * found + kept * shares[some]
                new[some] += self._open(row, hits) * (self.tilts.guess[some] - new[some])
        return new

    def _open(self, row: int, hits: float) -> float:
        """How much of the first guess a row keeps, for ways to do harm that the pilot has not met.

        The law is a product. Where these links or those must fail, to trust what was seen would all but exclude a cut
        that was not seen: its weight could be thousands of others, and it would be missing from the variance.
        """
        if row in self.tilts.choices:
            return max(OPEN_CHOICES, min(1.0, 3.0 / math.sqrt(hits)))
        return OPEN_MARKS if self.tilts.slopes[row] == 0 else 0.0

    def plan_for(self, stratum: Stratum, shares: FloatArray) -> Plan:
        """The plan whose trials are those of a stratum, drawn with these shares."""
        classes = np.zeros(len(self.classes.listed), records.CLASS)
        for i, event_class in enumerate(self.classes.listed):
            alone = len(event_class.choices) == 1
            classes[i] = (
                event_class.source,
                event_class.components[0] if alone else -1,
                stratum.counts[i],
                self.tilts.counts[i],
                -1 if alone else self.tilts.choices[i],
                self.tilts.lags[i],
            )
        bins = np.zeros(shares.size, records.BIN)
        bins["low"], bins["width"], bins["share"] = self.tilts.low, self.tilts.width, shares
        np.divide(shares, self.tilts.width, out=bins["ratio"], where=self.tilts.width > 0.0)
        for row in range(len(self.tilts.rows)):
            some = self._bins(row)
            bins["start"][some] = np.concatenate([[0.0], np.cumsum(shares[some])])[:-1]
        return self.plan._replace(classes=classes, bins=bins)

    def _bins(self, row: int) -> slice:
        first, size = (int(x) for x in self.tilts.rows[row])
        return slice(first, first + size)


def _sloping(share: FloatArray, width: FloatArray, slope: int) -> FloatArray:
    """Shares whose ratio to the width only grows, or only shrinks, from bin to bin, with a tail that noise can bear.

    More events, higher floods, longer outages and shorter distances do no less harm. To know that much keeps bins with
    few hits from being taken for harmless. The method's own shares follow the probability of harm given the bin; the
    variance is least where they follow its square root. So what clearly exceeds the least ratio, which is that of events
    that have no part in it, keeps its total and gets the shape of the root. Without that, 8-of-10 came out 5 % too low
    in one seed of three: a few far hits, which weigh most, were missed.
    """
    if slope == 0:
        return share
    from scipy import optimize

    used = width > 0.0
    w = width[used]
    ratio = optimize.isotonic_regression(share[used] / w, weights=w, increasing=slope > 0).x
    excess = np.maximum(ratio - CLEARLY * ratio.min(), 0.0)
    shape = w * np.sqrt(excess)
    found: FloatArray = np.zeros(share.size)
    found[used] = (ratio - excess) * w
    if excess.any():
        found[used] += shape * ((excess @ w) / shape.sum())
    found /= found.sum()
    return found


def make_proposals(plan: Plan, classes: Classes) -> Proposals:
    """The plan with its classes on the agenda; their marks, and those of what is given or raised, can be tilted."""
    sources = plan.sources.copy()
    for s in [event_class.source for event_class in classes.listed] + classes.silent:
        sources[s]["idle"] = sources[s]["period"] = records.LAID_OUT
        sources[s]["origin"], sources[s]["batch"] = records.ON_AGENDA, 1
    by_themselves = (sources["given"] == 0) & (sources["period"] != records.LAID_OUT)
    by_themselves[int(plan.timed[0]) :] = False
    sources["tilted"] = ~by_themselves
    tilts = make_tilts(plan, classes)
    changed = plan._replace(
        sources=sources,
        plain_share=np.array([PLAIN_SHARE]),
        tilts=tilts.rows,
        first_tilt=tilts.first_tilt,
    )
    return Proposals(changed, classes, tilts)
