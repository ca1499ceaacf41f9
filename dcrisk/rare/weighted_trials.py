"""simulate_rare(): trials one by one, as simulate() gives them, but drawn where harm is likely, with a weight each."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from dcrisk.compiler import compile_scenario
from dcrisk.layouts import Layout, check_layouts
from dcrisk.memory import check_fits
from dcrisk.outcomes import Wanted, bytes_of_trial, make_results
from dcrisk.provenance import call_attributes
from dcrisk.rare.quantities import check_quantity
from dcrisk.rare.run import Aim, Run
from dcrisk.rare.sums import OnProcessors, key_of
from dcrisk.rates import HOURS_PER_YEAR
from dcrisk.sampling import sample
from dcrisk.scenario import Scenario
from dcrisk.spread import hands_for
from dcrisk.windows import MOST_TRIALS, check_windows

if TYPE_CHECKING:
    import xarray as xr

PRECISION = 0.05


def simulate_rare(
    scenario: Scenario,
    layouts: Sequence[Layout],
    trials: int | float,
    quantity: str = "downtime",
    *,
    above: float | None = None,
    attribute: bool = False,
    seed: int = 0,
    horizon: float = HOURS_PER_YEAR,
    warmup: float = 0.0,
    threads: int | None = None,
    progress: bool = True,
) -> xr.Dataset:
    """Sample trials in which what is rare comes often, each with the weight that puts this right.

    For whole distributions: every statistic and figure takes the weights into account, so that exceedance curves, return
    levels and tail risks reach as far down as the pilot has learnt to go. For the mean of one quantity,
    `dcrisk.estimate` needs fewer trials and says when it is done.

    Parameters
    ----------
    scenario : Scenario
    layouts : sequence of Layout
    trials : int
        Number of windows.
    quantity : str, default "downtime"
        What should come often; as in `dcrisk.estimate`.
    above : float, optional, hours
        Only where the quantity exceeds so many.
    attribute : bool, default False
        Also return ``downtime_by_hazard``.
    seed, horizon, warmup, threads, progress
        As in `dcrisk.simulate`. The trials have random numbers of their own: they are not those of `simulate`.

    Returns
    -------
    xarray.Dataset
        As `dcrisk.simulate`, with ``weight`` over ``trial``: its mean is 1 but for noise, and no weight exceeds its
        attribute ``largest_possible``.

    Raises
    ------
    SpecificationError
        If something is out of range, or no event can bring about the quantity.

    References
    ----------
    Rubinstein and Kroese, "The Cross-Entropy Method", 2004.
    Hesterberg, "Weighted average importance sampling and defensive mixture distributions", Technometrics 37, 1995.

    Examples
    --------
    >>> import dcrisk
    >>> scenario = dcrisk.Scenario(
    ...     [dcrisk.Site("A"), dcrisk.Site("B")],
    ...     [dcrisk.Failure("failure", 0.01, 24.0, ["A", "B"])])
    >>> layout = dcrisk.Layout("either", replicas=["A", "B"])
    >>> results = dcrisk.simulate_rare(scenario, [layout], 20_000, seed=1, progress=False)
    >>> mean = float((results.weight * results.downtime).mean())
    >>> exact = float(dcrisk.expected_availability(scenario, [layout]).expected_downtime[0])
    >>> bool(abs(mean / exact - 1.0) < 0.1)
    True
    """
    listed = check_layouts(scenario, layouts)
    windows = check_windows(trials, seed, horizon, warmup, threads)
    compiled = compile_scenario(scenario, listed, horizon=windows.horizon, warmup=windows.warmup)
    asked = check_quantity(quantity, above, listed, compiled, windows.horizon)
    wanted = Wanted(attribute, weight=True)
    check_fits(windows.trials, bytes_of_trial(compiled, wanted), "Take fewer trials; dcrisk.estimate keeps none")
    aim = Aim(PRECISION, 0.95, MOST_TRIALS, math.inf)
    adder = OnProcessors(compiled, asked, hands_for(None, windows.threads))
    run = Run(compiled, asked, aim, windows.seed, adder, False)
    tilted = compiled._replace(plan=run.tilted_plan())
    key = key_of(windows.seed, "trials")
    outcomes = sample(tilted, key, 0, windows.trials, wanted, threads=windows.threads, progress=progress)
    arguments = windows.arguments() | {"quantity": quantity, "above": asked.above, "attribute": bool(attribute)}
    call = call_attributes("simulate_rare", scenario, listed, arguments)
    return make_results(scenario, windows, tilted, outcomes, wanted).assign_attrs(call)
