"""What the log holds of a user can be given to them and erased, on SQLite and on PostgreSQL; of others nothing is touched."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from tastemaker import Event, EventType, RankedItem, Recommendation, Recommender
from tastemaker.agent.experiments import Experiment, Variant
from tastemaker.agent.feedback import heads, schema
from tastemaker.agent.feedback.log import DecisionContext, FeedbackLog
from tastemaker.agent.feedback.outcomes import mature, newest
from tastemaker.agent.feedback.personal import LogDeleted
from tastemaker.agent.feedback.trials import add_experiment
from tastemaker.agent.online import OnlineHead, learn, learn_and_keep
from tastemaker.database import open_database, open_postgres
from tastemaker.domain import Explanation
from tastemaker.errors import ConflictError, InvalidInputError, UnknownUserError

TABLES = (schema.decision, schema.slate_item, schema.explanation, schema.feedback, schema.outcome, schema.exposure)


@pytest.fixture(params=["sqlite", "postgresql"])
def log(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[FeedbackLog]:
    """Two decisions for ann, one for bob, one for nobody; each with a reason, a like, outcomes, and a variant."""
    if request.param == "sqlite":
        engine = open_database(tmp_path / "store.sqlite3")
    else:
        engine = open_postgres(request.getfixturevalue("postgres"))
    log = FeedbackLog(engine)
    for n, user in enumerate(["ann", "ann", "bob", None]):
        write(log, f"d{n}", user)
    mature(log, datetime.now(UTC) + timedelta(days=9))
    yield log
    log.close()


def write(log: FeedbackLog, name: str, user: str | None) -> None:
    items = tuple(RankedItem(id=f"i{n}", title="T", rank=n, score=-n, prior_rank=n) for n in (1, 2))
    shown = Recommendation(
        decision_id=name, user_id=user, items=items, policy_version="greedy", engine="e", model="m", log_propensity=0
    )
    candidates = [{"id": f"i{n}", "prior": n / 10, "llm_logprob": -n, "sources": {"content": n}} for n in (1, 2)]
    log.add_decision(
        shown, DecisionContext("soup", 1, 0, 0, "v", candidates, [0, 0], {"k": 2}, exposures={"trial": "a"})
    )
    log.add_explanation(name, Explanation(item_id="i1", rank=1, text="t", source="template", language="en"), [])
    log.add_reward(name, f"e-{name}", lambda user: Event(user_id="x", item_id="i1", type=EventType.LIKE))


def taught(log: FeedbackLog, *users: str | None, name: str = "d") -> OnlineHead:
    """A head that serves, and has learned from a decision for each of these users."""
    for n, user in enumerate(users):
        write(log, f"{name}{n}", user)
    mature(log, datetime.now(UTC) + timedelta(days=9))
    head = learn_and_keep(log)
    heads.serve(log, head.version, {"kind": "test"})
    return head


def rows(log: FeedbackLog) -> dict[str, int]:
    with log.engine.connect() as connection:
        return {
            table.name: connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
            for table in TABLES
        }


def test_all_of_a_user_goes_and_nothing_of_others(log: FeedbackLog) -> None:
    before = rows(log)
    assert before == {
        "decision": 4, "slate_item": 8, "explanation": 4, "feedback": 4, "outcome": 8, "exposure": 4
    }  # fmt: skip
    told = log.erase_user("ann")
    assert (told.decisions, told.slate_items, told.explanations) == (2, 4, 2)
    assert (told.feedback, told.outcomes, told.exposures) == (2, 4, 2)
    assert {name: before[name] - n for name, n in rows(log).items()} == {
        "decision": 2, "slate_item": 4, "explanation": 2, "feedback": 2, "outcome": 4, "exposure": 2
    }  # fmt: skip
    assert log.decision("d2")["user_id"] == "bob" and log.slate("d3") == ["i1", "i2"]
    assert log.erase_user("ann") == log.erase_user("nobody") == type(told)()


def test_what_is_older_goes_of_all_users(log: FeedbackLog) -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    for name, made in (("d0", at - timedelta(days=1)), ("d2", at), ("d3", at - timedelta(microseconds=1))):
        old = sa.update(schema.decision).where(schema.decision.c.id == name).values(created_at=made.isoformat())
        with log.engine.begin() as connection:
            connection.execute(old)
    gone = LogDeleted(decisions=2, slate_items=4, explanations=2, feedback=2, outcomes=4, exposures=2)
    assert list(log.expire(at)) == [gone] and list(log.expire(at)) == []
    assert [one["id"] for one in log.latest(9)] == ["d1", "d2"]
    assert list(rows(log).values()) == [2, 4, 2, 2, 4, 2]


def test_heads_that_learned_from_them_are_named(log: FeedbackLog) -> None:
    head = learn(log)
    heads.add_head(log, head.version, head.model_dump(mode="json"), head.outcomes_until)
    heads.add_head(log, "older", {}, 0)
    heads.serve(log, head.version, {"kind": "test"})
    told = log.erase_user("ann")
    assert told.learned_from == (head.version,) and told.stopped == head.version
    assert heads.serving(log) is None  # at once, not when another is fitted
    assert log.erase_user("ann").learned_from == ()


def test_the_export_has_it_all_and_only_theirs(log: FeedbackLog) -> None:
    told = log.export_user("ann")
    assert [one["id"] for one in told] == ["d0", "d1"]
    assert [row["item_id"] for row in told[0]["slate_item"]] == ["i1", "i2"]
    assert told[0]["explanation"][0]["text"] == "t" and told[1]["feedback"][0]["event_id"] == "e-d1"
    assert len(told[0]["outcome"]) == 2 and told[0]["exposure"][0]["variant"] == "a"
    assert log.export_user("nobody") == []


def test_the_head_that_serves_is_fitted_anew(recommender: Recommender) -> None:
    log = recommender.core.store.log
    first = taught(log, "ann", "bob")
    told = recommender.erase("ann")
    assert told.events == 3 and told.log.decisions == 1 and told.log.learned_from == (first.version,)
    assert told.head == heads.serving(log) != first.version
    assert recommender.erase("bob").head == "fixed fusion" and heads.serving(log) is None
    with pytest.raises(UnknownUserError):
        recommender.erase("bob")


def test_a_user_whose_outcomes_taught_nothing_leaves_the_head_as_it_was(recommender: Recommender) -> None:
    """Fitted again it is the same version, which then serves on, and the experiment's arm too."""
    log = recommender.core.store.log
    write(log, "d0", "ann")
    with log.engine.begin() as connection:
        degraded = sa.update(schema.decision).where(schema.decision.c.id == "d0").values(degraded="engine_error")
        connection.execute(degraded)
    mature(log, datetime.now(UTC) + timedelta(days=9))
    head = taught(log, "bob", name="later")
    variants = {"control": Variant(head=head.version), "other": Variant()}
    add_experiment(log, Experiment(name="arms", variants=variants))
    assert recommender.erase("ann").head == head.version == heads.serving(log)
    assert OnlineHead.model_validate(heads.head_state(log, head.version)) == head
    assert recommender.recommend("bob", k=2, explain=False).items


