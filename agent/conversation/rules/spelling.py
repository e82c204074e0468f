"""Slips of the pen: the word of the lexicon that a misspelt one is near to, in English by edits, in Chinese by sound and shape."""

from __future__ import annotations

from collections import defaultdict
from functools import lru_cache

from tastemaker.agent.conversation.rules.homophones import ALIKE
from tastemaker.agent.conversation.rules.lexicon import lexicon

_KINDS = {"genre", "domain", "region", "want", "not", "role", "topic", "place", "similar", "field", "stop", "seen", "like", "dislike", "person", "about", "cmp", "except", "audience", "award", "talk", "provider"}  # fmt: skip
_LAST = "片电影类剧的书"


@lru_cache(maxsize=1)
def _words() -> tuple[frozenset[str], dict[str, list[str]]]:
    """All English words of the lexicon; and by their first letter those that a slip may have been meant for."""
    every: set[str] = set()
    meant: dict[str, set[str]] = defaultdict(set)
    for phrase, (kind, _) in lexicon().english.items():
        words = phrase.split()
        every.update(words)
        for word in words:
            if len(word) >= 4 and (kind in _KINDS if len(words) == 1 else kind == "genre"):
                meant[word[0]].add(word)
    return frozenset(every), {first: sorted(words) for first, words in meant.items()}


@lru_cache(maxsize=2048)
def corrected(word: str) -> str:
    """An unknown English word as it was likely meant to be written; other words as they are."""
    every, meant = _words()
    if word in every or not 4 <= len(word) <= 16 or not word.isalpha() or not word.isascii():
        return word
    most = 1 if len(word) < 8 else 2
    best: tuple[int, int, str] | None = None
    for known in meant.get(word[0], ()):
        if abs(len(known) - len(word)) <= most and (distance := edits(word, known, most)) <= most:
            # A short word has many neighbours; one that only lost or swapped letters is the likelier slip.
            worse = 0 if sorted(word) == sorted(known) or len(known) > len(word) else 1
            if len(word) < 5 and worse:
                continue
            if best is None or (distance, worse, known) < best:
                best = (distance, worse, known)
    return best[2] if best else word


def near(word: str) -> tuple[str, str] | None:
    """What an unknown English word is likely meant to say."""
    meant = corrected(word)
    return lexicon().english.get(meant) if meant != word else None


def edits(one: str, other: str, most: int) -> int:
    """Letters to add, drop, change or swap with their neighbour until `one` is `other`; more than `most` is all the same."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for n, char in enumerate(one, 1):
        older, before, row = before, row, [n]
        for m, wanted in enumerate(other, 1):
            cost = min(before[m] + 1, row[m - 1] + 1, before[m - 1] + (char != wanted))
            if n > 1 and m > 1 and char == other[m - 2] and one[n - 2] == wanted:
                cost = min(cost, older[m - 2] + 1)
            row.append(cost)
        if min(row) > most:
            return most + 1
    return row[-1]


@lru_cache(maxsize=1)
def _genres() -> list[tuple[str, tuple[str, str]]]:
    known = lexicon()
    named = ((word, entry) for word, entry in known.chinese.items() if entry[0] == "genre" and len(word) >= 2)
    return [(word, entry) for word, entry in named if word not in known.slips]


@lru_cache(maxsize=2048)
def near_han(said: str, after: str) -> tuple[str, str] | None:
    """The genre that unknown Chinese characters are likely meant to be: like one in all but a character that sounds or looks alike, or,
    before a word for a film, in all but any one."""
    if not 2 <= len(said) <= 5:
        return None
    loose = said[-1] in _LAST or after[:1] in tuple(_LAST)
    bare = said.rstrip("片")
    for word, entry in _genres():
        if len(word) not in (len(said), len(bare)):
            continue
        compared = said if len(word) == len(said) else bare
        wrong = [(one, other) for one, other in zip(compared, word, strict=True) if one != other]
        alike = all(other in ALIKE.get(one, "") for one, other in wrong)
        if len(wrong) < len(word) and (alike or (loose and len(wrong) == 1 and len(word) >= 3)):
            return entry
        if alike and len(wrong) == len(word) == 2:
            return entry
    if loose and len(bare) == 2:
        return next((entry for word, entry in _genres() if len(word) == 2 and sum(map(str.__eq__, word, bare)) == 1 and bare[0] == word[0]), None)  # fmt: skip
    return None
