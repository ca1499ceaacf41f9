"""Figures of hazards, of what falls together, and footprints: that they show exact values, and stay clean."""

from __future__ import annotations

import math

import matplotlib
import numpy as np
import pytest
import xarray as xr
from drawn import assert_labels_clear
from matplotlib import pyplot as plt
from scipy import integrate, stats

import dcrisk
from dcrisk import plotting
from dcrisk.plotting import curves, style
from dcrisk.plotting.dependence import order_together

WINTER = [8, 8, 7, 4, 2, 1, 1, 1, 2, 4, 6, 8]
PEAKS = dcrisk.PeaksOverThreshold(0.5, 5.0, 0.8, 0.05)
TABLE = dcrisk.ReturnLevels({2: 5.6, 10: 7.1, 100: 8.2, 200: 8.5})
LAW = stats.lognorm(1.2, scale=5.0)


def draw(hazard, **options):
    scenario = dcrisk.Scenario([dcrisk.Site(name) for name in hazard.nodes()], [hazard])
    return plotting.plot_hazard(scenario, hazard.name, **options)


def make_flood(stage=PEAKS, **options):
    options = {"protection": {"A": 7.2}, "durations": {"damaged": 720.0}, "critical_depth": math.inf} | options
    return dcrisk.Flood("flood", stage, **options)


def make_two_basins(**options):
    protection = {"A": 7.2, "B": 7.2, "C": 6.1, "D": 7.3, "E": 8.4, "F": 8.4, "G": 25.0, "H": 4.0}
    basin = {node: "Seine" if node in "ABCD" else "Rhine" for node in protection}
    together = {"correlation": 0.3, "copula": "t"}
    return make_flood({"Seine": PEAKS, "Rhine": TABLE}, protection=protection, basin=basin, **together, **options)


def make_storms(**options):
    events = {
        "event": ["Lothar", "Lothar", "Martin", "Kyrill", "Klaus", "Xynthia"],
        "rate_per_year": [0.02, 0.02, 0.03, 0.05, 0.04, 0.04],
        "site": ["A", "B", "C", "D", "E", "F"],
        "duration": [48.0, 72.0, 96.0, 20.0, 30.0, 31.0],
    }
    return dcrisk.EventTable("storms", events, **options)


def legend_words(ax):
    return [text.get_text().replace("\n", " ") for text in ax.get_legend().get_texts()]


def drawn_rate(ax, hours, line=0):
    """The rate that a line shows at these hours."""
    x, y = ax.lines[line].get_data()
    if ax.lines[line].get_drawstyle() == "steps-post":
        return y[np.searchsorted(x, hours, side="right") - 1]
    return np.exp(np.interp(np.log(hours), np.log(x), np.log(y)))


def words_of(ax):
    return [text for text in ax.texts if text.get_text()]


def assert_clean(ax, outside=0.0):
    """No text covers another one, the legend or the panel of the months, and none leaves the axes."""
    ax.figure.canvas.draw()
    boxes = [text.get_window_extent() for text in words_of(ax)]
    boxes += [panel.get_tightbbox() for panel in ax.child_axes]
    boxes += [ax.get_legend().get_window_extent()] if ax.get_legend() else []
    frame = ax.get_window_extent()
    for i, box in enumerate(boxes):
        assert not any(box.overlaps(other) for other in boxes[:i])
        assert box.x0 >= frame.x0 - 1 and box.x1 <= frame.x1 + 1
        assert box.y0 >= frame.y0 - 1 and box.y1 <= frame.y1 + 1


def assert_curves_uncovered(ax):
    """No curve runs under the legend or the panel of the months."""
    ax.figure.canvas.draw()
    boxes = [panel.get_tightbbox() for panel in ax.child_axes]
    boxes += [ax.get_legend().get_window_extent()] if ax.get_legend() else []
    for line in ax.lines:
        points = line.get_xydata()
        points = ax.transData.transform(points[np.isfinite(points).all(axis=1)])
        for box in boxes:
            assert not any(box.contains(*point) for point in points)


# ---------------------------------------------------------------- floods


@pytest.mark.parametrize("stage", [PEAKS, TABLE, dcrisk.PeaksOverThreshold(3.0, 2.0, 0.5, -0.2)])
def test_the_line_shows_return_levels(stage):
    ax = draw(make_flood(stage))
    years, levels = ax.lines[0].get_data()
    np.testing.assert_allclose(levels, stage.return_level(years))
    np.testing.assert_allclose(stage.exceedance_rate_per_year(levels), 1.0 / years, rtol=1e-6)
    assert ax.get_xscale() == "log"
    assert ax.get_xlabel() == "return period of a peak (years)"
    assert ax.get_ylabel() == "stage (m)"


