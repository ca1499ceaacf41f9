"""Hypothesis draws scenarios and layouts."""

import math

from hypothesis import strategies as st
from scipy import stats

import dcrisk
from dcrisk.durations import is_frozen
from dcrisk.scenario import Requirement

HOURS = st.sampled_from([0.0, 1.0, 4.0, 24.0, 700.0])
ANY_HOURS = st.one_of(HOURS, st.just(10.0 / 3.0))  # the last not on the grid of times
CONTINUOUS = st.sampled_from([stats.expon(scale=30.0), stats.lognorm(1.2, scale=20.0), stats.pareto(1.3, scale=2.0)])
DURATIONS = st.one_of(HOURS, CONTINUOUS, st.just(stats.rv_discrete(values=([3, 30, 300], [0.5, 0.3, 0.2]))()))
PROBABILITIES = st.sampled_from([0.0, 0.3, 0.7, 1.0])
FRACTIONS = st.sampled_from([0.0, 0.0, 0.4, 1.0])
RATES = st.sampled_from([0.0, 3.0, 12.0, 40.0])
UNCERTAIN = st.sampled_from([stats.gamma(0.5, scale=12.0), stats.lognorm(1.0, scale=3.0), stats.uniform(0.0, 9.0)])
STATES = st.sampled_from(["interrupted", "damaged", "destroyed"])
MONTHS = st.sampled_from(
    [
        [6.0, 3.0, 1.0, 0.5, 0.0, 0.0, 0.0, 0.0, 1.0, 2.0, 4.0, 5.0],
        [0.0, 1.0, 0.0, 2.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0],
        [1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 1.0, 0.0],
        [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0],  # no event in the window of the tests
    ]
)


def one_in(n):
    """True in one of ``n`` draws."""
    return st.integers(1, n).map(lambda i: i == n)


@st.composite
def requirements(draw, names, sure, depth=2):
    if depth == 0 or draw(st.booleans()):
        return draw(st.sampled_from(names))
    members = draw(st.lists(requirements(names, sure, depth - 1), min_size=1, max_size=3))
    backup = None
    if draw(st.booleans()):
        chance = st.sampled_from([0.0, 1.0]) if sure else PROBABILITIES
        backup = dcrisk.Backup(
            draw(chance),
            draw(st.one_of(st.just(math.inf), HOURS if sure else DURATIONS)),
            draw(chance),
            draw(PROBABILITIES),
            draw(st.sampled_from(["default", "other"])),
            0.0 if sure else draw(st.sampled_from([0.0, 0.05, 0.5])),
        )
    return dcrisk.at_least(draw(st.integers(1, len(members))), *members, backup=backup)


@st.composite
def graphs(draw, sure):
    """Nodes, each at a place of its own; some at one latitude."""
    restarts = HOURS if sure else DURATIONS
    nodes = []
    for i in range(draw(st.integers(3, 7))):
        names = [node.name for node in nodes]
        requires = draw(st.lists(requirements(names, sure), max_size=2)) if i > 1 else []
        lat, lon = draw(st.sampled_from([48.0, 48.5, 49.0])), 7.0 + 0.3 * i
        if i == 0 or (i > 1 and draw(one_in(3))):
            nodes.append(dcrisk.Utility(f"u{i}", requires=requires, restart=draw(restarts), lat=lat, lon=lon))
        else:
            inside = draw(st.sampled_from([None, *(n.name for n in nodes if isinstance(n, dcrisk.Site))]))
            nodes.append(
                dcrisk.Site(f"s{i}", lat=lat, lon=lon, part_of=inside, requires=requires, restart=draw(restarts))
            )
    return nodes


@st.composite
def common(draw, rate):
    """What all hazards share; dispersion goes with rates that are numbers."""
    rates = rate.values() if isinstance(rate, dict) else [rate]
    options = {}
    if draw(one_in(3)):
        options["monthly"] = draw(MONTHS)
    if not any(is_frozen(r) for r in rates) and draw(one_in(3)):
        options["dispersion"] = draw(st.sampled_from([1.5, 8.0]))
    return options


