"""The numbers behind a figure of a hazard: how often, how long, how high. Exact, but for sums of uncertain rates."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from dcrisk import durations
from dcrisk.durations import Duration
from dcrisk.hazards import EventTable, Failure, Fire, Flood, GridOutage, Hazard, Maintenance
from dcrisk.plotting.style import HARD_SPACE
from dcrisk.rates import Rate, mean_rate

FloatArray = npt.NDArray[np.float64]

BAND = (0.05, 0.95)  # of what an uncertain rate may be
DRAWS = 20_000  # for the sum of several uncertain rates
MOST_CURVES = 6


class Frequency(NamedTuple):
    """Events a year: the mean over what is not known, and the ends of the band."""

    mean: float
    low: float
    high: float

    @property
    def is_uncertain(self) -> bool:
        return self.low < self.high

    def __str__(self) -> str:
        low = self.low if self.low > 1e-6 * self.mean else 0.0
        band = f" ({low:.2g} to {self.high:.2g})" if self.is_uncertain else ""
        return f"{self.mean:.3g}{band} a year".replace(" ", HARD_SPACE)


class Curve(NamedTuple):
    """How many events a year last longer than so many hours."""

    label: str
    rate: Frequency
    share_longer: Callable[[FloatArray], FloatArray]  # of all of them
    shortest: float  # from here to there it falls, but for little
    longest: float
    steps: FloatArray | None = None  # where it falls, if nowhere else


def share_longer(duration: Duration) -> Callable[[FloatArray], FloatArray]:
    """The probability of a duration of more than so many hours, as a function of them."""
    if durations.is_frozen(duration):
        return lambda hours: np.asarray(duration.sf(hours), dtype=np.float64)
    return lambda hours: np.asarray(hours < duration, dtype=np.float64)


def _curve(label: str, rate: Frequency, duration: Duration) -> Curve:
    if not durations.is_frozen(duration):
        return Curve(label, rate, share_longer(duration), *2 * (float(duration),), np.array([float(duration)]))
    shortest, longest = float(duration.ppf(0.02)), float(duration.isf(1e-3))
    steps = None
    if not hasattr(duration.dist, "pdf"):  # discrete
        steps = durations.quantile_table(duration).values
        steps = steps[: steps.size // 2]
    return Curve(label, rate, share_longer(duration), shortest, longest, steps)


# ---------------------------------------------------------------- rates


def total_rate(rates: Sequence[Rate], weights: Sequence[float]) -> Frequency:
    """The weighted sum of rates that are uncertain independently of each other."""
    mean = sum(w * mean_rate(r) for r, w in zip(rates, weights, strict=True))
    known = sum(w * float(r) for r, w in zip(rates, weights, strict=True) if not durations.is_frozen(r))
    uncertain = [(r, w) for r, w in zip(rates, weights, strict=True) if durations.is_frozen(r) and w > 0.0]
    if not uncertain:
        return Frequency(mean, mean, mean)
    if len(uncertain) == 1:
        [(rate, weight)] = uncertain
        low, high = (known + weight * float(rate.ppf(p)) for p in BAND)
    else:
        rng = np.random.default_rng(0)
        draws = sum(weight * np.asarray(rate.ppf(rng.random(DRAWS))) for rate, weight in uncertain)
        low, high = (known + float(x) for x in np.quantile(draws, BAND))
    return Frequency(mean, low, high)


def join_names(names: Sequence[str], most: int = 48) -> str:
    """ "A, B, C", or "A, B and 7 more" where that would be long."""
    words = ", ".join(names)
    if len(words) <= most:
        return words
    shown = 1
    while shown < len(names) and len(", ".join(names[: shown + 1])) <= most - 12:
        shown += 1
    return f"{', '.join(names[:shown])} and {len(names) - shown} more" if shown < len(names) else words


# ---------------------------------------------------------------- duration curves of each kind of hazard


def curves_of(hazard: Hazard) -> list[Curve]:
    """What a hazard brings: the whole first, if there are several parts."""
    if isinstance(hazard, Fire):
        return _fire(hazard)
    if isinstance(hazard, EventTable):
        return [_all_events(hazard)]
    if isinstance(hazard, Maintenance):
        return _by_origin(hazard.rates, hazard.origins(), hazard.duration)
    if isinstance(hazard, (Failure, GridOutage)):
        words = ""
        if isinstance(hazard, Failure) and hazard.shared:
            words = f"{join_names(hazard.origins())} at once"
        elif isinstance(hazard, GridOutage) and hazard.disc is not None:
            words = "discs in the area"
        if not words:
            return _by_origin(hazard.rate_per_year, hazard.origins(), hazard.duration)
        rate = total_rate([hazard.rate_per_year], [1.0])
        return [_curve(f"{words}: {rate}", rate, hazard.duration)]
    raise TypeError(f"hazard {hazard.name!r}: there is no figure of a {type(hazard).__name__}")


def _by_origin(rate: Rate | Mapping[str, Rate], origins: Sequence[str], duration: Duration) -> list[Curve]:
    """A curve for each rate, and one for all origins together."""
    if not isinstance(rate, Mapping):
        groups = [(rate, list(origins))]
        whole = total_rate([rate], [float(len(origins))])  # one draw for all of them
    else:
        found: dict[str, tuple[Rate, list[str]]] = {}
        for origin, one in rate.items():
            found.setdefault(str(durations.plain(one)), (one, []))[1].append(origin)
        groups = sorted(found.values(), key=lambda group: -mean_rate(group[0]))
        whole = total_rate(list(rate.values()), [1.0] * len(rate))
    parts = []
    for one, names in groups[:MOST_CURVES]:
        frequency = total_rate([one], [1.0])
        each = f"{HARD_SPACE}each" if len(names) > 1 else ""
        parts.append(_curve(f"{join_names(names)}: {frequency}{each}", frequency, duration))
    if len(origins) == 1:
        return parts
    together = "both" if len(origins) == 2 else f"all {len(origins)}"
    return [_curve(f"{together} together: {whole}", whole, duration), *parts]


def _fire(fire: Fire) -> list[Curve]:
    """A curve for each state in which the building where it ignites may end, and one for the cut of its campus."""
    origins, rates = list(fire.rate_per_year), list(fire.rate_per_year.values())

    def of(table: float | Mapping[str, float]) -> FloatArray:
        return np.array([table[o] if isinstance(table, Mapping) else table for o in origins], dtype=np.float64)

    held, lost = of(fire.contained), of(fire.destroyed)
    campuses = [sum(o in campus and len(campus) > 1 for campus in fire.isolation) for o in origins]
    states = {
        "contained": ("interrupted", held),
        "damaged": ("damaged", (1.0 - held) * (1.0 - lost)),
        "destroyed": ("destroyed", (1.0 - held) * lost),
        "rest of the campus isolated": ("isolated", (1.0 - held) * fire.isolation_probability * np.array(campuses)),
    }
    curves = []
    for label, (state, weights) in states.items():
        rate = total_rate(rates, weights.tolist())
        if rate.high > 0.0:
            nothing = "" if state in fire.durations else ", interrupting nothing"
            curves.append(_curve(f"{label}: {rate}{nothing}", rate, fire.durations.get(state, 0.0)))
    return curves


# ---------------------------------------------------------------- catalogues of events


def longest_hits(table: EventTable) -> dict[str, float]:
    """The longest duration of each event, as listed."""
    found: dict[str, float] = {}
    for event, hours in zip(table.events["event"], table.events["duration"], strict=True):
        found[event] = max(found.get(event, 0.0), float(hours))
    return found


def _all_events(table: EventTable) -> Curve:
    rates = table.rates
    whole = sum(rates.values())
    rate = Frequency(whole, whole, whole)
    hits: dict[str, list[float]] = {}
    for event, hours in zip(table.events["event"], table.events["duration"], strict=True):
        hits.setdefault(event, []).append(float(hours))

    def longer(hours: FloatArray) -> FloatArray:
        found = np.zeros(np.shape(hours))
        for event, listed in hits.items():
            found += rates[event] * _any_longer(listed, hours, table.duration_spread, table.shared_fraction)
        return found / (whole or 1.0)

    tail = np.exp(2.5 * table.duration_spread)
    ends = [hours for hours in longest_hits(table).values() if hours > 0.0] or [0.0]
    label = f"{len(rates)} event{'s' if len(rates) > 1 else ''}: {rate}"
    return Curve(
        label, rate, longer, min(ends) / tail, max(ends) * tail, None if table.duration_spread else np.array(ends)
    )


def _any_longer(listed: list[float], hours: FloatArray, spread: float, shared: float) -> FloatArray:
    """Probability that one of the outages of an event is longer, each with its lognormal factor of mean 1."""
    from scipy.special import ndtr

    if spread == 0.0:
        return np.asarray(max(listed) > hours, dtype=np.float64)
    with np.errstate(divide="ignore"):
        logs = np.log(np.maximum(np.asarray(hours, dtype=np.float64), 1e-300)) - np.log(listed)[:, None]
    scores = logs / spread + 0.5 * spread  # the outage is longer if its normal score is above
    if shared == 1.0:
        return np.asarray(1.0 - ndtr(scores.min(axis=0)))
    if shared == 0.0 or len(listed) == 1:
        return np.asarray(1.0 - ndtr(scores).prod(axis=0))
    nodes, weights = np.polynomial.hermite_e.hermegauss(64)
    given = (scores[:, :, None] - np.sqrt(shared) * nodes) / np.sqrt(1.0 - shared)
    return np.asarray(1.0 - ndtr(given).prod(axis=0) @ weights / weights.sum())


# ---------------------------------------------------------------- floods


class Protection(NamedTuple):
    """Nodes of one basin behind the same protection."""

    names: list[str]
    basin: str
    level: float
    floor: float  # below the level if water from there on may breach it
    reached: float  # peaks a year of the basin above the protection
    flooded: float  # of one of the nodes, a year, with its residual and breaches


def protections_of(flood: Flood) -> list[Protection]:
    """The protections of a flood, equal ones together, lowest first."""
    groups: dict[tuple[str, float, float, float], list[str]] = {}
    for node, level in flood.protection.items():
        floor = level if flood.floor is None else flood.floor[node]
        breach = flood.breach[node] if isinstance(flood.breach, Mapping) else flood.breach
        groups.setdefault((flood.basin_of(node), level, floor if breach else level, breach), []).append(node)
    found = []
    for (basin, level, floor, breach), names in groups.items():
        above = flood.stages[basin].exceedance_rate_per_year
        residuals = _normal_points(flood.residual_sd)
        over = float(np.mean(above(level - residuals)))
        flooded = over + breach * (float(np.mean(above(floor - residuals))) - over)
        found.append(Protection(names, basin, level, floor, float(above(level)), flooded))
    return sorted(found, key=lambda p: p.level)


def _normal_points(sd: float) -> FloatArray:
    """Points that stand for a normal distribution, equally likely each."""
    from scipy.special import ndtri

    return np.asarray(sd * ndtri((np.arange(4000) + 0.5) / 4000)) if sd else np.zeros(1)


def return_levels(stage: Any, years: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """The stage that peaks exceed once in so many years: by the mean rate, and by both ends of its band.

    The ends are the lowest peak where even that comes less often.
    """
    with np.errstate(divide="ignore"):
        middle = np.asarray(stage.return_level(years), dtype=np.float64)
    rate = stage.peak_rate
    if not durations.is_frozen(rate):
        return middle, middle, middle
    with np.errstate(divide="ignore"):
        low, high = (stage.level(np.minimum(1.0, 1.0 / (years * float(rate.ppf(p))))) for p in BAND)
    return middle, np.asarray(low, dtype=np.float64), np.asarray(high, dtype=np.float64)


def months_of(hazard: Hazard) -> FloatArray | None:
    """The share of each month in the events of a year."""
    if hazard.monthly is None:
        return None
    weights = np.asarray(hazard.monthly, dtype=np.float64)
    return np.asarray(weights / weights.sum())
