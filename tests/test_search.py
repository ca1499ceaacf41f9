"""search_layouts: its rows are what simulate gives, to the bit; exact cases; the front; heuristics."""

import itertools
import math

import numpy as np
import pytest
from exact import FALSE_ALARM, SIGMAS, YEAR, check_share, run
from generators import scenarios
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from scipy import integrate, stats

import dcrisk
from dcrisk.kernels.records import BLOCK
from dcrisk.search.front import pareto_front
from dcrisk.search.heuristics import Judge
from dcrisk.search.plain import Run
from dcrisk.search.record import record
from dcrisk.search.space import read_space

QUIET = {"progress": False, "threads": 1}


def search(scenario, candidates, **options):
    return dcrisk.search_layouts(scenario, candidates, **(QUIET | options))


def check_rows(found, results, names):
    """Every row has the figures of the results, to the bit."""
    assert found.layout.values.tolist() == names
    trials = results.sizes["trial"]
    x = np.minimum(results.downtime.values, results.attrs["horizon_hours"])
    assert found.downtime.values.tolist() == [math.fsum(row) / trials for row in x]
    assert found.any_outage.values.tolist() == ((x > 0.0).sum(axis=1) / trials).tolist()
    assert found.data_loss.values.tolist() == (results.data_loss.values.sum(axis=1) / trials).tolist()


def layouts_of(found, copies=None, **options):
    """The rows as layouts, from what the Dataset says of them."""
    names = found.candidate.values
    return [
        dcrisk.Layout(
            str(row.layout.item()),
            replicas=names[row.member.values].tolist(),
            quorum=int(row.quorum),
            copies=names[row["copy"].values].tolist() if copies is None else copies,
            **options,
        )
        for row in (found.isel(layout=i) for i in range(found.sizes["layout"]))
    ]


@settings(max_examples=80, phases=[Phase.explicit, Phase.generate])
@given(st.data(), st.integers(0, 2**64 - 1))
def test_rows_are_what_simulate_gives(data, seed):
    scenario = data.draw(scenarios())
    sites = [site.name for site in scenario.sites]
    nodes = [node.name for node in scenario.nodes]
    copies = data.draw(
        st.one_of(st.none(), st.integers(0, 2), st.lists(st.sampled_from(sites), min_size=1, unique=True))
    )
    known = nodes if isinstance(copies, list) or copies == 0 else sites
    candidates = data.draw(st.lists(st.sampled_from(known), min_size=1, unique=True))
    least = max(1, copies) if isinstance(copies, int) else 1
    if least > len(candidates):
        copies = least = 1
    sizes = data.draw(st.lists(st.integers(least, len(candidates)), min_size=1, max_size=3, unique=True))
    quorum = data.draw(st.one_of(st.just("majority"), st.integers(1, min(sizes))))
    horizon = data.draw(st.sampled_from([2000.0, 2000.0, 1000.0 / 3.0]))
    options = data.draw(st.sampled_from([{}, {}, {"relocation": 20.0}]))
    window = {"seed": seed, "horizon": horizon, "warmup": data.draw(st.sampled_from([0.0, 500.0, 10.0 / 3.0]))}
    trials = data.draw(st.sampled_from([12, 300]))
    found = search(
        scenario,
        candidates,
        replicas=sizes,
        quorum=quorum,
        copies=copies,
        trials=trials,
        layout_options=options,
        intervals="none",
        **window,
    )
    fixed = copies if isinstance(copies, list) else None
    made = layouts_of(found, fixed, **options)
    kept = 1 if not isinstance(copies, int) else None
    counts = [math.comb(len(candidates), n) * (kept or math.comb(n, copies)) for n in sizes]
    assert found.sizes["layout"] == sum(counts)
    different = {(x.replicas, x.copies) for x in made}
    assert len(different) == len(made)
    assert {len(x.replicas) for x in made} == set(sizes)
    check_rows(found, run(scenario, made, trials, **window), [x.name for x in made])


def independent(rates, hours=24.0):
    return dcrisk.Scenario(
        [dcrisk.Site(name) for name in rates], [dcrisk.Failure("equipment", rates, stats.expon(scale=hours))]
    )


def down_at(rate, hours, t):
    """Probability that a site is down at time t, when it was up at 0."""
    each = rate / YEAR, 1.0 / hours
    return each[0] / sum(each) * -math.expm1(-t * sum(each))


