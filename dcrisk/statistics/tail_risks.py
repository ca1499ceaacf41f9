"""How bad the worst windows are."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import xarray as xr

from dcrisk import intervals
from dcrisk.statistics.curves import HOURS, QUANTITIES
from dcrisk.statistics.datasets import make_dataset, named_variables, read_results, trials_of
from dcrisk.statistics.trials import FloatArray


def tail_risk(
    results: xr.Dataset,
    levels: float | Sequence[float] | FloatArray = (0.95, 0.99),
    quantity: str = "downtime",
    confidence: float = 0.95,
) -> xr.Dataset:
    """The hours that the worst windows exceed, and their mean over the worst windows.

    Parameters
    ----------
    results : xarray.Dataset
        From `dcrisk.simulate`.
    levels : float or sequence of float
        Each the share of the windows that are not among the worst: 0.99 looks at the worst window of a hundred.
    quantity : {"downtime", "longest_outage"}
        Hours down in the window, or hours of the longest outage.
    confidence : float
        Of each interval (for one level at a time).

    Returns
    -------
    xarray.Dataset
        Over ``layout`` and ``level``, each with ``_low`` and ``_high``:

        ``value_at_risk``
            The quantile at the level, with an interval from order statistics.
        ``tail_value_at_risk``
            The mean over the worst share, 1 - level, of the windows (also: expected shortfall, conditional value at
            risk). Where many windows are alike, only as many of them count as make the share full.

    Raises
    ------
    ValueError
        If the results lack a variable or an attribute, or hold values out of range or no trial;
        if a level does not lie between 0 and 1.

    Notes
    -----
    The mean over exactly the worst share is that of Rockafellar and Uryasev [1]_: the value at risk, plus the mean
    excess over it divided by 1 - level. Where an outage is rarer than the share, the value at risk is 0, and the tail
    value at risk is the mean downtime divided by 1 - level. `dcrisk.intervals.tail_mean_interval` has the interval. Its
    upper end is the whole window while fewer than about 3.7 windows are expected in the worst share.

    References
    ----------
    .. [1] R. T. Rockafellar and S. Uryasev, "Conditional value-at-risk for general loss distributions", Journal of
       Banking & Finance 26 (2002) 1443-1471.

    Examples
    --------
    >>> results = xr.Dataset(
    ...     {"downtime": (("layout", "trial"), [np.arange(1000.0)])},
    ...     coords={"layout": ["A"]}, attrs={"horizon_hours": 8766.0})
    >>> found = tail_risk(results, [0.5, 0.9])
    >>> for name in ("value_at_risk", "tail_value_at_risk", "tail_value_at_risk_low"):
    ...     print(name, found[name].values.round(1))
    value_at_risk [[499. 899.]]
    tail_value_at_risk [[749.5 949.5]]
    tail_value_at_risk_low [[729.  937.9]]
    """
    intervals.check_confidence(confidence)
    if quantity not in HOURS:
        raise ValueError(f"quantity = {quantity!r}: it must be one of {', '.join(HOURS)}")
    shares = np.atleast_1d(np.asarray(levels, dtype=np.float64))
    if shares.ndim != 1 or shares.size == 0 or not np.all((shares > 0.0) & (shares < 1.0)):
        raise ValueError("levels must be a list of numbers between 0 and 1; for the worst 1 % write 0.99")
    data = read_results(results, [quantity])
    trials, horizon, words = trials_of(data), data.attrs["horizon_hours"], QUANTITIES[quantity][1]
    values = data[quantity].values
    quantiles = [trials.quantiles(x, shares, horizon, confidence) for x in values]
    tails = [
        trials.tail_means(x, shares, quantile, horizon, confidence)
        for x, quantile in zip(values, quantiles, strict=True)
    ]
    method = trials.methods
    found = named_variables(
        data, quantiles, "value_at_risk", f"quantile of the {words}", "h", method.quantile, ("level",)
    ) | named_variables(
        data,
        tails,
        "tail_value_at_risk",
        f"mean over the worst windows of the {words}",
        "h",
        method.tail,
        ("level",),
    )
    coordinate = {"level": ("level", shares, {"units": "1", "long_name": "share of windows not among the worst"})}
    return make_dataset(data, confidence, found).assign_coords(coordinate).assign_attrs(quantity=quantity)
