"""Conversations, kept turn by turn in the database of the feedback log. Turns are added, never changed; they go only when erased, or too old.

A turn carries the whole state after it, so that a conversation goes on from its newest turn, however long it is. A fork is begun
with a copy of the one turn that it continues from: it needs nothing else of its parent, and outlives it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import uuid4

import orjson
import sqlalchemy as sa
from pydantic import AfterValidator, Field, TypeAdapter
from pydantic_core import PydanticCustomError

from tastemaker.agent.feedback.log import FeedbackLog, now_text
from tastemaker.agent.feedback.schema import conversation, conversation_turn
from tastemaker.agent.feedback.writer import Statement, insert
from tastemaker.agent.limits import checked
from tastemaker.domain import Id, Shape, Text, Time
from tastemaker.errors import ConflictError, InvalidInputError, UnknownConversationError

MAX_STATE_BYTES = 1_000_000
"""Most bytes of JSON in the state of a turn, and in its reading: each turn writes them anew."""
MAX_LIMIT = 1_000
"""Most turns or conversations that one call reads."""
PART = 100
"""Most conversations that `expire` deletes in one transaction: others write in between."""
_MAX_NUMBER = 2**31 - 1  # of an INTEGER in PostgreSQL
_id: TypeAdapter[str] = TypeAdapter(Id)


def _check_json(value: dict[str, Any]) -> dict[str, Any]:
    try:
        text = orjson.dumps(value)
        faithful = orjson.loads(text) == value  # NaN would come back as null, a tuple as a list, a date as a string
    except TypeError:
        text, faithful = b"", False
    if not faithful:
        raise PydanticCustomError(
            "json", "holds what JSON can't give back: use text, finite numbers of 64 bits, true, false, null, lists and objects"
        )  # fmt: skip
    if len(text) > MAX_STATE_BYTES:
        raise PydanticCustomError("json", f"is {len(text):,} bytes of JSON, more than {MAX_STATE_BYTES:,}")
    return value


Json = Annotated[dict[str, Any], AfterValidator(_check_json)]
"""A JSON object of at most `MAX_STATE_BYTES` that comes back from the database as it was given."""


class Turn(Shape):
    """One turn: what the user said, how it was read, what was replied and decided, and the state of the conversation after it.

    `reading` and `state` are opaque here.
    """

    number: int = Field(ge=1, le=_MAX_NUMBER)
    message: Text
    reading: Json
    reply: Text
    decision_id: Id | None = None
    state: Json
    created_at: Time = Field(default_factory=lambda: datetime.now(UTC))


@dataclass(frozen=True, slots=True)
class Conversation:
    """A conversation in a list: `turns` is the number of its newest turn, 0 if there is none; `message` is what was said in it."""

    id: str
    created_at: datetime
    turns: int
    message: str | None


class Memory:
    """The conversations in the database of `log`, written by its writer: what a call has written is on disk when it returns.

    Every call that names a conversation takes a `user_id`. Given one, the conversations of all others, and those of nobody, are as
    unknown as if they were not there. None may touch every conversation: it is for callers that have checked, as by `begin`.

    All raise `InvalidInputError` for an id or a number that is none, and `StoreError` where the database can't write.
    """

    def __init__(self, log: FeedbackLog) -> None:
        self._engine, self._writer = log.engine, log.writer
        self._add = insert(conversation, log.engine, once=True)
        self._add_turn = Statement(sa.insert(conversation_turn), log.engine, list(conversation_turn.columns))

    def begin(self, user_id: str | None, conversation_id: str | None = None) -> str:
        """Begin a conversation of a user, or of nobody, and return its id; begun before by the same, it stays as it is.

        Raises `ConflictError` if the id belongs to another's conversation.
        """
        row = _row(_checked(conversation_id), None if user_id is None else checked(_id, user_id, "user_id"))

        def begin(connection: sa.Connection) -> None:
            if self._add(connection, row).rowcount:
                return
            owner = connection.execute(sa.select(conversation.c.user_id).where(conversation.c.id == row["id"])).first()
            if owner is not None and owner.user_id != row["user_id"]:
                raise ConflictError(
                    "is taken by another conversation", where=_named(row["id"]),
                    remedy="Begin it with another id, or with none to be given one",
                )  # fmt: skip

        self._writer.run(begin)
        return str(row["id"])

    def append(self, conversation_id: str, number: int, turn: Turn, user_id: str | None = None) -> None:
        """Add the turn that follows the newest; `number` is one more than its number, and `turn.number` too.

        Raises:
            ConflictError: there is such a turn already, as when two were asked at once, or the one before it is not there.
            UnknownConversationError: it was never begun, or was erased.
        """
        if turn.number != number:
            raise InvalidInputError(f"is {turn.number}, where turn {number} is added", where="turn.number")
        row = turn.model_dump() | {"conversation_id": conversation_id, "created_at": turn.created_at.isoformat()}

        def append(connection: sa.Connection) -> None:
            _known(connection, conversation_id, user_id, lock=True)
            newest = _newest(connection, conversation_id)
            if number != newest + 1:
                there = number <= newest
                raise ConflictError(
                    "is there already: another turn came first" if there else f"does not follow the newest, {newest}",
                    where=f"turn {number} of {_named(conversation_id)}",
                    remedy="Wait for the first, then ask again" if there else "Read the last turn, then ask again",
                )
            self._add_turn(connection, row)

        self._writer.run(append)

    def owner(self, conversation_id: str) -> str | None:
        """Whose conversation it is, None if nobody's. Raises `UnknownConversationError`."""
        with self._engine.connect() as connection:
            user_id = _known(connection, conversation_id, None).user_id
        return None if user_id is None else str(user_id)

    def last(self, conversation_id: str, user_id: str | None = None) -> Turn | None:
        """The newest turn, None before the first; as quick in a long conversation. Raises `UnknownConversationError`."""
        query = _turns_of(conversation_id).order_by(conversation_turn.c.number.desc()).limit(1)
        with self._engine.connect() as connection:
            _known(connection, conversation_id, user_id)
            row = connection.execute(query).first()
        return None if row is None else _turn(row)

    def turns(self, conversation_id: str, after: int = 0, limit: int = 100, user_id: str | None = None) -> list[Turn]:
        """The first `limit` turns after number `after`, in order; a fork's begin with the one that it continues.

        Raises `UnknownConversationError`.
        """
        later = conversation_turn.c.number > _whole(after, "after", 0, _MAX_NUMBER)
        query = _turns_of(conversation_id).where(later).limit(_whole(limit, "limit", 1, MAX_LIMIT))
        with self._engine.connect() as connection:
            _known(connection, conversation_id, user_id)
            return [_turn(row) for row in connection.execute(query.order_by(conversation_turn.c.number))]

    def fork(self, conversation_id: str, at: int | None = None, user_id: str | None = None) -> str:
        """Begin a conversation of the same user that continues from turn `at`, by default the newest; returns its id.

        Turn `at` is copied, with its number, and is the fork's first. The turns before it stay in the parent, which the export
        names; either can be erased without the other.

        Raises:
            UnknownConversationError: there is no such conversation.
            InvalidInputError: it has no such turn.
        """
        wanted = None if at is None else _whole(at, "at", 1, _MAX_NUMBER)

        def fork(connection: sa.Connection) -> str:
            parent = _known(connection, conversation_id, user_id, lock=True)
            number = wanted or _newest(connection, conversation_id)
            query = _turns_of(conversation_id).where(conversation_turn.c.number == number)
            turn = connection.execute(query).mappings().first()
            if turn is None:
                raise InvalidInputError(
                    f"has no turn {number}" if number else "has no turn to continue from",
                    where=_named(conversation_id), remedy="Give the number of one of its turns",
                )  # fmt: skip
            row = _row(uuid4().hex, parent.user_id) | {"forked_from": conversation_id, "forked_at": number}
            self._add(connection, row)
            self._add_turn(connection, {**turn, "conversation_id": row["id"]})
            return str(row["id"])

        return self._writer.run(fork)

    def conversations(self, user_id: str, limit: int = 50) -> list[Conversation]:
        """The conversations of a user, the newest begun first; none of an unknown user."""
        mine = sa.select(conversation).where(conversation.c.user_id == checked(_id, user_id, "user_id"))
        order = (conversation.c.created_at.desc(), conversation.c.id)
        some = mine.order_by(*order).limit(_whole(limit, "limit", 1, MAX_LIMIT)).subquery()
        other = conversation_turn.alias()
        newest = sa.select(sa.func.max(other.c.number)).where(other.c.conversation_id == some.c.id).scalar_subquery()
        turn = conversation_turn.c
        joined = some.outerjoin(conversation_turn, sa.and_(turn.conversation_id == some.c.id, turn.number == newest))
        query = sa.select(some.c.id, some.c.created_at, turn.number, turn.message).select_from(joined)
        with self._engine.connect() as connection:
            rows = connection.execute(query.order_by(some.c.created_at.desc(), some.c.id)).all()
        return [
            Conversation(row.id, datetime.fromisoformat(row.created_at), row.number or 0, row.message) for row in rows
        ]

    def ids_of(self, user_id: str) -> list[str]:
        """The ids of all conversations of a user, the newest begun first."""
        mine = sa.select(conversation.c.id).where(conversation.c.user_id == checked(_id, user_id, "user_id"))
        with self._engine.connect() as connection:
            return list(
                connection.execute(mine.order_by(conversation.c.created_at.desc(), conversation.c.id)).scalars()
            )

    def export(self, conversation_id: str, user_id: str | None = None) -> dict[str, Any]:
        """All that is kept of a conversation, ready for JSON. Raises `UnknownConversationError`."""
        with self._engine.connect() as connection:
            row = _known(connection, conversation_id, user_id)
            found = connection.execute(_turns_of(conversation_id).order_by(conversation_turn.c.number))
            told = {str(name): value for name, value in row._mapping.items()}
            return told | {"turns": [_turn(one).model_dump(mode="json") for one in found]}

    def erase(self, conversation_id: str, user_id: str | None = None) -> int:
        """Delete a conversation and return how many turns; its forks stay, each with the one turn that it continues.

        Raises `UnknownConversationError`.
        """

        def erase(connection: sa.Connection) -> int:
            _known(connection, conversation_id, user_id, lock=True)
            return _erase(connection, conversation_id)

        return self._writer.run(erase)

    def erase_user(self, user_id: str) -> int:
        """Delete all conversations of a user, forks among them, and return how many turns; 0 for an unknown user."""
        mine = sa.select(conversation.c.id).where(conversation.c.user_id == checked(_id, user_id, "user_id"))
        mine = mine.order_by(conversation.c.id).with_for_update()  # in order, so that two can't wait for each other

        def erase(connection: sa.Connection) -> int:
            gone = 0
            # Asked again: on PostgreSQL a fork that was under way is there only once its parent's lock is free.
            while ids := connection.execute(mine).scalars().all():
                gone += sum(_erase(connection, one) for one in ids)
            return gone

        return self._writer.run(erase)

    def expire(self, before: datetime) -> Iterator[tuple[int, int]]:
        """Delete the conversations, of all users, that were begun before a time in UTC and had no turn since, some in a transaction; yields how many
        conversations and turns each has deleted. A fork is begun when it is forked, however old the turn that it continues."""
        later = sa.exists().where(
            conversation_turn.c.conversation_id == conversation.c.id,
            conversation_turn.c.created_at >= before.isoformat(),
        )
        old = sa.select(conversation.c.id).where(conversation.c.created_at < before.isoformat(), ~later)
        some = old.order_by(conversation.c.id).limit(PART).with_for_update()

        def expire(connection: sa.Connection) -> tuple[int, int, int]:
            found = connection.execute(some).scalars().all()
            # Asked again: on PostgreSQL a turn may have come until the lock was free.
            ids = connection.execute(old.where(conversation.c.id.in_(found))).scalars().all()
            return len(found), len(ids), sum(_erase(connection, one) for one in ids)

        while (gone := self._writer.run(expire))[0]:
            yield gone[1:]


