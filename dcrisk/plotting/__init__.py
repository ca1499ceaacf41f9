"""Figures of results and of scenarios. Matplotlib is imported at the first figure, not before.

Each function draws on `ax`, or on a new figure, and returns the axes:
``plot_map(scenario).figure.savefig("map.png")``. Lines differ in style and marker and bars in hatching as
well as in colour, so the figures can be read in print without colour and by colour-blind readers.

``results``, ``nines``, ``dependence``, ``importance`` and ``restoration`` draw what the trials say, ``pareto`` what a
search found, ``timeline`` one trial, ``maps`` the scenario (``graph`` is what it shows, ``placement`` where there is
room, ``looks`` how the sites look, by ``footprint`` or ``roles`` if asked for), ``hazards`` one hazard (``curves`` has
its numbers); ``style`` holds colours and lines, ``bars`` what bars share.
"""

from __future__ import annotations

from dcrisk.plotting.dependence import plot_dependence
from dcrisk.plotting.hazards import plot_hazard
from dcrisk.plotting.importance import plot_importance
from dcrisk.plotting.maps import plot_map
from dcrisk.plotting.nines import plot_nines
from dcrisk.plotting.pareto import plot_pareto
from dcrisk.plotting.restoration import plot_restoration
from dcrisk.plotting.results import plot_downtime, plot_exceedance
from dcrisk.plotting.timeline import plot_timeline

__all__ = [
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
]
