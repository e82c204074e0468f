"""A collection in a real Chroma: exact and by graph, in three spaces, with limits."""

from __future__ import annotations

from pathlib import Path

import chromadb
import numpy as np
import pytest
from chromadb.api import ClientAPI
from chromadb.config import Settings

from tastemaker.retrieval.attributes import Eligible
from tastemaker.retrieval.rows import Floats32, Space, similarity, unit
from tastemaker.retrieval.vectors import EXACT_UP_TO, VectorCollection


@pytest.fixture
def client(tmp_path: Path) -> ClientAPI:
    return chromadb.PersistentClient(str(tmp_path), settings=Settings(anonymized_telemetry=False))


def filled(
    client: ClientAPI, folder: Path, space: Space, exact_up_to: int = EXACT_UP_TO, n: int = 60
) -> tuple[VectorCollection, list[str], Floats32]:
    rng = np.random.default_rng(1)
    rows = rng.normal(size=(n, 8)).astype(np.float32)
    ids = [f"i{number:03}" for number in range(n)]
    collection = VectorCollection(client, f"test-{space}", space, folder, exact_up_to=exact_up_to)
    collection.upsert(ids, rows)
    return collection, ids, rows


@pytest.mark.parametrize("space", ["cosine", "ip", "l2"])
def test_graph_and_scan_agree_with_numpy(client: ClientAPI, tmp_path: Path, space: Space) -> None:
    collection, ids, rows = filled(client, tmp_path, space)
    graph = VectorCollection(client, f"test-{space}", space, tmp_path, exact_up_to=0)
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
def test_limits_hold(client: ClientAPI, tmp_path: Path, limit: int) -> None:
    collection, ids, rows = filled(client, tmp_path, "cosine", limit)
    found = collection.nearest(rows[:1], 5, without=ids[:3])
    assert len(found) == 5 and not set(found) & set(ids[:3])
    some = ids[10:14]
    assert set(collection.nearest(rows[:1], 50, among=Eligible.of(some))) == set(some)
    assert set(collection.nearest(rows[:1], 50, among=Eligible.of(some), without=some[:1])) == set(some[1:])
    assert collection.nearest(rows[:1], 50, among=Eligible.of(some), without=some) == {}
    assert len(collection.nearest(rows[:1], 500)) == 60


@pytest.mark.parametrize("graph_us", [-1e9, 1e9], ids=["graph", "scan"])
@pytest.mark.parametrize("space", ["cosine", "ip", "l2"])
def test_a_filter_finds_what_a_comparison_of_all_finds(
    client: ClientAPI, tmp_path: Path, space: Space, graph_us: float
) -> None:
    """By the graph and by the scan; also where what passes lies far from the query, so that the graph sees none of it."""
    filled(client, tmp_path, space, n=600)
    exact = VectorCollection(client, f"test-{space}", space, tmp_path)
    graph = VectorCollection(client, f"test-{space}", space, tmp_path, exact_up_to=0, graph_us=graph_us)
    queries = np.random.default_rng(2).normal(size=(2, 8)).astype(np.float32)
    far = list(exact.nearest(queries, 600))[-20:]
    for ids in (far, [f"i{n:03}" for n in range(0, 600, 2)], [f"i{n:03}" for n in range(600)]):
        some = Eligible.of(ids)
        true = exact.nearest(queries, 10, among=some, without=ids[:3])
        found = graph.nearest(queries, 10, among=some, without=ids[:3])
        assert list(found) == list(true) and found == pytest.approx(true, abs=1e-4)


def test_many_seen_items_do_not_hide_the_rest(client: ClientAPI, tmp_path: Path) -> None:
    collection, _, rows = filled(client, tmp_path, "cosine", 0, n=600)
    nearest = list(collection.nearest(rows[:1], 600))
    assert list(collection.nearest(rows[:1], 5, without=nearest[:500])) == nearest[500:505]


def test_a_missing_or_broken_copy_is_made_again(client: ClientAPI, tmp_path: Path) -> None:
    collection, ids, rows = filled(client, tmp_path, "cosine", 0)
    some = Eligible.of(ids[:9])
    true = collection.nearest(rows[:1], 5, among=some)

    def again() -> dict[str, float]:
        return VectorCollection(client, "test-cosine", "cosine", tmp_path, exact_up_to=0).nearest(
            rows[:1], 5, among=some
        )

    vectors, names = tmp_path / "test-cosine.f32", tmp_path / "test-cosine.ids"
    assert again() == true and vectors.stat().st_size == 60 * 8 * 4
    vectors.write_bytes(vectors.read_bytes()[:100])
    assert again() == true
    names.write_text("".join(names.read_text().splitlines(keepends=True)[:20]))  # stopped while it was written
    assert again() == true
    names.unlink()
    assert again() == true
    collection.upsert(["new"], rows[:1])
    assert len(again()) == 5 and list(collection.nearest(rows[:1], 1, among=Eligible.of(["new"]))) == ["new"]
    collection.upsert([ids[1]], rows[:1])  # replaced in the copy too
    assert collection.nearest(rows[:1], 1, among=Eligible.of(ids[1:9])) == pytest.approx({ids[1]: 1.0})


def test_effort_is_chosen_by_measured_recall(client: ClientAPI, tmp_path: Path) -> None:
    collection, _, _ = filled(client, tmp_path, "cosine", 0, n=600)
    collection.measure_recall()
    facts = collection.metadata
    assert facts["effort"] == collection.effort == 100 and facts["recall"] >= 0.98 and facts["measured_at"] == 600
    collection.add_metadata(effort=200)
    collection.measure_recall()  # has not grown
    assert collection.effort == 200
    small, _, _ = filled(client, tmp_path, "ip")
    small.measure_recall()
    assert "effort" not in small.metadata


def test_what_is_written_is_seen_at_once(client: ClientAPI, tmp_path: Path) -> None:
    collection, ids, rows = filled(client, tmp_path, "ip")
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
