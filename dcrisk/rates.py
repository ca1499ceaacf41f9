"""How often: rates, what is not known about them, and how they vary over the year and from year to year."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dcrisk import durations
from dcrisk.specification import SpecificationError, check_list, check_name, check_number, check_table

Rate = Any  # float a year, or a frozen scipy.stats distribution of it

HOURS_PER_YEAR = 8766.0
DAYS_OF_MONTHS = (31.0, 28.25, 31.0, 30.0, 31.0, 30.0, 31.0, 31.0, 30.0, 31.0, 30.0, 31.0)


def check_rate(value: Rate, where: str) -> Rate:
    """Events a year of 8766 h: a number, or a frozen distribution of what is not known about it."""
    if hasattr(value, "ppf"):
        checked = durations.check(value, where, unit="a year")
        if hasattr(checked.dist, "xk") or not hasattr(checked.dist, "pdf"):
            raise SpecificationError(f"{where}: a distribution of a rate must be continuous, such as stats.gamma(...)")
        return checked
    return check_number(value, where, 0.0)


def check_rates(value: Any, where: str) -> dict[str, Rate]:
    """A rate for each of some nodes."""
    table = check_table(value, f"{where}: rate_per_year")
    if not table:
        raise SpecificationError(f"{where}: rate_per_year names no node")
    return {check_name(k, where): check_rate(v, f"{where}: rate_per_year of {k!r}") for k, v in table.items()}


def is_uncertain(rate: Rate | Mapping[str, Rate]) -> bool:
    """Whether a distribution stands anywhere in it."""
    if isinstance(rate, Mapping):
        return any(durations.is_frozen(r) for r in rate.values())
    return durations.is_frozen(rate)


def mean_rate(rate: Rate) -> float:
    """Events a year on average over what is not known."""
    return float(rate.mean()) if durations.is_frozen(rate) else float(rate)


def check_monthly(value: Any, where: str) -> tuple[float, ...] | None:
    """Twelve weights, January first: the share of a year's events that falls into each month."""
    if value is None:
        return None
    listed = check_list(value, f"{where}: monthly")
    if len(listed) != 12:
        raise SpecificationError(f"{where}: monthly has {len(listed)} entries; give 12 weights, January first")
    weights = tuple(check_number(w, f"{where}: monthly, entry {i + 1}", 0.0) for i, w in enumerate(listed))
    if sum(weights) == 0:
        raise SpecificationError(f"{where}: all entries of monthly are 0")
    return weights


def jeffreys_rate(events: float, site_years: float) -> Rate:
    """What is known of a rate after ``events`` in ``site_years``: the gamma posterior under the Jeffreys prior.

    Parameters
    ----------
    events : float
        Events seen, 0 or more.
    site_years : float
        Years under observation, summed over the sites.

    Returns
    -------
    frozen scipy.stats.gamma
        Shape ``events + 1/2``, scale ``1 / site_years``: events a year and site.

    Raises
    ------
    SpecificationError
        If a number is negative, or nothing was observed.

    References
    ----------
    Atwood et al., "Handbook of parameter estimation for probabilistic risk assessment", NUREG/CR-6823, 2003, 6.2.2.

    Examples
    --------
    >>> rate = jeffreys_rate(1, 10)
    >>> round(float(rate.mean()), 3), round(float(rate.ppf(0.95)), 3)
    (0.15, 0.391)
    """
    from scipy import stats

    count = check_number(events, "jeffreys_rate: events", 0.0)
    years = check_number(site_years, "jeffreys_rate: site_years", 0.0)
    if years == 0:
        raise SpecificationError("jeffreys_rate: site_years = 0: nothing was observed")
    return stats.gamma(count + 0.5, scale=1.0 / years)


def ignition_rate(floor_area_m2: Mapping[str, float] | float, a: float, b: float) -> Any:
    """Ignitions a year by floor area: ``a * area ** b``.

    Parameters
    ----------
    floor_area_m2 : float, or mapping of site to float
        Floor area in square metres.
    a, b : float
        Parameters of the occupancy; ``dcrisk.defaults`` holds published ones with their sources.

    Returns
    -------
    float, or dict of site to float
        Ready for ``Fire(rate_per_year=...)``.

    Raises
    ------
    SpecificationError
        If an area or a parameter is negative or no number.

    References
    ----------
    Ramachandran, "Statistical methods in risk evaluation", Fire Safety Journal 2, 1980; PD 7974-7:2003, table A.1.

    Examples
    --------
    >>> ignition_rate({"hall": 500.0}, 6.1e-3, 0.59)["hall"].__round__(3)
    0.239
    """
    if isinstance(floor_area_m2, Mapping):
        return {site: ignition_rate(area, a, b) for site, area in floor_area_m2.items()}
    area = check_number(floor_area_m2, "ignition_rate: floor_area_m2", 0.0)
    return check_number(a, "ignition_rate: a", 0.0) * area ** check_number(b, "ignition_rate: b", 0.0)
