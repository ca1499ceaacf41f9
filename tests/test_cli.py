"""The command line: what it prints, where, and with which exit code."""

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

import dcrisk
from dcrisk.cli import entry, exits, main
from dcrisk.cli import estimate as estimate_command
from dcrisk.cli.suspicions import events_per_year
from dcrisk.files import shipped_scenarios

SCENARIO = dcrisk.Scenario(
    [dcrisk.Utility("grid"), dcrisk.Site("A", requires=["grid"]), dcrisk.Site("B")],
    [
        dcrisk.Failure("equipment", 1.0, stats.expon(scale=24.0), ["A", "B"]),
        dcrisk.Fire("fire", {"A": 1e-2, "B": 1e-2}, destroyed=0.5, durations={"damaged": 500.0, "destroyed": 4000.0}),
        dcrisk.GridOutage("blackout", {"grid": 0.5}, 4.0),
    ],
    name="two sites",
)
LAYOUTS = [
    dcrisk.Layout("A or B", replicas=["A", "B"], copies=["A", "B"]),
    dcrisk.Layout("A, alone", replicas=["A"]),
]


@pytest.fixture
def path(tmp_path):
    """The scenario with its layouts in a file."""
    dcrisk.save_scenario(SCENARIO, tmp_path / "two.toml", LAYOUTS)
    return str(tmp_path / "two.toml")


@pytest.fixture
def call(capsys):
    """Run a command line: exit code, stdout, stderr."""

    def run(*arguments):
        code = main([str(argument) for argument in arguments])
        return code, *capsys.readouterr()

    return run


def error_of(result, code):
    """The one line of an error, with nothing on stdout."""
    found, out, err = result
    assert (found, out) == (code, "")
    assert err.count("\n") == 1 and err.endswith("\n")
    return err.strip()


# ------------------------------------------------------------ the program


def test_help_imports_nothing_heavy():
    heavy = ["numba", "scipy", "xarray", "matplotlib", "pandas", "dask", "tqdm", "jinja2", "zarr", "h5netcdf"]
    code = f"import sys; from dcrisk.cli import main; main(['--help']); print([m for m in {heavy} if m in sys.modules])"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert out.startswith("Usage: dcrisk") and out.endswith("[]\n")


def test_the_package_can_be_run():
    command = [sys.executable, "-m", "dcrisk", "--version"]
    out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert out == f"dcrisk, version {dcrisk.__version__}\n"


def test_without_a_command_there_is_help(call):
    code, out, err = call()
    assert (code, out) == (exits.USAGE, "") and err.startswith("Usage: dcrisk")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["rnu"], "dcrisk: error: No such command 'rnu'"),
        (["run"], "dcrisk run: error: Missing argument 'SCENARIO'"),
        (["run", "x", "--trails", "5"], "dcrisk run: error: No such option"),
        (["run", "x", "--trials", "1.5"], "'1.5' is no whole number"),
        (["run", "x", "--trials", "many"], "'many' is no whole number"),
        (["run", "x", "--trials", "inf"], "'inf' is no whole number"),
        (["run", "x", "--seed", "1e-3"], "'1e-3' is no whole number"),
        (["estimate", "x", "--quantity", "downtimes"], "dcrisk estimate: error: Invalid value for '--quantity'"),
    ],
)
def test_wrong_usage_is_one_line(call, arguments, said):
    assert said in error_of(call(*arguments), exits.USAGE)


def test_unexpected_errors_are_one_line_unless_debugged(call, monkeypatch):
    def fail(_):
        raise KeyError("lost")

    monkeypatch.setattr(dcrisk, "load_scenario", fail)
    said = error_of(call("validate", "x"), exits.BAD_INPUT)
    assert said == "dcrisk: error: unexpected KeyError: 'lost'; please report this, with what --debug shows"
    for arguments in (["--debug", "validate", "x"], ["validate", "x", "--debug"]):
        with pytest.raises(KeyError, match="lost"):
            main(arguments)


def test_a_reader_that_stops_reading_is_no_mistake():
    command = [sys.executable, "-m", "dcrisk", "scenarios", "--json"]
    reading, writing = os.pipe()
    os.close(reading)
    found = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE)
    os.close(writing)
    assert (found.returncode, found.stderr) == (1, b"")


