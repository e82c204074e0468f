"""Reasons: what is not in the evidence is refused; templates read as sentences and pass the same checks."""

from __future__ import annotations

import numpy as np
import pytest

from tastemaker import Item
from tastemaker.agent.explainer import find_evidence, template
from tastemaker.agent.verifier import fault
from tastemaker.domain import Evidence

FACTS = ["Alien", "The Thing (1982)", "Horror", "Sci-Fi"]


@pytest.mark.parametrize(
    "sentence",
    [
        "Since you liked Alien and The Thing, you may enjoy Predator, which is also Sci-Fi.",
        "Predator is a Horror film like Alien.",
        "If you enjoyed The Thing, you'll love Predator!",
    ],
)
def test_supported_english_passes(sentence: str) -> None:
    assert fault(sentence, "Predator (1987)", FACTS, "en") is None


@pytest.mark.parametrize(
    ("sentence", "says"),
    [
        ("", "empty"),
        ("You liked Alien, so Predator suits you", "end as a sentence"),
        ("You liked Alien, so this suits you.", "does not name the item"),
        ("Predator is a good film.", "names nothing of its evidence"),
        ("You liked Alien, so Predator, starring Arnold, suits you.", "'starring'"),
        ("You liked Alien, so Predator from 1987 suits you.", "'1987'"),
        ("You liked Heat and Alien, so Predator suits you.", "'Heat'"),
        ("You liked Alien, so the gripping Predator suits you.", "'gripping'"),
        ("You liked Predator and Alien, which are Sci-Fi.", "knows the item already"),
        ("Like Alien, Predator is at https://example.org now.", "link"),
        ("Like Alien, Predator is <b>new</b>.", "markup"),
        ("Like Alien,\nPredator is new.", "several lines"),
        ("你喜欢《Alien》,《Predator》应该也适合你的口味。", "language"),
        ("Like Alien, Predator " + "is very " * 40 + "new.", "longer"),
    ],
)
def test_unsupported_english_is_refused(sentence: str, says: str) -> None:
    assert says in str(fault(sentence, "Predator (1987)", FACTS, "en"))


@pytest.mark.parametrize(
    ("sentence", "passes"),
    [
        ("你喜欢《星际穿越》,所以《地心引力》应该也适合你。", True),
        ("《地心引力》和《星际穿越》都是科幻电影。", True),
        ("你喜欢《星际穿越》,所以获得奥斯卡奖的《地心引力》应该也适合你。", False),
        ("你看过《地心引力》,它和《星际穿越》很像。", False),
        ("《地心引力》很好看。", False),
        ("Since you liked 星际穿越, 地心引力 may suit you.", False),
    ],
)
def test_chinese(sentence: str, passes: bool) -> None:
    assert (fault(sentence, "地心引力", ["星际穿越", "科幻"], "zh") is None) is passes


def make(identity: str, title: str, *categories: str) -> Item:
    return Item(id=identity, title=title, categories=categories)


PREDATOR = make("p", "Predator", "Horror", "Sci-Fi")
LIKED = [make("a", "Alien", "Sci-Fi"), make("e", "Emma", "Romance"), make("t", "The Thing", "Horror")]
NEARNESS = np.array([0.9, 0.1, 0.8], np.float32)


def test_evidence_follows_from_how_the_item_was_found() -> None:
    near = find_evidence(PREDATOR, {"content": 1}, 100, NEARNESS, LIKED, None)
    assert [(e.kind, e.text, e.item_id) for e in near] == [
        ("history", "Alien", "a"),
        ("history", "The Thing", "t"),
        ("category", "Sci-Fi", "a"),
    ]
    popular = find_evidence(PREDATOR, {"popular": 3}, 100, NEARNESS, LIKED, None)
    assert [e.kind for e in popular] == ["popular", "category"]
    asked = find_evidence(PREDATOR, {"query": 1}, 100, np.empty(0, np.float32), [], "monsters")
    assert [(e.kind, e.text) for e in asked] == [("query", "monsters")]


@pytest.mark.parametrize(("rank", "total", "counts"), [(1, 3, True), (2, 3, False), (10, 100, True), (11, 100, False)])
def test_only_the_first_tenth_is_called_close(rank: int, total: int, counts: bool) -> None:
    for source, kind in (("content", "history"), ("popular", "popular"), ("query", "query")):
        found = find_evidence(PREDATOR, {source: rank}, total, NEARNESS, LIKED, "monsters")
        assert (kind in {entry.kind for entry in found}) is counts


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("sources", [{"content": 1}, {"popular": 1}, {"query": 1}, {}])
def test_templates_are_sentences_that_name_item_and_evidence(language: str, sources: dict[str, int]) -> None:
    titles = {item.id: item.title for item in LIKED}
    seen = set()
    for number in range(40):
        item = PREDATOR.model_copy(update={"id": f"p{number}"})
        evidence = find_evidence(item, sources, 100, NEARNESS, LIKED, "monsters" if "query" in sources else None)
        text = template(item, evidence, titles, language)
        seen.add(text)
        assert "Predator" in text
        assert text[-1] in ".。"
        assert "{" not in text
        assert ("Alien" in text) == any(e.kind in {"history", "category"} for e in evidence)
    assert len(seen) > 1


@pytest.mark.parametrize("language", ["en", "zh"])
def test_popularity_claims_no_liking(language: str) -> None:  # it counts who had an item, whatever they thought of it
    evidence = find_evidence(PREDATOR, {"popular": 1}, 100, np.empty(0, np.float32), [], None)
    for number in range(40):
        text = template(PREDATOR.model_copy(update={"id": f"p{number}"}), evidence, {}, language)
        assert not any(word in text for word in ("like", "loved", "favourite", "喜欢"))


def test_categories_are_listed_as_in_speech() -> None:
    titles = {"a": "Alien"}
    shared = [Evidence(kind="category", text=name, item_id="a") for name in ("Action", "Horror", "Sci-Fi")]
    assert "Action, Horror and Sci-Fi" in template(PREDATOR, shared, titles, "en")
    assert "Action、Horror、Sci-Fi" in template(PREDATOR, shared, titles, "zh")
