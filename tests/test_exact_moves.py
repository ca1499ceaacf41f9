"""Services that move to and fro: timelines by hand, Markov chains, Markov renewal.

Seeds are fixed; tests/exact.py says how often a correct program fails: 6e-7 for each comparison.
"""

import math

import numpy as np
import pytest
from exact import YEAR, check_law, check_mean, check_share, run
from generators import layouts, scenarios
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from scipy import integrate, stats
from scipy.linalg import expm
from test_exact_services import pair, played

from dcrisk import Failure, Flood, Layout, PeaksOverThreshold, Scenario, Site, all_of, any_of

LITTLE = 1e-9
PHASES = [Phase.explicit, Phase.generate]

MANUAL = {"failover_probability": 0.0, "manual_failover": 30.0}
NEVER = {"failover_probability": 0.0}
BACK = {"failback": 3.0}
LATER = {"failback": 3.0, "failback_delay": 7.0}
THREE = {"replicas": list("ABC")}
TWO_OF_FOUR = {"replicas": list("ABCD"), "quorum": 2}
TIERS = {"replicas": None, "up": all_of(any_of("A", "B"), any_of("C", "D"))}
PAIRS = {"replicas": None, "up": any_of(all_of("A", "B"), all_of("C", "D"))}
NESTED = {"replicas": None, "up": any_of(any_of("A", "B"), "C")}

MOVES = {  # of 10 h: options, hits (site, begin, hours), when the service is down
    "both return at once": ({}, [("A", 0, 30), ("B", 0, 30)], [(0, 30)]),
    "loses its target as it arrives": ({}, [("A", 0, 100), ("B", 10, 5)], [(0, 25)]),
    "the target is back when it would have arrived": ({}, [("A", 0, 100), ("B", 5, 5)], [(0, 20)]),
    "back where it was, as there is no other": ({}, [("A", 0, 4), ("B", 6, 44)], [(0, 10)]),
    "the lost one returns and goes again": ({}, [("A", 0, 4), ("A", 6, 50), ("B", 30, 20)], [(0, 10), (30, 50)]),
    "the third": (THREE, [("A", 0, 99), ("B", 0, 99), ("C", 30, 5)], [(0, 10), (30, 35)]),
    "the first that is up on arrival": (
        THREE,
        [("A", 0, 99), ("B", 0, 5), ("C", 20, 10), ("B", 40, 50)],
        [(0, 10), (40, 50)],
    ),
    # two in use
    "one of two": (TWO_OF_FOUR, [("A", 0, 99), ("B", 30, 20), ("C", 60, 9)], [(0, 10), (30, 40), (60, 70)]),
    "both of two": (TWO_OF_FOUR, [("A", 0, 99), ("B", 0, 99)], [(0, 10)]),
    "the second on the way": (TWO_OF_FOUR, [("A", 0, 99), ("B", 5, 99)], [(0, 10)]),
    "too few": (TWO_OF_FOUR, [("A", 0, 99), ("C", 0, 50), ("D", 0, 60)], [(0, 60)]),
    # moves that fail
    "people begin anew": (MANUAL, [("A", 0, 100), ("B", 5, 3)], [(0, 38)]),
    "back while people wait": (MANUAL, [("A", 0, 7), ("B", 5, 30)], [(0, 7)]),
    "failed, and at home all the time": (NEVER | BACK, [("A", 0, 20)], [(0, 20)]),
    "never, and both": (NEVER, [("A", 0, 100), ("B", 20, 30)], [(0, 100)]),
    "never, at home again": (NEVER, [("A", 0, 20), ("B", 30, 20)], [(0, 20)]),
    "people have moved it": (MANUAL, [("A", 0, 40), ("A", 50, 9), ("B", 70, 9)], [(0, 30), (70, 79)]),
    # the way back
    "home is up on arrival": (LATER, [("A", 0, 10)], [(0, 10), (17, 20)]),
    "never back unless it is planned": ({}, [("A", 0, 50), ("A", 60, 30), ("B", 95, 9)], [(0, 10), (95, 105)]),
    "back, and at home": (
        BACK,
        [("A", 0, 50), ("B", 60, 20), ("A", 90, 20)],
        [(0, 10), (50, 53), (90, 100), (110, 113)],
    ),
    "broken off, and at home all the time": (BACK, [("A", 0, 12), ("B", 5, 15)], [(0, 12)]),
    "one stays, one is left": (TWO_OF_FOUR, [("A", 0, 9), ("C", 0, 30), ("D", 2, 7)], [(0, 9)]),
    "home is lost as the wait ends": (LATER, [("A", 0, 50), ("A", 57, 2)], [(0, 10), (66, 69)]),
    "home is there again in time": (BACK, [("A", 0, 50), ("A", 51, 1), ("B", 60, 9)], [(0, 10), (50, 53)]),
    "the other is lost on the way back": (BACK, [("A", 0, 50), ("B", 51, 99)], [(0, 10), (50, 53)]),
    "both are lost on the way back": (BACK, [("A", 0, 50), ("A", 51, 19), ("B", 51, 9)], [(0, 10), (50, 60), (70, 73)]),
    "the way back is broken off": (BACK, [("A", 0, 50), ("A", 51, 48), ("B", 51, 1)], [(0, 10), (50, 52), (99, 102)]),
    "home alone returns": (BACK, [("A", 0, 50), ("A", 51, 4), ("B", 51, 39)], [(0, 10), (50, 65)]),
    "the other is lost while it waits": (LATER, [("A", 0, 50), ("B", 52, 9)], [(0, 10), (52, 62)]),
    "two are home": (
        TWO_OF_FOUR | BACK,
        [("A", 0, 40), ("B", 0, 60), ("C", 90, 9), ("D", 90, 9)],
        [(0, 10), (60, 63)],
    ),
    # gates within gates
    "each tier by itself": (TIERS, [("A", 0, 99), ("C", 5, 99)], [(0, 15)]),
    "from pair to pair": (PAIRS, [("B", 0, 99), ("A", 30, 9)], [(0, 10)]),
    "the other pair is not whole": (PAIRS, [("B", 0, 99), ("C", 0, 20)], [(0, 30)]),
    "within and without": (NESTED, [("A", 0, 99), ("C", 30, 9)], [(0, 10), (30, 40)]),
    "within, then without": (NESTED, [("A", 0, 99), ("B", 4, 99)], [(0, 10)]),
}


