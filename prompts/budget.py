"""Keeps a prompt within a number of tokens: the oldest of the history go first, and long texts lose their ends."""

from __future__ import annotations

import unicodedata
from collections.abc import Awaitable, Callable, Sequence

Count = Callable[[str], Awaitable[int]]
"""How many tokens a text has for the model."""


def newest_within(lengths: Sequence[int], budget: int) -> int:
    """How many entries at the end of `lengths` (in tokens, oldest first) fit into `budget` tokens together.

    Zero if not even the last one fits.
    """
    kept = used = 0
    for length in reversed(lengths):
        if used + length > budget:
            break
        kept, used = kept + 1, used + length
    return kept


def fair_share(lengths: Sequence[int], budget: int) -> int:
    """The most tokens that each may take, so that all together stay within `budget`: the short ones take what they have,
    the long ones what is left, evenly. At least 1."""
    left = budget
    for place, length in enumerate(sorted(lengths)):
        share = left // (len(lengths) - place)
        if length > share:
            return max(1, share)
        left -= length
    return max(1, *lengths)


def cut(text: str, chars: int) -> str:
    """At most the first `chars` characters of `text`, ended between words or before a Chinese, Japanese or Korean
    character; within a word only if it begins the text. No accent or joined emoji is parted from what it belongs to."""
    if len(text) <= chars:
        return text
    for end in range(chars, 0, -1):
        before, after = text[end - 1], text[end]
        if _joins(after) or before == "\u200d":
            continue
        if before.isspace() or not (before.isalnum() and after.isalnum()) or _wide(before) or _wide(after):
            return text[:end].rstrip()
    for end in range(chars, 0, -1):
        if not _joins(text[end]) and text[end - 1] != "\u200d":
            return text[:end]
    return text[:chars]


async def within(text: str, tokens: int, count: Count) -> str:
    """`text`, or as much of its beginning as has at most `tokens` tokens; empty if not even one character has."""
    # A tokenizer of bytes, or of pieces with bytes to fall back on, makes no more tokens of a text than it has bytes, and
    # perhaps one for its beginning: most texts need not be counted.
    while text and len(text.encode("utf-8", "replace")) + 1 > tokens and (found := await count(text)) > tokens:
        text = cut(text, min(len(text) - 1, len(text) * max(tokens, 0) // found))
    return text


def _joins(char: str) -> bool:
    """Whether `char` belongs to the one before it."""
    return (
        unicodedata.category(char) in {"Mn", "Me", "Mc"}
        or char in "\u200d\ufe0e\ufe0f"
        or "\U0001f3fb" <= char <= "\U0001f3ff"
    )


def _wide(char: str) -> bool:
    return unicodedata.east_asian_width(char) in {"W", "F"}
