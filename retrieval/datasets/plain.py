"""Plain CSV, TSV, JSON lines and Parquet, with a mapping of columns.

The source is one file of events, or a folder with `events.*` and, perhaps, `items.*`. Without `items.*` the items are
what the events name. One file whose mapping gives `item.id`, and no field of an event, is of items alone. CSV and JSON
lines may be gzip; Parquet needs polars (the extra `data`).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from tastemaker.domain import Event, Item
from tastemaker.errors import DatasetError
from tastemaker.retrieval.datasets.columns import Columns, load_polars, text_codes
from tastemaker.retrieval.datasets.formats import Format, register
from tastemaker.retrieval.datasets.lines import csv_rows, find, json_rows, refusing
from tastemaker.retrieval.datasets.mapping import ColumnMap, event, item
from tastemaker.retrieval.datasets.repair import moment
from tastemaker.retrieval.datasets.report import Counts

ENDS = (".csv", ".tsv", ".jsonl", ".json", ".parquet")
SLICE = 50_000
"""Rows of a Parquet file that are held at once."""


def plain(columns: Mapping[str, str] | None = None) -> Format:
    """The format with a mapping such as {"user_id": "customer", "value": "stars"}; see `mapping.ColumnMap`."""
    named = ColumnMap(dict(columns or {}))
    return Format(
        name="plain",
        files="a file, or events.* and items.*, of " + ", ".join(ENDS),
        sniff=_sniff,
        items=lambda path, counts: read_items(path, counts, named),
        events=lambda path, counts: read_events(path, counts, named),
        main=None,
        columns=lambda path, counts: read_columns(path, counts, named),
        own_items=lambda path: _items_file(path, named) is not None,
        left={"columns without a field": "the mapping gives them no meaning"},
    )


def read_items(path: Path, counts: Counts, named: ColumnMap) -> Iterator[Item]:
    """Yield the items of the items' file, or each item of the events when it first occurs."""
    own = _items_file(path, named)
    source = own or _events_file(path)
    names: dict[str, str] = {}
    cells: Any = None
    known: set[Any] = set()
    for where, row in _rows(source, counts):
        if row.keys() != cells:
            names = named.items(row, where, own_file=own is not None, first=cells is None)
            cells = row.keys()
        key = row.get(names["id"])
        if own is None and (key in known or key in (None, "")):
            continue
        known.add(key)
        with refusing(where, "is no item"):
            found = item(row, names, counts)
        yield found


def read_events(path: Path, counts: Counts, named: ColumnMap) -> Iterator[Event]:
    """Yield the events in file order; none of a file of items."""
    if path.is_file() and named.only_items:
        return
    names: dict[str, str] = {}
    cells: Any = None
    for where, row in _rows(_events_file(path), counts):
        if row.keys() != cells:
            names, cells = named.events(row, where, first=cells is None), row.keys()
        with refusing(where, "is no event"):
            found = event(row, names, counts)
        yield found


def read_columns(path: Path, counts: Counts, named: ColumnMap) -> Columns | None:
    """The ratings as arrays, from CSV, TSV or Parquet with values and times; None where there is a type, or no such columns."""
    source = _events_file(path)
    kind = source.name.removesuffix(".gz").rpartition(".")[2]
    if kind not in ("csv", "tsv", "parquet"):
        return None
    _, first = next(_rows(source, Counts()), ("", {}))
    names = named.events(first, str(source))
    if "type" in names or not {"value", "timestamp"} <= set(names):
        return None
    pl = load_polars()
    wanted = [names[name] for name in ("user_id", "item_id", "value", "timestamp")]
    try:
        if kind == "parquet":
            frame = pl.read_parquet(source, columns=wanted)
        else:
            texts = dict.fromkeys(wanted[:2], pl.String) | {wanted[2]: pl.Float64}
            frame = pl.read_csv(
                source, columns=wanted, separator="," if kind == "csv" else "\t", schema_overrides=texts
            )
        if sum(frame.null_count().row(0)):
            raise ValueError("a cell is empty")
        return _arrays(source, frame.select(wanted), counts)
    except (pl.exceptions.PolarsError, OSError, ValueError, TypeError, OverflowError) as error:
        deque(read_events(path, Counts(), named), maxlen=0)
        raise DatasetError(
            f"can't be read as columns ({error})", where=str(source), remedy="Read it row by row"
        ) from error


