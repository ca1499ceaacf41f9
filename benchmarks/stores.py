"""What a store costs: the same run into memory and into a store, in turns.

    python benchmarks/stores.py [--rounds N]

The store is made anew for each run, in the folder for temporary files. Its chunks are those of `simulate` by default. The
last column is how long it takes to find that a finished store is whole.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import problems

import dcrisk

RUNS = {"8-of-10": (problems.eight_of_ten, 10_000_000), "Strasbourg": (problems.strasbourg, 1_000_000)}


def measure(name: str, threads: int, rounds: int) -> None:
    build, trials = RUNS[name]
    scenario, layouts = build()

    def run(store: Path | None) -> None:
        dcrisk.simulate(scenario, layouts, trials, seed=1, threads=threads, store=store, progress=False)

    walls, processors, checks = [], [], []
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as folder:
            store = Path(folder) / "run.zarr"
            wall, processor = timed(lambda: run(None))
            with_store, processor_with_store = timed(lambda: run(store))  # noqa: B023
            walls.append(with_store / wall)
            processors.append(processor_with_store / processor)
            checks.append(timed(lambda: run(store))[0])  # noqa: B023
            size = sum(path.stat().st_size for path in store.rglob("*") if path.is_file())
            chunks = len(list((store / ".dcrisk" / "chunks").iterdir()))
    print(
        f"| {name}, {threads} thread{'s' * (threads > 1)} | {trials:,} | {chunks} | {size / 1e6:.1f} | "
        f"{statistics.median(walls):.2f} ({min(walls):.2f} to {max(walls):.2f}) | {statistics.median(processors):.2f} | "
        f"{min(checks):.2f} |",
        flush=True,
    )


def timed(call: Callable[[], None]) -> tuple[float, float]:
    """Seconds of the clock and of the processor."""
    wall, processor = time.perf_counter(), time.process_time()
    call()
    return time.perf_counter() - wall, time.process_time() - processor


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    print("| | trials | chunks | MB on disk | wall time, times that without | processor time | checked again, s |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    for name in RUNS:
        for threads in (1, 2):
            measure(name, threads, rounds)


if __name__ == "__main__":
    main()
