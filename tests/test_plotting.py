"""Figures: that they show what they should, and that labels do not overlap."""

from __future__ import annotations

import subprocess
import sys
from types import SimpleNamespace

import matplotlib
import numpy as np
import pytest
import xarray as xr
from matplotlib import pyplot as plt

import dcrisk
from dcrisk import plotting
from dcrisk.plotting import placement, style


@pytest.fixture
def results():
    rng = np.random.default_rng(1)
    downtime = np.where(rng.random((3, 2000)) < [[0.3], [0.02], [0.0]], 5 * (1 + rng.pareto(1.5, (3, 2000))), 0)
    downtime = np.minimum(downtime, 8766.0)
    by_trial = ("layout", "trial")
    return xr.Dataset(
        {
            "downtime": (by_trial, downtime),
            "longest_outage": (by_trial, downtime),
            "outages": (by_trial, (downtime > 0).astype(np.int32)),
            "data_loss": (by_trial, downtime > 4000),
            "downtime_by_hazard": (
                ("layout", "hazard", "trial"),
                np.stack([0.25 * downtime, 0.75 * downtime], axis=1),
            ),
        },
        coords={"layout": ["one site", "two sites", "three sites"], "hazard": ["fire", "grid"]},
        attrs={"horizon_hours": 8766.0},
    )


def make_results(downtime, horizon=8766.0, by_hazard=None):
    """Results of one outage a trial; `by_hazard` gives the share of each hazard."""
    by_trial = ("layout", "trial")
    downtime = np.asarray(downtime, dtype=float)
    data = {"downtime": (by_trial, downtime), "longest_outage": (by_trial, downtime)}
    data["outages"] = (by_trial, (downtime > 0).astype(np.int32))
    coords = {"layout": [f"layout {i}" for i in range(len(downtime))]}
    if by_hazard:
        shares = np.array(list(by_hazard.values()))[None, :, None]
        data["downtime_by_hazard"] = (("layout", "hazard", "trial"), shares * downtime[:, None])
        coords["hazard"] = list(by_hazard)
    return xr.Dataset(data, coords=coords, attrs={"horizon_hours": horizon})


def make_site(name, lat=None, lon=None, requires=(), part_of=None):
    return SimpleNamespace(name=name, lat=lat, lon=lon, requires=requires, part_of=part_of)


def make_utility(name, requires=()):
    return SimpleNamespace(name=name, lat=None, lon=None, requires=requires)


def make_scenario(far=True):
    campus = [make_site(f"B{i}", 48.585 + 3e-4 * i, 7.797 + 2e-4 * (i % 3), ("campus power",)) for i in range(5)]
    both = SimpleNamespace(of=("grid", "campus power"), names=lambda: iter(["grid", "campus power"]))
    nodes = [make_utility("grid"), make_utility("campus power", ("grid",)), *campus]
    nodes += [make_site("room", part_of="B1", lat=48.58531, lon=7.79722)]
    if far:
        nodes += [make_site("Roubaix", 50.69, 3.18, ("grid",)), make_site("Gravelines", 50.99, 2.13, (both,))]
    fire = SimpleNamespace(spread={("B0", "B1"): 0.3, ("B1", "B2"): 0.05, ("B2", "B1"): 0.1}, isolation=[["B0", "B1"]])
    return SimpleNamespace(name="test", nodes=tuple(nodes), hazards=(fire, SimpleNamespace(name="other")))


def panels(ax):
    return [*ax.child_axes] or [ax]


def labels(ax):
    return {t.get_text(): t for t in ax.texts if t.get_text()}


def count_overlaps(ax):
    boxes = [t.get_window_extent() for t in labels(ax).values()]
    return sum(a.overlaps(b) for i, a in enumerate(boxes) for b in boxes[:i])


def legend_words(ax):
    return [t.get_text() for t in ax.get_legend().get_texts()]


def brightness(colour):
    """Relative luminance, as of WCAG."""
    rgb = np.array(matplotlib.colors.to_rgb(colour))
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4) @ [0.2126, 0.7152, 0.0722]


