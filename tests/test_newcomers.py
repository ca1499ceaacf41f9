"""Slips of a first day: percent for probabilities, days or years for hours, seconds for hours, names that do not exist."""

import dataclasses
import datetime
import inspect
import math
import time
import warnings

import pytest
from click.testing import CliRunner
from scipy import stats

import dcrisk
from dcrisk import sampling
from dcrisk.cli.report import report


def scenario(**options):
    return dcrisk.Scenario([dcrisk.Site("north"), dcrisk.Site("south")], [failure(**options)])


def failure(duration=24.0, sites=("north", "south")):
    return dcrisk.Failure("equipment", 1.0, duration, sites)


def fire(**options):
    return dcrisk.Fire("fire", {"north": 1e-3}, {"damaged": 9.0, "destroyed": 99.0}, **options)


PERCENT = {
    "contained": (lambda: fire(contained=90), r"fire 'fire': contained = 90: .* did you mean 0\.9\?"),
    "a table of them": (lambda: fire(destroyed={"north": 50}), r"destroyed of 'north' = 50: .* did you mean 0\.5\?"),
    "spread": (lambda: fire(spread={("north", "south"): 5.0}), r"spread .* = 5\.0: .* did you mean 0\.05\?"),
    "backup": (lambda: dcrisk.Backup(99.5, 48), r"start_probability = 99\.5: .* did you mean 0\.995\?"),
    "failover": (
        lambda: dcrisk.Layout("x", replicas=["north", "south"], failover_probability=97),
        r"layout 'x': failover_probability = 97: .* did you mean 0\.97\?",
    ),
}


@pytest.mark.parametrize("make, words", PERCENT.values(), ids=PERCENT)
def test_percent(make, words):
    with pytest.raises(dcrisk.SpecificationError, match=words):
        make()


@pytest.mark.parametrize(
    "horizon, meant", [(1, "years .* 8766"), (10.0, "years .* 87660"), (365, "days .* 8760"), (365.25, "days .* 8766")]
)
def test_a_window_in_years_or_days(horizon, meant):
    layouts = [dcrisk.Layout("any", replicas=["north", "south"])]
    with pytest.warns(UserWarning, match=f"horizon = .* h: hours are expected; if {meant}") as caught:
        results = dcrisk.simulate(scenario(), layouts, 10, horizon=horizon, progress=False)
    assert caught[0].filename == __file__
    assert results.horizon_hours == horizon  # it is taken as it is given
    with pytest.warns(UserWarning, match="hours are expected"):
        dcrisk.expected_availability(scenario(), layouts, horizon=horizon)


@pytest.mark.parametrize("duration", [30 * 86400.0, stats.lognorm(1.0, scale=30 * 86400.0)], ids=["number", "law"])
def test_a_duration_in_seconds(duration):
    with pytest.warns(
        UserWarning, match="failure 'equipment': .* 2.592e.06 h is 296 years; .* seconds .* 720 h"
    ) as caught:
        scenario(duration=duration)
    assert caught[0].filename == __file__


def test_what_is_usual_is_taken_in_silence():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        usual = scenario(duration=stats.pareto(1.1, scale=2000.0))
        dcrisk.Backup(0.99, autonomy=math.inf)
        for horizon in (8766.0, 24.0, 0.5, 8766.0 / 12, 10 * 8766.0):
            dcrisk.simulate(usual, dcrisk.site_layouts(usual), 10, horizon=horizon, progress=False)
    assert [str(warning.message) for warning in caught] == []


NAMES = {
    "site of a hazard": (lambda: scenario().given("equipment", "nroth"), "origin: .*'nroth'; did you mean 'north'"),
    "hazard": (lambda: scenario().given("equipmnt"), "'equipmnt'; did you mean 'equipment'"),
    "site of a layout": (
        lambda: dcrisk.simulate(scenario(), [dcrisk.Layout("x", replicas=["Nord"])], 10),
        "layout 'x': unknown name 'Nord'; .*north",
    ),
    "key of a table": (lambda: fire(contained={"noth": 0.5}), "'noth'; did you mean 'north'"),
    "state": (
        lambda: scenario().hazards[0].__class__("f", 1.0, 1.0, ["north"], state="destroy"),
        "did you mean 'destroyed'",
    ),
}


