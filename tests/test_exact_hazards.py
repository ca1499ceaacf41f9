"""Simulated figures beside exact ones: what floods, catalogues, discs, crews, triggers and uncertain rates add.

Seeds are fixed; tests/exact.py says how often a correct program fails: 6e-7 for each comparison. No figure is exact but
for two approximations, and both are far below what the comparisons resolve:

- Where a trial is about a given event, the hazard itself has LITTLE = 1e-9 events a year: another one falls into any of
  a million years with probability 0.001.
- Where events are counted, each interrupts its node for TINY = 2**-20 h. Two of ten events in a year merge with
  probability 45 * 2 * TINY / 8766 h = 1e-8, in 0.01 of a million years.
"""

import math

import numpy as np
import pytest
from exact import YEAR, check_counts, check_law, check_mean, check_share, check_total, run
from scipy import integrate, stats

import dcrisk
from dcrisk import (
    Backup,
    Crew,
    Disc,
    EventTable,
    Failure,
    Fire,
    Flood,
    GridOutage,
    Layout,
    PeaksOverThreshold,
    ReturnLevels,
    Scenario,
    Site,
    Trigger,
    Utility,
    all_of,
    jeffreys_rate,
    site_layouts,
)

LITTLE = 1e-9
TINY = 2.0**-20
EARTH_KM = 6371.0088


def alone(names):
    """One layout for each node, utilities as well."""
    return [Layout(name, replicas=[name]) for name in names]


def pattern(struck):
    """Which of some nodes were struck in each trial, as a number: bit i for row i."""
    struck = np.asarray(struck)
    return (struck * 2 ** np.arange(len(struck))[:, None]).sum(axis=0)


def check_patterns(struck, probabilities):
    """How often each set of struck nodes came."""
    check_law(np.bincount(pattern(struck), minlength=len(probabilities)), probabilities)


def orthants(shares, matrix, freedom=None):
    """Probability of each set of basins in which a copula exceeds the levels that each exceeds with its share.

    scipy integrates to about 1e-5: with 200 000 trials that adds 0.001 to a chi-square.
    """
    matrix = np.asarray(matrix, float)
    law = stats.norm if freedom is None else stats.t(freedom)
    levels = law.isf(shares)
    found = np.zeros(2 ** len(shares))
    for number in range(found.size):
        sign = np.array([-1.0 if number >> i & 1 else 1.0 for i in range(len(shares))])
        turned = matrix * np.outer(sign, sign)  # exceeded: -Z below -level
        if freedom is None:
            found[number] = stats.multivariate_normal.cdf(sign * levels, cov=turned)
        else:
            options = {"maxpts": 200_000, "random_state": 0}
            found[number] = stats.multivariate_t.cdf(sign * levels, shape=turned, df=freedom, **options)
    assert abs(found.sum() - 1) < 1e-4
    return found / found.sum()


# floods: copula


@pytest.mark.parametrize("freedom", [None, 1, 3, 4], ids=lambda nu: f"t{nu}" if nu else "gaussian")
@pytest.mark.parametrize("rho", [0.3, 0.7, -0.4])
def test_copula_of_two_basins(rho, freedom):
    """Both, one or none above their levels in an event, with an event in which a basin need not have a peak."""
    rhine = PeaksOverThreshold(0.6 * LITTLE, threshold=5.0, scale=0.8, shape=0.1)
    ill = PeaksOverThreshold(0.9 * LITTLE, threshold=2.0, scale=1.0, shape=-0.2)
    flood = Flood(
        "flood",
        {"Rhine": rhine, "Ill": ill},
        protection={"low": 1.0, "high": 2.5, "quay": 5.4},  # "low" lies below the threshold: every peak reaches it
        basin={"low": "Ill", "high": "Ill", "quay": "Rhine"},
        durations={"damaged": 5.0},
        critical_depth=math.inf,
        rate_per_year=LITTLE,
        correlation=rho,
        copula="gaussian" if freedom is None else "t",
        degrees_of_freedom=freedom or 4,
    )
    scenario = Scenario([Site("high"), Site("quay"), Site("low")], [flood]).given("flood")
    trials = 200_000
    results = run(scenario, site_layouts(scenario), trials, seed=101)
    down = results.downtime.values > 0
    shares = [0.9 * (1 - 0.2 * 0.5) ** 5, 0.6 * (1 + 0.1 * 0.4 / 0.8) ** -10]
    check_patterns(down[:2], orthants(shares, [[1, rho], [rho, 1]], freedom))
    check_share(down[2].sum(), trials, 0.9)
    assert not (down[0] & ~down[2]).any()
    assert set(results.downtime.values[down]) == {5.0}


@pytest.mark.parametrize("freedom", [None, 5], ids=["gaussian", "t5"])
def test_copula_of_three_basins(freedom):
    """By default the events are those of the basin with most peaks; a pair that is not named does not correlate."""
    table = ReturnLevels({4 / LITTLE: 1.0, 64 / LITTLE: 5.0})  # 1 m for each doubling of the return period
    stages = {
        "a": PeaksOverThreshold(0.5 * LITTLE, threshold=0.0, scale=1.0),
        "b": PeaksOverThreshold(0.25 * LITTLE, threshold=0.0, scale=1.0),
        "c": table,
    }
    flood = Flood(
        "flood",
        stages,
        protection={"A": 0.25, "B": 0.125, "C": 1.5},
        basin={"A": "a", "B": "b", "C": "c"},
        durations={"damaged": 5.0},
        critical_depth=math.inf,
        correlation={("a", "b"): 0.6, ("c", "b"): -0.5},
        copula="gaussian" if freedom is None else "t",
        degrees_of_freedom=freedom or 4,
    )
    scenario = Scenario([Site(n) for n in "ABC"], [flood]).given("flood")
    down = run(scenario, site_layouts(scenario), 200_000, seed=102).downtime.values > 0
    shares = [math.exp(-0.25), 0.5 * math.exp(-0.125), 0.5 * 2**-0.5]
    check_patterns(down, orthants(shares, [[1, 0.6, 0], [0.6, 1, -0.5], [0, -0.5, 1]], freedom))


def test_each_basin_has_its_own_peaks_whatever_the_copula():
    stages = {
        "a": PeaksOverThreshold(1.5, threshold=0.0, scale=1.0, shape=0.2),
        "b": PeaksOverThreshold(0.75, threshold=0.0, scale=1.0),
    }
    flood = Flood(
        "flood",
        stages,
        protection={"A": 0.5, "B": 0.5},
        basin={"A": "a", "B": "b"},
        durations={"damaged": TINY},
        critical_depth=math.inf,
        rate_per_year=2.0,
        correlation=0.8,
        copula="t",
    )
    scenario = Scenario([Site("A"), Site("B")], [flood])
    trials = 200_000
    outages = run(scenario, site_layouts(scenario), trials, seed=103).outages.values
    rates = [1.5 * 1.1**-5, 0.75 * math.exp(-0.5)]
    for row, rate in zip(outages, rates, strict=True):
        check_total(row.sum(), trials * rate)
        check_counts(row, stats.poisson.pmf(np.arange(8), rate))
    # no event floods either: the events that flood at least one are a thinned Poisson process
    neither = orthants([rate / 2 for rate in rates], [[1, 0.8], [0.8, 1]], 4)[0]
    check_share((outages.sum(axis=0) == 0).sum(), trials, math.exp(-2.0 * (1 - neither)))


# floods: stages and what they do


@pytest.mark.parametrize("events", [None, 6.0])
def test_return_levels_of_a_generalized_pareto_law(events):
    """Floods a year of a site are Poisson with the rate of peaks above its protection, not all events having a peak."""
    peaks = PeaksOverThreshold(2.0, threshold=5.0, scale=0.8, shape=0.15)
    periods = [1.0, 5.0, 50.0, 500.0]
    levels = {f"{years:g}": 5.0 + 0.8 / 0.15 * ((2.0 * years) ** 0.15 - 1) for years in periods}
    levels["below"] = 4.0
    flood = Flood("flood", peaks, levels, {"damaged": TINY}, critical_depth=math.inf, rate_per_year=events)
    scenario = Scenario([Site(name) for name in levels], [flood])
    trials = 300_000
    outages = run(scenario, site_layouts(scenario), trials, seed=104).outages.values
    rates = [*(1 / years for years in periods), 2.0]
    for row, rate in zip(outages, rates, strict=True):
        check_total(row.sum(), trials * rate)
        check_counts(row, stats.poisson.pmf(np.arange(10), rate))


