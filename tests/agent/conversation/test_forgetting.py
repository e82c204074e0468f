"""Conversations that are erased, with whatever is under way, on SQLite and on PostgreSQL."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from threading import Barrier

import pytest
import sqlalchemy as sa

from tastemaker.agent.conversation.memory import Memory
from tastemaker.agent.feedback import schema
from tastemaker.errors import ConflictError, UnknownConversationError

from .kept import talk, turn


def test_erased_is_gone_and_its_forks_stay(memory: Memory, engine: sa.Engine) -> None:
    name = talk(memory, 3, name="chosen")
    fork = memory.fork(name, at=2)
    memory.append(fork, 3, turn(3))
    assert memory.erase(name) == 3
    with pytest.raises(UnknownConversationError):
        memory.append(name, 4, turn(4))
    assert [one.number for one in memory.turns(fork)] == [2, 3] and memory.export(fork)["forked_from"] == name
    # A turn that was under way when it was erased does not bring the old state into a new one of that name.
    memory.begin("ann", name)
    with pytest.raises(ConflictError, match="does not follow"):
        memory.append(name, 4, turn(4))
    assert memory.last(name) is None


def test_a_user_is_erased_with_all_forks_and_nobody_else(memory: Memory, engine: sa.Engine) -> None:
    name, others = talk(memory, 3), talk(memory, 2, "bob")
    nobodys = talk(memory, 1, None)
    memory.fork(memory.fork(name))
    assert memory.erase_user("ann") == 5 and memory.erase_user("ann") == 0
    assert memory.conversations("ann") == []
    assert len(memory.turns(others)) == 2 and len(memory.turns(nobodys)) == 1
    with engine.connect() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(schema.conversation_turn)).scalar() == 3


def test_forks_that_are_under_way_are_erased_with_their_user(memory: Memory) -> None:
    """Whatever the order: a fork is done before its parent goes, and goes too, or finds no parent."""

    def fork(name: str) -> int:
        for done in range(10**6):
            try:
                memory.fork(name)
            except UnknownConversationError:
                return done
        return -1

    for _ in range(5):
        name = talk(memory, 1)
        with ThreadPoolExecutor(4) as pool:
            forking = [pool.submit(fork, name) for _ in range(4)]
            while len(memory.conversations("ann")) < 5 and not any(one.done() for one in forking):
                pass
            gone = memory.erase_user("ann")
            assert gone == 1 + sum(one.result() for one in forking)
        assert memory.conversations("ann") == []


def test_a_turn_that_is_under_way_keeps_its_conversation_or_finds_none(memory: Memory, engine: sa.Engine) -> None:
    long_ago, now = datetime(2020, 1, 1, tzinfo=UTC), datetime.now(UTC)
    together = Barrier(2, timeout=60)

    def append(name: str) -> bool:
        together.wait()
        try:
            memory.append(name, 2, turn(2, created_at=datetime.now(UTC)))
        except UnknownConversationError:
            return False
        return True

    def expire(name: str) -> bool:
        together.wait()
        return sum(turns for _, turns in memory.expire(now)) == 0

    for _ in range(60):
        name = memory.begin("ann")
        memory.append(name, 1, turn(1, created_at=long_ago))
        with engine.begin() as connection:
            connection.execute(sa.update(schema.conversation).values(created_at=long_ago.isoformat()))
        with ThreadPoolExecutor(2) as pool:
            added, kept = pool.submit(append, name), pool.submit(expire, name)
            assert added.result() == kept.result()
        if kept.result():
            assert memory.erase(name) == 2
