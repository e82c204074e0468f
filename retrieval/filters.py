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
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Literal, cast

import numpy as np
from numpy.typing import NDArray

from tastemaker.domain import MAX_TEXT_CHARS, Item
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
                raise InvalidInputError(f"{_shown(name)} is not a name; give a text that isn't empty", where=where)
            inner = f"{where}.{name if name.isidentifier() and len(name) <= MAX_SHOWN else _shown(name)}"
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
            f"{_shown(operator)} is no operator{meant}; give one of {', '.join(OPERATORS)}", where=where
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
        number = _float(value)
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
            raise InvalidInputError(f"{_shown(value)} is not a time", where=where, remedy=remedy) from None
    if not isinstance(moment, datetime):
        raise InvalidInputError(f"is {_kind(value)}, not a time", where=where, remedy=remedy)
    if moment.utcoffset() is None:
        raise InvalidInputError(f"{_shown(str(value))} has no time zone", where=where, remedy=remedy)
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise InvalidInputError(f"{_shown(str(value))} is outside of the years 1 to 9999 in UTC", where=where) from None


def _listed(value: Any, where: str, what: str) -> list[Any]:
    if not isinstance(value, list | tuple):
        raise InvalidInputError(f"is {_kind(value)}, not a list of {what}", where=where)
    if not 1 <= len(value) <= MAX_LIST:
        raise InvalidInputError(f"has {len(value):,} {what}; give 1 to {MAX_LIST:,}", where=where)
    return list(value)


def _float(value: float) -> float:
    try:
        return float(value)
    except OverflowError:  # an integer beyond float64 still is larger, or smaller, than all others
        return math.inf if value > 0 else -math.inf


def _shown(value: Any) -> str:
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


class AttributeTable:
    """Items' attributes in columns, so that a filter is checked on all items at once.

    A copy: later changes of the items don't show. `ids` is object[n_items], in the order that the items came in. Each
    name takes 8 bytes an item if it holds numbers or times, 4 if texts, 1 if truth values, and 8 and 4 a member if lists.
    Nothing changes after it is made, so threads may share it.
    """

    def __init__(self, ids: NDArray[np.object_], columns: Mapping[str, _Column]) -> None:
        self.ids, self._columns = ids, dict(columns)

    @classmethod
    def of(cls, items: Iterable[Item]) -> AttributeTable:
        """The table of `items`: reads each once, some microseconds an attribute."""
        ids: list[str] = []
        cells = {name: _Cells() for name in OWN}
        for row, item in enumerate(items):
            ids.append(item.id)
            for name, value in item.attributes.items():
                if name not in OWN:
                    cells.setdefault(name, _Cells()).add(row, value)
            cells["id"].add(row, item.id)
            cells["category"].add(row, item.categories)
            if item.language is not None:
                cells["language"].add(row, item.language)
            if item.created_at is not None:
                cells["created_at"].add(row, item.created_at)
        made = np.empty(len(ids), dtype=object)  # of numpy's own texts each would take the length of the longest
        made[:] = ids
        return cls(made, {name: _Column(some, len(ids)) for name, some in cells.items()})

    def matching(self, filter: Filter) -> Bools:
        """Which items the filter lets pass, bool[n_items] in the order of `ids`.

        Raises:
            InvalidInputError: no item has an attribute of that name (says which names are near), or none has a value of
                the type that it is compared with (says which types are there).
        """
        passed = np.ones(len(self.ids), dtype=bool)
        for part in filter.parts:
            passed &= self._of_part(part)
        return passed

    def _of_part(self, part: Holds | Range | Exists | Not | AnyOf) -> Bools:
        if isinstance(part, Not):
            return ~self.matching(part.part)
        if isinstance(part, AnyOf):
            either: Bools = np.logical_or.reduce([self.matching(one) for one in part.parts])
            return either
        column = self._column(part.name)
        if isinstance(part, Exists):
            return column.there if part.wanted else ~column.there
        if part.name not in OWN:  # an item's own fields have their types whether or not some item fills them
            column.check(part)
        return column.compared(part) if isinstance(part, Range) else column.holds(part)

    def _column(self, name: str) -> _Column:
        if name in self._columns:
            return self._columns[name]
        near = [_shown(one) for one in difflib.get_close_matches(name[:MAX_SHOWN], self._columns, n=3)]
        known = [_shown(one) for one in [*sorted(self._columns.keys() - set(OWN)), *OWN]]
        some = ", ".join(known[:20]) + (", …" if len(known) > 20 else "")
        raise InvalidInputError(
            f"no item has an attribute {_shown(name)}",
            where="filter",
            remedy=f"Did you mean {' or '.join(near)}?" if near else f"There are {some}",
        )


class _Cells:
    """The values of one attribute while items are read, by type, each with its row."""

    def __init__(self) -> None:
        self.texts: dict[int, str] = {}
        self.numbers: dict[int, float] = {}
        self.truths: dict[int, bool] = {}
        self.times: dict[int, datetime] = {}
        self.lists: dict[int, tuple[str, ...]] = {}

    def add(self, row: int, value: str | float | bool | datetime | tuple[str, ...]) -> None:
        if isinstance(value, bool):  # before numbers: Python's bool is an int
            self.truths[row] = value
        elif isinstance(value, str):
            self.texts[row] = value
        elif isinstance(value, datetime):
            self.times[row] = value
        elif isinstance(value, tuple):
            self.lists[row] = tuple(dict.fromkeys(value))
        else:
            self.numbers[row] = _float(value)