def test_a_table_is_dashed_beyond_its_last_entry():
    ax = draw(make_flood(TABLE))
    solid, dashed = ax.lines[:2]
    assert solid.get_xdata()[-1] <= 200.0 * (1 + 1e-9)
    assert dashed.get_xdata()[0] == 200.0 and dashed.get_xdata()[-1] >= 1000.0
    assert dashed.get_linestyle() == "--" and solid.get_linestyle() == "-"


def test_protections_are_marked_where_the_curve_passes_them():
    ax = draw(make_two_basins())
    marks = {tuple(np.round(line.get_xydata()[0], 9)) for line in ax.lines if line.get_marker() == "o"}
    for stage, level in [(PEAKS, 7.2), (PEAKS, 6.1), (PEAKS, 7.3), (TABLE, 8.4), (TABLE, 4.0)]:
        assert (round(1.0 / float(stage.exceedance_rate_per_year(level)), 9), level) in marks
    assert len(marks) == 5  # 25 m lies above all
    words = {text.get_text().split("\n")[0] for text in words_of(ax)}
    assert words == {
        "Seine",
        "Rhine",
        "A, B (Seine)",
        "C (Seine)",
        "D (Seine)",
        "E, F (Rhine)",
        "G (Rhine)",
        "H (Rhine)",
    }
    assert "copula of the basins: Student-t, 4 degrees of freedom, correlation 0.3" in ax.get_xlabel()


@pytest.mark.parametrize(
    "hazard",
    [
        make_two_basins(),
        make_two_basins(monthly=WINTER),
        make_flood(protection={f"node {i}": 7.0 + 0.01 * i for i in range(12)}, monthly=WINTER),
        make_flood(protection={f"node {i}": 5.0 + 0.2 * i for i in range(14)}),
        make_flood(protection={f"a node with a long name {i}": 7.0 for i in range(12)}, monthly=WINTER),
    ],
)
@pytest.mark.parametrize("size", [None, (5.5, 4.0)])
def test_labels_of_floods_are_clean(hazard, size):
    if size and len(hazard.protection) > 8 and len(set(hazard.protection.values())) > 8:
        pytest.skip("twelve labels of two lines do not fit into four inches")
    ax = draw(hazard, ax=plt.subplots(figsize=size)[1] if size else None)
    assert_clean(ax)
    assert_curves_uncovered(ax)


def test_labels_of_equal_levels_are_one():
    flood = make_flood(protection={f"a node with a long name {i}": 7.0 for i in range(12)})
    [text] = words_of(draw(flood))
    assert text.get_text().startswith("a node with a long name 0 and 11 more\n7 m: flooded once in")


def test_the_numbers_of_the_axis_end_with_the_curve():
    ax = draw(make_two_basins())
    last = max(line.get_xdata()[-1] for line in ax.lines if line.get_linestyle() == "-")
    assert max(ax.get_xticks()) <= last * (1 + 1e-9) < ax.get_xlim()[1]


def test_how_often_a_node_is_flooded():
    """By peaks of all heights with the residual, and by breaches from the floor."""
    flood = make_flood(residual_sd=0.3, breach=0.2, floor={"A": 6.0})
    [found] = curves.protections_of(flood)

    def above(level):
        def density(r):
            return PEAKS.exceedance_rate_per_year(level - r) * stats.norm.pdf(r, scale=0.3)

        kink = level - PEAKS.threshold  # where the water stands at the threshold
        pieces = [(-3.0, min(kink, 3.0)), (min(kink, 3.0), 3.0)]
        return sum(integrate.quad(density, *piece)[0] for piece in pieces)

    np.testing.assert_allclose(found.flooded, above(7.2) + 0.2 * (above(6.0) - above(7.2)), rtol=2e-4)
    np.testing.assert_allclose(found.reached, PEAKS.exceedance_rate_per_year(7.2))
    [plain] = curves.protections_of(make_flood())
    np.testing.assert_allclose(plain.flooded, plain.reached)


def test_a_simulated_flood_is_as_often_as_its_label_says():
    """The number of floods in 20 000 years is Poisson; five standard deviations, false alarm 6e-7."""
    flood = make_flood(residual_sd=0.3, breach=0.2, floor={"A": 6.0}, durations={"damaged": 0.5})
    [expected] = curves.protections_of(flood)
    scenario = dcrisk.Scenario([dcrisk.Site("A")], [flood])
    results = dcrisk.simulate(scenario, dcrisk.site_layouts(scenario), 20_000, seed=1, progress=False)
    number, mean = int(results["outages"].sum()), 20_000 * expected.flooded
    assert abs(number - mean) < 5.0 * np.sqrt(mean) + 1e-3 * mean


