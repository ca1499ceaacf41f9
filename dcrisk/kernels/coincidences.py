"""From the log of outages to sets of sites that are down at one moment.

A trial is swept once in order of time. What it leaves is small: each distinct set with its hours over all trials, and
which sets a trial had. What any choice of sites would have seen follows from that, without the trials.

Measured with 31 outages of 30 sites a year: 27 ns an outage, where the simulation that logs them takes 160.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import uint64

from dcrisk.kernels.engine import text_of_kernels
from dcrisk.kernels.jit import entry, inner
from dcrisk.kernels.records import codes

UNITS_PER_HOUR = 2.0**30
"""All times are multiples of this part of an hour (kernels/tables.py), so that hours can be counted as whole numbers."""

WORD = np.int64(40)
LOW = np.int64((1 << 40) - 1)
"""Sums of hours have two words: 1e6 years in units of 2**-30 h do not fit into one."""

# places in Sets.filled
ENTRIES, MEMBERS, FAMILIES, TRIALS = codes(0, 4)


class Sets(NamedTuple):
    """Distinct sets of sites that were down at one moment, in the order in which they were first seen."""

    site_keys: np.ndarray  # a random word for each site: the key of a set is the exclusive or of those of its sites
    slots: np.ndarray  # from keys to entries, by open addressing; -1: free
    key: np.ndarray
    first: np.ndarray  # its sites, ascending: members[first : first + size]
    size: np.ndarray
    high: np.ndarray  # hours in units of 2**-30 h: high * 2**40 + low
    low: np.ndarray
    alone: np.ndarray  # trials that had it and no other set of so many sites that it counts for a trial
    last_trial: np.ndarray  # in which it was seen
    members: np.ndarray
    families: np.ndarray  # of every other trial: how many such sets, and which
    filled: np.ndarray


class Scratch(NamedTuple):
    """What the sweep of one trial needs."""

    begin: np.ndarray  # ascending
    begin_site: np.ndarray
    end: np.ndarray  # ascending
    end_site: np.ndarray
    down: np.ndarray  # sites that are down now, ascending
    seen: np.ndarray  # entries of this trial
    counts: np.ndarray  # outages of this trial


def empty_sets(sites: int, entries: int, members: int, families: int) -> Sets:
    """No sets yet, with room for some; ``entries`` is a power of two."""
    counts = [np.zeros(entries, np.int64) for _ in range(6)]
    return Sets(
        np.random.default_rng(0).integers(0, 2**64, sites, np.uint64),
        np.full(2 * entries, -1, np.int64),
        np.zeros(entries, np.uint64),
        *counts,
        np.zeros(members, np.int64),
        np.zeros(families, np.int64),
        np.zeros(4, np.int64),
    )


def empty_scratch(sites: int, outages: int) -> Scratch:
    """Room for a trial of so many outages."""
    times = [np.zeros(outages, np.int64) for _ in range(4)]
    return Scratch(*times, np.zeros(sites + 1, np.int64), np.zeros(2 * outages + 1, np.int64), np.zeros(1, np.int64))


@inner
def read_trial(log, kind, sites, horizon, scratch, ever, position):
    """The outages of the trial that begins at this place of the log, cut to the window; the place of the next trial.

    The log is in order of the ends. Where few outages overlap, their begins are nearly so, and insertion is quick.
    """
    trial = log[position].trial
    count = 0
    while position < len(log) and log[position].trial == trial:
        outage = log[position]
        position += 1
        if outage.kind != kind or outage.layout >= sites:
            continue
        begin = np.int64(max(outage.since, 0.0) * UNITS_PER_HOUR)
        end = np.int64(min(outage.until, horizon) * UNITS_PER_HOUR)
        if end <= begin:
            continue
        i = count
        while i > 0 and scratch.begin[i - 1] > begin:
            scratch.begin[i] = scratch.begin[i - 1]
            scratch.begin_site[i] = scratch.begin_site[i - 1]
            i -= 1
        scratch.begin[i] = begin
        scratch.begin_site[i] = outage.layout
        scratch.end[count] = end
        scratch.end_site[count] = outage.layout
        count += 1
        if ever.shape[1] > 0:
            ever[outage.layout, trial >> 6] |= uint64(1) << uint64(trial & 63)
    scratch.counts[0] = count
    return position


@inner
def put(down, size, site):
    """Add a site to those that are down."""
    i = size
    while i > 0 and down[i - 1] > site:
        down[i] = down[i - 1]
        i -= 1
    down[i] = site


@inner
def take(down, size, site):
    """Remove a site from those that are down."""
    i = 0
    while down[i] != site:
        i += 1
    while i < size - 1:
        down[i] = down[i + 1]
        i += 1


@inner
def find(sets, down, size, key):
    """The entry of the set of the sites that are down; a new one if there is none."""
    last = len(sets.slots) - 1
    slot = np.int64(key & uint64(last))
    while sets.slots[slot] >= 0:
        e = sets.slots[slot]
        if sets.key[e] == key and sets.size[e] == size:
            first, same = sets.first[e], True
            for i in range(size):
                same = same and sets.members[first + i] == down[i]
            if same:
                return e
        slot = (slot + 1) & last
    e = sets.filled[ENTRIES]
    sets.filled[ENTRIES] = e + 1
    sets.slots[slot] = e
    first = sets.filled[MEMBERS]
    sets.filled[MEMBERS] = first + size
    for i in range(size):
        sets.members[first + i] = down[i]
    sets.key[e] = key
    sets.first[e] = first
    sets.size[e] = size
    return e


@inner
def add_hours(high, low, e, more_high, more_low):
    """Add to a sum of two words."""
    total = low[e] + more_low
    low[e] = total & LOW
    high[e] += more_high + (total >> WORD)


@inner
def sweep_trial(sets, scratch, least, several):
    """The sets of one trial, from its outages."""
    count = scratch.counts[0]
    sets.filled[TRIALS] += 1
    trial = sets.filled[TRIALS]
    i, j, size, seen, now = 0, 0, 0, 0, np.int64(0)
    key = uint64(0)
    while j < count:
        t = scratch.end[j]
        if i < count:
            t = min(t, scratch.begin[i])
        if size >= least and t > now:
            e = find(sets, scratch.down, size, key)
            add_hours(sets.high, sets.low, e, np.int64(0), t - now)
            if size >= several and sets.last_trial[e] != trial:
                sets.last_trial[e] = trial
                scratch.seen[seen] = e
                seen += 1
        now = t
        while j < count and scratch.end[j] == t:
            take(scratch.down, size, scratch.end_site[j])
            key ^= sets.site_keys[scratch.end_site[j]]
            size -= 1
            j += 1
        while i < count and scratch.begin[i] == t:
            put(scratch.down, size, scratch.begin_site[i])
            key ^= sets.site_keys[scratch.begin_site[i]]
            size += 1
            i += 1
    if seen == 1:
        sets.alone[scratch.seen[0]] += 1
    elif seen > 1:
        place = sets.filled[FAMILIES]
        sets.families[place] = seen
        for k in range(seen):
            sets.families[place + 1 + k] = scratch.seen[k]
        sets.filled[FAMILIES] = place + 1 + seen


@inner
def has_room(sets, outages):
    """Whether the sets of a trial with so many outages can be added, whatever they are."""
    moments = 2 * outages
    return (
        sets.filled[ENTRIES] + moments <= len(sets.key)
        and sets.filled[MEMBERS] + moments * min(outages, len(sets.site_keys)) <= len(sets.members)
        and sets.filled[FAMILIES] + moments + 1 <= len(sets.families)
    )


def kernel(sources):
    """The kernel; ``sources`` as in kernels/engine.py."""

    @entry
    def sweep(log, kind, sites, horizon, least, several, sets, scratch, ever, position):
        """Sweep the trials of a log from a place on; the place reached: that of a trial for which there is no room.

        Sets of fewer than ``least`` sites are left out, and for what a trial had, those of fewer than ``several``.
        ``ever`` gets a bit for each site and trial in which it was down, if it has room for bits.
        """
        while position < len(log):
            after = read_trial(log, kind, sites, horizon, scratch, ever, position)
            outages = scratch.counts[0]
            if outages >= least:
                if not has_room(sets, outages):
                    return position
                sweep_trial(sets, scratch, least, several)
            position = after
        return position + 0 * sources

    return sweep


sweep = kernel(text_of_kernels())