def test_return_levels_of_a_table():
    """One over the period at each level of the table, log-linear between two, and beyond the last one as before it.

    The periods are a power of two times the first one, so that the kinks of the table lie between two cells of the
    table of quantiles.
    """
    table = ReturnLevels({5: 4.0, 80: 7.0, 20: 5.2})
    rates = {3.0: 1 / 5, 4.6: 1 / 10, 5.2: 1 / 20, 6.1: 1 / 40, 7.0: 1 / 80, 8.8: 1 / 320}
    sites = {f"{level:g}": level for level in rates}
    flood = Flood("flood", table, sites, durations={"damaged": TINY}, critical_depth=math.inf)
    scenario = Scenario([Site(name) for name in sites], [flood])
    trials = 2_000_000
    outages = run(scenario, site_layouts(scenario), trials, seed=105).outages.values
    for row, rate in zip(outages, rates.values(), strict=True):
        check_total(row.sum(), trials * rate)


PLAIN = PeaksOverThreshold(LITTLE, threshold=5.0, scale=1.0)


def test_residuals_correlate_with_distance():
    """Three sites on a meridian around one stage: the sets of them that are flooded follow a trivariate normal law."""
    protection = {"south": 6.1, "north": 5.9, "middle": 6.0}
    at = {"north": 48.35, "middle": 48.2, "south": 48.0}
    flood = Flood(
        "flood",
        PLAIN,
        protection,
        durations={"damaged": 5.0},
        critical_depth=math.inf,
        residual_sd=0.2,
        correlation_km=25.0,
    )
    sites = [Site(name, lat=lat, lon=7.7) for name, lat in at.items()]
    scenario = Scenario(sites, [flood]).given("flood", stage=6.0)
    trials = 300_000
    down = run(scenario, site_layouts(scenario), trials, seed=106).downtime.values > 0
    place = EARTH_KM * np.radians([at[s.name] for s in sites])
    shares = [stats.norm.sf((protection[s.name] - 6.0) / 0.2) for s in sites]
    for row, share in zip(down, shares, strict=True):
        check_share(row.sum(), trials, share)
    check_patterns(down, orthants(shares, np.exp(-np.abs(place[:, None] - place) / 25.0)))


def test_residuals_are_independent_without_a_distance():
    protection = {"A": 6.1, "B": 5.9}
    flood = Flood("flood", PLAIN, protection, durations={"damaged": 5.0}, critical_depth=math.inf, residual_sd=0.2)
    scenario = Scenario([Site("A"), Site("B")], [flood]).given("flood", stage=6.0)
    down = run(scenario, site_layouts(scenario), 200_000, seed=107).downtime.values > 0
    a, b = stats.norm.sf(0.5), stats.norm.sf(-0.5)
    check_patterns(down, [(1 - a) * (1 - b), a * (1 - b), (1 - a) * b, a * b])


def test_breach():
    """Protections fail each for itself, and only where water stands above the floor."""
    flood = Flood(
        "flood",
        PLAIN,
        protection={"A": 7.0, "B": 7.0, "C": 7.0, "low": 5.5, "high": 9.0},
        floor={"A": 5.0, "B": 4.0, "C": 5.0, "low": 5.5, "high": 6.0},
        breach={"A": 0.25, "B": 0.6, "C": 0.0, "low": 0.0, "high": 1.0},
        durations={"damaged": 5.0},
        critical_depth=math.inf,
    )
    scenario = Scenario([Site(name) for name in flood.protection], [flood]).given("flood", stage=6.0)
    down = run(scenario, site_layouts(scenario), 100_000, seed=108).downtime.values > 0
    check_patterns(down[:2], [0.75 * 0.4, 0.25 * 0.4, 0.75 * 0.6, 0.25 * 0.6])
    assert not down[2].any() and down[3].all() and not down[4].any()


@pytest.mark.parametrize("fragility", [0.0, 0.5])
def test_depth_decides_state_and_duration(fragility):
    """Residual, breach, fragility and growth of the duration at once: integrals over the level at the site."""
    stage, sd, protection, floor, breach, critical, growth = 6.0, 0.5, 6.2, 5.5, 0.3, 0.9, 0.8
    flood = Flood(
        "flood",
        PLAIN,
        protection={"A": protection},
        floor={"A": floor},
        breach=breach,
        residual_sd=sd,
        critical_depth=critical,
        fragility=fragility,
        duration_growth_per_m=growth,
        durations={"damaged": stats.expon(scale=100.0), "destroyed": stats.gamma(2.0, scale=300.0)},
    )
    scenario = Scenario([Site("A")], [flood]).given("flood", stage=stage)
    trials = 300_000
    results = run(scenario, site_layouts(scenario), trials, seed=109, horizon=1e5)

    def destroyed(depth):
        if fragility == 0:
            return float(depth >= critical)
        return stats.norm.cdf(math.log(depth / critical) / fragility) if depth > 0 else 0.0

    def integral(what):
        """Over the levels that flood the site."""

        def density(level):
            flooded = 1.0 if level > protection else breach
            return flooded * stats.norm.pdf(level, stage, sd) * what(level - floor)

        corners = [floor, *sorted({protection, floor + critical}), stage + 12 * sd]
        return sum(integrate.quad(density, a, b)[0] for a, b in zip(corners, corners[1:], strict=False))

    check_share((results.downtime.values > 0).sum(), trials, integral(lambda depth: 1.0))
    check_share(results.data_loss.sum(), trials, integral(destroyed))
    mean = integral(lambda d: (100.0 * (1 - destroyed(d)) + 600.0 * destroyed(d)) * (1 + growth * d))
    check_mean(results.downtime, mean)


def test_fragility_at_a_depth():
    """Half are destroyed at the critical depth, one standard deviation of its log above: 84 %."""
    at = {"half": 1.5, "more": 1.5 * math.exp(0.4), "less": 1.5 * math.exp(-0.4)}
    flood = Flood(
        "flood",
        PLAIN,
        protection={name: 6.0 - depth for name, depth in at.items()},
        critical_depth=1.5,
        fragility=0.4,
        durations={"damaged": 5.0, "destroyed": 10.0},
    )
    scenario = Scenario([Site(name) for name in at], [flood]).given("flood", stage=6.0)
    trials = 100_000
    results = run(scenario, site_layouts(scenario), trials, seed=110)
    gone = results.data_loss.values
    shares = stats.norm.cdf([0.0, 1.0, -1.0])
    for row, share in zip(gone, shares, strict=True):
        check_share(row.sum(), trials, share)
    law = [math.prod(p if k >> i & 1 else 1 - p for i, p in enumerate(shares)) for k in range(8)]
    check_patterns(gone, law)
    assert (results.downtime.values == np.where(gone, 10.0, 5.0)).all()


@pytest.mark.parametrize(
    "stage, expected",
    [
        (5.5, [0.0, 0.0, 0.0]),
        (6.0, [0.0, 0.0, 0.0]),  # water at the protection does not flood
        (6.5, [12.5, 140.0, 12.5]),
        (7.0, [120.0, 160.0, 120.0]),  # at the critical depth a step destroys
        ({"a": 7.5}, [140.0, 180.0, 0.0]),
        ({"b": 7.5}, [0.0, 0.0, 140.0]),
        ({"b": 6.25, "a": 6.5}, [12.5, 140.0, 11.25]),
    ],
)
def test_given_stage(stage, expected):
    """Hours grow with depth; basins that are not named stay low, one number is for all."""
    flood = Flood(
        "flood",
        {"a": PLAIN, "b": PLAIN},
        protection={"A": 6.0, "deep": 6.0, "B": 6.0},
        floor={"A": 6.0, "deep": 5.0, "B": 6.0},
        basin={"A": "a", "deep": "a", "B": "b"},
        durations={"damaged": 10.0, "destroyed": 80.0},
        duration_growth_per_m=0.5,
        critical_depth=1.0,
    )
    scenario = Scenario([Site("A"), Site("deep"), Site("B")], [flood]).given("flood", stage=stage)
    results = run(scenario, site_layouts(scenario), 3, seed=111)
    assert results.downtime.values.T.tolist() == [expected] * 3
    assert results.data_loss.values.T.tolist() == [[hours > 100 for hours in expected]] * 3


