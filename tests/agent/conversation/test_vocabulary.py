"""Names and values as people write them, found in a catalogue of real films."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tastemaker import Item
from tastemaker.agent.conversation.genres import CHINESE, DARK, GENRES, LIGHT, genre_of
from tastemaker.agent.conversation.vocabulary import Vocabulary, key_of

from .films import films

KNOWN = Vocabulary.of(films())


def test_fields_are_told_by_their_attributes() -> None:
    assert KNOWN.columns["genre"] == "category"
    assert KNOWN.columns["star"] == "cast"
    assert KNOWN.columns["runtime"] == "runtime"
    assert (KNOWN.numbers["year"].low, KNOWN.numbers["year"].high) == (1952, 2014)
    assert "region" not in KNOWN.columns


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("i loved the matrix and inception", [("title", "The Matrix"), ("title", "Inception")]),
        ("anything with adam sandler?", [("star", "Adam Sandler")]),
        ("Singin in the rain", [("title", "Singin' in the Rain")]),
        ("clint eastwood westerns", [("star", "Clint Eastwood")]),
        ("nothing of the kind", []),
    ],
)
def test_names_in_a_message(text: str, found: list[tuple[str, str]]) -> None:
    assert [(field, name) for _, _, field, name in KNOWN.find(text)] == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("I'm 25, looking for a good one", []),
        ("like to it", []),
        ("no Jack Nicholson", []),
        ("M is good", []),
        ("I loved Jack", ["Jack"]),
        ("jack was fun", ["Jack"]),
    ],
)
def test_words_that_are_titles_too(text: str, found: list[str]) -> None:
    known = Vocabulary.of([Item(id=one, title=one) for one in ("M", "A", "To", "It", "Jack")])
    assert [name for _, _, _, name in known.find(text)] == found


def test_places_are_those_of_the_message() -> None:
    text = "so, The MATRIX!"
    ((start, end, _, _),) = KNOWN.find(text)
    assert text[start:end] == "The MATRIX"


@pytest.mark.parametrize(
    ("title", "found"),
    [
        ("Matrix", ["f1"]), ("the matrix (1999)", ["f1"]), ("Interstelar", ["f16"]), ("Toy", []), ("Groundhog", ["f6"]),
        ("", []), ("💀", []), ("Solaris", []),
    ],
)  # fmt: skip
def test_items_by_title(title: str, found: list[str]) -> None:
    assert KNOWN.items_of(title) == found


@pytest.mark.parametrize(
    ("field", "value", "found"),
    [
        ("genre", "sci-fi", ["Sci-Fi"]), ("genre", "科幻", ["Sci-Fi"]), ("director", "Nolan", ["Christopher Nolan"]),
        ("director", "christopher nolan", ["Christopher Nolan"]), ("director", "Kubrick", []), ("star", "Adam Sandlr", ["Adam Sandler"]),
        ("genre", "opera", []), ("brand", "Sony", []),
    ],
)  # fmt: skip
def test_values_as_the_catalogue_writes_them(field: str, value: str, found: list[str]) -> None:
    assert KNOWN.values_like(field, value) == found


def test_chinese_titles_aliases_and_traditional_characters() -> None:
    items = [
        Item(id="a", title="肖申克的救赎", categories=("剧情",), attributes={"aliases": ("刺激1995",), "director": "弗兰克"}),
        Item(id="b", title="頭號玩家", categories=("科幻",), attributes={"price": 5}),
    ]  # fmt: skip
    known = Vocabulary.of(items)
    assert known.items_of("刺激1995") == ["a"]
    assert known.items_of("头号玩家") == ["b"]
    assert [name for _, _, _, name in known.find("我很喜欢肖申克的救赎和头号玩家")] == ["肖申克的救赎", "頭號玩家"]
    assert known.values_like("genre", "drama") == ["剧情"]


def test_items_of_the_same_title_are_one() -> None:
    known = Vocabulary.of(
        [Item(id="a", title="Sabrina (1995)"), Item(id="b", title="sabrina  (1995)"), Item(id="c", title="Ran")]
    )
    assert known.same(["a"]) == {"a", "b"}
    assert known.same(["x"]) == {"x"}


@given(st.text(max_size=300))
def test_any_message_can_be_searched(text: str) -> None:
    for start, end, _, _ in KNOWN.find(text):
        assert 0 <= start < end <= len(text)
    assert isinstance(key_of(text), str)


def test_genres_have_one_name_in_each_language() -> None:
    assert set(CHINESE) == set(GENRES)
    assert (CHINESE["comedy"], CHINESE["documentary"], CHINESE["sci-fi"]) == ("喜剧", "纪录片", "科幻")
    assert {*LIGHT, *DARK} <= set(GENRES)
    assert not {*LIGHT} & {*DARK}
    for name, ways in GENRES.items():
        assert {genre_of(way) for way in ways} == {name}
        assert genre_of(CHINESE[name]) == name
    assert [genre_of(one) for one in ("Children's", "Horror movies", "科幻片", "Thai food")] == [
        "family",
        "horror",
        "sci-fi",
        None,
    ]
