"""A log that was written by one policy tells of another: exact propensities, matured rewards, strata apart."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import sqlalchemy as sa

from tastemaker import Event, EventType, RankedItem, Recommendation
from tastemaker.agent.feedback.log import DecisionContext, FeedbackLog
from tastemaker.agent.policy import Policy
from tastemaker.database import open_database
from tastemaker.domain import Reason
from tastemaker.errors import InvalidInputError
from tastemaker.eval.replay import estimates, replay

N, K = 4, 2
LIKED = {"i0": 0.1, "i1": 0.5, "i2": 0.8, "i3": 0.2}
"""How likely an item is liked where it is seen; the second place is seen by half."""
SEEN = (1.0, 0.5)
BEHAVIOUR = Policy(tau=1.0, epsilon=0.2)
LATER = datetime.now(UTC) + timedelta(days=1)


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> tuple[FeedbackLog, sa.Engine]:
    engine = open_database(tmp_path_factory.mktemp("replay") / "store.sqlite3")
    log, rng = FeedbackLog(engine), np.random.default_rng(0)
    for n in range(1_500):
        show(log, n, rng)
    return log, engine


def scores_of(n: int) -> np.ndarray:
    return np.random.default_rng(n % 7).normal(size=N)


def show(
    log: FeedbackLog, n: int, rng: np.random.Generator, degraded: Reason | None = None, policy: Policy = BEHAVIOUR
) -> None:
    scores = scores_of(n)
    order = np.argsort(-scores, kind="stable").tolist()
    slate = policy.draw(scores, order, K, seed=n)
    items = [
        RankedItem(id=f"i{pick}", title="T", rank=rank, score=scores[pick], prior_rank=1)
        for rank, pick in enumerate(slate.picks, start=1)
    ]
    shown = Recommendation(
        decision_id=f"d{n}", user_id="ann", items=tuple(items), policy_version=policy.version, engine="e", model="m",
        log_propensity=slate.log_propensity, degraded=degraded,
    )  # fmt: skip
    candidates = [{"id": f"i{m}", "prior": 0.0, "score": float(score)} for m, score in enumerate(scores)]
    context = DecisionContext(None, n, policy.tau, policy.epsilon, "t", candidates, slate.log_propensities, {})
    log.add_decision(shown, context)
    for place, item in enumerate(items):
        if rng.random() < LIKED[item.id] * SEEN[place]:
            log.add_reward(f"d{n}", f"e{n}-{place}", partial(like, item.id))


def like(item_id: str, user: str | None) -> Event:
    return Event(user_id=user or "ann", item_id=item_id, type=EventType.LIKE)


def true_value(policy: Policy) -> float:
    total = 0.0
    for n in range(1_500):
        scores = scores_of(n)
        places = policy.marginals(scores, np.argsort(-scores, kind="stable").tolist(), K)
        total += sum(places[m, place] * LIKED[f"i{m}"] * SEEN[place] for m in range(N) for place in range(K))
    return total / 1_500


@pytest.mark.parametrize("target", [BEHAVIOUR, Policy(), Policy(tau=0.4), Policy(epsilon=1.0)])
def test_every_estimator_finds_the_truth_within_its_interval(
    filled: tuple[FeedbackLog, sa.Engine], target: Policy
) -> None:
    found = replay(filled[0], target, timedelta(0), until=LATER)
    assert found.logged.rewards.shape == (1_500, K) and sum(found.left_out.values()) == 0
    value = true_value(target)
    for one in estimates(found.logged)[1:]:
        assert one.estimable
        width = one.ci[1] - one.ci[0]
        assert one.ci[0] - width / 2 <= value <= one.ci[1] + width / 2, (
            one
        )  # seven intervals at once: half as wide again
    if target == BEHAVIOUR:
        assert all(one.mean_weight == pytest.approx(1) for one in estimates(found.logged))


def test_only_matured_decisions_count(filled: tuple[FeedbackLog, sa.Engine]) -> None:
    with pytest.raises(InvalidInputError, match="no matured decision"):
        replay(filled[0], BEHAVIOUR, timedelta(days=2), until=LATER)


def test_what_failed_or_was_certain_is_left_out(tmp_path: Path) -> None:
    log, rng = FeedbackLog(open_database(tmp_path / "store.sqlite3")), np.random.default_rng(1)
    show(log, 0, rng, degraded=Reason.ENGINE_ERROR)
    show(log, 1, rng, policy=Policy())
    show(log, 2, rng)
    found = replay(log, BEHAVIOUR, timedelta(0), until=LATER)
    assert found.left_out == {"degraded": 1, "certain": 1, "without scores": 0} and len(found.logged.rewards) == 1
    assert not estimates(found.logged)[1].estimable


def test_a_lost_propensity_is_refused(tmp_path: Path) -> None:
    engine = open_database(tmp_path / "store.sqlite3")
    log = FeedbackLog(engine)
    show(log, 0, np.random.default_rng(1))
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE slate_item SET log_propensity = 9e999"))
    with pytest.raises(InvalidInputError, match="propensity is missing"):
        replay(log, BEHAVIOUR, timedelta(0), until=LATER)
