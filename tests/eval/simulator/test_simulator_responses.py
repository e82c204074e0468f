"""What follows a click, and when."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tastemaker.eval.simulator import Response, World
from tastemaker.eval.simulator.responses import BUYING, HOUR, SLOW_BUYING, SLOW_CLUSTER, follow
from tastemaker.eval.simulator.world import CLICK_MODELS, Clicks

CHOSEN = [9, 4]  # candidates 9 and 4 stand at places 0 and 1


@pytest.mark.parametrize("clicks", CLICK_MODELS)
def test_likes_and_purchases_come_after_clicks_in_order_of_time(clicks: Clicks) -> None:
    world = World(4, clicks=clicks)
    of_type: dict[str, int] = {}
    for number in range(2_000):
        visit = world.visit(number)
        slate = world.best(visit)
        responses = world.respond(visit, slate)
        assert [one.at for one in responses] == sorted(one.at for one in responses)
        clicked = {one.place: one.at for one in responses if one.type == "click"}
        assert len({(one.place, one.type) for one in responses}) == len(responses)
        for one in responses:
            of_type[one.type] = of_type.get(one.type, 0) + 1
            assert one.at > visit.at
            assert one.item_id == visit.candidates[slate[one.place]]
            if one.type == "skip":
                assert one.place not in clicked
            elif one.type != "click":
                assert one.at > clicked[one.place]
            if one.type == "purchase":
                assert one.at >= clicked[one.place] + timedelta(hours=1)
    assert of_type["click"] > of_type["like"] > of_type["purchase"] > 50
    assert of_type["skip"] > 50


def test_one_cluster_buys_more_and_later() -> None:
    world = World(4)
    bought: dict[bool, list[float]] = {True: [], False: []}
    clicks = {True: 0, False: 0}
    for number in range(6_000):
        visit = world.visit(number)
        slate = world.best(visit)
        clusters = world.clusters(visit)[slate]
        for one in world.respond(visit, slate):
            slow = bool(clusters[one.place] == SLOW_CLUSTER)
            clicks[slow] += one.type == "click"
            if one.type == "purchase":
                bought[slow].append((one.at - visit.at).total_seconds() / HOUR)
    rate = {slow: len(bought[slow]) / clicks[slow] for slow in (True, False)}
    mean = {slow: sum(bought[slow]) / len(bought[slow]) for slow in (True, False)}
    assert rate[True] > 3 * rate[False]
    assert mean[True] > 5 * mean[False]
    assert min(bought[True]) > 12


def followed(chances: tuple[float, float], cluster: int = 1) -> list[Response]:
    """What candidate 9 is given when clicked and candidate 4 when not, all waits 1."""
    visit = World(1).visit(0)
    rows = [[chance] * 20 for chance in chances]
    return follow(visit, CHOSEN, [0.5, 0.5], [cluster, 1], [True, False], rows, [[1.0] * 20] * 3)


def test_what_follows_by_hand() -> None:
    visit = World(1).visit(0)
    told = [(one.place, one.type, (one.at - visit.at).total_seconds()) for one in followed((0.05, 0.05))]
    assert told == [(1, "skip", 11), (0, "click", 32), (0, "like", 97), (0, "purchase", 32 + 7 * HOUR)]
    assert [one.type for one in followed((0.24, 0.11))] == ["click", "like"]
    assert [one.type for one in followed((0.26, 0.11))] == ["click"]


def test_the_slow_cluster_by_hand() -> None:
    click, purchase = followed((0.9, 0.39), cluster=SLOW_CLUSTER)
    assert (click.type, purchase.type) == ("click", "purchase")
    assert purchase.at - click.at == timedelta(hours=84)
    assert SLOW_BUYING.rate > BUYING.rate
    assert SLOW_BUYING.least > BUYING.least
