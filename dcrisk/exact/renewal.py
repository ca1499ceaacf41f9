"""A component that fails and is repaired in turn: the renewal equation.

With failures at the rate ``r`` while it is up, and repairs of law ``D``, it is down at ``t`` if it was up at some
moment ``t - u``, failed then, and the repair takes longer than ``u``:

    q(t) = r * integral over u from 0 to t of (1 - q(t - u)) P(D > u).

So unknown and given parts are positive, and an unavailability of 1e-12 keeps its digits. The equation is solved by
collocation, panel by panel: the convolution with what is known from panels before is integrated without error but for
rounding, since both factors are polynomials there.
"""

from __future__ import annotations

import numpy as np
from numpy.polynomial import legendre

from dcrisk.exact.panels import (
    FIT,
    NARROWEST,
    NODES,
    POINTS,
    TOLERANCE,
    WEIGHTS,
    FloatArray,
    Pieces,
    TooRough,
    misfit,
    nodes_of,
)

MOST_PANELS = 1000


def solve_renewal(
    survival: Pieces, exposure: Pieces, rates: FloatArray, weights: FloatArray, edges: FloatArray
) -> Pieces:
    """The probability of being down at ``t`` after an empty start, for each of some rates.

    Parameters
    ----------
    survival, exposure : Pieces
        ``P(D > u)``, and its integral from 0.
    rates : array, failures an hour
    weights : array (components, rates)
        With which each component has them: the means with these weights are what is met.
    edges : array
        Where panels of the solution begin; more follow where they do not suffice.
    """
    waiting = list(zip(edges[:-1], edges[1:], strict=True))[::-1]
    narrowest = NARROWEST * (edges[-1] - edges[0])
    known = np.zeros((MOST_PANELS * POINTS, len(rates)))  # coefficients, panel after panel
    begins = np.zeros(MOST_PANELS + 1)
    total, count = np.zeros(len(weights)), 0
    while waiting:
        if count == MOST_PANELS:
            raise TooRough
        left, right = waiting.pop()
        begins[count], begins[count + 1] = left, right
        times = nodes_of(np.array([left]), np.array([right]))[0]
        kernel = _convolution(survival, begins[: count + 2], times)
        so_far = count * POINTS
        before = kernel[:, :count].reshape(POINTS, so_far) @ known[:so_far]
        forcing = rates[:, None] * (exposure(times) - before.T)
        matrix = np.eye(POINTS) + rates[:, None, None] * (kernel[:, count] @ FIT)
        coefficients = np.linalg.solve(matrix, forcing[:, :, None])[:, :, 0] @ FIT.T
        mean = weights @ coefficients
        area = np.abs(mean[:, 0]) * (right - left)
        if (misfit(mean) * (right - left) > TOLERANCE * (total + area)).any() and right - left > narrowest:
            middle = 0.5 * (left + right)
            waiting += [(middle, right), (left, middle)]
            continue
        known[so_far : so_far + POINTS] = coefficients.T
        total, count = total + area, count + 1
    return Pieces(begins[: count + 1], known[: count * POINTS].T.reshape(len(rates), count, POINTS))


def _convolution(survival: Pieces, edges: FloatArray, times: FloatArray) -> FloatArray:
    """Weights (times, panels, degrees) of the solution's coefficients in its convolution with ``P(D > u)``."""
    ends = times[:, None]
    breaks = np.concatenate(
        [
            np.clip(np.broadcast_to(edges, (len(times), len(edges))), 0.0, ends),
            np.clip(ends - survival.edges, 0.0, ends),
        ],
        axis=1,
    )
    breaks.sort(axis=1)
    left, right = breaks[:, :-1], breaks[:, 1:]
    half = 0.5 * (right - left)
    at = 0.5 * (left + right)[:, :, None] + half[:, :, None] * NODES
    panel = np.clip(np.searchsorted(edges, 0.5 * (left + right), side="right") - 1, 0, len(edges) - 2)
    begin, end = edges[panel][:, :, None], edges[panel + 1][:, :, None]
    basis = legendre.legvander((2.0 * at - begin - end) / (end - begin), POINTS - 1)
    factor = survival((ends[:, :, None] - at).ravel())[0].reshape(at.shape) * (half[:, :, None] * WEIGHTS)
    parts = np.einsum("tmg,tmgl->tml", factor, basis)
    weights = np.zeros((len(times), len(edges) - 1, POINTS))
    np.add.at(weights, (np.arange(len(times))[:, None], panel), parts)
    return weights
