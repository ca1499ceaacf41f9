"""A run that is kept in a store, for tests that interrupt it: ``python stored.py STORE [TRIALS]`` runs it."""

import sys
from pathlib import Path

import dcrisk
from dcrisk.kernels.records import BLOCK

SCENARIO = dcrisk.load_scenario("ovh-strasbourg-2021")
LAYOUTS = [
    dcrisk.Layout("one", replicas=["SBG2"], copies=["SBG2"], relocation=72.0),
    dcrisk.Layout("two", replicas=["SBG2", "SBG3"], copies=["SBG2", "Roubaix"], capacity=0.5),
]
TRIALS = 40 * BLOCK + 77
OPTIONS = {"seed": 11, "attribute": True, "at_hours": [1.0, 20.0], "progress": False}


def run(store=None, trials=TRIALS, **changes):
    """Into a store in chunks of one block; without a store, into memory."""
    chunks = None if store is None else {"trial": BLOCK}
    scenario, layouts = changes.pop("scenario", SCENARIO), changes.pop("layouts", LAYOUTS)
    return dcrisk.simulate(scenario, layouts, trials, **{"chunks": chunks, "store": store} | OPTIONS | changes)


def contents(store):
    """All files of a store and what they hold; who held the lock is no part of it."""
    files = (path for path in Path(store).rglob("*") if path.is_file() and path.name != "lock")
    return {str(path.relative_to(store)): path.read_bytes() for path in files}


if __name__ == "__main__":
    run(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else TRIALS)
