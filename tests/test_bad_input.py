"""Bad input gives one clear error that names the item, before anything runs; and no other outcome."""

import copy
import math

import pytest
import tomli_w
from generators import layouts, scenarios
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from scipy import stats

import dcrisk
from dcrisk import Backup, Failure, Fire, GridOutage, Layout, Scenario, Site, SpecificationError, Utility
from dcrisk.plain_forms import scenario_from_plain

A, B = Site("A"), Site("B")
EXPON = stats.expon(scale=24.0)
PAIR = Scenario([A, B], [Failure("f", 1.0, 24.0, ["A", "B"])])


def fire(**options):
    return Fire("fire", **({"rate_per_year": {"A": 0.1}, "durations": {"destroyed": 10.0}} | options))


BAD = {
    "unknown requirement": (lambda: Scenario([Site("A", requires=["gird"]), Utility("grid")]), "'gird'.*'grid'"),
    "cycle": (lambda: Scenario([Site("A", requires=["B"]), Site("B", requires=["A"])]), "circle: (A -> B|B -> A)"),
    "needs itself": (lambda: Scenario([Site("A", requires=["A"])]), "circle: A -> A"),
    "part of a utility": (lambda: Scenario([Utility("u"), Site("A", part_of="u")]), "node 'A': part_of.*'u'"),
    "twice": (lambda: Scenario([A, Site("A")]), "'A' is named twice"),
    "no nodes": (lambda: Scenario([]), "no nodes"),
    "empty name": (lambda: Site(" "), "not empty"),
    "arrow in a name": (lambda: Site("A -> B"), "must not contain"),
    "lat alone": (lambda: Site("A", lat=48.0), "node 'A'.*both lat and lon"),
    "lat out of range": (lambda: Site("A", lat=148.0, lon=7.0), "node 'A': lat = 148.0.*between -90 and 90"),
    "k too large": (lambda: dcrisk.at_least(3, "A", "B"), "at_least.3, A, B.*from 1 to 2"),
    "k of zero": (lambda: dcrisk.at_least(0, "A"), "from 1 to 1"),
    "requires nothing": (dcrisk.all_of, "names nothing"),
    "percentage": (lambda: Backup(99.0), "start_probability = 99.0.*mean 0.99"),
    "probability NaN": (lambda: Backup(math.nan), "start_probability = nan"),
    "beta above one": (lambda: Backup(0.9, 48.0, common_cause=1.5), "common_cause = 1.5"),
    "autonomy negative": (lambda: Backup(0.9, -1.0), "autonomy.*-1"),
    "rate negative": (lambda: Failure("f", -1.0, 24.0, ["A"]), "failure 'f': rate_per_year = -1.0"),
    "rate NaN": (lambda: Failure("f", math.nan, 24.0, ["A"]), "failure 'f': rate_per_year = nan"),
    "rate infinite": (lambda: Failure("f", math.inf, 24.0, ["A"]), "failure 'f': rate_per_year = inf"),
    "rate of a node": (lambda: GridOutage("g", {"A": -2.0}, 1.0), "'g'.*'A'.*-2.0"),
    "no sites": (lambda: Failure("f", 1.0, 24.0, []), "failure 'f': name the sites"),
    "site of a failure": (lambda: Scenario([A], [Failure("f", 1.0, 24.0, ["a"])]), "hazard 'f'.*'a'"),
    "negative duration": (lambda: Failure("f", 1.0, stats.norm(24.0, 10.0), ["A"]), "failure 'f'.*norm.*negative"),
    "duration NaN": (lambda: GridOutage("g", {"A": 1.0}, math.nan), "'g': duration.*nan"),
    "two hazards": (lambda: Scenario([A], [Failure("f", 1, 1, ["A"])] * 2), "'f' is named twice"),
    "spread to itself": (lambda: fire(spread={("A", "A"): 0.5}), "'A' leads to itself"),
    "spread probability": (lambda: fire(spread={("A", "B"): 1.2}), "spread.*1.2"),
    "contained": (lambda: fire(contained={"A": -0.1}), "contained of 'A' = -0.1"),
    "contained of nobody": (lambda: fire(contained={"A": 0.1, "C": 0.1}), "contained.*'C'"),
    "no duration": (lambda: fire(destroyed=0.5), "durations lacks 'damaged'"),
    "isolation without duration": (lambda: fire(isolation=[["A"]]), "durations lacks 'isolated'"),
    "unknown state": (lambda: fire(durations={"destroyed": 1.0, "destroid": 1.0}), "'destroid'.*'destroyed'"),
    "utility burns": (lambda: Scenario([Utility("A")], [fire()]), "only sites burn.*'A'"),
    "delay of no edge": (lambda: fire(spread_delay={("A", "B"): 1.0}), "spread_delay must name"),
    "replicas and up": (lambda: Layout("l", replicas=["A"], up="A"), "layout 'l': give either"),
    "empty quorum": (lambda: Layout("l", replicas=["A"], quorum=0), "layout 'l': quorum = 0.*from 1 to"),
    "large quorum": (lambda: Layout("l", replicas=["A"], quorum=2), "layout 'l': quorum = 2"),
    "no replicas": (lambda: Layout("l", replicas=[]), "layout 'l': replicas is empty"),
    "replicas as text": (lambda: Layout("l", replicas="A"), "layout 'l': replicas.*list"),
    "relocation": (lambda: Layout("l", replicas=["A"], relocation=-3.0), "layout 'l': relocation.*-3"),
    "cost": (lambda: Layout("l", replicas=["A"], cost=math.nan), "layout 'l': cost = nan"),
    "given": (lambda: PAIR.given("g"), "given: unknown name 'g'"),
    "given origin": (lambda: PAIR.given("f", origin="C"), "given 'f': origin.*'C'"),
    "given state": (lambda: PAIR.given("f", state="destroyed"), "belong to a Fire"),
    "without": (lambda: PAIR.without("g"), "without: unknown name 'g'"),
}


