"""A CUDA device gives what the processor gives; asked for where there is none, it is an error that says so.

Where numba simulates a device, all of it is tested without one: tests/on_simulator.py, in a process of its own.
"""

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

pytest.importorskip("numba.cuda")  # the simulator is part of it

import on_simulator
from on_simulator import CHECKS, EVERYTHING, FEW, STUDIES, compiled_study, eight_of_ten

import dcrisk
from dcrisk import device
from dcrisk.cli import main
from dcrisk.kernels.arrays import rest
from dcrisk.kernels.records import BLOCK
from dcrisk.outcomes import Wanted, empty_outcomes
from dcrisk.sampling import COLUMNS, sample

PATHS = [*map(str, Path(on_simulator.__file__).parents[:2]), os.environ.get("PYTHONPATH", "")]
HAS_NUMBA_CUDA = find_spec("numba_cuda") is not None


def start(argument, **more):
    """The checks, in a process where numba simulates a device."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(PATHS), "NUMBA_ENABLE_CUDASIM": "1"} | more
    command = [sys.executable, on_simulator.__file__, str(argument)]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)


@pytest.fixture(scope="module")
def simulated(tmp_path_factory):
    """What the checks say, and what plain Python has played."""
    folder = tmp_path_factory.mktemp("device")
    on_simulator.sample(compiled_study("8 of 10"), 0, 0, 1, EVERYTHING, threads=1)  # compiled here, if nowhere before
    python = start(folder / "played.npz", NUMBA_DISABLE_JIT="1")
    checks = start(folder)
    said, _ = checks.communicate(timeout=300)
    assert checks.returncode == 0 and python.wait(timeout=300) == 0
    return json.loads(said), np.load(folder / "played.npz")


@pytest.mark.parametrize("name", CHECKS)
def test_simulated(simulated, name):
    said, _ = simulated
    assert said[name] == "", said[name]


@pytest.mark.parametrize("name", FEW)
def test_functions_of_the_kernels_as_plain_python(simulated, name):
    _, played = simulated
    expected = sample(compiled_study(name), 7, 0, FEW[name], EVERYTHING, threads=1)
    for field, array in zip(expected._fields, expected, strict=True):
        np.testing.assert_array_equal(played[f"{name}/{field}"], array, err_msg=field)
    assert expected.downtime.any()


# ---------------------------------------------------------------- errors


@pytest.fixture
def no_work(monkeypatch):
    """Nothing is compiled."""

    def compile_scenario(*_, **__):
        raise AssertionError("work has begun")

    for name in ("dcrisk.simulate", "dcrisk.rare.estimates"):
        monkeypatch.setattr(sys.modules[name], "compile_scenario", compile_scenario)


def ask(function, **options):
    more = (1000,) if function is dcrisk.simulate else ()
    return function(*eight_of_ten(), *more, progress=False, **options)


@pytest.mark.parametrize("function", [dcrisk.simulate, dcrisk.estimate])
@pytest.mark.parametrize("asked", ["gpu", "cuda:0", None, 0])
def test_another_device(no_work, function, asked):
    with pytest.raises(dcrisk.SpecificationError, match="device"):
        ask(function, device=asked)


@pytest.mark.parametrize("function", [dcrisk.simulate, dcrisk.estimate])
def test_threads_of_a_device(no_work, function):
    with pytest.raises(dcrisk.SpecificationError, match="threads = 2: .* leave threads out"):
        ask(function, device="cuda", threads=2)


def test_a_device_and_a_cluster(no_work):
    with pytest.raises(dcrisk.SpecificationError, match="client: .* one of the two"):
        ask(dcrisk.estimate, device="cuda", client=object())


def test_lazy_chunks_of_a_device(no_work):
    with pytest.raises(dcrisk.SpecificationError, match=r"chunks = .* leave chunks out, .* store='run.zarr'"):
        ask(dcrisk.simulate, device="cuda", chunks={"trial": 100})


@pytest.mark.parametrize("function", [dcrisk.simulate, dcrisk.estimate])
def test_numba_cuda_is_not_installed(no_work, monkeypatch, function):
    monkeypatch.setattr(device, "find_spec", lambda name: None)
    with pytest.raises(ImportError, match=r"pip install 'dcrisk\[cuda\]'"):
        ask(function, device="cuda")


@pytest.fixture
def no_device(monkeypatch):
    from numba import cuda

    monkeypatch.setattr(device, "find_spec", lambda name: "installed")
    monkeypatch.setattr(cuda, "is_available", lambda: False)


@pytest.mark.parametrize("function", [dcrisk.simulate, dcrisk.estimate])
def test_there_is_no_device(no_work, no_device, function):
    with pytest.raises(dcrisk.SpecificationError, match="no CUDA device was found; .*driver"):
        ask(function, device="cuda")


@pytest.mark.parametrize("command", ["run", "estimate"])
def test_the_command_line_says_it_in_one_line(no_device, capsys, command):
    assert main([command, "ovh-strasbourg-2021", "--device", "cuda"]) == 1
    said = capsys.readouterr()
    assert said.out == "" and said.err.count("\n") == 1 and "no CUDA device was found" in said.err


def test_who_asks_for_no_device_needs_none():
    code = (
        "import sys, dcrisk, dcrisk.simulate, dcrisk.rare; print('numba' in sys.modules, 'numba_cuda' in sys.modules)"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert said == "False False\n"


# ---------------------------------------------------------------- with numba-cuda; with a device


@pytest.mark.skipif(not HAS_NUMBA_CUDA, reason="needs numba-cuda")
def test_it_compiles_without_a_device(monkeypatch):
    """To PTX, the code that drivers take; with products and sums that are rounded one by one."""
    from numba import cuda, types

    from dcrisk.device.arrays import kind_of
    from dcrisk.device.target import SIGNATURE, TABLE, as_written, play_for, restore

    monkeypatch.setattr("numba.cuda.dispatcher.get_current_device", lambda: SimpleNamespace(compute_capability=(8, 0)))
    number = types.float64
    with as_written():
        code, _ = cuda.compile_ptx(lambda a, b, c: a * b + c, number(number, number, number), device=True, cc=(8, 0))
        assert "mul.rn.f64" in code and "fma" not in code
        plan = compiled_study("8 of 10").plan
        outcomes = empty_outcomes(compiled_study("8 of 10"), Wanted(), BLOCK)
        kinds = (kind_of(arrays) for arrays in (plan, rest(plan, 1), outcomes, COLUMNS))
        code, _ = cuda.compile_ptx(play_for(*kinds), SIGNATURE, cc=(8, 0))
        assert ".entry" in code and "mul.f64" not in code
        code, _ = cuda.compile_ptx(restore.py_func, types.void(TABLE, TABLE, TABLE), cc=(8, 0))
        assert ".entry" in code


def has_device():
    if not HAS_NUMBA_CUDA:
        return False
    from numba import cuda

    return cuda.is_available()


@pytest.mark.skipif(not has_device(), reason="needs a CUDA device")
@pytest.mark.parametrize("name", STUDIES)
def test_on_a_device(name):
    """Logarithms may differ in the last bit, and with them a time; one trial in a thousand may then go another way."""
    scenario, layouts = STUDIES[name]()
    ours = dcrisk.simulate(scenario, layouts, 100_000, seed=1, progress=False)
    theirs = dcrisk.simulate(scenario, layouts, 100_000, seed=1, progress=False, device="cuda")
    for field in ours.data_vars:
        close = np.isclose(theirs[field], ours[field], rtol=1e-9, atol=1e-6)
        assert close.mean() > 0.999, field
    options = {"method": "crude", "precision": 0.1, "max_seconds": 300.0, "seed": 1, "progress": False}
    one, other = (dcrisk.estimate(scenario, layouts, device=which, **options) for which in ("cpu", "cuda"))
    np.testing.assert_allclose(other["risk"], one["risk"], rtol=1e-3)
