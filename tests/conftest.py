"""Settings of the whole test run."""

from pathlib import Path

from hypothesis import settings

settings.register_profile("dcrisk", deadline=None, derandomize=True)
settings.load_profile("dcrisk")

# Numba looks at the file of the entry function alone to see whether a cached kernel is stale.
KERNELS = Path(__file__).parents[1] / "dcrisk" / "kernels"
newest = max(path.stat().st_mtime for path in KERNELS.glob("*.py"))
for index in (KERNELS / "__pycache__").glob("*.nbi"):
    if index.stat().st_mtime < newest:
        index.unlink()