def test_a_flood_that_has_not_happened_yet_can_be_given():
    """Its rate is 0, as that of a fire may be; its stage is that given."""
    never = PeaksOverThreshold(0.0, threshold=5.0, scale=1.0)
    flood = Flood("flood", never, {"A": 4.0}, {"damaged": 5.0}, critical_depth=math.inf)
    scenario = Scenario([Site("A")], [flood])
    assert run(scenario, alone("A"), 2).downtime.values.tolist() == [[0.0, 0.0]]
    assert run(scenario.given("flood", stage=4.5), alone("A"), 2).downtime.values.tolist() == [[5.0, 5.0]]


@pytest.mark.parametrize("relocation, lead, hours", [(72.0, 24.0, 48.0), (12.0, 24.0, 0.0), (72.0, 0.0, 72.0)])
def test_a_flood_announces_itself(relocation, lead, hours):
    flood = Flood("flood", PLAIN, {"A": 6.0}, {"damaged": 400.0}, critical_depth=math.inf, lead_time=lead)
    scenario = Scenario([Site("A")], [flood]).given("flood", stage=7.0)
    layouts = [Layout("moves", replicas=["A"], relocation=relocation), Layout("waits", replicas=["A"])]
    assert run(scenario, layouts, 1).downtime[:, 0].values.tolist() == [hours, 400.0]


# how many events


def counted(kind, rate, **options):
    """A hazard whose events each interrupt one node for TINY, ``rate`` a year in all, a number or a distribution."""
    sites = [Site(name, lat=45.0, lon=5.0) for name in "ABC"]
    if kind == "failure":  # the same rate for each of three sites
        hazard = Failure("h", rate, TINY, list("ABC"), **options)
    elif kind == "grid":
        hazard = GridOutage("h", {"A": rate}, TINY, **options)
    elif kind == "disc":
        hazard = GridOutage("h", rate, TINY, disc=Disc(["B"], (44.0, 4.0, 46.0, 6.0), 1000.0), **options)
    elif kind == "fire":
        hazard = Fire("h", {"A": rate}, {"interrupted": TINY, "destroyed": 5.0}, contained=1.0, **options)
    elif kind == "flood":
        peaks = PeaksOverThreshold(rate, threshold=5.0, scale=1.0)
        hazard = Flood("h", peaks, {"C": 4.0}, {"damaged": TINY}, critical_depth=math.inf, **options)
    else:
        columns = {"event": [1, 2], "rate_per_year": [0.25 * rate, 0.75 * rate], "site": ["A", "B"]}
        hazard = EventTable("h", columns | {"duration": [TINY, TINY]}, **options)
    return Scenario(sites, [hazard])


def total(scenario, trials, **options):
    """Outages of all sites in each trial."""
    return run(scenario, site_layouts(scenario), trials, **options).outages.values.sum(axis=0)


