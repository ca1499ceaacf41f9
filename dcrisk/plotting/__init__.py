"""Figures of results and of scenarios. Matplotlib is imported at the first figure, not before.

Each function draws on `ax`, or on a new figure, and returns the axes:
``plot_map(scenario).figure.savefig("map.png")``. Lines differ in style and marker and bars in hatching as
well as in colour, so the figures can be read in print without colour and by colour-blind readers.

``results`` draws what the trials say, ``maps`` the scenario (``graph`` is what it shows, ``placement`` where there
is room), ``style`` holds colours and lines.
"""

from __future__ import annotations

from dcrisk.plotting.maps import plot_map
from dcrisk.plotting.results import plot_downtime, plot_exceedance

__all__ = ["plot_downtime", "plot_exceedance", "plot_map"]
