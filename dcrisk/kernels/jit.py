"""How kernels are compiled."""

from __future__ import annotations

from numba import njit

# Inner functions allocate nothing, so they need no reference counts. Numba keeps them for each of the 30 arrays of
# Plan and Work at each call: without, 8-of-10 ran 4 times as fast and compiled in 23 s instead of 30 s.
inner = njit(nogil=True, _nrt=False)

# The one function that Python calls. Compiled once for all scenarios, and kept on disk.
entry = njit(nogil=True, cache=True)