def _arrays(source: Path, frame: Any, counts: Counts) -> Columns:
    pl = load_polars()
    counts.read(source.name, len(frame))
    user, item_, value, time = (frame.drop_in_place(name) for name in frame.columns)
    users, user_ids = text_codes(user.cast(pl.String), counts)
    del user
    items, item_ids = text_codes(item_.cast(pl.String), counts)
    del item_
    values = value.cast(pl.Float64).to_numpy()
    if len(values) and not (values.min() >= 0.5 and values.max() <= 5):
        raise ValueError("a rating is not from 0.5 to 5")
    return Columns(users, items, values, _times(time, counts), user_ids, item_ids)


def _times(column: Any, counts: Counts) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Seconds, from whole numbers at once and from anything else one by one."""
    if not column.dtype.is_integer():
        return np.array([int(moment(value, counts).timestamp()) for value in column], dtype=np.int64)
    times: np.ndarray[Any, np.dtype[np.int64]] = column.cast(load_polars().Int64).to_numpy()
    if not len(times) or max(-int(times.min()), int(times.max())) < 10**10:
        return times
    size = np.abs(times)
    milli, micro = (size >= 10**10) & (size < 10**13), (size >= 10**13) & (size < 10**16)
    if (size >= 10**16).any():
        raise ValueError("a time is none in seconds, milli- or microseconds")
    for rows, kind in ((milli, "milliseconds"), (micro, "microseconds")):
        if rows.any():
            counts.repaired(kind, int(rows.sum()))
    return np.where(milli, times // 1_000, np.where(micro, times // 1_000_000, times)).astype(np.int64)


def _rows(path: Path, counts: Counts) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield "file:line" and the cells by column."""
    kind = path.name.removesuffix(".gz").rpartition(".")[2]
    if kind in ("csv", "tsv"):
        rows = csv_rows(path, counts, "," if kind == "csv" else "\t")
        where, header = next(rows, (f"{path}:1", []))
        if len(set(header)) != len(header):
            raise DatasetError("names a column twice", where=where)
        yield from ((where, dict(zip(header, row, strict=True))) for where, row in rows)
    elif kind == "parquet":
        yield from _parquet_rows(path, counts)
    else:
        yield from json_rows(path, counts)


def _parquet_rows(path: Path, counts: Counts) -> Iterator[tuple[str, dict[str, Any]]]:
    pl = load_polars()
    try:
        frame, start = pl.scan_parquet(path), 0
        while rows := frame.slice(start, SLICE).collect().to_dicts():
            for number, row in enumerate(rows, start=start + 1):
                counts.read(path.name)
                yield f"{path}:{number}", row
            start += SLICE
    except (pl.exceptions.PolarsError, OSError) as error:
        raise DatasetError(f"is no Parquet ({str(error)[:300]})", where=str(path), remedy="Write it again") from error


def _find(folder: Path, stem: str) -> Path | None:
    return find(folder, *(f"{stem}{end}" for end in ENDS))


def _items_file(path: Path, named: ColumnMap) -> Path | None:
    if path.is_file():
        return path if named.only_items else None
    return _find(path, "items")


def _events_file(path: Path) -> Path:
    found = path if path.is_file() else _find(path, "events")
    if found is None or not found.name.removesuffix(".gz").endswith(ENDS):
        raise DatasetError(f"is, or holds, no file of events ({', '.join(ENDS)})", where=str(path))
    return found


def _sniff(path: Path) -> bool:
    if path.is_file():
        return path.name.removesuffix(".gz").endswith(ENDS)
    return _find(path, "events") is not None and find(path, "items.jsonl") is None


register(plain())
