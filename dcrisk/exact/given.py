"""Events that are given: outages that begin at hour 0 of the window, or a known delay later."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from dcrisk.durations import Duration
from dcrisk.exact.panels import FloatArray
from dcrisk.exact.process import Process, Window
from dcrisk.exact.survival import SMALLEST_EDGE, doubling, exceeds, kinks_of
from dcrisk.hazards import EventTable, Failure, Fire, Flood, GridOutage, Hazard, Maintenance
from dcrisk.scenario import Given


def is_known(hazard: Hazard, given: Given) -> bool:
    """Whether it is known what a given event strikes, and that it strikes whether or not that is down already."""
    if isinstance(hazard, (Failure, Fire, Flood)) or _origin(hazard, given) is None:
        return False
    return not (isinstance(hazard, EventTable) and hazard.duration_spread > 0.0)


def given_events(hazard: Hazard, given: Given, window: Window) -> Iterator[Process]:
    """What a given event strikes, each time for one duration."""
    origin = _origin(hazard, given)
    assert origin is not None
    if isinstance(hazard, GridOutage):
        yield _outage(hazard, hazard.struck(origin), 0.0, hazard.duration, "interrupted", window)
    elif isinstance(hazard, Maintenance):
        yield _outage(hazard, (origin,), 0.0, hazard.duration, "interrupted", window)
    elif isinstance(hazard, EventTable):
        for site, delay, duration, state in hazard.hits(origin):
            yield _outage(hazard, (site,), delay, duration, state, window)


def _origin(hazard: Hazard, given: Given) -> str | None:
    """Where it strikes; None if that is drawn, as the place of a disc is."""
    origins = hazard.origins()
    return origins[0] if given.origin is None and len(origins) == 1 else given.origin


def _outage(
    hazard: Hazard, strikes: tuple[str, ...], begin: float, duration: Duration, state: str, window: Window
) -> Process:
    def quiet(hours: FloatArray) -> FloatArray:
        is_open = np.where(hours >= begin, exceeds(duration, np.maximum(hours - begin, 0.0)), 0.0)
        with np.errstate(divide="ignore"):  # minus infinity: it is down for certain
            return np.log1p(-is_open)[None]

    edges = np.concatenate([[0.0], kinks_of(duration), doubling(0.0, SMALLEST_EDGE, window.horizon)])
    return Process(hazard.name, frozenset(strikes), quiet, begin + edges, states=frozenset([state]))
