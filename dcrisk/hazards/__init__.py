"""Hazards: what strikes, how often, and what it leaves behind."""

from dcrisk.hazards.base import STATES, Hazard
from dcrisk.hazards.failure import Failure
from dcrisk.hazards.fire import Fire
from dcrisk.hazards.flood import Flood
from dcrisk.hazards.grid import Disc, GridOutage
from dcrisk.hazards.maintenance import Maintenance
from dcrisk.hazards.stages import PeaksOverThreshold, ReturnLevels
from dcrisk.hazards.table import EventTable

__all__ = [
    "STATES",
    "Disc",
    "EventTable",
    "Failure",
    "Fire",
    "Flood",
    "GridOutage",
    "Hazard",
    "Maintenance",
    "PeaksOverThreshold",
    "ReturnLevels",
]
