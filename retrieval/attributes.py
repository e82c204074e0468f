"""Items' attributes in columns, so that a filter is checked on all of them at once, and which items it lets pass."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from tastemaker.domain import Item
from tastemaker.errors import InvalidInputError
from tastemaker.retrieval.filters import (
    MAX_SHOWN,
    OWN,
    RANGES,
    AnyOf,
    Bools,
    Exists,
    Filter,
    Holds,
    Not,
    Range,
    Values,
    as_float,
    shown,
)


@dataclass(frozen=True, slots=True, eq=False)
class Eligible:
    """Which items may come: those whose row, by `place` (id to row), is true in `mask`, bool[n_rows]."""

    place: Mapping[str, int]
    mask: Bools

    @classmethod
    def of(cls, ids: Iterable[str]) -> Eligible:
        """Only these."""
        place = {identity: row for row, identity in enumerate(dict.fromkeys(ids))}
        return cls(place, np.ones(len(place), dtype=bool))

    def __contains__(self, identity: object) -> bool:
        row = self.place.get(cast(str, identity))
        return row is not None and bool(self.mask[row])

    def of_rows(self, rows: NDArray[np.int64]) -> Bools:
        """What `mask` says of these rows; of row −1, which stands for an unknown id, false."""
        found: Bools = self.mask[rows] & (rows >= 0) if len(self.mask) else np.zeros(len(rows), dtype=bool)
        return found


class Listed:
    """Ids in an order of their own, which need not be that of an `Eligible`."""

    def __init__(self, ids: list[str]) -> None:
        self.ids = ids
        self._rows: tuple[Mapping[str, int], NDArray[np.int64] | None] | None = None

    def __len__(self) -> int:
        return len(self.ids)

    def eligible(self, among: Eligible) -> Bools:
        """Which of the ids are among those, bool[len(self)]. Fast where the same items were asked of before."""
        if self._rows is None or self._rows[0] is not among.place:
            rows = rows_in(among.place, self.ids[: len(self)])
            same = len(rows) == len(among.mask) and np.array_equal(rows, np.arange(len(rows)))
            self._rows = among.place, None if same else rows
        return among.mask if self._rows[1] is None else among.of_rows(self._rows[1])


class Ranking(Listed):
    """Ids with what they are ranked by, `scores`, float64[n], the highest first."""

    def __init__(self, ids: list[str], scores: NDArray[np.float64]) -> None:
        super().__init__(ids)
        self.scores = scores

    def best(
        self, n: int, *, among: Eligible | None = None, without: Collection[str] = (), upto: float = np.inf
    ) -> dict[str, float]:
        """The first `n` that are eligible, with their scores, from the first with a score of no more than `upto` on."""
        excluded = set(without)
        reach = n + len(excluded)  # no more than these can be dropped
        first = 0 if upto == np.inf else int(np.searchsorted(-self.scores, -upto))
        if among is None:
            rows = np.arange(first, min(first + reach, len(self)))
        else:
            rows = np.flatnonzero(self.eligible(among)[first:])[:reach] + first
        kept = [row for row in rows.tolist() if self.ids[row] not in excluded][:n]
        return dict(zip([self.ids[row] for row in kept], self.scores[kept].tolist(), strict=True))


def rows_in(place: Mapping[str, int], ids: Sequence[str]) -> NDArray[np.int64]:
    """The row of each id by `place`, −1 where it has none, int64[len(ids)]."""
    return np.fromiter((place.get(one, -1) for one in ids), dtype=np.int64, count=len(ids))


class AttributeTable:
    """Items' attributes in columns, so that a filter is checked on all items at once.

    A copy: later changes of the items don't show. `ids` is object[n_items], in the order that the items came in. Each
    name takes 8 bytes an item if it holds numbers or times, 4 if texts, 1 if truth values, and 8 and 4 a member if lists.
    Nothing changes after it is made, so threads may share it.
    """

    def __init__(self, ids: NDArray[np.object_], columns: Mapping[str, _Column]) -> None:
        self.ids, self._columns = ids, dict(columns)

    @property
    def place(self) -> Mapping[str, int]:
        """The row of each id."""
        return self._columns["id"].codes  # ids are distinct, so each was given its row as its code

    def eligible(self, filter: Filter) -> Eligible:
        """The items that `matching` lets pass."""
        return Eligible(self.place, self.matching(filter))

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
        near = [shown(one) for one in difflib.get_close_matches(name[:MAX_SHOWN], self._columns, n=3)]
        known = [shown(one) for one in [*sorted(self._columns.keys() - set(OWN)), *OWN]]
        some = ", ".join(known[:20]) + (", …" if len(known) > 20 else "")
        raise InvalidInputError(
            f"no item has an attribute {shown(name)}",
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
            self.numbers[row] = as_float(value)


class _Column:
    """One attribute of all items, with an array for each type that occurs; texts and the members of lists share codes.

    Missing are code −1, NaN, truth −1 and NaT. The members of list n are `members[starts[n] : starts[n + 1]]`.
    """

    def __init__(self, cells: _Cells, n: int) -> None:
        members = [word for words in cells.lists.values() for word in words]
        self.codes = {word: code for code, word in enumerate(dict.fromkeys([*cells.texts.values(), *members]))}
        coded = {row: self.codes[text] for row, text in cells.texts.items()}
        times = {row: _moment(time) for row, time in cells.times.items()}
        self._texts = _placed(coded, -1, "int32", n)
        self._numbers = _placed(cells.numbers, np.nan, "float64", n)
        self._truths = _placed(cells.truths, -1, "int8", n)
        self._times = _placed(times, np.datetime64("NaT"), "datetime64[us]", n)
        lengths = _placed({row: len(words) for row, words in cells.lists.items()}, 0, "int64", n)
        self._starts = None if lengths is None else np.concatenate([[0], np.cumsum(lengths)])
        self._members = np.asarray([self.codes[word] for word in members], dtype=np.int32)
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
                    f"no item has {kind} in {shown(part.name)}, only {found}", where=f"filter.{part.name[:MAX_SHOWN]}"
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
            wanted = np.zeros(len(self.codes) + 1, dtype=bool)  # the last stands for code −1 and is never wanted
            wanted[[self.codes[text] for text in values.texts if text in self.codes]] = True
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