def _row(conversation_id: str, user_id: str | None) -> dict[str, Any]:
    return {
        "id": conversation_id, "user_id": user_id, "created_at": now_text(), "forked_from": None, "forked_at": None,
    }  # fmt: skip


def _checked(conversation_id: str | None) -> str:
    return uuid4().hex if conversation_id is None else checked(_id, conversation_id, "conversation_id")


def _named(conversation_id: str) -> str:
    return f"conversation {conversation_id[:80]!r}"


def _known(connection: sa.Connection, conversation_id: str, user_id: str | None, *, lock: bool = False) -> sa.Row[Any]:
    """The row of a conversation that this user may touch; `lock`: nobody else adds to it, forks or erases it until the commit.

    SQLite needs no lock of rows: its writers come one after the other.
    """
    query = sa.select(conversation).where(conversation.c.id == _checked(conversation_id))
    row = connection.execute(query.with_for_update() if lock else query).first()
    if row is None or (user_id is not None and row.user_id != user_id):
        raise UnknownConversationError(
            "no such conversation is kept", where=_named(conversation_id), remedy="Begin one, or give the id of another"
        )
    return row


def _newest(connection: sa.Connection, conversation_id: str) -> int:
    query = sa.select(sa.func.max(conversation_turn.c.number))
    return connection.execute(query.where(conversation_turn.c.conversation_id == conversation_id)).scalar() or 0


def _turns_of(conversation_id: str) -> sa.Select[Any]:
    return sa.select(conversation_turn).where(conversation_turn.c.conversation_id == conversation_id)


def _turn(row: sa.Row[Any]) -> Turn:
    """The turn of a row; it was checked before it was written."""
    known = {name: value for name, value in row._mapping.items() if name != "conversation_id"}
    return Turn.model_construct(**known | {"created_at": datetime.fromisoformat(row.created_at)})


def _erase(connection: sa.Connection, conversation_id: str) -> int:
    gone = connection.execute(
        sa.delete(conversation_turn).where(conversation_turn.c.conversation_id == conversation_id)
    ).rowcount
    connection.execute(sa.delete(conversation).where(conversation.c.id == conversation_id))
    return gone


def _whole(value: int, name: str, low: int, high: int) -> int:
    if not isinstance(value, int) or not low <= value <= high:
        raise InvalidInputError(f"is {value!r}, not a whole number from {low:,} to {high:,}", where=name)
    return value
