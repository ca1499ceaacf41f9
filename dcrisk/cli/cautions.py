"""Which estimates rest on few events or on none."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import xarray as xr

FEW = 10
"""Windows with an event: with fewer, an interval reaches from half the estimate to twice of it (assumption)."""


def cautions(results: xr.Dataset, keeping: Collection[str], long_outage_hours: float = 8.0) -> list[str]:
    """One sentence for each kind of event that some layout had in few windows, or in none.

    Parameters
    ----------
    results : xarray.Dataset
        From `dcrisk.simulate`.
    keeping : collection of str
        The layouts that keep data: others have none to lose.
    long_outage_hours : float
        What counts as a long outage.

    Examples
    --------
    >>> import xarray as xr
    >>> hours = np.zeros((2, 1000))
    >>> hours[0, :3] = 5.0
    >>> results = xr.Dataset(
    ...     {name: (("layout", "trial"), hours) for name in ("downtime", "longest_outage")}
    ...     | {"data_loss": (("layout", "trial"), hours > 6.0)}, coords={"layout": ["A", "B"]})
    >>> for words in cautions(results, ["A"]):
    ...     print(words)
    Downtime was seen in fewer than 10 of 1,000 windows: A (3).
    Downtime was never seen in 1,000 windows: B; only its upper bound says something.
    An outage over 8 h was never seen in 1,000 windows: A, B; only its upper bound says something.
    A loss of data was never seen in 1,000 windows: A; only its upper bound says something.
    """
    trials = results.sizes["trial"]
    names = [str(name) for name in results["layout"].values]
    kinds = (
        ("Downtime", results["downtime"] > 0.0, names),
        (f"An outage over {long_outage_hours:g} h", results["longest_outage"] > long_outage_hours, names),
        ("A loss of data", results["data_loss"] != 0, [name for name in names if name in keeping]),
    )
    found = []
    for words, happened, listed in kinds:
        counts = dict(zip(names, np.asarray(happened.sum("trial").values).tolist(), strict=True))
        few = [f"{name} ({counts[name]})" for name in listed if 0 < counts[name] < FEW]
        none = [name for name in listed if counts[name] == 0]
        if few:
            found.append(f"{words} was seen in fewer than {FEW} of {trials:,} windows: {listing(few)}.")
        if none:
            found.append(
                f"{words} was never seen in {trials:,} windows: {listing(none)}; only its upper bound says something."
            )
    return found


def listing(names: list[str]) -> str:
    """Names one after the other, where a comma may belong to a name.

    Examples
    --------
    >>> listing(["A", "B"]), listing(["A, with a copy", "B"])
    ('A, B', 'A, with a copy; B')
    """
    return ("; " if any("," in name for name in names) else ", ").join(names)
