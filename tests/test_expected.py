"""Expected availability without sampling, against closed forms, enumeration, and the simulation.

tests/exact.py says how often a comparison with the simulation fails by chance: 6e-7."""

import itertools
import math

import numpy as np
import pytest
from exact import YEAR, check_mean, run
from scipy import integrate, linalg, special, stats

import dcrisk
from dcrisk.exact import diagram


def unavailability(scenario, layouts, **options):
    """Of each layout, or of the only one."""
    found = dcrisk.expected_availability(scenario, layouts, **options).unavailability.values
    return float(found[0]) if isinstance(layouts, dcrisk.Layout) else found


def long_run(scenario, layouts):
    return unavailability(scenario, layouts, stationary=True)


def sites(names):
    return [dcrisk.Site(name) for name in names]


def assert_close(found, exact, rtol=1e-10):
    np.testing.assert_allclose(found, exact, rtol=rtol, atol=0)


def renewing(rate, mean):
    """The long-run unavailability of a repairable component."""
    return rate / YEAR * mean / (1.0 + rate / YEAR * mean)


LAWS = {
    "exponential": stats.expon(scale=24.0),
    "constant": 24.0,
    "lognormal": stats.lognorm(1.2, scale=24.0),
    "Weibull": stats.weibull_min(0.5, scale=12.0),
    "steps": stats.rv_discrete(values=([3, 50], [0.5, 0.5]))(),
    "histogram": stats.rv_histogram((np.array([1.0, 3.0]), np.array([2.0, 10.0, 40.0])), density=False)(),
    "narrow": stats.gamma(1000.0, scale=0.024),
}

# ------------------------------------------------------------ one component


@pytest.mark.parametrize("law", LAWS.values(), ids=LAWS)
@pytest.mark.parametrize("rate", [1e-6, 1.0, 200.0])
def test_in_the_long_run_only_the_mean_of_repairs_matters(law, rate):
    scenario = dcrisk.Scenario(sites("A"), [dcrisk.Failure("f", rate, law, ["A"])])
    exact = renewing(rate, law if law == 24.0 else law.mean())
    layout = dcrisk.Layout("A", replicas=["A"])
    assert_close(long_run(scenario, layout), exact, 1e-14)
    # and the transient solution, which knows nothing of it, comes there; the Weibull law has a long tail
    assert_close(unavailability(scenario, layout, warmup=1e5, horizon=100.0), exact, 1e-8 if law != 24.0 else 1e-10)


@pytest.mark.parametrize("warmup, horizon", [(0.0, YEAR), (0.0, 1e-3), (50.0, 10.0), (1e4, 10.0)])
def test_an_exponential_component_from_an_empty_start(warmup, horizon):
    scenario = dcrisk.Scenario(sites("A"), [dcrisk.Failure("f", 20.0, stats.expon(scale=60.0), ["A"])])
    a, b = 20.0 / YEAR, 1.0 / 60.0
    total = a + b
    decay = (math.exp(-total * warmup) * -math.expm1(-total * horizon)) / (total * horizon)
    exact = a / total * (1.0 - decay) if horizon > 1 else a * horizon / 2.0 * (1.0 - total * horizon / 3.0)
    layout = dcrisk.Layout("A", replicas=["A"])
    assert_close(unavailability(scenario, layout, warmup=warmup, horizon=horizon), exact)


@pytest.mark.parametrize("rate", [1e-8, 3.0, 100.0])
def test_a_component_with_constant_repairs(rate):
    """In its (n + 1)-th repair at t if n + 1 exponential times end within (t - (n + 1) d, t - n d]."""
    hours, an_hour = 40.0, rate / YEAR
    scenario = dcrisk.Scenario(sites("A"), [dcrisk.Failure("f", rate, hours, ["A"])])

    def up_to(t, n):
        return special.gammainc(n + 1, an_hour * max(0.0, t - n * hours))

    def down(t):
        return sum(up_to(t, n) - special.gammainc(n + 1, an_hour * max(0.0, t - (n + 1) * hours)) for n in range(10))

    points = [40.0, 80.0, 120.0]
    exact = integrate.quad(down, 0.0, 160.0, points=points, epsrel=1e-13, epsabs=0.0)[0] / 160.0
    assert_close(unavailability(scenario, dcrisk.Layout("A", replicas=["A"]), horizon=160.0), exact, 1e-9)


def test_a_component_with_repairs_in_two_stages():
    """Two exponential stages one after the other: a Markov chain of three states."""
    rate, stage = 30.0 / YEAR, 1.0 / 12.0
    scenario = dcrisk.Scenario(sites("A"), [dcrisk.Failure("f", 30.0, stats.gamma(2.0, scale=12.0), ["A"])])
    generator = np.zeros((4, 4))
    generator[:3, :3] = [[-rate, rate, 0.0], [0.0, -stage, stage], [stage, 0.0, -stage]]
    generator[1:3, 3] = 1.0
    for horizon in (1.0, 100.0, 3000.0):
        exact = linalg.expm(generator * horizon)[0, 3] / horizon
        assert_close(unavailability(scenario, dcrisk.Layout("A", replicas=["A"]), horizon=horizon), exact)