@pytest.mark.parametrize(
    ("stage", "protection", "words"),
    [
        (dcrisk.PeaksOverThreshold(0.5, 5.0, 0.8, -0.5), 7.0, "7 m: never flooded"),
        (dcrisk.PeaksOverThreshold(0.01, 5.0, 0.1), 7.0, "less than once in a\nmillion years"),
        (dcrisk.PeaksOverThreshold(30.0, 5.0, 0.8), 4.9, "flooded 30 times a year"),
        (PEAKS, 4.9, "flooded once in 2 years"),
        (dcrisk.ReturnLevels({10: 6.0, 100: 8.0}), 10.0, "flooded once in 1,000 years"),
        (dcrisk.PeaksOverThreshold(0.0, 5.0, 0.8), 5.1, "never flooded"),
    ],
)
def test_words_of_rare_and_of_frequent_floods(stage, protection, words):
    ax = draw(make_flood(stage, protection={"A": protection}))
    assert any(words in text.get_text() for text in words_of(ax))
    assert_clean(ax)


def test_an_uncertain_flood_has_a_band():
    rate = dcrisk.jeffreys_rate(5, 20)
    stage = dcrisk.PeaksOverThreshold(rate, 5.0, 0.8, 0.05)
    ax = draw(make_flood(stage))
    np.testing.assert_allclose(ax.lines[0].get_ydata(), stage.return_level(ax.lines[0].get_xdata()))
    [band] = ax.collections
    edge = band.get_paths()[0].vertices
    for p in (0.05, 0.95):
        known = dcrisk.PeaksOverThreshold(float(rate.ppf(p)), 5.0, 0.8, 0.05)
        at = edge[np.isclose(edge[:, 0], 100.0, rtol=0.02)]
        assert np.isclose(at[:, 1], known.return_level(at[:, 0])).any()
    assert "band: 5 to 95 %" in ax.get_xlabel()


# ---------------------------------------------------------------- durations


@pytest.mark.parametrize("kind", ["failure", "grid", "shared", "disc"])
def test_the_line_shows_rate_times_duration_law(kind):
    disc = dcrisk.Disc(["A"], (42.0, -5.0, 51.0, 8.0), 100.0)
    hazard = {
        "failure": dcrisk.Failure("h", {"A": 2.0}, LAW),
        "grid": dcrisk.GridOutage("h", {"A": 2.0}, LAW),
        "shared": dcrisk.Failure("h", 2.0, LAW, ["A", "B"], shared=True),
        "disc": dcrisk.GridOutage("h", 2.0, LAW, disc=disc),
    }[kind]
    nodes = [dcrisk.Site(name, lat=45.0, lon=3.0) for name in hazard.nodes()]
    ax = plotting.plot_hazard(dcrisk.Scenario(nodes, [hazard]), "h")
    [line] = ax.lines
    np.testing.assert_allclose(line.get_ydata(), 2.0 * LAW.sf(line.get_xdata()))
    assert ax.get_xscale() == ax.get_yscale() == "log"
    years = "failures in a year up" if kind in ("failure", "shared") else "events a year"
    assert ax.get_ylabel() == f"{years} that last longer"


def test_origins_with_one_rate_share_a_curve():
    ax = draw(dcrisk.GridOutage("grid", {"A": 2.0, "B": 0.1, "C": 2.0, "D": 0.0}, LAW))
    assert legend_words(ax) == ["all 4 together: 4.1 a year", "A, C: 2 a year each", "B: 0.1 a year", "D: 0 a year"]
    for line, rate in zip(ax.lines, (4.1, 2.0, 0.1), strict=False):
        np.testing.assert_allclose(line.get_ydata(), rate * LAW.sf(line.get_xdata()), rtol=1e-12)


def test_many_rates_are_the_largest_ones():
    rates = {f"node {i}": 0.1 * (i + 1) for i in range(20)}
    ax = draw(dcrisk.Failure("many", rates, LAW))
    assert len(ax.lines) == 1 + curves.MOST_CURVES
    assert legend_words(ax)[:2] == ["all 20 together: 21 a year", "node 19: 2 a year"]


@pytest.mark.parametrize(
    ("duration", "steps"),
    [(24.0, {24.0: 1.0}), (stats.rv_discrete(values=([2, 8, 24], [0.5, 0.3, 0.2]))(), {2.0: 0.5, 8.0: 0.3, 24.0: 0.2})],
)
def test_discrete_durations_fall_in_steps(duration, steps):
    ax = draw(dcrisk.Failure("steps", {"A": 3.0}, duration))
    left = 1.0
    for hours, share in steps.items():
        np.testing.assert_allclose(drawn_rate(ax, hours * (1 - 1e-9)), 3.0 * left)
        left -= share
        if left > 1e-9:
            np.testing.assert_allclose(drawn_rate(ax, hours), 3.0 * left)
    assert drawn_rate(ax, 24.0) < ax.get_ylim()[0]