# ------------------------------------------------------------ scenarios, validate


def test_scenarios_are_listed(call):
    code, out, err = call("scenarios")
    assert (code, err) == (0, "")
    assert [line.split()[0] for line in out.splitlines()] == shipped_scenarios()
    listed = json.loads(call("scenarios", "--json")[1])
    assert [one["name"] for one in listed] == shipped_scenarios()
    for one in listed:
        assert one["layouts"] == [layout.name for layout in dcrisk.load_layouts(one["name"])]


def test_validate_says_what_it_found(call, path):
    code, out, err = call("validate", path)
    assert (code, err) == (0, "")
    assert "two sites: 2 sites, 1 utility" in out and "all hazards" in out and "2 layouts:" in out
    found = json.loads(call("validate", path, "--json")[1])
    assert found["valid"] and found["scenario_sha256"] == SCENARIO.digest()
    assert [hazard["events_per_year"] for hazard in found["hazards"]] == pytest.approx([2.0, 0.02, 0.5])
    assert found["warnings"] == ["layout 'A, alone' names no copies, so no loss of its data is counted"]


@pytest.mark.parametrize("name", shipped_scenarios())
def test_shipped_scenarios_are_valid_without_warnings(call, name):
    found = json.loads(call("validate", name, "--json")[1])
    assert found["valid"] and found["warnings"] == []


def test_validate_names_the_file_and_the_item(call, path):
    with open(path, "a") as file:
        file.write('\n[[layouts]]\nname = "C"\nreplicas = ["Q"]\n')
    code, out, err = call("validate", path, "--json")
    assert code == exits.BAD_INPUT and json.loads(out)["valid"] is False
    assert err == f"dcrisk: error: {json.loads(out)['error']}\n" and path in err and "'Q'" in err
    error_of(call("validate", path), exits.BAD_INPUT)


def test_suspicious_input_is_named(call, tmp_path):
    backup = dcrisk.Backup(0.01, 48.0)
    scenario = dcrisk.Scenario(
        [
            dcrisk.Utility("grid"),
            dcrisk.Utility("forgotten"),
            dcrisk.Site("A", requires=[dcrisk.all_of("grid", backup=backup)]),
            dcrisk.Site("B"),
            dcrisk.Site("room", part_of="A"),
        ],
        [dcrisk.GridOutage("blackout", {"grid": 8766.0}, 1.0), dcrisk.Failure("never", 0.0, 1.0, ["B"])],
    )
    dcrisk.save_scenario(scenario, tmp_path / "a.toml")
    warnings = json.loads(call("validate", tmp_path / "a.toml", "--json")[1])["warnings"]
    assert warnings == [
        "hazard 'blackout': 8766 events a year at 'grid'; rates are per year and component",
        "hazard 'never' never happens: all its rates are 0",
        "utility 'forgotten' has no effect: no node requires it and no layout names it",
        "site 'B' is never down: nothing strikes it, nor what it requires",
        "node 'A': a backup starts with probability 0.01; is that the probability that it fails?",
    ]


def test_events_a_year_are_those_of_all_places_of_a_hazard():
    rates = stats.gamma(4.0, scale=0.5)
    peaks = dcrisk.PeaksOverThreshold(0.5, 5.0, 1.0, 0.0)
    hazards = [
        dcrisk.Failure("each", 1.5, 0.0, ["A", "B"]),
        dcrisk.Failure("shared", 1.5, 0.0, ["A", "B"], shared=True),
        dcrisk.Failure("unknown", rates, 0.0, ["A", "B"]),
        dcrisk.GridOutage("grid", {"A": 0.5, "B": 2.0}, 0.0),
        dcrisk.Flood("flood", peaks, {"A": 6.0}, {"damaged": 1.0, "destroyed": 2.0}),
        dcrisk.Maintenance("windows", ["A", "B"], every_hours=876.6, duration=2.0),
    ]
    assert [events_per_year(hazard) for hazard in hazards] == pytest.approx([3.0, 1.5, 4.0, 2.5, 0.5, 20.0])


# ------------------------------------------------------------ run


