"""What random numbers promise: results to the bit, whatever else changes."""

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

import dcrisk
from dcrisk.compiler import compile_scenario
from dcrisk.kernels.records import BLOCK
from dcrisk.outcomes import Wanted
from dcrisk.sampling import sample

SCENARIO = dcrisk.load_scenario("ovh-strasbourg-2021")
LAYOUTS = [
    dcrisk.Layout("one", replicas=["SBG2"], copies=["SBG2"], relocation=72.0),
    dcrisk.Layout("two of three", replicas=["SBG1a", "SBG3", "SBG4"], quorum=2, copies=["SBG1a", "SBG3"]),
    dcrisk.Layout("remote", replicas=["Roubaix", "Gravelines"], copies=["Roubaix", "SBG2"]),
]
TRIALS = 5 * BLOCK + 77


def run(scenario=SCENARIO, layouts=LAYOUTS, trials=TRIALS, **options):
    options = {"seed": 11, "attribute": True, "progress": False} | options
    return dcrisk.simulate(scenario, layouts, trials, **options)


def same(a, b):
    """Whether all values are equal, to the bit."""
    assert set(a.data_vars) == set(b.data_vars)
    return all(np.array_equal(a[name].values, b[name].values) for name in a.data_vars)


@pytest.fixture(scope="module")
def whole():
    results = run(threads=1)
    assert (results.downtime > 0).any()
    return results


def test_two_threads(whole):
    assert same(run(threads=2), whole)


def test_more_threads_than_blocks(whole):
    assert same(run(threads=16), whole)


@pytest.mark.parametrize("trials", [1, 100, BLOCK, BLOCK + 1, 3 * BLOCK])
def test_the_first_of_a_longer_run(whole, trials):
    assert same(run(trials=trials), whole.isel(trial=slice(trials)))


@settings(max_examples=25)
@given(st.integers(0, TRIALS - 1), st.integers(1, TRIALS))
def test_any_split(whole, first, length):
    compiled = compile_scenario(SCENARIO, LAYOUTS, horizon=8766.0, warmup=0.0)
    last = min(first + length, TRIALS)
    part = sample(compiled, 11, first, last, Wanted(attribute=True), threads=1)
    for ours, name in zip(part, ["downtime", "outages", "longest_outage", "data_loss"], strict=False):
        np.testing.assert_array_equal(ours, whole[name].values[..., first:last])
    np.testing.assert_array_equal(part.by_hazard, whole.downtime_by_hazard.values[..., first:last])


@pytest.mark.parametrize("length", [1000, BLOCK, -1])
def test_dask_chunks(whole, length):
    lazy = run(chunks={"trial": length})
    assert lazy.downtime.chunks is not None
    assert lazy.attrs == whole.attrs
    assert same(lazy.compute(), whole)


def test_another_layout_changes_no_other(whole):
    more = run(layouts=[dcrisk.Layout("new", up=dcrisk.any_of("SBG3", "Roubaix"), relocation=5.0), *LAYOUTS])
    assert same(more.sel(layout=[layout.name for layout in LAYOUTS]), whole)


@pytest.mark.parametrize("removed", [hazard.name for hazard in SCENARIO.hazards])
def test_the_draws_of_the_others_stay_without_a_hazard(removed):
    """Each hazard alone, and all but it: their events are those of the whole run.

    Sites that need nothing show each hazard's own outages: down by all but one, plus down by that one alone, is at
    least down by all, and equal to it in trials where only one of the two struck.
    """
    sites = [dcrisk.Site(node.name) for node in SCENARIO.nodes]
    bare = dcrisk.Scenario(sites, SCENARIO.hazards)
    layouts = dcrisk.site_layouts(bare)
    all_of_them = run(bare, layouts).downtime
    others = [hazard.name for hazard in SCENARIO.hazards if hazard.name != removed]
    without = run(bare.without(removed), layouts).downtime
    alone = run(bare.without(*others), layouts).downtime
    assert (all_of_them <= without + alone).all() and (alone > 0).any() and (without > 0).any()
    one_struck = (without == 0) | (alone == 0)
    np.testing.assert_array_equal(all_of_them.values[one_struck], (without + alone).values[one_struck])


