"""A dask cluster of two worker processes gives what one process gives, to the bit, whatever becomes of the workers."""

import os
import pickle
import signal
import sys
import time

import distributed
import numpy as np
import pytest
from scipy import stats

import dcrisk
from dcrisk import lazy, spread
from dcrisk.rare.run import Run
from dcrisk.spread import Cluster, Parcel

SCENARIO = dcrisk.Scenario(
    nodes=[
        dcrisk.Utility("grid"),
        dcrisk.Site("A", requires=[dcrisk.all_of("grid", backup=dcrisk.Backup(0.99, 24.0))]),
        dcrisk.Site("B", requires=["grid"]),
        dcrisk.Site("C"),
    ],
    hazards=[
        dcrisk.Failure("failure", {"A": 2.0, "B": 2.0, "C": 1.0}, stats.expon(scale=24.0)),
        dcrisk.GridOutage("outage", {"grid": 1.0}, stats.lognorm(1.2, scale=4.0)),
        dcrisk.Fire("fire", {"A": 1e-2, "B": 1e-2}, {"destroyed": 4000.0}, spread={("A", "B"): 0.1}),
    ],
)
LAYOUTS = [
    dcrisk.Layout("A", replicas=["A"], copies=["A"]),
    dcrisk.Layout("2 of 3", replicas=["A", "B", "C"], quorum=2, copies=["A", "B"], rereplication=48.0),
]


@pytest.fixture(scope="module")
def client():
    dcrisk.simulate(SCENARIO, LAYOUTS, 1, progress=False)  # compiled here, if nowhere else before
    with (
        distributed.LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            processes=True,
            memory_limit=0,
            dashboard_address="127.0.0.1:0",
            host="127.0.0.1",
            silence_logs="CRITICAL",
        ) as cluster,
        distributed.Client(cluster, set_as_default=False) as client,
    ):
        yield client


def kill_one(client):
    """Kill a worker, without giving it notice; its process."""
    process = next(iter(client.run(os.getpid).values()))
    os.kill(process, signal.SIGKILL)
    return process


def estimate(method="crude", **more):
    """Half a second of work, in several parts."""
    options = {"precision": 0.03} if method == "crude" else {"quantity": "data_loss", "precision": 0.02}
    always = {"method": method, "seed": 5, "max_seconds": 300.0, "progress": False}
    return dcrisk.estimate(SCENARIO, LAYOUTS, **(always | options | more))


def assert_same(one, other):
    """Equal in all but the time it took."""
    for found in (one, other):
        found.attrs.pop("seconds", None)
    assert one.identical(other)


# ---------------------------------------------------------------- lazy trials


def test_chunks_computed_by_a_cluster(client):
    options = {"seed": 3, "attribute": True, "periods": 2, "at_hours": [10.0], "progress": False}
    eager = dcrisk.simulate(SCENARIO, LAYOUTS, 50_000, **options)
    with client.as_current():
        computed = dcrisk.simulate(SCENARIO, LAYOUTS, 50_000, chunks={"trial": 7_777}, **options).compute()
    assert computed.identical(eager)


def test_a_worker_killed_while_chunks_are_computed(client):
    eager = dcrisk.simulate(SCENARIO, LAYOUTS, 1_200_000, seed=4, progress=False)
    with client.as_current():
        there = dcrisk.simulate(SCENARIO, LAYOUTS, 1_200_000, seed=4, chunks={"trial": 60_000}).persist()
        futures = distributed.futures_of(there.downtime)
        while sum(future.done() for future in futures) < 4:
            time.sleep(0.01)
        killed = kill_one(client)
        assert not all(future.done() for future in futures)
        computed = there.compute()
    assert computed.identical(eager)
    assert killed not in client.run(os.getpid).values()


