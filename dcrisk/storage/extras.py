"""Libraries of the formats, which not everybody has installed."""

from __future__ import annotations

import importlib
import importlib.util
from typing import Any


def library(name: str, what: str) -> Any:
    """Import it, or say how to install it."""
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise ImportError(f"{what} needs {name}: pip install dcrisk[files]") from error


def has_dask() -> bool:
    """Whether arrays can be lazy over dask."""
    return importlib.util.find_spec("dask") is not None
