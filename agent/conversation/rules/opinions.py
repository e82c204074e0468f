"""What is not wanted, and what is said of items: liked, disliked, seen, or something like them wanted."""

from __future__ import annotations

from tastemaker.agent.conversation.rules.found import ITEMS, VALUES, Item, other_side
from tastemaker.agent.conversation.rules.lexicon import HAN, Token
from tastemaker.agent.conversation.rules.moves import Moves
from tastemaker.agent.conversation.rules.naming import loose_title

_DOERS = {"i", "we", "really", "also", "do", "dont", "kids", "they", "both", "absolutely", "still", "always", "just", "particularly", "especially", "did", "didnt", "actually", "who", "does", "not", "people"}  # fmt: skip


class Opinions(Moves):
    """Handlers of refusals, of opinions before and after what they are of, and of items."""

    def _not(self, at: int, token: Token) -> int:
        if not self._object_follows(at + 1) and (self._reject() or self._reject_before(at)):
            return at + 1
        if self.sign == -1 and not self.used:
            self.sign = 0 if self._kind(at - 1) in {"not", "dislike"} and HAN.search(token.text) else -1
        else:
            self.sign, self.used = -1, False
        return at + 1

    def _reject(self) -> bool:
        """Turn down what this clause named; False if it named nothing."""
        items, values = self._here(), self._values_here()
        if not HAN.search(self.text) and any(one.condition.field == "star" for one in values):
            values = [one for one in values if one.condition.field == "star"]
        for item in items:
            item.opinion = "dislike"
        for one in [] if items else values:
            one.sign = -one.sign
            if (one.condition.low is None) != (one.condition.high is None):
                one.condition, one.sign = other_side(one.condition), 1
        return bool(items or values)

    def _reject_before(self, at: int) -> bool:
        """`Musicals? No thanks`: turn down what the clause before named, if this one has but the refusal."""
        if (
            self._kind(at - 1) not in {"comma", "end"}
            or self._kind(at + 1) not in {"", "end", "stop"}
            or not self.clause
        ):
            return False
        self.clause -= 1
        done = self._reject()
        self.clause += 1
        return done

    def _except(self, at: int, token: Token) -> int:
        self.sign, self.used, self.opinion = -1, False, ""
        return at + 1

    def _dislike(self, at: int, token: Token) -> int:
        if not self._object_follows(at + 1):
            negated = self.sign == -1 and not self.used
            if negated:
                for one in self._values_here():
                    one.sign, self.found.silent = 0, True
            elif not self._reject() and self._kind(at - 1) == "comma":
                self._of_before("dislike")
            return at + 1
        negated = self.sign == -1 and not self.used
        self.sign, self.used = 0 if negated else -1, False
        self.opinion = "none" if negated else "dislike"
        return self._after_opinion(at, token)

    def _neutral(self, at: int, token: Token) -> int:
        if self._object_follows(at + 1):
            self.sign, self.used, self.opinion = 0, False, "none"
            return at + 1
        self.found.silent = True
        for one in self._values_here():
            one.sign = 0
        return at + 1

    def _like(self, at: int, token: Token) -> int:
        if not self._object_follows(at + 1):
            for item in self._here():
                item.opinion = "dislike" if self.sign == -1 and not self.used else "like"
            if self.sign == -1 and not self.used and not self._here():
                self._reject()
            elif not self._here():
                self._of_before("like")
            return at + 1
        if self.sign == -1 and not self.used:
            self.opinion = "dislike"
        else:
            self.sign, self.opinion = 1, "like"
        return self._after_opinion(at, token)

    def _after_opinion(self, at: int, token: Token) -> int:
        """A title in lower case may follow."""
        past = self.opinion == "similar" or token.text.lower().endswith(("d", "w", "n", "t"))
        loose = loose_title(self.text, self.tokens, at + 1, past=past)
        if loose is None:
            return at + 1
        self._add_item(loose[0])
        return loose[1]

    def _similar(self, at: int, token: Token) -> int:
        word = token.text.lower()
        if word == "同" and self._kind(at + 1) in {"field", "role"}:
            self._keep(self.tokens[at + 1].value, self.sign)
            return at + 2
        if word in {"和", "跟", "与", "同"} and not self._next(at + 1, {"similarly", "same"}):
            return at + 1
        if word == "like" and at and self.tokens[at - 1].text.lower().replace("'", "") in _DOERS:
            return self._like(at, token)
        if word == "like" and self._kind(at - 1) in {"", "end"} and self._likes_one(at):
            return self._like(at, token)
        self.opinion = "dislike" if self.sign == -1 and not self.used and not HAN.search(word) else "similar"
        return self._after_opinion(at, token)

    def _likes_one(self, at: int) -> bool:
        """Whether a sentence that begins with `like` is an opinion: `Like the third, not the second`."""
        kinds = {one.kind for one in self.tokens[at + 1 :]}
        return (
            self._kind(at + 1) == "place"
            and bool(kinds & {"not", "dislike", "bad"})
            and not kinds & {"cmp", "degree", "adj"}
        )

    def _similarly(self, at: int, token: Token) -> int:
        if not self._here() and self._kind(at + 1) == "field":
            return self._shared(at, self.sign)
        for item in self._here():
            item.opinion = "similar"
        return at + 1

    def _of_before(self, opinion: str, *, weak: bool = False) -> None:
        """An opinion in a clause of its own is of the last item named that none was given of."""
        for item in self.found.items[-1:]:
            if not item.opinion:
                item.opinion, item.weak = opinion, weak

    def _good(self, at: int, token: Token) -> int:
        if token.text.lower() == "keep" and self._next(at + 1, {"field"}, 3, {"stop"}) is not None:
            return self._shared(at, 1)
        return self._verdict(at, "like")

    def _bad(self, at: int, token: Token) -> int:
        follows = self._next(at + 1, VALUES | ITEMS, 6) is not None
        if not self._here() and not follows and (self._values_here() or not self.found.items):
            _ = self._reject() or self._reject_before(at)
            return at + 1
        return self._verdict(at, "dislike")

    def _weak(self, at: int, token: Token) -> int:
        return self._verdict(at, "dislike", weak=True)

    def _verdict(self, at: int, opinion: str, *, weak: bool = False) -> int:
        if self.sign == -1 and not self.used and opinion == "like":
            opinion = "dislike"
        for item in (items := self._here()):
            item.opinion, item.weak = opinion, weak
        if not items:
            if self._next(at + 1, ITEMS | {"name"}, 4, {"stop", "domain"}) is not None:
                self.opinion = opinion
            elif not self._values_here():
                self._of_before(opinion, weak=weak)
        return at + 1

    def _seen(self, at: int, token: Token) -> int:
        if self.sign == -1 and not self.used:
            self.opinion = "none"
            return at + 1
        if self._next(at + 1, ITEMS | {"name"}, 5, {"stop", "domain", "and", "field"}) is not None:
            self.opinion = "seen"
            return at + 1
        loose = loose_title(self.text, self.tokens, at + 1, past=True)
        if loose:
            self._add_item(loose[0], "seen")
            self.opinion = "seen"
            return loose[1]
        items = self._here()
        for item in items:
            item.opinion = "seen"
        if not items and not any(one.opinion for one in self.found.items if one.clause == self.clause):
            before = [one for one in self.found.items[-1:] if not one.opinion]
            for item in before:
                item.opinion = "seen"
            if not before and not self._values_here():
                self.found.items.append(Item("last", self.clause, "seen"))
        return at + 1

    def _unseen(self, at: int, token: Token) -> int:
        self.opinion = "none"
        return at + 1

    def _item(self, at: int, token: Token) -> int:
        if self.than == "next":
            self.than = token.value
            return at + 1
        if token.kind == "many":
            title = self._next(at + 1, {"title", "alias", "name"}, 4, {"of", "stop", "from"}) or self._next_back(at)
            if title is not None:
                return self._series(at, title, token.value)
            for n in range(1, min(int(token.value), 10) + 1):
                self._add_item(f"#{n}")
            return at + 1
        if token.kind == "series":
            title = self._next(at + 1, {"title", "alias", "name"}, 4, {"stop"})
            return self._series(at, title, token.value) if title is not None else at + 1
        if token.kind == "rest":
            parts = [one for one in self.found.items if "-" in one.name]
            if parts:
                self._add_item(f"{int(parts[-1].name.rsplit('-', 1)[1]) + 1}+")
            return at + 1
        if token.text.lower() in {"that", "this"} and self._kind(at + 1) == "field":
            return self._shared(at, self.sign)
        if token.kind == "place" and token.value == "last" and self._idle_pronoun(at):
            return at + 1
        self._add_item(token.value if token.kind != "name" else token.text)
        return at + 1

    def _next_back(self, at: int) -> int | None:
        """Where the title just before a number of parts is: `终结者前两部`."""
        for n in range(at - 1, max(-1, at - 4), -1):
            if self._kind(n) in {"title", "alias", "name"}:
                return n
            if self._kind(n) not in {"stop", "of"}:
                return None
        return None

    def _series(self, at: int, title: int, parts: str) -> int:
        token = self.tokens[title]
        name = f"{token.value if token.kind != 'name' else token.text}{'' if HAN.search(token.value) else ' '}1-{parts}"
        if title < at and self.found.items:
            self.found.items[-1].name = name
        else:
            self._add_item(name)
        return max(at, title) + 1

    def _idle_pronoun(self, at: int) -> bool:
        """Whether `it` or `that` means nothing that was shown: nothing is said of it."""
        around = {"good", "bad", "weak", "seen", "dislike", "like", "similarly"}
        return not (self.opinion in {"like", "dislike", "seen", "similar"} or self._next(at + 1, around, 6) is not None or self.sign == -1)  # fmt: skip

    def _add_item(self, name: str, opinion: str = "") -> None:
        said = opinion or self.opinion
        if not said and self.sign == -1:
            said = "dislike"
            self.used = True
        self.found.items.append(Item(name, self.clause, said))
