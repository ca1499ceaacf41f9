"""Which draws may be tilted, in which bins, and a first guess of how much.

A first guess must find what nobody has told it, so it knows no scale: the distance of an event from the others, the
height of a flood and the length of an outage get a share of each octave, a probability moves towards 1/2, and components
become more alike. All shares are assumptions that can cost time but bias nothing.
"""

from __future__ import annotations

from itertools import accumulate
from typing import NamedTuple

import numpy as np

from dcrisk.durations import ATOMS, CONSTANT, OCTAVES
from dcrisk.kernels import records
from dcrisk.kernels.arrays import Plan
from dcrisk.rare.classes import Classes
from dcrisk.rare.counts import FloatArray

LAG_OCTAVES, STAGE_OCTAVES, DURATION_OCTAVES = 24, 24, 12
STAGE_SHARE, DURATION_SHARE = 0.5, 0.3
TOWARDS_HALF = 0.3
ALIKE = 0.5
NO_LENGTH = 0.25
FRAGILITY_EDGES = (0.0, 1 / 64, 1 / 32, 1 / 16, 1 / 8, 1 / 4, 1 / 2, 3 / 4, 1.0)


class Row(NamedTuple):
    """The bins of one draw: where they begin, their probability, and their share in the first guess. None: no tilt."""

    low: FloatArray
    width: FloatArray
    guess: FloatArray
    slope: int = 0
    """Whether harm can only grow from bin to bin (1), or shrink (-1)."""


class Tilts(NamedTuple):
    """All rows, as the kernel reads them; and those of each class."""

    rows: np.ndarray
    first_tilt: np.ndarray
    low: FloatArray
    width: FloatArray
    guess: FloatArray
    slopes: list[int]
    counts: list[int]
    choices: list[int]
    lags: list[int]


UNTILTED = Row(np.zeros(0), np.zeros(0), np.zeros(0))


def make_tilts(plan: Plan, classes: Classes) -> Tilts:
    """The rows of all draws of a plan, kind by kind, and after them those of the classes."""
    lag = _lag(plan)
    kinds = [*_marks(plan), _counts(classes), _choices(classes), [lag for _ in classes.listed]]
    first = list(accumulate((len(kind) for kind in kinds), initial=0))
    rows = [row for kind in kinds for row in kind]
    sizes = [row.guess.size for row in rows]
    starts = accumulate(sizes, initial=0)
    columns = zip(*(row[:3] for row in [UNTILTED, *rows]), strict=True)  # there may be no rows at all
    low, width, guess = (np.concatenate(column) for column in columns)
    marks = records.KINDS_OF_TILTS
    counts, choices, lags = (list(range(first[k], first[k + 1])) for k in range(marks, marks + 3))
    return Tilts(
        np.array(list(zip(starts, sizes, strict=False)), records.TILT),
        np.array(first[:marks], np.int64),
        low,
        width,
        guess,
        [row.slope for row in rows],
        counts,
        choices,
        lags,
    )


def _marks(plan: Plan) -> list[list[Row]]:
    """The draws of events and of backups, in the order of kernels/records.py."""
    fire_of, flood_of = _owners(plan.fires["buildings"]), _owners(plan.floods["places"])
    groups = range(int(plan.supplies["group"].max(initial=-1)) + 1)
    return [
        [_chance(p) for p in plan.buildings["contained"]],
        [
            # where all damage is shared, nothing hangs on the draw of one building
            _chance(p) if plan.fires[f]["shared_fraction"] < 1.0 else UNTILTED
            for f, p in zip(fire_of, plan.buildings["destroyed"], strict=True)
        ],
        [_chance(p) for p in plan.edges["probability"]],
        [_chance(plan.fires[f]["isolation_probability"]) for f in _owners(plan.fires["groups"])],
        [_octaves(STAGE_OCTAVES, STAGE_SHARE) for _ in plan.basins],
        [_chance(p) for p in plan.places["breach"]],
        [_between(np.array(FRAGILITY_EDGES)) if plan.floods[f]["shared"] < 1.0 else UNTILTED for f in flood_of],
        [_chance(p) for p in plan.supplies["own"]],
        [_chance(*plan.supplies["common"][plan.supplies["group"] == g]) for g in groups],
        [_chance(p) for p in plan.supplies["refuel"]],
        [_octaves(DURATION_OCTAVES, DURATION_SHARE) if _varies(plan, s) else UNTILTED for s in plan.sources],
    ]


