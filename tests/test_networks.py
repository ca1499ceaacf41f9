"""Scenarios as graphs of networkx, and back; sites from tables."""

import sys

import numpy as np
import pandas as pd
import pytest
from generators import scenarios
from hypothesis import given, settings

import dcrisk
from dcrisk import Scenario, Site, Utility

nx = pytest.importorskip("networkx")


@given(scenarios())
@settings(max_examples=50)
def test_there_and_back(scenario):
    graph = scenario.to_networkx()
    assert set(graph) == {node.name for node in scenario.nodes}
    assert nx.is_directed_acyclic_graph(graph)
    assert Scenario.from_networkx(graph) == scenario
    assert Scenario.from_networkx(nx.MultiDiGraph(graph)) == scenario


def test_the_shipped_scenario():
    scenario = dcrisk.load_scenario("ovh-strasbourg-2021")
    graph = scenario.to_networkx()
    assert Scenario.from_networkx(graph) == scenario
    fallen = nx.descendants(graph, "Alsace grid")
    assert {"campus power", "SBG2"} <= fallen and "Roubaix" not in fallen
    assert graph.nodes["SBG2"]["kind"] == "Site"
    assert graph.edges["feed A", "campus supply"] == {"relation": "requires", "backup": True}


def test_failures_travel_along_edges():
    """What a given failure takes down is what can be reached from it, where everything is needed."""
    rng = np.random.default_rng(3)
    names = [f"n{i}" for i in range(12)]
    graph = nx.DiGraph()
    graph.add_nodes_from(names)
    graph.add_edges_from((a, b) for i, a in enumerate(names) for b in names[i + 1 :] if rng.random() < 0.2)
    scenario = Scenario.from_networkx(graph, hazards=[dcrisk.Failure("f", 0.0, 10.0, names)], name="drawn")
    for name in names[:4]:
        given_one = scenario.given("f", name)
        results = dcrisk.simulate(given_one, dcrisk.site_layouts(scenario), 1, progress=False)
        down = set(results.layout.values[results.downtime.values[:, 0] > 0].tolist())
        assert down == {name} | nx.descendants(graph, name)


def test_a_graph_from_elsewhere():
    graph = nx.DiGraph()
    graph.add_node("grid", kind="Utility", colour="red")
    graph.add_node("campus", lat=48.6, lon=7.8, population=3)
    graph.add_edge("grid", "campus", weight=2.0)
    graph.add_edge("campus", "room", relation="part_of")
    scenario = Scenario.from_networkx(graph, name="mine")
    assert scenario == Scenario(
        [Utility("grid"), Site("campus", 48.6, 7.8, requires=["grid"]), Site("room", part_of="campus")], name="mine"
    )


def changed(change):
    graph = Scenario([Utility("grid"), Utility("fibre"), Site("A", requires=["grid"])]).to_networkx()
    change(graph)
    return graph


BAD = {
    "more edges": (lambda g: g.add_edge("fibre", "A"), "node 'A'.*edge from 'fibre'.*requires"),
    "fewer edges": (lambda g: g.remove_edge("grid", "A"), "node 'A'.*requires names 'grid'.*no edge"),
    "another whole": (lambda g: g.add_edge("fibre", "A", relation="part_of"), "node 'A'.*part_of from 'fibre'"),
    "kind": (lambda g: g.nodes["A"].update(kind="site"), "node 'A': kind.*did you mean 'Site'"),
    "number": (lambda g: g.add_node(7), "node 7.*must be text"),
    "latitude": (lambda g: g.nodes["A"].update(lat=999.0, lon=0.0), "node 'A': lat"),
    "cycle": (lambda g: (g.nodes["grid"].pop("requires"), g.add_edge("A", "grid")), "circle"),
}


@pytest.mark.parametrize("change, words", BAD.values(), ids=BAD)
def test_graphs_that_are_refused(change, words):
    with pytest.raises(dcrisk.SpecificationError, match=words):
        Scenario.from_networkx(changed(change))


@pytest.mark.parametrize(
    "graph", [nx.Graph([("grid", "A")]), {"A": ["grid"]}, None], ids=["undirected", "dict", "none"]
)
def test_what_is_no_directed_graph(graph):
    with pytest.raises(dcrisk.SpecificationError, match="no directed graph"):
        Scenario.from_networkx(graph)


