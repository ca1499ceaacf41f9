"""Figures of one trial and of one layout: the timeline, and the map by roles."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from drawn import assert_labels_clear, assert_legible, legend_words, words_of
from matplotlib import pyplot as plt

import dcrisk
from dcrisk import plotting
from dcrisk.plotting.roles import ASYNCHRONOUS, IN_USE, STANDBY, SYNCHRONOUS, read_roles

# ---------------------------------------------------------------- one trial


OUTAGES = [  # kind, name, start, end, hazard, event
    ("node", "feed", -5.0, 3.0, "grid", 0),
    ("service", "web", 100.0, 100.1, "people", 1),
    ("node", "north", 100.0, 100.1, "people", 1),
    ("service", "web", 2000.0, 5600.0, "fire", 2),
    ("data", "web", 2000.0, 5600.0, "fire", 2),
    ("node", "north", 2000.0, 5600.0, "fire", 2),
    ("service", "archive", 2000.0, 2010.0, "fire", 2),
    ("node", "feed", 8700.0, 9000.0, "grid", 3),
]


def make_trace(outages=OUTAGES, horizon=8766.0):
    columns = zip(*outages, strict=True) if outages else [[]] * 6
    names = ("kind", "name", "start", "end", "hazard", "event")
    variables = {name: ("outage", np.array(list(column))) for name, column in zip(names, columns, strict=True)}
    return xr.Dataset(variables, attrs={"horizon_hours": horizon, "trial": 7})


def rows_of(ax):
    return [label.get_text() for label in ax.get_yticklabels()]


def bars_of(ax):
    """Row, start and end of each bar, and its hatch."""
    found = []
    for bar in ax.patches:
        if bar.get_height() < 0.9:  # or it is the grey behind
            row = rows_of(ax)[round(bar.get_y() + 0.5 * bar.get_height())]
            found.append((row, bar.get_x(), bar.get_x() + bar.get_width(), bar.get_hatch()))
    return sorted(found)


def test_services_come_first_then_data_then_nodes():
    ax = plotting.plot_timeline(make_trace())
    assert rows_of(ax) == ["web", "archive", "data of web", "feed", "north"]
    assert ax.get_ylim()[0] > ax.get_ylim()[1]
    assert ax.get_xlabel() == "time from the start of the window (days)"
    assert_legible(ax)


def test_bars_go_from_start_to_end_within_the_window():
    bars = bars_of(plotting.plot_timeline(make_trace()))
    assert [row for row, *_ in bars] == ["archive", "data of web", "feed", "feed", "north", "north", "web", "web"]
    spans = {(row, round(24.0 * start, 6), round(24.0 * end, 6)) for row, start, end, _ in bars}
    assert {("feed", 0.0, 3.0), ("feed", 8700.0, 8766.0), ("web", 2000.0, 5600.0), ("web", 100.0, 100.1)} <= spans


def test_arrows_are_on_what_goes_on_beyond_the_window():
    ax = plotting.plot_timeline(make_trace(), window=(1.0, 2005.0))
    arrows = {"<": [], ">": []}
    for line in ax.lines:
        if line.get_marker() in arrows and line.get_color() == "white":
            arrows[line.get_marker()] += [rows_of(ax)[int(row)] for row in line.get_ydata()]
    assert arrows["<"] == ["feed"]
    assert sorted(arrows[">"]) == ["archive", "data of web", "north", "web"]
    assert ax.get_xlim() == (1.0 / 24.0, 2005.0 / 24.0)


def test_short_outages_have_a_mark_and_long_ones_have_none():
    ax = plotting.plot_timeline(make_trace())
    marked = {}
    for line in ax.lines:
        for x, row in line.get_xydata() if line.get_marker() in ("o", "s", "^") else ():
            marked.setdefault(rows_of(ax)[int(row)], []).append(24.0 * x)
    assert set(marked) == {"web", "north", "archive", "feed"}
    np.testing.assert_allclose(marked["web"], [100.05], atol=1.0)
    np.testing.assert_allclose(marked["archive"], [2005.0], atol=1.0)


def test_each_row_says_for_how_long_it_was_down():
    ax = plotting.plot_timeline(make_trace())
    said = {round(t.get_position()[1]): t.get_text() for t in ax.texts if t.get_position()[0] > 1.0}
    assert [said[row] for row in range(5)] == [
        "150 d (2 times)",
        "10 h",
        "150 d",
        "2.88 d (2 times)",
        "150 d (2 times)",
    ]


def test_outages_of_one_event_stand_on_a_line_with_a_letter():
    ax = plotting.plot_timeline(make_trace())
    letters = [text for text in ax.texts if len(text.get_text()) == 1]
    assert [text.get_text() for text in letters] == ["A", "B"]
    np.testing.assert_allclose([24.0 * text.xy[0] for text in letters], [100.0, 2000.0])
    lines = [line for line in ax.lines if len(line.get_xdata()) == 2 and np.ptp(line.get_xdata()) == 0.0]
    reach = {round(24.0 * line.get_xdata()[0]): line.get_ydata()[1] for line in lines}
    assert reach == {100: rows_of(ax).index("north"), 2000: rows_of(ax).index("north")}


def test_many_events_at_once_have_letters_apart():
    outages = [
        (kind, name, 10.0 + 0.01 * event, 20.0, f"hazard {event}", event)
        for event in range(20)
        for kind, name in (("service", "web"), ("node", f"site {event}"))
    ]
    ax = plotting.plot_timeline(make_trace(outages, 100.0))
    assert len([text for text in ax.texts if len(text.get_text()) == 1]) == 14
    assert_legible(ax)


def test_hazards_differ_in_colour_and_in_hatch_and_keep_their_looks():
    ax = plotting.plot_timeline(make_trace())
    assert legend_words(ax) == ["grid", "people", "fire"]
    looks = {(bar.get_facecolor(), bar.get_hatch()) for bar in ax.patches if bar.get_height() < 0.9}
    assert len(looks) == len({colour for colour, _ in looks}) == len({hatch for _, hatch in looks}) == 3
    close = plotting.plot_timeline(make_trace(), window=(1990.0, 2100.0))
    assert legend_words(close) == ["fire"]
    assert {hatch for *_, hatch in bars_of(close)} == {hatch for row, *_, hatch in bars_of(ax) if row == "data of web"}


@pytest.mark.parametrize(
    ("window", "unit"), [((0.0, 2.0), "minutes"), ((90.0, 110.0), "hours"), ((0.0, 500.0), "days"), (None, "days")]
)
def test_time_has_its_unit(window, unit):
    ax = plotting.plot_timeline(make_trace(), window=window)
    assert ax.get_xlabel().endswith(f"({unit})")
    assert_legible(ax)


def test_nodes_that_were_down_least_are_counted():
    outages = [("node", f"site {i}", 10.0, 11.0 + i, "people", i) for i in range(40)]
    ax = plotting.plot_timeline(make_trace([("service", "web", 10.0, 10.5, "people", 0), *outages]), most=3)
    assert rows_of(ax) == ["web", "site 37", "site 38", "site 39"]
    assert "37 that were down for less are not shown" in ax.get_xlabel()


def test_outages_without_an_end_are_drawn_to_the_edge():
    ax = plotting.plot_timeline(make_trace([("data", "web", 10.0, np.inf, "fire", 0)], 100.0))
    [(row, start, end, _)] = bars_of(ax)
    assert row == "data of web"
    np.testing.assert_allclose([24.0 * start, 24.0 * end], [10.0, 100.0])


def test_nothing_down_is_said():
    for traced in (make_trace([]), make_trace(OUTAGES[:1])):
        ax = plotting.plot_timeline(traced, window=(50.0, 60.0))
        assert words_of(ax) == ["nothing was down"]
        assert_legible(ax)


def test_a_bad_trace_or_window_is_refused():
    with pytest.raises(dcrisk.SpecificationError, match=r"from trace\(\)"):
        plotting.plot_timeline(make_trace().drop_vars("event"))
    for window in ((5.0, 5.0), (0.0, np.inf), (10.0, 0.0)):
        with pytest.raises(dcrisk.SpecificationError, match="two numbers of hours that ascend"):
            plotting.plot_timeline(make_trace(), window=window)
    with pytest.raises(dcrisk.SpecificationError, match="most = -1"):
        plotting.plot_timeline(make_trace(), most=-1)


@pytest.mark.parametrize("number", range(3))
@pytest.mark.parametrize("window", [None, (0.0, 3000.0)])
def test_trials_of_a_real_run_are_legible(number, window):
    sites = [dcrisk.Site(f"site {i}", requires=["grid" if i % 2 else "other grid"]) for i in range(6)]
    hazards = [
        dcrisk.Failure("equipment", 2.0, 5.0, [site.name for site in sites]),
        dcrisk.GridOutage("storms", {"grid": 2.0, "other grid": 2.0}, 30.0),
        dcrisk.Failure("flood of the region", 1.0, 1000.0, ["site 0", "site 1", "site 2"], shared=True),
    ]
    scenario = dcrisk.Scenario([dcrisk.Utility("grid"), dcrisk.Utility("other grid"), *sites], hazards)
    layouts = [dcrisk.Layout(f"on {i} and {i + 1}", replicas=[f"site {i}", f"site {i + 1}"]) for i in range(5)]
    traced = dcrisk.trace(scenario, layouts, number)
    ax = plt.subplots(figsize=(10, 6.5), layout="constrained")[1]
    assert plotting.plot_timeline(traced, ax=ax, window=window) is ax
    assert_legible(ax)
    if window is None:
        assert set(rows_of(ax)) == set(traced["name"].values.tolist())
        assert len(bars_of(ax)) == traced.sizes["outage"]


# ---------------------------------------------------------------- the map of a layout


STRASBOURG = dcrisk.load_scenario("ovh-strasbourg-2021")


def make_layout(**options):
    copies = {"copies": ["SBG3", "SBG4", "Roubaix"], "relocation": 24.0}
    return dcrisk.Layout("three", replicas=["SBG3", "SBG4", "SBG1b"], quorum=2, **copies | options)


LATE = make_layout(asynchronous=["Roubaix"], backup_interval=24.0)


def test_roles_are_read_from_the_layout():
    roles = read_roles(STRASBOURG, LATE)
    assert roles.runs == {"SBG3": IN_USE, "SBG4": IN_USE, "SBG1b": STANDBY}
    assert roles.keeps == {"SBG3": SYNCHRONOUS, "SBG4": SYNCHRONOUS, "Roubaix": ASYNCHRONOUS}
    assert read_roles(STRASBOURG, make_layout()).keeps["Roubaix"] == SYNCHRONOUS
    merged = roles.merged({"SBG4": "campus", "SBG1b": "campus"})
    assert (merged.runs["campus"], merged.keeps["campus"]) == (IN_USE, SYNCHRONOUS)
    needed = dcrisk.Layout("up", up=dcrisk.all_of("SBG3", dcrisk.any_of("Roubaix", "Gravelines")))
    assert read_roles(STRASBOURG, needed).runs == dict.fromkeys(("SBG3", "Roubaix", "Gravelines"), IN_USE)


def test_a_site_named_twice_is_in_use_once():
    twice = dcrisk.Layout("twice", replicas=["SBG3", "SBG4", "SBG3"], quorum=1)
    assert read_roles(STRASBOURG, twice).runs == {"SBG3": IN_USE, "SBG4": STANDBY}


@pytest.mark.parametrize("layout", [None, "constrained"])
def test_the_map_of_a_layout_is_legible(layout):
    given = plt.subplots(figsize=(10, 6.5), layout=layout)[1] if layout else None
    ax = plotting.plot_map(STRASBOURG, ax=given, layout=LATE)
    ax.figure.canvas.draw()
    assert ax.get_title(loc="left") == "ovh-strasbourg-2021: three"
    for panel in ax.child_axes:
        assert_labels_clear(panel)
    words = " ".join(legend_words(ax))
    assert "runs the service" in words and "standby: 2 of 3 replicas are enough" in words
    assert ", synchronous copy" in words and ", asynchronous copy" in words and "another site" in words


def test_roles_differ_without_colour():
    looks, roles = set(), read_roles(STRASBOURG, LATE)
    for name in ("SBG3", "SBG1b", "Roubaix", "Gravelines"):
        mark, frame = roles.mark(name, False), roles.frame(name)
        looks.add((mark["color"] == "white", mark.get("mew"), frame and frame["marker"]))
    assert len(looks) == 4


def test_marks_have_frames_where_copies_are():
    found = {}
    for panel in plotting.plot_map(STRASBOURG, layout=LATE).child_axes:
        for line in panel.lines:
            found.setdefault((panel, *np.round(line.get_xydata()[0], 9)), []).append(line.get_marker())
    framed = [markers for markers in found.values() if len(markers) == 2]
    assert len(framed) == 4  # SBG3, SBG4, Roubaix, and the group that is enlarged
    assert sum("s" in markers for markers in framed) == 3


def test_sites_without_a_place_have_framed_names_by_their_part():
    nodes = [dcrisk.Site(name) for name in "CDE"]
    nodes += [dcrisk.Site("A", lat=45.0, lon=3.0), dcrisk.Site("B", lat=46.0, lon=3.0)]
    layout = dcrisk.Layout(
        "x", replicas=["A", "C", "D"], quorum=2, copies=["A", "C", "E"], asynchronous=["E"], backup_interval=24.0
    )
    looks = {}
    for text in plotting.plot_map(dcrisk.Scenario(nodes), layout=layout).texts:
        if text.get_text() in ("C", "D", "E"):
            box = text.get_bbox_patch()
            looks[text.get_text()] = box.get_linestyle() in ("--", "dashed"), box.get_facecolor()[:3] == (1.0, 1.0, 1.0)
    assert looks == {"C": (False, False), "D": (False, True), "E": (True, False)}


def test_thirty_sites_and_their_enlargements_do_not_overlap():
    rng = np.random.default_rng(0)
    sites = [dcrisk.Site(f"DC {i:02}", lat=43 + 8 * rng.random(), lon=-2 + 9 * rng.random()) for i in range(30)]
    layout = dcrisk.Layout("3 sites", replicas=["DC 01", "DC 05", "DC 11"], copies=["DC 01", "DC 20"])
    ax = plotting.plot_map(dcrisk.Scenario(sites), layout=layout)
    assert len(ax.child_axes) > 2
    assert_legible(ax)
    for panel in ax.child_axes:
        around = [panel.xaxis.label, panel._right_title, *panel.get_xticklabels()]
        frames = [other.get_window_extent() for other in ax.child_axes if other is not panel]
        boxes = [text.get_window_extent() for text in around if text.get_text()]
        assert not any(box.overlaps(frame) for box in boxes for frame in frames)


def test_a_bad_layout_is_refused():
    with pytest.raises(dcrisk.SpecificationError, match="layout 'x': unknown name 'SBG33'; did you mean 'SBG3'"):
        plotting.plot_map(STRASBOURG, layout=dcrisk.Layout("x", replicas=["SBG33"]))
    with pytest.raises(dcrisk.SpecificationError, match="is no Layout"):
        plotting.plot_map(STRASBOURG, layout="three")
    with pytest.raises(dcrisk.SpecificationError, match="either footprint or layout"):
        plotting.plot_map(STRASBOURG, layout=LATE, footprint=xr.Dataset())
