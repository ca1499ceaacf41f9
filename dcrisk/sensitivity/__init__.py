"""What the risk depends on: runs of variants of a scenario with the same random numbers.

``runs`` plays a variant and keeps one number a trial; ``importance`` holds the scenario against those in which a node or
a hazard is perfect or has failed; ``sobol`` shares out what is not known about the rates.
"""

from __future__ import annotations

from dcrisk.sensitivity.indices import sobol
from dcrisk.sensitivity.measures import importance

__all__ = ["importance", "sobol"]
