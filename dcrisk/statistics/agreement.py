"""What a service level agreement promises, and what breaking it costs."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import xarray as xr

from dcrisk import intervals
from dcrisk.statistics.datasets import (
    Variables,
    check_range,
    make_dataset,
    over_layouts,
    probabilities,
    read_results,
    trials_of,
)
from dcrisk.statistics.trials import Estimate, FloatArray, Trials, complement

ROUNDING = 1e-9
"""A downtime above the limit of a step by no more than this share does not reach the step: 1 - 0.9 is not 0.1."""


def sla(
    results: xr.Dataset,
    allowed_hours: float,
    confidence: float = 0.95,
    penalty: Mapping[float, float] | None = None,
    *,
    by_period: bool = False,
) -> xr.Dataset:
    """Probability that each layout keeps a promise of downtime, and the penalty to expect if it does not.

    Parameters
    ----------
    results : xarray.Dataset
        From `dcrisk.simulate`.
    allowed_hours : float
        Hours of downtime in the window, or in each of its periods, that still keep the promise.
    confidence : float
        Of each interval.
    penalty : mapping of float to float, optional
        Amount due when the availability of the window falls below a threshold: ``{0.999: 10.0, 0.99: 30.0}``. Of all
        thresholds that the window's availability falls below, the one with the largest amount counts, once; amounts
        are not added up. A window at or above every threshold costs nothing.
    by_period : bool, default False
        Settle each period of the window by itself, such as the months of a year. The results must come from
        ``simulate(..., periods=12)``.

    Returns
    -------
    xarray.Dataset
        Over ``layout``, each with ``_low`` and ``_high``:

        ``compliance``
            Probability that a window has no more downtime than allowed, with a Clopper-Pearson interval. With
            ``by_period`` that of one period, on average over the periods, with Gaffke's interval.
        ``all_periods_met``
            With ``by_period``: probability that every period of the window keeps the promise.
        ``penalty``
            Expected penalty of a window in the units of the amounts, if a table is given, with Gaffke's interval
            between 0 and the largest amount. With ``by_period`` it is that of all periods of the window, added up.

    Raises
    ------
    ValueError
        If the results lack a variable or an attribute, or hold values out of range or no trial;
        if hours or amounts are negative.

    Notes
    -----
    Periods of one window depend on each other: an outage over midnight of the last day breaks two promises. So
    ``all_periods_met`` is not a power of ``compliance``, and both are estimated from whole windows.

    References
    ----------
    Clopper and Pearson, "The use of confidence or fiducial limits illustrated in the case of the binomial", Biometrika
    26, 1934 (probabilities).
    Gaffke, "Three test statistics for a nonparametric one-sided hypothesis on the mean of a nonnegative variable",
    Mathematical Methods of Statistics 14, 2005 (means).

    Examples
    --------
    >>> hours = np.zeros((1, 1000))
    >>> hours[0, :30] = 10.0
    >>> hours[0, :10] = 100.0
    >>> results = xr.Dataset(
    ...     {"downtime": (("layout", "trial"), hours)}, coords={"layout": ["A"]}, attrs={"horizon_hours": 8766.0})
    >>> found = sla(results, allowed_hours=8.766, penalty={0.999: 10.0, 0.99: 30.0})
    >>> for name in ("compliance", "penalty"):
    ...     print(name, *(f"{found[name + end].item():.3f}" for end in ("", "_low", "_high")))
    compliance 0.970 0.957 0.980
    penalty 0.500 0.321 0.764
    """
    intervals.check_confidence(confidence)
    if not 0.0 <= allowed_hours < np.inf:
        raise ValueError(f"allowed_hours = {allowed_hours}: it must be finite and not negative")
    steps = _check_steps(penalty)
    data, length = _read_periods(results) if by_period else _read_window(results)
    trials, downtime = trials_of(data), data["downtime_by_period"]
    missed = downtime > allowed_hours
    if by_period:
        found = _mean_compliance(trials, missed, allowed_hours, confidence)
        words = f"probability that every period of the window has no more than {allowed_hours:g} h of downtime"
        found |= probabilities(trials, missed.any("period"), confidence, "all_periods_met", words, without=True)
    else:
        words = f"probability of no more than {allowed_hours:g} h of downtime in the window"
        found = probabilities(trials, missed.any("period"), confidence, "compliance", words, without=True)
    attrs: dict[str, object] = {"allowed_hours": float(allowed_hours)}
    if by_period:
        attrs |= {"period_hours": length, "periods": downtime.sizes["period"]}
    if steps:
        found |= _expected_penalty(trials, downtime, steps, length, confidence)
        attrs |= {"penalty_thresholds": list(steps), "penalty_amounts": list(steps.values())}
    return make_dataset(data, confidence, found).assign_attrs(attrs)


def _read_window(results: xr.Dataset) -> tuple[xr.Dataset, float]:
    """The downtime of the window as that of its only period, and its length."""
    data = read_results(results, ["downtime"])
    whole = data.assign(downtime_by_period=data["downtime"].expand_dims("period", axis=1))
    return whole, float(data.attrs["horizon_hours"])


def _read_periods(results: xr.Dataset) -> tuple[xr.Dataset, float]:
    """The downtime of each period, and the length of one."""
    if "downtime_by_period" not in results:
        raise ValueError(
            "the results lack downtime_by_period: call simulate(..., periods=12) for months, or leave out by_period"
        )
    data = read_results(results, ["downtime_by_period"])
    downtime = data["downtime_by_period"]
    if downtime.dims != ("layout", "period", "trial") or not downtime.sizes["period"]:
        raise ValueError("downtime_by_period must have the dimensions layout, period and trial, and some period")
    length = float(data.attrs["horizon_hours"]) / downtime.sizes["period"]
    check_range(downtime, length)
    return data, length


def _check_steps(penalty: Mapping[float, float] | None) -> dict[float, float]:
    if penalty is None:
        return {}
    steps = {float(threshold): float(amount) for threshold, amount in sorted(penalty.items(), reverse=True)}
    for threshold, amount in steps.items():
        if not 0.0 < threshold <= 1.0:
            raise ValueError(
                f"penalty: the threshold {threshold:g} is no availability above 0 and up to 1; for 99.9 % write 0.999"
            )
        if not 0.0 <= amount < np.inf:
            raise ValueError(f"penalty: the amount {amount:g} below {threshold:g} must be finite and not negative")
    if not any(steps.values()):
        raise ValueError("penalty: no amount is above 0; leave the table out where nothing is due")
    return steps


def _mean_compliance(trials: Trials, missed: xr.DataArray, allowed_hours: float, confidence: float) -> Variables:
    """From the number of periods that miss, which is mostly 0."""
    periods = missed.sizes["period"]

    def compliance(x: FloatArray) -> Estimate:
        mean = trials.mean(x, float(periods), confidence)
        return complement(Estimate(*(part / periods for part in mean)))

    words = f"probability of no more than {allowed_hours:g} h of downtime in a period, on average over the periods"
    number = missed.sum("period").astype(np.float64)
    return over_layouts(number, compliance, "compliance", words, "1", trials.methods.mean)


def _expected_penalty(
    trials: Trials, downtime: xr.DataArray, steps: dict[float, float], length: float, confidence: float
) -> Variables:
    most = max(steps.values()) * downtime.sizes["period"]
    return over_layouts(
        downtime,
        lambda x: trials.mean(_penalties(x, steps, length), most, confidence),
        "penalty",
        "expected penalty of the window, in the units of the amounts",
        "1",
        trials.methods.mean,
    )


def _penalties(downtime: FloatArray, steps: dict[float, float], length: float) -> FloatArray:
    """The penalty of each window: of each period the largest amount of the steps that it reaches, added up."""
    due = np.zeros(downtime.shape)
    for threshold, amount in steps.items():
        limit = (1.0 - threshold) * length * (1.0 + ROUNDING)
        due = np.maximum(due, np.where(downtime > limit, amount, 0.0))
    return np.asarray(due.sum(axis=0))
