"""Scenarios and layouts in TOML files, in the same words as in Python."""

from __future__ import annotations

import os.path
import tomllib
from collections.abc import Callable, Sequence
from importlib import resources
from pathlib import Path
from typing import Any, TypeVar

from dcrisk.layouts import Layout, check_layouts
from dcrisk.plain_forms import layout_from_plain, list_of_tables, scenario_from_plain
from dcrisk.scenario import Scenario
from dcrisk.specification import SpecificationError, closest

T = TypeVar("T")


def shipped_scenarios() -> list[str]:
    """Return the names of the scenarios that come with dcrisk.

    Examples
    --------
    >>> "ovh-strasbourg-2021" in shipped_scenarios()
    True
    """
    folder = resources.files("dcrisk") / "scenarios"
    return sorted(f.name.removesuffix(".toml") for f in folder.iterdir() if f.name.endswith(".toml"))


def load_scenario(source: str | Path) -> Scenario:
    """Read a scenario that comes with dcrisk, or a TOML file.

    Parameters
    ----------
    source : str or Path
        A shipped name such as ``"ovh-strasbourg-2021"``, or the path of a file.

    Returns
    -------
    Scenario

    Raises
    ------
    SpecificationError
        If there is no such scenario, the file cannot be read, or what it says is not a scenario; the message names
        the file and the item.

    Examples
    --------
    >>> load_scenario("ovh-strasbourg-2021").name
    'ovh-strasbourg-2021'
    """
    return _read(source, _scenario)


def load_layouts(source: str | Path) -> list[Layout]:
    """Read the layouts that a scenario file holds: its ``[[layouts]]``, in the words of `Layout`.

    Parameters
    ----------
    source : str or Path
        A shipped name such as ``"ovh-strasbourg-2021"``, or the path of a file.

    Returns
    -------
    list of Layout
        In the order of the file; empty where it has none.

    Raises
    ------
    SpecificationError
        If the file cannot be read, or a layout of it does not go with its scenario; the message names the file and
        the item.

    Examples
    --------
    >>> import dcrisk, pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "a.toml"
    >>> alone = dcrisk.Layout("alone", replicas=["A"])
    >>> dcrisk.save_scenario(dcrisk.Scenario([dcrisk.Site("A")]), path, [alone])
    >>> dcrisk.load_layouts(path) == [alone]
    True
    """

    def build(form: dict[str, Any]) -> list[Layout]:
        layouts = [layout_from_plain(item) for item in list_of_tables(form.get("layouts", []), "layouts")]
        return check_layouts(_scenario(form), layouts) if layouts else []

    return _read(source, build)


def _scenario(form: dict[str, Any]) -> Scenario:
    return scenario_from_plain({key: value for key, value in form.items() if key != "layouts"})


def _read(source: str | Path, build: Callable[[dict[str, Any]], T]) -> T:
    """What is built from a file; every error names the file."""
    if not isinstance(source, (str, Path)):
        raise SpecificationError(f"{source!r} is neither the name of a shipped scenario nor a path")
    if isinstance(source, str) and source in shipped_scenarios():
        data = (resources.files("dcrisk") / "scenarios" / f"{source}.toml").read_bytes()
    else:
        try:
            data = Path(source).read_bytes()
        except (OSError, ValueError) as error:
            raise SpecificationError(
                f"{source}: no shipped scenario ({', '.join(shipped_scenarios())}) and no readable file ({error})"
                + _meant(source)
            ) from None
    try:
        return build(tomllib.loads(data.decode()))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise SpecificationError(f"{source}: no readable TOML ({error})") from None
    except SpecificationError as error:
        raise SpecificationError(f"{source}: {error}") from None


def _meant(source: str | Path) -> str:
    """The end of the error about a file that is not there: what was likely meant."""
    file = Path(f"{source}.toml")
    close = (
        str(file) if file.name == file.name.strip() and os.path.isfile(file) else closest(source, shipped_scenarios())
    )
    return "" if close is None else f"; did you mean {close!r}?"


def save_scenario(scenario: Scenario, path: str | Path, layouts: Sequence[Layout] = ()) -> None:
    """Write a scenario, and layouts, as TOML; `load_scenario` and `load_layouts` give equal ones back.

    Parameters
    ----------
    scenario : Scenario
    path : str or Path
        The file to write; an existing one is replaced.
    layouts : sequence of Layout, optional
        To be kept in the same file, as ``[[layouts]]``.

    Raises
    ------
    SpecificationError
        If a duration is a distribution that scipy.stats does not know by name, or a layout does not go with the
        scenario.

    Examples
    --------
    >>> import dcrisk, pathlib, tempfile
    >>> scenario = dcrisk.Scenario([dcrisk.Site("A")])
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "a.toml"
    >>> save_scenario(scenario, path)
    >>> load_scenario(path) == scenario
    True
    """
    import tomli_w

    form = scenario.plain()
    if scenario_from_plain(form) != scenario:
        raise SpecificationError(f"scenario {scenario.name!r}: a duration of it cannot be written to a file")
    listed = check_layouts(scenario, layouts) if layouts else []
    for layout in listed:
        if layout_from_plain(layout.plain()) != layout:
            raise SpecificationError(f"layout {layout.name!r}: a duration of it cannot be written to a file")
    both = form | {"layouts": [layout.plain() for layout in listed]} if listed else form
    Path(path).write_text(tomli_w.dumps(both), encoding="utf-8")
