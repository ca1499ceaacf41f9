"""One number a trial, from runs of variants of a scenario."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from dcrisk.compiler import compile_scenario
from dcrisk.kernels.records import Outcomes
from dcrisk.layouts import Layout, check_layouts
from dcrisk.outcomes import Wanted
from dcrisk.sampling import available_threads, sample
from dcrisk.scenario import Scenario
from dcrisk.simulate import MOST_TRIALS, check_hours, check_whole
from dcrisk.specification import SpecificationError, check_known
from dcrisk.statistics.trials import FloatArray
from dcrisk.version import __version__


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
class Windows:
    """The windows in which all variants of a scenario are played: the same seed, so the same random numbers."""

    layouts: Sequence[Layout]
    quantity: Quantity
    trials: int
    seed: int
    horizon: float
    warmup: float
    threads: int

    def play(
        self, scenario: Scenario, *, spared: Collection[str] = (), failed: Collection[str] = (), threads: int = 0
    ) -> FloatArray:
        """The quantity for each layout and trial of a variant."""
        compiled = compile_scenario(
            scenario, self.layouts, horizon=self.horizon, warmup=self.warmup, spared=spared, failed=failed
        )
        outcomes = sample(compiled, self.seed, 0, self.trials, Wanted(), threads=threads or self.threads)
        values = np.asarray(self.quantity.of(outcomes, self.horizon), np.float64)
        return np.minimum(values, self.quantity.most)  # rounding may carry a share a little above 1

    def attrs(self, scenario: Scenario, title: str) -> dict[str, Any]:
        """Where results come from."""
        return {
            "title": f"{title} under {scenario.name}",
            "source": f"dcrisk {__version__}",
            "dcrisk_version": __version__,
            "scenario": scenario.name,
            "scenario_sha256": scenario.digest(),
            "quantity": self.quantity.name,
            "seed": str(self.seed),
            "trials": self.trials,
            "horizon_hours": self.horizon,
            "warmup_hours": self.warmup,
        }


def check_windows(
    scenario: Scenario,
    layouts: Sequence[Layout],
    quantity: str,
    trials: int | float,
    seed: int,
    horizon: float,
    warmup: float,
    threads: int | None,
) -> Windows:
    """The windows, unless something about them is wrong."""
    listed = [layouts] if isinstance(layouts, Layout) else list(layouts)
    check_layouts(scenario, listed)
    check_known(quantity, QUANTITIES, "quantity")
    if quantity == "data_loss" and not any(layout.copies for layout in listed):
        raise SpecificationError("quantity = 'data_loss': no layout keeps data; give copies=[...]")
    return Windows(
        listed,
        QUANTITIES[quantity],
        check_whole("trials", trials, 1, MOST_TRIALS),
        check_whole("seed", seed, 0, 2**64 - 1),
        check_hours("horizon", horizon, least=0.0),
        check_hours("warmup", warmup),
        available_threads() if threads is None else check_whole("threads", threads, 1, 4096),
    )
