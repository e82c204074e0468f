"""MovieLens 1M and 10M: `movies.dat`, `ratings.dat` and 10M's `tags.dat`, with `::` between the cells.

1M's `movies.dat` is latin-1, 10M's is UTF-8. A copy with U+FFFD in it was converted with loss and is refused. No real
file of 10M was at hand to try.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tastemaker.domain import Event, Item
from tastemaker.errors import DatasetError
from tastemaker.retrieval.datasets.columns import Columns, read_ratings
from tastemaker.retrieval.datasets.formats import Format, register
from tastemaker.retrieval.datasets.lines import find, lines, need, refusing, split_rows
from tastemaker.retrieval.datasets.movielens_csv import NO_GENRES
from tastemaker.retrieval.datasets.ratings import ratings, tagged
from tastemaker.retrieval.datasets.repair import film, identity
from tastemaker.retrieval.datasets.report import Counts


def read_items(folder: Path, counts: Counts) -> Iterator[Item]:
    """Yield the films. A year at the title's end becomes an attribute, the genres categories."""
    path = need(folder, "movies.dat")
    for where, text in lines(path, counts, latin=True):
        counts.read(path.name)
        movie, title, genres = _around(where, text)
        with refusing(where, "is no film"):
            name, year = film(title, counts)
            item = Item(
                id=identity(movie, counts),
                title=name,
                categories=() if genres == NO_GENRES else tuple(filter(None, genres.split("|"))),
                attributes={**year},
                language="en",
            )
        yield item


def read_events(folder: Path, counts: Counts) -> Iterator[Event]:
    """Yield the ratings in file order; then each tag of 10M as a comment with its words."""
    yield from _ratings(folder, counts)
    if (path := find(folder, "tags.dat")) is None:
        return
    for where, text in lines(path, counts, latin=True):
        counts.read(path.name)
        user, middle, when = _around(where, text)
        movie, mark, tag = middle.partition("::")
        with refusing(where, "is no tag"):
            if not mark:
                raise DatasetError("has 3 fields, not 4", where=where)
            event = tagged(user, movie, tag, when, counts, "movielens")
        yield event


def read_columns(folder: Path, counts: Counts) -> Columns:
    """The ratings as arrays. polars knows marks of one byte only, so every second column is read and must be empty."""
    return read_ratings(
        need(folder, "ratings.dat"), counts, mark=":", header=False, places=(0, 2, 4, 6),
        by_row=lambda: _ratings(folder, Counts()),
    )  # fmt: skip


def _ratings(folder: Path, counts: Counts) -> Iterator[Event]:
    return ratings(split_rows(need(folder, "ratings.dat"), counts, "::", 4), counts, "movielens")


def _around(where: str, text: str) -> tuple[str, str, str]:
    """The first cell, what is between, which may hold `::` itself, and the last cell."""
    first, mark, rest = text.rstrip("\r\n").partition("::")
    middle, second, last = rest.rpartition("::")
    if not (mark and second):
        raise DatasetError("has fewer than 3 fields between ::", where=where, remedy="Correct the line and run again")
    return first, middle, last


register(
    Format(
        name="movielens-dat",
        files="movies.dat and ratings.dat",
        sniff=lambda folder: bool(find(folder, "movies.dat") and find(folder, "ratings.dat")),
        items=read_items,
        events=read_events,
        columns=read_columns,
        left={"users.dat": "an event has no place for a person's traits"},
    )
)
