"""The way back to service."""

from __future__ import annotations

import xarray as xr

from dcrisk import intervals
from dcrisk.statistics.datasets import check_results, make_dataset, over_layouts, read_results, stacked, trials_of


def restoration(results: xr.Dataset, confidence: float = 0.95) -> xr.Dataset:
    """How likely each layout's service is up at some moments of the window.

    Parameters
    ----------
    results : xarray.Dataset
        From `dcrisk.simulate` with ``at_hours``.
    confidence : float
        Of each interval (for one moment at a time, not for the curve as a whole).

    Returns
    -------
    xarray.Dataset
        ``up`` over ``layout`` and ``time`` (hours from the start of the window): the probability that the service is
        up at that moment, with Clopper-Pearson intervals.

    Raises
    ------
    ValueError
        If the results come from a run without ``at_hours``, or hold values out of range.

    Notes
    -----
    For a scenario as it is, this is the availability at each moment, from a start with everything up. For one in which
    an event is given at time 0, as with ``scenario.given("fire", origin="SBG2")``, it is the restoration curve after the
    event: who is back after a day, a week, a month. Being up once does not mean being up from then on, since later
    events strike as well; ``scenario.without(...)`` leaves them out.

    References
    ----------
    Clopper and Pearson, "The use of confidence or fiducial limits illustrated in the case of the binomial", Biometrika
    26, 1934 (probabilities).

    Examples
    --------
    >>> import dcrisk
    >>> from scipy import stats
    >>> fire = dcrisk.Fire("fire", {"A": 1e-3}, {"damaged": stats.expon(scale=100.0)}, destroyed=0.0)
    >>> scenario = dcrisk.Scenario([dcrisk.Site("A")], [fire]).given("fire", origin="A")
    >>> layouts = [dcrisk.Layout("waits", replicas=["A"]), dcrisk.Layout("moves", replicas=["A"], relocation=48.0)]
    >>> results = dcrisk.simulate(scenario, layouts, 10_000, seed=1, at_hours=[24.0, 72.0, 240.0], progress=False)
    >>> restoration(results)["up"].values.round(2)
    array([[0.21, 0.51, 0.91],
           [0.21, 1.  , 1.  ]])
    """
    intervals.check_confidence(confidence)
    check_results(results)
    if "down" not in results:
        raise ValueError("the results lack down: call simulate(..., at_hours=[1.0, 24.0, 168.0]) with some hours")
    data = read_results(results, ["down"])
    if data["down"].dims != ("layout", "time", "trial"):
        raise ValueError("down must have the dimensions layout, time and trial, as from simulate(..., at_hours=...)")
    trials = trials_of(data)
    found = over_layouts(
        data["down"] != 0,
        lambda moments: stacked([trials.probability_without(x, confidence) for x in moments]),
        "up",
        "probability that the service is up at that moment",
        "1",
        trials.methods.probability,
        dims=("time",),
    )
    times = {"time": data["time"]} if "time" in data.coords else {}
    return make_dataset(data, confidence, found).assign_coords(times)
