"""Reads a sentence into names and words; what is neither is a fault."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tastemaker.agent.explanations.lexicon import entries, pattern
from tastemaker.agent.explanations.names import Found, Name, Names

_MARKUP = re.compile(r"https?:|www\.|[<>{}\[\]`|*#@\\$%^~=_+]|\n")
_QUOTED = re.compile(r"\"([^\"]*)\"|《([^》]*)》")
_WORD = re.compile(r"[^\W_]+(?:['-][^\W_]+)*")
_STOPS, _COMMAS, _IGNORED = ".!?。…", ",;:", " \"'《》()、&-/·"


class Refused(Exception):
    """A sentence says something that is not supported; its text is the reason."""


@dataclass(frozen=True, slots=True)
class Token:
    """A name, a word with its class, a `comma` or a `stop`. `bracketed` says that an opening bracket stands before it."""

    kind: str
    text: str
    cls: str = ""
    names: tuple[Name, ...] = ()
    bracketed: bool = False

    def is_title(self) -> bool:
        """Whether it names an item."""
        return any(name.kind == "title" for name in self.names)


def tokens(text: str, names: Names, language: str) -> list[Token]:
    """The tokens of `text`, which is plain. Raises `Refused` for markup, unknown words, and what is quoted but no name."""
    found = names.find(text)
    outside = _without(text, found)
    if hit := _MARKUP.search(outside):
        raise Refused(f"holds markup, a link or several lines ({hit.group()!r})")
    for quoted in _QUOTED.finditer(text):
        inside = (quoted.group(1) or quoted.group(2) or "").strip()
        begin, end = quoted.span()
        covered = any(one.start <= begin and end <= one.end for one in found)
        if not covered and not any(text[one.start : one.end] == inside and begin < one.start < end for one in found):
            raise Refused(f"names {inside!r}, which no evidence holds")
    return list(_tokens(text, found, language))


def _without(text: str, found: Sequence[Found]) -> str:
    rest = list(text)
    for one in found:
        rest[one.start : one.end] = " " * (one.end - one.start)
    return "".join(rest)


def _tokens(text: str, found: Sequence[Found], language: str) -> Iterator[Token]:
    known, lexicon = pattern(language), entries(language)
    spans = {one.start: one for one in found}
    at, first, bracketed = 0, True, False
    while at < len(text):
        char = text[at]
        if at in spans:
            one = spans[at]
            yield Token("name", text[at : one.end], names=one.names, bracketed=bracketed)
            at, first, bracketed = one.end, False, False
        elif char in _STOPS:
            yield Token("stop", char)
            at, first = at + 1, True
        elif char in _COMMAS:
            yield Token("comma", char)
            at += 1
        elif char in _IGNORED:
            bracketed = char == "("
            at += 1
        else:
            end = min((start for start in spans if start > at), default=len(text))
            hit = known.match(text, at, end)
            if not hit:
                raise Refused(f"says {_unknown(text[at:end], language)!r}, which no evidence holds")
            word = hit.group()
            if language == "en" and word[0].isupper() and not first and word != "I":
                raise Refused(f"names {word!r}, which no evidence holds")
            yield Token("word", word, lexicon[" ".join(word.lower().split())])
            at, first, bracketed = hit.end(), False, False


def _unknown(rest: str, language: str) -> str:
    if language == "zh" and not rest[0].isascii():
        return rest[:6]
    word = _WORD.match(rest)
    return word.group() if word else rest[0]


def common(surface: str, language: str) -> bool:
    """Whether a name consists of words that a reason uses anyway, so that it is a name only where it is written like one."""
    rest, known = surface.strip(), pattern(language)
    while rest:
        hit = known.match(rest)
        if not hit:
            return False
        rest = rest[hit.end() :].lstrip(" ,.!?'-")
    return True
