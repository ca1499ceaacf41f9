"""Functions that kernels may call and that numba-cuda lacks."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import types
from numba.cuda.mathimpl import get_unary_impl_for_fn_and_ty
from numba.cuda.ufuncs import ufunc_db


def floor(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    """``np.floor`` of a number is what numba-cuda makes of ``math.floor``, a float there."""
    return get_unary_impl_for_fn_and_ty(math.floor, types.float64)(context, builder, signature, arguments)


def complete() -> None:
    """Have code for a device find them."""
    ufunc_db().setdefault(np.floor, {"d->d": floor})
