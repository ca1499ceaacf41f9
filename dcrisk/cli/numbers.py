"""Numbers in few characters."""

from __future__ import annotations

import math
from typing import NamedTuple

DIGITS = 3


class Cell(NamedTuple):
    """An estimate and its interval, as text."""

    value: str
    interval: str


def short(value: float) -> str:
    """A number that somebody wrote down, with three digits at most.

    Examples
    --------
    >>> [short(x) for x in (0.0, 7.0, 0.0108, 8766.0, 1.234e-5)]
    ['0', '7', '0.0108', '8,766', '1.23e-5']
    """
    text = digits(value)
    return text.rstrip("0").rstrip(".") if "." in text and "e" not in text else text


def digits(value: float) -> str:
    """A number with three digits that mean something; thousands are grouped, and what is small has an exponent.

    Examples
    --------
    >>> [digits(x) for x in (0.0, 12.3456, 8.3, 8766.0, 123456.0, 0.00123, -1.234e-5, math.inf)]
    ['0', '12.3', '8.30', '8,766', '123,456', '0.00123', '-1.23e-5', 'inf']
    """
    if value == 0.0 or not math.isfinite(value):
        return "0" if value == 0.0 else str(value)
    if not 1e-3 <= abs(value) < 1e9:
        mantissa, exponent = f"{value:.{DIGITS - 1}e}".split("e")
        return f"{mantissa}e{int(exponent)}"
    place = math.floor(math.log10(abs(float(f"{value:.{DIGITS - 1}e}"))))  # of the first digit, once rounded
    return f"{value:,.{max(0, DIGITS - 1 - place)}f}"


def estimate(value: float, low: float, high: float) -> Cell:
    """Three digits of each.

    Examples
    --------
    >>> estimate(12.3456, 0.0, 20.0).interval
    '0 to 20.0'
    """
    return Cell(digits(value), f"{digits(low)} to {digits(high)}")


def percent(value: float, low: float, high: float) -> Cell:
    """A share close to 1, with three digits of what is missing to 1.

    Examples
    --------
    >>> percent(0.99912345, 0.998, 0.9995)
    Cell(value='99.9123 %', interval='99.8000 to 99.9500 %')
    >>> percent(1.0, 0.9963, 1.0).interval
    '99.630 to 100.000 %'
    """
    missing = 1.0 - (value if value < 1.0 else low)
    decimals = min(12, max(1, -math.floor(math.log10(missing)))) if missing > 0.0 else 1
    value, low, high = 100.0 * value, 100.0 * low, 100.0 * high
    return Cell(f"{value:.{decimals}f} %", f"{low:.{decimals}f} to {high:.{decimals}f} %")


def nines(value: float, low: float, high: float) -> Cell:
    """Two decimals.

    Examples
    --------
    >>> nines(math.inf, 2.43, math.inf)
    Cell(value='inf', interval='2.43 to inf')
    """
    return Cell(f"{value:.2f}", f"{low:.2f} to {high:.2f}")
