"""Maintenance against what a calendar says: how many windows, how long, and what fails meanwhile."""

import math
from fractions import Fraction

import numpy as np
import pytest
from exact import YEAR, check_mean, check_share, run
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

import dcrisk
from dcrisk import Crew, Failure, Layout, Maintenance, Scenario, Site, Trigger, Utility, all_of, site_layouts

A, B, C = (Site(name) for name in "ABC")


def each(sites, hazards, trials=1, **options):
    """Results by site."""
    scenario = Scenario([Site(name) for name in sites], hazards)
    return run(scenario, site_layouts(scenario), trials, **{"seed": 1} | options)


# ---------------------------------------------------------------- the schedule

EIGHTHS = st.integers(1, 8 * 400).map(lambda i: i / 8)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_the_calendar(data):
    """Hours and outages of each site, by exact fractions; sevenths of a multiple of 1/8 never meet the window's end."""
    names = "ABCDEFG"[: data.draw(st.sampled_from([1, 2, 3, 7]))]
    every, horizon, warmup = data.draw(EIGHTHS), data.draw(EIGHTHS), data.draw(st.one_of(st.just(0.0), EIGHTHS))
    first = data.draw(st.integers(-8000, 8000)) / 8
    apart = data.draw(st.one_of(st.none(), st.just(0.0), EIGHTHS))
    duration = data.draw(st.integers(1, 7)) / 8 * every  # a gap before the next
    results = each(
        names, [Maintenance("m", list(names), every, duration, first, apart)], horizon=horizon, warmup=warmup
    )
    for i, name in enumerate(names):
        start = Fraction(first) + i * (Fraction(every) / len(names) if apart is None else Fraction(apart))
        low, high = (math.ceil((Fraction(end) - start) / Fraction(every)) for end in (-warmup, horizon))
        moments = [start + n * Fraction(every) for n in range(low, high)]  # those in [-warmup, horizon)
        hours = sum(max(min(t + Fraction(duration), Fraction(horizon)) - max(t, 0), 0) for t in moments)
        site = results.sel(layout=name)
        assert int(site.outages[0]) == sum(t >= 0 for t in moments)
        assert abs(float(site.downtime[0]) - float(hours)) <= (len(moments) + 1) * 2.0**-29


def test_the_first_moment_counts_and_the_last_does_not():
    def outages(first, **options):
        return int(each("A", [Maintenance("m", ["A"], 100.0, 1.0, first)], horizon=300.0, **options).outages[0, 0])

    assert outages(0.0) == 3  # 0, 100, 200; 300 is the end
    assert outages(100.0) == outages(-700.0) == 3
    assert outages(2.0**-30) == 3
    down = each("A", [Maintenance("m", ["A"], 100.0, 30.0, -10.0)], horizon=300.0)
    assert down.downtime.item() == 3 * 30 - 20  # the window that began before time 0 is no part, the last is cut
    down = each("A", [Maintenance("m", ["A"], 100.0, 30.0, -10.0)], horizon=300.0, warmup=10.0)
    assert (down.downtime.item(), down.outages.item()) == (20 + 2 * 30 + 10, 3)


def test_no_window_within_reach():
    results = each("AB", [Maintenance("m", ["A", "B"], 1e6, 5.0, first_hours=8.0, apart_hours=10.0)], horizon=10.0)
    np.testing.assert_array_equal(results.downtime.values.ravel(), [2.0, 0.0])


def test_windows_that_overlap_merge():
    hazard = Maintenance("m", ["A"], 10.0, 25.0, first_hours=5.0)
    results = each("A", [hazard], horizon=100.0)
    assert (results.downtime.item(), results.outages.item()) == (95.0, 1)
    touching = each("A", [Maintenance("m", ["A"], 10.0, 10.0)], horizon=100.0)
    assert (touching.downtime.item(), touching.outages.item()) == (100.0, 1)