@st.composite
def rates_of(draw, names):
    """A rate for each name, some of them uncertain in one of three draws."""
    rates = st.one_of(RATES, UNCERTAIN) if draw(one_in(3)) else RATES
    return {name: draw(rates) for name in names}


@st.composite
def failures(draw, names):
    some = draw(st.lists(st.sampled_from(names), min_size=1, max_size=4, unique=True))
    shared = draw(st.booleans())
    if not shared and draw(st.booleans()):
        rate, some = draw(rates_of(some)), None
    else:
        rate = draw(st.one_of(RATES, UNCERTAIN))
    return dcrisk.Failure(
        "failure", rate, draw(DURATIONS), some, shared=shared, state=draw(STATES), **draw(common(rate))
    )


@st.composite
def grid_outages(draw, names):
    some = st.lists(st.sampled_from(names), min_size=1, max_size=4, unique=True)
    regions = {name: draw(some) for name in draw(st.lists(st.sampled_from(["north", "south"]), unique=True))}
    rates = draw(rates_of([*draw(some), *regions]))
    return dcrisk.GridOutage("grid", rates, draw(DURATIONS), regions=regions, **draw(common(rates)))


@st.composite
def storms(draw, names):
    nodes = draw(st.lists(st.sampled_from(names), min_size=1, unique=True))
    radius = draw(st.sampled_from([40.0, 100.0, stats.expon(scale=80.0)]))
    rate = draw(UNCERTAIN if draw(one_in(3)) else RATES)
    disc = dcrisk.Disc(nodes, (47.5, 6.5, 49.5, 9.5), radius)
    return dcrisk.GridOutage("storm", rate, draw(DURATIONS), disc=disc, **draw(common(rate)))


@st.composite
def maintenance(draw, names):
    sites = draw(st.lists(st.sampled_from(names), min_size=1, max_size=4, unique=True))
    every = draw(st.sampled_from([168.0, 400.0 / 3.0, 720.0, 5000.0]))
    first = draw(st.sampled_from([0.0, -7.0, 10.0 / 3.0, 300.0]))
    apart = draw(st.sampled_from([None, None, 0.0, 24.0, 0.1]))
    return dcrisk.Maintenance("maintenance", sites, every, draw(DURATIONS), first, apart)


@st.composite
def fires(draw, names, sites):
    burning = draw(st.lists(st.sampled_from(sites), min_size=1, unique=True))
    edges = [(a, b) for a in sites for b in sites if a != b]
    chosen = draw(st.lists(st.sampled_from(edges), unique=True, max_size=8)) if edges else []
    some = st.lists(st.sampled_from(names), min_size=1, max_size=4, unique=True)
    again = {}
    if draw(one_in(2)):
        again = {
            "reignition_probability": draw(st.sampled_from([0.5, 1.0])),
            "reignition_delay": draw(DURATIONS),
            "reignition_destroyed": draw(PROBABILITIES),
        }
    rates = draw(rates_of(burning))
    campuses = draw(st.lists(some, min_size=1 if again else 0, max_size=2))
    return dcrisk.Fire(
        "fire",
        rates,
        {state: draw(DURATIONS) for state in ("interrupted", "damaged", "destroyed", "isolated")},
        contained=draw(PROBABILITIES),
        destroyed=draw(PROBABILITIES),
        spread={edge: draw(PROBABILITIES) for edge in chosen},
        spread_delay={edge: draw(DURATIONS) for edge in chosen},
        isolation=campuses,
        isolation_shared=draw(st.booleans()),
        isolation_probability=draw(PROBABILITIES),
        isolation_delay=draw(DURATIONS),
        shared_fraction=draw(FRACTIONS),
        **again,
        **draw(common(rates)),
    )


@st.composite
def peaks(draw, rates):
    if draw(one_in(3)):
        return dcrisk.ReturnLevels(draw(st.sampled_from([{0.05: 4.5, 0.5: 6.0, 5.0: 7.0}, {0.4: 5.0, 2.0: 6.5}])))
    return dcrisk.PeaksOverThreshold(draw(rates), 5.0, 0.8, draw(st.sampled_from([-0.3, 0.0, 0.2])))


