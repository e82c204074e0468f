"""What follows a word that calls for a name: people, titles in lower case, topics."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from tastemaker.agent.conversation.rules.lexicon import HAN, Token

_TITLE_ENDS = {"end", "comma", "but", "wish", "cmp", "degree", "range", "good", "bad", "weak", "seen", "not", "except", "want", "like", "dislike", "similarly", "than", "title", "name", "alias", "place", "number", "adj", "with", "by", "lift", "similar"}  # fmt: skip
_TOPIC_ENDS = {"end", "comma", "but", "wish", "cmp", "degree", "range", "not", "except", "want", "like", "dislike", "similar", "role", "by", "number", "award", "provider", "subtitles", "person", "nick", "name", "similarly", "audience", "lift", "seen", "about"}  # fmt: skip
_VALUES = {"genre", "region", "language", "audience", "person", "nick", "range", "mood", "provider", "award", "domain", "field"}  # fmt: skip
_WRITTEN = {"dicaprio": "DiCaprio", "mcconaughey": "McConaughey", "mccarthy": "McCarthy", "mcgregor": "McGregor", "mckellen": "McKellen", "mcavoy": "McAvoy", "deniro": "DeNiro", "lebeouf": "LaBeouf"}  # fmt: skip
_POSSESSIVE = re.compile(r"['’]s?$")
_MOVIES = {"movie", "movies", "film", "films", "one", "ones", "flick", "flicks"}
_MOST_WORDS = 8


@dataclass(frozen=True, slots=True)
class Person:
    """A person and what they are known for: `star`, `director`, `author`, `artist`, or a `brand`."""

    role: str
    name: str


def person_of(token: Token) -> Person:
    """The person whom a `person` or `nick` token names, as it is written; in capitals if it is all lower case."""
    role, _, name = token.value.partition(":")
    name = _POSSESSIVE.sub("", name or token.text)
    if name.islower() or (name.isupper() and len(name) > 4 and not HAN.search(name)):
        name = " ".join(_WRITTEN.get(word.lower(), word.capitalize()) for word in name.split())
    return Person(role, name)


def loose_title(text: str, tokens: Sequence[Token], at: int, *, past: bool) -> tuple[str, int] | None:
    """A title in lower case from token `at` on, and where it ends; None if what stands there is something else.

    Without a word in the `past` tense before (`loved`, `seen`), one word may as well be a topic: `i like cats`.
    """
    if at >= len(tokens) or HAN.search(text):
        return None
    if tokens[at].kind in _VALUES - {"domain"} or tokens[at].kind in {
        "place",
        "title",
        "name",
        "alias",
        "many",
        "series",
    }:
        return None
    end = at
    while end < len(tokens) and end - at < _MOST_WORDS and not _ends(tokens, end):
        end += 1
    while end > at and (
        tokens[end - 1].kind in {"stop", "and", "or", "from", "of"} or tokens[end - 1].text.lower() in _MOVIES
    ):
        end -= 1
    some = tokens[at:end]
    first = next((one for one in some if one.kind != "stop"), None)
    if first is None or first.kind != "word" or (not past and len(some) < 2):
        return None
    return text[some[0].start : some[-1].end].strip(), end


def _ends(tokens: Sequence[Token], at: int) -> bool:
    kind, after = tokens[at].kind, tokens[at + 1].kind if at + 1 < len(tokens) else ""
    if kind in {"and", "or"}:
        return after in _TITLE_ENDS | {"word"}
    if kind == "from":
        return after in {"range", "stop", "region", "person", "nick", "provider"}
    return kind in _TITLE_ENDS


def topic_after(text: str, tokens: Sequence[Token], at: int) -> tuple[str, int] | None:
    """What `about` is followed by, up to the end of the phrase, and where it ends."""
    if HAN.search(text[tokens[at - 1].start : tokens[at - 1].end]):
        return _han_topic(text, tokens, at)
    end = at
    while end < len(tokens) and tokens[end].kind == "stop":
        end += 1
    if end < len(tokens) and tokens[end].kind == "region" and tokens[at - 1].text.lower() == "set in":
        return None
    if end < len(tokens) and tokens[end].kind in {"name", "person", "nick", "title"}:
        return tokens[end].text.lower().strip("\"'"), end + 1
    end = at
    while end < len(tokens) and end - at < _MOST_WORDS and tokens[end].kind not in _TOPIC_ENDS:
        if tokens[end].kind in {"from", "with", "and"} and end + 1 < len(tokens) and tokens[end + 1].kind in _TOPIC_ENDS | {"stop"} - {"degree"}:  # fmt: skip
            break
        end += 1
    some = list(tokens[at:end])
    while some and (some[0].kind == "stop" or some[0].text.lower() in {"some", "any"}):
        some = some[1:]
    while some and some[-1].kind in {"stop", "talk", "domain", "from", "okay", "place", "with", "and"}:
        some = some[:-1]
    if not some:
        return None
    words = [one.value if one.kind == "topic" else one.text.lower() for one in some]
    return " ".join(words), end


def _han_topic(text: str, tokens: Sequence[Token], at: int) -> tuple[str, int] | None:
    end = at
    ends = {"end", "comma", "but", "aboutend", "domain", "of"}
    while end < min(len(tokens), at + _MOST_WORDS) and (tokens[end].kind not in ends or (end == at and tokens[end].kind == "domain")):  # fmt: skip
        end += 1
    if end == at or (tokens[at].kind in {"person", "nick"}):
        return None
    said = text[tokens[at].start : tokens[end - 1].end].strip()
    while len(said) > 1 and said[-1] in "的了过呢吧":
        said = said[:-1]
    return (said, end) if said else None