def test_without_networkx(monkeypatch):
    monkeypatch.setitem(sys.modules, "networkx", None)
    with pytest.raises(ImportError, match=r"dcrisk\[networkx\]"):
        Scenario([Site("A")]).to_networkx()


# ------------------------------------------------------------ tables


def test_sites_of_a_table(tmp_path):
    (tmp_path / "sites.csv").write_text(
        "id,lat,lon,part_of,requires,restart,staff\n"
        "campus,48.6,7.8,,grid; fibre,2.5,10\n"
        "room,,,campus,,,\n"
        "far,50.7,3.2,,,0,4\n"
    )
    sites = dcrisk.sites_from_frame(pd.read_csv(tmp_path / "sites.csv"), columns={"name": "id"})
    assert sites == [
        Site("campus", 48.6, 7.8, requires=["grid", "fibre"], restart=2.5),
        Site("room", part_of="campus"),
        Site("far", 50.7, 3.2),
    ]


def test_requirements_in_cells():
    need = dcrisk.all_of("grid", backup=dcrisk.Backup(0.9))
    frame = pd.DataFrame({"name": list("ABC"), "requires": [need, [need, "fibre"], None]})
    assert [site.requires for site in dcrisk.sites_from_frame(frame)] == [(need,), (need, "fibre"), ()]


def frame(**columns):
    return pd.DataFrame({"name": ["A", "B"]} | columns, index=["first", "second"])


WRONG = {
    "latitude": (frame(lat=[1.0, 99.0], lon=[1.0, 2.0]), "row 'second': node 'B': lat = 99"),
    "half a place": (frame(lat=[1.0, 2.0], lon=[1.0, None]), "row 'second': node 'B': give both"),
    "one column": (frame(lat=[1.0, 2.0]), "lat and lon"),
    "no name": (frame(name=["A", None]), "row 'second'.*name None"),
    "twice": (frame(name=["A", "A"]), "row 'second': 'A' is named twice"),
    "text": (frame(restart=["soon", None]), "row 'first': node 'A': restart.*'soon'"),
    "misspelt": (frame(part_off=["B", None]), "column 'part_off' meant to be 'part_of'"),
    "other words": (frame(Latitude=[1.0, 2.0]), "'Latitude' meant to be 'lat'"),
    "no column": (pd.DataFrame({"id": ["A"]}), "no column 'name' among id"),
    "no frame": ([{"name": "A"}], "list is no DataFrame"),
}


@pytest.mark.parametrize("table, words", WRONG.values(), ids=WRONG)
def test_tables_that_are_refused(table, words):
    with pytest.raises(dcrisk.SpecificationError, match=words):
        dcrisk.sites_from_frame(table)


def test_columns_that_are_not_there():
    with pytest.raises(dcrisk.SpecificationError, match="column of 'lat'.*'nmae'"):
        dcrisk.sites_from_frame(frame(), columns={"lat": "nmae"})
    with pytest.raises(dcrisk.SpecificationError, match="columns: unknown name 'latt'; did you mean 'lat'"):
        dcrisk.sites_from_frame(frame(), columns={"latt": "name"})


def test_points():
    geopandas = pytest.importorskip("geopandas")
    from shapely.geometry import LineString, Point

    points = [Point(7.8, 48.6), Point(3.2, 50.7), None]
    sites = geopandas.GeoDataFrame({"name": list("ABC")}, geometry=points, crs=4326)
    found = dcrisk.sites_from_frame(sites)
    assert found == [Site("A", 48.6, 7.8), Site("B", 50.7, 3.2), Site("C")]
    metres = dcrisk.sites_from_frame(sites.to_crs(3857))
    for site, other in zip(found[:2], metres, strict=False):
        assert (other.lat, other.lon) == pytest.approx((site.lat, site.lon), abs=1e-9)
    with pytest.raises(dcrisk.SpecificationError, match="coordinate reference system.*4326"):
        dcrisk.sites_from_frame(sites.set_crs(None, allow_override=True))
    line = geopandas.GeoDataFrame({"name": ["A"]}, geometry=[LineString([(0, 0), (1, 1)])], crs=4326, index=["only"])
    with pytest.raises(dcrisk.SpecificationError, match="row 'only': LineString is no point"):
        dcrisk.sites_from_frame(line)
