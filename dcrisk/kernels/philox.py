"""Counter-based random numbers: Philox4x32-10.

Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011. A draw is named by its
place (hazard, block, event, draw) and not by what was drawn before, so it stays put whatever else changes.
"""

from __future__ import annotations

from numba import uint64

from dcrisk.kernels.jit import inner, rare, stay_apart

MASK = uint64(0xFFFFFFFF)
MULTIPLIER_0, MULTIPLIER_1 = uint64(0xD2511F53), uint64(0xCD9E8D57)
WEYL_0, WEYL_1 = uint64(0x9E3779B9), uint64(0xBB67AE85)
HALF_WORD = uint64(32)
DROPPED_BITS = uint64(12)
ONE = uint64(1)
STEP = 2.0**-52


@inner
def philox(key, x0, x1, x2, x3):
    """Ten rounds on a counter of four 32-bit words (as uint64) with a 64-bit key; four 32-bit words out."""
    k0, k1 = key & MASK, key >> HALF_WORD
    for _ in range(10):
        p0, p1 = MULTIPLIER_0 * x0, MULTIPLIER_1 * x2
        x0, x1, x2, x3 = (p1 >> HALF_WORD) ^ x1 ^ k0, p1 & MASK, (p0 >> HALF_WORD) ^ x3 ^ k1, p0 & MASK
        k0, k1 = (k0 + WEYL_0) & MASK, (k1 + WEYL_1) & MASK
    return x0, x1, x2, x3


@inner
def uniforms_in_place(key, stream, block, event, draw):
    """The uniforms of ``draw`` (even) and ``draw + 1``: multiples of 2**-52 plus a half, so never 0 nor 1."""
    x0, x1, x2, x3 = philox(key, uint64(draw) >> ONE, uint64(event), uint64(block), uint64(stream))
    low = ((x1 << HALF_WORD) | x0) >> DROPPED_BITS
    high = ((x3 << HALF_WORD) | x2) >> DROPPED_BITS
    return (float(low) + 0.5) * STEP, (float(high) + 0.5) * STEP


@rare
def uniforms(key, stream, block, event, draw):
    """The same as a function of its own, for the many places where one more call costs less than to compile it there."""
    stay_apart()
    return uniforms_in_place(key, stream, block, event, draw)


@rare
def uniform(key, stream, block, event, draw):
    """One uniform."""
    stay_apart()
    low, high = uniforms(key, stream, block, event, draw)
    return high if draw & 1 else low
