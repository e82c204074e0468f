"""Hard filters over items' attributes: what may be shown at all, decided before anything is ranked.

A filter is shaped like JSON. All the parts of one mapping must hold.

| part                                         | holds for an item that                                                |
|----------------------------------------------|-----------------------------------------------------------------------|
| `"language": "en"`                           | has the value; a list attribute holds it                              |
| `"language": {"ne": "en"}`                   | has the attribute, and not this value                                 |
| `"year": {"gte": 1990, "lt": 2000}`          | lies in the range: `gt`, `gte`, `lt`, `lte`, a number                 |
| `"created_at": {"gte": "2026-01-31T00:00Z"}` | the same for a time with its zone, a `datetime` or ISO 8601           |
| `"tags": {"any": ["a", "b"]}`                | has at least one of the values                                        |
| `"tags": {"all": ["a", "b"]}`                | has every one of the values; of a scalar, is the only value given     |
| `"tags": {"none": ["a", "b"]}`               | has the attribute, and none of the values                             |
| `"price": {"exists": true}`                  | has the attribute; with `false`, lacks it                             |
| `"not": {…}`                                 | doesn't satisfy the whole filter inside                               |
| `"any_of": [{…}, {…}]`                       | satisfies at least one of the filters                                 |

Names are those of attributes, and four of the item itself: `category` (its categories, a list), `language`,
`created_at` and `id`. An attribute that is called like one of these, `not` or `any_of` can't be reached.

A missing attribute satisfies no condition but `exists: false`, so `ne` and `none` don't hold where there is nothing to
compare. `"not": {"year": 1990}` does hold there: what is inside is false. NaN and an empty list count as missing.

Values are texts, numbers (compared as float64) and truth values; a truth value is not a number. An item whose value is
of another type than all the values of a condition doesn't match it, be it `any`, `ne` or a range.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Literal, cast

import numpy as np
from numpy.typing import NDArray

from tastemaker.domain import MAX_TEXT_CHARS
from tastemaker.errors import InvalidInputError

MAX_CONDITIONS = 64
MAX_NESTING = 8
"""How deep `not` and `any_of` may stand in each other."""
MAX_LIST = 1_000
"""Longest list of values, and of filters in `any_of`."""
MAX_SHOWN = 80
"""Characters of a stranger's text that an error repeats."""

How = Literal["any", "all", "none"]
Bools = NDArray[np.bool_]
Comparison = Callable[[Any, Any], Bools]

RANGES: Final[dict[str, Comparison]] = {
    "gt": np.greater,
    "gte": np.greater_equal,
    "lt": np.less,
    "lte": np.less_equal,
}
SETS: Final[dict[str, How]] = {"any": "any", "all": "all", "none": "none"}
OPERATORS = ("ne", *RANGES, *SETS, "exists")
OWN_TEXTS = ("category", "language", "id")
"""Names of the item itself that hold texts; `created_at` holds a time."""
OWN = (*OWN_TEXTS, "created_at")


@dataclass(frozen=True, slots=True)
class Values:
    """What a condition compares with, distinct, by type: in one tuple `True` and `1.0` would be the same."""

    texts: tuple[str, ...] = ()
    numbers: tuple[float, ...] = ()
    truths: tuple[bool, ...] = ()
    times: tuple[datetime, ...] = ()

    def __len__(self) -> int:
        return len(self.texts) + len(self.numbers) + len(self.truths) + len(self.times)


@dataclass(frozen=True, slots=True)
class Holds:
    """The attribute has any, all or none of the values; equality is `any` of one value, `ne` is `none` of one."""

    name: str
    how: How
    values: Values


@dataclass(frozen=True, slots=True)
class Range:
    """The attribute is `gt`, `gte`, `lt` or `lte` the bound: a number, or of `created_at` a time in UTC."""

    name: str
    operator: str
    bound: float | datetime


@dataclass(frozen=True, slots=True)
class Exists:
    """The attribute is there, or with `wanted=False` is not."""

    name: str
    wanted: bool


