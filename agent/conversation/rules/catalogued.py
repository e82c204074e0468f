"""Names that the catalogue knows, and when one that is a common word too is meant as a name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Protocol

from tastemaker.agent.conversation.rules.capitals import INNER, states
from tastemaker.agent.conversation.rules.lexicon import HAN, Token, key_of, lexicon

_ROLES = {"star", "director", "author", "artist", "brand"}
_ASKING = re.compile(r"\b(?:liked?|loved?|seen|watched|hated?|saw|enjoyed|similar to)$", re.IGNORECASE)
_NAMING = re.compile(r"\b(?:directed|made|starred in|stars in|plays in|wrote|recommend|suggest|show me|about|than|is|was)$", re.IGNORECASE)  # fmt: skip
_PRONOUNS = {"it", "this", "that", "them", "these", "those", "me", "you", "one", "ones", "both", "all"}
_ASKING_HAN = re.compile(r"(?:喜欢|看过|看了|像|类似|讨厌)$")


class NameFinder(Protocol):
    """Finds names that a catalogue knows: (start, end, field, name) of each in a plain text; field is `title`, `star`, `director`, …"""

    def __call__(self, text: str, /) -> Iterable[tuple[int, int, str, str]]:
        """The names in `text`."""
        ...


def nothing(text: str, /) -> Iterable[tuple[int, int, str, str]]:
    """A finder that knows no names."""
    return ()


def catalogued(text: str, known: Sequence[tuple[int, int, str, str]], *, sure: bool) -> list[Token]:
    """Tokens of the names in `known`; a title of common words only where it is written like one, unless nothing else can be meant
    (`sure` is false)."""
    made = []
    for start, end, field, name in known:
        if not 0 <= start < end <= len(text) or not name.strip():
            continue
        said = text[start:end]
        if field == "title":
            if not sure or not _common(said) or _written(text, start, end):
                made.append(Token("title", name, start, end, said))
        elif not _common(said):
            made.append(Token("person" if field in _ROLES else "value", f"{field}:{name}", start, end, said))
    return made


def _common(said: str) -> bool:
    """Whether a name is made of words that mean something else too."""
    known = lexicon()
    if HAN.search(said):
        kind = known.chinese.get(said.lower(), ("", ""))[0]
        return kind not in {"", "alias", "person", "nick"} or (len(said) < 3 and not kind)
    kind = known.english.get(key_of(said), ("", ""))[0]
    if kind in {"alias", "person", "nick"}:
        return False
    return bool(kind) or all(word in known.english for word in key_of(said).split())


def _written(text: str, start: int, end: int) -> bool:
    """Whether a common word stands here like a title: capitalised amid a sentence, or after a word that asks for a title."""
    said, before = text[start:end], text[:start].rstrip()
    if HAN.search(said):
        return bool(_ASKING_HAN.search(before))
    words = [one for one in said.split() if one.lower() not in INNER]
    capital = all(one[:1].isupper() or one[:1].isdigit() for one in words)
    amid = bool(before) and before[-1] not in ".!?;:" and not text.isupper()
    if capital and amid and (len(words) > 1 or not states(said)):
        return True
    if len(words) > 1:
        return bool(_ASKING.search(before) or _NAMING.search(before))
    return bool(_ASKING.search(before)) and (capital or not (states(said) or said.lower() in _PRONOUNS))
