"""Numbers in a message, in digits and in words of both languages; and the years and minutes that they may stand for."""

from __future__ import annotations

import re
from itertools import pairwise

from tastemaker.agent.conversation.rules.numbers import DIGITS, WORDS
from tastemaker.agent.explanations.names import plain

_DIGITS = re.compile(r"\d+(?:,\d{3})+(?!\d)|\d+(?:\.\d+)?")
_ENGLISH = {word: float(value) for word, value in WORDS.items()} | {
    "zero": 0.0, "a": 1.0, "an": 1.0, "once": 1.0, "couple": 2.0, "pair": 2.0, "twice": 2.0, "dozen": 12.0, "hundred": 100.0,
    "first": 1.0, "second": 2.0, "third": 3.0, "fifth": 5.0, "eighth": 8.0, "ninth": 9.0, "twelfth": 12.0, "twentieth": 20.0,
}  # fmt: skip
_ENGLISH |= {f"{word[:-1]}ies": value for word, value in _ENGLISH.items() if word.endswith("ty")}  # the nineties
_ENGLISH |= {f"{word}th": value for word, value in _ENGLISH.items() if value > 3}
_WORD = re.compile(r"[a-z]+")
_SCALES = {"十": 10, "百": 100, "千": 1_000, "万": 10_000}
_CHINESE = re.compile(f"[{''.join(DIGITS)}{''.join(_SCALES)}]+")
_TWO_TENS = re.compile(f"[{''.join(DIGITS)}]{{2}}十")
_RECENT = re.compile(
    r"\b(?:new|newer|newest|recent|recently|latest|modern|this year|last year|these days|current)\b|新|最近|近年|今年|去年|现代|近几年",
    re.IGNORECASE,
)
_BEFORE = re.compile(r"\b(?:before|pre|prior|earlier|older|until|under)\b|前|早", re.IGNORECASE)
_AFTER = re.compile(r"\b(?:after|post|later|newer|past|over)\b|后|晚|超过", re.IGNORECASE)
_YEARS = re.compile(r"\b(?:years?|decades?|old|aged?|i'?m|i am)\b|年|岁", re.IGNORECASE)
_DECADES = re.compile(r"\bdecades?\b|十年", re.IGNORECASE)
_SHORT = re.compile(r"(?<!\d)(?='\d\d\b|\d\d年)'?(?P<n>\d\d)")
RECENT_YEARS = 10
"""How long ago what is called new may be."""
_HALF = re.compile(r"\bhalf\b|半", re.IGNORECASE)


def numbers(text: str) -> set[float]:
    """All numbers in `text`."""
    read = plain(text).lower()
    found = {float(one.replace(",", "")) for one in _DIGITS.findall(read)}
    found |= {1000 * float(one) for one in re.findall(r"(\d+(?:\.\d+)?)k\b", read)}
    said = [_ENGLISH.get(word) for word in _WORD.findall(read)]
    found |= {one for one in said if one is not None}
    for before, after in pairwise(said):  # twenty five, nineteen ninety
        if before and after is not None and before >= 20 and before % 10 == 0 and 0 < after < 10:
            found.add(before + after)
        elif before and after is not None and 18 <= before <= 20 and 10 <= after < 100:
            found.add(100 * before + after)
    for one in _CHINESE.findall(read):
        found |= _chinese(one)
    return found


def _chinese(text: str) -> set[float]:
    """What a row of Chinese numerals says: a number, or digits one by one (一九九零); `八九十` is 80 and 90."""
    if not set(text) & set(_SCALES):
        digits = [DIGITS[char] for char in text]
        return {float("".join(map(str, digits))), *map(float, digits)}
    if _TWO_TENS.fullmatch(text):
        return {10.0 * DIGITS[char] for char in text[:2]}
    total = part = digit = 0
    for char in text:
        if char in DIGITS:
            digit = DIGITS[char]
        elif char == "万":
            total, part, digit = total + (part + digit or 1) * _SCALES[char], 0, 0
        else:
            part, digit = part + (digit or 1) * _SCALES[char], 0
    return {float(total + part + digit)}


def in_year(text: str, said: set[float], year: float, now: int) -> bool:
    """Whether `year` may be an end of what a message says with the numbers in it: a year, one of a decade or the ends of a century,
    the one beside it where it says before or after, so many years ago, or one of late where it speaks of what is new."""
    if year != int(year):
        return False
    read = plain(text)
    before, after = int(_BEFORE.search(read) is not None), int(_AFTER.search(read) is not None)
    short = {float(one["n"]) for one in _SHORT.finditer(read)}
    back = 10 if _DECADES.search(read) else 1
    for one in said:
        decade = one % 10 == 0 and (one >= 1800 or 10 <= one <= 90)
        starts = [one] if one >= 1000 else [1900 + one, 2000 + one] if decade or one in short else []
        if any(start - before <= year <= start + (9 if decade else 0) + after for start in starts):
            return True
        if 15 <= one <= 21 and year in _century(one):
            return True
        if _YEARS.search(read) and year in {now - back * one, now - back * one + 1}:
            return True
    return now - RECENT_YEARS <= year <= now + 1 and _RECENT.search(read) is not None


def _century(n: float) -> set[float]:
    return {100 * (n - 1), 100 * (n - 1) + 1, 100 * n - 1, 100 * n}


def minutes(text: str, said: set[float]) -> set[float]:
    """Minutes that the numbers of a message may be hours of, with a half hour or minutes added."""
    half = {0.0, 30.0} if _HALF.search(plain(text)) else {0.0}
    whole = {60 * one for one in said if one <= 12}
    return whole | {one + more for one in (*whole, 0.0) for more in (*half, *(n for n in said if n < 60)) if one + more}