@pytest.mark.parametrize("quorum", [1, 2, 3])
def test_independent_sites(quorum):
    """Against the closed form, within five standard errors each; of 3-of-3 also the share of years without outage."""
    rates = {"A": 2.0, "B": 6.0, "C": 12.0, "D": 25.0, "E": 40.0, "F": 9.0}
    scenario, trials = independent(rates), 20_000
    found = search(scenario, list(rates), replicas=3, quorum=quorum, trials=trials, seed=5, intervals="none")
    spread = run(scenario, layouts_of(found), trials, seed=5).downtime.std("trial", ddof=1) / math.sqrt(trials)
    for i, chosen in enumerate(itertools.combinations(rates, 3)):

        def down(t, chosen=chosen):
            p = [down_at(rates[name], 24.0, t) for name in chosen]
            patterns = [pattern for pattern in itertools.product([0, 1], repeat=3) if 3 - sum(pattern) < quorum]
            return math.fsum(math.prod(abs(1 - x - y) for x, y in zip(p, pattern, strict=True)) for pattern in patterns)

        exact = integrate.quad(down, 0.0, 1000.0)[0] + (YEAR - 1000.0) * down(1000.0)  # settled: e**-41 is left
        row = found.isel(layout=i)
        assert row.layout == " + ".join(chosen)
        assert abs(float(row.downtime) - exact) < SIGMAS * float(spread[i])
        if quorum == 3:
            some = -math.expm1(-sum(rates[name] for name in chosen))
            check_share(round(float(row.any_outage) * trials), trials, some)


def test_a_common_shock():
    """It strikes all alike: as many replicas as one likes buy nothing, and all copies are gone with one."""
    names = list("ABCDE")
    shock = dcrisk.Failure("shock", 0.3, 50.0, names, shared=True, state="destroyed")
    scenario = dcrisk.Scenario([dcrisk.Site(name) for name in names], [shock])
    found = search(
        scenario, names, replicas=range(1, 6), trials=2000, seed=3, intervals="all", confidence=1.0 - FALSE_ALARM
    )
    for name in ("downtime", "any_outage", "data_loss", "downtime_high"):
        assert np.ptp(found[name].values) == 0.0
    some = 1 - math.exp(-0.3)
    assert (found.any_outage_low <= some).all() and (some <= found.any_outage_high).all()
    assert (found.data_loss == found.any_outage).all()
    assert found.layout.values[found.pareto].tolist() == names


def test_the_summary_of_the_rows_on_the_front():
    rates = {"A": 2.0, "B": 6.0, "C": 12.0, "D": 25.0}
    scenario = independent(rates)
    found = search(scenario, list(rates), replicas=(1, 2), trials=3000, seed=8)
    front = found.isel(layout=found.pareto.values)
    assert 1 < front.sizes["layout"] < found.sizes["layout"]
    table = dcrisk.summary(run(scenario, layouts_of(front), 3000, seed=8))
    for name in ("downtime", "unavailability", "any_outage", "data_loss"):
        for end in ("_low", "_high"):
            np.testing.assert_array_equal(front[name + end], table[name + end])
    np.testing.assert_array_equal(np.isnan(found.downtime_low), ~found.pareto)
    assert not any(np.isnan(found[name]).any() for name in ("any_outage_high", "data_loss_low", "downtime"))
    none = search(scenario, list(rates), replicas=(1, 2), trials=3000, seed=8, intervals="none")
    assert "downtime_low" not in none and (none.downtime == found.downtime).all()


@given(st.lists(st.tuples(*[st.sampled_from([0.0, 1.0, 2.0, 5.0])] * 3), min_size=1, max_size=25))
def test_the_front_is_that_of_the_definition(rows):
    def beaten(row):
        return any(all(a <= b for a, b in zip(other, row, strict=True)) and other != row for other in rows)

    assert pareto_front(np.array(rows)).tolist() == [not beaten(row) for row in rows]


