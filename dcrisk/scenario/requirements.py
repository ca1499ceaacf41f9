"""What a node needs, in the algebra of k-of-n, and the backup that carries it while it is broken."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from dcrisk import durations
from dcrisk.durations import Duration
from dcrisk.specification import (
    Specification,
    SpecificationError,
    check_list,
    check_name,
    check_number,
    check_probability,
    names_arguments,
    set_field,
)


@names_arguments
@dataclass(frozen=True, eq=False, repr=False)
class Backup(Specification):
    """UPS and generators that carry a requirement while it is broken.

    Parameters
    ----------
    start_probability : float
        Probability that the backup starts when it is needed; otherwise the node falls at once.
    autonomy : float or frozen distribution, hours
        The node falls when the requirement stays broken for longer. ``math.inf`` (default) never runs out.
    refuel_probability : float
        Probability that fuel arrives in time, so that the whole demand is carried.
    common_cause : float
        Beta factor: the share of start failures that strikes every backup of the group at once.
    run_failure_rate_per_hour : float
        Failures an hour while it runs; then the node falls.
    group : str
        Backups with the same group share those failures. By default all backups of a scenario are one group.

    Raises
    ------
    SpecificationError
        Naming the field: a probability that is none (a percentage is guessed), a negative autonomy or rate.

    References
    ----------
    Mosleh, Rasmuson and Marshall, "Guidelines on modeling common-cause failures", NUREG/CR-5485, 1998.

    Examples
    --------
    >>> all_of("grid", backup=Backup(0.99, 48)).backup.start_probability
    0.99
    """

    start_probability: float = 1.0
    autonomy: Duration = math.inf
    refuel_probability: float = 0.0
    common_cause: float = 0.0
    group: str = "default"
    run_failure_rate_per_hour: float = 0.0

    def __post_init__(self) -> None:
        rate = check_number(self.run_failure_rate_per_hour, "Backup: run_failure_rate_per_hour", 0.0)
        set_field(
            self,
            run_failure_rate_per_hour=rate,
            start_probability=check_probability(self.start_probability, "Backup: start_probability"),
            autonomy=durations.check(self.autonomy, "Backup: autonomy", infinite=True),
            refuel_probability=check_probability(self.refuel_probability, "Backup: refuel_probability"),
            common_cause=check_probability(self.common_cause, "Backup: common_cause"),
            group=check_name(self.group, "Backup: group"),
        )


@names_arguments
@dataclass(frozen=True, eq=False, repr=False)
class Requirement(Specification):
    """At least ``k`` of ``of`` must be up. Made by :func:`all_of`, :func:`any_of` and :func:`at_least`.

    Parameters
    ----------
    k : int
        How many members are needed, 1 to ``len(of)``.
    of : tuple of str or Requirement
        Names of nodes, or requirements in turn. A member named twice counts twice.
    backup : Backup, optional
        Carries the requirement while it is broken.

    Raises
    ------
    SpecificationError
        If ``k`` is out of range, or a member is neither a name nor a requirement.

    References
    ----------
    Birnbaum, Esary and Saunders, "Multi-component systems and structures and their reliability", Technometrics 3, 1961.

    Examples
    --------
    >>> at_least(2, "A", "B", any_of("C", "D")).k
    2
    """

    k: int
    of: tuple[str | Requirement, ...]
    backup: Backup | None = None

    def __post_init__(self) -> None:
        members = tuple(check_list(self.of, "requirement"))
        if not members:
            raise SpecificationError("requirement: it names nothing; give at least one node")
        for member in members:
            if not isinstance(member, Requirement):
                check_name(member, "requirement")
        if isinstance(self.k, bool) or not isinstance(self.k, int) or not 1 <= self.k <= len(members):
            raise SpecificationError(
                f"at_least({self.k!r}, {', '.join(map(str, members))}): k must be a whole number from 1 to {len(members)}"
            )
        if self.backup is not None and not isinstance(self.backup, Backup):
            raise SpecificationError(f"requirement: backup = {self.backup!r} is no Backup")
        set_field(self, of=members)

    def names(self) -> Iterator[str]:
        """Yield the nodes named anywhere within, as often as they are named."""
        for member in self.of:
            if isinstance(member, str):
                yield member
            else:
                yield from member.names()

    def has_backup(self) -> bool:
        """Whether a backup stands anywhere within."""
        return self.backup is not None or any(isinstance(m, Requirement) and m.has_backup() for m in self.of)

    def plain(self) -> dict[str, Any]:
        """Return the form used in files: ``{"all_of": [...]}``, ``{"any_of": [...]}`` or ``{"at_least": k, "of": [...]}``."""
        members = [m if isinstance(m, str) else m.plain() for m in self.of]
        form: dict[str, Any]
        if self.k == len(members):
            form = {"all_of": members}
        elif self.k == 1:
            form = {"any_of": members}
        else:
            form = {"at_least": self.k, "of": members}
        return form if self.backup is None else form | {"backup": self.backup.plain()}

    def __str__(self) -> str:
        return self._word + ", ".join(map(str, self.of)) + ")"

    def __repr__(self) -> str:
        backup = [] if self.backup is None else [f"backup={self.backup!r}"]
        return self._word + ", ".join([*map(repr, self.of), *backup]) + ")"

    @property
    def _word(self) -> str:
        return "all_of(" if self.k == len(self.of) else "any_of(" if self.k == 1 else f"at_least({self.k}, "


def all_of(*of: str | Requirement, backup: Backup | None = None) -> Requirement:
    """All members must be up.

    Parameters
    ----------
    *of : str or Requirement
        Names of nodes, or requirements in turn. One named twice counts twice.
    backup : Backup, optional
        Carries the requirement while it is broken.

    Returns
    -------
    Requirement

    Raises
    ------
    SpecificationError
        If a member is neither a name nor a requirement, or there is none.

    References
    ----------
    Birnbaum, Esary and Saunders, "Multi-component systems and structures and their reliability", Technometrics 3, 1961.

    Examples
    --------
    >>> str(all_of("grid", any_of("chiller 1", "chiller 2")))
    'all_of(grid, any_of(chiller 1, chiller 2))'
    """
    return Requirement(len(of), of, backup)


def any_of(*of: str | Requirement, backup: Backup | None = None) -> Requirement:
    """At least one member must be up.

    Parameters
    ----------
    *of : str or Requirement
        Names of nodes, or requirements in turn. One named twice counts twice.
    backup : Backup, optional
        Carries the requirement while it is broken.

    Returns
    -------
    Requirement

    Raises
    ------
    SpecificationError
        If a member is neither a name nor a requirement, or there is none.

    References
    ----------
    Birnbaum, Esary and Saunders, "Multi-component systems and structures and their reliability", Technometrics 3, 1961.

    Examples
    --------
    >>> str(any_of("feed 1", "feed 2"))
    'any_of(feed 1, feed 2)'
    """
    return Requirement(1, of, backup)


def at_least(k: int, *of: str | Requirement, backup: Backup | None = None) -> Requirement:
    """At least ``k`` members must be up.

    Parameters
    ----------
    k : int
        How many members are needed.
    *of : str or Requirement
        Names of nodes, or requirements in turn. One named twice counts twice.
    backup : Backup, optional
        Carries the requirement while it is broken.

    Returns
    -------
    Requirement

    Raises
    ------
    SpecificationError
        If ``k`` is no whole number from 1 to the number of members.

    References
    ----------
    Birnbaum, Esary and Saunders, "Multi-component systems and structures and their reliability", Technometrics 3, 1961.

    Examples
    --------
    >>> str(at_least(2, "A", "B", "C"))
    'at_least(2, A, B, C)'
    """
    return Requirement(k, of, backup)
