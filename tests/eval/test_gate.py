"""The gate: a head that earns more passes, one that does not, or harms, or of which too little is known, does not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tastemaker import Event, EventType, RankedItem, Recommendation
from tastemaker.agent.feedback.heads import add_head, serving
from tastemaker.agent.feedback.log import DecisionContext, FeedbackLog
from tastemaker.agent.online import OnlineHead
from tastemaker.agent.policy import Policy
from tastemaker.database import open_database
from tastemaker.errors import GateError, InvalidInputError
from tastemaker.eval.beyond_accuracy import gini_of
from tastemaker.eval.gate import judge, promote, spread
from tastemaker.eval.ope import ratio_values

N, K = 6, 2
TODAY = Policy(tau=2.0, epsilon=0.2)
LATER = datetime.now(UTC) + timedelta(days=1)


def head(sign: float, feature: str = "prior") -> OnlineHead:
    return OnlineHead(features=(feature,), mean=(sign, 0.0), covariance=((0.01, 0.0), (0.0, 0.01)))


def filled(path: Path, decisions: int, kind: str = "click") -> FeedbackLog:
    """Drawn nearly evenly; what has a high prior is clicked (or skipped) more."""
    log, rng = FeedbackLog(open_database(path / "store.sqlite3")), np.random.default_rng(0)
    rows, rewards = [], []
    for n in range(decisions):
        priors = rng.normal(size=N)
        slate = TODAY.draw(np.zeros(N), list(range(N)), K, seed=n)
        items = tuple(
            RankedItem(id=f"i{(pick + n) % 30}", title="T", rank=place, score=0.0, prior_rank=1)
            for place, pick in enumerate(slate.picks, start=1)
        )
        candidates: list[dict[str, Any]] = [
            {"id": f"i{(m + n) % 30}", "prior": float(prior), "score": 0.0} for m, prior in enumerate(priors)
        ]
        shown = Recommendation(
            decision_id=f"d{n}", user_id=f"u{n % 40}", items=items, policy_version="p", engine="e", model="m",
            log_propensity=slate.log_propensity,
        )  # fmt: skip
        rows.append(
            (shown, DecisionContext(None, n, TODAY.tau, TODAY.epsilon, "t", candidates, slate.log_propensities, {}))
        )
        rewards += [
            (f"d{n}", item.id) for pick, item in zip(slate.picks, items, strict=True) if rng.random() < 1 / (1 + np.exp(2 - 2 * priors[pick]))
        ]  # fmt: skip
    log.add_decisions(rows)
    for n, (decision, item) in enumerate(rewards):
        log.add_reward(decision, f"e{n}", partial(_event, item, kind))
    return log


def _event(item: str, kind: str, user: str | None) -> Event:
    return Event(user_id=user or "ann", item_id=item, type=EventType(kind))


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> FeedbackLog:
    return filled(tmp_path_factory.mktemp("gate"), 2_000)


TARGET = Policy(tau=0.7, epsilon=0.1)


def test_a_better_head_passes_and_serves(log: FeedbackLog) -> None:
    found = judge(log, head(1.0), TARGET, timedelta(0), until=LATER)
    assert found.promote and found.value > found.today and found.difference[0] > 0 and found.ess > 200
    add_head(log, head(1.0).version, head(1.0).model_dump(mode="json"), 1)
    promote(log, head(1.0).version, TARGET, timedelta(seconds=-60))
    assert serving(log) == head(1.0).version


def test_a_worse_head_does_not(log: FeedbackLog) -> None:
    found = judge(log, head(-1.0), TARGET, timedelta(0), until=LATER)
    assert not found.promote and found.difference[1] < 0
    assert [one.name for one in found.checks if not one.ok] == ["earns more"]
    add_head(log, head(-1.0).version, head(-1.0).model_dump(mode="json"), 2)
    with pytest.raises(GateError, match="earns more"):
        promote(log, head(-1.0).version, TARGET, timedelta(seconds=-60))
    with pytest.raises(InvalidInputError, match="'unknown'"):
        promote(log, "unknown", TARGET, timedelta(0))


def test_one_that_is_the_same_does_not(log: FeedbackLog) -> None:
    found = judge(log, head(0.0), TODAY, timedelta(0), until=LATER)
    low, high = found.difference
    assert low <= 0 <= high and not found.promote


def test_too_little_is_not_estimable(tmp_path: Path) -> None:
    found = judge(filled(tmp_path, 60), head(1.0), TARGET, timedelta(0), until=LATER)
    assert not found.promote and "estimable" in [one.name for one in found.checks if not one.ok]


def test_more_skips_stop_it(tmp_path: Path) -> None:
    found = judge(filled(tmp_path, 1_500, "skip"), head(1.0), TARGET, timedelta(0), until=LATER)
    assert {"skips", "earns more"} <= {one.name for one in found.checks if not one.ok}


def test_the_residuals_mean_is_the_ratio() -> None:
    rng = np.random.default_rng(0)
    values, weights = rng.random((50, 3)), rng.random((50, 3))
    assert ratio_values(values, weights).mean() == pytest.approx(
        ((weights * values).sum(axis=0) / weights.sum(axis=0)).sum()
    )
    assert ratio_values(values, np.ones((50, 3))) == pytest.approx(values.sum(axis=1))
    assert ratio_values(values, np.zeros((50, 3))) == pytest.approx(np.zeros(50))


def test_exposure_by_hand() -> None:
    assert gini_of(np.array([1.0, 1.0, 1.0, 1.0])) == 0 and gini_of(np.array([0.0, 0.0, 0.0, 8.0])) == 0.75
    assert np.isnan(gini_of(np.zeros(3))) and spread(np.zeros(3)) == 0
    assert spread(np.array([2.0, 2.0, 0.0])) == pytest.approx(2) and spread(np.array([5.0])) == pytest.approx(1)
