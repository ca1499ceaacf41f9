"""Bad layouts get one message that names the item, before anything is simulated."""

import math

import pytest

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
    ],
)
def test_options_of_simulate(options, message):
    with pytest.raises(SpecificationError, match=message):
        dcrisk.simulate(SCENARIO, [dcrisk.Layout("x", **PAIR)], 10, progress=False, **options)


@pytest.mark.parametrize("options, message", [({"trial": -1}, "trial"), ({"trial": 0, "seed": -1}, "seed")])
def test_trace(options, message):
    with pytest.raises(SpecificationError, match=message):
        dcrisk.trace(SCENARIO, [dcrisk.Layout("x", **PAIR)], **options)
