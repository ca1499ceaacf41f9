"""Draws under another law than that of the scenario, so that what is rare comes often.

A tilt cuts the uniforms of one kind of draw into bins and gives each another share of them; within a bin nothing
changes. What a trial drew under the tilted law was so many times as likely there as under that of the scenario: the
product of share over width of the bins that it used, its likelihood ratio.
"""

from __future__ import annotations

from dcrisk.kernels.jit import inner, rare, stay_apart
from dcrisk.kernels.normal import snap
from dcrisk.kernels.records import OVERFLOW, UNTILTED, USED


@rare
def tilt(bins, first, size, untilted, u):
    """The bin of a draw, and the uniform that it becomes."""
    stay_apart()
    low, high = first, first + size - 1
    while low < high:
        middle = (low + high + 1) // 2
        edge = bins[middle].low if untilted else bins[middle].start
        if edge <= u:
            low = middle
        else:
            high = middle - 1
    if not untilted:
        u = snap(bins[low].low + (u - bins[low].start) / bins[low].share * bins[low].width)
    return low, u


@rare
def draw(tilts, bins, used, counters, likelihood, row, cause, u):
    """A draw by its row of tilts, and the bin that it used: (uniform, bin).

    What one event draws twice in the same way, such as the common failure of backups in a group, counts once.
    """
    stay_apart()
    size = tilts[row].size
    if size == 0:
        return u, -1
    b, u = tilt(bins, tilts[row].first, size, counters[UNTILTED] == 1, u)
    count = counters[USED]
    for i in range(count):
        if used[i].row == row and used[i].cause == cause:
            return u, b
    if count == len(used):
        counters[OVERFLOW] = 1
        return u, b
    counters[USED] = count + 1
    used[count].cause = cause
    used[count].row = row
    used[count].bin = b
    likelihood[0] *= bins[b].ratio
    return u, b


@inner
def tilted(plan, work, s, kind, item, cause, u):
    """A draw of an event of source ``s``, under the tilted law if it has one."""
    if plan.sources[s].tilted == 0:
        return u
    row = plan.first_tilt[kind] + item
    return draw(plan.tilts, plan.bins, work.used, work.counters, work.likelihood, row, cause, u)[0]
