"""Amazon Reviews, edition of 2023 (Hou and others 2024): times in milliseconds, products joined on `parent_asin`."""

from __future__ import annotations

import re
from typing import Any

from tastemaker.domain import Event, Item
from tastemaker.retrieval.datasets import amazon
from tastemaker.retrieval.datasets.formats import Format, register
from tastemaker.retrieval.datasets.lines import json_rows
from tastemaker.retrieval.datasets.repair import clean, identity, moment, price
from tastemaker.retrieval.datasets.report import Counts

SUFFIX = re.compile(r"_\d+$")


def review(row: dict[str, Any], counts: Counts) -> Event:
    """A review, as a rating of the parent product.

    A user id with a suffix, such as `…_1`, is kept: nothing published says that it is the same person.
    """
    time = moment(row["timestamp"], counts)
    names, words = ("user_id", "parent_asin", "rating"), ("title", "text")
    event = amazon.review(row, names, words, time, counts, "amazon-2023")
    if SUFFIX.search(event.user_id):
        counts.noted("user id with a suffix")
    if row.get("asin", row["parent_asin"]) != row["parent_asin"]:
        counts.noted("variant joined to its parent product")
    return event


def _item(row: dict[str, Any], counts: Counts) -> Item | None:
    pictures = [picture for picture in row.get("images") or [] if isinstance(picture, dict)]
    shown = next((picture.get("hi_res") or picture.get("large") for picture in pictures), None)
    names = row.get("categories") or [row.get("main_category") or ""]
    details = row.get("details") if isinstance(row.get("details"), dict) else {}
    features = tuple(clean(str(text), counts, marked=True) for text in row.get("features") or [])
    return amazon.product(
        row,
        identity(str(row["parent_asin"]), counts),
        counts,
        categories=amazon.categories(names, counts),
        image_url=shown,
        attributes={
            "price": price(row.get("price")),
            "store": amazon.plain_text(row.get("store"), counts),
            "features": tuple(filter(None, features)),
            **{
                f"details.{key}": value
                for key, value in (details or {}).items()
                if isinstance(value, str | int | float)
            },
        },
    )


register(
    Format(
        name="amazon-2023",
        files="*.jsonl with parent_asin and user_id, and meta*.jsonl",
        sniff=amazon.sniffer({"parent_asin", "user_id", "rating"}, set()),
        items=amazon.items(json_rows, _item, "parent_asin"),
        events=amazon.events(review),
        own_items=amazon.own_items,
        left={
            **amazon.LEFT,
            "average_rating, rating_number": "made of the reviews themselves: they would tell the answer",
            "videos": "an item has no place for them",
            "bought_together": "bought by others: no act of one user",
        },
    )
)
