"""Public data sets and plain files, read into `Item`s and `Event`s; `open_dataset` finds the reader."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tastemaker.domain import Event, Item
from tastemaker.errors import DatasetError, InvalidInputError
from tastemaker.progress import Progress, silent
from tastemaker.retrieval.datasets import (  # each registers its format
    amazon_2014,
    amazon_2018,
    amazon_2023,
    jsonl,
    lastfm,
    lastfm_plays,
    mind,
    movielens,
    movielens_100k,
    movielens_csv,
    movielens_dat,
    plain,
    yelp,
)
from tastemaker.retrieval.datasets.columns import Columns
from tastemaker.retrieval.datasets.formats import FORMATS, Format, register
from tastemaker.retrieval.datasets.report import Counts, Report

__all__ = [
    "FORMATS", "MOVIELENS", "MOVIELENS_NAMES", "Columns", "Counts", "Dataset", "Format", "Report", "open_dataset",
    "register",
]  # fmt: skip

MOVIELENS = "movielens-100k"
MOVIELENS_NAMES = (MOVIELENS, "ml-100k")
"""What is fetched, and no folder."""
BUILT_IN = (
    amazon_2014, amazon_2018, amazon_2023, jsonl, lastfm, lastfm_plays, mind,
    movielens, movielens_100k, movielens_csv, movielens_dat, plain, yelp,
)  # fmt: skip


@dataclass(slots=True)
class Dataset:
    """A data set of a format. `items` and `events` stream it and may be called again; `report` tells of the latest pass.

    No two items have one id, and every event with an item is on one of the items: what isn't is dropped and counted.
    """

    name: str
    reader: Format
    path: Path
    report: Report = field(default_factory=Report)
    _known: frozenset[str] | None = field(default=None, repr=False)

    @property
    def format(self) -> str:
        """The format's name."""
        return self.reader.name

    def items(self) -> Iterator[Item]:
        """Yield the items. Raises `DatasetError` at the first row that can't be understood."""
        self.report.items = Counts()
        yield from self._items(self.report.items)

    def events(self, *, everything: bool = False) -> Iterator[Event]:
        """Yield the events that the set is about: ratings, likes or clicks; with `everything` tags, tips, views and skips too.

        What users say besides is left out unless it is asked for, since `tastemaker evaluate` takes the latest event of a
        user and an item as the verdict. Raises `DatasetError` at the first row that can't be understood.
        """
        known = self._catalogue()
        counts = self.report.events = Counts()
        for event in self.reader.events(self.path, counts):
            if known is not None and event.item_id is not None and event.item_id not in known:
                counts.dropped("item not in the catalogue")
            elif self.reader.main is not None and not everything and event.type not in self.reader.main:
                counts.dropped(f"not asked for: {event.type.value}")
            else:
                yield event

    def columns(self) -> Columns | None:
        """The ratings as arrays, or None for a format that has no fast reader. Needs polars, the extra `data`."""
        if self.reader.columns is None:
            return None
        known = self._catalogue()
        counts = self.report.columns = Counts()
        found = self.reader.columns(self.path, counts)
        return found if found is None or known is None else found.within(known, counts)

    def _items(self, counts: Counts) -> Iterator[Item]:
        known: set[str] = set()
        for item in self.reader.items(self.path, counts):
            if item.id in known:
                counts.dropped("id met before")
                continue
            known.add(item.id)
            yield item
        self._known = frozenset(known)

    def _catalogue(self) -> frozenset[str] | None:
        """The ids of the items, or None where the items are made of the events, so that none can be missing."""
        if not self.reader.own_items(self.path):
            return None
        if self._known is None:
            for _ in self._items(Counts()):
                pass
        return self._known or frozenset()


def open_dataset(
    source: str,
    cache: Path,
    progress: Progress = silent,
    *,
    format: str = "auto",
    columns: Mapping[str, str] | None = None,
) -> Dataset:
    """`movielens-100k`, which is fetched once into `cache`, a folder in a known format, or a plain file.

    Args:
        source: The name, folder or file.
        cache: Where fetched files are kept.
        progress: Told of a download.
        format: A name in `FORMATS`; `auto` goes by the files.
        columns: For plain files: which column holds which field, as `mapping.ColumnMap` says.

    Raises:
        DatasetError: the files are of no known format, or of several.
        InvalidInputError: there is no such format, or it takes no `columns`.
    """
    source = MOVIELENS if source in MOVIELENS_NAMES else source
    fetched = source == MOVIELENS and format in ("auto", "recbole")
    path = movielens.fetch(cache, progress) if fetched else Path(source)
    name = source if fetched else path.resolve().name
    if columns is not None:
        if format not in ("auto", "plain"):
            raise InvalidInputError("has columns of its own", where=f"format {format}", remedy="Leave columns out")
        return _dataset(name, plain.plain(columns), path)
    if format != "auto":
        if format not in FORMATS:
            raise InvalidInputError(
                "is not known", where=f"format {format}", remedy=f"Give one of {', '.join(FORMATS)}"
            )
        return _dataset(name, FORMATS[format], path)
    found = [reader for reader in FORMATS.values() if reader.sniff(path)]
    if len(found) == 1:
        return _dataset(name, found[0], path)
    if found:
        names = " and ".join(reader.name for reader in found)
        raise DatasetError(f"may be {names}", where=source, remedy="Say which by format, on the command line --format")
    known = "; ".join(reader.files for reader in FORMATS.values())
    raise DatasetError(
        "is no data set" + ("" if path.exists() else ": there is no such folder or file"),
        where=source,
        remedy=f"Give {MOVIELENS}, or a folder that holds {known}",
    )


def _dataset(name: str, reader: Format, path: Path) -> Dataset:
    return Dataset(name, reader, path, Report(left=dict(reader.left)))
