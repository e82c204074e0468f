"""Amazon Reviews, edition of 2018 (Ni, Li and McAuley 2019): JSON lines; some copies of the metadata are one JSON array.

No real metadata were at hand; their traps are those that others wrote down.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from tastemaker.domain import Item
from tastemaker.retrieval.datasets import amazon
from tastemaker.retrieval.datasets.amazon_2014 import review
from tastemaker.retrieval.datasets.formats import Format, register
from tastemaker.retrieval.datasets.lines import lines
from tastemaker.retrieval.datasets.repair import identity, price
from tastemaker.retrieval.datasets.report import Counts

RANK = re.compile(r"^[>#\s]*(?P<number>\d[\d,]*) in (?P<name>[^(>]+)")


def product_lines(path: Path, counts: Counts) -> Iterator[tuple[str, str]]:
    """Yield "file:line" and each line of metadata, without those that only open or close an array."""
    for where, text in lines(path, counts):
        if text.strip() not in {"[", "]", "[]"}:
            counts.read(path.name)
            yield where, text


def rank(value: Any) -> tuple[int, str] | None:
    """The first sales rank and its list, from "1,786 in Gift Cards (" or [">#2,893,775 in Toys & Games (See …)"]."""
    text = value[0] if isinstance(value, list) and value else value
    found = RANK.match(text) if isinstance(text, str) else None
    return (int(found["number"].replace(",", "")), found["name"].strip()) if found else None


def _element(text: str) -> str:
    """A line of a JSON array without its bracket and comma; a plain JSON line is unchanged."""
    line = text.strip()
    line = line[1:] if line.startswith("[{") else line
    return line[:-1] if line.endswith(("},", "}]")) else line


def _item(text: str, counts: Counts) -> Item | None:
    row = json.loads(_element(text))
    place = rank(row.get("rank"))
    cost = price(row.get("price"))
    if row.get("price") and cost is None:
        counts.noted("price is no single number: left out")
    if row.get("rank") and place is None:
        counts.noted("rank not understood: left out")
    details = row.get("details") if isinstance(row.get("details"), dict) else {}
    pictures = row.get("imageURLHighRes") or row.get("imageURL") or []
    return amazon.product(
        row,
        identity(str(row["asin"]), counts),
        counts,
        categories=amazon.categories(row.get("category") or [row.get("main_cat") or ""], counts),
        image_url=pictures[0] if isinstance(pictures, list) and pictures else None,
        attributes={
            "price": cost,
            "brand": amazon.plain_text(row.get("brand"), counts),
            "sales_rank": place and place[0],
            "sales_rank_in": place and place[1],
            **_details(details or {}),
        },
    )


def _details(details: dict[str, Any]) -> dict[str, str]:
    """Details by names without line breaks and colons: "\\n  Product Dimensions: \\n" is "Product Dimensions"."""
    named = {" ".join(key.split()).rstrip(": "): value for key, value in details.items()}
    return {f"details.{key}": " ".join(value.split()) for key, value in named.items() if key and isinstance(value, str)}


register(
    Format(
        name="amazon-2018",
        files="*.json with reviewerID and verified, and meta*.json",
        sniff=amazon.sniffer({"reviewerID", "asin", "overall", "verified"}, set()),
        items=amazon.items(product_lines, _item, "asin"),
        events=amazon.events(partial(review, source="amazon-2018")),
        own_items=amazon.own_items,
        left={
            **amazon.LEFT,
            "style": "which variant was bought; the product is one item",
            "also_buy, also_view, similar_item": "bought or seen by others: no act of one user",
        },
    )
)
