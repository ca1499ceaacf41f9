"""Services that move, replicas that carry shares, and where things really are.

Gates that look at each of their inputs, not just at how many are missing. They are settled whenever one changes.
"""

from __future__ import annotations

from dcrisk.kernels.jit import rare, stay_apart
from dcrisk.kernels.pending import push
from dcrisk.kernels.philox import uniform, uniforms
from dcrisk.kernels.records import (
    BLOCK,
    FAILOVER_DRAWS,
    FREE,
    IN_USE,
    INTERRUPTED,
    LEFT,
    MANUAL_MOVE,
    MOVE_WORKS,
    MOVED,
    MOVING,
    OF_TRIALS,
    PENDING,
    PLACEMENT_DRAWS,
    RETURNING,
    SERVING,
    STUCK,
    WAITING,
    WARNING,
    WAY_BACK,
)
from dcrisk.kernels.tables import sample_hours

ROUNDING = 1e-9


@rare
def settle_placed(plan, work, key, block, v, trial):
    """Whether that is down which is where this vertex really is: one draw for the trial and the believed place."""
    stay_apart()
    vertex, state = plan.vertices[v], work.states[v]
    u = uniform(key, OF_TRIALS, block, trial % BLOCK, PLACEMENT_DRAWS + vertex.item)
    place = vertex.first_member  # the believed one, unless an error says otherwise
    for m in range(vertex.first_member + 1, vertex.last_member):
        if u < plan.shares[m]:
            place = m
            break
    actual = work.states[plan.members[place]]
    state.demand_cause = actual.cause
    return actual.down == 1


@rare
def settle_failover(plan, work, key, block, t, v, trial):
    """Whether a gate is down that keeps some of its members in use, and has to move when it loses one of them.

    SERVING: those in use are up. WAITING: one is lost, and too few others are up. MOVING: on the way to others. STUCK:
    the move has failed; those in use may return, or people may do it. RETURNING: the planned way back.
    """
    stay_apart()
    vertex, state = plan.vertices[v], work.states[v]
    move = plan.moves[vertex.item]
    first, last = vertex.first_member, vertex.last_member
    if state.trial != trial:
        state.trial = trial
        state.demand = SERVING
        state.held = 0
        go_home(work, first, last, move.needed)
    up, lost, home = 0, 0, True
    for m in range(first, last):
        if work.states[plan.members[m]].down == 0:
            up += 1
        else:
            lost += work.in_use[m] > FREE
            home = home and m - first >= move.needed
    due = state.due == 1 and state.due_since == state.demand_since
    state.due = 0
    phase = state.demand
    ready = due and phase == SERVING and state.held == 1
    if phase == SERVING and lost > 0:
        state.demand_cause = state.mark_cause
        phase, ready = WAITING, False
    elif phase == RETURNING:
        if due and home:
            go_home(work, first, last, move.needed)
            lost = 0
        if due or up < move.needed:
            phase = WAITING
    elif phase in (MOVING, STUCK):
        if up < move.needed:
            phase = WAITING
        elif due:
            take_over(plan, work, first, last, move.needed)
            lost, phase = 0, SERVING
        elif phase == STUCK and lost == 0:
            phase = WAITING
    if phase == WAITING:
        if lost == 0:
            phase = SERVING
            stay(work, first, last)
        elif up >= move.needed:
            phase = begin_move(plan, work, key, block, t, v)
            if phase == SERVING:
                take_over(plan, work, first, last, move.needed)
    if phase == SERVING:
        phase = think_of_home(plan, work, key, block, t, v, home, ready)
    else:
        state.held = 0
        if phase in (MOVING, STUCK):
            leave(plan, work, first, last)
    state.demand = phase
    return phase != SERVING


@rare
def go_home(work, first, last, needed):
    """The members named first are in use."""
    stay_apart()
    for m in range(first, last):
        work.in_use[m] = IN_USE if m - first < needed else FREE


@rare
def stay(work, first, last):
    """It serves again where it was, so nothing is left."""
    stay_apart()
    for m in range(first, last):
        if work.in_use[m] == LEFT:
            work.in_use[m] = IN_USE


@rare
def leave(plan, work, first, last):
    """A move is under way: what was lost is left for good, even if it is back sooner."""
    stay_apart()
    for m in range(first, last):
        if work.in_use[m] == IN_USE and work.states[plan.members[m]].down == 1:
            work.in_use[m] = LEFT


@rare
def take_over(plan, work, first, last, needed):
    """Those in use that are up stay so; the others are replaced by the first that are up, what was left coming last."""
    stay_apart()
    leave(plan, work, first, last)
    used = 0
    for m in range(first, last):
        used += work.in_use[m] == IN_USE
    for rank in (FREE, LEFT):
        for m in range(first, last):
            if used < needed and work.in_use[m] == rank and work.states[plan.members[m]].down == 0:
                work.in_use[m] = IN_USE
                used += 1
    for m in range(first, last):
        if work.in_use[m] == LEFT:
            work.in_use[m] = FREE