def test_equal_calls_have_equal_names_and_others_do_not():
    def name(trials=3000, scenario=SCENARIO, **options):
        return dcrisk.simulate(scenario, LAYOUTS, trials, chunks={"trial": 1000}, **options).downtime.data.name

    again = dcrisk.Scenario(SCENARIO.nodes, SCENARIO.hazards)
    assert name(seed=1) == name(seed=1, scenario=again)
    others = [
        name(seed=2),
        name(2000, seed=1),
        name(seed=1, attribute=True),
        name(seed=1, horizon=100.0),
        name(seed=1, scenario=SCENARIO.without("fire")),
    ]
    assert len({name(seed=1), *others}) == 6


def test_the_plan_is_in_one_task_alone():
    many = [dcrisk.Site(f"S{i}") for i in range(300)]
    law = stats.lognorm(1.2, scale=4.0)
    scenario = dcrisk.Scenario(many, [dcrisk.Failure("failure", {site.name: 1.0 for site in many}, law)])
    found = dcrisk.simulate(scenario, dcrisk.site_layouts(scenario), 10_000, chunks={"trial": 100})
    sizes = sorted(len(pickle.dumps(task)) for task in dict(found.downtime.__dask_graph__()).values())
    assert len(sizes) == 1 + 2 * 100
    assert sizes[-1] > 50_000
    assert sizes[-2] < 2_000


def test_each_task_plays_with_one_thread(monkeypatch):
    seen = []
    play = lazy.sample

    def watched(*arguments, **options):
        seen.append(options["threads"])
        return play(*arguments, **options)

    monkeypatch.setattr(lazy, "sample", watched)
    dcrisk.simulate(SCENARIO, LAYOUTS, 3000, chunks={"trial": 1000}).load(scheduler="synchronous")
    assert seen == [1, 1, 1]


# ---------------------------------------------------------------- estimates


@pytest.mark.parametrize("method", ["crude", "stratified", "importance"])
def test_estimates_of_a_cluster_are_those_of_threads(client, method):
    assert_same(estimate(method, client=client), estimate(method, threads=2))


@pytest.mark.parametrize("method", ["crude", "stratified"])
def test_a_worker_killed_in_the_midst_of_an_estimate(client, method, monkeypatch):
    alone = estimate(method, threads=1)
    played, killed = [], []
    watch = Run._watch

    def watch_and_kill(run, bar, trials):
        played.append(trials)
        if len(played) == 2:
            killed.append(kill_one(client))
        return watch(run, bar, trials)

    monkeypatch.setattr(Run, "_watch", watch_and_kill)
    assert_same(estimate(method, client=client), alone)
    assert len(killed) == 1
    assert sum(played[:2]) < sum(played)


def test_an_interrupted_estimate_leaves_the_cluster_with_nothing_to_do(client, monkeypatch):
    def interrupt(run, bar, trials):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Run, "_watch", interrupt)
        with pytest.raises(KeyboardInterrupt):
            estimate(precision=1e-4, max_trials=1e12, client=client)
    patience = time.monotonic() + 20.0
    while any(client.processing().values()) and time.monotonic() < patience:
        time.sleep(0.05)
    assert not any(client.processing().values())
    assert client.submit(sum, [1, 2]).result() == 3


def test_time_is_up_with_a_cluster_too(client):
    found = estimate(precision=1e-4, max_trials=1e12, max_seconds=1.0, client=client)
    assert found.attrs["stopped_because"] == "max_seconds = 1 are over"
    assert found.attrs["trials_played"] > 0


def test_whoever_waits_in_vain_may_give_up(client):
    assert list(Cluster(client).map(time.sleep, [(0.0,), (5.0,)], lambda: True)) == [None]


def test_results_come_in_the_order_of_the_tasks(client):
    def slow_first(number):
        time.sleep(0.2 if number == 0 else 0.0)
        return number

    assert list(Cluster(client).map(slow_first, [(i,) for i in range(100)])) == list(range(100))


