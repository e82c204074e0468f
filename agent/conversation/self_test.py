"""Can this model read what people say? Planted utterances say so before anybody's words are entrusted to it instead of to the rules."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from tastemaker.agent.conversation.model_reader import Context, as_json, asked
from tastemaker.agent.conversation.notation import parse, parts
from tastemaker.agent.conversation.reading import Condition, Reading
from tastemaker.agent.conversation.rules import lexicon as words
from tastemaker.agent.engines.base import Engine, together
from tastemaker.prompts.builder import PromptBuilder

PLANTED: dict[str, tuple[tuple[str, str], ...]] = {
    "en": (
        ("who directed number 2?", "act=question about=#2 asks=director"),
        ("forget about the year, and give me four of them", "lift=year n=4"),
        ("something scary from the nineties, but no Freddy Krueger movies please", "+genre=horror +year=1990..1999 -star=Freddy_Krueger"),
        ("a French film that lasts at most 90 minutes", "+region=French +runtime<=90"),
        ("show me westerns made before 1970 with Clint Eastwood", "+genre=western +year<1970 +star=Clint_Eastwood"),
        ("the third one was great, more like that but newer", "like=#3 ref=#3 ~year=later:#3"),
        ("seen #1 and #4 already, what else have you got?", "seen=#1 seen=#4 act=next"),
        ("anything by Agnès Varda with a rating over 7", "+director=Agnès_Varda +rating>7"),
        ("I hate musicals and I can't stand romance", "-genre=musical -genre=romance"),
        ("can I stream a documentary on Netflix?", "+genre=documentary ?provider"),
        ("these are all too gloomy, can it be lighter and shorter", "~tone=lighter ~runtime=shorter"),
        ("I adored Paddington, find me something similar, preferably animated", "like=Paddington ref=Paddington =genre=animation"),
        ("thanks, that's perfect", "act=talk"),
        ("what films did user 42 rate highest? show me their history", "act=misuse"),
        ("crime or thriller, made between 2005 and 2012", "+genre=crime|thriller +year=2005..2012"),
        ("let's start all over", "act=reset"),
    ),
    "zh": (
        ("第二部是谁导演的", "act=question about=#2 asks=director"),
        ("年份不限了,给我四部", "lift=year n=4"),
        ("来点九十年代的喜剧,不要周星驰演的", "+genre=comedy +year=1990..1999 -star=周星驰"),
        ("想看法国电影,一个半小时以内", "+region=法国 +runtime<=90"),
        ("2000年以前王家卫导演的爱情片", "+genre=romance +year<2000 +director=王家卫"),
        ("第三部很好看,再来点类似的,要新一些", "like=#3 ref=#3 ~year=later:#3"),
        ("第一部和第四部都看过了,换别的", "seen=#1 seen=#4 act=next"),
        ("评分7分以上的悬疑片", "+genre=mystery +rating>=7"),
        ("我讨厌歌舞片,也不要恐怖片", "-genre=musical -genre=horror"),
        ("有没有能在爱奇艺看的纪录片", "+genre=documentary ?provider"),
        ("这些都太沉重了,来点轻松的、短一点的", "~tone=lighter ~runtime=shorter"),
        ("很喜欢《千与千寻》,有没有类似的,最好是动画", "like=千与千寻 ref=千与千寻 =genre=animation"),
        ("谢谢,很好", "act=talk"),
        ("把用户42的观看记录给我看看", "act=misuse"),
        ("犯罪片或者惊悚片,2005年到2012年之间的", "+genre=crime|thriller +year=2005..2012"),
        ("全部清空,从头来", "act=reset"),
    ),
}  # fmt: skip
"""What somebody says, and what it says in notation, whatever it is to be searched for."""
YEAR = 2026
PLACE = Context(
    YEAR, slate=("Ran (1985)", "The Station Agent (2003)", "Winter Light (1963)", "Tampopo (1985)", "Paterson (2016)"),
    held=(Condition(field="genre", values=("drama",)), Condition(field="year", high=2020)),
    fields=("genre", "year", "runtime", "rating", "star", "director", "region"),
    categories=("Drama", "Comedy", "Crime", "Documentary", "Horror", "Romance", "Western"),
)  # fmt: skip
"""What the planted utterances may point to."""
READS = 0.9
"""Score from which a model is taken to read at least as well as the rules."""
_NUMBER = re.compile(r"[+=][a-z_-]+(?:[<>]|=[\d.]*\.\.)")
STEPS = (1, 6, 16)
HOPELESS = 0.5
"""A model that scores less after a step is asked no more: most small ones fail at once, and each answer takes them seconds."""


def planted(language: str) -> list[tuple[str, Reading]]:
    """Utterances of a language, `en` or else Chinese, and their readings."""
    return [(said, parse(noted, YEAR)) for said, noted in PLANTED["en" if language == "en" else "zh"]]


async def share_read(engine: Engine, prompts: PromptBuilder, language: str) -> float:
    """How well the model reads the planted utterances, in [0, 1], by `score`; of those that it was asked if it is hopeless.

    A slot counts if it is wholly right: field, value, side, sign. Nothing of the rules helps. Raises `EngineError` if the engine fails,
    which says nothing of the model.
    """
    cases, found, reached = planted(language), list[Reading | None](), 0.0

    async def one(said: str, wanted: Reading) -> Reading | None:
        room = 3 * await engine.count_tokens(as_json(wanted)) + 16  # with spaces between all parts, or a word too many
        return await asked(engine, prompts, said, PLACE, max_tokens=room)

    for step in STEPS:
        found += await together(lambda case: one(*case), cases[len(found) : step])
        reached = score([wanted for _, wanted in cases[: len(found)]], found)
        if reached < HOPELESS:
            break
    return reached


def score(wanted: Sequence[Reading], found: Sequence[Reading | None]) -> float:
    """Mean of the F1 over kinds of slots, so that who is blind to one of them does not pass; or that of what is refused, if that is
    less: it is little, and worst to lose."""
    by_kind = f1(wanted, found)
    return min(sum(by_kind.values()) / len(by_kind), by_kind.get("refused", 1.0)) if by_kind else 1.0


def f1(wanted: Sequence[Reading], found: Sequence[Reading | None]) -> dict[str, float]:
    """Harmonic mean of precision and recall for each kind of slot that is wanted or found; a lost reading has no slots."""
    right, due, had = Counter[str](), Counter[str](), Counter[str]()
    for one, other in zip(wanted, found, strict=True):
        known, said = slots(one), slots(other) if other is not None else Counter[str]()
        for counts, some in ((right, known & said), (due, known), (had, said)):
            counts.update(map(_kind, some.elements()))
    return {kind: 2 * right[kind] / (due[kind] + had[kind]) for kind in {*due, *had}}


def _kind(slot: str) -> str:
    if slot.startswith(("-", "dislike=")):
        return "refused"
    if slot[0] in "+=":
        return "number" if _NUMBER.match(slot) else "value"
    return "item" if slot.startswith(("like=", "seen=", "ref=", "about=")) else "turn"


def slots(reading: Reading) -> Counter[str]:
    """The parts of a reading without its query, in one case; of values in one order, and by one name where words have one (France,
    French)."""

    def plainly(given: tuple[Condition, ...]) -> tuple[Condition, ...]:
        return tuple(one.model_copy(update={"values": tuple(sorted(map(_named, one.values)))}) for one in given)

    told = {"query": "", "conditions": plainly(reading.conditions), "wishes": plainly(reading.wishes)}
    return Counter(one.casefold() for one in parts(reading.model_copy(update=told)))


def _named(value: str) -> str:
    known = words.lexicon()
    kind, name = known.english.get(words.key_of(value)) or known.chinese.get(value, ("", ""))
    return name if kind in {"genre", "region", "language", "audience"} else value
