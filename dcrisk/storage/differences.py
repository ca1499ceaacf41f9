"""What differs between two runs, in words."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from dcrisk.provenance import CALL, LAYOUTS, SCENARIO

MOST = 3
"""Differences that are told."""


def differences(stored: Mapping[str, Any], called: Mapping[str, Any]) -> str:
    """What differs between the attributes of two results that bears on their numbers; empty if nothing does."""
    found = [*_changes("the version of dcrisk", stored.get("dcrisk_version"), called.get("dcrisk_version"))]
    for name, words in ((CALL, ""), (SCENARIO, "scenario"), (LAYOUTS, "layouts")):
        ours, theirs = (json.loads(attrs[name]) for attrs in (stored, called))
        if name == CALL:  # a store may be given more trials
            ours, theirs = ({k: v for k, v in form.items() if k != "trials"} for form in (ours, theirs))
        found += _changes(words, ours, theirs)
    more = f"; and {len(found) - MOST} more" if len(found) > MOST else ""
    return "; ".join(found[:MOST]) + more


def _changes(where: str, stored: Any, called: Any) -> Iterator[str]:
    """One line for each place where two plain forms differ."""
    if isinstance(stored, dict) and isinstance(called, dict):
        for key in [*stored, *(key for key in called if key not in stored)]:
            yield from _changes(f"{where}: {key}" if where else key, stored.get(key), called.get(key))
        if stored == called and [*stored] != [*called]:
            yield f"{where}: the order of {', '.join(map(str, stored))}"
    elif _named(stored) and _named(called):
        ours, theirs = ({item["name"]: item for item in items} for items in (stored, called))
        for name in [*ours, *(name for name in theirs if name not in ours)]:
            if name not in theirs:
                yield f"{where}: {name!r} is in the store alone"
            elif name not in ours:
                yield f"{where}: {name!r} is not in the store"
            else:
                yield from _changes(f"{where} {name!r}", ours[name], theirs[name])
        if set(ours) == set(theirs) and [*ours] != [*theirs]:
            yield f"{where}: their order"
    elif stored != called:
        yield f"{where} is {_short(stored)} in the store and {_short(called)} in the call"


def _named(value: Any) -> bool:
    """Whether it is a list of things that have names."""
    return isinstance(value, list) and bool(value) and all(isinstance(x, dict) and "name" in x for x in value)


def _short(value: Any) -> str:
    if value is None:
        return "not given"
    text = json.dumps(value)
    return text if len(text) <= 80 else f"{text[:76]} ..."
