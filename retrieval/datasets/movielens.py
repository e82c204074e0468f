"""MovieLens (Harper and Konstan 2015) as RecBole's atomic files, and the fetched MovieLens-100K.

An atomic file has tabs and a header of typed names, such as `user_id:token`. The data are GroupLens's: for research,
not for redistribution, so they are fetched by the user and never shipped.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tastemaker.domain import Event, Item
from tastemaker.errors import DatasetError
from tastemaker.packages import RECBOLE, extract, prepare
from tastemaker.progress import Progress, silent
from tastemaker.retrieval.datasets.formats import Format, register
from tastemaker.retrieval.datasets.lines import lines, refusing
from tastemaker.retrieval.datasets.ratings import ratings
from tastemaker.retrieval.datasets.repair import identity, natural, titled
from tastemaker.retrieval.datasets.report import Counts

TITLES = ("movie_title:token_seq", "title:token_seq", "item_name:token_seq", "name:token_seq")
GENRES = ("class:token_seq", "genre:token_seq", "genres:token_seq", "categories:token_seq")


def fetch(cache: Path, progress: Progress = silent) -> Path:
    """The folder that holds `ml-100k.item` and `ml-100k.inter`, fetched once."""

    def make(folder: Path) -> None:
        for name in ("ml-100k.item", "ml-100k.inter"):
            extract(RECBOLE, name, folder / name, progress)

    return prepare(cache / "data" / "movielens-100k", make)


def read_items(folder: Path, counts: Counts | None = None) -> Iterator[Item]:
    """Yield the items, 1,682 films in 100K. The year becomes an attribute, the genres categories."""
    counts = counts or Counts()
    for where, row in _rows(_file(folder, ".item"), counts, ("item_id:token",), TITLES):
        title = next(row[name] for name in TITLES if name in row)
        genres = next((row[name] for name in GENRES if name in row), "")
        year = row.get("release_year:token", "").strip()
        with refusing(where, "is no item"):
            item = Item(
                id=identity(row["item_id:token"], counts),
                title=natural(titled(title, counts, marked=True), counts),
                categories=tuple(genre for genre in genres.split() if genre != "unknown"),
                attributes={"year": int(year)} if year.isdigit() else {},
                language="en",
            )
        yield item


def read_events(folder: Path, counts: Counts | None = None) -> Iterator[Event]:
    """The ratings in file order, which is not the order of time."""
    counts = counts or Counts()
    needed = ("user_id:token", "item_id:token", "rating:float", "timestamp:float")
    path = _file(folder, ".inter")
    source = "movielens-100k" if path.name.startswith("ml-100k.") else path.name.split(".")[0]
    cells = ((where, [row[name] for name in needed]) for where, row in _rows(path, counts, needed))
    return ratings(cells, counts, source)


def _file(folder: Path, end: str) -> Path:
    """The one file of the folder with that ending, plain or gzip."""
    found = sorted([*folder.glob(f"*{end}"), *folder.glob(f"*{end}.gz")])
    if len(found) != 1:
        raise DatasetError(f"holds {len(found)} files *{end}, not one", where=str(folder))
    return found[0]


def _rows(
    path: Path, counts: Counts, needed: tuple[str, ...], one_of: tuple[str, ...] = ()
) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield "file:line" and the cells by the header's names, which must hold `needed` and one of `one_of`."""
    header: list[str] = []
    for where, text in lines(path, counts):
        row = text.rstrip("\r\n").split("\t")
        if not header:
            header = row
            if not set(needed) <= set(row) or (one_of and not set(one_of) & set(row)):
                told = f"has the columns {tuple(row)}, but needs {needed}"
                raise DatasetError(told + (f" and one of {one_of}" if one_of else ""), where=where)
            continue
        counts.read(path.name)
        if len(row) != len(header):
            raise DatasetError(f"has {len(row)} fields, not {len(header)}", where=where)
        yield where, dict(zip(header, row, strict=True))


def _sniff(folder: Path) -> bool:
    return all(any(folder.glob(f"*{end}")) or any(folder.glob(f"*{end}.gz")) for end in (".item", ".inter"))


register(
    Format(
        name="recbole",
        files="*.item and *.inter",
        sniff=_sniff,
        items=read_items,
        events=read_events,
        left={"*.user": "an event has no place for a person's traits"},
    )
)
