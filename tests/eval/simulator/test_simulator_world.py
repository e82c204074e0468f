"""Worlds are settled by seed, number and slate; what they expect is what comes; wrong arguments are refused."""

from __future__ import annotations

from datetime import UTC, timedelta
from itertools import permutations
from typing import Any

import numpy as np
import pytest

from tastemaker.errors import InvalidInputError
from tastemaker.eval.simulator import Visit, World
from tastemaker.eval.simulator.world import CLICK_MODELS, MODELS, Clicks, Model

SLATE = [3, 1, 4, 0, 5]


def seen(visit: Visit) -> tuple[object, ...]:
    signals = {name: values.tolist() for name, values in visit.signals.items()}
    return visit.number, visit.user_id, visit.at, visit.candidates, signals


def test_a_visit_is_what_it_says() -> None:
    world = World(1, users=7, items=30, candidates=12, visits_per_hour=4)
    visit = world.visit(6)
    assert visit.number == 6
    assert visit.user_id in {f"user-{n}" for n in range(7)}
    assert visit.at - world.visit(0).at == timedelta(hours=1.5)
    assert visit.at.tzinfo is UTC
    assert len(set(visit.candidates)) == 12
    assert set(visit.signals) == {"llm", "content", "taste", "popularity", "recency"}
    assert all(values.shape == (12,) and np.isfinite(values).all() for values in visit.signals.values())
    assert (np.abs(visit.signals["content"]) <= 1).all()
    assert (visit.signals["popularity"] >= 0).all()
    assert ((visit.signals["recency"] > 0) & (visit.signals["recency"] <= 1)).all()
    appeal = world.appeal(visit)
    assert ((appeal > 0) & (appeal < 1)).all()
    assert world.clusters(visit).shape == appeal.shape == (12,)


def test_order_of_calls_does_not_matter() -> None:
    one, other = World(3), World(3)
    forth = [(seen(one.visit(n)), one.respond(one.visit(n), SLATE)) for n in range(40)]
    back = [(other.respond(other.visit(n), SLATE), seen(other.visit(n))) for n in reversed(range(40))]
    assert forth == [(visit, responses) for responses, visit in reversed(back)]


def test_seeds_and_numbers_differ() -> None:
    assert seen(World(3).visit(0)) != seen(World(4).visit(0))
    assert seen(World(3).visit(0))[3] != seen(World(3).visit(1))[3]


@pytest.mark.parametrize("clicks", CLICK_MODELS)
@pytest.mark.parametrize("model", MODELS)
def test_kinds_of_world_share_visits_and_appeal(clicks: Clicks, model: Model) -> None:
    plain, other = World(3), World(3, clicks=clicks, model=model)
    for number in range(5):
        one, two = plain.visit(number), other.visit(number)
        assert one.candidates == two.candidates
        assert (one.signals["taste"] == two.signals["taste"]).all()
        assert (plain.appeal(one) == other.appeal(two)).all()


def test_slates_of_a_visit_share_their_luck() -> None:
    world = World(2)
    shared = 0
    for number in range(300):
        visit = world.visit(number)
        one, other = world.respond(visit, [0, 1, 2]), world.respond(visit, [0, 7, 2])
        there = [(response.item_id, response.type, response.at) for response in one if response.place != 1]
        assert there == [(response.item_id, response.type, response.at) for response in other if response.place != 1]
        shared += len(there)
    assert shared > 50


@pytest.mark.parametrize("clicks", CLICK_MODELS)
def test_what_comes_is_what_was_expected(clicks: Clicks) -> None:
    world = World(11, clicks=clicks)
    visits = [world.visit(n) for n in range(6_000)]
    slates = [world.best(visit) for visit in visits]
    came = [sum(one.type == "click" for one in world.respond(v, s)) for v, s in zip(visits, slates, strict=True)]
    surprise = np.array(came) - [world.expected(v, s) for v, s in zip(visits, slates, strict=True)]
    error = surprise.std() / np.sqrt(len(surprise))
    assert abs(surprise.mean()) < 4 * error
    assert error < 0.02


@pytest.mark.parametrize("clicks", ["position", "cascade"])
def test_no_slate_beats_the_oracle(clicks: Clicks) -> None:
    world = World(5, clicks=clicks, candidates=6, places=3)
    for number in range(20):
        visit = world.visit(number)
        most = max(world.expected(visit, slate) for slate in permutations(range(6), 3))
        assert world.expected(visit, world.best(visit)) == pytest.approx(most, abs=1e-12)


def test_two_places_of_a_world_by_hand() -> None:
    world = World(5)
    visit = world.visit(0)
    first, second = world.appeal(visit)[[8, 2]]
    assert world.expected(visit, [8, 2]) == pytest.approx(first + 0.8 * second)
    assert World(5, clicks="cascade").expected(visit, [8, 2]) == pytest.approx(first + (1 - 0.7 * first) * second)


@pytest.mark.parametrize(
    ("arguments", "where"),
    [
        ({"seed": -1}, "seed"), ({"clicks": "dwell"}, "clicks"), ({"model": "perfect"}, "model"),
        ({"drift_at": -1}, "drift_at"), ({"users": 0}, "users"), ({"candidates": 0}, "candidates"),
        ({"items": 10, "candidates": 11}, "candidates"), ({"places": 0}, "places"), ({"places": 21}, "places"),
        ({"visits_per_hour": 0}, "visits_per_hour"), ({"visits_per_hour": float("nan")}, "visits_per_hour"),
    ],
)  # fmt: skip
def test_worlds_that_can_not_be(arguments: dict[str, Any], where: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        World(**({"seed": 1} | arguments))
    assert caught.value.where == where
    assert caught.value.remedy


@pytest.mark.parametrize("slate", [[], [0, 0], [-1], [20], [0, 1, 2, 3, 4, 5], [0.5], ["item-1"]])
def test_slates_that_can_not_be_shown(slate: list[Any]) -> None:
    world = World(1)
    visit = world.visit(0)
    for ask in (world.respond, world.expected):
        with pytest.raises(InvalidInputError) as caught:
            ask(visit, slate)
        assert caught.value.where == "slate"
        assert caught.value.remedy


def test_visits_that_can_not_be() -> None:
    world = World(1, items=20)
    with pytest.raises(InvalidInputError, match="below 0"):
        world.visit(-1)
    foreign = World(1, items=900).visit(0)
    for ask in (world.appeal, world.best, world.clusters):
        with pytest.raises(InvalidInputError, match="this world lacks"):
            ask(foreign)


def test_slates_may_be_arrays() -> None:
    world = World(1)
    visit = world.visit(0)
    order: Any = np.argsort(-visit.signals["llm"])[:5]
    assert world.expected(visit, order) == world.expected(visit, order.tolist())
