"""How a result was made: the whole call, scenario and layouts included, as attributes, and back again."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import metadata
from typing import Any, NamedTuple

from dcrisk.layouts import Layout
from dcrisk.plain_forms import layout_from_plain, scenario_from_plain
from dcrisk.scenario import Scenario
from dcrisk.specification import SpecificationError

SCENARIO, LAYOUTS, CALL = "scenario_json", "layouts_json", "call_json"
LIBRARIES = ("numpy", "scipy", "numba")
"""They compute the tables and the logarithms, so that another version may change the last bit."""


class Call(NamedTuple):
    """A call that gives a result."""

    function: str
    scenario: Scenario
    layouts: list[Layout]
    arguments: dict[str, Any]


def call_attributes(
    function: str, scenario: Scenario, layouts: Sequence[Layout], arguments: Mapping[str, Any]
) -> dict[str, str]:
    """Attributes from which the same call can be made again; ``arguments`` are those that the result depends on."""
    return {
        SCENARIO: json.dumps(scenario.plain()),
        LAYOUTS: json.dumps([layout.plain() for layout in layouts]),
        CALL: json.dumps({"function": function, **arguments}),
        "numerical_libraries": numerical_libraries(),
    }


def read_call(attrs: Mapping[str, Any]) -> Call:
    """The call that the attributes of a result tell of."""
    missing = [name for name in (SCENARIO, LAYOUTS, CALL) if name not in attrs]
    if missing:
        raise SpecificationError(
            f"the attributes lack {', '.join(missing)}, so nobody knows how this was made; results of dcrisk.simulate, "
            "estimate and simulate_rare have them"
        )
    arguments = json.loads(attrs[CALL])
    return Call(
        arguments.pop("function"),
        scenario_from_plain(json.loads(attrs[SCENARIO])),
        [layout_from_plain(form) for form in json.loads(attrs[LAYOUTS])],
        arguments,
    )


def without_call(attrs: Mapping[str, Any]) -> dict[str, Any]:
    """The attributes of what several calls have given together."""
    return {name: value for name, value in attrs.items() if name not in (LAYOUTS, CALL)}


@cache
def numerical_libraries() -> str:
    """The libraries that the last bit may depend on, with their versions."""
    return ", ".join(f"{name} {metadata.version(name)}" for name in LIBRARIES)
