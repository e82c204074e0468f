"""What a catalogue can be asked for: its fields, its genres, its names, and how people write them."""

from __future__ import annotations

import difflib
import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from tastemaker.agent.conversation.genres import GENRES, genre_of
from tastemaker.agent.explanations.lexicon import field_of
from tastemaker.agent.explanations.names import plain, spoken, year_of
from tastemaker.domain import Item
from tastemaker.retrieval.retriever import folded

_TOKENS = re.compile(r"[^\W\u3400-\u9fff\uf900-\ufaff\u3040-\u30ff]+|[\u3400-\u9fff\uf900-\ufaff\u3040-\u30ff]")
_APOSTROPHE = re.compile(r"(?<=\w)['’](?=\w)")
_ARTICLE = re.compile(r"^(?:the|a|an) ")
_NAME_BEFORE = re.compile(r"(?<![.!?] )(?<!^)\b[A-Z][a-z]+ $")
MOST_TOKENS = 24
"""Words, or Chinese characters, of the longest name that is looked for."""
FIELDS = {
    "genre": "genre", "genres": "genre", "release_year": "year", "runtime": "runtime", "duration": "runtime", "minutes": "runtime",
    "runtime_minutes": "runtime", "duration_minutes": "runtime", "rating": "rating", "average_rating": "rating",
    "avg_rating": "rating", "stars_average": "rating", "score": "rating", "country": "region", "countries": "region",
    "region": "region", "audience": "audience", "aliases": "title", "alias": "title",
}  # fmt: skip
"""Names of attributes, beside those of `field_of`, and the field that each stands for."""
NAMES = ("star", "director", "author", "artist", "brand")
"""Fields whose values are names that a message may hold."""


@dataclass(frozen=True, slots=True)
class Numbers:
    """The values of a number field: least, greatest, and in the middle."""

    low: float
    high: float
    middle: float


