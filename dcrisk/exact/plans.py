"""Planned outages: windows of maintenance at hours that are known, for hours that may be drawn."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np

from dcrisk import durations
from dcrisk.exact.panels import FloatArray
from dcrisk.exact.process import Process, Window
from dcrisk.exact.survival import exceeds, kinks_of
from dcrisk.hazards import Maintenance

NEVER = 1e-17  # windows that last so long are forgotten, in the long run
MOST_WINDOWS = 10_000


def planned(hazard: Maintenance, window: Window) -> Iterator[Process]:
    """A process for each site: which of its windows are open is independent, each having a duration of its own."""
    duration = hazard.duration
    longest = float(duration.isf(NEVER)) if durations.is_frozen(duration) else duration
    before = longest if window.stationary else window.warmup
    kinks = kinks_of(duration)
    for site, phase in hazard.starts.items():
        strikes = frozenset([site])
        first = math.ceil((-before - phase) / hazard.every_hours)
        last = math.ceil((window.horizon - phase) / hazard.every_hours)
        if (before + window.horizon) / hazard.every_hours > MOST_WINDOWS:
            yield Process(hazard.name, strikes, refusal=f"more than {MOST_WINDOWS:,} of its windows matter")
            continue
        begins = phase + np.arange(first, last) * hazard.every_hours
        bends = np.add.outer(begins, np.append(0.0, kinks)).ravel()
        yield Process(hazard.name, strikes, _quiet(hazard, begins), bends)


def _quiet(hazard: Maintenance, begins: FloatArray) -> Callable[[FloatArray], FloatArray]:
    def quiet(hours: FloatArray) -> FloatArray:
        since = hours - begins[:, None]
        still_open = np.where(since >= 0.0, exceeds(hazard.duration, np.maximum(since, 0.0)), 0.0)
        with np.errstate(divide="ignore"):  # minus infinity: it is down for certain
            return np.asarray(np.log1p(-still_open).sum(axis=0, keepdims=True), np.float64)

    return quiet
