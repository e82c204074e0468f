"""Finds what a sentence names: titles, categories, people, numbers, the user's own words. Longest first, as whole words."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import opencc

from tastemaker.domain import Attribute, Item, one_line
from tastemaker.prompts.budget import cut as shortened

SHOWN_CHARS = 80
_QUOTES = str.maketrans({"“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "‘": "'", "’": "'", "「": "《", "」": "》", "『": "《", "』": "》", "・": "·", "•": "·", "‐": "-", "–": "-", "—": "-"})  # fmt: skip
_REMARK = re.compile(r"\s*[(（](?P<remark>[^()（）]*)[)）]\s*$")
_MOVED = re.compile(r"^(?P<rest>.+), (?P<article>the|a|an|le|la|les|l'|der|die|das|el|los|las|il|lo)$", re.IGNORECASE)
_LINKED = re.compile(r"<[^<>]{1,200}>|https?://\S+|www\.\S+", re.IGNORECASE)
_YEAR = re.compile(r"\b(1[89]\d\d|20\d\d)\b")


@lru_cache(maxsize=2)
def _script(way: str) -> opencc.OpenCC:
    return opencc.OpenCC(way)


def to_simplified(text: str) -> str:
    """Chinese text in simplified characters."""
    return str(_script("t2s").convert(text))


def to_traditional(text: str) -> str:
    """Chinese text in traditional characters."""
    return str(_script("s2t").convert(text))


def plain(text: str) -> str:
    """`text` in the one form in which names are compared: NFKC, HTML entities read, one kind of quotes and dots, simplified
    characters, single spaces; case is kept."""
    read = unicodedata.normalize("NFKC", html.unescape(text)).translate(_QUOTES)
    return to_simplified(" ".join(read.split()))


def spoken(title: str) -> str:
    """A title as people say it: without a year or remark in brackets at its end, with its article in front."""
    short = html.unescape(title)
    while (cut := _REMARK.sub("", short)) != short and cut:
        short = cut
    if moved := _MOVED.match(short):
        joint = "" if moved["article"].endswith("'") else " "
        short = f"{moved['article'].capitalize()}{joint}{moved['rest']}"
    return " ".join(short.split()) or title


def shown(item: Item) -> str:
    """An item's title as a reason writes it: as it is said, in one line, cut if it is long, and without tags, links and the
    square brackets that make links: what a seller wrote is shown, not run."""
    text = _LINKED.sub(" ", spoken(item.title)).replace("[", "(").replace("]", ")")
    return shortened(one_line(text, 2 * SHOWN_CHARS), SHOWN_CHARS) or one_line(item.title, SHOWN_CHARS)


def year_of(item: Item) -> int | None:
    """The year in brackets at the end of an item's title, or its attribute `year`."""
    found = _REMARK.search(unicodedata.normalize("NFKC", item.title))
    if found and (year := _YEAR.search(found["remark"])):
        return int(year[0])
    told = item.attributes.get("year")
    return int(told) if isinstance(told, int | float) and not isinstance(told, bool) else None


@dataclass(frozen=True, slots=True)
class Name:
    """Something that a sentence may name. `kind` is `title`, `value`, `query` or `condition`.

    `key` tells which: a title's item id; of a value its field, `category` or an attribute's name; else the evidence's id.
    """

    kind: str
    key: str
    text: str


@dataclass(frozen=True, slots=True)
class Found:
    """Where in the plain sentence a name stands, and all that may be meant by it."""

    start: int
    end: int
    names: tuple[Name, ...]


def values_of(item: Item) -> list[Name]:
    """The categories of an item and the values of its attributes; of truths and long texts none."""
    year = year_of(item)
    made = [Name("value", "category", one) for one in item.categories]
    for field, value in item.attributes.items():
        made += [Name("value", field, one) for one in _texts(value)]
    if year is not None and not any(one.key == "year" for one in made):
        made.append(Name("value", "year", str(year)))
    return made


def _texts(value: Attribute) -> Iterable[str]:
    if isinstance(value, bool):
        return []
    if isinstance(value, str | tuple):
        return [one for one in ([value] if isinstance(value, str) else value) if 0 < len(one) <= 80]
    return [f"{value:g}"]


class Names:
    """Finds names in plain texts. `surfaces` maps each name to the ways in which it is written."""

    def __init__(self, surfaces: Mapping[Name, Sequence[str]], exact: frozenset[str] = frozenset()) -> None:
        self._by: dict[str, list[Name]] = {}
        for name, ways in surfaces.items():
            for way in ways:
                folded = plain(way).lower()
                if folded and name not in self._by.setdefault(folded, []):
                    self._by[folded].append(name)
        self._exact = exact & self._by.keys()
        ordered = sorted((one for one in self._by if one), key=len, reverse=True)
        self._pattern = re.compile("|".join(map(_whole, ordered)), re.IGNORECASE) if ordered else None
        self._written = {plain(way) for ways in surfaces.values() for way in ways}

    def find(self, text: str) -> list[Found]:
        """The names in `text`, which is plain, from left to right; where two overlap, the one that begins first, then the longer.

        One that is a common word too is a name only where it is written like one.
        """
        found = []
        for hit in self._pattern.finditer(text) if self._pattern else ():
            folded = hit.group().lower()
            if folded in self._exact and hit.group() not in self._written:
                continue
            found.append(Found(hit.start(), hit.end(), tuple(self._by.get(folded, ()))))
        return [one for one in found if one.names]


def title_ways(item: Item) -> list[str]:
    """How an item's title is written: in full, as it is said, and as it is shown."""
    return list(dict.fromkeys([item.title, spoken(item.title), shown(item)]))


_LETTER = "A-Za-z0-9\u00c0-\u024f"


def _whole(known: str) -> str:
    """`known` as whole words, where it begins and ends with a letter of a Latin alphabet or a digit."""
    begin = f"(?<![{_LETTER}])" if re.match(f"[{_LETTER}]", known[0]) else ""
    end = f"(?![{_LETTER}])" if re.match(f"[{_LETTER}]", known[-1]) else ""
    return begin + re.escape(known) + end
