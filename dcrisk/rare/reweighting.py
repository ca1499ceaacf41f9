"""One run, every rate: strata are weighed anew, and nothing is simulated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr
from scipy import stats

from dcrisk.rare.counts import FloatArray
from dcrisk.rare.diagnosis import diagnose
from dcrisk.rare.factors import Factor, factors_of, more_than, probabilities, scenario_of
from dcrisk.rare.looks import Part, judge
from dcrisk.rare.proposal import PLAIN_SHARE
from dcrisk.rare.results import layout_variables
from dcrisk.rare.strata import Stratum
from dcrisk.rare.sums import Sums
from dcrisk.scenario import with_rates
from dcrisk.specification import SpecificationError

KEPT = ("Conventions", "source", "quantity", "precision", "confidence", "horizon_hours", "warmup_hours", "seed")


def reweight(result: xr.Dataset, rates: Mapping[str, Any]) -> xr.Dataset:
    """The risk at other rates, from the strata of one run.

    Given how many events of each class there are, nothing hangs on the rates. So the risk of each stratum stays, and
    its probability is computed anew: Poisson numbers for a rate, negative binomial ones for a gamma distribution of what
    is known of it, and an integral for any other distribution.

    Parameters
    ----------
    result : xarray.Dataset
        From `dcrisk.estimate` with ``method="stratified"``.
    rates : mapping of str to float or frozen distribution, events a year
        Names as in `dcrisk.with_rates`.

    Returns
    -------
    xarray.Dataset
        Over ``layout``, as `dcrisk.estimate`: ``risk``, ``risk_low``, ``risk_high``, ``relative_precision``,
        ``effective_hits``, ``largest_share``, ``converged`` (as precise as was asked for at the first rates) and
        ``diagnosis``. The further the rates are from those sampled, the wider the interval.

    Raises
    ------
    SpecificationError
        If the result has no strata, there is no such rate, or what was sampled depends on it: the proportions of sites
        that make one class, and events that come so often that their number was drawn.

    References
    ----------
    Atwood et al., "Handbook of parameter estimation for probabilistic risk assessment", NUREG/CR-6823, 2003 (gamma
    posteriors of Poisson rates).

    Examples
    --------
    >>> import dcrisk
    >>> scenario = dcrisk.Scenario(
    ...     [dcrisk.Site("A"), dcrisk.Site("B")],
    ...     [dcrisk.Fire("fire", {"A": 1e-3, "B": 1e-3}, {"destroyed": 8766.0}, destroyed=1.0)])
    >>> layout = dcrisk.Layout("two sites", replicas=["A", "B"], copies=["A", "B"], rereplication=24.0)
    >>> found = dcrisk.estimate(scenario, [layout], "data_loss", method="stratified", seed=1, progress=False)
    >>> tenfold = dcrisk.reweight(found, {"fire.rate_per_year[A]": 1e-2})
    >>> round(float(tenfold.risk[0] / found.risk[0]), 1)
    10.0
    """
    factors = factors_of(result, with_rates(scenario_of(result), rates))
    parts = _parts(result, probabilities(factors, result["events"].values))
    left_out = more_than(factors, int(result.attrs["most_events"])) * result["possible"].values
    nothing = np.zeros(left_out.size)
    verdict = judge(parts, left_out, nothing, result.attrs["largest_possible"], result.attrs["error_of_last_look"])
    risk = result["risk"].attrs
    diagnosis = diagnose(parts, verdict.value)
    variables = layout_variables(risk["long_name"], risk["units"], verdict, diagnosis, float(result.attrs["precision"]))
    attrs = {"title": "Risk of hosting layouts at other rates", "rates": repr(dict(rates))}
    attrs |= {name: result.attrs[name] for name in KEPT}
    return xr.Dataset(variables, coords={"layout": result["layout"]}, attrs=attrs)


def rate_derivatives(result: xr.Dataset) -> xr.Dataset:
    """How the risk grows with each rate that is known, from the strata of one run.

    Parameters
    ----------
    result : xarray.Dataset
        From `dcrisk.estimate` with ``method="stratified"``.

    Returns
    -------
    xarray.Dataset
        Over ``rate`` (named as the classes of events) and ``layout``: ``derivative`` (risk for each event a year more)
        and ``elasticity`` (percent of the risk for each percent of the rate: with two destroyed sites needed it adds up to
        2), each with ``_low`` and ``_high``.

    Notes
    -----
    The probability of n events at rate r is Poisson, so its derivative is itself times n / r minus the exposure: the
    score function of Rubinstein and Shapiro, "Discrete Event Systems", 1993, here summed without noise of its own. Bounds
    are normal; strata that may do harm but have shown none widen them by what one more trial could add.

    Raises
    ------
    SpecificationError
        If the result has no strata.

    Examples
    --------
    >>> import dcrisk
    >>> scenario = dcrisk.Scenario(
    ...     [dcrisk.Site("A"), dcrisk.Site("B")],
    ...     [dcrisk.Fire("fire", {"A": 1e-3, "B": 1e-3}, {"destroyed": 8766.0}, destroyed=1.0)])
    >>> layout = dcrisk.Layout("two sites", replicas=["A", "B"], copies=["A", "B"], rereplication=24.0)
    >>> found = dcrisk.estimate(scenario, [layout], "data_loss", method="stratified", seed=1, progress=False)
    >>> dcrisk.rate_derivatives(found).elasticity[:, 0].values.round(1)
    array([1., 1.])
    """
    factors = factors_of(result, scenario_of(result))
    known = [factor for factor in factors if not factor.uncertain]
    events = result["events"].values
    weights = probabilities(factors, events)
    risk = result["risk"].values
    found = np.array([_derivative(result, factor, weights, events) for factor in known]).reshape(-1, 3, risk.size)
    rates = np.array([float(factor.rate) * factor.share for factor in known])
    with np.errstate(divide="ignore", invalid="ignore"):
        relative = np.where(risk > 0.0, found * rates[:, None, None] / risk, 0.0)
    names = np.array([factor.name for factor in known], dtype=object).astype(str)
    variables: dict[str, Any] = {}
    for name, values, units, words in (
        ("derivative", found, "year", "risk for each event a year more"),
        ("elasticity", relative, "1", "relative change of the risk over that of the rate"),
    ):
        for place, (end, more) in enumerate((("", ""), ("_low", ": lower bound"), ("_high", ": upper bound"))):
            attrs = {"units": units, "long_name": words + more}
            variables[name + end] = ("rate", "layout"), values[:, place], attrs
    variables["rate_per_year"] = "rate", rates, {"units": "1/year", "long_name": "rate"}
    attrs = {name: result.attrs[name] for name in KEPT}
    return xr.Dataset(variables, coords={"rate": ("rate", names), "layout": result["layout"]}, attrs=attrs)


def rate_indices(result: xr.Dataset, rates: Mapping[str, Any] | None = None) -> xr.Dataset:
    """Sobol' indices of the rates that are not known, from the strata of one run.

    Parameters
    ----------
    result : xarray.Dataset
        From `dcrisk.estimate` with ``method="stratified"``.
    rates : mapping of str to frozen distribution, events a year, optional
        What is not known of some rates, by names as in `dcrisk.with_rates`; by default as the scenario says.

    Returns
    -------
    xarray.Dataset
        Over ``layout``: ``risk`` (its mean over what is not known) and ``risk_sd`` (its standard deviation). Over
        ``rate`` and ``layout``: ``first_order`` (share of the variance that is due to this rate alone) and ``total`` (with
        all that it has together with others).

    Notes
    -----
    The risk is a sum over strata of products of one factor for each rate, so that the indices are sums as well: nothing
    is sampled for them. They have the noise of the strata's risks, and none of their own. What `dcrisk.sobol` finds by
    simulation is the same.

    Raises
    ------
    SpecificationError
        If the result has no strata, or no rate is a distribution.

    References
    ----------
    Saltelli et al., "Global Sensitivity Analysis. The Primer", 2008, chapter 4.

    Examples
    --------
    >>> import dcrisk
    >>> scenario = dcrisk.Scenario(
    ...     [dcrisk.Site("A"), dcrisk.Site("B")],
    ...     [dcrisk.Fire("fire", {"A": 1e-3, "B": 1e-3}, {"destroyed": 8766.0}, destroyed=1.0)])
    >>> layout = dcrisk.Layout("two sites", replicas=["A", "B"], copies=["A", "B"], rereplication=24.0)
    >>> found = dcrisk.estimate(scenario, [layout], "data_loss", method="stratified", seed=1, progress=False)
    >>> unknown = {"fire.rate_per_year[A]": dcrisk.jeffreys_rate(1, 1000),
    ...            "fire.rate_per_year[B]": dcrisk.jeffreys_rate(4, 4000)}
    >>> dcrisk.rate_indices(found, unknown).first_order[:, 0].values.round(2)
    array([0.64, 0.21])
    """
    scenario = scenario_of(result)
    factors = factors_of(result, with_rates(scenario, rates) if rates is not None else scenario)
    unknown = [i for i, factor in enumerate(factors) if factor.uncertain]
    if not unknown:
        raise SpecificationError("no rate is a distribution: give rates={name: distribution}")
    events = result["events"].values
    means, products = zip(*(_moments(factor, events) for factor in factors), strict=True)
    alone = [np.outer(mean, mean) for mean in means]
    risks = result["stratum_risk"].values

    def spread(random: Sequence[int]) -> FloatArray:
        """The variance of the risk given the rates ``random``, averaged over all others."""
        matrix = np.prod([products[i] if i in random else alone[i] for i in range(len(factors))], axis=0)
        matrix = matrix - np.prod(alone, axis=0)
        found: FloatArray = np.maximum(np.einsum("nl,nm,ml->l", risks, matrix, risks), 0.0)
        return found

    variance = spread(unknown)
    first = np.array([spread([i]) for i in unknown])
    others = np.array([spread([j for j in unknown if j != i]) for i in unknown])
    some = np.where(variance > 0.0, variance, np.inf)
    names = np.array([factors[i].name for i in unknown], dtype=object).astype(str)
    by_rate = ("rate", "layout")
    risk = result["risk"].attrs
    variables = {
        "risk": ("layout", np.prod(means, axis=0) @ risks, {"units": risk["units"], "long_name": risk["long_name"]}),
        "risk_sd": ("layout", np.sqrt(variance), {"units": risk["units"], "long_name": "its standard deviation"}),
        "first_order": (by_rate, first / some, {"units": "1", "long_name": "share of the variance due to it alone"}),
        "total": (
            by_rate,
            np.where(variance > 0.0, 1.0 - others / some, 0.0),
            {"units": "1", "long_name": "share of the variance in which it has a part"},
        ),
    }
    attrs = {name: result.attrs[name] for name in KEPT}
    return xr.Dataset(variables, coords={"rate": ("rate", names), "layout": result["layout"]}, attrs=attrs)


def _parts(result: xr.Dataset, weights: FloatArray) -> list[Part]:
    """The strata of a result, with new probabilities."""
    trials = result["stratum_trials"].values
    mean, variance = result["stratum_risk"].values, result["stratum_variance"].values
    squares = variance * np.maximum(trials - 1, 0)[:, None] + mean**2 * trials[:, None]
    total_weights = np.stack([result["stratum_weight"].values, result["stratum_weight_squared"].values], axis=1)
    found = []
    for i, n in enumerate(trials):
        sums = Sums(
            int(n),
            result["stratum_hits"].values[i],
            mean[i] * n,
            squares[i],
            result["stratum_largest"].values[i],
            total_weights[i] * n,
            np.zeros((2, 0)),
        )
        counts = tuple(int(count) for count in result["events"].values[i])
        found.append(Part(Stratum(counts, float(weights[i]), result["stratum_harms"].values[i]), sums, True))
    return found


def _derivative(
    result: xr.Dataset, factor: Factor, weights: FloatArray, events: np.ndarray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Of the risk of each layout in the rate of one class, and its bounds."""
    column, exposure = factor.columns[0], factor.exposures[0] / factor.share
    rate = float(factor.rate) * factor.share
    slope = weights * (events[:, column] / rate - exposure) if rate > 0.0 else np.zeros(len(weights))
    trials = np.maximum(result["stratum_trials"].values, 1)
    value = slope @ result["stratum_risk"].values
    error = np.sqrt((slope**2 / trials) @ result["stratum_variance"].values)
    hidden = result["stratum_harms"].values & (result["stratum_hits"].values == 0)
    most = float(result.attrs["largest_possible"])
    one_more = (most if np.isfinite(most) else float(result["stratum_largest"].max())) / PLAIN_SHARE
    unseen = (hidden * (np.abs(slope) * one_more / trials)[:, None]).max(axis=0, initial=0.0)
    half = float(stats.norm.isf(0.5 * (1.0 - float(result.attrs["confidence"])))) * error + 3.7 * unseen
    return value, value - half, value + half


def _moments(factor: Factor, events: np.ndarray) -> tuple[FloatArray, FloatArray]:
    """Over a rate: the mean probability of the numbers of each stratum, and of each two strata together."""
    rates, weights = factor.nodes()
    given = factor.given_rate(events, rates)
    mean: FloatArray = weights @ given
    return mean, given.T @ (weights[:, None] * given)
