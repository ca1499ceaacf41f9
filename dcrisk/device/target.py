"""The kernel for a device: each thread plays some trials, as a thread of the processor does.

Nothing of the model is said here. ``run`` of kernels/engine.py, with all that it calls, is compiled once more.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache, partial
from typing import Any
from unittest import mock

from numba import config, cuda, types

from dcrisk.device.arrays import Kind
from dcrisk.kernels import engine

if config.ENABLE_CUDASIM:
    from dcrisk.device.simulated import address_of, reader

    RUN = engine.run
else:
    from dcrisk.device.bundles import address_of, reader
    from dcrisk.device.functions import complete

    complete()
    RUN = engine.compiled

__all__ = [
    "SIGNATURE",
    "THREADS_OF_A_BLOCK",
    "address_of",
    "as_written",
    "is_compiled",
    "kernel_for",
    "play_for",
    "restore",
]

TABLE = types.int64[:, ::1]
SIGNATURE = types.void(TABLE, TABLE, TABLE, TABLE, types.uint64[::1], TABLE, types.boolean[::1])
THREADS_OF_A_BLOCK = 32
"""Threads of a block share a processor of the device. Each goes its own way, and there may be few of them: spread out."""


def play_for(plan: Kind, work: Kind, outcomes: Kind, totals: Kind) -> Any:
    """The kernel as a function of Python."""
    plan_of, work_of, outcomes_of, totals_of = map(reader, (plan, work, outcomes, totals))
    run: Any = RUN

    def play(plans, works, all_outcomes, all_totals, keys, chunks, done):  # type: ignore[no-untyped-def]
        """Each thread plays the trials [first, last) of its chunk: (law, first, last). Not done: it had no room."""
        thread = cuda.grid(1)
        if thread < len(done):
            law, first, last = chunks[thread, 0], chunks[thread, 1], chunks[thread, 2]
            done[thread] = run(
                plan_of(plans, law),
                work_of(works, thread),
                outcomes_of(all_outcomes, thread),
                totals_of(all_totals, thread),
                keys[law],
                first,
                last,
                first,
            )

    return play


@cache
def kernel_for(plan: Kind, work: Kind, outcomes: Kind, totals: Kind) -> Any:
    """The kernel, compiled for the device in use."""
    play = play_for(plan, work, outcomes, totals)
    if config.ENABLE_CUDASIM:
        return cuda.jit(play)
    with as_written():
        return cuda.jit(SIGNATURE, lto=False)(play)


def is_compiled() -> bool:
    """Whether this process has the kernel for the device."""
    return kernel_for.cache_info().currsize > 0


@contextmanager
def as_written() -> Iterator[None]:
    """Have a product and a sum rounded each for itself, as the processor does, and not both at once.

    The option is one of NVVM, for which `cuda.jit` has no name; where the linker optimizes (``lto``), it is not heard.
    """
    from numba.cuda.cudadrv import nvvm

    with mock.patch.object(nvvm, "compile_ir", partial(nvvm.compile_ir, fma=0)):
        yield


def _restore(memory, models, chunks):  # type: ignore[no-untyped-def]
    row = cuda.blockIdx.x
    model = min(chunks[row, 0], len(models) - 1)
    for word in range(cuda.threadIdx.x, memory.shape[1], cuda.blockDim.x):
        memory[row, word] = models[model, word]


restore = cuda.jit(_restore)
"""What is each thread's own becomes as the model says; of several models, as that of its law. A block for each."""
