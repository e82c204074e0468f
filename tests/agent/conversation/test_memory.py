"""Conversations, on SQLite and on PostgreSQL: turns are added once, stay when the writer dies, and are read by whose they are."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from threading import Barrier
from typing import Any

import orjson
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tastemaker import Event, Item, Recommender
from tastemaker.agent.conversation.memory import MAX_STATE_BYTES, Memory, Turn
from tastemaker.agent.feedback import migrations, schema
from tastemaker.agent.feedback.log import FeedbackLog
from tastemaker.errors import ConflictError, InvalidInputError, UnknownConversationError, UnknownUserError

from .kept import Opener, talk, turn

WRITER = """
import sys, threading
from pathlib import Path
from tastemaker.agent.conversation.memory import Memory, Turn
from tastemaker.agent.feedback.log import FeedbackLog
from tastemaker.database import open_database, open_postgres

where, run, lock = sys.argv[1], sys.argv[2], threading.Lock()
memory = Memory(FeedbackLog(open_postgres(where) if where.startswith("postgresql:") else open_database(Path(where))))

def talk(name):
    memory.begin("ann", name)
    for n in range(1, 10**6):
        memory.append(name, n, Turn(number=n, message=f"{name} {n}", reading={}, reply="r" * 500, state={"n": n}))
        with lock:
            print(name, n, flush=True)

for thread in range(4):
    threading.Thread(target=talk, args=(f"{run}-{thread}",)).start()
