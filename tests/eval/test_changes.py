"""What the model changed, by hand: who is counted, what is a change, and which way it went."""

from __future__ import annotations

import numpy as np
import pytest

from tastemaker.eval.changes import PRIOR, RERANKED, changes
from tastemaker.eval.harness import Run
from tastemaker.eval.splits import random_per_user
from tastemaker.eval.worlds import two_tastes


def test_lists_that_changed_got_better_or_worse_by_hand() -> None:
    """The prior puts one relevant item second for everybody. The model puts it first for user 0, third for 1, leaves 2, and
    changes only what is irrelevant for 3; for user 4 it was not asked."""
    split = random_per_user(two_tastes(), seed=1)
    users, truth = split.users[:5], split.truth()
    right = [int(truth.items[truth.indptr[n]]) for n in range(5)]
    all_right = [set(truth.items[truth.indptr[n] : truth.indptr[n + 1]].tolist()) for n in range(5)]
    others = [[item for item in range(split.train.n_items) if item not in all_right[n]][:9] for n in range(5)]
    before = np.array([[rest[0], hit, *rest[1:]] for rest, hit in zip(others, right, strict=True)])
    after = before[:4].copy()
    after[0, [0, 1]] = after[0, [1, 0]]
    after[1, [1, 2]] = after[1, [2, 1]]
    after[3, [4, 5]] = after[3, [5, 4]]
    runs = [Run(PRIOR, users=[users], answers=[before]), Run(RERANKED, users=[users[:4]], answers=[after])]
    (everyone, *groups) = changes(runs, [split], 0)
    assert everyone["users"] == 4 and everyone["changed"] == 0.75 and everyone["better"] == everyone["worse"] == 0.25
    ideal = [sum(1 / np.log2(place + 2) for place in range(min(10, len(one)))) for one in all_right]
    gain = (1 - 1 / np.log2(3)) / ideal[0] + (1 / np.log2(4) - 1 / np.log2(3)) / ideal[1]
    assert everyone["difference"] == pytest.approx(gain / 4, abs=1e-5)
    assert everyone["model"] - everyone["prior"] == pytest.approx(everyone["difference"], abs=2e-5)
    assert sum(one["users"] for one in groups) == 4
    counts = split.train.counts()[0][users[:4]]
    assert {one["group"] for one in groups} == {
        name for name, low, high in (("1 to 5 events", 1, 5), ("6 to 20", 6, 20), ("21 and more", 21, 10**9))
        if ((counts >= low) & (counts <= high)).any()
    }  # fmt: skip


def test_nothing_without_both() -> None:
    split = random_per_user(two_tastes(), seed=1)
    assert changes([Run(PRIOR), Run(RERANKED, failure="no model")], [split], 0) == []