def test_what_a_stopped_erasure_has_left_is_done_by_the_next(recommender: Recommender) -> None:
    log = recommender.core.store.log
    head = taught(log, "bob", "ann")
    add_experiment(log, Experiment(name="arms", variants={"a": Variant(head=head.version), "b": Variant()}))
    log.erase_user("ann")  # and then the process dies
    assert heads.serving(log) is None and heads.in_force(log, head.version) is None
    with pytest.raises(UnknownUserError):
        recommender.erase("nobody")
    stands = heads.in_force(log, head.version)
    assert stands is not None and stands[0] == heads.serving(log) != head.version


def test_a_head_that_was_learned_beside_an_erasure_is_not_kept(log: FeedbackLog) -> None:
    head, outcomes = learn(log), heads.count_outcomes(log, newest(log))
    log.erase_user("ann")
    with pytest.raises(ConflictError, match="Learn again"):
        heads.add_head(log, head.version, head.model_dump(mode="json"), head.outcomes_until, outcomes)
    assert heads.newest_head(log) is None
    assert learn_and_keep(log).impressions == 4


def test_draws_of_an_erased_head_go_too(log: FeedbackLog) -> None:
    head = learn_and_keep(log)
    with log.engine.begin() as connection:
        drawn = sa.update(schema.decision).values(head_version=head.version, theta=[0.25, 0.5])
        connection.execute(drawn)
    log.erase_user("ann")
    assert [log.decision(one)["theta"] for one in ("d2", "d3")] == [None, None]


def test_no_version_keeps_what_it_learned_from_them(recommender: Recommender) -> None:
    """Each version that had is emptied; what a rollback or an experiment names is what was fitted in its place, or the fixed fusion."""
    log = recommender.core.store.log
    before, shown, served = (taught(log, user, name=f"d{n}").version for n, user in enumerate(["bob", "ann", "bob"]))
    variants = {"control": Variant(head=before), "other": Variant(head=shown)}
    add_experiment(log, Experiment(name="arms", variants=variants))
    told = recommender.erase("ann")
    assert told.log.learned_from == (shown, served) and told.log.stopped == served
    for gone in (shown, served):
        with pytest.raises(InvalidInputError, match="erased"):
            heads.head_state(log, gone)
    assert heads.in_force(log, before) == (before, heads.head_state(log, before))
    stands = heads.in_force(log, shown)
    until = heads.outcomes_until(log, shown)
    assert stands is not None and stands[0] == learn(log, until).version and stands[1]["outcomes_until"] == until
    assert heads.serving(log) == told.head and told.head not in (shown, served)
    assert heads.newest_head(log) == told.head
    assert heads.rollback(log) == stands[0]  # what took the place of the one before
    with pytest.raises(InvalidInputError, match="erased"):
        heads.serve(log, shown, {})
    for user in [f"u{n}" for n in range(20)]:  # both arms go on
        recommender.core.store.catalogue.add_events([Event(user_id=user, item_id="i0", type=EventType.LIKE)])
        assert recommender.recommend(user, k=2, explain=False).items
    assert recommender.erase("bob").head == "fixed fusion"
    assert heads.in_force(log, shown) is None and heads.newest_head(log) is None
    assert recommender.recommend("u1", k=2, explain=False).items
