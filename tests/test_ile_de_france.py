"""The study of Ile-de-France: its scenario, the arithmetic of its numbers, and the helpers of its example."""

import dataclasses
import importlib
import math
import sys
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from scipy import stats

import dcrisk
from dcrisk import durations
from dcrisk.hazards.flood import distances_km
from dcrisk.plotting.ground import local_plane

ROOT = Path(__file__).parent.parent
SCENARIO = dcrisk.load_scenario("ile-de-france")
SITES = {site.name: site for site in SCENARIO.sites}
REGION = [name for name, site in SITES.items() if 48.1 < site.lat < 49.25 and 1.4 < site.lon < 3.6]
ELSEWHERE = {"Strasbourg", "Strasbourg 2", "Roubaix", "Gravelines"}


def load(name):
    """A module of the folder of examples, where they find each other."""
    sys.path.insert(0, str(ROOT / "examples"))
    try:
        return importlib.import_module(name)
    finally:
        sys.path.pop(0)


study, ranges, rivers = load("ile_de_france"), load("ile_de_france_ranges"), load("rivers")


def hazard(name):
    return next(h for h in SCENARIO.hazards if h.name == name)


def value(key):
    return dcrisk.defaults[key].value


FLOOD = hazard("flood")

# ---------------------------------------------------------------- the places


def test_fifteen_places_of_the_region_and_four_elsewhere():
    assert len(REGION) == 15
    assert set(SITES) == set(REGION) | ELSEWHERE
    places = np.array([(SITES[name].lat, SITES[name].lon) for name in REGION])
    apart = distances_km(places)[np.triu_indices(len(places), 1)]
    assert apart.min() > 1.0  # communes, not rooms


def test_each_place_lies_by_a_river_or_is_said_to_be_out_of_its_reach():
    for name in REGION:
        by_water = FLOOD.basin.get(name) in ("Seine", "Marne", "Oise")
        dry = "lateau" in SITES[name].source or "Outside the flood zone" in SITES[name].source
        assert by_water != dry, name
    assert len([name for name in REGION if name in FLOOD.protection]) == 9


def upstream(name):
    node = next(n for n in SCENARIO.nodes if n.name == name)
    found = {name}
    for need in node.requires:
        for other in [need] if isinstance(need, str) else need.names():
            found |= upstream(other)
    return found


@pytest.mark.parametrize("name", SITES)
def test_each_place_hangs_on_one_substation_one_regional_grid_and_the_national_one(name):
    needs = upstream(name)
    assert len([n for n in needs if n.endswith("substation")]) == 1
    regional = needs & {"Ile-de-France grid", "Alsace grid", "Northern grid"}
    assert len(regional) == 1
    assert (regional == {"Ile-de-France grid"}) == (name in REGION)
    assert "French grid" in needs


def distance_to_river(site, line):
    """Kilometres from a place to a line between towns."""
    points = local_plane(site.lat, site.lon)(*np.array(line).T)  # the site is at (0, 0)
    starts, ways = points[:-1], np.diff(points, axis=0)
    shares = np.clip(-(starts * ways).sum(axis=1) / (ways**2).sum(axis=1), 0.0, 1.0)
    return np.hypot(*(starts + shares[:, None] * ways).T).min()


def test_the_rivers_that_are_drawn_pass_by_the_places_on_them_and_join():
    for name, basin in FLOOD.basin.items():
        if name in SITES:
            reach = 3.5 if "edge" in study.KIND[name] else 2.5
            assert distance_to_river(SITES[name], rivers.RIVERS[basin]) < reach, name
    for name in ("Marcoussis", "Les Ulis", "Velizy", "Magny-les-Hameaux"):
        assert min(distance_to_river(SITES[name], line) for line in rivers.RIVERS.values()) > 5.0
    for tributary in ("Marne", "Oise"):
        assert rivers.RIVERS[tributary][-1] in rivers.RIVERS["Seine"]


# ---------------------------------------------------------------- the numbers


def test_the_seine_is_the_fit_to_the_record_of_austerlitz():
    seine = FLOOD.stage["Seine"]
    assert seine == dcrisk.PeaksOverThreshold(**value("flood.austerlitz"))
    peaks = value("flood.austerlitz.peaks")
    assert (peaks["1910-01-28"], peaks["1955-01-23"]) == (8.62, 7.12)
    others = value("flood.austerlitz.other_peaks")
    for stage, years in ((8.62, 174), (7.12, 35), (others["2016"], 12), (others["2018"], 9.2)):
        assert 1 / seine.exceedance_rate_per_year(stage) == pytest.approx(years, rel=0.01)
    assert FLOOD.rate_per_year >= seine.rate_per_year
    scale, shape, weight = ranges.seine_posterior()
    assert (weight @ scale, weight @ shape) == pytest.approx((seine.scale, seine.shape), abs=0.005)


