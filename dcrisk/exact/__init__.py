"""Expected availability without sampling: independent processes, and services as decision diagrams over them."""

from dcrisk.exact.expected import expected_availability

__all__ = ["expected_availability"]
