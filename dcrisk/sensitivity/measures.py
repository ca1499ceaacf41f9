"""importance(): how much of the risk hangs on each node and each hazard."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np
import xarray as xr

from dcrisk.compiler import HOURS_PER_YEAR, never_happens
from dcrisk.hazards import Hazard
from dcrisk.intervals import check_confidence
from dcrisk.layouts import Layout
from dcrisk.scenario import Scenario, Site
from dcrisk.sensitivity.runs import Quantity, Variants, check_variants
from dcrisk.specification import SpecificationError, check_known, check_list, check_unique
from dcrisk.statistics.datasets import named_variables
from dcrisk.statistics.equal import CLOPPER_PEARSON, EqualTrials
from dcrisk.statistics.trials import GAFFKE, Estimate, FloatArray

PAIRED = "paired on the same trials"
MEANS = {  # words of the measure, and how its interval is found
    "risk_perfect": ("risk with the component perfect", ""),
    "risk_failed": ("risk with the component failed", ""),
    "birnbaum": ("Birnbaum importance: risk failed minus risk perfect", f", {PAIRED}"),
}
RATIO = f"Fieller's inversion of Gaffke's bound, {PAIRED}"
RATIOS = {
    "fussell_vesely": "Fussell-Vesely importance: share of the risk that goes with the component perfect",
    "risk_reduction_worth": "risk reduction worth: risk over the risk with the component perfect",
    "risk_achievement_worth": "risk achievement worth: risk with the component failed over the risk",
}


def importance(
    scenario: Scenario,
    layouts: Sequence[Layout],
    trials: int | float,
    *,
    seed: int = 0,
    horizon: float = HOURS_PER_YEAR,
    warmup: float = 0.0,
    quantity: str = "downtime",
    of: Sequence[str] | str | None = None,
    confidence: float = 0.95,
    threads: int | None = None,
    progress: bool = True,
) -> xr.Dataset:
    """How much of the risk of each layout hangs on each node and on each hazard.

    The scenario is played again for every component: once with the component perfect, once with it failed. All runs
    share their random numbers, so what does not concern the component drops out, trial by trial.

    Parameters
    ----------
    scenario, layouts, trials, seed, horizon, warmup, threads
        As in `dcrisk.simulate`. There are so many trials for each of the runs, of which each component needs two.
    quantity : {"downtime", "any_outage", "data_loss", "outages"}
        The risk is its mean: the unavailability (share of the window down), the probability of some downtime in the
        window, that of a loss of data, or the number of outages that begin in it.
    of : str or sequence of str, optional
        Names of nodes and hazards; by default all of them.
    confidence : float
        Of each interval.
    progress : bool
        Show a progress bar when it takes longer than about two seconds.

    Returns
    -------
    xarray.Dataset
        Over ``layout`` and ``component``, with the coordinate ``kind`` ("site", "utility" or "hazard"). A hazard with
        the name of a node is called ``"name (hazard)"``. Each with ``_low`` and ``_high``:

        ``risk``
            Over ``layout`` alone: as the scenario is.
        ``risk_perfect``
            With a *node* that nothing strikes: hazards have no effect on the node itself, while all events, what else
            they strike and what the node needs stay as they are. Without a *hazard*, its conditions and its triggers.
        ``risk_failed``
            With a *node* interrupted from the start of the warm-up to the end of the window, its data safe. With one
            event more of a *hazard*, at time 0 of every trial and where its rates have it; of a hazard that never
            happens by itself (all its rates are 0), the risk as it is.
        ``birnbaum``
            ``risk_failed - risk_perfect``.
        ``fussell_vesely``
            ``(risk - risk_perfect) / risk``: the share of the risk that goes with the component perfect. Shares of
            several components do not add up to 1: where it takes two for an outage, it counts for both.
        ``risk_reduction_worth``
            ``risk / risk_perfect``.
        ``risk_achievement_worth``
            ``risk_failed / risk``.

        And over ``layout``, ``seen``: whether the risk was above 0 in any trial. Of a ratio with 0 above and below the
        line the estimate is 1 (for ``fussell_vesely`` 0), with 0 below alone it is infinite; its interval reaches as
        far as nothing was seen against it.

    Raises
    ------
    SpecificationError
        If a name is unknown or a number out of range. Nothing is simulated then.

    Notes
    -----
    A risk need not fall with a component perfect, nor rise with it failed: see "More hazards, more downtime?" in the
    documents. Numbers of outages are not monotone at all, for an outage that lasts all along is at most one.

    References
    ----------
    Birnbaum, "On the importance of different components in a multicomponent system", in Krishnaiah (ed.), Multivariate
    Analysis II, 1969. Fussell, "How to hand-calculate system reliability and safety characteristics", IEEE Transactions
    on Reliability R-24, 1975. Vesely, Davis, Denning and Saltos, "Measures of risk importance and their applications",
    NUREG/CR-3385, 1983. Rausand and Hoyland, "System Reliability Theory", 2nd edition, 2004, chapter 5.

    Examples
    --------
    >>> import dcrisk
    >>> scenario = dcrisk.Scenario(
    ...     [dcrisk.Utility("grid"), dcrisk.Site("A", requires=["grid"]), dcrisk.Site("B", requires=["grid"])],
    ...     [dcrisk.Failure("equipment", {"A": 1.0, "B": 1.0}, 24.0), dcrisk.GridOutage("storms", {"grid": 0.5}, 8.0)])
    >>> layout = dcrisk.Layout("A or B", replicas=["A", "B"])
    >>> found = importance(scenario, [layout], 10_000, seed=1, progress=False)
    >>> found["component"].values.tolist()
    ['grid', 'A', 'B', 'equipment', 'storms']
    >>> found["fussell_vesely"].sel(layout="A or B").values.round(2)
    array([0.99, 0.01, 0.01, 0.01, 0.99])
    >>> found["risk_failed"].sel(layout="A or B", component="grid").item()
    1.0
    """
    from tqdm.auto import tqdm

    check_confidence(confidence)
    variants = check_variants(scenario, layouts, quantity, trials, seed, horizon, warmup, threads)
    components = _chosen(_components(scenario), of)
    as_it_is = variants.play(scenario)
    estimates, measured = _Estimates(variants.quantity, confidence), []
    for component in tqdm(components, unit=" components", delay=1.5, disable=not progress):
        perfect = component.perfect(variants)
        failed = as_it_is if component.failed is None else component.failed(variants)
        measured.append([_measures(estimates, *values) for values in zip(as_it_is, perfect, failed, strict=True)])
    risks = [estimates.mean(x) for x in as_it_is]
    return _dataset(scenario, variants, components, risks, measured, confidence)


class Component(NamedTuple):
    """What may be perfect or have failed."""

    name: str
    label: str
    kind: str
    perfect: Callable[[Variants], FloatArray]
    failed: Callable[[Variants], FloatArray] | None  # None: it cannot, and all stays as it is


def _components(scenario: Scenario) -> list[Component]:
    """All nodes, then all hazards."""
    nodes = {node.name: "site" if isinstance(node, Site) else "utility" for node in scenario.nodes}
    found = [
        Component(name, name, kind, partial(_spare, scenario, name), partial(_fail, scenario, name))
        for name, kind in nodes.items()
    ]
    for hazard in scenario.hazards:
        name = hazard.name
        label = f"{name} (hazard)" if name in nodes else name
        failed = None if never_happens(hazard) else partial(_give, scenario, hazard)
        found.append(Component(name, label, "hazard", partial(_leave_out, scenario, name), failed))
    check_unique((component.label for component in found), "components")
    return found


def _spare(scenario: Scenario, name: str, variants: Variants) -> FloatArray:
    return variants.play(scenario, spared=[name])


def _fail(scenario: Scenario, name: str, variants: Variants) -> FloatArray:
    return variants.play(scenario, failed=[name])


def _leave_out(scenario: Scenario, name: str, variants: Variants) -> FloatArray:
    return variants.play(scenario.without(name))


def _give(scenario: Scenario, hazard: Hazard, variants: Variants) -> FloatArray:
    return variants.play(scenario.given(hazard.name))


def _chosen(components: list[Component], of: Sequence[str] | str | None) -> list[Component]:
    """Those of some names, or all."""
    if of is None:
        return components
    names = [of] if isinstance(of, str) else check_list(of, "of")
    if not names:
        raise SpecificationError("of names no component; leave it out for all of them")
    check_unique(names, "of")
    for name in names:
        check_known(name, dict.fromkeys(text for c in components for text in (c.name, c.label)), "of")
    return [component for component in components if {component.name, component.label} & set(names)]


class _Estimates:
    """Means, differences and ratios with their intervals; each is found once, since many components change nothing."""

    def __init__(self, quantity: Quantity, confidence: float) -> None:
        self._quantity, self._confidence = quantity, confidence
        self._found: dict[tuple[str | bytes, ...], Estimate] = {}

    def _once(self, find: Callable[..., Estimate], *values: FloatArray) -> Estimate:
        key: tuple[str | bytes, ...] = (find.__name__, *(hashlib.sha256(x.tobytes()).digest() for x in values))
        if key not in self._found:
            self._found[key] = find(*values)
        return self._found[key]

    def mean(self, x: FloatArray) -> Estimate:
        return self._once(self._mean, x)

    def difference(self, x: FloatArray, y: FloatArray) -> Estimate:
        """The mean of x minus that of y."""
        return self._once(self._difference, x, y)

    def ratio(self, x: FloatArray, y: FloatArray) -> Estimate:
        """The mean of x over that of y."""
        return self._once(self._ratio, x, y)

    def _most(self, *values: FloatArray) -> float:
        """The largest value possible; where nature sets none, one more than the most seen is assumed."""
        most = self._quantity.most
        return most if most < np.inf else 1.0 + max(float(x.max()) for x in values)

    def _mean(self, x: FloatArray) -> Estimate:
        trials = EqualTrials(x.size)
        if self._quantity.probability:
            return trials.probability(x > 0.0, self._confidence)
        return trials.mean(x, self._most(x), self._confidence)

    def _difference(self, x: FloatArray, y: FloatArray) -> Estimate:
        trials = EqualTrials(x.size)
        if self._quantity.probability:
            return trials.paired(x > 0.0, y > 0.0, self._confidence)
        return trials.difference(x - y, self._most(x, y), self._confidence)

    def _ratio(self, x: FloatArray, y: FloatArray) -> Estimate:
        most = self._most(x, y)
        found = EqualTrials(x.size).ratio(x, y, (most, 0.0), (0.0, most), self._confidence)
        return found if x.any() or y.any() else found._replace(value=1.0)


def _measures(
    estimates: _Estimates, as_it_is: FloatArray, perfect: FloatArray, failed: FloatArray
) -> dict[str, Estimate]:
    """All measures of one component for one layout."""
    kept = estimates.ratio(perfect, as_it_is)
    return {
        "risk_perfect": estimates.mean(perfect),
        "risk_failed": estimates.mean(failed),
        "birnbaum": estimates.difference(failed, perfect),
        "fussell_vesely": Estimate(1.0 - kept.value, 1.0 - kept.high, 1.0 - kept.low),
        "risk_reduction_worth": Estimate(*(_inverse(x) for x in (kept.value, kept.high, kept.low))),
        "risk_achievement_worth": estimates.ratio(failed, as_it_is),
    }


def _inverse(x: float | FloatArray) -> float:
    return 1.0 / float(x) if x else np.inf


def _dataset(
    scenario: Scenario,
    variants: Variants,
    components: list[Component],
    risks: list[Estimate],
    measured: list[list[dict[str, Estimate]]],
    confidence: float,
) -> xr.Dataset:
    layouts = xr.DataArray([layout.name for layout in variants.layouts], dims="layout")
    method = CLOPPER_PEARSON if variants.quantity.probability else GAFFKE
    found = named_variables(layouts, risks, "risk", variants.quantity.risk, "1", method)
    methods = {name: (words, method + paired) for name, (words, paired) in MEANS.items()}
    methods |= {name: (words, RATIO) for name, words in RATIOS.items()}
    for name, (words, how) in methods.items():
        rows = [
            Estimate(*(np.array(ends) for ends in zip(*(of[i][name] for of in measured), strict=True)))
            for i in range(len(risks))
        ]
        found |= named_variables(layouts, rows, name, words, "1", how, dims=("component",))
    kinds = [component.kind for component in components]
    coords = {
        "layout": ("layout", layouts.values, {"long_name": "layout"}),
        "component": ("component", [component.label for component in components], {"long_name": "node or hazard"}),
        "kind": ("component", kinds, {"long_name": "whether it is a site, a utility or a hazard"}),
    }
    attrs = variants.attrs(scenario, "Importance of nodes and hazards") | {"confidence": float(confidence)}
    table = xr.Dataset(found, coords=coords, attrs=attrs)
    table["seen"] = ("layout", found["risk"].values > 0.0, {"long_name": "whether the risk was above 0 in any trial"})
    return table
