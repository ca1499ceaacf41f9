"""A run into a store, chunk by chunk: what is there stays, what is missing or damaged is made."""

from __future__ import annotations

import errno
import math
import os
import time
from collections.abc import Callable, Iterator
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
from dcrisk.storage.image import Image
from dcrisk.storage.ledger import Ledger, Plan, is_finished
from dcrisk.storage.lock import only_one

SECONDS_IN_CHUNK = 1.0
"""Work that an interruption may cost, about."""
SECONDS_OF_PILOT = 0.1
NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class Work(NamedTuple):
    """A run that can be done in parts."""

    trials: int
    bytes_of_trial: int
    fingerprint: str
    play: Callable[[int, int], xr.Dataset]
    """The results of the trials from one to before another."""


def fill(store: str | Path, work: Work, length: int | None, progress: bool) -> xr.Dataset:
    """Do what is still to be done of the work, and open the store."""
    folder = Path(store)
    ledger = _ledger_of(folder)
    with only_one(ledger.folder / "lock"), _explained(ledger):
        template = work.play(0, 1)
        plan = _agree(ledger, work, template.attrs, length)
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


def _agree(ledger: Ledger, work: Work, attrs: dict[str, Any], length: int | None) -> Plan:
    """The plan of the store, if it is that of the work; its own, if it is new."""
    plan = ledger.read_plan()
    if plan is None:
        chosen = length if length is not None else _length(work)
        plan = Plan(attrs, work.fingerprint, work.trials, chosen)
        ledger.write_plan(plan)
        return plan
    where = f"store {str(ledger.store)!r} holds another run"
    different = differences(plan.attrs, attrs)
    if different:
        raise SpecificationError(f"{where}: {different}. Take another store, or dcrisk.rerun this one")
    if plan.fingerprint != work.fingerprint:
        raise SpecificationError(
            f"{where}: the same scenario makes other tables here than where it was begun, with "
            f"{plan.attrs.get('numerical_libraries')}; here are {attrs.get('numerical_libraries')}. Go on there, or take "
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
        plan = plan._replace(attrs=attrs, trials=work.trials)
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
    from tqdm.auto import tqdm

    missing = [chunk for chunk in plan.chunks() if not ledger.is_whole(chunk[0], chunk[2])]
    if not missing and is_finished(ledger.store):
        return
    _close(ledger)
    todo = sum(last - first for _, first, last in missing)
    with tqdm(
        total=plan.trials,
        initial=plan.trials - todo,
        unit=" trials",
        unit_scale=True,
        delay=1.5,
        disable=not progress,
    ) as bar:
        for number, first, last in missing:
            files = image.chunk(work.play(first, last), first, last)
            _write(ledger.store, files)
            ledger.enter(number, last, files)
            bar.update(last - first)
    _write(ledger.store, image.contents())


def _close(ledger: Ledger) -> None:
    """A store without its table of contents cannot be read by mistake before it is finished."""
    for name in (".zmetadata", ".zgroup"):
        (ledger.store / name).unlink(missing_ok=True)
    sync_folder(ledger.store)


def _write(store: Path, files: dict[str, bytes]) -> None:
    folders = dict.fromkeys((store / name).parent for name in files)
    for folder in folders:
        folder.mkdir(exist_ok=True)
    for name, data in files.items():
        write_whole(store / name, data)
    for folder in folders:
        sync_folder(folder)


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
