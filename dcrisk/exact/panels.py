"""Functions of time as polynomials on panels, which are halved until the polynomials fit."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

import numpy as np
from numpy.polynomial import legendre
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

POINTS = 16
NODES, WEIGHTS = legendre.leggauss(POINTS)
FIT: FloatArray = (
    (np.arange(POINTS) + 0.5)[:, None] * legendre.legvander(NODES, POINTS - 1).T * WEIGHTS
)  # from values at the nodes to coefficients of Legendre polynomials
TOLERANCE = 1e-13  # of an integral
NARROWEST = 2.0**-46  # of all panels together: at a jump that nobody has announced, halving ends there
MOST_PANELS = 20_000


class TooRough(ArithmeticError):
    """A function that so many polynomials do not fit."""


class Pieces(NamedTuple):
    """Some functions on the same panels: coefficients of Legendre polynomials, (functions, panels, degrees)."""

    edges: FloatArray
    coefficients: FloatArray

    def __call__(self, x: FloatArray) -> FloatArray:
        """The values (functions, x), at points within the panels."""
        panel = np.clip(np.searchsorted(self.edges, x, side="right") - 1, 0, len(self.edges) - 2)
        left, right = self.edges[panel], self.edges[panel + 1]
        local = (2.0 * x - left - right) / (right - left)
        chosen = np.moveaxis(self.coefficients[:, panel], -1, 0)
        return np.asarray(legendre.legval(local, chosen, tensor=False), np.float64)

    def integrals(self) -> FloatArray:
        """The integral of each function over all panels."""
        return np.asarray(self.coefficients[:, :, 0] @ np.diff(self.edges), np.float64)

    def antiderivative(self) -> Pieces:
        """The integrals from the first edge on."""
        widths = np.diff(self.edges)
        inner = legendre.legint(self.coefficients, lbnd=-1, axis=-1) * (0.5 * widths[:, None])
        inner[:, 1:, 0] += np.cumsum(self.coefficients[:, :-1, 0] * widths[:-1], axis=-1)
        return Pieces(self.edges, inner)


def nodes_of(left: FloatArray, right: FloatArray) -> FloatArray:
    """The places at which a function is looked at, (panels, points)."""
    return np.asarray(0.5 * (left + right)[:, None] + 0.5 * (right - left)[:, None] * NODES, np.float64)


def misfit(coefficients: FloatArray) -> FloatArray:
    """How far the polynomials may be off: what the last two terms still add."""
    return np.asarray(np.abs(coefficients[..., -2:]).sum(axis=-1), np.float64)


def tidy(edges: Iterable[float], first: float, last: float) -> FloatArray:
    """Edges in order, from ``first`` to ``last``, without those that lie outside or all but coincide."""
    inner = np.unique(np.fromiter(edges, np.float64))
    apart = 4.0 * NARROWEST * (last - first)
    inner = inner[(inner > first + apart) & (inner < last - apart)]
    kept = inner[np.diff(inner, prepend=first) > apart]
    return np.concatenate([[first], kept, [last]])


def fit(function: Callable[[FloatArray], FloatArray], edges: FloatArray) -> Pieces:
    """Functions, given as ``function(x)`` of the shape (functions, x), so that the integral of each is met.

    ``edges`` are where panels begin: kinks and jumps, and enough others that nothing is overlooked.
    """
    if len(edges) > MOST_PANELS:
        raise TooRough
    left, right = edges[:-1], edges[1:]
    done: list[tuple[FloatArray, FloatArray]] = []
    total: FloatArray | float = 0.0
    panels = 0
    while len(left):
        values = function(nodes_of(left, right).ravel())
        coefficients = values.reshape(len(values), len(left), POINTS) @ FIT.T
        widths = right - left
        waiting = np.abs(coefficients[:, :, 0]) @ widths
        bad = (misfit(coefficients) * widths > TOLERANCE * (total + waiting)[:, None]).any(axis=0)
        bad &= widths > NARROWEST * (edges[-1] - edges[0])
        done.append((left[~bad], coefficients[:, ~bad]))
        total = total + np.abs(coefficients[:, ~bad, 0]) @ widths[~bad]
        panels += len(left)
        if panels > MOST_PANELS:
            raise TooRough
        middle = 0.5 * (left[bad] + right[bad])
        left, right = np.concatenate([left[bad], middle]), np.concatenate([middle, right[bad]])
    begins = np.concatenate([begin for begin, _ in done])
    order = np.argsort(begins)
    fitted = np.concatenate([coefficients for _, coefficients in done], axis=1)
    return Pieces(np.append(begins[order], edges[-1]), fitted[:, order])
