"""Conversations of clients that keep none of ours and send the whole history with every turn.

What is kept after each reply is a keyed hash of all that was said up to it, and the turn of the conversation that it is. A request whose history ends
there goes on from that turn: the newest, and the conversation goes on; an earlier one, as when an answer is made again or a message edited,
and it is forked there. So no turn is taken twice, and two clients whose histories differ share nothing.

Where a client has changed our replies, the user's own words before this one find the turn, if it is known who the user is. A chat that is named goes
on from its newest turn. Else a new conversation begins with the last message alone.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert

from tastemaker.agent.conversation.memory import Memory
from tastemaker.errors import UnknownConversationError
from tastemaker.server.database import resent

KEPT = timedelta(days=90)
"""How long an untouched history is found again."""
Said = tuple[str, str]
"""Role, `user` or `assistant`, and text."""


@dataclass(frozen=True, slots=True)
class History:
    """What came before the message that is to be answered. `owner` is the inner user id, or the tenant's prefix where nobody is named; `known`
    says which. `chat` is the client's own id of the chat, and `resends` that the whole history always comes with it."""

    owner: str
    known: bool
    chat: str | None
    resends: bool
    said: tuple[Said, ...]

    def after(self, message: str, reply: str) -> History:
        """The history once the message was answered."""
        return History(
            self.owner, self.known, self.chat, self.resends, (*self.said, ("user", message), ("assistant", reply))
        )


class Resent:
    """Finds the turn that a history ends with, in the server's database `engine`."""

    def __init__(self, engine: sa.Engine, secret: bytes) -> None:
        self._engine, self._secret = engine, secret
        self.expire(datetime.now(UTC) - KEPT)

    def find(self, memory: Memory, history: History) -> str | None:
        """The conversation that goes on, forked if need be; None if a new one begins."""
        old = (datetime.now(UTC) - KEPT).isoformat()  # what is older is deleted at the next start
        for key in self._keys(history, reading=True):
            with self._engine.connect() as connection:
                row = connection.execute(sa.select(resent).where(resent.c.key == key, resent.c.at >= old)).first()
            if row is None:
                continue
            try:
                last = memory.last(row.conversation_id)
                if last is None or last.number <= row.turn or key == self._pointer(history):
                    return str(row.conversation_id)
                return memory.fork(row.conversation_id, at=row.turn)
            except UnknownConversationError:  # erased since
                continue
        return None

    def keep(self, history: History, conversation_id: str, turn: int) -> None:
        """Keep that this history ends with that turn."""
        now = datetime.now(UTC).isoformat()
        told = {"owner": self._hash(history.owner), "conversation_id": conversation_id, "turn": turn, "at": now}
        rows = [{"key": key, **told} for key in self._keys(history)]
        statement = insert(resent)
        changed = {name: statement.excluded[name] for name in told}
        with self._engine.begin() as connection:
            for row in rows:
                connection.execute(statement.values(row).on_conflict_do_update(index_elements=["key"], set_=changed))

    def erase(self, owner: str) -> None:
        """Forget the histories of a user."""
        with self._engine.begin() as connection:
            connection.execute(sa.delete(resent).where(resent.c.owner == self._hash(owner)))

    def expire(self, before: datetime) -> int:
        """Forget the histories that were kept before a time in UTC; returns how many keys of them."""
        with self._engine.begin() as connection:
            return connection.execute(sa.delete(resent).where(resent.c.at < before.isoformat())).rowcount

    def _keys(self, history: History, *, reading: bool = False) -> list[str]:
        """The exact one first."""
        found = []
        if history.said:
            found.append(self._hash("said", *_flat(history.said), named=history))
            if history.known:
                mine = [one for one in history.said if one[0] == "user"]
                found.append(self._hash("mine", *_flat(mine), named=history))
        begins = reading and history.resends and not history.said
        if history.chat is not None and not begins:
            found.append(self._pointer(history))
        return found

    def _pointer(self, history: History) -> str:
        return self._hash("chat", named=history)

    def _hash(self, *parts: str, named: History | None = None) -> str:
        whole = [*parts, *([named.owner, named.chat or ""] if named else [])]
        text = "\0".join(f"{len(part)}:{part}" for part in whole)
        return hmac.new(self._secret, text.encode("utf-8", "replace"), hashlib.sha256).hexdigest()


def _flat(said: Sequence[Said]) -> list[str]:
    """Roles and texts, spaces put in order: clients trim what they send back."""
    return [part for role, text in said for part in (role, " ".join(text.split()))]
