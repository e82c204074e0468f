"""The online head: known answers, bounds, positions, and the same log giving the same head to the last bit."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from tastemaker import Event, EventType
from tastemaker.agent.feedback import schema
from tastemaker.agent.feedback.heads import add_head, head_state, newest_head, rollback, serve, serving
from tastemaker.agent.feedback.log import FeedbackLog
from tastemaker.agent.feedback.outcomes import mature
from tastemaker.agent.online import (
    FEATURES,
    LLM_BOUND,
    Batch,
    OnlineHead,
    columns_of,
    fit,
    learn,
    position_exponent,
    signals_of,
)
from tastemaker.database import open_database
from tastemaker.errors import InvalidInputError
from tastemaker.eval.benchmarks.log_writes import decision


def batch(rng: np.random.Generator, theta: Sequence[float], n: int = 2_000, bias: float = -1.0) -> Batch:
    columns = rng.normal(size=(n, len(theta)))
    chance = 1 / (1 + np.exp(-(columns @ np.array(theta) + bias)))
    paid = (rng.random(n) < chance).astype(float)
    return Batch(columns, paid, np.ones(n), np.ones(n, np.int64), np.zeros(n, bool))


def test_it_finds_the_coefficients_and_how_sure_it_is() -> None:
    """The generating coefficients lie within four of the posterior's standard deviations."""
    truth = (1.0, -0.5, 0.3)
    head = fit([batch(np.random.default_rng(n), truth) for n in range(3)], ("llm", "a", "b"))
    sd = np.sqrt(np.diag(np.array(head.covariance)))
    assert (np.abs(np.array(head.mean) - [*truth, -1.0]) < 4 * sd).all() and (sd < 0.1).all()


def test_one_batch_is_the_mode_of_the_posterior() -> None:
    """Against SciPy: minus the logarithm of likelihood times prior, N(0, 1) for each coefficient, rows weighed as they are forgotten."""
    from scipy.optimize import minimize

    from tastemaker.agent.online import HALF_LIFE

    one = batch(np.random.default_rng(5), (0.7, -0.3), n=300)
    head = fit([one], ("a", "b"))
    rows = np.concatenate([one.columns, np.ones((300, 1))], axis=1)
    age = 0.5 ** (np.arange(300)[::-1] / HALF_LIFE)

    def loss(theta: np.ndarray) -> float:
        odds = rows @ theta
        return float((age * (np.logaddexp(0, odds) - one.rewards * odds)).sum() + theta @ theta / 2)

    assert np.array(head.mean) == pytest.approx(minimize(loss, np.zeros(3)).x, abs=2e-3)


def test_the_models_coefficient_is_bounded_and_never_negative() -> None:
    wide = tuple(tuple(100.0 if a == b else 0.0 for a in range(3)) for b in range(3))
    head = OnlineHead(features=("llm", "a"), mean=(9.0, -9.0, 0.0), covariance=wide)
    assert head.theta().tolist() == [LLM_BOUND, -9.0]
    drawn = np.array([head.theta(seed) for seed in range(200)])
    assert drawn[:, 0].min() == 0.0 and drawn[:, 0].max() == LLM_BOUND and drawn[:, 1].std() > 5


def test_what_adds_nothing_has_no_say() -> None:
    """Where the model's score is all there is to know, the other features are left out; where one tells more, they are not."""
    rng = np.random.default_rng(0)
    features = ("llm", "a", "b")
    assert fit([batch(rng, (1.0, 0.0, 0.0), 500) for _ in range(10)], features).features == ("llm",)
    assert fit([batch(rng, (1.0, 0.4, 0.0), 500) for _ in range(10)], features).features == features
    changed = [batch(rng, (1.0, 0.0, 0.0), 500) for _ in range(6)] + [
        batch(rng, (0.0, 1.0, 0.0), 500) for _ in range(10)
    ]
    assert fit(changed, features).features == features


def test_draws_are_of_the_posterior_and_repeat_with_their_seed() -> None:
    covariance = ((0.5, 0.2, 0.0), (0.2, 0.4, 0.0), (0.0, 0.0, 1.0))
    head = OnlineHead(features=("a", "b"), mean=(1.0, -1.0, 0.0), covariance=covariance)
    drawn = np.array([head.theta(seed) for seed in range(4_000)])
    assert drawn.mean(axis=0) == pytest.approx([1.0, -1.0], abs=0.05)
    assert np.cov(drawn.T) == pytest.approx(np.array([[0.5, 0.2], [0.2, 0.4]]), abs=0.05)
    assert (head.theta(7) == head.theta(7)).all() and head.theta().tolist() == [1.0, -1.0]


def test_positions_are_read_from_even_slates_alone() -> None:
    rng = np.random.default_rng(0)
    positions = np.tile(np.arange(1, 6), 4_000)
    paid = (rng.random(len(positions)) < 0.3 * positions**-0.7).astype(float)
    told = Batch(np.zeros((len(positions), 1)), paid, np.ones(len(positions)), positions, np.ones(len(positions), bool))
    assert position_exponent([told]) == pytest.approx(0.7, abs=0.05)
    biased = Batch(
        told.columns, (positions == 1).astype(float), told.weights, positions, np.zeros(len(positions), bool)
    )
    assert position_exponent([told, biased]) == position_exponent([told])
    assert position_exponent([biased]) == 0.0 and position_exponent([]) == 0.0


