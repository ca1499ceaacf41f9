"""rerun(): the run that a result tells of, once more."""

from __future__ import annotations

import inspect
import math
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import xarray as xr

from dcrisk.provenance import numerical_libraries, read_call
from dcrisk.rare import estimate, simulate_rare
from dcrisk.simulate import simulate
from dcrisk.specification import SpecificationError, check_known
from dcrisk.storage.formats import open_results
from dcrisk.storage.ledger import Ledger
from dcrisk.version import __version__

FUNCTIONS: dict[str, Callable[..., xr.Dataset]] = {
    "simulate": simulate,
    "estimate": estimate,
    "simulate_rare": simulate_rare,
}


def rerun(results: str | Path | xr.Dataset, **changes: Any) -> xr.Dataset:
    """Make results again from what they say about how they were made: scenario, layouts, seed and all.

    Parameters
    ----------
    results : str, Path or xarray.Dataset
        What `save_results` wrote, the store of a run, finished or not, or a Dataset of `simulate`, `estimate` or
        `simulate_rare`. Of estimates made from results, it is the results that are made again.
    **changes
        Arguments that are to be others than then, such as ``trials``, ``threads`` or ``store``. With the store of an
        unfinished run as ``store``, the run goes on.

    Returns
    -------
    xarray.Dataset
        The same numbers to the bit, if nothing is changed and dcrisk and the numerical libraries have the same versions. Only
        an estimate that ``max_seconds`` ended is another one on a machine of another speed.

    Warns
    -----
    UserWarning
        If the results are of other versions, or were ended by ``max_seconds``.

    Raises
    ------
    SpecificationError
        If the attributes do not tell how the results were made, or a change is no argument.

    Examples
    --------
    >>> import dcrisk
    >>> scenario = dcrisk.Scenario([dcrisk.Site("A")], [dcrisk.Failure("failure", 1.0, 24.0, ["A"])])
    >>> results = dcrisk.simulate(scenario, [dcrisk.Layout("A", replicas=["A"])], 1000, seed=7, progress=False)
    >>> dcrisk.rerun(results, progress=False).identical(results)
    True
    """
    attrs = results.attrs if isinstance(results, xr.Dataset) else _attributes(results)
    call = read_call(attrs)
    check_known(call.function, FUNCTIONS, "the function that made the results")
    function = FUNCTIONS[call.function]
    for name in changes:
        check_known(name, inspect.signature(function).parameters, f"an argument of {call.function}")
    _warn(attrs)
    arguments: dict[str, Any] = {"scenario": call.scenario, "layouts": call.layouts, **call.arguments}
    if "max_seconds" in arguments and not _out_of_time(attrs):
        arguments["max_seconds"] = math.inf  # a slower machine must not stop before
    return function(**arguments | changes)


def _attributes(path: str | Path) -> Mapping[str, Any]:
    """Of results on disk, also where a run was interrupted."""
    if not isinstance(path, (str, Path)):
        raise SpecificationError(f"{path!r} is neither a Dataset nor a path")
    plan = Ledger(Path(path)).read_plan()
    if plan is not None:
        return plan.attrs
    with open_results(path) as data:
        return data.attrs


def _out_of_time(attrs: Mapping[str, Any]) -> bool:
    return str(attrs.get("stopped_because", "")).startswith("max_seconds")


def _warn(attrs: Mapping[str, Any]) -> None:
    then = f"dcrisk {attrs.get('dcrisk_version')}", str(attrs.get("numerical_libraries"))
    now = f"dcrisk {__version__}", numerical_libraries()
    if then != now:
        warnings.warn(
            f"these results are of {', '.join(then)}, and here is {', '.join(now)}: the numbers may differ",
            stacklevel=3,
        )
    if _out_of_time(attrs):
        warnings.warn("max_seconds ended this estimate: the numbers depend on how fast the machine is", stacklevel=3)
