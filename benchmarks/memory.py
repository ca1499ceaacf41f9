"""Peak memory of a long run, beside the size of the arrays that it returns.

``python benchmarks/memory.py TRIALS`` prints bytes: by how much the peak of the process exceeds what it held before the
run, and the arrays. A process of its own, since a peak never falls; a short run first, so that what is imported and
compiled does not count.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from pathlib import Path

LAYOUTS = 6


def measure(trials: int) -> tuple[int, int]:
    """Bytes by which the peak grew, and bytes of the result."""
    command = [sys.executable, __file__, str(trials)]
    peak, size = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return peak, size


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _held() -> int:
    """Now, where the system tells; else the peak so far."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except OSError:
        return _peak()
    return pages * resource.getpagesize()


def _run(trials: int) -> tuple[int, int]:
    import problems

    import dcrisk

    scenario, layouts = problems.strasbourg()
    dcrisk.simulate(scenario, layouts[:LAYOUTS], 1000, progress=False)
    before = _held()
    results = dcrisk.simulate(scenario, layouts[:LAYOUTS], trials, progress=False)
    return _peak() - before, results.nbytes


if __name__ == "__main__":
    print(json.dumps(_run(int(sys.argv[1]))))
