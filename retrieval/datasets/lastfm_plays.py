"""Last.fm 1K and 360K (Celma 2010): what each user played when, or how often.

1K: `userid-timestamp-artid-artname-traid-traname.tsv`; 360K: `usersha1-artmbid-artname-plays.tsv`. Both are read as
commonly published: no real file was at hand to try. Neither has a catalogue, so items are made of what was played. Where an
id is empty, one is made of the names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

from tastemaker.domain import MAX_ID_CHARS, Event, EventType, Item
from tastemaker.retrieval.datasets.formats import LIKES, Format, register
from tastemaker.retrieval.datasets.lines import find, need, refusing, split_rows
from tastemaker.retrieval.datasets.repair import TIMELESS, identity, moment, titled
from tastemaker.retrieval.datasets.report import Counts

PLAYS_1K = "userid-timestamp-artid-artname-traid-traname.tsv"
PLAYS_360K = ("usersha1-artmbid-artname-plays.tsv", "usersha1-artmbid-artname-plays.dat")
Row = tuple[str, list[str], str]


def tracks(folder: Path, counts: Counts) -> Iterator[Item]:
    """The tracks of 1K when they first occur, with the artist as an attribute."""

    def make(row: list[str], name: str) -> Item:
        artist = titled(row[3], counts)
        return Item(id=name, title=titled(row[5], counts), attributes={"artist": artist} if artist else {})

    return _first(_listens(folder, counts), make, "is no track")


def listens(folder: Path, counts: Counts) -> Iterator[Event]:
    """One like for each play of a track: playing is the only sign there is."""
    return _likes(_listens(folder, counts), lambda row: moment(row[1], counts), counts, "lastfm-1k")


def artists(folder: Path, counts: Counts) -> Iterator[Item]:
    """The artists of 360K when they first occur."""
    plays = _plays(folder, counts)
    return _first(plays, lambda row, name: Item(id=name, title=titled(row[2], counts)), "is no artist")


def most_played(folder: Path, counts: Counts) -> Iterator[Event]:
    """One like for each artist among a user's most played. There are no times."""
    return _likes(_plays(folder, counts), lambda row: TIMELESS, counts, "lastfm-360k")


def _first(rows: Iterator[Row], make: Callable[[list[str], str], Item], fault: str) -> Iterator[Item]:
    known: set[str] = set()
    for where, row, name in rows:
        if name not in known:
            known.add(name)
            with refusing(where, fault):
                item = make(row, name)
            yield item


def _likes(rows: Iterator[Row], time: Callable[[list[str]], datetime], counts: Counts, source: str) -> Iterator[Event]:
    for where, row, name in rows:
        with refusing(where, "is no play"):
            event = Event(
                user_id=identity(row[0], counts), item_id=name, type=EventType.LIKE, timestamp=time(row), source=source,
            )  # fmt: skip
        yield event


def _listens(folder: Path, counts: Counts) -> Iterator[Row]:
    for where, row in split_rows(need(folder, PLAYS_1K), counts, "\t", 6):
        if not row[5].strip():
            counts.dropped("no name of the track")
        else:
            yield where, row, _named(row[4], f"{row[3].strip()} {row[5].strip()}", counts)


def _plays(folder: Path, counts: Counts) -> Iterator[Row]:
    for where, row in split_rows(need(folder, *PLAYS_360K), counts, "\t", 4):
        with refusing(where, "is no count of plays"):
            plays = int(row[3])
        if not row[2].strip():
            counts.dropped("no name of the artist")
        elif plays < 1:
            counts.dropped("no plays")
        else:
            yield where, row, _named(row[1], row[2].strip(), counts)


def _named(given: str, name: str, counts: Counts) -> str:
    """The id that is given, or one of the name, cut to what an id may hold."""
    if given.strip():
        return identity(given, counts)
    counts.repaired("id from the name")
    found = identity(name, counts)
    if len(found) > MAX_ID_CHARS:
        counts.repaired(f"id cut to {MAX_ID_CHARS} characters")
    return found[:MAX_ID_CHARS]


PEOPLE = "an event has no place for a person's traits"
register(
    Format(
        name="lastfm-1k",
        files=PLAYS_1K,
        sniff=lambda folder: find(folder, PLAYS_1K) is not None,
        items=tracks,
        events=listens,
        main=LIKES,
        own_items=lambda folder: False,
        left={"userid-profile.tsv": PEOPLE},
    )
)
register(
    Format(
        name="lastfm-360k",
        files=PLAYS_360K[0],
        sniff=lambda folder: find(folder, *PLAYS_360K) is not None,
        items=artists,
        events=most_played,
        main=LIKES,
        own_items=lambda folder: False,
        left={"usersha1-profile.tsv": PEOPLE, "plays": "a like has no degree"},
    )
)
