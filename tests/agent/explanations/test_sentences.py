"""Templates say nothing but what the evidence holds: every one passes the checks that a model's sentence must pass."""

from __future__ import annotations

from itertools import product

import pytest

from tastemaker import Item
from tastemaker.agent.explanations.sentences import LENGTHS, TONES, template
from tastemaker.agent.explanations.verifier import Verifier
from tastemaker.domain import EventType, Evidence

ITEM = Item(
    id="i", title="Usual Suspects, The (1995)", categories=("Crime", "Thriller"),
    attributes={
        "director": "Bryan Singer", "star": ("Kevin Spacey", "Benicio Del Toro"), "author": "C. McQuarrie",
        "artist": "J. Ottman", "brand": "PolyGram", "reading level": "hard",
    },
)  # fmt: skip
PAST = {
    "a": ITEM.model_copy(update={"id": "a", "title": "Heat (1995)"}),
    "b": Item(id="b", title="“Fargo” & more", categories=("Crime",)),
}
EVENTS = (
    EventType.LIKE, EventType.RATING, EventType.PURCHASE, EventType.CART, EventType.SHARE, EventType.FOLLOW,
    EventType.COMMENT,
)  # fmt: skip


def history(n: int, event: EventType, near: bool = True) -> list[Evidence]:
    return [
        Evidence(id=f"h{key}", kind="history", text=one.title, item_id=key, event=event, near=near, together=not near)
        for key, one in list(PAST.items())[:n]
    ]


OTHERS: list[tuple[str, list[Evidence]]] = [
    ("nothing else", []),
    ("categories", [Evidence(id=f"s{n}", kind="shared", text=one, item_id="a", field="category") for n, one in enumerate(ITEM.categories)]),
    *((f"shared {field}", [Evidence(id="s", kind="shared", text=text, item_id="a", field=field)]) for field, text in (
        ("director", "Bryan Singer"), ("star", "Kevin Spacey"), ("author", "C. McQuarrie"), ("artist", "J. Ottman"),
        ("brand", "PolyGram"), ("reading level", "hard"),
    )),
    ("query", [Evidence(id="q", kind="query", text="something clever, with a twist")]),
    ("conditions", [Evidence(id="c1", kind="condition", text="year from 1990"), Evidence(id="c2", kind="condition", text="not category Horror")]),
    ("popular", [Evidence(id="p", kind="popular", text="popular")]),
    ("drawn", [Evidence(id="x", kind="exploration", text="exploration")]),
    ("unseen", [Evidence(id="u", kind="unseen", text="unseen")]),
    ("sponsored", [Evidence(id="m", kind="sponsored", text="sponsored"), Evidence(id="p", kind="popular", text="popular")]),
]  # fmt: skip


@pytest.mark.parametrize("language", ["en", "zh", "zh-hant"])
@pytest.mark.parametrize("others", [more for _, more in OTHERS], ids=[name for name, _ in OTHERS])
def test_every_template_is_true_by_the_verifier(language: str, others: list[Evidence]) -> None:
    events = EVENTS if not others else EVENTS[:3]  # the words for a deed are the same whatever else is said
    pasts = [[], *(history(n, event, near) for n, event, near in product((1, 2), events, (True, False)))]
    texts = set()
    for past, tone, length, place in product(pasts, TONES, LENGTHS, range(3)):
        if not past and any(one.kind == "shared" for one in others):
            continue
        evidence = [*past, *others]
        cited = {str(one.item_id): PAST[str(one.item_id)] for one in evidence if one.item_id}
        text = template(ITEM, evidence, cited, language, place=place, tone=tone, length=length)
        verdict = Verifier(ITEM, evidence, cited, language).judge(text)
        assert verdict.fault is None, (text, verdict.fault)
        assert "{" not in text and "Suspects" in text
        assert ("您" in text) <= (tone == "formal") and not (tone == "formal" and "你" in text)
        texts.add(text)
    assert len(texts) > 3


def test_what_put_an_item_there_is_said_in_any_case() -> None:
    evidence = [
        *history(1, EventType.LIKE), Evidence(id="x", kind="exploration", text="exploration"),
        Evidence(id="m", kind="sponsored", text="sponsored"),
    ]  # fmt: skip
    for length in LENGTHS:
        assert "drawn by chance" in template(ITEM, evidence, PAST, "en", length=length)
        assert "paid place" in template(ITEM, evidence, PAST, "en", length=length)
        assert "推广" in template(ITEM, evidence, PAST, "zh", length=length)


def test_a_slate_reads_varied() -> None:
    texts = {template(ITEM, history(2, EventType.LIKE), PAST, "en", place=place) for place in range(3)}
    assert len(texts) == 3


def test_traditional_wording_leaves_titles_as_they_are() -> None:
    item = Item(id="i", title="头号玩家")
    past = {"a": Item(id="a", title="黑客帝国")}
    evidence = [Evidence(id="e1", kind="history", text="黑客帝国", item_id="a", event=EventType.LIKE, near=True)]
    text = template(item, evidence, past, "zh-hant")
    assert "喜歡" in text and "《头号玩家》" in text and "《黑客帝国》" in text


@pytest.mark.parametrize("language", ["zh", "zh-hant"])
def test_a_formal_you_leaves_titles_and_the_user_s_words_as_they_are(language: str) -> None:
    item, past = Item(id="i", title="你好,李焕英"), {"a": Item(id="a", title="遇见你")}
    liked = Evidence(id="e1", kind="history", text="遇见你", item_id="a", event=EventType.LIKE, near=True)
    text = template(item, [liked], past, language, tone="formal")
    assert "你好,李焕英" in text and "遇见你" in text and "您" in text
    asked = [
        template(item, [Evidence(id="e1", kind="query", text="想你")], {}, language, tone="formal", place=n)
        for n in (0, 1)
    ]
    assert any("想你" in one for one in asked) and all("你好,李焕英" in one for one in asked)


def test_two_items_of_one_spoken_title_are_told_apart() -> None:
    item, past = Item(id="i", title="Heat (1995)"), {"a": Item(id="a", title="Heat (1986)")}
    evidence = [Evidence(id="e1", kind="history", text="Heat", item_id="a", event=EventType.LIKE, near=True)]
    text = template(item, evidence, past, "en")
    assert "Heat (1995)" in text and "Heat (1986)" in text
    assert Verifier(item, evidence, past, "en").judge(text).fault is None
