"""Candidates from several sources, fused into one prior."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tastemaker.domain import Candidate, Item
from tastemaker.errors import EmptyCatalogueError, EmptyHistoryError, InvalidInputError
from tastemaker.retrieval.attributes import Eligible, rows_in
from tastemaker.retrieval.catalogue import Catalogue, batches
from tastemaker.retrieval.diversity import calibrate, mmr, scaled, share
from tastemaker.retrieval.encoders import Encoder
from tastemaker.retrieval.filters import Filter
from tastemaker.retrieval.fusion import Fusion, fuse
from tastemaker.retrieval.index import Index
from tastemaker.retrieval.interests import MAX_LIKES, group
from tastemaker.retrieval.profile import UserProfile, limits
from tastemaker.retrieval.rows import unit

RECENT_SEARCHES = 3
SHARED = 2.0
"""What the mean of all likes weighs beside the middle of a group (docs/experiments.md)."""
DEPTH = 500
"""Ids that each source proposes at least: standardised scores of a short list say little (docs/experiments.md)."""
NOTHING = 1e-4
"""Length below which a vector has no direction."""
Found = dict[str, dict[str, float]]
Ranked = tuple[str, float, dict[str, int]]
"""An id, its prior, and its rank in each source that proposes it."""


class Retriever:
    """Finds what may be shown. Seen items, and others of the same title, are left out before anything is ranked.

    Sources: `query` (near what is asked for or was searched), `content` (near the groups of liked items by text),
    `together` and `next` (taste vectors: had by those who had the same, and had after it), `popular`, `recent`, and
    `new` (items by their `created_at`). `encoder` is called only where there is a query, so that a history alone never
    loads it. `taste` looks up taste vectors, by default those of `index`. With `until` only events before it count.
    """

    def __init__(
        self, catalogue: Catalogue, index: Index, encoder: Callable[[], Encoder], fusion: Fusion | None = None, *,
        taste: Callable[..., dict[str, float]] | None = None, until: datetime | None = None,
    ) -> None:  # fmt: skip
        self._catalogue, self._index, self._encoder = catalogue, index, encoder
        self._fusion, self._taste, self._until = fusion or Fusion(), taste or index.taste, until

    def retrieve(
        self, profile: UserProfile, query: str | None, n: int, *, where: Filter | None = None, among: Eligible | None = None,
        diversity: float = 0.0, calibration: float = 0.0, cold_share: float = 0.0,
    ) -> list[Candidate]:  # fmt: skip
        """Up to `n` candidates that pass `where` and the user's constraints, best prior first; ties by id.

        With `among` what may come is decided already: neither `where` nor the user's constraints are looked at, and someone of
        whom nothing is known gets what is popular.

        Fewer if fewer pass: nothing is padded.

        With `diversity` in (0, 1] they are chosen by maximal marginal relevance over the text vectors, with `calibration`
        in (0, 1] so that their categories are in the proportions of what was liked; best first all the same. With
        `cold_share` in (0, 1] at least that share of them, rounded up, are items that nobody had, if there are so many.

        Raises:
            EmptyCatalogueError: there is no item, every item was seen, or none that is unseen passes.
            EmptyHistoryError: neither an event with an item, nor a search, nor a query.
            InvalidInputError: two of `diversity`, `calibration` and `cold_share` are given or one is out of range, or a
                filter names what no item has.
        """
        if among is None and not (query or profile.searches or profile.seen):
            self._refuse_empty()
            raise EmptyHistoryError(
                "there is nothing to recommend from: no query, no search and no event with an item",
                remedy="Give a query, a history, or a user with events",
            )
        if sum(map(bool, (diversity, calibration, cold_share))) > 1:
            where_given = "diversity, calibration and cold_share"
            raise InvalidInputError("are given together", where=where_given, remedy="Give one of them")
        share("cold_share", cold_share)
        if among is None and (where := limits(profile, where)) is not None:
            table = self._catalogue.attributes()
            if not len(table.ids):
                self._refuse_empty()
            among = table.eligible(where)
        chosen = diversity or calibration
        ranked = self.rank(profile, query, max(n, DEPTH) if chosen else n, among, cold_share)
        if not ranked:
            self._refuse_empty()
            if among is None:
                raise EmptyCatalogueError("every item was seen already", remedy="Index more items")
            raise EmptyCatalogueError("no unseen item passes the filter", remedy="Loosen it, or the user's constraints")
        items = self._catalogue.items([identity for identity, _, _ in ranked])
        kept = sorted(self._chosen(profile, items, [prior for _, prior, _ in ranked], n, diversity, calibration))
        return [
            Candidate(items[place], ranked[place][1], rank, ranked[place][2])
            for rank, place in enumerate(kept, start=1)
        ]

    def _refuse_empty(self) -> None:
        if not self._catalogue.size()[0]:  # counts every item, so only where there is nothing to show
            raise EmptyCatalogueError("the catalogue holds no item", remedy="Index some items first")

    def _chosen(
        self,
        profile: UserProfile,
        items: Sequence[Item],
        prior: Sequence[float],
        n: int,
        diversity: float,
        calibration: float,
    ) -> list[int]:
        if diversity:
            return mmr(prior, self._index.vectors([item.id for item in items]), n, diversity)
        if calibration and (target := self._taste_in_categories(profile)):
            return calibrate(scaled(prior), [item.categories for item in items], target, n, calibration)
        return list(range(min(n, len(items))))

    def _taste_in_categories(self, profile: UserProfile) -> dict[str, float]:
        """Σ over the liked items of 1 / its number of categories, by category (Steck, RecSys 2018)."""
        target: dict[str, float] = {}
        for item in self._catalogue.items(profile.liked):
            for name in set(item.categories) - set(profile.avoided):
                target[name] = target.get(name, 0.0) + 1.0 / len(item.categories)
        return target

    def rank(
        self, profile: UserProfile, query: str | None, n: int, among: Eligible | None = None, cold_share: float = 0.0
    ) -> list[Ranked]:
        """Up to `n` unseen items of different titles, best prior first; of `among`, if that is given.

        Someone of whom nothing is known gets what is popular, recent and new.
        """
        self._index.refresh(self._catalogue)
        found = self.sources(profile, query, n, among)
        cold: set[str] = set()
        if cold_share:
            unknown = self._nobody_had(among)
            for name, scores in self.sources(profile, query, n, unknown).items():
                found[name] = found.get(name, {}) | scores
            cold = {one for scores in found.values() for one in scores if one in unknown}
        fused = self._fused(found)
        kept = self._distinct([one for one, _ in fused if one in cold], profile, math.ceil(n * cold_share))
        others = self._distinct([one for one, _ in fused], profile, n, kept)
        kept = kept | dict(islice(others.items(), n - len(kept)))
        ranks = {name: {one: rank for rank, one in enumerate(scores, start=1)} for name, scores in found.items()}
        return [
            (one, prior, {name: places[one] for name, places in ranks.items() if one in places})
            for one, prior in fused
            if one in kept
        ]

    def scores(self, profile: UserProfile, query: str | None, among: Eligible | None = None) -> dict[str, float]:
        """The prior of all that any source proposes, best first; titles are not told apart."""
        self._index.refresh(self._catalogue)
        return dict(self._fused(self.sources(profile, query, DEPTH, among)))

    def _fused(self, found: Found) -> list[tuple[str, float]]:
        # A source that stands alone ranks by itself, whatever its weight: `popular` may have none where it has to step in.
        return fuse(found, self._fusion.weights if len(found) > 1 else dict.fromkeys(found, 1.0))

    def _distinct(
        self, ids: Sequence[str], profile: UserProfile, n: int, kept: Mapping[str, str] | None = None
    ) -> dict[str, str]:
        """The first `n` of `ids` with titles of their own, also beside `kept` and what was seen; with those titles."""
        found: dict[str, str] = {}
        if not n:
            return found
        had, unread = set((kept or {}).values()), profile.seen
        for part in batches((one for one in ids if one not in (kept or {})), n + 20):
            titles = self._catalogue.titles([*unread, *part])
            had |= {folded(titles[one]) for one in unread if one in titles}
            unread = ()
            for one in part:
                title = folded(titles.get(one, ""))  # of an id that Chroma still has, but the catalogue not
                if title and title not in had:
                    had.add(title)
                    found[one] = title
                    if len(found) == n:
                        return found
        return found

    def _nobody_had(self, among: Eligible | None) -> Eligible:
        if among is None:
            place = self._index.place
            among = Eligible(place, np.ones(len(place), dtype=bool))
        mask = among.mask.copy()
        had = rows_in(among.place, self._catalogue.popular(1.0, self._until).ids)
        mask[had[had >= 0]] = False
        return Eligible(among.place, mask)

    def sources(
        self, profile: UserProfile, query: str | None, n: int, among: Eligible | None = None, at: datetime | None = None
    ) -> Found:
        """What each source with a weight proposes: its best unseen ids, `n` or 500, with their scores, best first.

        Of items with a `created_at`, `new` proposes those that were there `at` that time, or by `until`, or now.
        """
        n = max(n, DEPTH)
        allowed: dict[str, Any] = {"among": among, "without": profile.seen}
        made: dict[str, Callable[[], dict[str, float]]] = {}
        texts = [text for text in [query, *profile.searches[-RECENT_SEARCHES:]] if text]
        if texts:
            made["query"] = lambda: self._index.nearest(self._encoded(texts), n, **allowed)
        if profile.liked:
            made["content"] = lambda: self._index.nearest(self.interests(profile), n, **allowed)
        for kind in ("together", "next"):
            made[kind] = partial(self._taste, kind, history(profile, self._fusion, kind), n, **allowed)
        if not query:  # what many like would push aside what was asked for
            for name, part in (("popular", 1.0), ("recent", self._fusion.recent_share)):
                made[name] = partial(self._catalogue.popular(part, self._until).best, n, **allowed)
            made["new"] = lambda: self._new(n, at or self._until or datetime.now(UTC), **allowed)
        found = {name: source() for name, source in made.items() if self._fusion.weights.get(name)}
        if not any(found.values()) and not query:  # of someone whom no source with a weight knows anything of
            found = {"popular": made["popular"]()}
        return {name: scores for name, scores in found.items() if scores}

    def _encoded(self, texts: Sequence[str]) -> NDArray[np.float32]:
        encoder = self._encoder()
        return np.asarray([encoder.embed_query(text) for text in texts], dtype=np.float32)

    def interests(self, profile: UserProfile) -> NDArray[np.float32]:
        """The interest vectors, float32[n, dimensions]: of each group of likes the one in its middle, drawn towards what
        all likes have in common.

        By cosine, what the whole catalogue has in common is taken off first: encoders put all texts into a narrow cone, and
        what tells items apart is little beside its axis (Mu and Viswanath, ICLR 2018, section 2). Items that nobody had
        are found half as often again (docs/experiments.md).
        """
        vectors = self._index.vectors(profile.liked[-MAX_LIKES:])
        middles = vectors[[one.medoid for one in group(vectors)]]
        if self._index.similarity != "cosine":
            return middles
        common = self._index.centre()
        drawn: NDArray[np.float32] = unit(middles - common) + SHARED * unit((vectors.mean(axis=0) - common)[None, :])
        drawn[np.linalg.norm(drawn, axis=1) < NOTHING] = middles[0]  # all there is lies in one place
        return unit(drawn)

    def _new(self, n: int, at: datetime, **allowed: Any) -> dict[str, float]:
        now = at.timestamp()
        found = self._catalogue.newest().best(n, upto=now, **allowed)
        return {one: 0.5 ** ((now - then) / 3600 / self._fusion.half_life) for one, then in found.items()}


def history(profile: UserProfile, fusion: Fusion, kind: str) -> dict[str, float]:
    """What each item had still says: the last one 1, each before it less by the decay of `kind`; unwanted ones less."""
    unwanted, last, decay = set(profile.unwanted), len(profile.seen) - 1, fusion.decays.get(kind, 1.0)
    return {
        one: decay ** (last - n) * (fusion.unwanted if one in unwanted else 1.0) for n, one in enumerate(profile.seen)
    }


def folded(title: str) -> str:
    """A title without what doesn't tell two apart: case, width, spaces."""
    return " ".join(unicodedata.normalize("NFKC", title).casefold().split())