def band_at(ax, hours, number=0):
    edge = ax.collections[number].get_paths()[0].vertices
    at = edge[np.argmin(np.abs(np.log(edge[:, 0] / hours)))][0]
    found = edge[edge[:, 0] == at][:, 1]
    return at, found.min(), found.max()


def test_bands_of_uncertain_rates():
    one, other = dcrisk.jeffreys_rate(2, 20), dcrisk.jeffreys_rate(9, 20)
    ax = draw(dcrisk.Failure("common", one, LAW, ["A", "B", "C"]))
    for number, factor in enumerate((3.0, 1.0)):  # one rate for all: the sum is as uncertain as each
        at, low, high = band_at(ax, 5.0, number)
        np.testing.assert_allclose((low, high), factor * one.ppf((0.05, 0.95)) * LAW.sf(at))
    single = curves.total_rate([one, 0.5], [2.0, 1.0])
    np.testing.assert_allclose(single, (0.5 + 2.0 * one.mean(), *(0.5 + 2.0 * one.ppf((0.05, 0.95)))))
    both = curves.total_rate([one, other], [1.0, 1.0])  # gamma variables of one scale: the sum is one too
    exact = stats.gamma(2.5 + 9.5, scale=1 / 20)
    np.testing.assert_allclose(both, (exact.mean(), *exact.ppf((0.05, 0.95))), rtol=0.02)
    assert not curves.total_rate([1.0, 2.0], [1.0, 1.0]).is_uncertain


def test_fires_by_what_becomes_of_the_building():
    states = {
        "interrupted": 12.0,
        "damaged": LAW,
        "destroyed": stats.uniform(2160, 6600),
        "isolated": stats.expon(0, 50),
    }
    fire = dcrisk.Fire(
        "fire",
        {"A": 0.01, "B": 0.03, "C": 0.06},
        states,
        contained={"A": 0.6, "B": 0.5, "C": 0.9},
        destroyed=0.25,
        isolation=[["A", "B"]],
        isolation_probability=0.75,
    )
    ax = draw(fire)
    held = 0.006 + 0.015 + 0.054
    burnt = 0.1 - held
    cut = 0.75 * (0.004 + 0.015)
    expected = [held, 0.75 * burnt, 0.25 * burnt, cut]
    labels = ["contained", "damaged", "destroyed", "rest of the campus isolated"]
    for words, label, rate in zip(legend_words(ax), labels, expected, strict=True):
        shown, number = words.removesuffix(" a year").split(": ")
        assert shown == label
        np.testing.assert_allclose(float(number), rate, rtol=0.005)
    for i, (state, rate) in enumerate(zip(states, expected, strict=True)):
        for hours in (3.0, 30.0, 300.0, 3000.0):
            exact = rate * curves.share_longer(states[state])(np.array([hours])).item()
            if exact > ax.get_ylim()[0]:
                np.testing.assert_allclose(drawn_rate(ax, hours, i), exact, rtol=2e-3)


def test_maintenance_is_drawn_as_windows_a_year():
    duration = stats.gamma(2.0, scale=3.0)
    ax = draw(dcrisk.Maintenance("patching", ["A", "B", "C"], 730.5, duration))
    assert legend_words(ax) == ["all 3 together: 36 a year", "A, B, C: 12 a year each"]
    for hours in (1.0, 6.0, 20.0):
        np.testing.assert_allclose(drawn_rate(ax, hours, 1), 12.0 * duration.sf(hours), rtol=2e-3)
    assert_curves_uncovered(ax)


def test_what_interrupts_nothing_is_named_and_not_drawn():
    ax = draw(dcrisk.Fire("fire", {"A": 0.1}, {"destroyed": 50.0}, contained=0.5))
    assert legend_words(ax) == ["contained: 0.05 a year, interrupting nothing", "destroyed: 0.05 a year"]
    assert [line.get_xdata().size > 0 for line in ax.lines] == [False, True]


@pytest.mark.parametrize(
    "hazard",
    [dcrisk.Failure("never", 0.0, 24.0, ["A", "B"]), dcrisk.Failure("no time", 1.0, 0.0, ["A"])],
    ids=lambda hazard: hazard.name,
)
def test_nothing_to_draw(hazard):
    ax = draw(hazard)
    assert all(line.get_xdata().size == 0 for line in ax.lines)
    assert legend_words(ax)


