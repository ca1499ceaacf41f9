"""Results on disk: the same bits in every format, and a file alone is enough to make them again."""

import json
import sys
import warnings

import numpy as np
import pytest
import xarray as xr
from scipy import stats

import dcrisk
from dcrisk.provenance import read_call
from dcrisk.specification import SpecificationError

SITES = [dcrisk.Site(name) for name in "ABC"]
SCENARIO = dcrisk.Scenario(
    SITES,
    [
        dcrisk.Failure("machine é", {"A": 1.0, "B": dcrisk.jeffreys_rate(2, 3), "C": 2.0}, stats.expon(scale=24.0)),
        dcrisk.Fire(
            "fire",
            {"A": 1e-2, "B": 1e-2},
            contained=0.5,
            destroyed=0.5,
            durations={
                "damaged": 100.0,
                "destroyed": stats.rv_histogram((np.array([1, 7, 3]), np.array([1, 2, 7, 900.0])), density=False)(),
            },
        ),
    ],
    name="trois sites à côté",
)
LAYOUTS = [
    dcrisk.Layout("A alone", replicas=["A"], copies=["A"]),
    dcrisk.Layout("zwei für eins", replicas=["A", "B"], copies=["A", "B"], capacity=0.5, relocation=stats.gamma(2.0)),
]
OPTIONS = {"seed": 2**64 - 1, "attribute": True, "periods": 12, "at_hours": [0.1, 7.0], "progress": False}
ENDINGS = (".nc", ".zarr", ".zarr.zip")


@pytest.fixture(scope="module")
def results():
    return dcrisk.simulate(SCENARIO, LAYOUTS, 3000, horizon=1000.0, warmup=10.0, **OPTIONS)


@pytest.fixture(scope="module")
def others(results):
    """Of each kind of Dataset one."""
    common = {"seed": 3, "progress": False}
    return {
        "statistics": dcrisk.summary(results),
        "lazy": dcrisk.simulate(SCENARIO, LAYOUTS, 3000, chunks={"trial": 999}, **OPTIONS),
        "stratified": dcrisk.estimate(SCENARIO, LAYOUTS, "data_loss", precision=0.3, **common),
        "crude": dcrisk.estimate(SCENARIO, LAYOUTS, "any_outage", method="crude", precision=0.3, **common),
        "exact": dcrisk.estimate(dcrisk.Scenario(SITES, SCENARIO.hazards[:1]), LAYOUTS[:1], **common),
        "weighted": dcrisk.simulate_rare(SCENARIO, LAYOUTS, 3000, "data_loss", **common),
        "search": dcrisk.search_layouts(SCENARIO, ["A", "B", "C"], replicas=(1, 2), trials=2000, **common),
        "importance": dcrisk.importance(SCENARIO, LAYOUTS, 2000, **common),
    }


