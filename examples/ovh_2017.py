"""9 November 2017: two common modes and a coincidence.

At 07:04:07 the campus in Strasbourg lost both of its 20 kV feeds in the same second. No generator started, the UPS were
empty after 9 to 17 minutes, and power was back at 10:39. At 08:01 Roubaix lost all its links at once. The operator
called the two "simultaneous but unrelated". What does the shipped scenario, made for the fire of 2021, say of that day?

(a) Given the loss of the substation for the published time: is the campus dark?
(b) If it is: when are servers back?
(c) How rare is it that both happen on one day?

Each answer stands twice: by a formula and by simulation. Sources of what happened: docs/strasbourg.md.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

import dcrisk
from dcrisk.intervals import proportion_interval

HOURS_WITHOUT_POWER = 3 + 34 / 60 + 53 / 3600  # 07:04:07 to 10:39, OVH post-mortem
DAYS_A_YEAR = 8766 / 24
SITES_OF_THE_OPERATOR = 12  # OVH, statement on the two incidents of 9 November 2017
RETURN = ((10.9, 0.71), (40.0, 0.99))  # hours after the loss, share of 40,386 servers back: OVH post-mortem


class Row(NamedTuple):
    """A line of a table: by the formula, and simulated with its 95 % interval where it is."""

    name: str
    formula: float
    simulated: float = np.nan
    low: float = np.nan
    high: float = np.nan


def show(title: str, rows: list[Row], *, rates: bool = False) -> None:
    """Print named results as a table; rates also as "once in"."""
    last = f"{'once in':>16}" if rates else ""
    print(f"\n    {title:58}{'formula':>10}{'simulated (95 % interval)':>34}{last}")
    for row in rows:
        seen = "" if np.isnan(row.simulated) else f"{row.simulated:.3g} ({row.low:.3g} to {row.high:.3g})"
        years = float(f"{1 / row.formula:.2g}")
        period = f"{f'{years:,.1f}' if years < 10 else f'{years:,.0f}'} years" if rates else ""
        print(f"    {row.name:58}{row.formula:>10.3g}{seen:>34}{period:>16}".rstrip())


def share(name: str, formula: float, happened: np.ndarray) -> Row:
    """A probability: the formula beside the share of trials."""
    number, trials = int(np.count_nonzero(happened)), happened.size
    return Row(name, formula, number / trials, *proportion_interval(number, trials))


def a_year(row: Row, days: float) -> Row:
    """The rate of Poisson events that happen in a stretch of so many days with the probability of the row."""
    return Row(row.name, *(-np.log1p(-p) / days * DAYS_A_YEAR for p in row[1:]))


# ---------------------------------------------------------------- (a) and (b): given the loss of the substation


def outage_given(scenario: dcrisk.Scenario, **generator: Any) -> dcrisk.Scenario:
    """The loss of the substation for the published time, and nothing else; with other generators, if named."""
    lost = dcrisk.GridOutage("2017", {"Strasbourg substation": 0.0}, HOURS_WITHOUT_POWER)
    nodes = [
        replace(node, requires=generators(node.requires[0], **generator)) if node.name == "campus supply" else node
        for node in scenario.nodes
    ]
    return replace(scenario, nodes=nodes, hazards=[lost]).given("2017", origin="Strasbourg substation")


def generators(feeds: dcrisk.Requirement, groups: int = 1, **changes: Any) -> list[dcrisk.Requirement]:
    """Generators behind the feeds, in so many groups of which one is enough."""
    assert feeds.backup is not None
    backup = replace(feeds.backup, **changes)
    return [dcrisk.any_of(*(replace(feeds, backup=backup) for _ in range(groups)))]


def p_dark(backup: dcrisk.Backup, ups: dcrisk.Backup, hours: Any, groups: int = 1) -> np.ndarray:
    """Probability that an outage of so many hours darkens the campus.

    It does if the last group of generators has failed before the outage less what the UPS carries: when it starts
    (with beta Q in common), in running, or, without fuel, when the tank is empty.
    """
    hours = np.atleast_1d(np.asarray(hours, float))
    carried = ups.autonomy.ppf((np.arange(200) + 0.5) / 200)
    return ups.start_probability * np.mean([p_generators(backup, hours - u, groups) for u in carried], axis=0) + (
        1 - ups.start_probability
    ) * p_generators(backup, hours, groups)


def p_generators(backup: dcrisk.Backup, hours: np.ndarray, groups: int) -> np.ndarray:
    """Probability that no group of generators carries the campus for so many hours."""
    fails = 1 - backup.start_probability
    common = backup.common_cause * fails
    own = (fails - common) / (1 - common)
    stops = -np.expm1(-backup.run_failure_rate_per_hour * hours)
    stops = np.where(hours > backup.autonomy, 1 - (1 - stops) * backup.refuel_probability, stops)
    return np.where(hours > 0, common + (1 - common) * (own + (1 - own) * stops) ** groups, 0.0)


def given_the_loss(scenario: dcrisk.Scenario, trials: int, seed: int) -> None:
    """Parts (a) and (b)."""
    print(f"\n(a) Both feeds are lost for {HOURS_WITHOUT_POWER:.2f} h. Is the campus dark?")
    shipped = scenario.node("campus supply").requires[0].backup
    ups = scenario.node("campus power").requires[0].backup
    poor = dcrisk.defaults["genset.poor"].value
    beta = dcrisk.defaults["genset.common_cause"].value
    cases: dict[str, dict[str, Any]] = {
        "as shipped: two groups that live and die together": {},
        "poorly kept generators": {
            "start_probability": 1 - poor["failure_to_start"],
            "run_failure_rate_per_hour": poor["run_failure_rate_per_hour"],
        },
        "two groups, independent": {"groups": 2},
        f"two groups, beta = {beta:g}": {"groups": 2, "common_cause": beta},
    }
    power = [dcrisk.Layout("campus power", up="campus power")]
    rows = []
    for name, changes in cases.items():
        results = dcrisk.simulate(outage_given(scenario, **changes), power, trials, seed=seed)
        backup = replace(shipped, **{key: value for key, value in changes.items() if key != "groups"})
        formula = float(p_dark(backup, ups, HOURS_WITHOUT_POWER, changes.get("groups", 1))[0])
        rows.append(share(name, formula, results.downtime.values > 0))
    show("probability that it is dark, with generators", rows)
    print(
        "    It was dark. The generators of 2017 failed together, so two groups count as one in the shipped scenario;\n"
        "    that is what the event taught, not what the model found out."
    )

    print("\n(b) If it is dark: when is a server back?")
    lost = outage_given(scenario)
    dark = dcrisk.simulate(lost, power, trials, seed=seed).downtime.values[0] > 0
    rows = []
    for hours, published in RETURN:
        # Only the given outage happens, so windows of two lengths see the same trials: down at the end of the shorter
        # one is who has more downtime in the longer one.
        short, long = (
            dcrisk.simulate(lost, power, trials, seed=seed, horizon=horizon, progress=False).downtime.values[0]
            for horizon in (hours, hours + 0.01)
        )
        rows.append(
            share(
                f"back {hours:g} h after the loss (in 2017: {100 * published:.0f} %)", published, (long == short)[dark]
            )
        )
    show("share of servers, published in place of a formula", rows)
    print(
        "    No test: the law of the restart was drawn through these two points. The campus restarts as one in the\n"
        "    model, so read it as the law of one server."
    )


# ---------------------------------------------------------------- (c): the coincidence


def coincidence(scenario: dcrisk.Scenario, years: int, days: int, seed: int) -> None:
    """Part (c): each event alone, then both on one day."""
    hazards = {hazard.name: hazard for hazard in scenario.hazards}
    upstream = {
        "Strasbourg substation": hazards["grid, local"],
        "Alsace grid": hazards["grid, regional"],
        "French grid": hazards["grid, national"],
    }
    rates = {node: hazard.rate_per_year[node] for node, hazard in upstream.items()}
    feeds = sum(rates.values())
    longer = sum(rates[node] * hazard.duration.sf(HOURS_WITHOUT_POWER) for node, hazard in upstream.items())
    shipped = scenario.node("campus supply").requires[0].backup
    ups = scenario.node("campus power").requires[0].backup
    levels = (np.arange(20_000) + 0.5) / 20_000
    dark = sum(
        rates[node] * p_dark(shipped, ups, hazard.duration.ppf(levels)).mean() for node, hazard in upstream.items()
    )
    links = hazards["network of a campus"].rate_per_year
    local = hazards["grid, local"]
    apart = 2 * local.rate_per_year["feed A"] * local.rate_per_year["feed B"] * local.duration.mean() / 8766

    kept = [name for name in hazards if name.startswith("grid") or name == "network of a campus"]
    small = scenario.without(*(name for name in hazards if name not in kept))
    layouts = [
        dcrisk.Layout("feeds", up=dcrisk.any_of("feed A", "feed B")),
        dcrisk.Layout("campus power", up="campus power"),
        dcrisk.Layout("Roubaix", replicas=["Roubaix"]),
        dcrisk.Layout("Roubaix power", up="Roubaix power"),
    ]
    results = dcrisk.simulate(small, layouts, years, seed=seed)
    longest = results.longest_outage.sel(layout="feeds").values
    went_dark = results.downtime.sel(layout="campus power").values > 0
    both, lost_feeds, lost_links = count_days(small, layouts, days, seed)

    def expected(rate: float) -> float:
        return -np.expm1(-rate / DAYS_A_YEAR)  # probability of one on a day

    rows = [
        a_year(counted("Strasbourg loses both feeds", expected(feeds), lost_feeds, days), 1),
        a_year(share("  for 3.58 h or longer", -np.expm1(-longer), longest > HOURS_WITHOUT_POWER), DAYS_A_YEAR),
        a_year(share("  and goes dark", -np.expm1(-dark), went_dark), DAYS_A_YEAR),
        Row("  by failures of the two feeds alone that overlap", apart),
        a_year(counted("Roubaix loses all its links", expected(links), lost_links, days), 1),
        a_year(counted("both feeds and all links, on one day", expected(feeds) * expected(links), both, days), 1),
        Row("  and Strasbourg goes dark", expected(dark) * expected(links) * DAYS_A_YEAR),
        Row(f"some two of {SITES_OF_THE_OPERATOR} such sites, feeds or links, on one day", pairs(feeds + links)),
        Row("  dark or without links, on one day", pairs(dark + links)),
        Row("one mistake in the backbone takes both", hazards["network of the operator"].rate_per_year),
    ]
    print(f"\n(c) How rare is the coincidence? {years:,} simulated years, and {days:,} days of their own")
    show("times a year", rows, rates=True)
    print(
        "    Two feeds that fail apart from each other are hardly ever down together, let alone in one second: they\n"
        "    had a point in common. Between the two sites the model knows no such point for these events, so they meet\n"
        "    by chance alone, as the operator says. That this pair meets is rare; that some pair of its sites does is less\n"
        "    so, and nobody had named the pair before. No formula can say whether the rates are right: that of the links\n"
        "    was taken from this very day (one loss in about ten years), and only those of local outages are published."
    )


def pairs(rate: float) -> float:
    """Times a year that two of the operator's sites have an event of such a rate on the same day."""
    return SITES_OF_THE_OPERATOR * (SITES_OF_THE_OPERATOR - 1) / 2 * rate**2 / DAYS_A_YEAR


