"""How the events of a trial are spread over it, month by month."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from dcrisk.exact.process import Window
from dcrisk.rates import DAYS_OF_MONTHS, HOURS_PER_YEAR


class Season(NamedTuple):
    """From one age of a trial to another, how many times the mean rate of the year."""

    begin: float
    end: float
    factor: float


def seasons_of(monthly: Sequence[float] | None, window: Window) -> list[Season]:
    """The seasons of a trial, of which hour 0 of the window is the start of January."""
    if monthly is None:
        return [Season(0.0, math.inf, 1.0)]
    lengths = [24.0 * days for days in DAYS_OF_MONTHS]
    factors = [weight / sum(monthly) * HOURS_PER_YEAR / hours for weight, hours in zip(monthly, lengths, strict=True)]
    seasons = []
    for year in range(math.floor(-window.warmup / HOURS_PER_YEAR), math.ceil(window.horizon / HOURS_PER_YEAR)):
        end = year * HOURS_PER_YEAR
        for hours, factor in zip(lengths, factors, strict=True):
            begin, end = end, end + hours
            if end > -window.warmup and begin < window.horizon and factor > 0.0:
                age = max(0.0, begin + window.warmup)
                seasons.append(Season(age, min(end, window.horizon) + window.warmup, factor))
    return seasons


def mass_of(seasons: Sequence[Season], window: Window) -> float:
    """The hours at the mean rate that bring as many events as a trial."""
    length = window.warmup + window.horizon
    return sum(season.factor * (min(season.end, length) - season.begin) for season in seasons)
