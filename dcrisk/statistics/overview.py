"""The figures to look at first."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import xarray as xr

from dcrisk import intervals
from dcrisk.statistics.datasets import FloatArray, Variables, make_dataset, over_layouts, read_results
from dcrisk.statistics.estimates import GAFFKE, ORDER_STATISTICS, mean_of, probability_of, quantiles_of
from dcrisk.statistics.uptime import availability_variables

QUANTILES = (0.5, 0.9, 0.99, 0.999)


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
    data = read_results(results, ["downtime", "longest_outage", "outages", "data_loss"])
    table = (
        availability_variables(data, confidence)
        | _downtime(data, confidence)
        | _downtime_quantiles(data, levels, confidence)
        | _outages(data, confidence)
        | _any_outage(data, confidence)
        | _long_outage(data, long_outage_hours, confidence)
        | _data_loss(data, confidence)
    )
    coordinate = {"quantile": ("quantile", levels, {"units": "1", "long_name": "share of windows not above"})}
    return (
        make_dataset(data, confidence, table)
        .assign_coords(coordinate)
        .assign_attrs(long_outage_hours=float(long_outage_hours))
    )


def _downtime(data: xr.Dataset, confidence: float) -> Variables:
    horizon = data.attrs["horizon_hours"]
    words = "mean hours of the window with the service down"
    return over_layouts(data["downtime"], lambda x: mean_of(x, horizon, confidence), "downtime", words, "h", GAFFKE)


def _downtime_quantiles(data: xr.Dataset, levels: FloatArray, confidence: float) -> Variables:
    horizon = data.attrs["horizon_hours"]
    return over_layouts(
        data["downtime"],
        lambda x: quantiles_of(x, levels, horizon, confidence),
        "downtime_quantile",
        "quantile of the hours of the window with the service down",
        "h",
        ORDER_STATISTICS,
        dims=("quantile",),
    )


def _outages(data: xr.Dataset, confidence: float) -> Variables:
    method = GAFFKE + ", assuming at most one outage more in a window than the most seen"
    words = "mean number of outages in the window"
    return over_layouts(
        data["outages"], lambda x: mean_of(x, float(np.max(x)) + 1.0, confidence), "outages", words, "1", method
    )


def _any_outage(data: xr.Dataset, confidence: float) -> Variables:
    words = "probability of some downtime in the window"
    return probability_of(data["downtime"] > 0.0, confidence, "any_outage", words)


def _long_outage(data: xr.Dataset, hours: float, confidence: float) -> Variables:
    words = f"probability of an outage longer than {hours:g} h in the window"
    return probability_of(data["longest_outage"] > hours, confidence, "long_outage", words)


def _data_loss(data: xr.Dataset, confidence: float) -> Variables:
    words = "probability that data are lost in the window"
    return probability_of(data["data_loss"] != 0, confidence, "data_loss", words)
