"""The windows that a run plays: how many, how long, with which random numbers. Checked, and told to whoever reads."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from dcrisk.durations import hint_at_horizon
from dcrisk.kernels.records import BLOCK
from dcrisk.scenario import Scenario
from dcrisk.specification import SpecificationError, number_meant
from dcrisk.version import __version__

MOST_TRIALS = BLOCK << 32  # the counter of the random numbers has 32 bits for the block


class Windows(NamedTuple):
    """So many trials of one window each."""

    trials: int
    seed: int
    horizon: float
    warmup: float
    threads: int | None = None

    def arguments(self) -> dict[str, Any]:
        """What results depend on, as arguments of whoever plays the windows."""
        return {"trials": self.trials, "seed": self.seed, "horizon": self.horizon, "warmup": self.warmup}

    def provenance(self, scenario: Scenario, title: str) -> dict[str, Any]:
        """Attributes of a Dataset that say where it comes from."""
        return {
            "Conventions": "CF-1.11",
            "title": f"{title} under {scenario.name}",
            "source": f"dcrisk {__version__}",
            "dcrisk_version": __version__,
            "scenario": scenario.name,
            "scenario_sha256": scenario.digest(),
            "seed": str(self.seed),
            "trials": self.trials,
            "horizon_hours": self.horizon,
            "warmup_hours": self.warmup,
        }


def check_windows(trials: int | float, seed: int, horizon: float, warmup: float, threads: int | None = None) -> Windows:
    """The windows, unless a number is out of range."""
    return Windows(
        check_whole("trials", trials, 1, MOST_TRIALS),
        check_whole("seed", seed, 0, 2**64 - 1),
        hint_at_horizon(check_hours("horizon", horizon, least=0.0)),
        check_hours("warmup", warmup),
        None if threads is None else check_whole("threads", threads, 1, 4096),
    )


def check_whole(name: str, value: Any, least: int, most: int) -> int:
    """A whole number within bounds."""
    try:
        number = int(value)
        whole = number == value and not isinstance(value, (bool, np.bool_, str))
    except (TypeError, ValueError, OverflowError):
        whole = False
    if not whole or not least <= number <= most:
        raise SpecificationError(
            f"{name} = {value!r}: it must be a whole number from {least} to {most}{number_meant(value)}"
        )
    return number


def check_hours(name: str, value: Any, least: float | None = None) -> float:
    """A finite number of hours, more than ``least`` if that is given."""
    if isinstance(value, (bool, str)) or not isinstance(value, (int, float, np.integer, np.floating)):
        raise SpecificationError(f"{name} = {value!r}: it must be a number of hours")
    if not 0 <= float(value) < math.inf:
        raise SpecificationError(f"{name} = {value!r} h: it must be finite and not negative")
    if least is not None and value <= least:
        raise SpecificationError(f"{name} = {value!r} h: the window must last some time")
    return float(value)
