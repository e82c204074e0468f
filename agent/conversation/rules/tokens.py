"""Cuts a message into tokens: numbers and places first, then names, then words of the lexicon, then what is nearly one of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from tastemaker.agent.conversation.rules.capitals import capitalised
from tastemaker.agent.conversation.rules.catalogued import NameFinder, catalogued
from tastemaker.agent.conversation.rules.dates import dates
from tastemaker.agent.conversation.rules.han_names import people
from tastemaker.agent.conversation.rules.idioms import idioms
from tastemaker.agent.conversation.rules.lexicon import HAN, WORD, Lexicon, Token, key_of, lexicon
from tastemaker.agent.conversation.rules.numbers import ranges
from tastemaker.agent.conversation.rules.places import places
from tastemaker.agent.conversation.rules.spelling import corrected, near, near_han
from tastemaker.agent.conversation.rules.titles import han_titles

MAX_TOKENS = 600
"""Tokens of a message that are read; no turn of a conversation has so many."""
_MARKS = {
    **dict.fromkeys(".!?;。！？；\n", "end"),
    **dict.fromkeys(",，:：—…~～", "comma"),
    **dict.fromkeys("/、&", "and"),
}
_QUOTED = re.compile(r'《(?P<a>[^《》]{1,80})》|"(?P<b>[^"]{1,80})"|(?<!\w)\'(?P<c>[^\']{2,60})\'(?!\w)')
_HAN_RUN = re.compile(r"[\u3400-\u9fff·\d]+")
_PAUSE = re.compile(r"[,;:!?]|\.\s")
_OPENERS = {"the", "but", "and", "or", "so", "just", "only", "a", "some", "something", "with"}
_PLURALS = {"genre", "topic", "person", "alias", "field", "award", "audience"}


def tokens(text: str, names: NameFinder, year: int) -> list[Token]:
    """The tokens of a plain text, by position, none overlapping; what says nothing that is known is a `word`."""
    spans = _Spans(text)
    known = list(names(text)) if text else []
    spans.add(_quoted(text))
    spans.add(catalogued(text, known, sure=True))
    spans.add([one for one in _looked_up(text, spans.taken) if one.kind == "alias"])
    spans.add(sorted(dates(text, year), key=lambda one: one.start - one.end))
    spans.add(idioms(text))
    spans.add(sorted(places(text), key=lambda one: one.start - one.end))
    numbers = ranges(text)
    stated = [one for one in numbers if one.kind in ("range", "stop")]
    spans.add(han_titles(text, spans.taken, [(one.start, one.end) for one in stated]))
    spans.add(stated)
    spans.add(people(text))
    spans.add(capitalised(text, spans.taken))
    spans.add([one for one in numbers if one.kind == "number"])
    spans.add(_marks(text))
    spans.add(_looked_up(text, spans.taken))
    spans.add(catalogued(text, known, sure=False))
    spans.add(_rest(text, spans.taken))
    return sorted(spans.found, key=lambda one: one.start)[:MAX_TOKENS]


class _Spans:
    """Tokens that do not overlap; who comes first, stays."""

    def __init__(self, text: str) -> None:
        self.taken = bytearray(len(text))
        self.found: list[Token] = []

    def add(self, some: Iterable[Token]) -> None:
        for one in some:
            if one.start < one.end and not any(self.taken[one.start : one.end]):
                self.taken[one.start : one.end] = b"\x01" * (one.end - one.start)
                self.found.append(one)


def _quoted(text: str) -> list[Token]:
    found = []
    for hit in _QUOTED.finditer(text):
        said = next(part for part in hit.groups() if part).strip(" ,.")
        if said:
            known = lexicon().chinese.get(said.lower(), ("", ""))
            found.append(Token("title", known[1] if known[0] == "alias" else said, *hit.span(), hit.group()))
    return found


def _marks(text: str) -> list[Token]:
    return [
        Token(_MARKS[char], char, at, at + 1, char)
        for at, char in enumerate(text)
        if char in _MARKS and not (char == "." and text[at + 1 : at + 2].isalnum())
    ]


def _looked_up(text: str, taken: Sequence[int]) -> list[Token]:
    """Words of the lexicon, the longest first at each place."""
    known, found, at = lexicon(), [], 0
    words = [(hit.start(), hit.end(), corrected(key_of(hit.group()))) for hit in WORD.finditer(text)]
    starts = {start: n for n, (start, _, _) in enumerate(words)}
    while at < len(text):
        token = None
        if not taken[at]:
            token = _han_at(text, at, known, taken)
            if token is None and at in starts:
                token = _words_at(text, starts[at], words, known, taken)
        if token:
            found.append(token)
        at = token.end if token else at + 1
    return found


def _han_at(text: str, at: int, known: Lexicon, taken: Sequence[int]) -> Token | None:
    free = next((n for n in range(at, min(at + known.longest[1], len(text))) if taken[n]), len(text))
    if found := known.han(text[:free] if free - at < known.longest[1] else text, at):
        return Token(*found[1], at, at + found[0], text[at : at + found[0]])
    return None


def _words_at(text: str, n: int, words: Sequence[tuple[int, int, str]], known: Lexicon, taken: Sequence[int]) -> Token | None:  # fmt: skip
    if words[n][2] in _OPENERS and n + 1 < len(words):
        here, after = (_words_length(m, words, known) for m in (n, n + 1))
        if after > 1 and 1 + after > here:
            kind = known.english.get(words[n][2], ("stop", ""))
            return Token(*kind, *words[n][:2], text[words[n][0] : words[n][1]])
    for length in range(min(known.longest[0], len(words) - n), 0, -1):
        start, end = words[n][0], words[n + length - 1][1]
        key = " ".join(word for _, _, word in words[n : n + length])
        entry = known.english.get(key)
        if entry is None and key.endswith("s") and known.english.get(key[:-1], ("", ""))[0] in _PLURALS:
            entry = known.english[key[:-1]]
        if entry and not (any(taken[start:end]) or HAN.search(text[start:end]) or _PAUSE.search(text[start:end])):
            return Token(*entry, start, end, text[start:end])
    return None


def _words_length(n: int, words: Sequence[tuple[int, int, str]], known: Lexicon) -> int:
    """How many words the longest phrase from word `n` on has."""
    for length in range(min(known.longest[0], len(words) - n), 0, -1):
        if " ".join(word for _, _, word in words[n : n + length]) in known.english:
            return length
    return 0


def _rest(text: str, taken: Sequence[int]) -> list[Token]:
    """What no list has: a slip of the pen for a word of the lexicon, or a `word`."""
    found = []
    for hit in WORD.finditer(text):
        for start, end in _free(hit.start(), hit.end(), taken):
            key = key_of(text[start:end])
            kind, value = near(key) or ("word", key)
            found.append(Token(kind, value, start, end, text[start:end]))
    for hit in filter(lambda one: HAN.search(one.group()), _HAN_RUN.finditer(text)):
        for start, end in _free(hit.start(), hit.end(), taken):
            said = text[start:end]
            kind, value = near_han(said, text[end : end + 2]) or ("word", said)
            found.append(Token(kind, value, start, end, said))
    return found


def _free(start: int, end: int, taken: Sequence[int]) -> list[tuple[int, int]]:
    """The parts from `start` to `end` that no token has."""
    found, at = [], start
    while at < end:
        begin = at
        while at < end and not taken[at]:
            at += 1
        if at > begin:
            found.append((begin, at))
        at += 1
    return found