def test_overlapping_outages_are_a_queue_without_waiting():
    law = stats.uniform(10.0, 20.0)
    scenario = dcrisk.Scenario([dcrisk.Utility("g")], [dcrisk.GridOutage("o", {"g": 50.0}, law)])
    layout = dcrisk.Layout("g", up="g")
    rate = 50.0 / YEAR
    assert_close(long_run(scenario, layout), -math.expm1(-rate * 20.0), 1e-14)

    def down(t):
        u = min(max(t, 10.0), 30.0)
        return -math.expm1(-rate * (min(t, 10.0) + (u - 10.0) - (u - 10.0) ** 2 / 40.0))

    exact = integrate.quad(down, 0.0, 100.0, points=[10.0, 30.0], epsrel=1e-13)[0] / 100.0
    assert_close(unavailability(scenario, layout, horizon=100.0), exact)


def test_a_heavy_tail_of_infinite_mean_has_a_start_but_no_long_run():
    scenario = dcrisk.Scenario(
        [dcrisk.Utility("g")], [dcrisk.GridOutage("o", {"g": 1.0}, stats.pareto(0.5, scale=1.0, loc=-1.0))]
    )
    layout = dcrisk.Layout("g", up="g")

    def down(t):
        return -math.expm1(-2.0 / YEAR * (math.sqrt(1.0 + t) - 1.0))

    exact = integrate.quad(down, 0.0, YEAR, epsrel=1e-12)[0] / YEAR
    assert_close(unavailability(scenario, layout), exact, 1e-9)
    with pytest.raises(dcrisk.SpecificationError, match="hazard 'o'.*no finite mean.*no stationary state"):
        long_run(scenario, layout)


# ------------------------------------------------------------ many components


@pytest.mark.parametrize("needed, of", [(8, 10), (50, 60), (150, 200)])
def test_k_of_n_is_binomial(needed, of):
    names = [f"s{i}" for i in range(of)]
    scenario = dcrisk.Scenario(sites(names), [dcrisk.Failure("f", 20.0, LAWS["lognormal"], names)])
    down = renewing(20.0, LAWS["lognormal"].mean())
    exact = stats.binom.sf(of - needed, of, down)
    assert_close(long_run(scenario, dcrisk.Layout("k of n", replicas=names, quorum=needed)), exact, 1e-11)


def test_tiny_unavailabilities_keep_their_digits():
    names = [f"s{i}" for i in range(8)]
    rates = {name: 1e-4 * (i + 1) for i, name in enumerate(names)}
    scenario = dcrisk.Scenario(sites(names), [dcrisk.Failure("f", rates, 24.0)])
    down = [renewing(rate, 24.0) for rate in rates.values()]
    for several in (1, 2, 3, 8):
        layout = dcrisk.Layout("any", replicas=names[:several])
        assert_close(long_run(scenario, layout), math.prod(down[:several]), 1e-13)
    found = dcrisk.expected_availability(scenario, [dcrisk.Layout("any", replicas=names)], stationary=True)
    assert 1e-50 < float(found.unavailability[0]) < 1e-40
    assert 40.0 < float(found.nines[0]) < 50.0
    # and from an empty start: all of them are down at t with the product of (1 - exp(-(a + b) t)) a / (a + b)
    shocks = dcrisk.GridOutage("o", {"A": 1e-7, "B": 1e-7}, 10.0)
    scenario = dcrisk.Scenario([*sites("AB")], [shocks])
    exact = (1e-7 / YEAR) ** 2 * (10.0**3 / 3.0 + 90.0 * 100.0) / 100.0
    assert_close(unavailability(scenario, dcrisk.Layout("any", replicas=["A", "B"]), horizon=100.0), exact, 1e-9)


def test_a_member_that_is_named_twice_counts_twice():
    scenario = dcrisk.Scenario(sites("AB"), [dcrisk.Failure("f", {"A": 10.0, "B": 30.0}, 50.0)])
    a, b = renewing(10.0, 50.0), renewing(30.0, 50.0)
    assert_close(long_run(scenario, dcrisk.Layout("two", replicas=["A", "A", "B"], quorum=2)), a, 1e-13)
    assert_close(long_run(scenario, dcrisk.Layout("three", replicas=["A", "A", "B"], quorum=3)), a + b - a * b, 1e-13)


def test_a_shared_shock_by_hand():
    """Marshall and Olkin: own failures, and one process that strikes both."""
    hazards = [
        dcrisk.Failure("own", {"A": 10.0, "B": 20.0}, 50.0),
        dcrisk.Failure("both", 2.0, stats.expon(scale=30.0), ["A", "B"], shared=True),
    ]
    scenario = dcrisk.Scenario(sites("AB"), hazards)
    a, b, c = renewing(10.0, 50.0), renewing(20.0, 50.0), renewing(2.0, 30.0)
    layouts = [dcrisk.Layout("any", replicas=["A", "B"]), dcrisk.Layout("all", replicas=["A", "B"], quorum=2)]
    assert_close(long_run(scenario, layouts), [c + (1 - c) * a * b, c + (1 - c) * (a + b - a * b)], 1e-13)


