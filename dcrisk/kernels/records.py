"""The words shared by the compiler and the kernels: record types and the meaning of their codes."""

from __future__ import annotations

import numpy as np

BLOCK = 1024
"""Trials in a block. Part of the promise on random numbers: another value gives other draws."""

NEVER = np.iinfo(np.int64).max


def codes(first: int, count: int) -> list[np.int64]:
    """Whole numbers that numba takes as int64. A Python constant is a type of its own, and each function that is
    called with one would be compiled once more for it."""
    return [np.int64(i) for i in range(first, first + count)]


NOTHING = np.int64(-1)

# what an event does to a node, mildest first
INTERRUPTED, DAMAGED, DESTROYED = codes(0, 3)

# of a source whose events are laid out before each trial: Source.period, Source.origin
LAID_OUT, ON_AGENDA = -1.0, -2

# how an event of a source unfolds
FAILURE, GRID, FIRE, FLOOD, DISC, TABLE_EVENT = 0, 1, 2, 3, 4, 5

# what a vertex does beside counting its missing inputs
PLAIN, BACKUP, RESTART, REPLICA, COPY, STORE, SERVICE, PLACED, FAILOVER, CAPACITY, ACCOUNT, RECOPIED, PRIMARY = range(
    13
)
WATCHFUL = PLACED
"""The kinds from here on look at each of their inputs, and are settled whenever one of them changes."""

# what a FAILOVER gate is about
SERVING, WAITING, MOVING, STUCK, RETURNING = 0, 1, 2, 3, 4

# what a member of it is
FREE, IN_USE, LEFT = 0, 1, 2

# what a pending change does when its time comes
START, END, EXHAUSTED, RELOCATED, RAISED, MOVED, RESTORED = codes(0, 7)

# draws of one event: the gap before it, its origin, what its hazard needs, then what its consequences need
GAP, ORIGIN, DURATION = codes(0, 3)
CONTAINED, CONTAINED_DURATION, FIRST_BUILDING = codes(2, 3)
DISC_RADIUS, _, DISC_LATITUDE, DISC_LONGITUDE = codes(4, 4)
FLOOD_MIXING, FLOOD_DRAWS, HIT_DRAWS = np.int64(2), np.int64(4), np.int64(4)
BACKUP_DRAWS, GROUP_DRAWS, RESTART_DRAWS, RELOCATION_DRAWS = (np.int64(i << 29) for i in (1, 2, 3, 4))
RATE_DRAWS, TRIGGER_DRAWS, REIGNITION_DRAWS, SHARED_DRAW = (
    np.int64(i << 29) for i in (5, 6, 7, 8)
)  # SHARED_DRAW: durations, then damage
FAILOVER_DRAWS, RECOPY_DRAWS, LAYOUT_DRAWS = (np.int64(i << 29) for i in (9, 10, 11))
OF_TRIALS = np.int64(0)  # a stream that may be a hazard's as well: no event has draws from PLACEMENT_DRAWS on
PLACEMENT_DRAWS, AGENDA_DRAWS = (np.int64(i << 29) for i in (12, 13))
BACKUP_AGE, _, WARNING, _ = (LAYOUT_DRAWS + i for i in range(4))  # of a backup: its age, then its lag
MOVE_WORKS, _, MANUAL_MOVE, _, WAY_BACK, _ = codes(0, 6)  # whether, then hours; hours; hours of the way back, its delay
LARGEST_DRAWS = 1 << 29

# of an agenda: whether the trial is tilted, which event is the middle; then of each class; then of each event
MIXTURE, MIDDLE, CLASS_DRAWS = (AGENDA_DRAWS + i for i in range(3))

# the draws that may be tilted: rows of Plan.tilts from Plan.first_tilt on
CONTAINED_TILT, SEVERITY_TILT, SPREAD_TILT, ISOLATION_TILT, STAGE_TILT, BREACH_TILT, FRAGILITY_TILT = codes(0, 7)
START_TILT, GROUP_TILT, REFUEL_TILT, DURATION_TILT = codes(7, 4)
KINDS_OF_TILTS = 11

