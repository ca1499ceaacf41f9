"""Specifications from their plain forms: the tables of scenario files, and what the attributes of results hold."""

from __future__ import annotations

import dataclasses
from typing import Any

from dcrisk import durations
from dcrisk.hazards import (
    Disc,
    EventTable,
    Failure,
    Fire,
    Flood,
    GridOutage,
    Maintenance,
    PeaksOverThreshold,
    ReturnLevels,
)
from dcrisk.layouts import Layout
from dcrisk.scenario import Backup, Crew, Given, Requirement, Scenario, Site, Trigger, Utility
from dcrisk.specification import ARROW, SpecificationError, check_known

NODES: dict[str, type[Any]] = {"Site": Site, "Utility": Utility}
HAZARDS: dict[str, type[Any]] = {
    "Failure": Failure,
    "GridOutage": GridOutage,
    "Fire": Fire,
    "Flood": Flood,
    "EventTable": EventTable,
    "Maintenance": Maintenance,
}
DURATIONS = {
    *("duration", "restart", "autonomy", "isolation_delay", "reignition_delay", "delay", "radius_km"),
    *("failover", "manual_failover", "failback", "failback_delay", "migration"),
    *("rereplication", "backup_lag", "relocation"),
}


def scenario_from_plain(form: dict[str, Any]) -> Scenario:
    """Build a scenario from the form that :meth:`Scenario.plain` returns."""
    fields = _fields(form, Scenario, "scenario")
    for key, types in (("nodes", NODES), ("hazards", HAZARDS)):
        if key in fields:
            fields[key] = [_item(item, types, key) for item in list_of_tables(fields[key], key)]
    for key, kind in (("conditions", Given), ("crews", Crew), ("triggers", Trigger)):
        if key in fields:
            fields[key] = [
                kind(**_durations(_fields(item, kind, key), key)) for item in list_of_tables(fields[key], key)
            ]
    return Scenario(**fields)


def layout_from_plain(form: dict[str, Any]) -> Layout:
    """Build a layout from the form that :meth:`Layout.plain` returns."""
    where = f"layout {form.get('name', '')!r}" if isinstance(form, dict) else "layouts"
    fields = _durations(_fields(form, Layout, where), where)
    if "up" in fields:
        fields["up"] = _requirement(fields["up"], where)
    if "placement_error" in fields:
        fields["placement_error"] = _by_edge(fields["placement_error"], f"{where}: placement_error")
    return Layout(**fields)


def list_of_tables(value: Any, where: str) -> list[Any]:
    """The list, unless it is none."""
    if not isinstance(value, list):
        raise SpecificationError(f"{where} must be a list of tables, written [[{where}]]")
    return value


def _fields(form: Any, kind: type[Any], where: str) -> dict[str, Any]:
    """Check the keys of a table against the fields of what it describes."""
    if not isinstance(form, dict):
        raise SpecificationError(f"{where}: {form!r} must be a table")
    known = [field.name for field in dataclasses.fields(kind)]
    for key in form:
        check_known(key, known, where)
    needed = (dataclasses.MISSING, dataclasses.MISSING)
    for field in dataclasses.fields(kind):
        if (field.default, field.default_factory) == needed and field.name not in form:
            raise SpecificationError(f"{where}: {field.name} is missing")
    return dict(form)


