"""The generator, against the known-answer vectors that its authors publish (Random123, kat_vectors)."""

import numpy as np
import pytest
from numba import njit
from reference import philox as reference_philox

from dcrisk.kernels.philox import philox, uniforms

ONES = 0xFFFFFFFF
VECTORS = [
    ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
    ((ONES,) * 4, (ONES,) * 2, (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
    (
        (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
        (0xA4093822, 0x299F31D0),
        (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
    ),
]


@njit
def words(key, x0, x1, x2, x3):
    return philox(key, x0, x1, x2, x3)


@njit
def pair(key, stream, block, event, draw):
    return uniforms(key, stream, block, event, draw)


@pytest.mark.parametrize("counter, key, answer", VECTORS)
def test_known_answers(counter, key, answer):
    whole = key[0] | key[1] << 32
    assert tuple(int(x) for x in words(np.uint64(whole), *(np.uint64(c) for c in counter))) == answer
    assert tuple(reference_philox(whole, counter)) == answer


def test_uniforms_are_named_by_their_place_and_never_0_or_1():
    key, stream, block = 123, 7, 5
    seen = set()
    for event in range(50):
        for draw in range(0, 20, 2):
            low, high = pair(np.uint64(key), stream, block, event, draw)
            x = reference_philox(key, (draw >> 1, event, block, stream))
            assert low == ((x[1] << 32 | x[0]) // 4096 + 0.5) / 2**52
            assert high == ((x[3] << 32 | x[2]) // 4096 + 0.5) / 2**52
            assert 0 < low < 1 and 0 < high < 1
            seen |= {low, high}
    assert len(seen) == 50 * 20
