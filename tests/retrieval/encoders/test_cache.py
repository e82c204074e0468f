"""Nothing is encoded twice, and nothing wrong is kept."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from tastemaker import Item
from tastemaker.database import open_database
from tastemaker.errors import EncoderMismatchError, EngineError, InvalidInputError, StoreError
from tastemaker.retrieval.catalogue import Catalogue
from tastemaker.retrieval.encoders import CachedEncoder, HashingEncoder, VectorCache, open_encoder
from tastemaker.retrieval.encoders.cache import FILE, content_key
from tastemaker.retrieval.index import Index


class Counting(HashingEncoder):
    """Remembers what it was asked; of `dimensions` numbers, and NaN for the text "bad"."""

    def __init__(self, dimensions: int = 512) -> None:
        self.asked: list[str] = []
        self.kept = dimensions

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        self.asked += texts
        rows = [row[: self.kept] for row in super().embed_documents(texts)]
        return [[float("nan")] * self.kept if text == "bad" else row for text, row in zip(texts, rows, strict=True)]


def cached(path: Path, name: str = "hashing", dimensions: int = 512) -> tuple[CachedEncoder, Counting]:
    inner = Counting(dimensions)
    return CachedEncoder(inner, name, VectorCache(path / FILE)), inner


def test_a_text_is_encoded_once_in_all(tmp_path: Path) -> None:
    encoder, inner = cached(tmp_path)
    expected = HashingEncoder().embed_documents(["b", "a", "b", "c", "a"])
    assert np.allclose(encoder.embed_documents(["b", "a", "b", "c", "a"]), expected, atol=1e-7)
    assert inner.asked == ["b", "a", "c"]
    again, inner = cached(tmp_path)
    assert np.allclose(again.embed_documents(["c", "new", "a"])[::2], [expected[3], expected[1]], atol=1e-7)
    assert inner.asked == ["new"]


def test_a_second_store_costs_nothing(tmp_path: Path, items: list[Item]) -> None:
    for number, encoded in enumerate((len(items), 0)):
        encoder, inner = cached(tmp_path)
        catalogue = Catalogue(open_database(tmp_path / str(number) / "store.sqlite3"))
        catalogue.add_items(items)
        index = Index(tmp_path / str(number) / "chroma")
        assert index.update(catalogue, encoder) == len(items)
        assert len(inner.asked) == encoded


def test_another_encoder_shares_nothing(tmp_path: Path) -> None:
    cached(tmp_path)[0].embed_documents(["a"])
    encoder, inner = cached(tmp_path, "another")
    encoder.embed_documents(["a"])
    assert inner.asked == ["a"]
    assert content_key("ab", "c") != content_key("a", "bc")


def test_what_users_write_is_not_kept(tmp_path: Path) -> None:
    encoder, _ = cached(tmp_path)
    encoder.embed_query("secret")
    assert VectorCache(tmp_path / FILE).get([content_key("hashing", "secret")]) == {}


def test_places_in_errors_are_the_callers(tmp_path: Path) -> None:
    encoder, _ = cached(tmp_path)
    encoder.embed_documents(["a", "b"])
    with pytest.raises(EngineError, match=r"NaN or infinity for text 3 \('bad'\)"):
        encoder.embed_documents(["a", "b", "c", "bad"])
    with pytest.raises(InvalidInputError, match="text 1 of 2 is empty"):
        encoder.embed_documents(["a", " "])
    assert VectorCache(tmp_path / FILE).get([content_key("hashing", text) for text in ("c", "bad")]) == {}


def test_other_dimensions_than_those_kept_are_refused(tmp_path: Path) -> None:
    cached(tmp_path)[0].embed_documents(["first text"])
    encoder, _ = cached(tmp_path, dimensions=100)
    with pytest.raises(EncoderMismatchError, match="numbers, but of"):
        encoder.embed_documents(["first text", "second text"])
    assert VectorCache(tmp_path / FILE).get([content_key("hashing", "second text")]) == {}


def test_the_oldest_go_when_it_is_full(tmp_path: Path) -> None:
    limit = 1 << 20
    cache = VectorCache(tmp_path / FILE, limit)
    keys = [content_key("x", str(n)) for n in range(2_000)]
    for start in range(0, len(keys), 100):
        cache.put({key: np.full(384, start, np.float32) for key in keys[start : start + 100]})
    kept = cache.get(keys)
    assert 300 < len(kept) < 700
    cache.close()
    assert len(cache.get(keys)) == len(kept)
    assert set(kept) == set(keys[-len(kept) :])
    assert (tmp_path / FILE).stat().st_size < 1.5 * limit
    VectorCache(tmp_path / "small", 1).put({keys[0]: np.ones(8, np.float32)})


def test_threads_share_it(tmp_path: Path) -> None:
    encoder, _ = cached(tmp_path)
    lists = [[f"text {n + shift}" for n in range(50)] for shift in range(8)]
    with ThreadPoolExecutor(8) as pool:
        for texts, found in zip(lists, pool.map(encoder.embed_documents, lists), strict=True):
            assert np.allclose(found, HashingEncoder().embed_documents(texts), atol=1e-7)


@pytest.mark.slow
def test_processes_share_it(tmp_path: Path) -> None:
    code = """
import sys, pathlib, numpy as np
from tastemaker.retrieval.encoders.cache import VectorCache, content_key
who, cache = sys.argv[1], VectorCache(pathlib.Path(sys.argv[2]))
for n in range(100):
    cache.put({content_key(w, str(n)): np.full(64, n, np.float32) for w in (who, "both")})
"""
    running = [subprocess.Popen([sys.executable, "-c", code, who, str(tmp_path / FILE)]) for who in "abc"]
    assert [process.wait() for process in running] == [0, 0, 0]
    keys = [content_key(who, str(n)) for who in ("a", "b", "c", "both") for n in range(100)]
    found = VectorCache(tmp_path / FILE).get(keys)
    assert [found[key][0] for key in keys] == 4 * list(range(100))


def test_a_file_that_is_no_cache_is_said_and_does_without(tmp_path: Path, checkpoints: dict[str, Path]) -> None:
    (tmp_path / FILE).write_bytes(b"not a database" * 1_000)
    with pytest.raises(StoreError, match=r"vectors\.sqlite3.*Delete it"):
        VectorCache(tmp_path / FILE)
    with pytest.warns(UserWarning, match="not kept"):
        encoder = open_encoder(f"hf:{checkpoints['bert']}", tmp_path)
    assert encoder.embed_documents(["tea"])
    (tmp_path / "file").write_text("x")
    with pytest.raises(StoreError, match="can't be used"):
        VectorCache(tmp_path / "file" / FILE)
