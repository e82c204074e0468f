"""The independent referee of explanations: splits a sentence into statements and judges each by the world's raw records.

The terms of a sentence (titles, values, numbers, the query, conditions) become placeholders; what is left is cut into
clauses of a small grammar, with as few pieces as there can be; words that belong to no clause are `unknown`, so they
are not supported. Nothing here knows how explanations are made or verified.

What counts as true, where it could be doubted:

- *liked*: the latest like, dislike or rating weighs 0.5 or more; what was only bought or viewed is not "liked". *You like
  dramas* needs two liked items that are dramas. *watched, read, had*: any event on it.
- *close to X*: the item is in the nearest tenth to X, which is of the history. *Those who had X had it (more often)*: at
  least five had both, and more of those with X than of all. Nothing is known of what others liked or bought.
- *no horror*: a known category, none of the item's, which has some; or, word for word, a met condition.
- *fits your search*: there is a query. A quoted stretch of the query stands for it, unless the query denies something.
- A hedge (*you may like it*) and *recommended because* state nothing, but the title has to be the item's.
- Titles of other items than the recommended one and those of the history are not supported anywhere.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from tastemaker.eval.benchmarks.explain import checker_chinese, checker_english
from tastemaker.eval.benchmarks.explain.checker_clauses import Statement, Table
from tastemaker.eval.benchmarks.explain.checker_facts import Facts
from tastemaker.eval.benchmarks.explain.checker_reader import Reader
from tastemaker.eval.benchmarks.explain.checker_terms import HAN, Tagger, low, script
from tastemaker.eval.benchmarks.explain.world import World

__all__ = ["Statement", "statements", "supported"]

MARKUP = re.compile(
    r"</?[a-zA-Z][^>]*>|\*\*|__|`|https?://|www\.|\]\(|^\s*[#>*-]\s|[{}\[\]|\\^@]|~[^~\n]*~|[\n\r\t]|<\|"
)
CHARACTER = re.compile(r"<\d+>|\S")
PIECE = re.compile(r"<\d+>|[^\W\d_]+|\d+|\S")


@dataclass(frozen=True, slots=True)
class Grammar:
    """The compiled clauses of a language, and the words in them."""

    table: Table
    clauses: tuple[tuple[str, re.Pattern[str]], ...]
    words: frozenset[str]
    chinese: bool


@lru_cache(maxsize=2)
def grammar(chinese: bool) -> Grammar:
    """The clauses of Chinese or of English."""
    module = checker_chinese if chinese else checker_english
    end = "" if chinese else r"(?![\w])"
    clauses = tuple((name, re.compile(pattern + end)) for name, pattern in module.PATTERNS)
    sources = " ".join([*(pattern for _, pattern in module.PATTERNS), *module.VERBS, *module.ROLES, *module.DONE])
    cut = re.findall(r"[㐀-鿿]+" if chinese else r"[a-z']+", re.sub(r"\(\?P<\w+>|\\\w", " ", sources))
    table = Table(module.VERBS, module.ROLES, module.DONE, chinese)
    return Grammar(table, clauses, frozenset(cut), chinese)


def is_chinese(language: str) -> bool:
    """Whether a language tag is one of Chinese."""
    return language.lower().split("-")[0] in ("zh", "cmn", "yue")


def statements(sentence: str, world: World) -> list[Statement]:
    """The statements of an explanation, in their order, each with whether the world's records support it."""
    rules = grammar(is_chinese(world.language))
    found = [Statement("markup", match[0], False) for match in MARKUP.finditer(plain_lines(sentence))]
    own = [world.item.id, *(event.item_id for event in world.events if event.item_id is not None)]
    text, terms = Tagger(world, rules.words, own).tag(sentence)
    found += _language(text, sentence, world, rules.chinese)
    reader = Reader(Facts(world), rules.table, terms)
    pieces = _cut(_dropped(text, rules), rules)
    for n, (name, piece) in enumerate(pieces):
        reader.read(name, piece, pieces[n + 1][0] if n + 1 < len(pieces) else "")
    return found + reader.finish()


def supported(sentence: str, world: World) -> bool:
    """Whether a sentence states something, all that it states is supported, and it is in the world's language."""
    found = statements(sentence, world)
    return bool(found) and all(one.supported for one in found)


def plain_lines(sentence: str) -> str:
    """The sentence without outer spaces, its line breaks kept."""
    return sentence.strip()


def _language(text: str, sentence: str, world: World, chinese: bool) -> list[Statement]:
    rest = re.sub(r"<\d+>", " ", text)
    foreign = re.findall(r"[^\W\d_]+", HAN.sub(" ", rest)) if chinese else HAN.findall(rest)
    wrong = [Statement("language", "".join(foreign), False)] if foreign else []
    tag = world.language.lower()
    if chinese and (wanted := _script(tag)):
        seen = script(_outside(sentence, world))
        wrong += [Statement("language", seen, False)] if seen and seen != wanted else []
    return wrong


def _script(tag: str) -> str:
    if re.search(r"-(hant|tw|hk|mo)\b", tag):
        return "traditional"
    return "simplified" if re.search(r"-(hans|cn|sg)\b", tag) else ""


def _outside(sentence: str, world: World) -> str:
    """What is the writer's own: without titles and quotes, and the values, query and conditions as they are recorded."""
    keys = {world.item.id, *(event.item_id for event in world.events)}
    items = [world.item, *(item for key, item in world.items.items() if key in keys)]
    values = [
        one
        for item in items
        for given in item.attributes.values()
        for one in (given if isinstance(given, tuple) else [given])
    ]
    recorded = [*values, *(kind for item in items for kind in item.categories), world.query, *world.conditions]
    for one in sorted(filter(None, map(str, recorded)), key=len, reverse=True):
        sentence = sentence.replace(one, "")
    return re.sub(r"《[^》]*》|「[^」]*」|“[^”]*”", "", sentence)


def _dropped(text: str, rules: Grammar) -> str:
    """Lower case, contractions spelled out, no spaces in Chinese."""
    text = low(text)
    drops = (checker_chinese if rules.chinese else checker_english).DROPPED
    for old, new in drops:
        text = text.replace(old, new) if rules.chinese else re.sub(rf"\b{old}\b", new, text)
    return text if rules.chinese else re.sub(r"(<\d+>)'s\b", r"\1 's", text)


def _cut(text: str, rules: Grammar) -> list[tuple[str, re.Match[str]]]:
    """The fewest clauses that a text is made of; an unknown word costs as much as a hundred."""
    best: list[tuple[int, int, str, re.Match[str] | None]] = [(0, 0, "", None)] * (len(text) + 1)
    for at in range(len(text) - 1, -1, -1):
        if text[at] == " ":
            best[at] = (best[at + 1][0], at + 1, "", None)
            continue
        word = (CHARACTER if rules.chinese else PIECE).match(text, at)
        stop = word.end() if word else at + 1
        choice = (100 + best[stop][0], stop, "unknown", word)
        if rules.chinese or not at or not (text[at - 1].isalnum() and text[at].isalnum()):
            for name, clause in rules.clauses:
                match = clause.match(text, at)
                if match and match.end() > at and 1 + best[match.end()][0] < choice[0]:
                    choice = (1 + best[match.end()][0], match.end(), name, match)
        best[at] = choice
    return _path(best)


def _path(best: list[tuple[int, int, str, re.Match[str] | None]]) -> list[tuple[str, re.Match[str]]]:
    path, at = [], 0
    while at < len(best) - 1:
        _, stop, name, match = best[at]
        if match is not None:
            path.append((name, match))
        at = stop
    return path
