"""A catalogue of events from elsewhere."""

from __future__ import annotations

import csv
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dcrisk.hazards.base import STATES, Hazard
from dcrisk.specification import (
    SpecificationError,
    check_known,
    check_list,
    check_name,
    check_number,
    check_probability,
    check_unique,
    names_arguments,
    set_field,
)

COLUMNS = ("event", "rate_per_year", "site", "delay", "duration", "state")
OPTIONAL = {"delay": 0.0, "state": "interrupted"}


@names_arguments
@dataclass(frozen=True, eq=False, repr=False)
class EventTable(Hazard):
    """Events with their rates, and what each does to which sites: the catalogue of another catastrophe model.

    Parameters
    ----------
    name : str
        Unique among the hazards.
    events : mapping of columns, DataFrame, or path of a CSV file
        One row for each site that an event strikes, columns ``event`` (name or number), ``rate_per_year`` (of the
        event, the same in all its rows), ``site`` (any node), ``duration`` (hours), and optionally ``delay`` (hours
        after the event, default 0) and ``state`` (default ``interrupted``).
    duration_spread : float
        Secondary uncertainty: standard deviation of the log of the durations. Each is multiplied by a lognormal
        factor of mean 1.
    shared_fraction : float
        Part of that variance that all sites of an event share.
    monthly, dispersion, source
        See :class:`dcrisk.hazards.Hazard`.

    Raises
    ------
    SpecificationError
        Naming the row: a state, rate or duration that is none, an event with two rates. Naming the column: one that is
        missing or not known. If the file cannot be read.

    References
    ----------
    Mitchell-Wallace, Jones, Hillier and Foote, "Natural Catastrophe Risk Management and Modelling", 2017.

    Examples
    --------
    >>> table = EventTable("storms", {
    ...     "event": ["Lothar", "Lothar", "Martin"], "rate_per_year": [0.02, 0.02, 0.03],
    ...     "site": ["Paris", "Nancy", "Bordeaux"], "duration": [48.0, 72.0, 96.0]})
    >>> table.origins()
    ('Lothar', 'Martin')
    """

    name: str
    events: Any
    duration_spread: float = 0.0
    shared_fraction: float = 0.0

    def __post_init__(self) -> None:
        where = f"event table {check_name(self.name, 'event table')!r}"
        columns = _columns(self.events, where)
        rates: dict[str, float] = {}
        rows = zip(*(columns[name] for name in COLUMNS), strict=True)
        checked: dict[str, list[Any]] = {name: [] for name in COLUMNS}
        for number, (event, rate, site, delay, duration, state) in enumerate(rows):
            row = f"{where}, row {number + 1}"
            event = check_name(event if event is None or event != event else str(event), f"{row}: event")
            rate = check_number(rate, f"{row}: rate_per_year", 0.0)
            if rates.setdefault(event, rate) != rate:
                raise SpecificationError(f"{row}: event {event!r} has two rates, {rates[event]:g} and {rate:g} a year")
            check_known(state, STATES, f"{row}: state")
            values = (
                event,
                rate,
                check_name(site, f"{row}: site"),
                check_number(delay, f"{row}: delay", 0.0),
                check_number(duration, f"{row}: duration", 0.0),
                state,
            )
            for name, value in zip(COLUMNS, values, strict=True):
                checked[name].append(value)
        if not rates:
            raise SpecificationError(f"{where}: events is empty")
        set_field(
            self,
            events={name: tuple(values) for name, values in checked.items()},
            duration_spread=check_number(self.duration_spread, f"{where}: duration_spread", 0.0, 20.0),
            shared_fraction=check_probability(self.shared_fraction, f"{where}: shared_fraction"),
        )
        self._check_common(where, rates)

    @property
    def rates(self) -> dict[str, float]:
        """Events a year, by event."""
        return dict(zip(self.events["event"], self.events["rate_per_year"], strict=True))

    def hits(self, event: str) -> list[tuple[str, float, float, str]]:
        """Return site, delay, duration and state of each row of an event.

        Parameters
        ----------
        event : str
            One of :meth:`origins`.

        Returns
        -------
        list of (str, float, float, str)
            In the order of the table.
        """
        columns = (self.events[name] for name in ("event", "site", "delay", "duration", "state"))
        return [tuple(row[1:]) for row in zip(*columns, strict=True) if row[0] == event]

    def origins(self) -> tuple[str, ...]:
        """Return the events."""
        return tuple(self.rates)

    def nodes(self) -> tuple[str, ...]:
        """Return every node that is struck."""
        return tuple(dict.fromkeys(self.events["site"]))


def _columns(events: Any, where: str) -> dict[str, list[Any]]:
    """The columns as lists, whatever the events came in."""
    if isinstance(events, (str, os.PathLike)):
        events = _read(events, where)
    try:
        names = [str(name) for name in (events.keys() if hasattr(events, "keys") else events)]
        table = {name: events[name] for name in names}
    except (TypeError, KeyError, IndexError):
        raise SpecificationError(
            f"{where}: events must be columns (a mapping or a DataFrame) or the path of a CSV file"
        ) from None
    for name in names:
        check_known(name, COLUMNS, f"{where}: column")
    for name in COLUMNS:
        if name not in table and name not in OPTIONAL:
            raise SpecificationError(f"{where}: the column {name} is missing")
    columns = {
        name: column.tolist() if hasattr(column, "tolist") else check_list(column, f"{where}: column {name}")
        for name, column in table.items()
    }
    lengths = {len(column) for column in columns.values()}
    if len(lengths) > 1:
        raise SpecificationError(f"{where}: the columns have different lengths")
    rows = lengths.pop()
    return {name: columns[name] if name in columns else [OPTIONAL[name]] * rows for name in COLUMNS}


def _read(path: Any, where: str) -> Mapping[str, list[Any]]:
    """A CSV file with a line of names."""
    try:
        with open(path, newline="", encoding="utf-8") as file:
            reader = csv.DictReader(file)
            rows = list(reader)
            names = list(reader.fieldnames or [])
            check_unique(names, f"{where}: columns of {path}")
            for number, row in enumerate(rows):
                if None in row:
                    raise SpecificationError(f"{where}, row {number + 1} of {path}: more than {len(names)} fields")
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise SpecificationError(f"{where}: {path} cannot be read as CSV ({error})") from None
    numbers = {"rate_per_year", "delay", "duration"}
    return {name: [_number(row[name]) if name in numbers else row[name] for row in rows] for name in names}


def _number(text: Any) -> Any:
    try:
        return float(text)
    except (TypeError, ValueError):
        return text
