"""Names are found as they are written: titles with moved articles, years, entities, widths, and both Chinese scripts."""

from __future__ import annotations

import pytest

from tastemaker import Item
from tastemaker.agent.explanations.names import Name, Names, plain, shown, spoken, values_of, year_of


@pytest.mark.parametrize(
    ("title", "said"),
    [
        ("Usual Suspects, The (1995)", "The Usual Suspects"),
        ("Misérables, Les (1995) (V)", "Les Misérables"),
        ("Seven (Se7en) (1995)", "Seven"),
        ("2001: A Space Odyssey (1968)", "2001: A Space Odyssey"),
        ("Amadeus &amp; Co (1984)", "Amadeus & Co"),
        ("(1984)", "(1984)"),
        ("黑客帝国（1999）", "黑客帝国"),
        ("Me, Myself & Irene", "Me, Myself & Irene"),
    ],
)
def test_titles_as_they_are_said(title: str, said: str) -> None:
    assert spoken(title) == said


@pytest.mark.parametrize(
    ("title", "text"),
    [
        ("&lt;b&gt;Soup&lt;/b&gt; for <i>all</i>", "Soup for all"),
        ("Soup [click](https://example.org/x)", "Soup (click)"),
        ("Soup at www.example.org now", "Soup at now"),
        ("<br>", "<br>"),
    ],
)
def test_a_title_is_shown_without_tags_and_links(title: str, text: str) -> None:
    assert shown(Item(id="x", title=title)) == text


def test_a_long_title_is_cut_between_words() -> None:
    text = shown(Item(id="x", title="word " * 100))
    assert len(text) <= 81 and text.startswith("word word")


@pytest.mark.parametrize(
    ("title", "attributes", "year"),
    [("Heat (1995)", {}, 1995), ("Heat", {"year": 1995}, 1995), ("Heat", {}, None), ("1984", {}, None), ("A (V)", {}, None)],
)  # fmt: skip
def test_years(title: str, attributes: dict[str, int], year: int | None) -> None:
    assert year_of(Item.model_validate({"id": "x", "title": title, "attributes": attributes})) == year


def test_values_are_categories_attributes_and_the_year() -> None:
    item = Item(
        id="x", title="Heat (1995)", categories=("Crime",),
        attributes={"star": ("Pacino", "De Niro"), "sponsored": True, "rating": 8.2, "plot": "x" * 100},
    )  # fmt: skip
    assert {(one.key, one.text) for one in values_of(item)} == {
        ("category", "Crime"), ("star", "Pacino"), ("star", "De Niro"), ("rating", "8.2"), ("year", "1995"),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "same"),
    [("ＡＢＣ", "ABC"), ("“x”", '"x"'), ("頭號玩家", "头号玩家"), ("Tom &amp; Jerry", "Tom & Jerry"), ("阿凡提・二", "阿凡提·二"), ("a  b\n", "a b")],
)  # fmt: skip
def test_one_form_for_comparing(text: str, same: str) -> None:
    assert plain(text) == plain(same) == same


def test_the_longest_name_at_a_place_wins() -> None:
    alien, aliens = Name("title", "1", "Alien"), Name("title", "2", "Alien Nation")
    names = Names({alien: ["Alien"], aliens: ["Alien Nation"]})
    assert [one.names[0].key for one in names.find("Alien Nation, alien, Aliens, alienation")] == ["2", "1"]
