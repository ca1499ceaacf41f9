"""Importance measures beside exact ones.

Exact figures lie within intervals asked for with a confidence of 1 - 6e-7, so a correct program fails each comparison
no more often than that. So that the intervals say something, none is wider than the figure itself.
"""

import itertools
import math

import numpy as np
import pytest
from exact import FALSE_ALARM, YEAR, run
from scipy import stats

import dcrisk
from dcrisk.compiler import compile_scenario
from dcrisk.outcomes import Wanted
from dcrisk.sampling import sample

SURE = 1.0 - FALSE_ALARM


def importance(scenario, layouts, trials, **options):
    return dcrisk.importance(scenario, layouts, trials, confidence=SURE, progress=False, threads=1, **options)


def holds(found, name, exact, **place):
    """The interval holds the exact figure, and is no wider than it."""
    low, high = (found[name + end].sel(**place).item() for end in ("_low", "_high"))
    assert low <= exact <= high, (name, place, low, exact, high)
    assert high - low <= abs(exact), (name, place, low, exact, high)


def repairable(rates, hours):
    """Sites that fail one by one, and the long-run unavailability of each, which a long warm-up reaches."""
    scenario = dcrisk.Scenario(
        [dcrisk.Site(name) for name in rates], [dcrisk.Failure("equipment", rates, stats.expon(scale=hours))]
    )
    return scenario, {name: rate * hours / (YEAR + rate * hours) for name, rate in rates.items()}


def unavailability(structure, q):
    """By enumeration of all states: ``structure`` tells from the set of those up whether the service is up."""
    names, total = list(q), 0.0
    for up in itertools.product([False, True], repeat=len(names)):
        if not structure({n for n, u in zip(names, up, strict=True) if u}):
            total += math.prod(1.0 - q[n] if u else q[n] for n, u in zip(names, up, strict=True))
    return total


RATES = {"A": 6.0, "B": 12.0, "C": 24.0, "D": 40.0, "E": 9.0}
BRIDGE = [{"A", "B"}, {"C", "D"}, {"A", "E", "D"}, {"C", "E", "B"}]
STRUCTURES = {
    "series": (dcrisk.all_of("A", "B", "C"), lambda up: {"A", "B", "C"} <= up),
    "parallel": (dcrisk.any_of("A", "B", "C"), lambda up: bool({"A", "B", "C"} & up)),
    "3 of 5": (dcrisk.at_least(3, *RATES), lambda up: len(up) >= 3),
    "bridge": (
        dcrisk.any_of(*(dcrisk.all_of(*path) for path in BRIDGE)),
        lambda up: any(path <= up for path in BRIDGE),
    ),
}


def test_nodes_of_coherent_structures():
    scenario, q = repairable(RATES, 120.0)
    layouts = [dcrisk.Layout(name, up=up) for name, (up, _) in STRUCTURES.items()]
    found = importance(scenario, layouts, 40_000, seed=3, horizon=200.0, warmup=2000.0, of=list(RATES))
    assert found["seen"].all() and (found["kind"] == "site").all()
    for name, (_, structure) in STRUCTURES.items():
        risk = unavailability(structure, q)
        assert found["risk_low"].sel(layout=name) <= risk <= found["risk_high"].sel(layout=name)
        for component in RATES:
            place = {"layout": name, "component": component}
            perfect, failed = (unavailability(structure, q | {component: p}) for p in (0.0, 1.0))
            if name in ("series", "parallel") and component in "DE":  # of no account, and known for certain to be
                assert found["fussell_vesely"].sel(place).item() == 0.0
                assert found["risk_reduction_worth"].sel(place) == found["risk_achievement_worth"].sel(place) == 1.0
                continue
            holds(found, "risk_failed", failed, **place)
            holds(found, "birnbaum", failed - perfect, **place)  # the partial derivative of the risk by q
            assert failed - perfect == pytest.approx((failed - risk) / (1.0 - q[component]))
            holds(found, "risk_achievement_worth", failed / risk, **place)
            if perfect > 0.0:
                holds(found, "risk_perfect", perfect, **place)
                holds(found, "fussell_vesely", 1.0 - perfect / risk, **place)
                holds(found, "risk_reduction_worth", risk / perfect, **place)
            else:
                assert found["risk_perfect"].sel(place) == 0.0 and found["fussell_vesely"].sel(place) == 1.0
                assert (
                    found["risk_reduction_worth"].sel(place) == found["risk_reduction_worth_high"].sel(place) == np.inf
                )
                assert found["risk_reduction_worth_low"].sel(place) > 1.0


