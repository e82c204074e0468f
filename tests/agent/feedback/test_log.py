"""The log: what was shown is there, rewards join it once, nothing else is accepted."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from tastemaker import Event, EventType, Evidence, RankedItem, Recommendation
from tastemaker.agent.feedback import schema
from tastemaker.agent.feedback.log import DecisionContext, FeedbackLog
from tastemaker.database import open_database
from tastemaker.domain import Explanation
from tastemaker.errors import ConflictError, UnknownDecisionError, UnknownItemError


@pytest.fixture
def engine(tmp_path: Path) -> sa.Engine:
    return open_database(tmp_path / "store.sqlite3")


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
    with pytest.raises(sa.exc.IntegrityError):
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
    with pytest.raises(UnknownDecisionError, match="'d2'"):
        log.add_reward("d2", "e1", lambda user: like("i1"))
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
    with pytest.raises(sa.exc.IntegrityError):
        log.add_decision(shown, DecisionContext(None, 1, 0, 0, "v", [], [0, 0], {}))
    with pytest.raises(UnknownDecisionError):
        log.decision("d9")


def test_migrations_run_once_and_in_order(engine: sa.Engine, log: FeedbackLog) -> None:
    FeedbackLog(engine)
    with engine.connect() as connection:
        done = connection.execute(sa.text("select number from feedback_migration order by number")).scalars().all()
    assert done == list(range(1, len(schema.MIGRATIONS) + 1))


def test_a_log_of_the_first_schema_is_brought_up_with_its_reasons(engine: sa.Engine) -> None:
    """As a store that an earlier version wrote: its decisions and reasons are still there, and say that they are older."""
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE feedback_migration (number INTEGER NOT NULL PRIMARY KEY)"))
        schema.MIGRATIONS[0](connection)
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
