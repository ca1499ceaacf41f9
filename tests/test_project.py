"""The layers of the design, the imports, and the sources of what is shipped."""

import ast
import re
import subprocess
import sys
import tomllib
import zlib
from pathlib import Path

import pytest

import dcrisk
from dcrisk.files import shipped_scenarios

PACKAGE = Path(dcrisk.__file__).parent
BASE = {"specification", "version"}
SPECIFICATION = BASE | {"durations", "rates", "hazards", "scenario", "layouts"}
RUNS = SPECIFICATION | {
    *(
        "compiler",
        "kernels.arrays",
        "kernels.records",
        "memory",
        "outcomes",
        "provenance",
        "sampling",
        "simulate",
        "windows",
    ),
    *("device", "device.play"),
}
ALLOWED = {
    "specification": {"durations"},  # at run time, for the canonical form of a duration
    "version": set(),
    "__main__": {"cli"},
    "durations": {"specification"},
    "rates": BASE | {"durations"},
    "default_values": BASE | {"durations"},
    "layouts": BASE | {"durations", "scenario"},
    "plain_forms": SPECIFICATION,
    "files": SPECIFICATION | {"plain_forms"},
    "frames": BASE | {"scenario"},
    "memory": BASE,
    "provenance": SPECIFICATION | {"plain_forms"},
    "windows": BASE | {"durations", "scenario", "kernels.arrays", "kernels.records"},
    "outcomes": BASE | {"compiler", "kernels.arrays", "kernels.records", "scenario", "windows"},
    "sampling": {"compiler", "kernels.engine", "kernels.arrays", "kernels.records", "outcomes"},
    "spread": BASE | {"sampling"},
    "lazy": BASE | {"compiler", "kernels.arrays", "kernels.records", "outcomes", "sampling", "spread", "windows"},
    "simulate": RUNS
    | {"lazy", "storage.fill"},  # the latter inside the function: it needs the libraries of the formats
    "trace": RUNS,
}
SEARCH = RUNS | {"intervals", "statistics"}
SEARCH_KERNELS = {"kernels.choices", "kernels.coincidences", "kernels.engine", "kernels.neighbours"}
FIGURES = {  # what they see besides Datasets and statistics
    "curves": {"durations", "hazards", "rates"},  # a hazard is drawn from its specification: nothing is simulated
    "hazards": {"hazards", "rates"},
    "dependence": {"layouts", "simulate"},  # inside the function: a scenario, which has no results yet, is simulated
}
CLI = {  # what its files see besides the specification and public names
    "commands": {"files"},
    "figures": {"plotting.style"},
    "inputs": {"storage.formats"},
    "report": {"provenance"},
    "room": {"memory"},
    "scenarios": {"files"},
    "suspicions": {"compiler.sources"},
    "validate": {"compiler"},
}


