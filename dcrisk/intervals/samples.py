"""A sample as its different values and how often each occurs; very many values are moved to a grid."""

import numpy as np
import numpy.typing as npt

from dcrisk.intervals.basics import FloatArray

GRID_SIZE = 1024
"""Data with more different values than this are moved to a logarithmic grid of this size; see `to_grid`."""

NEGLIGIBLE = 1e-30
"""A value that is not above this share of the largest possible counts as zero."""


def distinct_signed(d: FloatArray, counts: FloatArray | None = None) -> tuple[FloatArray, FloatArray]:
    """The different values of either sign, ascending, and how often each occurs; zeros are one value."""
    few = np.abs(d) <= NEGLIGIBLE
    zeros = float(np.count_nonzero(few)) if counts is None else float(counts[few].sum())
    parts = [distinct(x[x > NEGLIGIBLE], None if counts is None else counts[x > NEGLIGIBLE]) for x in (-d, d)]
    (less, less_counts), (more, more_counts) = parts
    support = np.concatenate([-less[::-1], [0.0] if zeros else [], more])
    return support, np.concatenate([less_counts[::-1], [zeros] if zeros else [], more_counts])


def distinct(x: FloatArray, counts: FloatArray | None = None) -> tuple[FloatArray, FloatArray]:
    """The different values, ascending, and how often each occurs; each counts once, or as often as `counts` says."""
    positive = x > NEGLIGIBLE
    if counts is None:
        support, number = np.unique(x[positive], return_counts=True)
        zeros = float(x.size - np.count_nonzero(positive))
    else:
        support, place = np.unique(x[positive], return_inverse=True)
        number = np.bincount(place, counts[positive], support.size)
        zeros = float(counts[~positive].sum())
    weights: FloatArray = number.astype(np.float64)
    if support.size > GRID_SIZE:
        support, weights = to_grid(support, weights)
    return with_extra(support, weights, 0.0, zeros) if zeros else (support, weights)


def to_grid(support: FloatArray, counts: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Share each value out between its two neighbours on a logarithmic grid, keeping the mean.

    The weighted mean keeps its expectation exactly and its variance can only grow (by less than the square
    of the grid's relative step, a few parts in ten thousand), so the interval becomes wider, if anything.
    """
    grid = log_grid(support, GRID_SIZE)
    left, share = grid_places(support, grid)
    weights: FloatArray = np.bincount(left, counts * (1.0 - share), GRID_SIZE).astype(np.float64)
    weights += np.bincount(left + 1, counts * share, GRID_SIZE)
    used = weights > 0.0
    return grid[used], weights[used]


def log_grid(ascending: FloatArray, size: int) -> FloatArray:
    """A logarithmic grid from the first to the last of some positive values."""
    grid = np.geomspace(ascending[0], ascending[-1], size)
    grid[0], grid[-1] = ascending[0], ascending[-1]
    return grid


def grid_places(values: FloatArray, grid: FloatArray) -> tuple[npt.NDArray[np.intp], FloatArray]:
    """The neighbour on the left of each value, and the share of it that goes to the neighbour on the right."""
    left = np.clip(np.searchsorted(grid, values, side="right") - 1, 0, grid.size - 2)
    return left, (values - grid[left]) / (grid[left + 1] - grid[left])


def axis(values: FloatArray, size: int) -> tuple[FloatArray, npt.NDArray[np.intp], FloatArray]:
    """Points from 0 up, so many at most, and where each value lies between them; few different values stay exact."""
    positive = np.unique(values[values > 0.0])
    points = np.concatenate([[0.0], positive if positive.size < size else log_grid(positive, size - 1)])
    if points.size == 1:
        points = np.array([0.0, 1.0])
    return points, *grid_places(values, points)


def with_extra(
    support: FloatArray, counts: FloatArray, value: float, count: float = 1.0
) -> tuple[FloatArray, FloatArray]:
    """The sample with `count` more observations at `value`."""
    place = int(np.searchsorted(support, value))
    if place < support.size and support[place] == value:
        more = counts.copy()
        more[place] += count
        return support, more
    return np.insert(support, place, value), np.insert(counts, place, count)
