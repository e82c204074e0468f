"""The source of truth about items and events: SQL tables from which Chroma's index can always be rebuilt."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any, TypeVar
from uuid import uuid4

import numpy as np
import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert

from tastemaker.domain import Event, EventType, Item, Preferences, item_text
from tastemaker.errors import InvalidInputError, UnknownItemError, UnknownUserError
from tastemaker.retrieval.attributes import AttributeTable, Ranking
from tastemaker.retrieval.taste import Consumption

T = TypeVar("T")
_tables = sa.MetaData()
_items = sa.Table(
    "item",
    _tables,
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("content_hash", sa.String, nullable=False),
    sa.Column("indexed_hash", sa.String),
    sa.Column("data", sa.JSON, nullable=False),
)
_events = sa.Table(
    "event",
    _tables,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("user_id", sa.String, nullable=False),
    sa.Column("item_id", sa.String),
    sa.Column("type", sa.String, nullable=False),
    sa.Column("value", sa.Float),
    sa.Column("timestamp", sa.String, nullable=False),
    sa.Column("text", sa.String),
    sa.Column("source", sa.String),
    sa.Column("weight", sa.Float, nullable=False),
    sa.Column("digest", sa.String, nullable=False, unique=True),
    sa.Index("event_by_user", "user_id", "timestamp"),
    sa.Index("event_by_item", "item_id"),
)
_preferences = sa.Table(
    "preference", _tables, sa.Column("user_id", sa.String, primary_key=True), sa.Column("data", sa.JSON, nullable=False)
)
_facts = sa.Table("fact", _tables, sa.Column("name", sa.String, primary_key=True), sa.Column("value", sa.String))
_constants = sa.Table(
    "item_constant",
    _tables,
    sa.Column("scope", sa.String, primary_key=True),
    sa.Column("item_id", sa.String, primary_key=True),
    sa.Column("content_hash", sa.String, nullable=False),
    sa.Column("value", sa.Float, nullable=False),
)
BATCH = 500
INDEXED = "items indexed"
"""Fact that holds the value of `WRITTEN` as of which all items are indexed."""
WRITTEN = "items written"
"""Fact that changes whenever items are written, by whatever process."""
AVOIDED = (EventType.SKIP.value, EventType.DISLIKE.value)
"""Of events that say someone did not want an item. A bad rating still says that they had it."""


BOTH = 5
"""Users who had both of two items, from whom on it counts that those of the one had the other more often."""
MOST_USERS = 50_000


@dataclass(frozen=True, slots=True)
class Together:
    """How many users had both of two items, the first, the second; and how many users there are."""

    both: int
    first: int
    second: int
    users: int

    @property
    def more_often(self) -> bool:
        """Whether those who had the first had the second more often than users have it at all."""
        return self.both >= BOTH and self.both * self.users > self.first * self.second


class Catalogue:
    """Items, events, and numbers that are constants of an item, in the database `engine`."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._popular: tuple[int, dict[tuple[float, datetime | None], Ranking]] = 0, {}
        self._users = 0, 0
        self._attributes: tuple[str | None, AttributeTable] | None = None
        self._newest: tuple[str | None, Ranking] | None = None
        _tables.create_all(engine)

    def add_items(self, items: Iterable[Item]) -> int:
        """Add or replace items, all or none; returns how many. Raises `InvalidInputError` for an id given twice."""
        seen: set[str] = set()
        with self._engine.begin() as connection:
            for batch in batches(items, BATCH):
                for item in batch:
                    if item.id in seen:
                        raise InvalidInputError(
                            "this id is given twice",
                            where=f"item {item.id!r}",
                            remedy="Give every item an id of its own",
                        )
                    seen.add(item.id)
                rows = [
                    {"id": item.id, "content_hash": content_hash(item), "data": item.model_dump(mode="json")}
                    for item in batch
                ]
                new = insert(_items)
                replaced = {"content_hash": new.excluded.content_hash, "data": new.excluded.data}
                connection.execute(new.on_conflict_do_update(index_elements=["id"], set_=replaced), rows)
            _set_fact(connection, WRITTEN, uuid4().hex)
        return len(seen)

    def add_events(self, events: Iterable[Event]) -> int:
        """Add events, all or none; one that is there already is not added again. Returns how many were new.

        Raises `UnknownItemError` for an item that is not in the catalogue.
        """
        added = 0
        with self._engine.begin() as connection:
            for batch in batches(events, BATCH):
                wanted = {event.item_id for event in batch if event.item_id is not None}
                known = set(connection.execute(sa.select(_items.c.id).where(_items.c.id.in_(wanted))).scalars())
                if missing := sorted(wanted - known):
                    raise unknown_item(missing[0])
                rows = [_event_row(event) for event in batch]
                done = connection.execute(insert(_events).on_conflict_do_nothing(index_elements=["digest"]), rows)
                added += max(done.rowcount, 0)
        return added

    def size(self) -> tuple[int, int]:
        """Number of items, and of those that the index lacks or holds an older text of."""
        stale = sa.func.coalesce(_items.c.indexed_hash, "") != _items.c.content_hash
        query = sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(sa.cast(stale, sa.Integer)), 0)).select_from(
            _items
        )
        with self._engine.connect() as connection:
            total, waiting = connection.execute(query).one()
        return int(total), int(waiting)

    def is_indexed(self) -> bool:
        """Whether the index holds every item, as far as was noted; unlike `size` it counts nothing."""
        return self.fact(WRITTEN) == self.fact(INDEXED)

    def unindexed(self, limit: int, after: str = "") -> list[Item]:
        """Up to `limit` items with an id above `after` that the index lacks or holds an older text of, by id."""
        stale = sa.func.coalesce(_items.c.indexed_hash, "") != _items.c.content_hash
        query = sa.select(_items.c.data).where(stale, _items.c.id > after).order_by(_items.c.id).limit(limit)
        with self._engine.connect() as connection:
            return [Item.model_validate(data) for data in connection.execute(query).scalars()]

    def forget_index(self) -> None:
        """Let every item wait for the index again: its vectors are gone."""
        with self._engine.begin() as connection:
            connection.execute(sa.update(_items).values(indexed_hash=None))
            _set_fact(connection, INDEXED, "")

    def mark_indexed(self, items: Sequence[Item]) -> None:
        """Remember that the index holds the present text of `items`."""
        change = sa.update(_items).where(_items.c.id == sa.bindparam("key")).values(indexed_hash=sa.bindparam("hash"))
        with self._engine.begin() as connection:
            connection.execute(change, [{"key": item.id, "hash": content_hash(item)} for item in items])

    def items(self, ids: Sequence[str]) -> list[Item]:
        """The items of `ids`, in that order. Raises `UnknownItemError` for the first that is not there."""
        found: dict[str, Item] = {}
        with self._engine.connect() as connection:
            for part in batches(ids, BATCH):
                rows = connection.execute(sa.select(_items.c.data).where(_items.c.id.in_(part))).scalars()
                found |= {item.id: item for item in map(Item.model_validate, rows)}
        for identity in ids:
            if identity not in found:
                raise unknown_item(identity)
        return [found[identity] for identity in ids]

    def every(self) -> Iterator[Item]:
        """All items, by id, read one batch after the other; what is written meanwhile may be missed."""
        last = ""
        while True:
            query = sa.select(_items.c.id, _items.c.data).where(_items.c.id > last).order_by(_items.c.id).limit(BATCH)
            with self._engine.connect() as connection:
                rows = connection.execute(query).all()
            yield from (_stored(data) for _, data in rows)
            if len(rows) < BATCH:
                return
            last = str(rows[-1][0])

    def attributes(self) -> AttributeTable:
        """What filters read of all items; built again after items were written, 2 s for 100,000."""
        written = self.fact(WRITTEN)
        if self._attributes is None or self._attributes[0] != written:
            with self._engine.connect() as connection:
                rows = connection.execute(sa.select(_items.c.data).order_by(_items.c.id)).scalars()
                self._attributes = written, AttributeTable.of(map(_stored, rows))
        return self._attributes[1]

    def newest(self) -> Ranking:
        """Items with a `created_at`, newest first, ties by id; scores are seconds since 1970."""
        written = self.fact(WRITTEN)
        if self._newest is None or self._newest[0] != written:
            created = sa.func.json_extract(_items.c.data, "$.created_at")
            query = sa.select(_items.c.id, created).where(created.is_not(None))
            with self._engine.connect() as connection:
                dated = [(datetime.fromisoformat(at).timestamp(), str(one)) for one, at in connection.execute(query)]
            dated.sort(key=lambda row: (-row[0], row[1]))
            self._newest = written, Ranking([one for _, one in dated], np.array([at for at, _ in dated]))
        return self._newest[1]

    def titles(self, ids: Collection[str]) -> dict[str, str]:
        """The titles of those of `ids` that are items."""
        title = sa.func.json_extract(_items.c.data, "$.title")
        found: dict[str, str] = {}
        with self._engine.connect() as connection:
            for part in batches(ids, BATCH):
                rows = connection.execute(sa.select(_items.c.id, title).where(_items.c.id.in_(part)))
                found |= {str(one): str(text) for one, text in rows}
        return found

    def history(self, user_id: str) -> list[Event]:
        """The user's events, oldest first. Raises `UnknownUserError` if there is none."""
        query = sa.select(_events).where(_events.c.user_id == user_id).order_by(_events.c.timestamp, _events.c.number)
        with self._engine.connect() as connection:
            rows = connection.execute(query).mappings().all()
        if not rows:
            raise unknown_user(user_id)
        return [_past(row) for row in rows]

    def preferences(self, user_id: str) -> Preferences | None:
        """What a user set, None if nothing."""
        with self._engine.connect() as connection:
            query = sa.select(_preferences.c.data).where(_preferences.c.user_id == user_id)
            data = connection.execute(query).scalar()
        return None if data is None else Preferences.model_validate(data)

    def set_preferences(self, user_id: str, preferences: Preferences) -> None:
        """Replace what a user set."""
        data = preferences.model_dump(mode="json")
        new = insert(_preferences).values(user_id=user_id, data=data)
        with self._engine.begin() as connection:
            connection.execute(new.on_conflict_do_update(index_elements=["user_id"], set_={"data": data}))

    def erase(self, user_id: str, item_id: str | None = None) -> int:
        """Delete a user's events and preferences, or their events on one item; returns how many events.

        What was learned from them stays till the next fit. Raises `UnknownUserError` if there is nothing of theirs.
        """
        change = sa.delete(_events).where(_events.c.user_id == user_id)
        if item_id is not None:
            change = change.where(_events.c.item_id == item_id)
        set_by_them = 0
        with self._engine.begin() as connection:
            gone = connection.execute(change).rowcount
            if item_id is None:
                own = sa.delete(_preferences).where(_preferences.c.user_id == user_id)
                set_by_them = connection.execute(own).rowcount
        if not gone and not set_by_them:
            raise unknown_user(user_id)
        return gone

    def expire(self, before: datetime) -> Iterator[int]:
        """Delete the events before a time in UTC, of all users, some hundred in a transaction; yields how many each has deleted.

        What users set stays, and what was learned till the next fit.
        """
        old, last = sa.select(_events.c.number).where(*_before(before)).order_by(_events.c.number).limit(BATCH), 0
        while True:
            with self._engine.begin() as connection:
                numbers = connection.execute(old.where(_events.c.number > last)).scalars().all()
                change = sa.delete(_events).where(_events.c.number.in_(numbers), *_before(before))
                gone = connection.execute(change).rowcount if numbers else 0
            if not numbers:
                return
            self._popular, self._users, last = (0, {}), (0, 0), numbers[-1]
            yield gone

    def some_user(self, at_least: int, at_most: int) -> str | None:
        """The first user, by id, with a number of events in this range; None if there is none."""
        count = sa.func.count()
        query = sa.select(_events.c.user_id).group_by(_events.c.user_id).having(count.between(at_least, at_most))
        with self._engine.connect() as connection:
            return connection.execute(query.order_by(_events.c.user_id).limit(1)).scalar()

    def moment(self, share: float) -> datetime | None:
        """The time that `share` of the events with an item came before; None if they all came at one time, or there is none."""
        query = sa.select(_events.c.timestamp).where(_events.c.item_id.is_not(None)).order_by(_events.c.timestamp)
        total = sa.select(sa.func.count()).select_from(_events).where(_events.c.item_id.is_not(None))
        with self._engine.connect() as connection:
            after = int(share * (connection.execute(total).scalar() or 0))
            ends = [connection.execute(query.offset(n).limit(1)).scalar() for n in (0, after)]
        return datetime.fromisoformat(ends[1]) if ends[1] is not None and ends[0] != ends[1] else None

    def users_since(self, moment: datetime) -> list[str]:
        """Ids of users with an event at `moment` or later, in order."""
        query = sa.select(_events.c.user_id).where(_events.c.timestamp >= _stamp(moment)).distinct()
        with self._engine.connect() as connection:
            return sorted(connection.execute(query).scalars())

    def popular(self, share: float = 1.0, until: datetime | None = None) -> Ranking:
        """How many events, skips and dislikes apart, each item had in the last `share` of the time of all, most first.

        The part of the time is that between the first and the last event, of those before `until`; ties go by the whole
        time, then by id. Counted again when a hundredth more events have come, of whatever process: 80,000 take 110 ms.
        """
        with self._engine.connect() as connection:
            newest = connection.execute(sa.select(sa.func.max(_events.c.number))).scalar() or 0
            if not self._popular[0] <= newest <= 1.01 * self._popular[0]:
                self._popular = newest, {}
            if (share, until) not in self._popular[1]:
                self._popular[1][share, until] = self._count(connection, share, until)
            return self._popular[1][share, until]

    def _count(self, connection: sa.Connection, share: float, until: datetime | None) -> Ranking:
        before = _before(until)
        first, last = connection.execute(
            sa.select(sa.func.min(_events.c.timestamp), sa.func.max(_events.c.timestamp)).where(*before)
        ).one()
        if first is None:
            return Ranking([], np.zeros(0))
        start, end = datetime.fromisoformat(first), datetime.fromisoformat(last)
        late = sa.func.sum(sa.cast(_events.c.timestamp >= _stamp(end - share * (end - start)), sa.Integer))
        query = sa.select(_events.c.item_id, late, sa.func.count()).where(*before)
        query = query.where(_events.c.item_id.is_not(None), _events.c.type.not_in(AVOIDED)).group_by(_events.c.item_id)
        rows = [(str(one), int(lately), int(ever)) for one, lately, ever in connection.execute(query)]
        rows.sort(key=lambda row: (-row[1], -row[2], row[0]))
        return Ranking([row[0] for row in rows], np.array([float(row[1]) for row in rows]))

    def together(self, pairs: Sequence[tuple[str, str]]) -> dict[tuple[str, str], Together]:
        """How many users had each two items, skips and dislikes apart. Pairs with an item that over 50,000 had are left out:
        counting those takes long, and nearly all items go with them."""
        counts = self.popular()
        events = dict(zip(counts.ids, counts.scores.tolist(), strict=True))
        wanted = [pair for pair in dict.fromkeys(pairs) if all(0 < events.get(one, 0) <= MOST_USERS for one in pair)]
        if not wanted:
            return {}
        had = _events.c.type.not_in(AVOIDED)
        with self._engine.connect() as connection:
            newest = connection.execute(sa.select(sa.func.max(_events.c.number))).scalar() or 0
            if not self._users[0] <= newest <= 1.01 * self._users[0]:
                every = sa.select(sa.func.count(_events.c.user_id.distinct())).where(
                    _events.c.item_id.is_not(None), had
                )
                self._users = newest, int(connection.execute(every).scalar() or 0)
            of = {
                one: {*connection.execute(sa.select(_events.c.user_id).where(_events.c.item_id == one, had)).scalars()}
                for one in dict.fromkeys(one for pair in wanted for one in pair)
            }
        return {(a, b): Together(len(of[a] & of[b]), len(of[a]), len(of[b]), self._users[1]) for a, b in wanted}

    def consumption(self, until: datetime | None = None) -> Consumption:
        """Everyone's events with items before `until`, negative ones too, each user's oldest first: what tastes are
        learned from.

        Of several events of a user on an item the first counts.
        """
        query = sa.select(_events.c.user_id, _events.c.item_id).where(_events.c.item_id.is_not(None), *_before(until))
        query = query.order_by(_events.c.user_id, _events.c.timestamp, _events.c.number)
        users: dict[str, int] = {}
        items: dict[str, int] = {}
        with self._engine.connect() as connection:
            pairs = dict.fromkeys(
                (users.setdefault(user, len(users)), items.setdefault(item, len(items)))
                for user, item in connection.execute(query)
            )
        rows = np.array(list(pairs), dtype=np.int64).reshape(-1, 2)
        return Consumption(rows[:, 0], rows[:, 1], tuple(items))

    def fact(self, name: str) -> str | None:
        """A fact about the store, such as the encoder that made its vectors."""
        with self._engine.connect() as connection:
            return connection.execute(sa.select(_facts.c.value).where(_facts.c.name == name)).scalar()

    def set_fact(self, name: str, value: str) -> None:
        """Remember a fact about the store."""
        with self._engine.begin() as connection:
            _set_fact(connection, name, value)

    def own_id(self) -> str:
        """What names this store among others, drawn once."""
        drawn = insert(_facts).values(name="own_id", value=uuid4().hex).on_conflict_do_nothing()
        with self._engine.begin() as connection:
            connection.execute(drawn)
        return self.fact("own_id") or ""

    def constants(self, scope: str, items: Sequence[Item]) -> dict[str, float]:
        """Numbers kept under `scope` for those of `items` whose text has not changed since."""
        query = sa.select(_constants).where(
            _constants.c.scope == scope, _constants.c.item_id.in_([item.id for item in items])
        )
        wanted = {item.id: content_hash(item) for item in items}
        with self._engine.connect() as connection:
            rows = connection.execute(query).mappings().all()
        return {row["item_id"]: row["value"] for row in rows if wanted[row["item_id"]] == row["content_hash"]}

    def set_constants(self, scope: str, items: Sequence[Item], values: Sequence[float]) -> None:
        """Keep one number an item under `scope`."""
        rows = [
            {"scope": scope, "item_id": item.id, "content_hash": content_hash(item), "value": float(value)}
            for item, value in zip(items, values, strict=True)
        ]
        if not rows:
            return
        new = insert(_constants)
        replaced = {"content_hash": new.excluded.content_hash, "value": new.excluded.value}
        with self._engine.begin() as connection:
            connection.execute(new.on_conflict_do_update(index_elements=["scope", "item_id"], set_=replaced), rows)


