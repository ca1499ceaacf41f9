"""What a new process pays: the import, the first call that compiles, the first call that finds it compiled.

Each is measured in processes of its own, with a cache of compiled code that is empty at first. The time of an
interpreter that does nothing is taken off the imports.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

# as a script, and not as a function: the child must import nothing but what it measures
FIRST_CALL = """
import json, sys, time
sys.path.insert(0, sys.argv[1])
import problems
import dcrisk
scenario, layouts = problems.eight_of_ten()
dcrisk.simulate
began = time.perf_counter()
dcrisk.simulate(scenario, layouts, 1000, seed=1, threads=1, progress=False)
first = time.perf_counter()
dcrisk.simulate(scenario, layouts, 1000, seed=1, threads=1, progress=False)
print(json.dumps({"first": first - began, "second": time.perf_counter() - first}))
"""


def measure(repeats: int, cache: str) -> dict[str, float]:
    """Seconds: the fastest of ``repeats``, but of one for compilation, which takes long. ``cache``: an empty folder."""
    environment = os.environ | {"NUMBA_CACHE_DIR": cache}
    compiling = _first_call(environment)
    rounds = []
    for _ in range(repeats):
        bare = _wall("pass", environment)
        imports = {"import dcrisk": _wall("import dcrisk", environment) - bare}
        rounds.append(imports | _named("later process", _first_call(environment)))
    return {name: min(r[name] for r in rounds) for name in rounds[0]} | _named("empty cache", compiling)


def _named(where: str, times: dict[str, float]) -> dict[str, float]:
    return {f"{where}: {what}": seconds for what, seconds in times.items()}


def _wall(code: str, environment: dict[str, str]) -> float:
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True, env=environment)
    return time.perf_counter() - began


def _first_call(environment: dict[str, str]) -> dict[str, float]:
    command = [sys.executable, "-c", FIRST_CALL, str(Path(__file__).parent)]
    began = time.perf_counter()
    output = subprocess.run(command, check=True, env=environment, capture_output=True, text=True).stdout
    times = json.loads(output)
    return {"whole process": time.perf_counter() - began, "first call": times["first"], "second call": times["second"]}
