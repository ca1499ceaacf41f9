"""
The way back after a fire
=========================

SBG2 burns at time 0. Who is up again when? A service with a copy elsewhere moves; the others wait for their building.
"""

import dcrisk

scenario = dcrisk.load_scenario("ovh-strasbourg-2021").given("fire", origin="SBG2", state="destroyed")
layouts = [
    dcrisk.Layout("SBG2", replicas=["SBG2"], copies=["SBG2"]),
    dcrisk.Layout("SBG3 next door", replicas=["SBG3"], copies=["SBG3"]),
    dcrisk.Layout("SBG2, moves", replicas=["SBG2"], copies=["SBG2", "Roubaix"], relocation=72.0),
]
hours = [0, 1, 3, 6, 12, 24, 48, 96, 168, 336, 720, 1440, 2880, 5760]
results = dcrisk.simulate(scenario, layouts, trials=5_000, seed=1, at_hours=hours, progress=False)
dcrisk.plot_restoration(dcrisk.restoration(results), log=True)

# %%
# One of these trials, outage by outage.

traced = dcrisk.trace(scenario, layouts[:2], trial=1, seed=1)
dcrisk.plot_timeline(traced, window=(0.0, 1000.0))