def test_utilities_that_sites_require():
    """One feed of each site, and a grid above both: the grid is in series, feeds and sites are not."""
    rates = {"grid": 3.0, "feed A": 30.0, "feed B": 60.0, "A": 20.0, "B": 10.0}
    nodes = [dcrisk.Utility("grid")]
    for site in "AB":
        nodes += [dcrisk.Utility(f"feed {site}", requires=["grid"]), dcrisk.Site(site, requires=[f"feed {site}"])]
    hours = 40.0
    scenario = dcrisk.Scenario(nodes, [dcrisk.Failure("equipment", rates, stats.expon(scale=hours))])
    q = {name: rate * hours / (YEAR + rate * hours) for name, rate in rates.items()}

    def structure(up):
        return "grid" in up and ({"feed A", "A"} <= up or {"feed B", "B"} <= up)

    found = importance(
        scenario,
        [dcrisk.Layout("A or B", replicas=["A", "B"])],
        40_000,
        seed=4,
        horizon=200.0,
        warmup=600.0,
    )
    risk = unavailability(structure, q)
    assert found["kind"].sel(component="grid") == "utility"
    for name in rates:
        place = {"layout": "A or B", "component": name}
        perfect, failed = (unavailability(structure, q | {name: p}) for p in (0.0, 1.0))
        holds(found, "birnbaum", failed - perfect, **place)
        holds(found, "fussell_vesely", 1.0 - perfect / risk, **place)
        holds(found, "risk_achievement_worth", failed / risk, **place)


def test_hazards_left_out_of_a_series():
    """Independent hazards on two sites that are both needed; outages of the grid merge (Takacs 1962)."""
    hours, yearly = 30.0, {"storms": 20.0, "works": 5.0, "theft": 60.0}
    q = {name: -math.expm1(-rate / YEAR * hours) for name, rate in yearly.items()}
    sites = {"storms": "A", "works": "B", "theft": "A"}
    scenario = dcrisk.Scenario(
        [dcrisk.Site("A"), dcrisk.Site("B")],
        [dcrisk.GridOutage(name, {sites[name]: rate}, hours) for name, rate in yearly.items()],
    )
    layout = dcrisk.Layout("both", replicas=["A", "B"], quorum=2)
    horizon = 300.0
    found = importance(scenario, [layout], 40_000, seed=5, horizon=horizon, warmup=100.0, of=list(yearly))
    risk = 1.0 - math.prod(1.0 - p for p in q.values())
    holds(found, "risk", risk, layout="both")
    for name in yearly:
        place = {"layout": "both", "component": name}
        perfect = 1.0 - math.prod(1.0 - p for n, p in q.items() if n != name)
        failed = 1.0 - (1.0 - risk) * (1.0 - hours / horizon)  # one event more, at time 0
        assert found["kind"].sel(component=name) == "hazard"
        holds(found, "risk_perfect", perfect, **place)
        holds(found, "risk_failed", failed, **place)
        holds(found, "fussell_vesely", 1.0 - perfect / risk, **place)
        holds(found, "risk_reduction_worth", risk / perfect, **place)
        holds(found, "risk_achievement_worth", failed / risk, **place)