def test_regions_and_a_utility_above_them():
    nodes = [dcrisk.Utility("nation"), *(dcrisk.Utility(n, requires=["nation"]) for n in ("north", "south"))]
    nodes += [
        dcrisk.Site(name, requires=[region]) for name, region in zip("ABC", ("north", "north", "south"), strict=True)
    ]
    rates = {"nation": 0.1, "everywhere": 0.2, "north": 1.0, "south": 2.0}
    grid = dcrisk.GridOutage("grid", rates, 8.0, regions={"everywhere": ["north", "south"]})
    scenario = dcrisk.Scenario(nodes, [grid])
    p = {name: -math.expm1(-rate / YEAR * 8.0) for name, rate in rates.items()}
    all_of_them = 1.0 - (1.0 - p["nation"]) * (1.0 - p["everywhere"])
    exact = all_of_them + (1.0 - all_of_them) * p["north"] * p["south"]
    assert_close(long_run(scenario, dcrisk.Layout("any", replicas=["A", "B", "C"])), exact, 1e-12)
    one = 1.0 - (1.0 - p["nation"]) * (1.0 - p["everywhere"]) * (1.0 - p["north"])
    assert_close(long_run(scenario, dcrisk.Layout("A and B", replicas=["A", "B"], quorum=2)), one, 1e-12)


def test_parts_of_a_campus():
    nodes = [dcrisk.Site("campus"), dcrisk.Site("hall", part_of="campus")]
    nodes += [dcrisk.Site(f"room {i}", part_of="hall") for i in (1, 2)]
    rates = {"campus": 0.5, "hall": 1.0, "room 1": 2.0, "room 2": 4.0}
    scenario = dcrisk.Scenario(nodes, [dcrisk.Failure("f", rates, 20.0, state="destroyed")])
    p = {name: renewing(rate, 20.0) for name, rate in rates.items()}
    around = 1.0 - (1.0 - p["campus"]) * (1.0 - p["hall"])
    layout = dcrisk.Layout("rooms", replicas=["room 1", "room 2"], copies=["room 1", "room 2"])
    assert_close(long_run(scenario, layout), around + (1 - around) * p["room 1"] * p["room 2"], 1e-13)


# ------------------------------------------------------------ any structure, by enumeration


def random_gate(rng, names, depth):
    members = [
        random_gate(rng, names, depth - 1) if depth and rng.random() < 0.4 else str(rng.choice(names))
        for _ in range(rng.integers(1, 5))
    ]
    return dcrisk.at_least(int(rng.integers(1, len(members) + 1)), *members)


def random_scenario(rng):
    """Eight nodes that require each other, and twelve processes at most."""
    nodes = []
    for i in range(8):
        earlier = [f"n{j}" for j in range(i)]
        requires = [random_gate(rng, earlier, 1)] if i > 1 and rng.random() < 0.6 else []
        inside = str(rng.choice(earlier)) if i > 3 and rng.random() < 0.4 else None
        nodes.append(dcrisk.Site(f"n{i}", requires=requires, part_of=inside))
    names = [node.name for node in nodes]
    hazards = [dcrisk.Failure("own", {name: float(rng.uniform(1, 300)) for name in names[::2]}, 60.0)]
    for i in range(3):
        some = [str(name) for name in rng.choice(names, 3, replace=False)]
        hazards.append(dcrisk.Failure(f"shared {i}", float(rng.uniform(1, 300)), 50.0, some, shared=True))
    some = [str(name) for name in rng.choice(names, 3, replace=False)]
    hazards.append(dcrisk.GridOutage("grid", {"n1": 40.0, "region": 70.0}, 30.0, regions={"region": some}))
    return dcrisk.Scenario(nodes, hazards)


def is_up(need, node_up):
    if isinstance(need, str):
        return node_up[need]
    return sum(is_up(member, node_up) for member in need.of) >= need.k


def enumerated(scenario, layout):
    """The probability that the service is down, over all states of all processes."""
    processes = []
    for hazard in scenario.hazards:
        if isinstance(hazard, dcrisk.GridOutage):
            processes += [
                (hazard.struck(o), -math.expm1(-r / YEAR * hazard.duration)) for o, r in hazard.rate_per_year.items()
            ]
        elif hazard.shared:
            processes.append((hazard.origins(), renewing(hazard.rate_per_year, hazard.duration)))
        else:
            processes += [((site,), renewing(rate, hazard.duration)) for site, rate in hazard.rates.items()]
    down = 0.0
    for state in itertools.product([False, True], repeat=len(processes)):
        struck = {name for (names, _), open_ in zip(processes, state, strict=True) if open_ for name in names}
        node_up = {}
        for node in scenario.nodes:  # each requires only those before it
            needs = [*node.requires, *([node.part_of] if node.part_of else [])]
            node_up[node.name] = node.name not in struck and all(is_up(need, node_up) for need in needs)
        if not is_up(layout.expression, node_up):
            down += math.prod(p if open_ else 1.0 - p for (_, p), open_ in zip(processes, state, strict=True))
    return down


