"""A dask cluster on this machine against the threads of one process: throughput, and what a block costs.

    pip install -e '.[dask]' && python benchmarks/cluster.py    # some minutes
    python benchmarks/cluster.py --quick

Exits with 1 if some result of the cluster is not that of the threads, to the bit.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np
import problems
import xarray as xr

import dcrisk
from dcrisk.kernels.records import BLOCK
from dcrisk.spread import Cluster

WORKERS = (1, 2)


class Measured(NamedTuple):
    """Of one run."""

    wall: float
    processor: float
    """Seconds of all processes together: the client, which holds the scheduler, and the workers."""
    found: Any


@contextmanager
def cluster_of(workers: int) -> Iterator[Any]:
    """A client of so many worker processes of one thread each."""
    import distributed

    with (
        distributed.LocalCluster(
            n_workers=workers, threads_per_worker=1, processes=True, memory_limit=0, dashboard_address="127.0.0.1:0"
        ) as cluster,
        distributed.Client(cluster, set_as_default=False) as client,
    ):
        yield client


def measure(work: Callable[[], Any], client: Any) -> Measured:
    """The time that something takes, here and on the workers."""
    before, began = processor(client), time.perf_counter()
    found = work()
    wall = time.perf_counter() - began
    return Measured(wall, processor(client) - before, found)


def processor(client: Any) -> float:
    """Processor seconds so far."""
    workers = sum(client.run(time.process_time).values()) if client is not None else 0.0
    return time.process_time() + workers


def estimate(problem: problems.Problem, trials: int, client: Any, threads: int | None) -> xr.Dataset:
    """So many trials, of which nothing is kept but sums."""
    options = {"method": "crude", "precision": 1e-4, "max_trials": trials, "max_seconds": 1e6, "seed": 1}
    return dcrisk.estimate(*problem, client=client, threads=threads, progress=False, **options)


def chunks(problem: problems.Problem, trials: int, length: int, client: Any, threads: int | None) -> np.ndarray:
    """The mean downtime of each layout, from lazy trials: the workers average, and no trial travels."""
    lazy = dcrisk.simulate(*problem, trials, seed=1, chunks={"trial": length})
    mean = lazy.downtime.mean("trial")
    if client is None:
        return mean.compute(scheduler="threads", num_workers=threads).values
    with client.as_current():
        return mean.compute().values


def throughput_table(clients: dict[int, Any], trials: int, rounds: int, wrong: list[str]) -> Iterable[str]:
    """Threads and workers take turns."""
    yield "| | million trial-years/s, best | median | processor seconds for a million | of one thread's |"
    yield "| --- | ---: | ---: | ---: | ---: |"
    for name, problem, share in (("8-of-10", problems.eight_of_ten(), 1), ("Strasbourg", problems.strasbourg(), 10)):
        n = trials // share
        works = {
            "estimate": lambda client, threads, p=problem, n=n: estimate(p, n, client, threads),
            "simulate, chunks": lambda client, threads, p=problem, n=n: chunks(p, n, n // 40, client, threads),
        }
        for title, work in works.items():
            hands = {f"{t} thread" + "s" * (t > 1): (None, t) for t in WORKERS}
            hands |= {f"{w} worker" + "s" * (w > 1): (client, None) for w, client in clients.items()}
            turns: dict[str, list[Measured]] = {who: [] for who in hands}
            for _ in range(rounds):
                for who, (client, threads) in hands.items():
                    turns[who].append(measure(lambda w=work, c=client, t=threads: w(c, t), client))
            first = statistics.median(turn.processor for turn in turns["1 thread"])
            for who, measured in turns.items():
                if not same(measured[0].found, turns["1 thread"][0].found):
                    wrong.append(f"{name}, {title}: {who} and 1 thread differ")
                best, middle = (f(turn.wall for turn in measured) for f in (min, statistics.median))
                cost = statistics.median(turn.processor for turn in measured)
                yield (
                    f"| {name}, {title}, {who} | {n / best / 1e6:.3f} | {n / middle / 1e6:.3f} | "
                    f"{cost / n * 1e6:.2f} | {cost / first:.2f} |"
                )


def same(one: Any, other: Any) -> bool:
    if isinstance(one, xr.Dataset):
        return all(one[name].equals(other[name]) for name in one)
    return bool(np.array_equal(one, other))


def overhead_table(client: Any, tasks: int, rounds: int) -> Iterable[str]:
    """What is left when a task does nothing, or next to nothing."""
    yield "| what it costs beside the trials | wall, ms | processor, ms |"
    yield "| --- | ---: | ---: |"

    def line(title: str, work: Callable[[], Any], number: int) -> str:
        turns = [measure(work, client) for _ in range(rounds)]
        wall, cpu = (1e3 * min(getattr(turn, field) for turn in turns) / number for field in ("wall", "processor"))
        return f"| {title} | {wall:.3f} | {cpu:.3f} |"

    def bundles() -> None:
        cluster = Cluster(client)
        cluster._adapt = lambda tasks, seconds: None  # one task a bundle
        list(cluster.map(abs, [(i,) for i in range(tasks)]))

    yield line("estimate: a bundle of parts, about 0.5 s of work", bundles, tasks)
    yield line(
        "estimate: a part in a bundle, about 200,000 events",
        lambda: list(Cluster(client).map(abs, [(i,) for i in range(50 * tasks)])),
        50 * tasks,
    )
    problem = problems.eight_of_ten()
    whole = measure(lambda: chunks(problem, tasks * BLOCK, tasks * BLOCK, client, None), client)

    def split() -> None:
        chunks(problem, tasks * BLOCK, BLOCK, client, None)

    turns = [measure(split, client) for _ in range(rounds)]
    wall, cpu = (
        1e3 * (min(getattr(t, field) for t in turns) - getattr(whole, field)) / tasks for field in ("wall", "processor")
    )
    yield f"| simulate: a chunk, here of one block of {BLOCK:,} trials | {wall:.3f} | {cpu:.3f} |"


def show(table: Iterable[str]) -> None:
    for line in table:
        print(line, flush=True)
    print(flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a fifth of the trials, 2 rounds instead of 3")
    quick = parser.parse_args().quick
    rounds, trials, tasks = (2, 2_000_000, 200) if quick else (3, 10_000_000, 500)
    wrong: list[str] = []
    with cluster_of(1) as one, cluster_of(2) as two:
        clients = {1: one, 2: two}
        for client in (None, one, two):  # compiled, imported, read from disk
            for problem in (problems.eight_of_ten(), problems.strasbourg()):
                estimate(problem, 10_000, client, None)
                chunks(problem, 10_000, 1000, client, None)
        show(throughput_table(clients, trials, rounds, wrong))
        show(overhead_table(one, tasks, rounds))
    for line in wrong:
        print(f"WRONG: {line}", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
