"""MIND (Wu and others 2020): news, and what Microsoft News showed and had clicked. Quotes in cells mean nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from tastemaker.domain import Event, EventType, Item
from tastemaker.retrieval.datasets.formats import LIKES, Format, register
from tastemaker.retrieval.datasets.lines import find, need, refusing, split_rows
from tastemaker.retrieval.datasets.repair import TIMELESS, clean, identity, titled
from tastemaker.retrieval.datasets.report import Counts

SOURCE = "mind"


def read_items(folder: Path, counts: Counts) -> Iterator[Item]:
    """Yield the news: category and subcategory, the abstract as description, names in title and abstract as `entities`."""
    for where, row in split_rows(need(folder, "news.tsv"), counts, "\t", 8):
        with refusing(where, "is no news"):
            if not row[4].strip():
                counts.noted("no abstract")
            names = [entity["Label"] for cell in row[6:] if cell.strip() for entity in json.loads(cell)]
            entities = tuple(dict.fromkeys(clean(name, counts) for name in names))
            item = Item(
                id=identity(row[0], counts),
                title=titled(row[3], counts),
                description=clean(row[4], counts),
                categories=tuple(filter(None, row[1:3])),
                attributes={"entities": entities} if entities else {},
                url=row[5].strip() or None,
                language="en",
            )
        yield item


def read_events(folder: Path, counts: Counts) -> Iterator[Event]:
    """Yield for each impression a like for a click and a skip for what was not clicked, in file order.

    What a user had read before yields one view each, without a time, when the user's history is first met: rows of one
    user repeat it. Times such as `11/12/2019 2:14:46 PM` have no zone and are taken as UTC.
    """
    histories: set[int] = set()
    for where, (_, user, time, history, shown) in split_rows(need(folder, "behaviors.tsv"), counts, "\t", 5):
        with refusing(where, "is no impression"):
            person = identity(user, counts)
            when = datetime.strptime(time.strip(), "%m/%d/%Y %I:%M:%S %p").replace(tzinfo=UTC)
            counts.repaired("no time zone, read as UTC")
            events = _history(person, history, histories, counts)
            for part in shown.split():
                news, mark, label = part.rpartition("-")
                if not mark:
                    counts.dropped("impression without a label")
                    continue
                kind = {"1": EventType.LIKE, "0": EventType.SKIP}[label]
                events.append(_event(person, identity(news, counts), kind, when))
        yield from events


def _history(user: str, history: str, seen: set[int], counts: Counts) -> list[Event]:
    names = history.split()
    if not names:
        counts.noted("no history")
        return []
    mark = hash((user, history))
    if mark in seen:
        counts.dropped("history as in an earlier row", len(names))
        return []
    seen.add(mark)
    once = dict.fromkeys(names)
    if repeats := len(names) - len(once):
        counts.dropped("repeated in one history", repeats)
    return [_event(user, identity(name, counts), EventType.VIEW, TIMELESS) for name in once]


def _event(user: str, news: str, kind: EventType, when: datetime) -> Event:
    return Event(user_id=user, item_id=news, type=kind, timestamp=when, source=SOURCE)


register(
    Format(
        name="mind",
        files="news.tsv and behaviors.tsv",
        sniff=lambda folder: bool(find(folder, "news.tsv") and find(folder, "behaviors.tsv")),
        items=read_items,
        events=read_events,
        main=LIKES,
        left={
            "entity_embedding.vec": "vectors of others; items are encoded anew",
            "relation_embedding.vec": "as entity_embedding.vec",
            "impression id": "events have no place for it; one impression's events share user and time",
        },
    )
)
