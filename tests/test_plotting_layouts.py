"""Figures for choosing a layout, of what runs, searches and statistics really give."""

import matplotlib
import numpy as np
import pytest
from drawn import assert_legible
from scipy import stats

import dcrisk


@pytest.fixture(scope="module")
def scenario():
    names = ["A", "B", "C"]
    return dcrisk.Scenario(
        [dcrisk.Utility("grid"), *(dcrisk.Site(n, lat=48.0 + i, lon=2.0 + i) for i, n in enumerate(names))],
        [
            dcrisk.Failure("equipment", 6.0, stats.expon(scale=40.0), names),
            dcrisk.Failure("storms", 2.0, 30.0, ["A", "B"], shared=True),
            dcrisk.GridOutage("grid", {"grid": 3.0}, 5.0),
        ],
    )


@pytest.fixture(scope="module")
def layouts():
    return [
        dcrisk.Layout("A alone", replicas=["A"]),
        dcrisk.Layout("A or B", replicas=["A", "B"], copies=["A", "B", "C"], backup_interval=24.0),
        dcrisk.Layout("A, B or C", replicas=["A", "B", "C"]),
    ]


@pytest.fixture(scope="module")
def results(scenario, layouts):
    return dcrisk.simulate(scenario, layouts, 4000, seed=1, progress=False)


def said(ax):
    ax.figure.canvas.draw()
    texts = ax.figure.findobj(matplotlib.text.Text)
    return " ".join(text.get_text() for text in texts if text.get_visible())


def test_nines_have_their_layouts_their_hours_and_no_texts_on_another(results):
    ax = dcrisk.plot_nines(results)
    text = said(ax)
    assert all(name in text for name in results.layout.values) and "nines" in text and " h" in text
    assert_legible(ax)


def test_the_front_of_a_search_without_all_intervals(scenario):
    found = dcrisk.search_layouts(scenario, ["A", "B", "C"], replicas=(1, 2), trials=2000, progress=False)
    assert np.isnan(found.downtime_low).any()
    ax = dcrisk.plot_pareto(found)
    assert all(name in said(ax) for name in found.layout.values[found.pareto.values])


@pytest.mark.parametrize("measure", ["birnbaum", "fussell_vesely", "risk_achievement_worth", "risk_reduction_worth"])
def test_importance_shows_the_largest_and_tells_what_is_left_out(scenario, layouts, measure):
    found = dcrisk.importance(scenario, layouts[1:2], 400, progress=False)
    ax = dcrisk.plot_importance(found, measure, most=3)
    text = said(ax)
    first = found[measure].isel(layout=0)
    assert str(first.component.values[int(np.nanargmax(first.values))]) in text
    assert f"{found.sizes['component'] - 3} more" in text and "interval" in text
    assert_legible(ax)


def test_a_timeline_shows_who_why_and_for_how_long(scenario, layouts):
    traced = dcrisk.trace(scenario, layouts, 3)
    ax = dcrisk.plot_timeline(traced)
    text = said(ax)
    assert set(traced.name.values) <= {label.get_text() for label in ax.get_yticklabels()}
    assert all(hazard in text for hazard in np.unique(traced.hazard.values))
    assert "days" in ax.get_xlabel() or "hours" in ax.get_xlabel()
    low, high = ax.get_xlim()
    closer = dcrisk.plot_timeline(traced, window=(0.0, 400.0))
    assert closer.get_xlim()[1] - closer.get_xlim()[0] < high - low


def test_the_way_back_of_each_layout(scenario, layouts):
    burnt = scenario.given("storms")
    results = dcrisk.simulate(burnt, layouts, 500, at_hours=[0.0, 10.0, 31.0, 100.0], progress=False)
    ax = dcrisk.plot_restoration(dcrisk.restoration(results))
    text = said(ax)
    assert all(layout.name in text for layout in layouts) and "%" in text
    assert "h)" in ax.get_xlabel() or "hours" in ax.get_xlabel() or "days" in ax.get_xlabel()
