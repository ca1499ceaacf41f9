"""How much better one layout is than another, trial by trial."""

from __future__ import annotations

import numpy as np
import xarray as xr

from dcrisk import intervals
from dcrisk.specification import check_known
from dcrisk.statistics.datasets import Variables, make_dataset, named_variables, read_results, trials_of
from dcrisk.statistics.trials import FloatArray, Trials


def compare(results: xr.Dataset, baseline: str, confidence: float = 0.95) -> xr.Dataset:
    """Differences of each layout from one of them, on the same sampled windows.

    All layouts see the same events, so what differs between two layouts is known far better than from two separate
    runs: what strikes both alike drops out.

    Parameters
    ----------
    results : xarray.Dataset
        From `dcrisk.simulate`, with at least two layouts.
    baseline : str
        Name of the layout with which the others are compared.
    confidence : float
        Of each interval.

    Returns
    -------
    xarray.Dataset
        Over ``layout``, the baseline left out. Differences are layout minus baseline: below zero the layout is better.
        Each with ``_low`` and ``_high``:

        ``downtime_difference``
            Of the mean hours down in the window.
        ``any_outage_difference``, ``data_loss_difference``
            Of the probability that the window holds some downtime, a loss of data.
        ``better``, ``worse``, ``equal``
            Probability of a window with less downtime than with the baseline, with more, with exactly as much.

        And without an interval:

        ``variance_ratio``
            Variance of the difference of downtimes if both came from separate runs, over that of the paired
            differences: so many times more trials would separate runs need for the same precision. 1 where
            both are constant, infinite where only the paired difference is.

    Raises
    ------
    ValueError
        If the results lack a variable or an attribute, or hold values out of range or no trial;
        if there is no layout but the baseline.

    Notes
    -----
    The difference of two downtimes lies between minus and plus the window. Its interval is Gaffke's bound for the mean
    of such a quantity (`dcrisk.intervals.mean_difference_interval`). Differences of probabilities have an interval from
    the trials in which only one of both had the outcome (`dcrisk.intervals.paired_proportions_interval`), which covers
    at least as often as asked.

    References
    ----------
    Gaffke, "Three test statistics for a nonparametric one-sided hypothesis on the mean of a nonnegative variable",
    Mathematical Methods of Statistics 14, 2005 (means).
    McNemar, "Note on the sampling error of the difference between correlated proportions or percentages", Psychometrika
    12, 1947.

    Examples
    --------
    >>> hours = np.zeros((2, 1000))
    >>> hours[0, :20] = 100.0
    >>> hours[1, :5] = 100.0
    >>> results = xr.Dataset(
    ...     {"downtime": (("layout", "trial"), hours), "data_loss": (("layout", "trial"), hours > 1e4)},
    ...     coords={"layout": ["A", "A or B"]}, attrs={"horizon_hours": 8766.0})
    >>> found = compare(results, "A")
    >>> for name in ("downtime_difference", "any_outage_difference", "better"):
    ...     print(name, *(f"{found[name + end].item():.4f}" for end in ("", "_low", "_high")))
    downtime_difference -1.5000 -33.7801 30.7910
    any_outage_difference -0.0150 -0.0261 -0.0038
    better 0.0150 0.0084 0.0246
    >>> print(f"{found['variance_ratio'].item():.2f}")
    1.66
    """
    intervals.check_confidence(confidence)
    data = read_results(results, ["downtime", "data_loss"])
    if "layout" not in data.coords:
        raise ValueError("the results have no names of layouts; they should come from dcrisk.simulate")
    names = [str(name) for name in data["layout"].values]
    check_known(baseline, names, "baseline")
    place = names.index(baseline)
    others = data.isel(layout=[i for i in range(len(names)) if i != place])
    if not others.sizes["layout"]:
        raise ValueError(f"the results hold no layout but {baseline!r}: there is nothing to compare")
    base = data.isel(layout=place)
    differences = [x - base["downtime"].values for x in others["downtime"].values]
    trials = trials_of(data)
    found = (
        _means(trials, others, differences, confidence)
        | _outcomes(trials, others["downtime"] > 0.0, base["downtime"] > 0.0, "any_outage", "some downtime", confidence)
        | _outcomes(trials, others["data_loss"] != 0, base["data_loss"] != 0, "data_loss", "a loss of data", confidence)
        | _shares(trials, others, differences, confidence)
    )
    table = make_dataset(others, confidence, found).assign_attrs(baseline=baseline)
    ratios = [
        _variance_ratio(trials, x, base["downtime"].values, d)
        for x, d in zip(others["downtime"].values, differences, strict=True)
    ]
    words = "variance of the unpaired difference of downtimes over that of the paired one"
    table["variance_ratio"] = ("layout", np.array(ratios), {"units": "1", "long_name": words})
    return table


def _means(trials: Trials, data: xr.Dataset, differences: list[FloatArray], confidence: float) -> Variables:
    horizon = data.attrs["horizon_hours"]
    estimates = [trials.difference(d, horizon, confidence) for d in differences]
    words = "mean hours of the window with the service down, minus those of the baseline"
    return named_variables(data, estimates, "downtime_difference", words, "h", trials.methods.paired_mean)


def _outcomes(
    trials: Trials, others: xr.DataArray, base: xr.DataArray, name: str, words: str, confidence: float
) -> Variables:
    """Difference of the probabilities of something that a trial has or has not."""
    estimates = [trials.paired(x, base.values, confidence) for x in others.values]
    long_name = f"probability of {words} in the window, minus that of the baseline"
    return named_variables(others, estimates, f"{name}_difference", long_name, "1", trials.methods.paired_probability)


def _shares(trials: Trials, data: xr.Dataset, differences: list[FloatArray], confidence: float) -> Variables:
    """How likely a window has less downtime than with the baseline, more, and exactly as much."""
    found: Variables = {}
    for name, words, estimates in (
        ("better", "less downtime than", [trials.probability(d < 0.0, confidence) for d in differences]),
        ("worse", "more downtime than", [trials.probability(d > 0.0, confidence) for d in differences]),
        (
            "equal",
            "exactly as much downtime as",
            [trials.probability_without(d != 0.0, confidence) for d in differences],
        ),
    ):
        long_name = f"probability of a window with {words} with the baseline"
        found |= named_variables(data, estimates, name, long_name, "1", trials.methods.probability)
    return found


def _variance_ratio(trials: Trials, x: FloatArray, base: FloatArray, difference: FloatArray) -> float:
    unpaired, paired = trials.variance(x) + trials.variance(base), trials.variance(difference)
    if paired > 0.0:
        return unpaired / paired
    return np.inf if unpaired > 0.0 else 1.0
