"""Hours: durations by inversion, and the grid of times."""

from __future__ import annotations

import numpy as np

from dcrisk.kernels.jit import inner, rare, stay_apart

ATOMS, QUANTILES = 2, 1
OCTAVES = 52
MANTISSA = 52
TO_GRID = 1.5 * 2.0**22
GRID = 2.0**-30


@inner
def to_grid(hours):
    """Round to a multiple of 2**-30 h (3 microseconds).

    On this grid sums and differences of times below 478 years are exact in floating point: downtimes add up to the
    last bit, and a trial with one more outage can never come out shorter by rounding.
    """
    return (hours + TO_GRID) - TO_GRID


@inner
def sample_hours_in_place(tables, values, row, u):
    """The ``u``-quantile of a tabulated duration, on the grid of times."""
    return to_grid(quantile_in_place(tables, values, row, u))


@rare
def sample_hours(tables, values, row, u):
    """The same as a function of its own."""
    stay_apart()
    return sample_hours_in_place(tables, values, row, u)


@rare
def quantile(tables, values, row, u):
    """The ``u``-quantile of a tabulated law."""
    stay_apart()
    return quantile_in_place(tables, values, row, u)


@inner
def quantile_in_place(tables, values, row, u):
    """The ``u``-quantile of a tabulated law."""
    table = tables[row]
    first = table.first
    if table.kind == QUANTILES:
        rare = min(u, 1.0 - u)
        bits = np.float64(rare).view(np.int64)
        octave = 1021 - (bits >> MANTISSA) + OCTAVES * (u > 0.5)
        spare = MANTISSA - table.cells_log2
        mantissa = bits & ((1 << MANTISSA) - 1)
        cell = (octave << table.cells_log2) + (mantissa >> spare)
        w = float(mantissa & ((1 << spare) - 1)) / float(1 << spare)
        i = first + 4 * cell
        return values[i] + w * (values[i + 1] + w * (values[i + 2] + w * values[i + 3]))
    if table.kind == ATOMS:
        atoms = table.size // 2
        low, high = 0, atoms - 1
        while low < high:
            middle = (low + high) // 2
            if values[first + atoms + middle] < u:
                low = middle + 1
            else:
                high = middle
        return values[first + low]
    return values[first]
