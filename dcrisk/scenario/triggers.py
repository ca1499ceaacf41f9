"""Hazards that raise others."""

from __future__ import annotations

from dataclasses import dataclass

from dcrisk import durations
from dcrisk.durations import Duration
from dcrisk.specification import (
    Specification,
    SpecificationError,
    check_name,
    check_probability,
    names_arguments,
    set_field,
)


@names_arguments
@dataclass(frozen=True, eq=False, repr=False)
class Trigger(Specification):
    """One hazard raises another: a storm cuts the grid, a generator that runs catches fire.

    Parameters
    ----------
    effect : str
        The hazard of which an event is raised, beside those that happen anyway.
    cause : str, optional
        The hazard whose events raise it.
    backup : str, optional
        Instead of ``cause``: a node whose backup power raises it whenever it starts. Events that were raised by a
        backup do not raise others by way of a backup in turn.
    probability : float
        Probability that an event (or a start) raises one.
    delay : float or frozen distribution, hours
        From the one to the other.
    origin : str, optional
        Where the event is raised; by default drawn by the rates.

    Raises
    ------
    SpecificationError
        Naming the effect: neither or both of ``cause`` and ``backup``, a probability that is none.

    Examples
    --------
    >>> Trigger("surge", cause="storm", probability=0.3).cause
    'storm'
    """

    effect: str
    cause: str | None = None
    backup: str | None = None
    probability: float = 1.0
    delay: Duration = 0.0
    origin: str | None = None

    def __post_init__(self) -> None:
        where = f"trigger of {check_name(self.effect, 'trigger: effect')!r}"
        if (self.cause is None) == (self.backup is None):
            raise SpecificationError(f"{where}: give either cause (a hazard) or backup (a node)")
        for field_name in ("cause", "backup", "origin"):
            value = getattr(self, field_name)
            if value is not None:
                check_name(value, f"{where}: {field_name}")
        set_field(
            self,
            probability=check_probability(self.probability, f"{where}: probability"),
            delay=durations.check(self.delay, f"{where}: delay"),
        )