@pytest.mark.parametrize("make, words", NAMES.values(), ids=NAMES)
def test_names_that_do_not_exist(make, words):
    with pytest.raises(dcrisk.SpecificationError, match=words):
        make()


def test_names_differ_in_case_or_blanks():
    for wrong in ("NORTH", "North", "north ", " north"):
        with pytest.raises(dcrisk.SpecificationError, match="did you mean 'north'"):
            dcrisk.simulate(scenario(), [dcrisk.Layout("x", replicas=[wrong])], 10)


ARGUMENTS = {
    "layout": (
        lambda: dcrisk.Layout("x", replica=["north"]),
        "Layout has no argument 'replica'; did you mean 'replicas'",
    ),
    "site": (lambda: dcrisk.Site("x", latitude=48.6), "Site has no argument 'latitude'; did you mean 'lat'"),
    "backup": (lambda: dcrisk.Backup(0.99, autonmy=3), "Backup has no argument 'autonmy'; did you mean 'autonomy'"),
    "hazard": (
        lambda: dcrisk.Failure("f", rate=1.0, duration=3.0, sites=["x"]),
        "'rate'; did you mean 'rate_per_year'",
    ),
    "of its base": (lambda: fire(month=[1.0] * 12), "Fire has no argument 'month'; did you mean 'monthly'"),
    "nothing near": (lambda: dcrisk.Utility("x", zzz=1), "Utility has no argument 'zzz'; it takes name, requires"),
}


@pytest.mark.parametrize("make, words", ARGUMENTS.values(), ids=ARGUMENTS)
def test_arguments_that_do_not_exist(make, words):
    with pytest.raises(TypeError, match=words):
        make()


def test_the_signature_stays_that_of_the_class():
    assert [*inspect.signature(dcrisk.Site).parameters] == [field.name for field in dataclasses.fields(dcrisk.Site)]
    with pytest.raises(TypeError, match="missing 1 required positional argument: 'duration'"):
        dcrisk.Failure("f", 1.0)


def test_a_public_name_that_does_not_exist():
    with pytest.raises(AttributeError, match="'Layot'") as caught:
        _ = dcrisk.Layot
    assert (caught.value.name, caught.value.obj) == ("Layot", dcrisk)  # from which Python suggests Layout


@pytest.mark.parametrize(
    "law, meant",
    [
        (stats.expon(24), r"at least 24 h; did you mean stats\.expon\(scale=24\)"),
        (stats.expon(), r"one of 1 h; did you mean stats\.expon\(scale=\.\.\.\)"),
        (stats.lognorm(1.2, 4), r"did you mean stats\.lognorm\(s=1\.2, scale=4\)"),
    ],
    ids=["loc for scale", "nothing", "after the shape"],
)
def test_a_law_without_scale(law, meant):
    with pytest.warns(UserWarning, match=f"failure 'equipment': duration: .* has no scale.*{meant}") as caught:
        scenario(duration=law)
    assert caught[0].filename == __file__


