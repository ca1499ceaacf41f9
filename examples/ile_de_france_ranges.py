"""The assumptions of the study of Ile-de-France: what is not known, how far it may be off, and a scenario for each choice."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy import stats

import dcrisk

DEFAULTS = dcrisk.defaults
RIVERS_OF_THE_REGION = ("Seine", "Marne", "Oise")
SUBSTATION = "substation"


@dataclass(frozen=True)
class Assumption:
    """A number that is not known: its value in the study, its law over what is believed possible, and where that is from."""

    value: float
    law: Any
    words: str
    why: str


ASSUMPTIONS = {
    "record": Assumption(0.5, stats.uniform(0, 1), "quantile of the return period of 1910", "posterior, 27 peaks"),
    "banks": Assumption(0.0, stats.norm(0, 0.4), "protection of the places on banks, higher by (m)", "assumption"),
    "substations": Assumption(
        0.0, stats.norm(0, 0.4), "level at which substations are cut, higher by (m)", "assumption"
    ),
    "rivers": Assumption(0.7, stats.uniform(0.3, 0.65), "correlation of Seine, Marne, Oise", "assumption: 0.3 to 0.95"),
    "water_hours": Assumption(1.0, stats.lognorm(0.5), "factor on the time until water is gone", "assumption"),
    "fire": Assumption(1.0, stats.gamma(0.5, scale=2.0), "factor on fires", "fire.ignition_rate: Gamma(0.5, 167 y)"),
    "cut_off": Assumption(0.75, stats.beta(4.5, 1.5), "P(campus cut off in a fire)", "fire.campus_cut_off"),
    "north": Assumption(0.05, stats.gamma(1.5, scale=0.05 / 1.5), "blackouts a year, north", "assumption"),
    "alsace": Assumption(0.05, stats.gamma(1.5, scale=0.05 / 1.5), "blackouts a year, Alsace", "assumption"),
    "region": Assumption(0.05, stats.gamma(1.5, scale=0.05 / 1.5), "blackouts a year, Ile-de-France", "assumption"),
    "nation": Assumption(0.019, stats.gamma(1.5, scale=0.0125), "national blackouts a year", "grid.national.rate"),
    "refuelled": Assumption(0.9, stats.uniform(0.5, 0.45), "P(refuelled in time)", "assumption: 0.5 to 0.95"),
    "generators": Assumption(
        9.09e-4, stats.loguniform(1e-4, 1.44e-2), "failures an hour of running", "N+1 to genset.poor"
    ),
    "dikes": Assumption(1e-3, stats.lognorm(0.7, scale=1e-3), "breaches a year, Rhine and sea", "flood.rhine"),
    "common": Assumption(0.06, stats.uniform(0.02, 0.08), "share of software failures that hit all", "0.02 to 0.1"),
    "failover": Assumption(0.97, stats.uniform(0.95, 0.04), "P(failover works)", "failover.failure_probability"),
    "failover_hours": Assumption(0.5, stats.loguniform(0.05, 2.0), "hours of a failover (median)", "assumption"),
    "relocation": Assumption(72.0, stats.loguniform(24.0, 336.0), "hours of a relocation (median)", "assumption"),
}
STUDY = {name: one.value for name, one in ASSUMPTIONS.items()}


@functools.cache
def seine_posterior(size: int = 161) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What 27 peaks above 5 m in 107 years say of the scale and the shape: both on a grid, and the weight of each pair.

    As for the shipped fit: prior N(0, 0.1) on the shape, flat on log scale.
    """
    peaks = np.array(list(DEFAULTS["flood.austerlitz.peaks"].value.values()))
    threshold = DEFAULTS["flood.austerlitz"].value["threshold"]
    scale, shape = np.meshgrid(np.geomspace(0.4, 3.0, size), np.linspace(-0.45, 0.45, size), indexing="ij")
    density = stats.norm.logpdf(shape, 0, 0.1)
    for peak in peaks:
        density = density + stats.genpareto.logpdf(peak - threshold, shape, scale=scale)
    weight = np.exp(density - density.max())
    return scale.ravel(), shape.ravel(), weight.ravel() / weight.sum()


def seine_draws(number: int = 20_000, seed: int = 7) -> list[dict[str, float]]:
    """Laws of the peaks at Austerlitz drawn from what is known, in the order of the return period of 1910."""
    scale, shape, weight = seine_posterior()
    random = np.random.default_rng(seed)
    chosen = random.choice(len(weight), number, p=weight)
    rate = DEFAULTS["flood.austerlitz.rate"].value.ppf(random.random(number))
    threshold = DEFAULTS["flood.austerlitz"].value["threshold"]
    above = rate * stats.genpareto.sf(8.62 - threshold, shape[chosen], scale=scale[chosen])
    return [
        {"rate_per_year": rate[i], "threshold": threshold, "scale": scale[chosen[i]], "shape": shape[chosen[i]]}
        for i in np.argsort(-above)
    ]


def drawn_values(number: int, seed: int) -> list[dict[str, float]]:
    """So many choices of all assumptions at once, spread evenly over the range of each (Latin hypercube)."""
    random = np.random.default_rng(seed)
    strata = random.permuted(np.tile(np.arange(number), (len(ASSUMPTIONS), 1)), axis=1).T
    shares = (strata + random.random((number, len(ASSUMPTIONS)))) / number
    return [
        {name: float(one.law.ppf(u)) for (name, one), u in zip(ASSUMPTIONS.items(), row, strict=True)} for row in shares
    ]