def content_hash(item: Item) -> str:
    """sha256 of what encoders and models read of the item, in hexadecimal."""
    return hashlib.sha256(item_text(item).encode("utf-8")).hexdigest()


def unknown_item(identity: str) -> UnknownItemError:
    """The error for an id that is not in the catalogue."""
    return UnknownItemError(
        "no such item is in the catalogue", where=f"item {identity[:80]!r}", remedy="Index it first, or check the id"
    )


def unknown_user(user_id: str) -> UnknownUserError:
    """The error for a user without events."""
    return UnknownUserError(
        "no event of this user is known", where=f"user {user_id[:80]!r}",
        remedy="Call observe() with some events first, or recommend from a history or a query",
    )  # fmt: skip


def batches(values: Iterable[T], size: int) -> Iterator[list[T]]:
    """Lists of up to `size` consecutive values."""
    rest = iter(values)
    while batch := list(islice(rest, size)):
        yield batch


def _set_fact(connection: sa.Connection, name: str, value: str) -> None:
    new = insert(_facts).values(name=name, value=value)
    connection.execute(new.on_conflict_do_update(index_elements=["name"], set_={"value": value}))


def _event_row(event: Event) -> dict[str, Any]:
    row = event.model_dump(mode="json")
    row["timestamp"] = _stamp(event.timestamp)
    digest = hashlib.sha256(event.model_dump_json().encode("utf-8")).hexdigest()
    return {**row, "weight": event.weight, "digest": digest}


def _stamp(moment: datetime) -> str:
    return moment.isoformat(timespec="microseconds")  # of one width, so that text sorts as time


def _before(until: datetime | None) -> list[sa.ColumnElement[bool]]:
    return [] if until is None else [_events.c.timestamp < _stamp(until)]


def _stored(data: dict[str, Any]) -> Item:
    """The item that was validated when it was stored; what filters read of it has its type."""
    created = data["created_at"]
    typed = {
        "categories": tuple(data["categories"]),
        "attributes": {name: tuple(v) if isinstance(v, list) else v for name, v in data["attributes"].items()},
        "created_at": datetime.fromisoformat(created) if created else None,
    }
    return Item.model_construct(**(data | typed))


def _past(row: Any) -> Event:
    """The event that was validated when it was stored."""
    typed = {"type": EventType(row["type"]), "timestamp": datetime.fromisoformat(row["timestamp"])}
    return Event.model_construct(**({name: row[name] for name in Event.model_fields} | typed))
