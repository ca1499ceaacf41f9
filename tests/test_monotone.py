"""Trial by trial: one more replica, or one hazard less, never adds downtime.

The first holds for every scenario. The second asks that chance is in the hazards alone: the draws of a backup and of a
restart belong to the event that opened the demand, so without that event another one draws anew, and a generator that
was running is asked to start once more. A service that relocates may also be worse off with less: the milder event
that would have moved it out in time is gone.
"""

from generators import capacities, layouts, moves, scenarios
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from scipy import stats

import dcrisk

PHASES = [Phase.explicit, Phase.generate]


def run(scenario, made, seed, warmup=0.0):
    return dcrisk.simulate(scenario, made, 200, seed=seed, horizon=2000.0, warmup=warmup, progress=False, threads=1)


@settings(max_examples=150, phases=PHASES)
@given(st.data(), st.integers(0, 2**64 - 1))
def test_one_more_replica(data, seed):
    scenario = data.draw(scenarios())
    names = [node.name for node in scenario.nodes]
    few = data.draw(st.lists(st.sampled_from(names), min_size=1, max_size=4))
    more = [*few, data.draw(st.sampled_from(names))]
    quorum = data.draw(st.integers(1, len(few)))
    options = {
        "copies": data.draw(st.lists(st.sampled_from([s.name for s in scenario.sites]), max_size=2)),
        "relocation": data.draw(st.sampled_from([None, 0.0, 24.0])),
    }
    pair = [dcrisk.Layout(n, replicas=r, quorum=quorum, **options) for n, r in (("few", few), ("more", more))]
    results = run(scenario, pair, seed)
    assert (results.downtime.sel(layout="more") <= results.downtime.sel(layout="few")).all()
    assert (results.longest_outage.sel(layout="more") <= results.longest_outage.sel(layout="few")).all()


@settings(max_examples=150, phases=PHASES)
@given(st.data(), st.integers(0, 2**64 - 1), st.sampled_from([0.0, 500.0]))
def test_one_hazard_less(data, seed, warmup):
    scenario = data.draw(scenarios(sure=True))
    made = data.draw(layouts(scenario, plain=True))
    removed = data.draw(st.sampled_from([hazard.name for hazard in scenario.hazards]))
    whole, less = run(scenario, made, seed, warmup), run(scenario.without(removed), made, seed, warmup)
    assert (less.downtime <= whole.downtime).all()
    assert (less.data_loss <= whole.data_loss).all()


@settings(max_examples=100, phases=PHASES)
@given(st.data(), st.integers(0, 2**64 - 1))
def test_one_more_copy(data, seed):
    scenario = data.draw(scenarios())
    sites = [site.name for site in scenario.sites]
    few = data.draw(st.lists(st.sampled_from(sites), min_size=1, max_size=3))
    pair = [
        dcrisk.Layout("few", replicas=sites[:1], copies=few),
        dcrisk.Layout("more", replicas=sites[:1], copies=[*few, data.draw(st.sampled_from(sites))]),
    ]
    results = run(scenario, pair, seed)
    assert (results.data_loss.sel(layout="more") <= results.data_loss.sel(layout="few")).all()


@settings(max_examples=100, phases=PHASES)
@given(st.data(), st.integers(0, 2**64 - 1), st.sampled_from([0.0, 500.0]))
def test_what_never_adds_a_data_loss(data, seed, warmup):
    """A copy more, one that is needed less, a shorter time to make copies anew, and one of no time beside none."""
    scenario = data.draw(scenarios())
    sites = [site.name for site in scenario.sites]
    copies = data.draw(st.lists(st.sampled_from(sites), min_size=1, max_size=4))
    needed = data.draw(st.integers(1, len(copies)))
    hours = data.draw(
        st.sampled_from([None, 0.0, 24.0, 700.0, stats.expon(scale=100.0), stats.pareto(1.3, scale=20.0)])
    )

    def layout(name, copies=copies, needed=needed, hours=hours):
        return dcrisk.Layout(name, replicas=sites[:1], copies=copies, copies_needed=needed, rereplication=hours)

    made = [layout("as it is"), layout("one more", [*copies, data.draw(st.sampled_from(sites))])]
    if needed > 1:
        made.append(layout("one less needed", needed=needed - 1))
    if hours is None:
        made.append(layout("at once", hours=0.0))
    elif isinstance(hours, float):
        made.append(layout("sooner", hours=hours / 2))
    lost = run(scenario, made, seed, warmup).data_loss.values
    assert (lost[1:] <= lost[0]).all()


