"""Candidates from several sources, fused into one prior."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tastemaker.domain import Candidate, Item
from tastemaker.errors import EmptyCatalogueError, EmptyHistoryError, InvalidInputError
from tastemaker.retrieval.catalogue import Catalogue
from tastemaker.retrieval.diversity import calibrate, mmr, scaled
from tastemaker.retrieval.encoders import Encoder
from tastemaker.retrieval.filters import Filter
from tastemaker.retrieval.fusion import Fusion, fuse
from tastemaker.retrieval.index import Index
from tastemaker.retrieval.profile import UserProfile

RECENT_LIKES = 10
RECENT_SEARCHES = 3
DEPTH = 500
"""Ids that each source proposes at least: standardised scores of a short list say little (docs/experiments.md)."""


class Retriever:
    """Finds what may be shown. Seen items are left out before anything is ranked.

    Sources: `query` (near what is asked for or was searched), `content` (near the last liked items by text), `together`
    and `next` (taste vectors: had by those who had the same, and had after it), `popular` and `recent`.
    `encoder` is called only where there is a query, so that a history alone never loads it.
    """

    def __init__(
        self, catalogue: Catalogue, index: Index, encoder: Callable[[], Encoder], fusion: Fusion | None = None
    ) -> None:
        self._catalogue, self._index, self._encoder = catalogue, index, encoder
        self._fusion = fusion or Fusion()

    def retrieve(
        self, profile: UserProfile, query: str | None, n: int, *, where: Filter | None = None,
        diversity: float = 0.0, calibration: float = 0.0,
    ) -> list[Candidate]:  # fmt: skip
        """Up to `n` candidates that pass `where`, best prior first; ties by id. Fewer if fewer pass: nothing is padded.

        With `diversity` in (0, 1] they are chosen by maximal marginal relevance over the text vectors, with `calibration`
        in (0, 1] so that their categories are in the proportions of what was liked; best first all the same.

        Raises:
            EmptyCatalogueError: there is no item, every item was seen, or none that is unseen passes.
            EmptyHistoryError: neither a liked item, nor a search, nor a query.
            InvalidInputError: `diversity` and `calibration` are both given, or a filter names what no item has.
        """
        if not (query or profile.searches or profile.liked):
            self._refuse_empty()
            raise EmptyHistoryError(
                "there is nothing to recommend from: no query, no search and no liked item",
                remedy="Give a query, a history with at least one liked item, or a user with events",
            )
        if diversity and calibration:
            raise InvalidInputError("are both given", where="diversity and calibration", remedy="Give one of them")
        among = None
        if where is not None:
            table = self._catalogue.attributes()
            if not len(table.ids):
                self._refuse_empty()
            among = [str(one) for one in table.ids[table.matching(where)]]
        chosen = diversity or calibration
        ranked = self.rank(profile, query, max(n, DEPTH) if chosen else n, among)
        if not ranked:
            self._refuse_empty()
            if where is None:
                raise EmptyCatalogueError("every item was seen already", remedy="Index more items")
            raise EmptyCatalogueError("no unseen item passes the filter", remedy="Loosen the filter")
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
            for name in item.categories:
                target[name] = target.get(name, 0.0) + 1.0 / len(item.categories)
        return target

    def rank(
        self, profile: UserProfile, query: str | None, n: int, among: Collection[str] | None = None
    ) -> list[tuple[str, float, dict[str, int]]]:
        """Up to `n` of (id, prior, its rank in each source that proposes it), best first; of `among`, if that is given.

        Someone of whom nothing is known gets what is popular and recent.
        """
        found = self.sources(profile, query, n, among)
        ranks = {name: {one: rank for rank, one in enumerate(scores, start=1)} for name, scores in found.items()}
        return [
            (one, prior, {name: places[one] for name, places in ranks.items() if one in places})
            for one, prior in fuse(found, self._fusion.weights)[:n]
        ]

    def sources(
        self, profile: UserProfile, query: str | None, n: int, among: Collection[str] | None = None
    ) -> dict[str, dict[str, float]]:
        """What each source with a weight proposes: its best unseen ids, `n` or 500, with their scores, best first."""
        n = max(n, DEPTH)
        limits: dict[str, Any] = {"among": among, "without": profile.seen}
        made: dict[str, Callable[[], dict[str, float]]] = {}
        texts = [text for text in [query, *profile.searches[-RECENT_SEARCHES:]] if text]
        if texts:
            made["query"] = lambda: self._index.nearest(self._encoded(texts), n, **limits)
        if profile.liked:
            likes = profile.liked[-RECENT_LIKES:]
            made["content"] = lambda: self._index.nearest(self._index.vectors(likes), n, **limits)
        had = self._history(profile)
        made["together"] = lambda: self._index.taste("together", had, n, **limits)
        made["next"] = lambda: self._index.taste("next", had, n, **limits)
        if not query:  # what many like would push aside what was asked for
            made["popular"] = lambda: self._counted(1.0, n, **limits)
            made["recent"] = lambda: self._counted(self._fusion.recent_share, n, **limits)
        found = {name: source() for name, source in made.items() if self._fusion.weights.get(name)}
        return {name: scores for name, scores in found.items() if scores}

    def _encoded(self, texts: Sequence[str]) -> NDArray[np.float32]:
        encoder = self._encoder()
        return np.asarray([encoder.embed_query(text) for text in texts], dtype=np.float32)

    def _history(self, profile: UserProfile) -> dict[str, float]:
        """What each item had still says: the last one 1, each before it `decay` times that, unwanted ones less."""
        unwanted, last = set(profile.unwanted), len(profile.seen) - 1
        share, decay = self._fusion.unwanted, self._fusion.decay
        return {one: decay ** (last - n) * (share if one in unwanted else 1.0) for n, one in enumerate(profile.seen)}

    def _counted(
        self, share: float, n: int, *, among: Collection[str] | None, without: Collection[str]
    ) -> dict[str, float]:
        allowed, excluded = None if among is None else set(among), set(without)
        counts = self._catalogue.popular(share).items()
        kept = ((one, n) for one, n in counts if one not in excluded and (allowed is None or one in allowed))
        return dict(islice(kept, n))