"""


def test_a_turn_comes_back_whole(memory: Memory) -> None:
    name = memory.begin("ann")
    said = turn(1, "想看点轻松的 🎬", decision_id="d1", created_at=datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC))
    assert memory.last(name) is None and memory.turns(name) == []
    memory.append(name, 1, said)
    assert memory.last(name) == said and memory.turns(name) == [said]


def test_turns_are_read_in_pages(memory: Memory) -> None:
    name = talk(memory, 5)
    assert [one.number for one in memory.turns(name)] == [1, 2, 3, 4, 5]
    assert [one.message for one in memory.turns(name, after=2, limit=2)] == ["Message 3", "Message 4"]
    assert memory.turns(name, after=5) == []
    wrong: Any
    for wrong in ({"after": -1}, {"limit": 0}, {"limit": 1_001}, {"after": 2**70}):
        with pytest.raises(InvalidInputError, match="not a whole number"):
            memory.turns(name, **wrong)


def test_to_begin_again_changes_nothing(memory: Memory) -> None:
    name = talk(memory, 2)
    assert memory.begin("ann", name) == name and len(memory.turns(name)) == 2
    nobodys = memory.begin(None)
    assert memory.begin(None, nobodys) == nobodys and nobodys != name
    for user, taken in (("bob", name), (None, name), ("ann", nobodys)):
        with pytest.raises(ConflictError, match=r"taken by another.*another id"):
            memory.begin(user, taken)


@pytest.mark.parametrize("bad", ["", "a b", "a/b", "a\x00", "a\ud800", "x" * 257, 7])
def test_what_is_no_id_is_refused(memory: Memory, bad: Any) -> None:
    calls: list[Callable[[], Any]] = [
        lambda: memory.begin("ann", bad),
        lambda: memory.begin(bad),
        lambda: memory.append(bad, 1, turn(1)),
        lambda: memory.last(bad),
        lambda: memory.turns(bad),
        lambda: memory.export(bad),
        lambda: memory.fork(bad),
        lambda: memory.erase(bad),
        lambda: memory.erase_user(bad),
        lambda: memory.conversations(bad),
    ]
    for call in calls:
        with pytest.raises(InvalidInputError, match="_id"):
            call()


def test_a_turn_follows_the_one_before_it(memory: Memory) -> None:
    name = talk(memory, 2)
    with pytest.raises(ConflictError, match=r"turn 2 of .*Wait for the first, then ask again"):
        memory.append(name, 2, turn(2))
    with pytest.raises(ConflictError, match="does not follow the newest, 2"):
        memory.append(name, 4, turn(4))
    with pytest.raises(InvalidInputError, match="where turn 3 is added"):
        memory.append(name, 3, turn(4))
    assert len(memory.turns(name)) == 2
    with pytest.raises(UnknownConversationError):
        memory.append("never-begun", 1, turn(1))


@pytest.mark.parametrize("shared", [True, False], ids=["one writer", "two processes' writers"])
def test_of_two_turns_at_once_exactly_one_is_kept(opener: Opener, memory: Memory, shared: bool) -> None:
    pair, name, together = (
        (memory, memory if shared else Memory(FeedbackLog(opener()))),
        memory.begin("ann"),
        Barrier(2, timeout=60),
    )

    def append(who: int) -> list[str]:
        told = []
        for n in range(1, 21):
            together.wait()
            try:
                pair[who].append(name, n, turn(n, f"by {who}"))
                told.append("kept")
            except ConflictError as error:
                told.append(error.remedy)
        return told

    with ThreadPoolExecutor(2) as pool:
        outcomes = list(zip(*pool.map(append, (0, 1)), strict=True))
    assert all(sorted(two) == ["Wait for the first, then ask again", "kept"] for two in outcomes)
    assert [one.message for one in memory.turns(name)] == [f"by {two.index('kept')}" for two in outcomes]


def test_what_was_acknowledged_stays_when_the_writer_is_killed(address: str, memory: Memory) -> None:
    for run in range(3):
        child = subprocess.Popen(
            [sys.executable, "-c", WRITER, address, str(run)], stdout=subprocess.PIPE, text=True
        )  # fmt: skip
        assert child.stdout is not None
        told = [child.stdout.readline() for _ in range(40 + 31 * run)]
        child.kill()
        told += child.stdout.read().splitlines(keepends=True)
        child.wait()
        acknowledged = {tuple(line.split()) for line in told if line.endswith("\n")}  # the last may have been cut
        assert len(acknowledged) >= 40
        for name in {name for name, _ in acknowledged}:
            kept = memory.export(name)["turns"]
            assert [one["number"] for one in kept] == list(range(1, len(kept) + 1))
            assert all(one["message"] == f"{name} {one['state']['n']}" for one in kept)
            assert {n for other, n in acknowledged if other == name} <= {str(one["number"]) for one in kept}


def _many(engine: sa.Engine, name: str, turns: int) -> None:
    rows = [
        {
            "conversation_id": name, "number": n, "created_at": "2026-01-01T00:00:00+00:00", "message": "m", "reading": {},
            "reply": "r", "decision_id": None, "state": {"n": n},
        }
        for n in range(1, turns + 1)
    ]  # fmt: skip
    with engine.begin() as connection:
        connection.execute(sa.insert(schema.conversation_turn), rows)


def test_the_last_turn_of_a_long_conversation_costs_no_more(engine: sa.Engine, memory: Memory) -> None:
    """Counted in steps of SQLite's machine, and in rows that PostgreSQL's plan reads."""
    short, long = memory.begin("ann"), memory.begin("ann")
    _many(engine, short, 3)
    _many(engine, long, 3_000)
    count = _steps if engine.dialect.name == "sqlite" else _rows_read
    memory.last(short)  # what happens on the first call only
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE")
    few, many = (count(engine, partial(memory.last, name)) for name in (short, long))
    assert 0 < many == few
    newest = memory.last(long)
    assert newest is not None and newest.state == {"n": 3_000}


def _steps(engine: sa.Engine, work: Callable[[], Any]) -> int:
    steps = 0

    def step() -> None:
        nonlocal steps
        steps += 1

    def count(connection: Any, *_: object) -> None:
        connection.set_progress_handler(step, 1)

    sa.event.listen(engine, "checkout", count)
    work()
    sa.event.remove(engine, "checkout", count)
    return steps


def _rows_read(engine: sa.Engine, work: Callable[[], Any]) -> int:
    asked: list[tuple[str, Any]] = []

    def note(connection: Any, cursor: Any, statement: str, parameters: Any, *_: object) -> None:
        asked.append((statement, parameters))

    sa.event.listen(engine, "before_cursor_execute", note)
    work()
    sa.event.remove(engine, "before_cursor_execute", note)

    def read(plan: dict[str, Any]) -> int:
        parts = plan.get("Plans", ())
        own = plan["Actual Rows"] + plan.get("Rows Removed by Filter", 0) + plan.get("Rows Removed by Index Recheck", 0)
        return int(sum(map(read, parts)) if parts else own * plan["Actual Loops"])

    with engine.connect() as connection:
        plans = [
            connection.exec_driver_sql(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", parameters).scalar_one()
            for statement, parameters in asked
        ]
    assert len(plans) == 2  # whose it is, and the turn
    return sum(read(plan[0]["Plan"]) for plan in plans)


def test_a_fork_goes_on_from_a_turn_without_touching_the_other(memory: Memory) -> None:
    name = talk(memory, 4)
    fork = memory.fork(name, at=2, user_id="ann")
    assert memory.last(fork) == memory.turns(name)[1]
    memory.append(fork, 3, turn(3, "another way"))
    assert [one.message for one in memory.turns(fork)] == ["Message 2", "another way"]
    assert len(memory.turns(name)) == 4
    kept = memory.export(fork)
    assert (kept["forked_from"], kept["forked_at"], kept["user_id"]) == (name, 2, "ann")
    assert memory.last(memory.fork(fork)) == memory.last(fork)  # a fork of a fork, from its newest turn


def test_only_what_was_said_can_be_forked(memory: Memory) -> None:
    name = talk(memory, 2)
    with pytest.raises(InvalidInputError, match="has no turn 3"):
        memory.fork(name, at=3)
    with pytest.raises(InvalidInputError, match="has no turn to continue from"):
        memory.fork(memory.begin("ann"))
    with pytest.raises(InvalidInputError, match="not a whole number"):
        memory.fork(name, at=0)
    assert len(memory.conversations("ann")) == 2  # nothing is left of those that failed


def test_a_users_conversations_are_listed_newest_first(memory: Memory) -> None:
    first, second = talk(memory, 3), memory.begin("ann")
    talk(memory, 1, "bob")
    talk(memory, 1, None)
    fork = memory.fork(first, at=2)
    listed = [(one.id, one.turns, one.message) for one in memory.conversations("ann")]
    assert listed == [(fork, 2, "Message 2"), (second, 0, None), (first, 3, "Message 3")]
    assert [one.id for one in memory.conversations("ann", limit=1)] == [fork]
    assert memory.ids_of("ann") == [fork, second, first] and memory.ids_of("nobody") == []
    assert memory.conversations("ann")[0].created_at.tzinfo is UTC
    assert memory.conversations("nobody") == []


def test_an_export_is_whole_and_ready_for_json(memory: Memory) -> None:
    name = talk(memory, 120)
    told = orjson.loads(orjson.dumps(memory.export(name)))
    assert set(told) == {"id", "user_id", "created_at", "forked_from", "forked_at", "turns"}
    assert [Turn.model_validate(one) for one in told["turns"]] == memory.turns(name, limit=1_000)


def test_anothers_conversation_is_as_unknown_as_none(memory: Memory) -> None:
    """Also by what the error says: it is the same once the conversation is really gone."""
    calls: list[Callable[[str], Any]] = [
        lambda name: memory.last(name, user_id="bob"),
        lambda name: memory.turns(name, user_id="bob"),
        lambda name: memory.export(name, user_id="bob"),
        lambda name: memory.fork(name, user_id="bob"),
        lambda name: memory.fork(name, at=9, user_id="bob"),
        lambda name: memory.append(name, 1, turn(1), user_id="bob"),
        lambda name: memory.append(name, 9, turn(9), user_id="bob"),
        lambda name: memory.erase(name, user_id="bob"),
    ]

    def told(name: str) -> list[str]:
        errors = []
        for call in calls:
            with pytest.raises(UnknownConversationError) as raised:
                call(name)
            errors.append(str(raised.value))
        return errors

    for owner in ("ann", None):
        name = talk(memory, 2, owner)
        while_there = told(name)
        assert len(memory.turns(name, user_id=owner)) == 2
        assert memory.erase(name, user_id=owner) == 2
        assert told(name) == while_there
    assert memory.conversations("bob") == []


@pytest.mark.parametrize("before", [1, len(migrations.MIGRATIONS) - 1])
def test_an_older_log_gets_conversations_and_keeps_what_it_had(engine: sa.Engine, before: int) -> None:
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE feedback_migration (number INTEGER NOT NULL PRIMARY KEY)")
        for number, statements in enumerate(migrations.MIGRATIONS[:before], start=1):
            for statement in statements:
                connection.exec_driver_sql(statement.format(**migrations._WORDS[engine.dialect.name]))
            connection.exec_driver_sql(f"INSERT INTO feedback_migration VALUES ({number})")
        connection.exec_driver_sql(
            "INSERT INTO decision (id, created_at, user_id, policy_version, tau, seed, log_propensity, engine, model, "
            "template_version, candidates) VALUES ('old', '2026-01-01T00:00:00+00:00', 'ann', 'greedy', 0, 1, 0, 'e', 'm', 't', '[]')"
        )
        connection.exec_driver_sql("INSERT INTO feedback VALUES ('e1', 'old', 'i1', 'like', NULL, NULL, 1, '2026')")
    log = FeedbackLog(engine)
    assert log.decision("old")["user_id"] == "ann"
    with engine.connect() as connection:
        assert connection.execute(sa.select(schema.feedback.c.event_id)).scalars().all() == ["e1"]
    name = talk(Memory(log), 2)
    again = Memory(FeedbackLog(engine))  # nothing is migrated twice
    assert len(again.turns(name)) == 2


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)
OBJECT = st.dictionaries(st.text(), JSON, max_size=5)
TEXT = st.text(st.characters(exclude_characters="\x00", codec="utf-8"))


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(message=TEXT, reply=TEXT, reading=OBJECT, state=OBJECT)
def test_any_text_and_any_json_come_back(memory: Memory, message: str, reply: str, reading: Any, state: Any) -> None:
    name = memory.begin(None)
    said = turn(1, message, reply=reply, reading=reading, state=state)
    memory.append(name, 1, said)
    found = memory.last(name)
    assert found == said and found is not None
    assert orjson.dumps([found.reading, found.state]) == orjson.dumps([reading, state])  # 1, 1.0 and true stay apart


@pytest.mark.parametrize(
    "value",
    [float("nan"), float("inf"), 2**64, (1, 2), {1: 2}, {1}, b"x", "\ud800", datetime.now(UTC), object()],
    ids=repr,
)
@pytest.mark.parametrize("field", ["state", "reading"])
def test_what_json_would_change_is_refused(field: str, value: Any) -> None:
    with pytest.raises(InvalidInputError, match=rf"{field}: holds what JSON can't give back"):
        Turn.model_validate(turn(1).model_dump() | {field: {"deep": [value]}})


def test_a_state_has_a_bound(memory: Memory) -> None:
    bare = len(orjson.dumps({"text": ""}))
    name, most = memory.begin("ann"), {"text": "字" * ((MAX_STATE_BYTES - bare) // 3)}
    memory.append(name, 1, turn(1, state=most))
    newest = memory.last(name)
    assert newest is not None and newest.state == most
    with pytest.raises(InvalidInputError, match=r"state: is 1,000,0.* bytes of JSON, more than 1,000,000"):
        turn(2, state={"text": most["text"] + "字"})
    endless: dict[str, Any] = {}
    endless["self"] = endless
    with pytest.raises(InvalidInputError, match="state"):
        turn(2, state=endless)


@pytest.mark.parametrize(
    "wrong", [{"number": 0}, {"number": 2**31}, {"message": "a\x00"}, {"reply": "\ud800"}, {"decision_id": "a b"}]
)
def test_a_turn_that_no_database_would_keep_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidInputError, match=next(iter(wrong))):
        turn(**{"number": 1} | wrong)


def test_a_user_who_is_erased_leaves_no_conversation(store: Path, items: list[Item], events: list[Event]) -> None:
    with Recommender.open(store, encoder="hashing") as recommender:
        recommender.index(items)
        recommender.observe(events)
        memory = recommender.core.store.memory
        talk(memory, 2, "ann"), talk(memory, 2, "bob"), talk(memory, 2, "only-talks")
        recommender.erase("ann", "i0")
        assert len(memory.conversations("ann")) == 1  # one item's events are not all of them
        assert recommender.erase("ann").events == 2
        assert memory.conversations("ann") == [] and len(memory.conversations("bob")) == 1
        assert recommender.erase("only-talks").turns == 2 and memory.conversations("only-talks") == []
        with pytest.raises(UnknownUserError):
            recommender.erase("only-talks")
