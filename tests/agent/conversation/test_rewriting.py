"""Other ways to say the same: each is read as the plain way is."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tastemaker.agent.conversation.notation import parse, parts
from tastemaker.agent.conversation.rules import read
from tastemaker.agent.conversation.rules.rewriting import rewritten


@pytest.mark.parametrize(
    ("text", "notation"),
    [
        ("thrillers, but keep Nicolas Cage out of it", "+genre=thriller -star=Nicolas_Cage"),
        ("a drama w/o tom cruise in it", "+genre=drama -star=Tom_Cruise"),
        ("what has Greta Gerwig directed", "+director=Greta_Gerwig"),
        ("ive seen 2 and 3", "seen=#2 seen=#3"),
        ("smth less violance plz", "~violence=less"),
        ("same genre as #3 but a different director", "+genre=of:#3 -director=of:#3"),
        ("old movies from the 60s", "+year=1960..1969"),
        ("唔要恐怖片", "-genre=horror"),
        ("战争片以外都可以", "-genre=war"),
        ("谁演都行，除了甄子丹", "-star=甄子丹"),
        ("暴力程度低一点", "~violence=less"),
        ("二零一五年的喜剧", "+year=2015..2015 +genre=comedy"),
        ("爱情片、喜剧片，哪个都行", "+genre=romance|comedy"),
        ("有刘德华的就别推了", "-star=刘德华"),
    ],
)
def test_it_is_read_as_the_plain_way(text: str, notation: str) -> None:
    assert read(text, year=2026) == parse(notation, 2026)


@given(st.text(max_size=400))
def test_any_text_can_be_rewritten(text: str) -> None:
    assert isinstance(rewritten(text), str)


def test_what_nothing_concerns_stays() -> None:
    assert rewritten("a quiet film about the sea") == "a quiet film about the sea"


def test_utterances_of_two_authors_that_the_rules_were_improved_on() -> None:
    """Regression only: these were looked at. What was never looked at is scored by `tastemaker bench conversation`."""
    exact = 0
    rows = (Path(__file__).parent / "utterances_seen.tsv").read_text(encoding="utf-8").splitlines()
    for row in rows:
        _, _, text, notation = row.split("\t")
        exact += sorted(parts(read(text, year=2026))) == sorted(parts(parse(notation, 2026)))
    assert exact >= 0.95 * len(rows)
