"""Bad layouts get one message that names the item, before anything is simulated."""

import math

import numpy as np
import pytest
from scipy import stats

import dcrisk
from dcrisk.specification import SpecificationError

SCENARIO = dcrisk.Scenario([dcrisk.Site(name) for name in "ABC"] + [dcrisk.Utility("grid")])
PAIR = {"replicas": ["A", "B"]}
DATA = PAIR | {"copies": ["A", "B"]}


@pytest.mark.parametrize(
    "options, message",
    [
        (PAIR | {"failover": -1.0}, "'x': failover"),
        (PAIR | {"failover": math.nan}, "'x': failover"),
        (PAIR | {"failover_probability": 99}, "failover_probability.*did you mean 0.99"),
        (PAIR | {"failover": 1.0, "manual_failover": 8.0}, "manual_failover is for moves that fail"),
        (PAIR | {"failback": 1.0}, "failback undoes a move"),
        (PAIR | {"failover": 1.0, "failback_delay": 1.0}, "failback_delay waits for a failback"),
        (PAIR | {"migration": 24.0}, "migration saves failover hours or data"),
        (PAIR | {"capacity": 0.4}, "together carry 0.8 of the demand"),
        (PAIR | {"capacity": {"A": 1.0}}, "capacity: 'B' is missing"),
        (PAIR | {"capacity": {"A": 1.0, "B": 1.0, "C": 1.0}}, "capacity: unknown name 'C'"),
        (PAIR | {"capacity": {"A": 1.0, "B": -0.5}}, "capacity of 'B'"),
        ({"up": "A", "capacity": 1.0}, "give capacity as a table"),
        (PAIR | {"capacity": 0.5, "degraded_below": 1.5}, "degraded_below"),
        (PAIR | {"capacity": 1.0, "degraded_below": 0.5, "down_below": 0.7}, "down_below"),
        (PAIR | {"down_below": 0.5}, "need the capacity of the replicas"),
        (DATA | {"copies_needed": 3}, "copies_needed = 3 must be a whole number from 1 to its 2 copies"),
        (DATA | {"copies_needed": True}, "copies_needed"),
        (PAIR | {"rereplication": 5.0}, "rereplication makes copies anew"),
        (DATA | {"rereplication": -5.0}, "rereplication"),
        (DATA | {"asynchronous": ["B"]}, "need a backup_interval"),
        (DATA | {"backup_lag": 4.0}, "need a backup_interval"),
        (DATA | {"backup_interval": -1.0}, "backup_interval"),
        (DATA | {"backup_interval": "daily"}, "backup_interval = 'daily'"),
        (DATA | {"backup_interval": True}, "backup_interval"),
        (DATA | {"backup_interval": 24.0, "asynchronous": ["C"]}, "asynchronous.*unknown name 'C'"),
        (DATA | {"backup_interval": 24.0, "asynchronous": ["A", "B"]}, "copies of both kinds"),
        (DATA | {"backup_interval": 24.0, "asynchronous": []}, "copies of both kinds"),
        (PAIR | {"backup_interval": 24.0}, "copies of both kinds"),
        (DATA | {"backup_interval": 24.0, "copies_needed": 2}, "backups are whole copies"),
        (PAIR | {"placement_error": {"A": 0.1}}, "is no pair"),
        (PAIR | {"placement_error": {("A", "A"): 0.1}}, "is no pair"),
        (PAIR | {"placement_error": {("A", "B"): 5}}, "A -> B.*did you mean 0.05"),
        (PAIR | {"placement_error": {("C", "B"): 0.1}}, "placement_error: unknown name 'C'"),
        (PAIR | {"placement_error": {("A", "B"): 0.7, ("A", "C"): 0.4}}, "add up to more than 1"),
        (PAIR | {"placement_error": [("A", "B", 0.1)]}, "must be a table"),
        (PAIR | {"failover": math.inf}, "'x': failover: inf h"),
        (PAIR | {"failover": True}, "'x': failover: True is no duration"),
        (PAIR | {"failover": "2 h"}, "'x': failover: '2 h' is no duration"),
        (PAIR | {"failover": stats.expon}, "'x': failover.*freeze it"),
        (PAIR | {"failover": stats.norm(1.0, 1.0)}, "'x': failover: norm.*negative"),
        (PAIR | {"failover_probability": math.nan}, "failover_probability = nan"),
        (PAIR | {"failover_probability": True}, "failover_probability = True"),
        (PAIR | {"failover_probability": 0.5, "manual_failover": math.nan}, "manual_failover: nan"),
        (PAIR | {"failover_probability": 0.5, "manual_failover": -1.0}, "manual_failover: -1.0 h"),
        (PAIR | {"failover": 1.0, "failback": math.inf}, "failback: inf h"),
        (PAIR | {"failover": 1.0, "failback": 1.0, "failback_delay": -2.0}, "failback_delay: -2.0 h"),
        (PAIR | {"failover": 1.0, "migration": math.nan}, "migration: nan h"),
        (PAIR | {"capacity": math.nan}, "capacity = nan"),
        (PAIR | {"capacity": True}, "capacity = True"),
        (PAIR | {"capacity": [0.5, 0.5]}, "capacity = .0.5, 0.5.: it must be a number"),
        (PAIR | {"capacity": {"A": 1.0, "B": math.inf}}, "capacity of 'B' = inf"),
        (PAIR | {"capacity": 0.5, "degraded_below": math.nan}, "degraded_below = nan"),
        (PAIR | {"capacity": 0.5, "down_below": 50}, "down_below .at most degraded_below. = 50"),
        (PAIR | {"copies_needed": 2}, "copies_needed = 2 must be a whole number from 1 to 1: there are no copies"),
        (DATA | {"copies_needed": 2.0}, "copies_needed = 2.0"),
        (DATA | {"rereplication": math.inf}, "rereplication: inf h"),
        (DATA | {"backup_interval": math.nan}, "backup_interval = nan"),
        (DATA | {"backup_interval": stats.expon(scale=24.0)}, "what varies from backup to backup is backup_lag"),
        (DATA | {"backup_interval": 24.0, "backup_lag": -1.0}, "backup_lag: -1.0 h"),
        (DATA | {"backup_interval": 24.0, "asynchronous": "B"}, "asynchronous = 'B': it must be a list"),
        (DATA | {"backup_interval": 24.0, "asynchronous": ["B", "B"]}, "asynchronous: 'B' is named twice"),
        (PAIR | {"placement_error": {("A", "B"): math.nan}}, "A -> B = nan"),
        (PAIR | {"placement_error": {("A", "B", "C"): 0.1}}, "is no pair"),
        (PAIR | {"placement_error": {"A -> B": 0.1}}, "is no pair"),
        (PAIR | {"placement_error": {(3, "A"): 0.1}}, "unknown name 3; known: A, B"),
    ],
)
def test_the_layout_alone(options, message):
    with pytest.raises(SpecificationError, match=message):
        dcrisk.Layout("x", **options)


