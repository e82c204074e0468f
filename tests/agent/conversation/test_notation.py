"""Readings in one line: there and back, and every part that is none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tastemaker.agent.conversation.notation import note, parse
from tastemaker.agent.conversation.reading import Act, Condition, Critique, Mention, Reading
from tastemaker.errors import InvalidInputError


def test_the_parts_of_the_first_example() -> None:
    read = parse("+genre=comedy +year=1990..1999 -star=Adam_Sandler", 2026)
    assert read.conditions == (
        Condition(field="genre", values=("comedy",)),
        Condition(field="year", low=1990, high=1999),
        Condition(field="star", values=("Adam Sandler",), negated=True),
    )


def test_every_other_part() -> None:
    text = "+runtime<120 +rating>=8 +year>=now-3 =genre=drama|war ~year=later_than:last ~tone=lighter:#2 like=#2 dislike=#1-2:weak"
    read = parse(
        f"{text} seen=last ref=Big_Fish ?award lift=year q=food_trucks n=3 about=#2 asks=director act=question", 2026
    )
    assert read.conditions[0] == Condition(field="runtime", high=120, below=True)
    assert read.conditions[2] == Condition(field="year", low=2023)
    assert read.wishes == (Condition(field="genre", values=("drama", "war")),)
    assert read.critiques == (
        Critique(field="year", direction="later"), Critique(field="tone", direction="lighter", than="#2")
    )  # fmt: skip
    assert [(one.kind, one.name, one.weak) for one in read.mentions] == [
        ("like", "#2", False), ("dislike", "#1", True), ("dislike", "#2", True), ("seen", "last", False),
        ("similar", "Big Fish", False),
    ]  # fmt: skip
    assert (read.unknown, read.lifted, read.query, read.count) == (("award",), ("year",), "food trucks", 3)
    assert (read.about, read.asked, read.act) == ("#2", "director", Act.QUESTION)
    assert parse(note(read), 2026) == read


def test_nothing_is_braces() -> None:
    assert parse("{}", 2026) == Reading()
    assert note(Reading()) == "{}"
    assert Reading().empty


@pytest.mark.parametrize("text", ["genre", "+genre", "~", "+year>=soon", "n=many", "act=dance", "?"])
def test_what_is_no_part_is_named(text: str) -> None:
    with pytest.raises((InvalidInputError, ValueError)):
        parse(text, 2026)


words = st.text(st.characters(categories=["Ll", "Lu", "Lo"]), min_size=1, max_size=8)


@given(
    st.lists(st.tuples(st.sampled_from(["genre", "star"]), words, st.booleans()), max_size=3),
    st.lists(st.tuples(st.sampled_from(["like", "dislike", "seen", "similar"]), words), max_size=3),
)
def test_there_and_back(conditions: list[tuple[str, str, bool]], mentions: list[tuple[str, str]]) -> None:
    read = Reading(
        conditions=tuple(Condition(field=name, values=(value,), negated=no) for name, value, no in conditions),
        mentions=tuple(Mention.model_validate({"kind": kind, "name": name}) for kind, name in mentions),
    )
    assert parse(note(read), 2026) == read
