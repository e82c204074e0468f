"""MovieLens as `movies.csv` and `ratings.csv` in UTF-8: ml-latest-small, ml-latest, 20M, 25M and later."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tastemaker.domain import Event, Item
from tastemaker.errors import DatasetError
from tastemaker.retrieval.datasets.columns import Columns, read_ratings
from tastemaker.retrieval.datasets.formats import Format, register
from tastemaker.retrieval.datasets.lines import csv_rows, find, named_rows, need, refusing
from tastemaker.retrieval.datasets.ratings import ratings, tagged
from tastemaker.retrieval.datasets.repair import film, identity
from tastemaker.retrieval.datasets.report import Counts

NO_GENRES = "(no genres listed)"
RATINGS = ("userId", "movieId", "rating", "timestamp")
TAGS = ("userId", "movieId", "tag", "timestamp")


def read_items(folder: Path, counts: Counts | None = None) -> Iterator[Item]:
    """Yield the films. A year at the title's end becomes an attribute, as do the ids of `links.csv`, where it is there."""
    counts = counts or Counts()
    links = _links(folder, counts)
    for where, (movie, title, genres) in named_rows(need(folder, "movies.csv"), counts, ("movieId", "title", "genres")):
        with refusing(where, "is no film"):
            name, year = film(title, counts)
            identifier = identity(movie, counts)
            item = Item(
                id=identifier,
                title=name,
                categories=() if genres == NO_GENRES else tuple(filter(None, genres.split("|"))),
                attributes={**year, **links.get(identifier, {})},
                language="en",
            )
        yield item


def read_events(folder: Path, counts: Counts | None = None) -> Iterator[Event]:
    """Yield the ratings in file order, which is not the order of time; then each tag as a comment with its words."""
    counts = counts or Counts()
    yield from _ratings(folder, counts)
    if (path := find(folder, "tags.csv")) is None:
        return
    for where, (user, movie, tag, when) in named_rows(path, counts, TAGS):
        with refusing(where, "is no tag"):
            event = tagged(user, movie, tag, when, counts, "movielens")
        yield event


def read_columns(folder: Path, counts: Counts) -> Columns:
    """The ratings as arrays."""
    path = need(folder, "ratings.csv")
    _, header = next(csv_rows(path, Counts()), ("", []))
    if tuple(header) != RATINGS:
        raise DatasetError(f"has the columns {tuple(header)}, not {RATINGS}", where=f"{path}:1")
    return read_ratings(path, counts, mark=",", header=True, by_row=lambda: _ratings(folder, Counts()))


def _ratings(folder: Path, counts: Counts) -> Iterator[Event]:
    return ratings(named_rows(need(folder, "ratings.csv"), counts, RATINGS), counts, "movielens")


def _links(folder: Path, counts: Counts) -> dict[str, dict[str, str]]:
    """Ids elsewhere as strings, for IMDb's have leading zeros; an empty TMDB id is left out."""
    if (path := find(folder, "links.csv")) is None:
        return {}
    found = {}
    for _, (movie, imdb, tmdb) in named_rows(path, counts, ("movieId", "imdbId", "tmdbId")):
        names = {"imdb_id": imdb.strip(), "tmdb_id": tmdb.strip()}
        found[identity(movie, counts)] = {name: value for name, value in names.items() if value}
    return found


register(
    Format(
        name="movielens-csv",
        files="movies.csv and ratings.csv",
        sniff=lambda folder: bool(find(folder, "movies.csv") and find(folder, "ratings.csv")),
        items=read_items,
        events=read_events,
        columns=read_columns,
        left={
            "genome-scores.csv": "computed by GroupLens from tags, not given by a user",
            "genome-tags.csv": "as genome-scores.csv",
        },
    )
)
