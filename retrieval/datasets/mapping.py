"""Which column of a plain file holds which field, and how its cells become an `Event` or an `Item`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tastemaker.domain import Attribute, Event, EventType, Item
from tastemaker.errors import DatasetError, InvalidInputError
from tastemaker.retrieval.datasets.repair import TIMELESS, clean, identity, moment, titled
from tastemaker.retrieval.datasets.report import Counts

EVENT_FIELDS = ("user_id", "item_id", "type", "value", "timestamp", "text")
ITEM_FIELDS = ("id", "title", "description", "categories", "url", "image_url", "language", "created_at")
TEXTS = ("description", "url", "image_url", "language")


@dataclass(frozen=True)
class ColumnMap:
    """Names of columns by field. An item's fields are written `item.title`; `item.` and any other name is an attribute.

    Fields that are not given are read from a column of the field's own name, where there is one.
    """

    given: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        wrong = [key for key in self.given if key not in EVENT_FIELDS and not key.startswith("item.")]
        if wrong:
            raise InvalidInputError(
                f"are no fields: {', '.join(sorted(wrong))}", where="columns",
                remedy=f"Give {', '.join(EVENT_FIELDS)}, item.title, item.categories, … ",
            )  # fmt: skip

    @property
    def only_items(self) -> bool:
        """Whether a file of its own is of items: `item.id` is given, and no field of an event."""
        return "item.id" in self.given and not set(EVENT_FIELDS) & set(self.given)

    def events(self, header: Iterable[str], where: str, *, first: bool = True) -> dict[str, str]:
        """The columns of an event's fields, given those of a row; `DatasetError` where the `first` row lacks one.

        Later rows, as JSON has them, may lack what is empty.
        """
        names = set(header)
        found = {name: self.given.get(name, name) for name in EVENT_FIELDS}
        if first:
            needed = [column for name, column in found.items() if name in self.given or name in ("user_id", "item_id")]
            self._have(needed, names, where)
        return {name: column for name, column in found.items() if name in self.given or column in names}

    def items(self, header: Iterable[str], where: str, *, own_file: bool, first: bool = True) -> dict[str, str]:
        """As `events` for an item's fields, in a file of items or in the events' own file."""
        names = set(header)
        given = {key.removeprefix("item."): column for key, column in self.given.items() if key.startswith("item.")}
        if own_file:
            found = {name: name for name in ITEM_FIELDS if name in names} | given
            found.setdefault("id", "id")
        else:
            found = {**given, "id": self.given.get("item_id", "item_id")}
        if first:
            self._have([*given.values(), found["id"]], names, where)
        return found

    @staticmethod
    def _have(needed: Iterable[str], names: set[str], where: str) -> None:
        if missing := sorted(set(needed) - names):
            raise DatasetError(
                f"has no column {', '.join(missing)}, but {', '.join(sorted(names))}", where=where,
                remedy="Say which column is what: columns={'user_id': …}, on the command line --columns user_id=…",
            )  # fmt: skip


def event(row: Mapping[str, Any], names: Mapping[str, str], counts: Counts) -> Event:
    """An event of a row. Without a type it is a rating where there is a value, and a like where there is none."""
    cells = {name: row.get(column) for name, column in names.items()}
    given = {name: cell for name, cell in cells.items() if cell not in (None, "")}
    kind = EventType(str(given["type"]).strip().lower()) if "type" in names else None
    if "timestamp" in names and "timestamp" not in given:
        raise ValueError("the time is empty")
    value = given.get("value")
    return Event(
        user_id=identity(str(given.get("user_id", "")), counts),
        item_id=identity(str(given["item_id"]), counts) if "item_id" in given else None,
        type=kind or (EventType.RATING if "value" in names else EventType.LIKE),
        value=None if value is None else float(value),
        timestamp=moment(given["timestamp"], counts) if "timestamp" in given else TIMELESS,
        text=clean(str(given["text"]), counts) if "text" in given else None,
    )


def item(row: Mapping[str, Any], names: Mapping[str, str], counts: Counts) -> Item:
    """An item of a row. Without a title, the id is the title. Categories are a list, or text with `|` between."""
    cells = {name: row.get(column) for name, column in names.items()}
    cells = {name: cell for name, cell in cells.items() if cell not in (None, "")}
    name = identity(str(cells.pop("id", "")), counts)
    title = titled(str(cells.pop("title", "")), counts)
    if not title:
        counts.repaired("title from the id")
    labels = cells.pop("categories", None) or ()
    parts = labels.split("|") if isinstance(labels, str) else labels
    created = {"created_at": moment(cells.pop("created_at"), counts)} if "created_at" in cells else {}
    texts = {key: clean(str(cells.pop(key)), counts) for key in TEXTS if key in cells}
    return Item(
        id=name,
        title=title or name,
        categories=tuple(filter(None, (titled(str(part), counts) for part in parts))),
        attributes={key: _attribute(cell) for key, cell in cells.items()},
        **texts,
        **created,
    )


def _attribute(cell: Any) -> Attribute:
    if isinstance(cell, str | int | float):
        return cell
    return tuple(map(str, cell)) if isinstance(cell, list) else str(cell)
