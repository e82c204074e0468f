"""Candidates from several sources, fused into one prior."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from tastemaker.domain import Candidate
from tastemaker.errors import EmptyCatalogueError, EmptyHistoryError
from tastemaker.retrieval.catalogue import Catalogue
from tastemaker.retrieval.encoders import Encoder
from tastemaker.retrieval.index import ContentIndex
from tastemaker.retrieval.profile import UserProfile

RECENT_LIKES = 10
RRF_CONSTANT = 60
"""k of reciprocal rank fusion, as Cormack, Clarke and Büttcher (SIGIR 2009) set it."""
WEIGHTS = {"query": 2.0, "content": 1.0, "popular": 1.0}
"""What is asked for in words now comes before habit; not fitted yet."""


class Retriever:
    """Finds what may be shown: near the query, near the last liked items, or popular. Seen items are left out first.

    `encoder` is called only where there is a query, so that a history alone never loads it.
    """

    def __init__(self, catalogue: Catalogue, index: ContentIndex, encoder: Callable[[], Encoder]) -> None:
        self._catalogue, self._index, self._encoder = catalogue, index, encoder

    def retrieve(self, profile: UserProfile, query: str | None, n: int) -> list[Candidate]:
        """Up to `n` candidates, best prior first; ties by id.

        Raises:
            EmptyCatalogueError: there is no item, or every item was seen.
            EmptyHistoryError: neither a liked item, nor a search, nor a query.
        """
        total, _ = self._catalogue.size()
        if not total:
            raise EmptyCatalogueError("the catalogue holds no item", remedy="Index some items first")
        queries = [text for text in [query, *profile.searches[-3:]] if text]
        if not queries and not profile.liked:
            raise EmptyHistoryError(
                "there is nothing to recommend from: no query, no search and no liked item",
                remedy="Give a query, a history with at least one liked item, or a user with events",
            )
        excluded = set(profile.seen)
        reach = min(total, n + len(excluded))
        lists: dict[str, list[str]] = {}
        if queries:
            encoder = self._encoder()
            vectors = np.asarray([encoder.embed_query(text) for text in queries], dtype=np.float32)
            lists["query"] = self._near(vectors, reach)
        if profile.liked:
            lists["content"] = self._near(self._index.vectors(profile.liked[-RECENT_LIKES:]), reach)
        if not query:  # what many like would push aside what was asked for
            lists["popular"] = self._catalogue.popular(reach)
        ranked = fuse({name: [i for i in ids if i not in excluded][:n] for name, ids in lists.items()})[:n]
        if not ranked:
            raise EmptyCatalogueError("every item was seen already", remedy="Index more items")
        items = self._catalogue.items([identity for identity, _, _ in ranked])
        return [
            Candidate(item, prior, rank, sources)
            for rank, (item, (_, prior, sources)) in enumerate(zip(items, ranked, strict=True), start=1)
        ]

    def _near(self, vectors: NDArray[np.float32], reach: int) -> list[str]:
        best: dict[str, float] = {}
        for row in self._index.nearest(vectors, reach):
            for identity, similarity in row:
                best[identity] = max(similarity, best.get(identity, -2.0))
        return sorted(best, key=lambda identity: (-best[identity], identity))


def fuse(lists: Mapping[str, Sequence[str]]) -> list[tuple[str, float, dict[str, int]]]:
    """Weighted reciprocal rank fusion: prior(i) = Σ over the lists that hold i of weight / (60 + rank), rank from 1.

    Returns (id, prior, {source: rank}) with the highest prior first, ties by id.
    """
    sources: dict[str, dict[str, int]] = {}
    for name, ids in lists.items():
        for rank, identity in enumerate(ids, start=1):
            sources.setdefault(identity, {})[name] = rank
    scored = [
        (identity, sum(WEIGHTS[name] / (RRF_CONSTANT + rank) for name, rank in ranks.items()), ranks)
        for identity, ranks in sources.items()
    ]
    return sorted(scored, key=lambda row: (-row[1], row[0]))