@settings(max_examples=100, phases=PHASES)
@given(st.data(), st.integers(0, 2**64 - 1), st.sampled_from([0.0, 500.0]))
def test_moves_never_take_downtime_away(data, seed, warmup):
    """A gate that serves has all that it uses, so the plain gate holds as well."""
    scenario = data.draw(scenarios())
    options = {"relocation": data.draw(st.sampled_from([None, 24.0]))}
    plain = data.draw(layouts(scenario, plain=True))
    moving = data.draw(moves())
    pairs = [
        dcrisk.Layout(f"{name} {i}", up=layout.up, copies=layout.copies, **options, **more)
        for i, layout in enumerate(plain)
        for name, more in (("plain", {}), ("moving", moving))
    ]
    hours = run(scenario, pairs, seed, warmup).downtime.values
    assert (hours[0::2] <= hours[1::2]).all()


@settings(max_examples=60, phases=PHASES)
@given(st.data(), st.integers(0, 2**64 - 1))
def test_a_lower_level_or_a_larger_share(data, seed):
    scenario = data.draw(scenarios())
    layout = data.draw(layouts(scenario, plain=True))[0]
    options = data.draw(capacities(layout.expression))
    low, high = sorted(data.draw(st.lists(st.sampled_from([0.0, 0.2, 0.4, 0.5]), min_size=2, max_size=2)))
    larger = {name: share + data.draw(st.sampled_from([0.0, 0.5])) for name, share in options["capacity"].items()}

    def made(name, **more):
        return dcrisk.Layout(name, up=layout.up, **options | more)

    results = run(
        scenario,
        [
            made("low", down_below=low),
            made("high", down_below=high),
            made("larger", down_below=high, capacity=larger),
            made("wants less", down_below=low, degraded_below=0.5),
        ],
        seed,
    )
    down, degraded = results.downtime.values, results.degraded_hours.values
    assert (down[0] <= down[1]).all() and (down[2] <= down[1]).all()
    assert (degraded[3] <= degraded[0]).all() and (down[3] == down[0]).all()


@settings(max_examples=60, phases=PHASES)
@given(st.data(), st.integers(0, 2**64 - 1), st.sampled_from([0.0, 500.0]))
def test_what_never_adds_lost_hours(data, seed, warmup):
    """A shorter interval, a shorter lag, a planned migration: the moments of loss are the same."""
    scenario = data.draw(scenarios())
    sites = [site.name for site in scenario.sites]
    copies = data.draw(st.lists(st.sampled_from(sites), min_size=2, max_size=4, unique=True)) if len(sites) > 1 else []
    if not copies:
        return
    options = {"copies": copies, "rereplication": data.draw(st.sampled_from([None, 24.0, stats.expon(scale=100.0)]))}
    made = [
        dcrisk.Layout(name, replicas=sites[:1], **options | {"backup_interval": 24.0, "backup_lag": 4.0} | more)
        for name, more in (
            ("as it is", {}),
            ("interval", {"backup_interval": 10.0 / 3.0}),
            ("lag", {"backup_lag": 0.0}),
            ("migration", {"migration": stats.expon(scale=20.0)}),
        )
    ]
    lost = run(scenario, made, seed, warmup).data_lost_hours.values
    assert (lost[1:] <= lost[0]).all()