@pytest.mark.parametrize("quorum", [1, 2])
def test_fire_that_spreads(quorum):
    """Whether a window sees an outage: fires come by Poisson, and which buildings one takes is enumerated."""
    rates, spread = {"A": 0.2, "B": 0.1}, {("A", "B"): 0.4, ("B", "A"): 0.7}
    fire = dcrisk.Fire("fire", rates, {"damaged": 50.0}, contained=0.25, destroyed=0.0, spread=spread)
    scenario = dcrisk.Scenario([dcrisk.Site("A"), dcrisk.Site("B")], [fire])
    layout = dcrisk.Layout("service", replicas=["A", "B"], quorum=quorum)
    found = importance(scenario, [layout], 100_000, seed=6, quantity="any_outage")

    def risk(perfect=()):
        total = 0.0
        for origin, other in (("A", "B"), ("B", "A")):
            for burnt, chance in (({origin, other}, spread[origin, other]), ({origin}, 1.0 - spread[origin, other])):
                down = len(burnt - set(perfect)) > 2 - quorum
                total += rates[origin] * 0.75 * chance * down
        return -math.expm1(-total)

    holds(found, "risk", risk(), layout="service")
    for name in "AB":
        place = {"layout": "service", "component": name}
        if quorum == 2:
            holds(found, "risk_perfect", risk([name]), **place)
            holds(found, "fussell_vesely", 1.0 - risk([name]) / risk(), **place)
            assert found["risk_failed"].sel(place) == 1.0
        else:  # one of two is enough: with one perfect nothing happens, with one failed the other decides
            assert found["risk_perfect"].sel(place) == 0.0
            other = "B" if name == "A" else "A"
            alone = -math.expm1(-0.75 * (rates[other] + rates[name] * spread[name, other]))
            holds(found, "risk_failed", alone, **place)
            holds(found, "birnbaum", alone, **place)
            holds(found, "risk_achievement_worth", alone / risk(), **place)
    assert found["risk_perfect"].sel(component="fire").item() == 0.0


def variant(scenario, layouts, trials, *, seed=0, horizon=YEAR, warmup=0.0, **nodes):
    compiled = compile_scenario(scenario, layouts, horizon=horizon, warmup=warmup, **nodes)
    return sample(compiled, seed, 0, trials, Wanted(attribute=True), threads=1)


def test_a_failed_node_is_one_whose_own_supply_is_down_all_along():
    """Trial by trial: the same as a further utility that the node needs, taken down at time 0 for ever."""

    def scenario(extra=False):
        needed = ["grid", "switch"] if extra else ["grid"]
        nodes = [dcrisk.Utility("grid"), dcrisk.Utility("switch"), dcrisk.Utility("feed", requires=needed)]
        nodes += [
            dcrisk.Site("A", requires=["feed"], restart=3.0),
            dcrisk.Site("B", requires=[dcrisk.any_of("feed", "grid")]),
            dcrisk.Site("room", part_of="B"),
        ]
        hazards = [
            dcrisk.GridOutage("grid", {"grid": 2.0, "feed": 1.0}, stats.expon(scale=20.0)),
            dcrisk.Fire("fire", {"A": 0.3, "B": 0.3}, {"destroyed": 900.0}, spread={("A", "B"): 0.5}),
            dcrisk.GridOutage("switched", {"switch": 0.0}, 3.0 * YEAR),
        ]
        crews = [dcrisk.Crew("electricians", ["grid", "feed", "A"])]
        made = dcrisk.Scenario(nodes, hazards, crews=crews)
        return made.given("switched", "switch") if extra else made

    layouts = [
        dcrisk.Layout("both", replicas=["A", "room"], copies=["A", "room"], relocation=stats.expon(scale=100.0)),
        dcrisk.Layout("A", replicas=["A"], copies=["A", "B"]),
        dcrisk.Layout("room", replicas=["room"]),
    ]
    failed = variant(scenario(), layouts, 3000, seed=2, failed=["feed"])
    supplied = variant(scenario(extra=True), layouts, 3000, seed=2)
    for name in ("downtime", "outages", "longest", "data_loss"):
        assert np.array_equal(getattr(failed, name), getattr(supplied, name))
    assert failed.downtime[1].min() == YEAR and 0.0 < failed.downtime[2].mean() < YEAR
    # the hazards' hours still add up, those of the failed node last
    assert np.allclose(failed.by_hazard.sum(axis=1), failed.downtime)
    assert failed.by_hazard.shape[1] == 4 and failed.by_hazard[1, 3].mean() > 0.5 * YEAR


