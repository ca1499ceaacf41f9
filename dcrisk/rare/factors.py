"""The probabilities of strata at any rates: a factor for each rate, which may be uncertain."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import xarray as xr

from dcrisk import durations
from dcrisk.compiler import profile_points
from dcrisk.compiler.sources import Group, groups_of, rates_of
from dcrisk.hazards import Flood, Hazard
from dcrisk.plain_forms import scenario_from_plain
from dcrisk.rare.counts import CountLaw, FloatArray, count_law, quadrature
from dcrisk.rates import HOURS_PER_YEAR, Rate, mean_rate
from dcrisk.scenario import Scenario
from dcrisk.specification import ARROW, SpecificationError


class Factor(NamedTuple):
    """Classes whose numbers of events hang on one rate."""

    name: str
    rate: Rate
    dispersion: float
    columns: list[int]
    """The classes."""
    exposures: FloatArray
    """Expected events of each at a rate of one a year."""
    share: float = 1.0
    """Of a class in the rate, where it has a factor of its own."""

    @property
    def uncertain(self) -> bool:
        """Whether the rate is not known, or differs from year to year."""
        return durations.is_frozen(self.rate) or self.dispersion > 1.0

    def nodes(self) -> tuple[FloatArray, FloatArray]:
        """Rates and their probabilities; one rate where it is known."""
        if not self.uncertain:
            return np.array([float(self.rate)]), np.ones(1)
        law = self.rate
        if self.dispersion > 1.0:
            from scipy import stats

            total = float(self.exposures.sum())
            law = stats.gamma(self.rate * total / (self.dispersion - 1.0), scale=(self.dispersion - 1.0) / total)
        return quadrature(law)

    def given_rate(self, events: np.ndarray, rates: FloatArray) -> FloatArray:
        """Probability of the numbers of events of each stratum, at each rate: (rate, stratum)."""
        from scipy import stats

        found = np.ones((rates.size, len(events)))
        for column, exposure in zip(self.columns, self.exposures, strict=True):
            found *= stats.poisson.pmf(events[None, :, column], rates[:, None] * exposure)
        return found

    def total_law(self) -> CountLaw:
        """Of the number of events of all its classes together."""
        return count_law(self.rate, float(self.exposures.sum()), self.dispersion)


def scenario_of(result: xr.Dataset) -> Scenario:
    """The scenario whose strata were sampled."""
    if "scenario_json" not in result.attrs or "stratum_risk" not in result:
        raise SpecificationError(
            "the result has no strata to weigh anew: take that of estimate(..., method='stratified')"
        )
    if result["solved"].any():
        raise SpecificationError(
            "a part of the result was solved for the rates of its scenario: take that of estimate(..., method='stratified')"
        )
    return scenario_from_plain(json.loads(result.attrs["scenario_json"]))


def factors_of(result: xr.Dataset, scenario: Scenario) -> list[Factor]:
    """What the probabilities of the strata are made of under a scenario that differs from the sampled one in rates alone."""
    classes = json.loads(result.attrs["classes_json"])
    before = {hazard.name: hazard for hazard in scenario_of(result).hazards}
    by_themselves = set(json.loads(result.attrs["not_laid_out_json"]))
    drawn = [bool((column < 0).any()) for column in result["events"].values.T]
    found = []
    for hazard in scenario.hazards:
        columns = [i for i, (name, _, _) in enumerate(classes) if name == hazard.name]
        fixed = hazard.name in by_themselves or any(drawn[i] for i in columns)
        _check_change(hazard, before[hazard.name], fixed)
        columns = [i for i in columns if not drawn[i]]
        rates, common = rates_of(hazard)
        years = _years(hazard, result)
        for group in groups_of(hazard, rates, common) if columns else []:
            found.extend(_factors_of_group(hazard, group, classes, columns, years))
    covered = sorted(column for factor in found for column in factor.columns)
    if covered != [i for i in range(len(classes)) if not drawn[i]]:
        missing = next(i for i in range(len(classes)) if not drawn[i] and i not in covered)
        raise SpecificationError(
            f"hazard {classes[missing][0]!r}: {', '.join(classes[missing][1])} has no rate any more"
        )
    return found


def _check_change(hazard: Hazard, before: Hazard, fixed: bool) -> None:
    if hazard != before and fixed:
        raise SpecificationError(
            f"hazard {hazard.name!r}: its events come so often that their number was drawn, so its rates cannot be changed"
            " afterwards; estimate again"
        )
    if isinstance(hazard, Flood) and isinstance(before, Flood) and _basin_shares(hazard) != _basin_shares(before):
        raise SpecificationError(f"flood {hazard.name!r}: the shares of its basins have changed; estimate again")


def _basin_shares(flood: Flood) -> list[float]:
    """Of each basin, the share of the events in which it exceeds its threshold."""
    events = mean_rate(flood.event_rate)
    return [round(mean_rate(s.peak_rate) / events, 12) if events > 0.0 else 0.0 for s in flood.stages.values()]


def _years(hazard: Hazard, result: xr.Dataset) -> float:
    masses, _ = profile_points(hazard.monthly, result.attrs["warmup_hours"], result.attrs["horizon_hours"])
    return masses[-1] / HOURS_PER_YEAR


def _factors_of_group(
    hazard: Hazard, group: Group, classes: Sequence[Any], columns: Sequence[int], years: float
) -> list[Factor]:
    """One factor, or one for each class where nothing unknown joins them."""
    place = {origin: i for i, origin in enumerate(group.origins)}
    weights = np.asarray(group.weights, np.float64)
    own, exposures = [], []
    for column in columns:
        _, origins, shares = classes[column]
        if not all(origin in place for origin in origins):
            continue
        mine = weights[[place[origin] for origin in origins]]
        if len(origins) > 1 and not np.allclose(mine / mine.sum(), shares, rtol=1e-9, atol=0.0):
            raise SpecificationError(
                f"hazard {hazard.name!r}: the rates of {', '.join(origins)} have other proportions than when they were"
                " sampled together; estimate again"
            )
        own.append(column)
        exposures.append(years * group.multiplicity * float(mine.sum() / weights.sum()))
    if not own:
        return []
    name = group.stream.replace(ARROW, " ")
    together = Factor(name, group.rate, group.dispersion, own, np.array(exposures))
    if together.uncertain:
        return [together]
    return [
        Factor(label(classes[c]), group.rate, 1.0, [c], np.array([e]), e / years)
        for c, e in zip(own, exposures, strict=True)
    ]


def label(event_class: Any) -> str:
    """Of a class, as in results."""
    hazard, origins, _ = event_class
    return f"{hazard} at {origins[0]}" if len(origins) == 1 and origins[0] != hazard else str(hazard)


def probabilities(factors: Sequence[Factor], events: np.ndarray) -> FloatArray:
    """Of each stratum."""
    found = np.ones(len(events))
    for factor in factors:
        rates, weights = factor.nodes()
        found *= weights @ factor.given_rate(events, rates)
    return found


def more_than(factors: Sequence[Factor], most_events: int) -> float:
    """The probability of more events in all."""
    total, beyond = np.ones(1), 0.0
    for factor in factors:
        law = factor.total_law()
        total = np.convolve(total, law.probabilities)
        beyond += law.beyond
    return math.fsum(total[most_events + 1 :]) + beyond
