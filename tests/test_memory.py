"""A run that would not fit into memory is refused before it starts."""

import numpy as np
import pytest

import dcrisk
from dcrisk import memory
from dcrisk.compiler import compile_scenario
from dcrisk.outcomes import Wanted, bytes_of_trial
from dcrisk.specification import SpecificationError

SCENARIO = dcrisk.Scenario([dcrisk.Site("A"), dcrisk.Site("B")], [dcrisk.Failure("failure", 1.0, 24.0, ["A", "B"])])
LAYOUTS = [dcrisk.Layout("A", replicas=["A"]), dcrisk.Layout("both", replicas=["A", "B"], copies=["A", "B"])]


@pytest.fixture
def little(monkeypatch):
    """A machine with 100 kB to spare."""
    monkeypatch.setattr(memory, "available_memory", lambda: 100_000)


def test_the_size_is_that_of_the_results():
    wanted = Wanted(attribute=True, periods=12)
    compiled = compile_scenario(SCENARIO, LAYOUTS, horizon=100.0, warmup=0.0, moments=[1.0])
    found = dcrisk.simulate(
        SCENARIO, LAYOUTS, 1000, horizon=100.0, attribute=True, periods=12, at_hours=[1.0], progress=False
    )
    assert bytes_of_trial(compiled, wanted) * 1000 == sum(v.nbytes for v in found.data_vars.values())


def test_simulate_names_the_size_and_what_would_fit(little):
    with pytest.raises(SpecificationError) as error:
        dcrisk.simulate(SCENARIO, LAYOUTS, 3000, progress=False)
    words = str(error.value)
    assert "3,000 trials of 42 bytes each need 0.000126 GB of memory, and 0.0001 GB are free" in words
    assert 'store="run.zarr"' in words and 'chunks={"trial": ' in words and "dcrisk.estimate" in words
    assert dcrisk.simulate(SCENARIO, LAYOUTS, 2000, progress=False).sizes["trial"] == 2000


def test_the_calls_that_are_proposed_do_fit(little, tmp_path):
    lazy = dcrisk.simulate(SCENARIO, LAYOUTS, 3000, chunks={"trial": 1024}, progress=False)
    stored = dcrisk.simulate(
        SCENARIO, LAYOUTS, 3000, chunks={"trial": 1024}, store=tmp_path / "run.zarr", progress=False
    )
    np.testing.assert_array_equal(lazy.downtime, stored.downtime)
    with pytest.raises(SpecificationError, match="nothing was simulated. Take shorter chunks"):
        dcrisk.simulate(SCENARIO, LAYOUTS, 3000, chunks={"trial": -1}, store=tmp_path / "two.zarr", progress=False)


def test_no_machine_has_room_for_a_million_million_trials():
    with pytest.raises(SpecificationError, match="need 42,000 GB of memory, and .* GB are free: nothing was simulated"):
        dcrisk.simulate(SCENARIO, LAYOUTS, 1e12)


def test_all_that_keep_trials_look_before_they_start(little):
    for call in (
        lambda: dcrisk.simulate_rare(SCENARIO, LAYOUTS, 1e6, progress=False),
        lambda: dcrisk.importance(SCENARIO, LAYOUTS, 1e6, progress=False),
        lambda: dcrisk.search_layouts(SCENARIO, ["A", "B"], replicas=1, trials=1e6, progress=False),
    ):
        with pytest.raises(SpecificationError, match="nothing was simulated. Take fewer trials"):
            call()


def test_where_the_system_tells_nothing_nothing_is_refused(monkeypatch):
    monkeypatch.setattr(memory, "available_memory", lambda: None)
    memory.check_fits(10**15, 10**6, "")


def test_this_machine_tells():
    free = memory.available_memory()
    assert free is None or 0 < free < 2**50


GROUPS = {
    "version 2": (
        "0::/box/job\n",
        {
            "box/memory.max": "1000000\n",
            "box/memory.current": "900000\n",
            "box/memory.stat": "anon 5\ninactive_file 300000\n",
            "box/job/memory.max": "max\n",
            "box/job/memory.current": "1\n",
            "box/job/memory.stat": "inactive_file 0\n",
        },
    ),
    "version 1": (
        "5:cpu,cpuacct:/box\n4:memory:/box\n0::/\n",
        {
            "memory/box/memory.limit_in_bytes": "1000000\n",
            "memory/box/memory.usage_in_bytes": "900000\n",
            "memory/box/memory.stat": "inactive_file 7\ntotal_inactive_file 300000\n",
        },
    ),
}


@pytest.mark.parametrize("own, tree", GROUPS.values(), ids=GROUPS.keys())
def test_limits_of_containers_count(own, tree, tmp_path):
    """A million bytes, of which 900,000 are used, 300,000 of these by files that could go."""
    (tmp_path / "own").write_text(own)
    for name, text in tree.items():
        path = tmp_path / "cgroup" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    assert list(memory._of_groups(tmp_path / "cgroup", tmp_path / "own")) == [400_000]
    assert list(memory._of_groups(tmp_path / "cgroup", tmp_path / "none")) == []
