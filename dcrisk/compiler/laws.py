"""Laws prepared for the kernel: who is struck, in which month, at a rate that is not known."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dcrisk.durations import OCTAVES, QUANTILES, QuantileTable, fit_tail
from dcrisk.rates import DAYS_OF_MONTHS, HOURS_PER_YEAR


def alias_table(rates: Sequence[float]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Walker's alias table by Vose's method (IEEE Trans. Software Eng. 17, 1991): keep-probability and alias."""
    shares = np.asarray(rates, np.float64)
    shares = shares * (len(shares) / shares.sum())
    keep, alias = np.ones(len(shares)), np.arange(len(shares))
    small = [i for i, share in enumerate(shares) if share < 1]
    large = [i for i, share in enumerate(shares) if share >= 1]
    while small and large:
        poor, rich = small.pop(), large[-1]
        keep[poor], alias[poor] = shares[poor], rich
        shares[rich] -= 1 - shares[poor]
        if shares[rich] < 1:
            small.append(large.pop())
    return keep, alias


def profile_points(monthly: Sequence[float] | None, warmup: float, horizon: float) -> tuple[list[float], list[float]]:
    """Where a trial's clock stands, and what of its mass has passed: (masses, hours), both from the trial's start.

    The mass of a time span is the hours at the mean rate that bring as many events. Time 0, the start of the window,
    is the start of January.
    """
    if monthly is None:
        return [0.0, warmup + horizon], [0.0, warmup + horizon]
    lengths = [24.0 * days for days in DAYS_OF_MONTHS]
    factors = [w / sum(monthly) * HOURS_PER_YEAR / hours for w, hours in zip(monthly, lengths, strict=True)]
    year = int(np.floor(-warmup / HOURS_PER_YEAR))
    month, now = 0, year * HOURS_PER_YEAR
    masses, hours = [0.0], [0.0]
    while now < horizon:
        then = now + lengths[month]
        begin, end = max(now, -warmup), min(then, horizon)
        if end > begin:
            masses.append(masses[-1] + factors[month] * (end - begin))
            hours.append(end + warmup)
        month += 1
        if month == 12:
            year, month = year + 1, 0
            then = year * HOURS_PER_YEAR
        now = then
    return masses, hours


def active_law(
    law: Any, mass_hours: float, multiplicity: float = 1.0, dispersion: float | None = None
) -> tuple[float, QuantileTable]:
    """The trials in which a hazard of uncertain rate strikes at all.

    Parameters
    ----------
    law : frozen distribution of events a year, or their number a year if ``dispersion`` is given
    mass_hours : float
        Mass of a trial.
    multiplicity : float
        Factor on the law: the number of sites with this rate.
    dispersion : float, optional
        Variance over mean of the number of events in a trial.

    Returns
    -------
    log of P(no event in a trial), and the table of the mean number of events x of a trial given that it has one: its
    density is proportional to ``1 - exp(-x)`` times that of x.
    """
    years = mass_hours / HOURS_PER_YEAR
    if dispersion is not None:
        from scipy import stats

        law = stats.gamma(law * years * multiplicity / (dispersion - 1.0), scale=dispersion - 1.0)
        years = multiplicity = 1.0
    # quantiles of x, dense in both tails; the weight of the step between two of them is its probability times the
    # mean of 1 - exp(-x) over it
    steps = 64
    down = 2.0 ** -(1.0 + np.arange(OCTAVES * steps + 1) / steps)
    with np.errstate(all="ignore"):
        low, high = law.ppf(down[::-1]), law.isf(down)
    x = np.maximum(np.concatenate([low, high[1:]]) * years * multiplicity, 0.0)
    width = np.concatenate([np.diff(down[::-1]), -np.diff(down)])
    strikes = -np.expm1(-x)
    weight = width * _mean_between(strikes)
    active = float(weight.sum())
    if active <= 0.0:
        return 0.0, QuantileTable(QUANTILES, 0, np.zeros(0))
    below = np.concatenate([[0.0], np.cumsum(weight)]) / active
    above = np.concatenate([np.cumsum(weight[::-1])[::-1], [0.0]]) / active
    idle = max(float(np.log1p(-min(active, 1.0))) if active < 1.0 else -1e300, -1e300)
    positive = x > 0

    def ppf(u: NDArray[np.float64]) -> NDArray[np.float64]:
        return _interpolate(u, below[positive], x[positive])

    def isf(u: NDArray[np.float64]) -> NDArray[np.float64]:
        return _interpolate(u, above[positive][::-1], x[positive][::-1])

    cells_log2 = 4
    tails = [fit_tail(quantile, cells_log2)[0] for quantile in (ppf, isf)]
    return idle, QuantileTable(QUANTILES, cells_log2, np.concatenate(tails).ravel())


def _mean_between(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The mean over each step of a quantity known at its ends; logarithmic where it varies by factors."""
    a, b = values[:-1], values[1:]
    with np.errstate(all="ignore"):
        ratio = b / a
        logarithmic = (b - a) / np.log(ratio)
    return np.where((a > 0) & (np.abs(ratio - 1.0) > 1e-3), logarithmic, 0.5 * (a + b))


def _interpolate(u: NDArray[np.float64], share: NDArray[np.float64], x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Linear in logarithms, which is exact for power laws; beyond the last point, constant."""
    known = share > 0
    return np.asarray(np.exp(np.interp(np.log(u), np.log(share[known]), np.log(x[known]))), np.float64)
