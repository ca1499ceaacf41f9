"""search_layouts(): which sites to choose."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr

from dcrisk.intervals import check_confidence
from dcrisk.memory import check_fits
from dcrisk.rates import HOURS_PER_YEAR
from dcrisk.scenario import Scenario
from dcrisk.search.heuristics import Judge, search
from dcrisk.search.plain import Run, simulate_all
from dcrisk.search.record import record
from dcrisk.search.results import OBJECTIVES, Asked, make_choices
from dcrisk.search.space import (
    Cost,
    Group,
    Space,
    costs_of,
    group_of,
    groups,
    layouts_of,
    names_of,
    read_cost,
    read_space,
    rows_of,
)
from dcrisk.search.sweep import can_sweep, sweep_all
from dcrisk.specification import SpecificationError, check_list
from dcrisk.windows import check_whole, check_windows

METHODS = ("auto", "exhaustive", "greedy", "exchange")
INTERVALS = ("pareto", "all", "none")
BYTES_OF_DOWNTIMES = 16
"""Of a trial of one layout, in parts and put together."""


def search_layouts(
    scenario: Scenario,
    candidates: Sequence[str],
    *,
    replicas: int | Sequence[int],
    quorum: int | str = 1,
    copies: int | Sequence[str] | None = None,
    cost: Cost = None,
    trials: int | float,
    seed: int = 0,
    horizon: float = HOURS_PER_YEAR,
    warmup: float = 0.0,
    objectives: Sequence[str] = ("cost", "downtime", "data_loss"),
    method: str = "auto",
    most: int = 100_000,
    starts: int = 8,
    intervals: str = "pareto",
    confidence: float = 0.95,
    layout_options: Mapping[str, Any] | None = None,
    threads: int | None = None,
    progress: bool = True,
) -> xr.Dataset:
    """Risk and cost of every choice of sites, on the same sampled outages, and the choices that nothing else beats.

    Each row is what `dcrisk.simulate` and the statistics give for ``Layout(name, replicas, quorum, copies)`` with the
    same seed, to the bit. But the sites are simulated once for all choices, and each trial is swept once: thousands of
    layouts take hardly longer than a few.

    Parameters
    ----------
    scenario : Scenario
    candidates : sequence of str
        Nodes among which to choose; sites, if they are to keep copies.
    replicas : int or sequence of int
        How many run the service. With several numbers, all choices of each size.
    quorum : int or "majority", default 1
        Replicas that must be up.
    copies : int or sequence of str, optional
        Where the data are. By default every replica keeps a copy. 0: there are no data. A number below that of the
        replicas: each choice of so many among them is a row. Names: these sites keep the copies, whatever the choice.
    cost : mapping or callable, optional
        The cost of each site, added up over the distinct sites that a layout uses; or a function of the `Layout`. By
        default the number of distinct sites.
    trials, seed, horizon, warmup
        As in `dcrisk.simulate`.
    objectives : sequence of str
        What counts for the front, less being better: some of ``cost``, ``downtime``, ``unavailability``,
        ``any_outage``, ``data_loss``.
    method : {"auto", "exhaustive", "greedy", "exchange"}
        To look at every choice; to add site by site, each time the one that lowers an objective most; or to go on from
        there, and from random choices, by swapping a member for another site while that improves. Each is done
        for every size and for each objective first, ties decided by the others. "auto" looks at every
        choice if there are no more than ``most``, and exchanges otherwise. Greedy search and exchange return the
        choices that nothing beats among all that they looked at, of equals one. They may miss better ones.
    most : int
        Most choices to look at one by one.
    starts : int
        Starts of the exchange for each size and objective, the greedy one among them.
    intervals : {"pareto", "all", "none"}
        For which rows to compute the interval of mean downtime; it is NaN for the others. Each takes about as long as a
        layout in `dcrisk.simulate` and its summary; to find the figures themselves takes far less.
    confidence : float
        Of each interval, for one number of one layout. The best of many layouts is partly the luckiest: to
        know how good a choice is, simulate it again with another seed.
    layout_options : mapping, optional
        Further arguments of each `Layout`, such as ``{"relocation": 72.0}``. What is no longer k of n is simulated
        layout by layout, which takes as long as that takes; so is a ``horizon`` that is no multiple of 2**-30 h.
    threads, progress
        As in `dcrisk.simulate`. Results do not depend on the threads.

    Returns
    -------
    xarray.Dataset
        Over ``layout``: ``cost``; ``downtime`` (mean hours), ``unavailability``, ``any_outage`` and ``data_loss``
        (probabilities), each with ``_low`` and ``_high``; ``pareto``: whether no other row is at least as good in all
        objectives and better in one; ``replicas`` and ``quorum``. Over ``layout`` and ``candidate``:
        ``member`` and ``copy``. The attribute ``method`` says how the choices were found and judged.

    Raises
    ------
    SpecificationError
        If a name is unknown, a number is out of range, or there are too many choices for the method.

    Notes
    -----
    Exchange is the heuristic of Teitz and Bart [1]_ for the p-median problem.

    References
    ----------
    .. [1] M. B. Teitz and P. Bart, "Heuristic methods for estimating the generalized vertex median of a weighted
       graph", Operations Research 16 (1968) 955-961.

    Examples
    --------
    >>> import dcrisk
    >>> from scipy import stats
    >>> rates = {"A": 1.0, "B": 2.0, "C": 4.0}
    >>> scenario = dcrisk.Scenario(
    ...     [dcrisk.Site(name) for name in rates], [dcrisk.Failure("equipment", rates, stats.expon(scale=24.0))])
    >>> found = dcrisk.search_layouts(scenario, ["A", "B", "C"], replicas=(1, 2), trials=20_000, progress=False)
    >>> found.layout.values[found.pareto].tolist()
    ['A', 'A + B']
    """
    space = read_space(scenario, candidates, replicas, quorum, copies, layout_options)
    run = Run(scenario, *check_windows(trials, seed, horizon, warmup, threads))
    prices = read_cost(cost, space)
    asked = Asked(_read_objectives(objectives), _one_of("intervals", intervals, INTERVALS), float(confidence))
    check_confidence(confidence)
    if asked.intervals != "none":
        check_fits(run.trials, BYTES_OF_DOWNTIMES, 'Take fewer trials, or intervals="none", which keeps none')
    how = _read_method(method, space, asked.objectives, check_whole("most", most, 1, 2**31))
    starts = check_whole("starts", starts, 1, 1_000_000)
    if how == "exhaustive":
        chosen = list(groups(space))
    else:
        chosen = _search(run, space, prices, asked.objectives, how == "exchange", starts, progress)
    rows = rows_of(space, chosen)
    names = names_of(space, rows)
    costs = costs_of(space, rows, names, prices)
    sweep = can_sweep(space, run.horizon)
    figures = sweep_all(run, space, chosen, progress) if sweep else simulate_all(run, layouts_of(space, rows, names))
    found = make_choices(run, space, rows, names, costs, figures, asked)
    judged = "one sweep of the outages of the sites" if sweep else "simulation of each layout"
    return found.assign_attrs(method=how, evaluation=judged)


def _search(
    run: Run,
    space: Space,
    prices: Cost,
    objectives: tuple[str, ...],
    exchanges: bool,
    starts: int,
    progress: bool,
) -> list[Group]:
    """The choices that a greedy search or an exchange finds, size by size."""
    records = record(run, space.candidates, space.copies is None, progress)
    found = []
    for size, quorum in zip(space.sizes, space.quorums, strict=True):
        judge = Judge(records, space, size - quorum + 1, prices, run.trials)
        chosen = search(
            judge, size, len(space.candidates), objectives, exchanges=exchanges, starts=starts, seed=run.seed
        )
        found.append(group_of(space, np.array(chosen, np.int64), quorum))
    return found


def _read_objectives(objectives: Sequence[str]) -> tuple[str, ...]:
    listed = tuple(
        dict.fromkeys(_one_of("objectives", name, OBJECTIVES) for name in check_list(objectives, "objectives"))
    )
    if not listed:
        raise SpecificationError(f"objectives is empty: give some of {', '.join(OBJECTIVES)}")
    return listed


def _one_of(where: str, value: Any, known: Sequence[str]) -> str:
    if value not in known:
        raise SpecificationError(f"{where} = {value!r}: it must be one of {', '.join(known)}")
    return str(value)


def _read_method(method: str, space: Space, objectives: tuple[str, ...], most: int) -> str:
    """What will be done."""
    count = space.number_of_choices()
    how = _one_of("method", method, METHODS)
    if how == "auto":
        how = "exhaustive" if count <= most else "exchange"
    if how == "exhaustive":
        if count > most:
            raise SpecificationError(f'{count} choices are more than most = {most}; raise it, or use method="exchange"')
        return how
    hint = f"method {how!r} ({count} choices)"
    if space.options:
        raise SpecificationError(f"{hint}: layout_options need every choice simulated; have fewer candidates")
    if isinstance(space.copies, int) and space.copies > 0 and any(size != space.copies for size in space.sizes):
        raise SpecificationError(f"{hint}: a number of copies below that of the replicas needs every choice looked at")
    if "any_outage" in objectives:
        raise SpecificationError(f"{hint}: any_outage is no objective of it; use downtime")
    return how


def best_of_each_size(found: xr.Dataset, objective: str = "downtime") -> xr.Dataset:
    """The best layout of one site, of two, of three, ...: what more sites buy.

    Parameters
    ----------
    found : xarray.Dataset
        From `search_layouts`, with several numbers of replicas.
    objective : str
        What is to be least: ``downtime``, ``data_loss``, ``any_outage``, ``unavailability`` or ``cost``. Ties are
        decided by the objectives of the search.

    Returns
    -------
    xarray.Dataset
        One row of ``found`` for each number of replicas, in ascending order.

    Raises
    ------
    SpecificationError
        If ``found`` does not come from `search_layouts`, or there is no such objective.

    Examples
    --------
    >>> import dcrisk
    >>> scenario = dcrisk.Scenario(
    ...     [dcrisk.Site(name) for name in "ABC"], [dcrisk.Failure("equipment", 5.0, 24.0, list("ABC"))])
    >>> found = dcrisk.search_layouts(scenario, "A B C".split(), replicas=(1, 2, 3), trials=5000, progress=False)
    >>> best_of_each_size(found).replicas.values.tolist()
    [1, 2, 3]
    """
    if "pareto" not in found or "replicas" not in found:
        raise SpecificationError("these are no choices; they should come from dcrisk.search_layouts")
    _one_of("objective", objective, OBJECTIVES)
    order = [objective, *np.atleast_1d(found.attrs["objectives"]).tolist()]
    places = np.lexsort([found[name].values for name in (*order[::-1], "replicas")])
    sizes = found["replicas"].values[places]
    return found.isel(layout=places[np.concatenate([[True], sizes[1:] != sizes[:-1]])])