@pytest.mark.parametrize("warmup, hours", [(0.0, YEAR - 48.0), (30.0, YEAR - 18.0), (100.0, YEAR)])
def test_backups_react_to_a_failed_utility(warmup, hours):
    """A generator that starts carries its site for 48 h from the start of the warm-up, also without any hazard."""
    backup = dcrisk.Backup(0.75, autonomy=48.0)
    scenario = dcrisk.Scenario(
        [dcrisk.Utility("grid"), dcrisk.Site("A", requires=[dcrisk.all_of("grid", backup=backup)])]
    )
    layout = dcrisk.Layout("A", replicas=["A"])
    outcomes = variant(scenario, [layout], 20_000, warmup=warmup, failed=["grid"])
    downtime = outcomes.downtime[0]
    assert set(np.unique(downtime)) == {hours, YEAR}
    if hours < YEAR:
        assert stats.binomtest(int((downtime == hours).sum()), 20_000, 0.75).pvalue > FALSE_ALARM
        begins = downtime < YEAR  # an outage that began in the warm-up is not counted
        assert np.array_equal(outcomes.outages[0], np.where(begins | (warmup == 0.0), 1, 0))


def test_a_failed_utility_starts_what_its_backup_raises():
    """Generators that burn once in four starts: the fire comes at the start of the warm-up."""
    backup = dcrisk.Backup(1.0)
    scenario = dcrisk.Scenario(
        [dcrisk.Utility("grid"), dcrisk.Site("A", requires=[dcrisk.all_of("grid", backup=backup)])],
        [dcrisk.Fire("fire", {"A": 0.0}, {"destroyed": 70.0})],
        triggers=[dcrisk.Trigger("fire", backup="A", probability=0.25, origin="A")],
    )
    layout = dcrisk.Layout("A", replicas=["A"], copies=["A"])
    outcomes = variant(scenario, [layout], 20_000, warmup=50.0, failed=["grid"])
    assert set(np.unique(outcomes.downtime)) == {0.0, 20.0}
    assert np.array_equal(outcomes.data_loss, outcomes.downtime > 0.0)
    assert stats.binomtest(int(outcomes.data_loss.sum()), 20_000, 0.25).pvalue > FALSE_ALARM


def test_what_is_spared_or_failed_leaves_all_other_draws():
    scenario = dcrisk.load_scenario("ovh-strasbourg-2021")
    layouts = dcrisk.site_layouts(scenario)
    names = [layout.name for layout in layouts]
    base = variant(scenario, layouts, 3000)
    alone = [
        i for i, name in enumerate(names) if name != "SBG2" and getattr(scenario.node(name), "part_of", None) != "SBG2"
    ]
    for nodes in ({"spared": ["SBG2"]}, {"failed": ["SBG2"]}):
        changed = variant(scenario, layouts, 3000, **nodes)
        assert np.array_equal(changed.downtime[alone], base.downtime[alone])
        assert not np.array_equal(changed.downtime, base.downtime)
    assert (variant(scenario, layouts, 3000, failed=["SBG2"]).data_loss == base.data_loss).all()


