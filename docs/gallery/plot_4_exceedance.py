"""
How bad a year can be
=====================

The probability that the longest outage of a year exceeds so many hours, for three ways to host a service. Bands are 95 %
intervals: they go on where no trial went, because what was not seen is not impossible.
"""

import dcrisk

scenario = dcrisk.load_scenario("ovh-strasbourg-2021")
layouts = [
    dcrisk.Layout("SBG2", replicas=["SBG2"], copies=["SBG2"]),
    dcrisk.Layout("SBG2 or SBG3", replicas=["SBG2", "SBG3"], copies=["SBG2", "SBG3"]),
    dcrisk.Layout("SBG2 or Roubaix", replicas=["SBG2", "Roubaix"], copies=["SBG2", "Roubaix"]),
]
results = dcrisk.simulate(scenario, layouts, trials=50_000, seed=1, attribute=True, progress=False)
dcrisk.plot_exceedance(results)

# %%
# The mean hours down in a year, by the hazard that began the outage.

dcrisk.plot_downtime(results)

# %%
# The same as nines of availability.

dcrisk.plot_nines(results)