def test_run_gives_the_summary_as_json(call, path):
    code, out, err = call("run", path, "--trials", "4e3", "--seed", "7", "--json")
    assert (code, err) == (0, "")
    found = json.loads(out)
    table = dcrisk.summary(dcrisk.simulate(SCENARIO, LAYOUTS, 4000, seed=7, progress=False))
    assert (found["trials"], found["seed"], found["scenario_sha256"]) == (4000, "7", SCENARIO.digest())
    assert [layout["name"] for layout in found["layouts"]] == ["A or B", "A, alone"]
    for i, layout in enumerate(found["layouts"]):
        for name in ("availability", "downtime", "outages", "long_outage", "data_loss"):
            for key, end in (("value", ""), ("low", "_low"), ("high", "_high")):
                assert layout[name][key] == float(table[name + end][i])
        quantiles = [one["value"] for one in layout["downtime_quantile"]]
        np.testing.assert_array_equal(quantiles, table["downtime_quantile"][i])


def test_infinite_numbers_are_null(call, tmp_path):
    calm = dcrisk.Scenario([dcrisk.Site("A")], name="calm")
    dcrisk.save_scenario(calm, tmp_path / "calm.toml", [dcrisk.Layout("A", replicas=["A"])])
    code, out, _ = call("run", tmp_path / "calm.toml", "--trials", "1000", "--json")
    assert code == 0 and json.loads(out)["layouts"][0]["nines"]["value"] is None


def test_run_prints_a_table(call, path):
    code, out, err = call("run", path, "--trials", "1000")
    assert code == 0
    assert "two sites: 1,000 windows of 8,766 h, seed 0" in out
    for words in ("A or B", "A, alone", "availability", "P(outage over 8 h)", "P(data loss)", "no copies"):
        assert words in out
    assert err.startswith("dcrisk: A loss of data was ") and "A or B" in err and "A, alone" not in err
    assert call("run", path, "--trials", "1000", "--quiet")[2] == ""


def test_layouts_can_be_chosen(call, path):
    found = json.loads(call("run", path, "--trials", "100", "--layout", "A, alone", "--json")[1])
    assert [layout["name"] for layout in found["layouts"]] == ["A, alone"]
    said = error_of(call("run", path, "--trials", "100", "--layout", "A or C"), exits.BAD_INPUT)
    assert said.startswith(f"dcrisk: error: {path}: --layout") and "'A or B'" in said


def test_without_layouts_every_site_is_one(call, tmp_path):
    dcrisk.save_scenario(SCENARIO, tmp_path / "bare.toml")
    code, out, err = call("run", tmp_path / "bare.toml", "--trials", "100", "--json")
    assert code == 0 and "has no layouts; there is one for each site" in err
    assert [layout["name"] for layout in json.loads(out)["layouts"]] == ["A", "B"]


@pytest.mark.parametrize("name", ["results.nc", "results.zarr"])
def test_results_are_kept_in_a_file(call, path, tmp_path, name):
    options = ["--trials", "500", "--attribute", "--periods", "12", "--horizon", "1000", "--warmup", "10"]
    assert call("run", path, *options, "--output", tmp_path / name, "--quiet")[0] == 0
    expected = dcrisk.simulate(
        SCENARIO, LAYOUTS, 500, attribute=True, periods=12, horizon=1000.0, warmup=10.0, progress=False
    )
    with dcrisk.open_results(tmp_path / name) as kept:
        assert kept.identical(expected)


def test_a_store_goes_on(call, path, tmp_path):
    store = tmp_path / "run.zarr"
    assert call("run", path, "--trials", "3000", "--store", store, "--quiet")[0] == 0
    assert call("run", path, "--trials", "6000", "--store", store, "--quiet")[0] == 0
    with dcrisk.open_results(store) as kept:
        assert kept.identical(dcrisk.simulate(SCENARIO, LAYOUTS, 6000, progress=False))
    said = error_of(call("run", path, "--trials", "6000", "--seed", "1", "--store", store), exits.BAD_INPUT)
    assert "holds another run: seed is 0 in the store and 1 in the call" in said


