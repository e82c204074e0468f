"""Ranking metrics: hand-worked values, an independent library, and each fault that others had (research, section 4)."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tastemaker.errors import InvalidInputError
from tastemaker.eval import beyond_accuracy as beyond
from tastemaker.eval import metrics as m

ALL = (m.ndcg, m.precision, m.recall, m.hit_rate, m.mrr, m.average_precision)


def lists(*rows: list[int]) -> m.Ints:
    width = max(map(len, rows), default=0)
    return np.array([row + [-1] * (width - len(row)) for row in rows], dtype=np.int64).reshape(len(rows), width)


def test_values_worked_by_hand() -> None:
    ranked, truth = lists([7, 3, 9, 1]), m.Truth.of([{3, 1, 5}])
    assert m.precision(ranked, truth, 4)[0] == 2 / 4
    assert m.recall(ranked, truth, 4)[0] == 2 / 3
    assert m.hit_rate(ranked, truth, 1)[0] == 0
    assert m.mrr(ranked, truth, 4)[0] == 1 / 2
    assert m.average_precision(ranked, truth, 4)[0] == pytest.approx((1 / 2 + 2 / 4) / 3)
    ideal = 1 + 1 / math.log2(3) + 1 / 2
    assert m.ndcg(ranked, truth, 4)[0] == pytest.approx((1 / math.log2(3) + 1 / math.log2(5)) / ideal)


def test_graded_gains_are_used_and_the_transform_is_stated() -> None:
    ranked, truth = lists([0, 1]), m.Truth.of([{0: 1.0, 1: 3.0}])
    half = 1 / math.log2(3)
    assert m.ndcg(ranked, truth, 2)[0] == pytest.approx((1 + 3 * half) / (3 + half))
    assert m.ndcg(ranked, truth, 2, "exponential")[0] == pytest.approx((1 + 7 * half) / (7 + half))


@pytest.mark.parametrize("metric", ALL)
def test_a_perfect_list_scores_one_and_an_empty_one_nothing(metric: object) -> None:
    truth = m.Truth.of([{4}, {4}, set()])
    values = metric(lists([4], [], [4]), truth, 1)  # type: ignore[operator]
    assert values[:2].tolist() == [1, 0] and math.isnan(values[2])
    assert m.mean(values) == m.Summary(0.5, 2, 1)


def test_precision_divides_by_k_not_by_what_is_liked() -> None:  # implicit 412
    assert m.precision(lists([1, 2, 3, 4]), m.Truth.of([{1}]), 4)[0] == 1 / 4


@pytest.mark.parametrize("metric", ALL)
def test_empty_places_are_no_item(metric: object) -> None:  # implicit 330: they counted as item 0, NDCG 2.8
    assert metric(lists([3, -1, -1]), m.Truth.of([{0}]), 10)[0] == 0  # type: ignore[operator]


def test_k_below_and_beyond_the_list() -> None:  # lenskit 309
    ranked, truth = lists([5, 0], [0, -1]), m.Truth.of([{0}, {0}])
    assert m.ndcg(ranked, truth, 1).tolist() == [0, 1]
    assert m.ndcg(ranked, truth, 50).tolist() == [pytest.approx(1 / math.log2(3)), 1]


def test_nobody_and_nothing() -> None:  # lenskit 956
    assert m.mean(m.ndcg(lists(), m.Truth.of([]), 5)).users == 0
    nobody = m.mean(m.ndcg(lists([1]), m.Truth.of([set()]), 5))
    assert math.isnan(nobody.mean) and (nobody.users, nobody.excluded) == (0, 1)


def test_repeated_truth_counts_once() -> None:  # RecTools 164
    assert m.recall(lists([1]), m.Truth.of([[1, 1, 2]]), 1)[0] == 1 / 2


def test_repeated_hits_count_once() -> None:  # trulens 2746: NDCG 1.63
    ranked, truth = lists([1, 1, 1]), m.Truth.of([{1}])
    assert m.ndcg(ranked, truth, 3)[0] == 1 and m.precision(ranked, truth, 3)[0] == 1 / 3
    assert m.average_precision(ranked, truth, 3)[0] == 1


@pytest.mark.parametrize("gain", [0.0, -1.0, math.nan, math.inf])
def test_a_gain_that_is_none_is_refused(gain: float) -> None:  # lenskit 1095
    with pytest.raises(InvalidInputError, match="gains"):
        m.Truth.of([{1: gain}])


@pytest.mark.parametrize("k", [0, -3])
def test_k_must_be_positive(k: int) -> None:
    with pytest.raises(InvalidInputError, match="k"):
        m.precision(lists([1]), m.Truth.of([{1}]), k)


def test_lists_of_other_users_are_refused() -> None:
    with pytest.raises(InvalidInputError, match="ranked"):
        m.precision(lists([1], [2]), m.Truth.of([{1}]), 1)


rows = st.lists(st.integers(0, 8), max_size=6)


@given(st.lists(st.tuples(rows, st.sets(st.integers(0, 8), max_size=5)), min_size=1, max_size=6), st.integers(1, 8))
def test_every_metric_lies_between_0_and_1_and_equals_its_definition(
    cases: list[tuple[list[int], set[int]]], k: int
) -> None:
    ranked, truth = lists(*[row for row, _ in cases]), m.Truth.of([liked for _, liked in cases])
    for metric in ALL:
        values = metric(ranked, truth, k)
        assert all(math.isnan(v) or 0 <= v <= 1 + 1e-12 for v in values)
    for value, (row, liked) in zip(m.ndcg(ranked, truth, k), cases, strict=True):
        if not liked:
            continue
        places = [n for n, item in enumerate(row[:k]) if item in liked and item not in row[:n]]
        best = sum(1 / math.log2(n + 2) for n in range(min(k, len(liked))))
        assert value == pytest.approx(sum(1 / math.log2(n + 2) for n in places) / best)


@pytest.mark.slow
def test_equal_to_an_independent_library() -> None:
    ranx = pytest.importorskip("ranx")
    rng = np.random.default_rng(7)
    n_users, n_items, k = 60, 40, 10
    ranked = np.array([rng.permutation(n_items)[:15] for _ in range(n_users)])
    gains = [
        {int(i): float(rng.integers(1, 5)) for i in rng.permutation(n_items)[: rng.integers(1, 20)]}
        for _ in range(n_users)
    ]
    qrels = ranx.Qrels({f"u{u}": {f"i{i}": int(g) for i, g in row.items()} for u, row in enumerate(gains)})
    run = ranx.Run({f"u{u}": {f"i{i}": 100.0 - n for n, i in enumerate(row)} for u, row in enumerate(ranked)})
    truth = m.Truth.of(gains)
    pairs: dict[str, Callable[[m.Ints, m.Truth, int], m.Floats]] = {
        "precision": m.precision, "recall": m.recall, "hit_rate": m.hit_rate, "mrr": m.mrr, "map": m.average_precision,
        "ndcg": m.ndcg, "ndcg_burges": lambda r, t, k: m.ndcg(r, t, k, "exponential"),
    }  # fmt: skip
    for name, metric in pairs.items():
        theirs = ranx.evaluate(qrels, run, f"{name}@{k}")
        assert m.mean(metric(ranked, truth, k)).mean == pytest.approx(theirs, abs=1e-9), name


def test_gauc_counts_pairs_and_ties_half() -> None:
    scores = np.array([0.9, 0.1, 0.5, 0.5, 0.3, 1.0])
    relevant = np.array([True, False, True, False, False, True])
    users = np.array([0, 0, 1, 1, 1, 2])
    assert m.gauc(scores, relevant, users) == pytest.approx((2 * 1 + 3 * 0.75) / 5)
    assert math.isnan(m.gauc(scores[5:], relevant[5:], users[5:]))
    with pytest.raises(InvalidInputError):
        m.gauc(np.array([math.nan]), relevant[:1], users[:1])


@given(st.lists(st.tuples(st.integers(0, 4), st.booleans(), st.integers(0, 2)), min_size=1, max_size=20))
def test_gauc_equals_enumeration(rows: list[tuple[int, bool, int]]) -> None:
    scores, relevant, users = (np.array(column) for column in zip(*rows, strict=True))
    areas = []
    for user in set(users.tolist()):
        own = [(s, r) for s, r, u in zip(scores, relevant, users, strict=True) if u == user]
        pairs = [(a, b) for (a, x), (b, y) in itertools.product(own, own) if x and not y]
        if pairs:
            areas.append((len(own), sum((a > b) + 0.5 * (a == b) for a, b in pairs) / len(pairs)))
    found = m.gauc(scores.astype(float), relevant, users)
    if areas:
        assert found == pytest.approx(sum(n * area for n, area in areas) / sum(n for n, _ in areas))
    else:
        assert math.isnan(found)


def test_rmse() -> None:
    assert m.rmse(np.array([1.0, 3.0]), np.array([1.0, 1.0])) == pytest.approx(math.sqrt(2))
    for wrong in (np.array([math.nan]), np.array([])):
        with pytest.raises(InvalidInputError):
            m.rmse(wrong, wrong)


ALL_FOUR = np.ones(4, dtype=bool)


def test_coverage_and_gini() -> None:
    alike = lists([0, 1], [2, 3])
    assert beyond.coverage(alike, 4) == 1 and beyond.gini(alike, ALL_FOUR) == pytest.approx(0)
    assert beyond.coverage(lists([0], [0]), 4) == 1 / 4 and beyond.gini(lists([0], [0]), ALL_FOUR) == pytest.approx(
        3 / 4
    )
    assert beyond.coverage(lists([-1]), 4) == 0 and math.isnan(beyond.gini(lists([-1]), ALL_FOUR))


def test_gini_counts_only_what_may_be_shown() -> None:
    assert beyond.gini(lists([0, 1]), np.array([True, True, False, False])) == pytest.approx(0)


def test_novelty_is_self_information() -> None:
    assert beyond.novelty(lists([0, 1], [-1, -1]), np.array([8.0, 2.0]), 8)[0] == pytest.approx((0 + 2) / 2)
    assert math.isnan(beyond.novelty(lists([]), np.array([8.0]), 8)[0])
    assert beyond.novelty(lists([0]), np.array([0.0]), 8)[0] == 3  # no user counts as one


def test_popularity_lift() -> None:
    assert beyond.popularity_lift(lists([0]), np.array([6.0]), np.array([4.0]))[0] == pytest.approx(0.5)
    assert math.isnan(beyond.popularity_lift(lists([0]), np.array([6.0]), np.array([np.nan]))[0])


def test_intra_list_diversity() -> None:
    features = np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 2.0], [0.0, 0.0]])
    found = beyond.intra_list_diversity(lists([0, 1], [0, 2], [0, 3], [0]), features)
    assert found[:3].tolist() == [pytest.approx(0), 1, 1] and math.isnan(found[3])
    assert beyond.intra_list_diversity(lists([0, 1, 2]), features)[0] == pytest.approx(2 / 3)


def test_serendipity_leaves_out_what_popularity_shows() -> None:
    truth = m.Truth.of([{1, 2}])
    assert beyond.serendipity(lists([1, 2, 3]), lists([1, 9, 8]), truth, 3)[0] == pytest.approx(1 / 3)


def test_calibration_is_zero_for_the_same_mix() -> None:
    categories = np.array([[1.0, 0.0], [0.0, 1.0]])
    found = beyond.calibration(
        lists([0, 1], [0, 0], [-1, -1]), categories, np.array([[3.0, 3.0], [1.0, 1.0], [1.0, 0.0]])
    )
    assert found[0] == pytest.approx(0)
    q = np.array([0.99 + 0.01 * 0.5, 0.01 * 0.5])
    assert found[1] == pytest.approx(float((0.5 * np.log(0.5 / q)).sum())) and math.isnan(found[2])
