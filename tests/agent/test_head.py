"""The head finds out whether a model is worth listening to, and for whom."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tastemaker.agent.head import Head, Signals, fit_head
from tastemaker.retrieval.fusion import standardise


def world(
    cases: int, tell: float, *, only_short: bool = False, seed: int = 0
) -> tuple[list[Signals], list[np.ndarray]]:
    """Rankings of ten in which one is wanted: the prior points to it by 1, the model by `tell`, in deviations."""
    rng = np.random.default_rng(seed)
    signals, wanted = [], []
    for n in range(cases):
        want = np.zeros(10, dtype=bool)
        want[rng.integers(10)] = True
        history = 2 if n % 2 else 60
        told = tell if history == 2 or not only_short else 0.0
        prior, model = rng.normal(size=10) + 1.0 * want, rng.normal(size=10) + told * want
        signals.append(Signals(prior, model, history, 40.0))
        wanted.append(want)
    return signals, wanted


def test_fused_by_hand() -> None:
    prior, model = np.array([0.0, 2.0]), np.array([5.0, 1.0])
    head = Head(weights=(0.5, 0.25, 0.4, -0.1))
    weight = 0.5 + 0.25 * math.log(4) + 0.4 * math.log(31) / 4 - 0.1 * 0.5
    expected = np.array([-1.0, 1.0]) + weight * np.array([1.0, -1.0])
    assert head.fuse(Signals(prior, model, 3, 30.0, 0.5)) == pytest.approx(expected)


def test_a_weight_below_zero_is_none() -> None:
    prior, model = np.array([0.0, 2.0, 1.0]), np.array([5.0, 1.0, 0.0])
    assert Head(weights=(-3.0, 0.0, 0.0, 0.0)).fuse(Signals(prior, model, 0, 0.0)) == pytest.approx(standardise(prior))


def test_a_model_that_says_nothing_has_no_say() -> None:
    head = fit_head(*world(300, 0.0))
    assert head.weights == (0.0, 0.0, 0.0, 0.0) and head.cases == 300 and head.ndcg == head.ndcg_of_prior


def test_a_model_that_helps_is_heard_and_the_gain_holds_for_others() -> None:
    head = fit_head(*world(300, 1.0))
    assert 0.5 < head.weights[0] < 2 and head.ndcg is not None and head.ndcg_of_prior is not None
    assert head.ndcg > head.ndcg_of_prior + 0.03
    signals, wanted = world(500, 1.0, seed=7)
    hits = [np.mean([want[np.argmax(one.fuse(s))] for s, want in zip(signals, wanted, strict=True)])
            for one in (head, Head(weights=(0.0, 0.0, 0.0, 0.0)))]  # fmt: skip
    assert hits[0] > hits[1] + 0.05


def test_a_model_that_helps_the_new_is_heard_for_them() -> None:
    head = fit_head(*world(1_200, 2.0, only_short=True))
    few, many = (head.weights[0] + head.weights[1] * math.log1p(n) + head.weights[2] * math.log1p(40) / 4 + head.weights[3]
                 for n in (2, 60))  # fmt: skip
    assert few > 1.0 and many < 0.3
