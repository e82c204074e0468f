"""Click models against what is worked out by hand, against enumeration, and against many readings."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tastemaker.eval.simulator.clicks import SATISFACTION, Cascade, ClickModel, Cross, Position
from tastemaker.eval.simulator.world import CLICK_MODELS, Clicks

ALIKE, APART = (4, 4), (4, 7)


@pytest.mark.parametrize(
    ("model", "clusters", "clicks"),
    [
        (Position(), ALIKE, 0.6 + 0.8 * 0.5),
        (Cascade(), ALIKE, 0.6 + (1 - 0.6 * 0.7) * 0.5),
        (Cross(), ALIKE, 0.6 + 0.8 * 0.5 * 0.5),
        (Cross(), APART, 0.6 + 0.8 * 0.5),
    ],
)
def test_two_places_by_hand(model: ClickModel, clusters: tuple[int, int], clicks: float) -> None:
    assert model.expected((0.6, 0.5), clusters) == pytest.approx(clicks, abs=1e-12)


def test_each_one_above_tires_once_more() -> None:
    assert Cross().expected((0.4, 0.4, 0.4), (1, 1, 1)) == pytest.approx(0.4 + 0.8 * 0.2 + 0.64 * 0.1)


def test_what_is_read_by_hand() -> None:
    appeal, none_alike = (0.5, 0.5, 0.5), (0, 1, 2)
    assert Position().read(appeal, none_alike, (0.9, 0.9, 0.1), (0.4, 0.4, 0.6)) == [True, None, False]
    assert Cascade().read(appeal, none_alike, (0.9, 0.1, 0.1), (0.4, 0.4, 0.4)) == [True, True, None]
    assert Cascade().read(appeal, none_alike, (0.1, 0.1, 0.1), (0.6, 0.6, 0.4)) == [False, False, True]
    assert Cross().read(appeal, (0, 1, 0), (0.1, 0.1, 0.1), (0.3, 0.3, 0.3)) == [True, True, False]


@pytest.mark.parametrize("name", CLICK_MODELS)
def test_expectation_is_the_mean_of_many_readings(name: Clicks) -> None:
    model = CLICK_MODELS[name]
    appeal, clusters = (0.7, 0.2, 0.5, 0.4, 0.6), (1, 2, 1, 1, 2)
    rng = np.random.default_rng(5)
    readings = [model.read(appeal, clusters, *rng.random((2, 5)).tolist()) for _ in range(20_000)]
    clicks = np.array([read.count(True) for read in readings])
    error = clicks.std() / np.sqrt(len(clicks))
    assert abs(clicks.mean() - model.expected(appeal, clusters)) < 4 * error
    assert error < 0.01


APPEALS = arrays(np.float64, st.integers(3, 6), elements=st.floats(0.0, 1.0))


@pytest.mark.parametrize("model", [Position(), Cascade()])
@given(appeal=APPEALS)
def test_best_slate_of_all_is_found(model: ClickModel, appeal: np.ndarray) -> None:
    best = model.best(appeal, np.zeros(len(appeal), dtype=np.int64), 3)
    values = [model.expected(appeal[list(slate)].tolist(), (0, 0, 0)) for slate in permutations(range(len(appeal)), 3)]
    assert model.expected(appeal[best].tolist(), (0, 0, 0)) == pytest.approx(max(values), abs=1e-12)


@given(appeal=APPEALS, seed=st.integers(0, 99))
def test_greedy_slate_is_near_the_best(appeal: np.ndarray, seed: int) -> None:
    clusters = np.random.default_rng(seed).integers(2, size=len(appeal))

    def value(slate: tuple[int, ...]) -> float:
        return Cross().expected(appeal[list(slate)].tolist(), clusters[list(slate)].tolist())

    greedy = Cross().best(appeal, clusters, 3)
    assert len(set(greedy)) == 3
    assert value(tuple(greedy)) >= 0.9 * max(value(slate) for slate in permutations(range(len(appeal)), 3))


def test_greedy_slate_varies_where_it_pays() -> None:
    assert Cross().best(np.array([0.6, 0.5, 0.4, 0.3]), np.array([1, 1, 2, 2]), 3) == [0, 2, 1]


@given(appeal=st.lists(st.floats(0.0, 1.0), min_size=1, max_size=6))
def test_cascade_heeds_what_is_shown_and_not_its_order(appeal: list[float]) -> None:
    telescoped = (1 - np.prod([1 - SATISFACTION * one for one in appeal])) / SATISFACTION
    for order in (appeal, appeal[::-1]):
        assert Cascade().expected(order, [0] * len(appeal)) == pytest.approx(telescoped, abs=1e-12)
