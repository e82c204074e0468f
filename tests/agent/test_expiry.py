"""What is older than a time goes, of all users, with log and conversations on SQLite and on PostgreSQL; what is younger, and what users set, stays."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tastemaker import Event, EventType, Item, Preferences, RankedItem, Recommendation, Recommender
from tastemaker.agent.conversation import memory as conversations
from tastemaker.agent.conversation.memory import Turn
from tastemaker.agent.expiry import Expiry, expire
from tastemaker.agent.feedback import heads, personal, schema
from tastemaker.agent.feedback.log import DecisionContext
from tastemaker.agent.feedback.outcomes import mature
from tastemaker.agent.feedback.personal import LogDeleted
from tastemaker.domain import Explanation
from tastemaker.errors import InvalidInputError, UnknownConversationError, UnknownDecisionError, UnknownUserError
from tastemaker.retrieval import catalogue

YOUNG = datetime(2026, 1, 1, tzinfo=UTC)
OLD = YOUNG - timedelta(microseconds=1)
Opener = Callable[[], Recommender]


@pytest.fixture(params=["sqlite", "postgresql"])
def opener(request: pytest.FixtureRequest, store: Path) -> Iterator[Opener]:
    """Opens the store anew, as another process does."""
    log = None if request.param == "sqlite" else request.getfixturevalue("postgres")
    opened = []

    def open_anew() -> Recommender:
        opened.append(Recommender.open(store, encoder="hashing", log=log))
        return opened[-1]

    yield open_anew
    for one in opened:
        one.close()


@pytest.fixture
def opened(opener: Opener, items: list[Item]) -> Recommender:
    """A store of items, where nothing has happened yet."""
    recommender = opener()
    recommender.index(items)
    return recommender


def like(item: str, at: datetime, user: str | None = "ann") -> Event:
    return Event(user_id=user or "anonymous", item_id=item, type=EventType.LIKE, timestamp=at)


def decide(opened: Recommender, at: datetime, *names: str) -> None:
    """Decisions for ann, made then."""
    items = tuple(RankedItem(id=f"i{n}", title="T", rank=n, score=-n, prior_rank=n) for n in (1, 2))
    candidates = [{"id": f"i{n}", "prior": n / 10, "llm_logprob": -n, "sources": {"content": n}} for n in (1, 2)]
    context = DecisionContext("soup", 1, 0, 0, "v", candidates, [0, 0], {"k": 2}, exposures={"trial": "a"})
    log = opened.core.store.log
    log.add_decisions(
        [
            (Recommendation(decision_id=name, user_id="ann", items=items, policy_version="greedy", engine="e", model="m", log_propensity=0), context)
            for name in names
        ]
    )  # fmt: skip
    write(opened, sa.update(schema.decision).where(schema.decision.c.id.in_(names)).values(created_at=at.isoformat()))


def talk(opened: Recommender, name: str, *times: datetime) -> None:
    """A conversation of ann's that was begun long ago, with a turn at each time."""
    memory = opened.core.store.memory
    memory.begin("ann", name)
    for n, at in enumerate(times, start=1):
        memory.append(name, n, Turn(number=n, message="m", reading={}, reply="r", state={}, created_at=at))
    begun = (OLD - timedelta(days=9)).isoformat()
    write(opened, sa.update(schema.conversation).where(schema.conversation.c.id == name).values(created_at=begun))


def write(opened: Recommender, change: sa.Update) -> None:
    opened.core.store.log.writer.run(lambda connection: connection.execute(change))


def rows(opened: Recommender, *tables: sa.Table) -> list[int]:
    with opened.core.store.log.engine.connect() as connection:
        return [connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one() for table in tables]


def test_what_is_just_older_goes_and_what_is_not_stays(opened: Recommender) -> None:
    store = opened.core.store
    opened.observe([like("i0", OLD), like("i2", YOUNG), like("i8", OLD, "bob")])
    opened.prefer("bob", Preferences(avoided=("Space",)))
    talk(opened, "old", OLD - timedelta(days=3), OLD)
    talk(opened, "young", OLD - timedelta(days=3), YOUNG)
    talk(opened, "silent")
    fork = store.memory.fork("young", at=1)
    decide(opened, OLD, "old")
    decide(opened, YOUNG, "young")
    for name in ("old", "young"):
        reason = Explanation(item_id="i1", rank=1, text="t", source="template", language="en")
        store.log.add_explanation(name, reason, [])
        store.log.add_reward(name, f"of-{name}", partial(like, "i1", YOUNG + timedelta(hours=1)))
    store.log.add_reward("never", "waits-long", partial(like, "i1", OLD))
    store.log.add_reward("not-yet", "waits", partial(like, "i1", YOUNG))
    mature(store.log)
    assert expire(store, YOUNG) == Expiry(
        events=2, conversations=2, turns=2,
        log=LogDeleted(decisions=1, slate_items=2, explanations=1, feedback=2, outcomes=2, exposures=1),
    )  # fmt: skip
    assert [one.item_id for one in store.catalogue.history("ann")] == ["i2"]
    with pytest.raises(UnknownUserError):
        store.catalogue.history("bob")
    assert opened.preferences("bob").avoided == ("Space",)
    assert {one.id for one in store.memory.conversations("ann")} == {"young", fork}
    assert len(store.memory.turns("young")) == 2 and len(store.memory.turns(fork)) == 1
    with pytest.raises(UnknownConversationError):
        store.memory.last("old")
    assert store.log.slate("young") == ["i1", "i2"] and len(store.log.explanations("young")) == 1
    tables = (schema.decision, schema.slate_item, schema.explanation, schema.feedback, schema.outcome, schema.exposure)
    assert rows(opened, *tables) == [1, 2, 1, 2, 2, 1]
    assert expire(store, YOUNG) == Expiry()
    eastern = YOUNG.astimezone(datetime.fromisoformat("2026-01-01T00:00:00+09:00").tzinfo)
    assert expire(store, eastern) == Expiry()  # the same moment


