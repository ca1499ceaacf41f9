"""The shipped numbers: complete, sourced, parsed, and the same in the scenarios and in the documents.

``python tests/test_defaults.py`` writes the generated part of docs/defaults.md.
"""

import math
import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

import dcrisk
from dcrisk import durations
from dcrisk.default_values import CONFIDENCE, DEFAULTS, Default

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "defaults.md"
MARK = "<!-- generated -->\n"
TITLES = {
    "fire": "Fire",
    "flood": "Flood",
    "grid": "Electricity grid",
    "genset": "Generators",
    "backup": "Fuel",
    "ups": "UPS",
    "site": "Restart",
    "baseline": "Everyday operations",
    "failover": "Failover",
    "shared_fraction": "Shared uncertainty",
}


def tables():
    """The generated part of the page: a table for each first word of a key."""
    assert {key.split(".")[0] for key in DEFAULTS} == set(TITLES)
    return "".join(
        f"\n## {title}\n\n{DEFAULTS.table(word if word in DEFAULTS else word + '.')}" for word, title in TITLES.items()
    )


def numbers(value):
    """All numbers of a value; of a distribution, its median."""
    if isinstance(value, dict):
        return list(value.values())
    return [float(value.median())] if durations.is_frozen(value) else [value]


@pytest.mark.parametrize("key", DEFAULTS)
def test_every_entry_is_complete(key):
    raw = tomllib.loads((ROOT / "dcrisk" / "defaults.toml").read_text())[key]
    assert set(raw) == {"value", "unit", "meaning", "source", "confidence"}
    entry = DEFAULTS[key]
    assert isinstance(entry, Default)
    assert entry.key == key
    assert entry.unit.strip()
    assert entry.meaning.strip()
    assert len(entry.source) > 5
    assert entry.confidence in CONFIDENCE
    assert (entry.confidence == "assumption") == entry.source.startswith("assumption: ")
    assert "|" not in entry.source + entry.meaning + entry.unit
    assert all(isinstance(x, float) and math.isfinite(x) for x in numbers(entry.value))


@pytest.mark.parametrize("key", [key for key in DEFAULTS if DEFAULTS[key].unit == "1"])
def test_probabilities_and_shares_are_such(key):
    if key in ("fire.ignition.correction", "grid.regional.dispersion", "flood.dependence"):  # factors and the like
        return
    assert all(0 <= x <= 1 for x in numbers(DEFAULTS[key].value))


def test_it_is_a_mapping():
    assert len(DEFAULTS) == len(list(DEFAULTS)) > 50
    assert "fire.ignition_rate" in DEFAULTS
    assert "fire.ignition" not in DEFAULTS
    assert 3 not in DEFAULTS
    assert DEFAULTS.get("nothing") is None
    assert DEFAULTS.get("nothing", 1.0) == 1.0
    assert DEFAULTS.get("site.restart").unit == "h"
    assert [entry.key for entry in DEFAULTS.values()] == list(DEFAULTS)
    assert f"{len(DEFAULTS)} quantities" in repr(DEFAULTS)
    assert repr(DEFAULTS["backup.autonomy"]).startswith("<backup.autonomy = 48 h (assumption): ")
    assert str(DEFAULTS["fire.sprinklers_work"]) == "0.88"


@pytest.mark.parametrize(
    ("key", "hint"),
    [("fire.recovery.isolate", "did you mean 'fire.recovery.isolated'"), ("zzz", "known: "), (3, "unknown name 3")],
)
def test_an_unknown_key_is_an_error_that_helps(key, hint):
    with pytest.raises(dcrisk.SpecificationError, match=hint):
        DEFAULTS[key]


def test_entries_cannot_be_changed():
    with pytest.raises(AttributeError):
        DEFAULTS["backup.autonomy"].value = 1.0
    DEFAULTS["fire.gas_works"].value["low"] = 7.0
    assert DEFAULTS["fire.gas_works"].value["low"] == 0.8
    with pytest.raises(TypeError):
        DEFAULTS["backup.autonomy"] = 1.0


