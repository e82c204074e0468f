"""What speaks for each item of a catalogue at a point of a dialogue: float64[n_items, n_features].

Columns that do not depend on the dialogue are standardised over the catalogue; the others are cosines, shares, or numbers of
matches cut at a few, so that weights learned on one catalogue mean the same on another. What a store knows nothing of is 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tastemaker.retrieval.dialogue import words
from tastemaker.retrieval.dialogue.known import Known, near_to, unit_or_zero
from tastemaker.retrieval.dialogue.past import Past, query_text
from tastemaker.retrieval.dialogue.together import Floats
from tastemaker.retrieval.dialogue.turns import Turn, mentioned, spoken

GROUPS: dict[str, tuple[str, ...]] = {
    "popular": ("named", "advised", "had", "unheard", "bare"),
    "recent": ("recent", "year", "new_asked", "old_asked", "period_asked"),
    "together": ("named_together", "together", "together_best"),
    "content": ("content", "content_best"),
    "shared": ("shared_kind", "shared_star", "shared_director", "shared_writer", "year_gap", "year_side", "year_near"),
    "words": (
        "kind_asked", "kind_asked_last", "kinds_asked", "kinds_asked_last", "kinds_spoken_of", "kind_refused",
        "star_named", "director_named",
    ),
    "query": ("query",),
    "past": ("advised_then", "advised_then_content", "advised_then_together"),
    "depth": ("named_deep", "had_deep", "year_deep", "advised_first", "kinds_asked_first"),
}  # fmt: skip
"""The features, by the source that they belong to. docs/dialogues.md says what each is."""
FEATURES = tuple(name for names in GROUPS.values() for name in names)
DEEP = 6
"""Mentions at which a dialogue counts as deep."""
MATCHES = 3
CLASSIC = 1990
NOBODY = 1e-9


@dataclass(frozen=True, slots=True)
class Said:
    """A point of a dialogue: places of the items named and not spoken against, in order, and the three texts."""

    items: list[int]
    seeker: str
    last: str
    recommender: str
    query: Floats | None

    @property
    def depth(self) -> float:
        """How deep the dialogue is, in [0, 1]."""
        return min(len(self.items), DEEP) / DEEP


class Features:
    """Features of the items `known` by what the `past` teaches."""

    def __init__(self, known: Known, past: Past) -> None:
        self.known, self.past = known, past
        years = known.years
        self._recent = np.exp(-np.maximum(known.newest - years, 0) / 3) * ~np.isnan(known.given_years)
        self._still = {
            "had": _standard(np.log1p(known.had.counts)),
            "bare": (np.diff(known.kinds.indptr) == 0).astype(np.float64),
            "recent": _standard(self._recent),
            "year": _standard(years),
        }
        self._spread = {
            name: _scale(np.log(baskets.counts + 0.3))
            for name, baskets in (("named", past.named), ("advised", past.advised))
        }

    def said(self, turns: Sequence[Turn]) -> Said:
        """What the `turns` so far hold, their query encoded if there is an encoder and the seeker said anything."""
        unwanted = {one for turn in turns for one in turn.unwanted}
        items = [self.known.place[one] for one in mentioned(turns) if one in self.known.place and one not in unwanted]
        last = next((turn.text for turn in reversed(turns) if turn.seeker), "")
        seeker = spoken(turns, seeker=True)
        return Said(items, seeker, last, spoken(turns, seeker=False), self.past.query(query_text(turns)))

    def matrix(self, turns: Sequence[Turn], leave: str | None = None) -> Floats:
        """The features after `turns`, columns as in `FEATURES`; `leave` is a past dialogue of which nothing may be known."""
        said, without = self.said(turns), self.past.number.get(leave) if leave is not None else None
        found = dict(self._still)
        for part in (self._popular, self._together, self._content, self._shared, self._words, self._then):
            found |= part(said, without)
        found |= self._deep(said, found)
        zero = np.zeros(len(self.known))
        return np.column_stack([found.get(name, zero) for name in FEATURES])

    def _popular(self, said: Said, without: int | None) -> dict[str, Floats]:
        found = {}
        for name, baskets in (("named", self.past.named), ("advised", self.past.advised)):
            mean, scale = self._spread[name]
            counts = baskets.counts_but(without)
            found[name] = (np.log(counts + 0.3) - mean) / scale
            if name == "advised":
                found["unheard"] = (counts < NOBODY).astype(np.float64)
        return found

    def _together(self, said: Said, without: int | None) -> dict[str, Floats]:
        if not said.items:
            return {}
        each = self.known.similar.each(said.items)
        return {
            "named_together": np.log1p(1000 * self.past.together(said.items, without)),
            "together": each.sum(axis=0) / np.sqrt(len(each)),
            "together_best": each.max(axis=0),
        }

    def _content(self, said: Said, without: int | None) -> dict[str, Floats]:
        vectors = self.known.vectors
        if vectors is None:
            return {}
        found: dict[str, Floats] = {}
        if said.items:
            near = np.array([near_to(vectors, vectors[one]) for one in said.items])
            found |= {"content": near.mean(axis=0), "content_best": near.max(axis=0)}
        if said.query is not None:
            found["query"] = near_to(vectors, said.query)
        return found

    def _shared(self, said: Said, without: int | None) -> dict[str, Floats]:
        known, items = self.known, said.items
        if not items:
            return {}
        liked = unit_or_zero(np.asarray(known.kind_units[items].sum(axis=0)).ravel())
        found = {"shared_kind": known.kind_units @ liked}
        for field, names in known.names.items():
            counts = np.minimum(np.asarray(names.matrix[items].sum(axis=0)).ravel(), 2)
            found[f"shared_{field}"] = np.minimum(names.matrix @ counts, MATCHES)
        if len(years := known.given_years[items][~np.isnan(known.given_years[items])]):
            found["year_gap"] = np.abs(known.years[:, None] - years).mean(axis=1) / 10
            found["year_side"] = (known.years - years.mean()) / 10
            found["year_near"] = np.exp(-np.abs(known.years - years.mean()) / 4)
        return found

    def _words(self, said: Said, without: int | None) -> dict[str, Floats]:
        known = self.known
        found: dict[str, Floats] = {}
        for end, text in (("", said.seeker), ("_last", said.last)):
            wanted, refused = words.asked(text, known.cues)
            once = np.minimum(wanted, 1)
            found[f"kind_asked{end}"] = known.kinds @ once / max(once.sum(), 1)
            found[f"kinds_asked{end}"] = known.kind_units @ unit_or_zero(wanted * known.rarity)
            found.setdefault("kind_refused", known.kinds @ np.minimum(refused, 1))
        wanted, _ = words.asked(said.recommender, known.cues)
        found["kinds_spoken_of"] = known.kind_units @ unit_or_zero(wanted * known.rarity)
        everything = f"{said.seeker}\n{said.recommender}"
        for field, names in known.names.items():
            columns = words.names_in(everything, names.number)
            found[f"{field}_named"] = np.minimum(np.asarray(names.matrix[:, columns].sum(axis=1)).ravel(), 2)
        found["period_asked"] = words.period(said.seeker, known.years)
        found["new_asked"] = self._recent * words.wants_new(said.seeker)
        found["old_asked"] = np.where(known.years < CLASSIC, float(words.wants_old(said.seeker)), 0.0)
        return found

    def _then(self, said: Said, without: int | None) -> dict[str, Floats]:
        votes = self.past.votes(said.query, without)
        if not votes.any():
            return {}
        found = {
            "advised_then": np.log1p(3 * votes),
            "advised_then_together": self.known.similar.to(votes / votes.sum()),
        }
        if self.known.vectors is not None:
            had = np.flatnonzero(votes)
            middle = unit_or_zero(near_to(self.known.vectors[had].T, votes[had]))
            found["advised_then_content"] = near_to(self.known.vectors, middle)
        return found

    def _deep(self, said: Said, found: dict[str, Floats]) -> dict[str, Floats]:
        first = float(not said.items)
        return {
            "named_deep": found["named"] * said.depth,
            "had_deep": found["had"] * said.depth,
            "year_deep": found["year"] * said.depth,
            "advised_first": found["advised"] * first,
            "kinds_asked_first": found["kinds_asked"] * first,
        }


def _scale(values: Floats) -> tuple[float, float]:
    return float(values.mean()), float(values.std()) or 1.0


def _standard(values: Floats) -> Floats:
    mean, scale = _scale(values)
    return (values - mean) / scale
