"""Ratings as numpy arrays, read by polars (the extra `data`): for files of millions of rows.

The whole file is held in memory, a gzip file also unpacked. What a row-by-row reader refuses is refused here too.
"""

from __future__ import annotations

import gc
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tastemaker.domain import Event
from tastemaker.errors import DatasetError, MissingExtraError
from tastemaker.retrieval.datasets.repair import identity
from tastemaker.retrieval.datasets.report import Counts

if TYPE_CHECKING:
    import polars

WIDEST = 1 << 27
"""Whole-number ids up to here are numbered through a table of one place an id, 0.6 GB at most."""


@dataclass(frozen=True, slots=True)
class Columns:
    """Rows in file order: `users` and `items` int64[n] indices into `user_ids` and `item_ids`, `values` float64[n].

    `values` are ratings from 0.5 to 5; `times` int64[n] are seconds since 1970. Ids are numbered in their sorted order,
    numbers by size.
    """

    users: NDArray[np.int64]
    items: NDArray[np.int64]
    values: NDArray[np.float64]
    times: NDArray[np.int64]
    user_ids: tuple[str, ...]
    item_ids: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.users)

    def within(self, known: Iterable[str], counts: Counts) -> Columns:
        """Only rows on items in `known`; the others are counted as dropped. Users and items keep their numbers."""
        have = set(known)
        inside = np.fromiter((name in have for name in self.item_ids), dtype=bool, count=len(self.item_ids))
        if inside.all():
            return self
        rows = inside[self.items]
        if gone := int(len(rows) - rows.sum()):
            counts.dropped("item not in the catalogue", gone)
        return replace(
            self, users=self.users[rows], items=self.items[rows], values=self.values[rows], times=self.times[rows]
        )


def load_polars() -> Any:
    """The module polars. Raises `MissingExtraError` where it isn't installed."""
    try:
        import polars
    except ImportError as error:
        raise MissingExtraError(
            "needs polars", where="columns and Parquet", remedy="pip install 'tastemaker[data]'"
        ) from error
    return polars


def read_ratings(
    path: Path,
    counts: Counts,
    *,
    mark: str,
    header: bool,
    places: tuple[int, int, int, int] = (0, 1, 2, 3),
    by_row: Callable[[], Iterator[Event]],
) -> Columns:
    """Columns of a file of user, item, rating and seconds, whose ids are whole numbers, at `places`.

    `by_row` reads the file row by row: where polars finds a bad row, that names the line and the reason.

    Raises:
        DatasetError: a row is none; names it.
        MissingExtraError: polars isn't installed.
    """
    pl = load_polars()
    names = [f"column_{place + 1}" for place in places]
    kinds = dict(zip(names, (pl.UInt32, pl.UInt32, pl.Float64, pl.Int64), strict=True))
    try:
        wide = max(places) + 1
        schema = {f"column_{n + 1}": kinds.get(f"column_{n + 1}", pl.String) for n in range(wide)}
        frame = pl.read_csv(
            path, separator=mark, has_header=False, skip_rows=int(header), schema=schema,
            quote_char='"' if mark == "," else None,
        )  # fmt: skip
    except (pl.exceptions.PolarsError, OSError) as error:
        raise _bad(path, str(error), by_row) from error
    between = [name for name in frame.columns if name not in kinds]
    if sum(frame.select(names).null_count().row(0)) or any(frame[name].null_count() < len(frame) for name in between):
        raise _bad(path, "a cell is empty or too many", by_row)
    frame = frame.select(names)
    counts.read(path.name, len(frame))
    return _numbered(path, frame, names, by_row)


def _numbered(path: Path, frame: polars.DataFrame, names: list[str], by_row: Callable[[], Iterator[Event]]) -> Columns:
    """Take column after column out of the frame, so that no more than one stands twice in memory."""
    parts: list[Any] = []
    for name in names:
        column = frame.drop_in_place(name)
        parts.append(whole_codes(column.to_numpy()) if name in names[:2] else column.to_numpy())
        del column
        gc.collect()
    (users, user_ids), (items, item_ids), values, times = parts
    if len(values) and not (values.min() >= 0.5 and values.max() <= 5 and abs(times).max() < 10**11):
        raise _bad(path, "a rating is not from 0.5 to 5, or a time is none in seconds", by_row)
    return Columns(users, items, values, times, user_ids, item_ids)


def _bad(path: Path, told: str, by_row: Callable[[], Iterator[Event]]) -> DatasetError:
    """The row-by-row reader's error, which names the line, or else what polars told."""
    try:
        deque(by_row(), maxlen=0)
    except DatasetError as error:
        return error
    return DatasetError(f"can't be read as columns ({told[:300]})", where=str(path), remedy="Read it row by row")


def whole_codes(ids: NDArray[Any]) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """The rank of each whole number among the different ones, int64[n], and those in ascending order as strings."""
    top = int(ids.max()) if len(ids) else 0
    if top >= WIDEST:
        found, codes = np.unique(ids, return_inverse=True)
        return codes.astype(np.int64), tuple(map(str, found.tolist()))
    there = np.zeros(top + 1, dtype=bool)
    there[ids] = True
    rank = np.cumsum(there, dtype=np.int64) - 1
    return rank[ids], tuple(map(str, np.flatnonzero(there).tolist())) if len(ids) else ()


def text_codes(column: polars.Series, counts: Counts) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """As `whole_codes` for ids of any text, made fit for the domain; repairs are counted by rows."""
    pl = load_polars()
    # A column of whole numbers is numbered as such, several times as fast, unless some are spelt "07" or "+7", which
    # shows in its bytes: every other spelling is longer.
    if len(column) and column[0].isdigit():
        numbers = column.cast(pl.UInt32, strict=False)
        if not numbers.null_count():
            codes, names = whole_codes(numbers.to_numpy())
            if column.str.len_bytes().sum() == int(np.bincount(codes) @ np.array([len(name) for name in names])):
                return codes, names
        del numbers
    category = column.cast(pl.Categorical)
    different, marks = category.unique(), category.to_physical().to_numpy()
    places = different.to_physical().to_numpy()
    tidy, repaired = [], defaultdict[str, list[int]](list)
    for name, place in zip(different.cast(pl.String).to_list(), places.tolist(), strict=True):
        once = Counts()
        tidy.append(identity(name, once))
        for kind in once.kinds():
            repaired[kind].append(place)
    if repaired:
        rows = np.bincount(marks)
        for kind, at_places in repaired.items():
            counts.repaired(kind, int(rows[at_places].sum()))
    found = sorted(set(tidy))
    at = {name: n for n, name in enumerate(found)}
    lookup = np.zeros(int(places.max(initial=0)) + 1, dtype=np.int64)
    lookup[places] = [at[name] for name in tidy]
    return lookup[marks], tuple(found)
