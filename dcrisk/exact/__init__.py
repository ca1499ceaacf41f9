"""Expected availability without sampling: independent processes, and services as decision diagrams over them."""

from dcrisk.exact.expected import expected_availability
from dcrisk.exact.solvable import Solvable, solvable_part

__all__ = ["Solvable", "expected_availability", "solvable_part"]
