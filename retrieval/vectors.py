"""One Chroma collection of item vectors: exact where the collection is small, Chroma's graph where it is not."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, Literal

import chromadb
import numpy as np
from chromadb.api import ClientAPI
from numpy.typing import NDArray

# On 100,000 clustered vectors of 384 floats Chroma's defaults find 0.66 of the true 100 nearest, these 0.95 (3.2 ms).
HNSW = {"ef_construction": 200, "ef_search": 400, "max_neighbors": 32}
EXACT_UP_TO = 10_000
"""Vectors held in memory and compared one by one: 15 MB at 384 floats, read once in 0.8 s, then 1 ms a query."""
BATCH = 1_000
Space = Literal["cosine", "ip", "l2"]
Floats32 = NDArray[np.float32]
Held = tuple[list[str], dict[str, int], Floats32]
"""Ids in their order, the row of each, and the vectors."""


class VectorCollection:
    """Vectors by id. Scores are higher for nearer: cosine in [-1, 1], the inner product, or minus the squared distance.

    What another process writes is not seen: a Chroma folder belongs to one process.
    """

    def __init__(self, client: ClientAPI, name: str, space: Space, *, exact_up_to: int = EXACT_UP_TO) -> None:
        self._client, self._name, self._options = client, name, {"hnsw": {"space": space, **HNSW}}
        self._collection = self._open()
        # A collection keeps the space that it was made with, whatever is asked for later.
        self.space: Space = (self._collection.configuration.get("hnsw") or {}).get("space") or space
        self._exact_up_to = exact_up_to
        self._memory: Held | None = None
        self._size: int | None = None

    def _open(self) -> chromadb.Collection:
        options: Any = self._options
        return self._client.get_or_create_collection(self._name, embedding_function=None, configuration=options)

    def clear(self) -> None:
        """Remove every vector, and with them what dimension they have."""
        self._client.delete_collection(self._name)
        self._collection = self._open()
        self._memory = self._size = None

    @property
    def metadata(self) -> dict[str, Any]:
        """Facts kept with the collection."""
        return dict(self._collection.metadata or {})

    def set_metadata(self, facts: dict[str, Any]) -> None:
        """Replace the facts."""
        self._collection.modify(metadata=facts)

    def __len__(self) -> int:
        if self._size is None:  # Chroma's count can take as long as a query
            self._size = self._collection.count()
        return self._size

    def upsert(self, ids: Sequence[str], vectors: Floats32) -> None:
        """Add or replace. `vectors` are float32[len(ids), dimensions]."""
        for start in range(0, len(ids), BATCH):
            part = slice(start, start + BATCH)
            self._collection.upsert(ids=list(ids[part]), embeddings=vectors[part])
        self._memory = self._size = None

    def get(self, ids: Sequence[str]) -> Floats32:
        """Vectors of `ids` in that order, float32[len(ids), dimensions], by cosine as units where they are held.

        Raises `KeyError` for an id that is not there.
        """
        held = self._held()
        if held is not None:
            return held[2][[held[1][identity] for identity in ids]]
        got = self._collection.get(ids=list(ids), include=["embeddings"])
        rows: Any = got["embeddings"]
        place = {identity: row for row, identity in enumerate(got["ids"])}
        return np.asarray(rows, dtype=np.float32)[[place[identity] for identity in ids]]

    def nearest(
        self, queries: Floats32, n: int, *, among: Collection[str] | None = None, without: Collection[str] = ()
    ) -> dict[str, float]:
        """Up to `n` ids with their score for the query that they are nearest to, best first; ties by id where exact.

        `queries` are float32[n_queries, dimensions]; `among`, if given, are the only ids that may come, those of `without` don't.
        """
        held = self._held()
        if held is not None:
            return self._exactly(held, queries, n, among, without)
        kept: Any = None if among is None else list(among)
        reach = min(n + len(without), len(self))
        if not reach:
            return {}
        found = self._collection.query(query_embeddings=queries, n_results=reach, ids=kept, include=["distances"])
        best: dict[str, float] = {}
        for ids, distances in zip(found["ids"], found["distances"] or [], strict=True):
            for identity, distance in zip(ids, distances, strict=True):
                best[identity] = max(self._score(float(distance)), best.get(identity, -np.inf))
        excluded = set(without)
        ranked = sorted(best.items(), key=lambda pair: (-pair[1], pair[0]))
        return dict([pair for pair in ranked if pair[0] not in excluded][:n])

    def _score(self, distance: float) -> float:
        return -distance if self.space == "l2" else 1.0 - distance  # Chroma's distance is 1 − cosine, or 1 − product

    def _held(self) -> Held | None:
        if self._memory is None and 0 < len(self) <= self._exact_up_to:
            got = self._collection.get(include=["embeddings"])
            order = sorted(range(len(got["ids"])), key=got["ids"].__getitem__)
            ids = [got["ids"][n] for n in order]
            rows: Any = got["embeddings"]
            matrix = np.asarray(rows, dtype=np.float32)[order]
            if self.space == "cosine":  # once, not at every query
                matrix = unit(matrix)
            self._memory = ids, {identity: n for n, identity in enumerate(ids)}, matrix
        return self._memory

    def _exactly(
        self, held: Held, queries: Floats32, n: int, among: Collection[str] | None, without: Collection[str]
    ) -> dict[str, float]:
        ids, place, matrix = held
        scores = similarity(queries, matrix, self.space).max(axis=0)
        barred = np.zeros(len(ids), dtype=bool)
        if among is not None:
            barred[:] = True
            barred[[place[one] for one in among if one in place]] = False
        barred[[place[one] for one in without if one in place]] = True
        scores[barred] = -np.inf
        n = min(n, len(ids) - int(barred.sum()))
        best = np.sort(np.argpartition(-scores, n - 1)[:n]) if 0 < n < len(ids) else np.flatnonzero(~barred)
        best = best[np.argsort(-scores[best], kind="stable")]
        return dict(zip([ids[row] for row in best], scores[best].tolist(), strict=True)) if n > 0 else {}


def similarity(queries: Floats32, vectors: Floats32, space: Space) -> Floats32:
    """float32[len(queries), len(vectors)], higher is nearer: cosine (of `vectors` that are units), inner product, or minus
    the squared distance."""
    products: Floats32 = (unit(queries) if space == "cosine" else queries) @ vectors.T
    if space == "l2":
        products = 2 * products - (queries**2).sum(axis=1)[:, None] - (vectors**2).sum(axis=1)[None, :]
    return products


def unit(vectors: Floats32) -> Floats32:
    """The rows at length 1; rows of zeros stay."""
    made: Floats32 = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    return made
