"""Maximal marginal relevance and calibration: worked by hand, against enumeration, and on random lists."""

from __future__ import annotations

import itertools
import math
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from tastemaker.errors import InvalidInputError
from tastemaker.retrieval.diversity import calibrate, mmr, scaled

GENRES = "abcd"
Floats = NDArray[np.float64]


def cosine(one: Floats, other: Floats) -> float:
    lengths = float(np.linalg.norm(one) * np.linalg.norm(other))
    return float(one @ other) / lengths if lengths else 0.0


def distance(vectors: Floats, chosen: Sequence[int]) -> float:
    """Mean of 1 − cosine over the pairs of a list."""
    pairs = [(one, other) for n, one in enumerate(chosen) for other in chosen[:n]]
    return float(np.mean([1 - cosine(vectors[one], vectors[other]) for one, other in pairs]))


def divergence(categories: Sequence[Sequence[str]], target: Mapping[str, float], chosen: Sequence[int]) -> float:
    """KL(p || 0.99 q + 0.01 p) in nats, item by item."""
    shares: dict[str, float] = {}
    for index in chosen:
        for name in set(categories[index]):
            shares[name] = shares.get(name, 0.0) + 1 / len(set(categories[index]))
    whole, total = sum(shares.values()) or 1.0, sum(target.values())
    p = {name: share / total for name, share in target.items() if share}
    return sum(
        share * math.log(share / (0.99 * shares.get(name, 0.0) / whole + 0.01 * share)) for name, share in p.items()
    )


def random_case(seed: int, n: int) -> tuple[Floats, list[list[str]], dict[str, float]]:
    """Sorted relevance in [0, 1], 0 to 3 categories an item, a target."""
    random = np.random.default_rng(seed)
    relevance = np.sort(random.random(n))[::-1].copy()
    categories = [
        list(random.choice(list(GENRES), size=random.integers(0, 4), replace=False, p=[0.6, 0.2, 0.1, 0.1]))
        for _ in range(n)
    ]
    return relevance, categories, dict(zip(GENRES, random.random(4).tolist(), strict=True))


class TestMmr:
    def test_a_list_worked_by_hand(self) -> None:
        # Scaled relevance 1, 0.9, 0.5, 0; the second is the first again, the third stands at a right angle to it.
        vectors = np.array([[1, 0], [2, 0], [0, 1], [-1, 0]], dtype=np.float32)
        relevance = [10.0, 9.0, 5.0, 0.0]
        assert mmr(relevance, vectors, 4, 0.0) == [0, 1, 2, 3]
        # 0.5: after the first 0.45 − 0.5, 0.25 − 0, 0 + 0.5, so the opposite; then 0.45 − 0.5 against 0.25 − 0.
        assert mmr(relevance, vectors, 4, 0.5) == [0, 3, 2, 1]
        # 0.2: after the first 0.72 − 0.2 = 0.52, 0.4 − 0, 0 + 0.2, so its copy; then 0.4 against 0.2.
        assert mmr(relevance, vectors, 4, 0.2) == [0, 1, 2, 3]

    def test_the_scale_of_relevance_and_the_length_of_vectors_change_nothing(self) -> None:
        random = np.random.default_rng(1)
        relevance, vectors = random.normal(size=30), random.normal(size=(30, 5)).astype(np.float32)
        stretched = vectors * random.uniform(0.5, 20, size=(30, 1)).astype(np.float32)
        assert mmr(relevance, vectors, 30, 0.4) == mmr(relevance * 1e3 - 7, stretched, 30, 0.4)

    @pytest.mark.parametrize("size", [1e-30, 1e30])
    def test_tiny_and_huge_vectors_keep_their_directions(self, size: float) -> None:
        vectors = (np.array([[1, 0], [1, 0], [0, 1]]) * size).astype(np.float32)
        assert mmr([3.0, 2.0, 1.9], vectors, 3, 0.9) == [0, 2, 1]

    def test_ties_go_to_the_earlier(self) -> None:
        assert mmr([1.0] * 4, np.ones((4, 2), dtype=np.float32), 4, 0.7) == [0, 1, 2, 3]
        assert mmr([1.0, 2.0, 2.0], np.zeros((3, 2), dtype=np.float32), 3, 0.0) == [1, 2, 0]

    def test_the_most_relevant_comes_first_even_where_relevance_has_no_weight(self) -> None:
        assert mmr([0.0, 2.0, 1.0], np.eye(3, dtype=np.float32), 1, 1.0) == [1]

    def test_a_vector_of_zeros_is_like_no_other(self) -> None:
        vectors = np.array([[1, 0], [1, 0], [0, 0]], dtype=np.float32)
        assert mmr([2.0, 1.0, 1.0], vectors, 2, 0.5) == [0, 2]

    @settings(max_examples=60, deadline=None)
    @given(st.integers(0, 10_000), st.integers(1, 7), st.floats(0, 1))
    def test_each_pick_is_the_best_of_all_that_are_left(self, seed: int, n: int, diversity: float) -> None:
        random = np.random.default_rng(seed)
        relevance, vectors = random.normal(size=n), random.normal(size=(n, 3)).astype(np.float32)
        wide = vectors.astype(np.float64)
        chosen = mmr(relevance, vectors, n, diversity)
        assert sorted(chosen) == list(range(n))
        assert chosen[0] == int(np.argmax(relevance))
        spread = float(np.ptp(relevance)) or 1.0
        for step in range(1, n):
            before = chosen[:step]
            gains = {
                one: (1 - diversity) * float(relevance[one] - relevance.min()) / spread
                - diversity * max(cosine(wide[one], wide[other]) for other in before)
                for one in range(n)
                if one not in before
            }
            assert gains[chosen[step]] >= max(gains.values()) - 1e-6  # float32's cosines

    def test_lists_grow_more_varied_with_diversity(self) -> None:
        means = []
        for diversity in (0.0, 0.3, 0.6, 1.0):
            apart = []
            for seed in range(40):
                random = np.random.default_rng(seed)
                vectors = random.normal(size=(60, 4)) + random.normal(size=4)
                relevance = np.sort(vectors @ random.normal(size=4))[::-1]
                apart.append(distance(vectors, mmr(relevance, vectors.astype(np.float32), 10, diversity)))
            means.append(np.mean(apart))
        assert all(one < other for one, other in itertools.pairwise(means)), means