@pytest.mark.parametrize("options, hits, down", MOVES.values(), ids=MOVES.keys())
def test_moves_by_hand(options, hits, down):
    layout = Layout("l", **{"replicas": ["A", "B"], "failover": 10.0} | options)
    assert played(hits, layout, "ABCD") == down


def test_a_migration_leaves_the_service_where_it_went():
    """A flood with 48 h of warning takes A; B fails at 150 h: the one costs 10 h if it came too soon, the other always."""
    law = stats.expon(scale=40.0)
    stage = PeaksOverThreshold(LITTLE, threshold=5.0, scale=1.0)
    flood = Flood("flood", stage, {"A": 6.0}, {"damaged": 100.0, "destroyed": 100.0}, lead_time=48.0)
    failure = Failure("f", LITTLE, 120.0, ["B"])
    scenario = Scenario([Site("A"), Site("B")], [flood, failure]).given("flood", stage=9.0)
    moving, staying = (pair(failover=10.0, migration=hours) for hours in (law, None))
    down = run(scenario, [moving], 50_000, seed=401).downtime.values[0]
    assert set(down) == {0.0, 10.0}
    check_share((down == 0).sum(), down.size, law.cdf(48.0))
    assert (run(scenario, [staying], 10, seed=401).downtime == 10.0).all()
    # with B down from 0 to 120 h, no warning helps: A is back first
    assert (run(scenario.given("f"), [pair(failover=10.0, migration=0.0)], 10, seed=401).downtime == 100.0).all()


def test_people_who_come_in_time_or_do_not():
    """Given one loss for 100 h: a move, people, or the return, whichever it is."""
    works, people, away = 0.7, 80.0, 100.0
    scenario = Scenario([Site("A"), Site("B")], [Failure("f", LITTLE, away, ["A"])]).given("f")
    common = {"replicas": ["A", "B"], "failover": stats.expon(scale=5.0), "failover_probability": works}
    made = [Layout("nobody", **common), Layout("people", **common, manual_failover=stats.expon(scale=people))]
    trials = 100_000
    nobody, by_people = run(scenario, made, trials, seed=402).downtime.values
    check_share((nobody == away).sum(), trials, 1 - works)
    check_mean(nobody, works * 5.0 + (1 - works) * away)
    check_mean(by_people, works * 5.0 + (1 - works) * people * -math.expm1(-away / people))
    check_share((by_people == away).sum(), trials, (1 - works) * math.exp(-away / people))
    assert (by_people <= nobody).all()


