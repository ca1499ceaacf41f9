"""Tabulated quantiles beside those of scipy."""

import numpy as np
import pytest
from numba import njit
from reference import quantile, to_grid
from scipy import stats

from dcrisk import SpecificationError
from dcrisk.compiler.tables import Tables
from dcrisk.durations import check, from_plain, plain
from dcrisk.kernels.tables import sample_hours

FAMILIES = {
    "exponential": stats.expon(scale=24.0),
    "lognormal": stats.lognorm(1.2, scale=4.0),
    "pareto": stats.pareto(1.1, scale=0.5),
    "weibull": stats.weibull_min(0.7, scale=10.0),
    "gamma": stats.gamma(2.5, scale=3.0),
    "generalized pareto": stats.genpareto(0.3, scale=5.0),
    "uniform": stats.uniform(2.0, 6.0),
    "triangular": stats.triang(0.3, loc=1.0, scale=9.0),
    "truncated normal": stats.truncnorm(-2.0, 4.0, loc=10.0, scale=5.0),
}


def as_drawn(u):
    """The nearest uniform that Philox can give: an odd multiple of 2**-53."""
    return (np.floor(u * 2.0**52) + 0.5) * 2.0**-52


BOTH_TAILS = as_drawn(np.concatenate([2.0 ** -np.linspace(1.0, 53.0, 700), 1.0 - 2.0 ** -np.linspace(1.0, 53.0, 700)]))


@njit
def kernel_quantiles(tables, values, u):
    hours = np.empty(len(u))
    for i in range(len(u)):
        hours[i] = sample_hours(tables, values, 0, u[i])
    return hours


def sampled(duration, u):
    tables = Tables()
    tables.add(duration)
    arrays = tables.arrays()
    return kernel_quantiles(arrays["tables"], arrays["table_values"], np.asarray(u, float))


@pytest.mark.parametrize("duration", FAMILIES.values(), ids=FAMILIES.keys())
def test_quantiles_in_both_tails(duration):
    """As exact as the table is asked to be, and on the grid of times.

    The table is refined until it errs by 1e-6 at most at a sixth of each cell, of the quantile or of a thousandth of the
    median. The error of a cubic through four points goes as w (w - 1/3) (w - 2/3) (w - 1), which is largest at
    w = 0.127, by 1.07 times; 1.2 leaves room for the fourth derivative to vary in a cell.
    """
    exact = np.where(BOTH_TAILS < 0.5, duration.ppf(BOTH_TAILS), duration.isf(1.0 - BOTH_TAILS))
    ours = sampled(duration, BOTH_TAILS)
    allowed = 1.2e-6 * np.maximum(exact, 1e-3 * duration.median()) + 2.0**-31  # and half a step of the grid
    assert (np.abs(ours - exact) <= allowed).all()
    in_range = ours < 2.0**21
    np.testing.assert_array_equal(ours[in_range], [to_grid(h) for h in ours[in_range]])
    assert (ours >= 0).all()


@pytest.mark.parametrize("duration", FAMILIES.values(), ids=FAMILIES.keys())
def test_kernel_and_reference_read_the_same_table(duration):
    assert sampled(duration, BOTH_TAILS[::20]).tolist() == [quantile(duration, u) for u in BOTH_TAILS[::20].tolist()]


@pytest.mark.parametrize("duration", FAMILIES.values(), ids=FAMILIES.keys())
def test_longer_with_the_uniform(duration):
    u = np.sort(np.concatenate([BOTH_TAILS, as_drawn(np.linspace(0.001, 0.999, 5000))]))
    rises = np.diff(sampled(duration, u))
    assert (rises >= -(2.0**-30)).all()  # a step of the grid, where two cells meet


def test_atoms_and_constants_are_exact():
    atoms = stats.rv_discrete(values=([3, 30, 300], [0.5, 0.25, 0.25]))()
    assert sampled(atoms, [0.1, 0.5, 0.5001, 0.75, 0.76, 0.999]).tolist() == [3, 3, 30, 30, 300, 300]
    assert sampled(stats.poisson(3.0), [0.01, 0.5, 0.99]).tolist() == stats.poisson(3.0).ppf([0.01, 0.5, 0.99]).tolist()
    assert sampled(7.5, [0.1, 0.9]).tolist() == [7.5, 7.5]
    shifted = stats.rv_discrete(values=([3, 30], [0.5, 0.5]))(5)
    assert sampled(shifted, [0.1, 0.9]).tolist() == [8.0, 35.0]


def test_a_histogram_has_jumps_and_keeps_its_mean():
    """A law with a gap of 9 h: it is smeared over one of 64 cells of the octave that ends at 1/2, no more."""
    histogram = stats.rv_histogram((np.array([1.0, 0.0, 3.0]), np.array([0.0, 1.0, 10.0, 11.0])), density=False)()
    u = as_drawn((np.arange(200_000) + 0.5) / 200_000)
    assert abs(sampled(histogram, u).mean() - histogram.mean()) < 9.0 * 2.0**-8


@pytest.mark.parametrize("duration", FAMILIES.values(), ids=FAMILIES.keys())
def test_plain_form_gives_the_same_law(duration):
    again = from_plain(plain(duration), "here")
    assert plain(again) == plain(duration)
    assert again.ppf(0.37) == duration.ppf(0.37)


class Mine(stats.rv_continuous):
    def _ppf(self, q):
        return q


@pytest.mark.parametrize(
    "bad, hint",
    [
        (stats.norm(10.0, 3.0), "can be negative"),
        (stats.expon(loc=-1.0), "can be negative"),
        (stats.expon, "freeze it"),
        (Mine(a=0.0, b=1.0)(), "no distribution that scipy.stats knows"),
        (Mine(a=0.0, b=1.0, name="expon")(), "no distribution that scipy.stats knows"),
        (stats.expon(scale=-2.0), "outside their range"),
        (stats.lognorm(np.array([1.0, 2.0])), "single numbers"),
        (-1.0, "not negative"),
        (float("nan"), "not negative"),
        (float("inf"), "finite"),
        ("24", "no duration"),
        (True, "no duration"),
    ],
)
def test_bad_durations(bad, hint):
    with pytest.raises(SpecificationError, match=hint) as error:
        check(bad, "hazard 'x': duration")
    assert "hazard 'x': duration" in str(error.value)
