"""``connected`` against every set of sites and links that can be up."""

import itertools
import math

import pytest
from exact import check_mean, run
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

import dcrisk
from dcrisk import Failure, Layout, Requirement, Scenario, Site, Utility, all_of, any_of, connected

TRIANGLE = {("A", "B"): "AB", ("B", "C"): "BC", ("A", "C"): "AC"}


def names_of(link):
    return [link] if isinstance(link, str) else list(link.names())


def holds(need, up):
    """Whether a requirement holds with these names up."""
    if isinstance(need, str):
        return need in up
    return sum(holds(member, up) for member in need.of) >= need.k


def largest_group(sites, links, up):
    """How many sites that are up reach each other, at most: union and find."""
    parent = {site: site for site in sites if site in up}

    def root(site):
        while parent[site] != site:
            site = parent[site]
        return site

    for (a, b), link in links.items():
        if a in parent and b in parent and holds(link, up):
            parent[root(a)] = root(b)
    roots = [root(site) for site in parent]
    return max((roots.count(r) for r in roots), default=0)


def subsets(names):
    return (set(some) for n in range(len(names) + 1) for some in itertools.combinations(names, n))


@st.composite
def networks(draw):
    """Up to five sites, some of their pairs linked; utilities may be shared, parallel or in series."""
    sites = [f"s{i}" for i in range(draw(st.integers(2, 5)))]
    pairs = list(itertools.combinations(sites, 2))
    utilities = st.sampled_from([f"u{i}" for i in range(6)])
    composed = st.builds(lambda make, a, b: make(a, b), st.sampled_from([any_of, all_of]), utilities, utilities)
    links = {}
    for a, b in draw(st.lists(st.sampled_from(pairs), min_size=1, max_size=8, unique=True)):
        links[draw(st.sampled_from([(a, b), (b, a)]))] = draw(st.one_of(utilities, utilities, composed))
    return links


@settings(max_examples=100, deadline=None)
@given(networks())
def test_by_all_subsets(links):
    sites = sorted({site for pair in links for site in pair})
    utilities = sorted({name for link in links.values() for name in names_of(link)})
    for k in range(1, len(sites) + 1):
        if largest_group(sites, links, {*sites, *utilities}) < k:
            with pytest.raises(dcrisk.SpecificationError, match=f"k = {k}: no {k} sites are joined"):
                connected(k, links)
            continue
        need = connected(k, links)
        for up in subsets([*sites, *utilities]):
            assert holds(need, up) == (largest_group(sites, links, up) >= k), (k, up)


def trees_in(need):
    """How many trees a requirement lists, where each link has a name of its own."""
    ways = [need] if need.k == len(need.of) else need.of
    return sum(
        math.prod(len(member.of) for member in way.of if isinstance(member, Requirement) and member.k == 1)
        for way in ways
    )


@pytest.mark.parametrize("n", [3, 4, 5, 6])
def test_trees_of_complete_graphs_are_counted_by_cayley(n):
    """C(n, k) k^(k-2) trees join k of n."""
    links = {(a, b): f"{a}{b}" for a, b in itertools.combinations("ABCDEF"[:n], 2)}
    for k in range(2, n + 1):
        assert trees_in(connected(k, links)) == math.comb(n, k) * k ** (k - 2)


def test_what_has_few_trees_may_be_large():
    """A long line and a wide star, of which the parts are many and the whole is one tree."""
    line = {(f"s{i}", f"s{i + 1}"): f"l{i}" for i in range(60)}
    star = {("hub", f"s{i}"): f"l{i}" for i in range(60)}
    for links in (line, star):
        assert len(connected(61, links).of) == 61 + 60
    assert len(connected(30, line).of) == 32
    assert len(connected(2, star).of) == 60


def test_more_than_that_is_refused_before_it_is_built():
    names = [f"s{i}" for i in range(40)]
    links = {pair: "-".join(pair) for pair in itertools.combinations(names, 2)}
    with pytest.raises(dcrisk.SpecificationError, match="more than 10,000 trees join 20 of 40 sites by 780 links"):
        connected(20, links)


def test_words():
    assert connected(1, TRIANGLE) == any_of("A", "B", "C")
    assert connected(2, {("A", "B"): any_of("one", "other")}) == all_of("A", "B", any_of("one", "other"))
    assert connected(2, TRIANGLE) == any_of(all_of("A", "B", "AB"), all_of("A", "C", "AC"), all_of("B", "C", "BC"))
    three = any_of(all_of("AB", "BC"), all_of("AB", "AC"), all_of("BC", "AC"))
    assert sorted(map(str, connected(3, TRIANGLE).of[3].of)) == sorted(map(str, three.of))


