"""
A scenario at a glance
======================

What a notebook shows of a scenario: the graph, what is needed above who needs it, and its hazards. Utilities have
dashed frames.
"""

# sphinx_gallery_thumbnail_path = '_generated/scenario-graph.svg'
import dcrisk

scenario = dcrisk.load_scenario("ovh-strasbourg-2021")
scenario  # noqa: B018  # what a notebook shows