@pytest.mark.parametrize("build, message", BAD.values(), ids=BAD.keys())
def test_specification(build, message):
    with pytest.raises(SpecificationError, match=message):
        build()


LAYOUT = Layout("l", replicas=["A"])
BAD_RUNS = {
    "unknown replica": ([Layout("l", replicas=["C"])], {}, "layout 'l': unknown name 'C'"),
    "unknown copy": ([Layout("l", replicas=["A"], copies=["C"])], {}, "layout 'l': copies.*'C'"),
    "same names": ([LAYOUT, LAYOUT], {}, "'l' is named twice"),
    "no layout": ([], {}, "layouts is empty"),
    "not a layout": (["A"], {}, "'A' is no Layout"),
    "trials": ([LAYOUT], {"trials": 0}, "trials = 0"),
    "part of a trial": ([LAYOUT], {"trials": 1.5}, "trials = 1.5"),
    "seed": ([LAYOUT], {"seed": -1}, "seed = -1"),
    "large seed": ([LAYOUT], {"seed": 2**64}, "seed = "),
    "horizon": ([LAYOUT], {"horizon": 0.0}, "horizon = 0"),
    "horizon NaN": ([LAYOUT], {"horizon": math.nan}, "horizon = nan"),
    "warmup": ([LAYOUT], {"warmup": -1.0}, "warmup = -1"),
    "threads": ([LAYOUT], {"threads": 0}, "threads = 0"),
    "chunks": ([LAYOUT], {"chunks": {"time": 3}}, "chunks.*trial"),
    "chunk length": ([LAYOUT], {"chunks": {"trial": 0}}, "chunks"),
}


@pytest.mark.parametrize("made, options, message", BAD_RUNS.values(), ids=BAD_RUNS.keys())
def test_runs(made, options, message):
    options = {"trials": 10, "progress": False} | options
    with pytest.raises(SpecificationError, match=message):
        dcrisk.simulate(PAIR, made, **options)


