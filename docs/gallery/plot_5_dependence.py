"""
What goes down together
=======================

In the row of a site stands the probability that another one is down at some time of a year in which it is.
"""

import dcrisk

scenario = dcrisk.load_scenario("ovh-strasbourg-2021")
results = dcrisk.simulate(scenario, dcrisk.site_layouts(scenario), trials=20_000, seed=1, progress=False)
dcrisk.plot_dependence(results, at_least_hours=24.0)
