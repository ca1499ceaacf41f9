"""Durations: any frozen scipy.stats distribution, or a number of hours, as a table that a kernel can sample.

A table holds the quantile function, so that one uniform gives one duration (inversion). Cells halve in width
towards both tails, as the floating-point numbers do: the tail of a Pareto law is as exact as its median.
"""

from __future__ import annotations

import math
import re
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dcrisk.specification import SpecificationError, hint

Duration = Any  # float hours, or a frozen scipy.stats distribution (scipy gives these no public type)

OCTAVES = 52  # uniforms are (n + 1/2) / 2**52, so the rarer tail lies in [2**-53, 1/2): 52 halvings
CONSTANT, QUANTILES, ATOMS = 0, 1, 2
RELATIVE_ERROR = 1e-6
YEAR = 8766.0  # hours
LONG = 100 * YEAR  # what is longer is likely in minutes or seconds
UNITS = {
    "": 1.0,
    "h": 1.0,
    "hour": 1.0,
    "min": 1 / 60,
    "minute": 1 / 60,
    "d": 24.0,
    "day": 24.0,
    "week": 168.0,
    "year": YEAR,
}
FEWEST_CELLS_LOG2, MOST_CELLS_LOG2 = 3, 6


class QuantileTable(NamedTuple):
    """A duration as the kernel samples it.

    ``kind`` CONSTANT: values[0] hours. QUANTILES: four cubic coefficients for each of ``2**cells_log2`` cells an
    octave, lower tail first. ATOMS: the values, then their cumulative probabilities.
    """

    kind: int
    cells_log2: int
    values: NDArray[np.float64]


def is_frozen(value: object) -> bool:
    """Whether ``value`` is a frozen scipy.stats distribution (asked without importing scipy)."""
    return all(hasattr(value, name) for name in ("dist", "args", "kwds", "ppf", "isf"))


def check(value: Duration, where: str, *, infinite: bool = False, unit: str = "h") -> Duration:
    """Return ``value`` as hours or as a frozen distribution that cannot be negative, or say what is wrong."""
    if is_frozen(value):
        _check_frozen(value, where, unit)
        if unit == "h":
            _hint_at_scale(value, where)
        return value if _is_as_written(value) else from_plain(plain(value), where)
    if hasattr(value, "ppf") and hasattr(value, "rvs"):
        raise SpecificationError(
            f"{where}: the distribution has no parameters yet; freeze it, as in stats.expon(scale=24)"
        )
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, (int, float, np.integer, np.floating)):
        raise SpecificationError(
            f"{where}: {value!r} is no duration; give hours or a frozen scipy.stats distribution{_meant(value)}"
        )
    hours = float(value)
    if math.isnan(hours) or hours < 0 or (math.isinf(hours) and not infinite):
        raise SpecificationError(f"{where}: {hours} {unit}; it must be finite and not negative")
    _hint_at_long(hours, where, unit)
    return hours


def _hint_at_long(hours: float, where: str, unit: str) -> None:
    if unit == "h" and LONG < hours < math.inf:
        hint(
            f"{where}: {hours:g} h is {hours / YEAR:.0f} years; durations are in hours. "
            f"If seconds were meant, that is {hours / 3600:g} h"
        )


def _hint_at_scale(value: Any, where: str) -> None:
    """Warn of a law of hours that was given no scale: the first argument of scipy's laws is none."""
    family = value.dist
    shapes = len(family.shapes.split(",")) if family.shapes else 0
    given = "scale" in value.kwds or len(value.args) == shapes + 2
    lowest, highest = value.support()
    if given or not hasattr(family, "pdf") or hasattr(family, "_histogram") or math.isfinite(highest):
        return
    parameters = plain_parameters(value)
    loc = parameters.pop("loc", 0.0)
    shown = ", ".join([*(f"{k}={v:g}" for k, v in parameters.items()), f"scale={loc:g}" if loc else "scale=..."])
    least = f" and at least {loc:g} h" if loc else ""
    hint(
        f"{where}: {family.name} has no scale, so it has one of 1 h{least}; did you mean stats.{family.name}({shown})? "
        "If not, say scale=1"
    )


def _meant(value: Any) -> str:
    """The end of an error about what is no duration, where it says one."""
    if isinstance(value, str) and (found := re.fullmatch(r"\s*(\d+(?:\.\d*)?)\s*([a-z]*)\s*", value.casefold())):
        hours = [size for unit, size in UNITS.items() if found[2] == unit or found[2].rstrip("s") == unit]
        return f"; did you mean {float(found[1]) * hours[0]:g}?" if hours else ""
    if callable(seconds := getattr(value, "total_seconds", None)):
        return f"; did you mean {seconds() / 3600:g}?"
    return ""