def counted(name: str, formula: float, number: int, trials: int) -> Row:
    return Row(name, formula, number / trials, *proportion_interval(number, trials))


def count_days(scenario: dcrisk.Scenario, layouts: list[dcrisk.Layout], days: int, seed: int) -> tuple[int, int, int]:
    """A trial is one day: on how many days both happen, and each. In pieces, for the memory."""
    both = feeds = links = 0
    pieces = -(-days // 2_000_000)
    for piece in range(pieces):
        results = dcrisk.simulate(
            scenario, layouts, days // pieces, seed=seed + piece, horizon=24.0, progress=False
        ).downtime
        lost = results.sel(layout="feeds").values > 0
        # Roubaix is down and has power: no other hazard is left that takes it
        alone = (results.sel(layout="Roubaix").values > 0) & (results.sel(layout="Roubaix power").values == 0)
        both += int(np.count_nonzero(lost & alone))
        feeds += int(np.count_nonzero(lost))
        links += int(np.count_nonzero(alone))
    return both, feeds, links


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=float, default=400_000, help="trials of (a), years of (c) (default 400000)")
    parser.add_argument("--days", type=float, default=40e6, help="days of (c) (default 40 million)")
    parser.add_argument("--quick", action="store_true", help="a twentieth of both")
    parser.add_argument("--seed", type=int, default=2017)
    arguments = parser.parse_args()
    less = 20 if arguments.quick else 1
    scenario = dcrisk.load_scenario("ovh-strasbourg-2021")
    given_the_loss(scenario, int(arguments.trials) // less, arguments.seed)
    coincidence(scenario, int(arguments.trials) // less, int(arguments.days) // less, arguments.seed)


if __name__ == "__main__":
    main()
