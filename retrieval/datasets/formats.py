"""How a format is made known: one `Format`, registered once; `open_dataset` finds it by its name or its files."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tastemaker.domain import Event, EventType, Item
from tastemaker.errors import InvalidInputError
from tastemaker.retrieval.datasets.columns import Columns
from tastemaker.retrieval.datasets.report import Counts

RATINGS = frozenset({EventType.RATING})
LIKES = frozenset({EventType.LIKE})


@dataclass(frozen=True, slots=True)
class Format:
    """One format: its name, the files it is known by (in words), how it is recognised, and its readers.

    `items` and `events` stream a folder and count into a `Counts`. `main` are the types of event that the set is about,
    or None for all; others (tags, tips, skips) are given only on request. `columns` reads ratings as arrays.
    `own_items` tells whether a folder lists its items: if so, events on others are dropped; if not, its items are made
    of its events. `left` maps files and fields that nothing is made of to the reason.
    """

    name: str
    files: str
    sniff: Callable[[Path], bool]
    items: Callable[[Path, Counts], Iterator[Item]]
    events: Callable[[Path, Counts], Iterator[Event]]
    main: frozenset[EventType] | None = RATINGS
    columns: Callable[[Path, Counts], Columns | None] | None = None
    own_items: Callable[[Path], bool] = lambda folder: True
    left: Mapping[str, str] = field(default_factory=dict)


FORMATS: dict[str, Format] = {}
"""The registered formats by name."""


def register(found: Format) -> Format:
    """Make a format known to `open_dataset`. Raises `InvalidInputError` if the name is taken by another."""
    if FORMATS.get(found.name, found) is not found:
        raise InvalidInputError("is registered twice", where=f"format {found.name}", remedy="Choose another name")
    FORMATS[found.name] = found
    return found