@st.composite
def floods(draw, names):
    basins = [f"b{i}" for i in range(draw(st.integers(1, 3)))]
    positive = st.sampled_from([0.5, 3.0, 20.0])
    stages = {basin: draw(peaks(positive if len(basins) > 1 else st.one_of(positive, UNCERTAIN))) for basin in basins}
    rates = [stage.peak_rate for stage in stages.values()]
    nodes = draw(st.lists(st.sampled_from(names), min_size=1, max_size=4, unique=True))
    protection = {node: draw(st.sampled_from([4.8, 5.3, 6.0, 6.8])) for node in nodes}
    options = {}
    if len(basins) > 1:
        options["basin"] = {node: draw(st.sampled_from(basins)) for node in nodes}
        options["correlation"] = draw(st.sampled_from([-0.4, 0.0, 0.5, 0.9, {("b0", "b1"): 0.8}]))
        options["copula"] = draw(st.sampled_from(["gaussian", "t"]))
        options["degrees_of_freedom"] = draw(st.integers(1, 6))
    elif draw(st.booleans()):
        stages = stages["b0"]
    else:
        options["basin"] = dict.fromkeys(nodes, "b0")
    if not any(is_frozen(rate) for rate in rates) and draw(one_in(3)):
        options["rate_per_year"] = max(rates) * draw(st.sampled_from([1.0, 1.5]))
    if draw(st.booleans()):
        options["floor"] = {node: level - draw(st.sampled_from([0.0, 0.4, 1.5])) for node, level in protection.items()}
        options["breach"] = draw(st.one_of(PROBABILITIES, st.just({node: draw(PROBABILITIES) for node in nodes})))
    if draw(st.booleans()):
        options["residual_sd"] = 0.4
        options["correlation_km"] = draw(st.sampled_from([0.0, 40.0, 40.0]))
    return dcrisk.Flood(
        "flood",
        stages,
        protection,
        {"damaged": draw(DURATIONS), "destroyed": draw(DURATIONS)},
        critical_depth=draw(st.sampled_from([0.0, 0.5, 1.2, math.inf])),
        fragility=draw(st.sampled_from([0.0, 0.5])),
        duration_growth_per_m=draw(st.sampled_from([0.0, 0.7])),
        shared_fraction=draw(FRACTIONS),
        lead_time=draw(st.sampled_from([0.0, 2.0, 48.0])),
        **options,
        **draw(common(rates[0])),
    )


@st.composite
def catalogues(draw, names):
    rates = {f"e{i}": draw(RATES) for i in range(draw(st.integers(1, 3)))}
    struck = draw(st.lists(st.sampled_from(list(rates)), max_size=4))
    events = [*rates, *struck]
    columns = {
        "event": events,
        "rate_per_year": [rates[event] for event in events],
        "site": [draw(st.sampled_from(names)) for _ in events],
        "delay": [draw(ANY_HOURS) for _ in events],
        "duration": [draw(ANY_HOURS) for _ in events],
        "state": [draw(STATES) for _ in events],
    }
    spread = draw(st.sampled_from([0.0, 0.6]))
    return dcrisk.EventTable(
        "table", columns, duration_spread=spread, shared_fraction=draw(FRACTIONS), **draw(common(0.0))
    )


def ever(hazard):
    """Whether its rates say where an event happens."""
    if isinstance(hazard, dcrisk.Flood):
        return True
    rates = (
        hazard.rates
        if isinstance(hazard, (dcrisk.Failure, dcrisk.EventTable, dcrisk.Maintenance))
        else hazard.rate_per_year
    )
    return any(is_frozen(rate) or rate > 0 for rate in (rates.values() if isinstance(rates, dict) else [rates]))


@st.composite
def origins(draw, hazard):
    """Where an event is put, or None where the rates may say."""
    drawn = [None] if ever(hazard) else []
    return draw(st.sampled_from([*drawn, *hazard.origins()]))


def can_be_put(hazard):
    return ever(hazard) or hazard.origins()


