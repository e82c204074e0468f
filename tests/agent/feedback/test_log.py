"""The log, on SQLite and on PostgreSQL: what was shown is there, rewards join it once, nothing else is accepted."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tastemaker import Event, EventType, Evidence, RankedItem, Recommendation
from tastemaker.agent.feedback import migrations, schema
from tastemaker.agent.feedback.log import DecisionContext, FeedbackLog
from tastemaker.database import open_database, open_postgres
from tastemaker.domain import Explanation
from tastemaker.errors import ConflictError, StoreError, UnknownDecisionError, UnknownItemError
from tastemaker.eval.benchmarks.log_writes import kills


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[sa.Engine]:
    """Every test here holds of both databases."""
    if request.param == "sqlite":
        engine = open_database(tmp_path / "store.sqlite3")
    else:
        engine = open_postgres(request.getfixturevalue("postgres"))
    yield engine
    engine.dispose()


@pytest.fixture
def log(engine: sa.Engine) -> FeedbackLog:
    log = FeedbackLog(engine)
    items = tuple(RankedItem(id=f"i{n}", title="T", rank=n, score=-n, prior_rank=n) for n in (1, 2))
    shown = Recommendation(
        decision_id="d1",
        user_id="ann",
        items=items,
        policy_version="greedy",
        engine="embedded",
        model="m",
        log_propensity=-1.5,
    )
    candidates = [{"id": "i1", "prior": 0.1}, {"id": "i2", "prior": 0.2}, {"id": "i3", "prior": 0.3}]
    log.add_decision(shown, DecisionContext("soup", 7, 0.5, 0.1, "abc", candidates, [-0.5, -1.5], {"k": 2}))
    return log


def like(item: str, kind: EventType = EventType.LIKE, value: float | None = None) -> Event:
    return Event(user_id="ann", item_id=item, type=kind, value=value)


def test_a_decision_is_kept_whole(log: FeedbackLog) -> None:
    row = log.decision("d1")
    assert (row["user_id"], row["query"], row["seed"], row["tau"], row["log_propensity"]) == (
        "ann",
        "soup",
        7,
        0.5,
        -1.5,
    )
    assert [candidate["id"] for candidate in row["candidates"]] == ["i1", "i2", "i3"]
    assert (row["epsilon"], row["degraded"]) == (0.1, None)
    assert row["request"] == {"k": 2} and log.slate("d1") == ["i1", "i2"]


def test_reasons_are_kept_with_what_the_model_tried(log: FeedbackLog) -> None:
    evidence = Evidence(id="e1", kind="history", text="Soup", item_id="i9", event=EventType.LIKE)
    for text in ("first", "second"):
        reason = Explanation(item_id="i2", rank=2, text=text, source="template", language="en", evidence=(evidence,))
        log.add_explanation("d1", reason, [{"prompt": "p", "answer": "a", "fault": "f"}])
    rows = log.explanations("d1")
    assert [row["text"] for row in rows] == ["first", "second"]
    assert rows[0]["attempts"] == [{"prompt": "p", "answer": "a", "fault": "f"}]
    assert [Evidence.model_validate(one) for one in rows[0]["evidence"]] == [evidence]
    with pytest.raises(Exception, match=r"(?i)constraint"):
        log.add_explanation("d0", reason, [])


def test_rewards_join_their_impression(log: FeedbackLog) -> None:
    receipt, _ = log.add_reward("d1", "e1", lambda user: like("i2"))
    assert (receipt.position, receipt.reward, receipt.duplicate) == (2, 1.0, False)
    assert [(row["item_id"], row["log_propensity"], row["reward"]) for row in log.rewards("d1")] == [
        ("i1", -0.5, None),
        ("i2", -1.5, 1.0),
    ]


def test_the_same_event_again_is_acknowledged_once(log: FeedbackLog) -> None:
    assert not log.add_reward("d1", "e1", lambda user: like("i1"))[0].duplicate
    assert log.add_reward("d1", "e1", lambda user: like("i1"))[0].duplicate
    assert len([row for row in log.rewards("d1") if row["reward"] is not None]) == 1


def test_the_same_event_with_another_reward_is_a_conflict(log: FeedbackLog) -> None:
    log.add_reward("d1", "e1", lambda user: like("i1"))
    with pytest.raises(ConflictError, match="'e1'"):
        log.add_reward("d1", "e1", lambda user: like("i1", EventType.DISLIKE))
    with pytest.raises(ConflictError):
        log.add_reward("d1", "e1", lambda user: like("i2"))


def test_what_was_not_shown_is_refused(log: FeedbackLog) -> None:
    with pytest.raises(UnknownItemError, match="'i3': was not shown"):
        log.add_reward("d1", "e1", lambda user: like("i3"))
    assert all(row["reward"] is None for row in log.rewards("d1"))


def test_a_half_written_decision_is_not_there(log: FeedbackLog, engine: sa.Engine) -> None:
    """The second slate row breaks a constraint, so the decision before it must go too."""
    item = RankedItem(id="i1", title="T", rank=1, score=0, prior_rank=1)
    shown = Recommendation(
        decision_id="d9",
        user_id=None,
        items=(item, item),
        policy_version="greedy",
        engine="e",
        model="m",
        log_propensity=0,
    )
    with pytest.raises(Exception, match=r"(?i)constraint"):
        log.add_decision(shown, DecisionContext(None, 1, 0, 0, "v", [], [0, 0], {}))
    with pytest.raises(UnknownDecisionError):
        log.decision("d9")


def test_migrations_run_once_and_in_order(engine: sa.Engine, log: FeedbackLog) -> None:
    FeedbackLog(engine)
    with engine.connect() as connection:
        done = connection.execute(sa.text("select number from feedback_migration order by number")).scalars().all()
    assert done == list(range(1, len(migrations.MIGRATIONS) + 1))


def test_a_log_of_the_first_schema_is_brought_up_with_its_reasons(engine: sa.Engine) -> None:
    """As a store that an earlier version wrote: its decisions and reasons are still there, and say that they are older."""
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE feedback_migration (number INTEGER NOT NULL PRIMARY KEY)"))
        for statement in migrations.MIGRATIONS[0]:
            connection.exec_driver_sql(statement)
        connection.execute(sa.text("INSERT INTO feedback_migration VALUES (1)"))
        connection.execute(
            sa.text(
                "INSERT INTO decision VALUES ('old', '2026-01-01T00:00:00+00:00', 'ann', NULL, 'greedy', 0, 1, 0, 'e', 'm', "
                "'t', '[]')"
            )
        )
        connection.execute(
            sa.text(
                "INSERT INTO slate_item VALUES ('old', 1, 'i1', 0.5, 0, 'You liked soup.', 'template', NULL), "
                "('old', 2, 'i2', 0.4, 0, '', '', NULL)"
            )
        )
    log = FeedbackLog(engine)
    assert log.decision("old")["request"] is None and log.slate("old") == ["i1", "i2"]
    assert [(row["item_id"], row["text"], row["source"]) for row in log.explanations("old")] == [
        ("i1", "You liked soup.", "template")
    ]


def test_the_migrations_lead_to_the_schema(engine: sa.Engine, log: FeedbackLog) -> None:
    found = sa.inspect(engine)
    for table in schema.tables.sorted_tables:
        columns = {one["name"]: one["nullable"] for one in found.get_columns(table.name)}
        assert columns == {one.name: one.nullable for one in table.columns}, table.name
        indexed = {tuple(one["column_names"]) for one in found.get_indexes(table.name)}
        assert {tuple(one.name for one in index.columns) for index in table.indexes} <= indexed, table.name
        assert set(found.get_pk_constraint(table.name)["constrained_columns"]) == {
            one.name for one in table.primary_key
        }


def test_a_log_of_a_newer_version_is_refused(engine: sa.Engine, log: FeedbackLog) -> None:
    with engine.begin() as connection:
        connection.execute(sa.insert(schema.migration), {"number": 999})
    with pytest.raises(StoreError, match="newer version"):
        FeedbackLog(engine)


def test_a_reward_before_its_decision_joins_it_later(log: FeedbackLog) -> None:
    receipt, _ = log.add_reward("d2", "e1", lambda user: like("i1"))
    assert receipt.orphan and receipt.position is None
    items = (RankedItem(id="i1", title="T", rank=1, score=0, prior_rank=1),)
    later = Recommendation(
        decision_id="d2", user_id="ann", items=items, policy_version="greedy", engine="e", model="m", log_propensity=0
    )
    log.add_decision(later, DecisionContext(None, 1, 0, 0, "v", [], [0.0], {}))
    assert [row["reward"] for row in log.rewards("d2")] == [1.0]


def test_eight_writers_with_shared_ids_store_each_once(log: FeedbackLog) -> None:
    def write(_: int) -> list[bool]:
        return [log.add_reward("d1", f"e{n}", lambda user: like("i1"))[0].duplicate for n in range(50)]

    with ThreadPoolExecutor(8) as pool:
        told = [one for part in pool.map(write, range(8)) for one in part]
    assert told.count(False) == 50 and len([row for row in log.rewards("d1") if row["reward"]]) == 50


def test_one_that_fails_takes_nobody_with_it(log: FeedbackLog) -> None:
    """Writers that wait for each other are committed together: a conflict among them is its own."""

    def write(n: int) -> str:
        try:
            log.add_reward("d1", f"e{n % 40}", lambda user: like("i1" if n < 40 else "i2"))
        except ConflictError:
            return "conflict"
        return "stored"

    with ThreadPoolExecutor(16) as pool:
        told = list(pool.map(write, range(80)))
    assert told.count("conflict") == 40 and len([row for row in log.rewards("d1") if row["reward"]]) == 40


def test_a_full_disk_is_said_and_later_writes_work(tmp_path: Path) -> None:
    database = open_database(tmp_path / "full.sqlite3")
    log = FeedbackLog(database)
    with database.connect() as connection:
        pages = int(connection.exec_driver_sql("PRAGMA page_count").scalar() or 0)
    limit = {"pages": pages}

    @sa.event.listens_for(database, "checkout")
    def bound(connection: Any, *_: object) -> None:
        connection.execute(f"PRAGMA max_page_count={limit['pages']}")

    with pytest.raises(StoreError, match=r"nothing was written.*full"):
        for n in range(1_000):
            log.add_reward("d1", f"e{n}", lambda user: like("i1").model_copy(update={"text": "x" * 5_000}))
    limit["pages"] = pages + 10_000
    assert not log.add_reward("d1", "after", lambda user: like("i1"))[0].duplicate


@pytest.mark.slow
def test_nothing_acknowledged_is_lost_when_the_writer_is_killed() -> None:
    told = kills(5)
    assert told["acknowledged"] > 0 and (told["lost"], told["torn"]) == (0, 0)
