"""Blocks of trials over threads, into arrays."""

from __future__ import annotations

import hashlib
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dcrisk.compiler import CompiledScenario
from dcrisk.kernels.arrays import Outcomes, Totals, Work, rest
from dcrisk.kernels.records import BLOCK, LOGGED
from dcrisk.outcomes import Wanted, empty_outcomes

SECONDS_PER_CALL = 0.2  # long enough to hide the 50 microseconds of a call, short enough for Ctrl-C and progress
SECONDS_IN_SILENCE = 2.0
COMPILING = "dcrisk: compiling, once after each installation; this takes about half a minute ..."
FIRST_PENDING = 1024
FIRST_LOG = 1 << 14
COLUMNS = Totals(np.zeros(1, np.int64), np.zeros(1), np.zeros((0, 4)), np.zeros(2), np.zeros(0), np.zeros((2, 0)))
"""No sums: a column for each trial."""


def available_threads() -> int:
    """One for each core that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def sample(
    compiled: CompiledScenario,
    seed: int,
    first: int,
    last: int,
    wanted: Wanted,
    *,
    threads: int | None = None,
    progress: bool = False,
) -> Outcomes:
    """Outcomes of the trials [first, last): arrays with one column for each."""
    outcomes = empty_outcomes(compiled, wanted, last - first)
    run = kernel()

    def play(work: Any, start: int, stop: int) -> Any:
        while not run(compiled.plan, work, outcomes, COLUMNS, np.uint64(seed), start, stop, first):
            work = rest(compiled.plan, 2 * len(work.heap))
            for array in outcomes[:-1]:
                array[..., start - first : stop - first] = 0
        return work

    over_blocks(compiled, play, first, last, threads=threads, progress=progress)
    return outcomes


class Log:
    """Logs outages, in arrays that it uses again; up to so many trials at a time."""

    def __init__(self, compiled: CompiledScenario, trials: int, work: Work | None = None) -> None:
        self._compiled, self._trials = compiled, trials
        self._work = rest(compiled.plan, FIRST_PENDING) if work is None else work
        self._outcomes = empty_outcomes(compiled, Wanted(), trials, FIRST_LOG)

    def read(self, seed: int, first: int, last: int) -> NDArray[Any]:
        """Every outage of the trials [first, last) that some layout had, and every loss of data, as OUTAGE records.

        Trial by trial, in the order in which they end; trials count from ``first``. Good until the next are read.
        """
        run, plan = kernel(), self._compiled.plan
        self._work.counters[LOGGED] = 0
        while not run(plan, self._work, self._outcomes, COLUMNS, np.uint64(seed), first, last, first):
            self._work = rest(plan, 2 * len(self._work.heap))
            self._outcomes = empty_outcomes(self._compiled, Wanted(), self._trials, 2 * len(self._outcomes.log))
        found: NDArray[Any] = self._outcomes.log[: self._work.counters[LOGGED]]
        return found


def over_blocks(
    compiled: CompiledScenario,
    play: Callable[[Any, int, int], Any],
    first: int,
    last: int,
    *,
    threads: int | None = None,
    progress: bool = False,
) -> None:
    """Call ``play(work, start, stop)`` for ranges of whole blocks, in threads; it returns the work for the next."""
    from tqdm.auto import tqdm

    workers = threads if threads is not None else available_threads()
    ranges = _Ranges(first, last, workers)
    compiled_before = is_compiled()
    with (
        tell_if_it_compiles(progress),
        tqdm(total=last - first, unit=" trials", unit_scale=True, delay=1.5, disable=not progress) as bar,
    ):

        def work_off() -> None:
            work, blocks = rest(compiled.plan, FIRST_PENDING), 1
            while (taken := ranges.take(blocks)) is not None:
                start, stop = taken
                began = time.perf_counter()
                work = play(work, start, stop)
                elapsed = time.perf_counter() - began
                if elapsed < SECONDS_PER_CALL / 2:
                    blocks *= 2
                elif elapsed > 2 * SECONDS_PER_CALL:
                    blocks = max(1, blocks // 2)
                with ranges.lock:
                    if not compiled_before and bar.n == 0:
                        bar.unpause()  # what it took to compile says nothing about the time that is left
                    bar.update(stop - start)

        _in_threads(work_off, ranges, workers)


class Compilation(NamedTuple):
    """Whether a process has the kernel as machine code, and what it says as long as it has not."""

    is_over: Callable[[], bool]
    words: str


def is_compiled() -> bool:
    """Whether this process has the kernel as machine code, compiled now or read from disk."""
    from dcrisk.kernels.engine import compiled

    return bool(compiled.signatures)


ON_PROCESSOR = Compilation(is_compiled, COMPILING)


@contextmanager
def tell_if_it_compiles(progress: bool, compilation: Compilation = ON_PROCESSOR) -> Iterator[None]:
    """Say on standard error what is waited for, if the kernels are still being compiled after two seconds."""
    is_over, words = compilation

    def tell() -> None:
        if not is_over():
            print(words, file=sys.stderr, flush=True)

    timer = threading.Timer(SECONDS_IN_SILENCE, tell)
    timer.daemon = True
    if progress and not is_over():
        timer.start()
    try:
        yield
    finally:
        timer.cancel()


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


def fingerprint(compiled: CompiledScenario) -> str:
    """Of all that the numbers of a run depend on, but the seed: what the kernels read, and the kernels."""
    from dcrisk.kernels.engine import text_of_kernels

    found = hashlib.sha256(str(text_of_kernels()).encode())  # type: ignore[no-untyped-call]
    for array in compiled.plan:
        found.update(f"{array.dtype} {array.shape}".encode())
        found.update(np.ascontiguousarray(array).tobytes())
    return found.hexdigest()


def kernel() -> Any:
    """The compiled kernel, imported when it is first needed: numba takes half a second."""
    from dcrisk.kernels.engine import run

    return run