@pytest.mark.parametrize("seed", range(12))
def test_random_structures_by_enumeration(seed):
    rng = np.random.default_rng(seed)
    scenario = random_scenario(rng)
    layouts = [dcrisk.Layout(f"l{i}", up=random_gate(rng, [n.name for n in scenario.nodes], 2)) for i in range(3)]
    assert_close(long_run(scenario, layouts), [enumerated(scenario, layout) for layout in layouts], 1e-12)


def test_capacity_and_errors_of_placement_by_enumeration():
    rates = {"A": 20.0, "B": 35.0, "C": 50.0, "D": 10.0}
    scenario = dcrisk.Scenario(sites("ABCD"), [dcrisk.Failure("f", rates, stats.expon(scale=60.0))])
    down = {name: renewing(rate, 60.0) for name, rate in rates.items()}
    shares = {"A": 0.5, "B": 0.4, "C": 0.3, "D": 0.2}
    capacity = dcrisk.Layout("share", replicas=list(shares), capacity=shares, degraded_below=1.0, down_below=0.7)
    exact = 0.0
    for flags in itertools.product([True, False], repeat=4):
        up = dict(zip(shares, flags, strict=True))
        if sum(shares[name] for name in up if up[name]) < 0.7 - 1e-9:
            exact += math.prod(1 - down[name] if up[name] else down[name] for name in up)
    assert_close(long_run(scenario, capacity), exact, 1e-12)
    layouts = [
        dcrisk.Layout("pair", replicas=["A", "B"], placement_error={("B", "A"): 0.2}),
        dcrisk.Layout("three", replicas=["B"], placement_error={("B", "A"): 0.3, ("B", "C"): 0.5}),
        dcrisk.Layout("never", replicas=["B"], placement_error={("B", "A"): 0.4, ("B", "C"): 0.6}),
    ]
    a, b, c = (down[name] for name in "ABC")
    exact = [0.2 * a + 0.8 * a * b, 0.3 * a + 0.5 * c + 0.2 * b, 0.4 * a + 0.6 * c]
    assert_close(long_run(scenario, layouts), exact, 1e-12)


# ------------------------------------------------------------ tables, plans, what is not known


def table(*rows, **options):
    names = ("event", "rate_per_year", "site", "delay", "duration", "state")
    return dcrisk.EventTable("t", dict(zip(names, map(list, zip(*rows, strict=True)), strict=True)), **options)


def test_an_event_table_by_hand():
    """A is down at ages [0, 10) of storms, B at [5, 30); both of quakes at [0, 4)."""
    events = table(
        ("storm", 30.0, "A", 0.0, 10.0, "interrupted"),
        ("storm", 30.0, "B", 5.0, 25.0, "damaged"),
        ("quake", 2.0, "A", 0.0, 4.0, "destroyed"),
        ("quake", 2.0, "B", 0.0, 4.0, "destroyed"),
        ("never", 0.0, "B", 0.0, 400.0, "destroyed"),
        ("short", 9.0, "B", 3.0, 0.0, "destroyed"),
    )
    scenario = dcrisk.Scenario(sites("AB"), [events])
    layouts = [
        dcrisk.Layout("A", replicas=["A"]),
        dcrisk.Layout("B", replicas=["B"]),
        dcrisk.Layout("any", replicas=["A", "B"]),
        dcrisk.Layout("all", replicas=["A", "B"], quorum=2),
    ]

    def down(t, spans):
        """Of events at some rates that matter at some ages."""
        return -math.expm1(-sum(rate / YEAR * max(0.0, min(t, b) - a) for rate, a, b in spans))

    def all_four(t):
        quake = (2.0, 0.0, 4.0)
        a, b = down(t, [(30.0, 0.0, 10.0), quake]), down(t, [(30.0, 5.0, 30.0), quake])
        both = down(t, [(30.0, 0.0, 30.0), quake])  # P(A or B is down)
        return [a, b, a + b - both, both]

    assert_close(long_run(scenario, layouts), all_four(math.inf), 1e-12)
    points = [4.0, 5.0, 10.0, 30.0]
    exact = [integrate.quad(lambda t: all_four(t)[i], 0, 50.0, points=points, epsrel=1e-13)[0] / 50.0 for i in range(4)]  # noqa: B023
    assert_close(unavailability(scenario, layouts, horizon=50.0), exact)


def test_maintenance_and_failures():
    """The share of the hours with a site out, times the probability of what must not happen then (docs/hazards.md)."""
    names = ["A", "B", "C"]
    failures = dcrisk.Failure("equipment", 2.0, stats.expon(scale=48.0), names)
    q = renewing(2.0, 48.0)
    quorum = dcrisk.Layout("2 of 3", replicas=names, quorum=2)
    work = dcrisk.Maintenance("work", names, every_hours=730.5, duration=8.0)
    f = 3 * 8.0 / 730.5
    exact = f * (1 - (1 - q) ** 2) + (1 - f) * (3 * q**2 * (1 - q) + q**3)
    assert_close(long_run(dcrisk.Scenario(sites(names), [failures, work]), quorum), exact, 1e-12)
    at_once = dcrisk.Maintenance("work", names, every_hours=730.5, duration=8.0, apart_hours=0.0)
    f = 8.0 / 730.5
    exact = f + (1 - f) * (3 * q**2 * (1 - q) + q**3)
    assert_close(long_run(dcrisk.Scenario(sites(names), [failures, at_once]), quorum), exact, 1e-12)
    # of the windows at -5 and 5 the first is no part of a trial without warm-up
    few = dcrisk.Maintenance("work", ["A"], every_hours=10.0, duration=7.0, first_hours=5.0)
    layout = dcrisk.Layout("A", replicas=["A"])
    assert_close(unavailability(dcrisk.Scenario(sites("A"), [few]), layout, horizon=10.0), 0.5)
    assert_close(unavailability(dcrisk.Scenario(sites("A"), [few]), layout, horizon=10.0, warmup=5.0), 0.7)