def test_a_catalogue_counts_each_event_by_its_longest_outage():
    ax = draw(make_storms())
    for hours, rate in [(19.9, 0.18), (20.0, 0.13), (30.5, 0.09), (31.0, 0.05), (71.9, 0.05), (72.0, 0.03)]:
        np.testing.assert_allclose(drawn_rate(ax, hours), rate)
    names = {text.get_text() for text in words_of(ax)}
    assert names == {"Lothar", "Martin", "Kyrill", "Klaus", "Xynthia"}
    assert_clean(ax)


@pytest.mark.parametrize("shared", [0.0, 0.5, 1.0])
def test_a_catalogue_with_spread(shared):
    """Against 200 000 draws of the same model; four standard errors, false alarm 3e-4 for all."""
    table = make_storms(duration_spread=0.6, shared_fraction=shared)
    [curve] = curves.curves_of(table)
    rng, n = np.random.default_rng(5), 200_000
    common, own = rng.standard_normal((1, n)), rng.standard_normal((2, n))
    score = np.sqrt(shared) * common + np.sqrt(1 - shared) * own
    lothar = (np.array([[48.0], [72.0]]) * np.exp(0.6 * score - 0.18)).max(axis=0)
    for hours in (40.0, 80.0, 150.0):
        share = (lothar > hours).mean()
        others = {96.0: 0.03, 20.0: 0.05, 30.0: 0.04, 31.0: 0.04}
        exact = sum(r * stats.lognorm(0.6, scale=d * np.exp(-0.18)).sf(hours) for d, r in others.items())
        found = (curve.rate.mean * curve.share_longer(np.array([hours])).item() - exact) / 0.02
        assert abs(found - share) < 4.0 * np.sqrt(share * (1 - share) / n) + 1e-4


def test_a_large_catalogue_has_no_names():
    events = {
        "event": range(300),
        "rate_per_year": [1e-3] * 300,
        "site": ["A"] * 300,
        "duration": np.arange(1.0, 301.0),
    }
    ax = draw(dcrisk.EventTable("many", events))
    assert not words_of(ax)
    np.testing.assert_allclose(drawn_rate(ax, 100.0), 0.2)


@pytest.mark.parametrize(
    "hazard",
    [
        dcrisk.Failure("f", {"A": dcrisk.jeffreys_rate(2, 20), "B": 0.2, "C": 0.01}, LAW, monthly=WINTER),
        dcrisk.Failure("f", 0.3, 24.0, ["A"], monthly=WINTER),
        make_storms(monthly=WINTER),
        make_storms(monthly=WINTER, duration_spread=0.6),
        dcrisk.Fire("f", {"A": 0.1}, {"damaged": 300.0, "destroyed": LAW}, destroyed=0.3, monthly=WINTER),
    ],
)
@pytest.mark.parametrize("size", [None, (4.5, 3.5)])
def test_months_are_a_panel_in_a_free_place(hazard, size):
    ax = draw(hazard, ax=plt.subplots(figsize=size)[1] if size else None)
    [panel] = ax.child_axes
    heights = [bar.get_height() for bar in panel.patches]
    np.testing.assert_allclose(heights, 100.0 * np.array(WINTER) / sum(WINTER))
    assert_clean(ax)
    assert_curves_uncovered(ax)


@pytest.mark.parametrize("name", [h.name for h in dcrisk.load_scenario("ovh-strasbourg-2021").hazards])
def test_every_hazard_of_strasbourg_is_drawn(name):
    ax = plotting.plot_hazard(dcrisk.load_scenario("ovh-strasbourg-2021"), name)
    assert ax.get_title(loc="left") == name
    assert_clean(ax)
    assert_curves_uncovered(ax)


def test_hazards_are_drawn_where_they_are_told_and_unknown_ones_refused():
    scenario = dcrisk.load_scenario("ovh-strasbourg-2021")
    ax = plt.figure().add_subplot()
    assert plotting.plot_hazard(scenario, "fire", ax=ax) is ax
    with pytest.raises(dcrisk.SpecificationError, match=r"plot_hazard: unknown name 'fires'; did you mean 'fire'\?"):
        plotting.plot_hazard(scenario, "fires")
    with pytest.raises(dcrisk.SpecificationError, match="no Scenario; load_scenario"):
        plotting.plot_hazard("ovh-strasbourg-2021", "fire")