def test_an_error_of_a_task_is_raised(client):
    with pytest.raises(ZeroDivisionError):
        list(Cluster(client).map(lambda number: 1 // number, [(1,), (0,)]))


def test_each_worker_has_compiled_the_kernel_once(client):
    def signatures():
        from dcrisk.kernels.engine import compiled

        return len(compiled.signatures)

    estimate("stratified", client=client)
    with client.as_current():
        dcrisk.simulate(SCENARIO, LAYOUTS, 4000, chunks={"trial": 1000}).load()
    assert set(client.run(signatures).values()) == {1}


# ---------------------------------------------------------------- sweeps


def test_sweeps_of_a_cluster_are_those_of_threads(client):
    parameters = {"fire.contained": [0.0, 0.5, 0.9], "A.backup.autonomy": [0.0, 24.0]}
    options = {"statistic": lambda results: dcrisk.availability(results), "trials": 3000, "seed": 2, "progress": False}
    spread_out = dcrisk.sweep(SCENARIO, parameters, LAYOUTS, client=client, **options)
    assert spread_out.identical(dcrisk.sweep(SCENARIO, parameters, LAYOUTS, **options))


def test_a_worker_killed_in_the_midst_of_a_sweep(client):
    def reduce(results):
        time.sleep(0.05)  # so that there is a midst
        return results.mean("trial")

    parameters = {"failure.rate_per_year": np.linspace(0.5, 2.0, 40)}
    options = {"trials": 2000, "seed": 2, "progress": False}
    alone = dcrisk.sweep(SCENARIO, parameters, LAYOUTS, statistic=lambda r: r.mean("trial"), **options)
    killed = []
    gather = client.gather

    def gather_and_kill(futures):
        if not killed:
            killed.append(kill_one(client))
        return gather(futures)

    client.gather = gather_and_kill
    try:
        found = dcrisk.sweep(SCENARIO, parameters, LAYOUTS, statistic=reduce, client=client, **options)
    finally:
        del client.gather
    assert found.identical(alone)
    assert len(killed) == 1


# ---------------------------------------------------------------- what can be wrong


def test_without_dask_the_extra_is_named(monkeypatch):
    with monkeypatch.context() as patched:
        patched.setitem(sys.modules, "distributed", None)
        with pytest.raises(ImportError, match=r"dcrisk\[dask\]"):
            estimate(client="tcp://127.0.0.1:8786")
        with pytest.raises(ImportError, match=r"dcrisk\[dask\]"):
            dcrisk.sweep(SCENARIO, {"fire.contained": [0.1]}, LAYOUTS, client="tcp://127.0.0.1:8786")
    with monkeypatch.context() as patched:
        patched.setitem(sys.modules, "dask.array", None)
        with pytest.raises(ImportError, match=r"dcrisk\[dask\]"):
            dcrisk.simulate(SCENARIO, LAYOUTS, 1000, chunks={"trial": 100})


def test_what_is_no_client_is_refused(client):
    with pytest.raises(dcrisk.SpecificationError, match=r"client = 'tcp:.*distributed.Client"):
        estimate(client="tcp://127.0.0.1:8786")
    with pytest.raises(dcrisk.SpecificationError, match="threads = 2: with client="):
        estimate(client=client, threads=2)


def test_workers_with_another_version_say_so(monkeypatch):
    parcel = Parcel.of([1, 2])
    monkeypatch.setattr(spread, "__version__", "0.0.0")
    with pytest.raises(RuntimeError, match="this worker has dcrisk 0.0.0, and what it is to do comes from"):
        parcel.open()


def test_what_is_packed_comes_out_as_it_went_in():
    array = np.arange(6.0).reshape(2, 3)
    parcel = pickle.loads(pickle.dumps(Parcel.of(array)))
    assert parcel == Parcel.of(array)
    assert parcel.open() is Parcel.of(array).open()
    assert parcel.open().flags.writeable
    np.testing.assert_array_equal(parcel.open(), array)