def test_a_rate_that_is_not_known():
    """E[exp(-rate m)] of a gamma law, and the mean over a uniform one; each site of a dict has its own."""
    gamma = dcrisk.jeffreys_rate(1, 0.02)  # 75 a year on average
    grid = dcrisk.GridOutage("grid", {"A": gamma, "B": gamma}, 20.0)
    scenario = dcrisk.Scenario(sites("AB"), [grid])
    one = 1.0 - (1.0 + 50.0 * 20.0 / YEAR) ** -1.5
    layouts = [dcrisk.Layout("A", replicas=["A"]), dcrisk.Layout("any", replicas=["A", "B"])]
    assert_close(long_run(scenario, layouts), [one, one**2], 1e-11)
    failures = dcrisk.Failure("f", stats.uniform(0.0, 100.0), 20.0, ["A", "B"])
    scenario = dcrisk.Scenario(sites("AB"), [failures])
    most = 100.0 * 20.0 / YEAR
    assert_close(long_run(scenario, layouts[0]), 1.0 - math.log1p(most) / most, 1e-11)
    # sites that share it fail together in bad worlds: E[p(rate)^2], and with two such hazards the mean over both rates
    x = np.linspace(0.0, most, 200_001)
    exact = integrate.simpson((x / (1.0 + x)) ** 2, x=x) / most
    assert_close(long_run(scenario, layouts[1]), exact, 1e-9)
    both = dcrisk.GridOutage("bad years", {"A": 40.0, "B": 20.0}, 30.0, dispersion=4.0)
    scenario = dcrisk.Scenario(sites("AB"), [failures, both])
    f = 1.0 / (1.0 + x)

    def quiet(rate):  # of a gamma factor on 40 + 20 outages
        return (1.0 + 3.0 / 60.0 * rate * 30.0 / YEAR) ** -20.0

    one, two = integrate.simpson(f, x=x) / most, integrate.simpson(f**2, x=x) / most
    exact = 1.0 - one * quiet(40.0) - one * quiet(20.0) + two * quiet(60.0)
    assert_close(unavailability(scenario, layouts[1], warmup=YEAR - 1.0, horizon=1.0), exact, 1e-6)


@pytest.mark.parametrize("law", [stats.gamma(0.5, scale=8.0), stats.lognorm(2.0), stats.uniform(0.0, 100.0)])
@pytest.mark.parametrize("hours", [1.0, 100.0])
def test_few_rates_stand_for_a_law(law, hours):
    """Half a year of three sites that fail together and alone: the mean over the rate by its quantiles."""
    rate = dcrisk.Failure("f", law, hours, ["A", "B", "C"])
    layout = dcrisk.Layout("two", replicas=["A", "B", "C"], quorum=2)
    share = np.linspace(-38.0, 38.0, 400_001)  # standard logistic
    weight = stats.logistic.pdf(share)
    rates = np.where(share < 0.0, law.ppf(stats.logistic.cdf(share)), law.isf(stats.logistic.sf(share)))
    p = rates / YEAR * hours / (1.0 + rates / YEAR * hours)
    exact = integrate.simpson(weight * (3 * p**2 - 2 * p**3), x=share)
    assert_close(long_run(dcrisk.Scenario(sites("ABC"), [rate]), layout), exact, 1e-8)


def test_too_many_rates_that_are_shared():
    hazards = [dcrisk.Failure(f"f{i}", stats.lognorm(2.0), 200.0, ["A", "B"]) for i in range(3)]
    with pytest.raises(dcrisk.SpecificationError, match="layout 'x'.*shared.*f0, f1, f2.*estimate"):
        long_run(dcrisk.Scenario(sites("AB"), hazards), dcrisk.Layout("x", replicas=["A", "B"]))


def test_a_rate_that_may_be_very_large():
    """The renewal equation at thousands of failures a year has no weight, and must do no harm."""
    law = stats.lognorm(1.0, scale=3.0)
    scenario = dcrisk.Scenario(sites("AB"), [dcrisk.Failure("f", law, LAWS["steps"], ["A", "B"])])
    layouts = [dcrisk.Layout("A", replicas=["A"]), dcrisk.Layout("any", replicas=["A", "B"])]
    found = unavailability(scenario, layouts, warmup=3000.0, horizon=500.0)
    assert_close(found, long_run(scenario, layouts), 1e-8)


