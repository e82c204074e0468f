"""Conditions put to the catalogue: what passes is checked against the films themselves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tastemaker import Item
from tastemaker.agent.conversation.conditions import Unmet, added, joined, resolve
from tastemaker.agent.conversation.critiques import move
from tastemaker.agent.conversation.notation import parse
from tastemaker.agent.conversation.questions import answer, choose, information
from tastemaker.agent.conversation.reading import Condition, Critique
from tastemaker.agent.conversation.state import Asked, Chip
from tastemaker.agent.conversation.vocabulary import Vocabulary
from tastemaker.retrieval.attributes import AttributeTable
from tastemaker.retrieval.filters import parse_filter

from .films import films

FILMS = films()
BY_ID = {film.id: film for film in FILMS}
KNOWN = Vocabulary.of(FILMS)
TABLE = AttributeTable.of(FILMS)


def passing(where: dict[str, Any] | None) -> set[str]:
    mask = TABLE.matching(parse_filter(where or {}))
    return {str(one) for one in TABLE.ids[mask]}


def chip(notation: str, referred: list[Item] | None = None, language: str = "en") -> Chip | Unmet | None:
    (condition,) = parse(notation, 2026).conditions
    return resolve(condition, KNOWN, referred or [], language, 1)


Test = Callable[[Item], bool]


def year(film: Item) -> int:
    return int(str(film.attributes["year"]))


@pytest.mark.parametrize(
    ("notation", "holds"),
    [
        ("+genre=comedy", lambda film: "Comedy" in film.categories),
        ("-genre=horror", lambda film: "Horror" not in film.categories),
        ("+genre=comedy|horror", lambda film: bool({"Comedy", "Horror"} & {*film.categories})),
        ("+year=1990..1999", lambda film: 1990 <= year(film) <= 1999),
        ("+year>2000", lambda film: year(film) > 2000),
        ("+year>=2000", lambda film: year(film) >= 2000),
        ("-year=1990..1999", lambda film: not 1990 <= year(film) <= 1999),
        ("+runtime<101", lambda film: float(str(film.attributes["runtime"])) < 101),
        ("+director=Nolan", lambda film: film.attributes["director"] == "Christopher Nolan"),
        ("-star=adam_sandler", lambda film: "Adam Sandler" not in str(film.attributes["cast"])),
        ("+audience=child", lambda film: bool({"Family", "Animation"} & {*film.categories})),
        ("+audience=adult", lambda film: not {"Family", "Animation"} & {*film.categories}),
        ("+rating>8.5", lambda film: float(str(film.attributes["rating"])) > 8.5),
    ],
)  # fmt: skip
def test_what_a_condition_lets_pass(notation: str, holds: Test) -> None:
    found = chip(notation)
    assert isinstance(found, Chip)
    assert passing(found.where) == {film.id for film in FILMS if holds(film)}
    assert 0 < len(passing(found.where)) < len(FILMS)


@pytest.mark.parametrize(
    ("notation", "why"),
    [
        ("+region=Japan", "field"),
        ("+star=Meryl_Streep", "value"),
        ("+rating>90", "scale"),
        ("+provider=Netflix", "field"),
    ],
)
def test_what_the_catalogue_does_not_know_is_said(notation: str, why: str) -> None:
    found = chip(notation)
    assert isinstance(found, Unmet)
    assert found.why == why


def test_what_nobody_is_in_is_refused_by_everyone() -> None:
    assert chip("-star=Meryl_Streep") is None


def test_values_of_what_was_shown() -> None:
    found = chip("+director=of:last", [BY_ID["f8"]])
    assert isinstance(found, Chip)
    assert passing(found.where) == {"f7", "f8", "f16"}
    other = chip("-genre=of:last", [BY_ID["f8"]])
    assert isinstance(other, Chip)
    assert passing(other.where) == {film.id for film in FILMS if not {"Mystery", "Thriller"} & {*film.categories}}


def test_chips_are_in_the_users_language() -> None:
    texts = [
        one.text
        for one in (chip("+genre=comedy", language="zh"), chip("-genre=horror", language="zh-hant"))
        if isinstance(one, Chip)
    ]
    assert texts == ["喜剧", "不要恐怖"]


def chips(*notations: str) -> tuple[Chip, ...]:
    made: tuple[Chip, ...] = ()
    for notation in notations:
        found = chip(notation)
        assert isinstance(found, Chip)
        made = added(made, found)
    return made


@pytest.mark.parametrize(
    ("said", "left"),
    [
        (("+genre=comedy", "+genre=romance"), ["+genre=comedy", "+genre=romance"]),
        (("+genre=comedy", "-genre=comedy"), ["-genre=comedy"]),
        (("+genre=crime|mystery", "-genre=crime"), ["+genre=crime|mystery", "-genre=crime"]),
        (("+year=1990..1999", "+year=2000..2009"), ["+year=2000..2009"]),
        (("+year>=1990", "+year<=2000"), ["+year>=1990", "+year<=2000"]),
        (("+year>=1990", "+year>=2000"), ["+year>=2000"]),
        (("+genre=comedy", "+genre=comedy"), ["+genre=comedy"]),
        (("+star=Tom_Hanks", "+genre=comedy"), ["+star=Tom_Hanks", "+genre=comedy"]),
    ],
)  # fmt: skip
def test_the_last_word_counts_where_two_contradict(said: tuple[str, ...], left: list[str]) -> None:
    assert [one.id for one in chips(*said)] == left


@pytest.mark.parametrize(
    "notations",
    [("+genre=comedy", "+genre=romance"), ("+year>=1990", "+year<=2000", "-genre=horror"), ("+genre=comedy|drama", "+genre=romance|family"),
     ("-year=1990..1995", "-year=1999..1999", "+genre=comedy")],
)  # fmt: skip
def test_joined_is_the_intersection(notations: tuple[str, ...]) -> None:
    found = [one for one in (chip(notation) for notation in notations) if isinstance(one, Chip)]
    assert passing(joined([one.where for one in found])) == set.intersection(*(passing(one.where) for one in found))


def test_nothing_joined_is_no_filter() -> None:
    assert joined([]) is None


@pytest.mark.parametrize(
    ("critique", "than", "holds"),
    [
        (Critique(field="year", direction="later"), ["f9", "f1"], lambda film: year(film) > 1975.5),
        (Critique(field="year", direction="earlier"), ["f1"], lambda film: year(film) < 1999),
        (Critique(field="runtime", direction="shorter"), ["f2"], lambda film: float(str(film.attributes["runtime"])) < 96),
        (Critique(field="scary", direction="less"), ["f4"], lambda film: not {"Horror", "Thriller"} & {*film.categories}),
        (Critique(field="romance", direction="more"), ["f1"], lambda film: "Romance" in film.categories),
    ],
)  # fmt: skip
def test_a_critique_limits_to_the_asked_side(critique: Critique, than: list[str], holds: Test) -> None:
    found = move(critique, [BY_ID[one] for one in than], KNOWN, dict)
    assert found is not None
    assert passing(found.where) == {film.id for film in FILMS if holds(film)}


def test_lighter_has_light_genres_and_no_dark_one() -> None:
    found = move(Critique(field="tone", direction="lighter"), [BY_ID["f11"]], KNOWN, dict)
    assert found is not None
    assert passing(found.where) == {"f2", "f5", "f6", "f9", "f10", "f13", "f14"}


def test_less_known_is_below_what_was_shown() -> None:
    had = {"f1": 10.0, "f2": 2.0}
    found = move(Critique(field="popularity", direction="less"), [BY_ID["f1"], BY_ID["f2"]], KNOWN, lambda: had)
    assert found is not None
    assert found.bound == 6.0


@pytest.mark.parametrize(
    "critique", [Critique(field="pace", direction="more"), Critique(field="price", direction="less")]
)
def test_what_cannot_be_told_moves_nothing(critique: Critique) -> None:
    assert move(critique, FILMS[:2], KNOWN, dict) is None


def test_where_nothing_was_shown_it_is_the_middle_of_the_catalogue() -> None:
    found = move(Critique(field="year", direction="later"), [], KNOWN, dict)
    assert found is not None
    assert found.where == {"year": {"gt": 1995.5}}
    known = move(Critique(field="popularity", direction="more"), [], KNOWN, lambda: {"f1": 3.0, "f2": 1.0})
    assert known is not None
    assert known.bound == 2.0
    assert move(Critique(field="popularity", direction="more"), [], KNOWN, dict) is None


def test_the_question_divides_best() -> None:
    items = [
        Item(id=f"i{n}", title=f"T{n}", categories=("Drama" if n % 2 else "Comedy",), attributes={"year": 1990 + n % 4 * 10, "region": "USA"})
        for n in range(16)
    ]  # fmt: skip
    known = Vocabulary.of(items)
    asked = choose(items, known, ())
    assert asked == Asked(field="year", options=("1990s", "2000s", "2010s", "2020s"))
    assert choose(items, known, ["year"]) == Asked(field="genre", options=("comedy", "drama"))
    assert choose(items, known, ["year", "genre"]) is None  # all are from one region


@pytest.mark.parametrize(
    ("values", "bits"),
    [([["a"], ["b"]], 1.0), ([["a"], ["a"]], 0.0), ([["a", "b"], ["a", "b"]], 0.0), ([["a"], ["b"], [], []], 1.5), ([], 0.0)],
)  # fmt: skip
def test_information_by_hand(values: list[list[str]], bits: float) -> None:
    assert information(values, ("a", "b")) == pytest.approx(bits)


def test_an_option_is_a_condition() -> None:
    assert answer(Asked(field="genre", options=("comedy", "drama")), 2) == Condition(field="genre", values=("drama",))
    assert answer(Asked(field="year", options=("1990s",)), 1) == Condition(field="year", low=1990, high=1999)
    assert answer(Asked(field="runtime", options=("<90", "90-120", ">120")), 1) == Condition(
        field="runtime", high=90, below=True
    )
    assert answer(Asked(field="runtime", options=("<90", "90-120", ">120")), 2) == Condition(
        field="runtime", low=90, high=120
    )
    assert answer(Asked(field="genre", options=("comedy",)), 2) is None
