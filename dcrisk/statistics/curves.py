"""Exceedance curves: how likely more than so much is."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import xarray as xr

from dcrisk import intervals
from dcrisk.statistics.datasets import make_dataset, over_layouts, read_results, trials_of
from dcrisk.statistics.trials import FloatArray

QUANTITIES = {
    "downtime": ("h", "downtime in the window"),
    "longest_outage": ("h", "longest outage in the window"),
    "outages": ("1", "outages in the window"),
}
HOURS = [name for name, (units, _) in QUANTITIES.items() if units == "h"]


def exceedance(
    results: xr.Dataset,
    quantity: str = "downtime",
    thresholds: Sequence[float] | FloatArray | None = None,
    confidence: float = 0.95,
) -> xr.Dataset:
    """Probability that a quantity of one window is greater than each threshold.

    Of ``longest_outage`` this is the occurrence exceedance probability (OEP) of catastrophe models: that the largest
    outage of the window is longer. Of ``downtime`` it is the aggregate exceedance probability (AEP): that all outages
    of the window together are.

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

    Raises
    ------
    ValueError
        If the results lack a variable or an attribute, or hold values out of range or no trial;
        if a threshold is not finite.

    Notes
    -----
    Outages are cut to the window, and one that causes of several events run together is one outage.

    References
    ----------
    Clopper and Pearson, "The use of confidence or fiducial limits illustrated in the case of the binomial", Biometrika
    26, 1934 (probabilities).
    Mitchell-Wallace, Jones, Hillier and Foote, "Natural Catastrophe Risk Management and Modelling", 2017.

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
    data = read_results(results, [quantity])
    trials = trials_of(data)
    units, words = QUANTITIES[quantity]
    levels = _default_thresholds(data[quantity], data.attrs["horizon_hours"]) if thresholds is None else thresholds
    levels = np.atleast_1d(np.asarray(levels, dtype=np.float64))
    if levels.ndim != 1 or not np.all(np.isfinite(levels)):
        raise ValueError("thresholds must be a list of finite numbers")
    curve = over_layouts(
        data[quantity],
        lambda x: trials.above(x, levels, confidence),
        "exceedance",
        f"probability of a greater {words}" if quantity != "outages" else "probability of more outages in the window",
        "1",
        trials.methods.probability,
        dims=("threshold",),
    )
    coordinate = {"threshold": ("threshold", levels, {"units": units, "long_name": words})}
    return make_dataset(data, confidence, curve).assign_coords(coordinate).assign_attrs(quantity=quantity)


def _default_thresholds(quantity: xr.DataArray, horizon: float) -> FloatArray:
    values = quantity.values
    if quantity.name == "outages":
        return np.arange(0.0, float(values.max()) + 1.0)
    positive = values[values > 0.0]
    first, last = (float(positive.min()), float(positive.max())) if positive.size else (horizon / 1000.0, horizon)
    return np.unique(np.geomspace(first, last, 61))
