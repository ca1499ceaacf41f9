"""The report: results as one HTML page that needs nothing else, neither a network nor scripts.

``content`` gathers what the page says, ``described`` the scenario and its layouts, ``figures`` draws, ``commands`` tells
how to do it again, and ``templates`` is how it looks. Everything that comes from a scenario is escaped by jinja2.
"""

from __future__ import annotations

from dcrisk.cli.page.render import render_estimate, render_results

__all__ = ["render_estimate", "render_results"]
