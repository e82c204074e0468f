"""Amazon Reviews, edition of 2014 (McAuley and others 2015). Its metadata are Python literals, one a line.

They are parsed by `ast.literal_eval`, up to 1 MiB a line, and never run. Strict JSON, as some copies are in, is read too.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tastemaker.domain import Event, Item
from tastemaker.retrieval.datasets import amazon
from tastemaker.retrieval.datasets.formats import Format, register
from tastemaker.retrieval.datasets.lines import lines, refusing
from tastemaker.retrieval.datasets.repair import identity, literal, price, seconds
from tastemaker.retrieval.datasets.report import Counts

NAMES = ("reviewerID", "asin", "overall")
WORDS = ("summary", "reviewText")


def read_items(folder: Path, counts: Counts) -> Iterator[Item]:
    """Yield the products of the metadata, or else those that were reviewed."""
    paths = amazon.files(folder, meta=True)
    if not paths:
        yield from amazon.bare_items(folder, counts, "asin")
    for path in paths:
        for where, text in lines(path, counts):
            counts.read(path.name)
            with refusing(where, "is no product"):
                item = _item(_object(text), counts)
            if item:
                yield item


def read_events(folder: Path, counts: Counts) -> Iterator[Event]:
    """Yield the reviews as ratings with their text, in file order, without exact duplicates."""
    for where, row in amazon.reviews(folder, counts):
        with refusing(where, "is no review"):
            event = amazon.review(row, NAMES, WORDS, when(row, counts), counts, "amazon-2014")
        yield event


def when(row: dict[str, Any], counts: Counts) -> datetime:
    """The second of the review, or else the day in `reviewTime`, such as "01 6, 2012", at midnight UTC."""
    if "unixReviewTime" in row:
        return seconds(row["unixReviewTime"])
    counts.repaired("time from reviewTime")
    return datetime.strptime(row["reviewTime"], "%m %d, %Y").replace(tzinfo=UTC)


def _object(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = literal(text)
    if not isinstance(found, dict):
        raise TypeError(f"a {type(found).__name__}, not a dict")
    return found


def _item(row: dict[str, Any], counts: Counts) -> Item | None:
    names = [name for path in row.get("categories") or [] for name in path]
    rank = row.get("salesRank")
    return amazon.product(
        row,
        identity(str(row["asin"]), counts),
        counts,
        categories=amazon.categories(names, counts),
        image_url=amazon.plain_text(row.get("imUrl"), counts) or None,
        attributes={
            "price": price(row.get("price")),
            "brand": amazon.plain_text(row.get("brand"), counts),
            "sales_rank": next(iter(rank.values()), None) if isinstance(rank, dict) else None,
        },
    )


register(
    Format(
        name="amazon-2014",
        files="*.json with reviewerID and helpful, and meta*.json",
        sniff=amazon.sniffer({"reviewerID", "asin", "overall"}, {"verified"}),
        items=read_items,
        events=read_events,
        own_items=amazon.own_items,
        left={**amazon.LEFT, "related": "bought together by others: no act of one user"},
    )
)
