"""Profiles and candidates, with answers worked out by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tastemaker import Event, EventType, Item, Preferences
from tastemaker.database import open_database
from tastemaker.errors import EmptyCatalogueError, EmptyHistoryError, InvalidInputError
from tastemaker.retrieval.attributes import Eligible
from tastemaker.retrieval.catalogue import Catalogue
from tastemaker.retrieval.encoders import HashingEncoder
from tastemaker.retrieval.filters import parse_filter
from tastemaker.retrieval.fusion import WEIGHTS, Fusion, fuse
from tastemaker.retrieval.index import Index
from tastemaker.retrieval.profile import UserProfile, build_profile
from tastemaker.retrieval.retriever import Retriever, history
from tastemaker.retrieval.rows import unit

NOBODY = UserProfile(liked=(), unwanted=(), seen=(), searches=())


def event(item: str, kind: str, value: float | None = None) -> Event:
    return Event(user_id="u", item_id=item, type=EventType(kind), value=value)


@pytest.fixture
def retriever(tmp_path: Path, items: list[Item], events: list[Event]) -> Retriever:
    catalogue = Catalogue(open_database(tmp_path / "store.sqlite3"))
    catalogue.add_items(items)
    catalogue.add_events(events)
    index, encoder = Index(tmp_path / "chroma"), HashingEncoder()
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
    known = {item.id: item for item in items}
    profile = build_profile([event("i0", "like"), event("i2", "like"), event("i8", "like")], known)
    cooking, music = 0.98**2 + 0.98, 1.0
    assert [(i.category, i.item_ids) for i in profile.interests] == [("Cooking", ("i0", "i2")), ("Music", ("i8",))]
    assert [i.weight for i in profile.interests] == pytest.approx(
        [cooking / (cooking + music), music / (cooking + music)]
    )


def test_a_dislike_and_a_follow_move_the_interests(items: list[Item]) -> None:
    known = {item.id: item for item in items}
    before = {i.category: i.weight for i in build_profile([event("i0", "like"), event("i4", "like")], known).interests}
    disliked = [event("i0", "like"), event("i4", "like"), event("i5", "dislike"), event("i6", "dislike")]
    after = {i.category: i.weight for i in build_profile(disliked, known).interests}
    assert before["Space"] > 0 > after["Space"] and after["Cooking"] > 0
    followed = {
        i.category: i.weight for i in build_profile([event("i0", "like"), event("i8", "follow")], known).interests
    }
    assert followed["Music"] > 0.4 and sum(map(abs, after.values())) == pytest.approx(1.0)


def test_a_search_moves_what_is_found(retriever: Retriever) -> None:
    history = [event("i8", "like")]
    before = [one.item.id for one in retriever.retrieve(build_profile(history), None, 3)]
    searched = [*history, Event(user_id="u", type=EventType.SEARCH, text="journey to mars")]
    after = [one.item.id for one in retriever.retrieve(build_profile(searched), None, 3)]
    assert "i4" in after and after != before


def test_searches_are_kept() -> None:
    assert build_profile([Event(user_id="u", type=EventType.SEARCH, text="rainy Sunday")]).searches == ("rainy Sunday",)


def test_fusion_by_hand() -> None:
    found = {"query": {"a": 3.0, "b": 1.0}, "popular": {"b": 9.0, "c": 5.0}}
    # query: a 3, b 1, c 1 (its lowest) has mean 5/3 and deviation 0.943; popular: a 5, b 9, c 5 mean 19/3, deviation 1.886
    fused = fuse(found, {"query": 2.0, "popular": 1.0})
    assert [one for one, _ in fused] == ["a", "b", "c"]
    assert [prior for _, prior in fused] == pytest.approx(
        [2 * 1.41421 - 0.70711, -1.41421 + 1.41421, -2.12132], abs=1e-4
    )
    assert fuse({}, {"query": 1.0}) == [] and fuse({"query": {"a": 2.0, "b": 2.0}}, {"query": 1.0})[0] == ("a", 0.0)


SCORES = st.dictionaries(st.sampled_from("abcdef"), st.floats(-5, 5), max_size=6)


@given(st.lists(SCORES, min_size=1, max_size=3))
def test_fusion_keeps_every_id_once_best_first(lists: list[dict[str, float]]) -> None:
    fused = fuse(dict(zip(("query", "content", "popular"), lists, strict=False)), WEIGHTS)
    assert sorted(one for one, _ in fused) == sorted(set().union(*lists))
    assert [prior for _, prior in fused] == sorted((prior for _, prior in fused), reverse=True)


@given(SCORES, st.floats(0.1, 10), st.floats(-100, 100))
def test_fusion_does_not_depend_on_a_source_s_unit(scores: dict[str, float], factor: float, shift: float) -> None:
    moved = {one: factor * score + shift for one, score in scores.items()}
    other = {"a": 1.0, "f": 3.0}
    before, after = (dict(fuse({"query": one, "popular": other}, WEIGHTS)) for one in (scores, moved))
    assert after == pytest.approx(before, abs=1e-6) or np.std(list(scores.values())) < 1e-6


def test_what_was_had_last_says_most(retriever: Retriever) -> None:
    profile = build_profile([event("i0", "like"), event("i1", "dislike"), event("i2", "view"), event("i0", "view")])
    assert profile.seen == ("i1", "i2", "i0")
    assert history(profile, Fusion(), "together") == pytest.approx({"i1": 0.0, "i2": 0.95, "i0": 1.0})


def test_someone_unknown_gets_what_is_popular(retriever: Retriever) -> None:
    ranked = retriever.rank(NOBODY, None, 3)
    assert ranked and all(set(sources) <= {"popular", "recent"} for _, _, sources in ranked)
    assert {one for one, _, _ in retriever.rank(NOBODY, None, 3, among=Eligible.of(["i2"]))} <= {"i2"}


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
    with pytest.raises(EmptyHistoryError, match="no query, no search and no event"):
        retriever.retrieve(NOBODY, None, 5)


@pytest.mark.parametrize("kind", ["view", "dislike"])
def test_who_liked_nothing_yet_is_served_from_what_they_saw(retriever: Retriever, kind: str) -> None:
    found = retriever.retrieve(build_profile([event("i8", kind)]), None, 5)
    assert found and "i8" not in [candidate.item.id for candidate in found]


def test_when_all_is_seen_it_is_said(retriever: Retriever) -> None:
    everything = build_profile([event(f"i{n}", "like") for n in range(12)])
    with pytest.raises(EmptyCatalogueError, match="every item was seen"):
        retriever.retrieve(everything, None, 5)


def test_an_empty_catalogue_is_said(tmp_path: Path) -> None:
    catalogue = Catalogue(open_database(tmp_path / "empty.sqlite3"))
    retriever = Retriever(catalogue, Index(tmp_path / "empty"), HashingEncoder)
    for query, where in (("soup", None), (None, None), ("soup", parse_filter({"year": 1}))):
        with pytest.raises(EmptyCatalogueError, match="holds no item"):
            retriever.retrieve(NOBODY, query, 5, where=where)


def test_a_filter_is_hard_and_nothing_is_padded(retriever: Retriever) -> None:
    profile = build_profile([event("i0", "like")])
    found = retriever.retrieve(profile, None, 10, where=parse_filter({"category": "Space"}))
    assert {one.item.id for one in found} == {"i4", "i5", "i6", "i7"}  # four pass, ten were asked for
    assert retriever.retrieve(profile, "piano", 10, where=parse_filter({"not": {"category": "Music"}}))
    with pytest.raises(EmptyCatalogueError, match="no unseen item passes"):
        retriever.retrieve(profile, None, 5, where=parse_filter({"id": "i0"}))
    with pytest.raises(InvalidInputError, match="categry"):
        retriever.retrieve(profile, None, 5, where=parse_filter({"categry": "Space"}))


def test_titles_come_once_and_not_if_seen(tmp_path: Path) -> None:
    titles = {"a": "Solaris", "b": "Solaris", "c": "ＳＯＬＡＲＩＳ ", "d": "Stalker", "e": "Mirror", "f": "stalker"}
    catalogue, index, encoder = (
        Catalogue(open_database(tmp_path / "s.sqlite3")),
        Index(tmp_path / "c"),
        HashingEncoder(),
    )
    catalogue.add_items([Item(id=one, title=title, categories=("Film",)) for one, title in titles.items()])
    index.update(catalogue, encoder)
    found = [one for one, _, _ in Retriever(catalogue, index, lambda: encoder).rank(NOBODY, "film solaris", 10)]
    assert len(found) == 3 and {titles[one].casefold() for one in found} >= {"stalker", "mirror"}
    seen = build_profile([event("b", "like"), event("d", "view")])
    assert [one for one, _, _ in Retriever(catalogue, index, lambda: encoder).rank(seen, None, 10)] == ["e"]


def test_items_that_nobody_had_get_their_share(retriever: Retriever, events: list[Event]) -> None:
    had = {one.item_id for one in events if one.type is not EventType.DISLIKE}
    profile = build_profile([event("i0", "like")])
    for share in (0.25, 0.5, 1.0):
        found = [one.item.id for one in retriever.retrieve(profile, None, 4, cold_share=share)]
        assert len(found) == 4 and len([one for one in found if one not in had]) >= 4 * share
    space = parse_filter({"category": "Space"})
    cold = [one.item.id for one in retriever.retrieve(profile, None, 4, cold_share=1.0, where=space)]
    assert set(cold) <= {"i4", "i5", "i6", "i7"}
    with pytest.raises(InvalidInputError, match="cold_share"):
        retriever.retrieve(profile, None, 4, cold_share=1.5)


def test_new_items_lose_half_in_a_half_life_and_what_is_not_out_yet_is_not_new(tmp_path: Path) -> None:
    now, encoder = datetime(2026, 11, 1, tzinfo=UTC), HashingEncoder()
    catalogue, index = Catalogue(open_database(tmp_path / "s.sqlite3")), Index(tmp_path / "c")
    ages = {"fresh": 0, "day": 24, "old": 240, "future": -5}
    catalogue.add_items([Item(id=one, title=one, created_at=now - timedelta(hours=age)) for one, age in ages.items()])
    catalogue.add_items([Item(id="undated", title="undated")])
    index.update(catalogue, encoder)
    fusion = Fusion(weights={"new": 1.0}, half_life=24.0)
    found = Retriever(catalogue, index, lambda: encoder, fusion, until=now).sources(NOBODY, None, 5)["new"]
    assert found == pytest.approx({"fresh": 1.0, "day": 0.5, "old": 2**-10})
    retriever = Retriever(catalogue, index, lambda: encoder, fusion)
    assert list(retriever.sources(NOBODY, None, 5, at=now - timedelta(hours=1))["new"]) == ["day", "old"]


def test_what_a_user_set_limits_all_they_see(retriever: Retriever) -> None:
    said = Preferences(constraints={"not": {"id": "i4"}}, avoided=("Music",), languages=("zh",))
    profile = build_profile([event("i0", "like")], preferences=said)
    shown = {one.item.id for one in retriever.retrieve(profile, None, 50)}
    assert shown == {"i1", "i2", "i3", "i5", "i6", "i7"} and profile.languages == ("zh",)
    both = retriever.retrieve(profile, None, 50, where=parse_filter({"category": "Space"}))
    assert {one.item.id for one in both} == {"i5", "i6", "i7"}
    with pytest.raises(EmptyCatalogueError, match="constraints"):
        retriever.retrieve(profile, None, 5, where=parse_filter({"category": "Music"}))


def test_diversity_and_calibration_choose_by_company(retriever: Retriever) -> None:
    profile = build_profile([event("i0", "like"), event("i1", "like"), event("i4", "like")])
    same = [one.item.id for one in retriever.retrieve(profile, None, 4)]
    diverse = retriever.retrieve(profile, None, 4, diversity=1.0)
    assert len({one.item.categories for one in diverse}) == 3 and diverse[0].item.id == same[0]
    assert [one.prior for one in diverse] == sorted((one.prior for one in diverse), reverse=True)
    kept = [one.item.categories[0] for one in retriever.retrieve(profile, None, 3, calibration=1.0)]
    assert sorted(kept) == ["Cooking", "Cooking", "Space"]  # as what was liked
    with pytest.raises(InvalidInputError, match="given together"):
        retriever.retrieve(profile, None, 4, diversity=0.5, calibration=0.5)


def test_interests_leave_out_what_the_whole_catalogue_has_in_common(tmp_path: Path) -> None:
    """Vectors in a narrow cone, as encoders give them: of two likes that differ from the rest in one small way, the
    nearest is what differs like them, and not what lies on the axis of the cone."""
    rng = np.random.default_rng(0)
    axis, kind = np.eye(16)[0] * 10, np.eye(16)[1]
    vectors = axis + 0.4 * rng.normal(size=(60, 16))
    vectors[:6] += 1.5 * kind
    vectors[-1] = axis

    class Fixed(HashingEncoder):
        def embed_documents(self, texts: list[str]) -> list[list[float]]:
            return [unit(vectors[[int(text.split()[1].strip("."))]])[0].tolist() for text in texts]

    catalogue, index, _ = made(tmp_path, [Item(id=f"i{n:02}", title=f"thing {n}") for n in range(60)], Fixed())
    likes = build_profile([event("i00", "like"), event("i01", "like")])
    retriever = Retriever(catalogue, index, Fixed, Fusion(weights={"content": 1.0}))
    found = list(retriever.sources(likes, None, 5)["content"])
    assert len({"i02", "i03", "i04", "i05"} & set(found[:6])) >= 3
    plain = list(index.nearest(index.vectors(["i00", "i01"]), 6, without=["i00", "i01"]))
    assert len({"i02", "i03", "i04", "i05"} & set(plain)) < len({"i02", "i03", "i04", "i05"} & set(found[:6]))


def test_a_like_that_is_all_there_is_still_has_a_direction(tmp_path: Path) -> None:
    catalogue, index, encoder = made(tmp_path, [Item(id="a", title="tea"), Item(id="b", title="tea")], HashingEncoder())
    drawn = Retriever(catalogue, index, lambda: encoder).interests(build_profile([event("a", "like")]))
    assert np.linalg.norm(drawn, axis=1) == pytest.approx([1.0])


def made(tmp_path: Path, items: list[Item], encoder: HashingEncoder) -> tuple[Catalogue, Index, HashingEncoder]:
    catalogue, index = Catalogue(open_database(tmp_path / "s.sqlite3")), Index(tmp_path / "c")
    catalogue.add_items(items)
    index.update(catalogue, encoder)
    return catalogue, index, encoder