def test_something_else_than_a_scenario():
    with pytest.raises(SpecificationError, match="no Scenario"):
        dcrisk.simulate({"nodes": []}, [LAYOUT], 10)


def test_too_many_events_in_a_block():
    scenario = Scenario([A], [GridOutage("g", {"A": 1e12}, 1.0)])
    with pytest.raises(SpecificationError, match="'g'"):
        dcrisk.simulate(scenario, [LAYOUT], 10)


def test_hazards_whose_streams_collide_are_named(monkeypatch):
    from dcrisk.compiler import sources

    monkeypatch.setattr(sources, "stream_number", lambda name: 7)
    scenario = Scenario([A], [Failure("one", 1, 1, ["A"]), Failure("two", 1, 1, ["A"])])
    with pytest.raises(SpecificationError, match="'one' and 'two'.*rename"):
        dcrisk.simulate(scenario, [LAYOUT], 10)


@pytest.mark.parametrize(
    "text, message",
    [
        ("nodes = [", "no readable TOML"),
        ("x = 1", "'x'"),
        ('[[nodes]]\ntype = "Sight"\nname = "A"', "'Sight'.*'Site'"),
        ('[[nodes]]\ntype = "Site"', "name is missing"),
        ('[[nodes]]\ntype = "Site"\nname = "A"\nlatitude = 4.0', "'latitude'"),
        ('[nodes]\ntype = "Site"', "nodes must be a list"),
        ('[[nodes]]\ntype = "Site"\nname = "A"\nrequires = [{ some_of = ["B"] }]', "one of all_of"),
        (
            '[[nodes]]\ntype="Site"\nname="A"\n[[hazards]]\ntype="Failure"\nname="f"\nrate_per_year=1\nsites=["A"]\n'
            'duration={distribution="exponential"}',
            "no distribution named 'exponential'",
        ),
    ],
)
def test_files(tmp_path, text, message):
    path = tmp_path / "bad.toml"
    path.write_text(text)
    with pytest.raises(SpecificationError, match=message) as error:
        dcrisk.load_scenario(path)
    assert "bad.toml" in str(error.value)


def test_files_that_are_not_there_or_not_text(tmp_path):
    with pytest.raises(SpecificationError, match="ovh-strasbourg-2021"):
        dcrisk.load_scenario("ovh-strasburg")
    path = tmp_path / "binary.toml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SpecificationError, match="no readable TOML"):
        dcrisk.load_scenario(path)
    with pytest.raises(SpecificationError):
        dcrisk.load_scenario(tmp_path)


@settings(max_examples=150, phases=[Phase.explicit, Phase.generate])
@given(st.data())
def test_written_and_read_again_is_equal(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("round") / "trip.toml"
    scenario = data.draw(scenarios())
    kept = data.draw(layouts(scenario)) if scenario.sites and data.draw(st.booleans()) else []
    dcrisk.save_scenario(scenario, path, kept)
    again = dcrisk.load_scenario(path)
    assert again == scenario and hash(again) == hash(scenario) and again.digest() == scenario.digest()
    assert dcrisk.load_layouts(path) == kept


@pytest.mark.parametrize(
    "text, message",
    [
        ('[[layouts]]\nreplicas = ["A"]', "name is missing"),
        ('[[layouts]]\nname = "one"\nreplica = ["A"]', "layout 'one'.*'replica'.*'replicas'"),
        ('[[layouts]]\nname = "one"\nreplicas = ["B"]', "layout 'one'.*'B'"),
        ('[[layouts]]\nname = "one"\nup = { some_of = ["A"] }', "layout 'one'.*one of all_of"),
        ('[[layouts]]\nname = "one"\nreplicas = ["A"]\nfailover = { distribution = "expo" }', "failover.*'expo'"),
        ('[[layouts]]\nname = "one"\nreplicas = ["A"]\nplacement_error = { A = 0.5 }', "placement_error.*no pair"),
        ('[layouts]\nname = "one"', "layouts must be a list"),
    ],
)
def test_layouts_in_files(tmp_path, text, message):
    path = tmp_path / "bad.toml"
    path.write_text('[[nodes]]\ntype = "Site"\nname = "A"\n' + text)
    with pytest.raises(SpecificationError, match=message) as error:
        dcrisk.load_layouts(path)
    assert "bad.toml" in str(error.value)


JUNK = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 3),
    st.integers(),
    st.floats(),
    st.text(max_size=4),
    st.sampled_from(["s0", "u0", "s1", "expon", "norm", "destroyed", "s0 -> s1"]),
    st.lists(st.one_of(st.floats(), st.text(max_size=2), st.lists(st.integers(), max_size=1)), max_size=2),
    st.dictionaries(st.sampled_from(["distribution", "scale", "s0", "all_of", "k"]), st.floats(), max_size=2),
)