@pytest.mark.parametrize("kind", ["failure", "grid", "disc", "fire", "flood", "table"])
def test_dispersion(kind):
    """Counts are negative binomial, and one trial says nothing of the next."""
    dispersion, mean = 3.0, 4.0
    scenario = counted(kind, mean / 3 if kind == "failure" else mean, dispersion=dispersion)
    trials = 100_000
    events = total(scenario, trials, seed=112)
    law = stats.nbinom(mean / (dispersion - 1), 1 / dispersion)
    check_counts(events, law.pmf(np.arange(40)))
    check_mean(events, mean)
    check_mean((events - mean) ** 2, dispersion * mean)
    check_share((events == 0).sum(), trials, law.pmf(0))
    both = (events[::2] == 0) & (events[1::2] == 0)
    check_share(both.sum(), trials // 2, law.pmf(0) ** 2)


def test_dispersion_of_a_trial_with_a_warm_up():
    """The rate of a trial is one for its warm-up and its window, which sees a thinned negative binomial count."""
    warmup, horizon = 6000.0, 3000.0
    scenario = counted("failure", 2.0, dispersion=5.0)
    events = total(scenario, 100_000, seed=113, warmup=warmup, horizon=horizon)
    shape = 6.0 * (warmup + horizon) / YEAR / 4.0
    scale = 4.0 * horizon / (warmup + horizon)
    check_counts(events, stats.nbinom.pmf(np.arange(60), shape, 1 / (1 + scale)))


def test_dispersion_leaves_the_sites_their_shares():
    rates = {"A": 0.5, "B": 0.0, "C": 1.5}
    scenario = Scenario([Site(n) for n in rates], [Failure("h", rates, TINY, dispersion=4.0)])
    a, b, c = run(scenario, site_layouts(scenario), 50_000, seed=114).outages.values.sum(axis=1)
    assert b == 0
    check_share(a, a + c, 0.25)


@pytest.mark.parametrize("kind", ["failure", "grid", "disc", "fire", "flood"])
@pytest.mark.parametrize("observed", [(2, 5.0), (0, 4.0)], ids=str)
def test_gamma_rate(kind, observed):
    """A gamma rate makes counts negative binomial; of several sites with one rate, their total."""
    scenario = counted(kind, jeffreys_rate(*observed))
    sites = 3 if kind == "failure" else 1
    trials = 100_000
    events = total(scenario, trials, seed=115)
    law = stats.nbinom(observed[0] + 0.5, 1 / (1 + sites / observed[1]))
    check_counts(events, law.pmf(np.arange(30)))
    both = (events[::2] == 0) & (events[1::2] == 0)
    check_share(both.sum(), trials // 2, law.pmf(0) ** 2)


def test_gamma_rate_of_something_rare():
    """Nothing was seen in 500 years: the trials without an event are skipped, as many as there should be."""
    trials = 3_000_000
    events = total(counted("grid", jeffreys_rate(0, 500.0)), trials, seed=116)
    law = stats.nbinom(0.5, 1 / (1 + 1 / 500.0))
    check_share((events == 0).sum(), trials, law.pmf(0))
    check_counts(events, law.pmf(np.arange(4)))


def mixed_poisson(rate, most, factor=1.0):
    """Probabilities of 0 to ``most`` events with an uncertain rate, by integration over its quantiles."""

    def mass(k):
        def given(u):
            return stats.poisson.pmf(k, factor * rate.ppf(u))

        return (
            integrate.quad(given, 0, 0.5, epsabs=1e-11)[0] + integrate.quad(given, 0.5, 1, epsabs=1e-11, limit=200)[0]
        )

    return np.array([mass(k) for k in range(most + 1)])


@pytest.mark.parametrize(
    "rate",
    [stats.uniform(0.5, 3.0), stats.uniform(0.0, 0.2), stats.lognorm(1.5, scale=0.3), stats.beta(0.3, 2.0)],
    ids=["uniform", "from 0", "lognormal", "beta"],
)
def test_mixed_poisson_counts(rate):
    events = total(counted("failure", rate), 200_000, seed=117)
    check_counts(events, mixed_poisson(rate, 25, 3.0))


def test_mixed_poisson_counts_of_another_window():
    """The rate is a year's; the window here is 3000 h of a trial of 5000 h."""
    rate = stats.uniform(1.0, 6.0)
    events = total(counted("grid", rate), 200_000, seed=118, warmup=2000.0, horizon=3000.0)
    check_counts(events, mixed_poisson(rate, 15, 3000.0 / YEAR))


def test_each_distribution_of_a_table_is_drawn_by_itself():
    """Sites with rates of their own are independent, those with one rate are not."""
    apart = {"A": jeffreys_rate(1, 2.0), "B": 0.8, "C": stats.uniform(0.0, 2.0)}
    scenario = Scenario([Site(n) for n in apart], [GridOutage("h", apart, TINY)])
    outages = run(scenario, site_layouts(scenario), 200_000, seed=119).outages.values
    laws = [
        stats.nbinom.pmf(np.arange(31), 1.5, 1 / 1.5),
        stats.poisson.pmf(np.arange(31), 0.8),
        mixed_poisson(stats.uniform(0.0, 2.0), 30),
    ]
    for row, law in zip(outages, laws, strict=True):
        check_counts(row, law)
    check_counts(outages.sum(axis=0), np.convolve(np.convolve(laws[0], laws[1]), laws[2])[:31])

    scenario = counted("failure", jeffreys_rate(1, 2.0))
    outages = run(scenario, site_layouts(scenario), 200_000, seed=119).outages.values
    for row in outages:
        check_counts(row, laws[0])
    shape, scale = 1.5, 0.5
    check_mean((outages[0] - 0.75) * (outages[1] - 0.75), shape * scale**2)  # the variance of the common rate


@pytest.mark.parametrize("a, b", [(6.1e-3, 0.59), (6e-5, 1.0)])
def test_ignitions_by_floor_area(a, b):
    areas = {"hall": 500.0, "annexe": 2000.0, "hut": 12.5}
    rates = dcrisk.ignition_rate(areas, a, b)
    fire = Fire("fire", rates, {"interrupted": TINY, "destroyed": 5.0}, contained=1.0)
    scenario = Scenario([Site(name) for name in areas], [fire])
    trials = 500_000
    outages = run(scenario, site_layouts(scenario), trials, seed=120).outages.values
    for row, area in zip(outages, areas.values(), strict=True):
        check_total(row.sum(), trials * a * area**b)


def test_an_outage_of_a_region_strikes_its_nodes():
    grid = GridOutage(
        "grid", {"north": 1.0, "A": 0.5, "all": 0.25}, TINY, regions={"north": ["A", "B"], "all": ["A", "B", "C"]}
    )
    scenario = Scenario([Site(n) for n in "ABC"], [grid])
    trials = 200_000
    layouts = [*alone("ABC"), Layout("service", up=all_of("A", "B", "C"))]
    outages = run(scenario, layouts, trials, seed=121).outages.values.sum(axis=1)
    for count, rate in zip(outages, [1.75, 1.25, 0.25, 1.75], strict=True):
        check_total(count, trials * rate)


# when

DAYS = [31, 28.25, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
WEIGHTS = [5, 0, 1, 2, 3, 1, 0, 4, 1, 1, 2, 3]


def share_of_year(hours, weights=WEIGHTS):
    """Events from the start of January until ``hours`` later, as a multiple of those of a year."""
    ends = np.cumsum(np.tile(DAYS, 3)) * 24.0
    gained = np.cumsum(np.tile(weights, 3)) / sum(weights)
    return np.interp(hours, np.append(0.0, ends), np.append(0.0, gained))


@pytest.mark.parametrize("months", [12, 18, 5])
@pytest.mark.parametrize("uncertain", [False, True])
def test_monthly_profile(months, uncertain):
    """The first event of a window: outages that outlast the window, so that the hours down tell when they began."""
    horizon = sum((DAYS * 2)[:months]) * 24.0
    rate = jeffreys_rate(1, 1.5) if uncertain else 1.0
    scenario = Scenario([Site("A")], [GridOutage("grid", {"A": rate}, 20_000.0, monthly=WEIGHTS)])
    trials = 200_000
    downtime = run(scenario, alone("A"), trials, seed=122, horizon=horizon).downtime.values[0]

    def began(hours):  # probability that the first event has come
        mean = share_of_year(hours)
        return 1 - (1 + mean / 1.5) ** -1.5 if uncertain else -np.expm1(-mean)

    first = horizon - downtime[downtime > 0]
    check_share(first.size, trials, began(horizon))
    ends = np.append(0.0, np.cumsum((DAYS * 2)[:months]) * 24.0)
    law = np.diff(began(ends))
    check_law(np.histogram(first, ends)[0], law / law.sum())
    assert stats.kstest(first, lambda t: began(t) / began(horizon)).pvalue > 6e-7


@pytest.mark.parametrize("kind", ["failure", "grid", "disc", "fire", "flood", "table"])
def test_time_0_is_the_start_of_january(kind):
    """A warm-up is the months before: December, or more than a year."""
    scenario = counted(kind, 2.0 if kind == "failure" else 6.0, monthly=WEIGHTS)
    trials = 20_000
    for warmup in (0.0, 31 * 24.0, YEAR + (30 + 31) * 24.0):
        for months in (1, 2, 7):
            horizon = sum(DAYS[:months]) * 24.0
            events = total(scenario, trials, seed=123, warmup=warmup, horizon=horizon)
            check_total(events.sum(), trials * 6.0 * sum(WEIGHTS[:months]) / sum(WEIGHTS))


def test_monthly_profile_with_dispersion():
    """The count of a trial is negative binomial, and its events lie in the months as their weights say."""
    scenario = counted("failure", 1.0, monthly=WEIGHTS, dispersion=3.0)
    warmup, horizon = (30 + 31) * 24.0, (31 + 28.25 + 31 + 30) * 24.0
    events = total(scenario, 100_000, seed=124, warmup=warmup, horizon=horizon)
    before, within = (2 + 3) / sum(WEIGHTS), (5 + 0 + 1 + 2) / sum(WEIGHTS)
    shape = 3.0 * (before + within) / 2.0
    scale = 2.0 * within / (before + within)
    check_counts(events, stats.nbinom.pmf(np.arange(30), shape, 1 / (1 + scale)))


def test_a_window_out_of_season():
    """No event in a window, or in a trial with its warm-up, that lies in months without any."""
    for rate, options in ((5.0, {}), (jeffreys_rate(5, 1.0), {}), (5.0, {"dispersion": 2.0})):
        winter = counted("grid", rate, monthly=[1, 1, 1, 1, 0, 0, 0, 0, 0, 1, 1, 1], **options)
        summer = counted("grid", rate, monthly=[0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 0], **options)
        assert total(summer, 3000, seed=124, warmup=700.0, horizon=2800.0).sum() == 0
        assert total(summer, 3000, seed=124, horizon=3600.0).sum() > 0
        assert total(winter, 3000, seed=124, horizon=2800.0).sum() > 0


# backup power


@pytest.mark.parametrize("beta", [0.0, 0.4])
@pytest.mark.parametrize("autonomy, refuel", [(math.inf, 0.0), (15.0, 0.0), (15.0, 0.3)])
def test_generators_that_fail_to_run(beta, autonomy, refuel):
    """Four generators carry a grid outage of 24 h: beta-factor start failures, then each fails at its own time."""
    fails, per_hour, hours = 0.1, 0.02, 24.0
    backup = Backup(1 - fails, autonomy, refuel, common_cause=beta, run_failure_rate_per_hour=per_hour)
    names = list("ABCD")
    grid = GridOutage("grid", {"grid": LITTLE}, hours)
    sites = [Site(n, requires=[all_of("grid", backup=backup)]) for n in names]
    scenario = Scenario([Utility("grid"), *sites], [grid]).given("grid", origin="grid")
    trials = 200_000
    layouts = [*alone(names), *(Layout(f"{k} of 4", replicas=names, quorum=k) for k in range(1, 5))]
    results = run(scenario, layouts, trials, seed=125)
    common = beta * fails
    own = (fails - common) / (1 - common)

    def down(t):
        """Probability that one is down at t, with no common failure."""
        runs = math.exp(-per_hour * t) * (1.0 if t < autonomy else refuel)
        return 1 - (1 - own) * runs

    ends = [0.0, min(autonomy, hours), hours]

    def over(what):
        return sum(integrate.quad(what, a, b)[0] for a, b in zip(ends, ends[1:], strict=False) if b > a)

    fallen = (results.downtime.values[:4] > hours - 10.0).sum(axis=0)  # within the first 10 h
    law = (1 - common) * stats.binom.pmf(np.arange(5), 4, down(10.0))
    law[4] += common
    check_law(np.bincount(fallen, minlength=5), law)
    check_mean(results.downtime[:4].sum("layout"), 4 * (common * hours + (1 - common) * over(down)))
    for k in range(1, 5):
        mean = common * hours + (1 - common) * over(lambda t, k=k: stats.binom.sf(4 - k, 4, down(t)))
        check_mean(results.downtime.sel(layout=f"{k} of 4"), mean)


# catalogues

UNIT = 2.0**-16  # hours: whole numbers of them add up exactly, and two outages of one site in a year hardly ever meet


def catalogue():
    """Seven events at sites of their own, and two of them also elsewhere: hits in units."""
    rates = {"a": 0.8, "b": 0.5, "c": 0.4, "d": 0.2, "e": 0.1, "f": 0.05, "g": 0.0}
    hits = {"a": [1], "b": [2], "c": [2, 1], "d": [5], "e": [7, 12], "f": [40], "g": [99]}
    columns = {"event": [], "rate_per_year": [], "site": [], "duration": []}
    for event, units in hits.items():
        for i, n in enumerate(units):
            row = (event, rates[event], f"{event}{i}", n * UNIT)
            for column, value in zip(columns.values(), row, strict=True):
                column.append(value)
    return rates, hits, columns


def panjer(rate, severity, most):
    """Compound Poisson with whole severities (Panjer 1981): probabilities of 0 to ``most``."""
    law = np.zeros(most + 1)
    law[0] = math.exp(-rate * (1 - severity.get(0, 0.0)))
    for n in range(1, most + 1):
        law[n] = rate / n * sum(j * p * law[n - j] for j, p in severity.items() if 0 < j <= n)
    return law


def test_year_of_a_catalogue_by_panjer_recursion():
    """The hours lost in a year over all sites, and the longest outage of a service that needs them all.

    An event of rate r and n units meets itself at its site in r * r * n * UNIT / 8766 h of the years: 5e-9 in all, which
    is 0.002 of the 400 000 years. Two events that overlap, of which the service sees one outage, come in 0.01 of them.
    """
    rates, hits, columns = catalogue()
    sites = columns["site"]
    scenario = Scenario([Site(name) for name in sites], [EventTable("catalogue", columns)])
    trials = 400_000
    layouts = [*alone(sites), Layout("all", up=all_of(*sites))]
    results = run(scenario, layouts, trials, seed=126)
    units = results.downtime.values[:-1].sum(axis=0) / UNIT
    assert (units == np.round(units)).all()
    rate, severity = sum(rates.values()), {}
    for event, struck in hits.items():
        severity[sum(struck)] = severity.get(sum(struck), 0.0) + rates[event] / rate
    check_counts(units, panjer(rate, severity, 120))
    check_mean(units, sum(rates[event] * sum(struck) for event, struck in hits.items()))
    longest = np.round(results.longest_outage.values[-1] / UNIT)
    for x in (0, 1, 2, 5, 12, 40):
        above = sum(rates[event] for event, struck in hits.items() if max(struck) > x)
        if above > 0:
            check_share((longest <= x).sum(), trials, math.exp(-above))
        else:
            assert (longest <= x).all()


def test_catalogue_from_a_file(tmp_path):
    path = tmp_path / "events.csv"
    path.write_text(
        "event,rate_per_year,site,delay,duration,state\n"
        "Lothar,1e-9,A,0,48,interrupted\nLothar,1e-9,B,6.5,72,destroyed\nMartin,3e-9,B,0,10,damaged\n"
    )
    scenario = Scenario([Site("A"), Site("B")], [EventTable("storms", path)])
    layouts = site_layouts(scenario)
    for event, down in (("Lothar", [48.0, 72.0]), ("Martin", [0.0, 10.0])):
        results = run(scenario.given("storms", origin=event), layouts, 2)
        assert results.downtime.values.T.tolist() == [down] * 2
        assert results.data_loss.values.T.tolist() == [[False, event == "Lothar"]] * 2
    results = run(scenario.given("storms", origin="Lothar"), layouts, 1, horizon=20.0)
    assert results.downtime[:, 0].values.tolist() == [20.0, 13.5]
    results = run(scenario.given("storms"), layouts, 100_000, seed=127)
    check_share((results.downtime.values[0] > 0).sum(), 100_000, 0.25)


@pytest.mark.parametrize("fraction", [0.0, 0.35, 1.0])
def test_secondary_uncertainty(fraction):
    """Lognormal factors of mean 1, and the correlation of the log durations of two sites is the shared fraction."""
    spread, hours = 0.8, np.array([100.0, 10.0])
    columns = {"event": [1, 1], "rate_per_year": [LITTLE] * 2, "site": ["A", "B"], "duration": hours.tolist()}
    table = EventTable("table", columns, duration_spread=spread, shared_fraction=fraction)
    scenario = Scenario([Site("A"), Site("B")], [table]).given("table")
    down = run(scenario, alone("AB"), 200_000, seed=128, horizon=1e5).downtime.values
    score = (np.log(down / hours[:, None]) + spread**2 / 2) / spread
    for row, mean, normal in zip(down, hours, score, strict=True):
        check_mean(row, mean)
        check_mean(normal, 0.0)
        check_mean(normal**2, 1.0)
        assert stats.kstest(normal, "norm").pvalue > 6e-7
    check_mean(score[0] * score[1], fraction)
    if fraction == 1:
        assert np.abs(score[0] - score[1]).max() < 1e-5


def star(kind, fraction, n):
    """One event strikes n sites; their durations share a fraction of their variance. Its law of the duration."""
    names = [f"s{i}" for i in range(n)]
    law = stats.expon(scale=10.0)
    if kind == "table":
        columns = {"event": [1] * n, "rate_per_year": [LITTLE] * n, "site": names, "duration": [10.0] * n}
        hazard = EventTable("h", columns, duration_spread=0.7, shared_fraction=fraction)
        law = stats.lognorm(0.7, scale=10.0 * math.exp(-(0.7**2) / 2))
    elif kind == "fire":
        spread = {("s0", name): 1.0 for name in names[1:]}
        hazard = Fire("h", {"s0": LITTLE}, {"destroyed": law}, spread=spread, shared_fraction=fraction)
    elif kind == "isolation":
        durations = {"destroyed": 1.0, "isolated": law}
        options = {"isolation": [["origin", *names]], "isolation_shared": False, "shared_fraction": fraction}
        hazard = Fire("h", {"origin": LITTLE}, durations, **options)
    else:
        peaks = PeaksOverThreshold(LITTLE, threshold=5.0, scale=1.0)
        levels = dict.fromkeys(names, 4.0)
        hazard = Flood("h", peaks, levels, {"damaged": law}, critical_depth=math.inf, shared_fraction=fraction)
    scenario = Scenario([Site(name) for name in ["origin", *names]], [hazard]).given("h")
    return scenario, names, law


@pytest.mark.parametrize("kind", ["table", "fire", "isolation", "flood"])
@pytest.mark.parametrize("fraction", [0.0, 0.4])
def test_star(kind, fraction):
    """The number still down after some hours: the one-factor Gaussian law (Vasicek 2002), binomial without sharing."""
    n = 8
    scenario, names, law = star(kind, fraction, n)
    down = run(scenario, alone(names), 100_000, seed=129, horizon=1e4).downtime.values
    for hours in (6.0, 20.0):
        alone_down = law.sf(hours)
        level = stats.norm.isf(alone_down)
        k = np.arange(n + 1)
        if fraction == 0:
            expected = stats.binom.pmf(k, n, alone_down)
        else:

            def mass(factor, k, level=level):
                share = stats.norm.cdf((math.sqrt(fraction) * factor - level) / math.sqrt(1 - fraction))
                return stats.norm.pdf(factor) * stats.binom.pmf(k, n, share)

            expected = [integrate.quad(mass, -10, 10, args=(i,), epsabs=1e-10, limit=200)[0] for i in k]
        check_law(np.bincount((down > hours).sum(axis=0), minlength=n + 1), expected)


def test_what_a_fire_shares_it_shares_between_states():
    """A building that burns and one that is cut off: normal scores of their durations correlate by the fraction."""
    burnt, cut = stats.gamma(2.0, scale=50.0), stats.lognorm(1.0, scale=12.0)
    fire = Fire(
        "fire",
        {"A": LITTLE},
        {"damaged": burnt, "isolated": cut},
        destroyed=0.0,
        isolation=[["A", "B"]],
        shared_fraction=0.6,
    )
    scenario = Scenario([Site("A"), Site("B")], [fire]).given("fire")
    a, b = run(scenario, alone("AB"), 100_000, seed=130, horizon=1e5).downtime.values
    x, y = (stats.norm.ppf(law.cdf(hours)) for law, hours in ((burnt, a), (cut, b)))
    assert stats.kstest(x, "norm").pvalue > 6e-7
    assert stats.kstest(y, "norm").pvalue > 6e-7
    check_mean(x * y, 0.6)


# repair crews


def machine_repair(n, crews, per_hour, mean):
    """Stationary law of the number down among n, and hours in which a deviation falls to 1/e."""
    falls = [(n - k) * per_hour for k in range(n + 1)]
    rises = [min(k, crews) / mean for k in range(n + 1)]
    generator = np.diag(falls[:-1], 1) + np.diag(rises[1:], -1)
    generator -= np.diag(generator.sum(axis=1))
    law = np.cumprod([1.0, *(falls[k] / rises[k + 1] for k in range(n))])
    return law / law.sum(), -1 / np.sort(np.linalg.eigvals(generator).real)[-2]


@pytest.mark.parametrize("crews", [1, 2, 5])
def test_machine_repair(crews):
    """Five machines and one, two or five repair crews: a birth-death chain, after 20 of its relaxation times."""
    n, rate, mean = 5, 10.0, 200.0
    names = list("abcde")
    hazard = Failure("f", rate, stats.expon(scale=mean), names, state="damaged")
    scenario = Scenario([Site(name) for name in names], [hazard], crews=[Crew("crew", names, crews)])
    law, relaxation = machine_repair(n, crews, rate / YEAR, mean)
    layouts = [*alone(names), *(Layout(f"{k} of 5", replicas=names, quorum=k) for k in range(1, 6))]
    trials, options = 20_000, {"seed": 131, "warmup": 20 * relaxation}
    results = run(scenario, layouts, trials, **options)
    check_mean(results.downtime[:n].sum("layout") / YEAR, law @ np.arange(n + 1))
    for k in range(1, n + 1):
        service = results.sel(layout=f"{k} of 5")
        check_mean(service.downtime / YEAR, law[n - k + 1 :].sum())
        check_mean(service.outages, law[n - k] * k * rate)
    if crews == n:  # as many crews as machines are as good as no limit
        free = run(Scenario(scenario.nodes, scenario.hazards), layouts, trials, **options)
        assert free.identical(results.assign_attrs(free.attrs))


def test_crews_of_two_hazards():
    """Machines that one hazard damages and another interrupts: only damage waits for the crew."""
    names = list("abc")
    hazards = [
        Failure("worn", 8.0, stats.expon(scale=200.0), names, state="damaged"),
        Failure("reset", 30.0, stats.expon(scale=20.0), names),
    ]
    scenario = Scenario([Site(n) for n in names], hazards, crews=[Crew("crew", names)])
    law, relaxation = machine_repair(3, 1, 8.0 / YEAR, 200.0)
    results = run(scenario, alone(names), 20_000, seed=132, warmup=20 * relaxation)
    up = (1 - law @ np.arange(4) / 3) / (1 + 30.0 * 20.0 / YEAR)  # each hazard runs by itself
    check_mean(results.downtime.sum("layout") / YEAR, 3 * (1 - up))


@pytest.mark.parametrize(
    "number, states, expected",
    [
        (1, ("damaged", "destroyed"), [10.0, 20.0, 10.0, 35.0, 10.0]),
        (2, ("damaged", "destroyed"), [10.0, 10.0, 10.0, 25.0, 10.0]),
        (3, ("damaged", "destroyed"), [10.0, 10.0, 10.0, 20.0, 10.0]),
        (1, ("destroyed",), [10.0, 10.0, 10.0, 20.0, 10.0]),
        (1, ("interrupted", "damaged", "destroyed"), [10.0, 20.0, 30.0, 45.0, 10.0]),
    ],
)
def test_first_come_first_served(number, states, expected):
    """A, B and C at once, D 5 h later; E has no crew to wait for."""
    columns = {
        "event": [1] * 5,
        "rate_per_year": [LITTLE] * 5,
        "site": list("ABCDE"),
        "delay": [0.0, 0.0, 0.0, 5.0, 0.0],
        "duration": [10.0, 10.0, 10.0, 20.0, 10.0],
        "state": ["damaged", "damaged", "interrupted", "destroyed", "damaged"],
    }
    crew = Crew("crew", ["D", "C", "B", "A"], number, states)
    scenario = Scenario([Site(n) for n in "ABCDE"], [EventTable("t", columns)], crews=[crew]).given("t")
    results = run(scenario, site_layouts(scenario), 3)
    assert results.downtime.values.T.tolist() == [expected] * 3
    assert results.data_loss.values.T.tolist() == [[False, False, False, True, False]] * 3


def test_what_waits_for_a_crew_stays_destroyed():
    """The crew is busy at X when A burns, so A is still gone when B, for which nobody waits, is destroyed as well."""
    columns = {
        "event": [1] * 3,
        "rate_per_year": [LITTLE] * 3,
        "site": list("XAB"),
        "delay": [0.0, 0.0, 50.0],
        "duration": [100.0, 10.0, 10.0],
        "state": ["destroyed"] * 3,
    }
    layout = Layout("pair", replicas=["A", "B"], copies=["A", "B"])
    scenario = Scenario([Site(n) for n in "XAB"], [EventTable("t", columns)]).given("t")
    waiting = Scenario(scenario.nodes, scenario.hazards, conditions=scenario.conditions, crews=[Crew("c", ["X", "A"])])
    for case, lost, hours in ((scenario, False, 0.0), (waiting, True, 10.0)):
        results = run(case, [layout], 1)
        assert bool(results.data_loss[0, 0]) is lost and float(results.downtime[0, 0]) == hours


def test_common_shocks_and_one_crew():
    """Two nodes fail together and are repaired one after the other, each for the same time; then they may fail again."""
    rate, mean = 10.0, 100.0
    shock = Failure("shock", rate, stats.expon(scale=mean), ["A", "B"], shared=True, state="damaged")
    scenario = Scenario([Site("A"), Site("B")], [shock], crews=[Crew("crew", ["B", "A"])])
    results = run(scenario, alone("AB"), 20_000, seed=132, warmup=5000.0)  # 30 relaxation times
    cycle = YEAR / rate + 2 * mean
    check_mean(results.downtime[0] / YEAR, mean / cycle)
    check_mean(results.downtime[1] / YEAR, 2 * mean / cycle)
    check_mean(results.outages[1], YEAR / cycle)


# triggers


def test_storm_and_surge():
    """A given storm: the surge comes in time with p * P(delay) and floods with P(stage above the protection)."""
    storm = GridOutage("storm", {"grid": LITTLE}, 5.0)
    peaks = PeaksOverThreshold(LITTLE, threshold=5.0, scale=1.0, shape=0.1)
    surge = Flood("surge", peaks, {"A": 5.3}, {"damaged": 3.0}, critical_depth=math.inf)
    trigger = Trigger("surge", cause="storm", probability=0.6, delay=stats.expon(scale=4.0))
    scenario = Scenario([Utility("grid"), Site("A")], [storm, surge], triggers=[trigger]).given("storm")
    trials, horizon = 200_000, 8.0
    results = run(scenario, alone(["grid", "A"]), trials, seed=133, horizon=horizon, attribute=True)
    assert (results.downtime[0] == 5.0).all()
    floods = 0.6 * 1.03**-10
    check_share((results.downtime[1] > 0).sum(), trials, floods * -math.expm1(-horizon / 4.0))
    # the flood begins at an exponential time x, and min(3, 8 - x) of it lie in the window
    within = integrate.quad(lambda x: stats.expon.pdf(x, scale=4.0) * min(3.0, 8.0 - x), 0, 8, points=[5.0])[0]
    check_mean(results.downtime[1], floods * within)
    assert (results.downtime_by_hazard[1].sel(hazard="surge") == results.downtime[1]).all()


@pytest.mark.parametrize("dispersion, warmup", [(1.0, 0.0), (1.0, 10.0), (2.0, 0.0)])
def test_raised_events_add_to_those_that_happen_anyway(dispersion, warmup):
    """A surge in the last hour of the year is too late; with a warm-up, as many come from the hour before it."""
    storms, own, p = 1.5, 0.4, 0.3
    hazards = [
        GridOutage("storm", {"grid": storms}, TINY, dispersion=dispersion),
        GridOutage("surge", {"A": own}, TINY),
    ]
    trigger = Trigger("surge", cause="storm", probability=p, delay=1.0)
    scenario = Scenario([Utility("grid"), Site("A")], hazards, triggers=[trigger])
    trials = 200_000
    storm, surge = run(scenario, alone(["grid", "A"]), trials, seed=134, warmup=warmup).outages.values
    k = np.arange(20)
    if dispersion == 1:
        early = storms * p / YEAR if warmup else 0.0
        check_counts(surge, stats.poisson.pmf(k, own + storms * p * (1 - 1 / YEAR) + early))
        check_counts(storm, stats.poisson.pmf(k, storms))
        check_share(((storm == 0) & (surge == 0)).sum(), trials, math.exp(-storms - own - early))
        check_mean((storm - storms) * (surge - own - storms * p), storms * p * (1 - 1 / YEAR))  # covariance
    else:
        check_counts(storm, stats.nbinom.pmf(k, storms, 0.5))
        late = p * (1 - 1 / YEAR)
        raised = stats.nbinom.pmf(k, storms, 1 / (1 + late))
        check_counts(surge, np.convolve(raised, stats.poisson.pmf(k, own))[:20])


def test_chain_of_triggers():
    """A raises B, B raises C, and A raises C by itself as well: C happens 0, 1 or 2 times."""
    p, q, r = 0.7, 0.6, 0.25
    columns = {"event": ["x", "y"], "rate_per_year": [LITTLE, 3 * LITTLE], "site": ["C", "D"], "duration": [1.0, 1.0]}
    hazards = [
        EventTable("c", columns),
        Failure("b", LITTLE, 2.0, ["B"]),
        GridOutage("a", {"A": LITTLE}, 1.0),
    ]
    triggers = [
        Trigger("b", cause="a", probability=p, delay=10.0),
        Trigger("c", cause="b", probability=q, delay=5.0),
        Trigger("c", cause="a", probability=r, origin="x"),
    ]
    scenario = Scenario([Site(n) for n in "ABCD"], hazards, triggers=triggers).given("a")
    a, b, c, d = run(scenario, alone("ABCD"), 200_000, seed=135).outages.values
    assert (a == 1).all()
    # outcomes by B, times C, times D: from B the event x (C) is one of four, from A it is always x
    law = np.zeros((2, 3, 2))
    for direct, p_direct in ((0, 1 - r), (1, r)):
        law[0, direct, 0] += (1 - p) * p_direct
        law[1, direct, 0] += p * (1 - q) * p_direct
        law[1, direct + 1, 0] += p * q * 0.25 * p_direct
        law[1, direct, 1] += p * q * 0.75 * p_direct
    seen = np.zeros((2, 3, 2))
    np.add.at(seen, (b, c, d), 1)
    check_law(seen, law)


@pytest.mark.parametrize("renewal", [True, False])
def test_an_event_that_does_not_happen_raises_nothing(renewal):
    """B is down already when A raises it: a failure is dropped, and raises no C; a grid outage happens."""
    p, q = 0.7, 0.4
    b = Failure("b", LITTLE, 10.0, ["B"]) if renewal else GridOutage("b", {"B": LITTLE}, 10.0)
    hazards = [GridOutage("a", {"A": LITTLE}, 1.0), b, GridOutage("c", {"C": LITTLE}, 1.0)]
    triggers = [Trigger("b", cause="a", probability=p, delay=4.0), Trigger("c", cause="b", probability=q, delay=2.0)]
    scenario = Scenario([Site(n) for n in "ABC"], hazards, triggers=triggers).given("a").given("b")
    trials = 100_000
    results = run(scenario, alone("ABC"), trials, seed=136)
    down, c = results.downtime.values[1], results.outages.values[2]
    second = 0.0 if renewal else p * q  # at 6 h; the first, of the given b, at 2 h
    check_law(np.bincount(c, minlength=3), np.convolve([1 - q, q], [1 - second, second]))
    if renewal:
        assert (down == 10.0).all()
    else:
        check_share((down == 14.0).sum(), trials, p)


@pytest.mark.parametrize("beta", [0.0, 0.5])
def test_generators_that_catch_fire(beta):
    """Fires are as many as grid outages, times the probability of a start, times that of a fire."""
    outages, starts, p, anyway = 3.0, 0.8, 0.25, 0.01
    backup = Backup(starts, 100.0, common_cause=beta, run_failure_rate_per_hour=0.001)
    nodes = [Utility("grid"), *(Site(n, requires=[all_of("grid", backup=backup)]) for n in "AB")]
    nodes += [Site("hall A"), Site("hall B")]
    triggers = [
        Trigger("fire A", backup="A", probability=p, origin="hall A", delay=stats.uniform(0.0, 2.0)),
        Trigger("fire B", backup="B", probability=p, delay=3.0),
    ]

    def scenario(per_year, anyway):
        hazards = [
            GridOutage("grid", {"grid": per_year}, TINY),
            Fire("fire A", {"hall A": 0.0}, {"damaged": TINY}, destroyed=0.0),  # only ever raised
            Fire("fire B", {"hall B": anyway}, {"damaged": TINY}, destroyed=0.0),
        ]
        return Scenario(nodes, hazards, triggers=triggers)

    halls, trials = alone(["hall A", "hall B"]), 200_000
    a, b = run(scenario(outages, anyway), halls, trials, seed=137).outages.values
    check_total(a.sum(), trials * outages * starts * p * (1 - 1 / YEAR))  # those of the last hours come too late
    check_total(b.sum(), trials * (outages * starts * p * (1 - 3 / YEAR) + anyway))
    common = beta * (1 - starts)
    one, both = starts * p, (1 - common) * (starts * p / (1 - common)) ** 2
    fires = run(scenario(LITTLE, LITTLE).given("grid"), halls, trials, seed=138).outages.values > 0
    check_patterns(fires, [1 - 2 * one + both, one - both, one - both, both])


@pytest.mark.parametrize("run_failures, hours", [(0.0, 10.0), (0.05, -math.expm1(-0.5) / 0.05)])
def test_a_fire_that_the_start_raises_takes_its_own_site_down(run_failures, hours):
    """The generator burns 2 h after its start for longer than the grid is out: all is down from then on."""
    backup = Backup(0.9, run_failure_rate_per_hour=run_failures)
    site = Site("A", requires=[all_of("grid", backup=backup)])
    hazards = [
        GridOutage("grid", {"grid": LITTLE}, 10.0),
        Fire("fire", {"A": LITTLE}, {"damaged": 30.0}, destroyed=0.0),
    ]
    trigger = Trigger("fire", backup="A", probability=0.5, delay=2.0)
    scenario = Scenario([Utility("grid"), site], hazards, triggers=[trigger]).given("grid")
    trials = 200_000
    down = run(scenario, alone("A"), trials, seed=139).downtime.values[0]
    carried = hours  # mean hours of the outage that a generator carries which starts and does not burn
    first = 2.0 if run_failures == 0 else -math.expm1(-2.0 * run_failures) / run_failures
    burning = 32.0 - first  # from the run failure, or from the fire, until 32 h
    check_mean(down, 0.1 * 10.0 + 0.9 * (0.5 * (10.0 - carried) + 0.5 * burning))
    check_share((down >= 30.0).sum(), trials, 0.45)


def test_a_backup_raises_what_breaks_its_requirement_once():
    """The start of the generator raises a second grid outage, and that start none in turn."""
    site = Site("A", requires=[all_of("grid", backup=Backup(1.0, 5.0))])
    trigger = Trigger("grid", backup="A", delay=20.0)
    grid = GridOutage("grid", {"grid": LITTLE}, 8.0)
    scenario = Scenario([Utility("grid"), site], [grid], triggers=[trigger]).given("grid")
    results = run(scenario, alone(["grid", "A"]), 2)
    assert results.outages.values.T.tolist() == [[2, 2]] * 2
    assert results.downtime.values.T.tolist() == [[16.0, 6.0]] * 2


# discs

BOX = (40.0, 0.0, 50.0, 10.0)  # south, west, north, east


def hit_probability(sphere):
    """Share of the box that an area on the unit sphere takes."""
    south, west, north, east = np.radians(BOX)
    return sphere / ((east - west) * (math.sin(north) - math.sin(south)))


def cap(radius):
    return 2 * math.pi * (1 - math.cos(radius / EARTH_KM))


def lens(radius, distance):
    """Area on the unit sphere within a radius of each of two places, both in km, ring by ring around the first one."""
    r, d = radius / EARTH_KM, distance / EARTH_KM

    def ring(theta):
        reach = (math.cos(r) - math.cos(theta) * math.cos(d)) / (math.sin(theta) * math.sin(d))
        return 2 * math.acos(min(1.0, max(-1.0, reach))) * math.sin(theta)

    return integrate.quad(ring, 0, r, points=[abs(d - r)] if d < 2 * r else None, limit=200)[0]


@pytest.mark.parametrize("radius", [150.0, 90.0, stats.uniform(60.0, 140.0)], ids=["large", "small", "uniform"])
def test_disc(radius):
    """A node is hit when the centre of the disc lies in a cap around it, two when it lies in a lens."""
    duration = stats.expon(scale=5.0)
    disc = Disc(["south", "north", "edge", "far"], BOX, radius)
    storm = GridOutage("storm", LITTLE, duration, disc=disc)
    nodes = [
        Utility("south", lat=45.0, lon=5.0),
        Site("north", lat=46.2, lon=5.0),
        Site("edge", lat=45.0, lon=0.0),  # a meridian, so half of its cap lies in the box
        Utility("far", lat=-45.0, lon=5.0),
    ]
    scenario = Scenario(nodes, [storm]).given("storm")
    trials, distance = 400_000, EARTH_KM * math.radians(1.2)
    down = run(scenario, alone(disc.nodes), trials, seed=140).downtime.values

    def mean(area):
        if isinstance(radius, float):
            return hit_probability(area(radius))
        return integrate.quad(lambda r: radius.pdf(r) * hit_probability(area(r)), 60, 200, points=[distance / 2])[0]

    one, both = mean(cap), mean(lambda r: lens(r, distance))
    hit = down > 0
    check_share(hit[2].sum(), trials, one / 2)
    check_patterns(hit[:2], [1 - 2 * one + both, one - both, one - both, both])
    assert not hit[3].any()
    together = hit[0] & hit[1]
    assert (down[0, together] == down[1, together]).all()  # one duration
    check_mean(down[:2][hit[:2]], 5.0)


def test_discs_at_a_rate():
    """Two nodes on the same parallel, and the outages of each are Poisson."""
    disc = Disc(["east", "west"], BOX, 200.0)
    scenario = Scenario(
        [Site("west", lat=44.0, lon=3.0), Site("east", lat=44.0, lon=6.0)], [GridOutage("storm", 8.0, TINY, disc=disc)]
    )
    trials = 200_000
    layouts = [*alone(["west", "east"]), Layout("both", replicas=["west", "east"])]
    outages = run(scenario, layouts, trials, seed=141).outages.values
    half = math.sin(math.radians(1.5)) * math.cos(math.radians(44.0))  # haversine
    rates = [8.0 * hit_probability(cap(200.0))] * 2
    rates.append(8.0 * hit_probability(lens(200.0, 2 * EARTH_KM * math.asin(half))))
    for row, rate in zip(outages, rates, strict=True):
        check_total(row.sum(), trials * rate)
        check_counts(row, stats.poisson.pmf(np.arange(8), rate))


# a second incident among the remains of a fire


def hours_down(*outages):
    """Length of a union of intervals."""
    length, reached = 0.0, -math.inf
    for start, end in sorted(outages):
        length += max(0.0, end - max(start, reached))
        reached = max(reached, end)
    return length


@pytest.mark.parametrize("cuts", [1.0, 0.6])
def test_reignition(cuts):
    """O is destroyed, A is damaged an hour later, B and C are cut off; after 20 h it begins again in A or in B."""
    again, worse = 0.7, 0.4
    fire = Fire(
        "fire",
        {"O": LITTLE, "B": 0.0},
        {"damaged": 100.0, "destroyed": 1000.0, "isolated": 10.0},
        destroyed={"O": 1.0, "A": 0.0, "B": 1.0},
        spread={("O", "A"): 1.0},
        spread_delay=1.0,
        isolation=[["O", "A", "B", "C"]],
        isolation_probability=cuts,
        isolation_delay=0.5,
        reignition_probability=again,
        reignition_delay=20.0,
        reignition_destroyed=worse,
    )
    sites = "OABC"
    scenario = Scenario([Site(n) for n in sites], [fire]).given("fire", origin="O")
    layouts = [*alone(sites), Layout("data", replicas=["O"], copies=["O", "A"])]
    trials = 100_000
    results = run(scenario, layouts, trials, seed=142)

    law = {}
    for cut, p_cut in ((True, cuts), (False, 1 - cuts)):
        first = {"O": [(0, 1000)], "A": [(1, 101)], "B": [], "C": []}
        if cut:
            for site in "ABC":
                first[site].append((0.5, 10.5))
        outcomes = [(first, 1 - again)]
        for place in "AB":
            for hours, p_state in ((1000, worse), (100, 1 - worse)):
                for second, p_second in ((True, cuts), (False, 1 - cuts)):
                    outages = {site: list(listed) for site, listed in first.items()}
                    outages[place].append((20, 20 + hours))
                    if second:
                        for site in set(sites) - {place}:
                            outages[site].append((20.5, 30.5))
                    outcomes.append((outages, again / 2 * p_state * p_second))
        for outages, p in outcomes:
            key = tuple(hours_down(*outages[site]) for site in sites)
            law[key] = law.get(key, 0.0) + p_cut * p
    seen = dict.fromkeys(law, 0)
    for down in results.downtime.values[:4].T:
        seen[tuple(down.tolist())] += 1  # no other outcome
    check_law(list(seen.values()), list(law.values()))
    check_share(results.data_loss.values[4].sum(), trials, again * worse / 2)


def test_where_nothing_is_left_nothing_burns_again():
    options = {"reignition_probability": 1.0, "reignition_delay": 5.0, "reignition_destroyed": 1.0}
    durations = {"interrupted": 2.0, "damaged": 50.0, "destroyed": 100.0}
    fire = Fire("fire", {"A": LITTLE}, durations, **options)
    scenario = Scenario([Site("A")], [fire])
    for condition, hours in (({}, 100.0), ({"contained": True}, 2.0), ({"state": "damaged"}, 105.0)):
        given = scenario.given("fire", origin="A", **condition)
        assert run(given, alone("A"), 1).downtime.values.tolist() == [[hours]]


@pytest.mark.parametrize("fraction", [0.0, 0.4, 1.0])
def test_damage_that_is_shared(fraction):
    """Two buildings burn in one fire: both are destroyed as often as two normal scores are both low."""
    a, b = 0.3, 0.6
    durations = {"damaged": 10.0, "destroyed": 100.0}
    spread = {("A", "B"): 1.0}
    fire = Fire("fire", {"A": LITTLE}, durations, destroyed={"A": a, "B": b}, spread=spread, shared_fraction=fraction)
    scenario = Scenario([Site("A"), Site("B")], [fire]).given("fire", origin="A")
    results = run(scenario, site_layouts(scenario), 200_000, seed=71)
    both = a * b if fraction == 0 else min(a, b)
    if 0 < fraction < 1:
        low = stats.norm.ppf([a, b])
        both = stats.multivariate_normal.cdf(low, cov=[[1, fraction], [fraction, 1]])
    check_patterns(results.data_loss.values, [1 - a - b + both, a - both, b - both, both])


def test_two_feeds_and_two_that_share_a_substation():
    """Independent feeds are both out as their unavailabilities multiply; a common substation adds its own."""
    feeds = [Utility("feed 1"), Utility("feed 2")]
    behind = [Utility("substation"), *(Utility(f"feed {i}", requires=["substation"]) for i in (1, 2))]
    site = Site("A", requires=[dcrisk.any_of("feed 1", "feed 2")])
    feed_rates, mean = {"feed 1": 20.0, "feed 2": 10.0}, 20.0
    out = [-math.expm1(-rate / YEAR * mean) for rate in feed_rates.values()]
    hidden = -math.expm1(-3.0 / YEAR * mean)
    for nodes, rates, exact in (
        (feeds, feed_rates, out[0] * out[1]),
        (behind, feed_rates | {"substation": 3.0}, 1 - (1 - hidden) * (1 - out[0] * out[1])),
    ):
        outages = GridOutage("grid", rates, stats.expon(scale=mean))
        scenario = Scenario([*nodes, site], [outages])
        results = run(scenario, [Layout("A", replicas=["A"])], 30_000, seed=72, warmup=500.0)
        check_mean(results.downtime / YEAR, exact)
