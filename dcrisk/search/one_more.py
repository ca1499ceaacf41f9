"""value_of_site(): what one more site buys."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import xarray as xr

from dcrisk.intervals import check_confidence
from dcrisk.provenance import without_call
from dcrisk.rates import HOURS_PER_YEAR
from dcrisk.scenario import Scenario
from dcrisk.search.space import Cost, Rows, Space, costs_of, layouts_of, read_cost, read_names, read_quorum, read_space
from dcrisk.simulate import simulate
from dcrisk.specification import SpecificationError
from dcrisk.statistics import compare, summary
from dcrisk.windows import check_whole

MOST_VALUES = 1 << 24
"""Outcomes of layouts and trials held at a time: 21 bytes each."""

FIGURES = ("downtime", "any_outage", "data_loss")


def value_of_site(
    scenario: Scenario,
    sites: Sequence[str],
    candidates: Sequence[str],
    *,
    quorum: int | str = 1,
    copies: int | Sequence[str] | None = None,
    cost: Cost = None,
    trials: int | float,
    seed: int = 0,
    horizon: float = HOURS_PER_YEAR,
    warmup: float = 0.0,
    confidence: float = 0.95,
    layout_options: dict[str, Any] | None = None,
    threads: int | None = None,
    progress: bool = True,
) -> xr.Dataset:
    """What one more site buys, for each candidate.

    Parameters
    ----------
    scenario : Scenario
    sites : sequence of str
        Nodes that run the service now.
    candidates : sequence of str
        Nodes of which one may be added.
    quorum : int or "majority", default 1
        Replicas that must be up, before and after. A majority grows with the number of replicas.
    copies : 0 or sequence of str, optional
        Where the data are. By default every replica keeps a copy, the new one too. 0: there are no data. Names: these
        sites keep the copies.
    cost : mapping or callable, optional
        As in `search_layouts`.
    trials, seed, horizon, warmup, threads, progress
        As in `dcrisk.simulate`.
    confidence : float
        Of each interval.
    layout_options : dict, optional
        Further arguments of each `Layout`.

    Returns
    -------
    xarray.Dataset
        Over ``candidate``: ``downtime``, ``any_outage`` and ``data_loss`` with that site, and ``downtime_difference``
        and so on: with it, minus without it, on the same trials (`dcrisk.compare`). Each has ``_low`` and ``_high``.
        Without a candidate: ``downtime_now`` and so on. Further ``cost`` with the site, ``cost_difference``, and
        ``downtime_per_cost``, ``any_outage_per_cost``, ``data_loss_per_cost``: the difference for each
        unit of cost, infinite for a site that changes something and costs nothing.

    Raises
    ------
    SpecificationError
        If a name is unknown, or stands both among the sites and the candidates.

    Examples
    --------
    >>> import dcrisk
    >>> rates = {"A": 1.0, "B": 8.0, "C": 2.0}
    >>> scenario = dcrisk.Scenario(
    ...     [dcrisk.Site(name) for name in rates], [dcrisk.Failure("equipment", rates, 100.0)])
    >>> value = dcrisk.value_of_site(scenario, ["A"], ["B", "C"], trials=20_000, progress=False)
    >>> bool((value.downtime_difference_high < 0).all())
    True
    >>> value.downtime_per_cost.idxmin().item()
    'C'
    """
    for name in _listed(sites):
        if name in _listed(candidates):
            raise SpecificationError(f"candidates: {name!r} is among the sites already; leave it out of one of both")
    known = [node.name for node in scenario.nodes] if isinstance(scenario, Scenario) else []
    if isinstance(copies, (int, np.integer)) and copies != 0:
        raise SpecificationError(f"copies = {copies!r}: give None (every replica), 0 (no data), or a list of sites")
    space = read_space(scenario, [*_listed(sites), *_listed(candidates)], 1, 1, copies, layout_options)
    now = read_names(sites, "sites", known)
    more = read_names(candidates, "candidates", known)
    check_confidence(confidence)
    rows, names = _rows(space, len(now), quorum), ["now", *more]
    costs = costs_of(space, rows, [f"now + {name}" for name in names], read_cost(cost, space))
    layouts = layouts_of(space, rows, [f"site {i}" for i in range(len(names))])
    at_a_time = max(1, MOST_VALUES // check_whole("trials", trials, 1, 2**53) - 1)
    parts = []
    for first in range(1, len(layouts), at_a_time):
        results = simulate(
            scenario,
            [layouts[0], *layouts[first : first + at_a_time]],
            trials,
            seed=seed,
            horizon=horizon,
            warmup=warmup,
            threads=threads,
            progress=progress,
        )
        parts.append(_figures(results, confidence))
    found = xr.concat(
        parts, "layout", data_vars="minimal", coords="minimal", compat="override", combine_attrs="override"
    )
    found = found.rename(layout="candidate").assign_coords(
        candidate=("candidate", list(more), {"long_name": "site added"})
    )
    found["cost"] = "candidate", costs[1:], {"long_name": "cost with the site"}
    found["cost_now"] = (), costs[0], {"long_name": "cost without it"}
    found["cost_difference"] = "candidate", costs[1:] - costs[0], {"long_name": "cost of the site"}
    found.attrs = without_call(found.attrs)
    for name in FIGURES:
        difference = found[f"{name}_difference"]
        attrs = {"long_name": f"{difference.attrs['long_name']}, for each unit of cost"}
        found[f"{name}_per_cost"] = "candidate", _per_cost(difference.values, found["cost_difference"].values), attrs
    return found


def _listed(names: Any) -> list[Any]:
    return [names] if isinstance(names, str) else list(names)


def _rows(space: Space, now: int, quorum: int | str) -> Rows:
    """The first ``now`` candidates of the space alone, and with each of the others."""
    n = len(space.candidates)
    members = np.zeros((n - now + 1, n), np.bool_)
    members[:, :now] = True
    members[np.arange(1, n - now + 1), np.arange(now, n)] = True
    copies = np.zeros((len(members), len(space.sites)), np.bool_)
    if space.copies is None:
        copies[:, :n] = members
    elif isinstance(space.copies, tuple):
        copies[:, [space.sites.index(name) for name in space.copies]] = True
    sizes = members.sum(axis=1)
    return Rows(members, copies, sizes, np.array([read_quorum(quorum, int(size)) for size in sizes]))


def _figures(results: xr.Dataset, confidence: float) -> xr.Dataset:
    """The figures of each layout but the first, its differences from that, and those of the first."""
    names = [f"{name}{end}" for name in FIGURES for end in ("", "_low", "_high")]
    alone = summary(results, confidence)[names]
    differences = compare(results, str(results["layout"].values[0]), confidence)
    differences = differences[[f"{name}_difference{end}" for name in FIGURES for end in ("", "_low", "_high")]]
    now = alone.isel(layout=0, drop=True).rename({name: _now(name) for name in names})
    return xr.merge([alone.isel(layout=slice(1, None)), differences, now], combine_attrs="override")


def _now(name: str) -> str:
    """downtime_low becomes downtime_now_low."""
    for end in ("_low", "_high"):
        if name.endswith(end):
            return f"{name.removesuffix(end)}_now{end}"
    return f"{name}_now"


def _per_cost(difference: np.ndarray, cost: np.ndarray) -> np.ndarray:
    """The difference for each unit; nothing for nothing is nothing."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(difference == 0.0, 0.0, difference / cost)