def test_the_marne_and_the_oise_say_what_their_sources_say():
    marne, oise = FLOOD.stage["Marne"], FLOOD.stage["Oise"]
    assert marne.return_level(174) == 6.99  # as rare as 1910 at Austerlitz
    assert oise.exceedance_rate_per_year(5.17) == pytest.approx(22 / 111, rel=0.02)  # 22nd time in 1910 to 2021
    assert oise.return_level(112) == 6.50
    assert study.FLOOD_OF_1910["Oise"] == pytest.approx(float(oise.return_level(174)), abs=0.005)
    assert FLOOD.stage["Rhine"].exceedance_rate_per_year(FLOOD.protection["Strasbourg"]) == pytest.approx(1e-3)


CLASSES = {
    0.05: ["Saint-Denis", "Paris 11", "Saint-Ouen-l'Aumone"],
    0.1: ["Saclay substation", "Versailles substation", "Brie substation"],
    0.35: [
        *("Clichy", "Nanterre", "Courbevoie", "Vitry", "Creteil"),
        *("Plaine substation", "East Paris substation", "Cergy substation"),
    ],
    0.7: ["Lower Seine substation", "Marne substation"],
    0.9: ["Ivry", "Upper Seine substation"],
}


def test_levels_of_protection_follow_from_the_classes():
    listed = [(name, chance) for chance, names in CLASSES.items() for name in names]
    assert {name for name, _ in listed} == set(FLOOD.protection) - {"Strasbourg", "Strasbourg 2"}
    for name, chance in listed:
        stage = study.FLOOD_OF_1910[FLOOD.basin[name]]
        assert stats.norm.sf((FLOOD.protection[name] - stage) / FLOOD.residual_sd) == pytest.approx(chance, abs=0.02), (
            name
        )


def test_a_flood_like_1910_reaches_each_class_as_often_as_it_should():
    """Simulated shares beside normal probabilities: 20 places, 4.5 standard errors each, false alarm below 2e-4."""
    # what floods, not what is dark: each place with nothing that it requires
    bare = [dcrisk.Utility(name, lat=n.lat, lon=n.lon) for n in SCENARIO.nodes if (name := n.name) in FLOOD.protection]
    alone = dcrisk.Scenario(bare, [FLOOD], name="bare").given("flood", stage=study.FLOOD_OF_1910)
    names = [name for name in FLOOD.protection if FLOOD.basin[name] != "Rhine"]
    layouts = [dcrisk.Layout(name, up=name) for name in names]
    trials = 20_000
    shares = (dcrisk.simulate(alone, layouts, trials, seed=3, horizon=1.0, progress=False).downtime > 0).mean("trial")
    for name in names:
        p = stats.norm.sf((FLOOD.protection[name] - study.FLOOD_OF_1910[FLOOD.basin[name]]) / FLOOD.residual_sd)
        assert abs(shares.sel(layout=name) - p) < 4.5 * math.sqrt(p * (1 - p) / trials), name


PAIRS = [
    (hazard("fire").contained, "fire.contained_without_sprinklers"),
    (hazard("fire").isolation_probability, "fire.campus_cut_off"),
    (hazard("fire").isolation_delay, "fire.isolation_delay"),
    (hazard("fire").spread_delay, "fire.spread_delay"),
    (hazard("fire").durations["destroyed"], "fire.recovery.building"),
    (hazard("fire").durations["damaged"], "fire.recovery.room"),
    (hazard("fire").durations["isolated"], "fire.recovery.isolated"),
    (hazard("fire next door").duration, "fire.recovery.isolated"),
    *((rate, "fire.ignition_rate") for rate in hazard("fire").rate_per_year.values()),
    (FLOOD.residual_sd, "flood.residual_sd"),
    (FLOOD.durations["damaged"], "flood.recovery.grid"),
    (FLOOD.durations["destroyed"], "flood.recovery.site"),
    (hazard("grid, local").duration, "grid.local.duration"),
    (hazard("grid, local").rate_per_year["Vitry feed"], "grid.local.medium_voltage"),
    (hazard("grid, local").rate_per_year["Saclay substation"], "grid.local.high_voltage"),
    *((rate, "grid.regional.rate") for rate in hazard("grid, regional").rate_per_year.values()),
    (hazard("grid, regional").duration, "grid.regional.duration.high_voltage"),
    (hazard("grid, national").rate_per_year["French grid"], "grid.national.rate"),
    (hazard("equipment").rate_per_year, "baseline.equipment.rate"),
    (hazard("software everywhere").duration, "baseline.software.duration"),
    (hazard("network of the operator").rate_per_year, "baseline.operator_network.rate"),
    *((site.restart, "site.restart") for site in SITES.values()),
]


