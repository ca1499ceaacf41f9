"""Sobol' indices beside exact ones, and rates by name.

Estimates of several seeds, which also draw the points anew, are independent: Student's interval of their mean, asked
for with a confidence of 1 - 6e-7, holds the exact figure. What the noise of the simulation, the division by an estimate
and a curvature left out can move is a bound of its own, stated in each test.
"""

import math

import numpy as np
import pytest
from exact import FALSE_ALARM, SIGMAS, YEAR
from scipy import stats

import dcrisk
from dcrisk.sensitivity.indices import _at_points, _resampled, indices


def check_near(estimates, exact, bias):
    """Student's interval of the mean of independent estimates, widened by what biases them, holds the exact figure."""
    estimates = np.asarray(estimates)
    error = estimates.std(axis=0, ddof=1) / math.sqrt(len(estimates))
    reach = stats.t.isf(FALSE_ALARM / 2.0, len(estimates) - 1) * error + bias
    assert (np.abs(estimates.mean(axis=0) - exact) <= reach).all(), (estimates.mean(axis=0), exact, reach)


class Sum:
    """Outages that hardly ever overlap: the downtime is a sum over the rates, and so is its variance."""

    laws = {"A": stats.uniform(0.5, 1.0), "B": stats.gamma(4.0, scale=0.5), "C": stats.uniform(1.0, 0.5)}
    hours = {"A": 1.0, "B": 0.5, "C": 1.5}
    layout = dcrisk.Layout("service", replicas=["A", "B", "C"], quorum=3)
    window = {"horizon": YEAR, "warmup": 2.0}
    parts = np.array([law.var() * h**2 for law, h in zip(laws.values(), hours.values(), strict=True)]) / YEAR**2
    variance = parts.sum()
    first = total = parts / variance
    mean = sum(law.mean() * h for law, h in zip(laws.values(), hours.values(), strict=True)) / YEAR

    def risk(self, rates):
        hours = np.array(list(self.hours.values()))
        return -np.expm1(-hours @ rates / YEAR)  # the union of three M/G/infinity queues


class Product:
    """Two replicas that are down together: the risk is a product, and a part of its variance belongs to both."""

    laws = {"A": stats.uniform(5.0, 40.0), "B": stats.gamma(2.0, scale=10.0)}
    hours = dict.fromkeys("AB", 50.0)
    layout = dcrisk.Layout("service", replicas=["A", "B"])
    window = {"horizon": 2000.0, "warmup": 50.0}
    # moments of q = 1 - exp(-rate * hours), the long-run unavailability of an M/G/infinity queue
    means = np.array([law.expect(lambda x: -np.expm1(-x * 50.0 / YEAR)) for law in laws.values()])
    squares = np.array([law.expect(lambda x: np.expm1(-x * 50.0 / YEAR) ** 2) for law in laws.values()])
    variances = squares - means**2
    mean = means.prod()
    variance = squares.prod() - mean**2
    first = variances * means[::-1] ** 2 / variance
    total = variances * squares[::-1] / variance

    def risk(self, rates):
        return np.prod(-np.expm1(-rates * 50.0 / YEAR), axis=0)


def scenario_of(case):
    outages = [dcrisk.GridOutage(n.lower(), {n: law}, case.hours[n]) for n, law in case.laws.items()]
    return dcrisk.Scenario([dcrisk.Site(name) for name in case.laws], outages)


@pytest.mark.parametrize("case", [Sum(), Product()], ids=["sum", "product"])
def test_indices_without_noise(case):
    """Of the exact risk. The estimates are ratios, less the same mean: a bias of at most 1/n."""
    n, estimates = 1024, []
    for seed in range(20):
        runs = _at_points(case.risk, list(case.laws.values()), n, np.random.default_rng(seed))
        estimates.append(np.array(indices(*runs))[:, 0])
    overlaps = 2e-3 if isinstance(case, Sum) else 0.0  # at most the share of the time down, 6e-4, squared and doubled
    check_near(estimates, np.array([case.first, case.total]), 1.0 / n + overlaps)


@pytest.mark.parametrize("case", [Sum(), Product()], ids=["sum", "product"])
def test_indices_of_simulated_risks(case):
    n, trials, found = 32, 3000, []
    assert (case.total - case.first > 0.05).all() == isinstance(case, Product)
    for seed in range(16):
        options = {"seed": seed, "n": n, "trials": trials, "threads": 2, "progress": False} | case.window
        found.append(dcrisk.sobol(scenario_of(case), [case.layout], **options))
    assert found[0]["rate"].values.tolist() == [f"{x.lower()}.rate_per_year[{x}]" for x in case.laws]
    assert found[0]["seen"].item() and not found[0]["noisy"].item()
    noise = float(np.mean([f["noise_share"].item() for f in found]))
    assert 0.0 < noise < 0.02
    bias = 1.0 / n + noise + 2e-3
    for name, exact in (("first_order", case.first), ("total_order", case.total)):
        check_near([f[name].values[0] for f in found], exact, bias)
    check_near([f["risk"].item() for f in found], case.mean, 2e-3 * case.mean)
    check_near([f["variance"].item() for f in found], case.variance, bias * case.variance)


