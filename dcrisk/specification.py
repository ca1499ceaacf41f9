"""What all specifications share: one canonical plain form, equality by it, and errors that help."""

from __future__ import annotations

import dataclasses
import difflib
import functools
import inspect
import json
import math
import re
import sys
import warnings
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

import numpy as np

ARROW = " -> "

T = TypeVar("T")


class SpecificationError(ValueError):
    """Bad input. The message names the item and, where it can be guessed, the fix.

    Examples
    --------
    >>> import dcrisk
    >>> dcrisk.Backup(start_probability=99)
    Traceback (most recent call last):
        ...
    dcrisk.specification.SpecificationError: Backup: start_probability = 99: a probability lies between 0 and 1; did you mean 0.99?
    """


class Specification:
    """Base of the frozen dataclasses that say what is simulated.

    Frozen scipy distributions do not compare equal, so equality, hash, files and digests all go through one
    canonical plain form: the fields that differ from their defaults, in the words of the scenario files.
    """

    def plain(self) -> dict[str, Any]:
        """Return the canonical form: numbers, strings, lists and tables, in the words of scenario files."""
        form: dict[str, Any] = {}
        for field in dataclasses.fields(self):  # type: ignore[arg-type]
            value = getattr(self, field.name)
            if not _is_default(field, value):
                form[field.name] = plain_value(value)
        return form

    def _canonical(self) -> str:
        return json.dumps([type(self).__name__, self.plain()], sort_keys=True)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Specification):
            return NotImplemented
        return self is other or self._canonical() == other._canonical()

    def __hash__(self) -> int:
        return hash(self._canonical())

    def __repr__(self) -> str:
        """As one would write it: what differs from the defaults, with ``stats`` for scipy.stats."""
        parts: list[str] = []
        for field in dataclasses.fields(self):  # type: ignore[arg-type]
            value = getattr(self, field.name)
            if not _is_default(field, value):
                text = shown(value)
                parts.append(text if field.name == "name" and not parts else f"{field.name}={text}")
        return f"{type(self).__name__}({', '.join(parts)})"


def _is_default(field: dataclasses.Field[Any], value: Any) -> bool:
    default = field.default
    if default is dataclasses.MISSING and field.default_factory is not dataclasses.MISSING:
        default = field.default_factory()
    return type(value) is type(default) and bool(value == default)


def plain_value(value: Any) -> Any:
    """The canonical form of a field."""
    from dcrisk import durations

    if isinstance(value, Specification):
        return value.plain()
    if durations.is_frozen(value):
        return durations.plain(value)
    if isinstance(value, Mapping):
        return {ARROW.join(k) if isinstance(k, tuple) else k: plain_value(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain_value(v) for v in value]
    return value


def shown(value: Any) -> str:
    """A field as one would write it; of long lists and tables only the beginning."""
    from dcrisk import durations

    if durations.is_frozen(value):
        return (
            f"stats.{value.dist.name}({', '.join(f'{k}={v:g}' for k, v in durations.plain_parameters(value).items())})"
        )
    if isinstance(value, Mapping):
        return f"{{{_first([f'{key!r}: {shown(item)}' for key, item in value.items()])}}}"
    if isinstance(value, (list, tuple)):
        return f"[{_first([shown(item) for item in value])}]"
    return repr(value)


def _first(items: list[str], most: int = 8) -> str:
    rest = len(items) - most
    return ", ".join(items if rest <= 1 else [*items[:most], f"... {rest} more"])


def check_name(value: Any, what: str) -> str:
    """A name: text that is not empty and can stand on either side of an arrow."""
    if isinstance(getattr(value, "name", None), str):
        raise SpecificationError(f"{what}: give the name {value.name!r} instead of {value!r}")
    if isinstance(value, (list, tuple)) and value and all(isinstance(item, str) for item in value):
        raise SpecificationError(f"{what}: {value!r} is a list where a name is expected; give its names one by one")
    if not isinstance(value, str) or not value.strip():
        raise SpecificationError(f"{what}: the name {value!r} must be text and not empty")
    if ARROW in value:
        raise SpecificationError(f"{what}: the name {value!r} must not contain {ARROW!r}, which separates two names")
    return value


def check_number(value: Any, where: str, low: float = -math.inf, high: float = math.inf) -> float:
    """A finite number within bounds."""
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, (int, float, np.integer, np.floating)):
        raise SpecificationError(f"{where} = {value!r}: it must be a number{number_meant(value)}")
    number = float(value)
    if not math.isfinite(number) or not low <= number <= high:
        least = f" and at least {low:g}" if math.isfinite(low) else ""
        bounds = f"between {low:g} and {high:g}" if math.isfinite(high) else f"finite{least}"
        raise SpecificationError(f"{where} = {value!r}: it must be {bounds}")
    return number