def with_values(
    scenario: dcrisk.Scenario, values: Mapping[str, float], seine: Mapping[str, float] | None = None
) -> Any:
    """The scenario under these values; what is not named stays as in the study.

    ``seine`` is the law of the peaks at Austerlitz; by default that of the scenario.
    """
    v = STUDY | dict(values)
    scenario = replace(scenario, nodes=[_with_backup(node, v) for node in scenario.nodes])
    scenario = replace(scenario, hazards=[_with_flood(hazard, v, seine) for hazard in scenario.hazards])
    rates = {
        "fire.rate_per_year": 0.003 * v["fire"],
        "grid, regional.rate_per_year[Northern grid]": v["north"],
        "grid, regional.rate_per_year[Alsace grid]": v["alsace"],
        "grid, regional.rate_per_year[Ile-de-France grid]": v["region"],
        "grid, national.rate_per_year": v["nation"],
        "flood from the sea.rate_per_year": v["dikes"],
        "software everywhere.rate_per_year": v["common"],
        "software and people.rate_per_year": 1.0 - v["common"],
    }
    for hazard in scenario.hazards:
        if hazard.name.startswith("fire next door"):
            factor = v["fire"] * v["cut_off"] / STUDY["cut_off"]
            table = hazard.rate_per_year
            if isinstance(table, Mapping):
                rates |= {f"{hazard.name}.rate_per_year[{n}]": rate * factor for n, rate in table.items()}
            else:
                rates[f"{hazard.name}.rate_per_year"] = table * factor
    return dcrisk.with_rates(scenario, rates)


def _with_backup(node: Any, v: Mapping[str, float]) -> Any:
    """Fuel arrives as assumed, but no oftener than the scenario says where access is flooded; generators run as assumed."""
    if not isinstance(node, dcrisk.Site):
        return node
    [outer] = node.requires
    [inner] = outer.of
    arrives = min(v["refuelled"], inner.backup.refuel_probability)
    if inner.backup.refuel_probability == STUDY["refuelled"]:
        arrives = v["refuelled"]
    generator = replace(inner.backup, refuel_probability=arrives, run_failure_rate_per_hour=v["generators"])
    return replace(node, requires=[replace(outer, of=(replace(inner, backup=generator),))])


def _with_flood(hazard: Any, v: Mapping[str, float], seine: Mapping[str, float] | None) -> Any:
    if isinstance(hazard, dcrisk.Fire):
        return replace(hazard, isolation_probability=v["cut_off"])
    if not isinstance(hazard, dcrisk.Flood):
        return hazard
    shift = {
        node: 0.0 if hazard.basin[node] == "Rhine" else v["substations" if node.endswith(SUBSTATION) else "banks"]
        for node in hazard.protection
    }
    stage = dict(hazard.stage)
    if seine is not None:
        stage["Seine"] = dcrisk.PeaksOverThreshold(**seine)
        rare = float(stage["Seine"].exceedance_rate_per_year(8.62))  # 1910 is as rare on the Marne
        stage["Marne"] = dcrisk.ReturnLevels({10.0: 5.29, float(np.clip(1.0 / max(rare, 1e-9), 20.0, 1e5)): 6.99})
    stage["Rhine"] = dcrisk.ReturnLevels({0.1 / v["dikes"]: 0.0, 1.0 / v["dikes"]: 3.0})
    pairs = {pair: v["rivers"] if "Rhine" not in pair else rho for pair, rho in hazard.correlation.items()}
    return replace(
        hazard,
        stage=stage,
        rate_per_year=max(hazard.rate_per_year, *(law.peak_rate for law in stage.values())),
        protection={node: level + shift[node] for node, level in hazard.protection.items()},
        correlation=pairs,
        durations={state: stretched(law, v["water_hours"]) for state, law in hazard.durations.items()},
    )


def stretched(uniform: Any, factor: float) -> Any:
    """A uniform law of hours times a factor."""
    low, high = uniform.support()
    return stats.uniform(factor * low, factor * (high - low))


def crossings(x: np.ndarray, difference: np.ndarray) -> list[float]:
    """Where a difference changes its sign between values of an assumption, linear between two of them.

    On common random numbers a difference is a function of the assumption, without noise of its own from value to value.
    """
    found = []
    for i in range(len(x) - 1):
        here, there = difference[i], difference[i + 1]
        if here * there < 0.0:
            found.append(float(x[i] + (x[i + 1] - x[i]) * here / (here - there)))
        elif here == 0.0:
            found.append(float(x[i]))
    return [*found, float(x[-1])] if difference[-1] == 0.0 else found


def ranks(hours: np.ndarray) -> np.ndarray:
    """The rank of each layout (last axis), 1 for the least hours; ties share the mean of their ranks."""
    return stats.rankdata(hours, axis=-1)


def stability(hours: np.ndarray, base: np.ndarray) -> dict[str, np.ndarray]:
    """Of draws x layouts: how often each is first and among three, its mean rank, and how each draw agrees with ``base``.

    A tie for the first place counts for all that share it.
    """
    order = stats.rankdata(hours, method="min", axis=-1)
    return {
        "first": (order == 1).mean(axis=0),
        "top three": (order <= 3).mean(axis=0),
        "mean rank": ranks(hours).mean(axis=0),
        "tau": np.array([stats.kendalltau(row, base).statistic for row in hours]),
    }


def phi(first: np.ndarray, second: np.ndarray) -> float:
    """Correlation of two kinds of bad year: of two arrays of yes and no; NaN if one is always the same."""
    p, q, both = first.mean(), second.mean(), (first & second).mean()
    spread = p * (1 - p) * q * (1 - q)
    return float((both - p * q) / np.sqrt(spread)) if spread > 0 else float("nan")
