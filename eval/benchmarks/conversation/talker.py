"""A generated user: says one thing a turn, in English or Chinese, and keeps the ledger of what was asked for."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tastemaker.eval.benchmarks.conversation.films import Film, Films
from tastemaker.eval.benchmarks.conversation.judge import Critique, Direction, Heard, Ledger, Want
from tastemaker.eval.benchmarks.conversation.sentences import DECADES, GENRES, MARKS, PLACES, SENTENCES, Language

DIRECTIONS: tuple[Direction, ...] = ("newer", "older", "lighter", "darker", "less known", "better known")
OPENING = {
    "want": 4, "either": 2, "refuse": 2, "decade": 2, "before": 1, "after": 1, "genre_decade": 2, "several": 3, "genre_after": 1,
    "both": 1, "like": 2, "similar": 2, "vague": 2,
}  # fmt: skip
GOING_ON = {
    "critique": 6, "critique than": 1.5, "others": 2, "also": 1, "refuse": 1.5, "years": 1.5, "after all": 1, "lift": 1, "reset": 0.6,
    "good": 0.6, "bad": 0.6, "good bad": 0.6, "seen place": 0.7, "seen these": 0.5, "seen title": 0.6, "like": 0.7, "similar": 0.5,
    "either": 0.7, "several": 0.3,
}  # fmt: skip
OPINIONS = frozenset({"like", "good", "bad", "good bad"})
TITLED = frozenset({"like", "similar", "seen title"})
TONE = 0.5
"""Of a reference whose tone is as far as this already, nobody asks for more of it."""
_OFFER = re.compile(r"“([^”]+)”.*(?:drop it|去掉吗)")
_CHINESE_NUMBERS = "一二三四五"


@dataclass(frozen=True, slots=True)
class Said:
    """A message of the user, what is in force before and with it, what it criticises, and whether a slate or a question is due."""

    text: str
    kind: str
    before: Ledger
    now: Ledger
    critique: Critique | None = None
    due: bool = True


class Talker:
    """One user. `gone` are names of films they rated; one without `opinions` of films says none, so that counts stay as the rows have them."""

    def __init__(
        self, films: Films, rng: random.Random, language: Language, gone: frozenset[str] = frozenset(), opinions: bool = True
    ) -> None:  # fmt: skip
        self.films, self.language, self.ledger = films, language, Ledger(gone=gone)
        self._rng, self._opinions = rng, opinions
        self._famous = films.famous
        self._counts = {name: films.genres[name] ** 0.5 for name in GENRES}

    def say(self, heard: Heard | None) -> Said:
        """The next message, after what was heard last."""
        kind = self._kind(heard)
        said: Said = getattr(self, f"_say_{kind.replace(' ', '_')}")(heard or Heard(""))
        self.ledger = said.now
        return said

    def hear(self, heard: Heard) -> None:
        """Take in a reply."""
        self.ledger = self.ledger.heard(heard, self.films)

    def _kind(self, heard: Heard | None) -> str:
        if heard is not None and heard.asks:
            return self._drawn(OPENING | {"option": 12.0, "vague": 0})
        if heard is not None and heard.ids:
            return self._drawn(GOING_ON)
        if heard is not None and (self.ledger.wants or self.ledger.critiques):
            offered = bool(_OFFER.search(heard.text)) and self._offered(heard) is not None
            return self._drawn({"yes": 5 if offered else 0, "lift": 3, "lift all": 1, "reset": 1})
        return self._drawn(OPENING)

    def _drawn(self, weights: Mapping[str, float]) -> str:
        kinds = [one for one in weights if self._possible(one)]
        return self._rng.choices(kinds, [weights[one] for one in kinds])[0]

    def _possible(self, kind: str) -> bool:
        wants = self.ledger.wants
        genres = [want for want in wants if want.field == "genre" and not want.refused]
        if kind in OPINIONS and not self._opinions:
            return False
        if kind in TITLED and not self._unsaid():
            return False
        if kind in {"want", "either", "genre_decade", "several", "genre_after", "both"}:
            return not genres and not (wants and kind in {"genre_decade", "several", "genre_after"})
        if kind in {"also", "after all"}:
            return len(genres) == 1 and genres[0].genres <= {*GENRES}
        if kind in {"decade", "before", "after"}:
            return not any(want.field == "year" for want in wants)
        return bool(wants) if kind == "lift" else True

    def _made(
        self, kind: str, now: Ledger, words: Mapping[str, Any] | None = None, critique: Critique | None = None, due: bool = True,
    ) -> Said:  # fmt: skip
        forms = SENTENCES[kind][0 if self.language == "en" else 1]
        text = self._rng.choice(forms).format(**(words or {}))
        return Said(text[0].upper() + text[1:], kind, self.ledger, now, critique, due)

    def _genres(self, n: int) -> list[str]:
        """Different genres that nothing was said of, common ones more often."""
        known = {name for want in self.ledger.wants for name in want.genres}
        left = {name: weight for name, weight in self._counts.items() if name not in known} or dict(self._counts)
        found: list[str] = []
        while len(found) < n:
            found.append(self._rng.choices(list(left), [weight + 1e-9 for weight in left.values()])[0])
            left = {name: weight for name, weight in left.items() if name != found[-1]} or dict(self._counts)
        return found

    def _words(self, first: str, second: str | None = None) -> dict[str, str]:
        a, many, g = GENRES[first]
        b, many2, g2 = GENRES[second or first]
        return {"a": a, "many": many, "g": g, "b": b, "many2": many2, "g2": g2}

    def _want(self, *genres: str, refused: bool = False) -> Want:
        marks = tuple(MARKS[one][0 if self.language == "en" else 1] for one in genres)
        return Want("genre", frozenset(genres), refused=refused, marks=marks)

    def _decade(self) -> tuple[Want, str]:
        """Another decade than that in force."""
        now = {want.low for want in self.ledger.wants if want.field == "year"}
        start = self._rng.choice([one for one in DECADES if one not in now])
        words = DECADES[start][0 if self.language == "en" else 1]
        return Want("year", low=start, high=start + 9, marks=(str(start),)), self._rng.choice(words)

    def _after(self) -> tuple[Want, int]:
        """In English what came after a year, in Chinese with that year."""
        year = self._rng.randint(1960, 1995)
        return Want("year", low=year + (self.language == "en"), marks=(str(year),)), year

    def _say_want(self, _: Heard) -> Said:
        (one,) = self._genres(1)
        return self._made("want", self.ledger.wanting(self._want(one)), self._words(one))

    def _say_also(self, _: Heard) -> Said:
        (one,) = self._genres(1)
        return self._made("also", self.ledger.wanting(self._want(one)), self._words(one))

    def _say_refuse(self, _: Heard) -> Said:
        (one,) = self._genres(1)
        return self._made("refuse", self.ledger.wanting(self._want(one, refused=True)), self._words(one))

    def _say_either(self, _: Heard) -> Said:
        one, other = self._genres(2)
        if any(not want.refused and want.field == "genre" for want in self.ledger.wants):
            return self._say_others(_)
        return self._made("either", self.ledger.wanting(self._want(one, other)), self._words(one, other))

    def _say_both(self, _: Heard) -> Said:
        one, other = self._genres(2)
        now = self.ledger.wanting(self._want(one), self._want(other, refused=True))
        return self._made("both", now, self._words(one, other))

    def _say_decade(self, _: Heard) -> Said:
        want, words = self._decade()
        return self._made("decade", self.ledger.wanting(want), {"d": words})

    def _say_before(self, _: Heard) -> Said:
        year = self._rng.randint(1950, 1995)
        return self._made("before", self.ledger.wanting(Want("year", high=year - 1, marks=(str(year),))), {"y": year})

    def _say_after(self, _: Heard) -> Said:
        want, year = self._after()
        return self._made("after", self.ledger.wanting(want), {"y": year})

    def _say_years(self, heard: Heard) -> Said:
        if any(want.field == "year" for want in self.ledger.wants):
            want, words = self._decade()
            return self._made("instead", self.ledger.wanting(want), {"d": words})
        return self._rng.choice([self._say_decade, self._say_before, self._say_after])(heard)

    def _say_genre_decade(self, _: Heard) -> Said:
        (one,), (want, words) = self._genres(1), self._decade()
        return self._made("genre_decade", self.ledger.wanting(self._want(one), want), self._words(one) | {"d": words})

    def _say_several(self, _: Heard) -> Said:
        (one, other), (want, words) = self._genres(2), self._decade()
        now = self.ledger.wanting(self._want(one), want, self._want(other, refused=True))
        return self._made("several", now, self._words(one, other) | {"d": words})

    def _say_genre_after(self, _: Heard) -> Said:
        (one,), (want, year) = self._genres(1), self._after()
        return self._made("genre_after", self.ledger.wanting(self._want(one), want), self._words(one) | {"y": year})

    def _say_vague(self, _: Heard) -> Said:
        return self._made("vague", self.ledger)

    def _unsaid(self) -> list[Film]:
        """Famous films that were neither shown nor spoken of."""
        return [one for one in self._famous if one.name not in self.ledger.gone]

    def _titled(self, kind: str) -> Said:
        film = self._rng.choice(self._unsaid())
        return self._made(kind, self.ledger.without([film.name]), {"t": film.title})

    def _say_like(self, _: Heard) -> Said:
        return self._titled("like")

    def _say_similar(self, _: Heard) -> Said:
        return self._titled("similar")

    def _say_seen_title(self, _: Heard) -> Said:
        return self._titled("seen title")

    def _place(self, heard: Heard) -> int:
        return self._rng.randrange(min(len(heard.ids), len(PLACES[self.language])))

    def _critique(self, shown: Sequence[Film]) -> Critique:
        """A critique of these; nobody asks for lighter than light."""
        while True:
            made = Critique.of(self._rng.choice(DIRECTIONS), shown)
            far = made.mean is not None and {"lighter": made.mean, "darker": -made.mean}.get(made.direction, 0) >= TONE
            if made.mean is not None and not far:
                return made

    def _say_critique(self, heard: Heard) -> Said:
        made = self._critique([self.films.by_id[one] for one in heard.ids])
        return self._made(made.direction, self.ledger.criticising(made), critique=made)

    def _say_critique_than(self, heard: Heard) -> Said:
        place = self._place(heard)
        made = self._critique([self.films.by_id[heard.ids[place]]])
        words = PLACES[self.language][place]
        return self._made(f"{made.direction} than", self.ledger.criticising(made), {"n": words}, made)

    def _say_others(self, _: Heard) -> Said:
        return self._made("others", self.ledger)

    def _say_lift(self, _: Heard) -> Said:
        fields = sorted({want.field for want in self.ledger.wants})
        if not fields:
            return self._say_lift_all(_)
        field = self._rng.choice(fields)
        return self._made(f"lift {field}", self.ledger.lifted(field))

    def _say_lift_all(self, _: Heard) -> Said:
        return self._made("lift all", self.ledger.lifted("all"))

    def _say_reset(self, _: Heard) -> Said:
        return self._made("reset", self.ledger.fresh(), due=False)

    def _say_after_all(self, _: Heard) -> Said:
        wanted = [want for want in self.ledger.wants if want.field == "genre" and not want.refused]
        one = self._rng.choice(sorted(self._rng.choice(wanted).genres & {*GENRES}))
        return self._made("after all", self.ledger.wanting(self._want(one, refused=True)), self._words(one))

    def _say_good(self, heard: Heard) -> Said:
        return self._made("good", self.ledger, {"n": PLACES[self.language][self._place(heard)]})

    def _say_bad(self, heard: Heard) -> Said:
        return self._made("bad", self.ledger, {"n": PLACES[self.language][self._place(heard)]})

    def _say_good_bad(self, heard: Heard) -> Said:
        if len(heard.ids) < 2:
            return self._say_good(heard)
        n, m = self._rng.sample(PLACES[self.language][: len(heard.ids)], 2)
        return self._made("good bad", self.ledger, {"n": n, "m": m})

    def _say_seen_place(self, heard: Heard) -> Said:
        return self._made("seen place", self.ledger, {"n": PLACES[self.language][self._place(heard)]})

    def _say_seen_these(self, _: Heard) -> Said:
        return self._made("seen these", self.ledger)

    def _say_option(self, heard: Heard) -> Said:
        n = self._rng.randrange(len(heard.options))
        option = heard.options[n]
        if heard.about == "year":
            start = int(option[:4])
            want = Want("year", low=start, high=start + 9, marks=(str(start),))
        else:
            called = {word.casefold(): name for name, words in MARKS.items() for word in (name, *words)}
            name = called.get(option.casefold(), "Children's" if option in {"family", "家庭"} else option)
            want = Want("genre", frozenset({name}), marks=(option,))
        words = {"n": PLACES["en"][n], "c": _CHINESE_NUMBERS[n]}
        return self._made("option", self.ledger.wanting(want), words)

    def _offered(self, heard: Heard) -> Want | None:
        """The condition that a reply offers to drop, if it is one of ours beyond doubt."""
        offer = _OFFER.search(heard.text)
        found = [want for want in self.ledger.wants if offer and want.named_in(offer[1])]
        return found[0] if len(found) == 1 else None

    def _say_yes(self, heard: Heard) -> Said:
        want = self._offered(heard)
        return self._made("yes", self.ledger.dropped(want) if want else self.ledger)
