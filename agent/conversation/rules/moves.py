"""Towards where the next slate is to move (`shorter`, `动作戏多一点`), and what is to stay or to change (`same director`)."""

from __future__ import annotations

from tastemaker.agent.conversation.reading import Condition, Critique
from tastemaker.agent.conversation.rules.found import FLIPPED, Said
from tastemaker.agent.conversation.rules.lexicon import HAN, Token
from tastemaker.agent.conversation.rules.naming import loose_title
from tastemaker.agent.conversation.rules.steps import Steps

_STATED = {"year", "popularity", "price", "rating", "violence", "runtime", "action", "romance"}
_BEFORE = {"偏", "比较", "稍微", "稍", "略", "略微", "稍稍", "稍为", "稍许"}


class Moves(Steps):
    """Handlers of comparatives, degrees and adjectives, and of what is the same or different."""

    def _same(self, at: int, token: Token) -> int:
        return self._shared(at, self.sign)

    def _different(self, at: int, token: Token) -> int:
        return self._shared(at, -1 if self.sign == 1 else 1)

    def _keep(self, name: str, sign: int, of: str = "last") -> None:
        self.found.said.append(Said(Condition(field=name, values=(f"of:{of}",)), sign, self.wish, self.clause))

    def _shared(self, at: int, sign: int) -> int:
        field = self._next(at + 1, {"field"}, 4, {"stop", "of", "domain", "not", "want", "same", "different"})
        if field is None:
            if self._kind(at) == "different":
                self.found.signals.add("other")
            return at + 1
        place = self._next(
            field + 1, {"place", "title", "alias", "name"}, 5, {"stop", "of", "similar", "and", "field", "from"}
        )
        back = next((one for one in self._here() if one.opinion == "similar" or HAN.search(self.text)), None)
        of = (
            self.tokens[place].value
            if place is not None and HAN.search(self.text) is None
            else back.name
            if back
            else "last"
        )
        if back and HAN.search(self.text):
            self.found.items.remove(back)
        fields = [n for n in range(field, min(field + 4, len(self.tokens))) if self._kind(n) == "field"]
        last = field
        for n in fields:
            if n > field and {one.kind for one in self.tokens[last + 1 : n]} - {"and", "or", "stop"}:
                break
            self._keep(self.tokens[n].value, sign, of)
            last = n
        return (place if place is not None and of != "last" else last) + 1

    def _degree(self, at: int, token: Token) -> int:
        target = self._next(at + 1, {"adj", "genre", "cmp"}, 4, {"stop", "bit", "exact", "of", "very"})
        if target is None:
            if token.text.lower().endswith("more"):
                self.found.signals.add("other")
            return at + 1
        said = self.tokens[target]
        if said.kind == "genre":
            if token.value == "more" and not HAN.search(said.text) and self._counts_films(target):
                return at + 1
            name, direction = said.value.split("+")[0], "more"
        elif said.kind == "cmp":
            return at + 1
        else:
            name, _, direction = said.value.partition("/")
        if token.value in {"less", "too"}:
            direction = FLIPPED[direction]
        if token.value == "more" and HAN.search(said.text) and (tail := self._tail(target)):
            direction = FLIPPED[direction] if tail == "less" else direction
        self._move(name, direction, target)
        return self._past(name, self._after_bits(target))

    def _past(self, name: str, at: int) -> int:
        """Past another word for the same thing: `less graphic violence`."""
        same = at < len(self.tokens) and self.tokens[at].kind == "adj" and self.tokens[at].value.startswith(f"{name}/")
        return at + same

    def _counts_films(self, at: int) -> bool:
        said = self.tokens[at].text.lower()
        return self._kind(at + 1) == "domain" or (said.endswith("s") and said not in {"laughs", "explosions", "scares"})

    def _tail(self, at: int) -> str:
        """`多一点`, `一点`, `少一点` after the word at `at`."""
        after = self._next(at + 1, {"degree", "bit"}, 3, {"stop", "of", "domain"})
        if after is None:
            return ""
        if self._kind(after) == "bit":
            return "more" if self.tokens[after].text not in _BEFORE else ""
        return self.tokens[after].value

    def _after_bits(self, at: int) -> int:
        at += 1
        while self._kind(at) in {"bit", "degree"} and (
            self._kind(at) == "bit" or self.tokens[at].value in {"more", "less", "over"}
        ):
            at += 1
        return at

    def _moved(self, at: int, token: Token) -> int | None:
        """A genre as something to have more or less of: `动作戏多一点`, `恐怖一点`."""
        if not HAN.search(token.text) or token.text.endswith("片") or (tail := self._tail(at)) not in {"more", "less"}:
            return None
        self._move(token.value.split("+")[0], tail, at)
        return self._after_bits(at + 1 if self._kind(at + 1) in {"stop", "of", "domain"} else at)

    def _adj(self, at: int, token: Token) -> int:
        name, _, direction = token.value.partition("/")
        tail, before = self._tail(at), self._kind(at - 1)
        if before == "bit" or tail in {"more", "less", "over"}:
            less = tail in {"less", "over"} or (self.sign == -1 and not self.used)
            self._move(name, FLIPPED[direction] if less else direction, at)
            return self._after_bits(at)
        if self.sign == -1 and not self.used:
            self._move(name, FLIPPED[direction], at)
            self.used = True
        elif HAN.search(token.text) and len(token.text) == 1 and self._kind(at + 1) != "domain":
            return at + 1
        elif name in _STATED:
            self._move(name, direction, at)
        elif self.sign == 1 or self.used:
            self.found.query.append(token.text.lower())
        return at + 1

    def _cmp(self, at: int, token: Token) -> int:
        name, _, direction = token.value.partition("/")
        self._move(name, FLIPPED[direction] if self.sign == -1 and not self.used else direction, at)
        return self._past(name, at + 1)

    def _move(self, name: str, direction: str, at: int) -> None:
        than = self.than if self.than not in ("", "next") else ""
        after = self._next(at + 1, {"than"}, 4, {"stop", "domain", "bit", "exact"})
        if after is not None:
            target = self._next(after + 1, {"place", "title", "alias", "name"}, 4, {"stop", "domain", "of"})
            if target is not None:
                one = self.tokens[target]
                than = one.text if one.kind == "name" else one.value
                del self.tokens[after : target + 1]
            elif loose := loose_title(self.text, self.tokens, after + 1, past=True):
                than = loose[0]
                del self.tokens[after : loose[1]]
        self.found.critiques.append(Critique(field=name, direction=direction, than=than or "last"))

    def _than(self, at: int, token: Token) -> int:
        self.than = "next"
        return at + 1
