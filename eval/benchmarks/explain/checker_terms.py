"""Finding the terms of a sentence: titles, values, numbers, queries and conditions become numbered placeholders."""

from __future__ import annotations

import html
import re
import unicodedata
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from functools import cache, lru_cache

from opencc import OpenCC

from tastemaker.domain import Item
from tastemaker.eval.benchmarks.explain.world import World

ENDS = " ,.;!?。"
LONGEST = 400
"""Characters of the longest term that is looked for."""
HAN = re.compile(r"[㐀-鿿]")
PAIRS = {'"': '"', "'": "'", "《": "》", "〈": "〉", "「": "」", "『": "』"}
YEAR = re.compile(r"\s*\((\d{4})年?\)")
NUMBER = re.compile(r"\d+(?:\.\d+)?(?![\w.]*\.\d)")
YEAR_NAMES = {"year", "release_year", "published", "publication_year", "released", "年份", "上映年份", "出版年份"}
ALIASES = {
    "action": "动作", "adventure": "冒险", "animation": "动画", "children's": "儿童", "comedy": "喜剧", "crime": "犯罪",
    "documentary": "纪录", "drama": "剧情", "fantasy": "奇幻", "film-noir": "黑色", "horror": "恐怖", "musical": "歌舞",
    "mystery": "悬疑", "romance": "爱情", "sci-fi": "科幻", "thriller": "惊悚", "war": "战争", "western": "西部",
}  # fmt: skip
FORMS = {
    "romance": ("romantic",), "animation": ("animated",), "sci-fi": ("science fiction", "science-fiction"),
    "film-noir": ("film noir", "noir"), "history": ("historical",), "biography": ("biographical",),
    "children's": ("children",),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Term:
    """What a span of a sentence may stand for; `sound` is false of a quoted unknown and of a title with a wrong year."""

    text: str
    titles: frozenset[str] = frozenset()
    values: frozenset[tuple[str, str]] = frozenset()
    number: float | None = None
    decade: bool = False
    query: bool = False
    searched: bool = False
    condition: str | None = None
    sound: bool = True


@cache
def _simple() -> OpenCC:
    return OpenCC("t2s")


@cache
def _full() -> OpenCC:
    return OpenCC("s2t")


def script(text: str) -> str:
    """`simplified` or `traditional` where the characters leave no doubt, else nothing."""
    simple, full = _simple().convert(text) == text, _full().convert(text) == text
    return "simplified" if simple and not full else "traditional" if full and not simple else ""


@lru_cache(maxsize=200_000)
def plain(text: str) -> str:
    """NFKC, no HTML entities, simplified characters, straight quotes, one kind of dot and of dash, single spaces."""
    text = unicodedata.normalize("NFKC", html.unescape(text))
    if HAN.search(text):
        text = _simple().convert(text)
    for many, one in (("“”„″", '"'), ("‘’‛′`´", "'"), ("・•‧∙●", "·"), ("‐‑‒–", "-"), ("…", "...")):
        for char in many:
            text = text.replace(char, one)
    return " ".join(text.split())


def low(text: str) -> str:
    """Lower case, of the same length."""
    return "".join(char.lower() if len(char.lower()) == 1 else char for char in text)


def year_of(item: Item) -> set[int]:
    """Years that a record gives an item: its attribute, or the brackets behind its title."""
    named = [value for name, value in item.attributes.items() if name.lower() in YEAR_NAMES]
    found = {int(str(value)[:4]) for value in named if str(value)[:4].isdigit()}
    if not found and (last := re.search(r"\((\d{4})\)\s*$", plain(item.title))):
        found = {int(last[1])}
    return found


def forms(item: Item) -> Iterator[str]:
    """How a title may be written."""
    title = plain(item.title)
    bare = re.sub(r"(?:\s*\([^()]*\))+\s*$", "", title).strip() or title
    moved = re.fullmatch(r"(.+), (The|A|An|Le|La|Les|L'|Il|Das|Der|Die|El|Los|Las)", bare)
    names = [bare]
    if moved:
        names += [f"{moved[2]} {moved[1]}" if not moved[2].endswith("'") else moved[2] + moved[1], moved[1]]
    yield title
    for name in names:
        yield name
        yield from (f"{name} ({year})" for year in year_of(item))


def value_forms(value: str) -> Iterator[str]:
    """How a category or another value may be written, in singular and plural, in English and Chinese."""
    value = low(plain(value))
    names = {value, value.replace("-", " "), value.replace("&", "and"), value.replace(" and ", " & ")}
    names |= set(FORMS.get(value, ()))
    names |= {ALIASES[value]} if value in ALIASES else {key for key, name in ALIASES.items() if name == value}
    for name in names:
        yield name
        if name.isascii() and name[-1:].isalpha():
            yield name[:-1] + "ies" if name[-1] == "y" and name[-2:-1] not in "aeiou" else name + "s"


def values_of(item: Item) -> Iterator[tuple[str, str]]:
    """Each category and each value of the attributes, with its field; truth values are left out."""
    for category in item.categories:
        yield "category", low(plain(category))
    for name, given in item.attributes.items():
        for value in given if isinstance(given, tuple) else (given,):
            if not isinstance(value, bool):
                yield name, low(plain(str(value)))


class Lexicon:
    """All that a catalogue's titles and values may be written as."""

    def __init__(self, items: Mapping[str, Item]) -> None:
        titles: dict[str, set[str]] = {}
        values: dict[str, set[tuple[str, str]]] = {}
        for key, item in items.items():
            for form in forms(item):
                titles.setdefault(low(form), set()).add(key)
        for field, value in {pair for item in items.values() for pair in values_of(item)}:
            for form in value_forms(value):
                values.setdefault(form, set()).add((field, value))
        self.titles = {form: frozenset(keys) for form, keys in titles.items()}
        self.values = {form: frozenset(pairs) for form, pairs in values.items()}
        self.fields = tuple(sorted({name for item in items.values() for name in item.attributes}))


_KNOWN: OrderedDict[int, tuple[Mapping[str, Item], Lexicon]] = OrderedDict()


def lexicon(items: Mapping[str, Item]) -> Lexicon:
    """The lexicon of a catalogue; those of the last few are kept."""
    found = _KNOWN.get(id(items))
    if found is None or found[0] is not items:
        _KNOWN[id(items)] = found = (items, Lexicon(items))
        while len(_KNOWN) > 4:
            _KNOWN.popitem(last=False)
    return found[1]


class Tagger:
    """Replaces the terms of a sentence, longest first. `words` are the grammar's own: they name nothing unquoted."""

    def __init__(self, world: World, words: AbstractSet[str], own: Iterable[str]) -> None:
        self.world, self.words, self.own = world, words, frozenset(own)
        self.lexicon = lexicon(world.items)
        self.lowered = ""
        self.asked = {_query(world.query)} if world.query else set()
        self.searched = {_query(event.text) for event in world.events if event.text and event.item_id is None}
        self.conditions = {_query(condition): condition for condition in world.conditions}
        self.extra = {*self.asked, *self.searched, *self.conditions}

    def tag(self, sentence: str) -> tuple[str, list[Term]]:
        """The text with `<n>` for the n-th term, and the terms."""
        text, terms, out, at = plain(sentence), list[Term](), "", 0
        self.lowered = low(text)
        while at < len(text):
            found = self._quoted(text, at) or self._bare(text, at)
            if found is None:
                out, at = out + text[at], at + 1
                continue
            term, at = found
            if term.titles and (year := YEAR.match(text, at)):
                term, at = self._dated(term, int(year[1])), year.end()
            out += f"<{len(terms)}>"
            terms.append(term)
        return out, terms

    def _quoted(self, text: str, at: int) -> tuple[Term, int] | None:
        close = PAIRS.get(text[at])
        if close is None or (text[at] == "'" and at and text[at - 1].isalnum()):
            return None
        ends = [n for n in range(at + 2, min(len(text), at + LONGEST)) if text[n] == close]
        for end in reversed(ends):
            inner = text[at + 1 : end].strip(ENDS)
            for name in (text[at + 1 : end].strip(), inner):
                if term := self._term(name):
                    return term, end + 1
            if (
                (year := YEAR.search(inner))
                and year.end() == len(inner)
                and (term := self._term(inner[: year.start()]))
            ):
                return self._dated(term, int(year[1])), end + 1
        if not ends or (text[at] == "'" and text[ends[0] + 1 : ends[0] + 2].isalnum()):
            return None
        inner = text[at + 1 : ends[0]]
        return Term(inner, query=self._part_of_query(inner), sound=self._part_of_query(inner)), ends[0] + 1

    def _bare(self, text: str, at: int) -> tuple[Term, int] | None:
        if text[at] == " " or not _edge(text, at):
            return None
        if text[at].isdigit() and (number := NUMBER.match(text, at)):
            term, end = self._number(text, number)
        else:
            term, end = None, at
        for stop in range(min(len(text), at + LONGEST), max(at, end), -1):
            if _edge(text, stop) and text[stop - 1] != " " and (found := self._open(text, at, stop)):
                same = term is not None and stop == end
                return (replace(found, number=term.number) if same and term else found), stop
        return (term, end) if term else None

    def _number(self, text: str, number: re.Match[str]) -> tuple[Term, int]:
        end = number.end()
        if decade := re.compile(r"s\b|年代").match(text, end):
            value = float(number[0]) if len(number[0]) == 4 else 1900 + float(number[0])
            return Term(text[number.start() : decade.end()], number=value, decade=True), decade.end()
        return Term(number[0], number=float(number[0])), end

    def _open(self, text: str, start: int, stop: int) -> Term | None:
        """The term that these characters are where no quotes are round them."""
        key = self.lowered[start:stop]
        if key not in self.lexicon.titles and key not in self.lexicon.values and key not in self.extra:
            return None
        term = self._term(text[start:stop])
        if term is None or term.query or term.condition or term.searched:
            return term
        name, first = text[start:stop], text[start]
        common = low(name) in self.words or all(
            word in self.words for word in re.findall(r"[a-z']+|[^a-z'\s]+", low(name))
        )
        inside = not re.search(r"(?:^|[.!?;:。])\s*$", text[:start])
        if HAN.search(name):
            titled = not common and (len(name) > 1 or bool(term.titles & self.own)) and self._stands(text, start, stop)
        elif first.isupper() or first.isdigit():
            titled = not common or (inside and all(word[0].isupper() for word in name.split()))
        else:
            titled = not common and bool(term.titles & self.own) and len(name) > 3
        titles = term.titles if titled else frozenset[str]()
        values = frozenset[tuple[str, str]]() if common and (name == low(name) or not inside) else term.values
        return replace(term, titles=titles, values=values) if titles or values else None

    def _stands(self, text: str, start: int, stop: int) -> bool:
        """Whether an unquoted Chinese title of one character can be read as one."""
        return stop - start > 1 or not HAN.match(text, stop) or text[stop] in "和与也是的"

    def _term(self, name: str) -> Term | None:
        key = low(name.strip())
        titles = self.lexicon.titles.get(key, frozenset())
        term = Term(
            name, titles, self.lexicon.values.get(key, frozenset()), query=_query(name) in self.asked,
            searched=_query(name) in self.searched, condition=self.conditions.get(_query(name)),
        )  # fmt: skip
        return term if titles or term.values or term.query or term.searched or term.condition else None

    def _dated(self, term: Term, year: int) -> Term:
        kept = frozenset(key for key in term.titles if year in year_of(self.world.items[key]))
        return replace(term, text=f"{term.text} ({year})", titles=kept or term.titles, sound=bool(kept))

    def _part_of_query(self, text: str) -> bool:
        """Whether a quote is a whole stretch of the query, and nothing in the query denies anything."""
        inner = low(plain(text)).strip(ENDS)
        denied = re.compile(r"\b(no|not|without|except|but|never)\b|n't|不|没|除|别|无")
        return len(inner) > 1 and any(inner in asked and not denied.search(asked) for asked in self.asked)


def _query(text: str) -> str:
    return low(plain(text)).strip(ENDS)


def _edge(text: str, at: int) -> bool:
    """Whether a term may begin or end here: not inside of a word of letters."""
    if at in (0, len(text)):
        return True
    before, after = text[at - 1], text[at]
    if HAN.match(before) or HAN.match(after):
        return True
    return not (before.isalnum() and after.isalnum())
