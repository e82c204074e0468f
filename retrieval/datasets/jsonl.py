"""Items and events as JSON lines: one object a line, with the fields of `Item` or `Event`. Nothing is repaired."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tastemaker.domain import Event, Item
from tastemaker.errors import DatasetError, InvalidInputError
from tastemaker.retrieval.datasets.formats import Format, register
from tastemaker.retrieval.datasets.lines import FIX, find, json_rows, need
from tastemaker.retrieval.datasets.report import Counts


def read_items(path: Path, counts: Counts | None = None) -> Iterator[Item]:
    """Yield the items of `path`. Raises `DatasetError` that names file and line at the first bad one."""
    for where, data in json_rows(path, counts or Counts()):
        try:
            yield Item.model_validate(data)
        except InvalidInputError as error:
            raise DatasetError(f"{error.where}: {error.what}", where=where, remedy=FIX) from error


def read_events(path: Path, counts: Counts | None = None) -> Iterator[Event]:
    """Yield the events of `path`. Raises `DatasetError` that names file and line at the first bad one."""
    for where, data in json_rows(path, counts or Counts()):
        try:
            yield Event.model_validate(data)
        except InvalidInputError as error:
            raise DatasetError(f"{error.where}: {error.what}", where=where, remedy=FIX) from error


register(
    Format(
        name="jsonl",
        files="items.jsonl and events.jsonl",
        sniff=lambda folder: bool(find(folder, "items.jsonl") and find(folder, "events.jsonl")),
        items=lambda folder, counts: read_items(need(folder, "items.jsonl"), counts),
        events=lambda folder, counts: read_events(need(folder, "events.jsonl"), counts),
        main=None,
    )
)