def test_noise_of_the_simulation():
    """Its variance is that of the mean of a compound Poisson number of hours, here without overlaps."""
    scenario = dcrisk.Scenario([dcrisk.Site("A")], [dcrisk.GridOutage("a", {"A": stats.uniform(1.0, 1e-6)}, 2.0)])
    layout = dcrisk.Layout("A", replicas=["A"])
    found = dcrisk.sobol(scenario, [layout], trials=100_000, n=2, progress=False)
    noise = found["noise_share"].item() * found["variance"].item()
    # the sample variance of 1e5 Poisson counts of mean 1 has a relative standard error of sqrt(3 / 1e5)
    assert noise * YEAR**2 * 1e5 / 4.0 == pytest.approx(1.0, abs=SIGMAS * math.sqrt(3e-5) + 1e-3)
    assert found["noisy"].item()


def test_one_rate_alone_and_layouts_that_no_rate_touches():
    scenario = dcrisk.Scenario(
        [dcrisk.Site("A"), dcrisk.Site("B"), dcrisk.Site("C")],
        [dcrisk.Failure("f", dcrisk.jeffreys_rate(3, 2), 10.0, ["A"]), dcrisk.Failure("g", 20.0, 10.0, ["B"])],
    )
    layouts = [dcrisk.Layout(name, replicas=[name]) for name in "ABC"]
    found = dcrisk.sobol(scenario, layouts, trials=2000, n=128, progress=False)
    assert found["first_order"].dims == ("layout", "rate") and found["rate"].values.tolist() == ["f.rate_per_year"]
    assert found["seen"].values.tolist() == [True, False, False]
    one = found.sel(layout="A").isel(rate=0)
    assert one["first_order_low"] < 1.0 < one["first_order_high"] and one["total_order"].item() == pytest.approx(
        1, abs=0.2
    )
    for name in "BC":
        rest = found.sel(layout=name).isel(rate=0)
        assert rest["first_order"] == rest["total_order"] == rest["first_order_low"] == rest["total_order_low"] == 0.0
        assert rest["first_order_high"] == rest["total_order_high"] == 1.0
        assert rest["variance"] == 0.0
    assert found["noise_share"].values[1:].tolist() == [np.inf, 0.0]  # all noise, and neither noise nor risk
    assert found["risk"].sel(layout="B").item() > 0.0 and found["risk"].sel(layout="C") == 0.0
    assert not any(np.isnan(found[name]).any() for name in found.data_vars)


def test_the_result_depends_on_the_seed_alone():
    scenario = dcrisk.Scenario(
        [dcrisk.Site("A")], [dcrisk.Failure(n, dcrisk.jeffreys_rate(i, 2), 10.0, ["A"]) for i, n in enumerate("fg")]
    )
    layout = dcrisk.Layout("A", replicas=["A"])
    one, two, other = (
        dcrisk.sobol(scenario, layout, trials=500, n=16, seed=s, threads=t, progress=False)
        for s, t in ((5, 1), (5, 2), (6, 1))
    )
    assert one.identical(two)
    assert not one["first_order"].equals(other["first_order"])


def test_indices_are_those_of_scipy():
    kept = []

    def keep(f_A, f_B, f_AB):
        kept.append((f_A, f_B, f_AB))
        return indices(f_A, f_B, f_AB)

    def ishigami(x):
        return np.sin(x[0]) + 7.0 * np.sin(x[1]) ** 2 + 0.1 * x[2] ** 4 * np.sin(x[0])

    options = {"func": ishigami, "n": 64, "dists": [stats.uniform(-math.pi, 2.0 * math.pi)] * 3}
    mine = stats.sobol_indices(method=keep, random_state=np.random.default_rng(1), **options)
    theirs = stats.sobol_indices(random_state=np.random.default_rng(1), **options)
    assert mine.first_order == pytest.approx(theirs.first_order)
    assert mine.total_order == pytest.approx(theirs.total_order)


def test_intervals_cover():
    """In a linear case with 64 points the bootstrap covers as often as asked, or oftener: the points are spread evenly.

    More misses than a binomial law of the allowed chance gives with probability 6e-7 would be an alarm.
    """
    weights = np.array([1.0, 2.0, 0.5])
    exact = weights**2 / (weights**2).sum()
    laws, misses = [stats.uniform()] * 3, np.zeros((2, 3), int)
    repeats = 60
    for seed in range(repeats):
        random = np.random.default_rng(seed)
        runs = _at_points(lambda x: weights @ x, laws, 64, random)
        low, high = _resampled(runs, 0.9, random)
        misses += (low[:, 0] > exact) | (high[:, 0] < exact)
    for count in misses.ravel():
        assert stats.binomtest(int(count), repeats, 0.1, "greater").pvalue > FALSE_ALARM, misses / repeats


# ---------------------------------------------------------------- rates by name


