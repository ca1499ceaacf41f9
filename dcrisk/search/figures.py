"""What is found for each choice: whole numbers of trials, and hours that are exact sums."""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple

import numpy as np
import numpy.typing as npt


class Figures(NamedTuple):
    """One of each for every row."""

    hours: list[Fraction]
    """Downtime over all trials, exactly."""
    any_outage: npt.NDArray[np.int64]
    """Trials with some."""
    data_loss: npt.NDArray[np.int64]
    """Trials in which data are lost."""


def exact_sum(x: npt.NDArray[np.float64]) -> Fraction:
    """The sum of floating-point numbers, without rounding."""
    mantissas, exponents = np.frexp(x)
    whole = np.ldexp(mantissas, 53).astype(np.int64)
    total = Fraction(0)
    for exponent in np.unique(exponents):
        some = whole[exponents == exponent]
        high, low = (
            int((some >> 26).sum()),
            int((some & ((1 << 26) - 1)).sum()),
        )  # neither overflows below 2**36 numbers
        total += Fraction((high << 26) + low) * Fraction(2) ** (int(exponent) - 53)
    return total
