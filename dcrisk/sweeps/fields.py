"""The fields of a scenario and its layouts by name, and how to set them."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from dcrisk.hazards import EventTable
from dcrisk.layouts import Layout
from dcrisk.scenario import Backup, Requirement, Scenario
from dcrisk.scenario.named_rates import set_events
from dcrisk.specification import ARROW, Specification, SpecificationError, check_known

NO_PARAMETERS = {"name", "source"}
ANY = "*."
BACKUP = "backup"
Setter = Callable[[Any, Any], Any]
"""From an item and a value to the item that has it."""


class Study(NamedTuple):
    """What a run is about."""

    scenario: Scenario
    layouts: list[Layout]


class Place(NamedTuple):
    """Where a field is: among the nodes, hazards or crews of the scenario, or among the layouts."""

    kind: str
    number: int
    setter: Setter

    def set(self, study: Study, value: Any) -> Study:
        """The study with another value there."""
        if self.kind == "layouts":
            return study._replace(layouts=self._changed(study.layouts, value))
        changed: Any = {self.kind: self._changed(getattr(study.scenario, self.kind), value)}
        return study._replace(scenario=dataclasses.replace(study.scenario, **changed))

    def _changed(self, items: Sequence[Any], value: Any) -> list[Any]:
        changed = list(items)
        changed[self.number] = self.setter(changed[self.number], value)
        return changed


class Fields:
    """Every field by name: ``item.field``, ``item.field[key]``, and ``*.field`` for all items that have it."""

    def __init__(self, study: Study) -> None:
        self._study = study
        self._places: dict[str, list[Place]] = {}
        scenario, layouts = study
        kinds = {"nodes": scenario.nodes, "hazards": scenario.hazards, "crews": scenario.crews, "layouts": layouts}
        for kind, items in kinds.items():
            for number, item in enumerate(items):
                for name, setter in _fields(item):
                    for title in (f"{item.name}.{name}", ANY + name):
                        self._places.setdefault(title, []).append(Place(kind, number, setter))

    def check(self, name: Any) -> None:
        """A name that stands for one field, or for one of every item that has it."""
        check_known(name, self._places, "sweep: parameters")
        places = self._places[name]
        if len(places) > 1 and not name.startswith(ANY):
            items = " and ".join(f"one of the {place.kind}" for place in places)
            raise SpecificationError(f"sweep: parameters: {name!r} is a field of {items}; give them different names")

    def set(self, values: Mapping[str, Any]) -> Study:
        """The study with other values of some fields."""
        study = self._study
        for name, value in values.items():
            for place in self._places[name]:
                study = place.set(study, value)
        return study


def _fields(item: Any) -> Iterator[tuple[str, Setter]]:
    """The fields of a specification, and those within."""
    if isinstance(item, EventTable):
        yield from _rates_of_table(item)
    for field in dataclasses.fields(item):
        value = getattr(item, field.name)
        if field.name in NO_PARAMETERS or (isinstance(item, EventTable) and field.name == "events"):
            continue
        yield field.name, _whole(field.name)
        if isinstance(value, Specification) and not isinstance(value, Requirement):
            yield from ((f"{field.name}.{inner}", _within(field.name, setter)) for inner, setter in _fields(value))
        if isinstance(value, Mapping):
            for key, entry in value.items():
                name = f"{field.name}[{ARROW.join(key) if isinstance(key, tuple) else key}]"
                yield name, _entry(field.name, key, lambda _, new: new)
                if isinstance(entry, Specification):
                    yield from (
                        (f"{name}.{inner}", _entry(field.name, key, setter)) for inner, setter in _fields(entry)
                    )
    if any(isinstance(need, Requirement) and need.has_backup() for need in getattr(item, "requires", ())):
        yield from ((f"{BACKUP}.{field.name}", _backups(field.name)) for field in dataclasses.fields(Backup))


def _whole(field: str) -> Setter:
    def set_field(item: Any, value: Any) -> Any:
        old = getattr(item, field)
        each = isinstance(old, Mapping) and not isinstance(value, Mapping)
        return dataclasses.replace(item, **{field: dict.fromkeys(old, value) if each else value})

    return set_field


def _within(field: str, setter: Setter) -> Setter:
    return lambda item, value: dataclasses.replace(item, **{field: setter(getattr(item, field), value)})


def _entry(field: str, key: Any, setter: Setter) -> Setter:
    def set_entry(item: Any, value: Any) -> Any:
        table = getattr(item, field)
        return dataclasses.replace(item, **{field: {**table, key: setter(table[key], value)}})

    return set_entry


def _rates_of_table(table: EventTable) -> Iterator[tuple[str, Setter]]:
    yield "rate_per_year", lambda item, value: set_events(item, dict.fromkeys(item.rates, value))
    for event in table.rates:
        yield f"rate_per_year[{event}]", _rate(event)


def _rate(event: str) -> Setter:
    return lambda item, value: set_events(item, {event: value})


def _backups(field: str) -> Setter:
    """All backups of a node."""

    def change(need: Any, value: Any) -> Any:
        if not isinstance(need, Requirement):
            return need
        backup = need.backup and dataclasses.replace(need.backup, **{field: value})
        return dataclasses.replace(need, of=tuple(change(inner, value) for inner in need.of), backup=backup)

    return lambda node, value: dataclasses.replace(node, requires=[change(need, value) for need in node.requires])
