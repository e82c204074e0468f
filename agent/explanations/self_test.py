"""Can this model write reasons at all? Planted cases say so before anybody waits for sentences that will be refused."""

from __future__ import annotations

from tastemaker.agent.engines.base import Engine
from tastemaker.agent.explanations.explainer import Case, Explainer, Manner
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
