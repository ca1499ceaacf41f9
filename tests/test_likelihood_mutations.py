"""The tests of weights fail if a likelihood ratio is wrong: each is broken once, in a copy of the package."""

import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import dcrisk

PACKAGE = Path(dcrisk.__file__).parent
TESTS = Path(__file__).parent
TRIALS = 2000
AT_ONCE = 2

MUTATIONS = {
    "a bin that is used does not count": ("kernels/tilts.py", "likelihood[0] *= bins[b].ratio", "pass"),
    "what an event draws twice counts twice": (
        "kernels/tilts.py",
        "if used[i].row == row and used[i].cause == cause:",
        "if False:",
    ),
    "only the first event may have been the middle": (
        "kernels/agenda.py",
        "return total / count",
        "return agenda[0].around",
    ),
    "half the distances do not count": (
        "kernels/agenda.py",
        "agenda[i].around *= plan.bins[b - mine.first + its.first].ratio",
        "pass",
    ),
    "the times do not count": (
        "kernels/agenda.py",
        "work.likelihood[0] *= likelihood_of_times(plan, agenda, count)",
        "pass",
    ),
    "more trials are tilted than it is said": (
        "kernels/agenda.py",
        "if mixture < plan.plain_share[0]",
        "if mixture < 0.5 * plan.plain_share[0]",
    ),
    "the weight is upside down": (
        "kernels/totals.py",
        "return 1.0 / (plain + (1.0 - plain) * work.likelihood[0])",
        "return plain + (1.0 - plain) * work.likelihood[0]",
    ),
    "the trials that are not tilted are forgotten": (
        "kernels/totals.py",
        "return 1.0 / (plain + (1.0 - plain) * work.likelihood[0])",
        "return 1.0 / work.likelihood[0]",
    ),
    "the ratio of a bin is upside down": (
        "rare/proposal.py",
        'np.divide(shares, self.tilts.width, out=bins["ratio"], where=self.tilts.width > 0.0)',
        'np.divide(self.tilts.width, shares, out=bins["ratio"], where=shares > 0.0)',
    ),
}


def check(folder, mutation):
    """What becomes of the checks of weights, played without compilation by a copy of the package."""
    copy = folder / "dcrisk"
    shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    if mutation is not None:
        name, text, other = mutation
        source = (copy / name).read_text()
        assert source.count(text) == 1, f"{text!r} is not in {name}, or more than once"
        (copy / name).write_text(source.replace(text, other))
    code = (
        f"import dcrisk, tilted; assert dcrisk.__file__.startswith({str(copy)!r}); "
        f"print('ready'); tilted.check_weights({TRIALS})"
    )
    path = os.pathsep.join([str(folder), str(TESTS)])
    environment = os.environ | {"PYTHONPATH": path, "NUMBA_DISABLE_JIT": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(
        [sys.executable, "-c", code], cwd=folder, env=environment, capture_output=True, text=True, timeout=300
    )


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """Of each mutation and of the package as it is."""
    mutations = {"none": None} | MUTATIONS
    folders = [tmp_path_factory.mktemp("mutation") for _ in mutations]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return dict(zip(mutations, pool.map(check, folders, mutations.values()), strict=True))


def test_weights_are_right(found):
    assert found["none"].returncode == 0, found["none"].stderr


@pytest.mark.parametrize("name", MUTATIONS)
def test_a_wrong_likelihood_is_noticed(found, name):
    assert found[name].stdout == "ready\n", found[name].stderr
    assert found[name].returncode != 0
    assert "in check_sum" in found[name].stderr and "AssertionError" in found[name].stderr, found[name].stderr
