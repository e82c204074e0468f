"""Reads the tokens of a turn from left to right, each by the handler of its kind."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tastemaker.agent.conversation.rules.found import ITEMS, VALUES, Found
from tastemaker.agent.conversation.rules.lexicon import Token
from tastemaker.agent.conversation.rules.statements import Statements


def walk(text: str, tokens: Sequence[Token], year: int) -> Found:
    """What the tokens of `text` say."""
    return Walk(text, tokens, year).found


class Walk(Statements):
    """One walk over the tokens of `text`; `found` is what it gathers."""

    def __init__(self, text: str, tokens: Sequence[Token], year: int) -> None:
        super().__init__(text, tokens, year)
        self._do: dict[str, Callable[[int, Token], int]] = {
            "end": self._end, "comma": self._comma, "but": self._but, "not": self._not, "except": self._except,
            "dislike": self._dislike, "neutral": self._neutral, "like": self._like, "want": self._want, "wish": self._wish,
            "similar": self._similar, "similarly": self._similarly, "seen": self._seen, "unseen": self._unseen,
            "good": self._good, "bad": self._bad, "weak": self._weak, "okay": self._okay, "correct": self._correct,
            "degree": self._degree, "cmp": self._cmp, "adj": self._adj, "than": self._than, "same": self._same,
            "different": self._different, "role": self._role, "with": self._with, "about": self._about, "word": self._word,
            "number": self._number, "count": self._count, "person": self._person, "nick": self._person, "name": self._name,
            "by": self._by, "field": self._field, "deny": self._deny, "from": self._from,
        }  # fmt: skip
        at = 0
        while at < len(self.tokens):
            token = self.tokens[at]
            self.found.signals.add(token.kind)
            if token.kind in ITEMS:
                at = self._item(at, token)
            elif token.kind in self._do:
                at = self._do[token.kind](at, token)
            elif token.kind in VALUES:
                at = self._value(at, token)
            else:
                at += 1
