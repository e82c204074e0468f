"""Profiles and candidates, with answers worked out by hand."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tastemaker import Event, EventType, Item
from tastemaker.database import open_database
from tastemaker.errors import EmptyCatalogueError, EmptyHistoryError
from tastemaker.retrieval.catalogue import Catalogue
from tastemaker.retrieval.encoders import HashingEncoder
from tastemaker.retrieval.index import ContentIndex
from tastemaker.retrieval.profile import UserProfile, build_profile
from tastemaker.retrieval.retriever import Retriever, fuse

NOBODY = UserProfile(liked=(), unwanted=(), seen=(), searches=())


def event(item: str, kind: str, value: float | None = None) -> Event:
    return Event(user_id="u", item_id=item, type=EventType(kind), value=value)


@pytest.fixture
def retriever(tmp_path: Path, items: list[Item], events: list[Event]) -> Retriever:
    catalogue = Catalogue(open_database(tmp_path / "store.sqlite3"))
    catalogue.add_items(items)
    catalogue.add_events(events)
    index, encoder = ContentIndex(tmp_path / "chroma"), HashingEncoder()
    index.update(catalogue, encoder)
    return Retriever(catalogue, index, lambda: encoder)


def test_the_last_opinion_counts() -> None:
    history = [event("a", "like"), event("b", "dislike"), event("a", "dislike"), event("b", "like"), event("c", "view")]
    profile = build_profile(history)
    assert profile.liked == ("b",)
    assert profile.unwanted == ("a",)
    assert profile.seen == ("a", "b", "c")


def test_ratings_sort_into_liked_neither_and_unwanted() -> None:
    profile = build_profile([event(str(stars), "rating", stars) for stars in (1, 2, 3, 4, 5)])
    assert profile.liked == ("4", "5")
    assert profile.unwanted == ("1", "2")


def test_interests_are_shares_with_their_support(items: list[Item]) -> None:
    profile = build_profile(
        [event("i0", "like"), event("i2", "like"), event("i8", "like")], {item.id: item for item in items}
    )
    assert [(i.category, i.item_ids) for i in profile.interests] == [("Cooking", ("i0", "i2")), ("Music", ("i8",))]
    assert [i.weight for i in profile.interests] == pytest.approx([2 / 3, 1 / 3])


def test_searches_are_kept() -> None:
    assert build_profile([Event(user_id="u", type=EventType.SEARCH, text="rainy Sunday")]).searches == ("rainy Sunday",)


def test_fusion_by_hand() -> None:
    fused = fuse({"query": ["a", "b"], "popular": ["b", "c"]})
    assert [(identity, ranks) for identity, _, ranks in fused] == [
        ("b", {"query": 2, "popular": 1}),
        ("a", {"query": 1}),
        ("c", {"popular": 2}),
    ]
    assert [prior for _, prior, _ in fused] == pytest.approx([2 / 62 + 1 / 61, 2 / 61, 1 / 62])


@given(st.lists(st.lists(st.sampled_from("abcdef"), unique=True), min_size=1, max_size=3))
def test_fusion_keeps_every_id_once_best_first(lists: list[list[str]]) -> None:
    fused = fuse(dict(zip(("query", "content", "popular"), lists, strict=False)))
    assert sorted(identity for identity, _, _ in fused) == sorted({identity for ids in lists for identity in ids})
    assert [prior for _, prior, _ in fused] == sorted((prior for _, prior, _ in fused), reverse=True)


def test_seen_items_never_return(retriever: Retriever) -> None:
    profile = build_profile([event("i0", "like"), event("i4", "view")])
    found = retriever.retrieve(profile, None, 50)
    assert {candidate.item.id for candidate in found} == {f"i{n}" for n in range(12)} - {"i0", "i4"}
    assert [candidate.prior_rank for candidate in found] == list(range(1, 11))


def test_a_query_leads(retriever: Retriever) -> None:
    first = retriever.retrieve(NOBODY, "journey to mars", 5)[0]
    assert first.item.title == "Journey to Mars"
    assert first.sources["query"] == 1


def test_likes_find_their_neighbours(retriever: Retriever) -> None:
    best = retriever.retrieve(build_profile([event("i8", "like")]), None, 3)
    assert "Songs for Piano" in [candidate.item.title for candidate in best]


def test_nothing_to_go_by_is_said(retriever: Retriever) -> None:
    with pytest.raises(EmptyHistoryError, match="no query, no search and no liked item"):
        retriever.retrieve(NOBODY, None, 5)


def test_when_all_is_seen_it_is_said(retriever: Retriever) -> None:
    everything = build_profile([event(f"i{n}", "like") for n in range(12)])
    with pytest.raises(EmptyCatalogueError, match="every item was seen"):
        retriever.retrieve(everything, None, 5)


def test_an_empty_catalogue_is_said(tmp_path: Path) -> None:
    catalogue = Catalogue(open_database(tmp_path / "empty.sqlite3"))
    with pytest.raises(EmptyCatalogueError):
        Retriever(catalogue, ContentIndex(tmp_path / "empty"), HashingEncoder).retrieve(NOBODY, "soup", 5)
