"""What the exit codes mean."""

from __future__ import annotations

FINE = 0
BAD_INPUT = 1
USAGE = 2
"""As click and most programs have it."""
NOT_CONVERGED = 3
INTERRUPTED = 130
"""128 and the number of the signal, as shells have it."""
