"""simulate(): blocks of trials over threads, or lazily over dask, into a Dataset."""

from __future__ import annotations

import math
import os
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np

from dcrisk.compiler import HOURS_PER_YEAR, CompiledScenario, compile_scenario
from dcrisk.kernels.records import BLOCK, Outcomes, rest
from dcrisk.layouts import Layout
from dcrisk.scenario import Scenario
from dcrisk.specification import SpecificationError
from dcrisk.version import __version__

if TYPE_CHECKING:
    import xarray as xr

SECONDS_PER_CALL = 0.2  # long enough to hide the 50 microseconds of a call, short enough for Ctrl-C and progress
FIRST_PENDING = 1024
MOST_TRIALS = BLOCK << 32  # the counter of the random numbers has 32 bits for the block


def simulate(
    scenario: Scenario,
    layouts: Sequence[Layout],
    trials: int | float,
    *,
    seed: int = 0,
    horizon: float = HOURS_PER_YEAR,
    warmup: float = 0.0,
    attribute: bool = False,
    chunks: Mapping[str, int] | None = None,
    threads: int | None = None,
    progress: bool = True,
) -> xr.Dataset:
    """Sample the outcomes of every layout under the hazards of a scenario.

    Each trial is one window of ``horizon`` hours; all trials are independent, and every layout sees the same
    sampled events (common random numbers). The result depends on the scenario, the layouts, the seed and the
    number of the trial alone: not on threads or chunks, nor on how many trials are asked for.

    Parameters
    ----------
    scenario : Scenario
        Sites, utilities, what they require, and the hazards.
    layouts : sequence of Layout
        The hosting layouts to compare; their names must differ.
    trials : int
        Number of windows. A float such as ``1e6`` is taken when it is a whole number.
    seed : int, default 0
        Key of the random numbers, 0 <= seed < 2**64.
    horizon : float, default 8766.0
        Length of the window in hours (one year).
    warmup : float, default 0.0
        Hours simulated before the window begins. Without it, everything is up at the start.
    attribute : bool, default False
        Also return ``downtime_by_hazard``: each outage counts to the hazard that started it.
    chunks : mapping, optional
        ``{"trial": n}`` returns the same values lazily, in dask chunks of ``n`` trials.
    threads : int, optional
        Threads to use; by default one for each core available.
    progress : bool, default True
        Show a progress bar when the run takes longer than about two seconds.

    Returns
    -------
    xarray.Dataset
        ``downtime`` (hours of the window down), ``outages`` (that began in the window), ``longest_outage``
        (hours within the window), ``data_loss`` (all copies destroyed at some moment of the window), each of
        dimensions (layout, trial), and their units and provenance in the attributes.

    Raises
    ------
    SpecificationError
        If a layout names an unknown site, or a number is out of range. Nothing is simulated then.

    References
    ----------
    Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011.

    Examples
    --------
    >>> import dcrisk
    >>> from scipy import stats
    >>> scenario = dcrisk.Scenario(
    ...     nodes=[dcrisk.Site("A"), dcrisk.Site("B")],
    ...     hazards=[dcrisk.Failure("equipment", rate_per_year=1.0, duration=stats.expon(scale=24), sites=["A", "B"])],
    ... )
    >>> layouts = [dcrisk.Layout("both", replicas=["A", "B"]), dcrisk.Layout("A only", replicas=["A"])]
    >>> results = dcrisk.simulate(scenario, layouts, trials=1000, seed=1, progress=False)
    >>> bool((results.downtime.sel(layout="both") <= results.downtime.sel(layout="A only")).all())
    True
    """
    count = _whole("trials", trials, 1, MOST_TRIALS)
    key = _whole("seed", seed, 0, 2**64 - 1)
    if threads is not None:
        _whole("threads", threads, 1, 4096)
    horizon = _hours("horizon", horizon)
    warmup = _hours("warmup", warmup)
    if horizon == 0:
        raise SpecificationError("horizon = 0 h: the window must last some time")
    layouts = list(layouts) if not isinstance(layouts, Layout) else [layouts]
    compiled = compile_scenario(scenario, layouts, horizon=horizon, warmup=warmup)
    if chunks is None:
        outcomes = sample(compiled, key, 0, count, attribute, threads=threads, progress=progress)
    else:
        outcomes = _lazy(compiled, key, count, attribute, _chunk_length(chunks, count))
    return _dataset(scenario, compiled, outcomes, key, attribute)


