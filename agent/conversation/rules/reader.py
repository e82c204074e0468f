"""The rule-based reader: tokens, then what they say together, then the act that this amounts to."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from tastemaker.agent.conversation.reading import MAX_MESSAGE_CHARS, Act, Condition, Critique, Mention, Reading
from tastemaker.agent.conversation.rules.acts import misuse, small_talk
from tastemaker.agent.conversation.rules.catalogued import NameFinder, nothing
from tastemaker.agent.conversation.rules.found import VALUES, Found, Item, Said
from tastemaker.agent.conversation.rules.grammar import walk
from tastemaker.agent.conversation.rules.lexicon import Token
from tastemaker.agent.conversation.rules.questions import question
from tastemaker.agent.conversation.rules.rewriting import rewritten
from tastemaker.agent.conversation.rules.tokens import tokens
from tastemaker.agent.explanations.names import plain

_UNSEEN = re.compile(r"[\x00-\x09\x0b-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ud800-\uf8ff]")
_KINDS = {"like": "like", "dislike": "dislike", "seen": "seen", "similar": "similar", "": "similar"}
_PRAISE = {"good", "end", "comma", "stop", "very", "exact", "okay"}
_IDLE = {*_PRAISE, "adj", "word", "talk", "with", "about", "from", "and", "of", "bit", "place", "like", "by", "field", "bad", "or"}  # fmt: skip
_ASKING = re.compile(r"\?|^what|^any|^is |^有|什么|啥|哪", re.IGNORECASE)
_MOST = 40


def read(text: str, *, names: NameFinder = nothing, year: int) -> Reading:
    """What a turn says, by rules alone; `year` is the current one, `names` finds what the catalogue knows.

    English and Chinese, simplified or traditional. Nothing raises, and what is not understood says nothing.
    """
    cleaned = plain(_UNSEEN.sub(" ", text[:MAX_MESSAGE_CHARS]).replace("\n", " ; "))[:MAX_MESSAGE_CHARS]
    if misuse(cleaned):
        return Reading(act=Act.MISUSE)
    cleaned = rewritten(cleaned)
    found = tokens(cleaned, names, year)
    if asked := question(cleaned, found):
        return Reading(act=Act.QUESTION, about=asked[1], asked=asked[0])
    idle = _IDLE | ({"mood", "topic"} if cleaned.startswith(("你", "您")) else set())
    if {one.kind for one in found} <= idle and small_talk(cleaned):
        return Reading(act=Act.TALK)
    return _reading(cleaned, walk(cleaned, found, year), found)


def _reading(text: str, found: Found, some: Sequence[Token]) -> Reading:
    conditions, wishes, conflict = _conditions(found)
    conditions = _of_one(conditions)
    mentions = _mentions(found.items)
    critiques = _critiques(found.critiques, mentions)
    if any(one.field == "year" for one in (*conditions, *wishes)):  # `old films from the 70s` says the same twice
        critiques = tuple(one for one in critiques if one.field != "year")
    if any(one.kind == "similar" and one.name != "last" for one in mentions):
        mentions = tuple(one for one in mentions if (one.kind, one.name) != ("similar", "last"))
    if found.signals & {"next", "other"}:
        mentions = tuple(one for one in mentions if (one.kind, one.name) != ("dislike", "last"))
    query = _query(found, some, bool(conditions or wishes or mentions or critiques))
    fields = {one.field for one in (*conditions, *wishes)}
    lifted = tuple(one for one in dict.fromkeys(found.lifted) if one not in fields)
    if "language" in fields and any(one.kind == "language" and "subtitle" in one.text.lower() for one in some):
        found.unknown = [one for one in found.unknown if one != "subtitles"]
    reading = Reading(
        query=query, conditions=tuple(conditions[:_MOST]), wishes=tuple(wishes[:_MOST]), critiques=critiques, mentions=mentions,
        lifted=lifted, unknown=tuple(dict.fromkeys(found.unknown)), count=found.count, conflict=conflict,
    )  # fmt: skip
    return reading.model_copy(update={"act": _act(text, reading, found, some)})


def _act(text: str, reading: Reading, found: Found, some: Sequence[Token]) -> Act:
    kinds = {one.kind for one in some}
    if reading.conflict:
        return Act.ASK
    if "reset" in kinds and not reading.lifted:
        return Act.RESET
    if not reading.empty:
        only_seen = all(one.kind != "similar" for one in reading.mentions) and not (
            reading.conditions or reading.wishes or reading.critiques or reading.query or reading.unknown
        )
        return (
            Act.NEXT
            if "next" in kinds and (only_seen or "other" in found.signals) and not reading.lifted
            else Act.RECOMMEND
        )
    if "next" in kinds or "other" in found.signals:
        return Act.NEXT
    if "surprise" in kinds or found.silent:
        return Act.RECOMMEND
    talks = "talk" in kinds or ("good" in kinds and kinds <= _PRAISE and not _ASKING.search(text))
    return Act.TALK if talks and not kinds & {"want", "domain", *VALUES} else Act.ASK


def _conditions(found: Found) -> tuple[list[Condition], list[Condition], bool]:
    said = _alternatives(found)
    said = [one for one in said if one.sign]
    audiences = {one.condition.values[0] for one in said if one.condition.field == "audience" and one.sign == 1}
    if "family" in audiences and len(audiences) > 1:
        said = [one for one in said if one.condition.field != "audience" or one.condition.values == ("family",)]
    wanted = {(one.condition.field, value) for one in said if one.sign == 1 for value in one.condition.values}
    unwanted = {(one.condition.field, value) for one in said if one.sign == -1 for value in one.condition.values}
    clash = wanted & unwanted
    ranges = [one.condition for one in said if not one.condition.values and one.sign == 1]
    apart = {one.field for one in ranges for other in ranges if one.field == other.field and _apart(one, other)}
    kept = [
        one for one in said
        if one.condition.field not in apart and not any((one.condition.field, value) in clash for value in one.condition.values)
    ]  # fmt: skip
    made = [(one.wish and one.sign == 1, one.condition.model_copy(update={"negated": one.sign == -1})) for one in kept]
    conditions = list(dict.fromkeys(condition for wish, condition in made if not wish))
    wishes = list(dict.fromkeys(condition for wish, condition in made if wish and condition not in conditions))
    return conditions, wishes, bool(clash or apart)


def _of_one(conditions: list[Condition]) -> list[Condition]:
    """`Same genre as #2 but a different director` is all about #2."""
    named = {value for one in conditions for value in one.values if value.startswith("of:")} - {"of:last"}
    if len(named) != 1:
        return conditions
    last = ("of:last",)
    return [one.model_copy(update={"values": tuple(named)}) if one.values == last else one for one in conditions]