class _Column:
    """One attribute of all items, with an array for each type that occurs; texts and the members of lists share codes.

    Missing are code −1, NaN, truth −1 and NaT. The members of list n are `members[starts[n] : starts[n + 1]]`.
    """

    def __init__(self, cells: _Cells, n: int) -> None:
        members = [word for words in cells.lists.values() for word in words]
        self._codes = {word: code for code, word in enumerate(dict.fromkeys([*cells.texts.values(), *members]))}
        coded = {row: self._codes[text] for row, text in cells.texts.items()}
        times = {row: _moment(time) for row, time in cells.times.items()}
        self._texts = _placed(coded, -1, "int32", n)
        self._numbers = _placed(cells.numbers, np.nan, "float64", n)
        self._truths = _placed(cells.truths, -1, "int8", n)
        self._times = _placed(times, np.datetime64("NaT"), "datetime64[us]", n)
        lengths = _placed({row: len(words) for row, words in cells.lists.items()}, 0, "int64", n)
        self._starts = None if lengths is None else np.concatenate([[0], np.cumsum(lengths)])
        self._members = np.asarray([self._codes[word] for word in members], dtype=np.int32)
        self._nothing = np.zeros(n, dtype=bool)
        every = Values(texts=("",), numbers=(0.0,), truths=(True,), times=(datetime.now(UTC),))
        self.there = self._comparable(every)
        """Which items have a value of any type, bool[n_items]."""

    def check(self, part: Holds | Range) -> None:
        """Refuse to compare with a type that no item has here."""
        lists, texts = self._starts is not None, self._texts is not None
        numbers, truths = self._numbers is not None, self._truths is not None
        there = {"texts": texts, "lists of texts": lists, "numbers": numbers, "truth values": truths}
        values = part.values if isinstance(part, Holds) else Values(numbers=(0.0,))
        asked = {"texts": bool(values.texts) and not lists, "numbers": values.numbers, "truth values": values.truths}
        for kind, some in asked.items():
            if some and not there[kind]:
                found = " and ".join(name for name, is_there in there.items() if is_there)
                raise InvalidInputError(
                    f"no item has {kind} in {_shown(part.name)}, only {found}", where=f"filter.{part.name[:MAX_SHOWN]}"
                )

    def compared(self, part: Range) -> Bools:
        """Which items lie in the range; missing values compare false, as NaN and NaT do."""
        if isinstance(part.bound, datetime):
            return self._nothing if self._times is None else RANGES[part.operator](self._times, _moment(part.bound))
        return self._nothing if self._numbers is None else RANGES[part.operator](self._numbers, part.bound)

    def holds(self, part: Holds) -> Bools:
        """Which items hold any, all or none of the values."""
        held = self._held(part.values)
        passed: Bools = held >= (len(part.values) if part.how == "all" else 1)
        return ~passed & self._comparable(part.values) if part.how == "none" else passed

    def _held(self, values: Values) -> NDArray[np.int32]:
        """How many of the values each item holds, int32[n_items]."""
        held = np.zeros(len(self._nothing), dtype=np.int32)
        if values.texts:
            wanted = np.zeros(len(self._codes) + 1, dtype=bool)  # the last stands for code −1 and is never wanted
            wanted[[self._codes[text] for text in values.texts if text in self._codes]] = True
            if self._texts is not None:
                held += wanted[self._texts]
            if self._starts is not None:
                upto = np.zeros(len(self._members) + 1, dtype=np.int32)
                np.cumsum(wanted[self._members], out=upto[1:])
                held += np.diff(upto[self._starts])
        if values.numbers and self._numbers is not None:
            held += _among(self._numbers, np.asarray(values.numbers))
        if values.times and self._times is not None:
            held += _among(self._times, np.asarray([_moment(time) for time in values.times]))
        for truth in values.truths if self._truths is not None else ():
            held += self._truths == truth
        return held

    def _comparable(self, values: Values) -> Bools:
        """Which items have a value of the type of one of `values`, bool[n_items]."""
        found = self._nothing.copy()
        if values.texts and self._texts is not None:
            found |= self._texts >= 0
        if values.texts and self._starts is not None:
            found |= np.diff(self._starts) > 0
        if values.numbers and self._numbers is not None:
            found |= ~np.isnan(self._numbers)
        if values.truths and self._truths is not None:
            found |= self._truths >= 0
        if values.times and self._times is not None:
            found |= ~np.isnat(self._times)
        return found


def _placed(cells: Mapping[int, Any], missing: Any, kind: str, n: int) -> NDArray[Any] | None:
    """One value an item, `missing` where there is none; None where no item has one."""
    if not cells:
        return None
    made = np.full(n, missing, dtype=kind)
    made[list(cells)] = list(cells.values())
    return made


def _among(column: NDArray[Any], values: NDArray[Any]) -> Bools:
    """Which of `column` are one of `values`: by bisection, as `np.isin` sorts the whole column."""
    ordered = np.sort(values)
    nearest = ordered[np.minimum(np.searchsorted(ordered, column), len(ordered) - 1)]
    return cast(Bools, nearest == column)


def _moment(time: datetime) -> np.datetime64:
    """In microseconds, exact from the year 1 to 9999, which float64 seconds are not."""
    return np.datetime64(time.astimezone(UTC).replace(tzinfo=None), "us")
