"""Estimates as Datasets."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import xarray as xr

from dcrisk.compiler import CompiledScenario
from dcrisk.rare.classes import EventClass
from dcrisk.rare.diagnosis import Diagnosis
from dcrisk.rare.looks import Verdict
from dcrisk.rare.method import Division, label_of
from dcrisk.rare.quantities import Asked
from dcrisk.rare.run import Aim, Found
from dcrisk.scenario import Scenario
from dcrisk.windows import Windows

INTERVAL = "gamma interval of a sum of weighted counts (Fay and Feuer 1997)"


def exact_dataset(scenario: Scenario, windows: Windows, asked: Asked, solved: xr.Dataset) -> xr.Dataset:
    """What needed no sampling."""
    risk = solved["unavailability"].values
    nothing = np.zeros(risk.size)
    verdict = Verdict(risk, risk, risk, nothing)
    diagnosis = Diagnosis(nothing, nothing, [""] * risk.size)
    attrs = windows.provenance(scenario, "Risk of hosting layouts") | {
        "quantity": asked.quantity.name,
        "method_used": "exact",
        "stopped_because": "the answer is exact",
        "trials_played": 0,
        "pilot_trials": 0,
    }
    variables = layout_variables(asked.long_name, asked.units, verdict, diagnosis, 1.0)
    for name in ("risk", "risk_low", "risk_high"):
        variables[name][2]["method"] = solved["unavailability"].attrs["method"]
    return xr.Dataset(variables, coords={"layout": solved["layout"]}, attrs=attrs)


def sampled_dataset(
    scenario: Scenario,
    windows: Windows,
    compiled: CompiledScenario,
    asked: Asked,
    aim: Aim,
    method: str,
    found: Found,
) -> xr.Dataset:
    """What a run has found, with all that it takes to weigh its strata anew."""
    verdict = scaled(found.verdict, asked.scale)
    variables = layout_variables(asked.long_name, asked.units, verdict, found.diagnosis, aim.precision)
    names = np.array(compiled.layouts, dtype=object).astype(str)
    coords: dict[str, Any] = {"layout": ("layout", names, {"long_name": "layout"})}
    attrs = windows.provenance(scenario, "Risk of hosting layouts") | {
        "quantity": asked.quantity.name,
        "largest_possible": asked.most * asked.scale,
        "precision": aim.precision,
        "confidence": aim.confidence,
        "method_used": method,
        "stopped_because": found.reason,
        "trials_played": sum(part.sums.trials for part in found.parts),
        "pilot_trials": found.design.pilot_trials,
        "looks": found.looks,
        "error_of_last_look": found.error,
    }
    del attrs["trials"]
    if asked.above is not None:
        attrs["above_hours"] = asked.above
    division = found.design.division
    if division is not None:
        attrs |= {
            "classes_json": json.dumps([(c.hazard, c.origins, c.shares.tolist()) for c in division.classes.listed]),
            "not_laid_out_json": json.dumps(sorted({compiled.hazards[h] for h in hazards_of(compiled, division)})),
            "most_events": division.strata.most_events,
        }
        labels = [event_class.label for event_class in division.classes.listed]
        coords["event_class"] = ("event_class", np.array(labels, dtype=object).astype(str))
        counts = [part.stratum.counts for part in found.parts]
        coords["stratum"] = ("stratum", np.array([label_of(c) for c in counts], dtype=object).astype(str))
        variables |= stratum_variables(found, division.classes.listed, asked)
        possible = "whether it can come to harm at all"
        variables["possible"] = ("layout", division.strata.possible, {"units": "1", "long_name": possible})
    return xr.Dataset(variables, coords=coords, attrs=attrs)


def hazards_of(compiled: CompiledScenario, division: Division) -> set[int]:
    """Numbers of the hazards whose events come by themselves."""
    return {int(compiled.plan.sources[s]["hazard"]) for s, _ in division.classes.always}


def scaled(verdict: Verdict, scale: float) -> Verdict:
    """In the units that are shown."""
    return Verdict(verdict.value * scale, verdict.low * scale, verdict.high * scale, verdict.variance * scale**2)


def layout_variables(
    long_name: str, units_of_risk: str, verdict: Verdict, diagnosis: Diagnosis, precision: float
) -> dict[str, Any]:
    """What is known of each layout."""
    units = {"units": units_of_risk, "method": INTERVAL}
    relative = verdict.relative()
    converged = (relative <= precision) & np.array([not words for words in diagnosis.words])
    words = np.array(diagnosis.words, dtype=object).astype(str)
    return {
        "risk": ("layout", verdict.value, units | {"long_name": long_name}),
        "risk_low": ("layout", verdict.low, units | {"long_name": f"{long_name}: lower bound"}),
        "risk_high": ("layout", verdict.high, units | {"long_name": f"{long_name}: upper bound"}),
        "relative_precision": (
            "layout",
            relative,
            {"units": "1", "long_name": "half the width of the interval over the risk"},
        ),
        "effective_hits": (
            "layout",
            diagnosis.effective_hits,
            {"units": "1", "long_name": "trials of equal weight that would say as much"},
        ),
        "largest_share": (
            "layout",
            diagnosis.largest_share,
            {"units": "1", "long_name": "share of the risk that comes from one trial"},
        ),
        "converged": (
            "layout",
            converged,
            {"units": "1", "long_name": "precise enough, with weights that can be trusted"},
        ),
        "diagnosis": ("layout", words, {"long_name": "why the weights cannot be trusted, or nothing"}),
    }


def stratum_variables(found: Found, classes: list[EventClass], asked: Asked) -> dict[str, Any]:
    """What is known of each stratum."""
    parts = found.parts
    sums = [part.sums for part in parts]
    layouts = found.verdict.value.size
    counts = np.array([part.stratum.counts for part in parts], np.int64).reshape(len(parts), len(classes))

    def by_layout(values: list[Any], long_name: str, units: str) -> tuple[Any, ...]:
        table = np.array(values, np.float64).reshape(len(parts), layouts)
        return ("stratum", "layout"), table, {"units": units, "long_name": long_name}

    return {
        "events": (
            ("stratum", "event_class"),
            counts,
            {"units": "1", "long_name": "events in the window; -1: any number"},
        ),
        "stratum_probability": (
            "stratum",
            np.array([part.stratum.weight for part in parts], np.float64),
            {"units": "1", "long_name": "probability of so many events"},
        ),
        "stratum_trials": (
            "stratum",
            np.array([s.trials for s in sums], np.int64),
            {"units": "1", "long_name": "trials"},
        ),
        "stratum_weight": (
            "stratum",
            np.array([s.weights[0] / max(s.trials, 1) for s in sums], np.float64),
            {"units": "1", "long_name": "mean weight of a trial: 1 but for noise"},
        ),
        "stratum_weight_squared": (
            "stratum",
            np.array([s.weights[1] / max(s.trials, 1) for s in sums], np.float64),
            {"units": "1", "long_name": "mean of the squared weight of a trial"},
        ),
        "stratum_harms": (
            ("stratum", "layout"),
            np.array([part.stratum.harms for part in parts], np.bool_).reshape(len(parts), layouts),
            {"units": "1", "long_name": "whether so many events can do harm at all"},
        ),
        "stratum_hits": by_layout([s.hits for s in sums], "trials that did harm", "1"),
        "stratum_risk": by_layout(
            [s.mean() * asked.scale if s.trials else np.zeros(layouts) for s in sums],
            f"{asked.long_name}, given so many events",
            asked.units,
        ),
        "stratum_variance": by_layout(
            [s.variance() * asked.scale**2 if s.trials else np.zeros(layouts) for s in sums],
            "variance of one trial's weight times quantity",
            asked.units,
        ),
        "stratum_largest": by_layout(
            [s.largest * asked.scale for s in sums], "largest weight times quantity of a trial", asked.units
        ),
    }
