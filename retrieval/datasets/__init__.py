"""Public data sets, read into `Item`s and `Event`s; `open_dataset` finds the reader."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tastemaker.domain import Event, Item
from tastemaker.errors import DatasetError
from tastemaker.progress import Progress, silent
from tastemaker.retrieval.datasets import jsonl, lastfm, movielens, movielens_csv

MOVIELENS = "movielens-100k"
Reader = tuple[Callable[[Path], Iterator[Item]], Callable[[Path], Iterator[Event]]]
FORMATS: dict[tuple[str, str], Reader] = {
    ("movies.csv", "ratings.csv"): (movielens_csv.read_items, movielens_csv.read_events),
    ("artists.dat", "user_artists.dat"): (lastfm.read_items, lastfm.read_events),
    ("ml-100k.item", "ml-100k.inter"): (movielens.read_items, movielens.read_events),
    ("items.jsonl", "events.jsonl"): (
        lambda folder: jsonl.read_items(folder / "items.jsonl"),
        lambda folder: jsonl.read_events(folder / "events.jsonl"),
    ),
}
"""The two files of each format that is known, and its readers."""


@dataclass(frozen=True, slots=True)
class Dataset:
    """A name and two readers, each of which may be called again."""

    name: str
    items: Callable[[], Iterator[Item]]
    events: Callable[[], Iterator[Event]]


def open_dataset(source: str, cache: Path, progress: Progress = silent) -> Dataset:
    """`movielens-100k`, which is fetched once into `cache`, or a folder with the files of a known format.

    Raises `DatasetError` that names what was looked for.
    """
    folder = movielens.fetch(cache, progress) if source == MOVIELENS else Path(source)
    for names, (items, events) in FORMATS.items():
        if all((folder / name).is_file() for name in names):
            name = source if source == MOVIELENS else folder.resolve().name
            return Dataset(name, partial(items, folder), partial(events, folder))
    known = "; ".join(" and ".join(names) for names in FORMATS)
    raise DatasetError(
        "is no data set" + ("" if folder.is_dir() else ": there is no such folder"),
        where=source,
        remedy=f"Give {MOVIELENS}, or a folder that holds {known}",
    )
