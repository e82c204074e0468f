"""A collection in a real Chroma: exact and by graph, in three spaces, with limits."""

from __future__ import annotations

from pathlib import Path

import chromadb
import numpy as np
import pytest
from chromadb.api import ClientAPI
from chromadb.config import Settings

from tastemaker.retrieval.vectors import EXACT_UP_TO, Floats32, Space, VectorCollection, similarity, unit


@pytest.fixture
def client(tmp_path: Path) -> ClientAPI:
    return chromadb.PersistentClient(str(tmp_path), settings=Settings(anonymized_telemetry=False))


def filled(
    client: ClientAPI, space: Space, exact_up_to: int = EXACT_UP_TO, n: int = 60
) -> tuple[VectorCollection, list[str], Floats32]:
    rng = np.random.default_rng(1)
    rows = rng.normal(size=(n, 8)).astype(np.float32)
    ids = [f"i{number:03}" for number in range(n)]
    collection = VectorCollection(client, f"test-{space}", space, exact_up_to=exact_up_to)
    collection.upsert(ids, rows)
    return collection, ids, rows


@pytest.mark.parametrize("space", ["cosine", "ip", "l2"])
def test_graph_and_scan_agree_with_numpy(client: ClientAPI, space: Space) -> None:
    collection, ids, rows = filled(client, space)
    graph = VectorCollection(client, f"test-{space}", space, exact_up_to=0)
    queries = np.random.default_rng(2).normal(size=(3, 8)).astype(np.float32)
    if space == "l2":
        true = -((queries[:, None, :] - rows[None, :, :]) ** 2).sum(axis=2)
    else:
        left, right = (unit(queries), unit(rows)) if space == "cosine" else (queries, rows)
        true = left @ right.T
    best = dict(sorted(zip(ids, true.max(axis=0).tolist(), strict=True), key=lambda pair: -pair[1])[:10])
    for one in (collection, graph):
        found = one.nearest(queries, 10)
        assert list(found) == list(best)
        assert list(found.values()) == pytest.approx(list(best.values()), abs=1e-4)


@pytest.mark.parametrize("limit", [10_000, 0])
def test_limits_hold(client: ClientAPI, limit: int) -> None:
    collection, ids, rows = filled(client, "cosine", limit)
    found = collection.nearest(rows[:1], 5, without=ids[:3])
    assert len(found) == 5 and not set(found) & set(ids[:3])
    some = ids[10:14]
    assert set(collection.nearest(rows[:1], 50, among=some)) == set(some)
    assert set(collection.nearest(rows[:1], 50, among=some, without=some[:1])) == set(some[1:])
    assert collection.nearest(rows[:1], 50, among=some, without=some) == {}
    assert len(collection.nearest(rows[:1], 500)) == 60


def test_what_is_written_is_seen_at_once(client: ClientAPI) -> None:
    collection, ids, rows = filled(client, "ip")
    collection.nearest(rows[:1], 1)
    collection.upsert(["new"], 100 * rows[:1])
    assert next(iter(collection.nearest(rows[:1], 1))) == "new"
    assert np.allclose(collection.get([ids[3], "new"]), [rows[3], 100 * rows[0]])
    collection.clear()
    assert len(collection) == 0 and collection.nearest(rows[:1], 5) == {}
    collection.upsert(["other"], np.ones((1, 3), dtype=np.float32))  # another dimension
    assert list(collection.nearest(np.ones((1, 3), dtype=np.float32), 5)) == ["other"]


def test_similarity_by_hand() -> None:
    query, rows = np.array([[3.0, 4.0]], np.float32), np.array([[1.0, 0.0], [0.0, 2.0]], np.float32)
    assert similarity(query, unit(rows), "cosine")[0].tolist() == pytest.approx([0.6, 0.8])
    assert similarity(query, rows, "ip")[0].tolist() == pytest.approx([3.0, 8.0])
    assert similarity(query, rows, "l2")[0].tolist() == pytest.approx([-20.0, -13.0])
    assert unit(np.zeros((1, 2), np.float32)).tolist() == [[0.0, 0.0]]
