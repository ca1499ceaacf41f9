"""Directives of the pages on validation: what the tests of exact cases compared, as tables and figures.

``{exact-cases}`` names tests, one a line: their comparisons as a table. ``{all-exact-cases}`` shows all of them by file.
``{exact-score}`` sums them up.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any

import comparisons
from comparisons import ROOT, Case
from docutils import nodes
from scipy import stats
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

INTERVAL = 0.95
TITLES = {
    "test_data_and_periods": "Durability, and agreements by period",
    "test_exact": "Components, utilities, backups and fires",
    "test_exact_capacity": "Capacity, places, periods",
    "test_exact_data": "Copies and backups of data",
    "test_exact_hazards": "Hazards",
    "test_exact_losses": "Copies, fragments and backups once more, by others",
    "test_exact_moves": "Failover",
    "test_exact_services": "Failover, capacity and tiers once more, by others",
    "test_expected": "Against expected_availability",
    "test_maintenance": "Maintenance",
    "test_partitions": "Partitions of networks",
    "test_reliability": "Rates and lengths of outages",
}


@cache
def cases() -> list[Case]:
    """All comparisons; the tests run if need be."""
    return comparisons.all_cases(ROOT / "build")


def file_of(case: Case) -> str:
    """The name of the file of a test."""
    return Path(case.test.split("::")[0]).stem


def test_of(case: Case) -> str:
    """The name of a test, without its parameters."""
    return case.test.split("::")[1].split("[")[0]


class Listed(SphinxDirective):
    """A table of the comparisons of some tests."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        """Look the tests up; one that compares nothing is an error."""
        found: list[Case] = []
        for name in filter(None, (line.strip() for line in self.content)):
            of_test = [case for case in cases() if test_of(case) == name]
            if not of_test:
                raise self.error(f"no comparison is made by a test named {name}")
            found += of_test
        return self.parse_text_to_nodes(as_table(found))


class Everything(SphinxDirective):
    """All comparisons, file by file, each with its figure."""

    def run(self) -> list[nodes.Node]:
        """A section for each file."""
        text = []
        for name, group in groupby(cases(), file_of):
            listed = list(group)
            figure = draw_deviations(listed, name)
            words = (
                f"Deviations of the simulated figures from the exact ones, in standard errors: {TITLES.get(name, name)}"
            )
            text.append(
                f"## {TITLES.get(name, name)}\n\n`tests/{name}.py`\n\n![{words}]({figure})\n\n{as_table(listed)}"
            )
        return self.parse_text_to_nodes("\n\n".join(text), allow_section_headings=True)


class Score(SphinxDirective):
    """How many intervals hold their exact value, and the figure of all deviations."""

    def run(self) -> list[nodes.Node]:
        """A sentence and a figure."""
        with_interval = [case for case in cases() if case.kind != "law"]
        laws = [case for case in cases() if case.kind == "law"]
        missed = sum(not case.low <= case.exact <= case.high for case in with_interval)
        few, many = stats.binom.ppf([0.025, 0.975], len(with_interval), 1 - INTERVAL)
        figure = draw_quantiles(with_interval, laws)
        furthest = max(abs(case.deviation) for case in with_interval)
        text = (
            f"**{len(with_interval)} figures have a 95 % interval, and {missed} of these miss the exact value** "
            f"({missed / len(with_interval):.1%}). One in twenty is expected to: were all independent, {few:.0f} to "
            f"{many:.0f} of them. The furthest lies {furthest:.2f} standard errors away. A further {len(laws)} "
            f"comparisons are of whole laws, by a chi-square test; the smallest p-value is "
            f"{min(case.pvalue for case in laws):.2g}.\n\n"
            f"![Deviations in standard errors against normal quantiles, and p-values against uniform ones]({figure})"
        )
        return self.parse_text_to_nodes(text)


def as_table(listed: Iterable[Case]) -> str:
    """Rows of a Markdown table; a case that goes on is not named again."""
    rows = [
        "| case | compared | exact | simulated | 95 % interval | off by |",
        "| --- | --- | ---: | ---: | ---: | ---: |",
    ]
    before = ""
    for case in listed:
        title = case.title + parameters(case)
        name = title if title != before else ""
        before = title
        quantity = f"`{shorter(case.quantity)}`"
        if case.kind == "law":
            middle = f"law | χ² = {case.found:.3g} | {case.exact:.0f} d.f. | p = {case.pvalue:.2g}"
        else:
            exact, found, low, high = written(case.exact, case.found, case.low, case.high)
            middle = f"{exact} | {found} | {low} to {high} | {case.deviation:+.2f} σ"
        rows.append(f"| {name.replace('|', '/')} | {quantity.replace('|', '/')} | {middle} |")
    return "\n".join(rows)


def parameters(case: Case) -> str:
    """Of a test that is run with several, those of this one."""
    return f" [{case.test.split('[', 1)[1]}" if "[" in case.test else ""


def shorter(text: str, most: int = 44) -> str:
    """The beginning of an expression."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