class TestCalibrate:
    def test_a_list_worked_by_hand(self) -> None:
        # Wanted half a, half b. The first pick of a or b leaves the same divergence, so relevance decides; then b, which
        # makes it 0; then of a and b either leaves the same again.
        relevance, categories = [0.9, 0.8, 0.7, 0.1], [["a"], ["a"], ["b"], ["b"]]
        assert calibrate(relevance, categories, {"a": 1, "b": 1}, 4, 0.5) == [0, 2, 1, 3]
        assert calibrate(relevance, categories, {"a": 1, "b": 1}, 4, 0.0) == [0, 1, 2, 3]
        assert calibrate(relevance, categories, {"b": 1}, 2, 1.0) == [2, 3]

    def test_the_weighing_worked_by_hand(self) -> None:
        # A first pick of b has KL 0 and of a −ln 0.01 = 4.605 nats: a leads by 0.5, so it turns at s = 0.5 / 5.105 = 0.0979.
        for strength, first in [(0.097, 0), (0.099, 1)]:
            assert calibrate([1.0, 0.5], [["a"], ["b"]], {"b": 2.0}, 1, strength) == [first]

    def test_an_item_with_two_categories_gives_half_to_each(self) -> None:
        categories = [["a"], ["b"], ["a", "b", "a"]]
        assert calibrate([0.0, 0.0, 0.0], categories, {"a": 3, "b": 3}, 1, 1.0) == [2]

    def test_categories_outside_of_the_target_take_room(self) -> None:
        categories = [["a", "x"], ["a"]]
        assert calibrate([0.0, 0.0], categories, {"a": 1, "b": 0}, 1, 1.0) == [1]

    def test_an_item_without_categories_counts_for_nothing(self) -> None:
        # After b, one more b or the bare item leave the slate all b: a tie, which the earlier wins.
        categories: list[list[str]] = [[], ["b"], ["b"], ["a"]]
        assert calibrate([0.0] * 4, categories, {"b": 1}, 4, 1.0) == [1, 0, 2, 3]
        assert calibrate([1.0, 2.0], [[], []], {"b": 1}, 2, 1.0) == [0, 1]

    @settings(max_examples=60, deadline=None)
    @given(st.integers(0, 10_000), st.integers(1, 7), st.floats(0, 1))
    def test_each_pick_is_the_best_of_all_that_are_left(self, seed: int, n: int, strength: float) -> None:
        relevance, categories, target = random_case(seed, n)
        chosen = calibrate(relevance, categories, target, n, strength)
        assert sorted(chosen) == list(range(n))
        for step in range(n):
            before = chosen[:step]
            objectives = {
                one: (1 - strength) * float(relevance[[*before, one]].sum())
                - strength * divergence(categories, target, [*before, one])
                for one in range(n)
                if one not in before
            }
            assert objectives[chosen[step]] >= max(objectives.values()) - 1e-9

    def test_slates_come_nearer_to_the_target(self) -> None:
        """Greedy picks are not the best slate, so one may lose a little: at most 0.01 nats in these 200 cases."""
        gained = []
        for seed in range(200):
            relevance, categories, target = random_case(seed, 40)
            far, near = (
                divergence(categories, target, calibrate(relevance, categories, target, 10, strength))
                for strength in (0.0, 1.0)
            )
            assert near <= far + 0.01
            gained.append(far - near)
        assert np.mean(gained) > 0.1

    def test_tiny_and_huge_shares_stay_finite(self) -> None:
        target = {"a": 1e308, "b": 1e308, "c": 5e-324}
        assert calibrate([0.9, 0.8, 0.7], [["a"], ["c"], ["b"]], target, 3, 0.9) == [0, 2, 1]