def test_utilities_are_maintained_too_and_what_needs_them_feels_it():
    scenario = Scenario([Utility("feed"), Site("A", requires=["feed"])], [Maintenance("m", ["feed"], 1000.0, 8.0)])
    assert run(scenario, [Layout("A", replicas=["A"])], 1, seed=1, horizon=3000.0).downtime.item() == 24.0


# ---------------------------------------------------------------- durations that are drawn


def test_mean_downtime_is_windows_times_mean_duration():
    hazard = Maintenance("m", ["A", "B"], 500.0, stats.uniform(1.0, 5.0), first_hours=3.0)
    results = each("AB", [hazard], 20_000, horizon=10_000.0)
    for name in "AB":
        check_mean(results.downtime.sel(layout=name), 20 * 3.5)
    assert (results.outages == 20).all()


def test_a_window_of_the_warmup_reaches_into_the_window():
    hazard = Maintenance("m", ["A"], 1000.0, stats.uniform(0.0, 4.0), first_hours=-1.0)
    results = each("A", [hazard], 20_000, horizon=500.0, warmup=400.0)
    check_mean(results.downtime, 9.0 / 8.0)  # E max(0, D - 1) for D uniform on (0, 4)


def test_rolled_windows_never_meet_and_those_at_once_do():
    either = Layout("either", replicas=["A", "B"])

    def down(**options):
        hazard = Maintenance("m", ["A", "B"], 300.0, stats.uniform(0.0, 100.0), **options)
        return run(Scenario([A, B], [hazard]), [either], 20_000, seed=2, horizon=3000.0)

    assert (down().downtime == 0).all()
    at_once = down(apart_hours=0.0)
    check_mean(at_once.downtime, 10 * 100.0 / 3)  # the mean of the shorter of two
    assert (at_once.outages == 10).all()
    # both are out t hours after the first began: P(D > t) P(D' > t - 50), integrated from 50 to 100
    check_mean(down(apart_hours=50.0).downtime, 10 * 100.0 * (0.5 / 2 - 1.5 / 8 + 1 / 24))


def test_failures_meanwhile():
    """Two of three, one of them always about to be in maintenance: conditioned on who is."""
    every, hours, horizon, mean, rate = 240.0, 16.0, 7200.0, 40.0, 20.0
    hazards = [
        Failure("f", rate, stats.expon(scale=mean), ["A", "B", "C"]),
        Maintenance("m", ["A", "B", "C"], every, hours),
    ]
    layout = Layout("two of three", replicas=["A", "B", "C"], quorum=2)
    results = run(Scenario([A, B, C], hazards), [layout], 20_000, seed=3, horizon=horizon, warmup=1440.0)
    q = rate * mean / YEAR / (1 + rate * mean / YEAR)
    one_out = 3 * hours / every
    exact = horizon * (one_out * (1 - (1 - q) ** 2) + (1 - one_out) * (3 * q**2 * (1 - q) + q**3))
    check_mean(results.downtime, exact)


# ---------------------------------------------------------------- with the rest of the library


def test_given_is_one_more_window_at_the_start():
    scenario = Scenario([A, B], [Maintenance("m", ["A", "B"], 1000.0, 8.0, first_hours=100.0)])
    layouts = site_layouts(scenario)
    plain, more = (run(s, layouts, 50, seed=4, horizon=2000.0) for s in (scenario, scenario.given("m", origin="B")))
    assert (plain.sel(layout="A") == more.sel(layout="A")).all().to_array().all()
    np.testing.assert_array_equal(more.downtime.sel(layout="B"), plain.downtime.sel(layout="B") + 8.0)
    np.testing.assert_array_equal(more.outages.sel(layout="B"), plain.outages.sel(layout="B") + 1)


def test_given_without_an_origin_takes_any_site_alike():
    scenario = Scenario([A, B, C], [Maintenance("m", ["A", "B", "C"], 1e5, 8.0, 5e4)]).given("m")
    results = run(scenario, site_layouts(scenario), 30_000, seed=5, horizon=100.0)
    assert (results.downtime.sum("layout") == 8.0).all()
    for name in "ABC":
        check_share((results.downtime.sel(layout=name) > 0).sum(), 30_000, 1 / 3)


