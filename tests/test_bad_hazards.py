"""Bad input of floods, catalogues, discs, rates, crews, triggers and conditions gives one clear error that names the item."""

import math

import numpy as np
import pytest
from scipy import stats

import dcrisk
from dcrisk import (
    Backup,
    Crew,
    Disc,
    EventTable,
    Failure,
    Fire,
    Flood,
    GridOutage,
    Layout,
    PeaksOverThreshold,
    ReturnLevels,
    Scenario,
    Site,
    SpecificationError,
    Trigger,
    Utility,
    all_of,
    ignition_rate,
    jeffreys_rate,
)

A, B = Site("A", lat=48.0, lon=7.0), Site("B")
PEAKS = PeaksOverThreshold(0.5, threshold=5.0, scale=0.8)
BOTH = {"damaged": 10.0, "destroyed": 100.0}
BOX = (40.0, 0.0, 50.0, 10.0)


def flood(**options):
    return Flood(**({"name": "Rhine", "stage": PEAKS, "protection": {"A": 7.0}, "durations": BOTH} | options))


def basins(**options):
    """Three basins."""
    stage = {"Rhine": PEAKS, "Ill": PEAKS, "Bruche": PEAKS}
    return flood(
        **({"stage": stage, "protection": {"A": 7.0, "B": 3.0}, "basin": {"A": "Rhine", "B": "Ill"}} | options)
    )


def table(**columns):
    """A catalogue of two events, with some columns replaced or (None) removed."""
    events = {
        "event": ["x", "x", "y"],
        "rate_per_year": [0.1, 0.1, 0.2],
        "site": ["A", "B", "A"],
        "duration": [1, 2, 3],
    }
    return EventTable("storms", {k: v for k, v in (events | columns).items() if v is not None})


def crews(*made):
    return Scenario([A, B], [Failure("f", 1.0, 24.0, ["A", "B"])], crews=made)


def triggers(*made):
    backed = Site("G", requires=[all_of("grid", backup=Backup(0.9))])
    names = ["one", "two", "three"]
    hazards = [Failure(name, 1.0, 24.0, ["A", "B"]) for name in names]
    return Scenario([A, B, backed, Utility("grid")], hazards, triggers=made)


def disc(**options):
    return Disc(**({"nodes": ["A"], "area": BOX, "radius_km": 50.0} | options))


ATOMS = stats.rv_discrete(values=([1.0, 2.0], [0.5, 0.5]))()
FIRE = {"rate_per_year": {"A": 0.1}, "durations": {"destroyed": 10.0}}

