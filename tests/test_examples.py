"""The worked scenarios keep what their first lines promise; each runs whole, with the real encoder and model."""

from __future__ import annotations

import runpy
from collections.abc import Callable
from pathlib import Path
from random import Random
from statistics import mean, median
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
# Each loads the model and ranks several slates; beside other work torch's threads wait for each other, up to six times as long.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture
def example(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], dict[str, Any]]:
    """Runs `examples/NAME.py` as Python does in an empty folder; gives what it defines, `told` being what main returns."""
    monkeypatch.chdir(tmp_path)

    def run(name: str) -> dict[str, Any]:
        defined = runpy.run_path(str(ROOT / "examples" / f"{name}.py"))
        defined["told"] = defined["main"]()
        assert not list(tmp_path.iterdir())  # a store of one's own, taken away at the end
        return defined

    return run


def test_a_shop_shows_only_what_can_be_bought(example: Callable[[str], dict[str, Any]]) -> None:
    slates = example("shop")["told"]
    anything, gone, back = slates["anything"], slates["in stock, up to 50"][0], slates["sold out, up to 50"][0]
    assert not all(item.attributes["in_stock"] and item.attributes["price"] <= 50 for item in anything)
    for name in ("in stock, up to 50", "the same, later", "for the kitchen, up to 15"):
        assert slates[name]
        assert all(item.attributes["in_stock"] and item.attributes["price"] <= 50 for item in slates[name])
    later = {item.id for item in slates["the same, later"]}
    assert gone.id not in later
    assert back.id in later
    assert len(slates["in stock, up to 50"]) == len(later) == 8
    assert 0 < len(slates["for the kitchen, up to 15"]) < 20
    assert all(item.attributes["price"] <= 15 for item in slates["for the kitchen, up to 15"])
    assert mean("Kitchen" in item.categories for item in slates["in stock, up to 50"]) > 0.5


def test_taste_crosses_over_and_slates_keep_proportions(example: Callable[[str], dict[str, Any]]) -> None:
    told = example("films_and_music")["told"]

    def count(slate: str, category: str) -> int:
        return sum(category in item.categories for item in told[slate])

    assert count("after fit", "Music") == 5
    assert count("after fit", "Jazz") >= max(4, count("before fit", "Jazz"))
    liked = {"Space": 6, "Crime": 2, "Electronic": 2}  # of ten, as many as are shown
    off = {name: sum(abs(count(name, genre) - n) for genre, n in liked.items()) for name in ("plain", "calibrated")}
    assert off["calibrated"] <= 2 < off["plain"]
    assert len({item.categories for item in told["diverse"]}) > len({item.categories for item in told["plain"]})
    before, after = ({one.category: one.weight for one in told[when].interests} for when in ("before", "after"))
    assert before["Crime"] > 0 > after["Crime"]
    assert after["Space"] > before["Space"]
    assert count("calibrated", "Crime") > 0 == count("calibrated again", "Crime")


def test_new_articles_come_before_old_ones(example: Callable[[str], dict[str, Any]]) -> None:
    news = example("news")
    before, after, guaranteed = news["told"].values()
    assert mean(hours for hours, _, _ in after) < 0.7 * mean(hours for hours, _, _ in before)
    assert sum(not known for _, known, _ in after) >= 3
    assert sum(not known for _, known, _ in guaranteed) >= 2
    chance = Random(news["SEED"])  # the same articles and events
    items = news["articles"](chance)
    had = {event.item_id for event in news["reading"](items, chance) if event.user_id == "reader-0"}
    had |= {item.id for _, _, item in after}
    for topic in {topic for _, _, item in after for topic in item.categories}:
        shown = [hours for hours, _, item in after if topic in item.categories]
        left_out = [news["age"](item) for item in items if topic in item.categories and item.id not in had]
        assert max(shown) < median(left_out)
        assert mean(new < old for new in shown for old in left_out) > 0.8


def test_friends_of_friends_and_their_communities_come_first(example: Callable[[str], dict[str, Any]]) -> None:
    social = example("social")
    friends, groups = social["network"](Random(social["SEED"]))
    every = {name for some in groups.values() for name in some}
    of_friends = []
    for one, (people, communities) in social["told"].items():
        assert len(people) == 5
        assert not {one, *friends[one], *social["BLOCKED"].get(one, [])} & set(people)
        assert not groups[one] & set(communities)
        common = {other: len(friends[one] & friends[other]) for other in groups.keys() - friends[one] - {one}}
        assert common[people[0]] > 0
        assert mean(common[other] for other in people) > 2 * mean(common.values())
        of_friends += [common[other] > 0 for other in people]
        there = {name: sum(name in groups[friend] for friend in friends[one]) for name in every - groups[one]}
        assert max(there, key=lambda name: there[name]) in communities
        assert there[communities[0]] > 0
        assert mean(there[name] for name in communities) > mean(there.values())
    assert mean(of_friends) >= 0.9


def test_courses_open_when_their_prerequisites_are_passed(example: Callable[[str], dict[str, Any]]) -> None:
    courses = example("courses")
    known, terms = courses["catalogue"](), courses["told"]
    assert len(terms) == 3
    first = set(terms[0][0])
    opened = False
    for done, slate in terms:
        assert len(slate.items) == 3
        for one in slate.items:
            before = set(known[one.id].attributes["prerequisites"])
            assert one.id not in done
            assert before <= set(done)
            assert known[one.id].attributes["hours"] <= 20
            opened |= not before <= first
    assert opened
    for one in terms[-1][1].items:
        assert one.title in one.explanation
        assert any("\u4e00" <= char <= "\u9fff" for char in one.explanation.replace(one.title, ""))