def test_another_order_of_nodes_and_hazards_changes_no_outage_of_their_own(whole):
    """Nodes and hazards get other numbers; the draws of events are named by their hazard alone."""
    reordered = dcrisk.Scenario(SCENARIO.nodes[::-1], SCENARIO.hazards[::-1], name=SCENARIO.name)
    plain = [dcrisk.Layout("fate", replicas=["SBG2"], copies=["SBG2"])]
    ours = run(reordered, plain)
    np.testing.assert_array_equal(ours.data_loss.values, run(SCENARIO, plain).data_loss.values)


def test_seeds_differ(whole):
    assert not np.array_equal(run(seed=12).downtime.values, whole.downtime.values)


def test_a_seed_of_64_bits():
    a, b = (run(trials=200, seed=seed) for seed in (2**64 - 1, 2**32 - 1))
    assert not np.array_equal(a.downtime.values, b.downtime.values)


def test_provenance(whole):
    assert whole.attrs["scenario"] == "ovh-strasbourg-2021"
    assert whole.attrs["scenario_sha256"] == SCENARIO.digest()
    assert whole.attrs["dcrisk_version"] == dcrisk.__version__
    assert (whole.attrs["seed"], whole.attrs["trials"]) == ("11", TRIALS)
    assert (whole.attrs["horizon_hours"], whole.attrs["warmup_hours"]) == (8766.0, 0.0)
    assert whole.downtime.attrs["units"] == "h"
    assert list(whole.layout.values) == [layout.name for layout in LAYOUTS]
    assert list(whole.hazard.values) == [hazard.name for hazard in SCENARIO.hazards]
    assert whole.downtime_by_hazard.dims == ("layout", "hazard", "trial")
    assert isinstance(whole, xr.Dataset)


def test_warmup_is_time_before_the_window():
    """A window that starts 100 h late in a longer one sees what is left of the outages of the first 100 h."""
    scenario = dcrisk.Scenario([dcrisk.Site("A")], [dcrisk.GridOutage("g", {"A": 0.0}, 150.0)]).given("g", origin="A")
    layout = dcrisk.Layout("A", replicas=["A"])
    results = dcrisk.simulate(scenario, [layout], 3, horizon=100.0, warmup=50.0, progress=False)
    assert results.downtime.values.tolist() == [[100.0] * 3]


def test_without_a_hazard_what_others_raise_stays():
    """The draws of a trigger belong to the event that it raises, not to its place in the list."""
    hazards = [dcrisk.GridOutage(name, {name: 4.0}, 3.0) for name in "abcd"]
    triggers = [
        dcrisk.Trigger("b", cause="a", probability=0.5, delay=10.0),
        dcrisk.Trigger("d", cause="c", probability=0.5, delay=10.0),
    ]
    scenario = dcrisk.Scenario([dcrisk.Site(name) for name in "abcd"], hazards, triggers=triggers)
    layouts = [dcrisk.Layout(name, replicas=[name]) for name in "cd"]
    assert same(run(scenario.without("a"), layouts, attribute=False), run(scenario, layouts, attribute=False))


def test_sources_of_one_name_are_refused():
    """Two triggers may raise one hazard by two ways; no two sources may have one stream."""
    rates = {"A": dcrisk.jeffreys_rate(1, 10)}
    clash = dcrisk.Scenario(
        [dcrisk.Site("A"), dcrisk.Site("B")],
        [dcrisk.GridOutage("storms", rates, 1.0), dcrisk.GridOutage("A", {"B": 1.0}, 1.0)],
        triggers=[dcrisk.Trigger("A", cause="storms")],
    )
    streams = compile_scenario(clash, [dcrisk.Layout("A", replicas=["A"])], horizon=8766.0, warmup=0.0).plan.sources
    assert len(set(streams["stream"].tolist())) == len(streams) == 3
