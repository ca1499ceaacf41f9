"""Outcomes as dask arrays: one task for each chunk of trials, and the plan once for all of them."""

from __future__ import annotations

from collections.abc import Mapping
from operator import itemgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dcrisk.compiler import CompiledScenario
from dcrisk.kernels.arrays import Outcomes
from dcrisk.outcomes import VARIABLES, Wanted, shapes
from dcrisk.sampling import sample
from dcrisk.specification import SpecificationError
from dcrisk.spread import Parcel, keep
from dcrisk.version import __version__
from dcrisk.windows import check_whole


def lazy_outcomes(
    compiled: CompiledScenario, seed: int, trials: int, wanted: Wanted, chunks: Mapping[str, int]
) -> Outcomes:
    """What `sample` gives, as dask arrays. Equal arguments give arrays of equal names."""
    length = chunk_length(chunks, trials)
    try:
        import dask.array as da
        from dask.base import tokenize
        from dask.highlevelgraph import HighLevelGraph
    except ImportError as error:
        raise ImportError("chunks= needs dask: pip install 'dcrisk[dask]'") from error
    run = compiled._replace(groups=()), seed, wanted
    token = tokenize(__version__, run, trials, length)
    plan, play = f"dcrisk-plan-{token}", f"dcrisk-play-{token}"
    starts = range(0, trials, length)
    # the plan has a task of its own: it is half a megabyte and more, and each task of trials only names it
    layers: dict[str, dict[Any, Any]] = {
        plan: {plan: (keep, Parcel.of(run))},
        play: {(play, i): (_play, plan, start, min(start + length, trials)) for i, start in enumerate(starts)},
    }
    needs: dict[str, set[str]] = {plan: set(), play: {plan}}
    arrays: dict[str, Any] = {}
    for variable in VARIABLES:
        place = Outcomes._fields.index(variable.field)
        shape = shapes(compiled, wanted, trials)[variable.field]
        if 0 in shape:
            arrays[variable.field] = np.zeros(shape, variable.dtype)
            continue
        name = f"dcrisk-{variable.field}-{token}"
        before = (0,) * (len(shape) - 1)
        take = itemgetter(place)
        part = {(name, *before, i): (take, (play, i)) for i in range(len(starts))}
        lengths = tuple(min(length, trials - start) for start in starts)
        graph = HighLevelGraph({**layers, name: part}, {**needs, name: {play}})
        whole = tuple((n,) for n in shape[:-1])
        arrays[variable.field] = da.Array(graph, name, (*whole, lengths), dtype=variable.dtype)
    return Outcomes(**arrays, weight=np.zeros(0), log=np.zeros(0))


def _play(packed: Parcel, start: int, stop: int) -> tuple[NDArray[Any], ...]:
    """The trials of a chunk, by one thread: dask runs as many tasks side by side as it has threads."""
    compiled, seed, wanted = packed.open()
    return tuple(sample(compiled, seed, start, stop, wanted, threads=1))


def chunk_length(chunks: Mapping[str, int], trials: int) -> int:
    """Trials in a chunk, unless ``chunks`` says something else."""
    if not isinstance(chunks, Mapping) or set(chunks) != {"trial"}:
        raise SpecificationError(f'chunks = {chunks!r}: only {{"trial": n}} can be split')
    length = chunks["trial"]
    return trials if length == -1 else check_whole("chunks['trial']", length, 1, 2**53)
