"""A run into a store survives whatever interrupts it: what is there afterwards is what it would have been without."""

import errno
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from stored import BLOCK, LAYOUTS, SCENARIO, TRIALS, contents, run

import dcrisk
from dcrisk.specification import SpecificationError
from dcrisk.storage import files
from dcrisk.storage.lock import StoreInUse, only_one

FEW = 3 * BLOCK + 77


@pytest.fixture(scope="module")
def eager():
    return run()


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory):
    """The files of a store that nothing disturbed."""
    store = tmp_path_factory.mktemp("whole") / "run.zarr"
    run(store)
    return contents(store)


@pytest.fixture(scope="module")
def uninterrupted_few(tmp_path_factory):
    store = tmp_path_factory.mktemp("few") / "run.zarr"
    run(store, FEW)
    return contents(store)


def start(store, trials=TRIALS, **options):
    """The run in a process of its own."""
    here = Path(__file__).parent
    paths = os.pathsep.join([str(here), str(Path(dcrisk.__file__).parent.parent), os.environ.get("PYTHONPATH", "")])
    return subprocess.Popen(
        [sys.executable, str(here / "stored.py"), str(store), str(trials)],
        env=os.environ | {"PYTHONPATH": paths},
        stderr=subprocess.PIPE,
        text=True,
        **options,
    )