@st.composite
def conditions(draw, scenario):
    """The scenario with up to two events given."""
    possible = [hazard for hazard in scenario.hazards if can_be_put(hazard)]
    for hazard in draw(st.lists(st.sampled_from(possible), max_size=2)) if possible else []:
        options = {}
        if isinstance(hazard, dcrisk.Fire):
            contained = draw(st.sampled_from([None, True, False]))
            options["contained"] = contained
            options["state"] = None if contained else draw(st.sampled_from([None, "damaged", "destroyed"]))
        if isinstance(hazard, dcrisk.Flood):
            stage = st.sampled_from([5.1, 6.1, 7.3])
            some = st.dictionaries(st.sampled_from(list(hazard.stages)), stage)
            options["stage"] = draw(st.one_of(st.none(), stage, some))
        scenario = scenario.given(hazard.name, draw(origins(hazard)), **options)
    return scenario


@st.composite
def crews(draw, names, hazards, sure):
    """Up to two crews.

    With ``sure``, none that a Failure waits for. Who waits is served in order of arrival, and then one arrival less
    lets nobody begin later (Kiefer and Wolfowitz's recursion of the workloads is monotone). But the arrivals must not
    depend on the crews: a component that waits cannot fail again, so one that is back sooner may fail anew.
    """
    states = ["interrupted", "damaged", "destroyed"]
    if sure:
        states = [s for s in states if all(getattr(hazard, "state", None) != s for hazard in hazards)]
    shuffled = draw(st.permutations(names))
    first = draw(st.sampled_from([len(names), len(names) // 2]))
    made = []
    for i, sites in enumerate((shuffled[:first], shuffled[first:])):
        if sites:
            some = draw(st.sampled_from([states, states[1:], states[:1]]))
            made.append(dcrisk.Crew(f"crew {i}", sites, draw(st.sampled_from([1, 1, 2])), some))
    return made


def has_backup(need):
    return isinstance(need, Requirement) and need.has_backup()


@st.composite
def triggers(draw, nodes, hazards, sure):
    """A few triggers.

    The delay after a backup's start is continuous: a start is seen when all else of that moment is settled, so what
    it raised at once would come after the fact.

    With ``sure``, no effect that remembers: without its cause, the raised failure no longer keeps a component from
    failing, nor the raised fire a building from burning, so that others happen instead.
    """
    order = draw(st.permutations(hazards))
    backed = [] if sure else [node for node in nodes if any(has_backup(need) for need in node.requires)]
    causes = [(cause, effect) for i, cause in enumerate(order) for effect in order[i + 1 :]]
    starts = [(node, effect) for node in backed for effect in hazards]
    remembers = (dcrisk.Failure, dcrisk.Fire) if sure else ()
    made = []
    for kind, possible in (("cause", causes), ("backup", starts)):
        pairs = {
            (by.name, effect.name): effect
            for by, effect in possible
            if can_be_put(effect) and not isinstance(effect, remembers)
        }
        if not pairs or (kind == "backup" and made and draw(st.booleans())):
            continue
        for by, effect in draw(st.lists(st.sampled_from(sorted(pairs)), min_size=1, max_size=3, unique=True)):
            chance, delay = draw(st.sampled_from([0.5, 1.0])), draw(DURATIONS if kind == "cause" else CONTINUOUS)
            origin = draw(origins(pairs[by, effect]))
            made.append(dcrisk.Trigger(effect, **{kind: by}, probability=chance, delay=delay, origin=origin))
    return draw(st.permutations(made))


@st.composite
def scenarios(draw, sure=False):
    """Any scenario; with ``sure``, one in which chance is in the hazards alone, not in backups and restarts.

    Then one hazard less never adds downtime, see also ``crews`` and ``triggers``.
    """
    nodes = draw(graphs(sure))
    names = [node.name for node in nodes]
    sites = [node.name for node in nodes if isinstance(node, dcrisk.Site)]
    kinds = {
        "failure": failures(names),
        "grid": grid_outages(names),
        "storm": storms(names),
        "fire": fires(names, sites),
        "flood": floods(names),
        "table": catalogues(names),
        "maintenance": maintenance(names),
    }
    present = draw(st.lists(st.sampled_from(list(kinds)), min_size=2, max_size=4, unique=True))
    hazards = [draw(kinds[kind]) for kind in present]
    scenario = dcrisk.Scenario(
        nodes,
        hazards,
        crews=draw(crews(names, hazards, sure)) if draw(one_in(3)) else (),
        triggers=draw(triggers(nodes, hazards, sure)) if draw(one_in(2)) else (),
    )
    return draw(conditions(scenario))


@st.composite
def moves(draw):
    """What a layout says of failover."""
    options = {
        "failover": draw(DURATIONS),
        "failover_probability": draw(st.sampled_from([0.0, 0.5, 0.5, 1.0])),
        "migration": draw(st.sampled_from([None, 1.0, stats.expon(scale=20.0)])),
    }
    if options["failover_probability"] < 1:
        options["manual_failover"] = draw(st.one_of(st.just(math.inf), DURATIONS))
    elif options["failover"] == 0.0:
        return {}
    if draw(st.booleans()):
        options |= {"failback": draw(DURATIONS), "failback_delay": draw(DURATIONS)}
    return options


@st.composite
def data(draw, sites):
    """What a layout says of its data."""
    copies = draw(st.lists(st.sampled_from(sites), max_size=4))
    options = {"copies": copies}
    if copies and draw(st.booleans()):
        options["rereplication"] = draw(DURATIONS)
    if len(set(copies)) > 1 and draw(st.booleans()):
        backups = draw(st.lists(st.sampled_from(copies), min_size=1, unique=True))
        if set(backups) != set(copies):
            options |= {
                "asynchronous": backups,
                "backup_interval": draw(st.sampled_from([0.0, 24.0, 10.0 / 3.0])),
                "backup_lag": draw(DURATIONS),
            }
    elif copies:
        options["copies_needed"] = draw(st.integers(1, len(copies)))
    return options


@st.composite
def capacities(draw, up):
    """Shares of the demand of the nodes that a layout names, together at least 1."""
    names = draw(st.lists(st.sampled_from(sorted(set(up.names()))), min_size=1, unique=True))
    shares = {name: draw(st.sampled_from([0.0, 0.3, 1.0 / 3.0, 0.7])) for name in names}
    shares[names[0]] += max(0.0, 1.0 - sum(shares.values()))
    degraded_below = draw(st.sampled_from([0.5, 0.7, 1.0]))
    down_below = draw(st.sampled_from([0.0, 0.3, 0.5]))
    return {"capacity": shares, "degraded_below": degraded_below, "down_below": down_below}


@st.composite
def errors_of_placement(draw, scenario, up, copies):
    """Where things may really be."""
    sites, table = [site.name for site in scenario.sites], {}
    for believed in draw(st.lists(st.sampled_from([*sorted(set(up.names())), *copies]), max_size=2, unique=True)):
        others = [site for site in sites if site != believed]
        for actual in draw(st.lists(st.sampled_from(others), max_size=2, unique=True)) if others else []:
            table[believed, actual] = draw(st.sampled_from([0.0, 0.3, 0.5]))
    return table


@st.composite
def layouts(draw, scenario, plain=False):
    """Up to four layouts; ``plain`` ones have replicas, copies and nothing else."""
    names = [node.name for node in scenario.nodes]
    sites = [site.name for site in scenario.sites]
    made = []
    for i in range(draw(st.integers(1, 4))):
        replicas = draw(st.lists(st.sampled_from(names), min_size=1, max_size=4))
        members = draw(st.lists(st.sampled_from(names), min_size=1, max_size=2))
        quorum = draw(st.integers(1, len(replicas)))
        up = dcrisk.at_least(quorum, *replicas)
        if draw(st.booleans()):
            up = dcrisk.any_of(up, dcrisk.all_of(*members))
        if plain:
            made.append(dcrisk.Layout(f"layout {i}", up=up, copies=draw(st.lists(st.sampled_from(sites), max_size=3))))
            continue
        options = draw(moves()) if draw(st.booleans()) else {}
        stored = draw(data(sites))
        if "migration" in options and not (options or "backup_interval" in stored):
            del options["migration"]
        if draw(one_in(3)):
            options |= draw(capacities(up))
        if draw(one_in(3)):
            options["placement_error"] = draw(errors_of_placement(scenario, up, stored["copies"]))
        relocation = draw(st.one_of(st.none(), DURATIONS))
        made.append(dcrisk.Layout(f"layout {i}", up=up, relocation=relocation, **options, **stored))
    return made
