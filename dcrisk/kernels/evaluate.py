"""From the flips of services and of data to the outcomes of a trial."""

from __future__ import annotations

from dcrisk.kernels.jit import inner, rare, stay_apart
from dcrisk.kernels.records import LOGGED, OVERFLOW


@inner
def record_outage(plan, outcomes, layout, column, since, until, cause):
    """An outage [since, until) of a service: what of it lies in the window [0, horizon)."""
    horizon = plan.window[1]
    begin, end = max(since, 0.0), min(until, horizon)
    if end <= begin:
        return
    hours = end - begin
    outcomes.downtime[layout, column] += hours
    if hours > outcomes.longest[layout, column]:
        outcomes.longest[layout, column] = hours
    if since >= 0.0:
        outcomes.outages[layout, column] += 1
    if outcomes.by_hazard.shape[1] > 0:
        outcomes.by_hazard[layout, plan.sources[cause >> 32].hazard, column] += hours
    if outcomes.by_period.shape[1] > 0 or outcomes.down_at.shape[1] > 0:
        record_times(plan.moments, horizon, outcomes.by_period, outcomes.down_at, layout, column, begin, end, until)


@rare
def record_times(moments, horizon, by_period, down_at, layout, column, begin, end, until):
    """An outage [begin, end) within the window, by equal parts of the window; and the moments until ``until``.

    Rare functions get the arrays that they use, not all of them: what is passed is compiled at each call.
    """
    stay_apart()
    parts = by_period.shape[1]
    for part in range(parts):
        hours = min(end, (part + 1) * horizon / parts) - max(begin, part * horizon / parts)
        if hours > 0.0:
            by_period[layout, part, column] += hours
    for i in range(down_at.shape[1]):
        if begin <= moments[i] < until:
            down_at[layout, i, column] = True


@inner
def record_loss(outcomes, layout, column, since, until, horizon):
    """All copies lay destroyed in [since, until)."""
    if max(since, 0.0) < min(until, horizon):
        outcomes.data_loss[layout, column] = True


@rare
def log_outage(counters, log, kind, layout, column, since, until, cause):
    """Add to the log of outages; without room the caller starts again with a longer one."""
    stay_apart()
    i = counters[LOGGED]
    if i == len(log):
        counters[OVERFLOW] = 1
        return
    counters[LOGGED] = i + 1
    entry = log[i]
    entry.trial = column
    entry.kind = kind
    entry.layout = layout
    entry.since = since
    entry.until = until
    entry.cause = cause
