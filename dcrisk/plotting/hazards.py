"""Figures of one hazard: how often it comes, and how long or how high."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np

from dcrisk.hazards import EventTable, Failure, Flood, Hazard, ReturnLevels
from dcrisk.plotting.curves import (
    Curve,
    FloatArray,
    Protection,
    curves_of,
    join_names,
    longest_hits,
    months_of,
    protections_of,
    return_levels,
)
from dcrisk.plotting.placement import Room
from dcrisk.plotting.style import (
    HARD_SPACE,
    inches,
    line_style,
    new_axes,
    set_log_numbers,
    set_width_words,
    spread_labels,
)
from dcrisk.rates import mean_rate
from dcrisk.specification import SpecificationError, check_known

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Corner = Literal["upper right", "lower left", "upper left"]
Share = tuple[float, float, float, float]  # left, bottom, right, top, in shares of the axes

BAND_WORDS = "band: 5 to 95 % of what the rate may be"
LONGEST_PERIOD = 1e5  # years
MOST_EVENTS = 12  # that are named
CORNERS: dict[Corner, tuple[int, int]] = {"upper right": (1, 1), "lower left": (0, 0), "upper left": (0, 1)}


def plot_hazard(scenario: Any, name: str, *, ax: Axes | None = None) -> Axes:
    """How often a hazard of a scenario comes, and how long its events last or how high the water stands.

    Nothing is simulated: the curves are those of the specification.

    Parameters
    ----------
    scenario : dcrisk.Scenario
        Where the hazard is.
    name : str
        Its name.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default on a new figure. Labels are placed for the figure's present size.

    Returns
    -------
    matplotlib.axes.Axes
        For a ``Flood``: the stage of each basin against the return period of its peaks, and where it passes the
        protection of each node. The labels tell how often a node is flooded, by peaks of all heights, its local
        residual and breaches included. What lies beyond a table of return levels is dashed.

        For other hazards: how many events a year last longer than so many hours, on logarithmic scales. For
        ``Failure``, ``GridOutage`` and ``Maintenance`` there is a curve for each rate (the six largest) and one for all origins
        together; failures are counted in a year up. For ``Fire`` the curves are of ignitions by what becomes of the
        building where they begin, and of the cut of the rest of its campus (of each, if it has several); spread and
        re-ignition are left out. For ``EventTable`` an event counts with its longest outage, and up to twelve events
        have their names on the curve.

        Where a rate is uncertain, the line is for its mean and the band goes from its 5 to its 95 % quantile (for
        a sum of several such rates, from 20 000 draws). Months that differ are shown in a small panel.

    Raises
    ------
    SpecificationError
        If the scenario has no hazard of that name.

    Examples
    --------
    >>> import dcrisk
    >>> from matplotlib import pyplot as plt
    >>> scenario = dcrisk.load_scenario("ovh-strasbourg-2021")
    >>> ax = plot_hazard(scenario, "grid, regional")
    >>> [text.get_text() for text in ax.get_legend().get_texts()]
    ['both together: 0.1 a year', 'Alsace grid, Northern grid: 0.05 a year each']
    >>> plt.close(ax.figure)
    """
    if not hasattr(scenario, "hazards"):
        raise SpecificationError(f"plot_hazard: {scenario!r} is no Scenario; load_scenario(...) reads one from a file")
    hazards = {hazard.name: hazard for hazard in scenario.hazards}
    check_known(name, hazards, "plot_hazard")
    hazard: Hazard = hazards[name]
    if isinstance(hazard, Flood):
        return _draw_flood(hazard, ax)
    return _draw_durations(hazard, ax)


# ---------------------------------------------------------------- how often for longer


def _draw_durations(hazard: Hazard, ax: Axes | None) -> Axes:
    ax = new_axes(ax, (7.5, 4.8))
    is_table = isinstance(hazard, EventTable)
    curves = curves_of(hazard)
    drawn = [c for c in curves if c.rate.high > 0.0 and c.longest > 0.0]
    lowest, highest = _hours(drawn)
    top = max((c.rate.high for c in drawn), default=1.0)
    bottom = max(1e-9 * top, 1e-3 * min((c.rate.mean for c in drawn), default=1.0))
    if isinstance(hazard, EventTable):
        bottom = min(0.03 * top, 0.3 * min((rate for rate in hazard.rates.values() if rate > 0.0), default=bottom))
    ax.set_xscale("log")
    ax.set_yscale("log")
    for i, curve in enumerate(curves):
        style = line_style(i, len(curves)) | ({"marker": ""} if is_table else {})  # markers are for its events
        style["label"] = textwrap.fill(curve.label, 44, break_long_words=False).replace(HARD_SPACE, " ")
        if curve in drawn:
            _draw_curve(ax, curve, _grid(curve, lowest, highest), bottom, i, style)
        else:
            ax.plot([], [], linestyle="", label=style["label"])
    ax.set_xlim(lowest, highest)
    ax.set_ylim(bottom, 1.6 * top)
    ax.set_title(hazard.name, loc="left")
    ax.set_ylabel(f"{'failures in a year up' if isinstance(hazard, Failure) else 'events a year'} that last longer")
    ax.grid(which="major", alpha=0.3)
    legend = ax.legend(fontsize="small", handlelength=3.6, loc="lower left")
    band = f"; {BAND_WORDS}" if any(c.rate.is_uncertain for c in drawn) else ""
    set_width_words(ax, f"duration{' of the longest outage of an event' if is_table else ''} (h){band}")
    set_log_numbers(ax.xaxis, lowest, highest, inches(ax)[0])
    box = legend.get_window_extent().transformed(ax.transAxes.inverted())
    taken = [_find_room(ax, box.width, box.height, ("lower left", "upper right", "upper left"), [])]
    legend.set_loc(taken[0][:2])
    months = months_of(hazard)
    if months is not None:
        taken.append(_draw_months(ax, months, ("upper right", "lower left", "upper left"), taken))
    if isinstance(hazard, EventTable) and drawn:
        _name_events(ax, hazard, drawn[0], taken)
    return ax


def _draw_curve(ax: Axes, curve: Curve, hours: FloatArray, bottom: float, i: int, style: dict[str, Any]) -> None:
    """The line of a curve, and its band."""
    nothing = 1e-3 * bottom  # stands for 0, which has no logarithm: below the frame
    share = curve.share_longer(hours)
    is_stepped = curve.steps is not None
    seen = max(1, int(np.count_nonzero(curve.rate.mean * share > bottom)))
    apart = max(1, seen // 5)  # of markers
    ax.plot(
        hours,
        np.maximum(curve.rate.mean * share, nothing),
        drawstyle="steps-post" if is_stepped else "default",
        **style,
        markevery=(min((2 * i + 1) * apart // 3, seen // 2), apart),
    )
    if curve.rate.is_uncertain:
        low, high = (np.maximum(end * share, nothing) for end in (curve.rate.low, curve.rate.high))
        step: Literal["post"] | None = "post" if is_stepped else None
        ax.fill_between(hours, low, high, step=step, color=style["color"], alpha=0.18, linewidth=0)


def _hours(curves: Sequence[Curve]) -> tuple[float, float]:
    """From before the first fall to after the last one, four octaves at least."""
    if not curves:
        return 1.0, 100.0
    last = max(curve.longest for curve in curves)
    first = max(min(curve.shortest for curve in curves), 1e-6 * last)
    middle, half = np.sqrt(first * last), max(np.sqrt(last / first) * 1.5, 4.0)
    return float(middle / half), float(middle * half)


def _grid(curve: Curve, lowest: float, highest: float) -> FloatArray:
    """Hours where a curve is evaluated, those where it falls in steps among them."""
    hours = np.geomspace(lowest, highest, 401)
    if curve.steps is None:
        return hours
    return np.unique(np.concatenate([hours, curve.steps[(curve.steps > lowest) & (curve.steps < highest)]]))


def _name_events(ax: Axes, table: EventTable, curve: Curve, taken: list[Share]) -> None:
    """The events on the curve, at their durations as listed, with their names."""
    hours = longest_hits(table)
    rates = table.rates
    shown = sorted((e for e in rates if rates[e] > 0.0 and hours[e] > 0.0), key=lambda e: -hours[e])
    if len(shown) > MOST_EVENTS:
        return
    room = Room(ax)
    for box in taken:
        room.take_box(*box)
    for line in ax.lines:
        room.take_curve(np.asarray(line.get_path().vertices, dtype=np.float64))
    spots: dict[tuple[float, float], list[str]] = {}
    for event in shown:
        level = curve.rate.mean * curve.share_longer(np.array([hours[event] * (1.0 - 1e-9)])).item()
        spots.setdefault((hours[event], level), []).append(event)
    color = line_style(0, 1)["color"]
    for spot, events in spots.items():
        room.take_marker(join_names(events), spot, 7.0)
    for spot, events in spots.items():
        ax.plot(*spot, "o", color=color, markersize=6, markeredgecolor="white", zorder=5)
        room.put_label(join_names(events), spot)


# ---------------------------------------------------------------- how high


class _Label(NamedTuple):
    """A text in the column at the right, and the level that it belongs to."""

    level: float
    basin: str
    text: Any
    protection: Protection | None  # or the end of a curve


def _draw_flood(flood: Flood, ax: Axes | None) -> Axes:
    protections = protections_of(flood)
    height = max(4.8, 1.2 + 0.36 * (len(protections) + len(flood.stages)))
    ax = new_axes(ax, (8.6, height))
    ax.set_title(flood.name, loc="left")
    ax.set_xscale("log")
    first, last = _periods(flood, protections)
    styles = {basin: line_style(i, len(flood.stages)) for i, basin in enumerate(flood.stages)}
    ends, uncertain = {}, False
    for basin, stage in flood.stages.items():
        styles[basin] |= {"marker": "", "linewidth": 2.0}
        ends[basin], has_band = _draw_stage(ax, stage, np.geomspace(first, last, 301), styles[basin], basin)
        uncertain = uncertain or has_band
    _limit_stages(ax, protections, ends)
    ax.set_xlim(first, last)
    words = "return period of a peak (years)" + (f"; {BAND_WORDS}" if uncertain else "")
    ax.set_ylabel("stage (m" + (", on the gauge of the basin)" if len(flood.stages) > 1 else ")"))
    set_width_words(ax, words, *([_dependence_words(flood)] if len(flood.stages) > 1 else []))
    labels = _write_levels(ax, protections, ends, styles)
    gap = 26.0 * ax.figure.get_dpi() / 72.0  # pixels, for the lines from the levels to their labels
    share = _share_of_curves(ax, labels, gap)
    set_log_numbers(ax.xaxis, first, last, share * inches(ax)[0])
    ax.set_xlim(first, first * (last / first) ** (1.0 / share))
    months = months_of(flood)
    if months is not None:
        _draw_months(ax, months, ("upper left",), [])
    _place_levels(ax, labels, styles, (first, last), gap)
    return ax


def _draw_stage(ax: Axes, stage: Any, years: FloatArray, style: dict[str, Any], basin: str) -> tuple[float, bool]:
    """The curve of a basin; returns where it ends, and whether it has a band."""
    middle, low, high = return_levels(stage, years)
    table = stage.levels if isinstance(stage, ReturnLevels) else {np.inf: 0.0}
    known = years <= max(table) * (1.0 + 1e-9)
    ax.plot(years[known], middle[known], **style, label=basin or "stage")
    if not known.all():  # beyond the table
        beyond = np.append(max(table), years[~known])
        ax.plot(beyond, stage.return_level(beyond), **style | {"linestyle": (0, (1.5, 1.5))})
    if isinstance(stage, ReturnLevels):
        shown = {period: level for period, level in table.items() if period <= years[-1]}
        mark: dict[str, Any] = {
            "linestyle": "",
            "marker": "d",
            "markersize": 7,
            "markeredgecolor": "white",
            "zorder": 4,
        }
        ax.plot(list(shown), list(shown.values()), color=style["color"], **mark)
    has_band = bool(np.any(low < high))
    if has_band:
        ax.fill_between(years, low, high, color=style["color"], alpha=0.18, linewidth=0)
    end = middle[-1] if np.isfinite(middle[-1]) else stage.level(1.0)  # a river without peaks
    return float(end), has_band


def _dependence_words(flood: Flood) -> str:
    values = list(flood.correlation.values()) if isinstance(flood.correlation, Mapping) else [flood.correlation]
    span = f"{min(values):g}" if min(values) == max(values) else f"{min(values):g} to {max(values):g}"
    law = "Gaussian" if flood.copula == "gaussian" else f"Student-t, {flood.degrees_of_freedom} degrees of freedom"
    return f"copula of the basins: {law}, correlation {span}"


def _periods(flood: Flood, protections: Sequence[Protection]) -> tuple[float, float]:
    """From the shortest return period of a peak to beyond the last protection that is reached."""
    peaks = [1.0 / rate for stage in flood.stages.values() if (rate := mean_rate(stage.peak_rate)) > 0.0]
    first = min(peaks, default=1.0)
    reached = [1.0 / p.reached for p in protections if p.reached > 0.0]
    last = max([2.5 * years for years in reached if 2.5 * years < LONGEST_PERIOD] + [1000.0, 10.0 * first])
    return first, last


def _limit_stages(ax: Axes, protections: Sequence[Protection], ends: dict[str, float]) -> None:
    """Room for the curves and the protections, but not for one far above or below all others."""
    low, high = ax.dataLim.intervaly if np.all(np.isfinite(ax.dataLim.intervaly)) else (0.0, 1.0)
    reach = max(high - low, 1e-6)
    levels = [p.level for p in protections if low - 0.5 * reach <= p.level <= high + 0.5 * reach]
    low, high = min([low, *levels]), max([high, *levels])
    ax.set_ylim(low - 0.05 * (high - low), high + 0.08 * (high - low))


def _write_levels(
    ax: Axes, protections: Sequence[Protection], ends: dict[str, float], styles: dict[str, dict[str, Any]]
) -> list[_Label]:
    """The texts, not yet in their places."""
    low, high = ax.get_ylim()
    labels = []
    for basin, end in ends.items():
        if basin:
            text = ax.text(1.0, end, basin, fontsize=9, fontweight="bold", color=styles[basin]["color"])
            labels.append(_Label(end, basin, text, None))
    for one in protections:
        arrow = "\N{UPWARDS ARROW}" if one.level > high else "\N{DOWNWARDS ARROW}" if one.level < low else ""
        breach = f" (breaches from {one.floor:g} m)" if one.floor < one.level else ""
        basin = f" ({one.basin})" if len(ends) > 1 else ""
        words = textwrap.fill(f"{one.level:g} m{arrow}{breach}: {_often(one.flooded)}", 36)
        words = f"{join_names(one.names, 32)}{basin}\n{words}"
        text = ax.text(1.0, one.level, words, fontsize=8, color="0.15", linespacing=1.1)
        labels.append(_Label(one.level, one.basin, text, one))
    return labels


def _share_of_curves(ax: Axes, labels: Sequence[_Label], gap: float) -> float:
    """How much of the width the labels leave, which are made smaller if that is little."""
    width = ax.get_window_extent().width
    while True:
        share = 1.0 - (max(label.text.get_window_extent().width for label in labels) + 1.4 * gap) / width
        if share >= 0.4 or labels[-1].text.get_fontsize() < 5.0:
            return max(float(share), 0.3)
        for label in labels:
            label.text.set_fontsize(label.text.get_fontsize() - 0.5)


def _place_levels(
    ax: Axes,
    labels: Sequence[_Label],
    styles: dict[str, dict[str, Any]],
    periods: tuple[float, float],
    gap: float,
) -> None:
    """Put the labels in a column that the curves leave free, and draw lines to them."""
    first, last = periods
    low, high = ax.get_ylim()
    per_pixel = (high - low) / ax.get_window_extent().height
    heights = np.array([(label.text.get_window_extent().height + 3.0) * per_pixel for label in labels])
    levels = np.clip([label.level for label in labels], low, high)
    start = ax.transData.transform((last, low))[0] + gap
    begin, near = (float(ax.transData.inverted().transform((x, 0.0))[0]) for x in (start, start - 0.1 * gap))
    for label, level, place in zip(labels, levels, spread_labels(levels, heights, low, high), strict=True):
        color = styles[label.basin]["color"]
        label.text.set_position((begin, place))
        label.text.set_verticalalignment("center")
        if label.protection is None:
            ax.plot([last, near], [level, place], color=color, linewidth=0.7)
        elif level == label.level:  # or it lies outside
            crossing = 1.0 / label.protection.reached if label.protection.reached > 0.0 else np.inf
            is_reached = crossing <= last * (1.0 + 1e-9)
            left = max(first, crossing) if is_reached else first * (last / first) ** 0.7
            ax.plot([left, last, near], [level, level, place], color=color, linewidth=0.9, linestyle=":")
            if is_reached:
                ax.plot(left, level, "o", color=color, markersize=6.5, markeredgecolor="white", zorder=5)


def _often(rate: float) -> str:
    """ "flooded once in 120 years"."""
    if rate <= 0.0:
        return "never flooded"
    years = 1.0 / rate
    if years < 0.995:
        return f"flooded {rate:.2g} times a year"
    if years >= 1e6:
        return "flooded less than once in a million years"
    rounded = f"{float(f'{years:.2g}'):,.0f}" if years >= 100.0 else f"{years:.2g}"
    return f"flooded once in {rounded} years"


# ---------------------------------------------------------------- corners


def _draw_months(ax: Axes, months: FloatArray, corners: Sequence[Corner], taken: list[Share]) -> Share:
    """A small panel with the share of each month, in a free corner; returns where."""
    wide, high = inches(ax)
    width, height = max(0.24, 1.35 / wide), max(0.19, 0.65 / high)
    left, below = 0.35 / wide, 0.2 / high  # for the numbers
    x0, y0, x1, y1 = _find_room(ax, width + left + 0.02, height + below + 0.2 / high, corners, taken)
    panel = ax.inset_axes((x0 + left, y0 + below, width, height), zorder=6)
    panel.bar(np.arange(12), 100.0 * months, width=0.8, color="0.45")
    panel.axhline(100.0 / 12.0, color="0.2", linewidth=0.7, linestyle=":")
    panel.set_xticks(np.arange(12), list("JFMAMJJASOND"), fontsize=6.5)
    panel.tick_params(length=0, pad=1.5)
    panel.set_yticks([100.0 * months.max()], [f"{100.0 * months.max():.0f} %"], fontsize=6.5)
    panel.set_ylim(0.0, 105.0 * months.max())
    panel.set_title("events by month", fontsize=7, pad=2.5)
    panel.patch.set_alpha(0.8)
    for side in ("top", "left", "right"):
        panel.spines[side].set_visible(False)
    return x0, y0, x1, y1


def _find_room(ax: Axes, width: float, height: float, corners: Sequence[Corner], taken: list[Share]) -> Share:
    """The first corner, or else place above or below what is in one, where a box hides nothing.

    The axes are extended upwards until there is one; if that is of no use, the first corner it is.
    """
    limits = ax.get_ylim()
    for _ in range(12):
        points = _points_of_curves(ax)
        for x0, y0 in _places(width, height, corners, taken):
            x1, y1 = x0 + width, y0 + height
            inside = (points > (x0 - 0.02, y0 - 0.03)) & (points < (x1 + 0.02, y1 + 0.03))
            covered = any(x0 < b[2] and b[0] < x1 and y0 < b[3] and b[1] < y1 for b in taken)
            if not covered and not inside.all(axis=1).any() and y0 > 0.0 and y1 < 1.0:
                return x0, y0, x1, y1
        _extend(ax)
    ax.set_ylim(*limits)
    x0, y0 = next(_places(width, height, corners, []))
    return x0, y0, x0 + width, y0 + height


def _places(
    width: float, height: float, corners: Sequence[Corner], taken: list[Share]
) -> Iterator[tuple[float, float]]:
    gap = 0.015  # as much as a legend keeps
    for corner in corners:
        right, up = CORNERS[corner]
        x0 = gap + right * (1.0 - 2.0 * gap - width)
        yield x0, gap + up * (1.0 - 2.0 * gap - height)
        for box in taken:
            yield x0, (box[1] - gap - height if up else box[3] + gap)


def _extend(ax: Axes) -> None:
    """A twelfth more above."""
    low, high = ax.get_ylim()
    ax.set_ylim(low, high * (high / low) ** (1 / 12) if ax.get_yscale() == "log" else high + (high - low) / 12)


def _points_of_curves(ax: Axes) -> FloatArray:
    """Points close to each other along all lines and the edges of bands, in shares of the axes."""
    to_axes = ax.transData + ax.transAxes.inverted()
    paths = [np.asarray(line.get_xydata(), dtype=np.float64) for line in ax.lines]
    paths += [
        np.asarray(path.vertices, dtype=np.float64) for collection in ax.collections for path in collection.get_paths()
    ]
    found = [np.empty((0, 2))]
    for path in paths:
        kept = path[np.isfinite(path).all(axis=1)]
        if len(kept) < 2:
            continue
        points = np.clip(to_axes.transform(kept), -0.5, 1.5)
        share = np.linspace(0.0, 1.0, 20)[:, None, None]
        found.append(((1.0 - share) * points[:-1] + share * points[1:]).reshape(-1, 2))
    return np.concatenate(found)
