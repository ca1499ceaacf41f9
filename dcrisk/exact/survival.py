"""How long an outage lasts: the probability that one is still open at an age."""

from __future__ import annotations

import json
import math
from typing import Any, NamedTuple

import numpy as np

from dcrisk import durations
from dcrisk.durations import Duration
from dcrisk.exact.panels import FloatArray, Pieces, fit, tidy

SMALLEST_QUANTILE = 0.01  # panels that double from here on overlook nothing; what lies below is found by halving
MOST_OCTAVES = 46
SMALLEST_EDGE = 1e-3  # hours after a beginning: from there on panels double where no duration says better


class Survival(NamedTuple):
    """``P(D > u)`` of a duration and its integral from 0, up to some hours, and where it jumps or bends."""

    pieces: Pieces
    exposure: Pieces
    kinks: FloatArray


class Survivals:
    """Survival functions up to some hours, each fitted once."""

    def __init__(self, hours: float) -> None:
        self._hours = hours
        self._found: dict[str, Survival] = {}

    def of(self, duration: Duration) -> Survival:
        """That of one duration."""
        key = json.dumps(durations.plain(duration))
        if key not in self._found:
            kinks = kinks_of(duration)
            edges = tidy(np.concatenate([kinks, self._doubling(duration)]), 0.0, self._hours)
            pieces = fit(lambda u: exceeds(duration, u)[None], edges)
            self._found[key] = Survival(pieces, pieces.antiderivative(), kinks)
        return self._found[key]

    def _doubling(self, duration: Duration) -> FloatArray:
        """Edges at distances from where a continuous law begins that double, so that no part of it is overlooked."""
        if not _is_continuous(duration):
            return np.zeros(0)
        begin, first = float(duration.support()[0]), float(duration.ppf(SMALLEST_QUANTILE))
        return doubling(begin, first - begin, self._hours)


def doubling(begin: float, first: float, last: float) -> FloatArray:
    """Numbers at distances from ``begin`` that double, from about ``first`` until they reach ``last``."""
    if begin >= last:
        return np.zeros(0)
    halvings = math.ceil(math.log2((last - begin) / first)) if 0.0 < first < last - begin else 0
    return np.asarray(begin + (last - begin) * 0.5 ** np.arange(min(halvings, MOST_OCTAVES) + 1.0), np.float64)


def exceeds(duration: Duration, u: FloatArray) -> FloatArray:
    """``P(D > u)``, for u of at least 0."""
    if durations.is_frozen(duration):
        return np.asarray(duration.sf(u), np.float64)
    return np.asarray(u < duration, np.float64)


def mean_hours(duration: Duration) -> float:
    """The mean, which may be infinite."""
    return float(duration.mean()) if durations.is_frozen(duration) else float(duration)


def is_exponential(duration: Duration) -> bool:
    """Whether a repair forgets how long it has gone on."""
    if not durations.is_frozen(duration):
        return False
    form: Any = durations.plain(duration)
    return bool(form["distribution"] == "expon" and "loc" not in form)


def kinks_of(duration: Duration) -> FloatArray:
    """Where ``P(D > u)`` jumps or bends."""
    if not durations.is_frozen(duration):
        return np.array([duration])
    form: Any = durations.plain(duration)
    if "values" in form:
        return np.array(form["values"], np.float64) + float(form.get("loc", 0.0))
    if "edges" in form:
        return np.array(form["edges"], np.float64) * float(form.get("scale", 1.0)) + float(form.get("loc", 0.0))
    if not _is_continuous(duration):
        return np.asarray(np.arange(float(duration.ppf(2.0**-53)), float(duration.isf(2.0**-53)) + 1.0), np.float64)
    ends = np.array(duration.support(), np.float64)
    return np.asarray(ends[np.isfinite(ends)], np.float64)


def _is_continuous(duration: Duration) -> bool:
    return durations.is_frozen(duration) and hasattr(duration.dist, "pdf")
