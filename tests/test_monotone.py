"""Trial by trial: one more replica, or one hazard less, never adds downtime.

The first holds for every scenario. The second asks that chance is in the hazards alone: the draws of a backup and of a
restart belong to the event that opened the demand, so without that event another one draws anew, and a generator that
was running is asked to start once more. A service that relocates may also be worse off with less: the milder event
that would have moved it out in time is gone.
"""

from generators import layouts, scenarios
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

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
