"""One process at a time in a store."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


class StoreInUse(RuntimeError):
    """Another process, or another thread, is writing the store."""


@contextmanager
def only_one(path: Path) -> Iterator[None]:
    """Hold the lock of a file. The system gives it back when the process ends, however it ends."""
    with open(path, "a+b", buffering=0) as file:
        try:
            _lock(file.fileno())
        except OSError as error:
            file.seek(0)
            holder = (file.read(100) or b"").decode(errors="replace") or "another process"
            raise StoreInUse(
                f"{path.parent.parent} is being written by {holder}; wait for it, or use another store"
            ) from error
        with suppress(OSError):  # the disk may be full
            file.truncate(0)
            os.write(file.fileno(), f"process {os.getpid()}".encode())
        yield


def _lock(descriptor: int) -> None:
    """Lock or raise OSError; given back when the file is closed."""
    if os.name == "nt":  # pragma: no cover
        import msvcrt

        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
    else:
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
