"""What the three editions of Amazon Reviews (McAuley and others, UCSD) share; each has a module of its own.

A folder holds one or more files of reviews and, perhaps, files of metadata, whose names begin with `meta`. Files are
JSON lines, plain or gzip. With metadata, products without are left out; without any, a product's id is its title.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from hashlib import blake2b
from pathlib import Path
from typing import Any

from tastemaker.domain import Event, EventType, Item
from tastemaker.errors import DatasetError
from tastemaker.retrieval.datasets.lines import MAX_LINE, json_rows, refusing
from tastemaker.retrieval.datasets.repair import clean, identity, titled
from tastemaker.retrieval.datasets.report import Counts

ENDS = (".json", ".jsonl", ".json.gz", ".jsonl.gz")
Rows = Iterator[tuple[str, dict[str, Any]]]
LEFT = {
    "vote, helpful, helpful_vote": "a vote on a review is none on the product",
    "image, images of reviews": "an event has no place for pictures",
    "reviewerName": "names of persons are not needed",
    "verified, verified_purchase": "when the purchase was is not told",
}


def files(folder: Path, *, meta: bool) -> list[Path]:
    """The files of metadata, or those of reviews."""
    if not folder.is_dir():
        return []
    named = sorted(path for path in folder.iterdir() if path.name.endswith(ENDS) and path.is_file())
    return [path for path in named if path.name.lower().startswith("meta") is meta]


def own_items(folder: Path) -> bool:
    """Whether there are metadata."""
    return bool(files(folder, meta=True))


def sniffer(needed: set[str], absent: set[str]) -> Callable[[Path], bool]:
    """Tell whether the first line of the first file of reviews has the fields `needed` and none of `absent`."""

    def sniff(folder: Path) -> bool:
        for path in files(folder, meta=False)[:1]:
            try:
                _, found = next(json_rows(path, Counts()), ("", {}))
            except DatasetError:  # another format's reader says better what is wrong
                return False
            return needed <= set(found) and not absent & set(found)
        return False

    return sniff


def reviews(folder: Path, counts: Counts) -> Rows:
    """Yield "file:line" and each review. One whose line occurred before is dropped; that takes some 100 bytes a review."""
    seen: set[bytes] = set()
    for path in files(folder, meta=False):
        for where, row in json_rows(path, counts):
            mark = blake2b(json.dumps(row, sort_keys=True).encode(), digest_size=16).digest()
            if mark in seen:
                counts.dropped("exact duplicate")
                continue
            seen.add(mark)
            yield where, row


def review(
    row: dict[str, Any], names: tuple[str, str, str], words: tuple[str, str], when: Any, counts: Counts, source: str
) -> Event:
    """A rating with the review's heading and text. `names` are the fields of user, product and stars."""
    user, product, stars = (row[name] for name in names)
    if isinstance(stars, str | bool):
        raise TypeError(f"{stars!r} is no number of stars")
    parts = (clean(str(row.get(name) or ""), counts, marked=True, limit=MAX_LINE) for name in words)
    text = clean("\n".join(filter(None, parts)), counts)
    return Event(
        user_id=identity(str(user), counts), item_id=identity(str(product), counts), type=EventType.RATING,
        value=stars, timestamp=when, text=text or None, source=source,
    )  # fmt: skip


def bare_items(folder: Path, counts: Counts, field: str) -> Iterator[Item]:
    """Yield the products that were reviewed, where nothing else is known of them: the id is the title."""
    known: set[str] = set()
    for path in files(folder, meta=False):
        for where, row in json_rows(path, counts):
            with refusing(where, "is no review"):
                name = identity(str(row[field]), counts)
                item = Item(id=name, title=name)
            if name not in known:
                known.add(name)
                counts.repaired("title from the id: no metadata")
                yield item


def items(
    rows: Callable[[Path, Counts], Iterator[tuple[str, Any]]], make: Callable[[Any, Counts], Item | None], field: str
) -> Callable[[Path, Counts], Iterator[Item]]:
    """A reader of the products of the metadata, or else of those that were reviewed, whose id is in `field`.

    `rows` reads one file, `make` turns what it yields into an item or, counted, into None.
    """

    def read(folder: Path, counts: Counts) -> Iterator[Item]:
        paths = files(folder, meta=True)
        if not paths:
            yield from bare_items(folder, counts, field)
        for path in paths:
            for where, row in rows(path, counts):
                with refusing(where, "is no product"):
                    item = make(row, counts)
                if item:
                    yield item

    return read


def events(make: Callable[[dict[str, Any], Counts], Event]) -> Callable[[Path, Counts], Iterator[Event]]:
    """A reader of the reviews as ratings with their text, in file order, without exact duplicates."""

    def read(folder: Path, counts: Counts) -> Iterator[Event]:
        for where, row in reviews(folder, counts):
            with refusing(where, "is no review"):
                event = make(row, counts)
            yield event

    return read


def product(row: dict[str, Any], name: str, counts: Counts, **more: Any) -> Item | None:
    """An item of a metadata row, or None, counted, where it has neither a title nor a description.

    `more` are fields of `Item`; attributes that are None or empty are left out.
    """
    told = row.get("description") or ""
    parts = told if isinstance(told, list) else [told]
    description = clean("\n".join(clean(str(part), counts, marked=True) for part in parts if part), counts)
    title = titled(str(row.get("title") or ""), counts, marked=True)
    if not title and not description:
        counts.dropped("no title and no description")
        return None
    if not title:
        counts.repaired("title from the description")
        title = description.split("\n")[0][:200]
    attributes = {key: value for key, value in more.pop("attributes").items() if value not in (None, "", ())}
    return Item(id=name, title=title, description=description, attributes=attributes, **more)


def categories(path: list[Any], counts: Counts) -> tuple[str, ...]:
    """Different names in their order, cleaned; empty ones go."""
    names = (titled(str(name), counts, marked=True) for name in path)
    return tuple(dict.fromkeys(name for name in names if name))


def plain_text(value: Any, counts: Counts) -> str | None:
    """A cleaned string, or None for anything else."""
    return clean(value, counts, marked=True) if isinstance(value, str) else None
