"""Items and events as JSON lines: one object a line, with the fields of `Item` or `Event`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tastemaker.domain import Event, Item
from tastemaker.errors import DatasetError, InvalidInputError


def read_items(path: Path) -> Iterator[Item]:
    """Yield the items of `path`. Raises `DatasetError` that names file and line at the first bad one."""
    for where, data in _objects(path):
        try:
            yield Item.model_validate(data)
        except InvalidInputError as error:
            raise DatasetError(
                f"{error.where}: {error.what}", where=where, remedy="Correct the line and run again"
            ) from error


def read_events(path: Path) -> Iterator[Event]:
    """Yield the events of `path`. Raises `DatasetError` that names file and line at the first bad one."""
    for where, data in _objects(path):
        try:
            yield Event.model_validate(data)
        except InvalidInputError as error:
            raise DatasetError(
                f"{error.where}: {error.what}", where=where, remedy="Correct the line and run again"
            ) from error


def _objects(path: Path) -> Iterator[tuple[str, Any]]:
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                if not line.strip():
                    continue
                where = f"{path}:{number}"
                try:
                    yield where, json.loads(line.decode("utf-8"))
                except ValueError as error:
                    raise DatasetError(f"is no JSON in UTF-8 ({error})", where=where) from error
    except OSError as error:
        raise DatasetError(f"can't be read ({error.strerror})", where=str(path)) from error