def heed_interrupts():
    """Also where whoever runs the tests ignores them, as shells do for what they run in the background."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def wait_for_more(process, store, done):
    """Until the run has completed another chunk; whether it is still going on."""
    while process.poll() is None:
        entries = Path(store, ".dcrisk", "chunks")
        if entries.is_dir() and len(list(entries.glob("*.json"))) > done:
            return True
        time.sleep(0.001)
    return False


def chunks_done(store):
    return len(list(Path(store, ".dcrisk", "chunks").glob("*.json")))


# ------------------------------------------------------------ without interruption


def test_a_store_holds_what_a_run_gives(eager, tmp_path):
    found = run(tmp_path / "run.zarr")
    assert found.downtime.chunks is not None
    assert found.identical(eager)
    assert dcrisk.open_results(tmp_path / "run.zarr").identical(eager)
    assert xr.open_dataset(tmp_path / "run.zarr", engine="zarr").equals(eager)
    assert dcrisk.summary(found).identical(dcrisk.summary(eager))
    assert dcrisk.store_progress(tmp_path / "run.zarr") == (TRIALS, TRIALS, True)


@pytest.mark.parametrize("length", [1000, 7 * BLOCK, -1, None])
def test_chunks_do_not_change_results(eager, length, tmp_path):
    chunks = None if length is None else {"trial": length}
    assert run(tmp_path / "run.zarr", chunks=chunks).identical(eager)


def test_a_finished_store_is_not_written_again(tmp_path):
    store = tmp_path / "run.zarr"
    run(store, FEW)
    before = {path: path.stat().st_mtime_ns for path in store.rglob("*") if path.is_file() and path.name != "lock"}
    run(store, FEW, chunks=None)
    assert before == {p: p.stat().st_mtime_ns for p in store.rglob("*") if p.is_file() and p.name != "lock"}


def test_more_trials_are_added(eager, uninterrupted, tmp_path):
    store = tmp_path / "run.zarr"
    for trials in (1, 10 * BLOCK + 5, TRIALS):
        found = run(store, trials)
        assert found.equals(eager.isel(trial=slice(trials))) and found.attrs["trials"] == trials
    assert contents(store) == uninterrupted


# ------------------------------------------------------------ killed


def test_killed_at_random_moments(eager, uninterrupted, tmp_path):
    """SIGKILL leaves no time to tidy up. The lock does not outlive the process that held it."""
    store, draw, kills = tmp_path / "run.zarr", random.Random(1), 0
    while kills < 3:
        process = start(store)
        going_on = wait_for_more(process, store, chunks_done(store))
        time.sleep(draw.uniform(0.0, 0.03))
        process.kill()
        process.communicate()
        if not going_on:
            break
        kills += 1
    assert kills >= 2
    assert run(store).identical(eager)
    assert contents(store) == uninterrupted


class Dead(BaseException):
    """No process any more."""


class Mortal:
    """The system calls of `dcrisk.storage.files`, until a number of them is used up."""

    def __init__(self, left, end):
        self.left, self.end, self.dead = left, end, False

    def __getattr__(self, name):
        return self.counted(getattr(os, name)) if name in ("fsync", "replace", "unlink", "open") else getattr(os, name)

    def counted(self, call):
        def guarded(*arguments):
            self.left -= 1
            if self.left < 0:
                self.end(self)
            return call(*arguments)

        return guarded


def die(mortal):
    raise Dead


def run_out_of_room(mortal):
    if mortal.left == -1:  # once; then tidying up goes well
        raise OSError(errno.ENOSPC, "No space left on device")


def interrupt(mortal):
    if mortal.left == -1:
        raise KeyboardInterrupt


@pytest.mark.parametrize("end, error", [(die, Dead), (run_out_of_room, OSError), (interrupt, KeyboardInterrupt)])
@pytest.mark.parametrize("seed", range(3))
def test_an_end_between_any_two_system_calls(uninterrupted_few, end, error, seed, tmp_path, monkeypatch):
    store, draw, ends = tmp_path / "run.zarr", random.Random(seed), 0
    while True:
        mortal = Mortal(draw.randrange(10 + 20 * ends), end)
        with monkeypatch.context() as patched:
            patched.setattr(files, "os", mortal)
            patched.setattr(files, "open", mortal.counted(open), raising=False)
            try:
                run(store, FEW)
                break
            except error:
                ends += 1
        if not (store / ".zmetadata").exists():
            with pytest.raises(SpecificationError, match="is unfinished|no such file"):
                dcrisk.open_results(store)
        if not (store / ".zgroup").exists():
            with pytest.raises((OSError, ValueError)):  # nor does xarray take it for a whole one
                xr.open_dataset(store, engine="zarr")
    assert ends >= 3
    assert contents(store) == uninterrupted_few


# ------------------------------------------------------------ Ctrl-C


def test_ctrl_c_returns_and_leaves_a_store_to_go_on_with(tmp_path):
    store, trials = tmp_path / "run.zarr", 10**10  # these would take days
    process = start(store, trials, preexec_fn=heed_interrupts)
    try:
        assert wait_for_more(process, store, 1)
        process.send_signal(signal.SIGINT)
        _, error = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode not in (0, None)
    assert "KeyboardInterrupt" in error
    assert f"of 10,000,000,000 trials are kept in {store}; the same call goes on from there" in error
    done = dcrisk.store_progress(store).done
    assert 0 < done < trials


def test_a_run_goes_on_after_an_interrupt(eager, uninterrupted, tmp_path, monkeypatch):
    store = tmp_path / "run.zarr"
    with monkeypatch.context() as patched:
        patched.setattr(files, "os", Mortal(200, interrupt))
        with pytest.raises(KeyboardInterrupt):
            run(store)
    progress = dcrisk.store_progress(store)
    assert 0 < progress.done < progress.trials == TRIALS and not progress.finished
    played = []
    simulate = sys.modules["dcrisk.simulate"]  # the module; dcrisk.simulate is the function
    sample = simulate.sample
    monkeypatch.setattr(simulate, "sample", lambda *a, **k: played.append(a[2:4]) or sample(*a, **k))
    assert dcrisk.rerun(store, store=store, progress=False).identical(eager)  # nobody needs to know the scenario
    assert played[0] == (0, 1) and played[1][0] == progress.done  # what is there is not played again
    assert contents(store) == uninterrupted


def test_the_progress_bar_begins_with_what_is_there(tmp_path, monkeypatch):
    import tqdm.auto

    store, bars = tmp_path / "run.zarr", []

    class Bar(tqdm.auto.tqdm):
        def __init__(self, **options):
            bars.append(options)
            super().__init__(**options)

    run(store, 2 * BLOCK)
    monkeypatch.setattr(tqdm.auto, "tqdm", Bar)
    run(store, 5 * BLOCK, progress=True)
    assert [(bar["initial"], bar["total"]) for bar in bars if "initial" in bar] == [(2 * BLOCK, 5 * BLOCK)]


# ------------------------------------------------------------ no room


def test_no_room_is_explained(tmp_path, monkeypatch):
    store = tmp_path / "run.zarr"
    with monkeypatch.context() as patched:
        patched.setattr(files, "os", Mortal(200, run_out_of_room))
        with pytest.raises(OSError, match="No space left on device") as error:
            run(store)
    done = dcrisk.store_progress(store).done
    assert error.value.errno == errno.ENOSPC
    assert f"{done:,} of {TRIALS:,} trials are kept in {store}" in str(error.value)
    assert "the rest needs about 0.00" in str(error.value) and "the same call goes on" in str(error.value)


def small_files_only():
    resource.setrlimit(resource.RLIMIT_FSIZE, (30_000, 30_000))


def test_a_limit_on_files_is_no_room_either(tmp_path):
    """As an ordinary user may have it; a chunk of ten blocks is larger than that."""
    store = tmp_path / "run.zarr"
    run(store, 1, chunks={"trial": 10 * BLOCK})
    limited = start_with_limit(store)
    _, error = limited.communicate()
    assert limited.returncode == 1
    assert "File too large: 0 of" in error and "the same call goes on" in error
    assert run(store, chunks=None).identical(run())


def start_with_limit(store):
    code = f"import stored; stored.run({str(store)!r}, chunks=None)"
    paths = os.pathsep.join([str(Path(__file__).parent), str(Path(dcrisk.__file__).parent.parent)])
    return subprocess.Popen(
        [sys.executable, "-B", "-c", code],
        env=os.environ | {"PYTHONPATH": paths},
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=small_files_only,
    )


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 300 kB."""
    if os.name != "posix" or os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("only root can mount a small file system")
    place = tmp_path / "disk"
    place.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=300k", "tmpfs", place], capture_output=True).returncode:
        pytest.skip("mounting is not permitted here")
    yield place
    subprocess.run(["umount", place], check=True)


