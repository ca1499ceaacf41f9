"""Scenarios shipped with dcrisk, as TOML files."""
