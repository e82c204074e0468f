"""Can this model write reasons at all? Planted cases say so before anybody waits for sentences that will be refused."""

from __future__ import annotations

import json
from pathlib import Path

from tastemaker.agent.engines.base import Engine
from tastemaker.agent.explanations.explainer import Case, Explainer, Manner
from tastemaker.agent.self_test import keep, kept_file
from tastemaker.domain import EventType, Evidence, Item
from tastemaker.prompts.builder import PromptBuilder

PLANTED: dict[str, tuple[tuple[tuple[str, ...], str, str], ...]] = {
    "en": (
        (("Ten Soups for Winter", "Flour and Yeast"), "Sourdough at Home", "Cooking"),
        (("Letters from Orbit",), "Ice under Mars", "Space"),
        (("Piano at Sixty", "The Violin Maker"), "Cello Mornings", "Music"),
        (("The Cup Final",), "Ninety Minutes", "Football"),
        (("Bulls and Bears", "The Price of Money"), "Bond Street", "Finance"),
        (("Puppy School",), "A Dog in the City", "Dogs"),
    ),
    "zh": (
        (("冬日汤谱", "面粉与酵母"), "家庭面包", "烹饪"),
        (("轨道来信",), "火星之冰", "太空"),
        (("六十岁学琴", "制琴师"), "大提琴的早晨", "古典"),
        (("决赛之夜",), "九十分钟", "足球"),
        (("牛市熊市", "货币的代价"), "债券街", "金融"),
        (("幼犬学校",), "城里的狗", "宠物"),
    ),
}  # fmt: skip
"""What somebody liked, what is recommended, and the category that all of it has."""
WRITES = 0.25
"""Share of planted cases in which a sentence must hold: with less, nearly all waiting is for nothing."""


def planted(language: str) -> list[Case]:
    """The cases of a language, `en` or else Chinese."""
    made = []
    for n, (liked, title, category) in enumerate(PLANTED["en" if language == "en" else "zh"]):
        past = {f"{n}-{m}": Item(id=f"{n}-{m}", title=one, categories=(category,)) for m, one in enumerate(liked)}
        evidence = [
            Evidence(id=f"e{m}", kind="history", text=one.title, item_id=key, event=EventType.LIKE, near=True)
            for m, (key, one) in enumerate(past.items(), start=1)
        ]
        shared = Evidence(id=f"e{len(past) + 1}", kind="shared", text=category, item_id=f"{n}-0", field="category")
        made.append(Case(Item(id=str(n), title=title, categories=(category,)), (*evidence, shared), past))
    return made


async def share_written(engine: Engine, prompts: PromptBuilder, language: str) -> float:
    """Share of the planted cases, in [0, 1], whose reason the model wrote at the first try; 0 if none of the first two."""
    cases, written = planted(language), 0
    for part in (cases[:2], cases[2:]):
        reasons = Explainer(engine, prompts, tries=1).explain(part, Manner(language, length="short"))
        written += [one.source async for one in reasons].count("model")
        if not written:
            break
    return written / len(cases)


class KeptShares:
    """What the self-test of writers found, in the folder `cache`, by what names the model, templates and language."""

    def __init__(self, cache: Path, prompts: PromptBuilder) -> None:
        self._cache, self._prompts = cache, prompts

    def find(self, model: str, language: str) -> float | None:
        """The share that was kept; None if there is none."""
        try:
            return float(json.loads(self._file(model, language).read_text(encoding="utf-8"))["written"])
        except (OSError, ValueError, KeyError, TypeError):
            return None

    async def test(self, engine: Engine, model: str, language: str) -> float:
        """Test `engine`, and keep what it wrote."""
        share = await share_written(engine, self._prompts, language)
        keep(self._file(model, language), json.dumps({"model": model, "language": language, "written": share}))
        return share

    def _file(self, model: str, language: str) -> Path:
        return kept_file(self._cache, "reasons", model, self._prompts.version, language)