@pytest.fixture(scope="module")
def region():
    """Eight sites of which two each hang on one grid, that burn, and are neighbours in a ring."""
    names = [f"s{i}" for i in range(8)]
    grids = [f"g{i}" for i in range(4)]
    nodes = [dcrisk.Site(name, requires=[grids[i // 2]]) for i, name in enumerate(names)]
    hazards = [
        dcrisk.Failure("equipment", {name: 2.0 + i for i, name in enumerate(names)}, stats.expon(scale=40.0)),
        dcrisk.GridOutage("grid", {grid: 1.0 + i for i, grid in enumerate(grids)}, stats.lognorm(1.2, scale=4.0)),
        dcrisk.Fire(
            "fire",
            dict.fromkeys(names, 0.1),
            {"damaged": 300.0, "destroyed": 2000.0},
            destroyed=0.5,
            spread={(names[i], names[(i + 1) % 8]): 0.4 for i in range(8)},
        ),
    ]
    return dcrisk.Scenario([*map(dcrisk.Utility, grids), *nodes], hazards), names


def test_threads_do_not_matter(region):
    scenario, names = region
    options = {"replicas": (2, 3), "copies": 2, "trials": 7 * BLOCK + 5, "seed": 2, "intervals": "none"}
    one = search(scenario, names, **options)
    assert (one.data_loss > 0).any()
    for threads in (2, 7):
        assert search(scenario, names, threads=threads, **options).identical(one)


def test_more_candidates_than_bits_of_a_word():
    names = [f"site {i}" for i in range(70)]
    failures = dcrisk.Failure("equipment", 3.0, stats.expon(scale=300.0), names, state="destroyed")
    scenario = dcrisk.Scenario([dcrisk.Site(name) for name in names], [failures])
    found = search(scenario, names, replicas=2, trials=500, seed=1, intervals="none")
    assert found.sizes["layout"] == 35 * 69
    some = found.isel(layout=[0, 68, 69, 1200, 2400, 2414])
    check_rows(some, run(scenario, layouts_of(some), 500, seed=1), some.layout.values.tolist())
    assert (found.data_loss > 0).any()


def test_costs(region):
    scenario, names = region
    options = {"replicas": 2, "trials": 10, "intervals": "none"}
    distinct = search(scenario, names, copies=["s0", "s1", "s2"], **options)
    assert distinct.cost.sel(layout="s0 + s1") == 3 and distinct.cost.sel(layout="s6 + s7") == 5
    prices = {name: 10.0 * 2**i for i, name in enumerate(names)}
    priced = search(scenario, names, cost=prices, **options)
    assert priced.cost.sel(layout="s1 + s3") == 100.0
    called = search(scenario, names, cost=lambda x: sum(prices[name] for name in x.replicas) + 1.0, **options)
    np.testing.assert_array_equal(called.cost, priced.cost + 1.0)


def test_names_tell_the_copies(region):
    scenario, names = region
    found = search(scenario, names[:3], replicas=3, copies=2, trials=10, intervals="none")
    assert found.layout.values.tolist() == [f"s0 + s1 + s2 (copies: {c})" for c in ("s0, s1", "s0, s2", "s1, s2")]
    assert found["copy"].values.tolist() == [[True, True, False], [True, False, True], [False, True, True]]


def test_provenance(region):
    scenario, names = region
    found = search(scenario, names, replicas=2, trials=10, seed=4)
    assert (found.attrs["method"], found.attrs["evaluation"]) == ("exhaustive", "one sweep of the outages of the sites")
    assert (found.attrs["seed"], found.attrs["trials"], found.attrs["horizon_hours"]) == ("4", 10, YEAR)
    assert found.attrs["scenario_sha256"] == scenario.digest()
    moving = search(scenario, names, replicas=2, trials=10, layout_options={"relocation": 48.0})
    assert moving.attrs["evaluation"] == "simulation of each layout"


# ------------------------------------------------------------ heuristics


@pytest.mark.parametrize("quorum", [1, 2, "majority"])
@pytest.mark.parametrize("copies", [None, 0, ["s0", "s5"]])
def test_heuristics_find_rows_of_the_whole_search(region, quorum, copies):
    """Their rows have the figures of the same rows of the whole search; on this small case nothing beats them."""
    scenario, names = region
    options = {"replicas": (2, 3), "quorum": quorum, "copies": copies, "trials": 4000, "seed": 6, "intervals": "none"}
    cost = {name: 1.0 + 0.1 * i for i, name in enumerate(names)}
    whole = search(scenario, names, cost=cost, **options)
    for method in ("greedy", "exchange"):
        found = search(scenario, names, cost=cost, method=method, **options)
        assert found.attrs["method"] == method
        same = whole.sel(layout=found.layout.values)
        for name in ("cost", "downtime", "any_outage", "data_loss", "quorum", "member"):
            np.testing.assert_array_equal(found[name], same[name])
    assert same.pareto[found.pareto.values].all()  # of the exchange
    for name in ("cost", "downtime", "data_loss"):
        for size in (2, 3):
            assert found[name][found.replicas == size].min() == whole[name][whole.replicas == size].min()


@pytest.mark.parametrize("quorum", [1, 2, 3])
def test_what_the_heuristics_see_is_what_the_whole_search_finds(region, quorum):
    """Every choice, each of its sites as the one that is added, priced by a function of the layout."""
    scenario, names = region
    space = read_space(scenario, names, 3, quorum, None, None)
    price = lambda layout: layout.quorum + sum(map(names.index, layout.replicas))  # noqa: E731
    whole = search(scenario, names, replicas=3, quorum=quorum, trials=2000, seed=1, cost=price, intervals="none")
    records = record(Run(scenario, 2000, 1, YEAR, 0.0, 2), space.candidates, True, False)
    judge = Judge(records, space, 3 - quorum + 1, price, 2000)
    seen = 0
    for pair in itertools.combinations(range(8), 2):
        others = judge.others(pair)
        figures = judge.with_one_more(pair, others)
        for place, other in enumerate(others):
            row = whole.sel(layout=" + ".join(names[i] for i in sorted((*pair, other))))
            assert math.isclose(figures["downtime"][place], row.downtime, rel_tol=1e-12)  # sums of floats
            assert figures["data_loss"][place] == row.data_loss
            assert figures["cost"][place] == row.cost
            seen += row.data_loss > 0
    assert seen > 10


def test_heuristics_do_not_depend_on_threads(region):
    scenario, names = region
    options = {"replicas": 3, "trials": 5 * BLOCK, "seed": 6, "method": "exchange", "starts": 2, "intervals": "none"}
    assert search(scenario, names, threads=3, **options).identical(search(scenario, names, **options))


def test_many_choices_are_searched(region):
    scenario, names = region
    options = {"replicas": 3, "trials": 500, "intervals": "none"}
    assert search(scenario, names, most=55, **options).attrs["method"] == "exchange"
    assert search(scenario, names, most=56, **options).attrs["method"] == "exhaustive"


# ------------------------------------------------------------ one more site


def test_one_more_site_is_compared_with_none(region):
    scenario, names = region
    cost = {name: 5.0 if name != "s7" else 0.0 for name in names}
    options = {"trials": 300, "seed": 9, "progress": False}
    value = dcrisk.value_of_site(scenario, ["s0", "s3"], ["s5", "s7"], quorum="majority", cost=cost, **options)
    layouts = [
        dcrisk.Layout("now", replicas=["s0", "s3"], quorum=2, copies=["s0", "s3"]),
        *(
            dcrisk.Layout(name, replicas=["s0", "s3", name], quorum=2, copies=["s0", "s3", name])
            for name in ("s5", "s7")
        ),
    ]
    results = run(scenario, layouts, 300, seed=9)
    table, differences = dcrisk.summary(results), dcrisk.compare(results, "now")
    for name in ("downtime", "any_outage", "data_loss"):
        for end in ("", "_low", "_high"):
            np.testing.assert_array_equal(value[name + end], table[name + end][1:])
            np.testing.assert_array_equal(value[f"{name}_difference{end}"], differences[f"{name}_difference{end}"])
            assert value[f"{name}_now{end}"] == table[name + end][0]
    assert value.candidate.values.tolist() == ["s5", "s7"]
    assert (value.cost_now, value.cost.values.tolist(), value.cost_difference.values.tolist()) == (10, [15, 10], [5, 0])
    assert value.downtime_per_cost.values.tolist() == [float(value.downtime_difference[0]) / 5.0, -math.inf]


def test_one_more_site_some_at_a_time(region, monkeypatch):
    scenario, names = region
    options = {"copies": ["s1", "s2"], "trials": 60, "progress": False}
    whole = dcrisk.value_of_site(scenario, names[:2], names[2:6], **options)
    monkeypatch.setattr("dcrisk.search.one_more.MOST_VALUES", 180)
    assert dcrisk.value_of_site(scenario, names[:2], names[2:6], **options).identical(whole)
    assert (whole.data_loss_difference == 0).all() and (whole.downtime_difference < 0).all()


def test_the_best_of_each_size(region):
    scenario, names = region
    found = search(scenario, names, replicas=(3, 1, 2), trials=2000, intervals="none")
    best = dcrisk.best_of_each_size(found)
    assert best.replicas.values.tolist() == [1, 2, 3]
    for size in (1, 2, 3):
        assert best.downtime[size - 1] == found.downtime[found.replicas == size].min()
    safest = dcrisk.best_of_each_size(found, "data_loss")
    assert (safest.data_loss <= best.data_loss).all()
    with pytest.raises(dcrisk.SpecificationError, match="search_layouts"):
        dcrisk.best_of_each_size(best.drop_vars("pareto"))


# ------------------------------------------------------------ bad input

BAD = [
    ({"candidates": []}, "candidates is empty"),
    ({"candidates": "s0"}, "candidates = 's0': it must be a list"),
    ({"candidates": ["s0", "s0"]}, "candidates: 's0' is named twice"),
    ({"candidates": ["s0", "s9"]}, "candidates: unknown name 's9'"),
    ({"candidates": ["s0", "g0"]}, "copies are kept at sites"),
    ({"replicas": 0}, "replicas = 0"),
    ({"replicas": 9}, "replicas = 9: it must be a whole number from 1 to 8"),
    ({"replicas": ()}, "replicas is empty"),
    ({"replicas": 2.5}, "replicas"),
    ({"quorum": 3}, "quorum"),
    ({"quorum": "all"}, "majority"),
    ({"copies": 3}, "copies"),
    ({"copies": "s0"}, "copies = 's0'"),
    ({"copies": ["g0"]}, "copies: unknown name 'g0'"),
    ({"copies": []}, "copies is empty"),
    ({"cost": {"s0": 1.0}}, "cost: 's1' has none"),
    ({"cost": {f"s{i}": "much" for i in range(8)}}, r"cost\['s0'\]"),
    ({"cost": lambda layout: math.nan}, "cost of layout 's0 \\+ s1'"),
    ({"cost": 3.0}, "cost = 3.0"),
    ({"trials": 0}, "trials = 0"),
    ({"seed": -1}, "seed = -1"),
    ({"horizon": 0.0}, "horizon"),
    ({"warmup": math.inf}, "warmup"),
    ({"objectives": ["price"]}, "objectives = 'price'"),
    ({"objectives": []}, "objectives is empty"),
    ({"method": "guess"}, "method = 'guess'"),
    ({"method": "exhaustive", "most": 10}, "28 choices are more than most = 10"),
    ({"method": "greedy", "copies": 1}, "number of copies"),
    ({"method": "exchange", "layout_options": {"relocation": 3.0}}, "layout_options"),
    ({"method": "exchange", "objectives": ["any_outage"]}, "any_outage"),
    ({"starts": 0}, "starts = 0"),
    ({"intervals": "some"}, "intervals = 'some'"),
    ({"layout_options": {"relocate": 1}}, "layout_options: unknown name 'relocate'; did you mean 'relocation'"),
    ({"layout_options": {"quorum": 1}}, "'quorum' is what the search chooses"),
    ({"layout_options": {"relocation": -1.0}}, "relocation"),
    ({"threads": 0}, "threads = 0"),
]


@pytest.mark.parametrize(("changed", "message"), BAD)
def test_bad_input(region, changed, message):
    scenario, names = region
    options = {"candidates": names, "replicas": 2, "trials": 10} | changed
    with pytest.raises(dcrisk.SpecificationError, match=message):
        search(scenario, options.pop("candidates"), **options)


def test_bad_confidence(region):
    with pytest.raises(ValueError, match="95 %"):
        search(*region, replicas=2, trials=10, confidence=95)


def test_no_scenario():
    with pytest.raises(dcrisk.SpecificationError, match="no Scenario"):
        search({"A": 1}, ["A"], replicas=1, trials=10)


def test_names_that_would_be_alike():
    names = ["A", "B", "A + B"]
    with pytest.raises(dcrisk.SpecificationError, match="'A \\+ B'"):
        search(independent(dict.fromkeys(names, 1.0)), names, replicas=(1, 2), trials=10)


@pytest.mark.parametrize(
    ("sites", "candidates", "options", "message"),
    [
        (["s0"], ["s0", "s1"], {}, "'s0' is among the sites already"),
        ([], ["s1"], {}, "sites is empty"),
        (["s0"], [], {}, "candidates is empty"),
        (["s0"], ["s8"], {}, "unknown name 's8'"),
        (["s0"], ["s1"], {"copies": 1}, "copies = 1"),
        (["s0"], ["s1"], {"quorum": 2}, "quorum"),
        (["s0"], ["s1"], {"trials": 0}, "trials = 0"),
    ],
)
def test_bad_input_of_one_more_site(region, sites, candidates, options, message):
    with pytest.raises(dcrisk.SpecificationError, match=message):
        dcrisk.value_of_site(region[0], sites, candidates, **({"trials": 10, "progress": False} | options))
