"""Last.fm 2K of HetRec 2011 (Cantador, Brusilovsky and Kuflik): plays without times, tags with, friends.

`artists.dat` is UTF-8, `tags.dat` latin-1. Some copies lack headers. Quotes in cells mean nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from tastemaker.domain import Event, EventType, Item
from tastemaker.errors import DatasetError
from tastemaker.retrieval.datasets.formats import LIKES, Format, register
from tastemaker.retrieval.datasets.lines import FIX, find, need, refusing, split_rows
from tastemaker.retrieval.datasets.repair import TIMELESS, clean, identity, titled
from tastemaker.retrieval.datasets.report import Counts

TAGGED = "user_taggedartists.dat"
TAGGED_MS = "user_taggedartists-timestamps.dat"


def read_items(folder: Path, counts: Counts | None = None) -> Iterator[Item]:
    """Yield the artists. A name that was UTF-8 read as latin-1 at the source, such as `BallakÃ©`, is put right."""
    counts = counts or Counts()
    for where, row in split_rows(need(folder, "artists.dat"), counts, "\t", 4, header="id"):
        with refusing(where, "is no artist"):
            if not row[3].strip():
                counts.noted("no picture")
            item = Item(
                id=identity(row[0], counts),
                title=_unmixed(titled(row[1], counts), counts),
                url=row[2].strip() or None,
                image_url=row[3].strip() or None,
            )
        yield item


def read_events(folder: Path, counts: Counts | None = None) -> Iterator[Event]:
    """Yield one like for each artist among a user's most played, then each tag as a comment with its words and day.

    How often an artist was played is not kept: an event has no place for it. Friends are read and counted as dropped:
    an event is on an item, and a person is none.
    """
    counts = counts or Counts()
    for where, row in split_rows(need(folder, "user_artists.dat"), counts, "\t", 3, header="userID"):
        with refusing(where, "is no count of plays"):
            if int(row[2]) < 1:
                raise ValueError(f"{row[2].strip()} plays")
            event = Event(
                user_id=identity(row[0], counts), item_id=identity(row[1], counts), type=EventType.LIKE,
                timestamp=TIMELESS, source="lastfm-2k",
            )  # fmt: skip
        yield event
    yield from _tags(folder, counts)
    if path := find(folder, "user_friends.dat"):
        for where, (user, friend) in split_rows(path, counts, "\t", 2, header="userID"):
            if not (user.strip() and friend.strip()):
                raise DatasetError("is no pair of friends", where=where, remedy=FIX)
            counts.dropped("friend of a user: no item")


def _tags(folder: Path, counts: Counts) -> Iterator[Event]:
    """Tags with times in milliseconds where that file is there, else with days."""
    path = find(folder, TAGGED_MS, TAGGED)
    if path is None:
        return
    words = {
        identity(row[0], counts): clean(row[1], counts)
        for _, row in split_rows(need(folder, "tags.dat"), counts, "\t", 2, latin=True, header="tagID")
    }
    exact = path.name.startswith(TAGGED_MS)
    for where, row in split_rows(path, counts, "\t", 4 if exact else 6, header="userID"):
        with refusing(where, "is no tag"):
            if exact:
                counts.repaired("milliseconds")
                when = datetime.fromtimestamp(int(row[3]) / 1000, UTC)
            else:
                when = datetime(int(row[5]), int(row[4]), int(row[3]), tzinfo=UTC)
            event = Event(
                user_id=identity(row[0], counts), item_id=identity(row[1], counts), type=EventType.COMMENT,
                text=words[row[2].strip()], timestamp=when, source="lastfm-2k",
            )  # fmt: skip
        yield event


def _unmixed(name: str, counts: Counts) -> str:
    try:
        found = name.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return name
    if found != name:
        counts.repaired("UTF-8 read as latin-1")
    return found


register(
    Format(
        name="lastfm-2k",
        files="artists.dat and user_artists.dat",
        sniff=lambda folder: bool(find(folder, "artists.dat") and find(folder, "user_artists.dat")),
        items=read_items,
        events=read_events,
        main=LIKES,
        left={"weight": "how often an artist was played: a like has no degree"},
    )
)
