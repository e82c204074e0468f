"""From conditions in the user's words to hard filters of the catalogue, and chips that say what is in force."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from tastemaker.agent.conversation.genres import CHINESE, FOR_CHILDREN, NOT_FOR_CHILDREN, genre_of
from tastemaker.agent.conversation.notation import noted
from tastemaker.agent.conversation.reading import Condition
from tastemaker.agent.conversation.state import Chip
from tastemaker.agent.conversation.vocabulary import Vocabulary
from tastemaker.agent.explanations.names import to_traditional
from tastemaker.domain import Item

FIELD_WORDS = {
    "genre": "类型", "year": "年份", "runtime": "时长(分钟)", "rating": "评分", "price": "价格", "star": "主演",
    "director": "导演", "author": "作者", "artist": "艺人", "brand": "品牌", "region": "地区", "language": "语言",
    "audience": "观众", "award": "获奖", "provider": "播放平台", "subtitles": "字幕", "popularity": "热度",
    "tone": "基调", "pace": "节奏", "violence": "暴力程度", "title": "标题",
}  # fmt: skip
_RANGES = {
    "both": ("{n} {a:g}–{b:g}", "{n}{a:g}–{b:g}"), "above": ("{n} above {a:g}", "{n}高于{a:g}"), "from": ("{n} from {a:g}", "{n}从{a:g}起"),
    "below": ("{n} below {b:g}", "{n}低于{b:g}"), "upto": ("{n} up to {b:g}", "{n}不超过{b:g}"),
}  # fmt: skip
"""Ranges in English and in Chinese."""
_AUDIENCES = {"family": "全家", "child": "儿童", "adult": "成人"}


@dataclass(frozen=True, slots=True)
class Unmet:
    """A condition that can't be put to the catalogue. `why`: `field` (it has no such field), `value` (no item has that value there), or
    `scale` (its numbers there lie elsewhere: `span` says where)."""

    condition: Condition
    why: str
    span: tuple[float, float] | None = None


def resolve(
    condition: Condition, vocabulary: Vocabulary, referred: Sequence[Item], language: str, turn: int
) -> Chip | Unmet | None:
    """The chip of a condition; what is wrong with it; or None where it holds for every item anyway.

    `referred` are the items that `of:last` and `of:#2` stand for. An item without a value in that field never meets a condition on it.
    """
    if condition.values and condition.values[0].startswith("of:"):
        told = _values_of(condition.field, referred, vocabulary)
        if not told:
            return Unmet(condition, "field")
        condition = condition.model_copy(update={"values": told})
    where = _where(condition, vocabulary)
    if not isinstance(where, dict):
        return where
    return Chip(
        id=noted(condition, "-" if condition.negated else "+"), field=condition.field, text=in_words(condition, language),
        where=where, condition=condition, turn=turn,
    )  # fmt: skip


def _where(condition: Condition, vocabulary: Vocabulary) -> dict[str, Any] | Unmet | None:
    known, column = condition.field, vocabulary.columns.get(condition.field)
    if known == "audience" and column is None:
        return _for_audience(condition, vocabulary)
    if column is None:
        return Unmet(condition, "field")
    if not condition.values:
        return _range(condition, vocabulary, column)
    if known in vocabulary.numbers and not vocabulary.values.get(known):
        numbers = [float(one) for one in condition.values if _is_number(one)]
        if not numbers:
            return Unmet(condition, "value")
        return {column: {"none" if condition.negated else "any": numbers}}
    found = [one for value in condition.values for one in vocabulary.values_like(known, value)]
    if found:
        return {column: {"none" if condition.negated else "any": list(dict.fromkeys(found))}}
    return None if condition.negated else Unmet(condition, "value")


def _range(condition: Condition, vocabulary: Vocabulary, column: str) -> dict[str, Any] | Unmet:
    span = vocabulary.numbers.get(condition.field)
    if span is None:
        return Unmet(condition, "field")
    low, high = condition.low, condition.high
    if condition.field in {"rating", "runtime"} and (
        (low is not None and low > span.high) or (high is not None and high < span.low)
    ):
        return Unmet(condition, "scale", (span.low, span.high))
    bounds: dict[str, float] = {}
    if low is not None:
        bounds["gt" if condition.above else "gte"] = low
    if high is not None:
        bounds["lt" if condition.below else "lte"] = high
    if not condition.negated:
        return {column: bounds}
    return {column: {"exists": True}, "not": {column: bounds}}


def _for_audience(condition: Condition, vocabulary: Vocabulary) -> dict[str, Any] | Unmet:
    children = [one for name in FOR_CHILDREN for one in vocabulary.genres.get(name, ())]
    if not children:
        return Unmet(condition, "field")
    if ("adult" in condition.values) is not condition.negated:
        return {"category": {"none": children}}
    wrong = [one for name in NOT_FOR_CHILDREN for one in vocabulary.genres.get(name, ())]
    return {"category": {"any": children, "none": wrong} if wrong else {"any": children}}


def _values_of(known: str, items: Iterable[Item], vocabulary: Vocabulary) -> tuple[str, ...]:
    found = [one for item in items for one in vocabulary.values_in(item, known)]
    if known == "genre":
        found = [genre_of(str(one)) or one for one in found]
    return tuple(dict.fromkeys(f"{one:g}" if isinstance(one, int | float) else one for one in found))


def in_words(condition: Condition, language: str) -> str:
    """A condition as its chip says it."""
    chinese, no = language != "en", condition.negated
    name, low, high = field_word(condition.field, "zh" if chinese else "en"), condition.low, condition.high
    if condition.values:
        words = [value_word(condition.field, one, "zh" if chinese else "en") for one in condition.values]
        told = ("或" if chinese else " or ").join(words)
        if condition.field == "genre":
            text = (f"不要{told}" if chinese else f"no {told}") if no else told
        elif chinese:
            text = f"{name}{'不是' if no else '：'}{told}"
        else:
            text = f"{name}: {'not ' if no else ''}{told}"
    else:
        kind = ("above" if condition.above else "from") if high is None else "below" if condition.below else "upto"
        both = low is not None and high is not None
        text = _RANGES["both" if both else kind][chinese].format(n=name, a=low or 0, b=high or 0)
        text = (f"不是{text}" if chinese else f"not {text}") if no else text
    return to_traditional(text) if language == "zh-hant" else text


def field_word(known: str, language: str) -> str:
    """What a field is called."""
    if language == "en":
        return known.replace("_", " ")
    word = FIELD_WORDS.get(known, known)
    return to_traditional(word) if language == "zh-hant" else word


def value_word(known: str, value: str, language: str) -> str:
    """What a value is called: genres, audiences and decades have a name in Chinese."""
    if language == "en":
        return value
    word = {"genre": CHINESE, "audience": _AUDIENCES}.get(known, {}).get(value, value)
    if known == "year" and value.endswith("0s"):
        word = f"{value[:-1]}年代"
    return to_traditional(word) if language == "zh-hant" else word


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


def added(chips: Sequence[Chip], new: Chip) -> tuple[Chip, ...]:
    """The chips with one more. It takes the place of one that says the same or that it contradicts: the last word counts.

    Two contradict each other if one wants all that the other refuses, or if their ranges do not meet; of an either-or the rest stays.
    """
    kept = [one for one in chips if not _replaced(one.condition, new.condition)]
    return (*kept, new)


def _replaced(old: Condition, new: Condition) -> bool:
    if old.field != new.field:
        return False
    if old.values or new.values:
        shared = {*map(str.casefold, old.values)} & {*map(str.casefold, new.values)}
        return bool(shared) and {*map(str.casefold, old.values)} <= {*map(str.casefold, new.values)}
    if old.negated or new.negated:
        return (old.low, old.high) == (new.low, new.high)
    low = max(one for one in (old.low, new.low, float("-inf")) if one is not None)
    high = min(one for one in (old.high, new.high, float("inf")) if one is not None)
    same_side = (old.low is None) == (new.low is None) and (old.high is None) == (new.high is None)
    return low > high or (low == high and (old.above or new.above or old.below or new.below)) or same_side


def spared(old: Condition, new: Condition) -> Condition | None:
    """What is left of a refusal, `old`, of several values when `new` wants some of them; None where nothing changes."""
    if old.field != new.field or not old.negated or new.negated:
        return None
    wanted = {*map(str.casefold, new.values)}
    left = tuple(one for one in old.values if one.casefold() not in wanted)
    return old.model_copy(update={"values": left}) if 0 < len(left) < len(old.values) else None


def joined(wheres: Sequence[dict[str, Any]]) -> dict[str, Any] | None:
    """One filter of which all the parts hold; None for no part.

    Conditions on one attribute are put together where the grammar has words for that, so that a reason can name each.
    """
    found: dict[str, Any] = {}
    apart: list[dict[str, Any]] = []
    for where in wheres:
        merged = {**found}
        for name, value in where.items():
            both = _both(merged[name], value) if name in merged else value
            if both is None:
                apart.append(where)
                break
            merged[name] = both
        else:
            found = merged
    if apart:  # not (not a or not b) is a and b
        others = [{"not": one} for one in ([found] if found else []) + apart]
        return {"not": {"any_of": others}}
    return found or None


def _both(one: Any, other: Any) -> dict[str, Any] | None:
    """Two conditions on one attribute as one, None where that can't be said."""
    if not (isinstance(one, dict) and isinstance(other, dict)) or "any_of" in {*one, *other}:
        return None
    made = dict(one)
    for operator, value in other.items():
        if operator not in made:
            made[operator] = value
        elif operator in {"gt", "gte"}:
            made[operator] = max(made[operator], value)
        elif operator in {"lt", "lte"}:
            made[operator] = min(made[operator], value)
        elif operator in {"none", "all"}:
            made[operator] = list(dict.fromkeys([*made[operator], *value]))
        elif operator == "any" and len(made["any"]) == len(value) == 1:
            made["all"] = list(dict.fromkeys([*made.get("all", []), *made.pop("any"), *value]))
        elif made[operator] != value:
            return None
    return made
