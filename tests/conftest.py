"""Settings of the whole test run."""

import os
import sys

import pytest
from hypothesis import settings

settings.register_profile("dcrisk", deadline=None, derandomize=True)
settings.load_profile("dcrisk")
os.environ["MPLBACKEND"] = "Agg"  # figures need no screen


@pytest.fixture(autouse=True)
def close_figures():
    """No figure outlives its test."""
    yield
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")