def _item(form: Any, types: dict[str, type[Any]], where: str) -> Any:
    if not isinstance(form, dict) or "type" not in form:
        raise SpecificationError(f"{where}: {form!r} needs type = one of {', '.join(types)}")
    fields = dict(form)
    name = fields.pop("type")
    check_known(name, types, f"{where}: type")
    where = f"{name} {fields.get('name', '')!r}"
    fields = _fields(fields, types[name], where)
    fields = _durations(fields, where)
    if "rate_per_year" in fields:
        fields["rate_per_year"] = _rate(fields["rate_per_year"], f"{where}: rate_per_year")
    if "stage" in fields:
        fields["stage"] = _stages(fields["stage"], f"{where}: stage")
    if "disc" in fields:
        fields["disc"] = Disc(**_durations(_fields(fields["disc"], Disc, f"{where}: disc"), f"{where}: disc"))
    if "requires" in fields:
        fields["requires"] = [_requirement(need, where) for need in list_of_tables(fields["requires"], "requires")]
    if isinstance(fields.get("durations"), dict):
        fields["durations"] = {
            state: durations.from_plain(value, f"{where}: durations {state}")
            for state, value in fields["durations"].items()
        }
    if "spread" in fields:
        fields["spread"] = _by_edge(fields["spread"], where)
    if isinstance(fields.get("correlation"), dict):
        fields["correlation"] = _by_edge(fields["correlation"], where)
    if "spread_delay" in fields:
        delay = fields["spread_delay"]
        by_edge = isinstance(delay, dict) and "distribution" not in delay
        fields["spread_delay"] = (
            {k: durations.from_plain(v, f"{where}: spread_delay") for k, v in _by_edge(delay, where).items()}
            if by_edge
            else durations.from_plain(delay, f"{where}: spread_delay")
        )
    return types[name](**fields)


def _durations(fields: dict[str, Any], where: str) -> dict[str, Any]:
    """The fields with durations in place of their plain forms."""
    found = {key: durations.from_plain(fields[key], f"{where}: {key}") for key in DURATIONS & fields.keys()}
    return fields | found


def _rate(form: Any, where: str) -> Any:
    """A rate, a distribution of it, or a table of either."""
    if not isinstance(form, dict):
        return form
    if "distribution" in form:
        return durations.from_plain(form, where)
    return {name: durations.from_plain(rate, where) if isinstance(rate, dict) else rate for name, rate in form.items()}


def _stages(form: Any, where: str) -> Any:
    """The peaks of one basin, or of several by name."""
    if not isinstance(form, dict):
        raise SpecificationError(f"{where}: {form!r} must be a table")
    if "levels" in form:
        return ReturnLevels(**_fields(form, ReturnLevels, where))
    if "threshold" in form:
        fields = _fields(form, PeaksOverThreshold, where)
        return PeaksOverThreshold(**fields | {"rate_per_year": _rate(fields["rate_per_year"], where)})
    if not all(isinstance(stage, dict) and ("levels" in stage or "threshold" in stage) for stage in form.values()):
        raise SpecificationError(f"{where} needs threshold (peaks over it) or levels (by return period)")
    return {basin: _stages(stage, f"{where} of {basin!r}") for basin, stage in form.items()}


def _by_edge(table: Any, where: str) -> dict[tuple[str, ...], Any]:
    if not isinstance(table, dict):
        raise SpecificationError(f'{where}: this must be a table of pairs, such as "SBG2 -> SBG1" = 0.3')
    for key in table:
        if key.count(ARROW) != 1:
            raise SpecificationError(f'{where}: {key!r} is no pair; write it as "SBG2 -> SBG1"')
    return {tuple(key.split(ARROW)): value for key, value in table.items()}


def _requirement(need: Any, where: str) -> str | Requirement:
    if not isinstance(need, dict):
        return need  # type: ignore[no-any-return]  # a name; the node checks it
    words = [word for word in ("all_of", "any_of", "at_least") if word in need]
    if len(words) != 1:
        raise SpecificationError(f"{where}: a requirement says one of all_of, any_of, at_least (with of)")
    word = words[0]
    allowed = {word, "backup"} | ({"of"} if word == "at_least" else set())
    for key in need:
        check_known(key, allowed, f"{where}: requires")
    listed = need.get("of") if word == "at_least" else need[word]
    if not isinstance(listed, list):
        raise SpecificationError(f"{where}: {word} needs a list of names")
    members = tuple(_requirement(member, where) for member in listed)
    k = {"all_of": len(members), "any_of": 1, "at_least": need[word]}[word]
    backup = None
    if "backup" in need:
        fields = _fields(need["backup"], Backup, f"{where}: backup")
        if "autonomy" in fields:
            fields["autonomy"] = durations.from_plain(fields["autonomy"], f"{where}: autonomy")
        backup = Backup(**fields)
    return Requirement(k, members, backup)