VERTEX = np.dtype(
    [
        ("kind", "i8"),
        ("tolerance", "i8"),  # inputs that may be missing: n - k of a k-of-n gate
        ("first_parent", "i8"),
        ("last_parent", "i8"),
        ("first_content", "i8"),  # the copies and relocatable replicas inside this site
        ("last_content", "i8"),
        ("first_member", "i8"),  # of a WATCHFUL kind: its inputs, in order
        ("last_member", "i8"),
        # BACKUP: row of supplies; RESTART, REPLICA, RECOPIED, PLACED: node that keys the draw; PRIMARY: row of
        # protections; STORE, SERVICE: layout; FAILOVER: row of moves; CAPACITY, ACCOUNT: row of demands
        ("item", "i8"),
        ("table", "i8"),  # RESTART, REPLICA, RECOPIED: row of tables
        ("store", "i8"),  # REPLICA, RECOPIED, PRIMARY: the vertex of the data, or -1
        ("crew", "i8"),  # a node: row of crews, or -1
    ]
)
SUPPLY = np.dtype(
    [
        ("common", "f8"),
        ("own", "f8"),
        ("refuel", "f8"),
        ("autonomy", "i8"),
        ("endless", "i8"),
        ("group", "i8"),
        ("run_rate", "f8"),
        ("raises", "i8"),  # the node for whose backup a trigger waits, or -1
    ]
)
MOVE = np.dtype(
    [
        ("needed", "i8"),  # members in use
        ("draw", "i8"),  # number of the gate within its layout
        ("works", "f8"),
        ("hours", "i8"),  # rows of tables, or -1: no manual move, no way back, no migration
        ("manual", "i8"),
        ("back", "i8"),
        ("back_delay", "i8"),
        ("migration", "i8"),
    ]
)
DEMAND = np.dtype(
    [
        ("layout", "i8"),
        ("full", "f8"),  # share of the demand that all carry together
        ("degraded_below", "f8"),
        ("down_below", "f8"),
    ]
)
PROTECTION = np.dtype([("layout", "i8"), ("interval", "f8"), ("lag", "i8"), ("migration", "i8")])
SOURCE = np.dtype(
    [
        ("stream", "u8"),
        ("kind", "i8"),
        ("hazard", "i8"),
        ("given", "i8"),  # instead of at a rate: 1 strikes at time 0 of every trial, 2 at its start, before the warm-up
        ("mean_gap", "f8"),  # at a rate that is certain: trials from one event to the next; otherwise infinite
        ("mass", "f8"),  # hours of a trial at which the rate counts in full: its length, but for a monthly profile
        ("profile", "i8"),  # row of profiles, or -1
        ("idle", "f8"),  # an uncertain rate: log of P(no event in a trial), a plan: -inf; 0 for a rate that is certain
        ("rate_table", "i8"),  # and the law of the mean number of events in a trial that has one
        ("period", "f8"),  # a plan: hours from one window to the next; 0: comes by chance; LAID_OUT
        ("phase", "f8"),  # hours at which window 0 begins
        ("first_window", "i8"),  # of a trial
        ("windows", "i8"),  # of each trial
        ("batch", "i8"),  # events whose random numbers are drawn together: a power of 2
        ("first", "i8"),  # choices of this source: [first, first + size)
        ("size", "i8"),
        ("origin", "i8"),  # given, raised: the component, or -1 for one drawn by the rates; ON_AGENDA
        ("table", "i8"),
        ("state", "i8"),
        ("renewal", "i8"),
        ("item", "i8"),  # row of fires, floods, discs or catalogues
        ("contained", "i8"),  # given: 0 or 1, or -1 for drawn
        ("severity", "i8"),  # given: DAMAGED or DESTROYED, or -1 for drawn
        ("stages", "i8"),  # given: first of the stages of a flood, or -1 for drawn
        ("lead", "f8"),  # hours of warning
        ("raises", "i8"),  # whether a trigger waits for its events
        ("foreseen", "i8"),  # whether some of its components are
        # how many of its components may be down at once and are noticed by nobody: 2, 1; 0: its events are not skipped in runs
        ("unnoticed", "i8"),
        ("silent", "i8"),  # whether all of its components are quiet
        ("reach", "f8"),  # hours below which an outage lasts of which the uniform is below the level
        ("reach_level", "f8"),
        ("tilted", "i8"),  # whether the draws of its events may be tilted
    ]
)
CHOICE = np.dtype([("keep", "f8"), ("alias", "i8"), ("component", "i8")])
COMPONENT = np.dtype(
    [
        ("first_node", "i8"),
        ("last_node", "i8"),
        ("quiet", "i8"),  # 1: an outage of it alone is noticed by no service, backup, copy or crew
        # 1: as long as the backups hold that it asks, such an outage takes down some services, and that is all
        ("foreseen", "i8"),
        ("first_asked", "i8"),
        ("last_asked", "i8"),
        ("first_down", "i8"),
        ("last_down", "i8"),
    ]
)
PROFILE = np.dtype([("first", "i8"), ("last", "i8")])
TRIGGER = np.dtype([("probability", "f8"), ("delay", "i8"), ("supply_node", "i8"), ("hazard", "i8")])
CREW = np.dtype([("first", "i8"), ("last", "i8"), ("states", "i8")])
DISC_TYPE = np.dtype(
    [
        ("first", "i8"),
        ("last", "i8"),
        ("radius", "i8"),
        ("south", "f8"),  # sines of the latitudes, radians of the longitudes
        ("north", "f8"),
        ("west", "f8"),
        ("east", "f8"),
    ]
)
DISC_NODE = np.dtype([("node", "i8"), ("latitude", "f8"), ("x", "f8"), ("y", "f8"), ("z", "f8")])
HIT = np.dtype([("node", "i8"), ("state", "i8"), ("delay", "f8"), ("hours", "f8")])
CATALOGUE = np.dtype([("factor", "i8"), ("shared", "f8")])
FLOOD_TYPE = np.dtype(
    [
        ("first_basin", "i8"),
        ("basins", "i8"),
        ("freedom", "i8"),  # of the Student-t copula; 0: Gaussian
        ("mixing", "i8"),  # its chi-square table
        ("correlation", "i8"),  # first number of the Cholesky factor of the basins, row after row
        ("first_place", "i8"),
        ("places", "i8"),
        ("residual", "i8"),  # first number of the Cholesky factor of the residuals; -1: independent
        ("residual_sd", "f8"),
        ("reach", "f8"),  # no node floods unless some stage exceeds this
        ("critical", "f8"),
        ("fragility", "f8"),
        ("growth", "f8"),
        ("shared", "f8"),
        ("damaged", "i8"),
        ("destroyed", "i8"),
    ]
)
BASIN = np.dtype([("table", "i8"), ("probability", "f8")])
PLACE = np.dtype([("node", "i8"), ("basin", "i8"), ("protection", "f8"), ("floor", "f8"), ("breach", "f8")])
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
        ("shared_fraction", "f8"),
        ("reignition", "f8"),
        ("reignition_delay", "i8"),
        ("reignition_destroyed", "f8"),
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