def test_a_full_disk(small_disk, eager, tmp_path):
    store = small_disk / "run.zarr"
    for _ in range(2):  # as often as one likes
        with pytest.raises(OSError, match=r"trials are kept in .*the rest needs about") as error:
            run(store)
        assert error.value.errno == errno.ENOSPC
    progress = dcrisk.store_progress(store)
    assert 0 < progress.done < TRIALS
    moved = shutil.copytree(store, tmp_path / "run.zarr")
    assert run(moved).identical(eager)


# ------------------------------------------------------------ damage


def cut_off(path):
    path.write_bytes(path.read_bytes()[:-5])


def flip_a_bit(path):
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 4
    path.write_bytes(data)


@pytest.mark.parametrize("damage", [cut_off, flip_a_bit, Path.unlink])
@pytest.mark.parametrize("finished", [False, True])
def test_a_damaged_chunk_is_made_again(uninterrupted_few, damage, finished, tmp_path, monkeypatch):
    store = tmp_path / "run.zarr"
    if finished:
        run(store, FEW)
    else:
        with monkeypatch.context() as patched:
            patched.setattr(files, "os", Mortal(100, die))
            with pytest.raises(Dead):
                run(store, FEW)
    damage(store / "downtime" / "0.1")
    if finished and damage is flip_a_bit:
        with pytest.raises(RuntimeError):
            dcrisk.open_results(store).load()
    else:
        with pytest.raises(
            SpecificationError, match="damaged: files of the trials 1024 to 2047" if finished else "unf"
        ):
            dcrisk.open_results(store)
    run(store, FEW)
    assert contents(store) == uninterrupted_few


def test_a_ledger_that_cannot_be_read(tmp_path):
    run(tmp_path / "run.zarr", 1)
    (tmp_path / "run.zarr" / ".dcrisk" / "run.json").write_text("{")
    with pytest.raises(SpecificationError, match="run.json cannot be read"):
        run(tmp_path / "run.zarr", 1)


# ------------------------------------------------------------ other runs


def changed_fire():
    form = SCENARIO.plain()
    fire = next(hazard for hazard in form["hazards"] if hazard["name"] == "fire")
    fire["rate_per_year"] = {name: 2 * rate for name, rate in fire["rate_per_year"].items()}
    return dcrisk.plain_forms.scenario_from_plain(form)


