"""The last stage, with the real small model: its lists, what its prompts say, and that places don't sway it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tastemaker.agent.head import Head
from tastemaker.agent.learning import MAX_CASES, MIN_CASES
from tastemaker.eval.splits import random_per_user
from tastemaker.eval.systems.reranked import SWEPT_PLACES, PriorAndModel
from tastemaker.eval.worker import SCRATCH, checked, unleaked
from tastemaker.eval.worlds import two_tastes

pytestmark = pytest.mark.slow


def test_the_model_ranks_and_is_not_swayed_by_places() -> None:
    split = random_per_user(two_tastes(items=60, per_user=20), 1)
    system = PriorAndModel()
    system.fit(split.train)
    users, _ = unleaked(system, split, split.users[:1])
    assert len(users) == 1
    lists, notes = checked(system, split, users)
    assert (lists[:, :10] >= 0).all() and not [note for note in notes if "taken out" in note]
    sweep = system.position_sweep(split, users)
    assert sweep["places"] == list(SWEPT_PLACES) and sweep["users"] == 1
    assert np.ptp(sweep["mrr"]["likelihood"]) < 1e-9  # each candidate is read alone
    assert all(0 < value <= 1 for value in sweep["mrr"]["letters"])


def test_the_head_is_learned_on_validation(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """On titles of two tastes that say nothing of them, and a prior that knows them: the model gets no say, or a small one."""
    monkeypatch.setenv(SCRATCH, str(tmp_path))
    split = random_per_user(two_tastes(items=60, per_user=20), 1)
    chosen = PriorAndModel.choose(split)
    head = Head.model_validate(chosen["head"])
    assert MIN_CASES <= head.cases <= MAX_CASES and head.ndcg is not None and head.ndcg_of_prior is not None
    assert head.ndcg >= head.ndcg_of_prior and PriorAndModel(**chosen)._head == head