FLOODS = {
    "no node": (lambda: flood(protection={}), "flood 'Rhine': protection names no node"),
    "protection as number": (lambda: flood(protection=7.0), "flood 'Rhine': protection = 7.0.*table"),
    "protection NaN": (lambda: flood(protection={"A": math.nan}), "flood 'Rhine': protection of 'A' = nan"),
    "protection text": (lambda: flood(protection={"A": "7 m"}), "flood 'Rhine': protection of 'A' = '7 m'.*number"),
    "no stage": (lambda: flood(stage=6.0), "flood 'Rhine': stage = 6.0 is no PeaksOverThreshold or ReturnLevels"),
    "no basin": (lambda: flood(stage={}), "flood 'Rhine': stage names no basin"),
    "stage of a basin": (lambda: basins(stage={"Rhine": PEAKS, "Ill": 3.0}), "flood 'Rhine': stage.*3.0 is no"),
    "unknown basin": (lambda: basins(basin={"A": "Rhine", "B": "Il"}), "basin of 'B': unknown name 'Il'.*'Ill'"),
    "basin of nobody": (lambda: basins(basin={"A": "Rhine", "B": "Ill", "C": "Ill"}), "basin: unknown name 'C'"),
    "basin is missing": (lambda: basins(basin={"A": "Rhine"}), "flood 'Rhine': basin does not say where 'B' lies"),
    "basin without basins": (lambda: flood(basin={"A": "Ill"}), "flood 'Rhine': basin of 'A': unknown name 'Ill'"),
    "uncertain rates of basins": (
        lambda: basins(stage={"Rhine": PEAKS, "Ill": PeaksOverThreshold(stats.gamma(2.0), 5.0, 1.0)}),
        "flood 'Rhine': with several basins, the rate of 'Ill' must be a number",
    ),
    "events below peaks": (lambda: basins(rate_per_year=0.4), "flood 'Rhine': rate_per_year = 0.4.*below the peaks"),
    "durations without a mean": (
        lambda: flood(stage=PeaksOverThreshold(0.5, 5.0, 0.8, 1.0), duration_growth_per_m=0.1),
        "flood 'Rhine': shape = 1: peaks have no finite mean",
    ),
    "events of an uncertain rate": (
        lambda: flood(stage=PeaksOverThreshold(stats.gamma(2.0), 5.0, 1.0), rate_per_year=5.0),
        "flood 'Rhine': rate_per_year.*distribution",
    ),
    "events as distribution": (lambda: basins(rate_per_year=stats.gamma(2.0)), "'Rhine': rate_per_year = .*number"),
    "not positive definite": (
        lambda: basins(correlation=-0.6),
        "flood 'Rhine': the correlation matrix of Rhine, Ill, Bruche is not positive definite",
    ),
    "pairs that contradict": (
        lambda: basins(correlation={("Rhine", "Ill"): 0.9, ("Ill", "Bruche"): 0.9, ("Rhine", "Bruche"): -0.9}),
        "'Rhine': the correlation matrix.*not positive definite",
    ),
    "correlation of one": (lambda: basins(correlation=1.0), "flood 'Rhine': the correlation matrix.*Rhine, Ill"),
    "correlation above one": (lambda: basins(correlation=1.5), "flood 'Rhine': correlation = 1.5.*between -1 and 1"),
    "correlation of a pair": (
        lambda: basins(correlation={("Rhine", "Ill"): math.nan}),
        r"flood 'Rhine': correlation of \('Rhine', 'Ill'\) = nan",
    ),
    "correlation of a stranger": (lambda: basins(correlation={("Rhine", "Il"): 0.5}), "correlation.*'Il'.*'Ill'"),
    "correlation with itself": (lambda: basins(correlation={("Ill", "Ill"): 0.5}), r"\('Ill', 'Ill'\) is no pair"),
    "correlation of one basin": (lambda: basins(correlation={"Ill": 0.5}), "correlation: 'Ill' is no pair of basins"),
    "correlation twice": (
        lambda: basins(correlation={("Rhine", "Ill"): 0.5, ("Ill", "Rhine"): 0.4}),
        r"correlation names the pair \('Ill', 'Rhine'\) twice",
    ),
    "copula": (lambda: basins(copula="gumbel"), "flood 'Rhine': copula: unknown name 'gumbel'; known: gaussian, t"),
    "degrees of freedom": (lambda: basins(copula="t", degrees_of_freedom=0), "degrees_of_freedom = 0.*from 1 to 1000"),
    "half a degree": (lambda: basins(copula="t", degrees_of_freedom=2.5), "degrees_of_freedom = 2.5.*whole number"),
    "floor above protection": (
        lambda: flood(floor={"A": 7.5}),
        "flood 'Rhine': the floor of 'A' lies above its protection",
    ),
    "floor of nobody": (lambda: flood(floor={"A": 5.0, "C": 5.0}), "flood 'Rhine': floor: unknown name 'C'"),
    "floor is missing": (
        lambda: basins(floor={"A": 5.0}),
        "flood 'Rhine': floor: 'B' is missing; a table must name all",
    ),
    "breach": (lambda: flood(breach=1.5), "flood 'Rhine': breach = 1.5.*0.015"),
    "breach of a node": (lambda: flood(breach={"A": -0.1}), "flood 'Rhine': breach of 'A' = -0.1"),
    "negative depth": (lambda: flood(critical_depth=-1.0), "flood 'Rhine': critical_depth = -1.0.*at least 0"),
    "depth NaN": (lambda: flood(critical_depth=math.nan), "flood 'Rhine': critical_depth = nan"),
    "fragility": (lambda: flood(fragility=-0.5), "flood 'Rhine': fragility = -0.5"),
    "residual": (lambda: flood(residual_sd=-0.2), "flood 'Rhine': residual_sd = -0.2"),
    "correlation length": (lambda: flood(correlation_km=math.inf), "flood 'Rhine': correlation_km = inf"),
    "growth": (lambda: flood(duration_growth_per_m=-1.0), "flood 'Rhine': duration_growth_per_m = -1.0"),
    "shared fraction": (lambda: flood(shared_fraction=30), "flood 'Rhine': shared_fraction = 30.*0.3"),
    "lead time": (lambda: flood(lead_time=-6.0), "flood 'Rhine': lead_time = -6.0"),
    "no duration": (lambda: flood(durations={"damaged": 5.0}), "'Rhine': durations lacks 'destroyed'.*math.inf"),
    "no duration of damage": (lambda: flood(durations={"destroyed": 5.0}), "'Rhine': durations lacks 'damaged'"),
    "a flood interrupts": (
        lambda: flood(durations=BOTH | {"interrupted": 1.0}),
        "durations: unknown name 'interrupted'",
    ),
    "negative duration": (
        lambda: flood(durations=BOTH | {"damaged": stats.norm(5.0, 1.0)}),
        r"flood 'Rhine': durations\['damaged'\].*norm.*negative",
    ),
    "a place for distances": (
        lambda: Scenario([A, B], [flood(protection={"A": 7.0, "B": 7.0}, correlation_km=10.0)]),
        "flood 'Rhine': correlation_km needs lat and lon of 'B'",
    ),
    "unknown node": (lambda: Scenario([B], [flood()]), "hazard 'Rhine': unknown name 'A'"),
    "monthly of 11": (lambda: flood(monthly=[1] * 11), "flood 'Rhine': monthly has 11 entries; give 12"),
}

