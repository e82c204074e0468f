"""Ids that look alike, users with one event and with 100,000, and texts with nothing in them, through a real store."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tastemaker import Event, EventType, Item, Recommender
from tastemaker.database import open_database
from tastemaker.errors import DatasetError, EmptyHistoryError, UnknownItemError, UnknownUserError
from tastemaker.retrieval.catalogue import Catalogue
from tastemaker.retrieval.datasets import jsonl, open_dataset
from tastemaker.retrieval.encoders import HashingEncoder
from tastemaker.retrieval.filters import parse_filter
from tastemaker.retrieval.index import Index
from tastemaker.retrieval.profile import build_profile
from tastemaker.retrieval.retriever import Retriever

LOOK_ALIKES = ("a", "а", "ａ", "A", "é", "e\u0301", "1", "１", "a\u200b", "a\u202e")
"""Latin, Cyrillic and full-width letters, capital; composed and decomposed; digits; with unseen characters."""
MANY = 100_000


@pytest.fixture
def catalogue(tmp_path: Path) -> Catalogue:
    return Catalogue(open_database(tmp_path / "store.sqlite3"))


@pytest.fixture
def retriever(tmp_path: Path, catalogue: Catalogue) -> Retriever:
    """Over items whose ids look alike, each liked by a user whose id is the item's."""
    catalogue.add_items(Item(id=name, title=f"Title {n}") for n, name in enumerate(LOOK_ALIKES))
    catalogue.add_events(Event(user_id=name, item_id=name, type=EventType.LIKE) for name in LOOK_ALIKES)
    index = Index(tmp_path / "chroma")
    index.update(catalogue, HashingEncoder())
    return Retriever(catalogue, index, HashingEncoder)


@pytest.mark.parametrize("name", LOOK_ALIKES)
def test_ids_that_look_alike_stay_distinct(catalogue: Catalogue, retriever: Retriever, name: str) -> None:
    assert catalogue.size() == (len(LOOK_ALIKES), 0)
    assert catalogue.items([name])[0].title == f"Title {LOOK_ALIKES.index(name)}"
    profile = build_profile(catalogue.history(name))
    assert profile.liked == profile.seen == (name,)
    others = {candidate.item.id for candidate in retriever.retrieve(profile, "title", 20)}
    assert others == set(LOOK_ALIKES) - {name}
    only = retriever.retrieve(build_profile([]), "title", 20, where=parse_filter({"id": name}))
    assert [candidate.item.id for candidate in only] == [name]
    assert catalogue.erase(name) == 1
    assert all(catalogue.history(other) for other in LOOK_ALIKES if other != name)


def test_a_look_alike_of_a_known_id_is_unknown(catalogue: Catalogue) -> None:
    catalogue.add_items([Item(id="é", title="T")])
    with pytest.raises(UnknownItemError):
        catalogue.add_events([Event(user_id="u", item_id="e\u0301", type=EventType.LIKE)])
    catalogue.add_events([Event(user_id="é", item_id="é", type=EventType.LIKE)])
    with pytest.raises(UnknownUserError):
        catalogue.history("e\u0301")


@pytest.mark.slow
def test_users_with_one_event_and_with_a_hundred_thousand(tmp_path: Path, catalogue: Catalogue) -> None:
    """From a plain file to the candidates. User `whale` rates 50 items over and over, the stars going round from 1 to 5."""
    start = datetime(2020, 1, 1, tzinfo=UTC)
    rows = [f"whale,i{n % 50},{1 + n % 5},{(start + timedelta(seconds=n)).timestamp():.0f}" for n in range(MANY)]
    lines = ["user_id,item_id,value,timestamp", *rows, "minnow,i3,5,1700000000"]
    (tmp_path / "events.csv").write_text("\n".join(lines))
    data = open_dataset(str(tmp_path / "events.csv"), tmp_path)
    columns = data.columns()
    assert columns is not None and len(columns) == MANY + 1
    catalogue.add_items([*data.items(), Item(id="new", title="New")])
    assert catalogue.add_events(data.events()) == MANY + 1

    history = catalogue.history("whale")
    assert len(history) == MANY
    assert [event.item_id for event in history[-50:]] == [f"i{n}" for n in range(50)]
    known = {item.id: item.model_copy(update={"categories": (f"c{item.id[-1]}",)}) for item in data.items()}
    profile = build_profile(history, known)
    assert profile.seen == tuple(f"i{n}" for n in range(50))
    assert profile.liked == tuple(f"i{n}" for n in range(50) if n % 5 in (3, 4))
    assert profile.unwanted == tuple(f"i{n}" for n in range(50) if n % 5 in (0, 1))
    assert sum(abs(interest.weight) for interest in profile.interests) == pytest.approx(1)

    (only,) = catalogue.history("minnow")
    few = build_profile([only], known)
    assert (few.liked, few.seen, few.unwanted) == (("i3",), ("i3",), ())
    assert [(interest.category, interest.weight) for interest in few.interests] == [("c3", 1.0)]

    index = Index(tmp_path / "chroma")
    index.update(catalogue, HashingEncoder())
    retriever = Retriever(catalogue, index, HashingEncoder)
    assert [candidate.item.id for candidate in retriever.retrieve(profile, None, 60)] == ["new"]
    assert len(retriever.retrieve(few, None, 60)) == 50


def test_an_item_without_a_visible_title_is_refused_before_it_is_stored(tmp_path: Path) -> None:
    """Else the encoder would refuse its text at every call, and nothing could be indexed any more."""
    path = tmp_path / "items.jsonl"
    path.write_text('{"id": "x", "title": "Tea"}\n{"id": "y", "title": "\\u200b "}\n', encoding="utf-8")
    with Recommender.open(tmp_path / "store", encoder="hashing") as recommender:
        with pytest.raises(DatasetError, match=r"items\.jsonl:2: Item 'y': title: is blank"):
            recommender.index(jsonl.read_items(path))
        assert recommender.core.store.catalogue.size() == (0, 0)
        assert recommender.index([Item(id="x", title="Tea"), Item(id="z", title="…", description=" ")]) == 2


def test_an_item_whose_title_is_all_signs_is_found(tmp_path: Path) -> None:
    with Recommender.open(tmp_path / "store", encoder="hashing") as recommender:
        recommender.index([Item(id="x", title="!!!"), Item(id="y", title="🎬")])
        store = recommender.core.store
        retriever = Retriever(store.catalogue, store.index, HashingEncoder)
        assert retriever.retrieve(build_profile([]), "!!!", 1)[0].item.id == "x"


@pytest.mark.parametrize("query", ["", " ", "\n\u3000"])
def test_an_empty_query_is_no_query(tmp_path: Path, query: str) -> None:
    with Recommender.open(tmp_path / "store", encoder="hashing") as recommender:
        recommender.index([Item(id="x", title="Tea")])
        with pytest.raises(EmptyHistoryError):
            recommender.recommend(query=query)
