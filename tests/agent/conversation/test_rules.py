"""The rule-based reader: the table of kinds, names that a catalogue knows, and what holds for any text."""

from __future__ import annotations

import time
from collections.abc import Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tastemaker import Item
from tastemaker.agent.conversation.notation import note, parse, parts
from tastemaker.agent.conversation.reading import MAX_MESSAGE_CHARS, Act
from tastemaker.agent.conversation.rules import read
from tastemaker.agent.conversation.rules.dates import dates
from tastemaker.agent.conversation.rules.lexicon import lexicon
from tastemaker.agent.conversation.rules.numbers import ranges, value_of
from tastemaker.agent.conversation.rules.spelling import corrected, edits
from tastemaker.agent.conversation.vocabulary import Vocabulary

YEAR = 2026
TABLE = """
E1|Funny 90s movies, nothing with Adam Sandler|+genre=comedy +year=1990..1999 -star=Adam_Sandler
E3|I can't stand musicals|-genre=musical
E5|Something newer please|~year=later_than:last
E7|Not the first, the second sounds good|dislike=#1 like=#2
E9|Anything Nolan directed after 2010|+director=Nolan +year>2010
E11|I want a good movie|act=ask
E13|Under two hours|+runtime<120
E15|I don't dislike westerns|{}
E17|Three documentaries about food|n=3 +genre=documentary q=food
E19|Start over|act=reset
E21|For my dad and my kids|+audience=family
E23|Same director, different genre|+director=of:last -genre=of:last
E25|Anything but horror|-genre=horror
E27|I'm sad, cheer me up|q=uplifting
E29|Rated above 8|+rating>8
E31|Eighties or nineties|+year=1980..1999
E33|cheap laughs lol|+genre=comedy
E35|horor movis with zombis|+genre=horror q=zombies
E37|Nothing older than me, I'm 30|+year>=now-30
E39|A comedy, but no comedies|conflict act=ask
Z1|想看九十年代的港片，不要周星驰|+region=Hong_Kong +year=1990..1999 -star=周星驰
Z3|刺激1995那种类型|ref=肖申克的救赎
Z5|换一批|act=next
Z7|再轻松一点|~tone=lighter
Z9|诺兰的，2010年以后|+director=诺兰 +year>=2010
Z11|想看电影|act=ask
Z13|适合带孩子看的动画|+genre=animation +audience=child
Z15|不是不喜欢爱情片|{}
Z17|两小时以内|+runtime<=120
Z19|重新来|act=reset
Z21|冷门一点的科幻|+genre=sci-fi ~popularity=less
Z23|喜欢前三部哈利波特，后面一般|like=哈利·波特1-3 dislike=4+:weak
Z25|周末和爸妈一起看|+audience=family
Z27|第二部不错，第一部算了|like=#2 dislike=#1
Z29|最近三年的国产片|+region=China +year>=now-3
Z31|八九十年代都可以|+year=1980..1999
Z33|星爷的无厘头|+star=周星驰 +genre=comedy
Z35|科换片|+genre=sci-fi
Z37|《黑客帝国》一般，《頭號玩家》很好|dislike=黑客帝国:weak like=头号玩家
Z39|要喜剧但不要搞笑|conflict act=ask
"""
"""The kinds of section C of the research, in the reader's conventions: genres and regions in English."""


@pytest.mark.parametrize("line", TABLE.strip().splitlines(), ids=lambda line: line.split("|")[0])
def test_the_table_is_read_exactly(line: str) -> None:
    _, text, noted = line.split("|", 2)
    assert set(parts(read(text, year=YEAR))) == set(parts(parse(noted, YEAR)))


ROWS = ["It (2017)", "Her (2013)", "Up (2009)", "The Matrix (1999)", "Lost in Translation (2003)", "Heat (1995)", "Big (1988)", "Comedy (2012)", "Alien (1979)", "盗梦空间", "英雄", "喜剧之王", "Something New (2006)", "Pride and Prejudice (2005)"]  # fmt: skip
CATALOGUE = Vocabulary.of(
    Item(id=str(n), title=title, attributes={"director": "Noah Baumbach", "star": ("Greta Gerwig", "周冬雨")})
    for n, title in enumerate(ROWS)
)


@pytest.mark.parametrize(
    ("text", "noted"),
    [
        ("Something like It", "ref=It"),
        ("i loved it", "like=last"),
        ("I loved Her", "like=Her"),
        ("any comedy", "+genre=comedy"),
        ("something new", "~year=later"),
        ("a big french comedy", "+genre=comedy +region=France"),
        ("loved lost in translation, hated heat", "like=Lost_in_Translation dislike=Heat"),
        ("I hated Pride and Prejudice", "dislike=Pride_and_Prejudice"),
        ("who directed alien", "act=question about=Alien asks=director"),
        ("a noah baumbach movie", "+director=Noah_Baumbach"),
        ("no greta gerwig", "-star=Greta_Gerwig"),
        ("与盗梦空间类似的", "ref=盗梦空间"),
        ("想看喜剧", "+genre=comedy"),
        ("喜剧之王那种", "ref=喜剧之王"),
        ("我喜欢英雄", "like=英雄"),
        ("周冬雨的电影", "+star=周冬雨"),
    ],
)
def test_names_of_the_catalogue_win_unless_they_are_common_words(text: str, noted: str) -> None:
    assert set(parts(read(text, names=CATALOGUE.find, year=YEAR))) == set(parts(parse(noted, YEAR)))


@settings(deadline=None)
@given(st.text(max_size=200))
def test_no_text_raises(text: str) -> None:
    read(text, year=YEAR)


