"""When the service of a layout is down, or carries less than it should, by interval arithmetic."""

from __future__ import annotations

from itertools import count
from types import SimpleNamespace

from dcrisk.kernels.records import BLOCK, OF_TRIALS, PLACEMENT_DRAWS, RELOCATION_DRAWS
from reference.data import Data
from reference.draws import Event, quantile
from reference.graph import Outage, broken
from reference.moves import Mover

PLACES = SimpleNamespace(stream=OF_TRIALS)
ROUNDING = 1e-9


class Service:
    """A layout in one trial."""

    def __init__(self, graph, layout, key, trial):
        self.graph, self.layout = graph, layout
        self.lot = Event(PLACES, trial % BLOCK, trial // BLOCK, key)
        self.data = Data(graph, layout, self.at)
        self.losses = self.data.losses()
        gates = count()
        needed = self.gate(layout.expression, gates)
        self.spells = needed if not layout.shares else broken([needed, self.overload()], 2)

    def at(self, name):
        """Where that is in this trial which is believed to be at ``name``."""
        u, passed = self.lot.uniform(PLACEMENT_DRAWS + self.graph.index[name]), 0.0
        for (believed, actual), probability in self.layout.placement_error.items():
            if believed == name:
                passed += probability
                if u < passed:
                    return actual
        return name

    def gate(self, need, gates):
        if isinstance(need, str):
            return self.replica(self.at(need))
        members = [self.gate(member, gates) for member in need.of]
        if self.layout.moves and need.k < len(members):
            return Mover(self.layout, members, need.k, next(gates)).spells
        return broken(members, need.k)

    def replica(self, site):
        """When a replica is down: with its site, until relocation."""
        result = []
        for spell in self.graph.spells(site):
            end = spell.end
            for hit in self.graph.hits(site) if self.layout.relocation is not None else []:
                if hit.state == "interrupted" or not spell.start <= hit.start < spell.end:
                    continue
                done = hit.start + self.relocating(site, hit.event)
                if not any(loss.start <= done and loss.end > hit.start for loss in self.losses):
                    end = min(end, done)
            result.append(Outage(spell.start, end, spell.event))
        return [o for o in result if o.end > o.start]

    def relocating(self, site, event):
        """Hours after a hit until a replica runs elsewhere; a flood announces itself."""
        hours = quantile(self.layout.relocation, event.uniform(RELOCATION_DRAWS + self.graph.index[site]))
        return max(0.0, hours - getattr(event.row.hazard, "lead_time", 0.0))

    # ------------------------------------------------------------ capacity

    def levels(self):
        """(since, share of the demand that is lacking, those that are down) whenever something changes."""
        shares = [(self.replica(self.at(name)), share) for name, share in self.layout.shares]
        for t in sorted({t for spells, _ in shares for o in spells for t in (o.start, o.end)}):
            lacking = [(o, share) for spells, share in shares for o in spells if o.start <= t < o.end]
            yield t, sum((share for _, share in lacking), 0.0), [o for o, _ in lacking]

    def overload(self):
        """When those that are up carry too little for the service to be up."""
        full, result, since, event = sum(share for _, share in self.layout.shares), [], None, None
        for t, lack, down in self.levels():
            too_little = full - lack < self.layout.down_below - ROUNDING
            if too_little and since is None:
                since, event = t, min((o.event for o in down if o.start == t), key=lambda e: e.order)
            elif not too_little and since is not None:
                result.append(Outage(since, t, event))
                since = None
        return result

    def accounts(self, horizon):
        """Hours of the window degraded, and hours times the share of the demand not served."""
        if not self.layout.shares:
            return 0.0, sum(max(0.0, min(o.end, horizon) - max(o.start, 0.0)) for o in self.spells)
        full = sum(share for _, share in self.layout.shares)
        lacks = {t: lack for t, lack, _ in self.levels()}
        flips = {t: o.start == t for o in self.spells for t in (o.end, o.start)}
        degraded = unserved = lack = 0.0
        down, since = False, -float("inf")
        for t in sorted({*lacks, *flips}):
            new_lack, new_down = lacks.get(t, lack), flips.get(t, down)
            if (new_lack, new_down) == (lack, down):
                continue
            hours = min(t, horizon) - max(since, 0.0)
            if hours > 0:
                served = full - lack
                if down:
                    unserved += hours
                elif served < self.layout.degraded_below - ROUNDING:
                    degraded += hours
                if not down and served < 1 and lack > 0:
                    unserved += hours * (1 - served)
            lack, down, since = new_lack, new_down, t
        return degraded, unserved
