"""Figures: that they show what they should, and that labels do not overlap."""

from __future__ import annotations

import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest
import xarray as xr

matplotlib = pytest.importorskip("matplotlib")
matplotlib.use("Agg")

from matplotlib import pyplot as plt  # noqa: E402

from dcrisk import plotting  # noqa: E402


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


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


def test_exceedance_shows_every_layout_with_units(results):
    ax = plotting.plot_exceedance(results)
    assert ax.get_xscale() == ax.get_yscale() == "log"
    assert "(h)" in ax.get_xlabel()
    shown = [t.get_text() for t in ax.get_legend().get_texts()]
    assert shown == ["one site", "two sites", "three sites (never seen)"]
    assert len({(line.get_linestyle(), line.get_marker()) for line in ax.lines}) == 3
    assert len(ax.collections) == 3
    np.testing.assert_allclose(
        ax.lines[0].get_ydata()[0], (results["longest_outage"][0] > ax.lines[0].get_xdata()[0]).mean()
    )


@pytest.mark.parametrize("quantity", ["downtime", "outages"])
def test_exceedance_draws_where_it_is_told(results, quantity):
    ax = plt.figure().add_subplot()
    assert plotting.plot_exceedance(results, quantity, ax=ax) is ax
    ax.figure.canvas.draw()


def test_downtime_bars_add_up(results):
    ax = plotting.plot_downtime(results)
    widths = np.array([p.get_width() for p in ax.patches]).reshape(2, 3)
    np.testing.assert_allclose(widths.sum(axis=0), results["downtime"].mean("trial"))
    assert "(h" in ax.get_xlabel()
    assert [t.get_text() for t in ax.get_legend().get_texts()] == ["fire", "grid"]
    assert [t.get_text() for t in ax.get_yticklabels()] == ["one site", "two sites", "three sites"]


def test_downtime_without_attribution(results):
    ax = plotting.plot_downtime(results.drop_vars("downtime_by_hazard"))
    assert len(ax.patches) == 3


def test_map_enlarges_a_campus():
    ax = plotting.plot_map(make_scenario())
    whole, campus = panels(ax)
    assert {"Roubaix", "Gravelines", "grid"} <= set(labels(whole))
    assert {"B0", "B1", "B2", "B3", "B4", "room"} <= set(labels(campus))
    assert "(km)" in whole.get_xlabel()
    assert "(m)" in campus.get_xlabel()


@pytest.mark.parametrize("far", [True, False])
def test_labels_of_the_map_do_not_overlap(far):
    ax = plotting.plot_map(make_scenario(far))
    ax.figure.canvas.draw()
    found = set()
    for panel in panels(ax):
        assert count_overlaps(panel) == 0
        found |= set(labels(panel))
    assert {n.name for n in make_scenario(far).nodes} <= found


def test_map_without_coordinates():
    nodes = [make_utility("grid"), make_site("A", requires=("grid",)), make_site("B")]
    ax = plotting.plot_map(SimpleNamespace(name="bare", nodes=nodes, hazards=()))
    assert {"grid", "A", "B"} <= set(labels(ax))


def test_importing_does_not_load_matplotlib():
    code = "import sys, dcrisk.plotting; sys.exit('matplotlib' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
