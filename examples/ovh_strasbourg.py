"""Strasbourg, 10 March 2021: what the model says of it, and of a year ahead.

(a) Hindcast: given a fire that takes hold in SBG2, the fate of each building and the way back, beside what happened.
(b) A year ahead: eight ways to host a service on and around the campus, from the file of the scenario.
(c) Figures: the way back, the campus, exceedance curves, what share of the downtime each hazard brings.

Nothing in the scenario was tuned to the event; where the two differ, the text says so.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import matplotlib
import numpy as np
from scipy import stats

import dcrisk

matplotlib.use("Agg")

HAPPENED = {  # sources: docs/strasbourg.md
    "SBG1a": ("4 rooms destroyed", "never back"),
    "SBG1b": ("8 rooms dark, whole", "racks from 8.6, second incident on 9.75, given up"),
    "SBG2": ("destroyed", "never back"),
    "SBG3": ("dark, whole", "12.5"),
    "SBG4": ("dark, whole", "9.5, cut again at 9.75"),
}
MILESTONES = [  # day, what was planned or happened; sources: docs/strasbourg.md
    (5.0, "plan of 10 March: SBG1 and SBG4 are back"),
    (8.6, "first racks of SBG1 are back"),
    (9.0, "plan of 10 March: SBG3 is back"),
    (9.5, "SBG4 in full service, cut again at 9.75"),
    (12.5, "SBG3 in full service, SBG4 usable"),
    (33.0, "92 % of bare metal, 79 to 99 % of the rest"),
    (50.0, '"100 % of services"'),
]
WHOLE = ["SBG1b", "SBG3", "SBG4"]
SERVERS = {  # shares of the campus; SBG2 had 14,000 of 29,000 (AFP; developpez.com), the rest in thirds is an assumption
    "SBG1a": 15 / 29 / 9,
    "SBG1b": 15 / 29 * 2 / 9,
    "SBG2": 14 / 29,
    "SBG3": 15 / 29 / 3,
    "SBG4": 15 / 29 / 3,
}
MOVED = (7, 14, 28)  # median days until a lost server runs at another site: an assumption, varied for that reason
EDGES = np.concatenate([np.arange(0.0, 15.0), np.arange(15.0, 61.0, 2.5)])  # days; the curve is the mean between two


COLUMNS = [  # of the table of part (b): variable, title, width, format
    ("availability", "availability", 22, ".5f"),
    ("nines", "nines", 14, ".2f"),
    ("downtime", "hours down a year", 19, ".2f"),
    ("long_outage", "P(outage over 8 h)", 22, ".1e"),
    ("data_loss", "P(data loss)", 20, ".0e"),
]


def burning(scenario: dcrisk.Scenario, **changes: Any) -> dcrisk.Scenario:
    """A fire that takes hold in SBG2 at time 0, and nothing else: no other hazard, no ignition later."""
    fire = next(hazard for hazard in scenario.hazards if hazard.name == "fire")
    still = replace(fire, rate_per_year=dict.fromkeys(fire.origins(), 0.0), **changes)
    return replace(scenario, hazards=[still]).given("fire", origin="SBG2", contained=False)


def hindcast(scenario: dcrisk.Scenario, trials: int, seed: int) -> None:
    """Part (a): the fate of each building, given the fire."""
    layouts = [layout for layout in dcrisk.site_layouts(scenario) if layout.name in HAPPENED]
    horizon = 400 * 24.0
    results = dcrisk.simulate(burning(scenario), layouts, trials, seed=seed, horizon=horizon)
    once = dcrisk.simulate(burning(scenario, reignition_probability=0.0), layouts, trials, seed=seed, horizon=horizon)
    print("\n(a) Hindcast: a fire takes hold in SBG2 at time 0")
    print(
        f"    {'':6}{'P(dark)':>9}{'P(dark again)':>15}{'P(destroyed)':>14}{'days of the longest outage':>30}   what happened"
    )
    print(f"    {'':6}{'':>9}{'':>15}{'':>14}{'5 %':>12}{'median':>9}{'95 %':>9}   (day back)")
    for name, (state, back) in HAPPENED.items():
        building = results.sel(layout=name)
        days = building.longest_outage.values / 24
        dark = days > 0
        low, middle, high = np.quantile(days[dark], [0.05, 0.5, 0.95])
        print(
            f"    {name:6}{dark.mean():>9.3f}{(building.outages.values > 1).mean():>15.3f}"
            f"{building.data_loss.values.mean():>14.3f}{low:>12.1f}{middle:>9.1f}{high:>9.1f}   {state}: {back}"
        )
    chance = burning(scenario).hazards[0].reignition_probability  # type: ignore[attr-defined]
    more = (results.downtime - once.downtime).sel(layout="SBG4").values / 24
    print(
        f"    The second incident (after {100 * chance:.0f} % of the fires that take hold), beside the same {trials:,} fires without it:\n"
        f"    SBG4 is dark for longer in {100 * (more > 0).mean():.0f} % of them, then by {more[more > 0].mean():.0f} days on average."
    )


class Restoration(NamedTuple):
    """Share of trials in which something is up, on average over each stretch between two of EDGES."""

    buildings: dict[str, np.ndarray]  # given the fire in SBG2
    known: dict[str, np.ndarray]  # and what was known on the evening of 10 March
    servers: dict[int, np.ndarray]  # the same, all servers of the campus, by the median days until lost ones are moved


def restoration(scenario: dcrisk.Scenario, trials: int, seed: int) -> Restoration:
    """Part (a), continued: when what is back, beside what happened."""
    fire = burning(scenario)
    sites = [dcrisk.Layout(name, replicas=[name], copies=[name]) for name in HAPPENED]
    moved = [
        dcrisk.Layout(f"{name}, {days} d", replicas=[name], relocation=stats.lognorm(0.7, scale=24.0 * days))
        for name in HAPPENED
        for days in MOVED
    ]

    # What was known on the evening of 10 March: SBG2 and SBG1a destroyed, all others whole, all dark. Without the cut,
    # only what burnt is dark on the first day, and all other draws of the fire stay as they are.
    cut = dcrisk.simulate(fire, sites, trials, seed=seed, horizon=24.0)
    uncut = dcrisk.simulate(burning(scenario, isolation=()), sites, trials, seed=seed, horizon=24.0)
    lost = uncut.data_loss.sel(layout=["SBG1a", "SBG2"]).all("layout")
    struck = (uncut.downtime > 0).sel(layout=WHOLE).any("layout")
    known = (lost & ~struck & (cut.downtime > 0).all("layout")).values

    # The fire is given, its draws are named by the trial, and nothing else happens. So a longer window only adds hours
    # at its end, and the downtime of a window of t + dt less that of one of t is the downtime in (t, t + dt): exactly,
    # trial by trial. Over dt, its mean is the probability of being down, averaged over these hours.
    shares, before = [], np.zeros((len(sites + moved), trials))
    for first, last in zip(EDGES, EDGES[1:], strict=False):
        results = dcrisk.simulate(fire, sites + moved, trials, seed=seed, horizon=24.0 * last, progress=False)
        downtime = results.downtime.values
        up = 1.0 - (downtime - before) / (24.0 * (last - first))
        shares.append((up.mean(axis=1), up[:, known].mean(axis=1) if known.any() else np.full(len(up), np.nan)))
        before = downtime
    names = [layout.name for layout in sites + moved]
    given_fire, given_evening = (
        dict(zip(names, np.transpose(share), strict=True)) for share in zip(*shares, strict=True)
    )
    servers = {days: sum(w * given_evening[f"{name}, {days} d"] for name, w in SERVERS.items()) for days in MOVED}
    curves = Restoration(
        {name: given_fire[name] for name in WHOLE}, {name: given_evening[name] for name in WHOLE}, servers
    )
    print_restoration(curves, int(known.sum()), trials)
    return curves


def print_restoration(curves: Restoration, known: int, trials: int) -> None:
    print(
        "\n    The way back. On the evening of 10 March it was known that SBG2 and the 4 rooms were lost, that the rest was\n"
        f"    whole, and that all was dark: {known:,} of {trials:,} simulated fires are like that. In these, up again are"
    )
    print(f"\n    {'on day':>6}   {'':44}{'a whole':>9}{'of all servers, if the lost ones move':>41}")
    medians = "".join(f"{f'in {days} d':>11}" for days in MOVED)
    print(f"    {'':6}   {'':44}{'building':>9}{'':>8}{medians} (median)")
    for day, words in MILESTONES:
        i = int(np.searchsorted(EDGES, day, "right")) - 1
        building = np.mean([share[i] for share in curves.known.values()])
        servers = "".join(f"{100 * share[i]:>9.0f} %" for share in curves.servers.values())
        print(f"    {day:>6g}   {words:44}{100 * building:>7.0f} %{'':>8}{servers}")
    print(
        f"    (within {100 * 1.96 * np.sqrt(0.25 / max(known, 1)):.1f} points, for the number of trials)\n"
        "\n    Where they differ: the model returns all that is whole at one moment; in 2021 the buildings came one by one.\n"
        "    Its second incident cuts the whole campus off once more; in 2021 it cut SBG1 and SBG4, and work on SBG3 went\n"
        "    on the next day. The model's percentages are of servers, those of 2021 of services, and what was moved where\n"
        "    is not published. One event cannot tell whether the probabilities of spread, all assumptions, are right."
    )


def year_ahead(scenario: dcrisk.Scenario, trials: int, seed: int):  # type: ignore[no-untyped-def]
    """Part (b): a year of the service under each layout."""
    layouts = dcrisk.load_layouts(scenario.name)  # the file has them, with what is assumed of each
    results = dcrisk.simulate(scenario, layouts, trials, seed=seed, attribute=True)
    table = dcrisk.summary(results)

    print(f"\n(b) A year ahead: {trials:,} simulated years")
    print(f"    {'':26}" + "".join(f"{title:>{width}}" for _, title, width, _ in COLUMNS))
    for layout in table.layout.values:
        row = table.sel(layout=layout)
        values = (f"{float(row[name]):{form}}" for name, _, _, form in COLUMNS)
        ranges = (
            f"{float(row[name + '_low']):{form}} to {float(row[name + '_high']):{form}}" for name, _, _, form in COLUMNS
        )
        print(
            f"    {layout:26}" + "".join(f"{text:>{column[2]}}" for text, column in zip(values, COLUMNS, strict=True))
        )
        print(f"    {'':26}" + "".join(f"{text:>{column[2]}}" for text, column in zip(ranges, COLUMNS, strict=True)))
    print("    Second lines: 95 % intervals of the simulation alone. What is not known about the rates is larger.")
    return results


LOOKS = (("#009E73", (0, (8, 1.5))), ("#0072B2", (0, (6, 1.5, 1, 1.5))), ("#CC79A7", (0, (3, 1, 1, 1, 1, 1))))


def draw_restoration(curves: Restoration, ax: Any) -> None:
    """The way back: curves of the model, and above them what happened, building by building."""
    shown = (
        ("SBG4, given the fire in SBG2", curves.buildings["SBG4"], "#56B4E9", "--", 1.8),
        ("SBG1b, given the fire in SBG2", curves.buildings["SBG1b"], "#E69F00", ":", 2.2),
        (
            "a whole building, given the evening of 10 March",
            np.mean(list(curves.known.values()), axis=0),
            "#000000",
            "-",
            2.4,
        ),
        *(
            (f"all servers, lost ones moved in {days} d (median)", share, *look, 2.0)
            for (days, share), look in zip(curves.servers.items(), LOOKS, strict=True)
        ),
    )
    middles = 0.5 * (EDGES[:-1] + EDGES[1:])
    for label, share, colour, dashes, width in shown:
        ax.plot(middles, 100 * share, color=colour, linestyle=dashes, linewidth=width, label=f"model: {label}")
    ax.plot([33], [92], "D", color="#D55E00", markersize=9, zorder=5, label="2021: bare metal")
    ax.plot([33] * 4, [84, 99, 86, 79], "D", color="#D55E00", markerfacecolor="white", label="2021: other services")
    ax.plot(
        [50], [100], "*", color="#D55E00", markersize=15, zorder=5, clip_on=False, label='2021: "100 % of services"'
    )
    ax.set(xlim=(0, 60), ylim=(0, 100), xlabel="days after the fire", ylabel="up again (%)")
    ax.grid(alpha=0.3)
    ax.legend(loc="lower right", fontsize=9)


def draw_calendar(ax: Any) -> None:
    """What happened in 2021: dark, back in part, back."""
    rows = [  # building, (from, to, how) in days
        ("SBG1", [(0.1, 8.6, "dark"), (8.6, 9.75, "partly"), (9.75, 60, "dark")]),
        ("SBG3", [(0.1, 9.5, "dark"), (9.5, 12.5, "partly"), (12.5, 60, "up")]),
        ("SBG4", [(0.1, 9.5, "dark"), (9.5, 9.75, "up"), (9.75, 12.5, "dark"), (12.5, 60, "partly")]),
    ]
    looks = {"dark": ("#4D4D4D", ""), "partly": ("#F0E0B0", "///"), "up": ("#7FCFAF", "")}
    for row, (_, spells) in enumerate(rows):
        for first, last, how in spells:
            colour, hatch = looks[how]
            ax.barh(
                row, last - first, left=first, height=0.7, color=colour, hatch=hatch, edgecolor="#4D4D4D", linewidth=0.6
            )
    for row, day in ((0, 5.0), (1, 9.0), (2, 5.0)):
        ax.plot([day], [row], "v", color="white", markeredgecolor="#D55E00", markeredgewidth=1.5, markersize=8)
    ax.set_yticks(range(len(rows)), [name for name, _ in rows])
    ax.set_ylim(len(rows) - 0.4, -0.6)
    ax.tick_params(labelbottom=False)
    ax.set_title(
        "2021: dark (grey), back in part or usable (hatched), back (green); triangle: back by the plan of 10 March",
        fontsize=10,
    )


def figures(scenario: dcrisk.Scenario, results, curves: Restoration, folder: Path) -> None:  # type: ignore[no-untyped-def]
    """Part (c): figures."""
    import matplotlib.pyplot as plt

    folder.mkdir(parents=True, exist_ok=True)
    figure, (above, below) = plt.subplots(
        2, 1, figsize=(10, 6.5), layout="constrained", sharex=True, height_ratios=(1, 4)
    )
    draw_restoration(curves, below)
    draw_calendar(above)
    figure.savefig(folder / "restoration.png", dpi=150)
    plt.close(figure)
    shown = results.sel(layout=[name for name in results.layout.values if not name.endswith((" 1 d", " 7 d"))])
    drawings = {
        "campus-map": lambda ax: dcrisk.plot_map(scenario, ax=ax),
        "exceedance": lambda ax: dcrisk.plot_exceedance(shown, quantity="longest_outage", ax=ax),
        "downtime-by-hazard": lambda ax: dcrisk.plot_downtime(results, ax=ax),
    }
    for name, draw in drawings.items():
        figure, ax = plt.subplots(figsize=(10, 6.5), layout="constrained")
        draw(ax)
        figure.savefig(folder / f"{name}.png", dpi=150)
        plt.close(figure)
    print(f"\n(c) Figures: {', '.join(f'{folder / name}.png' for name in ('restoration', *drawings))}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=float, default=400_000, help="simulated years (default 400000)")
    parser.add_argument("--quick", action="store_true", help="a twentieth of the trials")
    parser.add_argument("--seed", type=int, default=2021)
    parser.add_argument("--out", type=Path, default=Path("strasbourg-figures"), help="folder of the figures")
    arguments = parser.parse_args()
    trials = int(arguments.trials) // (20 if arguments.quick else 1)
    scenario = dcrisk.load_scenario("ovh-strasbourg-2021")
    hindcast(scenario, min(trials, 50_000), arguments.seed)
    curves = restoration(scenario, min(trials, 40_000), arguments.seed)
    results = year_ahead(scenario, trials, arguments.seed)
    figures(scenario, results, curves, arguments.out)


if __name__ == "__main__":
    main()