@pytest.mark.parametrize("works, people", [(1.0, math.inf), (0.6, math.inf), (0.6, 90.0)])
def test_until_it_is_away_for_good(works, people):
    """Only A fails. At home; moving, A down or up; stuck; away: the mean downtime of a window, and who is down when."""
    hit, mended, moved = 20.0 / YEAR, 1 / 60.0, 1 / 25.0
    by_people = 0.0 if people == math.inf else 1 / people
    generator = np.zeros((5, 5))
    for source, after, rate in (
        (0, 1, hit * works),
        (0, 3, hit * (1 - works)),
        (1, 2, mended),
        (1, 4, moved),
        (2, 1, hit),
        (2, 4, moved),
        (3, 0, mended),
        (3, 4, by_people),
    ):
        generator[source, after] += rate
        generator[source, source] -= rate
    scenario = Scenario([Site("A"), Site("B")], [Failure("f", 20.0, stats.expon(scale=60.0), ["A"])])
    manual = {} if people == math.inf else {"manual_failover": stats.expon(scale=people)}
    layout = pair(failover=stats.expon(scale=25.0), failover_probability=works, **manual)
    horizon, trials = 2000.0, 60_000
    results = run(scenario, [layout], trials, seed=403, horizon=horizon, at_hours=[100.0, 700.0])
    at = np.linspace(0.0, horizon, 401)
    check_mean(results.downtime, integrate.simpson([expm(generator * t)[0, 1:4].sum() for t in at], x=at))
    for row, t in zip(results.down.values[0], (100.0, 700.0), strict=True):
        check_share(row.sum(), trials, expm(generator * t)[0, 1:4].sum())


def average(value, hours):
    """Mean of a function of hours that are constant or exponential."""
    if isinstance(hours, float):
        return value(hours)
    return integrate.quad_vec(lambda t: value(t) * hours.pdf(t), 0, 40 * hours.mean(), epsabs=1e-12, epsrel=1e-9)[0]


@pytest.mark.parametrize("hours", [20.0, stats.expon(scale=20.0)], ids=["constant", "exponential"])
def test_two_sites_that_fail_both(hours):
    """Markov renewal over what begins an outage: one site lost while the other is up (0), or both down (1).

    A move that loses its target begins again when there is one, with the hours that its event drew: so conditions are
    taken on these.
    """
    hit, mended = 40.0 / YEAR, 1 / 60.0
    moving = np.array(  # the lost site down, the other up; both up; the lost one up, the other down; else both down
        [[-mended - hit, mended, 0], [hit, -2 * hit, hit], [0, mended, -mended - hit]]
    )

    def spell(h):
        """From the begin of a move: hours down; the probability that both are up when it serves."""
        ends = expm(moving * h)
        first = np.linalg.solve(moving, ends - np.eye(3))[0].sum()  # hours of the first attempt
        fails = 1 - ends[0].sum()
        return np.array([first + fails / (2 * mended), ends[0, 1]]) / (1 - fails / 2)

    down, whole = average(spell, hours)
    down = np.array([down, 1 / (2 * mended) + down / 2])
    whole = np.array([whole, whole / 2])
    # it serves with the other site down at first, or up: for how long, and the probability that both are down then
    first_step = [[1, -mended / (hit + mended)], [-0.5, 1]]
    served = np.linalg.solve(first_step, [1 / (hit + mended), 0.5 / hit])
    both_down = np.linalg.solve(first_step, [hit / (hit + mended), 0])
    to_both = whole * both_down[1] + (1 - whole) * both_down[0]
    share = to_both[0] / (1 - to_both[1] + to_both[0])  # of outages that begin with both down
    begins = np.array([1 - share, share])
    outage, serving = begins @ down, begins @ (whole * served[1] + (1 - whole) * served[0])
    scenario = Scenario([Site("A"), Site("B")], [Failure("f", 40.0, stats.expon(scale=60.0), ["A", "B"])])
    results = run(scenario, [pair(failover=hours)], 20_000, seed=404, warmup=4000.0)
    check_mean(results.downtime, YEAR * outage / (outage + serving))
    check_mean(results.outages, YEAR / (outage + serving))


