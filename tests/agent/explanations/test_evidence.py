"""Evidence is what is true, by counts and comparisons that are done here again by hand."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from tastemaker import Event, EventType, Item, Recommender
from tastemaker.agent.explanations.conditions import in_words
from tastemaker.agent.explanations.evidence import Finder, Shown, common, near_mask, support
from tastemaker.retrieval.catalogue import Together
from tastemaker.retrieval.filters import parse_filter
from tastemaker.retrieval.fusion import learned
from tastemaker.retrieval.profile import UserProfile, build_profile
from tastemaker.retrieval.retriever import history


@pytest.fixture(scope="module")
def recommender(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Recommender]:
    """Forty items in four kinds; ten users who like six of a kind, so that tastes are learned."""
    kinds = ("soup", "rocket", "piano", "garden")
    items = [
        Item(id=f"{kind}{n}", title=f"{kind} number {n}", description=f"{kind} {kind}", categories=(kind,))
        for kind in kinds
        for n in range(10)
    ]
    rng = np.random.default_rng(0)
    events = [
        Event(user_id=f"u{user}", item_id=f"{kinds[user % 4]}{n}", type=EventType.LIKE)
        for user in range(20)
        for n in rng.permutation(10)[:6].tolist()
    ]
    with Recommender.open(tmp_path_factory.mktemp("evidence") / "store", encoder="hashing") as opened:
        opened.index(items)
        opened.observe(events)
        opened.fit()
        yield opened


def test_how_many_had_both_is_counted_by_users(recommender: Recommender) -> None:
    catalogue = recommender.core.store.catalogue
    had = {
        one: {f"u{n}" for n in range(20) if one in {event.item_id for event in catalogue.history(f"u{n}")}}
        for one in ("soup0", "soup1", "piano0")
    }
    found = catalogue.together([("soup0", "soup1"), ("soup0", "piano0"), ("soup0", "never")])
    assert found == {
        (a, b): Together(len(had[a] & had[b]), len(had[a]), len(had[b]), 20)
        for a, b in (("soup0", "soup1"), ("soup0", "piano0"))
    }


@pytest.mark.parametrize(
    ("counts", "more"),
    [((5, 10, 10, 100), True), ((4, 5, 5, 100), False), ((5, 50, 10, 100), False), ((6, 50, 10, 100), True)],
)
def test_more_often_than_others(counts: tuple[int, int, int, int], more: bool) -> None:
    assert Together(*counts).more_often is more


def test_near_is_a_tenth_of_the_catalogue_among_what_is_new(recommender: Recommender) -> None:
    index = recommender.core.store.index
    liked, ids, seen = ["soup0", "piano0"], sorted(index.place), {"soup0", "piano0", "soup1"}
    found = near_mask(index, liked, ids, seen)
    vectors = dict(zip(ids, index.vectors(ids), strict=True))
    for row, past in enumerate(liked):
        for column, one in enumerate(ids):
            closer = [
                n for n in ids if n not in seen and vectors[past] @ vectors[n] > vectors[past] @ vectors[one] + 1e-6
            ]
            assert found[row, column] == (len(closer) < 4)
    assert near_mask(index, [], ids, seen).shape == (0, 40)


def test_influence_sums_to_the_taste_score(recommender: Recommender) -> None:
    """What each item of a history adds makes the whole score, up to what all items get and the scale."""
    index, catalogue = recommender.core.store.index, recommender.core.store.catalogue
    past = {"soup0": 1.0, "soup1": 0.9, "piano0": 0.8}
    ids = ["soup5", "soup6", "piano5", "garden5", "rocket3"]
    for kind in ("together", "next"):
        scores = index.taste(kind, past, 40)
        added = index.influence(kind, past, ids)
        assert added.shape == (3, 5)
        whole = np.array([scores[one] for one in ids])
        assert np.corrcoef(added.sum(axis=0), whole)[0, 1] == pytest.approx(1.0, abs=1e-4)
    assert not index.influence("together", {"unknown": 1.0}, ids).any()
    assert catalogue.size()[0] == 40


def test_support_is_greatest_from_what_is_alike(recommender: Recommender) -> None:
    store = recommender.core.store
    events = [Event(user_id="x", item_id=one, type=EventType.LIKE) for one in ("piano1", "soup1", "rocket1")]
    profile = build_profile(events)
    liked, shares = support(store.index, learned(store.catalogue).fusion, profile, ["soup7", "piano7", "rocket7"])
    assert [liked[row] for row in shares.argmax(axis=0)] == ["soup1", "piano1", "rocket1"]
    assert list(history(profile, learned(store.catalogue).fusion, "together")) == ["piano1", "soup1", "rocket1"]
    assert support(store.index, learned(store.catalogue).fusion, UserProfile(liked=(), unwanted=(), seen=(), searches=()), ["soup7"])[0] == []  # fmt: skip


ITEM = Item(
    id="i",
    title="Heat",
    categories=("Crime", "Drama"),
    attributes={"director": "Mann", "year": 1995, "stars": ("A", "B")},
)
PAST = {
    "p": Item(
        id="p", title="Ronin (1998)", categories=("Crime",), attributes={"directors": ("Mann", "X"), "star": "B"}
    ),
    "q": Item(id="q", title="Thief", categories=("Crime",)),
    "r": Item(id="r", title="Emma"),
}


def finder(together: dict[tuple[str, str], Together] | None = None, *, query: str | None = None) -> Finder:
    events = [
        Event(user_id="x", item_id="p", type=EventType.LIKE), Event(user_id="x", item_id="q", type=EventType.LIKE),
        Event(user_id="x", item_id="r", type=EventType.PURCHASE),
    ]  # fmt: skip
    return Finder(
        build_profile(events), PAST, query=query, conditions=["year from 1990"], popular={"i": 9}, total=100,
        together=together or {},
    )  # fmt: skip


def kinds(found: tuple[object, ...]) -> list[tuple[str, str]]:
    return [(getattr(one, "kind"), getattr(one, "text")) for one in found]  # noqa: B009


def test_evidence_in_order_with_ids() -> None:
    found = finder(query="a heist").find(Shown(ITEM, {"query": 3}), ["p", "q"], {"p": True, "q": True})
    assert kinds(found) == [
        ("history", "Ronin"), ("history", "Thief"), ("shared", "Mann"), ("shared", "B"), ("shared", "Crime"),
        ("query", "a heist"), ("condition", "year from 1990"), ("popular", "place 9 by popularity"),
    ]  # fmt: skip
    assert [one.id for one in found] == [f"e{n}" for n in range(1, 9)]
    assert found[0].event == EventType.LIKE and found[0].near and not found[0].together
    assert common(ITEM, PAST["p"]) == [("director", "Mann"), ("stars", "B"), ("category", "Crime")]


def test_what_is_neither_near_nor_had_together_is_not_cited() -> None:
    shown = Shown(ITEM, {})
    assert [one.kind for one in finder().find(shown, ["p", "q"], {})] == ["condition", "popular"]
    by_users = finder({("q", "i"): Together(9, 10, 10, 100)}).find(shown, ["p", "q"], {})
    assert [(one.item_id, one.near, one.together) for one in by_users if one.kind == "history"] == [("q", False, True)]


def test_what_was_done_otherwise_is_not_named_beside_the_first() -> None:
    found = finder().find(Shown(ITEM, {}), ["r", "p"], {"r": True, "p": True})
    assert [(one.item_id, one.event) for one in found if one.kind == "history"] == [("r", EventType.PURCHASE)]


def test_a_query_far_down_and_a_long_one_are_no_evidence() -> None:
    assert "query" not in {one.kind for one in finder(query="x").find(Shown(ITEM, {"query": 11}), [], {})}
    assert "query" not in {one.kind for one in finder(query="x" * 81).find(Shown(ITEM, {"query": 1}), [], {})}


def test_chance_new_and_paid_places() -> None:
    paid = ITEM.model_copy(update={"attributes": {"sponsored": True}})
    found = finder().find(Shown(paid, {}, explored=True, unseen=True), [], {})
    assert [one.kind for one in found][-3:] == ["exploration", "unseen", "sponsored"]


@pytest.mark.parametrize(
    ("filter", "english", "chinese"),
    [
        ({"year": {"gte": 1990}}, "year from 1990", "年份从1990起"),
        ({"price": {"lt": 20.5}}, "price below 20.5", "价格低于20.5"),
        ({"category": "Crime"}, "category Crime", "类别为Crime"),
        ({"category": {"any": ["Crime", "Drama"]}}, "category Crime or Drama", "类别为Crime或Drama"),
        ({"not": {"category": "Horror"}}, "not category Horror", "不是类别为Horror"),
        ({"category": {"ne": "Horror"}}, "category not Horror", "类别不为Horror"),
        ({"url": {"exists": True}}, "with url", "有url"),
        ({"any_of": [{"a": 1}, {"b": True}]}, "a 1 or b True", "a为1或b为True"),
        ({"created_at": {"lte": "2020-01-02T00:00:00Z"}}, "created at up to 2020-01-02", "时间不超过2020-01-02"),
    ],
)
def test_conditions_in_words(filter: dict[str, object], english: str, chinese: str) -> None:
    (part,) = parse_filter(filter).parts
    assert (in_words(part, "en"), in_words(part, "zh")) == (english, chinese)
