"""Yelp Open Dataset: businesses, reviews, tips and users as JSON lines. No real tips were at hand to try.

Attribute values are Python literals in strings, such as "u'free'"; they are parsed and never run.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tastemaker.domain import Attribute, Event, EventType, Item
from tastemaker.retrieval.datasets.formats import Format, register
from tastemaker.retrieval.datasets.lines import find, json_rows, need, refusing
from tastemaker.retrieval.datasets.repair import clean, identity, literal, moment, titled
from tastemaker.retrieval.datasets.report import Counts

BUSINESS, REVIEW, TIP, USER = (
    (f"yelp_academic_dataset_{name}.json", f"{name}.json") for name in ("business", "review", "tip", "user")
)


def read_items(folder: Path, counts: Counts) -> Iterator[Item]:
    """Yield the businesses, closed ones too. Categories are split at ", "; attributes inside others get dotted names."""
    for where, row in json_rows(need(folder, *BUSINESS), counts):
        with refusing(where, "is no business"):
            place = {name: row.get(name) for name in ("city", "state", "address", "neighborhood", "postal_code")}
            names = row.get("categories") or ""
            item = Item(
                id=identity(row["business_id"], counts),
                title=titled(row["name"], counts),
                categories=tuple(
                    dict.fromkeys(filter(None, map(str.strip, names.split(",") if isinstance(names, str) else names)))
                ),
                attributes={
                    **{name: text for name, text in place.items() if text and isinstance(text, str)},
                    **{name: row[name] for name in ("latitude", "longitude") if isinstance(row.get(name), float)},
                    "open": bool(row.get("is_open", True)),
                    **attributes(row.get("attributes") or {}, counts),
                },
            )
        yield item


def read_events(folder: Path, counts: Counts) -> Iterator[Event]:
    """Yield the reviews as ratings and the tips as comments, both with their text.

    Friends are read and counted as dropped: an event is on an item, and a person is none. Times have no zone and are
    taken as UTC.
    """
    for where, row in json_rows(need(folder, *REVIEW), counts):
        with refusing(where, "is no review"):
            event = _event(row, EventType.RATING, counts)
        yield event
    if path := find(folder, *TIP):
        for where, row in json_rows(path, counts):
            with refusing(where, "is no tip"):
                event = _event(row, EventType.COMMENT, counts)
            yield event
    if path := find(folder, *USER):
        for where, row in json_rows(path, counts):
            with refusing(where, "is no user"):
                if number := len(friends(row.get("friends"))):
                    counts.dropped("friend of a user: no item", number)


def friends(value: Any) -> list[str]:
    """The ids, from "a,b" or "a, b", a list as in early editions, or "None" for none."""
    parts = value if isinstance(value, list) else str(value or "").split(",")
    return [name for name in (str(part).strip() for part in parts) if name and name != "None"]


def attributes(values: dict[str, Any], counts: Counts, before: str = "") -> dict[str, Attribute]:
    """Typed values by dotted names: {"Parking": "{'lot': True}"} is {"Parking.lot": True}; None is left out.

    A string that is no literal is kept as it is, and noted.
    """
    found: dict[str, Attribute] = {}
    for name, value in values.items():
        if isinstance(value, str):
            try:
                value = literal(value)
            except ValueError:
                counts.noted("attribute kept as text")
        if isinstance(value, dict):
            found |= attributes(value, counts, f"{before}{name}.")
        elif isinstance(value, str | int | float):
            found[f"{before}{name}"] = value
        elif value is not None:
            counts.noted("attribute kept as text")
            found[f"{before}{name}"] = str(value)
    return found


def _event(row: dict[str, Any], kind: EventType, counts: Counts) -> Event:
    text = clean(row["text"], counts)
    if not text and kind is EventType.COMMENT:
        counts.noted("tip without text")
    return Event(
        user_id=identity(row["user_id"], counts), item_id=identity(row["business_id"], counts), type=kind,
        value=row["stars"] if kind is EventType.RATING else None, timestamp=moment(row["date"], counts),
        text=text or None, source="yelp",
    )  # fmt: skip


register(
    Format(
        name="yelp",
        files="yelp_academic_dataset_business.json and yelp_academic_dataset_review.json",
        sniff=lambda folder: bool(find(folder, *BUSINESS) and find(folder, *REVIEW)),
        items=read_items,
        events=read_events,
        left={
            "stars, review_count of a business": "made of the reviews themselves: they would tell the answer",
            "useful, funny, cool, compliment_count": "votes on a review or tip are none on the business",
            "hours": "an item has no place for opening hours",
            "users but for their friends": "an event has no place for a person's traits",
            "yelp_academic_dataset_checkin.json": "tells when, but not who",
            "photos.json": "an item has no place for them",
        },
    )
)