@pytest.mark.parametrize(
    "options, message",
    [
        (PAIR | {"placement_error": {("A", "Z"): 0.1}}, "placement_error of 'A': unknown name 'Z'"),
        (DATA | {"placement_error": {("A", "grid"): 0.1}}, "placement_error of 'A': unknown name 'grid'"),
        (PAIR | {"copies": ["grid"]}, "copies.*unknown name 'grid'"),
        (PAIR | {"placement_error": {("A", 3): 0.1}}, "placement_error of 'A': unknown name 3; known: A, B, C, grid"),
        ({"up": dcrisk.any_of("A", "Z")}, "layout 'x': unknown name 'Z'"),
    ],
)
def test_with_the_scenario(options, message):
    with pytest.raises(SpecificationError, match=message):
        dcrisk.simulate(SCENARIO, [dcrisk.Layout("x", **options)], 10, progress=False)


@pytest.mark.parametrize(
    "options, message",
    [
        ({"periods": -1}, "periods"),
        ({"periods": 1.5}, "periods"),
        ({"at_hours": [5.0, 5.0]}, "the hours must ascend"),
        ({"at_hours": [1e6]}, "at_hours, entry 1"),
        ({"at_hours": 5.0}, "at_hours"),
        ({"at_hours": [math.nan]}, "at_hours, entry 1 = nan"),
        ({"at_hours": [1.0, "5"]}, "at_hours, entry 2 = '5'"),
        ({"at_hours": [-1.0]}, "at_hours, entry 1 = -1.0"),
        ({"periods": True}, "periods = True"),
    ],
)
def test_options_of_simulate(options, message):
    with pytest.raises(SpecificationError, match=message):
        dcrisk.simulate(SCENARIO, [dcrisk.Layout("x", **PAIR)], 10, progress=False, **options)


@pytest.mark.parametrize(
    "options, message",
    [
        ({"trial": -1}, "trial"),
        ({"trial": 0.5}, "trial = 0.5"),
        ({"trial": True}, "trial = True"),
        ({"trial": 0, "seed": -1}, "seed"),
        ({"trial": 0, "horizon": 0.0}, "horizon = 0"),
        ({"trial": 0, "warmup": math.nan}, "warmup = nan"),
    ],
)
def test_trace(options, message):
    with pytest.raises(SpecificationError, match=message):
        dcrisk.trace(SCENARIO, [dcrisk.Layout("x", **PAIR)], **options)


@pytest.mark.parametrize(
    "layouts, message", [([], "layouts is empty"), (["A"], "'A' is no Layout"), ([{"Z"}, "A"], "is no Layout")]
)
def test_trace_of_no_layouts(layouts, message):
    with pytest.raises(SpecificationError, match=message):
        dcrisk.trace(SCENARIO, layouts, 0)


def test_counts_from_numpy_are_counts():
    ours = dcrisk.Layout("x", replicas=["A", "B"], copies=["A", "B"], quorum=np.int64(2), copies_needed=np.int32(2))
    assert ours == dcrisk.Layout("x", replicas=["A", "B"], copies=["A", "B"], quorum=2, copies_needed=2)
    assert type(ours.quorum) is type(ours.copies_needed) is int
