"""Which choices nothing else beats."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def pareto_front(figures: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
    """Rows than which no other is at least as good in all columns and better in one; less is better.

    Examples
    --------
    >>> pareto_front(np.array([[1.0, 5.0], [2.0, 3.0], [2.0, 4.0], [2.0, 3.0]]))
    array([ True,  True, False,  True])
    """
    different, row = np.unique(figures, axis=0, return_inverse=True)
    on_front = np.zeros(len(different), np.bool_)
    left = np.arange(len(different))
    while left.size:  # in the order of their columns no row is beaten by a later one
        best = left[0]
        on_front[best] = True
        left = left[np.any(different[left] < different[best], axis=1)]
    return on_front[row.ravel()]