@pytest.mark.parametrize(
    "change, hint",
    [
        ({"seed": 12}, "seed is 11 in the store and 12 in the call"),
        ({"horizon": 100.0}, "horizon is 8766.0 in the store and 100.0 in the call"),
        ({"warmup": 5.0}, "warmup is 0.0 in the store and 5.0"),
        ({"attribute": False}, "attribute is true in the store and false"),
        ({"periods": 12}, "periods is 0 in the store and 12"),
        ({"at_hours": [1.0]}, r"at_hours is \[1.0, 20.0\] in the store and \[1.0\]"),
        ({"scenario": SCENARIO.without("fire")}, "scenario: hazards: 'fire' is in the store alone"),
        (
            {"scenario": changed_fire()},
            "scenario: hazards 'fire': rate_per_year: SBG1a is 0.001 in the store and 0.002",
        ),
        ({"layouts": LAYOUTS[:1]}, "layouts: 'two' is in the store alone"),
        ({"layouts": LAYOUTS[::-1]}, "layouts: their order"),
        (
            {"layouts": [dcrisk.Layout("one", replicas=["SBG2"]), LAYOUTS[1]]},
            "layouts 'one': copies is .* and not given",
        ),
        ({"chunks": {"trial": 2 * BLOCK}}, "chunks of 1024 trials, not of 2048"),
        ({"trials": BLOCK}, r"more than trials = 1024; .*isel\(trial=slice\(1024\)\)"),
    ],
)
def test_the_store_of_another_run_is_refused(change, hint, tmp_path_factory, uninterrupted_few):
    store = tmp_path_factory.getbasetemp() / "other" / "run.zarr"
    if not store.exists():
        store.parent.mkdir()
        run(store, FEW)
    with pytest.raises(SpecificationError, match=hint):
        run(store, **{"trials": FEW} | change)
    assert contents(store) == uninterrupted_few


def test_many_differences_are_counted(tmp_path):
    run(tmp_path / "run.zarr", 1)
    with pytest.raises(SpecificationError, match="; and 2 more"):
        run(tmp_path / "run.zarr", 1, seed=12, horizon=1.0, at_hours=[], warmup=1.0, attribute=False)


def test_a_store_of_another_version_is_refused(tmp_path, monkeypatch):
    run(tmp_path / "run.zarr", 1)
    with monkeypatch.context() as patched:
        patched.setattr("dcrisk.windows.__version__", "0.9.9")
        with pytest.raises(SpecificationError, match='the version of dcrisk is "0.1.0" in the store and "0.9.9"'):
            run(tmp_path / "run.zarr", 1)
    monkeypatch.setattr(sys.modules["dcrisk.simulate"], "fingerprint", lambda compiled: "other tables")
    with pytest.raises(SpecificationError, match="makes other tables here than where it was begun, with numpy"):
        run(tmp_path / "run.zarr", 1)


@pytest.mark.parametrize(
    "name, hint",
    [
        ("run", "kept as"),
        ("run.nc", "a folder, whose name ends"),
        ("full.zarr", "no store of a run"),
        ("gs://b/r.zarr", "no place"),
    ],
)
def test_places_that_are_no_store(name, hint, tmp_path):
    (tmp_path / "full.zarr").mkdir()
    (tmp_path / "full.zarr" / "thesis.tex").touch()
    with pytest.raises(SpecificationError, match=hint):
        run(name if ":" in name else tmp_path / name, 1)
    with pytest.raises(SpecificationError, match="is no store"):
        dcrisk.store_progress(tmp_path / "full.zarr")


def test_a_store_is_not_overwritten_by_results(eager, tmp_path):
    run(tmp_path / "run.zarr", 1)
    with pytest.raises(SpecificationError, match="store of a run"):
        dcrisk.save_results(eager, tmp_path / "run.zarr")


def test_one_process_at_a_time(tmp_path):
    run(tmp_path / "run.zarr", 1)
    with (
        only_one(tmp_path / "run.zarr" / ".dcrisk" / "lock"),
        pytest.raises(StoreInUse, match=f"is being written by process {os.getpid()}"),
    ):
        run(tmp_path / "run.zarr", 1)
    assert run(tmp_path / "run.zarr", 1).sizes["trial"] == 1


def test_a_missing_library_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "zarr", None)
    with pytest.raises(ImportError, match=r"a store needs zarr: pip install dcrisk\[files\]"):
        run(tmp_path / "run.zarr", 1)


def test_without_dask(eager, tmp_path, monkeypatch):
    monkeypatch.setattr("dcrisk.storage.formats.has_dask", lambda: False)
    found = run(tmp_path / "run.zarr")
    assert found.downtime.chunks is None and not found.variables["downtime"]._in_memory
    assert found.identical(eager)


def test_values_differ_so_that_the_tests_can_fail(eager):
    for name in eager.data_vars:
        assert len(np.unique(eager[name].values)) > 1, name