@pytest.mark.parametrize(
    "hours, back, delay",
    [(15.0, 6.0, 40.0), (stats.expon(scale=15.0), stats.expon(scale=6.0), stats.expon(scale=40.0))],
    ids=["constant", "exponential"],
)
def test_to_and_fro_by_plan(hours, back, delay):
    """Only A fails, and the service returns: cycles from one loss of A at home to the next.

    All ways back of a cycle take the hours and the delay that its loss drew: so conditions are taken on these.
    """
    hit, mended = 30.0 / YEAR, 1 / 50.0
    both = hit + mended

    def away(b, d):
        """Serving, down, and ways back, from the moment that the service is away with A up until it is at home."""
        waits = math.exp(-hit * d)
        arrives = 1 - hit / both * -math.expm1(-both * b)
        again = 1 - waits * arrives  # with A down
        return np.array([(1 - waits) / hit + again / mended, waits * b, waits]) / (waits * arrives)

    serving, down, ways = average(lambda b: average(lambda d: away(b, d), delay), back)
    still_down = average(lambda h: 1 - mended / both * -math.expm1(-both * h), hours)
    serving, down, ways = serving + 1 / hit + still_down / mended, down + average(lambda h: h, hours), ways + 1
    scenario = Scenario([Site("A"), Site("B")], [Failure("f", 30.0, stats.expon(scale=50.0), ["A"])])
    layout = pair(failover=hours, failback=back, failback_delay=delay)
    results = run(scenario, [layout], 20_000, seed=405, warmup=9000.0)
    check_mean(results.downtime, YEAR * down / (serving + down))
    check_mean(results.outages, YEAR * ways / (serving + down))


def test_gates_draw_by_themselves():
    """Both tiers lose a replica through one event: the longer of two exponential moves; and each works or not."""
    scenario = Scenario([Site(name) for name in "ABCD"], [Failure("f", LITTLE, 100.0, ["A", "C"], shared=True)]).given(
        "f"
    )
    made = [
        Layout("hours", failover=stats.expon(scale=5.0), up=TIERS["up"]),
        Layout("chance", failover=0.0, failover_probability=0.6, up=TIERS["up"]),
    ]
    hours, chance = run(scenario, made, 100_000, seed=406).downtime.values
    check_mean(np.minimum(hours, 50.0), integrate.quad(lambda t: 1 - (1 - math.exp(-t / 5)) ** 2, 0, 50)[0])
    check_share((chance == 0).sum(), 100_000, 0.36)


def test_a_gate_around_a_gate_draws_by_itself():
    """The only gate of one layout and the outer one of another: two independent moves, 0 and 1 of their layouts."""
    scenario = Scenario([Site(name) for name in "ABC"], [Failure("f", LITTLE, 100.0, ["A"])]).given("f")
    law = stats.expon(scale=5.0)
    made = [pair(failover=law), Layout("nested", failover=law, up=NESTED["up"])]
    long = run(scenario, made, 100_000, seed=407).downtime.values > 5.0
    p = math.exp(-1.0)
    check_law(np.bincount(2 * long[0] + long[1], minlength=4), np.outer([1 - p, p], [1 - p, p]))


NO_TIME = stats.rv_discrete(values=([0], [1.0]))()


@settings(max_examples=60, phases=PHASES)
@given(st.data(), st.integers(0, 2**64 - 1))
def test_moves_that_take_no_time_change_nothing(data, seed):
    """To the bit, the cause included, whatever the gates: failed moves that people carry out at once as well."""
    scenario = data.draw(scenarios())
    made = data.draw(layouts(scenario, plain=True))
    options = {"failover": NO_TIME, "failback": NO_TIME, "failback_delay": data.draw(st.sampled_from([0.0, 30.0]))}
    if data.draw(st.booleans()):
        options |= {"failover_probability": 0.5, "manual_failover": 0.0}
    moving = [Layout(layout.name, up=layout.up, copies=layout.copies, **options) for layout in made]
    plain, moved = (run(scenario, m, 30, seed=seed, horizon=2000.0, threads=1, attribute=True) for m in (made, moving))
    for name in plain.data_vars:
        np.testing.assert_array_equal(plain[name], moved[name])
