"""What an event does to the sites, as colours on the map."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import xarray as xr

from dcrisk import statistics
from dcrisk.plotting.looks import ENLARGED, Plain, marker
from dcrisk.plotting.style import SHADES, shade_norm, window_words
from dcrisk.specification import SpecificationError, check_known

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Measure = Literal["down", "destroyed", "hours"]
MEASURES = ("down", "destroyed", "hours")

ORIGIN = "#000000"
UNKNOWN = "white"
SIZE = 12.5  # points


@dataclass(frozen=True)
class Footprint(Plain):
    """A value for each site: a share in per cent, or hours."""

    values: dict[str, float]
    origins: frozenset[str]  # where the event begins
    most: float
    words: str

    def mark(self, name: str, is_group: bool) -> dict[str, Any]:
        """Large enough to see its colour."""
        import matplotlib

        begun = name in self.origins
        look: dict[str, Any] = {
            "marker": "D" if is_group else "o",
            "markersize": SIZE,
            "color": UNKNOWN,
            "mec": ORIGIN if begun else "0.2",
            "mew": 2.4 if begun else 0.8,
        }
        if name in self.values:
            look["color"] = matplotlib.colormaps[SHADES](shade_norm(self.most)(self.values[name]))
        return look

    def merged(self, group: dict[str, str]) -> Footprint:
        """With a value for each group too: that of the site in it which fares worst."""
        values = dict(self.values)
        for name, value in self.values.items():
            if name in group:
                values[group[name]] = max(value, values.get(group[name], 0.0))
        return replace(self, values=values)

    def legend(self, is_enlarged: bool) -> list[Any]:
        import matplotlib

        filled = {"color": matplotlib.colormaps[SHADES](0.5), "mec": "0.2"}
        marks = [marker("o", 8, "site", **filled)]
        if is_enlarged:
            marks.append(marker("D", 10, ENLARGED, **filled))
        if self.origins:
            marks.append(marker("o", 9, "the event begins here", color="white", mec=ORIGIN, mew=2.4))
        return marks

    def draw_bar(self, ax: Axes) -> None:
        from matplotlib.cm import ScalarMappable

        mappable = ScalarMappable(shade_norm(self.most), SHADES)
        bar = ax.figure.colorbar(mappable, ax=ax, fraction=0.025, pad=0.015, aspect=40)
        bar.set_label(self.words)
        bar.outline.set_visible(False)


def read_footprint(scenario: Any, results: xr.Dataset, measure: str, at_least_hours: float) -> Footprint:
    """The values of the sites that the results have a layout of the same name for."""
    if not isinstance(results, xr.Dataset):
        raise SpecificationError(f"plot_map: footprint = {results!r} must be the results of simulate()")
    check_known(measure, MEASURES, "plot_map: measure")
    found = statistics.dependence(results, at_least_hours=at_least_hours)
    window = window_words(float(found.attrs["horizon_hours"]))
    share = "share of the trials in which the site"
    if measure == "down":
        hours = f" for more than {at_least_hours:g} h" if at_least_hours else ""
        values, words = 100.0 * found["probability_down"].values, f"{share} is down{hours} in {window} (%)"
    elif measure == "destroyed":
        values, words = (
            100.0 * statistics.mean_over_trials(results, "data_loss").values,
            f"{share} is destroyed in {window} (%)",
        )
    else:
        values, words = (
            statistics.mean_over_trials(results, "downtime").values,
            f"mean hours in {window} for which the site is down",
        )
    sites = {node.name for node in scenario.nodes if hasattr(node, "part_of")}
    by_site = {str(n): float(v) for n, v in zip(found["layout"].values, values, strict=True) if str(n) in sites}
    if not by_site:
        raise SpecificationError(
            "plot_map: no layout of the footprint is named like a site; simulate with site_layouts(scenario)"
        )
    given = list(getattr(scenario, "conditions", ()))
    origins = frozenset(str(one.origin) for one in given if one.origin in sites)
    events = [one.hazard + (f" at {one.origin}" if one.origin else "") for one in given]
    event = f", given {' and '.join(events[:2])}" + (" and more" if events[2:] else "") if events else ""
    most = 100.0 if measure != "hours" else max(by_site.values()) or 1.0
    return Footprint(by_site, origins, most, words, title=event)