@rare
def begin_move(plan, work, key, block, t, v):
    """A move begins, drawn by the event that made it necessary; SERVING if it takes no time."""
    stay_apart()
    state = work.states[v]
    move = plan.moves[plan.vertices[v].item]
    source, event = plan.sources[state.demand_cause >> 32], state.demand_cause & 0xFFFFFFFF
    if in_time(plan, key, block, source, event, move.migration):
        return SERVING
    first = FAILOVER_DRAWS + 8 * move.draw
    success, u = uniforms(key, source.stream, block, event, first + MOVE_WORKS)
    phase, table = MOVING, move.hours
    if success >= move.works:
        phase, table = STUCK, move.manual
        u = uniform(key, source.stream, block, event, first + MANUAL_MOVE)
    state.demand_since = t
    if table >= 0:
        hours = sample_hours(plan.tables, plan.table_values, table, u)
        if hours <= 0.0:
            return SERVING
        push(work.heap, work.counters, PENDING, t + hours, MOVED, v, INTERRUPTED, state.demand_cause, t)
    return phase


@rare
def in_time(plan, key, block, source, event, table):
    """Whether the warning before an event was long enough for a planned migration."""
    stay_apart()
    if table < 0 or source.lead <= 0.0:
        return False
    u = uniform(key, source.stream, block, event, WARNING)
    return source.lead >= sample_hours(plan.tables, plan.table_values, table, u)


@rare
def think_of_home(plan, work, key, block, t, v, home, ready):
    """A gate that serves away from home goes back when home has been up for the delay: what it is about now."""
    stay_apart()
    vertex, state = plan.vertices[v], work.states[v]
    move = plan.moves[vertex.item]
    first = vertex.first_member
    away = False
    for m in range(first, first + move.needed):
        away = away or work.in_use[m] != IN_USE
    if move.back < 0 or not home or not away:
        state.held = 0
        return SERVING
    source, event = plan.sources[state.demand_cause >> 32], state.demand_cause & 0xFFFFFFFF
    u, u_delay = uniforms(key, source.stream, block, event, FAILOVER_DRAWS + 8 * move.draw + WAY_BACK)
    if state.held == 0:
        hours = sample_hours(plan.tables, plan.table_values, move.back_delay, u_delay)
        state.held = 1
        state.demand_since = t
        if hours > 0.0:
            push(work.heap, work.counters, PENDING, t + hours, MOVED, v, INTERRUPTED, state.demand_cause, t)
            return SERVING
    elif not ready:
        return SERVING
    state.held = 0
    hours = sample_hours(plan.tables, plan.table_values, move.back, u)
    if hours <= 0.0:
        go_home(work, first, vertex.last_member, move.needed)
        return SERVING
    state.demand_since = t
    push(work.heap, work.counters, PENDING, t + hours, MOVED, v, INTERRUPTED, state.demand_cause, t)
    return RETURNING


@rare
def lacking(plan, work, first, last):
    """The share of the demand that those of some members which are down would carry."""
    stay_apart()
    lack = 0.0
    for m in range(first, last):
        if work.states[plan.members[m]].down == 1:
            lack += plan.shares[m]
    return lack


@rare
def settle_capacity(plan, work, v):
    """Whether the replicas that are up carry too little for the service to be up at all."""
    stay_apart()
    vertex = plan.vertices[v]
    demand = plan.demands[vertex.item]
    lack = lacking(plan, work, vertex.first_member, vertex.last_member)
    return demand.full - lack < demand.down_below - ROUNDING


@rare
def settle_account(plan, work, outcomes, t, v, column):
    """Book the time since the replicas that are up, or the service, which is the last member, have last changed."""
    stay_apart()
    vertex, state = plan.vertices[v], work.states[v]
    service = vertex.last_member - 1
    lack = lacking(plan, work, vertex.first_member, service)
    down = work.states[plan.members[service]].down
    if lack == state.lack and down == state.demand:
        return
    demand = plan.demands[vertex.item]
    hours = min(t, plan.window[1]) - max(state.ended, 0.0)
    served = demand.full - state.lack
    if hours > 0.0 and state.demand == 1:
        outcomes.unserved[demand.layout, column] += hours
    elif hours > 0.0 and state.lack > 0.0:
        if served < demand.degraded_below - ROUNDING:
            outcomes.degraded[demand.layout, column] += hours
        if served < 1.0:
            outcomes.unserved[demand.layout, column] += hours * (1.0 - served)
    state.ended = t
    state.lack = lack
    state.demand = down