def test_errors_come_before_the_work(call, path, tmp_path, monkeypatch):
    monkeypatch.setattr(dcrisk, "simulate", lambda *_, **__: pytest.fail("it was simulated"))
    for name in ("nowhere/results.nc", "results.txt"):
        said = error_of(call("run", path, "--output", tmp_path / name), exits.BAD_INPUT)
        assert name in said
    monkeypatch.undo()
    assert "and no readable file" in error_of(call("run", tmp_path / "none.toml"), exits.BAD_INPUT)
    assert "estimate keeps no trials" in error_of(call("run", path, "--trials", "1e12"), exits.BAD_INPUT)
    assert "horizon" in error_of(call("run", path, "--horizon", "-1"), exits.BAD_INPUT)


def test_an_interruption_says_how_to_go_on(path, tmp_path):
    store = tmp_path / "run.zarr"
    command = [sys.executable, "-m", "dcrisk", "run", path, "--trials", "1e9", "--store", str(store)]
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    try:
        deadline = time.monotonic() + 120.0
        while time.monotonic() < deadline and not (store.exists() and _kept(store)):
            time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60.0)
    finally:
        process.kill()
    assert (process.returncode, out) == (exits.INTERRUPTED, "")
    said = [line for line in err.splitlines() if line.startswith("dcrisk: ")]
    assert len(said) == 1 and "Traceback" not in err  # numcodecs warns of what zarr 3.0.8 uses, whatever one does
    assert said[0].startswith("dcrisk: interrupted; ")
    assert f"of 1,000,000,000 trials are kept in {store}, and the same command goes on: dcrisk run" in err
    assert dcrisk.store_progress(store).done > 0


def _kept(store):
    try:
        return dcrisk.store_progress(store).done
    except ValueError:
        return 0