def written(exact: float, found: float, low: float, high: float) -> list[str]:
    """Numbers with as many digits as their interval bears."""
    if found == exact == 0.0:
        return ["0", "0", f"{low:.2g}", f"{high:.2g}"]
    size, width = max(abs(exact), abs(found), 1e-300), max(high - low, 1e-300)
    digits = min(9, max(3, 2 + math.ceil(math.log10(size / width)) + 1))
    return [f"{x:.{digits}g}" for x in (exact, found, low, high)]


def draw_deviations(listed: list[Case], name: str) -> str:
    """One row for each test; a dot for each figure that it compares, and the interval that one in twenty misses."""
    plt = pyplot()
    rows = {test: [c for c in listed if test_of(c) == test and c.kind != "law"] for test in map(test_of, listed)}
    rows = {test: found for test, found in rows.items() if found}
    figure, ax = plt.subplots(figsize=(8.0, 0.9 + 0.27 * len(rows)), layout="constrained")
    edge = stats.norm.ppf(0.5 + INTERVAL / 2)
    ax.axvspan(-edge, edge, color="0.92", lw=0)
    ax.axvline(0.0, color="0.4", lw=1)
    for i, found in enumerate(rows.values()):
        x = [case.deviation for case in found]
        ax.errorbar(x, [i] * len(x), xerr=edge, fmt="none", ecolor="C0", alpha=0.12, lw=1)
        ax.plot(x, [i] * len(x), "o", color="C0", ms=4, alpha=0.7, mec="none")
    ax.set_yticks(range(len(rows)), [test.removeprefix("test_").replace("_", " ") for test in rows], fontsize=7)
    ax.set_ylim(len(rows) - 0.4, -0.6)
    ax.set_xlim(-5.5, 5.5)
    ax.set_xlabel("simulated less exact, in standard errors; band: nineteen of twenty", fontsize=8)
    return saved(figure, f"deviations-{name}")


def draw_quantiles(with_interval: list[Case], laws: list[Case]) -> str:
    """Deviations against the normal law, and p-values of laws against the uniform one."""
    plt = pyplot()
    figure, (left, right) = plt.subplots(1, 2, figsize=(9.0, 4.0), layout="constrained")
    z = sorted(case.deviation for case in with_interval)
    n = len(z)
    share = [(i + 0.5) / n for i in range(n)]
    bounds = [
        stats.norm.ppf(stats.beta.ppf(q, [i + 1 for i in range(n)], [n - i for i in range(n)])) for q in (0.025, 0.975)
    ]
    left.fill_between(stats.norm.ppf(share), *bounds, color="0.88", lw=0, label="95 % if all were independent")
    left.axline((0, 0), slope=1, color="0.4", lw=1)
    left.plot(stats.norm.ppf(share), z, "o", ms=3, color="C0")
    left.set_xlabel("expected of a normal variable")
    left.set_ylabel("simulated less exact, in standard errors")
    left.legend(loc="upper left", frameon=False)
    p = sorted(case.pvalue for case in laws)
    right.axline((0, 0), slope=1, color="0.4", lw=1)
    right.plot([(i + 0.5) / len(p) for i in range(len(p))], p, "o", ms=3, color="C1")
    right.set_xlabel("expected of a uniform variable")
    right.set_ylabel("p-value of a law")
    return saved(figure, "deviations")


def pyplot() -> Any:
    """Pyplot without a screen, in its default style."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    plt.rcdefaults()
    return plt


def saved(figure: Any, name: str) -> str:
    """Write a figure where the pages find it."""
    folder = Path(__file__).parents[1] / "_generated"
    folder.mkdir(exist_ok=True)
    figure.savefig(folder / f"{name}.svg", metadata={"Date": None})
    pyplot().close(figure)
    return f"/_generated/{name}.svg"


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the directives."""
    app.add_directive("exact-cases", Listed)
    app.add_directive("all-exact-cases", Everything)
    app.add_directive("exact-score", Score)
    return {"version": "1", "parallel_read_safe": False, "parallel_write_safe": True}
