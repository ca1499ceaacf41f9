"""Figures of results and of scenarios. Matplotlib is imported at the first figure, not before.

Each function draws on `ax`, or on a new figure, and returns the axes:
``plot_map(scenario).figure.savefig("map.png")``. Lines differ in style and marker and bars in hatching as
well as in colour, so the figures can be read in print without colour and by colour-blind readers.

``results`` and ``dependence`` draw what the trials say, ``maps`` the scenario (``graph`` is what it shows,
``placement`` where there is room, ``footprint`` what became of the sites), ``hazards`` one hazard (``curves`` has its
numbers), ``style`` holds colours and lines.
"""

from __future__ import annotations

from dcrisk.plotting.dependence import plot_dependence
from dcrisk.plotting.hazards import plot_hazard
from dcrisk.plotting.maps import plot_map
from dcrisk.plotting.results import plot_downtime, plot_exceedance

__all__ = ["plot_dependence", "plot_downtime", "plot_exceedance", "plot_hazard", "plot_map"]
