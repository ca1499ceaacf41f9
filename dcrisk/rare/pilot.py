"""The pilot: it tunes the law of each stratum, and says how many trials each needs. None of its trials is used again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from dcrisk.kernels.records import BLOCK, FULLY, GENTLY
from dcrisk.rare.counts import FloatArray
from dcrisk.rare.proposal import PLAIN_SHARE, Proposals
from dcrisk.rare.strata import DRAWN, Stratum
from dcrisk.rare.sums import Adder, Job, Sums, key_of, no_sums

# how much the pilot may cost, and what it takes for enough: assumptions, which no estimate depends on in the mean
ROUNDS = 9
EVENTS_PER_ROUND = 5e5
FEWEST, MOST = 2 * BLOCK, 32 * BLOCK
MOST_IN_VAIN = 1 << 20
ENOUGH_HITS, SURE_HITS = 8.0, 50.0
WORTH_KNOWING = 0.01
"""Part of the risk that makes a stratum worth a closer look."""
MOST_TUNINGS = 5
GOOD = 0.2
"""Effective hits a trial: a law that has so many is not tuned further."""


class Tuned(NamedTuple):
    """A stratum, the law that its trials are drawn from, and what the pilot has seen of it under this law."""

    stratum: Stratum
    shares: FloatArray
    sums: Sums
    memory: FloatArray
    """What the trials that did harm have taught, for each bin."""
    known: float = 0.0
    """Effective hits behind it."""
    following: FloatArray | None = None
    """The law to try next."""
    tunings: int = 0

    def events(self, proposals: Proposals) -> float:
        """Expected in a trial."""
        listed = proposals.classes.listed
        return 1.0 + sum(c.law.mean if n == DRAWN else n for c, n in zip(listed, self.stratum.counts, strict=True))

    def noise(self) -> FloatArray:
        """Standard deviation of one trial, times the weight of the stratum, for each layout."""
        return self.stratum.weight * np.sqrt(self.sums.variance())

    def merit(self) -> float:
        """How well the law serves all layouts that the stratum may harm: effective hits a trial, their geometric mean."""
        effective = effective_hits(self.sums)[self.stratum.harms] / max(self.sums.trials, 1)
        return float(np.exp(np.log(effective + 1e-9).mean()))


def effective_hits(sums: Sums) -> FloatArray:
    """Hits of equal weight that would say as much (Kish)."""
    effective: FloatArray = sums.total**2 / np.where(sums.squares > 0.0, sums.squares, np.inf)
    return effective


def value_of(tuned: Sequence[Tuned], layouts: int) -> FloatArray:
    """What the strata add to the estimate of each layout."""
    return sum((one.stratum.weight * one.sums.mean() for one in tuned), np.zeros(layouts))


def unseen(one: Tuned, most: float) -> FloatArray:
    """What a stratum might still hide from each layout, where it has shown next to nothing: at most this, 97.5 times in
    100. A few light hits say as little as none."""
    hidden = one.stratum.harms & (one.sums.hits < ENOUGH_HITS)
    each: float = 3.7 * one.stratum.weight * most / PLAIN_SHARE / max(one.sums.trials, 1)
    return np.where(hidden, each, 0.0)


class Pilot:
    """Tunes strata, round by round."""

    def __init__(
        self,
        adder: Adder,
        proposals: Proposals,
        layouts: int,
        most: float,
        seed: int,
        error: float,
        late: Callable[[], bool],
        solved: FloatArray,
    ) -> None:
        self._late, self._solved = late, solved
        self._adder, self._proposals, self._layouts = adder, proposals, layouts
        self._most, self._seed, self._error = most, seed, error
        self.trials = 0

    def tune(self, strata: Sequence[Stratum], known: Sequence[Tuned] = ()) -> list[Tuned]:
        """The strata, tuned; those that are ``known`` are not tuned again."""
        bins = self._proposals.tilts.guess.size
        nothing = no_sums(self._layouts, bins)
        tuned = [Tuned(stratum, self._proposals.first_guess(stratum), nothing, np.zeros(bins)) for stratum in strata]
        before = self._solved + value_of(known, self._layouts)
        trials = FEWEST
        for number in range(ROUNDS):
            value = before + value_of(tuned, self._layouts) if number else before
            active = list(range(len(tuned)))
            if number:
                needed = trials_needed([*known, *tuned], value, self._error, self._most, self._proposals)[len(known) :]
                active = [i for i in active if self._is_worth(tuned[i], needed[i], trials, value)]
            if not active or (number and self._late()):
                break
            events = max(tuned[i].events(self._proposals) for i in active)
            trials = max(FEWEST, min(MOST, int(EVENTS_PER_ROUND / events / len(active)) // BLOCK * BLOCK))
            scale = 1.0 / np.where(value > 0.0, value, np.inf)
            if not scale.any():
                scale = np.ones(self._layouts)
            scale = np.where(value > 0.0, scale, scale.max())
            jobs = [self._job(tuned[i], number, trials, scale) for i in active]
            for i, sums in zip(active, self._adder.add_up(jobs), strict=True):
                self.trials += sums.trials
                tuned[i] = self._learn(tuned[i], sums)
        return tuned

    def _job(self, one: Tuned, number: int, trials: int, scale: FloatArray) -> Job:
        if one.following is None and one.sums.trials > 0:  # nothing learnt yet: look longer
            trials = 4 * one.sums.trials
        shares = one.shares if one.following is None else one.following
        plan = self._proposals.plan_for(one.stratum, shares)
        key = key_of(self._seed, "pilot", number, *one.stratum.counts)
        harms = one.stratum.harms
        return Job(plan, key, 0, trials, one.events(self._proposals), harms, scale * harms)

    def _is_worth(self, one: Tuned, needed: float, trials: int, value: FloatArray) -> bool:
        """Whether to look at a stratum once more: it may hide something, or to tune it may spare more than it takes."""
        if one.stratum.weight * self._most <= 0.001 * self._error * float(value.min()):
            return False
        share = float((one.stratum.weight * one.sums.mean() / np.where(value > 0.0, value, np.inf)).max())
        if one.following is None:
            if one.sums.hits.max() >= ENOUGH_HITS:  # nothing left to learn
                return False
            hidden = unseen(one, self._most)
            matters = (value[one.stratum.harms] <= 0.0).any() or (hidden > 0.1 * self._error * value).any()
            return (bool(matters) or share > WORTH_KNOWING) and one.sums.trials < MOST_IN_VAIN
        # what few hits say of the noise is not to be trusted
        return needed > trials or (share > WORTH_KNOWING and effective_hits(one.sums).max() < SURE_HITS)

    def _learn(self, one: Tuned, sums: Sums) -> Tuned:
        """The law that all trials seen suggest, to be tried next. What each round has learnt counts by its effective hits:
        one that a single heavy trial rules says little."""
        if one.following is None:
            played = one._replace(sums=one.sums.and_also(sums))
        else:
            played = one._replace(shares=one.following, sums=sums, following=None)
        hits, effective = played.sums.hits.max(), float(effective_hits(played.sums).max())
        if hits < ENOUGH_HITS or played.tunings >= MOST_TUNINGS or played.merit() > GOOD:
            return played
        learnt = played.sums.learnt[FULLY]
        memory, known = played.memory + effective * learnt / learnt.max(), played.known + effective
        if known < ENOUGH_HITS:
            following = self._proposals.learn(played.shares, played.sums.learnt[GENTLY], ENOUGH_HITS)
            return played._replace(following=following, memory=memory, known=known)
        following = self._proposals.learn(played.shares, memory, known)
        return played._replace(following=following, memory=memory, known=known, tunings=played.tunings + 1)


def trials_needed(
    tuned: Sequence[Tuned], value: FloatArray, relative_error: float, most: float, proposals: Proposals
) -> list[float]:
    """Trials of each stratum for a relative standard error of every layout, where most is gained for the work.

    Neyman's allocation: in proportion to weight times spread, over the square root of what a trial costs.
    """
    if not tuned:
        return []
    seen = np.where(value > 0.0, value, np.inf)
    work = np.array([one.events(proposals) for one in tuned])
    noise = np.array([one.noise() / seen for one in tuned])
    effort = noise.max(axis=1) / np.sqrt(work)
    positive = effort > 0.0
    needed = np.zeros(len(tuned))
    if positive.any():
        variance = (noise[positive] ** 2 / effort[positive, None]).sum(axis=0).max()
        needed[positive] = effort[positive] * variance / relative_error**2
    for i, one in enumerate(tuned):
        hidden = one.stratum.harms & (one.sums.hits < ENOUGH_HITS) & (value > 0.0)
        if hidden.any():
            least = float(value[hidden].min())
            needed[i] = max(needed[i], one.stratum.weight * most / PLAIN_SHARE / (0.1 * relative_error * least))
    return [float(max(BLOCK, n)) for n in needed]
