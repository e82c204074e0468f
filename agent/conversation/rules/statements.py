"""Conditions, wishes and topics: values, people in their roles, how many, and what a film is to be about."""

from __future__ import annotations

from tastemaker.agent.conversation.notation import parse
from tastemaker.agent.conversation.reading import Condition
from tastemaker.agent.conversation.rules.found import ENDS, VALUES, Said, other_side
from tastemaker.agent.conversation.rules.lexicon import HAN, Token
from tastemaker.agent.conversation.rules.naming import Person, person_of, topic_after
from tastemaker.agent.conversation.rules.opinions import Opinions

_BREAKS = {"from", "with", "by", "about", "want", "wish", "number", "like", "similar", *ENDS}
_TO = {"to", "through", "till", "until", "-", "到", "至"}


class Statements(Opinions):
    """Handlers of what states a condition or a topic."""

    def _want(self, at: int, token: Token) -> int:
        if self._here() and not self._object_follows(at + 1) and HAN.search(token.text):
            return self._verdict(at, "dislike" if self.sign == -1 and not self.used else "like")
        if self.sign == 1 or self.used:
            self.sign, self.used, self.role = 1, False, ""
            self.opinion = "" if self.opinion != "none" else self.opinion
            if token.text.lower().startswith(("must", "必须", "一定")):
                self.wish = False
        return at + 1

    def _value(self, at: int, token: Token) -> int:
        if self.sign < 1 and self.used and not self._still_negated(at, token):
            self.sign, self.used = 1, False
        moved = self._moved(at, token) if token.kind == "genre" else None
        if moved is not None:
            return moved
        if token.kind in {"award", "provider", "subtitles"}:
            self.found.unknown.append(token.kind)
            self.sign = 1
        elif token.kind in {"mood", "topic"}:
            if self.sign == 1:
                self.found.query.append(token.value)
            else:
                self.found.silent = True
        elif token.kind == "value":
            name, _, value = token.value.partition(":")
            self._add(at, Condition(field=name, values=(value,)))
        elif token.kind == "range":
            self._add(at, parse(f"+{token.value}", self.year).conditions[0])
        else:
            for one in token.value.split("+"):
                self._add(at, Condition(field=token.kind, values=(one,)))
        self.used, self.last_value = True, at
        return at + 1

    def _add(self, at: int, condition: Condition) -> None:
        sign, wish = self.sign, self.wish
        if sign == -1 and (condition.low is None) != (condition.high is None):
            condition, sign = other_side(condition), 1
        self.found.said.append(Said(condition, sign, wish, self.clause, self._link(at)))
        self.found.silent |= sign == 0

    def _link(self, at: int) -> str:
        """What joins a value to the one before it."""
        if self.last_value < 0:
            return ""
        kinds = [one.kind for one in self.tokens[self.last_value + 1 : at]]
        if set(kinds) - {"or", "and", "comma", "stop", "domain", "of", "from", "want", "okay", "range"}:
            return ""
        if any(one.text.lower() in _TO for one in self.tokens[self.last_value + 1 : at]):
            return "or"
        return next((one for one in ("or", "comma", "and") if one in kinds), "")

    def _still_negated(self, at: int, token: Token) -> bool:
        between = {one.kind for one in self.tokens[self.last_value + 1 : at]}
        if "or" in between:
            return True
        ranged = token.kind == "range" or self._kind(self.last_value) == "range"
        return not (between & (_BREAKS - {"comma"}) or ranged) and not ("comma" in between and not self.used)

    def _person(self, at: int, token: Token) -> int:
        return self._add_person(at, person_of(token))

    def _add_person(self, at: int, person: Person) -> int:
        if self.sign < 1 and self.used and not self._still_negated(at, self.tokens[at]):
            self.sign, self.used = 1, False
        after = self._next(at + 1, {"role"}, 4, {"stop", "of", "domain", "and", "person", "nick"})
        role = self.role
        if not role and after is not None and (HAN.search(self.text) or self.tokens[after].value == "director"):
            role = self.tokens[after].value
        self._add(at, Condition(field=role or person.role, values=(person.name,)))
        self.used, self.last_value = True, at
        return at + 1

    def _name(self, at: int, token: Token) -> int:
        """A capitalised name that no list has is a person after `with` and the like, else a title."""
        before = self._kind(at - 1)
        words = token.text.split()
        person = bool(self.role) or (before in {"not", "except"} and len(words) > 1)
        if not self.opinion and (
            self._next(at + 1, {"role"}, 1) is not None or (self._kind(at + 1) == "domain" and len(words) < 4)
        ):
            person = True
        if person and self.than != "next":
            return self._add_person(at, Person(self.role or "star", token.text))
        return self._item(at, token)

    def _role(self, at: int, token: Token) -> int:
        self.role = token.value
        return at + 1

    def _field(self, at: int, token: Token) -> int:
        """`that don't star X`, `director X`: the field of a name is a role."""
        if self._kind(at + 1) in {"person", "nick", "name"} and token.value in {
            "star",
            "director",
            "author",
            "artist",
            "brand",
        }:
            self.role = token.value
        sign = 1 if self._kind(at + 1) in {"kept", "similarly"} else -1 if self._kind(at + 1) == "different" else 0
        if sign and self._next(at + 2, {"field"}, 3) is None and HAN.search(token.text):
            self.found.said.append(
                Said(Condition(field=token.value, values=("of:last",)), sign, self.wish, self.clause)
            )
            return at + 2
        return at + 1

    def _deny(self, at: int, token: Token) -> int:
        if self._kind(at + 1) == "field":
            return self._shared(at, -1)
        self.sign, self.used = -1, False
        return at + 1

    def _by(self, at: int, token: Token) -> int:
        domains = {one.value for one in self.tokens[:at] if one.kind == "domain"}
        self.role = {"book": "author", "music": "artist", "product": "brand"}.get(next(iter(domains - {"domain", ""}), ""), "director")  # fmt: skip
        known = self.tokens[at + 1] if at + 1 < len(self.tokens) else None
        if known and known.kind in {"person", "nick"} and person_of(known).role in {"author", "artist", "brand"}:
            self.role = person_of(known).role
        return at + 1

    def _from(self, at: int, token: Token) -> int:
        """`on whales` is a topic; `on Netflix` and `in 1999` are none."""
        after = self._next(at + 1, {"word", "topic"}, 2, {"stop"})
        return self._about(at, token) if token.text.lower() == "on" and after is not None else at + 1

    def _with(self, at: int, token: Token) -> int:
        if self._kind(at + 1) in {"person", "nick", "name"}:
            self.role = "star"
            return at + 1
        return self._about(at, token) if self._kind(at + 1) == "word" else at + 1

    def _about(self, at: int, token: Token) -> int:
        if self._kind(at + 1) == "language":
            return at + 1
        topic = topic_after(self.text, self.tokens, at + 1)
        if topic is None:
            return at + 1
        if self.sign == 1 or self.used:
            self.found.query.append(topic[0])
        return topic[1]

    def _word(self, at: int, token: Token) -> int:
        if self.sign == 1 or self.used:
            end = at
            while self._kind(end + 1) == "word":
                end += 1
            after = self._kind(end + 1)
            said = " ".join(self.tokens[n].value for n in range(at, end + 1))
            if after in {"domain", "genre", "aboutend"} or (
                after == "of" and self._kind(end + 2) in {"domain", "genre"}
            ):
                self.found.query.append(said)
            else:
                self.found.loose.append(said)
            return end + 1
        if self.sign == -1 and not self.used and HAN.search(token.text) and 4 <= len(token.text) <= 8:
            return self._add_person(at, Person("star", token.text))
        return at + 1

    def _number(self, at: int, token: Token) -> int:
        n, after = float(token.value), self.text[token.end : token.end + 1]
        before = self.text[: token.start].rstrip()
        word = token.text.lower()
        if (
            not 1 <= n <= 100
            or n != int(n)
            or before.endswith(("第", "前", "#", "这", "那", "哪", "每", "后", "同", "另"))
        ):
            return at + 1
        only = self._kind(at - 1) == "want" and self.tokens[at - 1].text.lower() in {
            "just",
            "only",
            "只要",
            "就要",
            "strictly",
        }
        if word in {"one", "一"} and not only:
            return at + 1
        if HAN.search(self.text):
            counted = after in set("部个本首款集条篇张种")
        else:
            counted = self._next(at + 1, {"domain", "genre"}, 6) is not None or at + 1 >= len(self.tokens) or self._kind(at - 1) in {"want"}  # fmt: skip
        if counted and self.found.count is None:
            self.found.count = int(n)
        return at + 1

    def _count(self, at: int, token: Token) -> int:
        if self._next(at + 1, {"domain", "genre"}, 6) is not None:
            self.found.count = int(token.value)
        return at + 1

    def _wish(self, at: int, token: Token) -> int:
        if self._object_follows(at + 1):
            self.wish = True
            return at + 1
        clause = self.clause if self._values_here() else max((one.clause for one in self.found.said), default=-1)
        ahead = any(one.kind in VALUES for one in self.tokens[at + 1 :])
        if clause != self.clause and ahead and not self.found.said:
            self.wish = True
        for one in self.found.said:
            one.wish |= one.clause == clause
        return at + 1

    def _okay(self, at: int, token: Token) -> int:
        if HAN.search(token.text):
            self.sign, self.used = 1, False
            self.found.signals.add("either")
            if self._here():
                return self._verdict(at, "like")
        return at + 1
