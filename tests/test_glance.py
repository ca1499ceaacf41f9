"""What a notebook or a terminal shows of a scenario."""

import xml.etree.ElementTree as ElementTree
from html.parser import HTMLParser

import numpy as np
import pytest
from generators import scenarios
from hypothesis import given, settings
from scipy import stats

import dcrisk
from dcrisk.scenario.glance import events_a_year

WRITTEN = [
    dcrisk.Site("A", lat=48.6, lon=7.8, requires=[dcrisk.all_of("grid", backup=dcrisk.Backup(0.99, 48.0)), "fibre"]),
    dcrisk.Utility("fibre", requires=[dcrisk.any_of("one", dcrisk.at_least(2, "x", "y", "z"))], restart=2.0),
    dcrisk.Failure("f", {"A": 0.5}, stats.lognorm(1.2, scale=4.0), state="damaged"),
    dcrisk.Fire("fire", {"A": dcrisk.jeffreys_rate(1, 10)}, {"destroyed": 4000.0}, spread={("A", "B"): 0.3}),
    dcrisk.Flood("flood", dcrisk.ReturnLevels({10: 6.1, 100: 8.2}), {"A": 7.0}, {"damaged": 9.0, "destroyed": 99.0}),
    dcrisk.Maintenance("patching", ["A"], every_hours=720.0, duration=4.0),
    dcrisk.Layout("both", replicas=["A", "B"], copies=["A", "B"], failover=stats.expon(scale=0.5)),
    dcrisk.Crew("two", ["A", "B"], 2),
]


@pytest.mark.parametrize("item", WRITTEN, ids=lambda item: type(item).__name__)
def test_a_specification_reads_as_it_is_written(item):
    assert eval(repr(item), {**vars(dcrisk), "stats": stats}) == item


def test_long_tables_are_cut():
    table = dcrisk.EventTable(
        "t",
        {
            "event": [f"e{i}" for i in range(1000)],
            "rate_per_year": [1.0] * 1000,
            "site": ["A"] * 1000,
            "duration": [1.0] * 1000,
        },
    )
    assert len(repr(table)) < 800
    assert "... 992 more" in repr(table)


def test_text_of_a_scenario():
    scenario = dcrisk.Scenario(
        [
            dcrisk.Utility("grid"),
            dcrisk.Site("campus", requires=[dcrisk.all_of("grid", backup=dcrisk.Backup(0.9))]),
            dcrisk.Site("room", part_of="campus"),
        ],
        [dcrisk.Failure("equipment", 0.5, 24.0, ["campus", "room"])],
        name="one campus",
    ).given("equipment", "room")
    assert repr(scenario).splitlines() == [
        "<Scenario 'one campus': 2 sites, 1 utility, 1 hazard>",
        "Hazards",
        "    equipment  Failure  1 a year  campus, room",
        "Sites",
        "    campus  grid with backup",
        "    room                      campus",
        "Utilities",
        "    grid",
        "Given",
        "    equipment  room",
    ]


def test_a_long_scenario_stays_short():
    scenario = dcrisk.Scenario([dcrisk.Site(f"s{i}") for i in range(500)])
    assert len(repr(scenario).splitlines()) < 30
    assert "480 more" in repr(scenario)
    assert "500 nodes: too many to draw" in scenario._repr_html_()


def drawing(scenario):
    html = scenario._repr_html_()
    return ElementTree.fromstring(html[html.index("<svg") : html.index("</svg>") + 6])


def test_names_are_escaped():
    name = '<script>alert("&")</script>'
    scenario = dcrisk.Scenario([dcrisk.Site(name)], [dcrisk.Failure(name, 1.0, 1.0, [name])], name, name)
    html = scenario._repr_html_()
    tags, text = set(), []
    parser = HTMLParser()
    parser.handle_starttag = lambda tag, attributes: tags.add(tag)
    parser.handle_data = text.append
    parser.feed(html)
    assert "script" not in tags
    assert text.count(name) == 6  # title, description, drawing, hazard, what it strikes, site
    assert [e.text for e in drawing(scenario)] == [None, name]


@given(scenarios())
@settings(max_examples=30)
def test_what_is_needed_stands_above(scenario):
    svg = drawing(scenario)
    boxes = [e for e in svg if e.tag == "rect"]
    names = [e.text for e in svg if e.tag == "text"]
    assert names == [node.name for node in scenario.nodes]
    top = {name: float(box.get("y")) for name, box in zip(names, boxes, strict=True)}
    graph = scenario.to_networkx()
    assert all(top[a] < top[b] for a, b in graph.edges)
    assert len([e for e in svg if e.tag == "path"]) == graph.number_of_edges()
    left = {
        n: (float(b.get("x")), float(b.get("x")) + float(b.get("width"))) for n, b in zip(names, boxes, strict=True)
    }
    for a in names:
        for b in names:
            assert a == b or top[a] != top[b] or left[a][1] <= left[b][0] or left[b][1] <= left[a][0]
    width, height = float(svg.get("width")), float(svg.get("height"))
    assert all(low >= 0 and high <= width for low, high in left.values())
    assert max(top.values()) < height


def test_how_often():
    levels = dcrisk.ReturnLevels({0.5: 6.0, 100: 8.0})
    grid = dcrisk.Disc(["A"], (44.9, 4.9, 45.1, 5.1), 100.0)
    hazards = [
        dcrisk.Failure("own", 3.0, 0.0, ["A", "B"]),
        dcrisk.Failure("shared", 3.0, 0.0, ["A", "B"], shared=True),
        dcrisk.GridOutage("nodes", {"A": 2.0, "B": 1.0}, 0.0),
        dcrisk.GridOutage("disc", 4.0, 0.0, disc=grid),
        dcrisk.Fire("fire", {"A": 1.0, "B": stats.gamma(2.0)}, {"destroyed": 0.0}),
        dcrisk.Flood("flood", levels, {"A": 5.0}, {"damaged": 0.0, "destroyed": 0.0}),
        dcrisk.EventTable(
            "table", {"event": ["e", "f"], "rate_per_year": [1.0, 2.0], "site": ["A", "A"], "duration": [0.0, 0.0]}
        ),
        dcrisk.Maintenance("plan", ["A", "B"], every_hours=8766.0 / 4, duration=0.0),
    ]
    assert [round(events_a_year(hazard), 9) for hazard in hazards] == [6.0, 3.0, 3.0, 4.0, 3.0, 2.0, 3.0, 8.0]
    dcrisk.Scenario([dcrisk.Site("A", 45.0, 5.0), dcrisk.Site("B")], hazards)  # they are what a scenario takes
    assert np.isfinite([events_a_year(hazard) for hazard in dcrisk.load_scenario("ovh-strasbourg-2021").hazards]).all()