def _apart(one: Condition, other: Condition) -> bool:
    """Whether no number is in both ranges."""
    if one.low is None or other.high is None:
        return False
    return one.low > other.high or (one.low == other.high and (one.above or other.below))


def _alternatives(found: Found) -> list[Said]:
    """Values that `or` joins become one condition of several values; decades in a row one range."""
    made: list[Said] = []
    either = "either" in found.signals
    for n, one in enumerate(found.said):
        last = made[-1] if made else None
        same = last and last.condition.field == one.condition.field and last.sign == one.sign == 1
        later = [other.link for other in found.said[n + 1 :] if other.condition.field == one.condition.field]
        chained = one.link == "or" or (either and one.link == "and") or (one.link == "comma" and "or" in later)
        if last and same and one.condition.values and chained:
            values = tuple(dict.fromkeys((*last.condition.values, *one.condition.values)))
            last.condition = last.condition.model_copy(update={"values": values})
        elif last and same and one.link and not one.condition.values and _bounded(last.condition, one.condition):
            low, high = _span(last.condition, one.condition)
            last.condition = Condition(field=one.condition.field, low=low, high=high)
        else:
            made.append(one)
    return made


def _bounded(*ranges: Condition) -> bool:
    return all(one.low is not None and one.high is not None for one in ranges)


def _span(one: Condition, other: Condition) -> tuple[float, float]:
    ends = [end for condition in (one, other) for end in (condition.low, condition.high) if end is not None]
    return min(ends), max(ends)


def _mentions(items: Sequence[Item]) -> tuple[Mention, ...]:
    for one in items:
        if one.name.startswith("#") and not one.opinion:
            one.opinion = "like"
    made = [Mention.model_validate({"kind": _KINDS[one.opinion], "name": one.name, "weak": one.weak}) for one in items if one.opinion in _KINDS]  # fmt: skip
    return tuple(dict.fromkeys(made))[:_MOST]


def _critiques(critiques: Iterable[Critique], mentions: Sequence[Mention]) -> tuple[Critique, ...]:
    """Something like an item but shorter is shorter than that item."""
    alike = [one.name for one in mentions if one.kind == "similar" and one.name != "last"]
    made = [one.model_copy(update={"than": alike[0]}) if alike and one.than == "last" else one for one in critiques]
    return tuple({one.field: one for one in made}.values())[:_MOST]  # `too old, something newer`: what was said last


def _query(found: Found, some: Sequence[Token], said: bool) -> str:
    words = list(dict.fromkeys(found.query))
    moods = [one.value for one in some if one.kind == "mood"]
    if best := next((one for one in ("uplifting", "治愈") if one in words), None):
        words = [one for one in words if one == best or one not in moods]
    products = {one.value for one in some if one.kind == "domain"} - {""} or any(
        one.condition.field in {"price", "brand"} for one in found.said
    )
    signals = found.signals & {"talk", "next", "reset", "surprise"}
    if not words and not moods and not signals and (not said or products):
        words = [one for one in found.loose if len(one) > 1 and (said or len(one) > 2)][:6]
    return " ".join(words)[:200].strip()
