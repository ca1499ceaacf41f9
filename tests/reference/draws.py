"""Random numbers by name, and the laws that are read with them."""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass, field

from scipy import stats

from dcrisk.durations import ATOMS, CONSTANT, OCTAVES, quantile_table
from dcrisk.kernels.records import SHARED_DRAW
from reference.normal import mix

WORD = 0xFFFFFFFF
LN2 = float.fromhex("0x1.62e42feep-1"), float.fromhex("0x1.a39ef35793c76p-33")  # the first times a power of 2 is exact
ROOT_OF_TWO = float.fromhex("0x1.6a09ep+0")
ATANH = [0.6666666666666735, 0.3999999999940942, 0.2857142874366239, 0.22222198432149784, 0.1818357216161805]
ATANH += [0.15313837699209373, 0.14798198605116586]


def philox(key, counter):
    x, k = [int(word) for word in counter], [key & WORD, key >> 32]  # whole numbers of any size
    for _ in range(10):
        p0, p1 = 0xD2511F53 * x[0], 0xCD9E8D57 * x[2]
        x = [(p1 >> 32) ^ x[1] ^ k[0], p1 & WORD, (p0 >> 32) ^ x[3] ^ k[1], p0 & WORD]
        k = [(k[0] + 0x9E3779B9) & WORD, (k[1] + 0xBB67AE85) & WORD]
    return x


def minus_log(u):
    """-log(u): with u = 2**k (1 + f) and s = f / (2 + f), log(1 + f) is 2 s (1 + s**2 / 3 + s**4 / 5 ...).

    Each step is rounded as it is in the kernel, with the coefficients that fit this interval best.
    """
    mantissa, k = math.frexp(u)
    if mantissa * 2.0 < ROOT_OF_TWO:
        mantissa, k = mantissa * 2.0, k - 1
    f = mantissa - 1.0
    s = f / (2.0 + f)
    rest = 0.0
    for coefficient in reversed(ATANH):
        rest = s * s * (coefficient + rest)
    half = 0.5 * f * f
    return (half - (s * (half + rest) + k * LN2[1]) - f) - k * LN2[0]


def to_grid(hours):
    return (hours + 1.5 * 2.0**22) - 1.5 * 2.0**22


def level(table, u):
    """The u-quantile as the table has it, not yet on the grid of times."""
    values = table.values
    if table.kind == CONSTANT:
        return float(values[0])
    if table.kind == ATOMS:
        atoms = len(values) // 2
        return next(float(v) for v, p in zip(values[:atoms], values[atoms:], strict=True) if p >= u)
    bits = struct.unpack("<q", struct.pack("<d", min(u, 1.0 - u)))[0]
    mantissa, octave = bits & ((1 << 52) - 1), 1021 - (bits >> 52) + (OCTAVES if u > 0.5 else 0)
    spare = 52 - table.cells_log2
    i = 4 * ((octave << table.cells_log2) + (mantissa >> spare))
    w = (mantissa & ((1 << spare) - 1)) / (1 << spare)
    a, b, c, d = (float(v) for v in values[i : i + 4])
    return a + w * (b + w * (c + w * d))


_tables = {}


def kept(key, make):
    """A table that is made once."""
    if key not in _tables:
        _tables[key] = make()
    return _tables[key]


def table_of(duration):
    """The table of a duration (which is kept with it: its id stays its own)."""
    return kept(id(duration), lambda: (quantile_table(duration), duration))[0]


def lognormal_table(spread):
    """A factor of mean 1."""
    return kept(
        ("lognormal", spread), lambda: quantile_table(stats.lognorm(s=spread, scale=math.exp(-(spread**2) / 2)))
    )


def chi_square_table(freedom):
    return kept(("chi-square", freedom), lambda: quantile_table(stats.chi2(freedom)))


def quantile(duration, u):
    """The u-quantile of a duration on the grid of times, by the table that the kernel reads."""
    return to_grid(level(table_of(duration), u))


@dataclass(frozen=True)
class Event:
    """An event, which names its random numbers. Events of one moment are ordered by row, then by number.

    If it was laid out before its trial, it is known what it has struck. In a tilted trial its draws follow another law.
    """

    row: object
    number: int
    block: int
    key: int
    struck: int | None = field(default=None, compare=False)
    law: object = field(default=None, compare=False)

    def uniform(self, draw):
        x = philox(self.key, (draw >> 1, self.number, self.block, self.row.stream))
        low, high = x[2 * (draw & 1)], x[2 * (draw & 1) + 1]
        u = ((((high << 32) | low) >> 12) + 0.5) * 2.0**-52
        return u if self.law is None else self.law.of_event(self, draw, u)

    def mixed(self, draw, fraction, shared=SHARED_DRAW):
        """A uniform of which a part is common to all hits of the event."""
        return mix(self.uniform(shared), self.uniform(draw), fraction)

    @property
    def order(self):
        return self.row.index, self.number
