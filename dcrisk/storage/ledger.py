"""What a store is of, and which of its chunks are complete: the folder ``.dcrisk`` of a store."""

from __future__ import annotations

import json
import math
import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from dcrisk.specification import SpecificationError
from dcrisk.storage.files import sync_folder, write_whole

FOLDER = ".dcrisk"
FORMAT = 1
"""Of the ledger; a store with another one is refused."""


class StoreProgress(NamedTuple):
    """How far the run of a store has come."""

    done: int
    """Trials in complete chunks."""
    trials: int
    """Trials in all."""
    finished: bool
    """Whether the store is ready to be read."""


class Plan(NamedTuple):
    """What is to be in a store."""

    attrs: dict[str, Any]
    """Of the results: how they are made."""
    fingerprint: str
    """Of all numbers that the kernels read, and of the kernels."""
    trials: int
    length: int
    """Trials in a chunk."""

    @property
    def chunks(self) -> int:
        """How many there are."""
        return -(-self.trials // self.length)

    def bounds(self, number: int) -> tuple[int, int]:
        """First trial of a chunk, and the one after its last."""
        return number * self.length, min((number + 1) * self.length, self.trials)

    def trials_in(self, numbers: Iterable[int]) -> int:
        """In these chunks."""
        return sum(last - first for first, last in map(self.bounds, numbers))


class Ledger:
    """Of one store. A chunk is complete when its entry is there, which is written last."""

    def __init__(self, store: Path) -> None:
        self.store = store
        self.folder = store / FOLDER
        self._plan, self._entries = self.folder / "run.json", self.folder / "chunks"

    def create(self) -> None:
        """Make the folders, where they are missing."""
        self._entries.mkdir(parents=True, exist_ok=True)

    def read_plan(self) -> Plan | None:
        """What is to be in the store; None if it has not been begun."""
        try:
            form = json.loads(self._plan.read_bytes())
        except (FileNotFoundError, NotADirectoryError):
            return None
        except ValueError as error:
            raise SpecificationError(f"{self._plan} cannot be read ({error}), so this store cannot be used") from None
        if form["format"] != FORMAT:
            raise SpecificationError(
                f"{self.store} was made by dcrisk {form.get('attrs', {}).get('dcrisk_version')}, which writes stores in "
                "another form; use that version, or another store"
            )
        return Plan(form["attrs"], form["fingerprint"], form["trials"], form["length"])

    def write_plan(self, plan: Plan) -> None:
        """Say what is to be in the store."""
        write_whole(self._plan, json.dumps({"format": FORMAT, **plan._asdict()}).encode())
        sync_folder(self.folder)

    def enter(self, number: int, last: int, files: Mapping[str, bytes]) -> None:
        """A chunk is complete: its trials end before ``last``, and its files hold this."""
        sums = {name: [len(data), zlib.crc32(data)] for name, data in files.items()}
        write_whole(self._entry(number), json.dumps({"last": last, "files": sums}).encode())

    def done(self, plan: Plan) -> int:
        """Trials in chunks that have been complete once."""
        return plan.trials_in(self._entered(plan))

    def bytes_of_trial(self, plan: Plan) -> float:
        """On the disk, on average; not a number if nothing is complete."""
        entered = self._entered(plan)
        size = sum(size for files in entered.values() for size, _ in files.values())
        return size / plan.trials_in(entered) if entered else math.nan

    def whole(self, plan: Plan, *, sizes_alone: bool = False) -> set[int]:
        """The chunks that are complete and whose files still hold what they did, or have the sizes that they had."""
        return {
            number
            for number, files in self._entered(plan).items()
            if all(_is_as_written(self.store / name, *sums, sizes_alone) for name, sums in files.items())
        }

    def _entered(self, plan: Plan) -> dict[int, dict[str, tuple[int, int]]]:
        """The files, with sizes and checksums, of each chunk that has been complete once."""
        found = {}
        for path in self._entries.glob("[0-9]*.json"):
            number = int(path.stem)
            try:
                entry = json.loads(path.read_bytes())
            except ValueError:
                continue
            if number < plan.chunks and entry["last"] == plan.bounds(number)[1]:  # else the run had fewer trials then
                found[number] = entry["files"]
        return found

    def _entry(self, number: int) -> Path:
        return self._entries / f"{number}.json"


def _is_as_written(path: Path, size: int, checksum: int, size_alone: bool) -> bool:
    try:
        if size_alone:
            return path.stat().st_size == size
        data = path.read_bytes()
    except FileNotFoundError:
        return False
    return len(data) == size and zlib.crc32(data) == checksum


def is_finished(store: Path) -> bool:
    """Whether a store can be read: its table of contents is written last."""
    return (store / ".zmetadata").exists()


def store_progress(path: str | Path) -> StoreProgress:
    """How far the run has come that fills a store, or did when it was interrupted.

    Parameters
    ----------
    path : str or Path
        The store of ``dcrisk.simulate(..., store=path)``.

    Returns
    -------
    StoreProgress
        ``done`` and ``trials``, and whether the store is ``finished``.

    Raises
    ------
    SpecificationError
        If this is no store.

    Examples
    --------
    >>> import dcrisk, tempfile
    >>> scenario = dcrisk.Scenario([dcrisk.Site("A")], [dcrisk.Failure("failure", 1.0, 24.0, ["A"])])
    >>> path = tempfile.mkdtemp() + "/run.zarr"
    >>> results = dcrisk.simulate(scenario, [dcrisk.Layout("A", replicas=["A"])], 5000, store=path, progress=False)
    >>> store_progress(path)
    StoreProgress(done=5000, trials=5000, finished=True)
    """
    ledger = Ledger(Path(path))
    plan = ledger.read_plan()
    if plan is None:
        raise SpecificationError(f"{path} is no store of dcrisk.simulate(..., store=...)")
    return StoreProgress(ledger.done(plan), plan.trials, is_finished(ledger.store))
