"""Reasons: evidence first, then a sentence from the model, checked; a template from the same evidence if it fails."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tastemaker.agent.engines.base import Engine, Message
from tastemaker.agent.verifier import fault
from tastemaker.domain import Evidence, Item, one_line
from tastemaker.prompts.builder import PromptBuilder

MAX_TOKENS = 40
_ENGLISH = {
    "two": (
        "You liked {a} and {b}, and {title} is close to both.",
        "{title} is close to {a} and {b}, which you liked.",
        "Since you liked {a} and {b}, {title} should suit you.",
    ),
    "one": (
        "You liked {a}, and {title} is close to it.",
        "{title} is close to {a}, which you liked.",
    ),
    "query": (
        "{title} is among the nearest to what you asked for.",
        "Of all there is, {title} is among the nearest to your wish.",
    ),
    "popular": ("{title} is among the most popular here.", "{title} is popular with many people here."),
    "none": ("{title} is new to you.",),
    "category": (" Like {a}, it is listed under {categories}.", " It is listed under {categories}, as is {a}."),
}
_CHINESE = {
    "two": (
        "你喜欢《{a}》和《{b}》,《{title}》与它们很接近。",
        "《{title}》和你喜欢的《{a}》《{b}》很接近。",
        "既然你喜欢《{a}》和《{b}》,《{title}》应该也合你的口味。",
    ),
    "one": ("你喜欢《{a}》,《{title}》与它很接近。", "《{title}》和你喜欢的《{a}》很接近。"),
    "query": ("《{title}》是与你想找的内容最接近的之一。", "在这里的所有内容中,《{title}》离你的要求很近。"),
    "popular": ("《{title}》在这里很受欢迎。", "《{title}》在这里很热门。"),
    "none": ("《{title}》是你还没有接触过的。",),
    "category": ("它和《{a}》同属{categories}。", "与《{a}》一样,它属于{categories}。"),
}


@dataclass(frozen=True, slots=True)
class Reason:
    """A sentence, who wrote it (`model` or `template`), what it rests on, and why the model's own was refused."""

    text: str
    source: str
    evidence: tuple[Evidence, ...]
    refused: str | None = None


def find_evidence(
    item: Item,
    sources: Mapping[str, int],
    total: int,
    nearness: NDArray[np.floating],
    liked: Sequence[Item],
    query: str | None,
) -> tuple[Evidence, ...]:
    """What supports showing `item`, found at these ranks of `sources` in a catalogue of `total` items.

    A source counts if the item stands in the first tenth of the catalogue there: "close" and "among the most popular" must be
    true. `nearness[n]` is the item's cosine to `liked[n]`. The two nearest liked items, if the item was found near the history; its popularity, if that is how it was found; the
    query, likewise; and the categories that it shares with the nearest liked item.
    """
    sources = {name: rank for name, rank in sources.items() if rank <= max(1, total // 10)}
    nearest = [liked[n] for n in np.argsort(-nearness, kind="stable")[:2]]
    found: list[Evidence] = []
    if "content" in sources:
        found += [Evidence(kind="history", text=near.title, item_id=near.id) for near in nearest]
    if query and "query" in sources:
        found.append(Evidence(kind="query", text=query))
    if not found and "popular" in sources:
        found.append(Evidence(kind="popular", text=f"place {sources['popular']} by popularity"))
    if nearest:
        shared = [name for name in item.categories if name in nearest[0].categories]
        found += [Evidence(kind="category", text=name, item_id=nearest[0].id) for name in shared]
    return tuple(found)


class Explainer:
    """Writes one sentence an item with `writer`; without one, templates only."""

    def __init__(self, writer: Engine | None, prompts: PromptBuilder) -> None:
        self._writer, self._prompts = writer, prompts

    async def explain(
        self, items: Sequence[Item], evidence: Sequence[tuple[Evidence, ...]], liked: Sequence[Item], language: str
    ) -> list[Reason]:
        """A reason for each of `items`: the model's sentence if every check passes, else the template's."""
        refused: dict[int, str] = {}
        reasons: dict[int, Reason] = {}
        asked = [n for n, found in enumerate(evidence) if self._writer and any(e.kind == "history" for e in found)]
        if self._writer and asked:
            prompts = [self._prompt(items[n], evidence[n], language) for n in asked]
            answers = await self._writer.generate_all(prompts, max_tokens=MAX_TOKENS, stop=["\n"])
            for n, answer in zip(asked, answers, strict=True):
                facts = [entry.text for entry in evidence[n] if entry.kind in {"history", "category"}]
                wrong = fault(answer, items[n].title, facts, language)
                if wrong is None:
                    reasons[n] = Reason(answer.strip(), "model", evidence[n])
                else:
                    refused[n] = wrong
        titles = {item.id: item.title for item in liked}
        return [
            reasons.get(n) or Reason(template(item, found, titles, language), "template", found, refused.get(n))
            for n, (item, found) in enumerate(zip(items, evidence, strict=True))
        ]

    def _prompt(self, item: Item, evidence: Sequence[Evidence], language: str) -> list[Message]:
        near = [entry.text for entry in evidence if entry.kind == "history"]
        turns = self._prompts.reason(item.title, item.categories, near, language)
        return [{"role": role, "content": content} for role, content in turns]


def template(item: Item, evidence: Sequence[Evidence], titles: Mapping[str, str], language: str) -> str:
    """A sentence from the evidence alone; which wording depends on the item's id, so that a slate reads varied.

    `titles` names the liked items that the evidence points to.
    """
    phrases = _CHINESE if language == "zh" else _ENGLISH
    kinds = [entry.kind for entry in evidence]
    history = [entry.text for entry in evidence if entry.kind == "history"]
    kind = (
        ("two" if history[1:] else "one") if history else next((k for k in ("query", "popular") if k in kinds), "none")
    )
    pick = zlib.crc32(item.id.encode())
    wording = phrases[kind][pick % len(phrases[kind])]
    text = wording.format(title=one_line(item.title), **dict(zip("ab", map(one_line, history), strict=False)))
    shared = [entry for entry in evidence if entry.kind == "category"]
    if not shared:
        return text
    names = [one_line(entry.text) for entry in shared]
    joined = "、".join(names) if language == "zh" else _listed(names)
    more = phrases["category"][pick // 7 % len(phrases["category"])]
    return text + more.format(a=one_line(titles.get(shared[0].item_id or "", "")), categories=joined)


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
