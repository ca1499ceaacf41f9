"""What is down together."""

from __future__ import annotations

import numpy as np
import xarray as xr

from dcrisk import intervals
from dcrisk.statistics.datasets import (
    Variables,
    make_dataset,
    named_variables,
    read_results,
    stacked,
    trials_of,
)
from dcrisk.statistics.trials import BoolArray, Estimate, FloatArray, Trials

BONFERRONI = ", of both parts, each with half of the chance of error"


def dependence(results: xr.Dataset, confidence: float = 0.95, *, at_least_hours: float = 0.0) -> xr.Dataset:
    """How likely each layout is down in a window in which another one is.

    Parameters
    ----------
    results : xarray.Dataset
        From `dcrisk.simulate`, with ``site_layouts(scenario)`` if the fate of the sites is asked for.
    confidence : float
        Of each interval.
    at_least_hours : float
        What counts as down: more than so many hours of downtime in the window, to leave out trifles.

    Returns
    -------
    xarray.Dataset
        Each estimate with ``_low`` and ``_high``:

        ``probability``
            Over ``layout_i`` and ``layout_j``: of j being down at some time of a window, given that i is down at some
            time of it (not necessarily at the same moment). It is 1 where i and j are the same.
        ``probability_down``
            Over ``layout``: of being down at some time of a window.
        ``ratio``
            Over ``layout_i`` and ``layout_j``: ``probability`` over the ``probability_down`` of j. It is 1 where the
            two are independent, and often called the lift.

        And over ``layout``, to tell what was seen from what was not:

        ``trials_down``
            In how many trials the layout was down.
        ``seen``
            Whether it was down in any. Where i was not, nothing is known of ``probability``: the interval is [0, 1],
            and the value that of independence, the ``probability_down`` of j. Where i or j was not, nothing is known of
            ``ratio``: the interval is [0, infinity), and the value 1.

    Raises
    ------
    ValueError
        If the results lack a variable or an attribute, or hold values out of range or no trial.

    Notes
    -----
    The interval of ``ratio`` takes both ends from Clopper-Pearson intervals of its numerator and its denominator, each
    with half of the chance of error (Bonferroni): it holds the true value at least as often as asked, and is wide.

    References
    ----------
    Clopper and Pearson, "The use of confidence or fiducial limits illustrated in the case of the binomial", Biometrika
    26, 1934 (probabilities).

    Examples
    --------
    >>> hours = np.zeros((3, 1000))
    >>> hours[0, :20] = hours[1, 10:20] = 5.0
    >>> results = xr.Dataset(
    ...     {"downtime": (("layout", "trial"), hours)},
    ...     coords={"layout": ["SBG1", "SBG2", "Roubaix"]}, attrs={"horizon_hours": 8766.0})
    >>> found = dependence(results)
    >>> found["probability"].sel(layout_i="SBG1").values
    array([1. , 0.5, 0. ])
    >>> found["seen"].values
    array([ True,  True, False])
    >>> for name in ("probability", "ratio"):
    ...     pair = found.sel(layout_i="SBG2", layout_j="SBG1")
    ...     print(name, *(f"{pair[name + end].item():.3g}" for end in ("", "_low", "_high")))
    probability 1 0.692 1
    ratio 50 19.9 87.9
    """
    intervals.check_confidence(confidence)
    if not 0.0 <= at_least_hours < np.inf:
        raise ValueError(f"at_least_hours = {at_least_hours}: it must be finite and not negative")
    data = read_results(results, ["downtime"])
    trials = trials_of(data)
    down = data["downtime"].values > at_least_hours
    words = f"down for more than {at_least_hours:g} h of the window" if at_least_hours else "down in the window"
    given = f"probability that j is {words}, given that i is"
    shares = [trials.probability(x, confidence) for x in down]
    long_name = f"probability of being {words}"
    together, methods = trials.together(down), trials.methods
    table = (
        _pairs(data, _given(trials, down, together, confidence), "probability", given, methods.conditional)
        | named_variables(data, shares, "probability_down", long_name, "1", methods.probability)
        | _pairs(
            data,
            _ratios(trials, down, together, confidence),
            "ratio",
            f"{given}, over that of j alone",
            methods.conditional + BONFERRONI,
        )
    )
    found = make_dataset(data, confidence, table).assign_attrs(at_least_hours=float(at_least_hours))
    if "layout" in data.coords:
        names = data["layout"].values
        found = found.assign_coords(layout_i=names, layout_j=names)
    counted = {"units": "1", "long_name": f"trials in which the layout is {words}"}
    found["trials_down"] = ("layout", np.count_nonzero(down, axis=1), counted)
    found["seen"] = (
        "layout",
        np.diag(together) > 0.0,
        {"long_name": f"whether the layout is {words} in any trial"},
    )
    return found


def _given(trials: Trials, down: BoolArray, together: FloatArray, confidence: float) -> Estimate:
    """Of j given i, for every i and j."""
    estimate = trials.given(down, together, confidence)
    for array in estimate:
        np.fill_diagonal(np.asarray(array), 1.0)  # by definition
    return estimate


def _ratios(trials: Trials, down: BoolArray, together: FloatArray, confidence: float) -> Estimate:
    """Of j given i, over j, for every i and j."""
    half = 0.5 * (1.0 + confidence)
    alone = np.diag(together)
    numerator = _given(trials, down, together, half)
    _, low, high = stacked([trials.probability(x, half) for x in down])
    with np.errstate(divide="ignore", invalid="ignore"):
        estimate = numerator.value * trials.size / alone, numerator.low / high, numerator.high / low
    unseen = (alone == 0)[:, None] | (alone == 0)
    value, lowest, highest = (np.where(unseen, x, y) for x, y in zip((1.0, 0.0, np.inf), estimate, strict=True))
    return Estimate(value, lowest, highest)


def _pairs(data: xr.Dataset, estimate: Estimate, name: str, long_name: str, method: str) -> Variables:
    """Variables over all pairs of layouts."""
    rows = [Estimate(*row) for row in zip(*(np.asarray(x) for x in estimate), strict=True)]
    found = named_variables(data, rows, name, long_name, "1", method, dims=("layout_j",))
    return {key: variable.rename(layout="layout_i") for key, variable in found.items()}
