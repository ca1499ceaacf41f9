"""Hypothesis draws scenarios and layouts."""

import math

from hypothesis import strategies as st
from scipy import stats

import dcrisk

HOURS = st.sampled_from([0.0, 1.0, 4.0, 24.0, 700.0])
DURATIONS = st.one_of(
    HOURS,
    st.sampled_from(
        [
            stats.expon(scale=30.0),
            stats.lognorm(1.2, scale=20.0),
            stats.pareto(1.3, scale=2.0),
            stats.rv_discrete(values=([3, 30, 300], [0.5, 0.3, 0.2]))(),
        ]
    ),
)
PROBABILITIES = st.sampled_from([0.0, 0.3, 0.7, 1.0])
RATES = st.sampled_from([0.0, 0.5, 3.0, 20.0])


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
        )
    return dcrisk.at_least(draw(st.integers(1, len(members))), *members, backup=backup)


@st.composite
def scenarios(draw, sure=False):
    """Any scenario; with ``sure``, one in which chance is in the hazards alone, not in backups and restarts."""
    restarts = HOURS if sure else DURATIONS
    nodes = [dcrisk.Utility("u0"), dcrisk.Site("s0")]
    for i in range(1, draw(st.integers(2, 6))):
        names = [node.name for node in nodes]
        requires = draw(st.lists(requirements(names, sure), max_size=2))
        if draw(st.integers(0, 2)):
            inside = draw(st.sampled_from([None, *(n.name for n in nodes if isinstance(n, dcrisk.Site))]))
            nodes.append(dcrisk.Site(f"s{i}", part_of=inside, requires=requires, restart=draw(restarts)))
        else:
            nodes.append(dcrisk.Utility(f"u{i}", requires=requires, restart=draw(restarts)))
    names = [node.name for node in nodes]
    sites = [node.name for node in nodes if isinstance(node, dcrisk.Site)]
    some = st.lists(st.sampled_from(names), min_size=1, max_size=4, unique=True)
    hazards = [
        dcrisk.Failure(
            "failure",
            draw(RATES),
            draw(DURATIONS),
            draw(some),
            shared=draw(st.booleans()),
            state=draw(st.sampled_from(["interrupted", "damaged", "destroyed"])),
        ),
        dcrisk.GridOutage("grid", {name: draw(RATES) for name in draw(some)}, draw(DURATIONS)),
    ]
    burning = draw(st.lists(st.sampled_from(sites), min_size=1, unique=True))
    edges = [(a, b) for a in sites for b in sites if a != b]
    chosen = draw(st.lists(st.sampled_from(edges), unique=True, max_size=8)) if edges else []
    hazards.append(
        dcrisk.Fire(
            "fire",
            {name: draw(RATES) for name in burning},
            {state: draw(DURATIONS) for state in ("interrupted", "damaged", "destroyed", "isolated")},
            contained=draw(PROBABILITIES),
            destroyed=draw(PROBABILITIES),
            spread={edge: draw(PROBABILITIES) for edge in chosen},
            spread_delay={edge: draw(DURATIONS) for edge in chosen},
            isolation=draw(st.lists(some, max_size=2)),
            isolation_shared=draw(st.booleans()),
            isolation_probability=draw(PROBABILITIES),
            isolation_delay=draw(DURATIONS),
        )
    )
    scenario = dcrisk.Scenario(nodes, hazards)
    for name in draw(st.lists(st.sampled_from(["failure", "grid", "fire"]), max_size=2)):
        hazard = next(h for h in hazards if h.name == name)
        if name == "fire":
            contained = draw(st.sampled_from([None, True, False]))
            state = None if contained else draw(st.sampled_from([None, "damaged", "destroyed"]))
            scenario = scenario.given(name, draw(st.sampled_from(burning)), contained=contained, state=state)
        else:
            scenario = scenario.given(name, draw(st.sampled_from(hazard.origins())))
    return scenario


@st.composite
def layouts(draw, scenario):
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
        made.append(
            dcrisk.Layout(
                f"layout {i}",
                up=up,
                copies=draw(st.lists(st.sampled_from(sites), max_size=3)),
                relocation=draw(st.one_of(st.none(), DURATIONS)),
            )
        )
    return made