def test_a_rough_law_of_a_rate_is_refused():
    failures = dcrisk.Failure("f", stats.pareto(1.1), 20.0, ["A"])
    with pytest.raises(dcrisk.SpecificationError, match="hazard 'f'.*law of its rate"):
        long_run(dcrisk.Scenario(sites("A"), [failures]), dcrisk.Layout("A", replicas=["A"]))


def test_the_way_back_after_an_event_that_is_given():
    law = stats.weibull_min(1.5, scale=30.0)
    grid = dcrisk.GridOutage("g", {"north": 0.0, "B": 0.0}, law, regions={"north": ["A", "B"]})
    events = table(("e", 0.0, "A", 20.0, 10.0, "damaged"), ("e", 0.0, "B", 0.0, 25.0, "damaged"))
    scenario = dcrisk.Scenario(sites("AB"), [grid, events]).given("g", "north").given("t")
    layouts = [dcrisk.Layout("A", replicas=["A"]), dcrisk.Layout("any", replicas=["A", "B"])]

    def hours(begin, end):
        return integrate.quad(law.sf, begin, end, epsrel=1e-13)[0]

    exact = [hours(0.0, 20.0) + 10.0 + hours(30.0, 100.0), hours(0.0, 20.0) + 5.0 + hours(25.0, 100.0)]
    for window in ({}, {"warmup": 50.0}, {"stationary": True}):
        assert_close(unavailability(scenario, layouts, horizon=100.0, **window), np.array(exact) / 100.0)
    with pytest.raises(dcrisk.SpecificationError, match="hazard 'g'.*given"):
        long_run(scenario.given("g"), layouts)


# ------------------------------------------------------------ the simulation agrees


def network():
    names = ["A", "B", "C"]
    fibres = {("A", "B"): "AB", ("B", "C"): "BC", ("A", "C"): dcrisk.any_of("AC 1", "AC 2")}
    links = ["AB", "BC", "AC 1", "AC 2"]
    nodes = [dcrisk.Utility("grid"), *(dcrisk.Utility(n) for n in links)]
    carried = dcrisk.all_of("grid", backup=dcrisk.Backup(1.0))
    dark = dcrisk.all_of("grid", backup=dcrisk.Backup(0.0, common_cause=0.5))
    nodes += [dcrisk.Site("A", requires=[carried]), dcrisk.Site("B", requires=[dark]), dcrisk.Site("C", part_of="B")]
    hazards = [
        dcrisk.Failure("equipment", {"A": 30.0, "B": 20.0, "C": 40.0}, LAWS["lognormal"]),
        dcrisk.Failure("digger", 20.0, 48.0, links),
        dcrisk.Failure("software", 10.0, LAWS["Weibull"], ["A", "C"], shared=True, state="damaged"),
        dcrisk.GridOutage("storms", {"grid": 12.0}, LAWS["histogram"]),
    ]
    layouts = [
        dcrisk.Layout("connected", up=dcrisk.connected(2, fibres)),
        dcrisk.Layout("A only", replicas=["A"]),
        dcrisk.Layout("quorum", replicas=names, quorum=2, copies=names, rereplication=10.0),
    ]
    return dcrisk.Scenario(nodes, hazards), layouts


def seasons():
    autumn = [0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 2, 1]
    hazards = [
        dcrisk.GridOutage("storms", {"A": 40.0, "B": 30.0}, LAWS["lognormal"], monthly=autumn),
        dcrisk.GridOutage("bad years", {"A": 40.0, "B": 20.0}, 30.0, dispersion=9.0, monthly=[2.0] + [1.0] * 11),
        dcrisk.Failure("worse", {"B": 60.0}, LAWS["steps"], dispersion=5.0),
        dcrisk.Failure("unknown", dcrisk.jeffreys_rate(1, 0.05), 40.0, ["A", "B"]),
    ]
    layouts = [dcrisk.Layout("A", replicas=["A"]), dcrisk.Layout("both", replicas=["A", "B"], quorum=2)]
    return dcrisk.Scenario(sites("AB"), hazards), layouts


def unknowns():
    hazards = [
        dcrisk.Failure("f", {"A": stats.gamma(0.5, scale=60.0), "B": 20.0}, LAWS["steps"]),
        dcrisk.Failure("g", stats.lognorm(1.0, scale=20.0), stats.expon(scale=40.0), ["A", "B"], shared=True),
        table(("e", 40.0, "A", 12.0, 30.0, "interrupted"), ("e", 40.0, "C", 0.0, 30.0, "damaged"), duration_spread=0.8),
        dcrisk.Maintenance("work", ["A", "B"], every_hours=500.0, duration=stats.uniform(2.0, 30.0)),
    ]
    layouts = [dcrisk.Layout("A", replicas=["A"]), dcrisk.Layout("any", replicas=["A", "B"])]
    return dcrisk.Scenario(sites("ABC"), hazards), layouts


@pytest.mark.parametrize("case", [network, seasons, unknowns], ids=lambda case: case.__name__)
@pytest.mark.parametrize("window", [{"horizon": 300.0}, {"horizon": 2000.0, "warmup": 3000.0}], ids=["empty", "warm"])
def test_the_simulation_agrees(case, window):
    scenario, layouts = case()
    expected = dcrisk.expected_availability(scenario, layouts, **window)
    results = run(scenario, layouts, 20_000, seed=21, **window)
    for layout in layouts:
        check_mean(results.downtime.sel(layout=layout.name), float(expected.expected_downtime.sel(layout=layout.name)))


