"""Last.fm 2K of HetRec 2011 (Cantador, Brusilovsky and Kuflik): whom people listened to. It has no times."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from tastemaker.domain import Event, EventType, Item
from tastemaker.errors import DatasetError, InvalidInputError

TIMELESS = datetime.fromtimestamp(0, UTC)
"""Stands where a file gives no time; `tastemaker.eval` knows it and refuses tracks of time."""


def read_items(folder: Path) -> Iterator[Item]:
    """Yield the artists. Names are data: quotes in them mean nothing."""
    for where, row in _rows(folder / "artists.dat", 4, header="id"):
        try:
            yield Item(id=row[0], title=row[1], url=row[2] or None, image_url=row[3] or None)
        except InvalidInputError as error:
            raise DatasetError(error.what, where=where) from error


def read_events(folder: Path) -> Iterator[Event]:
    """Yield one like for each artist among a user's most played; how often is not kept."""
    for where, row in _rows(folder / "user_artists.dat", 3, header="userID"):
        try:
            if int(row[2]) < 1:
                raise ValueError(f"{row[2]} plays")
            yield Event(user_id=row[0], item_id=row[1], type=EventType.LIKE, timestamp=TIMELESS, source="lastfm-2k")
        except (ValueError, InvalidInputError) as error:
            raise DatasetError(f"is no count of plays ({error})", where=where) from error


def _rows(path: Path, fields: int, header: str) -> Iterator[tuple[str, list[str]]]:
    """Yield "file:line" and stripped fields. Some copies lack the header, which begins with `header`."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            for number, line in enumerate(file, start=1):
                row = [cell.strip() for cell in line.rstrip("\r\n").split("\t")]
                if number == 1 and row[0] == header:
                    continue
                if len(row) != fields:
                    raise DatasetError(f"has {len(row)} fields, not {fields}", where=f"{path}:{number}")
                yield f"{path}:{number}", row
    except (OSError, UnicodeDecodeError) as error:
        raise DatasetError(f"can't be read ({error})", where=str(path)) from error
