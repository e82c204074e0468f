"""MovieLens-100K (Harper and Konstan 2015), as RecBole's atomic files carry it.

The data are GroupLens's: for research, not for redistribution, so they are fetched by the user and never shipped.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from tastemaker.domain import Event, EventType, Item
from tastemaker.errors import DatasetError, InvalidInputError
from tastemaker.packages import RECBOLE, extract, prepare
from tastemaker.progress import Progress, silent


def fetch(cache: Path, progress: Progress = silent) -> Path:
    """The folder that holds `ml-100k.item` and `ml-100k.inter`, fetched once."""

    def make(folder: Path) -> None:
        for name in ("ml-100k.item", "ml-100k.inter"):
            extract(RECBOLE, name, folder / name, progress)

    return prepare(cache / "data" / "movielens-100k", make)


def read_items(folder: Path) -> Iterator[Item]:
    """Yield the 1,682 films. The year becomes an attribute, the genres categories."""
    columns = ("item_id:token", "movie_title:token_seq", "release_year:token", "class:token_seq")
    for where, row in _rows(folder / "ml-100k.item", columns):
        identity, title, year, genres = row
        try:
            yield Item(
                id=identity,
                title=_natural(title.strip()),
                categories=tuple(genre for genre in genres.split() if genre != "unknown"),
                attributes={"year": int(year)} if year.strip().isdigit() else {},
                language="en",
            )
        except InvalidInputError as error:
            raise DatasetError(error.what, where=where) from error


def read_events(folder: Path) -> Iterator[Event]:
    """Yield the 100,000 ratings in file order, which is not the order of time."""
    columns = ("user_id:token", "item_id:token", "rating:float", "timestamp:float")
    for where, row in _rows(folder / "ml-100k.inter", columns):
        try:
            user, item, rating, seconds = row[0], row[1], float(row[2]), float(row[3])
            yield Event(
                user_id=user,
                item_id=item,
                type=EventType.RATING,
                value=rating,
                timestamp=datetime.fromtimestamp(seconds, UTC),
                source="movielens-100k",
            )
        except (ValueError, InvalidInputError) as error:
            raise DatasetError(f"is no rating ({error})", where=where) from error


def _natural(title: str) -> str:
    """Put a moved article back: "Matrix, The" becomes "The Matrix"."""
    head, comma, article = title.rpartition(", ")
    return (
        f"{article} {head}" if comma and article in {"The", "A", "An", "Les", "La", "Le", "Il", "Das", "Der"} else title
    )


def _rows(path: Path, columns: tuple[str, ...]) -> Iterator[tuple[str, list[str]]]:
    """Yield "file:line" and the fields of each line after the header, which must be `columns`."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        header = tuple(next(rows, ()))
        if header != columns:
            raise DatasetError(f"has the columns {header}, not {columns}", where=f"{path}:1")
        for number, row in enumerate(rows, start=2):
            if len(row) != len(columns):
                raise DatasetError(f"has {len(row)} fields, not {len(columns)}", where=f"{path}:{number}")
            yield f"{path}:{number}", row
