"""A gate that has ``k`` of its members in use, and has to move when it loses one of them."""

from __future__ import annotations

import math

from dcrisk.kernels.records import FAILOVER_DRAWS, MANUAL_MOVE, MOVE_WORKS, WAY_BACK
from reference.data import warned
from reference.draws import quantile
from reference.graph import Outage


class Mover:
    """Plays the gate through the changes of its members (lists of spells), and its own timers."""

    def __init__(self, layout, members, k, number):
        self.layout, self.members, self.k = layout, members, k
        self.first_draw = FAILOVER_DRAWS + 8 * number
        self.home = list(range(k))
        self.in_use, self.left = list(self.home), set()
        self.phase, self.timer, self.event = "serving", None, None
        self.down_since, self.down_event, self.spells = None, None, []
        changes = sorted({t for spells in members for o in spells for t in (o.start, o.end)})
        while changes or self.timer is not None:
            t = min([*changes[:1], *([] if self.timer is None else [self.timer])])
            changes = [c for c in changes if c > t]
            self.step(t)

    def draw(self, place):
        return self.event.uniform(self.first_draw + place)

    def go(self, phase, timer=None):
        self.phase, self.timer = phase, timer

    def step(self, t):
        """All that changes at one moment."""
        down = {i for i, spells in enumerate(self.members) if any(o.start <= t < o.end for o in spells)}
        due = self.timer == t
        enough = len(self.members) - len(down) >= self.k
        lost = bool(down & set(self.in_use))
        if self.phase == "serving" and lost:
            begins = [o.event for spells in self.members for o in spells if o.start == t]
            self.event = min(begins, key=lambda e: e.order)
            self.go("waiting")
        elif self.phase == "returning" and (due or not enough):
            if due and not down & set(self.home):
                self.in_use = list(self.home)
            self.go("waiting")
        elif self.phase in ("moving", "stuck"):
            if not enough:
                self.go("waiting")
            elif due:
                self.take_over(down)
            elif self.phase == "stuck" and not lost:
                self.go("serving")
        if self.phase == "waiting":
            if not down & set(self.in_use):
                self.go("serving")
            elif enough:
                self.move(t, down)
        if self.phase == "serving":
            self.think_of_home(t, down, due)
        if self.phase in ("moving", "stuck"):
            self.left |= down & set(self.in_use)
        elif self.phase == "serving":
            self.left.clear()
        self.note(t)

    def take_over(self, down):
        stay = [i for i in self.in_use if i not in down | self.left]
        others = [i for i in range(len(self.members)) if i not in down and i not in stay]
        fresh = sorted(others, key=lambda i: (i in self.left, i))  # what it leaves comes last
        self.in_use = stay + fresh[: self.k - len(stay)]
        self.go("serving")

    def move(self, t, down):
        if warned(self.layout, self.event):
            self.take_over(down)
            return
        if self.draw(MOVE_WORKS) < self.layout.failover_probability:
            phase, hours = "moving", quantile(self.layout.failover, self.draw(MOVE_WORKS + 1))
        elif self.layout.manual_failover == math.inf:
            phase, hours = "stuck", math.inf
        else:
            phase, hours = "stuck", quantile(self.layout.manual_failover, self.draw(MANUAL_MOVE))
        if hours <= 0:
            self.take_over(down)
        else:
            self.go(phase, t + hours if hours < math.inf else None)

    def think_of_home(self, t, down, due):
        """Whether to begin to wait for the way back, to go on waiting, to begin it, or to stay."""
        if self.layout.failback is None or down & set(self.home) or set(self.in_use) == set(self.home):
            self.timer = None
            return
        if self.timer is None:
            delay = quantile(self.layout.failback_delay, self.draw(WAY_BACK + 1))
            if delay > 0:
                self.timer = t + delay
                return
        elif not due:
            return
        hours = quantile(self.layout.failback, self.draw(WAY_BACK))
        if hours <= 0:
            self.in_use = list(self.home)
            self.go("serving")
        else:
            self.go("returning", t + hours)

    def note(self, t):
        if self.phase == "serving" and self.down_since is not None:
            self.spells.append(Outage(self.down_since, t, self.down_event))
            self.down_since = None
        elif self.phase != "serving" and self.down_since is None:
            self.down_since, self.down_event = t, self.event
