"""What the trials say: estimates with confidence intervals, Dataset in, Dataset out.

For every estimate ``x`` there are ``x_low`` and ``x_high``. Each interval holds the true value with the
confidence asked for, one layout and one number at a time; errors are equally likely on both sides. The
intervals say how far the *simulation* may be off for the number of trials it ran; they know nothing of rates
that were guessed wrong.

`dcrisk.intervals` has the mathematics. All intervals stay valid, and finite where they can be, when an
outage was seen once or never: a layout that never failed in n trials is available "at least" so much, not
always.

Results of importance sampling carry a ``weight`` for each trial; every statistic honours it. `Trials` in ``trials`` is
what they all ask, ``equal`` and ``weighted`` are its two kinds, and ``datasets`` reads and checks results and names
estimates. The other files hold what users call.
"""

from __future__ import annotations

from dcrisk.statistics.agreement import sla
from dcrisk.statistics.comparison import compare
from dcrisk.statistics.curves import exceedance
from dcrisk.statistics.data_safety import durability
from dcrisk.statistics.datasets import mean_over_trials
from dcrisk.statistics.outage_rates import reliability
from dcrisk.statistics.overview import summary
from dcrisk.statistics.return_levels import return_level
from dcrisk.statistics.tail_risks import tail_risk
from dcrisk.statistics.together import dependence
from dcrisk.statistics.uptime import availability
from dcrisk.statistics.way_back import restoration

__all__ = [
    "availability",
    "compare",
    "dependence",
    "durability",
    "exceedance",
    "mean_over_trials",
    "reliability",
    "restoration",
    "return_level",
    "sla",
    "summary",
    "tail_risk",
]
