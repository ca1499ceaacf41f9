"""What a run reads, changes and writes: named tuples of arrays, of the records of kernels/records.py."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from dcrisk.kernels.records import CHANGE, COUNTERS, CURSOR, EVENT, KEPT, LAID_EVENT, REPEATED, STATE, USED_BIN


class Plan(NamedTuple):
    """What is simulated: everything that a run reads and does not change."""

    vertices: np.ndarray
    parents: np.ndarray
    contents: np.ndarray
    members: np.ndarray
    shares: np.ndarray  # of each member: its capacity; PLACED: the probability that it is there or at one named before
    supplies: np.ndarray
    moves: np.ndarray
    demands: np.ndarray
    protections: np.ndarray
    sources: np.ndarray  # those with a rate, or given, come first; then those that others raise
    timed: np.ndarray  # one number: how many have a rate or are given
    choices: np.ndarray
    components: np.ndarray
    component_nodes: np.ndarray
    asked: np.ndarray  # rows of supplies
    downs: np.ndarray  # layouts
    fires: np.ndarray
    buildings: np.ndarray
    edges: np.ndarray
    campuses: np.ndarray  # campuses of each building, as numbers within their fire
    campus_first: np.ndarray
    campus_members: np.ndarray
    discs: np.ndarray
    disc_nodes: np.ndarray
    catalogues: np.ndarray
    hits: np.ndarray  # of a catalogue; a component's nodes are rows of these
    floods: np.ndarray
    basins: np.ndarray
    places: np.ndarray
    numbers: np.ndarray  # Cholesky factors, given stages
    crews: np.ndarray
    triggers: np.ndarray
    raised: np.ndarray  # (trigger, source): the source that is raised, or -1
    profiles: np.ndarray
    profile_masses: np.ndarray
    profile_hours: np.ndarray
    tables: np.ndarray
    table_values: np.ndarray
    window: np.ndarray  # warm-up, horizon: hours
    moments: np.ndarray  # hours at which it is noted who is down, ascending
    classes: np.ndarray  # of events that are laid out before each trial; empty: all come by themselves
    plain_share: np.ndarray  # one number: the share of trials whose draws are not tilted
    tilts: np.ndarray
    first_tilt: np.ndarray  # of each kind of draw
    bins: np.ndarray


class Work(NamedTuple):
    """What a run changes: the state of one thread. All at rest between trials."""

    states: np.ndarray
    heap: np.ndarray
    front: np.ndarray  # of a fire
    queue: np.ndarray
    counters: np.ndarray
    cursors: np.ndarray
    taken: np.ndarray  # one EVENT: the one that is to happen
    until: np.ndarray  # renewal: component down until; fire: building destroyed until
    since: np.ndarray
    until_trial: np.ndarray
    burnt: np.ndarray  # building: last event in which it burnt
    fallen: np.ndarray  # building: last event that destroyed it
    cut: np.ndarray  # campus: last event in which it was cut off
    free: np.ndarray  # crew: when it is free, in trial free_trial
    free_trial: np.ndarray
    stages: np.ndarray  # of the basins of a flood
    scores: np.ndarray  # normal scores of basins or places
    drawn: np.ndarray  # (source, row, event): the events that are kept
    in_use: np.ndarray  # member of a FAILOVER gate: in use, left on the way elsewhere, or free
    agenda: np.ndarray  # the events that are laid out, in order of time
    used: np.ndarray  # bins of the tilted draws of this trial
    likelihood: np.ndarray  # one number: of all these draws, under the tilted law over that under the scenario's


class Outcomes(NamedTuple):
    """What a run writes: one column for each trial. What is not wanted has a length of 0 in its first or second axis."""

    downtime: np.ndarray
    outages: np.ndarray
    longest: np.ndarray
    data_loss: np.ndarray
    by_hazard: np.ndarray  # layout, hazard, trial
    by_period: np.ndarray  # layout, equal part of the window, trial
    down_at: np.ndarray  # layout, moment, trial
    degraded: np.ndarray  # hours up, with less capacity than wanted
    unserved: np.ndarray  # hours times the share of the demand that is not served
    lost_hours: np.ndarray  # of data, where what is left is a backup
    weight: np.ndarray  # one of each trial, where events are laid out
    log: np.ndarray  # no column a trial: OUTAGE records, in the order in which they end


class Totals(NamedTuple):
    """What a run adds up instead, if one asks for sums and not for columns."""

    quantity: np.ndarray  # one number: which
    above: np.ndarray  # one number: hours that count as 1 where exceeded, or -1: the quantity itself
    sums: np.ndarray  # layout, place; without rows: columns are wanted
    weights: np.ndarray  # sum, and sum of squares, of the weights of trials
    scale: np.ndarray  # layout: how much its quantity counts in what is learnt
    learnt: np.ndarray  # (power, bin): what trials that drew from it brought; without bins nothing is to be learnt


def rest(plan: Plan, pending: int) -> Work:
    """A state at rest, with room for ``pending`` changes."""
    states = np.zeros(len(plan.vertices), STATE)
    states["trial"] = -1
    return Work(
        states=states,
        heap=np.zeros(pending, CHANGE),
        front=np.zeros(pending, CHANGE),
        queue=np.zeros(len(plan.vertices) + 1, np.int64),
        counters=np.zeros(COUNTERS, np.int64),
        cursors=np.zeros(max(int(plan.timed[0]), 1), CURSOR),
        taken=np.zeros(1, EVENT),
        until=np.zeros(len(plan.components) + len(plan.buildings) + 1),
        since=np.zeros(len(plan.buildings) + 1),
        until_trial=np.full(len(plan.components) + len(plan.buildings) + 1, -1, np.int64),
        burnt=np.full(len(plan.buildings) + 1, -1, np.int64),
        fallen=np.full(len(plan.buildings) + 1, -1, np.int64),
        cut=np.full(len(plan.campus_first) + 1, -1, np.int64),
        free=np.zeros(int(plan.crews["last"].max(initial=0)) + 1),
        free_trial=np.full(len(plan.crews) + 1, -1, np.int64),
        stages=np.zeros(int(plan.floods["basins"].max(initial=0)) + 1),
        scores=np.zeros(int(max(plan.floods["basins"].max(initial=0), plan.floods["places"].max(initial=0))) + 1),
        drawn=np.zeros((max(int(plan.timed[0]), 1), 5, KEPT + REPEATED)),
        in_use=np.zeros(len(plan.members) + 1, np.int8),
        agenda=np.zeros(pending, LAID_EVENT),
        used=np.zeros(pending, USED_BIN),
        likelihood=np.ones(1),
    )
