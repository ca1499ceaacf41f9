"""From the flips of services and of data to the outcomes of a trial."""

from __future__ import annotations

from dcrisk.kernels.jit import once


@once
def record_outage(outcomes, layout, column, since, until, horizon, hazard):
    """An outage [since, until) of a service: what of it lies in the window [0, horizon)."""
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
        outcomes.by_hazard[layout, hazard, column] += hours


@once
def record_loss(outcomes, layout, column, since, until, horizon):
    """All copies lay destroyed in [since, until)."""
    if max(since, 0.0) < min(until, horizon):
        outcomes.data_loss[layout, column] = True