STAGES = {
    "scale of zero": (lambda: PeaksOverThreshold(0.5, 5.0, 0.0), "PeaksOverThreshold: scale = 0"),
    "scale negative": (lambda: PeaksOverThreshold(0.5, 5.0, -1.0), "PeaksOverThreshold: scale = -1.0"),
    "shape NaN": (lambda: PeaksOverThreshold(0.5, 5.0, 1.0, math.nan), "PeaksOverThreshold: shape = nan"),
    "wild shape": (lambda: PeaksOverThreshold(0.5, 5.0, 1.0, 50.0), "PeaksOverThreshold: shape = 50.0.*-10 and 10"),
    "threshold": (lambda: PeaksOverThreshold(0.5, math.inf, 1.0), "PeaksOverThreshold: threshold = inf"),
    "rate": (lambda: PeaksOverThreshold(-0.5, 5.0, 1.0), "PeaksOverThreshold: rate_per_year = -0.5"),
    "not increasing": (
        lambda: ReturnLevels({10: 6.1, 100: 6.0}),
        r"ReturnLevels: the level of 100 years \(6 m\) is not above that of 10 years \(6.1 m\)",
    ),
    "level twice": (lambda: ReturnLevels({10: 6.1, 100: 6.1}), "level of 100 years .6.1 m. is not above"),
    "one level": (lambda: ReturnLevels({10: 6.1}), "ReturnLevels: give two return periods"),
    "no levels": (lambda: ReturnLevels({}), "ReturnLevels: give two return periods"),
    "levels as a list": (lambda: ReturnLevels([6.1, 8.2]), "ReturnLevels = .*must be a table"),
    "period of zero": (lambda: ReturnLevels({0: 5.0, 10: 6.1}), "return period of 0 years"),
    "negative period": (lambda: ReturnLevels({-5: 5.0, 10: 6.1}), "return period = -5"),
    "period as text": (lambda: ReturnLevels({"ten": 6.1, "100": 8.2}), "'ten' is no return period in years"),
    "level NaN": (lambda: ReturnLevels({10: 6.1, 100: math.nan}), "ReturnLevels: level of 100 years = nan"),
}

RATES = {
    "discrete": (lambda: Failure("f", stats.poisson(2.0), 1.0, ["A"]), "failure 'f': rate_per_year.*continuous"),
    "atoms": (lambda: Failure("f", ATOMS, 1.0, ["A"]), "failure 'f': rate_per_year.*continuous"),
    "rate below zero": (
        lambda: GridOutage("g", {"A": stats.norm(1.0, 1.0)}, 1.0),
        "grid outage 'g': rate_per_year of 'A': norm.*can be negative.*a year",
    ),
    "not frozen": (lambda: Failure("f", stats.gamma, 1.0, ["A"]), "failure 'f': rate_per_year.*freeze it"),
    "rate NaN": (lambda: Failure("f", stats.gamma(math.nan), 1.0, ["A"]), "'f': rate_per_year.*outside their range"),
    "rate of the peaks": (
        lambda: PeaksOverThreshold(stats.poisson(1.0), 5.0, 1.0),
        "PeaksOverThreshold: rate_per_year.*continuous",
    ),
    "dispersion below one": (
        lambda: Failure("f", 1.0, 1.0, ["A"], dispersion=0.5),
        "failure 'f': dispersion = 0.5.*at least 1",
    ),
    "dispersion infinite": (lambda: flood(dispersion=math.inf), "flood 'Rhine': dispersion = inf"),
    "dispersion and distribution": (
        lambda: Failure("f", stats.gamma(2.0), 1.0, ["A"], dispersion=2.0),
        "failure 'f': dispersion goes with rates that are numbers",
    ),
    "dispersion and one distribution": (
        lambda: Fire("fire", {"A": 0.1, "B": stats.gamma(2.0)}, {"destroyed": 1.0}, dispersion=2.0),
        "fire 'fire': dispersion goes with rates that are numbers",
    ),
    "dispersion of uncertain peaks": (
        lambda: flood(stage=PeaksOverThreshold(stats.gamma(2.0), 5.0, 1.0), dispersion=2.0),
        "flood 'Rhine': dispersion goes with rates that are numbers",
    ),
    "monthly of 13": (lambda: Failure("f", 1.0, 1.0, ["A"], monthly=range(13)), "'f': monthly has 13 entries"),
    "monthly negative": (
        lambda: Failure("f", 1.0, 1.0, ["A"], monthly=[1, -1] + [0] * 10),
        "failure 'f': monthly, entry 2 = -1",
    ),
    "monthly NaN": (
        lambda: table().__class__("t", table().events, monthly=[math.nan] * 12),
        "'t': monthly, entry 1 = nan",
    ),
    "monthly of zeros": (
        lambda: GridOutage("g", {"A": 1.0}, 1.0, monthly=[0] * 12),
        "grid outage 'g': all entries of monthly are 0",
    ),
    "monthly as text": (lambda: flood(monthly="winter"), "flood 'Rhine': monthly = 'winter'.*list"),
    "shared with a table": (
        lambda: Failure("f", {"A": 1.0}, 1.0, shared=True),
        "failure 'f': with shared=True there is one rate_per_year",
    ),
    "sites and rates differ": (
        lambda: Failure("f", {"A": 1.0}, 1.0, ["A", "B"]),
        "failure 'f': sites and rate_per_year name different sites",
    ),
    "no rates": (lambda: GridOutage("g", {}, 1.0), "grid outage 'g': rate_per_year names no node"),
    "state of a failure": (lambda: Failure("f", 1.0, 1.0, ["A"], state="broken"), "'f': state: unknown name 'broken'"),
    "negative events": (lambda: jeffreys_rate(-1, 10.0), "jeffreys_rate: events = -1"),
    "no site-years": (lambda: jeffreys_rate(1, 0.0), "jeffreys_rate: site_years = 0"),
    "negative site-years": (lambda: jeffreys_rate(1, -5.0), "jeffreys_rate: site_years = -5"),
    "negative area": (lambda: ignition_rate({"hall": -5.0}, 0.01, 0.5), "ignition_rate: floor_area_m2.*-5.0"),
    "area as text": (lambda: ignition_rate("500", 0.01, 0.5), "ignition_rate: floor_area_m2 = '500'.*number"),
    "a": (lambda: ignition_rate(500.0, -0.01, 0.5), "ignition_rate: a = -0.01"),
    "b": (lambda: ignition_rate(500.0, 0.01, math.nan), "ignition_rate: b = nan"),
}

