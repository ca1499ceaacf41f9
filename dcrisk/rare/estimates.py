"""estimate(): the risk of each layout to a precision asked for, however rare it is."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from dcrisk import intervals
from dcrisk.compiler import CompiledScenario, compile_scenario
from dcrisk.device import check_device
from dcrisk.exact import Solvable, expected_availability, solvable_part
from dcrisk.layouts import Layout, check_layouts
from dcrisk.provenance import call_attributes
from dcrisk.rare.quantities import Asked, check_quantity
from dcrisk.rare.results import exact_dataset, sampled_dataset
from dcrisk.rare.run import Aim, Design, Run
from dcrisk.rare.sums import Adder, OnProcessors
from dcrisk.rates import HOURS_PER_YEAR
from dcrisk.scenario import Scenario
from dcrisk.specification import SpecificationError, check_known, check_number
from dcrisk.spread import Hands, hands_for
from dcrisk.windows import MOST_TRIALS, Windows, check_windows

if TYPE_CHECKING:
    import xarray as xr

METHODS = ("auto", "exact", "crude", "importance", "stratified", "partly_exact")
ONLY_DOWNTIME = "of all quantities only the mean of 'downtime' can be solved"
QUICK = 2e7
"""Events: a crude run that needs no more is over in a few seconds, and `auto` looks no further."""


def estimate(
    scenario: Scenario,
    layouts: Sequence[Layout],
    quantity: str = "downtime",
    *,
    above: float | None = None,
    precision: float = 0.05,
    confidence: float = 0.95,
    method: str = "auto",
    max_trials: int | float = 1e9,
    max_seconds: float = 60.0,
    seed: int = 0,
    horizon: float = HOURS_PER_YEAR,
    warmup: float = 0.0,
    threads: int | None = None,
    client: Any = None,
    device: str = "cpu",
    progress: bool = True,
) -> xr.Dataset:
    """The risk of each layout, sampled until it is known to a relative precision, however rare it is.

    No trial is kept, so memory does not grow with their number.

    Parameters
    ----------
    scenario : Scenario
    layouts : sequence of Layout
    quantity : {"downtime", "any_outage", "data_loss", "outages", "longest_outage", "degraded_hours", "data_lost_hours"}
        What is averaged over windows: the share of the window down (unavailability), whether there is some downtime,
        whether data are lost, the number of outages, and hours.
    above : float, optional, hours
        Instead: the probability that the quantity, one of hours, exceeds so many.
    precision : float, default 0.05
        Half the width of the interval over the estimate, for every layout.
    confidence : float, default 0.95
        Of each interval.
    method : {"auto", "exact", "crude", "importance", "stratified", "partly_exact"}
        ``exact``: `expected_availability`, for ``downtime`` alone. ``crude``: the trials of `simulate`. ``importance``:
        numbers, times, places and marks of events drawn under other laws, with weights. ``stratified``: the same within
        strata of how many events of each class there are. ``partly_exact``, for ``downtime`` alone: the same, but windows
        without events of hazards that cannot be solved are not sampled, since `expected_availability` knows their
        downtime. ``auto``: exact where that can be done, crude where it is over soon, otherwise whichever of
        ``partly_exact``, ``stratified`` and ``crude`` has least work before it.
    max_trials : int, default 10**9
        Windows, with those of the pilot.
    max_seconds : float, default 60.0
        A run that is not yet precise enough then is ended; what it takes to compile does not count. Only then does its
        result depend on the machine.
    seed, horizon, warmup, threads, progress
        As in `dcrisk.simulate`. The progress bar shows the interval of the layout that is known worst.
    client : dask.distributed.Client, optional
        Spreads the trials over the workers of a cluster, in place of the threads of this process. The result is the
        same to the bit, whatever becomes of the workers; ``max_seconds`` counts the time spent waiting for them.
    device : {"cpu", "cuda"}
        ``"cuda"`` has the trials played by a CUDA device, in place of threads and clusters. The trials are the same; their
        sums may differ in the last digits, as they are added in another order, and so may what follows from them.

    Returns
    -------
    xarray.Dataset
        Over ``layout``: ``risk`` with ``risk_low`` and ``risk_high``; ``relative_precision`` (half the width of the
        interval over the risk); ``effective_hits`` (trials of equal weight that would say as much),
        ``largest_share`` (of the risk, from one trial); ``solved`` (part of the risk that needed no sampling);
        ``converged``, and ``diagnosis`` if it is not. The attributes
        tell ``method_used``, ``stopped_because``, ``trials_played`` and ``pilot_trials``.

        From strata also, over ``stratum``, ``event_class`` and layout, what `reweight` needs: numbers of ``events``,
        ``stratum_probability``, trials, hits, means and variances.

    Raises
    ------
    SpecificationError
        If something is out of range, or not to be done with this method, or if there is no such device.
    ImportError
        If what a client or a device needs is not installed.

    Notes
    -----
    *Strata.* Given how many events of each class a window has, their times and marks do not depend on the rates. So the
    risk is the sum, over all numbers, of their probability (Poisson, or a mixture where the rate is uncertain) times the
    risk given them. Numbers that cannot do harm even at their worst are known without sampling; those that are left
    out are bounded by their probability, which the upper end contains.

    *Weights.* Within a stratum events are laid out close to each other, where harm is likely, and marks are drawn towards
    it. Every trial has a weight, the likelihood ratio. A tenth of the trials is drawn as the scenario says, so no weight
    exceeds 10 (defensive mixture). The laws are tuned by the cross-entropy method in a pilot with random numbers of
    its own, whose trials are not used again.

    *Intervals* are those of Fay and Feuer for sums of weighted counts: a stratum that may do harm, but has not been seen
    to, counts with what one more trial could add. *Stopping:* the pilot fixes the number of trials of each look, and
    the looks share the chance of error, so that stopping biases nothing.

    References
    ----------
    Rubinstein and Kroese, "The Cross-Entropy Method", 2004.
    Hesterberg, "Weighted average importance sampling and defensive mixture distributions", Technometrics 37, 1995.
    Fay and Feuer, "Confidence intervals for directly standardized rates", Statistics in Medicine 16, 1997.
    DeMets and Lan, "Interim analysis: the alpha spending function approach", Statistics in Medicine 13, 1994.
    Asmussen and Glynn, "Stochastic Simulation", 2007, chapters V and VI.

    Examples
    --------
    Data are lost when two remote sites burn down within a day, before the copy is made anew:

    >>> import dcrisk
    >>> scenario = dcrisk.Scenario(
    ...     [dcrisk.Site("A"), dcrisk.Site("B")],
    ...     [dcrisk.Fire("fire", {"A": 1e-3, "B": 1e-3}, contained=0.9, destroyed=0.5,
    ...                  durations={"interrupted": 12.0, "damaged": 1000.0, "destroyed": 8766.0})])
    >>> layout = dcrisk.Layout("two sites", replicas=["A", "B"], copies=["A", "B"], rereplication=24.0)
    >>> found = dcrisk.estimate(scenario, [layout], "data_loss", seed=1, progress=False)
    >>> exact = 1e-6 * 0.05**2 * 2 * 24 / 8766
    >>> bool(found.risk_low[0] < exact < found.risk_high[0]), bool(found.converged[0])
    (True, True)
    """
    listed = check_layouts(scenario, layouts)
    check_known(method, METHODS, "method")
    intervals.check_confidence(confidence)
    aim = _check_aim(precision, confidence, max_seconds)
    windows = check_windows(max_trials, seed, horizon, warmup, threads)
    on_device = check_device(device, windows.threads, client)
    hands = hands_for(client, windows.threads)
    compiled = compile_scenario(scenario, listed, horizon=windows.horizon, warmup=windows.warmup)
    asked = check_quantity(quantity, above, listed, compiled, windows.horizon)
    aim = aim._replace(max_trials=min(windows.trials, MOST_TRIALS))
    arguments = windows.arguments() | {
        "quantity": quantity,
        "above": asked.above,
        "precision": aim.precision,
        "confidence": aim.confidence,
        "method": method,
        "max_trials": windows.trials,
        "max_seconds": aim.max_seconds,
    }
    del arguments["trials"]
    if on_device:
        arguments["device"] = device
    call = call_attributes("estimate", scenario, listed, arguments)
    if method in ("exact", "auto"):
        solved = _exact(scenario, listed, asked, windows, method == "exact")
        if solved is not None:
            return solved.assign_attrs(call)
    began = time.monotonic()
    run = Run(compiled, asked, aim, windows.seed, _adder(compiled, asked, None if on_device else hands), progress)

    def solvable() -> Solvable | None:
        if not _is_mean_downtime(asked):
            return None
        return solvable_part(scenario, listed, windows.horizon, windows.warmup)

    used, design = _design(run, method, solvable)
    result = sampled_dataset(scenario, windows, compiled, asked, aim, used, run.sample(design))
    return result.assign_attrs(call, seconds=round(time.monotonic() - began, 3))


def _adder(compiled: CompiledScenario, asked: Asked, hands: Hands | None) -> Adder:
    """Who adds up the trials: without hands, a device."""
    if hands is not None:
        return OnProcessors(compiled, asked, hands)
    from dcrisk.rare.on_device import OnDevice

    return OnDevice(compiled, asked)


def _check_aim(precision: float, confidence: float, max_seconds: float) -> Aim:
    wanted = check_number(precision, "precision", 0.0, 1.0)
    if wanted < 1e-4:
        raise SpecificationError(f"precision = {precision!r}: it is relative, from 0.0001 to 1; 0.05 means 5 %")
    if isinstance(max_seconds, bool) or not isinstance(max_seconds, (int, float)) or not max_seconds > 0:
        raise SpecificationError(f"max_seconds = {max_seconds!r}: it must be a positive number")
    return Aim(wanted, float(confidence), 0, float(max_seconds))


def _exact(
    scenario: Scenario, layouts: list[Layout], asked: Asked, windows: Windows, demanded: bool
) -> xr.Dataset | None:
    """The exact answer; None where there is none, if it is not demanded."""
    if not _is_mean_downtime(asked):
        if demanded:
            raise SpecificationError(f"method = 'exact': {ONLY_DOWNTIME}")
        return None
    try:
        solved = expected_availability(scenario, layouts, horizon=windows.horizon, warmup=windows.warmup)
    except SpecificationError:
        if demanded:
            raise
        return None
    return exact_dataset(scenario, windows, asked, solved)


def _is_mean_downtime(asked: Asked) -> bool:
    """Whether it is what can be solved."""
    return asked.quantity.name == "downtime" and asked.above is None


def _design(run: Run, method: str, solvable: Callable[[], Solvable | None]) -> tuple[str, Design]:
    """What to sample, and by which method."""
    if method == "crude":
        return "crude", run.design_crude()
    if method == "importance":
        return method, run.design_rare(stratified=False)
    if method == "stratified":
        return method, run.design_rare(stratified=True)
    if method == "partly_exact":
        part = solvable()
        if part is None:
            raise SpecificationError(f"method = 'partly_exact': no part of the scenario can be solved; {ONLY_DOWNTIME}")
        design = run.design_rare(stratified=True, solvable=part)
        if not design.solved.any():
            raise SpecificationError(
                "method = 'partly_exact': events that cannot be solved come in almost every window; use 'stratified'"
            )
        return method, design
    crude = run.design_crude()
    if crude.work <= QUICK:
        return "crude", crude
    rare = run.design_rare(stratified=True, solvable=solvable())
    better = "partly_exact" if rare.solved.any() else "stratified"
    return (better, rare) if crude.blind or rare.work < crude.work else ("crude", crude)