def test_windows_raise_other_hazards():
    scenario = Scenario(
        [A, B],
        [Maintenance("m", ["A"], 100.0, 1.0), dcrisk.GridOutage("mistake", {"B": 0.0}, 1.0)],
        triggers=[Trigger("mistake", cause="m", probability=0.25, delay=0.5, origin="B")],
    )
    results = run(scenario, [Layout("B", replicas=["B"])], 5_000, seed=6, horizon=1000.0, attribute=True)
    check_share(results.outages.sum(), 50_000, 0.25)
    assert (results.downtime_by_hazard.sel(hazard="m") == 0).all()


def test_a_window_may_be_raised():
    scenario = Scenario(
        [A, B],
        [Failure("f", 20.0, 1e-3, ["A"]), Maintenance("m", ["B"], 1e6, 2.0, 5e5)],
        triggers=[Trigger("m", cause="f", delay=1.0)],
    )
    results = run(scenario, site_layouts(scenario), 500, seed=7)
    assert results.downtime.sel(layout="B").sum() > 500
    assert (results.outages.sel(layout="B") <= results.outages.sel(layout="A")).all()


def test_one_crew_takes_one_site_after_the_other():
    hazard = Maintenance("m", ["A", "B", "C"], 1000.0, 8.0, apart_hours=0.0)
    scenario = Scenario([A, B, C], [hazard], crews=[Crew("crew", ["A", "B", "C"], 1, ["interrupted"])])
    results = run(scenario, site_layouts(scenario), 1, seed=8, horizon=500.0)
    np.testing.assert_array_equal(results.downtime.values.ravel(), [8.0, 16.0, 24.0])


def test_who_opened_the_outage():
    """Within B's long window falls one of A: the last straw is A's, of the other plan."""
    scenario = Scenario(
        [A, B], [Maintenance("short", ["A"], 1000.0, 2.0, 50.0), Maintenance("long", ["B"], 1000.0, 90.0)]
    )
    results = run(scenario, [Layout("either", replicas=["A", "B"])], 3, seed=9, horizon=1000.0, attribute=True)
    np.testing.assert_array_equal(results.downtime_by_hazard.sel(hazard="short").values, np.full((1, 3), 2.0))
    np.testing.assert_array_equal(results.downtime_by_hazard.sel(hazard="long").values, np.zeros((1, 3)))


def test_other_draws_stay_and_any_trials_are_the_same():
    hazards = [
        Failure("f", 30.0, stats.expon(scale=50.0), ["A", "B"]),
        Maintenance("m", ["B"], 700.0, stats.expon(9.0)),
    ]
    scenario = Scenario([A, B], hazards)
    whole = run(scenario, site_layouts(scenario), 2500, seed=10)
    apart = run(scenario, site_layouts(scenario), 2500, seed=10, chunks={"trial": 700}).load()
    np.testing.assert_array_equal(whole.downtime, apart.downtime)
    without = run(scenario.without("m"), site_layouts(scenario), 2500, seed=10)
    np.testing.assert_array_equal(whole.downtime.sel(layout="A"), without.downtime.sel(layout="A"))
    assert (whole.downtime.sel(layout="B") >= without.downtime.sel(layout="B")).all()


def test_outages_that_nobody_notices_are_skipped_soundly():
    """With a service of two of three, a window alone is quiet; the same hours, with a layout that notices all."""
    hazards = [Failure("f", 40.0, stats.expon(scale=30.0), ["A", "B", "C"]), Maintenance("m", ["A", "B"], 90.0, 12.0)]
    scenario = Scenario([A, B, C], hazards)
    layout = Layout("two of three", replicas=["A", "B", "C"], quorum=2)
    alone = run(scenario, [layout], 2000, seed=11, warmup=50.0)
    noticed = run(scenario, [layout, *site_layouts(scenario)], 2000, seed=11, warmup=50.0)
    np.testing.assert_array_equal(alone.downtime, noticed.downtime.sel(layout=["two of three"]))