TABLES = {
    "two rates": (
        lambda: table(rate_per_year=[0.1, 0.15, 0.2]),
        "event table 'storms', row 2: event 'x' has two rates, 0.1 and 0.15 a year",
    ),
    "missing column": (lambda: table(site=None), "event table 'storms': the column site is missing"),
    "unknown column": (
        lambda: table(durations=[1, 2, 3]),
        "event table 'storms': column: unknown name 'durations'.*'dura",
    ),
    "lengths": (lambda: table(site=["A", "B"]), "event table 'storms': the columns have different lengths"),
    "no rows": (lambda: EventTable("storms", {k: [] for k in table().events}), "'storms': events is empty"),
    "a number": (lambda: EventTable("storms", 7), "event table 'storms': events must be columns"),
    "a list of rows": (
        lambda: EventTable("storms", [("x", 0.1, "A", 1.0)]),
        "event table 'storms': events must be columns",
    ),
    "text for a column": (lambda: table(site="AB"), "event table 'storms': column site = 'AB'.*list"),
    "negative rate": (lambda: table(rate_per_year=[0.1, 0.1, -0.2]), "'storms', row 3: rate_per_year = -0.2"),
    "rate as distribution": (
        lambda: table(rate_per_year=[stats.gamma(2.0)] * 3),
        "'storms', row 1: rate_per_year = .*number",
    ),
    "negative duration": (lambda: table(duration=[1.0, -2.0, 3.0]), "'storms', row 2: duration.*-2"),
    "duration NaN": (lambda: table(duration=[1.0, 2.0, math.nan]), "'storms', row 3: duration.*nan"),
    "duration as distribution": (
        lambda: table(duration=[1.0, stats.expon(scale=3.0), 2.0]),
        "'storms', row 2: duration",
    ),
    "negative delay": (lambda: table(delay=[0.0, -1.0, 0.0]), "'storms', row 2: delay = -1.0"),
    "unknown state": (lambda: table(state=["damaged", "wet", "damaged"]), "'storms', row 2: state: unknown name 'wet'"),
    "event is missing": (lambda: table(event=["x", None, "y"]), "'storms', row 2: event"),
    "event NaN": (lambda: table(event=["x", math.nan, "y"]), "'storms', row 2: event"),
    "site without a name": (lambda: table(site=["A", "", "A"]), "'storms', row 2: site.*not empty"),
    "site as number": (lambda: table(site=["A", 7, "A"]), "'storms', row 2: site.*7"),
    "event without a name": (lambda: table(event=["x", "", "y"]), "'storms', row 2: event.*not empty"),
    "spread": (lambda: EventTable("storms", table().events, duration_spread=-0.5), "'storms': duration_spread = -0.5"),
    "spread is wide": (
        lambda: EventTable("storms", table().events, duration_spread=50),
        "'storms': duration_spread = 50",
    ),
    "shared": (lambda: EventTable("storms", table().events, shared_fraction=1.5), "'storms': shared_fraction = 1.5"),
    "unknown site": (lambda: Scenario([A], [table()]), "hazard 'storms': unknown name 'B'"),
    "dispersion": (lambda: EventTable("storms", table().events, dispersion=0.0), "'storms': dispersion = 0.0"),
    "no file": (
        lambda: EventTable("storms", "nowhere/events.csv"),
        "'storms': nowhere/events.csv cannot be read as CSV",
    ),
}

