"""Fewer rates for the same law: a Gauss quadrature rule for what is not known of a rate."""

from __future__ import annotations

import numpy as np
from scipy import linalg

from dcrisk.exact.panels import FloatArray
from dcrisk.exact.rate_laws import RateLaw

SIZES = (8, 12, 16, 24, 32, 48, 64)
RELATIVE_ERROR = 1e-12
POWERS = (1, 2, 4)  # of as many components that share the rate


def fewer(law: RateLaw, hours: float) -> RateLaw:
    """The law of a rate with so few points that means of unavailabilities still agree; else as it is.

    ``hours`` is the longest exposure to it. Unavailabilities are bounded functions of the rate, such as
    ``r m / (1 + r m)`` and ``1 - exp(-r m)``. So the rule is one for ``r h / (1 + r h)``, in which the former is linear,
    and it is tried out on both.
    """
    if len(law.rates) <= SIZES[0] or not 0.0 < hours < np.inf:
        return law
    known = _means(law, hours)
    bounded = law.rates * hours / (1.0 + law.rates * hours)
    diagonal, beside = _jacobi(bounded, law.weights, SIZES[-1])
    for size in SIZES:
        nodes, vectors = linalg.eigh_tridiagonal(diagonal[:size], beside[: size - 1])
        rule = RateLaw(nodes / ((1.0 - nodes) * hours), law.weights.sum() * vectors[0] ** 2)
        inside = (nodes >= 0.0).all() and (nodes < 1.0).all()
        if inside and (np.abs(_means(rule, hours) - known) <= RELATIVE_ERROR * known).all():
            return rule
    return law


def _means(law: RateLaw, hours: float) -> FloatArray:
    """Means of unavailabilities, and of their powers, for exposures up to the longest."""
    exposed = np.outer(law.rates, hours * 0.25 ** np.arange(8.0))
    down = np.concatenate([exposed / (1.0 + exposed), -np.expm1(-exposed)], axis=1)
    return np.concatenate([law.weights @ down**power for power in POWERS])


def _jacobi(points: FloatArray, weights: FloatArray, size: int) -> tuple[FloatArray, FloatArray]:
    """The recurrence of the orthogonal polynomials of a discrete law (Lanczos, orthogonalised twice)."""
    basis = np.zeros((size + 1, len(points)))
    diagonal, beside = np.zeros(size), np.zeros(size)
    basis[0] = np.sqrt(weights / weights.sum())
    for i in range(size):
        further = points * basis[i]
        diagonal[i] = further @ basis[i]
        for _ in range(2):
            further -= basis[: i + 1].T @ (basis[: i + 1] @ further)
        beside[i] = np.linalg.norm(further)
        if beside[i] > 0.0:
            basis[i + 1] = further / beside[i]
    return diagonal, beside