def sample(
    compiled: CompiledScenario,
    seed: int,
    first: int,
    last: int,
    attribute: bool,
    *,
    threads: int | None = None,
    progress: bool = False,
) -> Outcomes:
    """Outcomes of the trials [first, last): arrays with one column for each."""
    from tqdm.auto import tqdm

    from dcrisk.kernels.engine import run  # numba takes half a second to import

    layouts, trials = len(compiled.layouts), last - first
    hazards = len(compiled.hazards) if attribute else 0
    outcomes = Outcomes(
        downtime=np.zeros((layouts, trials)),
        outages=np.zeros((layouts, trials), np.int32),
        longest=np.zeros((layouts, trials)),
        data_loss=np.zeros((layouts, trials), np.bool_),
        by_hazard=np.zeros((layouts, hazards, trials)),
    )
    available = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    workers = threads if threads is not None else available
    ranges = _Ranges(first, last, workers)
    with tqdm(total=trials, unit=" trials", unit_scale=True, delay=1.5, disable=not progress) as bar:

        def work_off() -> None:
            work, blocks = rest(compiled.plan, FIRST_PENDING), 1
            while (taken := ranges.take(blocks)) is not None:
                start, stop = taken
                began = time.perf_counter()
                while not run(compiled.plan, work, outcomes, np.uint64(seed), start, stop, first):
                    work = rest(compiled.plan, 2 * len(work.heap))
                    for array in outcomes:
                        array[..., start - first : stop - first] = 0
                elapsed = time.perf_counter() - began
                if elapsed < SECONDS_PER_CALL / 2:
                    blocks *= 2
                elif elapsed > 2 * SECONDS_PER_CALL:
                    blocks = max(1, blocks // 2)
                with ranges.lock:
                    bar.update(stop - start)

        _in_threads(work_off, ranges, workers)
    return outcomes


class _Ranges:
    """Hands out the trials in ranges of whole blocks."""

    def __init__(self, first: int, last: int, workers: int) -> None:
        self.lock = threading.Lock()
        self._next, self.last, self._workers = first, last, workers

    def take(self, blocks: int) -> tuple[int, int] | None:
        with self.lock:
            start = self._next
            if start >= self.last:
                return None
            # ranges shrink towards the end, so that no thread waits long for the last one
            share = (self.last - start) // (4 * self._workers * BLOCK)
            self._next = min(self.last, (start // BLOCK + max(1, min(blocks, share))) * BLOCK)
            return start, self._next

    def stop(self) -> None:
        with self.lock:
            self._next = self.last


def _in_threads(work_off: Any, ranges: _Ranges, workers: int) -> None:
    """Run a worker in each thread; an error or Ctrl-C lets the others finish their range and no more."""
    with ThreadPoolExecutor(workers) as pool:
        futures = [pool.submit(work_off) for _ in range(workers)]
        try:
            for future in futures:
                future.result()
        except BaseException:
            ranges.stop()
            raise


def _lazy(compiled: CompiledScenario, seed: int, trials: int, attribute: bool, length: int) -> Any:
    """The same outcomes as dask arrays, one task for each chunk of trials."""
    try:
        import dask
        import dask.array as da
    except ImportError as error:
        raise ImportError("chunks= needs dask: install dcrisk[dask]") from error
    layouts, hazards = len(compiled.layouts), len(compiled.hazards) if attribute else 0
    parts = []
    for start in range(0, trials, length):
        stop = min(start + length, trials)
        # one thread each: dask runs as many tasks side by side as it has threads
        task = dask.delayed(sample, pure=True)(compiled, seed, start, stop, attribute, threads=1)
        shapes = [(layouts, stop - start)] * 4 + [(layouts, hazards, stop - start)]
        types = [np.float64, np.int32, np.float64, np.bool_, np.float64]
        parts.append([da.from_delayed(task[i], shapes[i], types[i]) for i in range(5)])
    return Outcomes(*(da.concatenate(arrays, axis=-1) for arrays in zip(*parts, strict=True)))


def _dataset(scenario: Scenario, compiled: CompiledScenario, outcomes: Any, seed: int, attribute: bool) -> xr.Dataset:
    import xarray as xr

    by_trial = ("layout", "trial")
    hours = {"units": "h"}
    variables: dict[str, Any] = {
        "downtime": (by_trial, outcomes.downtime, hours | {"long_name": "hours of the window with the service down"}),
        "outages": (by_trial, outcomes.outages, {"units": "1", "long_name": "outages that began in the window"}),
        "longest_outage": (
            by_trial,
            outcomes.longest,
            hours | {"long_name": "longest outage within the window"},
        ),
        "data_loss": (
            by_trial,
            outcomes.data_loss,
            {"units": "1", "long_name": "all copies of the data destroyed at some moment of the window"},
        ),
    }
    if attribute:
        variables["downtime_by_hazard"] = (
            ("layout", "hazard", "trial"),
            outcomes.by_hazard,
            hours | {"long_name": "downtime of the outages that the hazard started"},
        )
    warmup, horizon = (float(x) for x in compiled.plan.window)
    return xr.Dataset(
        variables,
        coords={
            "layout": ("layout", np.array(compiled.layouts, dtype=object).astype(str), {"long_name": "layout"}),
            "hazard": ("hazard", np.array(compiled.hazards, dtype=object).astype(str), {"long_name": "hazard"}),
        },
        attrs={
            "Conventions": "CF-1.11",
            "title": f"Outcomes of hosting layouts under {scenario.name}",
            "source": f"dcrisk {__version__}",
            "dcrisk_version": __version__,
            "scenario": scenario.name,
            "scenario_sha256": scenario.digest(),
            "seed": str(seed),
            "trials": int(outcomes.downtime.shape[1]),
            "horizon_hours": horizon,
            "warmup_hours": warmup,
            "block": BLOCK,
        },
    )


def _whole(name: str, value: Any, least: int, most: int) -> int:
    try:
        number = int(value)
        whole = number == value and not isinstance(value, (bool, np.bool_, str))
    except (TypeError, ValueError, OverflowError):
        whole = False
    if not whole or not least <= number <= most:
        raise SpecificationError(f"{name} = {value!r}: it must be a whole number from {least} to {most}")
    return number


def _hours(name: str, value: Any) -> float:
    if isinstance(value, (bool, str)) or not isinstance(value, (int, float, np.integer, np.floating)):
        raise SpecificationError(f"{name} = {value!r}: it must be a number of hours")
    if not 0 <= float(value) < math.inf:
        raise SpecificationError(f"{name} = {value!r} h: it must be finite and not negative")
    return float(value)


def _chunk_length(chunks: Mapping[str, int], trials: int) -> int:
    if not isinstance(chunks, Mapping) or set(chunks) != {"trial"}:
        raise SpecificationError(f'chunks = {chunks!r}: only {{"trial": n}} can be split')
    length = chunks["trial"]
    return trials if length == -1 else _whole("chunks['trial']", length, 1, 2**53)