def test_an_interruption_without_a_store_keeps_nothing(call, path, monkeypatch):
    def interrupt(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(dcrisk, "simulate", interrupt)
    said = error_of(call("run", path), exits.INTERRUPTED)
    assert said == "dcrisk: interrupted; nothing was kept (--store PATH keeps what is done)"
    monkeypatch.setattr(dcrisk, "estimate", interrupt)
    assert error_of(call("estimate", path), exits.INTERRUPTED) == "dcrisk: interrupted"


# ------------------------------------------------------------ estimate


def test_the_exit_code_tells_whether_an_estimate_has_converged(call, path):
    options = ["--quantity", "any_outage", "--seed", "3", "--json"]
    code, out, err = call("estimate", path, *options, "--precision", "0.1")
    found = json.loads(out)
    expected = dcrisk.estimate(SCENARIO, LAYOUTS, "any_outage", precision=0.1, seed=3, progress=False)
    assert (code, err, found["converged"]) == (exits.FINE, "", True)
    assert [one["risk"]["value"] for one in found["layouts"]] == expected["risk"].values.tolist()
    code, out, _ = call("estimate", path, *options, "--precision", "0.001", "--max-trials", "2e3")
    assert (code, json.loads(out)["converged"]) == (exits.NOT_CONVERGED, False)


def test_an_estimate_is_printed_and_kept(call, path, tmp_path):
    scenario = SCENARIO.without("fire")
    dcrisk.save_scenario(scenario, path, LAYOUTS)
    code, out, _ = call("estimate", path, "--method", "exact", "--layout", "A, alone", "--output", tmp_path / "e.nc")
    assert code == 0 and "unavailability" in out and "exact: 0 windows; the answer is exact" in out
    with dcrisk.open_results(tmp_path / "e.nc") as kept:
        np.testing.assert_allclose(
            kept["risk"], dcrisk.expected_availability(scenario, LAYOUTS[1:])["unavailability"], rtol=1e-15
        )
    assert call("report", tmp_path / "e.nc")[0] == 0
    assert "unavailability" in (tmp_path / "e.html").read_text()
    said = error_of(call("report", tmp_path / "e.nc", "--confidence", "0.9"), exits.BAD_INPUT)
    assert "an estimate has its own confidence" in said


def test_the_choices_of_estimate_are_those_of_the_library():
    from dcrisk.rare.estimates import METHODS
    from dcrisk.rare.quantities import QUANTITIES

    assert tuple(QUANTITIES) == estimate_command.QUANTITIES
    assert estimate_command.METHODS == METHODS


# ------------------------------------------------------------ report


def test_report_needs_results_of_dcrisk(call, path, tmp_path):
    assert "there is no such file" in error_of(call("report", tmp_path / "a.nc"), exits.BAD_INPUT)
    results = dcrisk.simulate(SCENARIO, LAYOUTS, 100, progress=False)
    dcrisk.save_results(dcrisk.summary(results), tmp_path / "summary.nc")
    assert "lack" in error_of(call("report", tmp_path / "summary.nc"), exits.BAD_INPUT)
    dcrisk.save_results(results, tmp_path / "run.nc")
    said = error_of(call("report", tmp_path / "run.nc", "--baseline", "A or C"), exits.BAD_INPUT)
    assert f"{tmp_path / 'run.nc'}: baseline" in said
    said = error_of(call("report", tmp_path / "run.nc", "--confidence", "95"), exits.BAD_INPUT)
    assert "confidence" in said and "95" in said


def test_what_does_not_fit_into_memory_is_not_begun(call, path, tmp_path, monkeypatch):
    from dcrisk.cli import room

    store = tmp_path / "run.zarr"
    assert call("run", path, "--trials", "3000", "--store", store, "--quiet")[0] == 0
    monkeypatch.setattr(room, "available_memory", lambda: 100_000)
    needed = (
        "needs about 0.000315 GB of memory, and 0.0001 GB are free; the results are whole in"  # 2.5 * 2 * 3000 * 21
    )
    said = error_of(call("run", path, "--trials", "3000", "--store", store), exits.BAD_INPUT)
    assert f"a summary of them {needed} {store}" in said
    assert f"a report {needed} {store}" in error_of(call("report", store), exits.BAD_INPUT)
    monkeypatch.setattr(room, "available_memory", lambda: 320_000)
    assert call("report", store)[:2] == (0, f"{tmp_path / 'run.html'}\n")


def test_what_is_missing_is_named(call, tmp_path, monkeypatch):
    results = dcrisk.simulate(SCENARIO, LAYOUTS, 100, progress=False)
    dcrisk.save_results(results, tmp_path / "run.nc")
    monkeypatch.setitem(sys.modules, "jinja2", None)
    said = error_of(call("report", tmp_path / "run.nc"), exits.BAD_INPUT)
    assert said == "dcrisk: error: report needs jinja2: pip install 'dcrisk[cli]'"
    assert not (tmp_path / "run.html").exists()


def test_exit_codes_are_documented():
    assert (exits.FINE, exits.BAD_INPUT, exits.USAGE, exits.NOT_CONVERGED, exits.INTERRUPTED) == (0, 1, 2, 3, 130)
    assert entry.commands.epilog == (
        "Exit codes: 0 fine, 1 bad input, 2 wrong usage, 3 not converged (estimate), 130 interrupted."
    )


def test_the_commands_of_the_documentation_run(tmp_path, monkeypatch, capsys):
    """In their order, with the scenario file that the page shows."""
    text = (Path(__file__).parent.parent / "docs" / "command-line.md").read_text()
    monkeypatch.chdir(tmp_path)
    for name, toml in re.findall(r"<!-- file: (\S+) -->\n```toml\n(.*?)```", text, re.S):
        Path(name).write_text(toml)
    lines = [line for block in re.findall(r"```sh\n(.*?)```", text, re.S) for line in block.splitlines()]
    assert len(lines) == 11
    for line in lines:
        program, *arguments = shlex.split(line.split(" > ")[0])
        assert program == "dcrisk"
        assert main(arguments) == 0, line
        out = capsys.readouterr().out
        if "--json" in arguments:
            json.loads(out)
    assert {path.name for path in tmp_path.iterdir()} >= {"run.zarr", "run.html", "loss.nc", "loss.html"}


def test_the_documentation_has_every_command_and_exit_code():
    text = (Path(__file__).parent.parent / "docs" / "command-line.md").read_text()
    for name in entry.commands.commands:
        assert f"| `dcrisk {name}" in text
    for code in (exits.FINE, exits.BAD_INPUT, exits.USAGE, exits.NOT_CONVERGED, exits.INTERRUPTED):
        assert f"\n| {code} | " in text