CLASS = np.dtype(
    [
        ("source", "i8"),
        ("component", "i8"),  # that its events strike, or -1 for any of the source
        ("count", "i8"),  # of events in a trial, or -1: drawn
        ("counts", "i8"),  # rows of tilts: how many, where (or -1), and when, seen from the middle of all
        ("choice", "i8"),
        ("lag", "i8"),
    ]
)
"""Events that are laid out before a trial is played."""
TILT = np.dtype([("first", "i8"), ("size", "i8")])
BIN = np.dtype(
    [
        ("low", "f8"),  # a uniform lies in the bin from here on, and with this probability
        ("width", "f8"),
        ("start", "f8"),  # the same where it is tilted
        ("share", "f8"),
        ("ratio", "f8"),  # share over width
    ]
)

STATE = np.dtype(
    [
        ("missing", "i4"),  # inputs that are down
        ("own", "i4"),  # own outages that are open
        ("down", "i1"),
        # BACKUP, RESTART, REPLICA: the inputs do not suffice; FAILOVER: what it is about; ACCOUNT: the service is down
        ("demand", "i1"),
        ("held", "i1"),  # BACKUP: carried by it; REPLICA, RECOPIED: is elsewhere; FAILOVER: will go back
        ("timed", "i1"),  # BACKUP: a timer waits for the end of what it can carry
        ("due", "i1"),  # a timer of this vertex has come
        ("queued", "i1"),
        ("since", "f8"),  # down since
        ("cause", "i8"),  # the event that took it down
        ("mark", "i8"),  # the batch of the last input lost, and the least event among those lost in that batch
        ("mark_cause", "i8"),
        ("demand_since", "f8"),
        ("demand_cause", "i8"),
        ("due_since", "f8"),
        ("ended", "f8"),  # STORE: when the last loss ended; ACCOUNT: since when all is as it is
        ("trial", "i8"),  # STORE: that of the last loss; FAILOVER: to which its members in use belong
        ("lack", "f8"),  # ACCOUNT: the share of the demand that those which are down would carry
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
        ("detail", "f8"),  # START: hours that the outage lasts; timers: when what they wait for began
    ]
)
CURSOR = np.dtype(
    [
        ("clock", "f8"),  # of the last event drawn: trials since the block began
        # the share of the trial that has passed, where the rate is uncertain; LAID_OUT: place on the agenda
        ("within", "f8"),
        ("rate", "f8"),  # uncertain: mean number of events of this trial, or 0 before the first
        ("drawn", "i8"),  # how many events have been drawn
        ("event", "i8"),
        ("trial", "i8"),
        ("time", "f8"),
        ("component", "i8"),  # that it strikes
        ("third", "f8"),  # the uniforms of draws 2 and 3
        ("fourth", "f8"),
    ]
)
EVENT = np.dtype(
    [
        ("source", "i8"),  # or -1: there is none
        ("event", "i8"),
        ("trial", "i8"),
        ("time", "f8"),
        ("component", "i8"),
        ("third", "f8"),
        ("fourth", "f8"),
        ("hours", "f8"),  # of an outage that is foreseen, and over before anything else happens; else -1
    ]
)
LAID_EVENT = np.dtype(
    [
        ("time", "f8"),
        ("position", "f8"),  # in the trial: its share of the mass, 0 to 1
        ("side", "f8"),
        ("around", "f8"),  # how many times as likely the others lie as they do if this one is the middle
        ("row", "i8"),  # of classes
        ("component", "i8"),
    ]
)
USED_BIN = np.dtype([("cause", "i8"), ("row", "i8"), ("bin", "i8")])
OUTAGE = np.dtype(
    [
        ("trial", "i8"),  # its column
        ("kind", "i8"),  # SERVICE, or STORE: data lost
        ("layout", "i8"),
        ("since", "f8"),
        ("until", "f8"),
        ("cause", "i8"),
    ]
)
"""An outage in the log, not clipped to the window."""

BATCH_SIZE = 16
"""Events that are drawn together: enough for the vector units."""

KEPT = 2 * BATCH_SIZE
"""Events of a source that are kept once drawn: a batch, and the one before or after it."""

REPEATED = 2
"""The first of them stand behind the last as well, so that those that follow an event lie behind it."""

# rows of Work.drawn: of each event the first four uniforms, and when it happens. Where the rate is certain, the trial stands
# in place of the first, which it came from.
FIRST, CHOICE_DRAW, THIRD, FOURTH, TIME = range(5)
TRIAL_DRAWN = FIRST


# what may be added up
DOWNTIME, ANY_OUTAGE, DATA_LOSS, OUTAGES, LONGEST, DEGRADED, LOST_HOURS = codes(0, 7)

# rows of Totals.learnt: of weight times quantity, and of its square root, which no single trial can rule
FULLY, GENTLY = codes(0, 2)

# places in Totals.sums
HITS, SUM, SQUARES, MOST = codes(0, 4)


# places in Work.counters
PENDING, FRONT, QUEUED, ORDER, BATCH, STRUCK, OVERFLOW, LOGGED, LAID, USED, UNTILTED, TRIAL, IDLE = codes(0, 13)
COUNTERS = 13
