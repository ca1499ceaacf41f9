"""Nothing has a fixed size: more than 64 sites and layouts, and more pending changes than there was room for."""

import numpy as np
from reference import simulate as reference
from scipy import stats

import dcrisk
from dcrisk.kernels.arrays import rest
from dcrisk.outcomes import Wanted, empty_outcomes
from dcrisk.sampling import COLUMNS


def test_more_than_64_sites_and_layouts():
    names = [f"site {i}" for i in range(150)]
    scenario = dcrisk.Scenario(
        [dcrisk.Utility("grid"), *(dcrisk.Site(name, requires=["grid"]) for name in names)],
        [
            dcrisk.Failure("equipment", 3.0, stats.expon(scale=100.0), names),
            dcrisk.GridOutage("grid", {"grid": 1.0}, stats.expon(scale=10.0)),
        ],
    )
    layouts = [
        *dcrisk.site_layouts(scenario),
        dcrisk.Layout("140 of all", replicas=names, quorum=140, copies=names[70:]),
    ]
    results = dcrisk.simulate(scenario, layouts, 6, seed=3, progress=False)
    expected = reference(scenario, layouts, 6, 3, 8766.0)
    for layout in layouts:
        ours = results.downtime.sel(layout=layout.name).values.tolist()
        assert ours == [trial[layout.name].downtime for trial in expected]
    assert (results.downtime > 0).mean() > 0.9


def crowded():
    """A hundred long outages open at once."""
    names = [f"site {i}" for i in range(100)]
    scenario = dcrisk.Scenario(
        [dcrisk.Site(name) for name in names],
        [
            dcrisk.GridOutage("grid", dict.fromkeys(names, 5.0), stats.expon(scale=5000.0)),
            dcrisk.Fire(
                "fire",
                dict.fromkeys(names, 0.05),
                {"destroyed": 900.0},
                spread={(a, b): 0.9 for a in names[:40] for b in names[:40] if a != b},
                spread_delay=stats.expon(scale=3.0),
            ),
        ],
    )
    return scenario, [dcrisk.Layout("half", replicas=names, quorum=50, copies=names[:2])]


def test_a_heap_without_room_grows(monkeypatch):
    scenario, layouts = crowded()
    roomy = dcrisk.simulate(scenario, layouts, 40, seed=1, progress=False)
    sizes = []

    def counted(plan, pending):
        sizes.append(pending)
        return rest(plan, pending)

    module = __import__("importlib").import_module("dcrisk.sampling")
    monkeypatch.setattr(module, "FIRST_PENDING", 2)
    monkeypatch.setattr(module, "rest", counted)
    cramped = dcrisk.simulate(scenario, layouts, 40, seed=1, progress=False, threads=1)
    assert sizes[0] == 2 and sizes[-1] >= 256
    for name in roomy.data_vars:
        np.testing.assert_array_equal(cramped[name], roomy[name])


def test_the_kernel_says_so_when_there_is_no_room():
    from dcrisk.compiler import compile_scenario
    from dcrisk.kernels.engine import run

    scenario, layouts = crowded()
    compiled = compile_scenario(scenario, layouts, horizon=8766.0, warmup=0.0)
    plan = compiled.plan
    outcomes = empty_outcomes(compiled, Wanted(), 5)
    assert not run(plan, rest(plan, 4), outcomes, COLUMNS, np.uint64(1), 0, 5, 0)
    assert run(plan, rest(plan, 4096), outcomes, COLUMNS, np.uint64(1), 0, 5, 0)