def test_a_quorum_does_not_count_who_is_cut_off():
    nodes = [*(Site(name) for name in "ABC"), *(Utility(name) for name in TRIANGLE.values())]
    cut = dcrisk.EventTable(
        "dig",
        {"event": ["dig"] * 2, "rate_per_year": [0.0] * 2, "site": ["AB", "AC"], "duration": [5.0, 7.0]},
    )
    fire = Failure("fire", 0.0, 100.0, ["B"])
    scenario = Scenario(nodes, [cut, fire]).given("dig").given("fire", origin="B")
    layouts = [
        Layout("counted", replicas=["A", "B", "C"], quorum=2),
        Layout("connected", up=connected(2, TRIANGLE)),
    ]
    results = run(scenario, layouts, 1, seed=1, horizon=1000.0)
    assert results.downtime.values.ravel().tolist() == [0.0, 7.0]  # A and C are up, and apart


def test_a_triangle_of_unreliable_sites_and_links():
    """At a moment of stationarity each part is up by itself: the exact probability, in `up` and in `requires`."""
    site_mean, link_mean, per_year = 60.0, 100.0, 20.0
    links = TRIANGLE
    q = {
        **dict.fromkeys("ABC", per_year * site_mean / (8766.0 + per_year * site_mean)),
        **dict.fromkeys(links.values(), per_year * link_mean / (8766.0 + per_year * link_mean)),
    }
    hazards = [
        Failure("sites", per_year, stats.expon(scale=site_mean), list("ABC")),
        Failure("links", per_year, stats.expon(scale=link_mean), list(links.values())),
    ]
    needing = [Utility(f"cluster {k}", requires=[connected(k, links)]) for k in (2, 3)]
    nodes = [*(Site(name) for name in "ABC"), *(Utility(name) for name in links.values()), *needing]
    layouts = [Layout(f"up {k}", up=connected(k, links)) for k in (1, 2, 3)]
    layouts += [Layout(f"requires {k}", up=f"cluster {k}") for k in (2, 3)]
    trials, horizon = 40_000, 100.0
    results = run(Scenario(nodes, hazards), layouts, trials, seed=2, horizon=horizon, warmup=3000.0)
    for k in (1, 2, 3):
        down = sum(
            math.prod(1 - q[name] if name in up else q[name] for name in q)
            for up in subsets(list(q))
            if largest_group("ABC", links, up) < k
        )
        check_mean(results.downtime.sel(layout=f"up {k}"), horizon * down)
        if k > 1:
            assert (results.downtime.sel(layout=f"requires {k}") == results.downtime.sel(layout=f"up {k}")).all()


def test_in_a_file(tmp_path):
    nodes = [*(Site(name) for name in "ABC"), *(Utility(name) for name in TRIANGLE.values())]
    scenario = Scenario([*nodes, Utility("cluster", requires=[connected(3, TRIANGLE)])])
    dcrisk.save_scenario(scenario, tmp_path / "cluster.toml")
    assert dcrisk.load_scenario(tmp_path / "cluster.toml") == scenario


BAD = {
    "k 0": (lambda: connected(0, TRIANGLE), "k = 0 must be a whole number from 1 to 3"),
    "k beyond": (lambda: connected(4, TRIANGLE), "k = 4 must be a whole number from 1 to 3"),
    "k no number": (lambda: connected(True, TRIANGLE), "k = True"),
    "k half": (lambda: connected(1.5, TRIANGLE), "k = 1.5"),
    "no links": (lambda: connected(1, {}), "links is empty"),
    "a list": (lambda: connected(1, [("A", "B")]), "connected: links = .*must be a table"),
    "no pair": (lambda: connected(1, {"AB": "fibre"}), "'AB' is no pair of sites"),
    "three": (lambda: connected(1, {("A", "B", "C"): "fibre"}), "no pair of sites"),
    "itself": (lambda: connected(1, {("A", "A"): "fibre"}), "'A' and 'A' joins a site with itself"),
    "twice": (lambda: connected(1, {("A", "B"): "x", ("B", "A"): "y"}), "'B' and 'A' is named twice.*any_of"),
    "link without a name": (lambda: connected(1, {("A", "B"): ""}), "between 'A' and 'B': the name ''"),
    "link is a node": (lambda: connected(1, {("A", "B"): Utility("x")}), "between 'A' and 'B': give the name 'x'"),
    "end without a name": (lambda: connected(1, {("A", 7): "x"}), "the name 7"),
    "backup": (
        lambda: connected(2, {("A", "B"): all_of("x", backup=dcrisk.Backup())}),
        "between 'A' and 'B' has a backup",
    ),
    "two islands": (lambda: connected(3, {("A", "B"): "x", ("C", "D"): "y"}), "k = 3: no 3 sites are joined"),
}


@pytest.mark.parametrize("make, message", BAD.values(), ids=BAD.keys())
def test_bad_input(make, message):
    with pytest.raises(dcrisk.SpecificationError, match=message):
        make()