def everything():
    peaks = dcrisk.PeaksOverThreshold(stats.gamma(2.0), threshold=1.0, scale=1.0)
    seine, oise = (dcrisk.PeaksOverThreshold(rate, threshold=1.0, scale=1.0) for rate in (0.5, 0.3))
    table = {"event": ["Lothar", "Lothar", "Martin"], "rate_per_year": [0.02, 0.02, 0.03], "site": ["A", "B", "A"]}
    durations = {"damaged": 100.0, "destroyed": 1000.0}
    protection = {"A": 3.0, "B": 3.0}
    return dcrisk.Scenario(
        [dcrisk.Site("A", lat=48.0, lon=2.0), dcrisk.Site("B", lat=48.0, lon=3.0)],
        [
            dcrisk.Failure("disks", stats.gamma(3.0), 5.0, ["A", "B"]),
            dcrisk.Failure("people", {"A": stats.gamma(1.0), "B": 2.0}, 5.0),
            dcrisk.Fire("fire", {"A": 1e-3, "B": stats.gamma(0.5, scale=1e-3)}, durations),
            dcrisk.GridOutage("storms", stats.gamma(2.0), 5.0, disc=dcrisk.Disc(["A"], (40.0, 0.0, 50.0, 5.0), 100.0)),
            dcrisk.Flood("one", peaks, protection, durations),
            dcrisk.Flood(
                "two", {"Seine": seine, "Oise": oise}, protection, durations, {"A": "Seine", "B": "Oise"}, 0.7
            ),
            dcrisk.Flood("levels", dcrisk.ReturnLevels({10: 2.0, 100: 4.0}), protection, durations),
            dcrisk.EventTable("catalogue", table | {"duration": [10.0, 20.0, 30.0]}),
        ],
    )


def test_uncertain_rates_by_name():
    rates = dcrisk.uncertain_rates(everything())
    assert list(rates) == [
        "disks.rate_per_year",
        "people.rate_per_year[A]",
        "fire.rate_per_year[B]",
        "storms.rate_per_year",
        "one.stage.rate_per_year",
    ]
    assert rates["storms.rate_per_year"].mean() == 2.0


def test_any_rate_can_be_set():
    scenario = everything()
    changed = dcrisk.with_rates(
        scenario,
        {
            "disks.rate_per_year": 1.0,
            "people.rate_per_year[A]": 3.0,
            "fire.rate_per_year": 0.25,
            "storms.rate_per_year": stats.gamma(7.0),
            "one.stage.rate_per_year": 0.125,
            "two.rate_per_year": 0.9,
            "two.stage[Seine].rate_per_year": 0.8,
            "catalogue.rate_per_year[Lothar]": 0.5,
        },
    )
    disks, people, fire, storms, one, two, levels, catalogue = changed.hazards
    assert disks.rate_per_year == 1.0 and people.rate_per_year == {"A": 3.0, "B": 2.0}
    assert fire.rate_per_year == {"A": 0.25, "B": 0.25} and storms.rate_per_year.mean() == 7.0
    assert one.stage.rate_per_year == 0.125 and one.stage.threshold == 1.0
    assert two.rate_per_year == 0.9 and {b: s.rate_per_year for b, s in two.stage.items()} == {
        "Seine": 0.8,
        "Oise": 0.3,
    }
    assert catalogue.rates == {"Lothar": 0.5, "Martin": 0.03} and levels == scenario.hazards[6]
    assert scenario == everything()  # untouched
    assert dcrisk.with_rates(scenario, {}) == scenario
    assert dcrisk.with_rates(scenario, dcrisk.uncertain_rates(scenario)) == scenario


@pytest.mark.parametrize(
    "rates, message",
    [
        ({"fire.rate_per_year[C]": 1.0}, r"rates: unknown name 'fire.rate_per_year\[C\]'; did you mean"),
        ({"levels.rate_per_year": 1.0}, "unknown name 'levels.rate_per_year'"),
        ({"disks.rate_per_year": -1.0}, "failure 'disks': rate_per_year = -1.0"),
        ({"disks.rate_per_year": "often"}, "failure 'disks': rate_per_year = 'often': it must be a number"),
        (["disks.rate_per_year"], "rates = .*: it must be a table"),
    ],
)
def test_rates_that_cannot_be_set(rates, message):
    with pytest.raises(dcrisk.SpecificationError, match=message):
        dcrisk.with_rates(everything(), rates)


@pytest.mark.parametrize(
    "options, message",
    [
        ({"n": 100}, "n = 100: it must be a power of 2, such as 128"),
        ({"n": 1}, "n = 1"),
        ({"trials": 1}, "trials = 1"),
        ({"quantity": "loss"}, "quantity: unknown name 'loss'"),
        ({"confidence": 1.0}, "confidence must lie"),
    ],
)
def test_bad_input(options, message):
    with pytest.raises(ValueError, match=message):
        dcrisk.sobol(everything(), [dcrisk.Layout("A", replicas=["A"])], **{"trials": 100} | options)


def test_a_scenario_without_uncertain_rates():
    scenario = dcrisk.Scenario([dcrisk.Site("A")], [dcrisk.Failure("f", 1.0, 2.0, ["A"])])
    with pytest.raises(dcrisk.SpecificationError, match="no rate of the scenario is a distribution"):
        dcrisk.sobol(scenario, [dcrisk.Layout("A", replicas=["A"])], trials=100)
