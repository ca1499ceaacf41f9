"""How kernels are compiled.

Measured on one core with 8-of-10 (trial-years a second) and with the first call of a fresh machine (seconds):

- Functions within the kernel allocate nothing, so they need no reference counts (``_nrt``); numba would keep them for
  each of the 50 arrays of Plan and Work at each call. 39,000 became 155,000.
- Put in place of their calls (``forceinline``), which then passed all these arrays: 679,000. Now that the arrays are one
  argument (kernels/bundle.py), only what the loop over events does for nearly every event is ``inner``.
- No wrappers for Python where only other kernels call: 23 s became 17 s.
- Constants are np.int64 (kernels/records.py): a Python constant is a type of its own, and ``push`` alone was compiled
  eight times.
"""

from __future__ import annotations

from numba import config, njit, types
from numba.extending import intrinsic

OPTIONS = {"nogil": True, "error_model": "numpy", "_nrt": False}
WITHIN = OPTIONS | {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}

inner = njit(forceinline=True, **WITHIN)

# Rare events stay functions of their own: in place they only make the loop longer. A function takes this option from
# whichever compiles it first, so it has to be said; and the compiler would still think otherwise without `stay_apart`.
rare = njit(forceinline=False, **WITHIN)

# The one function that Python calls. Compiled once for all scenarios, and kept on disk.
entry = njit(cache=True, **OPTIONS)


@intrinsic
def stay_apart(context):
    """Have the function that calls this stay a function of its own, whatever the compiler thinks."""

    def generate(context, builder, signature, arguments):
        builder.function.attributes.add("noinline")
        return context.get_dummy_value()

    return types.none(), generate


if config.DISABLE_JIT:  # kernels that run as plain Python, to debug them

    def stay_apart():
        """Nothing to do."""
