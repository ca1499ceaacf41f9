"""A run into a store, chunk by chunk: what is there stays, what is missing or damaged is made."""

from __future__ import annotations

import errno
import math
import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import xarray as xr

from dcrisk.kernels.records import BLOCK
from dcrisk.memory import BYTES_OF_CHUNK, check_fits, gigabytes
from dcrisk.specification import SpecificationError
from dcrisk.storage.differences import differences
from dcrisk.storage.files import sync_folder, write_whole
from dcrisk.storage.formats import ZARR, kind_of, open_results
from dcrisk.storage.image import TABLES_OF_CONTENTS, Image
from dcrisk.storage.ledger import Ledger, Plan, is_finished
from dcrisk.storage.lock import only_one

SECONDS_IN_CHUNK = 1.0
"""Work that an interruption may cost, about."""
SECONDS_OF_PILOT = 0.1
NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class Work(NamedTuple):
    """A run that can be done in parts."""

    attrs: dict[str, Any]
    """Of the results of all trials."""
    trials: int
    bytes_of_trial: int
    fingerprint: str
    play: Callable[[int, int], xr.Dataset]
    """The variables of the trials from one to before another."""


def fill(store: str | Path, work: Work, length: int | None, progress: bool) -> xr.Dataset:
    """Do what is still to be done of the work, and open the store."""
    folder = Path(store)
    ledger = _ledger_of(folder)
    with only_one(ledger.folder / "lock"), _explained(ledger):
        template = work.play(0, 1)
        plan = _agree(ledger, work, length)
        check_fits(min(plan.length, plan.trials), work.bytes_of_trial, "Take shorter chunks")
        image = Image(template, plan.attrs, plan.trials, plan.length)
        _complete(ledger, plan, image, work, progress)
    return open_results(folder)


def _ledger_of(folder: Path) -> Ledger:
    """The ledger of a store that is there, or of a new one."""
    ledger = Ledger(folder)
    if kind_of(folder) != ZARR:
        raise SpecificationError(f"store = {str(folder)!r}: it is a folder, whose name ends with .zarr")
    if folder.exists() and not ledger.folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise SpecificationError(f"store = {str(folder)!r}: this exists and is no store of a run; take another name")
    ledger.create()
    return ledger


def _agree(ledger: Ledger, work: Work, length: int | None) -> Plan:
    """The plan of the store, if it is that of the work; its own, if it is new."""
    plan = ledger.read_plan()
    if plan is None:
        chosen = length if length is not None else _length(work)
        plan = Plan(work.attrs, work.fingerprint, work.trials, chosen)
        ledger.write_plan(plan)
        return plan
    where = f"store {str(ledger.store)!r} holds another run"
    different = differences(plan.attrs, work.attrs)
    if different:
        raise SpecificationError(f"{where}: {different}. Take another store, or dcrisk.rerun this one")
    if plan.fingerprint != work.fingerprint:
        raise SpecificationError(
            f"{where}: the same scenario makes other tables here than where it was begun, with "
            f"{plan.attrs.get('numerical_libraries')}; here are {work.attrs.get('numerical_libraries')}. Go on there, or take "
            "another store"
        )
    if length not in (None, plan.length):
        raise SpecificationError(
            f"store {str(ledger.store)!r} has chunks of {plan.length} trials, not of {length}; leave chunks out to go on"
        )
    if work.trials < plan.trials:
        raise SpecificationError(
            f"store {str(ledger.store)!r} is of {plan.trials} trials, more than trials = {work.trials}; the first ones of "
            f"it are the same: dcrisk.open_results(...).isel(trial=slice({work.trials}))"
        )
    if work.trials > plan.trials:
        _close(ledger)
        plan = plan._replace(attrs=work.attrs, trials=work.trials)
        ledger.write_plan(plan)
    return plan


def _length(work: Work) -> int:
    """Blocks that take about a second, and not too many bytes."""
    most = max(1, BYTES_OF_CHUNK // (work.bytes_of_trial * BLOCK))
    blocks, seconds = 1, 0.0
    while seconds < SECONDS_OF_PILOT and blocks < min(most, work.trials / BLOCK):
        began = time.perf_counter()
        work.play(0, min(blocks * BLOCK, work.trials))
        seconds = time.perf_counter() - began
        blocks *= 2
    while blocks < most and seconds < SECONDS_IN_CHUNK / 2:
        blocks, seconds = 2 * blocks, 2 * max(seconds, 1e-3)
    return min(blocks, most) * BLOCK


def _complete(ledger: Ledger, plan: Plan, image: Image, work: Work, progress: bool) -> None:
    """Make what is missing; each chunk is written while the next one is played."""
    from tqdm.auto import tqdm

    whole = ledger.whole(plan)
    if len(whole) == plan.chunks and is_finished(ledger.store):
        return
    _close(ledger)

    def keep(number: int, part: xr.Dataset) -> None:
        first, last = plan.bounds(number)
        files = image.chunk(part, first, last)
        _write(ledger.store, files)
        ledger.enter(number, last, files)
        bar.update(last - first)

    with (
        tqdm(
            total=plan.trials,
            initial=plan.trials_in(whole),
            unit=" trials",
            unit_scale=True,
            delay=1.5,
            disable=not progress,
        ) as bar,
        ThreadPoolExecutor(1) as writer,
    ):
        writing: Future[None] | None = None
        for number in range(plan.chunks):
            if number in whole:
                continue
            part = work.play(*plan.bounds(number))
            if writing is not None:
                writing.result()
            writing = writer.submit(keep, number, part)
        if writing is not None:
            writing.result()
    _publish(ledger, image)


def _publish(ledger: Ledger, image: Image) -> None:
    """What makes a store of the chunks, last; not before it is sure that all of them outlive a failure of the power."""
    contents = image.contents()
    _write(ledger.store, {name: data for name, data in contents.items() if name not in TABLES_OF_CONTENTS})
    for folder in (ledger.store, *(path for path in ledger.store.iterdir() if path.is_dir())):
        sync_folder(folder)
    _write(ledger.store, {name: contents[name] for name in TABLES_OF_CONTENTS})
    sync_folder(ledger.store)


def _close(ledger: Ledger) -> None:
    """A store without its tables of contents cannot be read by mistake before it is finished."""
    for name in reversed(TABLES_OF_CONTENTS):
        (ledger.store / name).unlink(missing_ok=True)
    sync_folder(ledger.store)


def _write(store: Path, files: dict[str, bytes]) -> None:
    for name, data in files.items():
        (store / name).parent.mkdir(exist_ok=True)
        write_whole(store / name, data)


@contextmanager
def _explained(ledger: Ledger) -> Iterator[None]:
    """Whoever is interrupted learns what has been kept, and how to go on."""
    try:
        yield
    except KeyboardInterrupt as interrupt:
        interrupt.add_note(f"{_kept(ledger)}; the same call goes on from there")
        raise
    except OSError as error:
        if error.errno not in NO_ROOM:
            raise
        words = f"{os.strerror(error.errno)}: {_kept(ledger)}{_needed(ledger)}. Make room, and the same call goes on"
        raise OSError(error.errno, words) from error


def _kept(ledger: Ledger) -> str:
    plan = ledger.read_plan()
    kept = "nothing is" if plan is None else f"{ledger.done(plan):,} of {plan.trials:,} trials are"
    return f"{kept} kept in {ledger.store}"


def _needed(ledger: Ledger) -> str:
    plan = ledger.read_plan()
    size = math.nan if plan is None else (plan.trials - ledger.done(plan)) * ledger.bytes_of_trial(plan)
    return f", and the rest needs about {gigabytes(size)}" if size > 0 else ""
