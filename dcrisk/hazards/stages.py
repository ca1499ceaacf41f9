"""How high the peaks of a river come: laws of their stages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dcrisk.rates import Rate, check_rate, mean_rate
from dcrisk.specification import (
    Specification,
    SpecificationError,
    check_number,
    check_table,
    names_arguments,
    set_field,
)


@names_arguments
@dataclass(frozen=True, eq=False, repr=False)
class PeaksOverThreshold(Specification):
    """Peaks of a river above a threshold: Poisson times, generalized-Pareto excesses.

    Parameters
    ----------
    rate_per_year : float or frozen distribution
        Peaks a year above the threshold.
    threshold : float
        Stage in metres, on any gauge; protection levels are on the same.
    scale : float
        Of the generalized Pareto law, in metres.
    shape : float
        0: exponential; above 0: heavy tail; below 0: there is a highest stage.

    Raises
    ------
    SpecificationError
        Naming the field: a negative rate, a scale that is not above 0, a number that is not finite.

    References
    ----------
    Coles, "An Introduction to Statistical Modeling of Extreme Values", 2001, chapter 4.

    Examples
    --------
    >>> seine = PeaksOverThreshold(rate_per_year=0.5, threshold=5.0, scale=0.8, shape=0.05)
    >>> round(float(seine.return_level(100)), 2)
    8.46
    """

    rate_per_year: Rate
    threshold: float
    scale: float
    shape: float = 0.0

    def __post_init__(self) -> None:
        set_field(
            self,
            rate_per_year=check_rate(self.rate_per_year, "PeaksOverThreshold: rate_per_year"),
            threshold=check_number(self.threshold, "PeaksOverThreshold: threshold"),
            scale=check_number(self.scale, "PeaksOverThreshold: scale", 0.0),
            shape=check_number(self.shape, "PeaksOverThreshold: shape", -10.0, 10.0),
        )
        if self.scale == 0:
            raise SpecificationError("PeaksOverThreshold: scale = 0: it must be above 0")

    @property
    def peak_rate(self) -> Rate:
        """Peaks a year."""
        return self.rate_per_year

    def level(self, exceeded: Any) -> Any:
        """Stage that a peak exceeds with probability ``exceeded``.

        Parameters
        ----------
        exceeded : array_like of float
            Probabilities.

        Returns
        -------
        float or ndarray of the same shape, metres

        Examples
        --------
        >>> float(PeaksOverThreshold(0.5, threshold=5.0, scale=0.8).level(1.0))
        5.0
        """
        from scipy import stats

        return stats.genpareto.isf(exceeded, self.shape, loc=self.threshold, scale=self.scale)

    def exceedance_rate_per_year(self, stage: Any) -> Any:
        """Peaks a year above ``stage`` (the mean, where the rate is uncertain).

        Parameters
        ----------
        stage : array_like of float, metres
            On the gauge.

        Returns
        -------
        float or ndarray of the same shape, a year

        Examples
        --------
        >>> float(PeaksOverThreshold(0.5, threshold=5.0, scale=0.8).exceedance_rate_per_year(5.0))
        0.5
        """
        from scipy import stats

        return mean_rate(self.rate_per_year) * stats.genpareto.sf(
            stage, self.shape, loc=self.threshold, scale=self.scale
        )

    def return_level(self, years: Any) -> Any:
        """Stage that peaks exceed once in ``years`` on average; NaN below the threshold's own return period.

        Parameters
        ----------
        years : array_like of float
            Return periods.

        Returns
        -------
        ndarray of the same shape, metres

        Examples
        --------
        >>> float(PeaksOverThreshold(0.5, threshold=5.0, scale=0.8).return_level(2.0))
        5.0
        """
        exceeded = 1.0 / (np.asarray(years, float) * mean_rate(self.rate_per_year))
        return np.where(exceeded <= 1, self.level(np.minimum(exceeded, 1.0)), np.nan)


@names_arguments
@dataclass(frozen=True, eq=False, repr=False)
class ReturnLevels(Specification):
    """A table of return levels: the stage that peaks exceed once in so many years on average.

    Between two entries the stage is linear in the logarithm of the return period; beyond the last one it goes on
    with the same slope, which is an exponential tail and an extrapolation. Peaks below the first level do not occur,
    so their rate is one over the first return period.

    Parameters
    ----------
    levels : dict of float to float
        Return period in years (of peaks, that is one over their yearly rate) to stage in metres; two at least.

    Raises
    ------
    SpecificationError
        If there are fewer than two periods, or levels do not rise with the period.

    References
    ----------
    Coles, "An Introduction to Statistical Modeling of Extreme Values", 2001, chapter 4.

    Examples
    --------
    >>> table = ReturnLevels({10: 6.1, 100: 8.2})
    >>> round(float(table.return_level(50)), 2), round(float(table.exceedance_rate_per_year(8.2)), 6)
    (7.57, 0.01)
    """

    levels: Mapping[float, float]

    def __post_init__(self) -> None:
        table = {}
        for years, stage in check_table(self.levels, "ReturnLevels").items():
            try:
                period = float(years)  # TOML knows only text as keys
            except (TypeError, ValueError):
                raise SpecificationError(f"ReturnLevels: {years!r} is no return period in years") from None
            if check_number(period, "ReturnLevels: a return period", 0.0) == 0:
                raise SpecificationError("ReturnLevels: a return period of 0 years")
            table[period] = check_number(stage, f"ReturnLevels: level of {years} years")
        if len(table) < 2:
            raise SpecificationError("ReturnLevels: give two return periods at least")
        periods = sorted(table)
        for shorter, longer in zip(periods, periods[1:], strict=False):
            if table[longer] <= table[shorter]:
                raise SpecificationError(
                    f"ReturnLevels: the level of {longer:g} years ({table[longer]:g} m) is not above that of "
                    f"{shorter:g} years ({table[shorter]:g} m)"
                )
        set_field(self, levels={period: table[period] for period in periods})

    def plain(self) -> dict[str, Any]:
        """Return the form used in files: periods as text."""
        return {"levels": {f"{period:.17g}": stage for period, stage in self.levels.items()}}

    def _logarithms(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Log return periods and stages, with one more point far out on the last slope."""
        x, y = np.log(list(self.levels)), np.array(list(self.levels.values()))
        slope = (y[-1] - y[-2]) / (x[-1] - x[-2])
        return np.append(x, x[-1] + 100.0), np.append(y, y[-1] + 100.0 * slope)

    @property
    def peak_rate(self) -> float:
        """Peaks a year."""
        return 1.0 / min(self.levels)

    def level(self, exceeded: Any) -> Any:
        """Stage that a peak exceeds with probability ``exceeded``.

        Parameters
        ----------
        exceeded : array_like of float
            Probabilities.

        Returns
        -------
        float or ndarray of the same shape, metres

        Examples
        --------
        >>> round(float(ReturnLevels({10: 6.0, 100: 8.0}).level(0.1)), 9)
        8.0
        """
        x, y = self._logarithms()
        return np.interp(x[0] - np.log(exceeded), x, y)

    def exceedance_rate_per_year(self, stage: Any) -> Any:
        """Peaks a year above ``stage``.

        Parameters
        ----------
        stage : array_like of float, metres
            On the gauge.

        Returns
        -------
        float or ndarray of the same shape, a year

        Examples
        --------
        >>> round(float(ReturnLevels({10: 6.0, 100: 8.0}).exceedance_rate_per_year(8.0)), 9)
        0.01
        """
        x, y = self._logarithms()
        return np.exp(-np.interp(stage, y, x))

    def return_level(self, years: Any) -> Any:
        """Stage that peaks exceed once in ``years``; NaN below the first period.

        Parameters
        ----------
        years : array_like of float
            Return periods.

        Returns
        -------
        ndarray of the same shape, metres

        Examples
        --------
        >>> float(ReturnLevels({10: 6.0, 100: 8.0}).return_level(100.0))
        8.0
        """
        x, y = self._logarithms()
        return np.interp(np.log(np.asarray(years, float)), x, y, left=np.nan)


Stage = PeaksOverThreshold | ReturnLevels
