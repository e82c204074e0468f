"""Reads clauses on the item: what it has to do with the history, what it is, how popular."""

from __future__ import annotations

import re
from collections.abc import Sequence

from tastemaker.eval.benchmarks.explain.checker_clauses import Base, Statement
from tastemaker.eval.benchmarks.explain.checker_facts import FIELDS, MADE_BY
from tastemaker.eval.benchmarks.explain.checker_terms import Term


class Reader(Base):
    """Reads one sentence."""

    # What the item and the history have to do with each other

    def _near(self, match: re.Match[str]) -> None:
        refs = self._refs(match, "t")
        self._own(match, refs)
        both = [*refs, *self._subjects()]
        past = list(dict.fromkeys(ref for ref in both if ref != self.item))
        if not past and self.past:
            past = self.past[-1:]
        truth = bool(past) and self.item in both and all(map(self.facts.near, past))
        self._say("near", match, truth)
        self._mind(both)
        self.test, self.last = None, refs or self.last

    def _share(self, match: re.Match[str]) -> None:
        refs = self._others(match, "t", "t2", "t3")
        who = list(dict.fromkeys([*self._subjects(), *refs]))
        terms, field = self._get(match, "v"), self._group(match, "f") or self._group(match, "f2")
        fields = self._fields(field)
        fields = (
            fields if fields is not None or not self._group(match, "done") else self._fields(self._group(match, "done"))
        )
        if terms and all(term.titles and not term.values and term.number is None for term in terms):
            who += [self._ref(term, match) for term in terms]
            terms = []
        common = "common" in match[0] or "share" in match[0] or "same" in match[0] or self.table.chinese
        if len(who) < 2 and common:
            who = list(dict.fromkeys([self.item, *who, *self.past]))
        truth = len(who) > 1 or (bool(terms) and not common)
        if terms:
            names = fields if fields is not None else self._any(terms)
            truth = truth and all(self.facts.holds(ref, term, names) for ref in who for term in terms)
            more = self._get(match, "v2")
            names = self._fields(self._group(match, "f3")) or self._any(more)
            truth = truth and all(self.facts.holds(ref, term, names) for ref in who for term in more)
        else:
            truth = truth and fields is not None and self.facts.common(who, fields)
        self._say("shared", match, truth)
        self._mind(who)
        self.test = None

    @staticmethod
    def _any(terms: Sequence[Term]) -> frozenset[str]:
        """All fields of some terms, for clauses that name none but say that there is something in common."""
        return frozenset({field.lower() for term in terms for field, _ in term.values}) | FIELDS["year"]

    def _together(self, match: re.Match[str]) -> None:
        refs = self._refs(match, "t") if self._get(match, "t") else self.past[-1:]
        other = self._refs(match, "o")
        self._own(match, refs)
        truth = bool(refs) and all(map(self.facts.together, refs)) and all(ref == self.item for ref in other)
        if not other:
            truth = truth and self._subjects() == [self.item]
            self.spoken = self.spoken or truth
        self._say("together", match, truth and self.item not in refs)
        self.main = self.last = [self.item]
        self.also = []

    def _like(self, match: re.Match[str]) -> None:
        refs = self._others(match, "t")
        self._own(match, refs)
        if self.test is not None:
            kind, text, test = self.test
            self.found.append(Statement(kind, f"{self._words(match[0])}: {text}", all(map(test, refs))))
            return
        self.also = [*self.also, *refs]

    # What the item is

    def _no(self, match: re.Match[str]) -> None:
        terms = self._get(match, "v")
        self._judge(
            "negative", match, lambda ref: ref == self.item and all(map(self.facts.lacks, terms)), self._subjects()
        )

    def _role(self, match: re.Match[str]) -> None:
        self.people = terms = self._get(match, "v")
        if self._group(match, "star") and all(term.titles and not term.values for term in terms):
            refs = [self._ref(term, match) for term in terms]
            self.also = [*self.also, *refs]
            return
        if self._group(match, "by").startswith("的") and not any(
            field in MADE_BY for one in terms for field, _ in one.values
        ):
            self._named(match)
            return
        fields = self._fields(self._group(match, "done")) or self._fields(self._group(match, "f"))
        if self._group(match, "by") or self._group(match, "done") == "made":
            fields = MADE_BY
        if self._group(match, "star"):
            fields = FIELDS["star"]
        whom = self._group(match, "whom")
        refs = self._subjects(
            near=not re.match(r"(?:also |both )?(?:stars?|features?|is|are|was|were|has|have)\b", match[0])
        )
        if "<" in whom:
            refs = self._refs(match, "whom")
        elif re.search(r"both|them|two|两|二者", whom):
            refs = self._pair()
        elif re.match(r"its\b|for it|它的|影片的|其", match[0]):
            refs = [self.item, *self.also]
        elif re.match(r"their\b|for both|in both|它们|两者|这?两部", match[0]):
            refs = self._pair()
        elif whom and not re.fullmatch(r"电影|影片|作品|片子|片", whom):
            refs = [self.item]
        if more := self._refs(match, "t"):
            self._own(match, more)
            refs = [*refs, *more]
        self._values("role", match, fields if fields is not None else frozenset({"-"}), refs)

    def _who(self, match: re.Match[str]) -> None:
        """`who also directed X`: the people named last did this too."""
        refs, fields = (
            self._others(match, "t") or self._subjects(),
            self._fields(self._group(match, "done") or self._group(match, "f")),
        )
        people = self.people
        self._judge(
            "role", match, lambda ref: bool(people) and all(self.facts.holds(ref, one, fields) for one in people), refs
        )
        self.last = refs

    def _year(self, match: re.Match[str]) -> None:
        terms = self._get(match, "v")
        if terms[0].number is None:
            if terms[0].titles and not terms[0].values:
                self._named(match)
                return
            self._values("category", match, FIELDS["category"], self._subjects(near=True))
            return
        self._values("year", match, FIELDS["year"], self._subjects(near=True))

    def _length(self, match: re.Match[str]) -> None:
        self._values("number", match, FIELDS["length"], self._subjects())

    def _place(self, match: re.Match[str]) -> None:
        word = self._group(match, "f") or self._group(match, "f2")
        fields = self._fields(word) or FIELDS["category"]
        terms = self._get(match, "v")
        met = all(term.condition is not None for term in terms)
        refs = self._pair() if re.search(r"both|两部|两本|同属|同为|另一", match[0]) else self._subjects()
        if met and terms:
            self._say("condition", match, self.facts.conditions(term.condition for term in terms))
            return
        if self.table.chinese and all(term.titles and not term.values for term in terms):
            self._named(match)
            return
        if all(term.number is not None and not term.values for term in terms):
            fields = FIELDS["year"]
        self._values("category", match, fields if fields & FIELDS["category"] else None, refs)

    def _named(self, match: re.Match[str]) -> None:
        """Titles are what the next clause speaks of; values are said of the noun before."""
        terms = self._get(match, "v")
        described = [term for term in terms if not term.titles]
        if not described:
            refs = [self._ref(term, match) for term in terms]
            self.main = self.last = refs
            self.test = None
            return
        if all(term.condition for term in terms):
            self._say("condition", match, self.facts.conditions(term.condition for term in terms))
        elif all(term.query for term in terms):
            self._say("query", match, True)
        elif any(term.titles and not term.values for term in terms) or not all(term.sound for term in terms):
            self._say("title", match, False)
        else:
            another = "another" in match[0] or "另一" in match[0] or re.search(r"^(both|两|同)", match[0])
            refs = self._pair() if another else self._subjects(near=True)
            self._values("category", match, None, refs)

    def _popular(self, match: re.Match[str]) -> None:
        self._flag("popular", match, self.facts.popular(most=False))

    def _most(self, match: re.Match[str]) -> None:
        self._flag("most popular", match, self.facts.popular(most=True))

    def _flag(self, kind: str, match: re.Match[str], truth: bool) -> None:
        self._judge(kind, match, lambda ref: ref == self.item and truth, self._subjects())

    def _explored(self, match: re.Match[str]) -> None:
        self._flag("exploration", match, self.facts.world.explored)

    def _unseen(self, match: re.Match[str]) -> None:
        refs = [self._ref(self.terms[int(number)], match) for number in re.findall(r"<(\d+)>", match[0])]
        self.main = [self.item] if self.spoken and not refs else refs or self.main
        self._flag("unseen", match, self.facts.world.unseen)

    def _sponsored(self, match: re.Match[str]) -> None:
        self.spoken = True
        self._say("sponsored", match, self.facts.world.sponsored)
