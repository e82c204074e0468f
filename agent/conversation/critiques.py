"""Critiques of what was shown: from "something lighter" to a limit that the next slates stay beyond."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from tastemaker.agent.conversation.conditions import field_word
from tastemaker.agent.conversation.genres import DARK, GENRES, LIGHT
from tastemaker.agent.conversation.reading import Critique
from tastemaker.agent.conversation.state import Move
from tastemaker.agent.conversation.vocabulary import Vocabulary
from tastemaker.agent.explanations.names import to_traditional
from tastemaker.domain import Item

UP = {"later", "longer", "more", "higher"}
KINDS: dict[str, tuple[str, ...]] = {
    "violence": ("action", "war", "horror", "crime"),
    "scary": ("horror", "thriller"),
    "funny": ("comedy",),
    "humour": ("comedy",),
    "romantic": ("romance",),
    "sad": ("drama",),
}
"""What is said of a film, and the genres it is told by."""
_WORDS = {
    "later": ("newer", "更新"), "earlier": ("older", "更早"), "lighter": ("lighter", "更轻松"), "darker": ("darker", "更沉重"),
    "shorter": ("shorter", "更短"), "longer": ("longer", "更长"), "more": ("more {f}", "{f}更高"), "less": ("less {f}", "{f}更低"),
    "higher": ("higher {f}", "{f}更高"), "lower": ("lower {f}", "{f}更低"),
}  # fmt: skip
_POPULARITY = {"more": ("better known", "更热门"), "less": ("lesser known", "更冷门")}


def move(
    critique: Critique, shown: Sequence[Item], vocabulary: Vocabulary, had: Callable[[], Mapping[str, float]]
) -> Move | None:
    """The limit that a critique sets, told from the items `shown` that it is about; `had` are events by item id.

    Numbers are to lie beyond both the mean and the median of what was shown, or, if nothing was, beyond the middle of the catalogue. None where the
    catalogue can't tell.
    """
    up = critique.direction in UP
    made: dict[str, Any] = {"field": critique.field, "direction": critique.direction, "text": ""}
    if critique.field == "popularity":
        events = had()
        counts = [events.get(item.id, 0.0) for item in shown] or [*events.values()]
        if not counts:
            return None
        return Move(**made, bound=_beyond(counts, up))
    if critique.field == "tone":
        return _by_tone(critique.direction, vocabulary, made)
    genres = KINDS.get(critique.field) or ((critique.field,) if critique.field in GENRES else ())
    if genres:
        named = [one for genre in genres for one in vocabulary.genres.get(genre, ())]
        return Move(**made, where={"category": {"any" if up else "none": named}}) if named else None
    column = vocabulary.columns.get(critique.field)
    if column is None or critique.field not in vocabulary.numbers:
        return None
    values = [item.attributes.get(column) for item in shown]
    numbers = [float(one) for one in values if isinstance(one, int | float) and not isinstance(one, bool)]
    bound = _beyond(numbers or [vocabulary.numbers[critique.field].middle], up)
    return Move(**made, where={column: {"gt" if up else "lt": bound}})


def _beyond(numbers: Sequence[float], up: bool) -> float:
    mean, median = float(np.mean(numbers)), float(np.median(numbers))
    return max(mean, median) if up else min(mean, median)


def _by_tone(direction: str, vocabulary: Vocabulary, made: dict[str, Any]) -> Move | None:
    wanted, other = (LIGHT, DARK) if direction == "lighter" else (DARK, LIGHT)
    yes = [one for genre in wanted for one in vocabulary.genres.get(genre, ())]
    no = [one for genre in other for one in vocabulary.genres.get(genre, ())]
    return Move(**made, where={"category": {"any": yes, "none": no} if no else {"any": yes}}) if yes else None


def in_words(one: Move | Critique, language: str) -> str:
    """A critique as the reply repeats it."""
    words = _POPULARITY if one.field == "popularity" else _WORDS
    english, chinese = words.get(one.direction, (f"{one.direction} {{f}}", f"{{f}}:{one.direction}"))
    text = (english if language == "en" else chinese).format(
        f=field_word(one.field, "en" if language == "en" else "zh")
    )
    return to_traditional(text) if language == "zh-hant" else text


def moved(moves: Sequence[Move], new: Move) -> tuple[Move, ...]:
    """The moves with one more; it takes the place of an older one on the same field."""
    return (*(one for one in moves if one.field != new.field), new)
