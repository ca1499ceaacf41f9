"""Published and assumed rates, probabilities and durations, each with its unit, source and confidence.

The object :data:`DEFAULTS` is what users know as ``dcrisk.defaults``. (This file has another name so that importing it
cannot put the module in the place of the object.)
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from dcrisk import durations
from dcrisk.specification import SpecificationError, check_known, check_number

CONFIDENCE = {
    "seen": "read in a public text; the source says where, and whether that text quotes another",
    "computed": "follows by arithmetic from the entries and texts named in the source",
    "memory": "recalled, not found again: look it up before you rely on it",
    "assumption": "our choice, never data; a parameter to vary",
}


@dataclass(frozen=True, eq=False, repr=False)
class Default:
    """A quantity with its source.

    Parameters
    ----------
    key : str
        Its name, such as ``"fire.recovery.isolated"``.
    value : float, frozen scipy.stats distribution, or dict of str to float
        A distribution says either how the quantity varies (a duration) or what is not known about it (a rate, a
        probability); ``meaning`` says which.
    unit : str
        Unit of the value; ``"1"`` for probabilities and shares.
    meaning : str
        What it is.
    source : str
        Where it was published, how it was computed, or "assumption: why".
    confidence : {"seen", "computed", "memory", "assumption"}
        How far to trust it, see :data:`CONFIDENCE`.

    Examples
    --------
    >>> entry = DEFAULTS["grid.local.medium_voltage"]
    >>> entry.value, entry.unit, entry.confidence
    (2.0, 'a year', 'seen')
    """

    key: str
    value: Any
    unit: str
    meaning: str
    source: str
    confidence: str

    def __str__(self) -> str:
        unit = "" if self.unit == "1" else f" {self.unit}"
        return f"{_text(self.value)}{unit}"

    def __repr__(self) -> str:
        return f"<{self.key} = {self} ({self.confidence}): {self.meaning}. Source: {self.source}>"


class Defaults(Mapping[str, Default]):
    """Rates, probabilities and durations with their sources: a read-only mapping from keys to :class:`Default`.

    Every item is made anew at each access, so nothing that is done to its value reaches the next reader.

    Examples
    --------
    >>> isolated = DEFAULTS["fire.recovery.isolated"].value
    >>> float(isolated.median()) / 24
    5.0
    >>> [key for key in DEFAULTS if key.startswith("ups.")]
    ['ups.start_probability', 'ups.autonomy', 'ups.autonomy.strasbourg']

    Values with named parameters fit the functions and classes that they are for:

    >>> from dcrisk.rates import ignition_rate
    >>> round(ignition_rate(500.0, **DEFAULTS["fire.ignition.offices"].value), 4)
    0.0158
    """

    def __getitem__(self, key: str) -> Default:
        entries = _entries()
        check_known(key, entries, "defaults")
        entry = entries[key]
        return Default(
            key=key,
            value=_value(entry["value"], f"default {key!r}"),
            unit=entry["unit"],
            meaning=entry["meaning"],
            source=entry["source"],
            confidence=entry["confidence"],
        )

    def __contains__(self, key: object) -> bool:
        return key in _entries()

    def __iter__(self) -> Iterator[str]:
        return iter(_entries())

    def __len__(self) -> int:
        return len(_entries())

    def get(self, key: str, default: Any = None, /) -> Any:
        """Return the item of a key, or ``default`` where there is none."""
        try:
            return self[key]
        except SpecificationError:
            return default

    def __repr__(self) -> str:
        counts = {word: sum(entry["confidence"] == word for entry in _entries().values()) for word in CONFIDENCE}
        words = ", ".join(f"{count} {word}" for word, count in counts.items())
        return f"<dcrisk.defaults: {len(self)} quantities ({words}); list(dcrisk.defaults) names them>"

    def table(self, prefix: str = "") -> str:
        """Return a Markdown table of the quantities whose keys begin with ``prefix``.

        Parameters
        ----------
        prefix : str
            Such as ``"fire."``; by default all.

        Returns
        -------
        str

        Examples
        --------
        >>> print(DEFAULTS.table("grid.local.high"))  # doctest: +ELLIPSIS
        | key | value | unit | what it is | source | confidence |
        | --- | --- | --- | --- | --- | --- |
        | `grid.local.high_voltage` | 0.33 | a year | ... | CRE ... | seen |
        ...
        """
        lines = ["| key | value | unit | what it is | source | confidence |", "| --- | --- | --- | --- | --- | --- |"]
        for key in self:
            if key.startswith(prefix):
                e = self[key]
                cells = (f"`{key}`", _text(e.value), e.unit, e.meaning, e.source, e.confidence)
                lines.append(f"| {' | '.join(cells)} |")
        return "\n".join(lines) + "\n"


DEFAULTS = Defaults()


@cache
def _entries() -> dict[str, dict[str, Any]]:
    return tomllib.loads((resources.files("dcrisk") / "defaults.toml").read_text(encoding="utf-8"))


def _value(form: Any, where: str) -> Any:
    """A number, a distribution, or named numbers."""
    if not isinstance(form, dict):
        return check_number(form, where)
    if "distribution" in form:
        return durations.from_plain(form, where)
    return {name: check_number(number, f"{where}: {name}") for name, number in form.items()}


def _text(value: Any) -> str:
    """A value in a few words; a distribution with its mean and the middle nine tenths."""
    if durations.is_frozen(value):
        parameters = ", ".join(f"{name}={_number(x)}" for name, x in durations.plain_parameters(value).items())
        mean, low, high = (_number(float(x), 3) for x in (value.mean(), value.ppf(0.05), value.ppf(0.95)))
        return f"{value.dist.name}({parameters}): mean {mean}, 5 to 95 % {low} to {high}"
    if isinstance(value, dict):
        if len(value) > 6:
            return f"{len(value)} numbers from {_number(min(value.values()))} to {_number(max(value.values()))}"
        return ", ".join(f"{name} = {_number(x)}" for name, x in value.items())
    return _number(value)


def _number(x: float, digits: int = 4) -> str:
    return f"{x:.0f}" if abs(x) >= 1000 else f"{x:.{digits}g}"