def test_labels_in_a_column_move_as_little_as_they_can():
    heights = np.full(4, 2.0)
    places = style.spread_labels(np.array([9.0, 1.0, 5.0, 5.5]), heights, 0.0, 20.0)
    np.testing.assert_allclose(places, [9.0, 1.0, 4.25, 6.25])
    places = style.spread_labels(np.array([0.0, 0.0, 0.0, 20.0]), heights, 0.0, 20.0)
    np.testing.assert_allclose(places, [1.0, 3.0, 5.0, 19.0])


def test_numbers_of_a_logarithmic_axis():
    ax = plt.figure().add_subplot(xscale="log", xlim=(0.5, 300.0))
    style.set_log_numbers(ax.xaxis, 0.5, 300.0, 6.0)
    np.testing.assert_allclose(ax.get_xticks(), [0.5, 1, 2, 5, 10, 20, 50, 100, 200])
    assert [label.get_text() for label in ax.get_xticklabels()][:3] == ["0.5", "1", "2"]
    style.set_log_numbers(ax.xaxis, 0.5, 300.0, 1.0)
    np.testing.assert_allclose(ax.get_xticks(), [1, 10, 100])


# ---------------------------------------------------------------- dependence


def make_results(down, names=None, horizon=8766.0, destroyed=None):
    hours = 30.0 * np.asarray(down, dtype=float)
    data = {"downtime": (("layout", "trial"), hours)}
    data["data_loss"] = (("layout", "trial"), np.zeros(hours.shape, bool) if destroyed is None else destroyed)
    names = [f"site {i}" for i in range(len(hours))] if names is None else names
    return xr.Dataset(data, coords={"layout": names}, attrs={"horizon_hours": horizon})


def make_blocks(order, trials=4000):
    """Sites 0 to 2 fall together, so do 3 to 5; listed in some order."""
    rng = np.random.default_rng(2)
    common = np.repeat(rng.random((2, trials)) < 0.05, 3, axis=0)
    down = (common & (rng.random((6, trials)) < 0.8)) | (rng.random((6, trials)) < 0.02)
    return make_results(down[order], [f"site {i}" for i in order])


def names_of(ax):
    return [label.get_text() for label in ax.get_xticklabels()]


@pytest.mark.parametrize("order", [[0, 1, 2, 3, 4, 5], [0, 3, 1, 4, 2, 5], [5, 0, 4, 1, 3, 2]])
def test_sites_that_fall_together_are_neighbours(order):
    names = names_of(plotting.plot_dependence(make_blocks(order)))
    groups = ["".join(sorted(name[-1] for name in names[i : i + 3])) for i in (0, 3)]
    assert sorted(groups) == ["012", "345"]


def test_the_order_is_close_to_the_one_given():
    found = dcrisk.dependence(make_blocks([0, 3, 1, 4, 2, 5]))
    order = order_together(found)
    assert sorted(order.tolist()) == list(range(6))
    assert np.corrcoef(order, range(6))[0, 1] >= 0.0
    assert order_together(found.isel(layout=[0], layout_i=[0], layout_j=[0])).tolist() == [0]
    assert order_together(dcrisk.dependence(make_results(np.zeros((4, 10))))).tolist() == [0, 1, 2, 3]


def test_cells_show_percentages():
    results = make_blocks(list(range(6)))
    found = dcrisk.dependence(results)
    ax = plotting.plot_dependence(results)
    cells = {(t.get_position()[0], t.get_position()[1]): t for t in ax.texts}
    names = names_of(ax)
    assert len(cells) == 6 * 6  # 5 in each of 6 rows, and 6 in the first
    shown = 0
    for (x, y), text in cells.items():
        column = names[round(x)]
        value = found["probability_down"].sel(layout=column)
        if y >= 0:
            value = found["probability"].sel(layout_i=names[round(y)], layout_j=column)
        words = text.get_text().strip("()")
        if words[0] not in "<>":
            np.testing.assert_allclose(float(words), 100.0 * value, rtol=0.051)
            shown += 1
    assert shown > 30
    for mesh, variable in zip(ax.collections, ("probability", "probability_down"), strict=False):
        values = np.ma.compressed(mesh.get_array())
        order = {f"{d}": names for d in found[variable].dims}
        exact = 100.0 * found[variable].sel(order).values
        exact = exact[~np.eye(6, dtype=bool)] if variable == "probability" else exact
        np.testing.assert_allclose(values, exact)