GRIDS = {
    "disc and regions": (
        lambda: GridOutage("g", 1.0, 1.0, regions={"r": ["A"]}, disc=disc()),
        "grid outage 'g': with disc there is one rate_per_year, and no regions",
    ),
    "disc and rates": (
        lambda: GridOutage("g", {"A": 1.0}, 1.0, disc=disc()),
        "grid outage 'g': with disc there is one",
    ),
    "one rate without disc": (lambda: GridOutage("g", 1.0, 1.0), "grid outage 'g': rate_per_year = 1.0.*table"),
    "no disc": (lambda: GridOutage("g", 1.0, 1.0, disc="A"), "grid outage 'g': disc = 'A' is no Disc"),
    "no place": (
        lambda: Scenario([A, B], [GridOutage("g", 1.0, 1.0, disc=disc(nodes=["A", "B"]))]),
        "grid outage 'g': disc needs lat and lon of 'B'",
    ),
    "disc on nobody": (lambda: Scenario([A], [GridOutage("g", 1.0, 1.0, disc=disc(nodes=["C"]))]), "hazard 'g'.*'C'"),
    "disc without nodes": (lambda: disc(nodes=[]), "disc: nodes is empty"),
    "disc twice": (lambda: disc(nodes=["A", "A"]), "disc: nodes: 'A' is named twice"),
    "disc of a text": (lambda: disc(nodes="A"), "disc: nodes = 'A'.*list"),
    "area of three": (lambda: disc(area=(40.0, 0.0, 50.0)), "disc: area.*south, west, north, east"),
    "area upside down": (lambda: disc(area=(50.0, 0.0, 40.0, 10.0)), "disc: area.*south, west, north, east"),
    "area beyond the pole": (lambda: disc(area=(40.0, 0.0, 95.0, 10.0)), "disc: area.*south, west, north, east"),
    "area NaN": (lambda: disc(area=(40.0, math.nan, 50.0, 10.0)), "disc: area = nan"),
    "negative radius": (lambda: disc(radius_km=-5.0), "disc: radius_km: -5.0 km"),
    "radius that can be negative": (lambda: disc(radius_km=stats.norm(50.0, 50.0)), "disc: radius_km.*negative.*km"),
    "region without nodes": (lambda: GridOutage("g", {"r": 1.0}, 1.0, {"r": []}), "region 'r' names no node"),
    "region twice": (
        lambda: GridOutage("g", {"r": 1.0}, 1.0, {"r": ["A", "A"]}),
        "'g': region 'r': 'A' is named twice",
    ),
    "region without a rate": (
        lambda: GridOutage("g", {"A": 1.0}, 1.0, {"r": ["A"]}),
        "grid outage 'g': region 'r' has no rate_per_year",
    ),
    "region of strangers": (lambda: Scenario([A], [GridOutage("g", {"r": 1.0}, 1.0, {"r": ["C"]})]), "hazard 'g'.*'C'"),
    "region and node": (
        lambda: Scenario([A, B], [GridOutage("g", {"B": 1.0}, 1.0, {"B": ["A"]})]),
        "grid outage 'g': 'B' is a node and a region",
    ),
}

FIRES = {
    "reignition": (lambda: Fire("fire", **FIRE, reignition_probability=2.0), "'fire': reignition_probability = 2.0"),
    "reignition delay": (lambda: Fire("fire", **FIRE, reignition_delay=-1.0), "'fire': reignition_delay: -1.0 h"),
    "reignition destroys": (lambda: Fire("fire", **FIRE, reignition_destroyed=-1), "'fire': reignition_destroyed = -1"),
    "reignition damages": (
        lambda: Fire("fire", **FIRE, reignition_probability=0.5),
        "'fire': durations lacks 'damaged'",
    ),
    "reignition writes off": (
        lambda: Fire(
            "fire", {"A": 1.0}, {"damaged": 1.0}, destroyed=0.0, reignition_probability=0.5, reignition_destroyed=0.5
        ),
        "'fire': durations lacks 'destroyed'",
    ),
    "shared fraction": (lambda: Fire("fire", **FIRE, shared_fraction=-0.1), "fire 'fire': shared_fraction = -0.1"),
    "rate as text": (lambda: Fire("fire", {"A": "0.1"}, {"destroyed": 1.0}), "'fire': rate_per_year of 'A' = '0.1'"),
    "run failures": (lambda: Backup(run_failure_rate_per_hour=-0.1), "Backup: run_failure_rate_per_hour = -0.1"),
    "run failures NaN": (lambda: Backup(run_failure_rate_per_hour=math.nan), "Backup: run_failure_rate_per_hour = nan"),
}

