"""How kernels are compiled."""

from __future__ import annotations

from numba import njit

# Functions within the kernel allocate nothing, so they need no reference counts; numba would keep them for each of
# the 30 arrays of Plan and Work at each call. Without, 8-of-10 ran 4 times as fast (155,000 instead of 39,000
# trial-years a second on one core); put in place of their calls, which otherwise pass all these arrays, again 4.4
# times (679,000). Compilation went from 30 s to 24 s.
inner = njit(nogil=True, error_model="numpy", _nrt=False, forceinline=True)

# Rare events stay functions of their own: in place they only make the loop longer.
rare = njit(nogil=True, error_model="numpy", _nrt=False)

once = njit(nogil=True, error_model="numpy", _nrt=False, inline="always")

# The one function that Python calls. Compiled once for all scenarios, and kept on disk.
entry = njit(nogil=True, error_model="numpy", cache=True, _nrt=False)
