"""The map with rivers, and in a projection."""

import sys

import numpy as np
import pytest
from drawn import assert_labels_clear, legend_words, words_of
from matplotlib.collections import LineCollection

import dcrisk
from dcrisk.hazards.flood import distances_km
from dcrisk.plotting.graph import read_graph
from dcrisk.plotting.ground import local_plane, read_projection
from dcrisk.plotting.maps import _heights

RIVER = {"Seine": [(48.5, 2.2), (48.8, 2.45), (48.95, 2.3), (49.1, 1.6)]}


def make_scenario(**options):
    names = {"Vitry": (48.79, 2.40), "Clichy": (48.9, 2.3), "Marcoussis": (48.64, 2.23), "Lognes": (48.84, 2.63)}
    return dcrisk.Scenario(
        [
            dcrisk.Utility("grid"),
            *(dcrisk.Site(name, lat=lat, lon=lon, requires=["grid"]) for name, (lat, lon) in names.items()),
            *(dcrisk.Site(name, lat=lat, lon=lon) for name, (lat, lon) in options.items()),
        ]
    )


def lines_of(ax):
    return [one for one in ax.collections if isinstance(one, LineCollection) and len(one.get_segments())]


def test_a_river_is_drawn_and_named_and_in_the_legend():
    ax = dcrisk.plot_map(make_scenario(), rivers=RIVER)
    ax.figure.canvas.draw()
    [river] = lines_of(ax)
    assert len(river.get_segments()[0]) == 4
    assert "Seine" in words_of(ax)
    assert "river (drawn between towns)" in legend_words(ax)
    assert_labels_clear(ax)
    bare = dcrisk.plot_map(make_scenario())
    assert not lines_of(bare)
    assert not any("river" in words for words in legend_words(bare))


def test_rivers_do_not_move_the_map():
    limits = [
        (ax.get_xlim(), ax.get_ylim())
        for ax in (dcrisk.plot_map(make_scenario()), dcrisk.plot_map(make_scenario(), rivers=RIVER))
    ]
    assert limits[0] == limits[1]


def test_a_river_runs_through_the_place_where_it_lies():
    """A bend of the river at a site is drawn at its marker."""
    site = make_scenario().sites[0]
    ax = dcrisk.plot_map(make_scenario(), rivers={"Seine": [(48.5, 2.5), (site.lat, site.lon), (49.0, 2.2)]})
    [river] = lines_of(ax)
    spots = [line.get_xydata()[0] for line in ax.lines]
    assert min(np.hypot(*(spot - river.get_segments()[0][1])) for spot in spots) < 1e-9


def test_rivers_are_in_the_whole_and_in_what_is_enlarged():
    ax = dcrisk.plot_map(make_scenario(Strasbourg=(48.58, 7.8)), rivers=RIVER)
    ax.figure.canvas.draw()
    whole, cluster = ax.child_axes
    assert len(lines_of(whole)) == len(lines_of(cluster)) == 1
    assert "Seine" in words_of(cluster)
    for panel in (whole, cluster):
        assert_labels_clear(panel)


def test_a_river_far_away_has_no_name_on_the_map():
    ax = dcrisk.plot_map(make_scenario(), rivers={"Rhine": [(47.5, 7.6), (49.0, 8.2)]})
    ax.figure.canvas.draw()
    assert "Rhine" not in words_of(ax)


def test_sites_alone():
    with_all, sites = (dcrisk.plot_map(make_scenario(), utilities=shown) for shown in (True, False))
    assert "grid" in words_of(with_all)
    assert "grid" not in words_of(sites)
    assert not any("utility" in words or "serves" in words for words in legend_words(sites))


def test_enlargements_share_the_height_by_their_sites():
    assert _heights([5]) == [1.0]
    assert _heights([3, 3]) == [0.5, 0.5]
    assert _heights([15, 2]) == pytest.approx([0.25 + 7.5 / 17, 0.25 + 1.0 / 17])


# ---------------------------------------------------------------- projections


def test_a_function_projects_places_and_rivers():
    def twice(lon, lat):
        return 2000.0 * lon, 1000.0 * lat

    graph = read_graph(make_scenario(), twice, RIVER)
    assert graph.places["Vitry"] == pytest.approx((4.80, 48.79))
    np.testing.assert_allclose(graph.rivers["Seine"][0], (4.4, 48.5))


def test_the_projection_of_france_keeps_distances_of_a_region():
    """Both agree with each other closer than with great circles, which are those of a sphere."""
    pytest.importorskip("pyproj")
    lat, lon = np.array([48.79, 48.64, 49.05]), np.array([2.40, 2.23, 2.10])
    lambert = read_projection("EPSG:2154")(lat, lon)
    plane = local_plane(float(lat.mean()), float(lon.mean()))(lat, lon)
    for one, other in ((0, 1), (0, 2), (1, 2)):
        true = distances_km([(lat[one], lon[one]), (lat[other], lon[other])])[0, 1]
        lengths = [np.hypot(*(points[one] - points[other])) for points in (lambert, plane)]
        assert lengths == pytest.approx([true, true], rel=0.005)
        assert lengths[0] == pytest.approx(lengths[1], rel=0.0015)
    np.testing.assert_allclose(
        read_projection("EPSG:2154")(np.array([46.5]), np.array([3.0])), [[700.0, 6600.0]], atol=1e-6
    )


def test_a_map_in_the_projection_of_france():
    pytest.importorskip("pyproj")
    ax = dcrisk.plot_map(make_scenario(), rivers=RIVER, projection="EPSG:2154")
    ax.figure.canvas.draw()
    assert_labels_clear(ax)


@pytest.mark.parametrize(
    ("projection", "hint"),
    [
        ("EPSG:999999", "unknown to pyproj"),
        ("EPSG:4326", "no projection in metres"),
        ("EPSG:2263", "no projection in metres"),
    ],
)
def test_a_projection_that_is_none_is_an_error(projection, hint):
    pytest.importorskip("pyproj")
    with pytest.raises(dcrisk.SpecificationError, match=hint):
        dcrisk.plot_map(make_scenario(), projection=projection)


def test_without_pyproj_the_error_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "pyproj", None)
    with pytest.raises(dcrisk.SpecificationError, match="pip install pyproj"):
        dcrisk.plot_map(make_scenario(), projection="EPSG:2154")


@pytest.mark.parametrize(
    "wrong", [lambda lon, lat: (lon,), lambda lon, lat: (lon * np.nan, lat), lambda lon, lat: (0, 0)]
)
def test_a_function_must_give_metres_for_each_place(wrong):
    with pytest.raises(dcrisk.SpecificationError, match="finite metres for each place"):
        dcrisk.plot_map(make_scenario(), projection=wrong)


@pytest.mark.parametrize(
    ("rivers", "hint"),
    [
        ({"Seine": [(48.8, 2.3)]}, "two places at least"),
        ({"Seine": [(48.8, 2.3), (48.9,)]}, "write \\(lat, lon\\)"),
        ({"Seine": [(48.8, 2.3), (98.9, 2.4)]}, "river 'Seine': lat"),
        ([(48.8, 2.3), (48.9, 2.4)], "rivers"),
    ],
)
def test_rivers_of_no_use_are_errors(rivers, hint):
    with pytest.raises(dcrisk.SpecificationError, match=hint):
        dcrisk.plot_map(make_scenario(), rivers=rivers)