# ---------------------------------------------------------------- exceedance


def test_exceedance_shows_every_layout_with_units(results):
    ax = plotting.plot_exceedance(results)
    assert ax.get_xscale() == ax.get_yscale() == "log"
    assert ax.get_xlabel() == "longest outage in a year (h)"
    assert legend_words(ax) == ["one site", "two sites", "three sites (never seen)"]
    assert len(ax.collections) == 3
    np.testing.assert_allclose(
        ax.lines[0].get_ydata()[0], (results["longest_outage"][0] > ax.lines[0].get_xdata()[0]).mean()
    )


@pytest.mark.parametrize("quantity", ["downtime", "outages"])
def test_exceedance_draws_where_it_is_told(results, quantity):
    ax = plt.figure().add_subplot()
    assert plotting.plot_exceedance(results, quantity, ax=ax) is ax
    ax.figure.canvas.draw()


def test_no_two_of_ten_layouts_share_a_colour_or_a_style():
    ax = plotting.plot_exceedance(make_results(np.arange(10)[:, None] + np.arange(200.0)))
    assert len({line.get_color() for line in ax.lines}) == 10
    assert len({line.get_marker() for line in ax.lines}) == 10
    looks = [style.line_style(i, 100) for i in range(100)]
    assert len({str(look["linestyle"]) for look in looks[:10]}) == 10
    assert len({(look["color"], str(look["linestyle"])) for look in looks}) == 100


def test_curves_that_coincide_are_seen_beside_each_other():
    ax = plotting.plot_exceedance(make_results(np.tile(np.arange(200.0), (8, 1))))
    widths = [line.get_linewidth() for line in ax.lines]
    assert np.all(np.diff(widths) < -0.3)
    assert widths[-1] >= 1.0


def test_colours_are_seen_on_white():
    for colour in (*style.COLOURS, style.GREY):
        assert 1.05 / (brightness(colour) + 0.05) > 2.0
    assert style.GREY not in style.COLOURS


@pytest.mark.parametrize("quantity", ["downtime", "longest_outage"])
def test_exceedance_starts_where_the_first_curve_falls(quantity):
    short, long = np.geomspace(0.01, 100.0, 1001), np.geomspace(10.0, 1000.0, 1001)
    short[:500] = 0.0
    ax = plotting.plot_exceedance(make_results([short, long]), quantity)
    levels, shares = ax.lines[0].get_data()
    assert levels.size == 61
    assert shares[0] == (short > 0).mean()
    assert 0.985 < (short > levels[0] / 0.9).mean() / shares[0] < 0.995
    assert levels[-1] == 1000.0


def test_outages_of_one_length_are_seen():
    ax = plotting.plot_exceedance(make_results([[0.0, 12.0, 12.0, 0.0]]))
    assert legend_words(ax) == ["layout 0"]
    assert ax.lines[0].get_ydata()[0] == 0.5


def test_nothing_seen_is_drawn_as_a_band():
    ax = plotting.plot_exceedance(make_results(np.zeros((1, 50))))
    assert legend_words(ax) == ["layout 0 (never seen)"]


def test_lazy_results_are_drawn(results):
    pytest.importorskip("dask")
    ax = plotting.plot_exceedance(results.chunk(trial=500))
    expected = plotting.plot_exceedance(results)
    np.testing.assert_array_equal(ax.lines[0].get_ydata(), expected.lines[0].get_ydata())


@pytest.mark.parametrize(
    ("quantity", "words"),
    [
        ("downtime", "downtime in a window of 1,000 h (h)"),
        ("longest_outage", "longest outage in a window of 1,000 h (h)"),
        ("outages", "outages in a window of 1,000 h (number)"),
    ],
)
def test_a_window_that_is_no_year_is_named(quantity, words):
    data = make_results([[0.0, 3.0, 5.0]], horizon=1000.0)
    assert plotting.plot_exceedance(data, quantity).get_xlabel() == words
    assert "in a window of 1,000 h (h)" in plotting.plot_downtime(data).get_xlabel()


