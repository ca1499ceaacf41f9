"""How often outages begin and how long they last."""

from __future__ import annotations

import numpy as np
import xarray as xr

from dcrisk import intervals
from dcrisk.statistics.datasets import YEAR_HOURS, Variables, make_dataset, named_variables, read_results, trials_of
from dcrisk.statistics.overview import ONE_MORE, most_outages
from dcrisk.statistics.trials import Estimate, FloatArray, Trials


def reliability(results: xr.Dataset, confidence: float = 0.95) -> xr.Dataset:
    """How often each layout's outages begin, how long they last, and how long the service is up between them.

    Parameters
    ----------
    results : xarray.Dataset
        From `dcrisk.simulate`.
    confidence : float
        Of each interval.

    Returns
    -------
    xarray.Dataset
        Over ``layout``, each with ``_low`` and ``_high``:

        ``outage_rate_per_year``
            Outages that begin in a window, over its length.
        ``mean_outage_hours``
            Mean hours down over mean number of outages (mean down time; MTTR of the service).
        ``mean_time_between_outages``
            The window over the mean number of outages, in hours: from the begin of one to that of the next (MTBF).
        ``mean_up_hours``
            Mean hours up over mean number of outages, in hours: from the end of one to the begin of the next (MUT).

        And over ``layout``, without an interval:

        ``seen``
            Whether an outage began in any trial. Where none did, the outage lasts 0 h, at most the window, and the time
            between outages is infinite, with a finite lower bound.

    Raises
    ------
    ValueError
        If the results lack a variable or an attribute, or hold values out of range or no trial.

    Notes
    -----
    These are ratios of means over all windows, not means of each window's ratio. Outages are cut to the window. When it
    starts with everything up, as it does without ``warmup``, the hours that outages last beyond its end are missing, and
    the mean outage comes out too short, by little where outages are short against the window. With a ``warmup`` long
    enough for the start to be forgotten, outages that began before the window count hours but no outage; on average
    these hours are those that are cut at its end, so that the ratios are those of the long run.

    The intervals of the ratios hold what Gaffke's bound does not reject (`dcrisk.intervals.ratio_interval`). As in
    `summary`, at most one outage more than the most seen is assumed to be possible in a window.

    References
    ----------
    Gaffke, "Three test statistics for a nonparametric one-sided hypothesis on the mean of a nonnegative variable",
    Mathematical Methods of Statistics 14, 2005 (means).
    Barlow and Proschan, "Statistical Theory of Reliability and Life Testing", 1975.

    Examples
    --------
    >>> down = np.zeros((1, 1000))
    >>> down[0, :100] = 2.0
    >>> results = xr.Dataset(
    ...     {"downtime": (("layout", "trial"), down), "outages": (("layout", "trial"), (down > 0).astype("int32"))},
    ...     coords={"layout": ["A"]}, attrs={"horizon_hours": 8766.0})
    >>> found = reliability(results)
    >>> for name in ("outage_rate_per_year", "mean_outage_hours", "mean_time_between_outages", "mean_up_hours"):
    ...     print(name, *(f"{found[name + end].item():.6g}" for end in ("", "_low", "_high")))
    outage_rate_per_year 0.1 0.0821053 0.121608
    mean_outage_hours 2 1.8602 319.403
    mean_time_between_outages 87660 72084.2 106765
    mean_up_hours 87658 71976.1 106763
    """
    intervals.check_confidence(confidence)
    data = read_results(results, ["downtime", "outages"])
    trials, window = trials_of(data), data.attrs["horizon_hours"]
    pairs = list(zip(data["downtime"].values, data["outages"].values.astype(np.float64), strict=True))
    numbers = [trials.mean(n, most_outages(n), confidence) for _, n in pairs]
    rates = [Estimate(*(part * YEAR_HOURS / window for part in e)) for e in numbers]
    between = [Estimate(*(_over(window, part) for part in (e.value, e.high, e.low))) for e in numbers]
    warm = float(data.attrs.get("warmup_hours", 0.0)) > 0.0
    lasting = [_mean_outage(trials, d, n, window, warm, confidence) for d, n in pairs]
    up = [trials.ratio(window - d, n, (window, 0.0), (0.0, most_outages(n)), confidence) for d, n in pairs]
    found: Variables = {}
    for name, estimates, words, units, method in (
        ("outage_rate_per_year", rates, "outages that begin, per year of 8766 h", "1/year", trials.methods.mean),
        ("mean_outage_hours", lasting, "mean hours down over mean number of outages", "h", trials.methods.ratio),
        (
            "mean_time_between_outages",
            between,
            "mean hours from the begin of an outage to that of the next",
            "h",
            trials.methods.mean,
        ),
        (
            "mean_up_hours",
            up,
            "mean hours from the end of an outage to the begin of the next",
            "h",
            trials.methods.ratio,
        ),
    ):
        found |= named_variables(data, estimates, name, words, units, method + ONE_MORE)
    table = make_dataset(data, confidence, found)
    seen = np.array([e.value > 0.0 for e in numbers])
    table["seen"] = ("layout", seen, {"long_name": "whether an outage began in any trial"})
    return table


def _mean_outage(
    trials: Trials, down: FloatArray, number: FloatArray, window: float, warm: bool, confidence: float
) -> Estimate:
    """Where nothing can have begun before the window, hours down need an outage, and none is longer than the window."""
    begun_before = warm or bool(np.any((down > 0.0) & (number == 0.0)))
    longest = (window, 0.0 if begun_before else 1.0)
    return trials.ratio(down, number, longest, (0.0, most_outages(number)), confidence)


def _over(window: float, number: float | FloatArray) -> float:
    return window / float(number) if number > 0.0 else np.inf
