"""Figures as pictures within a page."""

from __future__ import annotations

import base64
import io
import math
import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import dcrisk
from dcrisk.cli.page.parts import Figure
from dcrisk.plotting.style import HARD_SPACE

if TYPE_CHECKING:
    import xarray as xr

POINTS_PER_PIXEL = 0.75
WIDTH = 8.2  # inches
MOST_LAYOUTS = 10
"""Curves in one figure that can still be told apart."""
FINE: Any = {"svg.hashsalt": "dcrisk", "svg.fonttype": "path", "figure.dpi": 100.0, "font.size": 10.0}
"""The same results give the same page to the byte, and need no font."""


def figures_of(results: xr.Dataset) -> Iterator[Figure]:
    """How long, how available, and through what."""
    shown = _with_plain_names(results)
    if shown.sizes["layout"] > MOST_LAYOUTS:
        shown = shown.isel(layout=slice(MOST_LAYOUTS))
    words, rows = _which(results), shown.sizes["layout"]
    if bool((shown["longest_outage"] > 0.0).any()):
        yield _draw(
            lambda ax: dcrisk.plot_exceedance(shown, ax=ax),
            (WIDTH, 5.2),
            "Curves that fall from left to right: the probability that the longest outage of a window exceeds so many "
            f"hours, for {words}.",
            "How likely the longest outage of a window is to exceed so many hours. A curve ends where no window went "
            "further; its band goes on.",
        )
    yield _draw(
        lambda ax: dcrisk.plot_nines(shown, ax=ax),
        (WIDTH, 2.0 + 0.36 * rows),
        f"Intervals of the nines of availability of {words}, the best first.",
        "Nines of availability: 3 nines are 99.9 %. An arrow says that no downtime was seen at all.",
    )
    if "downtime_by_hazard" in shown:
        yield _draw(
            lambda ax: dcrisk.plot_downtime(shown, ax=ax),
            (WIDTH, 1.6 + 0.55 * rows),
            f"Bars of the mean downtime of {words}, divided by the hazard that began the outages.",
            "Mean downtime of a window by the hazard that began the outage.",
        )


def _which(results: xr.Dataset) -> str:
    number = results.sizes["layout"]
    if number > MOST_LAYOUTS:
        return f"the first {MOST_LAYOUTS} of {number} layouts"
    return "1 layout" if number == 1 else f"{number} layouts"


def _as_plain_text(name: str) -> str:
    """A name as matplotlib shows it unchanged: dollars begin a formula there, and "_" hides a line from the legend."""
    escaped = name.replace("$", r"\$")
    return f"{HARD_SPACE}{escaped}" if name.startswith("_") else escaped


def _with_plain_names(results: xr.Dataset) -> xr.Dataset:
    named = [name for name in ("layout", "hazard") if name in results.coords]
    return results.assign_coords(
        {name: (name, [_as_plain_text(str(text)) for text in results[name].values]) for name in named}
    )


def _draw(plot: Callable[[Any], Any], inches: tuple[float, float], words: str, caption: str) -> Figure:
    import matplotlib
    from matplotlib.figure import Figure as Sheet

    with matplotlib.rc_context(FINE):
        sheet, file = Sheet(figsize=inches, layout="constrained"), io.BytesIO()  # without pyplot: no screen, no state
        plot(sheet.subplots())
        sheet.savefig(file, format="svg", bbox_inches="tight", metadata={"Date": None, "Creator": None})
    svg = file.getvalue()
    width, height = (_pixels(svg, side) for side in ("width", "height"))
    source = f"data:image/svg+xml;base64,{base64.b64encode(svg).decode()}"
    return Figure(source, width, height, words, caption)


def _pixels(svg: bytes, side: str) -> int:
    """The size that matplotlib wrote, in points."""
    found = re.search(rf'<svg [^>]*\b{side}="([0-9.]+)pt"'.encode(), svg)
    assert found is not None
    return math.ceil(float(found[1]) / POINTS_PER_PIXEL)
