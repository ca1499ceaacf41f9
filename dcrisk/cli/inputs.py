"""The scenario and the layouts that a command works on."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import dcrisk
from dcrisk.specification import check_known


class Study(NamedTuple):
    """What was read."""

    scenario: dcrisk.Scenario
    layouts: list[dcrisk.Layout]
    in_file: bool
    """Whether the layouts stand in the file; otherwise there is one for each site."""


def read_study(source: str, names: Sequence[str] = ()) -> Study:
    """The scenario of that name or path, and its layouts, or some of them in the order asked for."""
    scenario = dcrisk.load_scenario(source)
    listed = dcrisk.load_layouts(source)
    layouts = listed or dcrisk.site_layouts(scenario)
    known = {layout.name: layout for layout in layouts}
    for name in names:
        check_known(name, known, f"{source}: --layout")
    chosen = [known[name] for name in dict.fromkeys(names)] if names else layouts
    return Study(scenario, chosen, bool(listed))


def check_folder(file: Path) -> None:
    """Whether a file can be put there."""
    if not file.absolute().parent.is_dir():
        raise NotADirectoryError(f"{file}: there is no folder {file.absolute().parent}")


def check_output(output: Path | None) -> None:
    """Whether results can be saved under that name, before hours are spent on them."""
    if output is None:
        return
    from dcrisk.storage.formats import NETCDF, ZARR, ZIPPED

    check_folder(output)
    if not output.name.endswith((NETCDF, ZARR, ZIPPED)):
        raise ValueError(f"{output}: results are kept as *{NETCDF}, *{ZARR} or *{ZIPPED}; the name must say which")
