"""When the copies of a layout's data are gone, when all of it is lost, and what a backup brings back."""

from __future__ import annotations

from dcrisk.kernels.records import BACKUP_AGE, RECOPY_DRAWS, WARNING
from reference.draws import quantile, to_grid
from reference.graph import Outage, broken, merged


class Data:
    """The data of a layout in one trial; ``at`` tells where a copy really is."""

    def __init__(self, graph, layout, at):
        self.graph, self.layout = graph, layout
        self.places = [at(name) for name in layout.copies]
        sites = dict.fromkeys(self.places)
        self.hits = {c: [o for o in graph.hits(c) if o.state == "destroyed"] for c in sites}
        self.ruins = {c: merged(self.hits[c]) for c in sites}
        self.copying = {c: [self._copying(c, o) for o in self.hits[c]] for c in sites}
        self.elsewhere = {c: [] for c in sites}
        if layout.rereplication is not None:
            for due, copied in sorted({(o.end, site) for site in sites for o in self.copying[site]}):
                self._restored(due, copied)

    def _copying(self, site, hit):
        """From a hit until the copy is there again, if the data lives; two hits of one moment leave nothing."""
        if self.layout.rereplication is None:
            return hit
        hours = quantile(self.layout.rereplication, hit.event.uniform(RECOPY_DRAWS + self.graph.index[site]))
        return Outage(hit.start, hit.start + max(hours, 2.0**-30), hit.event)

    def _restored(self, due, c):
        """A copy is ready elsewhere: it counts until its site is rebuilt, or struck once more."""
        if any(o.start <= due < o.end for o in self.copying[c]):
            return
        since = max(o.start for o in self.copying[c] if o.end == due)
        if any(loss.start < due and loss.end > since for loss in self.losses()):
            return
        for ruin in self.ruins[c]:
            if ruin.start <= due < ruin.end:
                later = [o for o in self.copying[c] if due < o.start < ruin.end]
                struck = min(later, key=lambda o: (o.start, o.event.order), default=None)
                self.elsewhere[c].append((due, ruin.end if struck is None else struck.start, struck and struck.event))

    def gone(self, c):
        """When a copy is gone."""
        spells = list(self.ruins[c])
        for begin, end, struck in self.elsewhere[c]:
            spells = [part for o in spells for part in without(o, begin, end, struck)]
        return merged([*spells, *(self.copying[c] if self.layout.rereplication is not None else [])])

    def losses(self):
        """When too few copies are left."""
        if not self.places:
            return []
        return broken([self.gone(c) for c in self.places], self.layout.copies_needed)

    def lost_hours(self, horizon):
        """Hours of work that a backup does not bring back."""
        layout = self.layout
        if not layout.backups:
            return 0.0
        current = [c for c, name in zip(self.places, layout.copies, strict=True) if name not in layout.backups]
        losses, total = self.losses(), 0.0
        for spell in broken([self.gone(c) for c in current], 1):
            t, event = spell.start, spell.event
            if not 0 <= t < horizon or any(o.start <= t < o.end for o in losses) or warned(layout, event):
                continue
            age = to_grid(event.uniform(BACKUP_AGE) * layout.backup_interval)
            total += age + quantile(layout.backup_lag, event.uniform(BACKUP_AGE + 1))
        return total


def without(o, begin, end, event):
    """What is left of an outage without [begin, end), at whose end the event strikes again."""
    if end <= o.start or o.end <= begin:
        return [o]
    parts = [Outage(o.start, begin, o.event), Outage(end, o.end, event)]
    return [part for part in parts if part.start < part.end]


def warned(layout, event):
    """Whether the warning before an event was long enough for a planned migration."""
    lead = getattr(event.row.hazard, "lead_time", 0.0)
    if layout.migration is None or lead <= 0:
        return False
    return lead >= quantile(layout.migration, event.uniform(WARNING))