def test_bounds_and_uncertain_numbers():
    down = np.zeros((4, 1000))
    down[0, :500] = down[1, :500] = 1
    down[2, 500:503] = 1
    ax = plotting.plot_dependence(make_results(down))
    names = names_of(ax)
    found = {(names[round(t.get_position()[1])], names[round(t.get_position()[0])]): t.get_text() for t in ax.texts}
    low, high = stats.binomtest(500, 500).proportion_ci().low, stats.binomtest(0, 500).proportion_ci().high
    assert found["site 0", "site 1"] == ">99.2" and 0.992 < low < 0.993  # bounds are rounded outwards
    assert found["site 0", "site 2"] == "<0.74" and 0.0073 < high < 0.0074
    assert {found["site 3", other] for other in ("site 0", "site 1", "site 2")} == {"?"}  # never seen
    top = {names[round(t.get_position()[0])]: t.get_text() for t in ax.texts if t.get_position()[1] < 0}
    assert top["site 0"] == "50"
    assert top["site 2"] == "(0.30)"
    assert "bound (95 %)" in ax.get_xlabel()


@pytest.mark.parametrize("number", [1, 2, 8, 25])
def test_numbers_of_the_matrix_stay_in_their_cells_and_are_seen(number):
    rng = np.random.default_rng(1)
    down = rng.random((number, 3000)) < rng.random((number, 1)) ** 3
    ax = plotting.plot_dependence(make_results(down | (rng.random(3000) < 0.001)))
    ax.figure.canvas.draw()
    cell = ax.get_window_extent().width / number
    shade = style.shade_norm(100.0)
    colours = matplotlib.colormaps[style.SHADES]
    for text in ax.texts:
        box = text.get_window_extent()
        assert box.width < cell
        words = text.get_text().strip("()<>")
        if words and words != "?" and text.get_text()[0] not in "<>":
            behind = colours(float(shade(float(words))))
            a, b = sorted(luminance(c) for c in (behind, text.get_color()))
            assert (b + 0.05) / (a + 0.05) > 4.5  # WCAG AA


def luminance(colour):
    rgb = np.array(matplotlib.colors.to_rgb(colour))
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4) @ [0.2126, 0.7152, 0.0722]


def test_a_scenario_is_simulated():
    shock = dcrisk.Failure("shock", 0.5, 10.0, ["A", "B"], shared=True)
    scenario = dcrisk.Scenario([dcrisk.Site("A"), dcrisk.Site("B")], [shock])
    results = dcrisk.simulate(scenario, dcrisk.site_layouts(scenario), 5000, seed=3, progress=False)
    ax = plt.figure().add_subplot()
    assert plotting.plot_dependence(scenario, trials=5000, seed=3, ax=ax) is ax
    expected = plotting.plot_dependence(results)
    assert [t.get_text() for t in ax.texts] == [t.get_text() for t in expected.texts]
    with pytest.raises(dcrisk.SpecificationError, match="neither results nor a scenario"):
        plotting.plot_dependence("ovh-strasbourg-2021")


def test_trifles_are_left_out_of_the_matrix():
    results = make_results(np.ones((2, 10)))
    results["downtime"][0] = 1.0
    ax = plotting.plot_dependence(results, at_least_hours=24.0)
    assert ax.get_xlabel().startswith("this one is down for more than 24 h in a year")
    top = [t.get_text() for t in ax.texts if t.get_position()[1] < 0]
    assert top[names_of(ax).index("site 0")].startswith("<")


# ---------------------------------------------------------------- footprint


def strasbourg_footprint(**options):
    scenario = dcrisk.load_scenario("ovh-strasbourg-2021")
    names = [site.name for site in scenario.sites]
    share = np.linspace(0.0, 1.0, len(names))
    down = np.arange(100) < 100.0 * share[:, None]
    results = make_results(down, names, horizon=48.0, destroyed=down & (np.arange(100) % 2 == 0))
    given = scenario.given("fire", origin="SBG2", contained=False)
    return plotting.plot_map(given, footprint=results, **options), dict(zip(names, share, strict=True))


def marks(ax):
    """Markers of the panels by what they stand for, by the label closest to them."""
    found = {}
    for panel in ax.child_axes or [ax]:
        texts = [t for t in panel.texts if t.get_text()]
        boxes = np.array([t.get_window_extent().extents for t in texts])
        for line in panel.lines:
            pixel = panel.transData.transform(line.get_xydata()[0])
            gaps = np.maximum(0.0, np.maximum(boxes[:, :2] - pixel, pixel - boxes[:, 2:]))
            found[texts[int(np.argmin(np.hypot(*gaps.T)))].get_text()] = line
    return found


