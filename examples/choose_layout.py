"""Which layout, why, how sure, and what one more site would buy: from a scenario to an answer that can be defended.

The service of 2021 ran on the campus in Strasbourg. Its operator has sites at Roubaix and Gravelines, too. Where should it
run and where should its data be? The scenario is the shipped one, so every rate has its source there, and most of those
of rare events are assumptions. Costs are assumptions of this example: 10 units a year for a place on the campus,
12 elsewhere.

(a) Every choice of one to three sites: what nothing else beats.
(b) The few that are left, as services are run: failover that takes time and can fail, backups that lag, and a backup that
    may stand where the server stands.
(c) What one more site buys, what the risk hangs on, and one bad year, outage by outage.
(d) Figures.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import matplotlib
import xarray as xr
from scipy import stats

import dcrisk

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402

CAMPUS = ["SBG1b", "SBG2", "SBG3", "SBG4"]
AWAY = ["Roubaix", "Gravelines"]
COST = dict.fromkeys(CAMPUS, 10.0) | dict.fromkeys(AWAY, 12.0)  # units a year: an assumption
FAILOVER = {
    "failover": stats.lognorm(0.7, scale=0.5),  # hours, median half an hour: an assumption
    "failover_probability": 0.97,  # 0.95 to 0.99: an assumption
    "manual_failover": 8.0,  # hours: an assumption
    "failback": 0.25,  # planned hours: an assumption
    "failback_delay": 24.0,  # hours: an assumption
}
RELOCATION = stats.lognorm(0.7, scale=72.0)  # hours until a lost server runs elsewhere: an assumption, as in 2021
BACKUP = {"backup_interval": 24.0, "backup_lag": 4.0}  # hours, nightly: an assumption
ERROR = 0.05  # P(a backup stands in the building of the server, not where it is believed to be): an assumption


def every_choice(scenario: dcrisk.Scenario, trials: int, seed: int) -> xr.Dataset:
    """Part (a): cost and risk of all choices of one to three sites, the data at each."""
    found = dcrisk.search_layouts(
        scenario, CAMPUS + AWAY, replicas=(1, 2, 3), cost=COST, trials=trials, seed=seed, intervals="pareto"
    )
    front = found.isel(layout=found.pareto.values).sortby("cost")
    print(f"\n(a) {found.sizes['layout']} choices of one to three sites, {trials:,} years; nothing else beats")
    print(f"    {'':28}{'cost':>6}{'hours down a year':>30}{'P(data loss)':>34}")
    for name in front.layout.values:
        row = front.sel(layout=name)
        hours = f"{float(row.downtime):.3f} ({float(row.downtime_low):.3f} to {float(row.downtime_high):.3f})"
        loss = f"{float(row.data_loss):.1e} ({float(row.data_loss_low):.1e} to {float(row.data_loss_high):.1e})"
        print(f"    {name:28}{float(row.cost):>6.0f}{hours:>30}{loss:>34}")
    return found


def services() -> list[dcrisk.Layout]:
    """Part (b): how the service could be run."""
    return [
        dcrisk.Layout(
            "SBG2, nightly backup in SBG1",
            replicas=["SBG2"],
            copies=["SBG2", "SBG1b"],
            relocation=RELOCATION,
            placement_error={("SBG1b", "SBG2"): ERROR},
            **BACKUP,
        ),
        dcrisk.Layout(
            "SBG2, nightly backup at Roubaix",
            replicas=["SBG2"],
            copies=["SBG2", "Roubaix"],
            relocation=RELOCATION,
            **BACKUP,
        ),
        dcrisk.Layout(
            "SBG2, standby in SBG3",
            replicas=["SBG2", "SBG3"],
            copies=["SBG2", "SBG3", "Roubaix"],
            asynchronous=["Roubaix"],
            relocation=RELOCATION,
            **FAILOVER,
            **BACKUP,
        ),
        dcrisk.Layout(
            "SBG2, standby at Roubaix",
            replicas=["SBG2", "Roubaix"],
            copies=["SBG2", "Roubaix"],
            relocation=RELOCATION,
            **FAILOVER,
        ),
        dcrisk.Layout(
            "two of SBG2, Roubaix, Gravelines",
            replicas=["SBG2", "Roubaix", "Gravelines"],
            quorum=2,
            copies=["SBG2", "Roubaix", "Gravelines"],
            capacity=0.5,
            relocation=RELOCATION,
            **FAILOVER,
        ),
    ]


def compare_services(scenario: dcrisk.Scenario, trials: int, seed: int) -> xr.Dataset:
    """Part (b), continued: how they fare, and how sure it is that they differ."""
    layouts = services()
    results = dcrisk.simulate(scenario, layouts, trials, seed=seed, periods=12)
    table = dcrisk.summary(results)
    data = dcrisk.durability(results, objectives=[1.0, 24.0])
    promise = dcrisk.sla(results, allowed_hours=4.0, by_period=True)
    tail = dcrisk.tail_risk(results, levels=[0.99])
    print(f"\n(b) Five ways to run it, {trials:,} years")
    titles = ("hours down a year", "mean of worst 1 %", "P(month <= 4 h)", "P(data loss)", "P(over 24 h of work lost)")
    print(f"    {'':34}" + "".join(f"{title:>26}" for title in titles))
    columns = [
        (table, "downtime", {}, ".2f"),
        (tail, "tail_value_at_risk", {"level": 0.99}, ".1f"),
        (promise, "compliance", {}, ".5f"),
        (data, "loss_probability", {}, ".1e"),
        (data, "objective_missed", {"objective": 24.0}, ".1e"),
    ]
    for layout in layouts:
        cells = [[], []]  # type: list[list[str]]
        for found, name, place, form in columns:
            value, low, high = (
                found[name + end].sel(layout=layout.name, **place).item() for end in ("", "_low", "_high")
            )
            cells[0].append(f"{value:{form}}")
            cells[1].append(f"{low:{form}} to {high:{form}}")
        for first, row in zip((layout.name, ""), cells, strict=True):
            print(f"    {first:34}" + "".join(f"{cell:>26}" for cell in row))
    baseline = layouts[1].name
    versus = dcrisk.compare(results, baseline)
    print(f"\n    Beside '{baseline}', on the same years, hours down a year:")
    for name in versus.layout.values:
        row = versus.sel(layout=name)
        low, high = float(row.downtime_difference_low), float(row.downtime_difference_high)
        verdict = "better" if high < 0 else "worse" if low > 0 else "not told apart"
        print(
            f"    {name:34}{float(row.downtime_difference):>9.2f} ({low:.2f} to {high:.2f}): {verdict}; separate runs would"
            f" need {float(row.variance_ratio):.1f} times the years"
        )
    return results


def reasons(scenario: dcrisk.Scenario, trials: int, seed: int) -> xr.Dataset:
    """Part (c): what one more site buys, and what the risk hangs on."""
    value = dcrisk.value_of_site(
        scenario, ["SBG2"], ["SBG3", "Roubaix"], cost=COST, trials=trials, seed=seed, progress=False
    )
    print("\n(c) One more site beside SBG2 (hours down a year, with it minus without it; the data at both)")
    for name in value.candidate.values:
        row = value.sel(candidate=name)
        low, high = float(row.downtime_difference_low), float(row.downtime_difference_high)
        print(
            f"    {name:12}{float(row.downtime_difference):>8.2f} ({low:.2f} to {high:.2f}), "
            f"{float(row.downtime_per_cost):.2f} for each unit of cost"
        )
    measured = dcrisk.importance(scenario, services()[3:4], trials // 4, seed=seed, progress=False)
    print(f"    What the downtime of '{measured.layout.item()}' hangs on (share that would go without it):")
    order = measured.fussell_vesely.isel(layout=0).sortby(measured.fussell_vesely.isel(layout=0), ascending=False)
    for name in order.component.values[:5]:
        row = measured.isel(layout=0).sel(component=name)
        low, high = float(row.fussell_vesely_low), float(row.fussell_vesely_high)
        print(f"    {str(row.kind.item()):>8} {name:24}{float(row.fussell_vesely):>7.2f} ({low:.2f} to {high:.2f})")
    return measured


def draw(
    scenario: dcrisk.Scenario, found: xr.Dataset, results: xr.Dataset, measured: xr.Dataset, seed: int, folder: Path
) -> None:
    """Part (d)."""
    worst = int(results.downtime.sel(layout="SBG2, standby at Roubaix").values.argmax())
    year = dcrisk.trace(scenario, services(), worst, seed=seed)
    folder.mkdir(parents=True, exist_ok=True)
    drawings = {
        "front": lambda: dcrisk.plot_pareto(found),
        "nines": lambda: dcrisk.plot_nines(results),
        "importance": lambda: dcrisk.plot_importance(measured),
        "worst-year": lambda: dcrisk.plot_timeline(year),
        "map": lambda: dcrisk.plot_map(scenario, layout=services()[4]),
    }
    for name, make in drawings.items():
        figure = make().figure
        figure.savefig(folder / f"{name}.png", dpi=150)
        plt.close(figure)
    print(f"\n(d) Figures: {', '.join(str(folder / f'{name}.png') for name in drawings)}")
    print(f"    The worst of the years for 'SBG2, standby at Roubaix' is year {worst}.")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--trials", type=float, default=400_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--quick", action="store_true", help="few years, to see that all works")
    parser.add_argument("--output", type=Path, default=Path("layout-figures"))
    arguments = parser.parse_args()
    trials = 20_000 if arguments.quick else int(arguments.trials)
    scenario = dcrisk.load_scenario("ovh-strasbourg-2021")
    found = every_choice(scenario, trials, arguments.seed)
    results = compare_services(scenario, trials, arguments.seed)
    measured = reasons(scenario, trials, arguments.seed)
    draw(scenario, found, results, measured, arguments.seed, arguments.output)


if __name__ == "__main__":
    main()
