"""expected_availability(): a scenario and layouts in, their availability out, without sampling."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import xarray as xr

from dcrisk.durations import hint_at_horizon
from dcrisk.exact.diagram import MOST_VERTICES, TooLarge
from dcrisk.exact.panels import FloatArray, TooRough, fit, tidy
from dcrisk.exact.process import Process, Window
from dcrisk.exact.processes import TOO_ROUGH, processes_of
from dcrisk.exact.service import Refused, Service
from dcrisk.exact.structure import Gate, below, gates_of, hosts_of
from dcrisk.exact.survival import SMALLEST_EDGE, doubling
from dcrisk.layouts import Layout, check_layouts
from dcrisk.rates import HOURS_PER_YEAR
from dcrisk.scenario import Scenario
from dcrisk.specification import SpecificationError, check_flag, check_number
from dcrisk.version import __version__

METHOD = "renewal equations and Poisson shocks, summed over by a binary decision diagram"
TIMES_AT_ONCE = 1024


def expected_availability(
    scenario: Scenario,
    layouts: Sequence[Layout],
    *,
    horizon: float = HOURS_PER_YEAR,
    warmup: float = 0.0,
    stationary: bool = False,
) -> xr.Dataset:
    """The expected availability of each layout, computed instead of sampled.

    It is what `dcrisk.simulate` estimates, without the noise, where services depend on independent processes alone:
    failures, outages of grid nodes and regions, tables of events, and maintenance, with durations of any law. What else
    there is in a scenario does not matter as long as it strikes nothing that a layout depends on. What cannot be solved
    is named in an error.

    Parameters
    ----------
    scenario : Scenario
    layouts : sequence of Layout
    horizon : float, default 8766.0
        Length of the window in hours.
    warmup : float, default 0.0
        Hours between an empty start, with everything up, and the window.
    stationary : bool, default False
        In the long run instead: the limit for an endless ``warmup``.

    Returns
    -------
    xarray.Dataset
        Over ``layout``: ``availability`` and ``unavailability`` (share of the window with the service up and down; the
        latter keeps its digits where the former rounds to 1), ``nines`` (minus the decimal logarithm of unavailability)
        and ``expected_downtime`` (hours of the window). In the long run, with the default horizon, that is hours a
        year.

    Raises
    ------
    SpecificationError
        If something cannot be solved, or is not specified well. The message names it.

    Notes
    -----
    *Solved:* nested requirements and layouts, ``part_of``, shared failures, rates that are not known (of one node or
    shared by several), ``dispersion``, ``monthly`` profiles of outages and tables, ``capacity``, ``placement_error``,
    backups that carry every demand or none, and events that are given if it is known what they strike.

    *Refused,* where a layout depends on it: fires, floods and discs, failures with ``monthly`` or given ones, events
    that a trigger raises, repairs that wait for a crew, other backups, ``restart``, ``failover``, ``relocation`` after
    damage, an event whose hits share a ``duration_spread``, and decision diagrams of more than a million vertices. In
    the long run also what has no stationary state: ``monthly``, ``dispersion``, and durations of infinite mean.

    The unavailability is met to about ten digits, however small it is, since nothing is subtracted from 1. Durations
    and times are not rounded, as those of the simulation are.

    References
    ----------
    Barlow and Proschan, "Statistical Theory of Reliability and Life Testing", 1975 (alternating renewal).
    Takacs, "Introduction to the Theory of Queues", 1962 (outages that overlap, as a queue M/G/infinity).
    Marshall and Olkin, "A multivariate exponential distribution", JASA 62, 1967 (common shocks).
    Bryant, "Graph-based algorithms for Boolean function manipulation", IEEE Transactions on Computers C-35, 1986.

    Examples
    --------
    >>> import dcrisk
    >>> from scipy import stats
    >>> scenario = dcrisk.Scenario(
    ...     nodes=[dcrisk.Site("A"), dcrisk.Site("B")],
    ...     hazards=[dcrisk.Failure("equipment", rate_per_year=1.0, duration=stats.expon(scale=24), sites=["A", "B"])],
    ... )
    >>> layouts = [dcrisk.Layout("both", replicas=["A", "B"]), dcrisk.Layout("A only", replicas=["A"])]
    >>> dcrisk.expected_availability(scenario, layouts, stationary=True).expected_downtime.values.round(4)
    array([ 0.0654, 23.9345])
    """
    layouts = check_layouts(scenario, layouts)
    window = _window(horizon, warmup, stationary)
    gates = gates_of(scenario)
    relevant = below((name for layout in layouts for name in hosts_of(layout)), gates)
    processes = processes_of(scenario, window, relevant)
    services = [_service(layout, gates, processes) for layout in layouts]
    down = _mean_over(window, processes, services)
    return _dataset(scenario, layouts, window, down)


def _window(horizon: float, warmup: float, stationary: bool) -> Window:
    horizon, warmup = (
        check_number(value, f"{name} (hours)", 0.0) for name, value in (("horizon", horizon), ("warmup", warmup))
    )
    if horizon == 0.0:
        raise SpecificationError("horizon = 0 h: the window must last some time")
    hint_at_horizon(horizon)
    if not check_flag(stationary, "stationary"):
        return Window(warmup, horizon)
    if warmup > 0.0:
        raise SpecificationError(f"warmup = {warmup:g} h: stationary=True stands for an endless one, so leave it out")
    return Window(math.inf, horizon)


def _service(layout: Layout, gates: dict[str, Gate], processes: list[Process]) -> Service:
    try:
        return Service(layout, gates, processes)
    except TooLarge:
        raise Refused(
            f"layout {layout.name!r}", f"its decision diagram needs more than {MOST_VERTICES:,} vertices"
        ) from None


def _mean_over(window: Window, processes: list[Process], services: list[Service]) -> FloatArray:
    """The mean probability over the window that each service is down."""

    def down(hours: FloatArray) -> FloatArray:
        parts = [
            _down_at(hours[i : i + TIMES_AT_ONCE], processes, services) for i in range(0, len(hours), TIMES_AT_ONCE)
        ]
        return np.concatenate(parts, axis=1)

    edges = [process.kinks for process in processes]
    if not window.stationary:
        edges.append(window.hours(doubling(0.0, SMALLEST_EDGE, window.length)))
    try:
        pieces = fit(down, tidy(np.concatenate(edges) if edges else [], 0.0, window.horizon))
    except TooRough:
        raise SpecificationError(
            "the probability that a service is down has too many bends in the window; use a shorter horizon, or"
            " estimate(...) instead"
        ) from None
    share = np.clip(pieces.integrals() / window.horizon, 0.0, 1.0)
    if np.isnan(share).any():
        raise ArithmeticError("an unavailability came out as NaN; please report this with the scenario")
    return share


def _down_at(hours: FloatArray, processes: list[Process], services: list[Service]) -> FloatArray:
    """The probability (services, hours) that each service is down."""
    quiet = []
    for process in processes:
        try:
            quiet.append(process.quiet(hours))
        except TooRough:
            raise Refused(f"hazard {process.hazard!r}", TOO_ROUGH, [process.hazard]) from None
    return np.array([service.probability(hours, quiet) for service in services])


def _dataset(scenario: Scenario, layouts: list[Layout], window: Window, down: FloatArray) -> xr.Dataset:
    with np.errstate(divide="ignore"):
        nines = -np.log10(down) + 0.0  # + 0.0: no minus zero
    variables: dict[str, Any] = {
        "availability": (1.0 - down, "1", "share of the window with the service up"),
        "unavailability": (down, "1", "share of the window with the service down"),
        "nines": (nines, "1", "minus the decimal logarithm of unavailability"),
        "expected_downtime": (down * window.horizon, "h", "expected hours of the window with the service down"),
    }
    names = np.array([layout.name for layout in layouts], dtype=object).astype(str)
    return xr.Dataset(
        {
            name: ("layout", values, {"units": units, "long_name": words, "method": METHOD})
            for name, (values, units, words) in variables.items()
        },
        coords={"layout": ("layout", names, {"long_name": "layout"})},
        attrs={
            "Conventions": "CF-1.11",
            "title": f"Expected availability of hosting layouts under {scenario.name}",
            "source": f"dcrisk {__version__}",
            "dcrisk_version": __version__,
            "scenario": scenario.name,
            "scenario_sha256": scenario.digest(),
            "horizon_hours": window.horizon,
            "warmup_hours": window.warmup,
            "method": METHOD,
        },
    )
