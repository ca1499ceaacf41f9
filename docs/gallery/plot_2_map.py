"""
Where sites stand, and how fire spreads
=======================================

The shipped scenario of Strasbourg: the campus enlarged, its remote sites, what they need, and the edges along which fire
passes. With a layout, the map shows who runs the service and who keeps the data.
"""

import dcrisk

scenario = dcrisk.load_scenario("ovh-strasbourg-2021")
dcrisk.plot_map(scenario)

# %%
# One way to host a service on it.

layout = dcrisk.Layout("SBG2 or Roubaix", replicas=["SBG2", "Roubaix"], copies=["SBG2", "Roubaix"])
dcrisk.plot_map(scenario, layout=layout)
