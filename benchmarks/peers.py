"""The availability simulators on PyPI that can express a problem, and how they are told.

repyability, with its compiled engine, knows repairable components in a block diagram, so 8-of-10 and the sites in regions:
the control variate and the exact answers that it would use by itself are switched off for the simulation, as it is
simulations that are compared. AvailSim4 knows 8-of-10; it reads spreadsheets. Neither knows fires that spread.
"""

from __future__ import annotations

import contextlib
import io
import tempfile
from importlib import util
from pathlib import Path
from typing import Any, NamedTuple

from problems import COMPONENTS, MEAN_REPAIR, TOLERATED, YEAR


class Mean(NamedTuple):
    """Hours down a year, and the standard error where the peer tells it."""

    hours: float
    error: float | None


def missing(module: str) -> bool:
    return util.find_spec(module) is None


class Repyability:
    """A block diagram, simulated over a year."""

    def __init__(self, components: dict[str, tuple[float, float]], edges: list[tuple[str, str]], k: dict[str, int]):
        """``components``: mean hours up and down of each; those of ``k`` are gates."""
        import surpyval
        from repyability import PerfectReliability, RepairableRBD

        law = surpyval.Exponential.from_params
        models: dict[str, Any] = {
            name: {"reliability": law([1 / up]), "repairability": law([1 / down])}
            for name, (up, down) in components.items()
        }
        self._diagram = RepairableRBD(edges, models | dict.fromkeys(k, PerfectReliability), k=k)

    def exact(self) -> float:
        """Hours down in a first year that began with everything up."""
        return float(self._diagram.mission_unavailability(YEAR)) * YEAR

    def simulate(self, trials: int, seed: int) -> Mean:
        found = self._diagram.availability(
            YEAR, mc_samples=trials, seed=seed, engine="numba", control_variate=False, conditional=False
        ).mean_availability_interval()
        return Mean((1.0 - found.estimate) * YEAR, found.standard_error * YEAR)


def repyability_eight_of_ten() -> Repyability:
    names = [f"site {i}" for i in range(COMPONENTS)]
    edges = [("in", name) for name in names] + [(name, "vote") for name in names] + [("vote", "out")]
    return Repyability(dict.fromkeys(names, (YEAR, MEAN_REPAIR)), edges, {"vote": COMPONENTS - TOLERATED})


def repyability_region(sites: int) -> Repyability:
    """One of the ten layouts of `problems.many_sites`, whose three sites lie in one region."""
    names = ["site 0", "site 3", "site 7"]
    components = {name: (YEAR * sites / COMPONENTS, MEAN_REPAIR) for name in names}
    components["grid"] = YEAR * sites / 10, 4.0
    edges = [("in", "grid")] + [("grid", name) for name in names]
    return Repyability(components, edges + [(name, "vote") for name in names] + [("vote", "out")], {"vote": 2})


def availsim4_eight_of_ten(trials: int, seed: int) -> Mean:
    """By its own spreadsheets, as its users do; what it prints is not shown."""
    import openpyxl
    from availsim4core.main import start

    needed = f"{COMPONENTS - TOLERATED}OO{COMPONENTS}"
    never, none = "NEVER_HELD", "none"
    system = {
        "ARCHITECTURE": [
            [
                "COMPONENT_NAME",
                "COMPONENT_TYPE",
                "COMPONENT_NUMBER",
                "CHILDREN_NAME",
                "CHILDREN_LOGIC",
                "IN_MRU",
                "TRIGGER_MRU",
            ],
            ["ROOT", "compound", 1, "site", needed, none, none],
            ["site", "basic", COMPONENTS, none, none, none, none],
        ],
        "FAILURE_MODE_ASSIGNMENTS": [["COMPONENT_NAME", "FAILURE_MODE_NAME"], ["site", "equipment"]],
        "FAILURE_MODES": [
            [
                "FAILURE_MODE_NAME",
                "FAILURE_LAW",
                "FAILURE_PARAMETERS",
                "REPAIR_LAW",
                "REPAIR_PARAMETERS",
                "TYPE_OF_FAILURE",
                "HELD_BEFORE_REPAIR",
                "INSPECTION_NAME",
                "PHASE_NAME",
                "NEXT_PHASE_IF_FAILURE",
                "PHASE_CHANGE_TRIGGER",
                "HELD_AFTER_REPAIR",
            ],
            ["equipment", "exp", YEAR, "exp", MEAN_REPAIR, "detectable", never]
            + [none, none, none, "after_repair", "never_held"],
        ],
        "PHASES": [
            [
                "PHASE_NAME",
                "PHASE_LAW",
                "PHASE_PARAMETERS",
                "NEXT_DEFAULT_PHASE",
                "FIRST_PHASE",
                "NEXT_DEFAULT_PHASE_IF_FAILURE",
            ]
        ],
        "MRU": [
            [
                "MRU_NAME",
                "MRU_LAW",
                "MRU_PARAMETERS",
                "MRU_SCHEDULE",
                "LOWEST_COMMON_ANCESTOR_SCOPE",
                "TRIGGERING_STATUS",
            ]
        ],
        "INSPECTIONS": [["INSPECTION_NAME", "INSPECTION_PERIOD", "INSPECTION_DURATION"]],
        "ROOT_CAUSE_ANALYSIS": [["TRIGGERING_COMPONENT_NAME", "TRIGGERED_BY_COMPONENT_STATUS", "TRIGGERED_IN_PHASE"]],
        "PHASE_JUMP": [["TRIGGERING_COMPONENT_NAME", "TRIGGERED_BY_COMPONENT_STATUS", "FROM_PHASE", "TO_PHASE"]],
    }
    simulation = {
        "SIMULATION": [
            [
                "SIMULATION_TYPE",
                "MIN_NUMBER_OF_SIMULATION",
                "MAX_NUMBER_OF_SIMULATION",
                "CONVERGENCE_MARGIN",
                "MAX_EXECUTION_TIME",
                "SEED",
                "DIAGNOSTICS",
                "SIMULATION_DURATION",
            ],
            ["MONTE_CARLO", trials, trials, 0, 3600, seed, "[SUMMARY]", YEAR],
        ]
    }
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()):
        where = Path(folder)
        for name, sheets in (("system", system), ("simulation", simulation)):
            book = openpyxl.Workbook()
            book.remove(book.active)
            for title, lines in sheets.items():
                sheet = book.create_sheet(title)
                for line in lines:
                    sheet.append(line)
            book.save(where / f"{name}.xlsx")
        (where / "out").mkdir()
        start(str(where / "simulation.xlsx"), str(where / "system.xlsx"), str(where / "out"))
        for path in where.glob("out/**/*.xlsx"):
            book = openpyxl.load_workbook(path)
            if "RESULTS_ROOT_SUMMARY" in book.sheetnames:
                names, numbers = book["RESULTS_ROOT_SUMMARY"].iter_rows(values_only=True)
                return Mean(float(numbers[names.index("downtime_duration")]), None)
    raise RuntimeError("AvailSim4 wrote no summary")