@pytest.mark.parametrize("ending", ENDINGS)
def test_every_format_gives_the_same_bits_back(results, ending, tmp_path):
    path = tmp_path / f"results{ending}"
    dcrisk.save_results(results, path)
    found = dcrisk.open_results(path)
    assert found.downtime.chunks is not None  # lazy, since the tests have dask
    assert found.identical(results)
    assert {name: v.dtype for name, v in found.variables.items()} == {n: v.dtype for n, v in results.variables.items()}
    assert {key: type(value) for key, value in found.attrs.items()} == {k: type(v) for k, v in results.attrs.items()}
    assert dcrisk.summary(found).identical(dcrisk.summary(results))
    assert [item.name for item in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize(
    "kind", ["statistics", "lazy", "stratified", "crude", "exact", "weighted", "search", "importance"]
)
def test_all_kinds_of_results_can_be_kept(others, kind, ending, tmp_path):
    path = tmp_path / f"kept{ending}"
    dcrisk.save_results(others[kind], path)
    assert dcrisk.open_results(path).identical(others[kind].compute())


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_file_alone_is_enough_to_make_the_results_again(results, ending, tmp_path):
    path = tmp_path / f"results{ending}"
    dcrisk.save_results(results, path)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert dcrisk.rerun(path, progress=False).identical(results)


@pytest.mark.parametrize("kind", ["stratified", "crude", "exact", "weighted"])
def test_estimates_can_be_made_again(others, kind):
    again = dcrisk.rerun(others[kind], progress=False)
    assert again.equals(others[kind])
    assert read_call(again.attrs)[1:3] == read_call(others[kind].attrs)[1:3]
    assert set(again.attrs) == set(others[kind].attrs)


def test_from_statistics_the_results_can_be_made_again(others, results):
    assert dcrisk.rerun(others["statistics"], progress=False).identical(results)


def test_changes_of_a_rerun(results):
    more = dcrisk.rerun(results, trials=4000, progress=False, threads=1)
    assert more.isel(trial=slice(3000)).equals(results)
    other = dcrisk.rerun(results, seed=1, progress=False)
    assert other.attrs["seed"] == "1" and not other.equals(results)
    with pytest.raises(SpecificationError, match="did you mean 'trials'"):
        dcrisk.rerun(results, trails=10)


def test_results_of_other_versions_are_told_apart(results, recwarn):
    dcrisk.rerun(results, trials=10, progress=False)
    assert len(recwarn) == 0
    for changed in ({"dcrisk_version": "0.0.9"}, {"numerical_libraries": "numpy 1.0"}):
        with pytest.warns(UserWarning, match=f"{next(iter(changed.values()))}.*the numbers may differ"):
            dcrisk.rerun(results.assign_attrs(changed), trials=10, progress=False)


def test_an_estimate_that_ran_out_of_time_says_so():
    scenario = dcrisk.Scenario(SITES, SCENARIO.hazards)
    found = dcrisk.estimate(
        scenario, LAYOUTS, "any_outage", method="crude", precision=1e-4, max_seconds=1e-9, progress=False
    )
    assert found.attrs["stopped_because"].startswith("max_seconds")
    with pytest.warns(UserWarning, match="max_seconds ended this estimate"):
        dcrisk.rerun(found, progress=False)


def test_a_faster_machine_set_the_time():
    """What was precise enough in time must not run out of time when it is made again on a slower machine."""
    found = dcrisk.estimate(SCENARIO, LAYOUTS, "any_outage", method="crude", precision=0.3, progress=False)
    call = json.loads(found.attrs["call_json"]) | {"max_seconds": 1e-9}
    assert dcrisk.rerun(found.assign_attrs(call_json=json.dumps(call)), progress=False).equals(found)


def test_what_does_not_tell_how_it_was_made():
    with pytest.raises(SpecificationError, match="lack scenario_json, layouts_json, call_json"):
        dcrisk.rerun(xr.Dataset())
    with pytest.raises(SpecificationError, match="neither a Dataset nor a path"):
        dcrisk.rerun(3)


def test_ten_thousand_sites_fit_into_the_attributes(tmp_path):
    """A megabyte, where the older way to store HDF5 attributes ends at 64 kB."""
    names = [f"site number {i}" for i in range(10_000)]
    scenario = dcrisk.Scenario([dcrisk.Site(name) for name in names], [dcrisk.Failure("f", 0.1, 24.0, names[:50])])
    found = dcrisk.simulate(scenario, [dcrisk.Layout("many", replicas=names[:50])], 100, progress=False)
    for ending in (".nc", ".zarr"):
        dcrisk.save_results(found, tmp_path / f"large{ending}")
        kept = dcrisk.open_results(tmp_path / f"large{ending}").attrs
        assert len(kept["scenario_json"]) > 400_000
        assert read_call(kept)[1:3] == (scenario, [dcrisk.Layout("many", replicas=names[:50])])


@pytest.mark.parametrize("ending", [".nc", ".zarr"])
def test_other_programs_can_read_it(results, ending, tmp_path):
    """As CF says: units, names in words, and no value that stands for a missing one."""
    path = tmp_path / f"results{ending}"
    dcrisk.save_results(results, path)
    plain = xr.open_dataset(path, engine="h5netcdf" if ending == ".nc" else "zarr", mask_and_scale=False)
    assert plain.attrs["Conventions"].startswith("CF-")
    for name in ("downtime", "outages", "data_loss", "capacity"):
        assert plain[name].attrs["units"] and plain[name].attrs["long_name"]
        assert "_FillValue" not in plain[name].attrs or np.isnan(plain[name].attrs["_FillValue"])
        np.testing.assert_array_equal(plain[name].values, results[name].values)


def test_what_has_the_name_is_replaced_once_the_new_is_complete(results, tmp_path, monkeypatch):
    for ending in ENDINGS:
        path = tmp_path / f"results{ending}"
        dcrisk.save_results(results, path)
        lazy = dcrisk.open_results(path)
        dcrisk.save_results(lazy.isel(layout=[1]), path)  # from the file itself
        assert dcrisk.open_results(path).equals(results.isel(layout=[1]))
        before = {file: file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()}
        with monkeypatch.context() as patched:
            patched.setattr("os.fsync", lambda _: (_ for _ in ()).throw(OSError(28, "No space left on device")))
            with pytest.raises(OSError, match="No space left"):
                dcrisk.save_results(results, path)
        assert {file: file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()} == before


@pytest.mark.parametrize(
    "name, hint",
    [
        ("results.csv", r"kept as \*.nc"),
        ("results", r"kept as \*.nc"),
        ("s3://bucket/results.zarr", "no place on this machine"),
        ("nowhere/results.nc", "there is no folder"),
        ("folder.nc", "a folder already"),
        ("file.zarr", "a file already"),
        ("full.zarr", "something else"),
    ],
)
def test_names_that_cannot_be(results, name, hint, tmp_path):
    (tmp_path / "folder.nc").mkdir()
    (tmp_path / "file.zarr").touch()
    (tmp_path / "full.zarr").mkdir()
    (tmp_path / "full.zarr" / "thesis.tex").touch()
    with pytest.raises(SpecificationError, match=hint):
        dcrisk.save_results(results, name if ":" in name else tmp_path / name)
    assert (tmp_path / "full.zarr" / "thesis.tex").exists()


def test_what_cannot_be_opened(tmp_path):
    with pytest.raises(SpecificationError, match="no such file"):
        dcrisk.open_results(tmp_path / "results.nc")
    with pytest.raises(SpecificationError, match="the name must say which"):
        dcrisk.open_results(tmp_path / "results.pickle")
    with pytest.raises(SpecificationError, match="no Dataset"):
        dcrisk.save_results(SCENARIO, tmp_path / "results.nc")


@pytest.mark.parametrize("missing, ending", [("h5netcdf", ".nc"), ("h5py", ".nc"), ("zarr", ".zarr")])
def test_a_missing_library_is_named(results, missing, ending, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(ImportError, match=rf"{missing}: pip install dcrisk\[files\]"):
        dcrisk.save_results(results, tmp_path / f"results{ending}")


@pytest.mark.parametrize("ending", ENDINGS)
def test_without_dask_results_are_read_when_they_are_needed(results, ending, tmp_path, monkeypatch):
    dcrisk.save_results(results, tmp_path / f"results{ending}")
    monkeypatch.setattr("dcrisk.storage.formats.has_dask", lambda: False)
    found = dcrisk.open_results(tmp_path / f"results{ending}")
    assert found.downtime.chunks is None and not found.variables["downtime"]._in_memory
    assert found.identical(results)


@pytest.mark.parametrize(
    "histogram",
    [
        ((np.array([1, 7, 3]), np.array([1, 2, 7, 900.0])), False),
        ((np.array([0.1, 0.3, 0.05]), np.array([1, 2, 7, 900.0])), True),
        ((np.array([0.1, 0.2, 0.7]), np.array([1.0, 2.0, 3.0, 4.0])), None),
    ],
    ids=["counts", "densities", "even"],
)
def test_histograms_come_back_to_the_last_bit(histogram):
    """They become shares of their bins, which rounds them, once and for all."""
    given, density = histogram
    layout = dcrisk.Layout("A", replicas=["A"], relocation=stats.rv_histogram(given, density=density)(loc=2.0))
    scenario = dcrisk.Scenario(SITES, [dcrisk.Failure("f", 1.0, layout.relocation, ["A"])])
    call = read_call(dcrisk.simulate(scenario, [layout], 1, progress=False).attrs)
    u = np.arange(1, 1000) / 1000
    for again in (call.layouts[0].relocation, call.scenario.hazards[0].duration):
        np.testing.assert_array_equal(again.ppf(u), layout.relocation.ppf(u))
        np.testing.assert_allclose(again.ppf(u), stats.rv_histogram(given, density=density)(loc=2.0).ppf(u), rtol=1e-12)