CREWS = {
    "crew of zero": (lambda: Crew("c", ["A"], 0), "crew 'c': number = 0 must be a whole number from 1"),
    "half a crew": (lambda: Crew("c", ["A"], 1.5), "crew 'c': number = 1.5"),
    "true crew": (lambda: Crew("c", ["A"], True), "crew 'c': number = True"),
    "crew of strangers": (lambda: crews(Crew("c", ["C"])), "crew 'c': unknown name 'C'"),
    "crew without sites": (lambda: Crew("c", []), "crew 'c': sites"),
    "site twice": (lambda: Crew("c", ["A", "A"]), "crew 'c': sites: 'A' is named twice"),
    "sites as text": (lambda: Crew("c", "AB"), "crew 'c': sites = 'AB'.*list"),
    "two crews": (lambda: crews(Crew("c", ["A"]), Crew("d", ["B", "A"])), "the sites of crews: 'A' is named twice"),
    "same name": (lambda: crews(Crew("c", ["A"]), Crew("c", ["B"])), "scenario: crews: 'c' is named twice"),
    "unknown state": (lambda: Crew("c", ["A"], states=["broken"]), "crew 'c': states: unknown name 'broken'"),
    "state as text": (lambda: Crew("c", ["A"], states="damaged"), "crew 'c': states = 'damaged'.*list"),
    "no crew": (lambda: crews("c"), "scenario: crews: 'c' is no Crew"),
    "crew without a name": (lambda: Crew("", ["A"]), "crew: the name '' must be text"),
}

TRIGGERS = {
    "circle": (
        lambda: triggers(Trigger("two", cause="one"), Trigger("three", cause="two"), Trigger("one", cause="three")),
        "hazards raise each other in a circle: .*(one -> two -> three|two -> three -> one|three -> one -> two)",
    ),
    "raises itself": (lambda: triggers(Trigger("one", cause="one")), "circle: one -> one"),
    "unknown effect": (lambda: triggers(Trigger("ones", cause="two")), "trigger of 'ones': effect.*'ones'.*'one'"),
    "unknown cause": (lambda: triggers(Trigger("one", cause="tow")), "trigger of 'one': cause.*'tow'.*'two'"),
    "unknown origin": (lambda: triggers(Trigger("one", cause="two", origin="C")), "trigger of 'one': origin.*'C'"),
    "neither": (lambda: Trigger("one"), "trigger of 'one': give either cause"),
    "both": (lambda: Trigger("one", cause="two", backup="G"), "trigger of 'one': give either cause"),
    "backup of nobody": (lambda: triggers(Trigger("one", backup="X")), "trigger of 'one': backup.*'X'"),
    "no backup": (lambda: triggers(Trigger("one", backup="A")), "trigger of 'one': backup .a node that has one.*'A'"),
    "probability": (lambda: Trigger("one", cause="two", probability=30), "trigger of 'one': probability = 30.*0.3"),
    "delay": (lambda: Trigger("one", cause="two", delay=-1.0), "trigger of 'one': delay: -1.0 h"),
    "delay NaN": (lambda: Trigger("one", cause="two", delay=math.nan), "trigger of 'one': delay: nan"),
    "twice": (lambda: triggers(*[Trigger("one", cause="two")] * 2), "trigger of 'one': 'two' raises it twice"),
    "no trigger": (lambda: triggers("one"), "scenario: triggers: 'one' is no Trigger"),
    "origin of a flood": (
        lambda: Scenario(
            [A], [flood(), Failure("f", 1.0, 1.0, ["A"])], triggers=[Trigger("Rhine", cause="f", origin="A")]
        ),
        "trigger of 'Rhine': origin.*'A'",
    ),
}

GIVEN = Scenario([A, B], [basins(), Failure("f", 1.0, 24.0, ["A"]), table()])
CONDITIONS = {
    "stage of a failure": (lambda: GIVEN.given("f", stage=6.0), "given 'f': stage belongs to a Flood"),
    "stage of no basin": (lambda: GIVEN.given("Rhine", stage={"Il": 6.0}), "given 'Rhine': stage.*'Il'.*'Ill'"),
    "stage NaN": (lambda: GIVEN.given("Rhine", stage=math.nan), "given 'Rhine': stage = nan"),
    "stage of a basin NaN": (lambda: GIVEN.given("Rhine", stage={"Ill": math.nan}), "given 'Rhine': stage.*nan"),
    "stage as text": (lambda: GIVEN.given("Rhine", stage="high"), "given 'Rhine': stage = 'high'"),
    "origin of a flood": (lambda: GIVEN.given("Rhine", origin="A"), "given 'Rhine': origin.*'A'"),
    "contained flood": (lambda: GIVEN.given("Rhine", contained=True), "given 'Rhine': contained.*Fire"),
    "event": (lambda: GIVEN.given("storms", origin="z"), "given 'storms': origin: unknown name 'z'; known: x, y"),
    "without": (lambda: GIVEN.without("Rhein"), "without: unknown name 'Rhein'.*'Rhine'"),
}