def number_meant(value: Any) -> str:
    """The end of an error, where a text says a number.

    >>> number_meant("99%"), number_meant("1e6"), number_meant("many")
    ('; did you mean 0.99?', '; did you mean 1e6, without quotes?', '')
    """
    found = re.fullmatch(r"\s*([-+]?[0-9.]+(?:[eE][-+]?[0-9]+)?)\s*(%?)\s*", value) if isinstance(value, str) else None
    if found is None or found[1].count(".") > 1 or found[1].strip("+-") == ".":
        return ""
    return f"; did you mean {float(found[1]) / 100:g}?" if found[2] else f"; did you mean {found[1]}, without quotes?"


def check_probability(value: Any, where: str) -> float:
    """A probability; a percentage is guessed."""
    if isinstance(value, (int, float)) and not isinstance(value, bool) and 1 < value <= 100:
        raise SpecificationError(
            f"{where} = {value!r}: a probability lies between 0 and 1; did you mean {value / 100:g}?"
        )
    return check_number(value, where, 0.0, 1.0)


def check_flag(value: Any, where: str) -> bool:
    """True or False."""
    if not isinstance(value, (bool, np.bool_)):
        raise SpecificationError(f"{where} = {value!r}: it must be true or false")
    return bool(value)


def check_text(value: Any, where: str) -> str:
    """Any text."""
    if not isinstance(value, str):
        raise SpecificationError(f"{where} = {value!r}: it must be text")
    return value


def check_list(value: Any, where: str) -> list[Any]:
    """A list or tuple, not a text that happens to be iterable."""
    if isinstance(value, (str, bytes, Mapping)) or not isinstance(value, Iterable):
        raise SpecificationError(f"{where} = {value!r}: it must be a list")
    return list(value)


def check_table(value: Any, where: str) -> dict[Any, Any]:
    """A mapping, copied."""
    if not isinstance(value, Mapping):
        raise SpecificationError(f"{where} = {value!r}: it must be a table, such as {{'SBG2': 0.001}}")
    return dict(value)


def check_unique(names: Iterable[str], where: str) -> None:
    """No name twice."""
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise SpecificationError(f"{where}: {name!r} is named twice")
        seen.add(name)


def check_known(name: Any, known: Iterable[str], where: str) -> None:
    """A name among those known; otherwise the closest one is suggested."""
    names = list(known)
    if name in names:
        return
    close = closest(name, names)
    hint = f"did you mean {close!r}?" if close is not None else f"known: {', '.join(names[:12]) or 'none'}"
    raise SpecificationError(f"{where}: unknown name {name!r}; {hint}")


def closest(name: Any, known: Iterable[str]) -> str | None:
    """The known name that was likely meant, if there is one. Case and blanks around it do not count.

    >>> closest("ROUBAIX ", ["Roubaix", "Gravelines"]), closest("rate", ["rate_per_year", "state"]), closest("x", ["A"])
    ('Roubaix', 'rate_per_year', None)
    """
    spelt = {item.strip().casefold(): item for item in known}
    wanted = str(name).strip().casefold()
    close = [
        *difflib.get_close_matches(wanted, spelt, 1, 0.8),
        *(item for item in spelt if _begins(item, wanted) or _begins(wanted, item)),
        *difflib.get_close_matches(wanted, spelt, 1, 0.5),
    ]
    return spelt[close[0]] if close else None


def _begins(start: str, name: str) -> bool:
    return len(start) >= 3 and name.startswith(start)


def names_arguments(kind: type[T]) -> type[T]:
    """Let a dataclass say which argument was likely meant where it is given one that it does not know."""
    build: Callable[..., None] = kind.__init__
    known = inspect.signature(build).parameters

    @functools.wraps(build)
    def checked(self: T, /, *args: Any, **named: Any) -> None:
        for name in named.keys() - known.keys():
            close = closest(name, [item for item in known if item != "self"])
            hint = f"did you mean {close!r}?" if close is not None else f"it takes {', '.join([*known][1:])}"
            raise TypeError(f"{kind.__name__} has no argument {name!r}; {hint}")
        build(self, *args, **named)

    kind.__init__ = checked  # type: ignore[assignment]
    return kind


def hint(message: str) -> None:
    """Warn of what is possible and yet likely a slip, at the line outside of dcrisk that said it."""
    level, frame = 2, sys._getframe(1)
    while frame.f_back is not None and frame.f_globals.get("__name__", "").split(".")[0] in ("dcrisk", "dataclasses"):
        level, frame = level + 1, frame.f_back
    warnings.warn(message, stacklevel=level)


def set_field(item: Any, **fields: Any) -> None:
    """Set checked values on a frozen dataclass while it is built."""
    for name, value in fields.items():
        object.__setattr__(item, name, value)
