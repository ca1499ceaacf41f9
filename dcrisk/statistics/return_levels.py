"""What is exceeded once in so many windows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import xarray as xr

from dcrisk import intervals
from dcrisk.statistics.curves import HOURS, QUANTITIES
from dcrisk.statistics.datasets import YEAR_HOURS, make_dataset, over_layouts, read_results, trials_of
from dcrisk.statistics.trials import FloatArray


def return_level(
    results: xr.Dataset,
    periods: float | Sequence[float] | FloatArray,
    quantity: str = "downtime",
    confidence: float = 0.95,
) -> xr.Dataset:
    """The hours that a window exceeds with probability one over the period.

    Parameters
    ----------
    results : xarray.Dataset
        From `dcrisk.simulate`.
    periods : float or sequence of float
        In windows, so in years where the window is a year; each greater than 1. The level of 100 windows is
        exceeded in one window of a hundred.
    quantity : {"downtime", "longest_outage"}
        Hours down in the window, or hours of the longest outage.
    confidence : float
        Of each interval (for one period at a time, not for the curve as a whole).

    Returns
    -------
    xarray.Dataset
        ``return_level`` over ``layout`` and ``period``, with intervals from order statistics. It is 0 where a window
        without any downtime is likelier than that. Where the period is too long for the number of trials, the upper
        bound is the whole window, the estimate the largest value seen at most, and the lower bound still holds.

    Raises
    ------
    ValueError
        If the results lack a variable or an attribute, or hold values out of range or no trial;
        if a period is not above 1.

    Notes
    -----
    The level of a period T is the quantile 1 - 1/T of one window. It is estimated by the order statistic of that share,
    without fitting a distribution to the tail, and its interval lies between two order statistics whose ranks come
    from the binomial distribution [1]_. At 95 % the upper bound is below the window from about 3.7 T trials on.

    References
    ----------
    .. [1] H. A. David and H. N. Nagaraja, "Order Statistics", 3rd edition, Wiley (2003), section 7.1.

    Examples
    --------
    >>> results = xr.Dataset(
    ...     {"downtime": (("layout", "trial"), [np.arange(1000.0)])},
    ...     coords={"layout": ["A"]}, attrs={"horizon_hours": 8766.0})
    >>> levels = return_level(results, [2, 100, 10_000])
    >>> for name in ("return_level", "return_level_low", "return_level_high"):
    ...     print(name, levels[name].values)
    return_level [[499. 989. 999.]]
    return_level_low [[468. 982. 998.]]
    return_level_high [[ 531.  996. 8766.]]
    """
    intervals.check_confidence(confidence)
    if quantity not in HOURS:
        raise ValueError(f"quantity = {quantity!r}: it must be one of {', '.join(HOURS)}")
    windows = np.atleast_1d(np.asarray(periods, dtype=np.float64))
    if windows.ndim != 1 or windows.size == 0 or not np.all((windows > 1.0) & (windows < np.inf)):
        raise ValueError("periods must be a list of finite numbers of windows, each greater than 1")
    data = read_results(results, [quantity])
    trials, horizon = trials_of(data), data.attrs["horizon_hours"]
    levels = np.minimum(1.0 - 1.0 / windows, np.nextafter(1.0, 0.0))  # 1 itself would be no quantile
    words = QUANTITIES[quantity][1]
    found = over_layouts(
        data[quantity],
        lambda x: trials.quantiles(x, levels, horizon, confidence),
        "return_level",
        f"{words} that is exceeded once in the period",
        "h",
        trials.methods.quantile,
        dims=("period",),
    )
    unit = "years" if horizon == YEAR_HOURS else f"windows of {horizon:g} h"
    coordinate = {"period": ("period", windows, {"units": "1", "long_name": f"return period in {unit}"})}
    return make_dataset(data, confidence, found).assign_coords(coordinate).assign_attrs(quantity=quantity)