def of_mmr(relevance: Sequence[float], k: int, share: float) -> list[int]:
    """With vectors and categories of the same lists, so that both functions are called alike."""
    return mmr(relevance, np.random.default_rng(0).normal(size=(len(relevance), 3)).astype(np.float32), k, share)


def of_calibrate(relevance: Sequence[float], k: int, share: float) -> list[int]:
    return calibrate(relevance, [[GENRES[n % 4]] for n in range(len(relevance))], {"c": 1.0, "d": 2.0}, k, share)


@pytest.mark.parametrize("reorder", [of_mmr, of_calibrate])
class TestBoth:
    @settings(max_examples=50, deadline=None)
    @given(
        relevance=st.lists(st.floats(-1e300, 1e300), max_size=12),
        k=st.integers(0, 15),
        share=st.sampled_from([0, 0.3, 1]),
    )
    def test_k_distinct_indices_and_a_shorter_list_begins_alike(
        self, reorder: Callable[..., list[int]], relevance: list[float], k: int, share: float
    ) -> None:
        chosen = reorder(relevance, k, share)
        assert len(chosen) == len(set(chosen)) == min(k, len(relevance))
        assert set(chosen) <= set(range(len(relevance)))
        assert all(type(one) is int for one in chosen)
        assert chosen == reorder(relevance, 15, share)[:k]

    @settings(max_examples=50, deadline=None)
    @given(relevance=st.lists(st.floats(-1e300, 1e300), max_size=12))
    def test_nothing_asked_leaves_a_ranked_list_as_it_is(
        self, reorder: Callable[..., list[int]], relevance: list[float]
    ) -> None:
        ranked = sorted(relevance, reverse=True)
        assert reorder(ranked, len(ranked), 0.0) == list(range(len(ranked)))

    @pytest.mark.parametrize("k", [-1, 1.5, True, "2", None])
    def test_refuses_a_count(self, reorder: Callable[..., list[int]], k: Any) -> None:
        with pytest.raises(InvalidInputError, match=r"^k: "):
            reorder([1.0, 2.0], k, 0.5)

    @pytest.mark.parametrize("share", [-0.1, 1.1, math.nan, math.inf, True, "0.5", None])
    def test_refuses_a_share(self, reorder: Callable[..., list[int]], share: Any) -> None:
        with pytest.raises(InvalidInputError, match=r"^(diversity|strength): must be a number from 0 to 1"):
            reorder([1.0, 2.0], 1, share)

    @pytest.mark.parametrize("relevance", [[1.0, math.nan], [math.inf, 0.0], [[1.0], [2.0]], ["a", "b"], [1.0, None]])
    def test_refuses_a_relevance(self, reorder: Callable[..., list[int]], relevance: Any) -> None:
        with pytest.raises(InvalidInputError, match=r"^relevance: "):
            reorder(relevance, 1, 0.5)

    def test_takes_numpys_numbers(self, reorder: Callable[..., list[int]]) -> None:
        assert len(reorder([3.0, 2.0, 1.0], np.int64(2), np.float32(0.5))) == 2


@pytest.mark.parametrize(
    "vectors", [np.ones((3, 2)), np.ones(2), np.array([[1.0, math.nan], [1, 1]]), [["a"], ["b"]], [[1.0], [1.0, 2.0]]]
)
def test_mmr_refuses_vectors(vectors: Any) -> None:
    with pytest.raises(InvalidInputError, match=r"^vectors: "):
        mmr([1.0, 2.0], vectors, 1, 0.5)


@pytest.mark.parametrize(
    ("categories", "target", "where"),
    [
        ([["a"]], {"a": 1}, "categories"),
        ([["a"], "drama"], {"a": 1}, r"categories\[1\]"),
        ([["a"], None], {"a": 1}, r"categories\[1\]"),
        ([["a"], ["b"]], {}, "target"),
        ([["a"], ["b"]], {"a": 0.0}, "target"),
        ([["a"], ["b"]], {"a": 1, "b": -0.1}, "target"),
        ([["a"], ["b"]], {"a": math.nan}, "target"),
        ([["a"], ["b"]], {"a": "much"}, "target"),
        ([["a"], ["b"]], ["a"], "target"),
    ],
)
def test_calibrate_refuses_categories_and_targets(categories: Any, target: Any, where: str) -> None:
    with pytest.raises(InvalidInputError, match=f"^{where}: "):
        calibrate([1.0, 2.0], categories, target, 1, 0.5)


def test_scaled_brings_any_finite_numbers_to_0_and_1() -> None:
    assert scaled([3.0, 1.0, 2.0]).tolist() == [1.0, 0.0, 0.5]
    assert scaled([1.7e308, -1.7e308, 0.0]).tolist() == [1.0, 0.0, 0.5]
    assert scaled([2.0, 2.0]).tolist() == [0.0, 0.0]
    assert scaled([]).tolist() == []


def test_loads_no_heavy_library() -> None:
    code = (
        "import sys, tastemaker.retrieval.diversity, tastemaker.retrieval.filters; "
        "print([name for name in ('chromadb', 'torch', 'scipy') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