def places(form, path=()):
    """Every place in a nested form."""
    items = form.items() if isinstance(form, dict) else enumerate(form) if isinstance(form, list) else ()
    for key, value in items:
        yield (*path, key)
        yield from places(value, (*path, key))


@settings(max_examples=600, phases=[Phase.explicit, Phase.generate])
@given(st.data())
def test_no_other_outcome_than_an_error_or_a_scenario(data):
    """A form with a few places replaced, removed or renamed: it still is a scenario that runs, or one clear error."""
    form = copy.deepcopy(data.draw(scenarios()).plain())
    for _ in range(data.draw(st.integers(1, 3))):
        *path, last = data.draw(st.sampled_from(sorted(places(form), key=repr)))
        parent = form
        for key in path:
            parent = parent[key]
        action = data.draw(st.sampled_from(["replace", "replace", "remove", "rename"]))
        if action == "replace":
            parent[last] = data.draw(JUNK)
        else:
            value = parent.pop(last)
            if action == "rename" and isinstance(parent, dict):
                parent[data.draw(st.text(max_size=6))] = value
    try:
        scenario = scenario_from_plain(form)
    except SpecificationError as error:
        assert str(error)
        return
    sites = dcrisk.site_layouts(scenario)
    if not sites:
        return
    try:
        results = dcrisk.simulate(scenario, sites, 2, horizon=10.0, progress=False, threads=1)
    except SpecificationError as error:
        assert "rate" in str(error) or "given" in str(error)  # too many events; conditioned on rates of 0
        return
    assert results.downtime.notnull().all() and (results.downtime >= 0).all() and (results.downtime <= 10.0).all()
    assert dcrisk.Scenario(scenario.nodes, scenario.hazards).nodes == scenario.nodes
    tomli_w.dumps(scenario.plain())


@settings(max_examples=200, phases=[Phase.explicit, Phase.generate])
@given(st.data())
def test_layouts_of_anything(data):
    names = st.one_of(st.sampled_from(["A", "B"]), JUNK)
    try:
        layout = Layout(
            data.draw(names),
            replicas=data.draw(st.one_of(st.none(), st.lists(names, max_size=3), JUNK)),
            quorum=data.draw(JUNK),
            up=data.draw(st.one_of(st.none(), names)),
            copies=data.draw(st.one_of(st.lists(names, max_size=2), JUNK)),
            relocation=data.draw(JUNK),
            cost=data.draw(JUNK),
        )
        results = dcrisk.simulate(PAIR, [layout], 3, progress=False, threads=1)
    except SpecificationError as error:
        assert str(error)
        return
    assert results.downtime.notnull().all()


@settings(max_examples=50, phases=[Phase.explicit, Phase.generate])
@given(st.data())
def test_layouts_are_equal_by_content(data):
    for layout in data.draw(layouts(PAIR)):
        assert layout == copy.deepcopy(layout) and hash(layout) == hash(copy.deepcopy(layout))
