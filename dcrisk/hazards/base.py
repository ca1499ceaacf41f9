"""What all hazards share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from dcrisk.rates import Rate, check_monthly, is_uncertain
from dcrisk.specification import (
    Specification,
    SpecificationError,
    check_known,
    check_name,
    check_number,
    check_probability,
    check_text,
    names_arguments,
    set_field,
)

STATES = ("interrupted", "damaged", "destroyed")


@names_arguments
@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Hazard(Specification):
    """What all hazards share: events that come as a Poisson process, or by a plan (:class:`dcrisk.Maintenance`).

    Parameters
    ----------
    name : str
        Unique among the hazards; it also picks the random numbers.
    monthly : sequence of 12 float, optional
        Weights of the months, January first: how a year's events are shared out. Time 0 is the start of January.
    dispersion : float, default 1
        Variance over mean of the number of events in a trial. Above 1 there are bad trials: the rate of each is
        multiplied by a gamma variable of mean 1, so that counts are negative binomial.
    source : str
        Where the numbers are from.
    """

    name: str = field(kw_only=False)
    monthly: Sequence[float] | None = None
    dispersion: float = 1.0
    source: str = ""

    def origins(self) -> tuple[str, ...]:
        """Return where an event may begin, in the order of the draws."""
        raise TypeError("Hazard is a base; use Failure, GridOutage, Fire, Flood, EventTable or Maintenance")

    def nodes(self) -> tuple[str, ...]:
        """Return every node that is named."""
        return self.origins()

    def _check_common(self, where: str, rate: Rate | Mapping[str, Rate]) -> None:
        dispersion = check_number(self.dispersion, f"{where}: dispersion", 1.0)
        if dispersion > 1 and is_uncertain(rate):
            raise SpecificationError(
                f"{where}: dispersion goes with rates that are numbers; one of them is a distribution"
            )
        set_field(
            self,
            monthly=check_monthly(self.monthly, where),
            dispersion=dispersion,
            source=check_text(self.source, f"{where}: source"),
        )


def check_probabilities(value: Any, nodes: tuple[str, ...], where: str) -> float | dict[str, float]:
    """One probability, or one for each of some nodes."""
    if not isinstance(value, Mapping):
        return check_probability(value, where)
    check_all_named(value, nodes, where)
    return {name: check_probability(p, f"{where} of {name!r}") for name, p in value.items()}


def check_levels(value: Any, nodes: tuple[str, ...], where: str) -> dict[str, float]:
    """A number for each of some nodes."""
    check_all_named(value, nodes, where)
    return {check_name(name, where): check_number(x, f"{where} of {name!r}") for name, x in value.items()}


def check_all_named(value: Mapping[str, Any], nodes: tuple[str, ...], where: str) -> None:
    """A table that names all of the nodes and no others."""
    for name in value:
        check_known(name, nodes, where)
    for name in nodes:
        if name not in value:
            raise SpecificationError(f"{where}: {name!r} is missing; a table must name all that can be struck")
