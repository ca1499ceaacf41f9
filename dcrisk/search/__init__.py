"""Which sites to choose: every choice, or a search among them, on the same sampled outages.

``space`` is what can be chosen; ``sweep`` judges all choices of k-of-n at once, ``plain`` any layouts by ordinary
simulation; ``record`` and ``heuristics`` search where the choices are too many; ``results`` makes the Dataset.
``choose`` and ``one_more`` hold what users call.
"""

from __future__ import annotations

from dcrisk.search.choose import best_of_each_size, search_layouts
from dcrisk.search.one_more import value_of_site

__all__ = ["best_of_each_size", "search_layouts", "value_of_site"]
