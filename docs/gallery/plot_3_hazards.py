"""
How often a hazard comes, and how bad it is
===========================================

Drawn from the specification alone: nothing is simulated.
"""

import dcrisk

scenario = dcrisk.load_scenario("ovh-strasbourg-2021")
dcrisk.plot_hazard(scenario, "fire")

# %%
# Peaks of a river over a threshold, and the levels that protect two sites.

seine = dcrisk.Flood(
    "Seine",
    dcrisk.PeaksOverThreshold(**dcrisk.defaults["flood.austerlitz"].value),
    protection={"quay": 6.2, "hill": 8.0},
    durations={"damaged": 720.0, "destroyed": 4000.0},
    residual_sd=0.2,
)
dcrisk.plot_hazard(dcrisk.Scenario([dcrisk.Site("quay"), dcrisk.Site("hill")], [seine]), "Seine")
