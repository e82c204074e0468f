"""What a reason says, statement by statement, each held against the evidence.

A sentence is cut into clauses; in each, words of the lexicon say how its names are related. What they say must follow from
the evidence that was found for the item: nothing is believed because it sounds right.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from tastemaker.agent.explanations.lexicon import field_of
from tastemaker.agent.explanations.names import Name, values_of
from tastemaker.agent.explanations.tokens import Refused, Token
from tastemaker.domain import EventType, Evidence, Item

LIKED = (EventType.LIKE, EventType.RATING)
DID = {
    "did:like": LIKED, "did:purchase": (EventType.PURCHASE,), "did:cart": (EventType.CART,),
    "did:share": (EventType.SHARE,), "did:follow": (EventType.FOLLOW,), "did:comment": (EventType.COMMENT,),
    "did:rating": (EventType.RATING,), "did:any": tuple(EventType),
}  # fmt: skip
"""What a verb says that the user did, and the events that make it true."""


@dataclass(frozen=True, slots=True)
class Claim:
    """One statement that holds: its `kind`, what it names, and the evidence that it rests on."""

    kind: str
    about: tuple[str, ...]
    evidence: tuple[str, ...] = ()


class Reader:
    """Reads clauses about `item`; `cited` holds the items of the history that the evidence points to, by id.

    `claims` is what was read so far.
    """

    def __init__(self, item: Item, evidence: Sequence[Evidence], cited: Mapping[str, Item]) -> None:
        self.item, self.claims = item, list[Claim]()
        self._by_kind: dict[str, list[Evidence]] = {}
        for one in evidence:
            self._by_kind.setdefault(one.kind, []).append(one)
        self._history = {one.item_id: one for one in self._by_kind.get("history", []) if one.item_id}
        everything = {item.id: item, **cited}
        self._values = {
            key: {(field_of(name.key), name.text.lower()) for name in values_of(one)} for key, one in everything.items()
        }

    def sentence(self, given: Sequence[Token], earlier: Sequence[Token] = ()) -> None:
        """Add what one sentence says to `claims`; `earlier` are the sentences before. Raises `Refused` for what does not hold."""
        before = [*earlier, Token("stop", ".")] if earlier else []
        self._alike: list[str] = []
        self._told: list[tuple[set[str], Token]] = []
        for clause in clauses(given):
            self._clause(clause, before, given)
            before += [*clause, Token("comma", ",")]

    def _clause(self, clause: list[Token], before: list[Token], sentence: Sequence[Token]) -> None:
        classes = {token.cls for token in clause if token.kind == "word"}
        past = self._past(clause)
        if "not" in classes:
            if not self._untried(clause, past):
                raise Refused(f"denies something ({next(token.text for token in clause if token.cls == 'not')!r})")
            self.claims.append(Claim("untried", (self.item.id,)))
            return
        if "most" in classes and not self._most(classes | self._classes(sentence)):
            raise Refused("says that something is the most")
        if "all" in classes and "meets" not in classes and not {"most", "popular"} <= classes:
            raise Refused("says that it is so of all")
        for cls in classes:
            if cls.startswith("n:") and int(cls[2:]) != len({*self._past(sentence)}):
                raise Refused("counts what is not there")
        self._marks(clause, classes, past)
        if "people" in classes and "popular" not in classes:
            said = before[max([n + 1 for n, one in enumerate(before) if one.kind == "stop"], default=0) :]
            self._people(classes, past or self._past(said), clause)
            return
        if "often" in classes:
            raise Refused("says how often something happens")
        self._wishes(classes, clause)
        self._deeds(clause, before)
        self._attributes(clause, before, classes)
        self._closeness(classes, clause, past, sentence, before)

    @staticmethod
    def _untried(clause: list[Token], past: list[str]) -> bool:
        """ "You have not watched it yet": true of all that is shown, and of nothing in the history."""
        at = next(n for n, token in enumerate(clause) if token.cls == "not")
        after = [token for token in clause[at + 1 :] if token.kind == "word" and token.cls]
        met = bool(after) and after[0].cls in {"did:any", "did:purchase", "had"}
        return met and not past and any(token.cls == "you" for token in clause[:at]) and len(after) <= 2

    def _most(self, classes: set[str]) -> bool:
        """One of the most popular; or the most popular, if its place is the first."""
        first = any(one.text.startswith("place 1 ") for one in self._by_kind.get("popular", []))
        return "popular" in classes and ("among" in classes or first)

    def _marks(self, clause: list[Token], classes: set[str], past: list[str]) -> None:
        """What needs no name: popularity, exploration, that nobody had it, that a place is paid for, that it is untried."""
        marks = {
            "popular": "popular", "chance": "exploration", "nobody": "unseen", "sponsored": "sponsored"
        }  # fmt: skip
        for cls, kind in marks.items():
            if cls in classes:
                found = self._by_kind.get(kind)
                if not found or not self._of_item(clause, cls):
                    raise Refused(f"says that something is {kind}, which no evidence holds")
                self.claims.append(Claim(kind, (self.item.id,), (found[0].id,)))
        if "untried" in classes and not past:
            self.claims.append(Claim("untried", (self.item.id,)))
        elif "untried" in classes:
            raise Refused("says that the user does not know what they know")

    def _of_item(self, clause: list[Token], cls: str) -> bool:
        """Whether a word of that class is said of the item: the title before it, else the one after, is not another's."""
        at = next(n for n, token in enumerate(clause) if token.cls == cls)
        titles = [token for token in reversed(clause[:at]) if token.is_title()] or [
            token for token in clause[at + 1 :] if token.is_title()
        ]
        return not titles or self._is_item(titles[0])

    def _people(self, classes: set[str], past: list[str], clause: list[Token]) -> None:
        if not classes & {"had", "did:any"} or not past or classes & _NOT_OF_PEOPLE:
            raise Refused("speaks of other people, of whom no evidence tells that")
        if any(name.kind != "title" for token in clause for name in token.names):
            raise Refused("speaks of what other people had")
        for key in past:
            one = self._history[key]
            if not one.together:
                raise Refused(f"says that people who had {one.text!r} had this, which no evidence holds")
            self.claims.append(Claim("together", (key, self.item.id), (one.id,)))

    def _wishes(self, classes: set[str], clause: list[Token]) -> None:
        named = [name for token in clause for name in token.names]
        wishes = self._by_kind.get("query", []) + self._by_kind.get("condition", [])
        said = [one for one in wishes if any(name.key == one.id for name in named)]
        if "near:query" in classes:
            if not self._by_kind.get("query"):
                raise Refused("says that it is nearest to a wish, which no evidence holds")
            self.claims.append(Claim("near", (self.item.id,), (self._by_kind["query"][0].id,)))
        if "ask" in classes:
            if not wishes:
                raise Refused("says what the user asked for, which no evidence holds")
            if not said and any(name.kind == "value" for name in named):
                raise Refused("says that the user asked for something else than they did")
            self.claims += [Claim("asked", (one.text,), (one.id,)) for one in said or wishes[:1]]
        if "meets" in classes:
            met = [one for one in said if one.kind == "condition"] or self._by_kind.get("condition", [])
            if not met:
                raise Refused("says that conditions are met, which no evidence holds")
            self.claims += [Claim("condition", (one.text,), (one.id,)) for one in met]
        elif "ask" not in classes:
            self.claims += [Claim(one.kind, (one.text,), (one.id,)) for one in said]

    def _deeds(self, clause: list[Token], before: list[Token]) -> None:
        """What the user did, and with which items."""
        for at, token in enumerate(clause):
            verb = self._verb(clause, at)
            if verb is None:
                continue
            if not any(one.cls in {"you", "youmodal"} for one in [*clause, *before]):
                raise Refused(f"does not say who did something ({token.text!r})")  # "A followed B"
            after = self._run(clause[at + 1 :])
            if verb == "may like":
                if any(not self._is_item(one) for one in after):
                    raise Refused("suggests what the user knows already")
                continue
            earlier = self._after_item([one for one in clause[:at] if one.is_title()] or self._last_run(before))
            objects = after or earlier
            if not objects:
                raise Refused(f"says that the user did something ({token.text!r}), but not with what")
            for one in objects:
                self._did(verb, one)

    def _verb(self, clause: list[Token], at: int) -> str | None:
        """The class of the verb at that place, `may like` for a suggestion, None for a word that is no verb there."""
        token, previous = clause[at], [one for one in clause[:at] if one.kind == "word" and one.cls]
        nearest = previous[-1].cls if previous else ""
        said_you = any(one.cls in {"you", "youmodal"} for one in previous)
        modal = any(one.cls in {"modal", "youmodal"} for one in previous) or (
            at > 0 and clause[at - 1].text.lower() == "to"
        )
        if token.cls == "shared":
            return "did:share" if nearest == "you" else None
        if token.cls == "like":
            if modal:
                return "may like"
            return "did:like" if nearest == "you" or (said_you and nearest in {"same", "did:like"}) else None
        if token.cls == "suit" and modal:
            return "may like" if self._run(clause[at + 1 :]) else None
        if not token.cls.startswith("did:"):
            return None
        return "may like" if modal and token.cls == "did:like" else token.cls

    def _did(self, verb: str, token: Token) -> None:
        keys = [name.key for name in token.names if name.kind == "title" and name.key in self._history]
        if not keys:
            raise Refused(f"says that the user knows {token.text!r}, which no evidence holds")
        one = self._history[keys[0]]
        if one.event is not None and one.event not in DID[verb]:
            raise Refused(f"says of {token.text!r} what the user did not do with it")
        self.claims.append(Claim("did", (keys[0],), (one.id,)))

    def _attributes(self, clause: list[Token], before: list[Token], classes: set[str]) -> None:
        values = [at for at, token in enumerate(clause) if any(name.kind == "value" for name in token.names)]
        titles = [token for token in clause if token.is_title()]
        for at in values:
            token = clause[at]
            beside = at > 0 and clause[at - 1].is_title() and token.bracketed
            fields = {field_of(name.key) for name in token.names if name.kind == "value"}
            roles = fields if beside else self._roles(clause, at, before)
            if (roles is None and fields == {"category"}) or (roles and "category" in roles & fields):
                roles = {"category"}
            allowed = fields & (roles or set())
            if not allowed:
                raise Refused(f"does not say, or wrongly, what {token.text!r} is to it")
            about = [self._key(clause[at - 1])] if beside else self._holders(clause, titles, before, classes)
            self._held(allowed, token, about)
            self._told.append((allowed, token))
            shared = self._supporting(allowed, token)
            self.claims.append(Claim("attribute", (token.text, *about), shared))
        if not values:
            self._same_field(clause, classes)

    def _held(self, fields: set[str], token: Token, about: Iterable[str]) -> None:
        for key in about:
            own = {text for name, text in self._values[key] if name in fields}
            if not any(name.text.lower() in own for name in token.names if name.kind == "value"):
                raise Refused(f"says {token.text!r} of an item that is not that")

    @staticmethod
    def _roles(clause: list[Token], at: int, before: list[Token]) -> set[str] | None:
        """What the nearest word that tells a role says of the value at that place; None if there is none."""
        for one in [*reversed(clause[:at]), *clause[at + 1 :], *reversed(before)]:
            named = {name.key for name in one.names if name.kind == "field"}
            if named or one.cls.startswith("role:"):
                return named or {*one.cls[5:].split("|")}
        return None

    def _holders(self, clause: list[Token], titles: list[Token], before: list[Token], classes: set[str]) -> list[str]:
        """The items that a value is said of: those in the clause, else the last one named; the item where it is meant too."""
        pair = any(token.text.lower() in _PAIR for token in clause)
        said = titles or (self._last_run(before) if pair or "it" not in classes else [])
        keys = [*self._alike, *map(self._key, said)]
        both = pair or "it" in classes or not said
        return list(dict.fromkeys([*keys, self.item.id] if both else keys))

    def _same_field(self, clause: list[Token], classes: set[str]) -> None:
        """ "The same director as Alien": both have a value there in common."""
        roles = [token for token in clause if token.cls.startswith("role:") and "|" not in token.cls]
        if not roles or ("same" not in classes and all(token.cls == "role:category" for token in roles)):
            return
        titles = [key for key in map(self._key, filter(Token.is_title, clause)) if key != self.item.id]
        if "same" not in classes or not titles:
            raise Refused(f"speaks of {roles[0].text!r}, but does not say of what")
        for token in roles:
            wanted = {*token.cls[5:].split("|")}
            own = {value for value in self._values[self.item.id] if value[0] in wanted}
            for key in titles:
                if not own & self._values[key]:
                    raise Refused(f"says that two have one {token.text!r}, which they have not")
                self.claims.append(Claim("attribute", (token.text, key, self.item.id), (self._history[key].id,)))

    def _closeness(
        self, classes: set[str], clause: list[Token], past: list[str], sentence: Sequence[Token], before: list[Token]
    ) -> None:
        """ "Close to A", and "like A" where it does not say in what."""
        values = any(name.kind == "value" for token in clause for name in token.names)
        roles = any(cls.startswith("role:") and "|" not in cls for cls in classes)
        alike = [token for token in clause if token.cls in {"same", "like"} and token.text.lower() in _ALIKE]
        if "near" not in classes:
            named = [self._key(token) for token in clause if token.is_title()]
            if named and self._told and not values and not roles and "same" in classes | {one.cls for one in alike}:
                for fields, token in self._told:  # "it is listed under B, as is A"
                    self._held(fields, token, named)
                return
            if not (alike and past and not values and not roles):
                return
            if any(name.kind == "value" for token in sentence for name in token.names):
                self._alike += past  # "like A, it is listed under B": what follows is said of A too
                return
        about = past or self._past(sentence) or self._past(before)
        if not about:
            if self._by_kind.get("query"):
                self.claims.append(Claim("near", (self.item.id,), (self._by_kind["query"][0].id,)))
                return
            raise Refused("says that it is close to something, but not to what")
        for key in dict.fromkeys(about):
            one = self._history[key]
            if not one.near:
                raise Refused(f"says that it is close to {one.text!r}, which no evidence holds")
            self.claims.append(Claim("near", (key, self.item.id), (one.id,)))

    def _supporting(self, fields: set[str], token: Token) -> tuple[str, ...]:
        shared = self._by_kind.get("shared", [])
        texts = {name.text.lower() for name in token.names}
        return tuple(one.id for one in shared if field_of(one.field or "") in fields and one.text.lower() in texts)

    def _past(self, given: Iterable[Token]) -> list[str]:
        """Ids of the history's items that are named, in order."""
        return [key for key in map(self._key, filter(Token.is_title, given)) if key != self.item.id]

    def _key(self, token: Token) -> str:
        keys = [name.key for name in token.names if name.kind == "title"]
        return self.item.id if self.item.id in keys else keys[0]

    def _is_item(self, token: Token) -> bool:
        return any(name.kind == "title" and name.key == self.item.id for name in token.names)

    def _run(self, given: list[Token]) -> list[Token]:
        """The titles that follow, up to a word that begins something else."""
        found: list[Token] = []
        for n, token in enumerate(given):
            if token.is_title():
                if found and self._is_item(token) and given[n + 1 :]:
                    break  # "you liked Alien and Predator is close to it"
                found.append(token)
            elif token.kind == "word" and token.cls and (found or not _between(token.cls)):
                break
        return found

    @staticmethod
    def _last_run(before: list[Token]) -> list[Token]:
        """The last titles of what came before, with those that stand in one row with them."""
        found: list[Token] = []
        for token in reversed(before):
            if token.is_title():
                found.append(token)
            elif found and (token.kind != "name" and (token.cls or token.kind != "word")):
                break
        return found[::-1]

    def _after_item(self, run: list[Token]) -> list[Token]:
        """Of "the item and A, which you liked" only A."""
        last = max((n for n, token in enumerate(run[:-1]) if self._is_item(token)), default=-1)
        return run[last + 1 :]

    @staticmethod
    def _classes(given: Sequence[Token]) -> set[str]:
        return {token.cls for token in given if token.kind == "word"}


