"""What `fit` chooses: worked by hand, right in worlds made for it, and never with a look at what it is asked for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from tastemaker import Event, EventType, Item
from tastemaker.database import open_database
from tastemaker.eval.metrics import Truth, ndcg
from tastemaker.retrieval.catalogue import Catalogue
from tastemaker.retrieval.encoders import HashingEncoder
from tastemaker.retrieval.fusion import WEIGHTS, Fusion, Learned, learned
from tastemaker.retrieval.index import Index
from tastemaker.retrieval.profile import UserProfile
from tastemaker.retrieval.retriever import Retriever
from tastemaker.retrieval.tuning import TOP, Case, Problem, cases_of, fit_store

START = datetime(2026, 1, 1, tzinfo=UTC)


def profile(*seen: str) -> UserProfile:
    return UserProfile(liked=seen, unwanted=(), seen=seen, searches=())


def store(tmp_path: Path, items: list[Item], events: list[Event]) -> tuple[Catalogue, Index]:
    catalogue, index = Catalogue(open_database(tmp_path / "s.sqlite3")), Index(tmp_path / "chroma")
    catalogue.add_items(items)
    catalogue.add_events(events)
    index.update(catalogue, HashingEncoder())
    return catalogue, index


def like(user: int, item: int, hours: float) -> Event:
    return Event(
        user_id=f"u{user:03}", item_id=f"i{item}", type=EventType.LIKE, timestamp=START + timedelta(hours=hours)
    )


def test_a_problem_by_hand() -> None:
    """The one wanted item is third by `together` and first by `popular`."""
    found = [{"together": {"a": 3.0, "b": 2.0, "c": 1.0}, "popular": {"c": 9.0, "a": 1.0}}] * 2
    problem = Problem.of(found, [Case(profile(), frozenset({"c", "missing"}))] * 2)
    ideal = 1 + 1 / np.log2(3)
    assert problem.ndcg({"together": 1.0}) == pytest.approx(1 / np.log2(4) / ideal)
    assert problem.ndcg({"popular": 1.0}) == pytest.approx(1 / ideal)
    weights, best = problem.choose()
    assert best == pytest.approx(1 / ideal) and weights["popular"] > weights["together"]


def test_its_metric_is_the_evaluation_s() -> None:
    rng = np.random.default_rng(0)
    ids = [f"i{n:02}" for n in range(30)]
    found = [{"together": dict(zip(ids, rng.random(30).tolist(), strict=True))} for _ in range(20)]
    wanted = [frozenset(rng.choice(ids, size=n % 13 + 1, replace=False).tolist()) for n in range(20)]
    problem = Problem.of(found, [Case(profile(), one) for one in wanted])
    best = [sorted(each["together"].items(), key=lambda pair: -pair[1])[:TOP] for each in found]
    lists = [[ids.index(one) for one, _ in each] for each in best]
    truth = Truth.of([[ids.index(one) for one in some] for some in wanted])
    assert problem.ndcg({"together": 1.0}) == pytest.approx(float(ndcg(np.array(lists), truth, TOP).mean()))


def test_a_world_of_followers_weighs_what_comes_next(tmp_path: Path) -> None:
    """Everyone walks round a circle of items: what comes next is all that counts, and what many had says nothing."""
    items = [Item(id=f"i{n}", title=f"Thing number {n}") for n in range(40)]
    events = [like(user, (user + step) % 40, 24 * step + user / 100) for user in range(120) for step in range(12)]
    catalogue, index = store(tmp_path, items, events)
    chosen = fit_store(catalogue, index)
    assert chosen.cases >= 50 and chosen.items == 40
    assert chosen.ndcg is not None and chosen.ndcg_of_defaults is not None
    assert chosen.ndcg > 0.9 and chosen.ndcg >= chosen.ndcg_of_defaults
    weights = chosen.fusion.weights
    assert max(weights["together"], weights["next"]) > 5 * max(weights["popular"], weights["recent"])
    assert learned(catalogue) == chosen
    ranked = Retriever(catalogue, index, HashingEncoder, chosen.fusion).rank(profile("i3", "i4", "i5"), None, 3)
    assert ranked[0][0] == "i6"


def test_a_world_of_news_weighs_what_is_new(tmp_path: Path) -> None:
    """People read what came out in the last hours; older articles nobody opens."""
    items = [Item(id=f"i{n}", title=f"Report {n}", created_at=START + timedelta(hours=n)) for n in range(300)]
    rng = np.random.default_rng(1)
    events = [
        like(user, int(now) - int(rng.integers(5)), now)
        for user in range(100) for now in sorted(rng.choice(np.arange(10, 299), 8, replace=False) + 0.5)
    ]  # fmt: skip
    catalogue, index = store(tmp_path, items, events)
    chosen = fit_store(catalogue, index)
    assert chosen.fusion.weights["new"] > 0 == WEIGHTS["new"] and chosen.fusion.half_life <= 24
    assert chosen.ndcg is not None and chosen.ndcg_of_defaults is not None and chosen.ndcg > chosen.ndcg_of_defaults
    found = Retriever(catalogue, index, HashingEncoder, chosen.fusion, until=START + timedelta(hours=299)).rank(
        profile("i100", "i101"), None, 10
    )
    assert np.median([int(one[1:]) for one, _, _ in found]) > 250


def test_cases_know_nothing_of_what_came_after(tmp_path: Path) -> None:
    items = [Item(id=f"i{n}", title=f"Thing {n}") for n in range(30)]
    catalogue, _ = store(tmp_path, items, [like(user, (user + n) % 30, n) for user in range(60) for n in range(10)])
    cases, until = cases_of(catalogue)
    assert until is not None and len(cases) == 60
    for case in cases:
        assert case.wanted and not case.wanted & set(case.profile.seen)
    early = catalogue.consumption(until)
    assert len(early.users) == 60 * 9 and len(catalogue.consumption().users) == 600
    counted = catalogue.popular(1.0, until)
    assert counted.scores.sum() == 60 * 9


@pytest.mark.parametrize("hours", [0.0, 1.0])
def test_too_little_leaves_the_defaults(tmp_path: Path, hours: float) -> None:
    items = [Item(id=f"i{n}", title=f"Thing {n}") for n in range(9)]
    catalogue, index = store(tmp_path, items, [like(user, n, n * hours) for user in range(5) for n in range(4)])
    chosen = fit_store(catalogue, index)
    assert chosen.fusion == Fusion() and chosen.ndcg is None and chosen.items == 4
    assert Learned() == learned(Catalogue(open_database(tmp_path / "other.sqlite3")))


@pytest.mark.parametrize("kind", ["dislike", "like"])
def test_nothing_to_be_found_leaves_the_defaults(tmp_path: Path, kind: str) -> None:
    """Before the last tenth only dislikes, so that no source proposes anything; or likes of one item and then of another."""
    items = [Item(id=f"i{n}", title=f"Thing {n}") for n in range(3)]
    first = [
        Event(user_id=f"u{user}", item_id="i0", type=EventType(kind), timestamp=START + timedelta(minutes=user + 600 * n))
        for user in range(60) for n in range(9)
    ]  # fmt: skip
    then = [
        Event(user_id=f"u{user}", item_id="i1", type=EventType.VIEW, timestamp=START + timedelta(days=30, minutes=user))
        for user in range(60)
    ]
    catalogue, index = store(tmp_path, items, [*first, *then])
    chosen = fit_store(catalogue, index)
    assert chosen.cases == 60 and (chosen.ndcg is None or np.isfinite(chosen.ndcg))
    assert all(np.isfinite(weight) for weight in chosen.fusion.weights.values())
