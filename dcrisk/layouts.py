"""Layouts: what a service needs to be up, and where its data is."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from numbers import Integral
from typing import Any

from dcrisk import durations
from dcrisk.durations import Duration
from dcrisk.scenario import Requirement, Scenario, all_of, at_least
from dcrisk.specification import (
    ARROW,
    Specification,
    SpecificationError,
    check_known,
    check_list,
    check_name,
    check_number,
    check_probability,
    check_table,
    check_unique,
    names_arguments,
    set_field,
)

ROUNDING = 1e-9
"""Shares and probabilities that add up to a limit but for this do meet it: three times 1/3 is not quite 1."""


def _check_count(value: Any, most: int, where: str, of: str) -> int:
    whole = isinstance(value, Integral) and not isinstance(value, bool)
    if not whole or not 1 <= value <= most:
        raise SpecificationError(f"{where} = {value!r} must be a whole number from 1 to {of.format(most)}")
    return int(value)


@names_arguments
@dataclass(frozen=True, eq=False, repr=False)
class Layout(Specification):
    """A hosting layout of one service.

    Parameters
    ----------
    name : str
        Unique among the layouts of a run.
    replicas : sequence of str, optional
        Nodes that each run the service. One named twice counts twice.
    quorum : int
        Replicas that must be up.
    up : str or Requirement, optional
        When the service is up, in the algebra of ``requires``; instead of ``replicas`` and ``quorum``. Tiers are
        ``all_of(at_least(1, ...), at_least(2, ...))``, each with its own sites.
    failover : float or frozen distribution, hours
        Hours lost whenever the service has to move to another replica. With it, every ``at_least(k, ...)`` that has
        members to spare uses k of them, at first the k named first; it moves when one in use is lost and enough others
        are up. A move that has begun is carried through.
    failover_probability : float
        Probability that a move works. If not, the service waits for those that were in use, or for people.
    manual_failover : float or frozen distribution, hours
        Hours until people have moved the service whose own move failed. ``math.inf`` (default): they never do.
    failback : float or frozen distribution, hours, optional
        Planned hours down for moving back to the replicas named first, once they are all up. By default the service
        stays where it went.
    failback_delay : float or frozen distribution, hours
        Hours for which those must have been up before it moves back.
    migration : float or frozen distribution, hours, optional
        Warning that a planned migration needs. A service that loses a replica through an event with at least as much
        ``lead_time`` has moved before, without an outage, and has saved its last data.
    capacity : float or dict of str to float, optional
        Share of the demand that each replica carries. Gives ``degraded_hours`` and ``capacity`` in the results.
    degraded_below : float
        The service is degraded while the replicas that are up carry less than this share.
    down_below : float
        And it is down below this one.
    copies : sequence of str
        Sites that keep the data. It is lost when fewer than ``copies_needed`` of them are left at one moment; a copy
        is gone from the destruction of its site until this is rebuilt. Without copies there is no data to lose.
    copies_needed : int
        Copies that restore the data: 1 for mirrors, k for fragments of a k-of-n erasure code.
    rereplication : float or frozen distribution, hours, optional
        Hours after which a destroyed copy exists again somewhere else, made from what was left.
    asynchronous : sequence of str, optional
        Those of the copies that are backups, and lag behind. By default, with a ``backup_interval``, all but the first.
    backup_interval : float, hours, optional
        Time from one backup to the next. When all other copies are gone the data comes back from a backup, and what was
        written since is lost: ``data_lost_hours`` in the results.
    backup_lag : float or frozen distribution, hours
        Time until a backup has arrived: it holds the data of the moment at which it began.
    relocation : float or frozen distribution, hours
        After damage or destruction of its site, a replica runs somewhere else once this time has passed, if not
        all copies lay destroyed since, until its site is up again. By default it waits for its site.
    placement_error : dict of (str, str) to float
        ``{("SBG1", "SBG2"): 0.05}``: with this probability what is believed to be at SBG1 is at SBG2, replicas and
        copies alike, in a whole trial.
    cost : float
        For comparing.

    Raises
    ------
    SpecificationError
        Naming the layout and the field: neither replicas nor ``up``, a quorum out of range, fields that need each other.

    References
    ----------
    Barroso, Hoelzle and Ranganathan, "The Datacenter as a Computer", 3rd edition, 2018 (failover, capacity);
    Patterson, Gibson and Katz, "A case for redundant arrays of inexpensive disks (RAID)", SIGMOD 1988 (data loss).

    Examples
    --------
    >>> Layout("two of three", replicas=["A", "B", "C"], quorum=2).expression.k
    2
    >>> Layout("with a backup", replicas=["A"], copies=["A", "B"], backup_interval=24.0).backups
    ('B',)
    """

    name: str
    replicas: Sequence[str] | None = None
    quorum: int = 1
    up: str | Requirement | None = None
    failover: Duration = 0.0
    failover_probability: float = 1.0
    manual_failover: Duration = math.inf
    failback: Duration | None = None
    failback_delay: Duration = 0.0
    migration: Duration | None = None
    capacity: float | Mapping[str, float] | None = None
    degraded_below: float = 1.0
    down_below: float = 0.0
    copies: Sequence[str] = ()
    copies_needed: int = 1
    rereplication: Duration | None = None
    asynchronous: Sequence[str] | None = None
    backup_interval: float | None = None
    backup_lag: Duration = 0.0
    relocation: Duration | None = None
    placement_error: Mapping[tuple[str, str], float] = field(default_factory=dict)
    cost: float = 0.0

    def __post_init__(self) -> None:
        where = f"layout {check_name(self.name, 'layout')!r}"
        self._check_service(where)
        self._check_moves(where)
        self._check_capacity(where)
        self._check_data(where)
        self._check_placement(where)
        set_field(self, cost=check_number(self.cost, f"{where}: cost"))

    def _check_service(self, where: str) -> None:
        if (self.replicas is None) == (self.up is None):
            raise SpecificationError(f"{where}: give either replicas (with quorum) or up")
        if self.replicas is not None:
            replicas = [check_name(r, f"{where}: replicas") for r in check_list(self.replicas, f"{where}: replicas")]
            if not replicas:
                raise SpecificationError(f"{where}: replicas is empty")
            quorum = _check_count(self.quorum, len(replicas), f"{where}: quorum", "its {} replicas")
            set_field(self, replicas=tuple(replicas), quorum=quorum)
        elif isinstance(self.up, Requirement):
            if self.up.has_backup():
                raise SpecificationError(f"{where}: a backup belongs to the requires of a node, not to up")
        else:
            check_name(self.up, f"{where}: up")
        if self.up is not None and self.quorum != 1:
            raise SpecificationError(f"{where}: quorum goes with replicas; say at_least(k, ...) in up")

    def _check_moves(self, where: str) -> None:
        for name in ("failover", "failback_delay", "backup_lag"):
            set_field(self, **{name: durations.check(getattr(self, name), f"{where}: {name}")})
        for name in ("failback", "migration", "rereplication", "relocation"):
            if getattr(self, name) is not None:
                set_field(self, **{name: durations.check(getattr(self, name), f"{where}: {name}")})
        set_field(
            self,
            failover_probability=check_probability(self.failover_probability, f"{where}: failover_probability"),
            manual_failover=durations.check(self.manual_failover, f"{where}: manual_failover", infinite=True),
        )
        if self.failover_probability == 1.0 and self.manual_failover != math.inf:
            raise SpecificationError(
                f"{where}: manual_failover is for moves that fail, and none does; set failover_probability below 1"
            )
        if self.failback is None and self.failback_delay != 0.0:
            raise SpecificationError(f"{where}: failback_delay waits for a failback; give failback hours as well")
        if self.failback is not None and not self.moves:
            raise SpecificationError(
                f"{where}: failback undoes a move, and without failover (hours or a probability) there is none"
            )
        if self.migration is not None and not (self.moves or self.backup_interval is not None):
            raise SpecificationError(f"{where}: migration saves failover hours or data, so give failover or backups")

    def _check_capacity(self, where: str) -> None:
        if self.capacity is None:
            if self.degraded_below != 1.0 or self.down_below != 0.0:
                raise SpecificationError(f"{where}: degraded_below and down_below need the capacity of the replicas")
            return
        if isinstance(self.capacity, Mapping):
            named = list(self.expression.names())
            for name in self.capacity:
                check_known(name, named, f"{where}: capacity")
            for name in self.replicas or ():
                if name not in self.capacity:
                    raise SpecificationError(f"{where}: capacity: {name!r} is missing; name every replica")
            shares = {name: check_number(x, f"{where}: capacity of {name!r}", 0.0) for name, x in self.capacity.items()}
            set_field(self, capacity=shares)
        elif self.replicas is None:
            raise SpecificationError(f"{where}: with up, give capacity as a table of the nodes that carry load")
        else:
            set_field(self, capacity=check_number(self.capacity, f"{where}: capacity", 0.0))
        full = sum(share for _, share in self.shares)
        if full < 1.0 - ROUNDING:
            raise SpecificationError(
                f"{where}: all replicas together carry {full:g} of the demand; they must carry 1 at least, or the "
                "service is degraded from the start"
            )
        degraded_below = check_number(self.degraded_below, f"{where}: degraded_below", 0.0, full + ROUNDING)
        label = f"{where}: down_below (at most degraded_below)"
        down_below = check_number(self.down_below, label, 0.0, degraded_below)
        set_field(self, degraded_below=degraded_below, down_below=down_below)

    def _check_data(self, where: str) -> None:
        copies = [check_name(c, f"{where}: copies") for c in check_list(self.copies, f"{where}: copies")]
        of = "its {} copies" if copies else "{}: there are no copies"
        needed = _check_count(self.copies_needed, max(len(copies), 1), f"{where}: copies_needed", of)
        set_field(self, copies=tuple(copies), copies_needed=needed)
        if self.rereplication is not None and not copies:
            raise SpecificationError(f"{where}: rereplication makes copies anew, and there are no copies")
        if self.backup_interval is None:
            if self.asynchronous is not None or self.backup_lag != 0.0:
                raise SpecificationError(
                    f"{where}: asynchronous copies need a backup_interval (hours; 0: all the time)"
                )
            return
        if self.copies_needed > 1:
            raise SpecificationError(
                f"{where}: backups are whole copies; copies_needed above 1 has no asynchronous ones"
            )
        if durations.is_frozen(self.backup_interval):
            raise SpecificationError(
                f"{where}: backup_interval = {self.backup_interval!r}: it must be a number of hours; "
                "what varies from backup to backup is backup_lag"
            )
        set_field(self, backup_interval=check_number(self.backup_interval, f"{where}: backup_interval", 0.0))
        if self.asynchronous is not None:
            label = f"{where}: asynchronous"
            listed = [check_name(c, label) for c in check_list(self.asynchronous, label)]
            for name in listed:
                check_known(name, copies, f"{label} (which are among the copies)")
            check_unique(listed, label)
            set_field(self, asynchronous=tuple(listed))
        if not self.backups or set(self.backups) == set(copies):
            raise SpecificationError(
                f"{where}: backup_interval needs copies of both kinds: one at least that is up to date, and a backup"
            )

    def _check_placement(self, where: str) -> None:
        table = check_table(self.placement_error, f"{where}: placement_error")
        total: dict[str, float] = {}
        errors: dict[tuple[str, str], float] = {}
        for pair, probability in table.items():
            if not isinstance(pair, tuple) or len(pair) != 2 or pair[0] == pair[1]:
                raise SpecificationError(
                    f'{where}: placement_error: {pair!r} is no pair; write ("believed site", "actual site"): probability'
                )
            label = f"{where}: placement_error of {ARROW.join(map(str, pair))}"
            errors[pair] = check_probability(probability, label)
            total[pair[0]] = total.get(pair[0], 0.0) + errors[pair]
            check_known(pair[0], [*self.expression.names(), *self.copies], f"{where}: placement_error")
            if total[pair[0]] > 1.0 + ROUNDING:
                raise SpecificationError(f"{where}: placement_error: those of {pair[0]!r} add up to more than 1")
        set_field(self, placement_error=errors)

    @property
    def moves(self) -> bool:
        """Whether it matters which of the replicas are in use."""
        return self.failover != 0.0 or self.failover_probability < 1.0

    @property
    def backups(self) -> tuple[str, ...]:
        """The copies that lag behind."""
        if self.backup_interval is None:
            return ()
        return tuple(self.copies[1:] if self.asynchronous is None else self.asynchronous)

    @property
    def shares(self) -> tuple[tuple[str, float], ...]:
        """Who carries which share of the demand."""
        if self.capacity is None:
            return ()
        if isinstance(self.capacity, Mapping):
            names = self.replicas if self.replicas is not None else tuple(self.capacity)
            return tuple((name, self.capacity[name]) for name in names)
        return tuple((name, self.capacity) for name in self.replicas or ())

    @property
    def expression(self) -> Requirement:
        """When the service is up, as a requirement."""
        if self.replicas is not None:
            return at_least(self.quorum, *self.replicas)
        return self.up if isinstance(self.up, Requirement) else all_of(str(self.up))


def site_layouts(scenario: Scenario) -> list[Layout]:
    """One layout for each site: how one asks for the fate of the sites themselves.

    ``data_loss`` of such a layout says that the site was destroyed.

    Parameters
    ----------
    scenario : Scenario
        Of which the sites are taken, in their order.

    Returns
    -------
    list of Layout
        Named as the sites.

    Raises
    ------
    SpecificationError
        If ``scenario`` is no Scenario.

    Examples
    --------
    >>> from dcrisk import Scenario, Site
    >>> [layout.name for layout in site_layouts(Scenario([Site("A"), Site("B")]))]
    ['A', 'B']
    """
    _check_scenario(scenario)
    return [Layout(site.name, replicas=[site.name], copies=[site.name]) for site in scenario.sites]


def _check_scenario(scenario: Any) -> None:
    if not isinstance(scenario, Scenario):
        raise SpecificationError(f"{scenario!r} is no Scenario; load_scenario(...) reads one from a file")


def check_layouts(scenario: Scenario, layouts: Any) -> list[Layout]:
    """Some layouts, or one, as a list, unless they are of no use with the scenario."""
    _check_scenario(scenario)
    listed: list[Layout] = [layouts] if isinstance(layouts, Layout) else check_list(layouts, "layouts")
    if not listed:
        raise SpecificationError("layouts is empty: give at least one Layout, or site_layouts(scenario)")
    for layout in listed:
        if not isinstance(layout, Layout):
            hint = f"; did you mean Layout({layout!r}, replicas=[{layout!r}])?" if isinstance(layout, str) else ""
            raise SpecificationError(f"layouts: {layout!r} is no Layout{hint}")
    check_unique((layout.name for layout in listed), "layouts")
    nodes, sites = [node.name for node in scenario.nodes], [site.name for site in scenario.sites]
    for layout in listed:
        for name in layout.expression.names():
            check_known(name, nodes, f"layout {layout.name!r}")
        for name in layout.copies:
            check_known(name, sites, f"layout {layout.name!r}: copies (which are kept at sites)")
        for believed, actual in layout.placement_error:
            kept = believed in layout.copies
            check_known(actual, sites if kept else nodes, f"layout {layout.name!r}: placement_error of {believed!r}")
    return listed