@pytest.mark.parametrize(("used", "key"), PAIRS)
def test_the_scenario_uses_the_defaults(used, key):
    default = value(key)
    if durations.is_frozen(used) or not durations.is_frozen(default):
        assert durations.plain(used) == durations.plain(default)
    else:
        assert used == pytest.approx(default.mean(), rel=0.02)


def test_numbers_that_follow_from_others():
    neighbour = value("fire.ignition_rate").mean() * (1 - value("fire.contained_without_sprinklers"))
    neighbour *= value("fire.campus_cut_off").mean()
    for name, rate in hazard("fire next door").rate_per_year.items():
        number = 6 if name in ("Roubaix", "Gravelines") else 2
        assert rate == pytest.approx(number * neighbour, rel=0.02)
    everywhere, one = hazard("software everywhere").rate_per_year, hazard("software and people").rate_per_year
    assert everywhere + one == pytest.approx(value("baseline.software.rate"))
    low, high = value("baseline.common_share").values()
    assert everywhere == pytest.approx((low + high) / 2)
    assert hazard("fire next door, Strasbourg").rate_per_year == pytest.approx(2 * neighbour, rel=0.02)
    assert value("flood.lead_time")["low"] == FLOOD.lead_time


def test_the_layouts_of_the_example_are_of_this_scenario_and_its_kinds_name_every_place():
    listed = study.layouts(ranges.STUDY)
    dcrisk.simulate(SCENARIO, listed, 1, progress=False)
    assert len({layout.name for layout in listed}) == 18
    assert dcrisk.load_layouts("ile-de-france") == listed
    assert set(study.KIND) == set(SITES) == set(study.COST)
    for name, one in study.SWEEPS.items():
        assert name in ranges.ASSUMPTIONS
        assert set(one.layouts) <= {layout.name for layout in listed}
        assert set(one.layouts) <= set(study.STYLES)


# ---------------------------------------------------------------- the helpers


def test_the_values_of_the_study_change_nothing():
    assert ranges.with_values(SCENARIO, ranges.STUDY) == SCENARIO
    seine = dcrisk.defaults["flood.austerlitz"].value
    changed = ranges.with_values(SCENARIO, {}, seine)
    assert changed.hazards[0].stage["Seine"] == FLOOD.stage["Seine"]
    assert changed.hazards[0].stage["Marne"].return_level(174.12) == pytest.approx(6.99, abs=0.001)


@pytest.mark.parametrize("name", [name for name in ranges.ASSUMPTIONS if name != "record"])
def test_each_assumption_changes_what_it_names_and_nothing_else(name):
    other = float(ranges.ASSUMPTIONS[name].law.ppf(0.8))
    changed = ranges.with_values(SCENARIO, {name: other})
    of_layouts = name in ("failover", "failover_hours", "relocation")
    assert (changed == SCENARIO) == of_layouts
    if of_layouts:
        assert study.layouts(ranges.STUDY | {name: other}) != study.layouts(ranges.STUDY)
    touched = {h.name for h, old in zip(changed.hazards, SCENARIO.hazards, strict=True) if h != old}
    expected = {
        "fire": {"fire", "fire next door", "fire next door, Strasbourg"},
        "cut_off": {"fire", "fire next door", "fire next door, Strasbourg"},
        "dikes": {"flood", "flood from the sea"},
        "common": {"software everywhere", "software and people"},
        "nation": {"grid, national"},
        **dict.fromkeys(("banks", "substations", "rivers", "water_hours"), {"flood"}),
        **dict.fromkeys(("north", "alsace", "region"), {"grid, regional"}),
    }
    assert touched == expected.get(name, set())


