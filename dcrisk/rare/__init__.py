"""Rare events: strata of their numbers, other laws for their times, places and marks, and exact weights."""

from dcrisk.rare.estimates import estimate
from dcrisk.rare.reweighting import rate_derivatives, rate_indices, reweight
from dcrisk.rare.weighted_trials import simulate_rare

__all__ = ["estimate", "rate_derivatives", "rate_indices", "reweight", "simulate_rare"]