def hint_at_horizon(horizon: float) -> float:
    """Take the length of a window, and warn where it looks like years or days."""
    for unit, hours, typical in (("years", YEAR, range(1, 11)), ("days", 24.0, (365, 365.25, 366))):
        if horizon in typical:
            hint(f"horizon = {horizon:g} h: hours are expected; if {unit} were meant, that is {horizon * hours:g}")
    return horizon


def _check_frozen(value: Any, where: str, unit: str) -> None:
    try:
        parameters = plain_parameters(value)
        with np.errstate(all="ignore"):  # what is not finite is named below
            lowest, median, highest = (float(x) for x in (value.support()[0], value.ppf(0.5), value.isf(2.0**-53)))
    except (TypeError, ValueError) as error:
        raise SpecificationError(
            f"{where}: the parameters of {value.dist.name} must be single numbers ({error})"
        ) from None
    label = f"{value.dist.name}({', '.join(f'{k}={v:g}' for k, v in parameters.items())})"
    if not _has_known_name(value.dist):
        raise SpecificationError(
            f"{where}: {value.dist.name} is no distribution that scipy.stats knows by that name, so it could not be told "
            "from others; give its quantiles as stats.rv_histogram"
        )
    if math.isnan(median):
        raise SpecificationError(f"{where}: {label} has parameters outside their range")
    if lowest < 0:
        raise SpecificationError(
            f"{where}: {label} can be negative (down to {lowest:g} {unit}); use loc or a distribution that starts at 0"
        )
    if not math.isfinite(highest):
        raise SpecificationError(f"{where}: {label} gives infinite values")
    _hint_at_long(median, f"{where}: the median of {label}", unit)


def _is_as_written(value: Any) -> bool:
    """Whether the plain form gives this law to the last bit: of a histogram, whether it was made of shares of bins.

    Others, made of counts or densities, are rounded when they become shares.
    """
    family = value.dist
    if not hasattr(family, "_histogram"):
        return True
    return family._density is False and abs(float(np.sum(family._histogram[0])) - 1.0) < 1e-9


def _has_known_name(family: Any) -> bool:
    """Whether the family can be written by name, or by its atoms or bins."""
    from scipy import stats

    if hasattr(family, "xk") or isinstance(family, stats.rv_histogram):
        return True
    return type(getattr(stats, str(family.name), None)) is type(family)


def plain_parameters(value: Any) -> dict[str, float]:
    """Shape parameters by name, then loc and scale where they are not 0 and 1."""
    family = value.dist
    parse = getattr(family, "_parse_args", None)
    if parse is None:
        raise ValueError("a distribution without parameters")
    shapes, loc, scale = parse(*value.args, **value.kwds)
    names = [name.strip() for name in family.shapes.split(",")] if family.shapes else []
    parameters = {name: float(shape) for name, shape in zip(names, shapes, strict=True)}
    if float(loc) != 0:
        parameters["loc"] = float(loc)
    if scale is not None and float(scale) != 1:
        parameters["scale"] = float(scale)
    return parameters


def plain(value: Duration) -> float | dict[str, Any]:
    """The canonical TOML form: hours, or ``{"distribution": "lognorm", "s": 1.2, "scale": 4.0}``."""
    if not is_frozen(value):
        return float(value)
    family = value.dist
    parameters = plain_parameters(value)
    if hasattr(family, "xk") and hasattr(family, "pk"):
        given = {"values": [float(x) for x in family.xk], "probabilities": [float(p) for p in family.pk]}
        return {"distribution": "rv_discrete", **given, **parameters}
    if hasattr(family, "_hpdf") and hasattr(family, "_hbins"):
        widths = np.diff(family._hbins)
        shares = family._histogram[0] if _is_as_written(value) else np.asarray(family._hpdf)[1:-1] * widths
        weights = [float(x) for x in shares]
        edges = [float(x) for x in family._hbins]
        return {"distribution": "rv_histogram", "weights": weights, "edges": edges, **parameters}
    return {"distribution": family.name, **parameters}