def test_values_reach_the_right_places():
    changed = ranges.with_values(SCENARIO, {"banks": 0.5, "substations": -1.0, "dikes": 2e-3, "refuelled": 0.4})
    flood = changed.hazards[0]
    assert flood.protection["Vitry"] == FLOOD.protection["Vitry"] + 0.5
    assert flood.protection["Saclay substation"] == FLOOD.protection["Saclay substation"] - 1.0
    assert flood.protection["Strasbourg"] == FLOOD.protection["Strasbourg"]
    assert flood.stage["Rhine"].exceedance_rate_per_year(3.0) == pytest.approx(2e-3)
    refuelled = {s.name: s.requires[0].of[0].backup.refuel_probability for s in changed.sites}
    assert refuelled["Vitry"] == refuelled["Marcoussis"] == 0.4
    back = ranges.with_values(SCENARIO, {"refuelled": 0.95})
    refuelled = {s.name: s.requires[0].of[0].backup.refuel_probability for s in back.sites}
    assert (refuelled["Vitry"], refuelled["Marcoussis"]) == (0.5, 0.95)
    longer = ranges.stretched(stats.uniform(120.0, 720.0), 2.0)
    assert longer.support() == (240.0, 1680.0)


def test_draws_cover_the_range_of_each_assumption_evenly():
    drawn = ranges.drawn_values(20, seed=1)
    assert drawn == ranges.drawn_values(20, seed=1)
    for name, one in ranges.ASSUMPTIONS.items():
        shares = np.sort(one.law.cdf([values[name] for values in drawn]))
        assert (np.floor(shares * 20 - 1e-9) == np.arange(20)).all(), name  # one in each twentieth
        low, high = one.law.ppf([0.001, 0.999])
        assert low <= one.value <= high, name
    for values in drawn:
        ranges.with_values(SCENARIO, values, ranges.seine_draws(50)[int(50 * values["record"])])


def test_draws_of_the_seine_are_in_the_order_of_the_return_period_of_1910():
    """Median about 200 years and 5 to 95 % 58 to 1300, as docs/defaults.md says."""
    laws = [dcrisk.PeaksOverThreshold(**law) for law in ranges.seine_draws(4000)]
    rates = np.array([law.exceedance_rate_per_year(8.62) for law in laws])
    assert (np.diff(rates) <= 0).all()
    with np.errstate(divide="ignore"):
        low, middle, high = np.percentile(1 / rates, [5, 50, 95])
    assert (low, middle, high) == pytest.approx((58, 200, 1300), rel=0.15)


def test_crossings_of_straight_lines_are_exact():
    x = np.array([0.0, 1.0, 3.0])
    assert ranges.crossings(x, np.array([1.0, -3.0, -1.0])) == [0.25]
    assert ranges.crossings(x, np.array([1.0, -1.0, 1.0])) == [0.5, 2.0]
    assert ranges.crossings(x, np.array([1.0, 2.0, 3.0])) == []
    assert ranges.crossings(x, np.array([1.0, 0.0, -3.0])) == [1.0]
    assert ranges.crossings(x, np.array([1.0, 1.0, 0.0])) == [3.0]


def test_ranks_and_their_stability_by_hand():
    hours = np.array([[1.0, 2.0, 3.0, 4.0], [2.0, 2.0, 3.0, 4.0], [4.0, 3.0, 2.0, 1.0]])
    np.testing.assert_array_equal(ranges.ranks(hours)[1], [1.5, 1.5, 3.0, 4.0])
    found = ranges.stability(hours, np.array([1.0, 2.0, 3.0, 4.0]))
    np.testing.assert_allclose(found["first"], [2 / 3, 1 / 3, 0, 1 / 3])
    np.testing.assert_allclose(found["top three"], [2 / 3, 1, 1, 1 / 3])
    np.testing.assert_allclose(found["mean rank"], [6.5 / 3, 6.5 / 3, 8 / 3, 9 / 3])
    assert found["tau"][0] == pytest.approx(1.0)
    assert found["tau"][1] == pytest.approx(5 / math.sqrt(6 * 5))  # tau-b with one tie
    assert found["tau"][2] == pytest.approx(-1.0)
    np.testing.assert_allclose(study.near_best(np.array([[1.0, 1.1, 1.3], [5.0, 4.0, 4.1]])), [0.5, 1.0, 0.5])


