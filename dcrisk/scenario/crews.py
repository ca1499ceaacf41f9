"""Who repairs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dcrisk.hazards import STATES
from dcrisk.specification import (
    Specification,
    SpecificationError,
    check_known,
    check_list,
    check_name,
    check_unique,
    names_arguments,
    set_field,
)


@names_arguments
@dataclass(frozen=True, eq=False, repr=False)
class Crew(Specification):
    """Repair crews: recoveries that find all of them busy wait, first come, first served.

    Parameters
    ----------
    name : str
        Unique among the crews.
    sites : sequence of str
        Nodes that share these crews; a node has one pool at most.
    number : int
        Recoveries that can go on at the same time.
    states : sequence of str
        What needs a crew: by default damage and destruction; interruptions end without one.

    Raises
    ------
    SpecificationError
        Naming the crew: no sites, a site named twice, an unknown state, a number below 1.

    References
    ----------
    Gross et al., "Fundamentals of Queueing Theory", 4th ed., 2008, 2.7 (machine repair).

    Examples
    --------
    >>> Crew("Strasbourg", ["SBG1", "SBG2"], number=1).states
    ('damaged', 'destroyed')
    """

    name: str
    sites: Sequence[str]
    number: int = 1
    states: Sequence[str] = ("damaged", "destroyed")

    def __post_init__(self) -> None:
        where = f"crew {check_name(self.name, 'crew')!r}"
        sites = [check_name(site, f"{where}: sites") for site in check_list(self.sites, f"{where}: sites")]
        if not sites:
            raise SpecificationError(f"{where}: sites is empty")
        check_unique(sites, f"{where}: sites")
        states = check_list(self.states, f"{where}: states")
        for state in states:
            check_known(state, STATES, f"{where}: states")
        if isinstance(self.number, bool) or not isinstance(self.number, int) or self.number < 1:
            raise SpecificationError(f"{where}: number = {self.number!r} must be a whole number from 1")
        set_field(self, sites=tuple(sites), states=tuple(s for s in STATES if s in states))