def from_plain(data: object, where: str) -> Duration:
    """The inverse of :func:`plain`, for scenario files."""
    if not isinstance(data, dict):
        return check(data, where, infinite=True)
    from scipy import stats

    parameters = dict(data)
    name = parameters.pop("distribution", None)
    if not isinstance(name, str):
        raise SpecificationError(
            f'{where}: a duration table needs distribution = "...", the name of a scipy.stats distribution'
        )
    try:
        if name == "rv_discrete":
            atoms = (parameters.pop("values"), parameters.pop("probabilities"))
            return check(stats.rv_discrete(values=atoms)(**parameters), where)
        if name == "rv_histogram":
            histogram = (np.asarray(parameters.pop("weights")), np.asarray(parameters.pop("edges")))
            return check(stats.rv_histogram(histogram, density=False)(**parameters), where)
        family = getattr(stats, name, None)
        if not isinstance(family, (stats.rv_continuous, stats.rv_discrete)):
            raise SpecificationError(f"{where}: scipy.stats has no distribution named {name!r}")
        for key, number in parameters.items():
            if isinstance(number, bool) or not isinstance(number, (int, float)):
                raise SpecificationError(f"{where}: {key} = {number!r} of {name} must be a number")
        scale = {"scale": 1.0} if isinstance(family, stats.rv_continuous) else {}  # which files leave out
        return check(family(**scale | parameters), where)
    except SpecificationError:
        raise
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise SpecificationError(f"{where}: {name} does not take these parameters ({error})") from None


@lru_cache(maxsize=128)  # by identity: variants of a scenario share their distributions
def quantile_table(value: Duration) -> QuantileTable:
    """Tabulate a duration.

    Continuous laws get a cubic through four quantiles in each cell; cells are refined until the quantile between
    the fitted points is met to 1e-6 (eight cells an octave are enough for the common families), or 64 an octave.
    Discrete laws keep their atoms.
    """
    if not is_frozen(value):
        return QuantileTable(CONSTANT, 0, np.array([float(value)]))
    if not hasattr(value.dist, "pdf"):
        return _atom_table(value)
    return tabulate(value.ppf, value.isf)


def tabulate(ppf: Any, isf: Any) -> QuantileTable:
    """Tabulate a continuous law by its quantile function, from below and from above."""
    for cells_log2 in range(FEWEST_CELLS_LOG2, MOST_CELLS_LOG2 + 1):
        lower, lower_error = fit_tail(ppf, cells_log2)
        upper, upper_error = fit_tail(isf, cells_log2)
        if max(lower_error, upper_error) <= RELATIVE_ERROR:
            break
    return QuantileTable(QUANTILES, cells_log2, np.concatenate([lower, upper]).ravel())


def fit_tail(quantile: Any, cells_log2: int) -> tuple[NDArray[np.float64], float]:
    """Cubic coefficients (cells, 4) of one tail, and the largest relative error between the fitted points."""
    cells = 2**cells_log2
    starts = 0.5 ** (2 + np.arange(OCTAVES))[:, None] * (1 + np.arange(cells) / cells)
    widths = np.broadcast_to(0.5 ** (2 + np.arange(OCTAVES))[:, None] / cells, starts.shape)
    starts, widths = starts.ravel(), widths.ravel()
    at = np.array([0.0, 1 / 3, 2 / 3, 1.0])
    y = np.asarray(quantile(starts[:, None] + widths[:, None] * at), dtype=np.float64)
    vandermonde = np.linalg.inv(np.vander(at, increasing=True))
    coefficients = y @ vandermonde.T
    slope_at = np.linspace(0, 1, 9)
    slopes = coefficients[:, 1:2] + slope_at * (2 * coefficients[:, 2:3] + slope_at * 3 * coefficients[:, 3:4])
    rising = np.sign(y[:, -1] - y[:, 0])[:, None]
    kinked = (slopes * rising < 0).any(axis=1)  # a jump or kink of the law: a straight line stays monotone
    coefficients[kinked] = np.stack(
        [y[kinked, 0], y[kinked, -1] - y[kinked, 0], np.zeros(kinked.sum()), np.zeros(kinked.sum())], axis=1
    )
    between = 1 / 6
    fitted = coefficients @ (between ** np.arange(4))
    exact = np.asarray(quantile(starts + widths * between), dtype=np.float64)
    scale = np.maximum(np.abs(exact), 1e-3 * abs(float(quantile(0.4999))) + 1e-12)
    return coefficients, float(np.max(np.abs(fitted - exact) / scale))


def _atom_table(value: Any) -> QuantileTable:
    if hasattr(value.dist, "xk"):
        atoms = np.asarray(value.dist.xk, dtype=np.float64) + plain_parameters(value).get("loc", 0.0)
    else:
        atoms = np.arange(float(value.ppf(2.0**-53)), float(value.isf(2.0**-53)) + 1)
    cumulative = np.asarray(value.cdf(atoms), dtype=np.float64)
    cumulative[-1] = 1.0
    return QuantileTable(ATOMS, 0, np.concatenate([atoms, cumulative]))
