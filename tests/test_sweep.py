"""Sweeps: each point is the run that one would make by hand, and names mean what they say."""

from dataclasses import replace

import numpy as np
import pytest
import xarray as xr
from scipy import stats

import dcrisk
from dcrisk.sweeps.fields import Fields, Study

SCENARIO = dcrisk.Scenario(
    nodes=[
        dcrisk.Utility("feed"),
        dcrisk.Site("A", requires=[dcrisk.all_of("feed", backup=dcrisk.Backup(0.99, 24.0))]),
        dcrisk.Site("B", requires=[dcrisk.any_of("feed", dcrisk.all_of("A", backup=dcrisk.Backup(0.9, 1.0)))]),
        dcrisk.Site("C"),
    ],
    hazards=[
        dcrisk.Failure("failure", {"A": 2.0, "B": 1.0}, stats.expon(scale=24.0)),
        dcrisk.GridOutage("outage", {"feed": 1.0}, 5.0),
        dcrisk.Fire(
            "fire",
            {"A": 1e-2, "B": 1e-2},
            {"destroyed": 4000.0, "damaged": 500.0},
            spread={("A", "B"): 0.1},
            destroyed=0.5,
        ),
        dcrisk.Flood(
            "flood",
            {"river": dcrisk.PeaksOverThreshold(0.5, 5.0, 0.8), "lake": dcrisk.PeaksOverThreshold(0.1, 2.0, 0.1)},
            protection={"A": 7.0, "C": 3.0},
            basin={"A": "river", "C": "lake"},
            durations={"damaged": 100.0, "destroyed": 1000.0},
        ),
        dcrisk.EventTable(
            "table",
            {
                "event": ["x", "x", "y"],
                "rate_per_year": [0.1, 0.1, 0.2],
                "site": ["A", "B", "C"],
                "duration": [5.0, 6.0, 7.0],
            },
        ),
    ],
    crews=[dcrisk.Crew("crew", ["A", "B"], 2)],
)
LAYOUTS = [
    dcrisk.Layout("A", replicas=["A"], copies=["A"]),
    dcrisk.Layout("2 of 3", replicas=["A", "B", "C"], quorum=2, copies=["A", "B"], rereplication=48.0),
]
OPTIONS = {"seed": 7, "progress": False}


def changed(**values):
    """The scenario and layouts with fields set by name."""
    fields = Fields(Study(SCENARIO, LAYOUTS))
    for name in values:
        fields.check(name)
    return fields.set(values)


def hazard(study, name):
    return next(hazard for hazard in study.scenario.hazards if hazard.name == name)


# ---------------------------------------------------------------- names


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("failure.rate_per_year[A]", 3.0, lambda h: h.rate_per_year == {"A": 3.0, "B": 1.0}),
        ("failure.rate_per_year", 3.0, lambda h: h.rate_per_year == {"A": 3.0, "B": 3.0}),
        ("failure.duration", 6.0, lambda h: h.duration == 6.0),
        ("fire.contained", 0.9, lambda h: h.contained == 0.9),
        ("fire.spread[A -> B]", 0.4, lambda h: h.spread == {("A", "B"): 0.4}),
        ("fire.durations[destroyed]", 9.0, lambda h: h.durations == {"destroyed": 9.0, "damaged": 500.0}),
        ("fire.dispersion", 2.0, lambda h: h.dispersion == 2.0),
        ("flood.protection[A]", 9.0, lambda h: h.protection == {"A": 9.0, "C": 3.0}),
        ("flood.stage[river].scale", 0.5, lambda h: (h.stage["river"].scale, h.stage["lake"].scale) == (0.5, 0.1)),
        ("table.rate_per_year[x]", 0.3, lambda h: h.rates == {"x": 0.3, "y": 0.2}),
        ("table.rate_per_year", 0.3, lambda h: h.rates == {"x": 0.3, "y": 0.3}),
    ],
)
def test_fields_of_hazards(name, value, expected):
    study = changed(**{name: value})
    item = name.partition(".")[0]
    assert expected(hazard(study, item))
    others = [h for h in study.scenario.hazards if h.name != item]
    assert others == [h for h in SCENARIO.hazards if h.name != item]


def test_fields_of_nodes_crews_and_layouts():
    study = changed(**{"C.restart": 2.0, "crew.number": 1, "2 of 3.quorum": 3, "2 of 3.rereplication": 12.0})
    assert study.scenario.node("C").restart == 2.0
    assert study.scenario.crews[0].number == 1
    assert study.layouts == [LAYOUTS[0], replace(LAYOUTS[1], quorum=3, rereplication=12.0)]


def test_fields_of_backups_wherever_they_stand():
    study = changed(**{"B.backup.autonomy": 8.0})
    assert study.scenario.node("B").requires[0].of[1].backup == dcrisk.Backup(0.9, 8.0)
    assert study.scenario.node("A") == SCENARIO.node("A")
    everywhere = changed(**{"*.backup.start_probability": 0.5}).scenario
    assert everywhere.node("A").requires[0].backup == dcrisk.Backup(0.5, 24.0)
    assert everywhere.node("B").requires[0].of[1].backup == dcrisk.Backup(0.5, 1.0)