def test_a_reward_for_what_has_expired_is_one_for_a_decision_that_never_was(opened: Recommender) -> None:
    decide(opened, OLD, "old")
    expire(opened.core.store, YOUNG)
    told = [opened.reward(name, "i1", "like", event_id=f"e-{name}") for name in ("old", "never")]
    assert told[0].orphan and told[0].position is None and not told[0].duplicate
    same = {"event_id", "decision_id"}
    assert told[0].model_dump(exclude=same) == told[1].model_dump(exclude=same)
    with pytest.raises(UnknownUserError):
        opened.profile("ann")
    with pytest.raises(UnknownDecisionError):
        list(opened.explain("old"))


def test_stopped_half_way_it_goes_on(opened: Recommender) -> None:
    class Stopped(Exception):
        """As Ctrl-C is told to work in a thread."""

    events, talks, decisions = 2 * catalogue.BATCH + 1, 2 * conversations.PART + 1, 2 * personal.PART + 1
    fill(opened, events, talks, decisions)
    left = {"events": events, "conversations": talks, "decisions": decisions}

    def stop(what: str, done: int, total: int | None) -> None:
        left[what.split()[-1]] -= done
        raise Stopped

    for _ in range(9):  # three transactions each
        before = dict(left)
        with pytest.raises(Stopped):
            expire(opened.core.store, YOUNG, stop)
        assert left != before and rows(opened, schema.conversation, schema.decision) == [
            left["conversations"], left["decisions"]
        ]  # fmt: skip
    assert set(left.values()) == {0} and expire(opened.core.store, YOUNG) == Expiry()
    assert rows(opened, schema.conversation_turn, schema.slate_item, schema.exposure) == [0, 0, 0]


def test_two_at_once_delete_each_row_once(opened: Recommender, opener: Opener) -> None:
    fill(opened, 2_000, 300, 1_500)
    other = opener()
    with ThreadPoolExecutor(2) as pool:
        one, two = pool.map(lambda opened: expire(opened.core.store, YOUNG), (opened, other))
    assert (one.events + two.events, one.conversations + two.conversations) == (2_000, 300)
    assert one.log.decisions + two.log.decisions == 1_500 and one.turns + two.turns == 300


def fill(opened: Recommender, events: int, talks: int, decisions: int) -> None:
    """All of it old."""
    opened.observe(like("i0", OLD - timedelta(seconds=n), f"u{n % 7}") for n in range(events))
    decide(opened, OLD, *(f"d{n}" for n in range(decisions)))
    at = OLD.isoformat()
    said = {"number": 1, "created_at": at, "message": "m", "reading": {}, "reply": "r", "state": {}}

    def add(connection: sa.Connection) -> None:
        begun: list[dict[str, Any]] = [{"id": f"c{n}", "user_id": "ann", "created_at": at} for n in range(talks)]
        connection.execute(sa.insert(schema.conversation), begun)
        connection.execute(
            sa.insert(schema.conversation_turn), [said | {"conversation_id": one["id"]} for one in begun]
        )

    opened.core.store.log.writer.run(add)


def test_an_age_from_the_front_door(opened: Recommender, events: list[Event]) -> None:
    store = opened.core.store
    opened.observe([*events, like("i5", datetime.now(UTC), "carl")])
    assert len(store.catalogue.popular().ids) == 5
    assert opened.expire(timedelta(days=9_999)) == Expiry()
    assert opened.expire(timedelta(hours=1)).events == 5
    assert store.catalogue.popular().ids == ["i5"]  # counted again at once
    wrong: Any
    for wrong in (timedelta(), timedelta(days=-1), timedelta.max, 400):
        with pytest.raises(InvalidInputError, match="older_than"):
            opened.expire(wrong)


def test_heads_stay_and_the_newest_is_the_one_learned_last(opened: Recommender) -> None:
    log = opened.core.store.log
    decide(opened, OLD, "old")
    heads.add_head(log, "before", {}, 100)
    heads.serve(log, "before", {"kind": "test"})
    expire(opened.core.store, YOUNG)
    assert heads.serving(log) == heads.newest_head(log) == "before"
    heads.add_head(log, "after", {}, 2)  # on SQLite an empty table counts from 1 again
    assert heads.newest_head(log) == "after"