@dataclass(frozen=True, slots=True)
class Not:
    """The filter doesn't hold."""

    part: Filter


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one of the filters holds."""

    parts: tuple[Filter, ...]


@dataclass(frozen=True, slots=True)
class Filter:
    """Parts that must all hold; with none, every item matches. Made by `parse_filter`; hashable, so usable as a key."""

    parts: tuple[Holds | Range | Exists | Not | AnyOf, ...] = ()


def parse_filter(data: Mapping[str, Any]) -> Filter:
    """The filter that `data` describes, in the grammar of this module's docstring; `{}` lets every item pass.

    Raises:
        InvalidInputError: `data` isn't in the grammar, has over 64 conditions, `not` and `any_of` nested over 8 deep, or
            a list of over 1,000; names the field and what is allowed there. Which attributes there are is not known
            here: `AttributeTable.matching` checks that.
    """
    return _Door().filter(data, "filter", 0)


class _Door:
    """Reads one filter and counts its conditions."""

    def __init__(self) -> None:
        self._conditions = 0

    def filter(self, data: Any, where: str, depth: int) -> Filter:
        if not isinstance(data, Mapping):
            raise InvalidInputError(f"is {_kind(data)}, not an object of conditions", where=where)
        if depth > MAX_NESTING:
            raise InvalidInputError(f"stands deeper than {MAX_NESTING} in `not` and `any_of`", where=where)
        if depth and not data:
            raise InvalidInputError("is empty; give at least one condition", where=where)
        parts: list[Holds | Range | Exists | Not | AnyOf] = []
        for name, value in data.items():
            if not isinstance(name, str) or not name:
                raise InvalidInputError(f"{shown(name)} is not a name; give a text that isn't empty", where=where)
            inner = f"{where}.{name if name.isidentifier() and len(name) <= MAX_SHOWN else shown(name)}"
            if name == "not":
                parts.append(Not(self.filter(value, inner, depth + 1)))
            elif name == "any_of":
                listed = enumerate(_listed(value, inner, "filters"))
                parts.append(AnyOf(tuple(self.filter(one, f"{inner}[{n}]", depth + 1) for n, one in listed)))
            else:
                parts.extend(self._conditions_on(name, value, inner))
        return Filter(tuple(parts))

    def _conditions_on(self, name: str, value: Any, where: str) -> list[Holds | Range | Exists]:
        if isinstance(value, list | tuple):
            raise InvalidInputError("is a list", where=where, remedy="Say which with any, all or none")
        if isinstance(value, Mapping) and not value:
            raise InvalidInputError(f"is empty; give one of {', '.join(OPERATORS)}", where=where)
        self._conditions += len(value) if isinstance(value, Mapping) else 1
        if self._conditions > MAX_CONDITIONS:
            raise InvalidInputError(f"there are more than {MAX_CONDITIONS} conditions", where=where)
        if not isinstance(value, Mapping):
            return [Holds(name, "any", _values(name, [value], [where]))]
        return [_condition(name, operator, operand, where) for operator, operand in value.items()]


def _condition(name: str, operator: Any, operand: Any, where: str) -> Holds | Range | Exists:
    if operator not in OPERATORS:
        near = difflib.get_close_matches(operator[:MAX_SHOWN], OPERATORS, n=1) if isinstance(operator, str) else []
        meant = f" (did you mean {near[0]}?)" if near else ""
        raise InvalidInputError(
            f"{shown(operator)} is no operator{meant}; give one of {', '.join(OPERATORS)}", where=where
        )
    where = f"{where}.{operator}"
    if operator == "ne":
        return Holds(name, "none", _values(name, [operand], [where]))
    if operator in SETS:
        listed = _listed(operand, where, "values")
        return Holds(name, SETS[operator], _values(name, listed, [f"{where}[{n}]" for n in range(len(listed))]))
    if operator in RANGES:
        if name in OWN_TEXTS:
            raise InvalidInputError(f"{name} holds texts, which have no range", where=where)
        bound = _value(name, operand, where)
        if isinstance(bound, str | bool):
            raise InvalidInputError(f"is {_kind(operand)}, not a number", where=where)
        return Range(name, operator, bound)
    if not isinstance(operand, bool):
        raise InvalidInputError(f"is {_kind(operand)}, not true or false", where=where)
    return Exists(name, operand)


def _values(name: str, given: list[Any], places: list[str]) -> Values:
    read = [_value(name, one, where) for one, where in zip(given, places, strict=True)]
    kinds = {kind: tuple(dict.fromkeys(one for one in read if type(one) is kind)) for kind in (str, float, bool)}
    times = tuple(dict.fromkeys(one for one in read if isinstance(one, datetime)))
    return Values(cast(Any, kinds[str]), cast(Any, kinds[float]), cast(Any, kinds[bool]), times)


def _value(name: str, value: Any, where: str) -> str | float | bool | datetime:
    if name == "created_at":
        return _time(value, where)
    if value is None:
        raise InvalidInputError("is null, which no attribute is", where=where, remedy='Give {"exists": false}')
    if name in OWN_TEXTS and not isinstance(value, str):
        raise InvalidInputError(f"is {_kind(value)}, not a text, which is all that {name} holds", where=where)
    if isinstance(value, str):
        if len(value) > MAX_TEXT_CHARS:
            raise InvalidInputError(f"is longer than {MAX_TEXT_CHARS:,} characters", where=where)
        return str.__str__(value)  # also of an enumeration of texts
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        number = as_float(value)
        if not math.isfinite(number):
            raise InvalidInputError("is not a finite number of float64", where=where)
        return number
    raise InvalidInputError(f"is {_kind(value)}, not a text, a number, true or false", where=where)


def _time(value: Any, where: str) -> datetime:
    remedy = "Give a time with its zone, such as 2026-01-31T00:00:00Z"
    moment = value
    if isinstance(value, str):
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            raise InvalidInputError(f"{shown(value)} is not a time", where=where, remedy=remedy) from None
    if not isinstance(moment, datetime):
        raise InvalidInputError(f"is {_kind(value)}, not a time", where=where, remedy=remedy)
    if moment.utcoffset() is None:
        raise InvalidInputError(f"{shown(str(value))} has no time zone", where=where, remedy=remedy)
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise InvalidInputError(f"{shown(str(value))} is outside of the years 1 to 9999 in UTC", where=where) from None


def _listed(value: Any, where: str, what: str) -> list[Any]:
    if not isinstance(value, list | tuple):
        raise InvalidInputError(f"is {_kind(value)}, not a list of {what}", where=where)
    if not 1 <= len(value) <= MAX_LIST:
        raise InvalidInputError(f"has {len(value):,} {what}; give 1 to {MAX_LIST:,}", where=where)
    return list(value)


def as_float(value: float) -> float:
    """`value` as float64, infinite where that holds no number so large."""
    try:
        return float(value)
    except OverflowError:  # an integer beyond float64 still is larger, or smaller, than all others
        return math.inf if value > 0 else -math.inf


def shown(value: Any) -> str:
    """A stranger's text as an error repeats it: cut and escaped. Of anything else the type, as it may be endless."""
    return repr(value[:MAX_SHOWN]) if isinstance(value, str) else _kind(value)


def _kind(value: Any) -> str:
    if value is None:
        return "null"
    names = {
        bool: "true or false",
        str: "a text",
        Mapping: "an object",
        list | tuple: "a list",
        int | float: "a number",
    }
    return next((name for kind, name in names.items() if isinstance(value, cast(type, kind))), type(value).__name__)