def test_the_public_name_is_the_mapping_whatever_is_imported():
    code = "import dcrisk, dcrisk.default_values as d; import dcrisk.files; assert dcrisk.defaults is d.DEFAULTS"
    subprocess.run([sys.executable, "-c", code], check=True)
    assert "defaults" in dcrisk.__all__


def test_numbers_are_read_without_scipy():
    code = (
        "import sys; from dcrisk.default_values import DEFAULTS; "
        "DEFAULTS['backup.autonomy'], list(DEFAULTS), repr(DEFAULTS); assert 'scipy' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_page_is_up_to_date():
    assert PAGE.read_text().partition(MARK)[2] == tables(), "run python tests/test_defaults.py"


def test_the_page_explains_the_words_of_confidence():
    for word, meaning in CONFIDENCE.items():
        assert f"| {word} | {meaning} |" in PAGE.read_text()


# ---------------------------------------------------------------- what is computed is computed again


def test_gauge_of_austerlitz():
    """The posterior of peaks over 5 m: prior N(0, 0.1) on the shape, flat on log scale, Jeffreys on the rate."""
    peaks = DEFAULTS["flood.austerlitz.peaks"].value
    years = 13.42 + 74 + 20  # October 1885 to February 1899; 1900 to 1973; 1990 to 2009
    fit = DEFAULTS["flood.austerlitz"].value
    excess = np.array(list(peaks.values())) - fit["threshold"]
    assert len(excess) == 27
    assert excess.min() > 0
    days = np.array(list(peaks), dtype="datetime64[D]")
    assert np.diff(days).min() >= np.timedelta64(30, "D")

    scale, shape = np.meshgrid(np.geomspace(0.3, 4.0, 300), np.linspace(-0.5, 0.5, 201), indexing="ij")
    log_density = stats.norm.logpdf(shape, 0, 0.1)
    for x in excess:
        log_density = log_density + stats.genpareto.logpdf(x, shape, scale=scale)
    weight = np.exp(log_density - log_density.max())
    weight /= weight.sum()
    assert fit["scale"] == pytest.approx((weight * scale).sum(), abs=0.005)
    assert fit["shape"] == pytest.approx((weight * shape).sum(), abs=0.005)

    rate = DEFAULTS["flood.austerlitz.rate"].value
    jeffreys = dcrisk.jeffreys_rate(len(excess), years)
    assert durations.plain_parameters(rate) == pytest.approx(durations.plain_parameters(jeffreys), rel=1e-3)
    assert fit["rate_per_year"] == pytest.approx(jeffreys.mean(), abs=0.0005)

    seine = dcrisk.PeaksOverThreshold(**fit)
    assert 1 / seine.exceedance_rate_per_year(8.62) == pytest.approx(174, abs=1)
    draws = np.random.default_rng(1).choice(weight.size, 100_000, p=weight.ravel())
    above = stats.genpareto.sf(8.62 - fit["threshold"], shape.ravel()[draws], scale=scale.ravel()[draws])
    with np.errstate(divide="ignore"):
        period = 1 / (above * jeffreys.rvs(above.size, random_state=2))
    low, median, high = np.percentile(period, [5, 50, 95])
    assert (low, median, high) == pytest.approx((58, 200, 1300), rel=0.05)


def value(key):
    return DEFAULTS[key].value


@pytest.mark.parametrize(
    ("stated", "computed"),
    [
        (value("fire.sprinklers_work"), 0.92 * 0.96),
        (value("fire.building_loss_rate")["compartmented_with_sprinklers"], 0.003 * 0.15 * 0.15),
        (value("fire.building_loss_rate")["open_without_sprinklers"], 0.003 * 0.4 * 0.5),
        (1 - value("fire.contained_with_sprinklers"), 0.15),
        (1 - value("fire.contained_without_sprinklers"), 0.4),
        (value("genset.start_probability"), 1 - value("genset.failure_to_start") - value("genset.unavailability")),
        (value("genset.run_failure_rate_per_hour"), 1 / 1100),
        (value("genset.well_kept")["run_failure_rate_per_hour"], 1 / 1662),
        (value("genset.poor")["run_failure_rate_per_hour"], math.log(2) / 48),
        (value("baseline.outage_rate"), -math.log(1 - value("baseline.outages")["had_one_in_3_years"]) / 3),
        (value("grid.local.high_voltage.minutes")["2021"], 4 + 4 / 60),
        (60 * value("grid.local.medium_voltage") * value("grid.local.duration").mean(), 33),
        (value("backup.refuel").cdf(value("backup.autonomy")), 0.976),
        (value("site.restart").cdf(7.35), 0.71),
        (value("site.restart").cdf(36.4), 0.99),
        (value("ups.autonomy.strasbourg").support()[0] * 60, 8 + 41 / 60),
        (value("ups.autonomy.strasbourg").support()[1] * 60, 16 + 53 / 60),
        (
            value("flood.rhine.strasbourg_breach_rate").ppf(0.95),
            10 * value("flood.rhine.strasbourg_breach_rate").ppf(0.05),
        ),
        (value("fire.spread.distance")["at_zero"] * math.exp(-20 / value("fire.spread.distance")["length_m"]), 0.066),
    ],
)
def test_arithmetic_of_the_sources(stated, computed):
    assert stated == pytest.approx(computed, rel=0.01)


def test_well_kept_generators_fail_as_the_abstract_says():
    kept = value("genset.well_kept")
    start = 1 - kept["failure_to_start"] - kept["unavailability"]
    assert 1 - start * math.exp(-336 * kept["run_failure_rate_per_hour"]) == pytest.approx(0.2, abs=0.02)


def test_entries_fit_the_classes_that_they_are_for():
    seine = dcrisk.PeaksOverThreshold(**value("flood.austerlitz"))
    flood = dcrisk.Flood(
        "Seine",
        seine,
        protection={"A": 7.0},
        durations={"damaged": value("flood.recovery.site"), "destroyed": value("flood.recovery.site")},
        residual_sd=value("flood.residual_sd"),
        lead_time=value("flood.lead_time")["low"],
        **value("flood.fragility"),
    )
    assert flood.fragility == 0.6
    assert dcrisk.ignition_rate(1000.0, **value("fire.ignition.storage")) == pytest.approx(0.0212, rel=0.01)
    backup = dcrisk.Backup(
        start_probability=value("genset.start_probability"),
        autonomy=value("backup.autonomy"),
        refuel_probability=value("backup.refuel_probability"),
        common_cause=value("genset.common_cause"),
        run_failure_rate_per_hour=value("genset.run_failure_rate_per_hour"),
    )
    assert backup.autonomy == 48.0
    dcrisk.Failure("equipment", value("fire.ignition_rate"), value("baseline.equipment.duration"), ["A"])


# ---------------------------------------------------------------- the shipped scenarios say the same

STRASBOURG = dcrisk.load_scenario("ovh-strasbourg-2021")


def hazard(name):
    return next(h for h in STRASBOURG.hazards if h.name == name)


def node(name):
    return next(n for n in STRASBOURG.nodes if n.name == name)


def backup_of(name):
    return node(name).requires[0].backup


FIRE, LOCAL, REGIONAL, NATIONAL = (hazard(n) for n in ("fire", "grid, local", "grid, regional", "grid, national"))
EVERYDAY = {
    "equipment": "baseline.equipment",
    "software and people": "baseline.software",
    "network of a campus": "baseline.network",
    "network of the operator": "baseline.operator_network",
}
PAIRS = [
    ("contained", FIRE.contained, "fire.contained_without_sprinklers"),
    ("spread_delay", FIRE.spread_delay, "fire.spread_delay"),
    ("isolation_probability", FIRE.isolation_probability, "fire.campus_cut_off"),
    ("isolation_delay", FIRE.isolation_delay, "fire.isolation_delay"),
    ("shared_fraction", FIRE.shared_fraction, "shared_fraction"),
    ("reignition_delay", FIRE.reignition_delay, "fire.reignition_delay"),
    ("reignition_destroyed", FIRE.reignition_destroyed, "fire.reignition_destroyed"),
    *((f"ignitions, {n}", FIRE.rate_per_year[n], "fire.ignition_rate") for n in ("SBG2", "SBG3", "SBG4", "Roubaix")),
    ("ignitions, Gravelines", FIRE.rate_per_year["Gravelines"], "fire.ignition_rate"),
    *((f"destroyed, {n}", FIRE.destroyed[n], "fire.destroyed.open") for n in ("SBG1a", "SBG1b", "SBG2", "SBG4")),
    *((f"destroyed, {n}", FIRE.destroyed[n], "fire.destroyed.compartmented") for n in ("SBG3", "Gravelines")),
    ("interrupted", FIRE.durations["interrupted"], "fire.recovery.contained"),
    ("damaged", FIRE.durations["damaged"], "fire.recovery.room"),
    ("destroyed", FIRE.durations["destroyed"], "fire.recovery.building"),
    ("isolated", FIRE.durations["isolated"], "fire.recovery.isolated"),
    ("fire next door", hazard("fire next door").duration, "fire.recovery.isolated"),
    *((f"local, {n}", LOCAL.rate_per_year[n], "grid.local.medium_voltage") for n in ("feed A", "feed B")),
    *(
        (f"local, {n} feed", LOCAL.rate_per_year[f"{n} feed"], "grid.local.medium_voltage")
        for n in ("Roubaix", "Gravelines")
    ),
    ("local, substation", LOCAL.rate_per_year["Strasbourg substation"], "grid.local.high_voltage"),
    ("local, duration", LOCAL.duration, "grid.local.duration"),
    *((f"regional, {n}", rate, "grid.regional.rate") for n, rate in REGIONAL.rate_per_year.items()),
    ("regional, duration", REGIONAL.duration, "grid.regional.duration.high_voltage"),
    ("national", NATIONAL.rate_per_year["French grid"], "grid.national.rate"),
    ("national, duration", NATIONAL.duration, "grid.national.duration"),
    *(
        (f"{supply}, {field}", getattr(backup_of(supply), field), key)
        for supply in ("campus supply", "Roubaix supply", "Gravelines supply")
        for field, key in (
            ("start_probability", "genset.start_probability"),
            ("autonomy", "backup.autonomy"),
            ("refuel_probability", "backup.refuel_probability"),
        )
    ),
    *(
        (f"{power}, {field}", getattr(backup_of(power), field), key)
        for power in ("campus power", "Roubaix power", "Gravelines power")
        for field, key in (("start_probability", "ups.start_probability"), ("autonomy", "ups.autonomy.strasbourg"))
    ),
    *(
        (f"{n}, restart", node(n).restart, "site.restart")
        for n in ("campus power", "Roubaix power", "Gravelines power")
    ),
    *((f"{name}, rate", hazard(name).rate_per_year, f"{key}.rate") for name, key in EVERYDAY.items()),
    *((f"{name}, duration", hazard(name).duration, f"{key}.duration") for name, key in EVERYDAY.items()),
]


@pytest.mark.parametrize(("what", "used", "key"), PAIRS, ids=[pair[0] for pair in PAIRS])
def test_the_strasbourg_scenario_uses_the_defaults(what, used, key):
    """Exactly the same; where the scenario has a number for an unknown rate, its mean to two digits."""
    default = value(key)
    if durations.is_frozen(used) or not durations.is_frozen(default):
        assert durations.plain(used) == durations.plain(default)
    else:
        assert used == pytest.approx(default.mean(), rel=0.02)


def test_numbers_of_the_strasbourg_scenario_that_follow_from_defaults():
    rate = value("fire.ignition_rate").mean()
    assert dcrisk.rates.mean_rate(FIRE.rate_per_year["SBG1a"]) == pytest.approx(rate / 3, rel=0.02)
    assert dcrisk.rates.mean_rate(FIRE.rate_per_year["SBG1b"]) == pytest.approx(2 * rate / 3, rel=0.02)
    next_door = 6 * rate * (1 - value("fire.contained_without_sprinklers")) * value("fire.campus_cut_off").mean()
    assert hazard("fire next door").rate_per_year == pytest.approx(next_door, rel=0.02)
    assert FIRE.reignition_probability == pytest.approx(np.mean(list(value("fire.reignition_probability").values())))
    assert FIRE.spread["SBG1a", "SBG1b"] == FIRE.spread["SBG1b", "SBG1a"] == value("fire.barrier_failure")["high"]


if __name__ == "__main__":
    head, mark, _ = PAGE.read_text().partition(MARK)
    PAGE.write_text(head + mark + tables())