def _counts(classes: Classes) -> list[Row]:
    """How many events: a bin for each number. Of all classes together about two events more than there are."""
    rows = []
    for event_class in classes.listed:
        law = event_class.law.probabilities
        if law.size == 1:  # next to no events at all
            rows.append(_side_by_side(law, np.ones(1)))
            continue
        alike = np.sqrt(law)
        few = np.zeros(law.size)
        few[1 : min(5, law.size)] = 1.0 / (min(5, law.size) - 1)
        some = min(0.5, 1.0 / len(classes.listed))
        rows.append(_side_by_side(law, (0.7 - some) * law + 0.3 * alike / alike.sum() + some * few, slope=1))
    return rows


def _choices(classes: Classes) -> list[Row]:
    """Where: a bin for each choice of the source; none for those that make no difference."""
    rows = []
    for event_class in classes.listed:
        if len(event_class.choices) == 1:
            rows.append(UNTILTED)
            continue
        width = np.zeros(max(event_class.choices) + 1)
        width[list(event_class.choices)] = event_class.shares
        alike = (width > 0.0) / np.count_nonzero(width)
        rows.append(_side_by_side(width, (1.0 - ALIKE) * width + ALIKE * alike))
    return rows


def _lag(plan: Plan) -> Row:
    """The distance from the middle: an octave each, the last one down to 0.

    The guess is for those that are close: as far as outages last, repairs, copies and fuel, each length alike; and a
    share of each octave, for what has no length of its own.
    """
    edges = np.concatenate([[0.0], 2.0 ** -np.arange(LAG_OCTAVES - 1.0, -1.0, -1.0)])
    scales = [hours_at(plan, table, u) for table in range(len(plan.tables)) for u in (0.5, 0.9)]
    circle = 0.5 * float(plan.window.sum())
    reach = np.array([min(1.0, hours / circle) for hours in scales if hours > 0.0] or [1.0])
    boxes = np.minimum(edges / reach[:, None], 1.0).mean(axis=0)
    return _between(edges, (1.0 - NO_LENGTH) * np.diff(boxes) + NO_LENGTH / LAG_OCTAVES, slope=-1)


def hours_at(plan: Plan, row: int, u: float) -> float:
    """The quantile of a tabulated law, as kernels/tables.py has it, at or above the median."""
    table = plan.tables[row]
    values = plan.table_values[table["first"] : table["first"] + table["size"]]
    if table["kind"] == CONSTANT:
        return float(values[0])
    if table["kind"] == ATOMS:
        atoms = values.size // 2
        return float(values[min(int(np.searchsorted(values[atoms:], u)), atoms - 1)])
    rare = 1.0 - u
    octave = max(int(np.ceil(-np.log2(rare))) - 2, 0)
    cells = 1 << int(table["cells_log2"])
    cell = min(int((rare * 2.0 ** (octave + 2) - 1.0) * cells), cells - 1)
    upper = OCTAVES if u > 0.5 else 0
    return float(values[4 * ((octave + upper) * cells + cell)])


def _chance(*chances: float) -> Row:
    """A draw that is held against probabilities."""
    inside = sorted({float(p) for p in chances if 0.0 < p < 1.0})
    if not inside:
        return UNTILTED
    edges = np.array([0.0, *inside, 1.0])
    moved = edges.copy()
    moved[1:-1] += TOWARDS_HALF * (0.5 - moved[1:-1])
    return _between(edges, np.diff(moved))


def _octaves(octaves: int, share: float) -> Row:
    """A draw that may matter more the closer it comes to 1."""
    edges = np.concatenate([1.0 - 2.0 ** -np.arange(octaves, dtype=np.float64), [1.0]])
    return _between(edges, (1.0 - share) * np.diff(edges) + share / octaves, slope=1)


def _between(edges: FloatArray, guess: FloatArray | None = None, slope: int = 0) -> Row:
    """Bins between edges; without a guess, none differs from what it is."""
    width = np.diff(edges)
    return Row(edges[:-1], width, width if guess is None else guess, slope)


def _side_by_side(width: FloatArray, guess: FloatArray, slope: int = 0) -> Row:
    """Bins of these probabilities, which keep their digits where edges close to 1 would not."""
    return Row(np.concatenate([[0.0], np.cumsum(width)[:-1]]), width, guess, slope)


def _owners(parts: np.ndarray) -> list[int]:
    """Of each part, the row that it belongs to: that many parts have these, one after the other."""
    return [row for row, number in enumerate(parts) for _ in range(int(number))]


def _varies(plan: Plan, source: np.void) -> bool:
    """Whether outages of a source have lengths that are drawn for the event."""
    if source["kind"] not in (records.FAILURE, records.GRID, records.DISC):
        return False
    return bool(plan.tables[source["table"]]["kind"] != CONSTANT)
