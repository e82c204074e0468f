"""The slate's probability is exact: it sums to one over all slates, and draws come as often as it says."""

from __future__ import annotations

from collections import Counter
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tastemaker.agent.policy import Policy, place_probabilities, prefix_log_propensities
from tastemaker.errors import InvalidInputError

SCORES = np.array([1.0, 0.2, -0.5, 0.2])
ORDER = [0, 1, 3, 2]


@given(st.lists(st.floats(-30, 30), min_size=3, max_size=5), st.integers(1, 3))
def test_probabilities_of_all_slates_sum_to_one(logits: list[float], k: int) -> None:
    slates = permutations(range(len(logits)), k)
    total = sum(np.exp(prefix_log_propensities(np.array(logits), slate)[-1]) for slate in slates)
    assert total == pytest.approx(1)


def test_one_slate_by_hand() -> None:
    logits = np.log([4.0, 3.0, 2.0, 1.0])
    assert np.exp(prefix_log_propensities(logits, [1, 0])) == pytest.approx([0.3, 0.3 * 4 / 7])


def test_draws_come_as_often_as_logged() -> None:
    policy = Policy(tau=0.7)
    draws = [policy.draw(SCORES, ORDER, 2, seed) for seed in range(20_000)]
    counts = Counter(tuple(slate.picks) for slate in draws)
    for slate in draws[:50]:
        expected = np.exp(slate.log_propensity)
        error = np.sqrt(expected * (1 - expected) / len(draws))
        assert abs(counts[tuple(slate.picks)] / len(draws) - expected) < 5 * error


@given(st.lists(st.floats(-20, 20), min_size=3, max_size=5), st.floats(0.01, 3), st.floats(0, 1), st.integers(1, 3))
def test_a_mixture_of_slates_sums_to_one_and_its_places_too(
    scores: list[float], tau: float, share: float, k: int
) -> None:
    """Every marginal by quadrature equals the sum over all slates that have the candidate there."""
    values, order = np.array(scores), np.argsort(-np.array(scores)).tolist()
    for policy in (Policy(tau, share), Policy(0.0, share)):
        slates = list(permutations(range(len(scores)), k))
        joint = np.exp([policy.log_propensities(values, order, slate)[-1] for slate in slates])
        assert joint.sum() == pytest.approx(1, abs=1e-12)
        by_hand = np.zeros((len(scores), k))
        for slate, p in zip(slates, joint, strict=True):
            by_hand[list(slate), np.arange(k)] += p
        assert np.abs(policy.marginals(values, order, k) - by_hand).max() < 1e-10


def test_a_mixture_is_drawn_as_often_as_logged() -> None:
    policy = Policy(tau=0.7, epsilon=0.3)
    draws = [policy.draw(SCORES, ORDER, 2, seed) for seed in range(20_000)]
    counts = Counter(tuple(slate.picks) for slate in draws)
    for slate in permutations(range(4), 2):
        expected = np.exp(policy.log_propensities(SCORES, ORDER, slate)[-1])
        assert abs(counts[slate] / len(draws) - expected) < 5 * np.sqrt(expected * (1 - expected) / len(draws))
    assert policy.version == "plackett-luce(tau=0.7)+uniform(0.3)"


@pytest.mark.parametrize("scores", [[0.0, 1.0, 11.0], [0.0, 0.5, 1000.0, 2000.0], [0.0, 0.0, -5000.0, 1e-9]])
@pytest.mark.parametrize("tau", [1.0, 0.015625, 0.001])
def test_places_of_scores_that_are_far_apart(scores: list[float], tau: float) -> None:
    """Rates beyond what float64 holds keep their order among themselves."""
    values, slates = np.array(scores), list(permutations(range(len(scores)), 3))
    by_hand = np.zeros((len(scores), 3))
    for slate in slates:
        by_hand[list(slate), np.arange(3)] += np.exp(prefix_log_propensities(values / tau, slate)[-1])
    assert np.abs(place_probabilities(values / tau, 3) - by_hand).max() < 1e-10


def test_places_of_many_candidates_sum_to_one() -> None:
    scores = np.random.default_rng(0).normal(size=100) * 5
    places = place_probabilities(scores, 10)
    assert places.sum(axis=0) == pytest.approx(np.ones(10), abs=1e-9)
    assert places[:, 0] == pytest.approx(np.exp(scores - np.logaddexp.reduce(scores)), abs=1e-10)


@pytest.mark.parametrize("epsilon", [-0.1, 1.5, float("nan")])
def test_a_senseless_share_is_refused(epsilon: float) -> None:
    with pytest.raises(InvalidInputError, match="epsilon"):
        Policy(1.0, epsilon)


def test_a_seed_repeats_a_draw() -> None:
    assert Policy(1.0).draw(SCORES, ORDER, 3, 7) == Policy(1.0).draw(SCORES, ORDER, 3, 7)


def test_greedy_is_certain() -> None:
    slate = Policy().draw(SCORES, ORDER, 3, seed=1)
    assert slate.picks == [0, 1, 3]
    assert slate.log_propensity == 0.0
    assert Policy().version == "greedy"
    assert Policy(0.5).version == "plackett-luce(tau=0.5)"


def test_no_more_than_there_are() -> None:
    assert sorted(Policy(1.0).draw(SCORES, ORDER, 9, 3).picks) == [0, 1, 2, 3]


@pytest.mark.parametrize("tau", [-1.0, float("nan"), float("inf")])
def test_a_senseless_temperature_is_refused(tau: float) -> None:
    with pytest.raises(InvalidInputError, match="tau"):
        Policy(tau)
