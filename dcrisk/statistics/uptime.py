"""The share of time in which the service is up."""

from __future__ import annotations

import numpy as np
import xarray as xr

from dcrisk import intervals
from dcrisk.statistics.datasets import Variables, make_dataset, named_variables, read_results, trials_of
from dcrisk.statistics.trials import Estimate, FloatArray, complement


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

    Raises
    ------
    ValueError
        If the results lack a variable or an attribute, or hold values out of range or no trial.

    Notes
    -----
    The interval is Gaffke's: the Clopper-Pearson interval, carried over from a share of trials to a mean of
    downtimes. No proof is known that it is valid for every number of trials, nor any case where it fails.

    References
    ----------
    Gaffke, "Three test statistics for a nonparametric one-sided hypothesis on the mean of a nonnegative variable",
    Mathematical Methods of Statistics 14, 2005 (means).

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
    data = read_results(results, ["downtime"])
    return make_dataset(data, confidence, availability_variables(data, confidence))


def availability_variables(data: xr.Dataset, confidence: float) -> Variables:
    """Availability, unavailability and nines of each layout, all from the mean downtime and its interval."""
    horizon = data.attrs["horizon_hours"]
    trials = trials_of(data)
    method = trials.methods.mean
    down = [trials.mean(x, horizon, confidence) for x in data["downtime"].values]
    share = [Estimate(e.value / horizon, e.low / horizon, e.high / horizon) for e in down]
    up = [complement(e) for e in share]
    digits = [Estimate(nines(e.value), nines(e.high), nines(e.low)) for e in share]
    return (
        named_variables(data, up, "availability", "share of the window with the service up", "1", method)
        | named_variables(data, share, "unavailability", "share of the window with the service down", "1", method)
        | named_variables(data, digits, "nines", "minus the decimal logarithm of unavailability", "1", method)
    )


def nines(unavailability: float | FloatArray) -> float:
    """Minus the decimal logarithm; infinite for what was never seen."""
    return float(-np.log10(unavailability)) + 0.0 if unavailability > 0.0 else np.inf  # + 0.0: no minus zero