# ---------------------------------------------------------------- downtime


def test_downtime_bars_add_up(results):
    ax = plotting.plot_downtime(results)
    widths = np.array([p.get_width() for p in ax.patches]).reshape(2, 3)
    np.testing.assert_allclose(widths.sum(axis=0), results["downtime"].mean("trial"))
    assert "in a year (h)" in ax.get_xlabel()
    assert legend_words(ax) == ["fire", "grid"]
    assert [t.get_text() for t in ax.get_yticklabels()] == ["one site", "two sites", "three sites"]


def test_downtime_without_attribution(results):
    ax = plotting.plot_downtime(results.drop_vars("downtime_by_hazard"))
    assert len(ax.patches) == 3


def test_small_hazards_are_merged():
    shares = {"fire": 0.7, "grid": 0.009, "flood": 0.009, "people": 0.011, "unseen": 0.0}
    shares["equipment"] = 1.0 - sum(shares.values())
    data = make_results(np.full((2, 100), 10.0), by_hazard=shares)
    ax = plotting.plot_downtime(data)
    assert legend_words(ax) == ["fire", "people", "equipment", "others (grid, flood)"]
    grey = [p for p in ax.patches if matplotlib.colors.to_hex(p.get_facecolor()).upper() == style.GREY]
    np.testing.assert_allclose([p.get_width() for p in grey], 0.18)
    np.testing.assert_allclose(sum(p.get_width() for p in ax.patches), 20.0)


def test_hazards_that_are_small_in_one_layout_only_stay():
    data = make_results(np.full((2, 100), 10.0), by_hazard={"fire": 0.5, "grid": 0.5})
    data["downtime_by_hazard"][0, 0] *= 0.001
    assert legend_words(plotting.plot_downtime(data)) == ["fire", "grid"]


def test_many_hazards_have_colours_of_their_own():
    shares = {f"hazard {i}": (i + 1) / 105 for i in range(14)}
    ax = plotting.plot_downtime(make_results(np.full((1, 100), 10.0), by_hazard=shares))
    assert len(ax.patches) == 11
    assert len({p.get_facecolor() for p in ax.patches}) == 11
    assert len({p.get_hatch() for p in ax.patches[:-1]}) == 10
    assert legend_words(ax)[0] == "hazard 4"
    assert "hazard 3" in legend_words(ax)[-1]
    np.testing.assert_allclose(sum(p.get_width() for p in ax.patches), 10.0)


def test_names_of_many_small_hazards_are_counted():
    shares = {"fire": 0.96} | {f"a hazard with a long name {i}": 0.005 for i in range(8)}
    ax = plotting.plot_downtime(make_results(np.full((1, 100), 10.0), by_hazard=shares))
    assert legend_words(ax) == ["fire", "others (8 hazards)"]


def test_nothing_down_is_drawn():
    ax = plotting.plot_downtime(make_results(np.zeros((2, 50)), by_hazard={"fire": 1.0}))
    assert not ax.patches
    ax.figure.canvas.draw()


def test_whiskers_have_an_outline(results):
    ax = plotting.plot_downtime(results)
    [whiskers] = ax.collections
    assert whiskers.get_path_effects()


# ---------------------------------------------------------------- map


def test_map_enlarges_a_campus():
    ax = plotting.plot_map(make_scenario())
    whole, campus = panels(ax)
    assert {"Roubaix", "Gravelines", "grid"} <= set(labels(whole))
    assert {"B0", "B1", "B2", "B3", "B4", "room"} <= set(labels(campus))
    assert "(km)" in whole.get_xlabel()
    assert "(m)" in campus.get_xlabel()
    assert any("enlarged" in words for words in legend_words(ax))


@pytest.mark.parametrize("far", [True, False])
def test_labels_of_the_map_do_not_overlap(far):
    ax = plotting.plot_map(make_scenario(far))
    ax.figure.canvas.draw()
    found = set()
    for panel in panels(ax):
        assert count_overlaps(panel) == 0
        found |= set(labels(panel))
    assert {n.name for n in make_scenario(far).nodes} <= found


