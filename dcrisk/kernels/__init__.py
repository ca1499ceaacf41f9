"""Numba kernels: plain functions on arrays, without xarray, Python objects or input and output."""
