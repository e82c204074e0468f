"""The index in a real Chroma: it finds, it goes on after a stop, it refuses another encoder."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tastemaker import Item
from tastemaker.database import open_database
from tastemaker.errors import EncoderMismatchError, StoreError
from tastemaker.retrieval.catalogue import Catalogue
from tastemaker.retrieval.encoders import HashingEncoder
from tastemaker.retrieval.index import ENCODE_BATCH, Index


class StoppingEncoder(HashingEncoder):
    """Is stopped by Ctrl-C in its second batch."""

    batches = 0

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        self.batches += 1
        if self.batches == 2:
            raise KeyboardInterrupt
        return super().embed_documents(texts)


@pytest.fixture
def catalogue(tmp_path: Path) -> Catalogue:
    return Catalogue(open_database(tmp_path / "store.sqlite3"))


def test_vectors_and_neighbours_are_exact(tmp_path: Path, catalogue: Catalogue, items: list[Item]) -> None:
    catalogue.add_items(items)
    index, encoder = Index(tmp_path / "chroma"), HashingEncoder()
    assert index.update(catalogue, encoder) == len(items)
    assert index.update(catalogue, encoder) == 0
    ids = [item.id for item in items]
    vectors = index.vectors(ids)
    assert np.allclose(index.vectors(ids[::-1]), vectors[::-1])
    exact = vectors @ vectors.T
    for row in range(len(ids)):
        found = index.nearest(vectors[row : row + 1], len(ids))
        assert set(found) == set(ids)
        assert list(found.values()) == pytest.approx(sorted(exact[row], reverse=True), abs=1e-5)


def test_a_stopped_index_is_completed_by_the_next(tmp_path: Path, catalogue: Catalogue) -> None:
    many = [Item(id=f"n{n}", title=f"Title {n}") for n in range(2 * ENCODE_BATCH + 5)]
    catalogue.add_items(many)
    index = Index(tmp_path / "chroma")
    with pytest.raises(KeyboardInterrupt):
        index.update(catalogue, StoppingEncoder())
    assert catalogue.size() == (len(many), len(many) - ENCODE_BATCH)
    assert index.update(catalogue, HashingEncoder()) == len(many) - ENCODE_BATCH
    assert index.vectors([item.id for item in many]).shape == (len(many), 512)


def test_another_encoder_is_refused_by_both_names(tmp_path: Path, catalogue: Catalogue, items: list[Item]) -> None:
    catalogue.add_items(items)
    index = Index(tmp_path / "chroma")
    index.update(catalogue, HashingEncoder())
    with pytest.raises(EncoderMismatchError, match="'hashing', but 'another'") as caught:
        index.check_encoder("another")
    assert str(tmp_path) in str(caught.value)


def test_a_file_in_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "chroma").write_text("a file")
    with pytest.raises(StoreError, match="chroma"):
        Index(tmp_path / "chroma")


def test_another_similarity_is_refused(tmp_path: Path, catalogue: Catalogue, items: list[Item]) -> None:
    catalogue.add_items(items)
    index = Index(tmp_path / "chroma", "l2")
    index.update(catalogue, HashingEncoder())
    first = index.vectors([items[0].id])
    assert next(iter(index.nearest(first, 3))) == items[0].id
    assert index.nearest(first, 1)[items[0].id] == pytest.approx(0.0, abs=1e-5)
    with pytest.raises(StoreError, match="'l2', but 'cosine'"):
        Index(tmp_path / "chroma")