@pytest.mark.parametrize(("measure", "factor"), [("down", 1.0), ("destroyed", 0.5)])
def test_sites_have_the_colours_of_their_shares(measure, factor):
    ax, shares = strasbourg_footprint(measure=measure)
    ax.figure.canvas.draw()
    found = marks(ax)
    colours = matplotlib.colormaps[style.SHADES]
    for name in ("Roubaix", "Gravelines", "SBG2", "SBG3", "SBG4"):
        share = round(100.0 * shares[name] + (0.499 if factor == 1.0 else 0.0)) / 100.0
        shade = float(style.shade_norm(1.0)(factor * share))
        np.testing.assert_allclose(matplotlib.colors.to_rgba(found[name].get_color()), colours(shade), atol=0.03)
    group = next(line for name, line in found.items() if name.startswith("enlargement"))
    worst = max(shares[name] for name in shares if name not in ("Roubaix", "Gravelines"))
    shade = float(style.shade_norm(1.0)(factor * worst))
    np.testing.assert_allclose(matplotlib.colors.to_rgba(group.get_color()), colours(shade), atol=0.03)
    assert ax.get_title(loc="left") == "ovh-strasbourg-2021, given fire at SBG2"
    assert "the event begins here" in legend_words(ax)
    assert found["SBG2"].get_markeredgewidth() > 2.0 > found["SBG3"].get_markeredgewidth()
    bar = ax.figure.axes[-1].get_ylabel()
    assert bar == f"share of the trials in which the site is {measure} in a window of 48 h (%)"


@pytest.mark.parametrize("layout", [None, "constrained"])
@pytest.mark.parametrize("measure", ["down", "hours"])
def test_labels_of_a_footprint_do_not_overlap(layout, measure):
    given = plt.subplots(figsize=(10, 6.5), layout=layout)[1] if layout else None
    ax, shares = strasbourg_footprint(ax=given, measure=measure)
    ax.figure.canvas.draw()
    labels = set()
    for panel in ax.child_axes:
        assert_labels_clear(panel)
        labels |= {t.get_text() for t in panel.texts if t.get_text()}
    assert set(shares) <= labels
    width = ax.figure.get_window_extent().width
    for shown in (ax.get_legend(), *ax.figure.axes):
        box = shown.get_window_extent() if shown is ax.get_legend() else shown.get_tightbbox()
        assert box.x0 >= -1 and box.x1 <= width + 1


def test_hours_and_longer_outages_and_sites_without_results():
    nodes = [dcrisk.Site(name, lat=45.0 + i, lon=3.0) for i, name in enumerate("ABC")]
    scenario = dcrisk.Scenario(nodes)
    results = make_results([[1, 1, 0, 0], [1, 0, 0, 0]], ["A", "B"])
    results["downtime"][1] *= 0.1
    ax = plotting.plot_map(scenario, footprint=results, measure="hours")
    found = {name: matplotlib.colors.to_rgba(line.get_color()) for name, line in marks(ax).items()}
    colours = matplotlib.colormaps[style.SHADES]
    np.testing.assert_allclose(found["A"], colours(1.0))
    np.testing.assert_allclose(found["B"], colours(float(style.shade_norm(15.0)(0.75))))
    assert found["C"] == (1.0, 1.0, 1.0, 1.0)
    assert ax.get_title(loc="left") == "scenario"
    assert not any("begins" in words for words in legend_words(ax))
    ax = plotting.plot_map(scenario, footprint=results, at_least_hours=24.0)
    found = {name: matplotlib.colors.to_rgba(line.get_color()) for name, line in marks(ax).items()}
    np.testing.assert_allclose(found["B"], colours(0.0))
    assert "down for more than 24 h in a year" in ax.figure.axes[-1].get_ylabel()


def test_a_bad_footprint_is_refused():
    scenario = dcrisk.Scenario([dcrisk.Site("A"), dcrisk.Site("B")])
    results = make_results(np.ones((1, 3)), ["A"])
    with pytest.raises(dcrisk.SpecificationError, match="measure: unknown name 'destroy'; did you mean 'destroyed'"):
        plotting.plot_map(scenario, footprint=results, measure="destroy")
    with pytest.raises(dcrisk.SpecificationError, match=r"site_layouts\(scenario\)"):
        plotting.plot_map(scenario, footprint=make_results(np.ones((1, 3)), ["both"]))
    with pytest.raises(dcrisk.SpecificationError, match=r"results of simulate\(\)"):
        plotting.plot_map(scenario, footprint="results.nc")


def test_digits():
    from dcrisk.plotting.dependence import _words

    shown = {0.5: "50", 0.123: "12", 0.0456: "4.6", 0.00123: "0.12", 4.5e-6: "0.00045", 0.9234: "92", 0.99567: "99.5"}
    for value, words in (shown | {0.99996: "99.996", 0.99: "99"}).items():
        assert _words(value, 0.9 * value, 1.1 * value) == words
    assert _words(0.1, 0.01, 0.3) == "(10)"
