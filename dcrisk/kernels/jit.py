"""How kernels are compiled.

Measured on one core with 8-of-10 (trial-years a second) and with the first call of a fresh machine (seconds):

- Functions within the kernel allocate nothing, so they need no reference counts (``_nrt``); numba would keep them for
  each of the 50 arrays of Plan and Work at each call. 39,000 became 155,000.
- Put in place of their calls, which otherwise pass all these arrays (``forceinline``): 679,000.
- No wrappers for Python where only other kernels call: 23 s became 17 s.
- What has one caller can be put in place before types are inferred (``inline="always"``), which spares the compiler a
  function; but each level of it is copied anew for the level above, so the deep ones are ``inner``. 17 s became 15 s.
- Constants are np.int64 (kernels/records.py): a Python constant is a type of its own, and ``push`` alone was compiled
  eight times.
"""

from __future__ import annotations

from numba import njit

OPTIONS = {"nogil": True, "error_model": "numpy", "_nrt": False}
WITHIN = OPTIONS | {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}

inner = njit(forceinline=True, **WITHIN)
once = njit(inline="always", **WITHIN)

# Rare events stay functions of their own: in place they only make the loop longer.
rare = njit(**WITHIN)

# The one function that Python calls. Compiled once for all scenarios, and kept on disk.
entry = njit(cache=True, **OPTIONS)
