"""What a service level agreement promises, and what breaking it costs."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import xarray as xr

from dcrisk import intervals
from dcrisk.statistics.datasets import FloatArray, Variables, make_dataset, over_layouts, read_results
from dcrisk.statistics.estimates import GAFFKE, mean_of, probability_of

ROUNDING = 1e-9
"""A downtime above the limit of a step by no more than this share does not reach the step: 1 - 0.9 is not 0.1."""


def sla(
    results: xr.Dataset,
    allowed_hours: float,
    confidence: float = 0.95,
    penalty: Mapping[float, float] | None = None,
) -> xr.Dataset:
    """Probability that each layout keeps a promise of downtime, and the penalty to expect if it does not.

    Parameters
    ----------
    results : xarray.Dataset
        From `dcrisk.simulate`.
    allowed_hours : float
        Hours of downtime in the window that still keep the promise.
    confidence : float
        Of each interval.
    penalty : mapping of float to float, optional
        Amount due when the availability of the window falls below a threshold: ``{0.999: 10.0, 0.99: 30.0}``. Of all
        thresholds that the window's availability falls below, the one with the largest amount counts, once; amounts
        are not added up. A window at or above every threshold costs nothing.

    Returns
    -------
    xarray.Dataset
        Over ``layout``, each with ``_low`` and ``_high``:

        ``compliance``
            Probability that a window has no more downtime than allowed, with a Clopper-Pearson interval.
        ``penalty``
            Expected penalty of a window in the units of the amounts, if a table is given, with Gaffke's interval
            between 0 and the largest amount.

    Notes
    -----
    The window of the simulation is the period of the agreement: for a promise that is settled month by month, simulate
    with ``horizon=730.5``.

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
    data = read_results(results, ["downtime"])
    words = f"probability of no more than {allowed_hours:g} h of downtime in the window"
    found = probability_of(data["downtime"] <= allowed_hours, confidence, "compliance", words)
    attrs: dict[str, object] = {"allowed_hours": float(allowed_hours)}
    if steps:
        found |= _expected_penalty(data, steps, confidence)
        attrs |= {"penalty_thresholds": list(steps), "penalty_amounts": list(steps.values())}
    return make_dataset(data, confidence, found).assign_attrs(attrs)


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


def _expected_penalty(data: xr.Dataset, steps: dict[float, float], confidence: float) -> Variables:
    horizon = data.attrs["horizon_hours"]
    most = max(steps.values())
    return over_layouts(
        data["downtime"],
        lambda x: mean_of(_penalties(x, steps, horizon), most, confidence),
        "penalty",
        "expected penalty of the window, in the units of the amounts",
        "1",
        GAFFKE,
    )


def _penalties(downtime: FloatArray, steps: dict[float, float], horizon: float) -> FloatArray:
    """The penalty of each window: the largest amount of the steps that it reaches."""
    due = np.zeros(downtime.shape)
    for threshold, amount in steps.items():
        limit = (1.0 - threshold) * horizon * (1.0 + ROUNDING)
        due = np.maximum(due, np.where(downtime > limit, amount, 0.0))
    return due