# ------------------------------------------------------------ what cannot be solved, and what does not matter


def with_grid(backup, **options):
    nodes = [dcrisk.Utility("grid"), dcrisk.Site("A", requires=[dcrisk.all_of("grid", backup=backup)], **options)]
    return dcrisk.Scenario(nodes, [dcrisk.GridOutage("storms", {"grid": 1.0}, 8.0)])


FAILING = dcrisk.Scenario(sites("AB"), [dcrisk.Failure("f", 1.0, 8.0, ["A", "B"], state="damaged")])
FLOOD = dcrisk.Flood(
    "flood", dcrisk.PeaksOverThreshold(0.1, 5.0, 0.8, 0.0), {"A": 5.5}, {"damaged": 9.0, "destroyed": 9.0}
)
DISC = dcrisk.GridOutage("disc", 1.0, 8.0, disc=dcrisk.Disc(["A"], (40.0, 0.0, 50.0, 9.0), 50.0))
JANUARY = [1.0] + [0.0] * 11


def struck(*hazards, **options):
    return dcrisk.Scenario([dcrisk.Site("A", 45.0, 5.0), dcrisk.Site("B")], hazards, **options)


REFUSED = {
    "fire": (struck(dcrisk.Fire("fire", {"A": 1e-3}, {"destroyed": 9.0})), {}, "hazard 'fire'.*Fire spreads"),
    "flood": (struck(FLOOD), {}, "hazard 'flood'.*Flood"),
    "disc": (struck(DISC), {}, "hazard 'disc'.*its disc"),
    "given": (FAILING.given("f", "A"), {}, "hazard 'f'.*given"),
    "trigger": (
        struck(*FAILING.hazards, DISC, triggers=[dcrisk.Trigger("f", cause="disc")]),
        {},
        "hazard 'f'.*'disc' raises",
    ),
    "crew": (struck(*FAILING.hazards, crews=[dcrisk.Crew("two", ["A", "B"], 2)]), {}, "hazard 'f'.*crew 'two'"),
    "monthly": (struck(dcrisk.Failure("f", 1.0, 8.0, ["A"], monthly=JANUARY)), {}, "hazard 'f'.*monthly"),
    "spread": (
        struck(
            table(
                ("e", 1.0, "A", 0.0, 9.0, "interrupted"), ("e", 1.0, "B", 0.0, 9.0, "interrupted"), duration_spread=1.0
            )
        ),
        {"replicas": ["A", "B"]},
        "hazard 't'.*event 'e'",
    ),
    "backup": (with_grid(dcrisk.Backup(0.9)), {}, r"node 'A'.*backup of all_of\(grid\)"),
    "autonomy": (with_grid(dcrisk.Backup(1.0, autonomy=48.0)), {}, "node 'A'.*backup"),
    "running": (with_grid(dcrisk.Backup(1.0, run_failure_rate_per_hour=0.1)), {}, "node 'A'.*backup"),
    "restart": (with_grid(dcrisk.Backup(0.0), restart=2.0), {}, "node 'A'.*restart"),
    "failover": (FAILING, {"replicas": ["A", "B"], "failover": 1.0}, "layout 'x'.*failover"),
    "moves that fail": (FAILING, {"replicas": ["A", "B"], "failover_probability": 0.9}, "layout 'x'.*failover"),
    "relocation": (FAILING, {"relocation": 72.0}, "layout 'x'.*relocation.*hazard 'f'"),
}