def test_all_quantities_and_their_pairing():
    """Measures are those of the runs, whatever the quantity."""
    scenario, _ = repairable({"A": 3.0, "B": 5.0}, 30.0)
    layouts = [dcrisk.Layout("A", replicas=["A"], copies=["A"]), dcrisk.Layout("both", replicas=["A", "B"], quorum=2)]
    options = {"seed": 9, "horizon": 1000.0, "warmup": 50.0}
    runs = [variant(scenario, layouts, 2000, **options, **n) for n in ({}, {"spared": ["A"]}, {"failed": ["A"]})]
    for quantity, values in {
        "downtime": [r.downtime / 1000.0 for r in runs],
        "any_outage": [r.downtime > 0.0 for r in runs],
        "outages": [r.outages for r in runs],
    }.items():
        risk, perfect, failed = (value.mean(axis=1) for value in values)
        found = importance(scenario, layouts, 2000, quantity=quantity, of="A", **options).isel(component=0)
        assert found["risk"].values == pytest.approx(risk)
        assert found["birnbaum"].values == pytest.approx(failed - perfect)
        assert found["fussell_vesely"].values == pytest.approx((risk - perfect) / risk)
        assert found["risk_achievement_worth"].values == pytest.approx(failed / risk)
        assert found["risk_reduction_worth"].values[1] == pytest.approx(risk[1] / perfect[1])
        assert found["risk_reduction_worth"].values[0] == np.inf
        for name in found.data_vars:
            assert not np.isnan(found[name]).any()
            if f"{name}_low" in found:
                assert ((found[f"{name}_low"] <= found[name]) & (found[name] <= found[f"{name}_high"])).all(), name
    assert run(scenario, layouts, 2000, **options).downtime.values == pytest.approx(runs[0].downtime)


def test_a_risk_that_was_never_seen():
    scenario = dcrisk.Scenario([dcrisk.Site("A"), dcrisk.Site("B")], [dcrisk.Failure("equipment", 0.0, 1.0, ["A"])])
    layouts = [dcrisk.Layout("A", replicas=["A"]), dcrisk.Layout("B", replicas=["B"])]
    found = importance(scenario, layouts, 1000).sel(layout="A")
    assert not found["seen"].item()
    for name in ("A", "B", "equipment"):
        one = found.sel(component=name)
        assert one["fussell_vesely"] == 0.0 and one["fussell_vesely_low"] == -np.inf and one["fussell_vesely_high"] == 1
        assert one["risk_reduction_worth"] == 1.0
        assert one["risk_reduction_worth_low"] == 0.0 and one["risk_reduction_worth_high"] == np.inf
    assert found["risk_achievement_worth"].sel(component="A") == np.inf
    assert 40.0 < found["risk_achievement_worth_low"].sel(component="A") < 1000.0
    assert found["risk_achievement_worth_high"].sel(component="A") == np.inf
    assert found["risk_achievement_worth"].sel(component=["B", "equipment"]).values.tolist() == [1.0, 1.0]


def test_names_of_nodes_and_hazards():
    scenario = dcrisk.Scenario(
        [dcrisk.Utility("grid"), dcrisk.Site("A", requires=["grid"])], [dcrisk.GridOutage("grid", {"grid": 3.0}, 20.0)]
    )
    layout = dcrisk.Layout("A", replicas=["A"])
    names = {
        None: ["grid", "A", "grid (hazard)"],
        "grid": ["grid", "grid (hazard)"],
        "grid (hazard)": ["grid (hazard)"],
    }
    for of, expected in names.items():
        found = importance(scenario, layout, 1000, of=of)
        assert found["component"].values.tolist() == expected
    assert found["kind"].values.tolist() == ["hazard"]


@pytest.mark.parametrize(
    "options, message",
    [
        ({"of": ["gird"]}, "of: unknown name 'gird'; did you mean 'grid'"),
        ({"of": []}, "of names no component"),
        ({"of": ["A", "A"]}, "named twice"),
        ({"quantity": "downtimes"}, "quantity: unknown name 'downtimes'; did you mean 'downtime'"),
        ({"quantity": "data_loss"}, "no layout keeps data"),
        ({"trials": 0}, "trials = 0"),
        ({"threads": 0}, "threads = 0"),
        ({"horizon": 0.0}, "must last some time"),
        ({"confidence": 95}, "for 95 % write 0.95"),
    ],
)
def test_bad_input(options, message):
    scenario = dcrisk.Scenario([dcrisk.Utility("grid"), dcrisk.Site("A")])
    options = {"trials": 100} | options
    with pytest.raises(ValueError, match=message):
        dcrisk.importance(scenario, [dcrisk.Layout("A", replicas=["A"])], **options)