_WORDS = st.sampled_from([*lexicon().english, *lexicon().chinese, "Blade Runner", "《英雄》", "#2", "1994", "90s", "，", ".", "two", "三部", "🎬", "\ud800"])  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(st.lists(_WORDS, max_size=12), st.sampled_from(["", " "]))
def test_no_words_in_any_order_raise(words: list[str], joint: str) -> None:
    reading = read(joint.join(words), year=YEAR)
    if reading.act is not Act.MISUSE and reading.about is None:
        assert parse(note(reading), YEAR).act is reading.act


@settings(deadline=None)
@given(st.text(max_size=40), st.lists(st.tuples(st.integers(-3, 50), st.integers(-3, 50), st.sampled_from(["title", "star", "brand", "tag"]), st.text(max_size=5))))  # fmt: skip
def test_no_finder_raises(text: str, names: list[tuple[int, int, str, str]]) -> None:
    def find(_: str, /) -> Iterable[tuple[int, int, str, str]]:
        return names

    read(text, names=find, year=YEAR)


_TOPICS = st.sampled_from(["zombies", "vampires", "dragons", "robots", "chess"])
_GENRES = st.sampled_from(["horror", "western", "musical", "thriller", "romance"])


@settings(deadline=None)
@given(st.sampled_from(["no", "without", "nothing with", "I hate", "anything but", "don't give me"]), _TOPICS, _GENRES)
def test_what_is_not_wanted_is_no_query(refusal: str, topic: str, genre: str) -> None:
    read_as = read(f"{refusal} {topic}, {refusal} {genre}", year=YEAR)
    assert topic not in read_as.query
    assert genre not in read_as.query
    assert [one.values for one in read_as.conditions if one.negated] == [(genre,)]


@settings(deadline=None)
@given(st.sampled_from(["不要", "别给我", "讨厌", "不想看"]), st.sampled_from(["僵尸", "外星人", "美食"]), st.sampled_from([("恐怖片", "horror"), ("爱情片", "romance")]))  # fmt: skip
def test_what_is_not_wanted_is_no_query_in_chinese(refusal: str, topic: str, genre: tuple[str, str]) -> None:
    read_as = read(f"{refusal}{topic}，{refusal}{genre[0]}", year=YEAR)
    assert read_as.query == ""
    assert [(one.values, one.negated) for one in read_as.conditions] == [((genre[1],), True)]


@settings(deadline=None)
@given(st.integers(1930, 2020), st.integers(1, 300))
def test_numbers_are_kept(year: int, minutes: int) -> None:
    read_as = read(f"a thriller made after {year}, under {minutes} minutes", year=YEAR)
    assert note(read_as) == f"+genre=thriller +year>{year} +runtime<{minutes}"


@pytest.mark.parametrize("text", ["", "   ", "🎬🍿", "...", "\x00", "\ud800", "?!"])
def test_what_says_nothing_is_asked_about(text: str) -> None:
    assert read(text, year=YEAR).act is Act.ASK


HOSTILE = [
    "a",
    "no ",
    "不",
    "第一部",
    "前三",
    "$5 ",
    "i am 30 ",
    "who is in ",
    "《",
    '"a" ',
    "Bob ",
    "用户",
    "horror or ",
    "1",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_long_hostile_text_costs_little(text: str) -> None:
    begin = time.perf_counter()
    read(text * 100_000, year=YEAR)
    assert time.perf_counter() - begin < 10


def test_what_is_beyond_the_limit_is_not_read() -> None:
    assert read("x" * MAX_MESSAGE_CHARS + " no horror", year=YEAR).conditions == ()


def test_numbers_in_words() -> None:
    said = {
        "two": 2,
        "twenty-five": 25,
        "a hundred": 100,
        "一百二十": 120,
        "两": 2,
        "七点五": 7.5,
        "十五": 15,
        "九〇": 90,
    }
    assert {text: value_of(text) for text in said} == said


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("an hour and a half", "runtime<=90"),
        ("at least 2h30", "runtime>=150"),
        ("一个半小时以内", "runtime<=90"),
        ("between $20 and $50", "price=20..50"),
        ("四星以上", "rating>=4"),
        ("a rating between 6 and 8", "rating=6..8"),
    ],
)
def test_quantities(text: str, value: str) -> None:
    assert [one.value for one in ranges(text) if one.kind == "range"] == [value]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("the late 80s", "year=1985..1989"),
        ("from the nineties on", "year>=1990"),
        ("before the 70s", "year<1970"),
        ("the last decade", "year>=2016"),
        ("去年的", "year=2025..2025"),
        ("上世纪的片", "year=1900..1999"),
        ("八九十年代", "year=1980..1999"),
    ],
)
def test_dates(text: str, value: str) -> None:
    assert [one.value for one in dates(text, YEAR)] == [value]


def test_slips_of_the_pen() -> None:
    assert [corrected(word) for word in ("horrro", "comeddy", "documantary", "zebra")] == [
        "horror",
        "comedy",
        "documentary",
        "zebra",
    ]
    assert edits("horor", "horror", 2) == 1
    assert edits("wetsern", "western", 2) == 1
    assert edits("abc", "xyz", 2) > 2


def test_a_wish_is_no_condition_and_a_lifted_field_no_value() -> None:
    assert note(read("a comedy, ideally French", year=YEAR)) == "+genre=comedy =region=France"
    assert note(read("Any actor, except Tom Cruise", year=YEAR)) == "-star=Tom_Cruise"
