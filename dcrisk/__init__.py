"""dcrisk: availability and data loss of hosting layouts when one event can strike several datacenters.

Every public name is here. Each is imported at its first use, so that ``import dcrisk`` is quick.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dcrisk.files import load_scenario, save_scenario
    from dcrisk.hazards import Failure, Fire, GridOutage
    from dcrisk.layouts import Layout, site_layouts
    from dcrisk.plotting import plot_downtime, plot_exceedance, plot_map
    from dcrisk.scenario import (
        Backup,
        Requirement,
        Scenario,
        Site,
        Utility,
        all_of,
        any_of,
        at_least,
    )
    from dcrisk.simulate import simulate
    from dcrisk.specification import SpecificationError
    from dcrisk.statistics import availability, exceedance, summary

__version__ = "0.1.0"

_HOMES = {
    "specification": ["SpecificationError"],
    "scenario": ["Backup", "Requirement", "Scenario", "Site", "Utility", "all_of", "any_of", "at_least"],
    "hazards": ["Failure", "Fire", "GridOutage"],
    "layouts": ["Layout", "site_layouts"],
    "files": ["load_scenario", "save_scenario"],
    "simulate": ["simulate"],
    "statistics": ["availability", "exceedance", "summary"],
    "plotting": ["plot_downtime", "plot_exceedance", "plot_map"],
}
_HOME = {name: module for module, names in _HOMES.items() for name in names}

__all__ = [
    "Backup",
    "Failure",
    "Fire",
    "GridOutage",
    "Layout",
    "Requirement",
    "Scenario",
    "Site",
    "SpecificationError",
    "Utility",
    "all_of",
    "any_of",
    "at_least",
    "availability",
    "exceedance",
    "load_scenario",
    "plot_downtime",
    "plot_exceedance",
    "plot_map",
    "save_scenario",
    "simulate",
    "site_layouts",
    "summary",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'dcrisk' has no attribute {name!r}")
    value = getattr(importlib.import_module(f"dcrisk.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
