"""How much memory is free, and whether a run fits into it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from dcrisk.specification import SpecificationError

IN_PARTS = (
    'With store="run.zarr" they are written to disk in parts, with chunks={{"trial": {chunk}}} computed lazily in parts, '
    "and dcrisk.estimate keeps no trials"
)
"""What fits, where trials are kept one by one."""
BYTES_OF_CHUNK = 1 << 26


def check_fits(trials: int, bytes_of_trial: int, remedy: str) -> None:
    """Raise unless so many trials fit into the memory that is free; ``remedy`` says what would, with {chunk} trials."""
    needed, free = trials * bytes_of_trial, available_memory()
    if free is None or needed <= free:
        return
    chunk = max(1, BYTES_OF_CHUNK // (bytes_of_trial * 1024)) * 1024
    raise SpecificationError(
        f"{trials:,} trials of {bytes_of_trial:,} bytes each need {gigabytes(needed)} of memory, and "
        f"{gigabytes(free)} are free: nothing was simulated. {remedy.format(chunk=chunk)}"
    )


def gigabytes(size: float) -> str:
    """In words."""
    return f"{size / 1e9:,.3g} GB" if size < 1e12 else f"{size / 1e9:,.0f} GB"


def available_memory() -> int | None:
    """Bytes that this process can still get without swapping; None where the system does not tell."""
    known = [free for free in (_of_machine(), *_of_groups()) if free is not None]
    return max(0, min(known)) if known else None


def _of_machine() -> int | None:
    try:
        for line in Path("/proc/meminfo").read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):
        return None


def _of_groups(root: Path = Path("/sys/fs/cgroup"), own: Path = Path("/proc/self/cgroup")) -> Iterator[int]:
    """What the limits of this process's control groups leave, and of those around them; a container has such limits."""
    try:
        lines = own.read_text().splitlines()
    except OSError:
        return
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if controllers == "":
            base, limit, used, cache = root, "memory.max", "memory.current", "inactive_file"
        elif "memory" in controllers.split(","):
            base, limit, used = root / "memory", "memory.limit_in_bytes", "memory.usage_in_bytes"
            cache = "total_inactive_file"
        else:
            continue
        group = base / path.lstrip("/")
        for folder in (group, *group.parents):
            left = _left(folder / limit, folder / used, folder / "memory.stat", cache)
            if left is not None:
                yield left
            if folder == base:
                break


def _left(limit: Path, used: Path, stat: Path, cache: str) -> int | None:
    """The limit less what is used; files that are merely kept in memory make room when it is needed."""
    try:
        most = int(limit.read_text())  # "max": no limit
        kept = dict(line.split() for line in stat.read_text().splitlines()).get(cache, "0")
        return most - int(used.read_text()) + int(kept)
    except (OSError, ValueError):
        return None
