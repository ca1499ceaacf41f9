"""Files that are there with all that they should hold, or not at all, whatever happens while they are written."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path


def write_whole(path: Path, data: bytes) -> None:
    """Write beside it, flush to the disk, rename. What a killed process leaves beside it, the next writing replaces.

    The name of the file is sure to outlive a failure of the power after `sync_folder` of its folder.
    """
    beside = path.with_name(f".{path.name}.part")
    try:
        with open(beside, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(beside)
        raise


def sync_folder(folder: Path) -> None:
    """Flush the names in a folder to the disk, where the system can do that."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def replace_whole(path: Path, write: Callable[[Path], None]) -> None:
    """Let ``write`` make a file or a folder under another name beside it, flush it to the disk, then rename it.

    A file takes the place of the old one at once. A folder cannot: the old one is moved out of the way first.
    """
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    old = path.with_name(f".{path.name}.{os.getpid()}.old")
    try:
        write(beside)
        _sync_all(beside)
        if beside.is_dir() and path.exists():
            os.replace(path, old)
        os.replace(beside, path)
    except BaseException:
        _remove(beside)
        if old.exists() and not path.exists():
            os.replace(old, path)
        raise
    sync_folder(path.parent)
    _remove(old)


def _sync_all(path: Path) -> None:
    """Flush a file, or a folder and all in it."""
    for inner in [path, *path.rglob("*")]:
        if inner.is_dir():
            sync_folder(inner)
        else:
            with open(inner, "rb+") as file:
                os.fsync(file.fileno())


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with suppress(OSError):
            path.unlink()