def test_phi_is_the_correlation_of_yes_and_no():
    first = np.array([1, 1, 0, 0, 0, 1, 0, 1], bool)
    second = np.array([1, 0, 0, 0, 1, 1, 0, 1], bool)
    assert ranges.phi(first, second) == pytest.approx(np.corrcoef(first, second)[0, 1])
    assert ranges.phi(first, first) == pytest.approx(1.0)
    assert math.isnan(ranges.phi(first, np.zeros(8, bool)))


def test_blocks_of_trials_and_where_lines_cross():
    hours = np.arange(40.0).reshape(2, 20)
    results = xr.Dataset({"downtime": (("layout", "trial"), hours)})
    blocks = study.block_means(results)
    assert blocks.shape == (study.BLOCKS, 2)
    np.testing.assert_allclose(blocks[0], [0.5, 20.5])
    np.testing.assert_allclose(blocks.mean(axis=0), hours.mean(axis=1))
    one = study.Sweep("axis", [1.0, 4.0], [("A", "B")])
    rising = np.stack([np.array([1.0, 4.0]), np.array([2.0, 2.0])], axis=-1)[:, None, :].repeat(study.BLOCKS, axis=1)
    x = np.array([1.0, 4.0])
    # log hours of A go from 0 to log 4, so half way they are log 2, which is B
    assert study.Swept(one, x, False, rising).crossings(("A", "B")) == [2.5]
    assert study.Swept(one, x, True, rising).crossings(("A", "B")) == pytest.approx([2.0])
    assert study.tipping_words(study.Swept(one, x, False, rising), ("A", "B"), 1) == "below 2.5 (2.5 to 2.5)"
    assert study.tipping_words(study.Swept(one, x, False, rising / [1, 4]), ("A", "B"), 1).startswith(
        "nowhere, by 0.50 to 3.5"
    )


def test_families_of_pairs_are_those_of_the_kinds():
    found = dcrisk.search_layouts(
        SCENARIO,
        ["Vitry", "Clichy", "Marcoussis", "Roubaix"],
        replicas=(1, 2),
        trials=200,
        intervals="none",
        progress=False,
    )
    families = {words: len(hours) for words, hours, _ in study.pair_families(found)}
    assert families == {
        "bank of the Seine and bank of the Seine": 1,
        "bank of the Seine and plateau": 2,
        "bank of the Seine and north": 2,
        "plateau and north": 1,
    }
    medians = [np.median(hours) for _, hours, _ in study.pair_families(found)]
    assert medians == sorted(medians)


def test_the_floor_under_every_layout_is_what_strikes_all_places():
    """docs/ile-de-france.md says 0.17 h a year; a pair far apart is hardly above it, and no layout below."""
    everywhere = [h for h in SCENARIO.hazards if getattr(h, "shared", False) and set(h.sites) == set(SITES)]
    assert {h.name for h in everywhere} == {"software everywhere", "network of the operator"}
    floor = sum(h.rate_per_year * h.duration.mean() for h in everywhere)
    assert floor == pytest.approx(0.170, abs=0.001)
    alone = SCENARIO.without(*(h.name for h in SCENARIO.hazards if h not in everywhere))
    layout = dcrisk.Layout("three", replicas=["Marcoussis", "Roubaix", "Strasbourg"])
    hours = dcrisk.simulate(alone, [layout], 40_000, seed=1, progress=False).downtime.values[0]
    assert abs(hours.mean() - floor) < 4.5 * hours.std() / math.sqrt(hours.size)  # false alarm 7e-6


def test_a_backup_is_started_by_people_unless_the_place_is_back_before():
    """One place dark for 30 h or 300 h, a backup elsewhere, people who take the median of 72 h when it is certain."""
    layout = next(one for one in study.layouts(ranges.STUDY) if one.name == study.TO_COMPARE)
    for hours, expected in ((30.0, 30.0), (300.0, 72.0)):
        dark = dcrisk.Scenario(
            [dcrisk.Utility("grid"), dcrisk.Site("Strasbourg", requires=["grid"]), dcrisk.Site("Roubaix")],
            [dcrisk.GridOutage("dark", {"grid": 0.0}, hours)],
        ).given("dark", origin="grid")
        certain = dataclasses.replace(
            layout, manual_failover=72.0, migration=None, relocation=None, failback=None, failback_delay=0.0
        )
        result = dcrisk.simulate(dark, [certain], 10, seed=1, progress=False)
        assert (result.downtime == expected).all()
