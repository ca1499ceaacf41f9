"""What a device must give, checked where numba simulates one: tests/test_cuda.py runs this file with NUMBA_ENABLE_CUDASIM=1.

Then the functions of the kernels are those of the processor, compiled or, with NUMBA_DISABLE_JIT=1, plain Python. All
else is what a device sees: arrays laid out in its memory, tables of addresses, threads with scratch of their own.
"""

from __future__ import annotations

import json
import sys
import traceback

import numba
import numpy as np
from scipy import stats

import dcrisk
from dcrisk.compiler import compile_scenario
from dcrisk.device import arrays, play
from dcrisk.kernels.arrays import rest
from dcrisk.kernels.records import BLOCK
from dcrisk.outcomes import Wanted, empty_outcomes
from dcrisk.rare.on_device import OnDevice, in_turn
from dcrisk.rare.quantities import QUANTITIES, Asked
from dcrisk.rare.sums import Job, OnProcessors
from dcrisk.sampling import COLUMNS, sample
from dcrisk.spread import Threads

SITES = [f"site {i}" for i in range(10)]
EVERYTHING = Wanted(attribute=True, periods=3)


def eight_of_ten():
    """Sites that fail once a year each, for ten days."""
    failure = dcrisk.Failure("failure", dict.fromkeys(SITES, 1.0), stats.expon(scale=240.0))
    scenario = dcrisk.Scenario([dcrisk.Site(name) for name in SITES], [failure])
    return scenario, [dcrisk.Layout("8 of 10", replicas=SITES, quorum=8)]


def shipped(name):
    return dcrisk.load_scenario(name), dcrisk.load_layouts(name)


STUDIES = {
    "8 of 10": eight_of_ten,
    "Strasbourg": lambda: shipped("ovh-strasbourg-2021"),
    "Ile-de-France": lambda: shipped("ile-de-france"),
}


def compiled_study(name):
    return compile_scenario(*STUDIES[name](), horizon=8766.0, warmup=100.0, moments=[1.0, 50.0])


def assert_equal(one, other):
    """To the bit."""
    for name, a, b in zip(one._fields, one, other, strict=True):
        assert a.dtype == b.dtype and a.tobytes() == b.tobytes(), name


def check_trials(name, trials=2 * BLOCK):
    """Of three blocks, of which the first and the last are played in part."""
    compiled = compiled_study(name)
    found = play.sample(compiled, 7, 1000, 1000 + trials, EVERYTHING)
    assert found.downtime.any()
    assert_equal(found, sample(compiled, 7, 1000, 1000 + trials, EVERYTHING, threads=1))


def check_room():
    """Little of it at first, few threads at once, and results carried back one by one."""
    before = play.FIRST_PENDING, play.MOST_THREADS, play.BYTES_AT_ONCE
    rooms = []
    room = play.Stage.room
    play.FIRST_PENDING, play.MOST_THREADS, play.BYTES_AT_ONCE = 4, 2, 1
    play.Stage.room = lambda self, pending, most: rooms.append((pending, most)) or room(self, pending, most)
    try:
        check_trials("Strasbourg", 3 * BLOCK)
    finally:
        play.FIRST_PENDING, play.MOST_THREADS, play.BYTES_AT_ONCE = before
        play.Stage.room = room
    assert len(rooms) > 1 and rooms[0] == (4, 4)
    assert [pending for pending, _ in rooms] == [4 << i for i in range(len(rooms))]


def check_memory():
    """As many threads as fit; where none does, one tries."""
    compiled = compiled_study("8 of 10")
    model = empty_outcomes(compiled, Wanted(), BLOCK)
    stage = play.Stage([play.Law(compiled.plan, 0)], model, [COLUMNS])
    each = arrays.bytes_for_thread(rest(compiled.plan, 1024), model, COLUMNS)
    assert 2e5 < each < 4e5
    free_memory = play.free_memory
    try:
        for free, expected in ((0.0, 1), (3.0 * each, 2), (np.inf, 5)):
            play.free_memory = lambda free=free: free
            assert stage.room(1024, 5).threads == expected, free
    finally:
        play.free_memory = free_memory


def check_dataset():
    """Public names, and what results say of where they come from."""
    scenario, layouts = eight_of_ten()
    ours = dcrisk.simulate(scenario, layouts, 3000, seed=3, progress=False)
    theirs = dcrisk.simulate(scenario, layouts, 3000, seed=3, progress=False, device="cuda")
    assert theirs.equals(ours) and '"device": "cuda"' in theirs.attrs["call_json"]
    assert "device" not in ours.attrs["call_json"]
    assert dcrisk.rerun(theirs, progress=False).identical(theirs)
    assert dcrisk.rerun(theirs, progress=False, device="cpu").equals(ours)


def check_store(folder):
    """Into a store, in chunks; which is then one of the device."""
    scenario, layouts = eight_of_ten()
    options = {"seed": 3, "progress": False, "store": f"{folder}/run.zarr"}
    chunks = {"trial": 1500}
    theirs = dcrisk.simulate(scenario, layouts, 4000, device="cuda", chunks=chunks, **options)
    assert theirs.equals(dcrisk.simulate(scenario, layouts, 4000, seed=3, progress=False))
    try:
        dcrisk.simulate(scenario, layouts, 4000, **options)
    except dcrisk.SpecificationError as error:
        assert "device" in str(error)
    else:
        raise AssertionError("the store of a device goes on without one")