def test_rates_have_the_names_that_with_rates_gives_them():
    names = ["fire.rate_per_year", "fire.rate_per_year[B]", "flood.stage[lake].rate_per_year", "table.rate_per_year[y]"]
    for name in names:
        assert changed(**{name: 0.03}).scenario == dcrisk.with_rates(SCENARIO, {name: 0.03})


def test_every_name_of_a_field_sets_it_to_what_it_is():
    """So names lead where they say, and all can be set."""
    fields = Fields(Study(SCENARIO, LAYOUTS))
    items = [*SCENARIO.nodes, *SCENARIO.hazards, *SCENARIO.crews, *LAYOUTS]
    named = [
        (f"{item.name}.{field}", getattr(item, field))
        for item in items
        for field in item.__dataclass_fields__
        if field not in ("name", "source", "events")
    ]
    assert len(named) > 80
    for name, value in named:
        fields.check(name)
        assert fields.set({name: value}) == Study(SCENARIO, LAYOUTS)


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"fire.rate_per_yaer": [0.1]}, "fire.rate_per_yaer.*did you mean 'fire.rate_per_year'"),
        ({"fires.contained": [0.1]}, "did you mean 'fire.contained'"),
        ({"fire.name": [1.0]}, "unknown name 'fire.name'"),
        ({3: [1.0]}, "unknown name 3"),
        ({}, "parameters is empty"),
        ([0.1], "it must be a table"),
        ({"fire.contained": []}, "'fire.contained': it has no values"),
        ({"fire.contained": {}}, "'fire.contained': it has no values"),
        ({"fire.contained": 0.1}, "it must be a list"),
        ({"fire.contained": [0.1, 0.1]}, "a value is given twice"),
        ({"fire.contained": [0.1, 1.2]}, "fire 'fire': contained = 1.2.*between 0 and 1"),
        ({"failure.duration": [1.0, stats.expon()]}, "is no number; give a table of labels"),
        ({"2 of 3.quorum": [1, 4]}, "layout '2 of 3': quorum = 4"),
    ],
)
def test_what_is_wrong_is_said_before_anything_runs(parameters, words):
    def never(scenario, layouts):
        raise AssertionError("this must not run")

    with pytest.raises(dcrisk.SpecificationError, match=words):
        dcrisk.sweep(SCENARIO, parameters, LAYOUTS, run=never)


def test_a_name_that_stands_for_two_fields_is_refused():
    scenario = replace(SCENARIO, crews=[dcrisk.Crew("failure", ["A", "B"])])
    fields = Fields(Study(replace(scenario, hazards=[dcrisk.Failure("failure", 1.0, 5.0, ["A"])]), LAYOUTS))
    fields.check("failure.number")
    with pytest.raises(dcrisk.SpecificationError, match="one of the hazards and one of the crews; give them different"):
        fields.check("failure.sites")


# ---------------------------------------------------------------- runs

GRID = {"fire.contained": [0.0, 0.9], "failure.rate_per_year[A]": [1.0, 2.0, 4.0]}


def by_hand(contained, rate, run=dcrisk.simulate, **options):
    hazards = [replace(h, contained=contained) if h.name == "fire" else h for h in SCENARIO.hazards]
    scenario = dcrisk.with_rates(replace(SCENARIO, hazards=hazards), {"failure.rate_per_year[A]": rate})
    return run(scenario, LAYOUTS, **options)


def test_each_point_is_the_run_at_its_values():
    found = dcrisk.sweep(SCENARIO, GRID, LAYOUTS, trials=3000, attribute=True, **OPTIONS)
    assert found.downtime_by_hazard.dims == (*GRID, "layout", "hazard", "trial")
    assert found.attrs["trials"] == 3000
    assert "scenario_sha256" not in found.attrs  # another one at each point
    for contained in GRID["fire.contained"]:
        for rate in GRID["failure.rate_per_year[A]"]:
            point = found.sel({"fire.contained": contained, "failure.rate_per_year[A]": rate}).drop_vars(list(GRID))
            alone = by_hand(contained, rate, trials=3000, attribute=True, **OPTIONS)
            assert point.drop_attrs(deep=False).identical(alone.drop_attrs(deep=False))


def test_lazy_sweeps_hold_the_same_trials():
    lazy = dcrisk.sweep(SCENARIO, GRID, LAYOUTS, trials=3000, chunks={"trial": 1100}, **OPTIONS)
    assert lazy.downtime.chunks == ((1, 1), (1, 1, 1), (2,), (1100, 1100, 800))
    assert lazy.load().identical(dcrisk.sweep(SCENARIO, GRID, LAYOUTS, trials=3000, **OPTIONS))


def test_a_statistic_of_each_point_whatever_the_threads():
    kept = dcrisk.sweep(SCENARIO, GRID, LAYOUTS, statistic=dcrisk.summary, trials=3000, threads=1, **OPTIONS)
    assert kept.identical(
        dcrisk.sweep(SCENARIO, GRID, LAYOUTS, statistic=dcrisk.summary, trials=3000, threads=5, **OPTIONS)
    )
    assert "trial" not in kept.dims
    alone = dcrisk.summary(by_hand(0.9, 2.0, trials=3000, **OPTIONS))
    point = kept.sel({"fire.contained": 0.9, "failure.rate_per_year[A]": 2.0}).drop_vars(list(GRID))
    assert point.drop_attrs(deep=False).identical(alone.drop_attrs(deep=False))