@pytest.mark.parametrize(
    "law", [stats.expon(scale=1), stats.lognorm(1.2, 0, 1), stats.uniform(2.0), stats.poisson(3.0)]
)
def test_a_scale_that_is_given_or_not_needed_is_taken_in_silence(law, tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        usual = scenario(duration=law)
        dcrisk.save_scenario(usual, tmp_path / "usual.toml")  # which leaves a scale of 1 out
        assert dcrisk.load_scenario(tmp_path / "usual.toml") == usual
        dcrisk.Failure("rate", stats.gamma(2.0), 3.0, ["north"])


TYPES = {
    "number in quotes": (lambda: dcrisk.Failure("f", "0.5", 3.0, ["x"]), "number; did you mean 0.5, without quotes"),
    "percent in quotes": (lambda: fire(contained="90 %"), "number; did you mean 0.9"),
    "trials in quotes": (lambda: simulated(trials="1e6"), "from 1 to .*; did you mean 1e6, without quotes"),
    "days in words": (lambda: scenario(duration="3 days"), "'3 days' is no duration; .* did you mean 72"),
    "a difference of times": (lambda: scenario(duration=datetime.timedelta(days=3)), "no duration; .* did you mean 72"),
    "nonsense": (lambda: scenario(duration="long"), "'long' is no duration; give hours or a frozen .* distribution$"),
    "a site for its name": (
        lambda: dcrisk.Layout("x", replicas=[dcrisk.Site("north")]),
        "layout 'x': replicas: give the name 'north' instead of Site",
    ),
    "a list of names": (lambda: dcrisk.all_of(["a", "b"]), "is a list where a name is expected; give its names one by"),
    "a site for a layout": (lambda: simulated(["north"]), r"did you mean Layout\('north', replicas=\['north'\]\)"),
    "text for layouts": (lambda: simulated("north"), "layouts = 'north': it must be a list"),
    "table for layouts": (lambda: simulated({"x": ["north"]}), "layouts = .*: it must be a list"),
    "swapped": (lambda: dcrisk.estimate(scenario(), "data_loss", []), "layouts = 'data_loss': it must be a list"),
    "other sites": (
        lambda: dcrisk.Failure("f", {"nord": 1.0}, 3.0, ["north"]),
        "name different sites: 'nord', 'north' in one only",
    ),
    "column": (
        lambda: dcrisk.EventTable("t", {"event": ["a"], "rate": [1.0], "site": ["x"], "duration": [3.0]}),
        "'rate'; did you mean 'rate_per_year'",
    ),
    "shipped scenario": (lambda: dcrisk.load_scenario("ovh-strasburg-2021"), "did you mean 'ovh-strasbourg-2021'"),
}


def simulated(layouts=(), trials=10):
    return dcrisk.simulate(scenario(), layouts or [dcrisk.Layout("x", replicas=["north"])], trials, progress=False)


@pytest.mark.parametrize("make, words", TYPES.values(), ids=TYPES)
def test_one_thing_in_place_of_another(make, words):
    with pytest.raises(dcrisk.SpecificationError, match=words):
        make()


def test_a_file_without_its_ending(tmp_path):
    dcrisk.save_scenario(scenario(), tmp_path / "mine.toml")
    with pytest.raises(dcrisk.SpecificationError, match=r"did you mean '.*mine\.toml'"):
        dcrisk.load_scenario(tmp_path / "mine")


@pytest.mark.parametrize("use", [dcrisk.summary, dcrisk.durability, dcrisk.restoration, dcrisk.plot_exceedance])
def test_a_scenario_in_place_of_results(use):
    with pytest.raises(TypeError, match="Scenario is no results: give the Dataset that dcrisk.simulate returns"):
        use(scenario())


def test_a_report_of_a_folder_that_is_no_store(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty.zarr").mkdir()
    for run, words in (("empty.zarr", "empty.zarr: this folder holds no results"), (".", "results are kept as")):
        error = CliRunner().invoke(report, [run]).exception
        assert isinstance(error, ValueError) and words in str(error)


def test_a_wait_for_the_compiler_is_told(monkeypatch, capsys):
    monkeypatch.setattr(sampling, "SECONDS_IN_SILENCE", 0.0)
    for compiled, progress, told in ((False, True, True), (True, True, False), (False, False, False)):
        compilation = sampling.Compilation(lambda compiled=compiled: compiled, sampling.COMPILING)
        with sampling.tell_if_it_compiles(progress, compilation):
            time.sleep(0.2)
        assert ("compiling" in capsys.readouterr().err) is told
    simulated()
    monkeypatch.undo()
    assert sampling.is_compiled()
