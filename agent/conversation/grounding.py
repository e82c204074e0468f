"""Holds a reading against the message: what the message does not say, in whatever words are known, is taken out of the reading."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise

from tastemaker.agent.conversation.numerals import in_year, minutes, numbers
from tastemaker.agent.conversation.reading import Act, Condition, Critique, Mention, Reading
from tastemaker.agent.conversation.rules import lexicon as words
from tastemaker.agent.conversation.vocabulary import key_of
from tastemaker.agent.explanations.names import plain, spoken

_PLACE = re.compile(r"#(\d{1,3})")
_RESET = re.compile(
    r"start (?:all )?(?:over|again|afresh|fresh|from)|\breset|from scratch|clear (?:it|all|every|my|the)|forget (?:it all|all|every|what)|"
    r"new (?:search|conversation|start)|wipe|重新|重来|从头|清空|清除|忘掉|忘了|重置|归零",
    re.IGNORECASE,
)
_ANY_ITEM = re.compile(r"\b(?:all|both|each|every|none|neither|any)\b|都|全|每|两部|两个|这几|那几|前面", re.IGNORECASE)
LEAST_SHARED = 4
"""Letters of a word by which a message may point at a title; of Chinese two characters."""


@dataclass(frozen=True)
class Said:
    """A message, and all that its words are known to say; `slate` are the titles that it may point at, `year` is this year."""

    message: str
    year: int
    slate: Sequence[str] = field(default=())

    @cached_property
    def key(self) -> str:
        """The message as names are looked up in it."""
        return f" {key_of(self.message)} "

    @cached_property
    def known(self) -> set[tuple[str, str]]:
        """(kind, value) of every surface of the rules' lexicon that the message holds, whatever else it may mean."""
        lexicon, found = words.lexicon(), list[tuple[str, str]]()
        said, characters = words.key_of(self.message).split(), plain(self.message).lower()
        most = lexicon.longest
        for n in range(len(said)):
            parts = (" ".join(said[n : n + length]) for length in range(1, most[0] + 1))
            found += [lexicon.english[part] for part in parts if part in lexicon.english]
        for n in range(len(characters)):
            pieces = (characters[n : n + length] for length in range(1, most[1] + 1))
            found += [lexicon.chinese[piece] for piece in pieces if piece in lexicon.chinese]
        return {(kind, one) for kind, value in found for one in value.split("+")}

    @cached_property
    def values(self) -> set[str]:
        """The values among `known`, as they are looked up; of nicknames what they stand for."""
        return {key_of(value.split(":")[-1]) for _, value in self.known if value}

    @cached_property
    def fields(self) -> set[str]:
        """Fields that are spoken of: by name, by a value, by a comparative."""
        return {value.partition("/")[0] for kind, value in self.known if kind in {"field", "adj", "cmp", "genre"}} | {
            kind for kind, _ in self.known
        }

    @cached_property
    def numbers(self) -> set[float]:
        """All numbers in it, written in digits or words."""
        return numbers(self.message)

    def holds(self, text: str) -> bool:
        """Whether these words, or others that are known to say the same, are in the message."""
        key = key_of(text)
        return bool(key) and (f" {key} " in self.key or key in self.values)

    def number(self, name: str, value: float) -> bool:
        """Whether a number is in the message, as a value of the field `name`."""
        if value in self.numbers:
            return True
        if name == "year":
            return in_year(self.message, self.numbers, value, self.year)
        return name == "runtime" and value in minutes(self.message, self.numbers)

    def points_at(self, name: str) -> bool:
        """Whether it speaks of an item: its title, a word of the title of one that was shown, or its place."""
        if name == "last":
            return bool(self.slate)
        if (place := _PLACE.fullmatch(name)) is None:
            return self.holds(name) or any(
                key_of(spoken(name)) == key_of(spoken(one)) and self._shares(one) for one in self.slate
            )
        n = int(place[1])
        if not 1 <= n <= len(self.slate):
            return False
        pointed = ("place", "last") in self.known or _ANY_ITEM.search(self.message) is not None
        spans = len(self.numbers) > 1 and min(self.numbers) <= n <= max(self.numbers)  # from the second to the fifth
        return pointed or spans or n in self.numbers or self._shares(self.slate[n - 1])

    def _shares(self, title: str) -> bool:
        said = key_of(spoken(title)).split()
        pairs = [f"{one} {two}" for one, two in pairwise(said) if not one.isascii() and not two.isascii()]
        telling = [one for one in said if len(one) >= LEAST_SHARED or (one.isdigit() and len(one) > 1)]
        return any(f" {one} " in self.key for one in [*telling, *pairs])


def grounded(reading: Reading, said: Said, held: Iterable[str]) -> Reading | None:
    """The reading without what the message does not say; None if it would do what nobody asked for: forget everything.

    `held` are the fields of conditions in force, which alone can be given up.
    """
    if reading.act is Act.MISUSE:
        return Reading(act=Act.MISUSE)
    if reading.act is Act.RESET and not (("reset", "reset") in said.known or _RESET.search(plain(said.message))):
        return None
    in_force = {*held}
    about = reading.about if reading.about and said.points_at(reading.about) else None
    return reading.model_copy(
        update={
            "query": reading.query if all(map(said.holds, reading.query.split())) else "",
            "conditions": _conditions(reading.conditions, said),
            "wishes": _conditions(reading.wishes, said),
            "critiques": tuple(one for one in reading.critiques if _critique(one, said)),
            "mentions": tuple(one for one in reading.mentions if _mention(one, said)),
            "lifted": tuple(one for one in reading.lifted if one in in_force or (one == "all" and in_force)),
            "unknown": tuple(one for one in reading.unknown if one in said.fields or said.holds(one.replace("_", " "))),
            "count": reading.count if reading.count in said.numbers else None,
            "about": about,
        }
    )


def _conditions(given: Sequence[Condition], said: Said) -> tuple[Condition, ...]:
    kept = []
    for one in given:
        values = tuple(value for value in one.values if _value(value, one.field, said))
        ends = {
            name: end if end is not None and said.number(one.field, end) else None
            for name, end in (("low", one.low), ("high", one.high))
        }
        if values or any(end is not None for end in ends.values()):
            kept.append(one.model_copy(update={"values": values, **ends}))
    return tuple(kept)


def _value(value: str, name: str, said: Said) -> bool:
    if value.startswith("of:"):
        return said.points_at(value.removeprefix("of:"))
    try:
        return said.number(name, float(value))
    except ValueError:
        return said.holds(value)


def _critique(one: Critique, said: Said) -> bool:
    spoken_of = one.field in said.fields or said.holds(one.field)
    return spoken_of and said.points_at(one.than)


def _mention(one: Mention, said: Said) -> bool:
    return said.points_at(one.name)
