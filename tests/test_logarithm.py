"""The kernels' own logarithm."""

import math

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st
from numba import njit
from reference.draws import minus_log as twin

from dcrisk.kernels.logarithm import minus_log

SMALLEST, LARGEST = 2.0**-53, 1.0 - 2.0**-53


@njit
def compiled(u):
    return minus_log(u)


@given(st.floats(SMALLEST, LARGEST))
@example(SMALLEST)
@example(LARGEST)
@example(0.5)
@example(math.sqrt(0.5))
def test_within_one_unit_in_the_last_place_of_the_c_library_and_equal_to_the_twin(u):
    exact = -math.log(u)
    assert abs(compiled(u) - exact) <= np.spacing(exact)
    assert compiled(u) == twin(u) > 0.0
