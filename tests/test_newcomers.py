"""Slips of a first day: percent for probabilities, days or years for hours, seconds for hours, names that do not exist."""

import math
import warnings

import pytest
from scipy import stats

import dcrisk


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
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        usual = scenario(duration=stats.pareto(1.1, scale=2000.0))
        dcrisk.Backup(0.99, autonomy=math.inf)
        for horizon in (8766.0, 24.0, 0.5, 8766.0 / 12, 10 * 8766.0):
            dcrisk.simulate(usual, dcrisk.site_layouts(usual), 10, horizon=horizon, progress=False)


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
