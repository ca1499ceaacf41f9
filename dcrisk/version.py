"""The version of dcrisk."""

__version__ = "0.1.0"
