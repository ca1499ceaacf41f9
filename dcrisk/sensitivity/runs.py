"""One number a trial, from runs of variants of a scenario."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from dcrisk.compiler import compile_scenario
from dcrisk.kernels.arrays import Outcomes
from dcrisk.layouts import Layout, check_layouts
from dcrisk.memory import check_fits
from dcrisk.outcomes import Wanted, bytes_of_trial
from dcrisk.sampling import available_threads, sample
from dcrisk.scenario import Scenario
from dcrisk.specification import SpecificationError, check_known
from dcrisk.statistics.trials import FloatArray
from dcrisk.windows import Windows, check_windows


class Quantity(NamedTuple):
    """A number for each layout and trial; its mean is the risk."""

    name: str
    risk: str
    of: Callable[[Outcomes, float], Any]
    probability: bool = False
    most: float = 1.0  # the largest value possible; infinite where nature sets none


QUANTITIES = {
    quantity.name: quantity
    for quantity in (
        Quantity("downtime", "unavailability: share of the window down", lambda x, hours: x.downtime / hours),
        Quantity("any_outage", "probability of some downtime in the window", lambda x, _: x.downtime > 0.0, True),
        Quantity("data_loss", "probability that data are lost in the window", lambda x, _: x.data_loss, True),
        Quantity("outages", "mean number of outages in the window", lambda x, _: x.outages, most=np.inf),
    )
}


@dataclass(frozen=True)
class Variants:
    """Plays variants of a scenario, all with the same layouts in the same windows: the same random numbers."""

    layouts: Sequence[Layout]
    quantity: Quantity
    windows: Windows

    @property
    def threads(self) -> int:
        """That may be used."""
        return self.windows.threads or available_threads()

    def play(
        self, scenario: Scenario, *, spared: Collection[str] = (), failed: Collection[str] = (), threads: int = 0
    ) -> FloatArray:
        """The quantity for each layout and trial of a variant."""
        trials, seed, horizon, warmup, _ = self.windows
        compiled = compile_scenario(
            scenario, self.layouts, horizon=horizon, warmup=warmup, spared=spared, failed=failed
        )
        check_fits(trials, bytes_of_trial(compiled, Wanted()), "Take fewer trials")
        outcomes = sample(compiled, seed, 0, trials, Wanted(), threads=threads or self.threads)
        values = np.asarray(self.quantity.of(outcomes, horizon), np.float64)
        return np.minimum(values, self.quantity.most)  # rounding may carry a share a little above 1

    def attrs(self, scenario: Scenario, title: str) -> dict[str, Any]:
        """Where results come from."""
        return self.windows.provenance(scenario, title) | {"quantity": self.quantity.name}


def check_variants(
    scenario: Scenario,
    layouts: Sequence[Layout],
    quantity: str,
    trials: int | float,
    seed: int,
    horizon: float,
    warmup: float,
    threads: int | None,
) -> Variants:
    """What plays the variants, unless something about it is wrong."""
    listed = check_layouts(scenario, layouts)
    check_known(quantity, QUANTITIES, "quantity")
    if quantity == "data_loss" and not any(layout.copies for layout in listed):
        raise SpecificationError("quantity = 'data_loss': no layout keeps data; give copies=[...]")
    return Variants(listed, QUANTITIES[quantity], check_windows(trials, seed, horizon, warmup, threads))