def test_where_the_best_stand_first_the_correction_keeps_their_lead_from_counting_twice() -> None:
    """An item's appeal does not depend on its feature here, but policies put high ones first, where more is looked at."""
    rng = np.random.default_rng(1)
    found = []
    for corrected in (True, False):
        columns = np.sort(rng.normal(size=(6_000, 5)), axis=1)[:, ::-1].reshape(-1, 1)
        positions = np.tile(np.arange(1, 6), 6_000)
        paid = (rng.random(len(positions)) < 0.2 * positions**-1.0).astype(float)
        told = Batch(columns, paid, np.ones(len(paid)), positions, np.zeros(len(paid), bool))
        even = Batch(
            rng.normal(size=columns.shape), (rng.random(len(paid)) < 0.2 * positions**-1.0).astype(float),
            np.ones(len(paid)), positions, np.full(len(paid), corrected),
        )  # fmt: skip
        found.append(abs(fit([even, told], ("a",)).mean[0]))
    assert found[0] < 0.15
    assert found[1] > 0.4


def test_rewards_below_zero_count_against() -> None:
    columns = np.array([[1.0], [-1.0]] * 200)
    told = Batch(columns, np.tile([-1.0, 0.0], 200), np.ones(400), np.ones(400, np.int64), np.zeros(400, bool))
    neutral = Batch(columns, np.zeros(400), np.ones(400), np.ones(400, np.int64), np.zeros(400, bool))
    assert fit([told], ("a",)).mean[0] < fit([neutral], ("a",)).mean[0] - 0.01


def test_rows_of_no_weight_teach_nothing_and_nothing_is_an_error() -> None:
    rng = np.random.default_rng(2)
    one, other = batch(rng, (1.0,), 500), batch(rng, (-3.0,), 500)
    silenced = Batch(other.columns, other.rewards, np.zeros(500), other.positions, other.even)
    assert fit([one, silenced], ("a",)).mean == fit([one], ("a",)).mean
    with pytest.raises(InvalidInputError, match="no matured impression"):
        fit([silenced], ("a",))


@given(st.lists(st.floats(-1e6, 1e6) | st.just(float("nan")) | st.just(float("-inf")), min_size=1, max_size=30))
def test_columns_are_finite_whatever_comes(values: list[float]) -> None:
    found = columns_of({"a": np.array(values)}, ("a",))
    assert np.isfinite(found).all() and np.abs(found).max(initial=0) <= np.sqrt(len(values)) + 1e-6


def test_signals_of_logged_candidates() -> None:
    rows: list[dict[str, Any]] = [
        {"prior": 1.0, "llm_logprob": -2.0, "sources": {"content": 3, "query": 1, "popular": 7}},
        {"prior": 0.0, "llm_logprob": None, "sources": {"next": 1}},
    ]
    found = signals_of(rows)
    assert set(found) == set(FEATURES)
    assert found["llm"][0] == -2.0 and np.isnan(found["llm"][1])
    assert found["content"].tolist() == [1.0, 0.0] and found["taste"].tolist() == [0.0, 1.0]
    assert found["popularity"][0] == pytest.approx(1 / 3)
    head = OnlineHead(features=("other",), mean=(1.0, 0.0), covariance=((1.0, 0.0), (0.0, 1.0)))
    with pytest.raises(InvalidInputError, match="features other"):
        head.logits(found)


@pytest.fixture
def log(tmp_path: Path) -> FeedbackLog:
    """Forty decisions over some hours, of which the items with a high prior are clicked."""
    log = FeedbackLog(open_database(tmp_path / "store.sqlite3"))
    start = datetime.now(UTC) - timedelta(days=3)
    for n in range(40):
        shown, context = decision(n)
        log.add_decision(shown, context)
        at = start + timedelta(minutes=17 * n)
        with log.engine.begin() as connection:
            change = sa.update(schema.decision).where(schema.decision.c.id == shown.decision_id)
            connection.execute(change.values(created_at=at.isoformat()))
        priors = {str(row["id"]): float(row["prior"]) for row in context.candidates}
        best = max(shown.items, key=lambda item: priors[item.id])
        log.add_reward(shown.decision_id, f"e{n}", partial(_click, best.id, at + timedelta(minutes=2)))
    mature(log)
    return log


def _click(item: str, at: datetime, user: str | None) -> Event:
    return Event(user_id=user or "anonymous", item_id=item, type=EventType.CLICK, timestamp=at)


def test_the_log_gives_the_same_head_to_the_last_bit(log: FeedbackLog) -> None:
    head = learn(log)
    assert head.features[:2] == FEATURES[:2] and head.impressions == 200 and head.mean[FEATURES.index("prior")] > 0.3
    add_head(log, head.version, head.model_dump(mode="json"), head.outcomes_until)
    again = learn(log, until=head.outcomes_until)
    kept = OnlineHead.model_validate(head_state(log, head.version))
    assert again == head == kept and again.version == kept.version == newest_head(log)


def test_heads_serve_and_go_back_like_a_stack(log: FeedbackLog) -> None:
    versions = []
    for n in range(2):
        head = OnlineHead(features=("a",), mean=(float(n), 0.0), covariance=((1.0, 0.0), (0.0, 1.0)))
        add_head(log, head.version, head.model_dump(mode="json"), n)
        add_head(log, head.version, head.model_dump(mode="json"), n)  # another process, at once
        versions.append(head.version)
    assert serving(log) is None
    for version in versions:
        serve(log, version, {"kind": "promotion"})
    assert serving(log) == versions[1]
    assert rollback(log) == versions[0] and serving(log) == versions[0]
    assert rollback(log) is None and serving(log) is None
    with pytest.raises(InvalidInputError, match="no head serves"):
        rollback(log)
    with pytest.raises(InvalidInputError, match="'nothing'"):
        serve(log, "nothing", {})