def arrowheads(panel):
    """The tips of the arrows in pixels, and the middle of what they point to."""
    for text in panel.texts:
        arrow = getattr(text, "arrow_patch", None)
        if arrow is not None and not isinstance(arrow.get_arrowstyle(), matplotlib.patches.ArrowStyle.Curve):
            end = panel.transData.transform(text.xy)
            points = arrow.get_path().vertices
            yield points[np.argmin(np.hypot(*(points - end).T))], end


@pytest.mark.parametrize("scenario", [make_scenario(), make_scenario(far=False), "ovh-strasbourg-2021"])
@pytest.mark.parametrize("layout", [None, "constrained"])
def test_arrowheads_of_the_map_are_seen(scenario, layout):
    scenario = dcrisk.load_scenario(scenario) if isinstance(scenario, str) else scenario
    ax = plotting.plot_map(scenario, ax=plt.subplots(figsize=(10, 6.5), layout=layout)[1] if layout else None)
    ax.figure.canvas.draw()
    pixels = ax.figure.get_dpi() / 72.0
    checked = 0
    for panel in panels(ax):
        marks = np.array([panel.transData.transform(line.get_xydata()[0]) for line in panel.lines])
        for tip, end in arrowheads(panel):
            others = marks[np.hypot(*(marks - end).T) > 1.0]
            assert np.all(np.hypot(*(others - tip).T) > 4.0 * pixels)
            assert not any(text.get_window_extent().contains(*tip) for text in labels(panel).values())
            checked += 1
    assert checked >= 8


def test_axes_of_the_map_have_numbers_only_where_sites_stand():
    ax = plotting.plot_map(make_scenario())
    for panel in panels(ax):
        spots = np.array([line.get_xydata()[0] for line in panel.lines])
        np.testing.assert_allclose(spots.min(axis=0), 0.0, atol=1e-9)
        for ticks, end in zip((panel.get_xticks(), panel.get_yticks()), spots.max(axis=0), strict=True):
            assert ticks[0] == 0.0
            assert 0.4 * end < ticks[-1] <= end


def make_room():
    ax = plt.figure(figsize=(4, 4)).add_axes((0, 0, 1, 1), xlim=(0, 288), ylim=(0, 288))  # data are points
    room = placement.Room(ax)
    for name, spot in {"A": (40, 144), "between": (200, 144), "B": (220, 144)}.items():
        room.take_marker(name, spot, 9.0)
    return room


def test_arrows_bend_around_what_is_between():
    room = make_room()
    assert room.route("between", "B", (0.0, 1.5)).bend == 1.5  # too close for a straight one
    assert room.route("A", "between", (0.0, 0.3)).bend == 0.0
    assert room.route("A", "B", (0.0, 0.3)).bend == 0.3


def test_labels_keep_off_arrowheads():
    room = make_room()
    room.route("A", "between", (0.0,))
    room.put_label("between", (200, 144))
    assert room.heads.size
    x0, y0, x1, y1 = room.labels[0]
    inside = (room.heads > (x0, y0)) & (room.heads < (x1, y1))
    assert not inside.all(axis=1).any()


def test_map_without_coordinates():
    nodes = [make_utility("grid"), make_site("A", requires=("grid",)), make_site("B")]
    ax = plotting.plot_map(SimpleNamespace(name="bare", nodes=nodes, hazards=()))
    assert {"grid", "A", "B"} <= set(labels(ax))
    assert not any("enlarged" in words for words in legend_words(ax))


def test_map_of_one_site():
    site = make_site("A", 48.0, 7.0, requires=("grid",))
    ax = plotting.plot_map(SimpleNamespace(name="one", nodes=[make_utility("grid"), site], hazards=()))
    ax.figure.canvas.draw()
    assert {"grid", "A"} <= set(labels(ax))


def test_importing_does_not_load_matplotlib():
    code = "import sys, dcrisk.plotting; sys.exit('matplotlib' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