def check_crude():
    """Many trials of one law."""
    found = check_estimate(*eight_of_ten(), method="crude", precision=0.05, max_seconds=1e6, progress=False)
    assert found.attrs["pilot_trials"] > 100 * BLOCK


def check_stratified():
    """Strata, whose laws are tuned by what the first trials have brought."""
    sites = [dcrisk.Site(name) for name in "AB"]
    fire = dcrisk.Fire("fire", {"A": 1e-3, "B": 1e-3}, {"destroyed": 8766.0}, contained=0.5, spread={("A", "B"): 0.1})
    layouts = [dcrisk.Layout("A and B", replicas=["A", "B"], copies=["A", "B"], rereplication=24.0)]
    scenario = dcrisk.Scenario(sites, [fire])
    found = check_estimate(
        scenario, layouts, quantity="data_loss", method="stratified", precision=0.1, max_seconds=1e6, progress=False
    )
    assert found.attrs["method_used"] == "stratified" and found.attrs["pilot_trials"] > BLOCK


def check_estimate(scenario, layouts, **options):
    """The same trials; what is added up differs in its last digits at most."""
    ours = dcrisk.estimate(scenario, layouts, seed=2, **options)
    theirs = dcrisk.estimate(scenario, layouts, seed=2, device="cuda", **options)
    assert theirs.attrs["trials_played"] == ours.attrs["trials_played"] > 2 * BLOCK
    assert (theirs["risk"] > 0.0).all()
    for name in ("risk", "risk_low", "risk_high"):
        np.testing.assert_allclose(theirs[name], ours[name], rtol=1e-12, err_msg=name)
    return theirs


def jobs_of(compiled):
    """Trials of one block and of two in part, of different lengths, with other random numbers, for other layouts."""
    harms = np.ones(len(compiled.layouts), np.bool_)
    job = Job(compiled.plan, 5, 0, 100, 1.0, harms)
    return [job, job._replace(key=6, last=BLOCK), job._replace(key=7, last=2 * BLOCK + 5, harms=~harms)]


def check_sums():
    """Those of one block to the bit, in whatever order blocks are played; and what is told on the way."""
    compiled = compiled_study("Strasbourg")
    asked = Asked(QUANTITIES["downtime"], 24.0, 8766.0)
    jobs = jobs_of(compiled)
    heard = []
    theirs = OnDevice(compiled, asked).add_up(jobs, heard.append)
    ours = OnProcessors(compiled, asked, Threads(1)).add_up(jobs)
    assert sum(heard) == sum(job.last for job in jobs)
    assert ours[1].total.any() and not ours[2].total.any()
    for one, other in zip(ours, theirs, strict=True):
        for name, a, b in zip(one._fields, one, other, strict=True):
            np.testing.assert_array_equal(a, b, err_msg=name)
    early = OnDevice(compiled, asked).add_up(jobs, lambda trials: True)
    assert [sums.trials for sums in early] == [job.last for job in jobs]  # all of it was one launch


def check_turns():
    """A block of each job in turn."""
    each = [play.chunks_of(0, 2 * BLOCK), play.chunks_of(BLOCK, 2 * BLOCK + 5)]
    assert in_turn(each).tolist() == [
        [0, 0, BLOCK],
        [1, BLOCK, 2 * BLOCK],
        [0, BLOCK, 2 * BLOCK],
        [1, 2 * BLOCK, 2 * BLOCK + 5],
    ]


def in_python(path):
    """What the functions of the kernels give as plain Python, for who has compiled ones to compare it with."""
    assert numba.config.DISABLE_JIT
    kept = {}
    for name, trials in FEW.items():
        found = play.sample(compiled_study(name), 7, 0, trials, EVERYTHING)
        kept |= {f"{name}/{field}": array for field, array in zip(found._fields, found, strict=True)}
    np.savez(path, **kept)


FEW = {"8 of 10": 300, "Strasbourg": 60, "Ile-de-France": 3}
CHECKS = {
    **{
        f"trials of {name}": lambda name=name: check_trials(name) for name in ("8 of 10", "Strasbourg", "Ile-de-France")
    },
    "room": check_room,
    "memory": check_memory,
    "dataset": check_dataset,
    "store": lambda: check_store(sys.argv[1]),
    "crude": check_crude,
    "stratified": check_stratified,
    "sums": check_sums,
    "turns": check_turns,
}


def check_all():
    """What went wrong, by check; "" where nothing did."""
    assert numba.config.ENABLE_CUDASIM
    said = {}
    for name, check in CHECKS.items():
        try:
            check()
            said[name] = ""
        except Exception:
            said[name] = traceback.format_exc()
    return said


if __name__ == "__main__":
    if numba.config.DISABLE_JIT:
        in_python(sys.argv[1])
    else:
        print(json.dumps(check_all()))