@dataclass(slots=True)
class Vocabulary:
    """`columns`: field to the attribute that holds it. `values`: field to the key of a value to how the catalogue writes it.
    `surnames`: field to a name's last word to those who have it. `numbers`: what number fields span. `titles`: key to ids.
    `genres`: canonical genre to the catalogue's categories. `twins`: ids by folded title, which `key` gives by id.

    `find` makes it a finder of names for the rule-based reader.
    """

    columns: dict[str, str] = field(default_factory=dict)
    values: dict[str, dict[str, str]] = field(default_factory=lambda: defaultdict(dict))
    surnames: dict[str, dict[str, set[str]]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(set)))
    numbers: dict[str, Numbers] = field(default_factory=dict)
    titles: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    shown: dict[str, str] = field(default_factory=dict)
    genres: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    key: dict[str, str] = field(default_factory=dict)
    twins: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    longest: int = 0

    @classmethod
    def of(cls, items: Iterable[Item]) -> Vocabulary:
        """Read all items once, some twenty microseconds each."""
        made, numbers = cls(), defaultdict[str, list[float]](list)
        counts: Counter[str] = Counter()
        for item in items:
            made._add_title(item)
            counts.update(item.categories)
            for name, value in item.attributes.items():
                if isinstance(value, bool):
                    continue
                known = FIELDS.get(name.lower(), field_of(name))
                if isinstance(value, int | float):
                    made.columns.setdefault(known, name)
                    numbers[known].append(float(value))
                elif known == "title":
                    for alias in [value] if isinstance(value, str) else value:
                        made._name_title(alias, item.id)
                else:
                    made.columns.setdefault(known, name)
                    for one in [value] if isinstance(value, str) else value:
                        made._add_value(known, one)
            if item.language is not None:
                made.columns["language"] = "language"
                made._add_value("language", item.language)
        for category, _ in counts.most_common():
            made.columns["genre"] = "category"
            made.values["genre"][key_of(category)] = category
            if canonical := genre_of(category):
                made.genres[canonical].append(category)
        made.numbers = {
            name: Numbers(min(some), max(some), float(np.median(some))) for name, some in numbers.items() if some
        }
        return made

    def _add_title(self, item: Item) -> None:
        self.shown[item.id], self.key[item.id] = spoken(item.title), folded(item.title)
        self.twins[self.key[item.id]].append(item.id)
        for way in dict.fromkeys([item.title, spoken(item.title)]):
            self._name_title(way, item.id)

    def _name_title(self, way: str, identity: str) -> None:
        key = key_of(way)
        for one in dict.fromkeys([key, _ARTICLE.sub("", key)]):
            if one and identity not in self.titles[one]:
                self.titles[one].append(identity)
        self.longest = max(self.longest, key.count(" ") + 1)

    def _add_value(self, known: str, value: str) -> None:
        if not 0 < len(value) <= 80:
            return
        key = key_of(value)
        if key not in self.values[known] and key:
            self.values[known][key] = value
            if known in NAMES and " " in key and key[0].isascii():
                self.surnames[known][key.split()[-1]].add(value)
            self.longest = max(self.longest, key.count(" ") + 1)

    def find(self, text: str) -> list[tuple[int, int, str, str]]:
        """Names in a message, the longest first where they overlap: (start, end, field, name) by position."""
        tokens = [(one.start(), one.end(), one.group().casefold()) for one in _TOKENS.finditer(text)]
        most, found, n = min(self.longest, MOST_TOKENS), [], 0
        while n < len(tokens):
            for length in range(min(most, len(tokens) - n), 0, -1):
                key = " ".join(token for _, _, token in tokens[n : n + length])
                here = tokens[n][0], tokens[n + length - 1][1]
                if (named := self._named(key)) and not (named[0] == "title" and _doubtful(key, text, *here)):
                    found.append((*here, *named))
                    n += length - 1
                    break
            n += 1
        return found

    def _named(self, key: str) -> tuple[str, str] | None:
        for known in NAMES:
            if len(key) > 2 and key in self.values.get(known, ()):
                return known, self.values[known][key]
        if key in self.titles:
            return "title", self.shown[self.titles[key][0]]
        return None

    def items_of(self, title: str) -> list[str]:
        """Ids of what is called so, several where titles are shared; by likeness if none is called exactly so."""
        key = key_of(title)
        if not key:
            return []
        for one in (key, _ARTICLE.sub("", key)):
            if one in self.titles:
                return self.titles[one]
        begun = sorted(one for one in self.titles if one.startswith(f"{key} ")) if len(key) > 3 else []
        if begun:
            return self.titles[begun[0]]
        near = [one for one in self.titles if one[:1] == key[:1] and abs(len(one) - len(key)) <= 2]
        close = difflib.get_close_matches(key, near, n=1, cutoff=0.84) if len(key) > 3 else []
        return self.titles[close[0]] if close else []

    def values_like(self, known: str, value: str) -> list[str]:
        """How the catalogue writes a value of a field: the value itself, people of that last name, a genre's categories."""
        if known == "genre" and (canonical := value if value in GENRES else genre_of(value)) in self.genres:
            return self.genres[canonical or ""]
        key, written = key_of(value), self.values.get(known, {})
        if key in written:
            return [written[key]]
        if known in NAMES and (same := self.surnames.get(known, {}).get(key)):
            return sorted(same)
        for other in (key.removesuffix("s"), f"{key}s", key.replace(" ", "")):
            if other in written:
                return [written[other]]
        if len(key) > 4 and (near := difflib.get_close_matches(key, written, n=1, cutoff=0.86)):
            return [written[near[0]]]
        return []

    def values_in(self, item: Item, known: str) -> tuple[str | float, ...]:
        """What an item has in a field; of `year` also the one in brackets after its title. Truths are no values."""
        if known == "genre":
            return item.categories
        if known == "language":
            return (item.language,) if item.language else ()
        value = item.attributes.get(self.columns.get(known, known))
        if value is None and known == "year":
            value = year_of(item)
        if value is None or isinstance(value, bool):
            return ()
        return value if isinstance(value, tuple) else (value,)

    def same(self, ids: Iterable[str]) -> set[str]:
        """`ids` with all items of the same title in full."""
        return {one for identity in ids for one in self.twins.get(self.key.get(identity, ""), [identity])}


def _doubtful(key: str, text: str, start: int, end: int) -> bool:
    """Whether a word that is a title stands for something else: too short, or a part of a longer name or word."""
    if " " in key or not key.isascii():
        return False
    before, after = text[max(0, start - 2) : start], text[end : end + 2]
    part = (before[-1:] in {"'", "’", "-"}) or (after[:1] in {"'", "’", "-"} and after[1:].isalpha())
    named = (after[:1] == " " and after[1:].isupper()) or (before[-1:] == " " and _NAME_BEFORE.search(text[:start]))
    return len(key) < 3 or part or bool(named and text[start].isupper())


def key_of(text: str) -> str:
    """A name as it is looked up: simplified characters, no case, no punctuation; each Chinese character a word of its own."""
    return " ".join(_TOKENS.findall(_APOSTROPHE.sub("", plain(text)).casefold()))
