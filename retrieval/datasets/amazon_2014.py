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
from tastemaker.retrieval.datasets.lines import lines
from tastemaker.retrieval.datasets.repair import identity, literal, price, seconds
from tastemaker.retrieval.datasets.report import Counts

NAMES = ("reviewerID", "asin", "overall")
WORDS = ("summary", "reviewText")


def product_lines(path: Path, counts: Counts) -> Iterator[tuple[str, str]]:
    """Yield "file:line" and each line of metadata."""
    for where, text in lines(path, counts):
        counts.read(path.name)
        yield where, text


def review(row: dict[str, Any], counts: Counts, source: str = "amazon-2014") -> Event:
    """A review of 2014 or 2018."""
    return amazon.review(row, NAMES, WORDS, when(row, counts), counts, source)


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


def _item(text: str, counts: Counts) -> Item | None:
    row = _object(text)
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
        items=amazon.items(product_lines, _item, "asin"),
        events=amazon.events(review),
        own_items=amazon.own_items,
        left={**amazon.LEFT, "related": "bought together by others: no act of one user"},
    )
)
