"""How safe the data are."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import xarray as xr

from dcrisk import intervals
from dcrisk.statistics.datasets import (
    YEAR_HOURS,
    Variables,
    check_results,
    make_dataset,
    named_variables,
    over_layouts,
    read_results,
    stacked,
    trials_of,
)
from dcrisk.statistics.trials import Estimate, FloatArray, Trials, complement
from dcrisk.statistics.uptime import nines


def durability(
    results: xr.Dataset, confidence: float = 0.95, objectives: float | Sequence[float] | FloatArray = (1.0, 24.0)
) -> xr.Dataset:
    """How likely each layout keeps its data, and how much work it loses.

    Parameters
    ----------
    results : xarray.Dataset
        From `dcrisk.simulate`.
    confidence : float
        Of each interval.
    objectives : float or sequence of float, hours
        Recovery point objectives: the hours of work that a window may lose.

    Returns
    -------
    xarray.Dataset
        Over ``layout``, each with ``_low`` and ``_high``:

        ``loss_probability``, ``durability``, ``nines``
            Probability that the window loses all copies of the data, one minus it, and minus its decimal logarithm:
            11 nines are a loss in one window of 10^11.
        ``mean_time_to_data_loss``
            In years, at a constant rate of loss: minus the window over log(durability). Infinite where no trial lost
            data, and finite at least.

        And where the results hold ``data_lost_hours``, which they do if some layout has asynchronous copies:

        ``data_lost_hours``
            Mean hours of work that a window loses because its data came back from an asynchronous copy. A loss of all
            copies is not in it; ``loss_probability`` tells how likely that is.
        ``objective_missed``
            Also over ``objective``: probability that a window loses more work than that, a loss of all copies counting
            as more than any objective.

    Raises
    ------
    ValueError
        If the results lack a variable or an attribute, or hold values out of range or no trial;
        if an objective is negative.

    Notes
    -----
    A layout without copies has no data to lose: its ``loss_probability`` is 0 in every trial.

    Probabilities have Clopper-Pearson intervals, and what follows from them the same, carried over. The mean of
    ``data_lost_hours`` has Gaffke's. A window is taken to lose no more work than it has hours, or than the most seen if
    that is more, which is an assumption: a copy can be older than the window.

    References
    ----------
    Clopper and Pearson, "The use of confidence or fiducial limits illustrated in the case of the binomial", Biometrika
    26, 1934 (probabilities).
    Gaffke, "Three test statistics for a nonparametric one-sided hypothesis on the mean of a nonnegative variable",
    Mathematical Methods of Statistics 14, 2005 (means).

    Examples
    --------
    >>> lost = np.arange(2000) < 2
    >>> results = xr.Dataset(
    ...     {"data_loss": (("layout", "trial"), [lost]), "data_lost_hours": (("layout", "trial"), [3.0 * ~lost])},
    ...     coords={"layout": ["A"]}, attrs={"horizon_hours": 8766.0})
    >>> found = durability(results)
    >>> for name in ("durability", "nines", "mean_time_to_data_loss"):
    ...     print(name, *(f"{found[name + end].item():.5g}" for end in ("", "_low", "_high")))
    durability 0.999 0.99639 0.99988
    nines 3 2.4428 3.9168
    mean_time_to_data_loss 999.5 276.69 8255.3
    >>> found["objective_missed"].values
    array([[1.   , 0.001]])
    """
    intervals.check_confidence(confidence)
    allowed = np.atleast_1d(np.asarray(objectives, dtype=np.float64))
    if allowed.ndim != 1 or allowed.size == 0 or not np.all((allowed >= 0.0) & (allowed < np.inf)):
        raise ValueError("objectives must be a list of hours, finite and not negative")
    check_results(results)
    asynchronous = ["data_lost_hours"] if "data_lost_hours" in results else []
    data = read_results(results, ["data_loss", *asynchronous])
    trials = trials_of(data)
    found = _losses(trials, data, confidence)
    if not asynchronous:
        return make_dataset(data, confidence, found)
    found |= _lost_hours(trials, data, confidence) | _missed(trials, data, allowed, confidence)
    words = "recovery point objective: hours of work that a window may lose"
    coordinate = {"objective": ("objective", allowed, {"units": "h", "long_name": words})}
    return make_dataset(data, confidence, found).assign_coords(coordinate)


def _losses(trials: Trials, data: xr.Dataset, confidence: float) -> Variables:
    years = data.attrs["horizon_hours"] / YEAR_HOURS
    method = trials.methods.probability
    lost = [trials.probability(x != 0, confidence) for x in data["data_loss"].values]
    kept = [complement(e) for e in lost]
    digits = [Estimate(nines(e.value), nines(e.high), nines(e.low)) for e in lost]
    times = [Estimate(*(_years_to_loss(p, years) for p in (e.value, e.high, e.low))) for e in lost]
    return (
        named_variables(data, lost, "loss_probability", "probability that data are lost in the window", "1", method)
        | named_variables(data, kept, "durability", "probability that no data are lost in the window", "1", method)
        | named_variables(data, digits, "nines", "minus the decimal logarithm of loss_probability", "1", method)
        | named_variables(
            data, times, "mean_time_to_data_loss", "mean time to the loss of data, at a constant rate", "year", method
        )
    )


def _years_to_loss(probability: float | FloatArray, years: float) -> float:
    if probability <= 0.0:
        return np.inf
    return -years / float(np.log1p(-probability)) if probability < 1.0 else 0.0


def _lost_hours(trials: Trials, data: xr.Dataset, confidence: float) -> Variables:
    window = data.attrs["horizon_hours"]
    return over_layouts(
        data["data_lost_hours"],
        lambda x: trials.mean(x, max(window, float(x.max())), confidence),
        "data_lost_hours",
        "mean hours of work that a window loses through asynchronous copies",
        "h",
        trials.methods.mean + ", assuming that a window loses no more work than it has hours, or than the most seen",
    )


def _missed(trials: Trials, data: xr.Dataset, objectives: FloatArray, confidence: float) -> Variables:
    total, hours = data["data_loss"].values != 0, data["data_lost_hours"].values
    estimates = [
        stacked([trials.probability(all_lost | (x > objective), confidence) for objective in objectives])
        for all_lost, x in zip(total, hours, strict=True)
    ]
    words = "probability that a window loses more work than the objective"
    return named_variables(
        data, estimates, "objective_missed", words, "1", trials.methods.probability, dims=("objective",)
    )
