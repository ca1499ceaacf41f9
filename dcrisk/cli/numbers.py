"""Numbers in few characters."""

from __future__ import annotations

import math
from decimal import Decimal


def short(value: float, digits: int = 3) -> str:
    """A number with so many digits that mean something; thousands are grouped, and what is small has an exponent.

    Examples
    --------
    >>> [short(x) for x in (0.0, 12.3456, 8766.0, 123456.0, 0.00123, 1.234e-5, math.inf)]
    ['0', '12.3', '8,766', '123,456', '0.00123', '1.23e-5', 'inf']
    """
    if not math.isfinite(value):
        return str(value)
    if value != 0.0 and not 1e-3 <= abs(value) < 1e9:
        mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
        return f"{mantissa}e{int(exponent)}"
    if abs(value) >= 10.0**digits:
        return f"{value:,.0f}"
    return f"{Decimal(f'{value:.{digits}g}'):f}"


def percent(share: float) -> str:
    """A share close to 1, with three digits of what is missing to 1.

    Examples
    --------
    >>> [percent(x) for x in (0.99912345, 0.5, 1.0, 1.0 - 1.2345e-9)]
    ['99.9123 %', '50.0 %', '100 %', '99.999999877 %']
    """
    missing = 1.0 - share
    if missing <= 0.0:
        return "100 %"
    decimals = max(1, 2 - math.floor(math.log10(missing)) - 2)
    return f"{100.0 * share:.{min(decimals, 12)}f} %"


def fixed(value: float) -> str:
    """Two decimals.

    Examples
    --------
    >>> fixed(3.14159), fixed(math.inf)
    ('3.14', 'inf')
    """
    return f"{value:.2f}"
