"""The specification of a scenario: sites, utilities, what they require, who repairs, and what raises what."""

from dcrisk.scenario.conditions import Given
from dcrisk.scenario.crews import Crew
from dcrisk.scenario.named_rates import uncertain_rates, with_rates
from dcrisk.scenario.nodes import Node, Site, Utility
from dcrisk.scenario.partitions import connected
from dcrisk.scenario.requirements import Backup, Requirement, all_of, any_of, at_least
from dcrisk.scenario.scenario import Scenario
from dcrisk.scenario.triggers import Trigger

__all__ = [
    "Backup",
    "Crew",
    "Given",
    "Node",
    "Requirement",
    "Scenario",
    "Site",
    "Trigger",
    "Utility",
    "all_of",
    "any_of",
    "at_least",
    "connected",
    "uncertain_rates",
    "with_rates",
]
