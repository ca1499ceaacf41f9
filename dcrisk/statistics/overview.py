"""The figures to look at first."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import xarray as xr

from dcrisk import intervals
from dcrisk.statistics.datasets import (
    Variables,
    check_results,
    make_dataset,
    over_layouts,
    probabilities,
    read_results,
    trials_of,
)
from dcrisk.statistics.trials import FloatArray, Trials, complement
from dcrisk.statistics.uptime import availability_variables

QUANTILES = (0.5, 0.9, 0.99, 0.999)
ONE_MORE = ", assuming at most one outage more in a window than the most seen"


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
        ``degraded_hours``, ``capacity``
            Mean hours with the service up but short of capacity, and mean share of the demand that is served, where
            the results hold them.

    Raises
    ------
    ValueError
        If the results lack a variable or an attribute, or hold values out of range or no trial;
        if a quantile is no probability.

    Notes
    -----
    Gaffke's interval needs the largest value possible. For downtime it is the window; the number of outages
    has none, and one more than the largest number seen is taken, which is an assumption.

    References
    ----------
    Gaffke, "Three test statistics for a nonparametric one-sided hypothesis on the mean of a nonnegative variable",
    Mathematical Methods of Statistics 14, 2005 (means).
    Clopper and Pearson, "The use of confidence or fiducial limits illustrated in the case of the binomial", Biometrika
    26, 1934 (probabilities).
    David and Nagaraja, "Order Statistics", 3rd edition, 2003, section 7.1 (quantiles).

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
    check_results(results)
    capacity = [name for name in CAPACITY if name in results]
    data = read_results(results, ["downtime", "longest_outage", "outages", "data_loss", *capacity])
    trials = trials_of(data)
    table = (
        availability_variables(data, confidence)
        | _downtime(trials, data, confidence)
        | _downtime_quantiles(trials, data, levels, confidence)
        | _outages(trials, data, confidence)
        | _events(trials, data, long_outage_hours, confidence)
    )
    for name in capacity:
        table |= CAPACITY[name](trials, data, confidence)
    coordinate = {"quantile": ("quantile", levels, {"units": "1", "long_name": "share of windows not above"})}
    return (
        make_dataset(data, confidence, table)
        .assign_coords(coordinate)
        .assign_attrs(long_outage_hours=float(long_outage_hours))
    )


def _downtime(trials: Trials, data: xr.Dataset, confidence: float) -> Variables:
    words = "mean hours of the window with the service down"
    return hours_of_window(trials, data, "downtime", words, confidence)


def hours_of_window(trials: Trials, data: xr.Dataset, name: str, words: str, confidence: float) -> Variables:
    """The mean of some hours of the window."""
    horizon, method = data.attrs["horizon_hours"], trials.methods.mean
    return over_layouts(data[name], lambda x: trials.mean(x, horizon, confidence), name, words, "h", method)


def _downtime_quantiles(trials: Trials, data: xr.Dataset, levels: FloatArray, confidence: float) -> Variables:
    horizon = data.attrs["horizon_hours"]
    return over_layouts(
        data["downtime"],
        lambda x: trials.quantiles(x, levels, horizon, confidence),
        "downtime_quantile",
        "quantile of the hours of the window with the service down",
        "h",
        trials.methods.quantile,
        dims=("quantile",),
    )


def _outages(trials: Trials, data: xr.Dataset, confidence: float) -> Variables:
    words = "mean number of outages in the window"
    method = trials.methods.mean + ONE_MORE
    return over_layouts(
        data["outages"], lambda x: trials.mean(x, most_outages(x), confidence), "outages", words, "1", method
    )


def most_outages(outages: FloatArray) -> float:
    """What stands in for the largest number possible: one more than the most seen."""
    return float(np.max(outages)) + 1.0


def _events(trials: Trials, data: xr.Dataset, hours: float, confidence: float) -> Variables:
    found: Variables = {}
    for name, happened, words in (
        ("any_outage", data["downtime"] > 0.0, "some downtime in the window"),
        ("long_outage", data["longest_outage"] > hours, f"an outage longer than {hours:g} h in the window"),
    ):
        found |= probabilities(trials, happened, confidence, name, f"probability of {words}")
    return found | data_loss_variables(trials, data, confidence, "data_loss")


def data_loss_variables(trials: Trials, data: xr.Dataset, confidence: float, name: str) -> Variables:
    """The probability that data are lost in the window."""
    words = "probability that data are lost in the window"
    return probabilities(trials, data["data_loss"] != 0, confidence, name, words)


def _degraded(trials: Trials, data: xr.Dataset, confidence: float) -> Variables:
    words = "mean hours of the window with the service up, but with less capacity than it should have"
    return hours_of_window(trials, data, "degraded_hours", words, confidence)


def _capacity(trials: Trials, data: xr.Dataset, confidence: float) -> Variables:
    """From the share that is not served: it is the one that is small, and known well."""
    words, method = "mean share of the demand that is served in the window", trials.methods.mean
    return over_layouts(
        1.0 - data["capacity"],
        lambda x: complement(trials.mean(x, 1.0, confidence)),
        "capacity",
        words,
        "1",
        method,
    )


CAPACITY = {"degraded_hours": _degraded, "capacity": _capacity}
"""What the results hold where a layout declares its capacity."""
