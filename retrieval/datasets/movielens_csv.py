"""MovieLens as `movies.csv` and `ratings.csv` in UTF-8: ml-latest-small, ml-latest, 25M and later."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from tastemaker.domain import Event, EventType, Item
from tastemaker.errors import DatasetError, InvalidInputError

YEAR = re.compile(r"^(?P<title>.+?)\s*\((?P<year>\d{4})(?:[-–]\d{0,4})?\)\s*$")
NO_GENRES = "(no genres listed)"


def read_items(folder: Path) -> Iterator[Item]:
    """Yield the films. A year at the title's end becomes an attribute, the genres categories."""
    for where, (identity, title, genres) in _rows(folder / "movies.csv", ("movieId", "title", "genres")):
        match = YEAR.match(title)
        try:
            yield Item(
                id=identity,
                title=match["title"] if match else title.strip(),
                categories=() if genres == NO_GENRES else tuple(filter(None, genres.split("|"))),
                attributes={"year": int(match["year"])} if match else {},
                language="en",
            )
        except InvalidInputError as error:
            raise DatasetError(error.what, where=where) from error


def read_events(folder: Path) -> Iterator[Event]:
    """Yield the ratings in file order, which is not the order of time."""
    columns = ("userId", "movieId", "rating", "timestamp")
    for where, (user, item, rating, seconds) in _rows(folder / "ratings.csv", columns):
        try:
            yield Event(
                user_id=user, item_id=item, type=EventType.RATING, value=float(rating),
                timestamp=datetime.fromtimestamp(int(seconds), UTC), source="movielens",
            )  # fmt: skip
        except (ValueError, OverflowError, OSError, InvalidInputError) as error:
            raise DatasetError(f"is no rating ({error})", where=where) from error


def _rows(path: Path, columns: tuple[str, ...]) -> Iterator[tuple[str, list[str]]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.reader(file)
            header = tuple(next(rows, ()))
            if header != columns:
                raise DatasetError(f"has the columns {header}, not {columns}", where=f"{path}:1")
            for row in rows:
                where = f"{path}:{rows.line_num}"
                if len(row) != len(columns):
                    raise DatasetError(f"has {len(row)} fields, not {len(columns)}", where=where)
                yield where, row
    except (OSError, UnicodeDecodeError) as error:
        raise DatasetError(f"can't be read ({error})", where=str(path)) from error
