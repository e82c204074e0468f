"""Outcomes: every matured impression gets one, once, in hours that whoever asks finds the same."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from threading import Event as Event_

import pytest
import sqlalchemy as sa

from tastemaker import Event, EventType
from tastemaker.agent.feedback import schema
from tastemaker.agent.feedback.log import FeedbackLog
from tastemaker.agent.feedback.outcomes import BOT_REWARDS, Matured, batches, mature, newest
from tastemaker.database import open_database, open_postgres
from tastemaker.eval.benchmarks.log_writes import PLACES, decision

AT = datetime(2026, 1, 1, 10, 20, tzinfo=UTC)


@pytest.fixture(params=["sqlite", "postgresql"])
def log(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[FeedbackLog]:
    name = "sqlite"
    if request.param == name:
        engine = open_database(tmp_path / "store.sqlite3")
    else:
        engine = open_postgres(request.getfixturevalue("postgres"))
    found = FeedbackLog(engine)
    yield found
    found.close()
    engine.dispose()


def shown(log: FeedbackLog, n: int, at: datetime = AT) -> str:
    """Decision `n`, as if it had been made at that time."""
    log.add_decision(*decision(n))
    identity = decision(n)[0].decision_id
    with log.engine.begin() as connection:
        change = sa.update(schema.decision).where(schema.decision.c.id == identity)
        connection.execute(change.values(created_at=at.isoformat()))
    return identity


def rewarded(
    log: FeedbackLog, n: int, place: int, kind: str = "click", at: datetime | None = None, event: str = ""
) -> None:
    shown_items = decision(n)[0].items
    moment = at or AT + timedelta(minutes=1)
    make = partial(_event, shown_items[place].id, EventType(kind), moment)
    log.add_reward(decision(n)[0].decision_id, event or f"e{n}-{place}-{kind}-{moment.isoformat()}", make)


def _event(item: str, kind: EventType, at: datetime, user: str | None) -> Event:
    return Event(user_id=user or "anonymous", item_id=item, type=kind, timestamp=at)


def outcomes(log: FeedbackLog) -> list[tuple[str, int, float, float]]:
    return [
        (row["batch"][:13], row["position"], row["reward"], row["weight"]) for _, rows in batches(log) for row in rows
    ]


def test_only_what_is_over_matures_and_every_impression_of_it(log: FeedbackLog) -> None:
    shown(log, 0)
    rewarded(log, 0, 1)
    assert mature(log, AT + timedelta(minutes=39)).decisions == 0  # its hour, 10 to 11, has not ended
    told = mature(log, AT + timedelta(minutes=41 + 30))
    assert (told.decisions, told.impressions) == (1, PLACES)
    assert outcomes(log) == [("2026-01-01T10", n + 1, 0.4 if n == 1 else 0.0, 1.0) for n in range(PLACES)]
    assert mature(log, AT + timedelta(days=1)) == Matured()


def test_what_comes_later_changes_nothing(log: FeedbackLog) -> None:
    shown(log, 0)
    mature(log, AT + timedelta(hours=3))
    before = outcomes(log)
    rewarded(log, 0, 2, at=AT + timedelta(minutes=5))
    mature(log, AT + timedelta(days=30))
    assert outcomes(log) == before


def test_a_purchase_makes_all_wait_a_week(log: FeedbackLog) -> None:
    shown(log, 0)
    rewarded(log, 0, 0, "purchase")
    assert not mature(log, AT + timedelta(days=6)).decisions
    assert mature(log, AT + timedelta(days=7, hours=2)).decisions == 1
    assert outcomes(log)[0][2] == 1.0


def test_several_hours_are_batches_in_order_whoever_asks_when(log: FeedbackLog) -> None:
    for n, hours in enumerate((5, 0, 2, 0)):
        shown(log, n, AT + timedelta(hours=hours))
    mature(log, AT + timedelta(hours=3))
    mature(log, AT + timedelta(hours=30))
    found = [hour[:13] for hour, _ in batches(log)]
    assert found == ["2026-01-01T10", "2026-01-01T12", "2026-01-01T15"]
    assert [len(rows) for _, rows in batches(log)] == [2 * PLACES, PLACES, PLACES]
    assert [len(rows) for _, rows in batches(log, until=2 * PLACES)] == [2 * PLACES] and newest(log) == 4 * PLACES


def test_two_that_mature_at_once_write_each_outcome_once(log: FeedbackLog) -> None:
    for n in range(30):
        shown(log, n, AT + timedelta(hours=n % 3))
    with ThreadPoolExecutor(4) as pool:
        told = list(pool.map(lambda _: mature(log, AT + timedelta(days=1)), range(4)))
    assert sum(one.decisions for one in told) == 30 and len(outcomes(log)) == 30 * PLACES


def test_what_is_run_again_beside_a_failure_is_counted_once(tmp_path: Path) -> None:
    """A job that waits in a group with one that fails is done twice; its figures are those of what was committed."""
    log, begun, go = FeedbackLog(open_database(tmp_path / "store.sqlite3")), Event_(), Event_()
    shown(log, 0)
    rewarded(log, 0, 0, at=AT + timedelta(minutes=50))
    runs: list[int] = []

    def hold(_: sa.Connection) -> None:
        begun.set()
        go.wait(10)

    def fail(_: sa.Connection) -> None:
        runs.append(1)
        raise ValueError("mine alone")

    with ThreadPoolExecutor(3) as pool:
        held = pool.submit(log.writer.run, hold)
        begun.wait(10)
        told = pool.submit(mature, log, AT + timedelta(days=1))
        failed = pool.submit(log.writer.run, fail)
        time.sleep(0.5)  # both have queued up behind the one that holds the turn
        go.set()
        held.result()
    with pytest.raises(ValueError, match="mine alone"):
        failed.result()
    assert told.result() == Matured(1, PLACES, {"late": 1, "early": 0, "not shown": 0, "program": 0})
    assert len(runs) == 2  # the group was tried whole, then apart


def test_a_busy_user_counts_for_a_hundred_and_a_program_for_nothing(log: FeedbackLog) -> None:
    for n in range(0, 50 * 40, 50):  # all of user-0: 200 impressions in an hour
        shown(log, n)
    assert decision(0)[0].user_id == decision(50)[0].user_id
    shown(log, 1)
    for n in range(BOT_REWARDS + 1):
        rewarded(log, 1, 0, event=f"many{n}")
    told = mature(log, AT + timedelta(days=1))
    weights = {weight for _, _, _, weight in outcomes(log)}
    assert weights == {0.5, 0.0} and told.left_out["program"] == 1


def test_rewards_of_what_was_not_shown_and_out_of_time_are_counted(log: FeedbackLog) -> None:
    identity = decision(0)[0].decision_id
    log.add_reward(identity, "orphan", partial(_event, "nothing", EventType.CLICK, AT))
    shown(log, 0)
    rewarded(log, 0, 0, at=AT + timedelta(minutes=50))
    rewarded(log, 0, 1, at=AT - timedelta(days=2))
    told = mature(log, AT + timedelta(days=1))
    assert told.left_out == {"not shown": 1, "late": 1, "early": 1, "program": 0}
