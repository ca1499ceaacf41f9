"""simulate(): a scenario and layouts in, a Dataset out; at once, or lazily over dask."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from dcrisk.compiler import HOURS_PER_YEAR, CompiledScenario, compile_scenario
from dcrisk.device import check_device
from dcrisk.kernels.arrays import Outcomes
from dcrisk.layouts import Layout, check_layouts
from dcrisk.lazy import chunk_length, lazy_outcomes
from dcrisk.memory import IN_PARTS, check_fits
from dcrisk.outcomes import Wanted, bytes_of_trial, make_results, make_variables, run_attributes
from dcrisk.provenance import call_attributes
from dcrisk.sampling import ON_PROCESSOR, Compilation, fingerprint, sample, tell_if_it_compiles
from dcrisk.scenario import Scenario
from dcrisk.specification import SpecificationError, check_list, check_number
from dcrisk.windows import Windows, check_whole, check_windows

if TYPE_CHECKING:
    import xarray as xr


def simulate(
    scenario: Scenario,
    layouts: Sequence[Layout],
    trials: int | float,
    *,
    seed: int = 0,
    horizon: float = HOURS_PER_YEAR,
    warmup: float = 0.0,
    attribute: bool = False,
    periods: int = 0,
    at_hours: Sequence[float] = (),
    chunks: Mapping[str, int] | None = None,
    store: str | Path | None = None,
    threads: int | None = None,
    device: str = "cpu",
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
    periods : int, default 0
        Also return ``downtime_by_period``: the window cut into so many equal parts, such as 12 months of a year for
        an agreement that is settled month by month.
    at_hours : sequence of float, optional
        Also return ``down``: whether the service is down at these hours of the window, ascending. With
        `Scenario.given` this is the way back after an event.
    chunks : mapping, optional
        ``{"trial": n}`` returns the same values lazily, in dask chunks of ``n`` trials: computed by the threads of this
        process, or by the cluster of a ``dask.distributed.Client`` if there is one. With ``store``: how many trials
        the store has in a chunk, and how many an interruption may cost; by default as many as take about a second.
    store : str or Path, optional
        A folder ``*.zarr`` to which the results are written chunk by chunk, so that memory does not grow with the trials.
        After an interruption, whatever it was, the same call goes on from what is there; a call with more trials adds
        them. The results are those of the store, read when they are needed (`dcrisk.open_results`).
    threads : int, optional
        Threads to use; by default one for each core available.
    device : {"cpu", "cuda"}
        ``"cuda"`` has the trials played by a CUDA device in place of threads, into memory or into a ``store``: the same
        trials, of which a number may differ in its last digits. It needs the extra ``dcrisk[cuda]``.
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
        If a layout names an unknown site, a number is out of range, the results would not fit into memory, or the
        store holds another run, or if there is no such device. Nothing is simulated then.
    ImportError
        If what ``chunks`` or a device needs is not installed.
    OSError
        If there is no room for the store. What was written is kept.

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
    windows = check_windows(trials, seed, horizon, warmup, threads)
    on_device = check_device(device, windows.threads, chunks=chunks if store is None else None)
    wanted = Wanted(attribute, check_whole("periods", periods, 0, 10_000))
    moments = _moments(at_hours, windows.horizon)
    listed = check_layouts(scenario, layouts)
    compiled = compile_scenario(
        scenario,
        listed,
        horizon=windows.horizon,
        warmup=windows.warmup,
        moments=moments,
    )
    arguments = windows.arguments() | {"attribute": bool(attribute), "periods": wanted.periods, "at_hours": moments}
    if on_device:
        arguments["device"] = device
    call = call_attributes("simulate", scenario, listed, arguments)
    player = _player(on_device, windows.threads)
    if store is not None:
        length = None if chunks is None else chunk_length(chunks, windows.trials)
        return _stored(scenario, windows, compiled, wanted, call, store, length, progress, player)
    if chunks is None:
        check_fits(windows.trials, bytes_of_trial(compiled, wanted), IN_PARTS)
        outcomes = player.sample(compiled, windows.seed, 0, windows.trials, wanted, progress=progress)
    else:
        outcomes = lazy_outcomes(compiled, windows.seed, windows.trials, wanted, chunks)
    return make_results(scenario, windows, compiled, outcomes, wanted).assign_attrs(call)


class Player(NamedTuple):
    """Who plays trials: ``sample(compiled, seed, first, last, wanted, progress=False)``, once it is compiled."""

    sample: Callable[..., Outcomes]
    compilation: Compilation


def _player(on_device: bool, threads: int | None) -> Player:
    if not on_device:
        return Player(partial(sample, threads=threads), ON_PROCESSOR)
    from dcrisk.device import play

    return Player(play.sample, play.ON_DEVICE)


def _stored(
    scenario: Scenario,
    windows: Windows,
    compiled: CompiledScenario,
    wanted: Wanted,
    call: dict[str, str],
    store: str | Path,
    length: int | None,
    progress: bool,
    player: Player,
) -> xr.Dataset:
    """The same outcomes, from a store that is filled with those which it lacks."""
    from dcrisk.storage.fill import Work, fill

    def play(first: int, last: int) -> xr.Dataset:
        outcomes = player.sample(compiled, windows.seed, first, last, wanted)
        return make_variables(windows.horizon, compiled, outcomes, wanted)

    attrs = run_attributes(scenario, windows) | call
    work = Work(attrs, windows.trials, bytes_of_trial(compiled, wanted), fingerprint(compiled), play)
    with tell_if_it_compiles(progress, player.compilation):
        return fill(store, work, length, progress)


def _moments(at_hours: Sequence[float], horizon: float) -> list[float]:
    """Hours within the window, each later than the one before."""
    listed = check_list(at_hours, "at_hours")
    moments = [check_number(hour, f"at_hours, entry {i + 1}", 0.0, horizon) for i, hour in enumerate(listed)]
    if any(b <= a for a, b in pairwise(moments)):
        raise SpecificationError("at_hours: the hours must ascend")
    return moments