_BETWEEN = {"same", "it", "n:2", "n:3", "you", "like", "among"}
"""Words that may stand between a verb and the titles that it is about: "you liked both A and B", "films like A"."""
_NOT_OF_PEOPLE = {*DID} - {"did:any"} | {"like", "shared", "near", "ask", "you"}
_PAIR = {"the two", "both", "they", "them", "these", "二者", "两者", "它们", "两部"}
_ALIKE = {"like", "just like", "likewise", "alike", "一样", "同样", "同类", "同"}


def _between(cls: str) -> bool:
    return cls in _BETWEEN or cls.startswith("role:")


def clauses(sentence: Sequence[Token]) -> list[list[Token]]:
    """A sentence's clauses: cut at commas, but not between names in a row, and before words such as `so`."""
    found: list[list[Token]] = [[]]
    for at, token in enumerate(sentence):
        if token.kind == "comma":
            rest = [one for one in sentence[at + 1 : at + 3] if not (one.kind == "word" and not one.cls)]
            if at and _row(sentence[at - 1]) and rest and _row(rest[0]) == _row(sentence[at - 1]):
                continue
            if rest and rest[0].is_title() and any(one.cls.startswith("n:") for one in found[-1]):
                continue  # "two films, A and B"
            found.append([])
        elif token.cls == "break":
            found.append([])
        else:
            found[-1].append(token)
    return [clause for clause in found if clause]


def _row(token: Token) -> str:
    return token.names[0].kind if token.names else ""


def name_of_evidence(one: Evidence) -> Name:
    """The name by which a sentence speaks of a query or a condition."""
    return Name(one.kind, one.id, one.text)
