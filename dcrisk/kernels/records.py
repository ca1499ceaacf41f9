"""The words shared by the compiler and the kernels: record types and the meaning of their codes."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

BLOCK = 1024
"""Trials in a block. Part of the promise on random numbers: another value gives other draws."""

NEVER = np.iinfo(np.int64).max

# what an event does to a node, mildest first
INTERRUPTED, DAMAGED, DESTROYED = 0, 1, 2

# how an event of a source unfolds
FAILURE, GRID, FIRE = 0, 1, 2

# what a vertex does beside counting its missing inputs
PLAIN, BACKUP, RESTART, REPLICA, COPY, STORE, SERVICE = 0, 1, 2, 3, 4, 5, 6

# what a pending change does when its time comes
START, END, EXHAUSTED, RELOCATED = 0, 1, 2, 3

# draws of one event: the gap before it, its origin, what its hazard needs, then what its consequences need
GAP, ORIGIN, DURATION = 0, 1, 2
CONTAINED, CONTAINED_DURATION, FIRST_BUILDING = 2, 3, 4
BACKUP_DRAWS, GROUP_DRAWS, RESTART_DRAWS, RELOCATION_DRAWS = 1 << 29, 2 << 29, 3 << 29, 4 << 29
LARGEST_DRAWS = 1 << 29

VERTEX = np.dtype(
    [
        ("kind", "i8"),
        ("tolerance", "i8"),  # inputs that may be missing: n - k of a k-of-n gate
        ("first_parent", "i8"),
        ("last_parent", "i8"),
        ("first_content", "i8"),  # the copies and relocatable replicas inside this site
        ("last_content", "i8"),
        ("item", "i8"),  # BACKUP: row of backups; RESTART, REPLICA: node that keys the draw; STORE, SERVICE: layout
        ("table", "i8"),  # RESTART, REPLICA: row of tables
        ("store", "i8"),  # REPLICA: the vertex of its data, or -1
    ]
)
SUPPLY = np.dtype(
    [("common", "f8"), ("own", "f8"), ("refuel", "f8"), ("autonomy", "i8"), ("endless", "i8"), ("group", "i8")]
)
SOURCE = np.dtype(
    [
        ("stream", "u8"),
        ("kind", "i8"),
        ("hazard", "i8"),
        ("given", "i8"),  # 1: strikes at time 0 of every trial, instead of at a rate
        ("rate_per_hour", "f8"),
        ("first", "i8"),  # components of this source: [first, first + size)
        ("size", "i8"),
        ("origin", "i8"),  # given: the component, or -1 for one drawn by the rates
        ("table", "i8"),
        ("state", "i8"),
        ("renewal", "i8"),
        ("fire", "i8"),
        ("contained", "i8"),  # given: 0 or 1, or -1 for drawn
        ("severity", "i8"),  # given: DAMAGED or DESTROYED, or -1 for drawn
    ]
)
COMPONENT = np.dtype([("keep", "f8"), ("alias", "i8"), ("first_node", "i8"), ("last_node", "i8")])
FIRE_TYPE = np.dtype(
    [
        ("first_building", "i8"),
        ("buildings", "i8"),
        ("first_edge", "i8"),
        ("edges", "i8"),
        ("first_group", "i8"),
        ("groups", "i8"),
        ("first_member", "i8"),
        ("shared", "i8"),
        ("isolation_probability", "f8"),
        ("isolation_delay", "i8"),
        ("interrupted", "i8"),  # rows of tables, or -1
        ("damaged", "i8"),
        ("destroyed", "i8"),
        ("isolated", "i8"),
    ]
)
BUILDING = np.dtype(
    [
        ("node", "i8"),
        ("contained", "f8"),
        ("destroyed", "f8"),
        ("first_edge", "i8"),
        ("last_edge", "i8"),
        ("first_campus", "i8"),
        ("last_campus", "i8"),
    ]
)
EDGE = np.dtype([("target", "i8"), ("probability", "f8"), ("delay", "i8"), ("draw", "i8")])
TABLE = np.dtype([("kind", "i8"), ("cells_log2", "i8"), ("first", "i8"), ("size", "i8")])

STATE = np.dtype(
    [
        ("missing", "i4"),  # inputs that are down
        ("own", "i4"),  # own outages that are open
        ("down", "i1"),
        ("demand", "i1"),  # BACKUP, RESTART, REPLICA: the inputs do not suffice
        ("held", "i1"),  # BACKUP: carried by it; REPLICA: runs elsewhere
        ("due", "i1"),  # a timer of this vertex has come
        ("queued", "i1"),
        ("since", "f8"),  # down since
        ("cause", "i8"),  # the event that took it down
        ("mark", "i8"),  # the batch of the last input lost, and the least event among those lost in that batch
        ("mark_cause", "i8"),
        ("demand_since", "f8"),
        ("demand_cause", "i8"),
        ("due_since", "f8"),
        ("ended", "f8"),  # STORE: when the last loss ended, and in which trial
        ("ended_trial", "i8"),
    ],
    align=True,
)
CHANGE = np.dtype(
    [
        ("time", "f8"),
        ("order", "i8"),
        ("what", "i8"),
        ("vertex", "i8"),
        ("state", "i8"),
        ("cause", "i8"),
        ("since", "f8"),
    ]
)
CURSOR = np.dtype([("clock", "f8"), ("event", "i8"), ("trial", "i8"), ("time", "f8"), ("choice", "f8")])


class Plan(NamedTuple):
    """What is simulated: everything that a run reads and does not change."""

    vertices: np.ndarray
    parents: np.ndarray
    contents: np.ndarray
    supplies: np.ndarray
    sources: np.ndarray
    components: np.ndarray
    component_nodes: np.ndarray
    fires: np.ndarray
    buildings: np.ndarray
    edges: np.ndarray
    campuses: np.ndarray  # campuses of each building, as numbers within their fire
    campus_first: np.ndarray
    campus_members: np.ndarray
    tables: np.ndarray
    table_values: np.ndarray
    window: np.ndarray  # warm-up, horizon: hours


class Work(NamedTuple):
    """What a run changes: the state of one thread. All at rest between trials."""

    states: np.ndarray
    heap: np.ndarray
    front: np.ndarray  # of a fire
    queue: np.ndarray
    counters: np.ndarray
    cursors: np.ndarray
    until: np.ndarray  # renewal: component down until; fire: building destroyed until
    since: np.ndarray
    until_trial: np.ndarray
    burnt: np.ndarray  # building: last event in which it burnt
    cut: np.ndarray  # campus: last event in which it was cut off


class Outcomes(NamedTuple):
    """What a run writes: one column for each trial."""

    downtime: np.ndarray
    outages: np.ndarray
    longest: np.ndarray
    data_loss: np.ndarray
    by_hazard: np.ndarray


# places in Work.counters
PENDING, FRONT, QUEUED, ORDER, BATCH, STRUCK, OVERFLOW = range(7)


def rest(plan: Plan, pending: int) -> Work:
    """A state at rest, with room for ``pending`` changes."""
    states = np.zeros(len(plan.vertices), STATE)
    states["ended_trial"] = -1
    return Work(
        states=states,
        heap=np.zeros(pending, CHANGE),
        front=np.zeros(pending, CHANGE),
        queue=np.zeros(len(plan.vertices) + 1, np.int64),
        counters=np.zeros(7, np.int64),
        cursors=np.zeros(max(len(plan.sources), 1), CURSOR),
        until=np.zeros(len(plan.components) + len(plan.buildings) + 1),
        since=np.zeros(len(plan.buildings) + 1),
        until_trial=np.full(len(plan.components) + len(plan.buildings) + 1, -1, np.int64),
        burnt=np.full(len(plan.buildings) + 1, -1, np.int64),
        cut=np.full(len(plan.campus_first) + 1, -1, np.int64),
    )
