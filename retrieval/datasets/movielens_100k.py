"""MovieLens-100K as GroupLens publishes it: `u.item` in latin-1 with pipes, `u.data` with tabs, `u.genre`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tastemaker.domain import Event, Item
from tastemaker.errors import DatasetError
from tastemaker.retrieval.datasets.columns import Columns, read_ratings
from tastemaker.retrieval.datasets.formats import Format, register
from tastemaker.retrieval.datasets.lines import find, need, refusing, split_rows
from tastemaker.retrieval.datasets.ratings import ratings
from tastemaker.retrieval.datasets.repair import film, identity
from tastemaker.retrieval.datasets.report import Counts

GENRES = (
    "unknown", "Action", "Adventure", "Animation", "Children's", "Comedy", "Crime", "Documentary", "Drama", "Fantasy",
    "Film-Noir", "Horror", "Musical", "Mystery", "Romance", "Sci-Fi", "Thriller", "War", "Western",
)  # fmt: skip
"""The flags' order in `u.item`, where the folder has no `u.genre`."""


def read_items(folder: Path, counts: Counts) -> Iterator[Item]:
    """Yield the films. The year of the title, or else of the release date, becomes an attribute; the address is kept."""
    genres = _genres(folder, counts)
    for where, row in split_rows(need(folder, "u.item"), counts, "|", 5 + len(genres), latin=True):
        with refusing(where, "is no film"):
            title, year = film(row[1], counts)
            if not row[2]:
                counts.noted("no release date")
            elif not year:
                year = {"year": int(row[2].strip()[-4:])}
            if bad := set(row[5:]) - {"0", "1"}:
                raise DatasetError(f"has the genre flags {sorted(bad)}, not 0 and 1", where=where)
            item = Item(
                id=identity(row[0], counts),
                title=title,
                categories=tuple(
                    name for name, flag in zip(genres, row[5:], strict=True) if flag == "1" and name != "unknown"
                ),
                attributes={**year},
                url=row[4].strip() or None,
                language="en",
            )
        yield item


def read_events(folder: Path, counts: Counts) -> Iterator[Event]:
    """The ratings in file order, which is not the order of time."""
    return ratings(split_rows(need(folder, "u.data"), counts, "\t", 4), counts, "movielens-100k")


def read_columns(folder: Path, counts: Counts) -> Columns:
    """The ratings as arrays."""
    return read_ratings(
        need(folder, "u.data"), counts, mark="\t", header=False,
        by_row=lambda: read_events(folder, Counts()),
    )  # fmt: skip


def _genres(folder: Path, counts: Counts) -> tuple[str, ...]:
    """Names in the order of their numbers; the real file ends with an empty line."""
    if (path := find(folder, "u.genre")) is None:
        return GENRES
    numbered: dict[int, str] = {}
    for where, (name, number) in split_rows(path, counts, "|", 2):
        with refusing(where, "is no genre"):
            numbered[int(number)] = name
    if sorted(numbered) != list(range(len(numbered))):
        raise DatasetError("numbers its genres with gaps", where=str(path))
    return tuple(numbered[n] for n in range(len(numbered)))


register(
    Format(
        name="movielens-100k-files",
        files="u.item and u.data",
        sniff=lambda folder: bool(find(folder, "u.item") and find(folder, "u.data")),
        items=read_items,
        events=read_events,
        columns=read_columns,
        left={
            "u.user": "an event has no place for a person's traits",
            "u.occupation": "as u.user",
            "u.info": "counts of the other files",
            "ua.base": "a cut of u.data",
            "ua.test": "a cut of u.data",
        },
    )
)
