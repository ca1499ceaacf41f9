"""The search for sites: its speed against simulate, and how far greedy search and exchange stay behind the whole.

``python benchmarks/choices.py`` prints both tables (two minutes); ``--quick``: fewer trials and scenarios.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import problems
import xarray as xr

import dcrisk

FEW = 8  # layouts that simulate is timed with


def seconds_of(work: Callable[[], object]) -> tuple[float, float]:
    """Wall time, and processor time over all threads."""
    wall, processor = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - wall, time.process_time() - processor


def speed(trials: int, threads: int) -> None:
    """All 4,060 choices of 3 of 30 sites, and simulate with a few of them."""
    scenario, names = problems.thirty_sites()
    layouts = [
        dcrisk.Layout(f"layout {i}", replicas=names[i : i + 3], quorum=2, copies=names[i : i + 3]) for i in range(FEW)
    ]
    run = {"seed": 1, "threads": threads, "progress": False}

    def search(quorum: int, trials: int, intervals: str = "none") -> xr.Dataset:
        return dcrisk.search_layouts(
            scenario, names, replicas=3, quorum=quorum, trials=trials, intervals=intervals, **run
        )

    print(f"| 4,060 layouts, {trials:,} years, {threads} threads | seconds | processor seconds | of simulate's |")
    print("| --- | ---: | ---: | ---: |")
    first = seconds_of(lambda: search(2, 1000))[0]
    dcrisk.simulate(scenario, layouts, 1000, **run)
    reference = seconds_of(lambda: dcrisk.simulate(scenario, layouts, trials, **run))
    print(f"| simulate, {FEW} layouts | {reference[0]:.2f} | {reference[1]:.2f} | 1.00 |")
    for quorum in (1, 2, 3):
        for intervals in ("none", "pareto"):
            wall, processor = seconds_of(lambda q=quorum, i=intervals: search(q, trials, i))  # type: ignore[misc]
            label = f"{quorum} of 3" + (", intervals of the front" if intervals == "pareto" else "")
            print(f"| {label} | {wall:.2f} | {processor:.2f} | {processor / reference[1]:.2f} |")
    print(f"\nThe first call, with 1000 years: {first:.1f} s (it compiles if nothing is kept on disk).\n")


class Distance(NamedTuple):
    """Of a heuristic from the search through all choices."""

    excess: float  # least downtime found, over the least there is, minus 1
    front: float  # share of the points of the front that it has


def distance(found: xr.Dataset, whole: xr.Dataset) -> Distance:
    """How far a heuristic stayed behind."""
    points = [
        {tuple(row) for row in data[["cost", "downtime", "data_loss"]].to_array().values.T[data.pareto.values]}
        for data in (found, whole)
    ]
    best, least = float(found.downtime.min()), float(whole.downtime.min())
    return Distance(best / least - 1.0 if least else best, len(points[0] & points[1]) / len(points[1]))


def heuristics(scenarios: int, trials: int) -> None:
    """Four of 16 sites, over random scenarios."""
    print(
        f"| {scenarios} random scenarios, {trials:,} years | optimum found | mean excess | worst | front found, mean |"
    )
    print("| --- | ---: | ---: | ---: | ---: |")
    rows: dict[tuple[int, str], list[Distance]] = {}
    for seed in range(scenarios):
        scenario, names, prices = problems.random_candidates(seed)
        for quorum in (1, 2, 3):
            options = {"replicas": 4, "quorum": quorum, "cost": prices, "trials": trials, "intervals": "none"}
            whole = dcrisk.search_layouts(scenario, names, progress=False, **options)
            for method in ("greedy", "exchange"):
                found = dcrisk.search_layouts(scenario, names, method=method, progress=False, **options)
                rows.setdefault((quorum, method), []).append(distance(found, whole))
    for (quorum, method), found in rows.items():
        excess = np.array([x.excess for x in found])
        numbers = f"{np.mean(excess == 0):.0%} | {excess.mean():.2%} | {excess.max():.2%}"
        print(f"| {quorum} of 4, {method} | {numbers} | {np.mean([x.front for x in found]):.0%} |")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    speed(100_000 if arguments.quick else 1_000_000, arguments.threads)
    heuristics(3 if arguments.quick else 40, 20_000)
