"""
Which sites to choose
=====================

Every choice of one to three sites on the same sampled years: cost, risk, and those that none beats in both.
"""

import dcrisk

scenario = dcrisk.load_scenario("ovh-strasbourg-2021")
cost = {"SBG1b": 1.0, "SBG2": 1.0, "SBG3": 1.0, "Roubaix": 1.2, "Gravelines": 1.2}
found = dcrisk.search_layouts(
    scenario, list(cost), replicas=(1, 2, 3), cost=cost, trials=20_000, seed=1, progress=False
)
dcrisk.plot_pareto(found, x="cost", y="downtime")
