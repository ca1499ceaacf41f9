"""Every comparison of a simulated figure with an exact one, as the tests make them: run anew when code or tests change.

As a program it runs the tests and writes what they compared: ``python docs/_ext/comparisons.py OUT.json TEST...``.
"""

from __future__ import annotations

import ast
import hashlib
import json
import os
import subprocess
import sys
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).parents[2]
TESTS = ROOT / "tests"
CASES = [
    *sorted(f"tests/{path.name}" for path in TESTS.glob("test_exact*.py")),
    "tests/test_expected.py::test_the_simulation_agrees",
    "tests/test_maintenance.py",
    "tests/test_partitions.py",
    "tests/test_data_and_periods.py",
    "tests/test_reliability.py",
]


class Case(NamedTuple):
    """One comparison, and where it was made."""

    test: str  # tests/test_exact.py::test_union[pareto]
    title: str
    quantity: str  # the expression that was compared
    kind: str
    n: int
    found: float
    exact: float
    error: float
    low: float
    high: float
    pvalue: float

    @property
    def deviation(self) -> float:
        """Found less exact, in standard errors."""
        return (self.found - self.exact) / self.error


def all_cases(build: Path) -> list[Case]:
    """All comparisons; from the last run if nothing has changed since."""
    path = build / f"comparisons-{_digest()}.json"
    if not path.exists():
        build.mkdir(parents=True, exist_ok=True)
        python = [str(ROOT), str(TESTS), os.environ.get("PYTHONPATH", "")]
        run = subprocess.run(
            [sys.executable, __file__, str(path), *CASES],
            cwd=ROOT,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, python)), "MPLBACKEND": "Agg"},
            capture_output=True,
            text=True,
        )
        if run.returncode:
            raise RuntimeError(f"the tests of the exact cases failed:\n{run.stdout[-4000:]}{run.stderr[-2000:]}")
    return list(dict.fromkeys(Case(*row) for row in json.loads(path.read_text(), parse_constant=float)))


def _digest() -> str:
    """Of the package, the tests and this file."""
    text = hashlib.sha256(Path(__file__).read_bytes())
    for folder in (ROOT / "dcrisk", TESTS):
        for path in sorted([*folder.rglob("*.py"), *folder.rglob("*.toml")]):
            text.update(path.read_bytes())
    return text.hexdigest()[:16]


class Recorder:
    """A plugin of pytest that notes each comparison with the test that makes it."""

    def __init__(self) -> None:
        self.rows: list[tuple[Any, ...]] = []
        self.item: Any = None

    def pytest_runtest_setup(self, item: Any) -> None:
        """Remember which test runs."""
        self.item = item

    def see(self, comparison: Any) -> None:
        """Note a comparison."""
        test = self.item.nodeid
        self.rows.append((test, title(self.item), quantity(), *comparison))


def title(item: Any) -> str:
    """What a test is about, in words: the first sentence of its docstring, or its name."""
    paragraph = " ".join((item.function.__doc__ or "").split("\n\n")[0].split())
    words = paragraph.split(". ")[0].rstrip(".:") or item.originalname.removeprefix("test_").replace("_", " ")
    return words[0].upper() + words[1:]


def quantity() -> str:
    """The expression that the calling test compares."""
    frame: Any = sys._getframe(1)
    while "test" not in Path(frame.f_code.co_filename).name:
        frame = frame.f_back
    call = _call_at(frame.f_code.co_filename, frame.f_lineno)
    words = ast.unparse(call.args[0]) if call else ""
    return words.removeprefix("results.")


@lru_cache
def _calls(path: str) -> list[ast.Call]:
    tree = ast.parse(Path(path).read_text())
    return [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id.startswith("check_")
    ]


def _call_at(path: str, line: int) -> ast.Call | None:
    """The check that stands on a line."""
    return next((c for c in _calls(path) if c.lineno <= line <= (c.end_lineno or c.lineno) and c.args), None)


def main() -> int:
    """Run the tests and write what they compared."""
    import exact
    import pytest

    recorder = Recorder()
    exact.OBSERVERS.append(recorder.see)
    code = pytest.main(["-q", "-p", "no:cacheprovider", *sys.argv[2:]], plugins=[recorder])
    if code == 0:
        Path(sys.argv[1]).write_text(json.dumps(recorder.rows))
    return int(code)


if __name__ == "__main__":
    sys.exit(main())
