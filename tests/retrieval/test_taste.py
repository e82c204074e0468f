"""Taste vectors: equal to the definitions done the long way, and right in a world of two tastes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tastemaker.errors import StoreError
from tastemaker.eval.systems.simple import EASE
from tastemaker.eval.worlds import two_tastes
from tastemaker.retrieval.factorise import (
    Histories,
    co_occurrences,
    ease,
    fit_taste,
    learnable,
    places_from_end,
    ridge,
    transitions,
)
from tastemaker.retrieval.fusion import Penalties
from tastemaker.retrieval.index import Index
from tastemaker.retrieval.taste import Consumption, FoldIn


def consumption() -> Consumption:
    data = two_tastes()
    assert data.times is not None
    order = np.lexsort((data.times, data.users))
    return Consumption(data.users[order], data.items[order], data.catalogue.ids)


def test_together_is_ease() -> None:
    data = two_tastes()
    system = EASE(penalty=50.0)
    system.fit(data)
    ours = ease(co_occurrences(Histories(data.users, data.items, data.catalogue.ids)), 50.0)
    assert np.allclose(data.dense() @ ours, system.score(np.arange(data.n_users)))


@settings(max_examples=30, deadline=None)
@given(st.lists(st.lists(st.integers(0, 5), min_size=1, max_size=7, unique=True), min_size=1, max_size=5))
def test_following_is_the_regression_it_says(histories: list[list[int]]) -> None:
    decay, penalty, n = 0.8, 2.0, 6
    past, present = [], []
    for history in histories:
        for step in range(1, len(history)):
            row = np.zeros(n)
            for back, item in enumerate(reversed(history[:step])):
                row[item] = decay**back
            past.append(row)
            present.append(np.eye(n)[history[step]])
    h, y = (np.array(rows).reshape(-1, n) for rows in (past, present))
    expected = np.linalg.solve(h.T @ h + penalty * np.eye(n), h.T @ y)
    users = np.concatenate([np.full(len(history), user) for user, history in enumerate(histories)])
    items = np.concatenate([np.array(history) for history in histories])
    gram, cross = transitions(Histories(users, items, tuple("abcdef")), decay)
    assert np.allclose(ridge(gram, cross, penalty), expected, atol=1e-9)


def test_places_from_end() -> None:
    assert places_from_end(np.array([0, 0, 0, 4, 7, 7])).tolist() == [2, 1, 0, 0, 1, 0]


def test_the_cut_keeps_the_scores_of_a_small_world() -> None:
    data = consumption()
    model = fit_taste(data)
    assert model is not None
    whole = ease(co_occurrences(learnable(data)), Penalties().together)
    assert np.allclose(model.together.incoming @ model.together.outgoing.T, whole, atol=1e-4)


def test_items_and_robots_beyond_the_limits_are_left_out() -> None:
    users, items = np.array([0, 0, 0, 0, 1, 1, 1, 2]), np.array([0, 1, 2, 3, 0, 1, 3, 3])
    data = Consumption(users, items, ("a", "b", "c", "d", "never"))
    model = fit_taste(data, max_items=3)
    assert model is not None and set(model.ids) == {"a", "b", "d"}
    assert learnable(data, max_history=1).items.tolist() == [3, 3, 3]  # each one's last


@pytest.mark.parametrize("rows", [0, 1])
def test_too_little_to_learn_from(rows: int) -> None:
    assert fit_taste(Consumption(np.zeros(rows, np.int64), np.zeros(rows, np.int64), ("a", "b"))) is None


def test_fold_in_recommends_the_taste_and_takes_no_refit(tmp_path: Path) -> None:
    model = fit_taste(consumption())
    assert model is not None
    index = Index(tmp_path / "chroma")
    assert index.taste("together", {"i0": 1.0}, 5) == {}
    index.set_tastes(model)
    for opened in (index, Index(tmp_path / "chroma")):  # also by the next process
        found = opened.taste("together", {"i0": 1.0, "i2": 0.5}, 5, without=["i0", "i2"])
        assert len(found) == 5 and all(int(one[1:]) % 2 == 0 for one in found)
        following_ones = opened.taste("next", {"i1": 1.0}, 5, without=["i1"])
        assert all(int(one[1:]) % 2 for one in following_ones)
    assert index.taste("next", {"unknown": 1.0}, 5) == {} and index.taste("next", {"i1": 0.0}, 5) == {}


def test_query_is_the_weighted_sum(tmp_path: Path) -> None:
    model = fit_taste(consumption())
    assert model is not None
    model.save(tmp_path / "taste.npz")
    fold_in = FoldIn.load(tmp_path / "taste.npz")
    query = fold_in.query("next", {"i3": 1.0, "i5": 0.5, "gone": 9.0})
    rows = {one: n for n, one in enumerate(model.ids)}
    expected = model.next.incoming[rows["i3"]] + 0.5 * model.next.incoming[rows["i5"]]
    assert query is not None and np.allclose(query[0], expected)
    (tmp_path / "taste.npz").write_bytes(b"torn")
    with pytest.raises(StoreError, match=r"taste\.npz"):
        FoldIn.load(tmp_path / "taste.npz")