def test_backups_carry_the_maintenance_of_their_feed():
    backed = all_of("feed", backup=dcrisk.Backup(0.9, autonomy=48.0))
    scenario = Scenario(
        [Utility("feed"), Site("A", requires=[backed])], [Maintenance("m", ["feed"], 500.0, 8.0, first_hours=1.0)]
    )
    results = run(scenario, [Layout("A", replicas=["A"])], 5_000, seed=12, horizon=5000.0)
    check_share(results.outages.sum(), 50_000, 0.1)


# ---------------------------------------------------------------- files, input, words


def test_in_a_file(tmp_path):
    path = tmp_path / "plan.toml"
    path.write_text(
        """
        name = "plan"
        nodes = [{ type = "Site", name = "A" }, { type = "Site", name = "B" }]
        [[hazards]]
        type = "Maintenance"
        name = "patching"
        sites = ["A", "B"]
        every_hours = 720
        duration = { distribution = "gamma", a = 2.0, scale = 3.0 }
        first_hours = 12.5
        """
    )
    read = dcrisk.load_scenario(path)
    assert read.hazards[0] == Maintenance("patching", ["A", "B"], 720.0, stats.gamma(2.0, scale=3.0), 12.5)
    dcrisk.save_scenario(read, tmp_path / "copy.toml")
    assert dcrisk.load_scenario(tmp_path / "copy.toml") == read


def made(**options):
    return Maintenance(**{"name": "m", "sites": ["A"], "every_hours": 720.0, "duration": 4.0} | options)


BAD = {
    "no site": ({"sites": []}, "maintenance 'm': name the sites"),
    "sites as text": ({"sites": "A"}, "'m': sites = 'A': it must be a list"),
    "site twice": ({"sites": ["A", "B", "A"]}, "'m': sites: 'A' is named twice"),
    "site without a name": ({"sites": [""]}, "'m': sites: the name ''"),
    "every 0": ({"every_hours": 0}, "'m': every_hours = 0: it must be above 0"),
    "every negative": ({"every_hours": -1.0}, "'m': every_hours = -1.0"),
    "every NaN": ({"every_hours": math.nan}, "'m': every_hours = nan"),
    "every as distribution": ({"every_hours": stats.expon(scale=700.0)}, "'m': every_hours = .*number"),
    "first infinite": ({"first_hours": math.inf}, "'m': first_hours = inf"),
    "first as text": ({"first_hours": "noon"}, "'m': first_hours = 'noon': it must be a number"),
    "apart negative": ({"apart_hours": -24.0}, "'m': apart_hours = -24.0"),
    "duration negative": ({"duration": -4.0}, "'m': duration"),
    "duration can be negative": ({"duration": stats.norm(4.0, 1.0)}, "'m': duration.*negative"),
    "monthly": ({"monthly": [1.0] * 12}, "'m': monthly belongs to events that come by chance"),
    "dispersion": ({"dispersion": 2.0}, "'m': dispersion belongs to events that come by chance"),
}


@pytest.mark.parametrize("options, message", BAD.values(), ids=BAD.keys())
def test_bad_input(options, message):
    with pytest.raises(dcrisk.SpecificationError, match=message):
        made(**options)


def test_unknown_sites_and_too_many_windows():
    with pytest.raises(dcrisk.SpecificationError, match="hazard 'm': unknown name 'Z'"):
        Scenario([A], [made(sites=["Z"])])
    for every in (1e-3, 1e-300):
        with pytest.raises(dcrisk.SpecificationError, match=f"'m': every_hours = {every:g}.*check its unit"):
            each("A", [made(every_hours=every)])
    with pytest.raises(dcrisk.SpecificationError, match="given 'm': origin: unknown name 'Z'"):
        Scenario([A], [made()]).given("m", origin="Z")
