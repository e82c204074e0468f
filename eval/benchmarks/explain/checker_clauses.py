"""Reads clauses in their order: what they speak of, what the user did, what the user asked for."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from tastemaker.eval.benchmarks.explain.checker_facts import FIELDS, Facts
from tastemaker.eval.benchmarks.explain.checker_terms import Term

Ref = frozenset[str]
Test = Callable[[Ref], bool]


@dataclass(frozen=True, slots=True)
class Statement:
    """One thing that a sentence states; `kind` is what it is about, `text` its words with their terms."""

    kind: str
    text: str
    supported: bool


@dataclass(frozen=True, slots=True)
class Table:
    """What the words of a language stand for."""

    verbs: Mapping[str, str]
    roles: Mapping[str, str]
    done: Mapping[str, str]
    chinese: bool


class Base:
    """Reads one sentence. `main` is what the clause's verb speaks of, `last` the nearest noun, `past` the history's."""

    def __init__(self, facts: Facts, table: Table, terms: Sequence[Term]) -> None:
        self.facts, self.table, self.terms = facts, table, terms
        self.item: Ref = frozenset({facts.item.id})
        self.main: list[Ref] = [self.item]
        self.last: list[Ref] = [self.item]
        self.past: list[Ref] = []
        self.also: list[Ref] = []
        self.test: tuple[str, str, Test] | None = None
        self.named: list[Term] = []
        self.following = ""
        self.people: list[Term] = []
        self.spoken = False
        self.found: list[Statement] = []

    def read(self, name: str, match: re.Match[str], following: str = "") -> None:
        """Judge one clause, before one of the name `following`."""
        self.following = following
        getattr(self, f"_{name}")(match)

    def finish(self) -> list[Statement]:
        """All statements; one more, not supported, where nothing speaks of the item, or nothing is stated."""
        if not self.spoken:
            self.found.append(Statement("unknown", "does not speak of the item", False))
        elif not self.found:
            self.found.append(Statement("unknown", "states nothing", False))
        return self._merged()

    def _merged(self) -> list[Statement]:
        out: list[Statement] = []
        for one in self.found:
            if one.kind == "unknown" and out and out[-1].kind == "unknown":
                out[-1] = Statement("unknown", f"{out[-1].text} {one.text}", False)
            else:
                out.append(one)
        return out

    def _say(self, kind: str, match: re.Match[str], truth: bool) -> None:
        self.found.append(Statement(kind, self._words(match[0]), truth))

    def _words(self, text: str) -> str:
        return re.sub(r"<(\d+)>", lambda number: self.terms[int(number[1])].text, text)

    def _get(self, match: re.Match[str], *groups: str) -> list[Term]:
        """The terms in these groups of a clause, of those that it has."""
        known = match.re.groupindex
        text = " ".join(match[group] or "" for group in groups if group in known)
        return [self.terms[int(number)] for number in re.findall(r"<(\d+)>", text)]

    @staticmethod
    def _group(match: re.Match[str], group: str) -> str:
        return (match[group] or "").strip() if group in match.re.groupindex else ""

    def _ref(self, term: Term, match: re.Match[str]) -> Ref:
        """The item or items of the history that a term names; any other title is a statement that fails."""
        mine = term.titles & (self.item | {key for key in term.titles if self.facts.events([key])})
        if not mine or not term.sound:
            self.found.append(Statement("title" if not mine else "year", term.text, False))
        ref = self.item if self.item <= mine else frozenset(mine)
        if ref == self.item:
            self.spoken = True
        elif ref not in self.past:
            self.past.append(ref)
        return ref

    def _refs(self, match: re.Match[str], *groups: str) -> list[Ref]:
        refs = [self._ref(term, match) for term in self._get(match, *groups)]
        if not refs and any(self._group(match, group) for group in groups):
            self.spoken = True
            return [self.item]
        return refs

    def _others(self, match: re.Match[str], *groups: str) -> list[Ref]:
        """As `_refs`; where the clause speaks of the item, a pronoun stands for the last of the history."""
        if (
            self._get(match, *groups)
            or self.item not in self.main
            or not any(self._group(match, one) for one in groups)
        ):
            return self._refs(match, *groups)
        many = any(re.search("them|它们", self._group(match, one)) for one in groups)
        return self.past if many else self.past[-1:]

    def _judge(self, kind: str, match: re.Match[str], test: Test, refs: Sequence[Ref]) -> None:
        self.test = (kind, self._words(match[0]), test)
        self._say(kind, match, bool(refs) and all(map(test, refs)))
        self._mind(refs)

    def _values(self, kind: str, match: re.Match[str], fields: frozenset[str] | None, refs: Sequence[Ref]) -> None:
        terms = self._get(match, "v")
        self._judge(kind, match, lambda ref: all(self.facts.holds(ref, term, fields) for term in terms), refs)

    def _mind(self, refs: Sequence[Ref]) -> None:
        self.spoken = self.spoken or self.item in refs

    def _fields(self, word: str) -> frozenset[str] | None:
        role = self.table.roles.get(word) or self.table.done.get(word)
        return FIELDS[role] if role else None

    def _subjects(self, near: bool = False) -> list[Ref]:
        return list(dict.fromkeys([*(self.last if near else self.main), *self.also]))

    # What the user did

    def _user(self, match: re.Match[str]) -> None:
        refs = self._refs(match, "t")
        if len(refs) > 1 and refs[-1] == self.item and self.following not in ("", "stop"):
            self._deed(match, refs[:-1])
            self.main = self.last = [*refs] if self.table.chinese and "的" in match[0] else [self.item]
            return
        self._deed(match, refs)
        if self._group(match, "done"):
            self._values("role", match, self._fields(self._group(match, "done")), refs)
        self.main = self.last = refs
        self.also = []

    def _rel(self, match: re.Match[str]) -> None:
        refs = [ref for ref in self.last if ref != self.item] or self.past[-1:]
        self._deed(match, refs)

    def _deed(self, match: re.Match[str], refs: Sequence[Ref]) -> None:
        verb = self.table.verbs.get(self._group(match, "d"), "rated")
        for group, deed in (
            ("like", "liked"),
            ("high", "liked"),
            ("buy", "bought"),
            ("cart", "cart"),
            ("had", "had"),
            ("rated", "rated"),
        ):
            verb = deed if self._group(match, group) else verb
        numbers = self._get(match, "n")
        number = numbers[0].number if numbers else None
        truth = not (numbers and number is None)
        self._say(verb, match, truth and bool(refs) and all(self.facts.did(verb, ref, number) for ref in refs))
        self.test = None

    def _own(self, match: re.Match[str], refs: Sequence[Ref]) -> None:
        """`the film you liked` before a title inside of another clause."""
        if self._group(match, "d") or self._group(match, "high"):
            self._deed(match, refs)

    def _taste(self, match: re.Match[str]) -> None:
        terms = self._get(match, "v")
        if terms[0].titles and not self._group(match, "kind"):
            refs = [self._ref(term, match) for term in terms]
            self._say("liked", match, all(self.facts.did("liked", ref) for ref in refs))
            self.main = self.last = refs
        else:
            self._say("taste", match, all(self.facts.liked_with(term) > 1 for term in terms))

    def _not_had(self, match: re.Match[str]) -> None:
        refs = self._refs(match, "t") or [self.item]
        self.spoken = True
        self._say("not had", match, not any(self.facts.did("had", ref) for ref in refs))

    # What the user asked for

    def _query(self, match: re.Match[str]) -> None:
        terms = self._get(match, "q")
        asked = "search" in match[0] or "搜" in match[0]
        truth = all(term.query or (asked and term.searched) for term in terms)
        alone = bool(terms) or self.facts.world.query is not None
        if not truth and not asked:
            truth = bool(terms) and all(term.condition is not None for term in terms)
        self._say("query", match, truth and alone)
        self.main = self.last = [self.item]

    def _condition(self, match: re.Match[str]) -> None:
        terms = self._get(match, "c") or (
            self.named if re.match("which", match[0]) or self._group(match, "same") else []
        )
        refs = self._refs(match, "o")
        self.named = terms
        truth = self.facts.conditions(term.condition for term in terms)
        if not terms and re.match(r":|——| of\b| that\b", match.string[match.end() :]):
            truth = False  # a condition is named, and is none of theirs
        self._say("condition", match, truth and all(ref == self.item for ref in refs))
        self.spoken = True

    # What states nothing, but says what is spoken of

    def _offer(self, match: re.Match[str]) -> None:
        refs = self._refs(match, "t") or [self.item]
        if any(ref != self.item for ref in refs):
            self._say("title", match, False)
        self.spoken = True
        self.main = self.last = [self.item]
        self.also, self.test = [], None

    def _reason(self, match: re.Match[str]) -> None:
        refs = [self._ref(self.terms[int(number)], match) for number in re.findall(r"<(\d+)>", match[0])]
        if any(ref != self.item for ref in refs):
            self._say("title", match, False)
        self.spoken = True
        self.main = self.last = [self.item]
        self.also, self.test = [], None

    def _pair(self) -> list[Ref]:
        self.spoken = True
        others = list(dict.fromkeys([*self.past, *self.also]))
        return [self.item, *others] if others else [self.item, frozenset[str]()]

    def _both(self, match: re.Match[str]) -> None:
        self.main = self.last = self._pair()
        self.also, self.test = [], None

    def _which(self, match: re.Match[str]) -> None:
        self.main = self.last
        self.also, self.test = [], None

    def _item(self, match: re.Match[str]) -> None:
        self.spoken = True
        if self.main != [self.item]:
            self.test = None
        self.main = self.last = [self.item]

    def _be(self, match: re.Match[str]) -> None:
        self.last = self.main
        self.test = None

    def _noun(self, match: re.Match[str]) -> None:
        """`a film` alone says nothing."""

    def _join(self, match: re.Match[str]) -> None:
        """A conjunction or an adverb says nothing."""

    def _stop(self, match: re.Match[str]) -> None:
        if match[0] in ".!;。":
            self.test, self.also = None, []

    def _unknown(self, match: re.Match[str]) -> None:
        self._say("unknown", match, False)
