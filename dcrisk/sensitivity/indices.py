"""sobol(): how much of what is not known about the risk comes from each uncertain rate."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import xarray as xr

from dcrisk.compiler import HOURS_PER_YEAR
from dcrisk.intervals import check_confidence
from dcrisk.layouts import Layout
from dcrisk.scenario import Scenario, uncertain_rates, with_rates
from dcrisk.sensitivity.runs import Variants, check_variants
from dcrisk.specification import SpecificationError
from dcrisk.statistics.datasets import Variables, named_variables
from dcrisk.statistics.trials import Estimate, FloatArray
from dcrisk.windows import check_whole

RESAMPLES = 999
LARGE = 0.05  # of a share of noise
BOOTSTRAP = "Saltelli et al. 2010; percentile bootstrap over the base points"
WORDS = {
    "first_order": "first-order Sobol' index: share of the variance that knowing this rate alone would remove",
    "total_order": "total Sobol' index: share of the variance that would be left if all other rates were known",
}


def sobol(
    scenario: Scenario,
    layouts: Sequence[Layout],
    *,
    trials: int | float,
    n: int = 256,
    seed: int = 0,
    horizon: float = HOURS_PER_YEAR,
    warmup: float = 0.0,
    quantity: str = "downtime",
    confidence: float = 0.95,
    threads: int | None = None,
    progress: bool = True,
) -> xr.Dataset:
    """Which of the rates that are not known makes the risk uncertain: Sobol' indices.

    The risk is the mean of the quantity, given all rates. Over what is not known of the rates it has a variance, and
    the indices share that out. Rates are independent of one another, each with its own distribution.

    Parameters
    ----------
    scenario : Scenario
        At least one of its rates is a distribution.
    layouts, horizon, warmup
        As in `dcrisk.simulate`.
    trials : int
        Windows for each evaluation of the risk; there are ``n * (rates + 2)`` evaluations.
    n : int, default 256
        Base points, a power of 2.
    seed : int
        Of the simulation, where all evaluations share it, and of the points and the bootstrap.
    quantity : {"downtime", "any_outage", "data_loss", "outages"}
        As in `dcrisk.importance`.
    confidence : float
        Of each interval.
    threads : int, optional
        Evaluations side by side; by default one for each core available. The result does not depend on it.
    progress : bool
        Show a progress bar when it takes longer than about two seconds.

    Returns
    -------
    xarray.Dataset
        Over ``layout`` and ``rate`` (named as in `dcrisk.uncertain_rates`), with ``_low`` and ``_high``:

        ``first_order``
            Share of the variance that would go, on average, if this rate became known.
        ``total_order``
            Share that would stay, on average, if all other rates became known. What it has more than ``first_order``
            comes from the rate together with others.

        And over ``layout``:

        ``risk``, ``variance``
            Mean and variance of the risk over what is not known of the rates.
        ``noise_share``
            The part of ``variance`` that the noise of the simulation would be if each evaluation had its own: its
            mean variance over ``variance``. Where it is not small, say below 0.05, take more trials.
        ``noisy``
            Whether it is above 0.05.
        ``seen``
            Whether the risk varied at all. Where it did not, the indices are 0 and their intervals [0, 1].

    Raises
    ------
    SpecificationError
        If no rate is a distribution, ``n`` is no power of 2, or a number is out of range.

    Notes
    -----
    All evaluations share their random numbers: two points that differ in the rates of one hazard see the same events of
    all others. So much of the noise is the same at all points and drops out, and ``noise_share`` is rather too large
    than too small. What is left is of the risk as it was simulated: it draws first-order indices towards 0 and total
    ones upwards.

    Estimates are those of `scipy.stats.sobol_indices`; small ones can come out a little below 0, and the intervals
    are approximate. With a single uncertain rate, both indices are 1.

    References
    ----------
    Sobol', "Global sensitivity indices for nonlinear mathematical models and their Monte Carlo estimates", Mathematics
    and Computers in Simulation 55, 2001. Saltelli et al., "Variance based sensitivity analysis of model output. Design
    and estimator for the total sensitivity index", Computer Physics Communications 181, 2010. Efron and Tibshirani,
    "An Introduction to the Bootstrap", 1993, chapter 13.

    Examples
    --------
    >>> import dcrisk
    >>> scenario = dcrisk.Scenario(
    ...     [dcrisk.Site("A")],
    ...     [dcrisk.Failure("disks", dcrisk.jeffreys_rate(20, 10), 8.0, ["A"]),
    ...      dcrisk.Failure("people", dcrisk.jeffreys_rate(2, 10), 8.0, ["A"])])
    >>> found = sobol(scenario, [dcrisk.Layout("A", replicas=["A"])], trials=2000, n=64, progress=False)
    >>> found["rate"].values.tolist()
    ['disks.rate_per_year', 'people.rate_per_year']
    >>> bool((found["first_order"].sel(rate="disks.rate_per_year") > 0.7).all())
    True
    """
    check_confidence(confidence)
    variants = check_variants(scenario, layouts, quantity, trials, seed, horizon, warmup, threads)
    if variants.windows.trials < 2:
        raise SpecificationError("trials = 1: the noise of the simulation cannot be told from a single trial")
    points = check_whole("n", n, 2, 1 << 24)
    if points & (points - 1):
        raise SpecificationError(f"n = {n}: it must be a power of 2, such as {1 << points.bit_length()}")
    rates = uncertain_rates(scenario)
    if not rates:
        raise SpecificationError("no rate of the scenario is a distribution: there is nothing to share out")
    random = np.random.default_rng(variants.windows.seed)
    with ThreadPoolExecutor(variants.threads) as pool:
        evaluate = _Risks(scenario, variants, list(rates), pool, progress)
        runs = _at_points(evaluate, list(rates.values()), points, random)
    moments = np.concatenate(evaluate.moments)
    return _dataset(scenario, variants, list(rates), runs, moments, confidence, random)


class _Risks:
    """The risk of each layout as a function of the rates; it remembers the noise."""

    def __init__(
        self, scenario: Scenario, variants: Variants, rates: list[str], pool: ThreadPoolExecutor, progress: bool
    ) -> None:
        self._scenario, self._variants, self._rates = scenario, variants, rates
        self._pool, self._progress = pool, progress
        self.moments: list[FloatArray] = []
        """Of each evaluation and layout: the risk, and the variance of its noise."""

    def __call__(self, points: FloatArray) -> FloatArray:
        """Risks (layout, point) at points (rate, point), less those of the very first: what never varies is 0."""
        from tqdm.auto import tqdm

        found = self._pool.map(self._at, points.T)
        bar = tqdm(found, total=points.shape[1], unit=" evaluations", delay=1.5, disable=not self._progress)
        self.moments.append(np.array(list(bar)))
        return (self.moments[-1][:, :, 0] - self.moments[0][0, :, 0]).T

    def _at(self, point: FloatArray) -> FloatArray:
        changed = with_rates(self._scenario, {name: float(x) for name, x in zip(self._rates, point, strict=False)})
        values = self._variants.play(changed, threads=1)
        return np.stack([values.mean(axis=1), values.var(axis=1, ddof=1) / values.shape[1]], axis=1)


Runs = tuple[FloatArray, FloatArray, FloatArray]  # risks, less their mean, at A (layout, point), B, and AB (rate first)


def _at_points(evaluate: _Risks, rates: list[Any], points: int, random: np.random.Generator) -> Runs:
    """The risks at the points that the indices need.

    scipy draws them, and hands the risks to the estimator; they are kept, since its own bootstrap has no seed.
    """
    from scipy import stats

    kept: list[Runs] = []

    def keep(f_A: FloatArray, f_B: FloatArray, f_AB: FloatArray) -> tuple[FloatArray, FloatArray]:
        kept.append((f_A, f_B, f_AB))
        return indices(f_A, f_B, f_AB)

    # of one rate alone scipy cannot form an index; a second one that nothing depends on does no harm
    laws = rates if len(rates) > 1 else [*rates, stats.uniform()]
    seeded = "rng" if "rng" in inspect.signature(stats.sobol_indices).parameters else "random_state"  # scipy < 1.15
    stats.sobol_indices(func=evaluate, n=points, dists=laws, method=keep, **{seeded: random})
    f_A, f_B, f_AB = kept[0]
    return f_A, f_B, f_AB[: len(rates)]


def indices(f_A: FloatArray, f_B: FloatArray, f_AB: FloatArray) -> tuple[FloatArray, FloatArray]:
    """First-order and total indices (layout, rate), as Saltelli et al. 2010, table 2 (b) and (f)."""
    variance = np.var([f_A, f_B], axis=(0, -1))
    variance = np.where(variance > 0.0, variance, np.inf)  # nothing varied: indices of 0
    first = np.mean(f_B * (f_AB - f_A), axis=-1) / variance
    total = np.mean((f_AB - f_A) ** 2, axis=-1) / (2.0 * variance)
    return first.T, total.T


def _resampled(runs: Runs, confidence: float, random: np.random.Generator) -> FloatArray:
    """Ends of the percentile bootstrap: (end, index, layout, rate)."""
    points = runs[0].shape[-1]
    draws = []
    for _ in range(RESAMPLES):
        chosen = random.integers(points, size=points)
        draws.append(indices(*(f[..., chosen] for f in runs)))
    tail = (1.0 - confidence) / 2.0
    return np.asarray(np.quantile(np.array(draws), [tail, 1.0 - tail], axis=0))


def _dataset(
    scenario: Scenario,
    variants: Variants,
    rates: list[str],
    runs: Runs,
    moments: FloatArray,
    confidence: float,
    random: np.random.Generator,
) -> xr.Dataset:
    layouts = xr.DataArray([layout.name for layout in variants.layouts], dims="layout")
    found: Variables = {}
    variance = np.var([runs[0], runs[1]], axis=(0, -1))
    seen = variance > 0.0
    low, high = np.where(seen[:, None], _resampled(runs, confidence, random), np.array([0.0, 1.0])[:, None, None, None])
    for i, (name, words) in enumerate(WORDS.items()):
        rows = [Estimate(*row) for row in zip(indices(*runs)[i], low[i], high[i], strict=True)]
        found |= named_variables(layouts, rows, name, words, "1", BOOTSTRAP, dims=("rate",))
    risk, noise = moments.mean(axis=0).T
    share = np.divide(noise, variance, out=np.where(noise > 0.0, np.inf, 0.0), where=seen)
    for name, values, words in (
        ("risk", risk, f"{variants.quantity.risk}; mean over what is not known of the rates"),
        ("variance", variance, "variance of the risk over what is not known of the rates, noise included"),
        ("noise_share", share, "mean variance of the noise of the simulation, over the variance of the risk"),
    ):
        found[name] = xr.DataArray(values, dims="layout", attrs={"units": "1", "long_name": words})
    found["noisy"] = xr.DataArray(share > LARGE, dims="layout", attrs={"long_name": f"noise_share above {LARGE}"})
    found["seen"] = xr.DataArray(seen, dims="layout", attrs={"long_name": "whether the risk varied at all"})
    coords = {
        "layout": ("layout", layouts.values, {"long_name": "layout"}),
        "rate": ("rate", rates, {"long_name": "uncertain rate"}),
    }
    more = {"confidence": float(confidence), "n": runs[0].shape[-1]}
    return xr.Dataset(found, coords=coords, attrs=variants.attrs(scenario, "Sobol' indices of uncertain rates") | more)