BAD = {
    f"{part}: {name}": case
    for part, cases in {
        "flood": FLOODS,
        "stage": STAGES,
        "rate": RATES,
        "table": TABLES,
        "grid": GRIDS,
        "fire": FIRES,
        "crew": CREWS,
        "trigger": TRIGGERS,
        "given": CONDITIONS,
    }.items()
    for name, case in cases.items()
}


@pytest.mark.parametrize("build, message", BAD.values(), ids=BAD.keys())
def test_specification(build, message):
    with pytest.raises(SpecificationError, match=message):
        build()


@pytest.mark.parametrize(
    "content, message",
    [
        (b"", "'storms'.*(empty|missing)"),
        (b"event,rate_per_year,site,duration\n", "'storms': events is empty"),
        (b"event,rate_per_year,site\nx,0.1,A\n", "'storms': the column duration is missing"),
        (b"event,rate_per_year,site,duration\nx,often,A,5\n", "'storms', row 1: rate_per_year = 'often'"),
        (b"event,rate_per_year,site,duration\nx,0.1,A,5\nx,0.2,B,5\n", "row 2: event 'x' has two rates, 0.1 and 0.2"),
        (b"event,rate_per_year,site,duration\nx,0.1,A,\n", "'storms', row 1: duration.*''"),
        (b"event,rate_per_year,site,duration\nx,0.1,A\n", "'storms', row 1: duration"),
        (b"event,rate_per_year,site,duration\nx,0.1,A,5,7\n", "'storms'.*row 1"),
        (b"event,rate_per_year,site,duration,duration\nx,0.1,A,5,7\n", "'storms'.*duration"),
        (b"event;rate_per_year;site;duration\nx;0.1;A;5\n", "'storms': column: unknown name"),
        (b"event,rate_per_year,site,duration,state\nx,0.1,A,5,down\n", "row 1: state: unknown name 'down'"),
        (b"\xff\xfe\x00\x80,\n", "'storms': .*events.csv cannot be read as CSV"),
        (b'event,rate_per_year,site,duration\n"x\x00,0.1,A,5\n', "'storms'"),
    ],
)
def test_catalogue_files(tmp_path, content, message):
    path = tmp_path / "events.csv"
    path.write_bytes(content)
    with pytest.raises(SpecificationError, match=message):
        EventTable("storms", path)


def test_a_folder_is_no_catalogue(tmp_path):
    with pytest.raises(SpecificationError, match="'storms': .* cannot be read as CSV"):
        EventTable("storms", tmp_path)


def test_catalogues_of_all_kinds_are_equal(tmp_path):
    """Columns, arrays, a DataFrame where there is pandas, and a file."""
    columns = {"event": ["x", "x", "y"], "rate_per_year": [0.1, 0.1, 0.2], "site": ["A", "B", "A"]}
    columns |= {"duration": [1.0, 2.0, 3.5], "delay": [0.0, 0.5, 0.0]}
    expected = EventTable("storms", columns)
    path = tmp_path / "events.csv"
    rows = [",".join(columns), *(",".join(map(str, row)) for row in zip(*columns.values(), strict=True))]
    path.write_text("\n".join(rows) + "\n")
    forms = [{name: np.array(column) for name, column in columns.items()}, path, str(path)]
    forms.append({**expected.events})
    try:
        import pandas as pd
    except ImportError:
        pass
    else:
        forms.append(pd.DataFrame(columns))
    for form in forms:
        assert EventTable("storms", form) == expected


LAYOUT = Layout("l", replicas=["A"])


@pytest.mark.parametrize(
    "hazard, message",
    [
        (flood(stage=PeaksOverThreshold(1e12, 5.0, 1.0)), "hazard 'Rhine': 1e\\+12 events a year are too many"),
        (GridOutage("g", 1e12, 1.0, disc=disc()), "hazard 'g': 1e\\+12 events"),
        (Failure("f", stats.gamma(2.0, scale=1e12), 1.0, ["A"]), "hazard 'f': 2e\\+12 events"),
        (Failure("f", 1e12, 1.0, ["A"], dispersion=2.0), "hazard 'f': 1e\\+12 events"),
    ],
    ids=["flood", "disc", "distribution", "dispersion"],
)
def test_too_many_events(hazard, message):
    with pytest.raises(SpecificationError, match=message):
        dcrisk.simulate(Scenario([A], [hazard]), [LAYOUT], 10, progress=False)


