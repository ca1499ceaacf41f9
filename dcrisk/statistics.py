"""What the trials say: estimates with confidence intervals, Dataset in, Dataset out.

For every estimate ``x`` there are ``x_low`` and ``x_high``. Each interval holds the true value with the
confidence asked for, one layout and one number at a time; errors are equally likely on both sides. The
intervals say how far the *simulation* may be off for the number of trials it ran; they know nothing of rates
that were guessed wrong.

`dcrisk.intervals` has the mathematics. All intervals stay valid, and finite where they can be, when an
outage was seen once or never: a layout that never failed in n trials is available "at least" so much, not
always.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import xarray as xr

from dcrisk import intervals

FloatArray = npt.NDArray[np.float64]

GAFFKE = "Gaffke's bound for the mean of a bounded quantity (Gaffke 2005; arXiv:1905.06208)"
CLOPPER_PEARSON = "Clopper-Pearson"
BONFERRONI = "Clopper-Pearson intervals of both parts, each with half of the chance of error"
ORDER_STATISTICS = "order statistics, ranks from the binomial distribution"

QUANTITIES = {
    "downtime": ("h", "downtime in the window"),
    "longest_outage": ("h", "longest outage in the window"),
    "outages": ("1", "outages in the window"),
}

QUANTILES = (0.5, 0.9, 0.99, 0.999)


class Estimate(NamedTuple):
    """A number or an array of numbers, with the bounds of its confidence interval."""

    value: float | FloatArray
    low: float | FloatArray
    high: float | FloatArray


# ---------------------------------------------------------------- what users call


def availability(results: xr.Dataset, confidence: float = 0.95) -> xr.Dataset:
    """Share of time in which each layout's service is up.

    Parameters
    ----------
    results : xarray.Dataset
        From `dcrisk.simulate`.
    confidence : float
        Of each interval.

    Returns
    -------
    xarray.Dataset
        Over ``layout``: ``availability``, ``unavailability`` (one minus it: it keeps its digits where
        availability rounds to 1) and ``nines`` (minus the decimal logarithm of unavailability: 3 is 99.9 %),
        each with ``_low`` and ``_high``. A layout that was never down has infinitely many nines, and
        finitely many at least.

    Notes
    -----
    The interval is Gaffke's: the Clopper-Pearson interval, carried over from a share of trials to a mean of
    downtimes. No proof is known that it is valid for every number of trials, nor any case where it fails.

    Examples
    --------
    >>> results = xr.Dataset(
    ...     {"downtime": (("layout", "trial"), [[0.0] * 999 + [87.66], [0.0] * 1000])},
    ...     coords={"layout": ["A", "A and B"]}, attrs={"horizon_hours": 8766.0})
    >>> nines = availability(results)
    >>> for name in ("nines", "nines_low", "nines_high"):
    ...     print(name, nines[name].values.round(2))
    nines [ 5. inf]
    nines_low [2.43 2.43]
    nines_high [6.6 inf]
    """
    intervals.check_confidence(confidence)
    data = _read(results, ["downtime"])
    return _dataset(data, confidence, _availability(data, confidence))


def exceedance(
    results: xr.Dataset,
    quantity: str = "downtime",
    thresholds: Sequence[float] | FloatArray | None = None,
    confidence: float = 0.95,
) -> xr.Dataset:
    """Probability that a quantity of one window is greater than each threshold.

    Parameters
    ----------
    results : xarray.Dataset
        From `dcrisk.simulate`.
    quantity : {"downtime", "longest_outage", "outages"}
        Hours down in the window, hours of the longest outage, or the number of outages.
    thresholds : sequence of float, optional
        In the units of the quantity. Default: for hours 61 from the smallest above zero to the largest seen,
        equally spaced on a logarithmic scale; for outages every number from 0 to the largest seen.
    confidence : float
        Of each interval (for one threshold at a time, not for the curve as a whole).

    Returns
    -------
    xarray.Dataset
        ``exceedance`` over ``layout`` and ``threshold``, with Clopper-Pearson intervals.

    Examples
    --------
    >>> results = xr.Dataset(
    ...     {"downtime": (("layout", "trial"), [[0.0, 1.0, 5.0, 30.0]])},
    ...     coords={"layout": ["A"]}, attrs={"horizon_hours": 8766.0})
    >>> curve = exceedance(results, "downtime", thresholds=[0, 5, 24])
    >>> for name in ("exceedance", "exceedance_low", "exceedance_high"):
    ...     print(name, curve[name].values.round(3))
    exceedance [[0.75 0.25 0.25]]
    exceedance_low [[0.194 0.006 0.006]]
    exceedance_high [[0.994 0.806 0.806]]
    """
    intervals.check_confidence(confidence)
    if quantity not in QUANTITIES:
        raise ValueError(f"quantity = {quantity!r}: it must be one of {', '.join(QUANTITIES)}")
    data = _read(results, [quantity])
    units, words = QUANTITIES[quantity]
    levels = _default_thresholds(data[quantity], data.attrs["horizon_hours"]) if thresholds is None else thresholds
    levels = np.atleast_1d(np.asarray(levels, dtype=np.float64))
    if levels.ndim != 1 or not np.all(np.isfinite(levels)):
        raise ValueError("thresholds must be a list of finite numbers")
    curve = _variables(
        data[quantity],
        lambda x: _share_above(x, levels, confidence),
        "exceedance",
        f"probability of a greater {words}" if quantity != "outages" else "probability of more outages in the window",
        "1",
        CLOPPER_PEARSON,
        dims=("threshold",),
    )
    coordinate = {"threshold": ("threshold", levels, {"units": units, "long_name": words})}
    return _dataset(data, confidence, curve).assign_coords(coordinate).assign_attrs(quantity=quantity)


def summary(
    results: xr.Dataset,
    confidence: float = 0.95,
    long_outage_hours: float = 8.0,
    quantiles: Sequence[float] = QUANTILES,
) -> xr.Dataset:
    """The figures to look at first, for each layout.

    Parameters
    ----------
    results : xarray.Dataset
        From `dcrisk.simulate`.
    confidence : float
        Of each interval.
    long_outage_hours : float
        What counts as a long outage.
    quantiles : sequence of float
        Probabilities of the quantiles of downtime: 0.99 is exceeded in one window of a hundred.

    Returns
    -------
    xarray.Dataset
        Over ``layout``, each with ``_low`` and ``_high``:

        ``availability``, ``unavailability``, ``nines``
            As from `availability`.
        ``downtime``
            Mean hours down in the window.
        ``downtime_quantile``
            Also over ``quantile``. Without enough trials the upper bound is the whole window.
        ``outages``
            Mean number in the window.
        ``any_outage``, ``long_outage``, ``data_loss``
            Probability that the window holds some downtime, a long outage, a loss of data.

    Notes
    -----
    Gaffke's interval needs the largest value possible. For downtime it is the window; the number of outages
    has none, and one more than the largest number seen is taken, which is an assumption.

    Examples
    --------
    >>> trials = np.zeros((1, 2000))
    >>> trials[0, :2] = 4.0, 40.0
    >>> results = xr.Dataset(
    ...     {"downtime": (("layout", "trial"), trials), "longest_outage": (("layout", "trial"), trials),
    ...      "outages": (("layout", "trial"), (trials > 0).astype("int32")),
    ...      "data_loss": (("layout", "trial"), trials > 30)},
    ...     coords={"layout": ["A"]}, attrs={"horizon_hours": 8766.0})
    >>> table = summary(results)
    >>> for name in ("downtime", "outages", "long_outage", "data_loss"):
    ...     print(name, *(f"{table[name + end].item():.5f}" for end in ("", "_low", "_high")))
    downtime 0.02200 0.00163 16.17546
    outages 0.00100 0.00012 0.00505
    long_outage 0.00050 0.00001 0.00278
    data_loss 0.00050 0.00001 0.00278
    """
    intervals.check_confidence(confidence)
    if not 0.0 <= long_outage_hours < np.inf:
        raise ValueError(f"long_outage_hours = {long_outage_hours}: it must be finite and not negative")
    levels = np.atleast_1d(np.asarray(quantiles, dtype=np.float64))
    data = _read(results, ["downtime", "longest_outage", "outages", "data_loss"])
    table = (
        _availability(data, confidence)
        | _downtime(data, confidence)
        | _downtime_quantiles(data, levels, confidence)
        | _outages(data, confidence)
        | _any_outage(data, confidence)
        | _long_outage(data, long_outage_hours, confidence)
        | _data_loss(data, confidence)
    )
    coordinate = {"quantile": ("quantile", levels, {"units": "1", "long_name": "share of windows not above"})}
    return (
        _dataset(data, confidence, table)
        .assign_coords(coordinate)
        .assign_attrs(long_outage_hours=float(long_outage_hours))
    )


def dependence(results: xr.Dataset, confidence: float = 0.95, *, at_least_hours: float = 0.0) -> xr.Dataset:
    """How likely each layout is down in a window in which another one is.

    Parameters
    ----------
    results : xarray.Dataset
        From `dcrisk.simulate`, with ``site_layouts(scenario)`` if the fate of the sites is asked for.
    confidence : float
        Of each interval.
    at_least_hours : float
        What counts as down: more than so many hours of downtime in the window, to leave out trifles.

    Returns
    -------
    xarray.Dataset
        Each estimate with ``_low`` and ``_high``:

        ``probability``
            Over ``layout_i`` and ``layout_j``: of j being down at some time of a window, given that i is down at some
            time of it (not necessarily at the same moment). It is 1 where i and j are the same.
        ``probability_down``
            Over ``layout``: of being down at some time of a window.
        ``ratio``
            Over ``layout_i`` and ``layout_j``: ``probability`` over the ``probability_down`` of j. It is 1 where the
            two are independent, and often called the lift.

        And over ``layout``, to tell what was seen from what was not:

        ``trials_down``
            In how many trials the layout was down.
        ``seen``
            Whether it was down in any. Where i was not, nothing is known of ``probability``: the interval is [0, 1],
            and the value that of independence, the ``probability_down`` of j. Where i or j was not, nothing is known of
            ``ratio``: the interval is [0, infinity), and the value 1.

    Notes
    -----
    The interval of ``ratio`` takes both ends from Clopper-Pearson intervals of its numerator and its denominator, each
    with half of the chance of error (Bonferroni): it holds the true value at least as often as asked, and is wide.

    Examples
    --------
    >>> hours = np.zeros((3, 1000))
    >>> hours[0, :20] = hours[1, 10:20] = 5.0
    >>> results = xr.Dataset(
    ...     {"downtime": (("layout", "trial"), hours)},
    ...     coords={"layout": ["SBG1", "SBG2", "Roubaix"]}, attrs={"horizon_hours": 8766.0})
    >>> found = dependence(results)
    >>> found["probability"].sel(layout_i="SBG1").values
    array([1. , 0.5, 0. ])
    >>> found["seen"].values
    array([ True,  True, False])
    >>> for name in ("probability", "ratio"):
    ...     pair = found.sel(layout_i="SBG2", layout_j="SBG1")
    ...     print(name, *(f"{pair[name + end].item():.3g}" for end in ("", "_low", "_high")))
    probability 1 0.692 1
    ratio 50 19.9 87.9
    """
    intervals.check_confidence(confidence)
    if not 0.0 <= at_least_hours < np.inf:
        raise ValueError(f"at_least_hours = {at_least_hours}: it must be finite and not negative")
    data = _read(results, ["downtime"])
    together = _count_together(data["downtime"].values > at_least_hours)
    alone, trials = np.diag(together), data.sizes["trial"]
    words = f"down for more than {at_least_hours:g} h of the window" if at_least_hours else "down in the window"
    given = f"probability that j is {words}, given that i is"
    shares = [Estimate(k / trials, *intervals.proportion_interval(k, trials, confidence)) for k in alone]
    long_name = f"probability of being {words}"
    table = (
        _pairs(data, _given(together, trials, confidence), "probability", given, CLOPPER_PEARSON)
        | _named(data, shares, "probability_down", long_name, "1", CLOPPER_PEARSON)
        | _pairs(data, _ratios(together, trials, confidence), "ratio", f"{given}, over that of j alone", BONFERRONI)
    )
    found = _dataset(data, confidence, table).assign_attrs(at_least_hours=float(at_least_hours))
    if "layout" in data.coords:
        names = data["layout"].values
        found = found.assign_coords(layout_i=names, layout_j=names)
    counted = {"units": "1", "long_name": f"trials in which the layout is {words}"}
    found["trials_down"] = ("layout", alone, counted)
    found["seen"] = ("layout", alone > 0, {"long_name": f"whether the layout is {words} in any trial"})
    return found


# ---------------------------------------------------------------- each quantity, as it is defined

Variables = dict[str, xr.DataArray]


def _availability(data: xr.Dataset, confidence: float) -> Variables:
    horizon = data.attrs["horizon_hours"]
    down = [_mean(x, horizon, confidence) for x in data["downtime"].values]
    share = [Estimate(e.value / horizon, e.low / horizon, e.high / horizon) for e in down]
    up = [Estimate(1.0 - e.value, 1.0 - e.high, 1.0 - e.low) for e in share]
    nines = [Estimate(_nines(e.value), _nines(e.high), _nines(e.low)) for e in share]
    return (
        _named(data, up, "availability", "share of the window with the service up", "1", GAFFKE)
        | _named(data, share, "unavailability", "share of the window with the service down", "1", GAFFKE)
        | _named(data, nines, "nines", "minus the decimal logarithm of unavailability", "1", GAFFKE)
    )


def _downtime(data: xr.Dataset, confidence: float) -> Variables:
    horizon = data.attrs["horizon_hours"]
    words = "mean hours of the window with the service down"
    return _variables(data["downtime"], lambda x: _mean(x, horizon, confidence), "downtime", words, "h", GAFFKE)


def _downtime_quantiles(data: xr.Dataset, levels: FloatArray, confidence: float) -> Variables:
    horizon = data.attrs["horizon_hours"]
    return _variables(
        data["downtime"],
        lambda x: _quantiles(x, levels, horizon, confidence),
        "downtime_quantile",
        "quantile of the hours of the window with the service down",
        "h",
        ORDER_STATISTICS,
        dims=("quantile",),
    )


def _outages(data: xr.Dataset, confidence: float) -> Variables:
    method = GAFFKE + ", assuming at most one outage more in a window than the most seen"
    words = "mean number of outages in the window"
    return _variables(
        data["outages"], lambda x: _mean(x, float(np.max(x)) + 1.0, confidence), "outages", words, "1", method
    )


def _any_outage(data: xr.Dataset, confidence: float) -> Variables:
    words = "probability of some downtime in the window"
    return _probability(data["downtime"] > 0.0, confidence, "any_outage", words)


def _long_outage(data: xr.Dataset, hours: float, confidence: float) -> Variables:
    words = f"probability of an outage longer than {hours:g} h in the window"
    return _probability(data["longest_outage"] > hours, confidence, "long_outage", words)


def _data_loss(data: xr.Dataset, confidence: float) -> Variables:
    words = "probability that data are lost in the window"
    return _probability(data["data_loss"] != 0, confidence, "data_loss", words)


# ---------------------------------------------------------------- estimates from the trials of one layout


def _mean(x: FloatArray, upper: float, confidence: float) -> Estimate:
    return Estimate(float(np.mean(x, dtype=np.float64)), *intervals.bounded_mean_interval(x, upper, confidence))


def _share_above(x: FloatArray, levels: FloatArray, confidence: float) -> Estimate:
    above = x.size - np.searchsorted(np.sort(x), levels, side="right")
    return Estimate(above / x.size, *intervals.proportion_interval(above, x.size, confidence))


def _quantiles(x: FloatArray, levels: FloatArray, horizon: float, confidence: float) -> Estimate:
    found = [intervals.quantile_interval(x, float(p), confidence, (0.0, horizon)) for p in levels]
    return Estimate(
        np.array([value for value, _ in found]),
        np.array([interval.low for _, interval in found]),
        np.array([interval.high for _, interval in found]),
    )


def _nines(unavailability: float | FloatArray) -> float:
    return float(-np.log10(unavailability)) + 0.0 if unavailability > 0.0 else np.inf  # + 0.0: no minus zero


def _probability(happened: xr.DataArray, confidence: float, name: str, long_name: str) -> Variables:
    def share(x: FloatArray) -> Estimate:
        number = int(np.count_nonzero(x))
        low, high = intervals.proportion_interval(number, x.size, confidence)
        return Estimate(number / x.size, low, high)

    return _variables(happened, share, name, long_name, "1", CLOPPER_PEARSON)


def _count_together(down: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    """In how many trials both of each two layouts are down."""
    together = np.zeros((len(down), len(down)), dtype=np.int64)
    for first in range(0, down.shape[1], 1 << 16):  # so many ones that float32, which is quick, still counts exactly
        piece = down[:, first : first + (1 << 16)].astype(np.float32)
        together += (piece @ piece.T).astype(np.int64)
    return together


def _given(together: npt.NDArray[np.int64], trials: int, confidence: float) -> Estimate:
    """Of j given i, for every i and j."""
    alone = np.diag(together)
    rows = []
    for count, pairs in zip(alone, together, strict=True):
        if count:
            rows.append((pairs / count, *intervals.proportion_interval(pairs, int(count), confidence)))
        else:
            rows.append((alone / trials, np.zeros(alone.size), np.ones(alone.size)))
    value, low, high = np.swapaxes(rows, 0, 1)
    for array in (value, low, high):
        np.fill_diagonal(array, 1.0)  # by definition
    return Estimate(value, low, high)


def _ratios(together: npt.NDArray[np.int64], trials: int, confidence: float) -> Estimate:
    """Of j given i, over j, for every i and j."""
    half = 0.5 * (1.0 + confidence)
    alone = np.diag(together)
    numerator = _given(together, trials, half)
    low, high = intervals.proportion_interval(alone, trials, half)
    with np.errstate(divide="ignore", invalid="ignore"):
        estimate = numerator.value * trials / alone, numerator.low / high, numerator.high / low
    unseen = (alone == 0)[:, None] | (alone == 0)
    value, lowest, highest = (np.where(unseen, x, y) for x, y in zip((1.0, 0.0, np.inf), estimate, strict=True))
    return Estimate(value, lowest, highest)


def _pairs(data: xr.Dataset, estimate: Estimate, name: str, long_name: str, method: str) -> Variables:
    """Variables over all pairs of layouts."""
    rows = [Estimate(*row) for row in zip(*(np.asarray(x) for x in estimate), strict=True)]
    found = _named(data, rows, name, long_name, "1", method, dims=("layout_j",))
    return {key: variable.rename(layout="layout_i") for key, variable in found.items()}


def _default_thresholds(quantity: xr.DataArray, horizon: float) -> FloatArray:
    values = quantity.values
    if quantity.name == "outages":
        return np.arange(0.0, float(values.max()) + 1.0)
    positive = values[values > 0.0]
    first, last = (float(positive.min()), float(positive.max())) if positive.size else (horizon / 1000.0, horizon)
    return np.unique(np.geomspace(first, last, 61))


# ---------------------------------------------------------------- from Dataset and to Dataset


def _read(results: xr.Dataset, names: Sequence[str]) -> xr.Dataset:
    """The variables wanted, computed, in the order layout, trial, and checked."""
    if "weight" in results.variables:
        raise ValueError(
            "these results have weights (importance sampling); weighted results are not supported yet, "
            "and statistics that ignored the weights would be wrong"
        )
    missing = [name for name in names if name not in results]
    if missing:
        raise ValueError(f"the results lack {', '.join(missing)}; they should come from dcrisk.simulate")
    horizon = float(results.attrs.get("horizon_hours", np.nan))
    if not 0.0 < horizon < np.inf:
        raise ValueError("the results must have the attribute horizon_hours, a positive number of hours")
    data = results[list(names)].transpose("layout", "trial")
    for dimension in ("layout", "trial"):
        if data.sizes[dimension] == 0:
            raise ValueError(f"the results hold no {dimension}: there is nothing to estimate")
    data = data.compute()
    for name in names:
        limit = horizon if data[name].attrs.get("units") == "h" or name in ("downtime", "longest_outage") else np.inf
        _check_range(data[name], limit)
        if limit < np.inf:  # rounding may have carried a sum a little above the window
            data[name] = data[name].clip(0.0, horizon, keep_attrs=True)
    data.attrs = {**results.attrs, "horizon_hours": horizon}
    return data


def _check_range(variable: xr.DataArray, limit: float) -> None:
    lowest, highest = float(variable.min(skipna=False)), float(variable.max(skipna=False))
    if not (lowest >= 0.0 and highest <= limit * (1.0 + 1e-9) and np.isfinite(highest)):
        raise ValueError(
            f"{variable.name} must lie between 0 and {limit:g} without gaps (NaN); "
            f"it goes from {lowest:g} to {highest:g}"
        )


def _variables(
    variable: xr.DataArray,
    estimate: Callable[[FloatArray], Estimate],
    name: str,
    long_name: str,
    units: str,
    method: str,
    dims: tuple[str, ...] = (),
) -> Variables:
    """Apply an estimate to the trials of each layout."""
    return _named(variable, [estimate(x) for x in variable.values], name, long_name, units, method, dims)


def _named(
    like: xr.Dataset | xr.DataArray,
    estimates: Sequence[Estimate],
    name: str,
    long_name: str,
    units: str,
    method: str,
    dims: tuple[str, ...] = (),
) -> Variables:
    """Three variables over the layouts: the estimate, and the ends of its interval."""
    parts = {
        name: (long_name, [e.value for e in estimates]),
        f"{name}_low": (f"{long_name}: lower bound", [e.low for e in estimates]),
        f"{name}_high": (f"{long_name}: upper bound", [e.high for e in estimates]),
    }
    found = {}
    for key, (words, values) in parts.items():
        array = np.array(values, dtype=np.float64)
        if np.isnan(array).any():
            raise ArithmeticError(f"{key} came out as NaN; please report this with the data")
        attrs = {"units": units, "long_name": words, "method": method}
        found[key] = xr.DataArray(array, dims=("layout", *dims), attrs=attrs)
    return found


def _dataset(data: xr.Dataset, confidence: float, variables: Variables) -> xr.Dataset:
    """The variables with the layouts' names, and the attributes that say where they come from."""
    layouts = {"layout": data["layout"]} if "layout" in data.coords else {}
    attrs = {**data.attrs, "trials": data.sizes["trial"], "confidence": float(confidence)}
    methods = sorted({str(v.attrs["method"]) for v in variables.values()})
    return xr.Dataset(variables, coords=layouts, attrs={**attrs, "method": "; ".join(methods)})
