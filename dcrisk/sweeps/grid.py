"""sweep(): the same run at every combination of some parameters."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from functools import cached_property
from itertools import product
from typing import Any

import numpy as np
import xarray as xr

from dcrisk.layouts import Layout, check_layouts
from dcrisk.sampling import available_threads
from dcrisk.scenario import Scenario
from dcrisk.simulate import simulate
from dcrisk.specification import SpecificationError, check_list, check_table
from dcrisk.spread import Cluster, Hands, hands_for
from dcrisk.sweeps.fields import Fields, Study
from dcrisk.sweeps.stack import stack
from dcrisk.windows import check_whole

TRIALS = 100_000
MOST_POINTS = 1_000_000


def sweep(
    scenario: Scenario,
    parameters: Mapping[str, Sequence[float] | Mapping[str, Any]],
    layouts: Sequence[Layout],
    *,
    run: Callable[..., xr.Dataset] = simulate,
    statistic: Callable[[xr.Dataset], xr.Dataset] | None = None,
    chunks: Mapping[str, int] | None = None,
    threads: int | None = None,
    client: Any = None,
    progress: bool = True,
    **options: Any,
) -> xr.Dataset:
    """Run every combination of some parameters, each a dimension of the result.

    All runs share the seed, and with it their random numbers: what is the same at two points has the same events at both,
    so that differences between them are smooth.

    Parameters
    ----------
    scenario : Scenario
    parameters : mapping of str to values
        Names of fields, each with the values it takes:

        - ``"fire.contained"``: a field of the hazard, node, crew or layout of that name;
        - ``"fire.rate_per_year[SBG2]"``, ``"fire.spread[SBG2 -> SBG1]"``: one entry of a table. Without the key all its
          entries are set;
        - ``"flood.stage.threshold"``, ``"flood.stage[Rhine].threshold"``: what is within a field;
        - ``"SBG2.backup.autonomy"``: of the backups in what a node requires;
        - ``"*.backup.start_probability"``: of all items that have the field.

        Values are numbers, or a table of labels and whatever the field may be: ``{"known": 0.01, "guessed":
        jeffreys_rate(1, 400)}``.
    layouts : sequence of Layout
    run : callable, default `dcrisk.simulate`
        What is done at each point: a function of a scenario and layouts, and of ``options``, that returns a Dataset, such
        as `dcrisk.estimate` or `dcrisk.expected_availability`.
    statistic : callable, optional
        What is kept of each run, such as `dcrisk.summary`: from Dataset to Dataset. Without it everything is, and with
        `dcrisk.simulate` that means every trial.
    chunks : mapping, optional
        Keep all trials, but lazily, as in `dcrisk.simulate`: nothing is played before it is asked for.
    threads : int, optional
        Threads to use; by default one for each core available.
    client : dask.distributed.Client, optional
        Spreads the points over the workers of a cluster, in place of threads.
    progress : bool, default True
        Show a progress bar when it takes longer than about two seconds.
    **options
        Of ``run``: ``trials`` (100,000 unless said otherwise, where it has to be given), ``seed``, ``precision``, and so on.

    Returns
    -------
    xarray.Dataset
        As ``run``, or ``statistic``, with a dimension for each parameter before all others; it is named as the parameter.
        What has a dimension that is not alike at all points, such as the strata of `dcrisk.estimate`, is left out, and so
        are attributes that differ; ``base_scenario_sha256`` is that of ``scenario``. The result does not depend on
        threads, client or chunks.

    Raises
    ------
    SpecificationError
        If there is no field of a name, a value is none for its field, or a name stands for two fields. Nothing is run
        then.

    Notes
    -----
    Each point is played by one thread where there are more points than threads. So a sweep over few points that each take
    long is better spread with ``dcrisk.estimate(client=...)`` point by point, or lazily with ``chunks``.

    References
    ----------
    Law, "Simulation Modeling and Analysis", 5th edition, 2015, chapter 11 (common random numbers).

    Examples
    --------
    >>> import dcrisk
    >>> scenario = dcrisk.Scenario(
    ...     [dcrisk.Site("A"), dcrisk.Site("B")],
    ...     [dcrisk.Failure("failure", {"A": 1.0, "B": 1.0}, 24.0)])
    >>> layouts = [dcrisk.Layout("A", replicas=["A"]), dcrisk.Layout("A or B", replicas=["A", "B"])]
    >>> found = dcrisk.sweep(
    ...     scenario, {"failure.rate_per_year": [1.0, 2.0], "failure.duration": [12.0, 24.0]}, layouts,
    ...     statistic=dcrisk.availability, trials=20_000, seed=1, progress=False)
    >>> dict(found["unavailability"].sizes)
    {'failure.rate_per_year': 2, 'failure.duration': 2, 'layout': 2}
    >>> slow = found["unavailability"].sel({"failure.duration": 24.0})
    >>> slow.sel(layout="A").values.round(4)
    array([0.0028, 0.0055])
    """
    listed = check_layouts(scenario, layouts)
    grid = Grid(Study(scenario, listed), parameters)
    run, options = _with_trials(run, options)
    if chunks is not None:
        if run is not simulate or statistic is not None or client is not None:
            raise SpecificationError(
                "chunks= keeps all trials of simulate for later: it goes without statistic= and run=, and the client of "
                "the moment at which they are asked for computes them"
            )
        options["chunks"] = chunks
        return grid.stack([simulate(*study, **options) for study in grid.studies()])
    for _ in grid.studies():  # all values, before work starts
        pass
    hands = hands_for(client, threads)
    workers = 1 if isinstance(hands, Cluster) else threads or available_threads()
    taken = inspect.signature(run).parameters
    inner = {"threads": max(1, workers // len(grid)), "progress": False}
    options |= {name: value for name, value in inner.items() if name in taken}
    return grid.stack(_play_all(hands, Points(grid, run, statistic, options), progress))


class Grid:
    """All combinations of the values of some fields; the last parameter runs fastest."""

    def __init__(self, study: Study, parameters: Mapping[str, Any]) -> None:
        self._study = study
        self._values: dict[str, list[Any]] = {}
        self._axes: dict[str, Any] = {}
        named = check_table(parameters, "sweep: parameters")
        if not named:
            raise SpecificationError(
                "sweep: parameters is empty; give a name with values, such as 'fire.rate_per_year'"
            )
        for name, values in named.items():
            self._fields.check(name)
            self._axes[name], self._values[name] = _axis(name, values)
        check_whole("sweep: points (combinations of values)", len(self), 1, MOST_POINTS)

    @cached_property
    def _fields(self) -> Fields:
        return Fields(self._study)

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name != "_fields"}

    def __len__(self) -> int:
        return int(np.prod([len(values) for values in self._values.values()]))

    def study(self, point: Sequence[Any]) -> Study:
        """The scenario and layouts at a point."""
        return self._fields.set(dict(zip(self._values, point, strict=True)))

    def stack(self, found: Sequence[xr.Dataset]) -> xr.Dataset:
        """What was found, point by point, as one Dataset."""
        return stack(found, self._axes).assign_attrs(base_scenario_sha256=self._study.scenario.digest())

    def points(self) -> product[tuple[Any, ...]]:
        """The values of all parameters, point by point."""
        return product(*self._values.values())

    def studies(self) -> Any:
        """The scenario and layouts, point by point."""
        return map(self.study, self.points())


class Points:
    """What is done at each point."""

    def __init__(
        self, grid: Grid, run: Callable[..., xr.Dataset], statistic: Callable[..., xr.Dataset] | None, options: Any
    ) -> None:
        self.grid = grid
        self._run, self._statistic, self._options = run, statistic, options

    def play(self, point: Sequence[Any]) -> xr.Dataset:
        """The Dataset of one point."""
        found = self._run(*self.grid.study(point), **self._options)
        return found if self._statistic is None else self._statistic(found)


def _play_all(hands: Hands, points: Points, progress: bool) -> list[xr.Dataset]:
    from tqdm.auto import tqdm

    kept = hands.keep(points)
    tasks = ((kept, point) for point in points.grid.points())
    with closing(hands.map(Points.play, tasks)) as found:
        bar = tqdm(found, total=len(points.grid), unit=" points", delay=1.5, disable=not progress)
        return list(bar)


def _axis(name: str, values: Any) -> tuple[Any, list[Any]]:
    """The coordinate of a parameter, and its values."""
    where = f"sweep: {name!r}"
    if isinstance(values, Mapping):
        if not values:
            raise SpecificationError(f"{where}: it has no values")
        return np.array([str(label) for label in values], dtype=object).astype(str), list(values.values())
    listed = check_list(values.tolist() if isinstance(values, np.ndarray) else values, where)
    plain = [value.item() if isinstance(value, np.generic) else value for value in listed]
    if not plain:
        raise SpecificationError(f"{where}: it has no values")
    for value in plain:
        if not isinstance(value, (bool, int, float)):
            raise SpecificationError(
                f"{where}: {value!r} is no number; give a table of labels and values: {{'label': value}}"
            )
    if len(set(plain)) < len(plain):
        raise SpecificationError(f"{where}: a value is given twice")
    return np.array(plain), plain


def _with_trials(run: Callable[..., xr.Dataset], options: Mapping[str, Any]) -> tuple[Any, dict[str, Any]]:
    """The function, and its options with a number of trials if it needs one."""
    if not callable(run):
        raise SpecificationError(f"run = {run!r}: it must be a function such as dcrisk.simulate or dcrisk.estimate")
    trials = inspect.signature(run).parameters.get("trials")
    needed = trials is not None and trials.default is inspect.Parameter.empty
    return run, ({"trials": TRIALS} if needed else {}) | dict(options)
