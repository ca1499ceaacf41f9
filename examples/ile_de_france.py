"""Where should the digital workspaces of the schools of Ile-de-France run? What a second site gains, and how sure that is.

In March 2021 they ran on one campus in Strasbourg, which burnt. The candidates are fifteen places in Ile-de-France on three
rivers and three plateaus, the campus itself, Roubaix and Gravelines. Nearly all rates of rare events are assumptions, so the
ranking is shown over the ranges of these, and where it tips.

(a) The floods behind the levels.
(b) Every choice of one to three places.
(c) Eighteen ways to run it: hours, nines, data, and what each gains.
(d) What a second place in the same river basin keeps in common with the first.
(e) The ranking over the ranges of eighteen assumptions.
(f) Tipping points.
(g) Figures.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any, NamedTuple

import ile_de_france_ranges as ranges
import matplotlib
import numpy as np
import xarray as xr
from rivers import RIVERS
from scipy import stats

import dcrisk

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402

KINDS = {  # of places, for the table of all pairs
    "bank of the Seine": ["Clichy", "Nanterre", "Courbevoie", "Vitry", "Ivry"],
    "edge of the Seine": ["La Courneuve", "Saint-Denis", "Paris 11"],
    "bank of the Marne": ["Creteil"],
    "edge of the Oise": ["Saint-Ouen-l'Aumone"],
    "plateau": ["Marcoussis", "Les Ulis", "Velizy", "Magny-les-Hameaux", "Lognes"],
    "Strasbourg": ["Strasbourg", "Strasbourg 2"],
    "north": ["Roubaix", "Gravelines"],
}
KIND = {place: kind for kind, places in KINDS.items() for place in places}
COST = {place: 10.0 if KIND[place] in ("Strasbourg", "north") else 12.0 for place in KIND}  # units a year: assumption
FLOOD_OF_1910 = {
    "Seine": 8.62,
    "Marne": 6.99,
    "Oise": 6.69,
}  # the scenario has the sources; the Oise: as rare as the others
TO_COMPARE = "Strasbourg, backup at Roubaix"
BY_HAND = 8.0  # hours to move it by hand, where a failover has failed: assumption
NEAR = 0.2  # hours a year: what is closer to the best than this counts as equally good
BLOCKS = 10  # of trials, to tell noise


def layouts(values: dict[str, float]) -> list[dcrisk.Layout]:
    """How the service could run, from a campus alone to three places. Places beyond the first are on standby.

    - Alone: once its building is damaged or destroyed it moves somewhere else, in days.
    - With a backup: people start it where the backup is, in days, whatever had taken it down, unless it is back before.
    - On standby: a failover of less than an hour, which can fail.
    """
    days = stats.lognorm(0.7, scale=values["relocation"])  # of work, or of waiting for a decision; spread: assumption
    back = {"failback": 0.25, "failback_delay": 24.0}  # planned hours, and hours of waiting: assumption
    failover = stats.lognorm(0.7, scale=values["failover_hours"])

    def alone(place: str) -> dcrisk.Layout:
        return dcrisk.Layout(f"{place} alone", replicas=[place], copies=[place], relocation=days)

    def backup(name: str, *places: str) -> dcrisk.Layout:
        by_people = {"failover_probability": 0.0, "manual_failover": days, "migration": days, **back}
        return dcrisk.Layout(name, replicas=places, copies=places, relocation=days, **by_people)

    def standby(*places: str) -> dcrisk.Layout:
        moves = {"failover": failover, "failover_probability": values["failover"], "manual_failover": BY_HAND, **back}
        return dcrisk.Layout(" + ".join(places), replicas=places, copies=places, relocation=days, **moves)

    return [
        alone("Strasbourg"),
        backup("Strasbourg, backup next door", "Strasbourg", "Strasbourg 2"),
        backup(TO_COMPARE, "Strasbourg", "Roubaix"),
        backup("Vitry, backup at Roubaix", "Vitry", "Roubaix"),
        backup("Marcoussis, backup at Roubaix", "Marcoussis", "Roubaix"),
        standby("Strasbourg", "Strasbourg 2"),
        standby("Vitry", "Clichy"),
        standby("Vitry", "Creteil"),
        standby("Vitry", "Saint-Ouen-l'Aumone"),
        standby("Vitry", "Marcoussis"),
        standby("Marcoussis", "Les Ulis"),
        standby("Marcoussis", "Lognes"),
        standby("Marcoussis", "Roubaix"),
        standby("Marcoussis", "Gravelines"),
        standby("Marcoussis", "Strasbourg"),
        standby("Vitry", "La Courneuve", "Marcoussis"),
        standby("La Courneuve", "Marcoussis", "Lognes"),
        standby("Marcoussis", "Lognes", "Roubaix"),
    ]


def span(row: xr.Dataset, name: str, form: str) -> str:
    value, low, high = (float(row[name + end]) for end in ("", "_low", "_high"))
    return f"{value:{form}} ({low:{form}} to {high:{form}})"


# ---------------------------------------------------------------- (a), (b)


def record() -> None:
    """Part (a): how often the floods that one remembers come, by the fit and by what it does not know."""
    seine = dcrisk.PeaksOverThreshold(**dcrisk.defaults["flood.austerlitz"].value)
    drawn = [dcrisk.PeaksOverThreshold(**law) for law in ranges.seine_draws(2000)]
    print("\n(a) The Seine at Austerlitz: 27 peaks above 5 m in 107 years, and what they say")
    print(f"    {'flood':>10}{'stage, m':>10}{'once in, years':>16}{'5 to 95 %':>16}")
    for year, stage in ((1910, 8.62), (1955, 7.12), (2016, 6.10), (2018, 5.84)):
        with np.errstate(divide="ignore"):
            periods = 1.0 / np.array([float(law.exceedance_rate_per_year(stage)) for law in drawn])
        low, high = np.percentile(periods, [5, 95])
        print(
            f"    {year:>10}{stage:>10.2f}{1 / float(seine.exceedance_rate_per_year(stage)):>16.0f}{low:>8.0f} to {high:.0f}"
        )
    print("    Officially 8.62 m is the flood of 100 years. 2016 and 2018 were not used for the fit.")


def every_choice(scenario: dcrisk.Scenario, trials: int, seed: int) -> xr.Dataset:
    """Part (b): all layouts of up to three places that serve all the time, and nothing that moves."""
    found = dcrisk.search_layouts(
        scenario, list(KIND), replicas=(1, 2, 3), cost=COST, trials=trials, seed=seed, intervals="pareto"
    )
    front = found.isel(layout=found.pareto.values).sortby("cost")
    print(f"\n(b) All {found.sizes['layout']:,} choices of one to three places, all serving, {trials:,} years")
    print("    Nothing else beats in cost, hours and data loss:")
    print(f"    {'':44}{'cost':>6}{'hours down a year':>28}{'P(data loss)':>30}")
    for name in front.layout.values[:12]:
        row = front.sel(layout=name)
        print(
            f"    {name:44}{float(row.cost):>6.0f}{span(row, 'downtime', '.3f'):>28}{span(row, 'data_loss', '.0e'):>30}"
        )
    if front.sizes["layout"] > 12:
        print(f"    and {front.sizes['layout'] - 12} more")
    print("    All pairs, by where the two places lie (hours down a year):")
    print(f"    {'':44}{'pairs':>6}{'least':>9}{'median':>9}{'most':>9}{'P(data loss), median':>24}")
    for words, hours, loss in pair_families(found):
        print(
            f"    {words:44}{len(hours):>6}{min(hours):>9.3f}{np.median(hours):>9.3f}{max(hours):>9.3f}{np.median(loss):>24.1e}"
        )
    return found


def pair_families(found: xr.Dataset) -> list[tuple[str, list[float], list[float]]]:
    """All pairs of a search by the kinds of their places, the best family first: hours and probabilities of data loss."""
    families: dict[str, tuple[list[float], list[float]]] = {}
    for row, size in enumerate(found.replicas.values):
        if size == 2:
            places = [str(name) for name in found.candidate.values[found.member.values[row]]]
            words = " and ".join(sorted((KIND[place] for place in places), key=list(KINDS).index))
            hours, loss = families.setdefault(words, ([], []))
            hours.append(float(found.downtime[row]))
            loss.append(float(found.data_loss[row]))
    listed = [(words, hours, loss) for words, (hours, loss) in families.items()]
    return sorted(listed, key=lambda family: float(np.median(family[1])))


# ---------------------------------------------------------------- (c), (d)


def compare(scenario: dcrisk.Scenario, trials: int, seed: int) -> xr.Dataset:
    """Part (c)."""
    results = dcrisk.simulate(scenario, layouts(ranges.STUDY), trials, seed=seed, attribute=True)
    table = dcrisk.summary(results)
    print(f"\n(c) Ways to run it, {trials:,} years; docs/ile-de-france.md says how each moves")
    print(f"    {'':36}{'hours down a year':>24}{'nines':>22}{'P(outage > 8 h)':>26}{'P(data loss)':>28}")
    for name in table.layout.values:
        row = table.sel(layout=name)
        cells = [span(row, *cell) for cell in (("downtime", ".2f"), ("nines", ".2f"), ("long_outage", ".4f"))]
        print(f"    {name:36}{cells[0]:>24}{cells[1]:>22}{cells[2]:>26}{span(row, 'data_loss', '.0e'):>28}")
    print("    Intervals: of the simulation alone. What is not known is in (e).")
    for baseline in ("Strasbourg alone", TO_COMPARE):
        versus = dcrisk.compare(results, baseline)
        print(f"\n    Gained beside '{baseline}' on the same years: hours a year")
        for name in versus.layout.values:
            row = versus.sel(layout=name)
            low, high = -float(row.downtime_difference_high), -float(row.downtime_difference_low)
            verdict = "better" if low > 0 else "worse" if high < 0 else "not told apart"
            print(f"    {name:36}{-float(row.downtime_difference):>8.2f} ({low:.2f} to {high:.2f}): {verdict}")
    return results


def shared_water(scenario: dcrisk.Scenario, trials: int, seed: int) -> None:
    """Part (d): floods alone, place by place."""
    places = dcrisk.site_layouts(scenario)
    water = scenario.without(*(hazard.name for hazard in scenario.hazards if hazard.name != "flood"))
    down = dcrisk.simulate(water, places, trials, seed=seed, progress=False).downtime > 24.0
    given = water.given("flood", stage=FLOOD_OF_1910)
    in_1910 = (
        dcrisk.simulate(given, places, min(trials, 40_000), seed=seed, horizon=1440.0, progress=False).downtime > 24.0
    )
    print("\n(d) Out for more than 24 h by water or for want of power through it: Vitry, and a second place")
    print(
        f"    Vitry: {100 * float(down.sel(layout='Vitry').mean()):.2f} % of the years; given 1910: {100 * float(in_1910.sel(layout='Vitry').mean()):.0f} %"
    )
    print(
        f"    {'second place':22}{'alone, % of years':>18}{'given Vitry is out, %':>24}{'times as likely':>17}{'phi':>7}{'both, given 1910, %':>21}"
    )
    first, first_1910 = down.sel(layout="Vitry").values, in_1910.sel(layout="Vitry").values
    for name in (
        "Ivry",
        "Clichy",
        "Saint-Denis",
        "Creteil",
        "Saint-Ouen-l'Aumone",
        "La Courneuve",
        "Marcoussis",
        "Lognes",
        "Strasbourg",
        "Roubaix",
    ):
        second = down.sel(layout=name).values
        both = float((first & second).sum() / max(1, first.sum()))
        lift = f"{both / second.mean():.0f}" if second.any() else "-"
        together = 100 * (first_1910 & in_1910.sel(layout=name).values).mean()
        print(
            f"    {name:22}{100 * second.mean():>18.2f}{100 * both:>24.0f}{lift:>17}{(f'{ranges.phi(first, second):.2f}' if second.any() else '-'):>7}{together:>21.0f}"
        )


# ---------------------------------------------------------------- (e)


def block_means(results: xr.Dataset) -> np.ndarray:
    """Mean hours down of each layout in each of some blocks of trials: blocks x layouts."""
    hours = results.downtime.values
    return hours[:, : hours.shape[1] // BLOCKS * BLOCKS].reshape(len(hours), BLOCKS, -1).mean(axis=2).T


def over_the_ranges(
    scenario: dcrisk.Scenario, base: np.ndarray, draws: int, trials: int, seed: int
) -> dict[str, np.ndarray]:
    """Part (e): the same layouts and random numbers, under assumptions drawn from their ranges."""
    drawn, records = ranges.drawn_values(draws, seed), ranges.seine_draws()
    hours, losses = np.empty((draws, len(base))), np.empty((draws, len(base)))
    for i, values in enumerate(drawn):
        seine = records[int(values["record"] * len(records))]
        changed = ranges.with_values(scenario, values, seine)
        results = dcrisk.simulate(changed, layouts(values), trials, seed=seed, progress=False)
        hours[i], losses[i] = results.downtime.values.mean(axis=1), results.data_loss.values.mean(axis=1)
    print_ranking(base, hours, losses, trials)
    print_movers(drawn, hours)
    return {"hours": hours, "base": base}


def near_best(hours: np.ndarray) -> np.ndarray:
    """In what share of the draws (draws x layouts) each layout is within NEAR hours of the best."""
    return (hours < hours.min(axis=1, keepdims=True) + NEAR).mean(axis=0)


def print_ranking(base: np.ndarray, hours: np.ndarray, losses: np.ndarray, trials: int) -> None:
    names = [layout.name for layout in layouts(ranges.STUDY)]
    found = ranges.stability(hours, base)
    near = near_best(hours)
    print(
        f"\n(e) The ranking under {len(hours)} draws of {len(ranges.ASSUMPTIONS)} assumptions, {trials:,} years each, common random numbers"
    )
    print(
        f"    {'':36}{'study':>8}{'5 %':>8}{'median':>8}{'95 %':>8}{'first':>9}{'top three':>11}{'mean rank':>11}{'near best':>11}{'P(data loss), 95 %':>20}"
    )
    for i in np.argsort(base):
        low, middle, high = np.percentile(hours[:, i], [5, 50, 95])
        print(
            f"    {names[i]:36}{base[i]:>8.2f}{low:>8.2f}{middle:>8.2f}{high:>8.2f}{100 * found['first'][i]:>7.0f} %{100 * found['top three'][i]:>9.0f} %"
            f"{found['mean rank'][i]:>11.1f}{100 * near[i]:>9.0f} %{np.percentile(losses[:, i], 95):>20.0e}"
        )
    low, middle, high = np.percentile(found["tau"], [5, 50, 95])
    print(f"    Kendall's tau between a draw and the study: median {middle:.2f}, 5 to 95 % {low:.2f} to {high:.2f}")
    compared = names.index(TO_COMPARE)
    print(f"    How often better than '{TO_COMPARE}', and hours a year gained (5, 50, 95 %):")
    for i in np.argsort(base):
        gain = hours[:, compared] - hours[:, i]
        low, middle, high = np.percentile(gain, [5, 50, 95])
        if i != compared:
            print(f"    {names[i]:36}{100 * (gain > 0).mean():>5.0f} %{low:>8.2f}{middle:>8.2f}{high:>8.2f}")


def print_movers(drawn: list[dict[str, float]], hours: np.ndarray) -> None:
    """Which assumption moves what: rank correlations."""
    names = [layout.name for layout in layouts(ranges.STUDY)]
    questions = {
        "hours of 'Vitry + Clichy'": hours[:, names.index("Vitry + Clichy")],
        "gain of 'Vitry + Clichy'": hours[:, names.index(TO_COMPARE)] - hours[:, names.index("Vitry + Clichy")],
        "gain of 'Marcoussis + Lognes'": hours[:, names.index(TO_COMPARE)]
        - hours[:, names.index("Marcoussis + Lognes")],
        "Roubaix in place of Lognes": hours[:, names.index("Marcoussis + Lognes")]
        - hours[:, names.index("Marcoussis + Roubaix")],
    }
    print("    What moves it most (Spearman's rank correlation over the draws):")
    for words, answer in questions.items():
        strength = {
            name: float(stats.spearmanr([values[name] for values in drawn], answer).statistic)
            for name in ranges.ASSUMPTIONS
        }
        top = sorted(strength, key=lambda name: -abs(strength[name]))[:3]
        print(f"    {words:36}" + "; ".join(f"{ranges.ASSUMPTIONS[name].words} {strength[name]:+.2f}" for name in top))


# ---------------------------------------------------------------- (f)

IN_STRASBOURG = TO_COMPARE
ONE_RIVER, TWO_RIVERS, OISE = "Vitry + Clichy", "Vitry + Creteil", "Vitry + Saint-Ouen-l'Aumone"
ONE_SUBSTATION, TWO_PLATEAUS, MIXED = "Marcoussis + Les Ulis", "Marcoussis + Lognes", "Vitry + Marcoussis"
WITH_ROUBAIX = "Marcoussis + Roubaix"


class Sweep(NamedTuple):
    """One assumption over its range, and which layouts are set against each other."""

    words: str
    points: list[float]
    pairs: list[tuple[str, str]]

    @property
    def layouts(self) -> list[str]:
        return list(dict.fromkeys(name for pair in self.pairs for name in pair))


SWEEPS = {
    "banks": Sweep(
        "protection of Vitry and other banks\n(m at Austerlitz; study 8.74)",
        [-1.5, -1.0, -0.6, -0.3, 0.0, 0.4, 1.0],
        [(ONE_RIVER, IN_STRASBOURG), (TWO_RIVERS, IN_STRASBOURG), (MIXED, WITH_ROUBAIX)],
    ),
    "substations": Sweep(
        "cut-off level of substations\n(m above that of the study)",
        [-1.5, -1.0, -0.5, -0.25, 0.0, 0.5, 1.0],
        [
            (ONE_SUBSTATION, IN_STRASBOURG),
            (TWO_PLATEAUS, IN_STRASBOURG),
            (ONE_RIVER, IN_STRASBOURG),
            (TWO_PLATEAUS, MIXED),
        ],
    ),
    "rivers": Sweep(
        "correlation of Seine, Marne and Oise\n(study 0.7)",
        [0.0, 0.3, 0.5, 0.7, 0.85, 0.95, 0.99],
        [(TWO_RIVERS, IN_STRASBOURG), (OISE, TWO_PLATEAUS), (TWO_RIVERS, ONE_RIVER), (MIXED, WITH_ROUBAIX)],
    ),
    "region": Sweep(
        "blackouts of Ile-de-France a year\n(study 0.05)",
        [0.0, 0.05, 0.2, 0.5, 1.0, 2.0],
        [(TWO_PLATEAUS, IN_STRASBOURG), (ONE_RIVER, IN_STRASBOURG), (TWO_PLATEAUS, WITH_ROUBAIX)],
    ),
    "failover": Sweep(
        "probability that a failover works\n(study 0.97; else 8 h by hand)",
        [0.0, 0.25, 0.5, 0.75, 0.9, 0.999],
        [(WITH_ROUBAIX, IN_STRASBOURG), (TWO_PLATEAUS, IN_STRASBOURG), (ONE_RIVER, IN_STRASBOURG)],
    ),
    "failover_hours": Sweep(
        "hours of a failover\n(median; study 0.5)",
        [0.05, 0.25, 0.5, 1.0, 2.0, 3.0, 4.0],
        [(WITH_ROUBAIX, IN_STRASBOURG), (TWO_PLATEAUS, IN_STRASBOURG), (ONE_RIVER, IN_STRASBOURG)],
    ),
    "generators": Sweep(
        "generators: failures in 1,000 h\n(study 0.9)",
        [0.1e-3, 0.5e-3, 0.909e-3, 2e-3, 5e-3, 10e-3, 15e-3],
        [(ONE_SUBSTATION, IN_STRASBOURG), (TWO_PLATEAUS, IN_STRASBOURG), (MIXED, TWO_PLATEAUS)],
    ),
    "relocation": Sweep(
        "days to move what is damaged or to start\na backup (median; study 3)",
        [6.0, 24.0, 48.0, 72.0, 120.0, 240.0, 480.0],
        [(ONE_RIVER, IN_STRASBOURG), (TWO_RIVERS, IN_STRASBOURG), (MIXED, WITH_ROUBAIX)],
    ),
}


def shown_value(name: str, value: float) -> float:
    """As it stands on the axis."""
    if name == "banks":
        return 8.74 + value
    return value * {"generators": 1000.0, "relocation": 1.0 / 24.0}.get(name, 1.0)


def swept(scenario: dcrisk.Scenario, name: str, one: Sweep, trials: int, seed: int) -> np.ndarray:
    """Mean hours of the layouts of a sweep: points x blocks x layouts."""
    hours = []
    for value in one.points:
        values = ranges.STUDY | {name: value}
        asked = [layout for layout in layouts(values) if layout.name in one.layouts]
        results = dcrisk.simulate(ranges.with_values(scenario, values), asked, trials, seed=seed, progress=False)
        hours.append(block_means(results.sel(layout=one.layouts)))
    return np.array(hours)


class Swept(NamedTuple):
    """What came of a sweep: the values of the assumption, and the hours (points x blocks x layouts)."""

    sweep: Sweep
    x: np.ndarray
    is_logarithmic: bool
    hours: np.ndarray

    def of(self, layout: str) -> np.ndarray:
        return self.hours[:, :, self.sweep.layouts.index(layout)]

    def crossings(self, pair: tuple[str, str], blocks: Any = slice(None)) -> list[float]:
        """Where the lines of two layouts cross as they are drawn: the logarithm of hours, straight between two points."""
        x = np.log(self.x) if self.is_logarithmic else self.x
        first, second = (np.log(self.of(layout)[:, blocks].mean(axis=1)) for layout in pair)
        found = ranges.crossings(x, first - second)
        return np.exp(found).tolist() if self.is_logarithmic else found


def tipping_points(scenario: dcrisk.Scenario, trials: int, seed: int, quick: bool) -> dict[str, Swept]:
    """Part (f): each assumption alone, the others as in the study."""
    found = {}
    for name, one in SWEEPS.items():
        if quick:
            one = one._replace(points=[one.points[0], one.points[-1]])
        x = np.array([shown_value(name, value) for value in one.points])
        found[name] = Swept(one, x, name in ("generators", "relocation"), swept(scenario, name, one, trials, seed))
    print_tips(found, trials, seed)
    return found


def print_tips(found: dict[str, Swept], trials: int, seed: int) -> None:
    print(f"\n(f) Tipping points: one assumption at a time, {trials:,} years, common random numbers")
    print("    Where is the first layout better than the second? In brackets: 5 to 95 %, blocks of years drawn anew")
    for one in found.values():
        print(f"    {' '.join(one.sweep.words.split())}: {one.x[0]:.3g} to {one.x[-1]:.3g}")
        for pair in one.sweep.pairs:
            print(f"      {pair[0]:28} | {pair[1]:30} {tipping_words(one, pair, seed)}")


def tipping_words(one: Swept, pair: tuple[str, str], seed: int) -> str:
    """Where the first of two layouts is better, in words."""
    difference = (one.of(pair[0]) - one.of(pair[1])).mean(axis=1)
    places = one.crossings(pair)
    if not places:
        least, most = np.abs(difference).min(), np.abs(difference).max()
        return f"{'everywhere' if difference[0] < 0 else 'nowhere'}, by {least:.2f} to {most:.2f} h a year"
    random = np.random.default_rng(seed)
    chosen = random.integers(0, BLOCKS, (400, BLOCKS))
    again = [found for blocks in chosen if (found := one.crossings(pair, blocks))]
    words = []
    for at in places:
        low, high = np.percentile([min(found, key=lambda other: abs(other - at)) for found in again], [5, 95])
        words.append(f"{at:.3g} ({low:.3g} to {high:.3g})")
    return f"{'below' if difference[0] < 0 else 'above'} {' and '.join(words)}"


# ---------------------------------------------------------------- (g)


def draw_record(ax: Any) -> None:
    """The peaks at Austerlitz, the fit, what it does not know, and who is protected to where."""
    peaks = np.sort(list(dcrisk.defaults["flood.austerlitz.peaks"].value.values()))[::-1]
    years = np.geomspace(4.0, 1000.0, 80)
    levels = np.array([dcrisk.PeaksOverThreshold(**law).return_level(years) for law in ranges.seine_draws(2000)])
    low, high = np.nanpercentile(levels, [5, 95], axis=0)
    ax.fill_between(
        years, low, high, color="#0072B2", alpha=0.18, linewidth=0, label="fit, 5 to 95 % of what is not known"
    )
    seine = dcrisk.PeaksOverThreshold(**dcrisk.defaults["flood.austerlitz"].value)
    ax.plot(years, seine.return_level(years), color="#0072B2", linewidth=2.2, label="fit used in the scenario")
    ax.plot(
        107.4 / (np.arange(len(peaks)) + 0.56), peaks, "o", color="black", markersize=5, label="27 peaks in 107 years"
    )
    ax.plot([100], [8.62], "*", color="#D55E00", markersize=13, linestyle="", label="1910, officially of 100 years")
    for level, words in (
        (9.11, "F1: Saint-Denis, Paris 11"),
        (8.74, "F2: Clichy, Nanterre, Courbevoie, Vitry"),
        (8.24, "F3: Ivry"),
    ):
        ax.axhline(level, color="0.35", linewidth=1.0, linestyle="--")
        ax.text(4.1, level + 0.04, f"protection, assumed, {words}", fontsize=8.5, color="0.25")
    for year, stage, period in ((1910, 8.62, 107.4 / 0.56), (1955, 7.12, 107.4 / 2.56)):
        ax.annotate(str(year), (period, stage), xytext=(8, -12), textcoords="offset points", fontsize=9)
    later = {"2016": 6.10, "2018": 5.84}
    at = [1.0 / float(seine.exceedance_rate_per_year(stage)) for stage in later.values()]
    look = {"color": "white", "markeredgecolor": "#CC79A7", "markersize": 7, "markeredgewidth": 1.8}
    ax.plot(at, list(later.values()), "D", linestyle="", label="after the record, put on the fit", **look)
    for period, (year, stage) in zip(at, later.items(), strict=True):
        ax.annotate(year, (period, stage), xytext=(8, -14), textcoords="offset points", fontsize=9, color="#8A3E68")
    ax.set(
        xscale="log",
        xlim=(4, 1000),
        ylim=(5, 11),
        xlabel="return period (years)",
        ylabel="stage at Paris-Austerlitz (m)",
    )
    ax.set_xticks([5, 10, 20, 50, 100, 200, 500, 1000], ["5", "10", "20", "50", "100", "200", "500", "1,000"])
    ax.grid(alpha=0.3)
    ax.legend(loc="lower right", fontsize=9)


def draw_ranking(found: dict[str, np.ndarray]) -> Any:
    """Hours of each layout over the draws, and how often it is first, among three, or as good as the best."""
    figure, (ax, beside) = plt.subplots(1, 2, figsize=(12, 7), width_ratios=(3, 1), layout="constrained", sharey=True)
    names = [layout.name for layout in layouts(ranges.STUDY)]
    order = np.argsort(found["base"])[::-1]
    low, first, middle, third, high = np.percentile(found["hours"][:, order], [5, 25, 50, 75, 95], axis=0)
    rows = np.arange(len(order))
    ax.hlines(rows, low, high, color="#0072B2", linewidth=1.6, label="5 to 95 % of the draws")
    ax.hlines(rows, first, third, color="#0072B2", linewidth=7, label="middle half")
    ax.plot(middle, rows, "|", color="white", markersize=8, markeredgewidth=2)
    ax.plot(found["base"][order], rows, "D", color="#D55E00", markersize=6, label="as in the study")
    ax.set_yticks(rows, [names[i] for i in order])
    ax.set(xscale="log", xlabel="hours down a year", ylim=(-0.7, len(order) + 0.2))
    ax.set_xticks([1, 2, 5, 10, 20, 50], ["1", "2", "5", "10", "20", "50"])
    ax.minorticks_off()
    ax.grid(axis="x", alpha=0.3)
    ax.legend(loc="upper right", fontsize=9)
    held = ranges.stability(found["hours"], found["base"])
    columns = {
        "first": [f"{100 * x:.0f} %" for x in held["first"]],
        "top 3": [f"{100 * x:.0f} %" for x in held["top three"]],
        f"within\n{NEAR:g} h": [f"{100 * x:.0f} %" for x in near_best(found["hours"])],
        "mean\nrank": [f"{x:.1f}" for x in held["mean rank"]],
    }
    beside.set_axis_off()
    for k, (head, cells) in enumerate(columns.items()):
        place = 0.2 + 0.25 * k
        beside.text(place, len(order) - 0.45, head, ha="right", fontsize=9, weight="bold")
        for row, i in enumerate(order):
            beside.text(place, row, cells[i], va="center", ha="right", fontsize=9)
    return figure


STYLES = {
    IN_STRASBOURG: ("#000000", "-", "o"),
    ONE_RIVER: ("#D55E00", "--", "s"),
    TWO_RIVERS: ("#E69F00", "-.", "^"),
    OISE: ("#CC79A7", ":", "D"),
    MIXED: ("#56B4E9", "-", "v"),
    ONE_SUBSTATION: ("#7B3F00", "--", "P"),
    TWO_PLATEAUS: ("#0072B2", "-.", "X"),
    WITH_ROUBAIX: ("#009E73", "-", "*"),
}


def draw_tipping(found: dict[str, Swept]) -> Any:
    """One panel for each assumption; circles where one of a pair overtakes the other."""
    figure, axes = plt.subplots(2, 4, figsize=(15, 8.8), layout="constrained", sharey=True)
    for ax, (name, one) in zip(axes.ravel(), found.items(), strict=True):
        means = dict(zip(one.sweep.layouts, one.hours.mean(axis=1).T, strict=True))
        for layout, hours in means.items():
            colour, dashes, mark = STYLES[layout]
            ax.plot(one.x, hours, color=colour, linestyle=dashes, marker=mark, markersize=5)
        for pair in one.sweep.pairs:
            for at in one.crossings(pair):
                x, here = (np.log(one.x), np.log(at)) if one.is_logarithmic else (one.x, at)
                height = np.exp(np.interp(here, x, np.log(means[pair[0]])))
                ax.plot([at], [height], "o", markersize=14, markerfacecolor="none", markeredgecolor="#B00020", zorder=5)
        if one.is_logarithmic:
            ax.set_xscale("log")
            ax.xaxis.set_major_formatter(matplotlib.ticker.FuncFormatter(lambda x, _: f"{x:g}"))
        ax.axvline(shown_value(name, ranges.STUDY[name]), color="0.6", linewidth=1.0, linestyle=(0, (2, 2)), zorder=0)
        ax.set(xlabel=one.sweep.words, yscale="log")
        ax.grid(alpha=0.3)
    axes[0, 0].set_yticks([0.5, 1, 2, 5, 10, 20], ["0.5", "1", "2", "5", "10", "20"])
    axes[0, 0].set_ylim(0.6, 1.2 * max(one.hours.mean(axis=1).max() for one in found.values()))
    axes[0, 0].minorticks_off()
    for ax in axes[:, 0]:
        ax.set_ylabel("hours down a year")
    handles = [plt.Line2D([], [], color=c, linestyle=d, marker=m, label=name) for name, (c, d, m) in STYLES.items()]
    circle = {"marker": "o", "markersize": 12, "markerfacecolor": "none", "markeredgecolor": "#B00020", "linestyle": ""}
    handles += [plt.Line2D([], [], label="tipping point of a pair", **circle)]
    handles += [plt.Line2D([], [], color="0.6", linestyle=(0, (2, 2)), label="value of the study")]
    figure.legend(handles=handles, loc="outside lower center", ncols=5, frameon=False)
    return figure


def draw_front(found: xr.Dataset) -> Any:
    ax = dcrisk.plot_pareto(found)
    ax.set_xlabel("cost (units a year: 12 a place in Ile-de-France, 10 elsewhere; assumption)")
    return ax.figure


def draw_map(scenario: dcrisk.Scenario, trials: int, seed: int) -> Any:
    """What a flood like 1910 does, in the official projection of France if pyproj is there."""
    given = scenario.given("flood", stage=FLOOD_OF_1910)
    results = dcrisk.simulate(
        given, dcrisk.site_layouts(given), min(trials, 40_000), seed=seed, horizon=1440.0, progress=False
    )
    try:
        import pyproj  # noqa: F401

        projection = "EPSG:2154"  # Lambert-93
    except ImportError:
        projection = None
    ax = dcrisk.plot_map(
        given, footprint=results, at_least_hours=24.0, utilities=False, rivers=RIVERS, projection=projection
    )
    plane = "Lambert-93" if projection else "a plane that touches the globe amid the sites"
    ax.set_title(f"A flood like 1910: who is out for more than a day within 60 days ({plane})", loc="left")
    return ax.figure


def figures(
    scenario: dcrisk.Scenario, found: xr.Dataset, results: xr.Dataset, ranking: Any, tipping: Any, run: Any
) -> None:
    """Part (g)."""
    trials, seed, folder = run
    folder.mkdir(parents=True, exist_ok=True)

    def on_axes(draw: Any, size: tuple[float, float]) -> Any:
        figure, ax = plt.subplots(figsize=size, layout="constrained")
        draw(ax)
        return figure

    drawings = {
        "record": lambda: on_axes(draw_record, (10, 6)),
        "map": lambda: draw_map(scenario, trials, seed),
        "front": lambda: draw_front(found),
        "nines": lambda: dcrisk.plot_nines(results).figure,
        "downtime-by-hazard": lambda: on_axes(lambda ax: dcrisk.plot_downtime(results, ax=ax), (12, 8)),
        "ranking": lambda: draw_ranking(ranking),
        "tipping": lambda: draw_tipping(tipping),
    }
    for name, make in drawings.items():
        figure = make()
        figure.savefig(folder / f"{name}.png", dpi=150)
        plt.close(figure)
    print(f"\n(g) Figures: {', '.join(str(folder / f'{name}.png') for name in drawings)}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--trials", type=float, default=400_000, help="years of (b), (c) and (d)")
    parser.add_argument("--draws", type=int, default=100, help="draws of all assumptions in (e)")
    parser.add_argument(
        "--draw-trials",
        type=float,
        default=40_000,
        help="years of each draw in (e); of each point in (f): twice as many",
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--quick", action="store_true", help="few years, to see that all works")
    parser.add_argument("--output", type=Path, default=Path("ile-de-france-figures"))
    arguments = parser.parse_args()
    trials, each, draws, seed = int(arguments.trials), int(arguments.draw_trials), arguments.draws, arguments.seed
    if arguments.quick:
        trials, each, draws = 2000, 200, 3
    scenario = dcrisk.load_scenario("ile-de-france")
    record()
    found = every_choice(scenario, trials, seed)
    results = compare(scenario, trials, seed)
    shared_water(scenario, trials, seed)
    base = results.downtime.values.mean(axis=1)
    noise = ranges.stability(block_means(results), base)["tau"]
    ranking = over_the_ranges(scenario, base, draws, each, seed)
    print(
        f"    Noise alone: tau between a tenth of the years of (c) ({trials // BLOCKS:,}) and all of them: median {np.median(noise):.2f}"
    )
    tipping = tipping_points(scenario, 2 * each, seed, arguments.quick)
    figures(scenario, found, results, ranking, tipping, (trials, seed, arguments.output))


if __name__ == "__main__":
    main()