DRY = PeaksOverThreshold(0.0, threshold=5.0, scale=0.8)
NEVER = GridOutage("g", {"A": 0.0, "B": 0.0}, 1.0)
CAUSE = Failure("f", 1.0, 1.0, ["A"])


@pytest.mark.parametrize(
    "scenario, message",
    [
        (Scenario([A], [flood(stage=DRY)]).given("Rhine"), "given 'Rhine'.*no basin has peaks.*stage"),
        (
            Scenario([A], [flood(stage={"Rhine": DRY, "Ill": DRY}, basin={"A": "Ill"})]).given("Rhine"),
            "given 'Rhine'.*no basin has peaks",
        ),
        (Scenario([A, B], [NEVER]).given("g"), "given 'g'.*rates are 0.*origin"),
        (Scenario([A, B], [NEVER, CAUSE], triggers=[Trigger("g", cause="f")]), "trigger of 'g'.*rates are 0.*origin"),
        (
            Scenario([A, B], [flood(stage=DRY), CAUSE], triggers=[Trigger("Rhine", cause="f")]),
            "trigger of 'Rhine'.*no basin has peaks",
        ),
    ],
)
def test_events_that_cannot_be_drawn(scenario, message):
    """What never happens by itself has no law of its origin or stage."""
    with pytest.raises(SpecificationError, match=message):
        dcrisk.simulate(scenario, [LAYOUT], 10, progress=False)


def test_a_trigger_cannot_say_a_stage():
    """The hint of a condition on a flood without peaks makes no sense for a trigger of it."""
    scenario = Scenario([A], [flood(stage=DRY), CAUSE], triggers=[Trigger("Rhine", cause="f")])
    with pytest.raises(SpecificationError) as error:
        dcrisk.simulate(scenario, [LAYOUT], 10, progress=False)
    assert "give the stage" not in str(error.value)


TOML = '[[nodes]]\ntype = "Site"\nname = "A"\n'
FLOOD_TOML = TOML + '[[hazards]]\ntype = "Flood"\nname = "Rhine"\nprotection = {A = 7.0}\ndurations = {damaged = 5.0}\n'


@pytest.mark.parametrize(
    "text, message",
    [
        (FLOOD_TOML + "stage = 6.0", "'Rhine': stage: 6.0 must be a table"),
        (FLOOD_TOML + "stage = {rate_per_year = 1.0}", "'Rhine': stage needs threshold"),
        (FLOOD_TOML + "stage = {threshold = 5.0, scale = 1.0}", "'Rhine': stage: rate_per_year is missing"),
        (FLOOD_TOML + "stage = {threshold = 5.0, scale = 1.0, rate = 1.0}", "'Rhine': stage: unknown name 'rate'"),
        (FLOOD_TOML + 'stage = {levels = {"ten" = 6.1, "100" = 8.2}}', "'ten' is no return period"),
        (FLOOD_TOML + 'stage = {Ill = {levels = {"10" = 9.1, "100" = 8.2}}}', "level of 100 years"),
        (TOML + '[[crews]]\nname = "c"', "crews: sites is missing"),
        (
            TOML + '[[crews]]\nname = "c"\nsites = ["A"]\nnumbers = 2',
            "crews: unknown name 'numbers'; did you mean 'number'",
        ),
        (TOML + '[crews]\nname = "c"', "crews must be a list of tables"),
        (TOML + '[[triggers]]\ncause = "f"', "triggers: effect is missing"),
        (TOML + '[[triggers]]\neffect = "f"\ncause = "g"', "trigger of 'f': effect: unknown name 'f'"),
        (
            TOML + '[[hazards]]\ntype = "GridOutage"\nname = "g"\nduration = 1.0\nrate_per_year = 1.0\n'
            'disc = {nodes = ["A"], area = [40.0, 0.0, 50.0, 9.0]}',
            "'g': disc: radius_km is missing",
        ),
        (
            TOML + '[[hazards]]\ntype = "Failure"\nname = "f"\nduration = 1.0\nsites = ["A"]\n'
            'rate_per_year = {distribution = "gama", a = 2.0}',
            "'f': rate_per_year.*no distribution named 'gama'",
        ),
        (
            TOML + '[[hazards]]\ntype = "EventTable"\nname = "storms"\nevents = {event = ["x"], site = ["A"]}',
            "'storms': the column rate_per_year is missing",
        ),
    ],
)
def test_files(tmp_path, text, message):
    path = tmp_path / "bad.toml"
    path.write_text(text)
    with pytest.raises(SpecificationError, match=message) as error:
        dcrisk.load_scenario(path)
    assert "bad.toml" in str(error.value)
