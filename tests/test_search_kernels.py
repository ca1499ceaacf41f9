"""The kernels of a search against the plain definition, and their sums where they are large."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference.choices import hours_down

from dcrisk.kernels.coincidences import UNITS_PER_HOUR, WORD
from dcrisk.kernels.records import OUTAGE, SERVICE, STORE
from dcrisk.search import watch
from dcrisk.search.figures import exact_sum
from dcrisk.search.subsets import choices_of, find_subsets, subsets
from dcrisk.search.watch import Tally

HORIZON = 40.0
SITES = 6
TIMES = st.integers(-8, 50).map(lambda quarter: quarter / 1.0)


@st.composite
def trials(draw):
    """Outages of some trials, in none of them two at one time of one site that touch or overlap."""
    made = []
    for trial in range(draw(st.integers(1, 6))):
        outages = []
        for site in range(SITES):
            times = sorted(draw(st.lists(TIMES, unique=True, max_size=6)))
            outages += [(site, since, until) for since, until in zip(times[::2], times[1::2], strict=False)]
        made.append((100 * trial, outages))
    return made


def log_of(made, kind=SERVICE, others=STORE):
    """As the engine writes it, with records of another kind between."""
    rows = []
    for trial, outages in made:
        for site, since, until in sorted(outages, key=lambda outage: outage[2]):
            rows += [(trial, others, site, since, until, 0), (trial, kind, site, since, until, 0)]
    return np.array(rows, OUTAGE)


def totals(choices):
    return [
        ((int(h) << int(WORD)) + int(low)) / UNITS_PER_HOUR for h, low in zip(choices.high, choices.low, strict=True)
    ]


@pytest.mark.parametrize("room", [8, 1 << 14])
@settings(max_examples=60)
@given(made=trials(), size=st.integers(1, SITES), data=st.data())
def test_sums_are_those_of_the_definition(room, made, size, data):
    """Also with so little room that the sets are added up, and the tables grow, again and again."""
    needed = data.draw(st.integers(1, size))
    listed = data.draw(st.booleans())
    choices = choices_of(subsets(SITES, size), needed, SITES)
    if not listed:
        choices = choices._replace(first=np.zeros(0, np.int64), listed=np.zeros(0, np.int64))
    with pytest.MonkeyPatch.context() as patch:
        for name in ("ENTRIES_AT_FIRST", "MEMBERS_AT_FIRST", "FAMILIES_AT_FIRST"):
            patch.setattr(watch, name, room)
        tally = Tally(SERVICE, SITES, [choices, choices_of(subsets(SITES, 2), 2, SITES)], HORIZON)
    log = log_of(made)
    half = int(np.searchsorted(log["trial"], 200))  # two chunks, cut between trials
    for chunk in (log[:half], log[half:]):
        tally.read(chunk)
    tally.finish()
    for found in tally.choices:
        for members, hours, count in zip(found.members.tolist(), totals(found), found.count, strict=True):
            each = [hours_down(outages, members, found.needed[0], HORIZON) for _, outages in made]
            assert hours == math.fsum(each)
            assert count == sum(x > 0.0 for x in each)


def test_sums_beyond_63_bits():
    """Eight sites down throughout 2**21 hours, in so many trials that one word overflows."""
    horizon, count = 2.0**21, 9000
    tally = Tally(SERVICE, 8, [choices_of(subsets(8, 3), 2, 8)], horizon)
    chunk = np.array([(t, SERVICE, site, -1.0, 1e300, 0) for t in range(1000) for site in range(8)], OUTAGE)
    for _ in range(count // 1000):
        tally.read(chunk)
    tally.finish()
    assert totals(tally.choices[0]) == [count * horizon] * math.comb(8, 3)
    assert count * horizon * UNITS_PER_HOUR > 2**63


def test_memory_does_not_grow_with_the_trials():
    """Each trial has sets of its own, a hundred thousand altogether; the tables stay as they are."""
    sites = 60
    random = np.random.default_rng(1)
    choices = choices_of(subsets(sites, 2), 2, sites)
    tally = Tally(SERVICE, sites, [choices], 1000.0)
    sizes = [array.nbytes for array in tally._watch.sets]
    pairs = np.zeros(len(choices.members), np.int64)
    for _ in range(20):
        rows = []
        for trial in range(500):
            chosen = np.sort(random.choice(sites, 20, replace=False))
            until = np.sort(random.choice(900, 20, replace=False)) + 50.0
            rows += [(trial, SERVICE, site, 1.0, end, 0) for site, end in zip(chosen, until, strict=True)]
            pairs += np.isin(choices.members, chosen).all(axis=1)
        tally.read(np.array(rows, OUTAGE))
    assert [array.nbytes for array in tally._watch.sets] == sizes
    tally.finish()
    np.testing.assert_array_equal(tally.choices[0].count, pairs)


@given(st.integers(1, 8), st.data())
def test_subsets_are_found_again(sites, data):
    size = data.draw(st.integers(0, sites))
    members = subsets(sites, size)
    assert [tuple(row) for row in members.tolist()] == list(itertools.combinations(range(sites), size))
    order = data.draw(st.permutations(range(len(members))))
    np.testing.assert_array_equal(find_subsets(members, members[order], sites), order)


@given(st.lists(st.floats(0.0, 2.0**40), max_size=30))
def test_exact_sums(x):
    assert float(exact_sum(np.array(x, np.float64))) == math.fsum(x)
