"""One Chroma collection of item vectors: exact where few are compared, Chroma's graph where many are."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import chromadb
import numpy as np
from chromadb.api import ClientAPI
from numpy.typing import NDArray

from tastemaker.retrieval.attributes import Eligible
from tastemaker.retrieval.filters import Bools
from tastemaker.retrieval.rows import Floats32, RowFile, Rows, Space

# What a graph is built with is decided once. How far it is searched is measured (`measure_recall`): Chroma goes as far
# as it is asked for results, so asking for more of them than are wanted is the same as raising its ef_search.
HNSW = {"ef_construction": 200, "ef_search": 100, "max_neighbors": 32}
EXACT_UP_TO = 10_000
"""Vectors held in memory and compared one by one: 15 MB at 384 floats, read once in 0.8 s, then 1 ms a query."""
GRAPH_US, RESULT_US, ROW_US, ROW_QUERY_US = 1_500.0, 10.0, 0.35, 0.03
"""What a query by graph and each of its results cost, and each row compared one by one, and again for each query:
microseconds on one core at 384 floats. Only their proportions matter: they decide which way a filtered query takes."""
LOOKED_UP = 500
"""Of what the graph found, in one go."""
CENTRE_OF = 2_000
"""Vectors whose mean stands for that of all."""
BATCH = 1_000
PAGE = 5_000
EFFORTS = (100, 200, 400, 800, 1_600, 3_200)
WANTED_RECALL = 0.98
RECALL_AT = 100
SAMPLE = 100
"""Queries that recall is measured with: stored vectors, moved by a fifth of their length."""


@dataclass(slots=True)
class _Seen:
    """What was read of a collection since it was last written. A thread that reads while another writes fills the one
    that is put aside, and nobody sees it."""

    rows: Rows | None = None
    size: int | None = None
    centre: Floats32 | None = None


class VectorCollection:
    """Vectors by id. Scores are higher for nearer: cosine in [-1, 1], the inner product, or minus the squared distance.

    Above 10,000 vectors a copy of them lies in `folder`, for exact search among the few that a filter leaves. What
    another process writes is not seen: a Chroma folder belongs to one process.
    """

    def __init__(
        self, client: ClientAPI, name: str, space: Space, folder: Path, *, exact_up_to: int = EXACT_UP_TO,
        graph_us: float = GRAPH_US,
    ) -> None:  # fmt: skip
        self._client, self._name, self._options = client, name, {"hnsw": {"space": space, **HNSW}}
        self._collection = self._open()
        # A collection keeps the space that it was made with, whatever is asked for later.
        self.space: Space = (self._collection.configuration.get("hnsw") or {}).get("space") or space
        self._exact_up_to, self._graph_us = exact_up_to, graph_us
        self._file = RowFile(folder / name, self.space)
        self._seen = _Seen()

    def _open(self) -> chromadb.Collection:
        options: Any = self._options
        return self._client.get_or_create_collection(self._name, embedding_function=None, configuration=options)

    def clear(self) -> None:
        """Remove every vector, and with them what dimension they have."""
        self._client.delete_collection(self._name)
        self._collection = self._open()
        self._file.delete()
        self._seen = _Seen()

    @property
    def metadata(self) -> dict[str, Any]:
        """Facts kept with the collection."""
        return dict(self._collection.metadata or {})

    def add_metadata(self, **facts: Any) -> None:
        """Add or replace facts."""
        self._collection.modify(metadata=self.metadata | facts)

    def __len__(self) -> int:
        seen = self._seen
        if seen.size is None:  # Chroma's count can take as long as a query
            seen.size = self._collection.count()
        return seen.size

    def upsert(self, ids: Sequence[str], vectors: Floats32) -> None:
        """Add or replace. `vectors` are float32[len(ids), dimensions]."""
        for start in range(0, len(ids), BATCH):
            part = slice(start, start + BATCH)
            self._collection.upsert(ids=list(ids[part]), embeddings=vectors[part])
            self._file.put(ids[part], vectors[part])
        self._seen = _Seen()

    def get(self, ids: Sequence[str]) -> Floats32:
        """Vectors of `ids` in that order, float32[len(ids), dimensions], by cosine as units.

        Raises `KeyError` for an id that is not there.
        """
        return self.rows().take(ids)

    def nearest(
        self, queries: Floats32, n: int, *, among: Eligible | None = None, without: Collection[str] = ()
    ) -> dict[str, float]:
        """Up to `n` ids with their score for the query that they are nearest to, best first; ties by id where exact.

        `queries` are float32[n_queries, dimensions]; if `among` is given, only its ids come; those of `without` don't.

        The plan: in a small collection all that are eligible are compared one by one, and in a large one where that is
        cheaper than asking Chroma for so much more as will be dropped. Where that was not enough, as the eligible lie far
        from the query, they are compared too.
        """
        if not len(self):
            return {}
        mask = self.rows().eligible(among) if among is not None else None
        matching = len(self) if mask is None else int(np.count_nonzero(mask))
        if len(self) <= self._exact_up_to or not matching:
            return self.rows().scan(queries, n, mask, without)
        share, kept = matching / len(self), n + min(len(without), n)
        reach = max(self.effort, math.ceil((kept + 3 * math.sqrt(kept * (1 - share))) / share))  # three deviations more
        graph = len(queries) * (self._graph_us + RESULT_US * reach)
        if mask is not None and matching * (ROW_US + ROW_QUERY_US * len(queries)) <= graph:
            return self.rows().scan(queries, n, mask, without)
        found, enough = self._by_graph(queries, n, reach, mask, without)
        return found if enough else self.rows().scan(queries, n, mask, without)

    def _by_graph(
        self, queries: Floats32, n: int, reach: int, mask: Bools | None, without: Collection[str]
    ) -> tuple[dict[str, float], bool]:
        """What Chroma's graph finds, and whether nothing that it was not asked for can be better."""
        reach = min(reach, len(self))
        answer = self._collection.query(query_embeddings=queries, n_results=reach, include=["distances"])
        rows, barred = self.rows(), set(without)
        each = [self._scores(np.asarray(some, dtype=np.float64)) for some in answer["distances"] or []]
        scores, ids = np.concatenate(each), [one for some in answer["ids"] for one in some]
        unasked = max((some[-1] for some in each if len(some) < len(self)), default=-math.inf)
        found: dict[str, float] = {}
        order = np.argsort(-scores, kind="stable")
        # From the best on, and no further than is needed: an id's row is looked up in a table of all.
        for start in range(0, len(order), LOOKED_UP):
            part = order[start : start + LOOKED_UP].tolist()
            named = [ids[one] for one in part]
            allowed = mask[[rows.place[one] for one in named]].tolist() if mask is not None else [True] * len(named)
            for one, flat, may in zip(named, part, allowed, strict=True):
                if may and one not in barred and one not in found:  # each at its best score
                    found[one] = float(scores[flat])
                    if len(found) == n:
                        return found, found[one] >= unasked
        return found, math.isinf(unasked)

    def _scores(self, distances: NDArray[np.float64]) -> NDArray[np.float64]:
        return -distances if self.space == "l2" else 1.0 - distances  # Chroma's is 1 − cosine, or 1 − product

    def rows(self) -> Rows:
        """All vectors, to be compared one by one: in memory if they are few, else in the file."""
        seen = self._seen
        if seen.rows is None and len(self) <= self._exact_up_to:
            seen.rows = Rows.of(*self._page(None, 0), self.space)
        elif seen.rows is None:
            seen.rows = self._file.rows(len(self)) or self._file.write(
                self._page(PAGE, start) for start in range(0, len(self), PAGE)
            )
        return seen.rows

    def centre(self) -> Floats32:
        """The mean of up to 2,000 vectors, evenly spread, float32[dimensions]; there must be one."""
        seen = self._seen
        if seen.centre is None:
            matrix = self.rows().matrix
            seen.centre = np.asarray(matrix[:: max(1, len(matrix) // CENTRE_OF)].mean(axis=0), dtype=np.float32)
        return seen.centre

    def _page(self, limit: int | None, start: int) -> tuple[list[str], Floats32]:
        got = self._collection.get(include=["embeddings"], limit=limit, offset=start)
        vectors: Any = got["embeddings"]
        return got["ids"], np.asarray(vectors, dtype=np.float32)

    @property
    def effort(self) -> int:
        """How many results Chroma is asked for at least, so that recall is what was wanted when it was measured."""
        return int(self.metadata.get("effort") or EFFORTS[-3])

    def measure_recall(self) -> None:
        """Choose the least effort with a recall@100 of 0.98, and keep it with the collection, if that has grown by a fifth."""
        if len(self) <= self._exact_up_to or len(self) < 1.2 * self.metadata.get("measured_at", 0):
            return
        rows, rng = self.rows(), np.random.default_rng(0)
        some = np.asarray(rows.matrix[np.sort(rng.choice(len(rows), SAMPLE, replace=False))])
        noise = rng.normal(size=some.shape) / math.sqrt(some.shape[1])
        queries = np.asarray(some + 0.2 * np.linalg.norm(some, axis=1, keepdims=True) * noise, dtype=np.float32)
        true = [set(rows.scan(query[None], RECALL_AT, None)) for query in queries]
        for effort in EFFORTS:
            answer = self._collection.query(query_embeddings=queries, n_results=min(effort, len(self)), include=[])
            hits = [len(wanted & set(ids[:RECALL_AT])) for wanted, ids in zip(true, answer["ids"], strict=True)]
            recall = sum(hits) / (RECALL_AT * SAMPLE)
            if recall >= WANTED_RECALL:
                break
        self.add_metadata(effort=effort, recall=recall, measured_at=len(self))