@pytest.mark.parametrize("scenario, options, words", REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_solved_is_named(scenario, options, words):
    layout = dcrisk.Layout("x", **{"replicas": ["A"], **options})
    with pytest.raises(dcrisk.SpecificationError, match=f"{words}.*estimate"):
        dcrisk.expected_availability(scenario, [layout])


STATIONARY = {
    "monthly": dcrisk.GridOutage("g", {"A": 1.0}, 8.0, monthly=JANUARY),
    "dispersion": dcrisk.GridOutage("g", {"A": 1.0}, 8.0, dispersion=2.0),
}


@pytest.mark.parametrize("hazard", STATIONARY.values(), ids=STATIONARY)
def test_what_has_no_long_run_is_named(hazard):
    with pytest.raises(dcrisk.SpecificationError, match="hazard 'g'.*no stationary state"):
        long_run(struck(hazard), dcrisk.Layout("x", replicas=["A"]))


def test_a_diagram_that_grows_too_large_is_refused(monkeypatch):
    monkeypatch.setattr(diagram, "MOST_VERTICES", 20)
    names = [f"s{i}" for i in range(10)]
    scenario = dcrisk.Scenario(sites(names), [dcrisk.Failure("f", 1.0, 9.0, names)])
    with pytest.raises(dcrisk.SpecificationError, match="layout 'x'.*decision diagram"):
        long_run(scenario, dcrisk.Layout("x", replicas=names, quorum=5))


def test_what_no_layout_depends_on_does_not_matter():
    nodes = [
        dcrisk.Site("A", 45.0, 5.0, requires=["B"], restart=0.0),
        dcrisk.Site("B", restart=5.0),
        dcrisk.Utility("grid"),
        dcrisk.Site("C", requires=[dcrisk.all_of("grid", backup=dcrisk.Backup(0.5))], restart=9.0),
    ]
    hazards = [
        dcrisk.Failure("f", {"A": 10.0, "B": 20.0, "C": 1.0}, 50.0),
        dcrisk.Fire("fire", {"C": 1.0}, {"destroyed": 999.0}),
        dcrisk.Fire("no fire", {"A": 0.0}, {"destroyed": 999.0}),
        dcrisk.GridOutage("storms", {"grid": 5.0}, 8.0, dispersion=3.0),
    ]
    scenario = dcrisk.Scenario(nodes, hazards, crews=[dcrisk.Crew("one", ["A", "B"])])
    a, b = renewing(10.0, 50.0), renewing(20.0, 50.0)
    # nothing moves where every replica is needed, and interruptions start no relocation
    layout = dcrisk.Layout("x", replicas=["A", "B"], quorum=2, failover=2.0, relocation=72.0)
    assert_close(long_run(scenario, layout), a + b - a * b, 1e-13)


def test_a_service_that_is_never_down():
    found = dcrisk.expected_availability(FAILING.without("f"), [dcrisk.Layout("x", replicas=["A"])])
    assert found.availability.values.tolist() == [1.0]
    assert found.unavailability.values.tolist() == [0.0] == found.expected_downtime.values.tolist()
    assert found.nines.values.tolist() == [math.inf]


# ------------------------------------------------------------ sizes, and the Dataset


def test_hundreds_of_sites_in_regions():
    """Of 240 sites in ten regions at least 200 are up: by conditioning on the number of regions that are dark."""
    regions = [f"r{i}" for i in range(10)]
    names = [f"s{i}" for i in range(240)]
    nodes = [dcrisk.Utility(r) for r in regions]
    nodes += [dcrisk.Site(name, requires=[regions[i % 10]]) for i, name in enumerate(names)]  # in no good order
    hazards = [
        dcrisk.Failure("f", 40.0, 24.0, names),
        dcrisk.GridOutage("g", dict.fromkeys(regions, 20.0), 24.0),
    ]
    own, dark = renewing(40.0, 24.0), -math.expm1(-20.0 / YEAR * 24.0)
    exact = sum(
        stats.binom.pmf(m, 10, dark)
        * (1.0 if 24 * (10 - m) < 200 else stats.binom.sf(24 * (10 - m) - 200, 24 * (10 - m), own))
        for m in range(11)
    )
    layout = dcrisk.Layout("most", replicas=names, quorum=200)
    assert_close(long_run(dcrisk.Scenario(nodes, hazards), layout), exact, 1e-10)


def test_a_thousand_in_series_and_in_parallel():
    names = [f"s{i}" for i in range(1000)]
    scenario = dcrisk.Scenario(sites(names), [dcrisk.Failure("f", 1.0, 24.0, names)])
    up = -math.log1p(24.0 / YEAR)
    layouts = [
        dcrisk.Layout("all", replicas=names, quorum=1000),
        dcrisk.Layout("any", up=dcrisk.any_of(*names)),
    ]
    found = long_run(scenario, layouts)
    assert_close(found[0], -math.expm1(1000.0 * up), 1e-11)
    assert found[1] == 0.0  # below the smallest number there is


def test_the_dataset_says_where_it_comes_from():
    found = dcrisk.expected_availability(FAILING, [dcrisk.Layout("x", replicas=["A"])], horizon=100.0, warmup=50.0)
    assert found["layout"].values.tolist() == ["x"]
    assert found.attrs["scenario_sha256"] == FAILING.digest()
    assert (found.attrs["horizon_hours"], found.attrs["warmup_hours"]) == (100.0, 50.0)
    for variable in found.data_vars.values():
        assert (
            variable.attrs["units"] and variable.attrs["long_name"] and "decision diagram" in variable.attrs["method"]
        )
    assert_close(found.expected_downtime, 100.0 * found.unavailability)
    assert_close(found.availability, 1.0 - found.unavailability)
    assert_close(found.nines, -np.log10(found.unavailability))


@pytest.mark.parametrize(
    "options, words",
    [
        ({"horizon": 0.0}, "horizon"),
        ({"horizon": math.inf}, "horizon"),
        ({"warmup": -1.0}, "warmup"),
        ({"warmup": "long"}, "warmup"),
        ({"warmup": 1.0, "stationary": True}, "warmup.*stationary"),
        ({"stationary": 1}, "stationary"),
    ],
)
def test_bad_input_is_named(options, words):
    with pytest.raises(dcrisk.SpecificationError, match=words):
        dcrisk.expected_availability(FAILING, [dcrisk.Layout("x", replicas=["A"])], **options)
    with pytest.raises(dcrisk.SpecificationError, match="unknown name 'Q'"):
        dcrisk.expected_availability(FAILING, [dcrisk.Layout("x", replicas=["Q"])])
