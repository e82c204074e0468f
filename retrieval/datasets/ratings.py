"""Events that several formats share: a rating of four cells, and a tag in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from tastemaker.domain import Event, EventType
from tastemaker.retrieval.datasets.lines import refusing
from tastemaker.retrieval.datasets.repair import clean, identity, seconds
from tastemaker.retrieval.datasets.report import Counts


def ratings(rows: Iterable[tuple[str, Sequence[str]]], counts: Counts, source: str) -> Iterator[Event]:
    """Yield one rating for each "file:line" with the cells user, item, stars and seconds since 1970."""
    for where, (user, item, stars, when) in rows:
        with refusing(where, "is no rating"):
            event = Event(
                user_id=identity(user, counts), item_id=identity(item, counts), type=EventType.RATING,
                value=float(stars), timestamp=seconds(when), source=source,
            )  # fmt: skip
        yield event


def tagged(user: str, item: str, words: str, when: str, counts: Counts, source: str) -> Event:
    """A tag as a comment with its words. Raises what a bad cell raises."""
    return Event(
        user_id=identity(user, counts), item_id=identity(item, counts), type=EventType.COMMENT,
        text=clean(words, counts), timestamp=seconds(when), source=source,
    )  # fmt: skip
