"""dcrisk: availability and data loss of hosting layouts when one event can strike several datacenters.

Every public name is here. Those that need xarray or matplotlib are imported at their first use, and numba at the first
simulation, so that ``import dcrisk`` is quick.
"""

from __future__ import annotations

import importlib
import sys
from typing import TYPE_CHECKING, Any

from dcrisk.default_values import DEFAULTS as defaults
from dcrisk.files import load_layouts, load_scenario, save_scenario
from dcrisk.frames import sites_from_frame
from dcrisk.hazards import (
    Disc,
    EventTable,
    Failure,
    Fire,
    Flood,
    GridOutage,
    Maintenance,
    PeaksOverThreshold,
    ReturnLevels,
)
from dcrisk.layouts import Layout, site_layouts
from dcrisk.rates import ignition_rate, jeffreys_rate
from dcrisk.scenario import (
    Backup,
    Crew,
    Requirement,
    Scenario,
    Site,
    Trigger,
    Utility,
    all_of,
    any_of,
    at_least,
    connected,
    uncertain_rates,
    with_rates,
)
from dcrisk.simulate import simulate
from dcrisk.specification import SpecificationError
from dcrisk.trace import trace
from dcrisk.version import __version__

if TYPE_CHECKING:
    from dcrisk.exact import expected_availability
    from dcrisk.plotting import (
        plot_dependence,
        plot_downtime,
        plot_exceedance,
        plot_hazard,
        plot_importance,
        plot_map,
        plot_nines,
        plot_pareto,
        plot_restoration,
        plot_timeline,
    )
    from dcrisk.rare import estimate, rate_derivatives, rate_indices, reweight, simulate_rare
    from dcrisk.search import best_of_each_size, search_layouts, value_of_site
    from dcrisk.sensitivity import importance, sobol
    from dcrisk.statistics import (
        availability,
        compare,
        dependence,
        durability,
        exceedance,
        reliability,
        restoration,
        return_level,
        sla,
        summary,
        tail_risk,
    )
    from dcrisk.storage import open_results, rerun, save_results, store_progress
    from dcrisk.sweeps import sweep

_LATER = {
    "availability": "statistics",
    "best_of_each_size": "search",
    "compare": "statistics",
    "dependence": "statistics",
    "durability": "statistics",
    "estimate": "rare",
    "exceedance": "statistics",
    "expected_availability": "exact",
    "open_results": "storage",
    "rate_derivatives": "rare",
    "rate_indices": "rare",
    "reliability": "statistics",
    "rerun": "storage",
    "reweight": "rare",
    "restoration": "statistics",
    "importance": "sensitivity",
    "return_level": "statistics",
    "save_results": "storage",
    "search_layouts": "search",
    "simulate_rare": "rare",
    "sla": "statistics",
    "sobol": "sensitivity",
    "store_progress": "storage",
    "summary": "statistics",
    "sweep": "sweeps",
    "tail_risk": "statistics",
    "value_of_site": "search",
    "plot_dependence": "plotting",
    "plot_downtime": "plotting",
    "plot_exceedance": "plotting",
    "plot_hazard": "plotting",
    "plot_importance": "plotting",
    "plot_map": "plotting",
    "plot_nines": "plotting",
    "plot_pareto": "plotting",
    "plot_restoration": "plotting",
    "plot_timeline": "plotting",
}

__all__ = [
    "Backup",
    "Crew",
    "Disc",
    "EventTable",
    "Failure",
    "Fire",
    "Flood",
    "GridOutage",
    "Layout",
    "Maintenance",
    "PeaksOverThreshold",
    "Requirement",
    "ReturnLevels",
    "Scenario",
    "Site",
    "SpecificationError",
    "Trigger",
    "Utility",
    "__version__",
    "all_of",
    "any_of",
    "at_least",
    "availability",
    "best_of_each_size",
    "compare",
    "connected",
    "defaults",
    "dependence",
    "durability",
    "estimate",
    "exceedance",
    "expected_availability",
    "ignition_rate",
    "importance",
    "jeffreys_rate",
    "load_layouts",
    "load_scenario",
    "open_results",
    "plot_dependence",
    "plot_downtime",
    "plot_exceedance",
    "plot_hazard",
    "plot_importance",
    "plot_map",
    "plot_nines",
    "plot_pareto",
    "plot_restoration",
    "plot_timeline",
    "rate_derivatives",
    "rate_indices",
    "reliability",
    "rerun",
    "restoration",
    "return_level",
    "reweight",
    "save_results",
    "save_scenario",
    "search_layouts",
    "simulate",
    "simulate_rare",
    "site_layouts",
    "sites_from_frame",
    "sla",
    "sobol",
    "store_progress",
    "summary",
    "sweep",
    "tail_risk",
    "trace",
    "uncertain_rates",
    "value_of_site",
    "with_rates",
]


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module 'dcrisk' has no attribute {name!r}", name=name, obj=sys.modules[__name__])
    value = getattr(importlib.import_module(f"dcrisk.{_LATER[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
