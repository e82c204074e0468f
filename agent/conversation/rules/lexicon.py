"""Words and what they say: lists of `kind:value = surface, surface`, and the way in which surfaces are looked up.

An English surface is words without case, apostrophes and hyphens; a Chinese one is characters. Longer ones win.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache

from tastemaker.agent.conversation.rules import chinese_words, english_turns, english_words, genre_words, people
from tastemaker.agent.conversation.rules.homophones import misheard

HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")
WORD = re.compile(r"[A-Za-z0-9\u00c0-\u024f]+(?:['’][A-Za-z]+)*")


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of the message: what it says (`kind`, `value`) and where it stands."""

    kind: str
    value: str
    start: int
    end: int
    text: str = ""


@dataclass(slots=True)
class Lexicon:
    """Surfaces to (kind, value); a topic without a value is its own. `longest`: words of the longest English phrase, and characters of the longest Chinese one. `slips`: Chinese surfaces that are genres misheard."""

    english: dict[str, tuple[str, str]] = field(default_factory=dict)
    chinese: dict[str, tuple[str, str]] = field(default_factory=dict)
    longest: tuple[int, int] = (1, 1)
    slips: set[str] = field(default_factory=set)

    def add(self, text: str) -> None:
        """Read a list; a surface that is there already keeps its meaning."""
        for line in text.strip().splitlines():
            said, _, surfaces = line.partition(" = ")
            kind, _, value = said.strip().partition(":")
            for surface in surfaces.split(","):
                self._put(surface.strip(), kind, value)

    def _put(self, surface: str, kind: str, value: str) -> None:
        value = value or (surface if kind == "topic" else "")
        if HAN.search(surface):
            self.chinese.setdefault(surface.lower(), (kind, value))
            self.longest = (self.longest[0], max(self.longest[1], len(surface)))
        elif key := key_of(surface):
            self.english.setdefault(key, (kind, value))
            self.longest = (max(self.longest[0], key.count(" ") + 1), self.longest[1])

    def han(self, text: str, at: int) -> tuple[int, tuple[str, str]] | None:
        """The longest Chinese surface at a place of `text`: its length, and what it says."""
        for length in range(min(self.longest[1], len(text) - at), 0, -1):
            if entry := self.chinese.get(text[at : at + length].lower()):
                return length, entry
        return None


def key_of(text: str) -> str:
    """English text as it is looked up."""
    return " ".join(one.group().replace("'", "").replace("’", "").lower() for one in WORD.finditer(text))


@lru_cache(maxsize=1)
def lexicon() -> Lexicon:
    """All words of both languages."""
    made = Lexicon()
    for text in (people.words(), genre_words.WORDS, english_words.WORDS, english_turns.WORDS, chinese_words.WORDS):
        made.add(text)
    for word, entry in list(made.chinese.items()):
        if entry[0] == "genre" and len(word) > 1:
            for slip in misheard(word):
                if slip not in made.chinese:
                    made.chinese[slip] = entry
                    made.slips.add(slip)
    return made
