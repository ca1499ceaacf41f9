"""Figures for those who choose a layout: nines, the search, what matters, the way back."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from drawn import assert_legible, contrast, legend_words, words_of
from matplotlib import pyplot as plt

import dcrisk
from dcrisk import plotting
from dcrisk.plotting import importance, style
from dcrisk.plotting.pareto import front_of


def marks_at(ax, marker):
    """Where the lines with this marker have their points."""
    found = [line.get_xydata() for line in ax.lines if line.get_marker() == marker]
    return np.concatenate(found) if found else np.empty((0, 2))


# ---------------------------------------------------------------- nines


def make_results(hours, horizon=8766.0):
    """Results of 1000 trials: the hours down in each of the first ten, by layout."""
    down = np.zeros((len(hours), 1000))
    for row, one in zip(down, hours.values(), strict=True):
        row[:10] = one
    return xr.Dataset(
        {"downtime": (("layout", "trial"), down)}, coords={"layout": list(hours)}, attrs={"horizon_hours": horizon}
    )


HOURS = {"poor": 876.6, "never down": 0.0, "good": 8.766, "middling": 87.66}


def test_layouts_stand_by_their_nines_the_best_first():
    ax = plotting.plot_nines(make_results(HOURS))
    assert [label.get_text() for label in ax.get_yticklabels()] == ["never down", "good", "middling", "poor"]
    np.testing.assert_allclose(marks_at(ax, "o"), [[5.0, 1], [4.0, 2], [3.0, 3]])
    assert ax.get_ylim()[0] > ax.get_ylim()[1]
    assert_legible(ax)


def test_intervals_are_those_of_the_statistics():
    results = make_results(HOURS)
    found = dcrisk.availability(results, 0.9).sel(layout="good")
    ax = plotting.plot_nines(results, confidence=(0.9, 0.5))
    ends = [line.get_xdata() for line in ax.lines if line.get_marker() == "|" and line.get_ydata()[0] == 1]
    np.testing.assert_allclose(ends, [[found["nines_low"], found["nines_high"]]])
    widths = [line.get_linewidth() for line in ax.lines if len(line.get_xdata()) == 2 and line.get_marker() == "None"]
    assert len(set(widths[:2])) == 2
    assert "lines: 50 and 90 % intervals" in ax.get_xlabel()
    assert_legible(ax)


def test_a_layout_never_down_has_a_lower_bound_and_an_arrow():
    results = make_results(HOURS)
    ax = plotting.plot_nines(results)
    low = float(dcrisk.availability(results)["nines_low"].sel(layout="never down"))
    ends = [line.get_xdata() for line in ax.lines if line.get_marker() == "|" and line.get_ydata()[0] == 0]
    np.testing.assert_allclose(ends, [[low]])
    arrows = [line.get_xydata().tolist() for line in ax.lines if line.get_marker() == ">"]
    assert arrows == [[[ax.get_xlim()[1], 0.0]]]
    assert any(words.startswith("none seen (< ") for words in words_of(ax))


def test_both_scales_say_the_same():
    ax = plotting.plot_nines(make_results(HOURS))
    [above] = [panel for panel in ax.child_axes if panel.get_xlabel() == "downtime a year"]
    units = {"d": 24.0, "h": 1.0, "min": 1 / 60, "s": 1 / 3600}
    labels = [label.get_text().split() for label in above.get_xticklabels()]
    assert len(labels) >= 3
    hours = [float(number) * units[unit] for number, unit in labels]
    np.testing.assert_allclose(above.get_xticks(), -np.log10(np.array(hours) / 8766.0))
    np.testing.assert_array_equal(ax.get_xticks(), np.round(ax.get_xticks()))


def test_promises_are_marked_where_they_are():
    ax = plotting.plot_nines(make_results(HOURS), promises=(0.999, 0.9995, 0.99995, 1e-9))
    found = {t.get_text(): t.get_position()[0] for t in ax.texts if t.get_text().endswith(" %")}
    assert set(found) == {"99.9 %", "99.95 %", "99.995 %"}
    np.testing.assert_allclose(found["99.95 %"], -np.log10(0.0005))
    assert_legible(ax)


def test_promises_close_to_each_other_are_legible():
    ax = plotting.plot_nines(make_results(HOURS), promises=(0.999, 0.9991, 0.9993, 0.9995, 0.9997))
    assert sum(words.endswith(" %") for words in words_of(ax)) == 5
    assert_legible(ax)


@pytest.mark.parametrize("horizon", [8766.0, 24.0 * 30])
@pytest.mark.parametrize("hours", [{"A": 0.0}, {"A": 700.0}, {f"layout number {i}": 10.0**-i for i in range(12)}])
def test_nines_stay_legible(hours, horizon):
    ax = plotting.plot_nines(make_results(hours, horizon))
    assert "a window of 720 h" in ax.get_xlabel() or horizon == 8766.0
    assert_legible(ax)


def test_bad_promises_and_levels_are_refused():
    with pytest.raises(ValueError, match=r"99.9 is no availability between 0 and 1; for 99.9 % write 0.999"):
        plotting.plot_nines(make_results(HOURS), promises=[99.9])
    with pytest.raises(ValueError, match="confidence"):
        plotting.plot_nines(make_results(HOURS), confidence=())


# ---------------------------------------------------------------- the search


def make_search(number=4060, zeros=0.0, seed=0):
    """Costs, hours and losses of made-up layouts of three sites each, with intervals."""
    rng = np.random.default_rng(seed)
    cost = rng.uniform(1200.0, 5400.0, number)
    hours = np.exp(rng.normal(1.0, 1.2, number)) * (1500.0 / cost)
    loss = np.exp(rng.normal(-11.0, 1.5, number))
    hours[rng.random(number) < zeros] = 0.0
    variables = {"cost": cost, "downtime": hours, "data_loss": loss}
    for name, values in (("downtime", hours), ("data_loss", loss)):
        variables |= {f"{name}_low": 0.8 * values, f"{name}_high": np.where(values > 0.0, 1.3 * values, 0.03)}
    found = xr.Dataset(
        {name: ("layout", values) for name, values in variables.items()},
        coords={"layout": [f"Strasbourg, Gravelines and {i}: 2 of 3" for i in range(number)]},
        attrs={"horizon_hours": 8766.0, "confidence": 0.95},
    )
    found["cost"].attrs["units"] = "EUR a month"
    return found


def brute_front(x, y):
    better = [np.any((x <= a) & (y <= b) & ((x < a) | (y < b))) for a, b in zip(x, y, strict=True)]
    return {(a, b) for a, b, beaten in zip(x, y, better, strict=True) if not beaten}


@pytest.mark.parametrize("seed", range(5))
def test_the_front_is_what_none_beats(seed):
    x, y = np.random.default_rng(seed).integers(0, 12, (2, 60))  # many are alike
    found = front_of(x.astype(float), y.astype(float))
    assert {(x[i], y[i]) for i in found} == brute_front(x, y)
    assert len(found) == len(brute_front(x, y))
    assert np.all(np.diff(x[found]) > 0)


def test_the_drawn_front_is_the_front():
    found = make_search(300)
    ax = plotting.plot_pareto(found)
    front = brute_front(found["cost"].values, found["downtime"].values)
    assert set(map(tuple, marks_at(ax, "o")[300:])) == front
    [step] = [line for line in ax.lines if line.get_drawstyle() == "steps-post"]
    assert set(map(tuple, step.get_xydata()[1:-1])) == front
    assert ax.get_xlabel() == "cost (EUR a month)"
    assert ax.get_ylabel() == "mean downtime in a year (h)"
    [bars] = ax.collections
    by_cost = found.assign_coords(layout=found["cost"].values)
    for (cost, low), (_, high) in (path.vertices for path in bars.get_paths()):
        one = by_cost.sel(layout=cost)
        np.testing.assert_allclose([low, high], [one["downtime_low"], one["downtime_high"]])


@pytest.mark.parametrize("spread", [1.2, 100.0])
def test_whiskers_of_the_front_stay_inside(spread):
    values = np.array([1.0, 1.0 / spread])
    parts = {"downtime": values, "downtime_low": 0.5 * values, "downtime_high": 6.0 * values}
    found = xr.Dataset({name: ("layout", part) for name, part in parts.items()}, coords={"layout": ["A", "B"]})
    ax = plotting.plot_pareto(found.assign(cost=("layout", [1.0, 2.0])))
    assert ax.get_ylim()[0] < 0.5 / spread and ax.get_ylim()[1] > 6.0


@pytest.mark.parametrize("number", [1, 2, 40, 4060])
@pytest.mark.parametrize("y", ["downtime", "data_loss"])
def test_names_of_the_front_are_legible(number, y):
    found = make_search(number)
    ax = plotting.plot_pareto(found, y=y)
    assert_legible(ax)
    numbers = {words for words in words_of(ax) if words.isdigit()}
    assert numbers == {str(i + 1) for i in range(min(15, len(brute_front(found["cost"].values, found[y].values))))}
    [column] = [words for words in words_of(ax) if ", interval" in words]
    front = front_of(found["cost"].values, found[y].values)
    assert str(found["layout"].values[front[0]]) in " ".join(column.split())


def test_fifty_thousand_layouts_are_drawn_as_pixels(tmp_path):
    found = make_search(50_000)
    ax = plotting.plot_pareto(found)
    ax.figure.savefig(tmp_path / "pareto.svg")
    assert ax.lines[0].get_rasterized() and len(ax.lines[0].get_xdata()) == 50_000
    assert (tmp_path / "pareto.svg").stat().st_size < 2e6
    assert "one of 50,000 layouts" in legend_words(ax)


def test_a_long_front_is_named_in_part():
    found = xr.Dataset(
        {"cost": ("layout", np.arange(1.0, 61.0)), "downtime": ("layout", 60.0 / np.arange(1.0, 61.0))},
        coords={"layout": [f"layout {i}" for i in range(60)]},
    )
    ax = plotting.plot_pareto(found, most=7)
    assert sorted(words for words in words_of(ax) if words.isdigit()) == list("1234567")
    [column] = [words for words in words_of(ax) if "\n" in words]
    assert "and 53 more on the front" in column
    assert "layout 0\n" in column and "layout 59\n" in column  # both ends
    assert_legible(ax)


def test_layouts_alike_share_a_number():
    values = ("layout", [1.0, 1.0, 2.0])
    found = xr.Dataset({"cost": values, "downtime": ("layout", [5.0, 5.0, 1.0])}, coords={"layout": list("ABC")})
    [column] = [words for words in words_of(plotting.plot_pareto(found)) if "\n" in words]
    assert "1  A, B\n" in column and "2  C\n" in column


def test_what_was_never_seen_stands_at_the_edge_with_its_bound():
    found = make_search(500, zeros=0.05)
    ax = plotting.plot_pareto(found)
    ax.figure.canvas.draw()
    labels = {label.get_text(): place for place, label in zip(ax.get_yticks(), ax.get_yticklabels(), strict=True)}
    floor = labels["none seen"]
    zeros = found["downtime"].values == 0.0
    np.testing.assert_allclose(ax.lines[0].get_ydata()[zeros], floor)
    assert ax.get_ylim()[0] < floor < 0.5 * min(found["downtime"].values[~zeros].min(), 0.03)
    cheapest = float(found["cost"].values[zeros].min())
    spans = [path.vertices for path in ax.collections[0].get_paths()]
    [span] = [span for span in spans if span[0, 0] == cheapest]
    np.testing.assert_allclose(span[:, 1], [floor, 0.03])  # not below
    assert any("none seen (< 0.03)" in words for words in words_of(ax))
    assert_legible(ax)


def test_no_risk_at_all_is_drawn():
    found = make_search(20, zeros=1.0)
    ax = plotting.plot_pareto(found)
    assert ax.get_yscale() == "linear"
    assert_legible(ax)


def test_what_is_good_for_something_else_is_hollow():
    found = make_search(50)
    front = front_of(found["cost"].values, found["downtime"].values)
    marked = np.zeros(50, dtype=bool)
    other = [i for i in range(50) if i not in front][:3]
    marked[[*front, *other]] = True
    ax = plotting.plot_pareto(found.assign(pareto=("layout", marked)))
    assert set(marks_at(ax, "s")[:, 0]) == set(found["cost"].values[other])
    assert "on a front with something else in view" in legend_words(ax)
    assert "on a front with something else in view" not in legend_words(plotting.plot_pareto(found))


def test_a_bad_search_is_refused():
    found = make_search(5)
    with pytest.raises(dcrisk.SpecificationError, match="unknown name 'downtim'; did you mean 'downtime'"):
        plotting.plot_pareto(found, y="downtim")
    with pytest.raises(dcrisk.SpecificationError, match="Dataset over layout"):
        plotting.plot_pareto("found.nc")
    found["downtime"][2] = np.nan
    with pytest.raises(dcrisk.SpecificationError, match="downtime must be finite"):
        plotting.plot_pareto(found)


# ---------------------------------------------------------------- importance


def make_importance(number=24, layouts=("A", "A or B"), seed=0):
    rng = np.random.default_rng(seed)
    shape = (len(layouts), number)
    shares = np.exp(-rng.uniform(0.1, 7.0, shape))
    values = {
        "fussell_vesely": shares,
        "birnbaum": 0.1 * shares,
        "risk_achievement_worth": 1.0 + 300.0 * shares,
        "risk_reduction_worth": 1.0 / (1.0 - shares),
    }
    variables = {}
    for name, value in values.items():
        start = 1.0 if "worth" in name else 0.0
        for end, factor in (("", 1.0), ("_low", 0.8), ("_high", 1.05)):
            variables[name + end] = (("layout", "component"), start + factor * (value - start))
    coords = {
        "layout": list(layouts),
        "component": [f"component {i}" for i in range(number)],
        "kind": ("component", [("site", "utility", "hazard")[i % 3] for i in range(number)]),
    }
    return xr.Dataset(variables, coords, {"confidence": 0.95, "horizon_hours": 8766.0})


@pytest.mark.parametrize("measure", importance.MEASURES)
@pytest.mark.parametrize("number", [1, 15, 24])
def test_the_largest_are_drawn_in_order(measure, number):
    found = make_importance(number)
    ax = plotting.plot_importance(found, measure, layout="A or B", most=15)
    ax.figure.canvas.draw()
    one = found[measure].sel(layout="A or B")
    factor = 100.0 if measure == "fussell_vesely" else 1.0
    order = np.argsort(-one.values)[:15]
    assert [t.get_text() for t in ax.get_yticklabels()] == [f"component {i}" for i in order]
    bars = sorted(ax.patches, key=lambda bar: bar.get_y())
    np.testing.assert_allclose([bar.get_x() + bar.get_width() for bar in bars], factor * one.values[order])
    ends = np.array([path.vertices[:, 0] for path in ax.collections[0].get_paths()])
    for column, end in enumerate(("_low", "_high")):
        np.testing.assert_allclose(ends[:, column], factor * found[measure + end].sel(layout="A or B").values[order])
    assert ("9 more components not shown" in ax.get_xlabel()) == (number == 24)
    assert "95 % interval" in ax.get_xlabel()
    assert_legible(ax)


def test_kinds_differ_without_colour():
    ax = plotting.plot_importance(make_importance(), layout="A")
    assert legend_words(ax) == ["site", "utility", "hazard"]
    looks = {(bar.get_facecolor(), bar.get_hatch()) for bar in ax.patches}
    assert len(looks) == len({hatch for _, hatch in looks}) == 3
    fills = [colour for colour, _ in looks]
    assert all(contrast(a, b) > 1.2 for i, a in enumerate(fills) for b in fills[:i])


@pytest.mark.parametrize("measure", ["risk_achievement_worth", "risk_reduction_worth"])
@pytest.mark.parametrize("rest", [1.5, 900.0])
def test_infinite_worths_have_arrows_and_come_first(measure, rest):
    found = make_importance(4, ["A"])
    found[measure][0] = [1.1, np.inf, rest, 1.2]
    found[f"{measure}_low"][0] = [1.05, 7.0, 0.9 * rest, 1.1]
    found[f"{measure}_high"][0] = [1.2, np.inf, 1.1 * rest, 1.3]
    ax = plotting.plot_importance(found, measure)
    assert [t.get_text() for t in ax.get_yticklabels()][:2] == ["component 1", "component 2"]
    assert "\N{INFINITY} (> 7)" in words_of(ax)
    [[edge, row]] = marks_at(ax, ">")
    assert row == 0 and 1.1 * rest < edge < ax.get_xlim()[1]
    assert ax.get_xscale() == ("log" if rest > 100.0 else "linear")
    assert_legible(ax)


def test_all_infinite_and_unknown_values_are_drawn():
    found = make_importance(3, ["A"])
    found["risk_achievement_worth"][0] = [np.nan, np.inf, np.inf]
    ax = plotting.plot_importance(found, "risk_achievement_worth")
    assert [t.get_text() for t in ax.get_yticklabels()][-1] == "component 0"
    assert "not known" in words_of(ax)
    assert_legible(ax)


def test_what_has_no_interval_has_no_whiskers():
    found = make_importance(3, ["A"])[["fussell_vesely"]]
    ax = plotting.plot_importance(found)
    assert not ax.collections and "interval" not in ax.get_xlabel()
    assert_legible(ax)


def test_the_layout_is_named():
    found = make_importance()
    with pytest.raises(dcrisk.SpecificationError, match="say which layout to draw: A, A or B"):
        plotting.plot_importance(found)
    with pytest.raises(dcrisk.SpecificationError, match="unknown name 'B'"):
        plotting.plot_importance(found, layout="B")
    with pytest.raises(dcrisk.SpecificationError, match="measure: unknown name 'fussel_vesely'; did you mean"):
        plotting.plot_importance(found, "fussel_vesely", layout="A")
    assert plotting.plot_importance(found, layout="A or B").get_title(loc="left") == "A or B"


# ---------------------------------------------------------------- the way back


def make_restoration(hours, layouts=4):
    up = 1.0 - np.exp(-np.asarray(hours, dtype=float) / (100.0 * np.arange(1.0, layouts + 1.0)[:, None]))
    parts = {"up": up, "up_low": np.maximum(0.0, up - 0.02), "up_high": np.minimum(1.0, up + 0.02)}
    return xr.Dataset(
        {name: (("layout", "time"), part) for name, part in parts.items()},
        coords={"layout": [f"layout {i}" for i in range(layouts)], "time": hours},
        attrs={"confidence": 0.9},
    )


@pytest.mark.parametrize(
    ("hours", "length", "unit"),
    [(np.linspace(0.0, 1.0, 20), 1 / 60, "minutes"), ([0.0, 1.0, 48.0], 1.0, "hours"), ([0, 24, 800], 24.0, "days")],
)
def test_the_way_back_has_its_unit(hours, length, unit):
    found = make_restoration(hours)
    ax = plotting.plot_restoration(found)
    assert ax.get_xlabel() == f"time since the event ({unit})"
    assert ax.get_ylabel().endswith("(%)")
    for line, up in zip(ax.lines, found["up"].values, strict=True):
        np.testing.assert_allclose(line.get_xdata(), np.asarray(hours) / length)
        np.testing.assert_allclose(line.get_ydata(), 100.0 * up)
    assert "band: 90 % interval" in ax.get_legend().get_title().get_text()
    assert_legible(ax)


def test_minutes_and_months_at_once():
    hours = np.concatenate([[0.0], np.geomspace(0.1, 3000.0, 40)])
    found = make_restoration(hours, 8)
    ax = plotting.plot_restoration(found.isel(time=slice(None, None, -1)), log=True)
    assert ax.get_xscale() == "log"
    np.testing.assert_allclose(ax.lines[0].get_xdata(), hours[1:] / 24.0)
    assert len({line.get_marker() for line in ax.lines}) == 8
    assert_legible(ax)
    with pytest.raises(dcrisk.SpecificationError, match="no time after 0"):
        plotting.plot_restoration(make_restoration([0.0]), log=True)


def test_what_is_no_way_back_is_refused():
    with pytest.raises(dcrisk.SpecificationError, match="up, up_low and up_high"):
        plotting.plot_restoration(make_restoration([0.0, 1.0]).drop_vars("up_low"))
    with pytest.raises(dcrisk.SpecificationError, match="no time"):
        plotting.plot_restoration(make_restoration([]))


# ---------------------------------------------------------------- all of them


DRAWN = {
    "nines": lambda ax: plotting.plot_nines(make_results(HOURS), ax=ax),
    "pareto": lambda ax: plotting.plot_pareto(make_search(100), ax=ax),
    "importance": lambda ax: plotting.plot_importance(make_importance(), layout="A", ax=ax),
    "restoration": lambda ax: plotting.plot_restoration(make_restoration([0.0, 10.0]), ax=ax),
}


@pytest.mark.parametrize("name", DRAWN)
@pytest.mark.parametrize("size", [(11.0, 6.5), (7.0, 5.0)])
def test_figures_are_drawn_where_they_are_told(name, size):
    ax = plt.subplots(figsize=size, layout="constrained")[1]
    assert DRAWN[name](ax) is ax
    assert_legible(ax)


def test_eight_layouts_differ_without_colour():
    curves = np.sort(np.random.default_rng(0).pareto(1.2, (8, 400)) + 0.1, axis=1)
    by_trial = ("layout", "trial")
    data = {"downtime": (by_trial, curves), "longest_outage": (by_trial, curves)}
    names = [f"a layout with a name {i}" for i in range(8)]
    ax = plotting.plot_exceedance(xr.Dataset(data, coords={"layout": names}, attrs={"horizon_hours": 8766.0}))
    assert len({(line.get_marker(), str(line._dash_pattern)) for line in ax.lines}) == 8
    assert sum(band.get_alpha() for band in ax.collections) < 0.75  # even where all lie upon each other
    assert_legible(ax)


def test_durations_in_words():
    shown = {8766.0: "365 d", 100_000.0: "4,167 d", 47.9: "47.9 h", 1.0: "1 h", 0.999: "59.9 min", 1 / 60: "1 min"}
    for hours, words in (shown | {1e-5: "0.036 s"}).items():
        assert style.duration_words(hours) == words