def test_a_hundred_thousand_trials_unless_said_otherwise():
    found = dcrisk.sweep(
        SCENARIO, {"fire.contained": [0.5]}, LAYOUTS[:1], statistic=lambda r: r.mean("trial"), **OPTIONS
    )
    alone = by_hand(0.5, 2.0, trials=100_000, **OPTIONS).mean("trial")
    np.testing.assert_array_equal(found.downtime.values[0], alone.downtime.values[:1])


def test_points_share_their_random_numbers():
    """More failures of A are the same failures and others besides; so is each trial of the sweep."""
    found = dcrisk.sweep(SCENARIO, {"A.backup.start_probability": [0.2, 0.6, 1.0]}, LAYOUTS, trials=5000, **OPTIONS)
    down = found.downtime.sel(layout="A").values
    assert (np.diff(down, axis=0) <= 0.0).all()
    assert (np.diff(down, axis=0) < 0.0).any()


def test_estimates_and_exact_answers_can_be_swept():
    scenario = SCENARIO.without("fire", "flood", "table")
    parameters = {"failure.rate_per_year[A]": [1.0, 2.0]}
    exact = dcrisk.sweep(
        dcrisk.Scenario([dcrisk.Site("A"), dcrisk.Site("B")], [hazard(Study(scenario, []), "failure")]),
        parameters,
        LAYOUTS[:1],
        run=dcrisk.expected_availability,
        progress=False,
    )
    once, twice = exact.unavailability.values[:, 0]
    assert 1.9 < twice / once < 2.0
    options = {"quantity": "data_loss", "method": "stratified", "precision": 0.1} | OPTIONS
    fires = {"fire.contained": [0.0, 0.9]}
    found = dcrisk.sweep(SCENARIO, fires, LAYOUTS, run=dcrisk.estimate, **options)
    for contained in (0.0, 0.9):
        alone = by_hand(contained, 2.0, run=dcrisk.estimate, **options)
        np.testing.assert_array_equal(found.risk.sel({"fire.contained": contained}), alone.risk)
    assert "converged" in found
    assert found.attrs["method_used"] == "stratified"


def test_labels_stand_for_what_is_no_number():
    law = stats.gamma(2.0, scale=1.0)
    parameters = {"failure.rate_per_year[A]": {"known": 2.0, "guessed": law}, "2 of 3.quorum": np.array([1, 2])}
    found = dcrisk.sweep(SCENARIO, parameters, LAYOUTS, trials=2000, **OPTIONS)
    assert found["failure.rate_per_year[A]"].values.tolist() == ["known", "guessed"]
    guessed = dcrisk.with_rates(SCENARIO, {"failure.rate_per_year[A]": law})
    alone = dcrisk.simulate(guessed, LAYOUTS, 2000, **OPTIONS)
    point = found.sel({"failure.rate_per_year[A]": "guessed", "2 of 3.quorum": 2})
    np.testing.assert_array_equal(point.downtime, alone.downtime)


def test_what_differs_from_point_to_point_in_length_or_labels_is_left_out():
    def run(scenario, layouts):
        rate = scenario.hazards[0].rate_per_year["A"]
        kept = xr.Dataset(
            {"rate": rate, "long": ("row", np.zeros(int(rate))), "apart": ("name", [rate])},
            {"name": [str(rate)], "layout": ["x"]},
            {"same": 1, "other": rate},
        )
        return kept.assign(both=("layout", [rate]))

    found = dcrisk.sweep(SCENARIO, {"failure.rate_per_year[A]": [1.0, 2.0]}, LAYOUTS, run=run, progress=False)
    assert set(found.data_vars) == {"rate", "both"}
    assert found.rate.values.tolist() == [1.0, 2.0]
    assert found.attrs == {"same": 1, "base_scenario_sha256": SCENARIO.digest()}


@pytest.mark.parametrize(
    "options", [{"statistic": dcrisk.summary}, {"run": dcrisk.estimate}, {"client": "tcp://127.0.0.1:8786"}]
)
def test_chunks_go_with_all_trials_alone(options):
    with pytest.raises(dcrisk.SpecificationError, match="chunks= keeps all trials"):
        dcrisk.sweep(SCENARIO, GRID, LAYOUTS, chunks={"trial": 100}, **options)


def test_what_cannot_be_run_is_refused():
    with pytest.raises(dcrisk.SpecificationError, match="run = 3: it must be a function"):
        dcrisk.sweep(SCENARIO, GRID, LAYOUTS, run=3)
    with pytest.raises(dcrisk.SpecificationError, match="points.*1000000"):
        dcrisk.sweep(SCENARIO, {f"*.{name}": np.linspace(0, 1, 200) for name in ("restart", "cost", "lat")}, LAYOUTS)
