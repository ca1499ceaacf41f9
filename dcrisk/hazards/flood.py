"""Floods: basins whose peaks come together, and sites that they reach."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from dcrisk import durations
from dcrisk.durations import Duration
from dcrisk.hazards.base import Hazard, check_levels, check_probabilities
from dcrisk.hazards.stages import PeaksOverThreshold, ReturnLevels, Stage
from dcrisk.rates import Rate, is_uncertain
from dcrisk.specification import (
    SpecificationError,
    check_known,
    check_name,
    check_number,
    check_probability,
    check_table,
    names_arguments,
    set_field,
)

EARTH_RADIUS_KM = 6371.0088  # mean radius, IUGG


@names_arguments
@dataclass(frozen=True, eq=False, repr=False)
class Flood(Hazard):
    """Floods of one basin, or of several that tend to rise together.

    An event is a spell of weather. Each basin has its peak in it, or stays below its threshold; the peaks of several
    basins are joined by a copula, and each basin alone has exactly the peaks that its ``stage`` says. At a node the
    water stands at the peak of its basin plus a local residual. It floods the node if it stands above the protection,
    or above the floor while the protection breaches; depth above the floor then decides what becomes of it.

    Parameters
    ----------
    name : str
        Unique among the hazards.
    stage : PeaksOverThreshold or ReturnLevels, or dict of str to either
        Peaks of the basin, or of each basin by name. Levels are in metres on one gauge for each basin.
    protection : dict of str to float
        Level that protects each node, sites as well as utilities, in metres on the gauge of its basin.
    durations : dict
        Hours or frozen distributions: ``damaged``, ``destroyed``.
    basin : dict of str to str
        Basin of each node, where there are several.
    rate_per_year : float, optional
        Events a year, with several basins; by default the rate of the basin with most peaks. More events than that
        make it less likely that two basins rise in the same one.
    correlation : float, or dict of (str, str) to float
        Of the copula: one for all pairs of basins, or for each pair (those not named: 0).
    copula : {"gaussian", "t"}
        ``"t"`` lets extremes come together; with a Gaussian copula the largest peaks are independent in the limit.
    degrees_of_freedom : int
        Of the Student-t copula.
    floor : dict of str to float, optional
        Level from which depth counts; by default the protection.
    breach : float, or dict of str to float
        Probability that the protection of a node fails when water stands above its floor.
    critical_depth : float
        Metres above the floor at which half of the nodes are destroyed, and below which others are damaged.
    fragility : float
        Standard deviation of the log of the critical depth; with 0 it is a step.
    residual_sd : float
        Standard deviation of the local residual in metres.
    correlation_km : float
        Residuals correlate by ``exp(-distance / correlation_km)``; with 0 they are independent.
    duration_growth_per_m : float
        Each metre above the floor adds this share to the duration.
    shared_fraction : float
        Part of the variance of damage and of durations (in normal scores) that all hits of one flood share.
    lead_time : float
        Hours by which a flood announces itself; a layout with ``relocation`` uses them.
    monthly, dispersion, source
        See :class:`dcrisk.hazards.Hazard`.

    Raises
    ------
    SpecificationError
        Naming the hazard and the field: a node without protection or basin, a correlation matrix that is not positive
        definite, durations that are missing.

    References
    ----------
    Coles 2001 (peaks over threshold); Demarta and McNeil, "The t copula and related copulas", International
    Statistical Review 73, 2005; Keef, Tawn and Svensson, "Spatial risk assessment for extreme river flows", Applied
    Statistics 58, 2009.

    Examples
    --------
    >>> seine = PeaksOverThreshold(rate_per_year=0.5, threshold=5.0, scale=0.8, shape=0.05)
    >>> flood = Flood("Seine", seine, protection={"Paris": 7.2}, durations={"damaged": 720.0}, critical_depth=math.inf)
    >>> flood.nodes()
    ('Paris',)
    """

    name: str
    stage: Stage | Mapping[str, Stage]
    protection: Mapping[str, float]
    durations: Mapping[str, Duration]
    basin: Mapping[str, str] = field(default_factory=dict)
    rate_per_year: float | None = None
    correlation: float | Mapping[tuple[str, str], float] = 0.0
    copula: str = "gaussian"
    degrees_of_freedom: int = 4
    floor: Mapping[str, float] | None = None
    breach: float | Mapping[str, float] = 0.0
    critical_depth: float = 1.0
    fragility: float = 0.0
    residual_sd: float = 0.0
    correlation_km: float = 0.0
    duration_growth_per_m: float = 0.0
    shared_fraction: float = 0.0
    lead_time: float = 0.0

    def __post_init__(self) -> None:
        where = f"flood {check_name(self.name, 'flood')!r}"
        protection = check_table(self.protection, f"{where}: protection")
        if not protection:
            raise SpecificationError(f"{where}: protection names no node")
        nodes = tuple(check_name(n, f"{where}: protection") for n in protection)
        set_field(self, protection=check_levels(protection, nodes, f"{where}: protection"))
        self._check_basins(where, nodes)
        self._check_rate(where)
        self._check_depths(where, nodes)
        self._check_durations(where)
        self._check_correlation(where)
        for stage in self.stages.values():
            if self.duration_growth_per_m > 0 and isinstance(stage, PeaksOverThreshold) and stage.shape >= 1:
                raise SpecificationError(
                    f"{where}: shape = {stage.shape:g}: peaks have no finite mean from 1 on, so neither have durations "
                    "that grow with depth; give a smaller shape or duration_growth_per_m = 0"
                )
        self._check_common(where, self.event_rate)

    def _check_basins(self, where: str, nodes: tuple[str, ...]) -> None:
        stages = dict(self.stage) if isinstance(self.stage, Mapping) else {"": self.stage}
        if not stages:
            raise SpecificationError(f"{where}: stage names no basin")
        for basin, stage in stages.items():
            if isinstance(self.stage, Mapping):
                check_name(basin, f"{where}: stage")
            if not isinstance(stage, (PeaksOverThreshold, ReturnLevels)):
                raise SpecificationError(f"{where}: stage = {stage!r} is no PeaksOverThreshold or ReturnLevels")
            if len(stages) > 1 and is_uncertain(stage.peak_rate):
                raise SpecificationError(f"{where}: with several basins, the rate of {basin!r} must be a number")
        basin_of = check_table(self.basin, f"{where}: basin")
        if len(stages) > 1 or basin_of:
            for node in nodes:
                if node not in basin_of:
                    raise SpecificationError(f"{where}: basin does not say where {node!r} lies")
            for node, basin in basin_of.items():
                check_known(node, nodes, f"{where}: basin")
                check_known(basin, list(stages), f"{where}: basin of {node!r}")
        set_field(self, basin=basin_of, stage=stages if isinstance(self.stage, Mapping) else self.stage)

    def _check_rate(self, where: str) -> None:
        if self.rate_per_year is None:
            return
        rate = check_number(self.rate_per_year, f"{where}: rate_per_year", 0.0)
        peaks = [stage.peak_rate for stage in self.stages.values()]
        if any(is_uncertain(peak) for peak in peaks):
            raise SpecificationError(f"{where}: rate_per_year cannot stand beside a stage whose rate is a distribution")
        if rate < max(peaks):
            raise SpecificationError(
                f"{where}: rate_per_year = {rate:g} of events must not be below the peaks a year of a basin"
            )
        set_field(self, rate_per_year=rate)

    def _check_depths(self, where: str, nodes: tuple[str, ...]) -> None:
        if self.floor is not None:
            floor = check_levels(check_table(self.floor, f"{where}: floor"), nodes, f"{where}: floor")
            for node in nodes:
                if floor[node] > self.protection[node]:
                    raise SpecificationError(f"{where}: the floor of {node!r} lies above its protection")
            set_field(self, floor=floor)
        critical = self.critical_depth
        set_field(
            self,
            breach=check_probabilities(self.breach, nodes, f"{where}: breach"),
            critical_depth=critical
            if critical == math.inf
            else check_number(critical, f"{where}: critical_depth", 0.0),
            fragility=check_number(self.fragility, f"{where}: fragility", 0.0),
            residual_sd=check_number(self.residual_sd, f"{where}: residual_sd", 0.0),
            correlation_km=check_number(self.correlation_km, f"{where}: correlation_km", 0.0),
            duration_growth_per_m=check_number(self.duration_growth_per_m, f"{where}: duration_growth_per_m", 0.0),
            shared_fraction=check_probability(self.shared_fraction, f"{where}: shared_fraction"),
            lead_time=check_number(self.lead_time, f"{where}: lead_time", 0.0),
        )

    def _check_durations(self, where: str) -> None:
        table = check_table(self.durations, f"{where}: durations")
        for state in table:
            check_known(state, ("damaged", "destroyed"), f"{where}: durations")
        needed = {
            "damaged": self.critical_depth > 0,
            "destroyed": self.critical_depth < math.inf,
        }
        for state, is_needed in needed.items():
            if is_needed and state not in table:
                hint = " (or say critical_depth=math.inf)" if state == "destroyed" else ""
                raise SpecificationError(f"{where}: durations lacks {state!r}, which this flood can cause{hint}")
        checked = {state: durations.check(v, f"{where}: durations[{state!r}]") for state, v in table.items()}
        set_field(self, durations=checked)

    def _check_correlation(self, where: str) -> None:
        check_known(self.copula, ("gaussian", "t"), f"{where}: copula")
        freedom = self.degrees_of_freedom
        if isinstance(freedom, bool) or not isinstance(freedom, int) or not 1 <= freedom <= 1000:
            raise SpecificationError(f"{where}: degrees_of_freedom = {freedom!r} must be a whole number from 1 to 1000")
        basins = list(self.stages)
        if isinstance(self.correlation, Mapping):
            pairs = {}
            for pair, value in self.correlation.items():
                if not isinstance(pair, (tuple, list)) or len(pair) != 2 or pair[0] == pair[1]:
                    raise SpecificationError(f"{where}: correlation: {pair!r} is no pair of basins")
                for basin in pair:
                    check_known(basin, basins, f"{where}: correlation")
                if (pair[1], pair[0]) in pairs:
                    raise SpecificationError(f"{where}: correlation names the pair {pair!r} twice")
                pairs[pair[0], pair[1]] = check_number(value, f"{where}: correlation of {pair!r}", -1.0, 1.0)
            set_field(self, correlation=pairs)
        else:
            set_field(self, correlation=check_number(self.correlation, f"{where}: correlation", -1.0, 1.0))
        try:
            np.linalg.cholesky(self.correlation_matrix())
        except np.linalg.LinAlgError:
            raise SpecificationError(
                f"{where}: the correlation matrix of {', '.join(basins)} is not positive definite; "
                "no basins can depend on each other like that (with a correlation of 1, they are one basin)"
            ) from None

    @property
    def stages(self) -> dict[str, Stage]:
        """The peaks of each basin by name; that of a single basin may be empty."""
        return dict(self.stage) if isinstance(self.stage, Mapping) else {"": self.stage}

    @property
    def event_rate(self) -> Rate:
        """Events a year."""
        peaks = [stage.peak_rate for stage in self.stages.values()]
        if self.rate_per_year is not None:
            return self.rate_per_year
        return peaks[0] if len(peaks) == 1 else max(peaks)

    def basin_of(self, node: str) -> str:
        """Return the basin of a node.

        Parameters
        ----------
        node : str
            One that the flood can reach.

        Returns
        -------
        str
        """
        return self.basin[node] if self.basin else next(iter(self.stages))

    def correlation_matrix(self) -> NDArray[np.float64]:
        """Return the correlation of the copula between the basins, in the order of ``stages``."""
        basins = list(self.stages)
        if isinstance(self.correlation, Mapping):
            matrix = np.eye(len(basins))
            for (a, b), value in self.correlation.items():
                i, j = basins.index(a), basins.index(b)
                matrix[i, j] = matrix[j, i] = value
            return matrix
        return np.where(np.eye(len(basins)) == 1, 1.0, self.correlation)

    def origins(self) -> tuple[str, ...]:
        """Return nothing: a flood has no origin; condition on a stage instead."""
        return ()

    def nodes(self) -> tuple[str, ...]:
        """Return every node that is named."""
        return tuple(self.protection)


def distances_km(places: Sequence[tuple[float, float]]) -> NDArray[np.float64]:
    """Great-circle distances between places (lat, lon in degrees), by the haversine formula."""
    lat, lon = np.radians(np.asarray(places, float)).T
    half = np.sin((lat[:, None] - lat) / 2) ** 2
    half = half + np.cos(lat[:, None]) * np.cos(lat) * np.sin((lon[:, None] - lon) / 2) ** 2
    return np.asarray(2 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(np.clip(half, 0.0, 1.0))), dtype=np.float64)