def imported(path):
    """The modules of dcrisk that a file imports, without "dcrisk."; type checking aside."""
    tree = ast.parse(path.read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            node.body = []
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "dcrisk":
            inner = node.module.removeprefix("dcrisk").lstrip(".")
            inside = inner in ("", "kernels")  # the names are modules themselves
            names |= {f"{inner}.{alias.name}".lstrip(".") for alias in node.names} if inside else {inner}
        elif isinstance(node, ast.Import):
            names |= {alias.name.removeprefix("dcrisk.") for alias in node.names if alias.name.startswith("dcrisk.")}
    return names


@pytest.mark.parametrize("path", sorted(PACKAGE.glob("*.py")), ids=lambda path: path.stem)
def test_imports_run_downward(path):
    if path.stem != "__init__":
        assert imported(path) <= ALLOWED[path.stem]


@pytest.mark.parametrize("path", sorted((PACKAGE / "hazards").glob("*.py")), ids=lambda path: path.stem)
def test_hazards_are_specifications(path):
    assert all(name in BASE | {"durations", "rates"} or name.startswith("hazards.") for name in imported(path))


@pytest.mark.parametrize("path", sorted((PACKAGE / "scenario").glob("*.py")), ids=lambda path: path.stem)
def test_scenarios_see_hazards(path):
    allowed = BASE | {"durations", "rates", "hazards"}
    assert all(name in allowed or name.startswith("scenario.") for name in imported(path))


@pytest.mark.parametrize("path", sorted((PACKAGE / "compiler").glob("*.py")), ids=lambda path: path.stem)
def test_of_the_kernels_the_compiler_sees_their_records_alone(path):
    allowed = SPECIFICATION | {"hazards.flood", "kernels.arrays", "kernels.records"}
    assert all(name in allowed or name.startswith("compiler.") for name in imported(path))


@pytest.mark.parametrize("path", sorted((PACKAGE / "exact").glob("*.py")), ids=lambda path: path.stem)
def test_exact_solutions_see_specifications_alone(path):
    assert all(name in SPECIFICATION or name.startswith("exact.") for name in imported(path))


@pytest.mark.parametrize("path", sorted((PACKAGE / "intervals").glob("*.py")), ids=lambda path: path.stem)
def test_intervals_see_each_other_alone(path):
    assert all(name.startswith("intervals.") for name in imported(path))


@pytest.mark.parametrize("path", sorted((PACKAGE / "statistics").glob("*.py")), ids=lambda path: path.stem)
def test_statistics_see_intervals_alone(path):
    assert all(name in BASE | {"intervals"} or name.startswith("statistics.") for name in imported(path))


@pytest.mark.parametrize("path", sorted((PACKAGE / "sensitivity").glob("*.py")), ids=lambda path: path.stem)
def test_what_runs_variants_sees_runs_and_statistics(path):
    allowed = RUNS | {"intervals", "statistics.datasets", "statistics.equal", "statistics.trials"}
    assert all(name in allowed or name.startswith("sensitivity.") for name in imported(path))


@pytest.mark.parametrize("path", sorted((PACKAGE / "rare").glob("*.py")), ids=lambda path: path.stem)
def test_rare_events_see_runs_and_exact_answers(path):
    allowed = RUNS | {"intervals", "compiler.sources", "kernels", "plain_forms", "exact", "spread"}
    assert all(name in allowed or name.startswith("rare.") for name in imported(path))


@pytest.mark.parametrize("path", sorted((PACKAGE / "device").glob("*.py")), ids=lambda path: path.stem)
def test_a_device_plays_what_the_kernels_are(path):
    """It sees what `sampling` sees, and how bundles are made; of the model it says nothing."""
    allowed = BASE | {
        "compiler",
        "kernels",
        "kernels.bundle",
        "kernels.engine",
        "kernels.arrays",
        "kernels.records",
        "outcomes",
        "sampling",
    }
    assert all(name in allowed or name.split(".")[0] == "device" for name in imported(path))


@pytest.mark.parametrize("path", sorted((PACKAGE / "sweeps").glob("*.py")), ids=lambda path: path.stem)
def test_sweeps_see_specifications_and_runs(path):
    allowed = SPECIFICATION | {"sampling", "scenario.named_rates", "simulate", "spread", "windows"}
    assert all(name in allowed or name.startswith("sweeps.") for name in imported(path))


@pytest.mark.parametrize("path", sorted((PACKAGE / "search").glob("*.py")), ids=lambda path: path.stem)
def test_searches_see_runs_and_statistics(path):
    allowed = SEARCH | SEARCH_KERNELS | {"statistics.equal", "statistics.trials"}
    assert all(name in allowed or name.startswith("search.") for name in imported(path))


@pytest.mark.parametrize("path", sorted((PACKAGE / "storage").glob("*.py")), ids=lambda path: path.stem)
def test_stores_know_nothing_of_what_they_keep(path):
    """Only who makes results again knows how they are made."""
    allowed = BASE | {"kernels.arrays", "kernels.records", "memory", "provenance"}
    allowed |= {"rare", "simulate"} if path.stem == "again" else set()
    assert all(name in allowed or name.startswith("storage.") for name in imported(path))


@pytest.mark.parametrize("path", sorted((PACKAGE / "plotting").glob("*.py")), ids=lambda path: path.stem)
def test_figures_see_datasets_and_statistics_alone(path):
    seen = BASE | {"statistics"} | FIGURES.get(path.stem, set())
    assert all(name in seen or name.startswith("plotting.") for name in imported(path))
    top = [line for line in path.read_text().splitlines() if line.startswith("from dcrisk.simulate")]
    assert not top  # figures of saved results need no numba


@pytest.mark.parametrize("path", sorted((PACKAGE / "kernels").glob("*.py")), ids=lambda path: path.stem)
def test_kernels_import_kernels_alone(path):
    assert all(name.startswith("kernels.") for name in imported(path))
    outside = set(re.findall(r"^(?:from|import) (\w+)", path.read_text(), re.M)) - {"dcrisk", "__future__"}
    mine = {"engine": {"pathlib", "zlib"}, "bundle": {"llvmlite"}}.get(path.stem, set())  # is the cache stale; pointers
    assert outside <= {"math", "typing", "numpy", "numba"} | mine


@pytest.mark.parametrize("path", sorted((PACKAGE / "cli").rglob("*.py")), ids=lambda path: path.stem)
def test_the_command_line_sees_the_specification_and_public_names(path):
    """All that it simulates and estimates goes through ``dcrisk.NAME``, as in any other program."""
    allowed = SPECIFICATION | CLI.get(path.stem, set())
    assert all(name in allowed or name.split(".")[0] == "cli" for name in imported(path))


def test_nothing_imports_the_command_line():
    for path in PACKAGE.rglob("*.py"):
        if path.parent.name not in ("cli", "page") and path.stem != "__main__":
            assert not any(name.startswith("cli") for name in imported(path)), path


def test_importing_dcrisk_imports_nothing_heavy():
    heavy = ["numba", "scipy", "xarray", "matplotlib", "pandas", "dask", "distributed", "tqdm", "zarr", "h5netcdf"]
    code = f"import sys, dcrisk; print([m for m in {heavy} if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_simulate_stays_a_function_whatever_is_imported():
    code = "import dcrisk.simulate, dcrisk; from dcrisk.simulate import sample; assert callable(dcrisk.simulate)"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_every_public_name_is_there():
    for name in dcrisk.__all__:
        assert getattr(dcrisk, name) is not None
        assert getattr(dcrisk, name).__doc__
    assert set(dcrisk.__all__) <= set(dir(dcrisk))
    with pytest.raises(AttributeError, match="no attribute 'simulat'"):
        dcrisk.simulat  # noqa: B018


@pytest.mark.parametrize("name", shipped_scenarios())
def test_every_number_of_a_shipped_scenario_has_its_source(name):
    """Each line with a number says in a comment, or as a source, where it comes from."""
    text = (PACKAGE / "scenarios" / f"{name}.toml").read_text()
    tomllib.loads(text)
    for line in text.splitlines():
        code, _, comment = line.partition("  # ")
        key, _, value = code.partition(" = ")
        if code.startswith("#") or key in ("source", "name", "type", "description") or not re.search(r"[0-9]", value):
            continue
        numbers = re.sub(r'"[^"]*"', "", value)  # names may hold digits
        if re.search(r"[0-9]", numbers):
            assert re.search(r"source|assumption", comment), line


@pytest.mark.parametrize("name", shipped_scenarios())
def test_shipped_scenarios_are_read_and_written(name, tmp_path):
    scenario = dcrisk.load_scenario(name)
    assert scenario.name == name
    layouts = dcrisk.load_layouts(name)
    assert layouts
    dcrisk.save_scenario(scenario, tmp_path / "copy.toml", layouts)
    assert dcrisk.load_scenario(tmp_path / "copy.toml") == scenario
    assert dcrisk.load_layouts(tmp_path / "copy.toml") == layouts
    assert all(hazard.source for hazard in scenario.hazards)
    assert all(node.source for node in scenario.nodes)


def test_the_text_of_all_kernels_is_part_of_the_key_of_the_cache():
    """Numba keys what it keeps on disk by the values that a function closes over, too."""
    from dcrisk.kernels.engine import compiled, text_of_kernels

    assert [cell.cell_contents for cell in compiled.py_func.__closure__] == [text_of_kernels()]
    expected = zlib.crc32(b"".join(path.read_bytes() for path in sorted((PACKAGE / "kernels").glob("*.py"))))
    assert text_of_kernels() == expected
