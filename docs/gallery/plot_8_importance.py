"""
What the risk hangs on
======================

By how much the downtime of a service would fall if a node or a hazard were perfect.
"""

import dcrisk

scenario = dcrisk.load_scenario("ovh-strasbourg-2021")
layout = dcrisk.Layout("SBG2 or SBG3", replicas=["SBG2", "SBG3"])
found = dcrisk.importance(scenario, [layout], trials=5_000, seed=1, progress=False)
dcrisk.plot_importance(found)
