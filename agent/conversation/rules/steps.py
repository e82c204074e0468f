"""A walk over the tokens of a turn: where it stands, what is in force there, and what comes before and after.

A negation reaches over the next value and those joined to it; `but`, a full stop and a word that wants something end it.
"""

from __future__ import annotations

from collections.abc import Sequence

from tastemaker.agent.conversation.rules.found import ENDS, ITEMS, VALUES, Found, Item, Said
from tastemaker.agent.conversation.rules.lexicon import Token
from tastemaker.agent.conversation.rules.lifting import lifted


class Steps:
    """What all handlers of tokens share. A handler is given a place and the token there, and returns where to go on.

    `sign`: 1 what comes is wanted, -1 it is not, 0 neither; `used`: something was said under it. `opinion`: of the items that come.
    `role`: of the people that come. `than`: what a comparative that comes is compared with.
    """

    def __init__(self, text: str, tokens: Sequence[Token], year: int) -> None:
        self.text, self.year, self.found = text, year, Found()
        self.found.lifted, skipped = lifted(tokens)
        self.tokens = [one for n, one in enumerate(tokens) if n not in skipped]
        self.clause, self.sign, self.used, self.wish = 0, 1, False, False
        self.opinion, self.role, self.than = "", "", ""
        self.last_value = -1

    def _end(self, at: int, token: Token) -> int:
        self.clause += 1
        self.sign, self.used, self.wish, self.opinion, self.role, self.than = 1, False, False, "", "", ""
        return at + 1

    def _but(self, at: int, token: Token) -> int:
        return self._end(at, token)

    def _comma(self, at: int, token: Token) -> int:
        self.clause += 1
        after = self._kind(at + 1)
        judged = self._next(at + 1, {"good", "bad", "weak", "like", "dislike", "seen"}) is not None
        if self.sign < 1 and not self._list_goes_on(at):
            self.sign, self.used = 1, False
        if judged or after not in ITEMS | {"name", "word"}:
            self.opinion = ""
        if after not in {"name", "person", "nick"}:
            self.role = ""
        self.than = ""
        return at + 1

    def _list_goes_on(self, at: int) -> bool:
        """Whether `no horror, thrillers or war` goes on after the comma at `at`."""
        if not self.used or self._kind(at + 1) not in VALUES - {"range"}:
            return self._kind(at + 1) in {"or"} and self.used
        for one in self.tokens[at + 1 :]:
            if one.kind in {"or", "and"}:
                return True
            if one.kind not in VALUES | {"comma", "stop", "domain"}:
                return False
        return False

    def _correct(self, at: int, token: Token) -> int:
        self.found.said.clear()
        self.found.query.clear()
        return self._end(at, token)

    def _kind(self, at: int) -> str:
        return self.tokens[at].kind if 0 <= at < len(self.tokens) else ""

    def _next(self, at: int, kinds: set[str], most: int = 12, over: set[str] | None = None) -> int | None:
        """Where in this clause the next token of `kinds` is, looking past tokens of `over` (any, if None)."""
        for n in range(at, min(at + most, len(self.tokens))):
            if self.tokens[n].kind in kinds:
                return n
            if self.tokens[n].kind in ENDS or (over is not None and self.tokens[n].kind not in over):
                return None
        return None

    def _object_follows(self, at: int) -> bool:
        """Whether something that an operator before `at` can apply to comes in this clause."""
        return self._next(at, VALUES | ITEMS | {"word", "adj", "cmp", "field", "same", "different"}, 24) is not None

    def _here(self) -> list[Item]:
        return [one for one in self.found.items if one.clause == self.clause and one.opinion in ("", "similar")]

    def _values_here(self) -> list[Said]:
        return [one for one in self.found.said if one.clause == self.clause]
