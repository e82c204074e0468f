"""Names that no list has, found by their capitals: `Something like Blade Runner`, `no Chevy Chase`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from tastemaker.agent.conversation.rules.lexicon import WORD, Token, key_of, lexicon
from tastemaker.agent.conversation.rules.numbers import WORDS as NUMBERS
from tastemaker.agent.conversation.rules.spelling import near

_PIECES = re.compile(r"[^\s,.;:!?()\"《》，。！？、；：/\u3400-\u9fff]+(?:\.(?=\w))?")
_CAPITAL = re.compile(r"[A-Z\u00c0-\u00de][\w\u00c0-\u024f.'’-]*|\d{1,4}|II+|IV|V|X")
_CALLING = re.compile(r"\b(?:like|liked|loved|seen|watched|hated|saw|enjoyed|disliked|adored|despised|detested|loathed|finished|similar to|akin to|comparable to|close to|as|vein of|style of|lines of|recommend|than|see)$", re.IGNORECASE)  # fmt: skip
_VERDICT = re.compile(r"[\"']?(?: (?:is|was|are|were|and|but|though|except|only|sounds|looks|seems|rocks|sucks|sucked|rocked|again|vibes?|please|style|then|already|isn't|wasn't|has|did|or)\b|\s*$|\s*[,;?!.])", re.IGNORECASE)  # fmt: skip
_TITLES = {"Up", "Us", "Her", "Once", "Big", "Old", "Taken", "Brave", "Elf", "Nope", "Ran", "Split", "Sing", "Click", "Clue", "Ghost", "Hook", "Crash", "Closer", "Wanted", "Speed", "Cars"}  # fmt: skip
INNER = {"of", "the", "and", "in", "on", "a", "to", "for", "de", "la", "van", "von", "del", "at", "with", "is", "&", "da", "le", "from"}  # fmt: skip
"""Words in lower case that a name may hold."""
_ASIDE = {"i", "im", "id", "ive", "ill", "tv", "ok", "lol", "dvd", "pm", "am", "us", "uk"}
_STATING = {"genre", "region", "language", "provider", "award", "person", "nick", "audience"}
_PLAIN = {*_STATING, "topic", "domain", "and", "or", "stop"}


@dataclass(frozen=True, slots=True)
class _Word:
    start: int
    end: int
    text: str

    @property
    def inner(self) -> bool:
        return self.text.lower() in INNER

    @property
    def capital(self) -> bool:
        return bool(_CAPITAL.fullmatch(self.text.rstrip(".'’")))


def capitalised(text: str, taken: Sequence[int]) -> list[Token]:
    """`name` tokens for runs of capitalised words that no list knows; none where nearly all words are capitalised."""
    words = [_Word(*hit.span(), hit.group()) for hit in _PIECES.finditer(text)]
    letters = [one.text for one in words if one.text[:1].isalpha()]
    titled = sum(one[:1].isupper() for one in letters)
    unlisted = any(_kind(one) == "" for one in letters)
    if len(letters) > 3 and titled > 0.8 * len(letters) and not (len(letters) <= 6 and unlisted):
        return []
    return [token for run in _runs(text, words, taken) for token in _names_of(text, run)]


def _runs(text: str, words: Sequence[_Word], taken: Sequence[int]) -> list[list[_Word]]:
    runs: list[list[_Word]] = [[]]
    for one in words:
        last = runs[-1][-1] if runs[-1] else None
        between = text[last.end : one.start] if last else ""
        joined = last is not None and not between.strip(" .") and ("." not in between or len(last.text.strip(".")) == 1)
        if any(taken[one.start : one.end]) or lexicon().han(text, one.start):
            runs.append([])
        elif joined and (one.capital or one.inner):
            runs[-1].append(one)
        else:
            runs.append([one] if one.capital and one.text[0].isupper() else [])
    return runs


def _names_of(text: str, run: list[_Word]) -> list[Token]:
    while run and run[-1].inner and not run[-1].capital:
        run = run[:-1]
    begins = bool(run) and text[: run[0].start].rstrip()[-1:] in ("", *'.!?;:。！？"')
    led = _led(text, run) if begins else 0
    run = run[led:]
    while run and run[0].inner and not run[0].capital:
        run = run[1:]
    if not run or _phrase(text, run[0].start) or (len(run) == 1 and not _alone(text, run[0], begins and not led)):
        return []
    for at, one in enumerate(run):
        if one.text == "and" and 0 < at < len(run) - 1:
            return [*_names_of(text, run[:at]), *_names_of(text, run[at + 1 :])]
    start = run[0].start
    said = re.sub(r"(?:['’]s?|\.)+$", "", text[start : run[-1].end])
    kinds = {_kind(one.text) for one in run}
    values = kinds != {"stop"} and kinds <= _PLAIN and not called(text, start, run[-1].end)
    if values or (_kind(said) not in ("", "stop") and not called(text, start, run[-1].end)):
        return [] if len(run) > 1 or said not in _TITLES else [Token("name", said, start, start + len(said), said)]
    return [Token("name", said, start, start + len(said), said)]


def _alone(text: str, one: _Word, begins: bool) -> bool:
    """Whether a single capitalised word is a name: at a sentence's begin, only if the sentence is about it."""
    if begins and not _VERDICT.match(text, one.end):
        return False
    if key_of(one.text) in _ASIDE:
        return False
    if key_of(one.text) in NUMBERS or _kind(one.text):
        return called(text, one.start, one.end) or (one.text in _TITLES and bool(_VERDICT.match(text, one.end)))
    return True


def _led(text: str, run: Sequence[_Word]) -> int:
    """How many words at the begin of a sentence lead to a name: `Reminiscent of Amélie`, `Loved Alien`."""
    if run[0].text.lower() in {"the", "a"} and len(run) > 1:
        return 0
    if _kind(" ".join(one.text for one in run)) in {"person", "nick", "alias", "region"}:
        return 0
    for n in range(min(4, len(run)), 0, -1):
        kind = _kind(text[run[0].start : run[n - 1].end])
        if kind and len(run) > 1 and kind not in {"person", "nick", "alias"}:
            return n
    leads = bool(_kind(run[0].text)) or near(key_of(run[0].text)) is not None or key_of(run[0].text) in NUMBERS
    return int(leads and run[0].text not in _TITLES)


def _phrase(text: str, start: int) -> bool:
    """Whether a phrase of the lexicon of several words begins here: `Palme d'Or`."""
    words = list(WORD.finditer(text, start, start + 40))[:4]
    return any(_kind(text[start : words[n - 1].end()]) not in {"", "stop"} for n in range(2, len(words) + 1))


def called(text: str, start: int, end: int) -> bool:
    """Whether a capitalised common word follows one that asks for a title, and is none of the values that may follow it too."""
    return _kind(text[start:end]) not in _STATING and bool(_CALLING.search(text[:start].rstrip()))


def states(said: str) -> bool:
    """Whether words state a condition, so that their capital makes no title of them: `French`."""
    return _kind(said) in _STATING


def _kind(said: str) -> str:
    return lexicon().english.get(key_of(said), ("", ""))[0]
