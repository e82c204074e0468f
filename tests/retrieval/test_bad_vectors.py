"""An encoder that gives what is no vector, met when items are indexed and when a query is asked, in a real Chroma."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from langchain_core.embeddings import Embeddings

from tastemaker import Item
from tastemaker.database import open_database
from tastemaker.errors import EncoderMismatchError, EngineError
from tastemaker.retrieval.catalogue import Catalogue
from tastemaker.retrieval.encoders import HashingEncoder, NamedEncoder
from tastemaker.retrieval.index import Index
from tastemaker.retrieval.profile import build_profile
from tastemaker.retrieval.retriever import Retriever

Vector = list[float]
BAD = {
    "NaN": lambda good: [float("nan"), *good[1:]],
    "infinity": lambda good: [float("inf"), *good[1:]],
    "minus infinity": lambda good: [float("-inf"), *good[1:]],
    "too large for float32": lambda good: [1e39, *good[1:]],
    "zero": lambda good: [0.0] * len(good),
    "narrower": lambda good: good[:-1],
    "wider": lambda good: [*good, 0.5],
    "empty": lambda good: [],
}


class Faulty(Embeddings):
    """The hashing encoder, with `fault` done to the vector of every text that speaks of Mars."""

    def __init__(self, fault: Callable[[Vector], Vector] = list) -> None:
        self.fault = fault

    def embed_documents(self, texts: list[str]) -> list[Vector]:
        return [self.embed_query(text) for text in texts]

    def embed_query(self, text: str) -> Vector:
        vector = HashingEncoder().embed_query(text)
        return self.fault(vector) if "Mars" in text else vector


@pytest.fixture
def catalogue(tmp_path: Path, items: list[Item]) -> Catalogue:
    made = Catalogue(open_database(tmp_path / "store.sqlite3"))
    made.add_items(items)
    return made


def found(catalogue: Catalogue, index: Index, encoder: NamedEncoder, query: str) -> list[str]:
    retriever = Retriever(catalogue, index, lambda: encoder)
    return [candidate.item.id for candidate in retriever.retrieve(build_profile([]), query, 3)]


@pytest.mark.parametrize("fault", BAD.values(), ids=BAD)
def test_none_is_indexed_and_the_right_encoder_completes(
    tmp_path: Path, catalogue: Catalogue, fault: Callable[[Vector], Vector]
) -> None:
    index, inner = Index(tmp_path / "chroma"), Faulty(fault)
    with pytest.raises(EngineError, match="encoder 'faulty': gave "):
        index.update(catalogue, NamedEncoder(inner, "faulty"))
    assert catalogue.size() == (12, 12)
    inner.fault = list
    encoder = NamedEncoder(inner, "faulty")
    assert index.update(catalogue, encoder) == 12
    assert np.isfinite(index.vectors(["i4", "i6"])).all()
    assert set(found(catalogue, index, encoder, "Mars")) >= {"i4", "i6"}


@pytest.mark.parametrize("fault", BAD.values(), ids=BAD)
def test_a_query_with_such_a_vector_is_refused(
    tmp_path: Path, catalogue: Catalogue, fault: Callable[[Vector], Vector]
) -> None:
    index, inner = Index(tmp_path / "chroma"), Faulty()
    encoder = NamedEncoder(inner, "faulty")
    index.update(catalogue, encoder)
    inner.fault = fault
    with pytest.raises((EngineError, EncoderMismatchError), match="encoder 'faulty': gave "):
        found(catalogue, index, encoder, "Mars")
    assert found(catalogue, index, encoder, "soup")


UNSEEN = "the index doesn't compare the length of vectors with what it holds"


def test_items_in_other_dimensions_than_the_index_holds_are_refused(tmp_path: Path, catalogue: Catalogue) -> None:
    """A changed model under the same name, in a new process: nothing but the index knows what was before."""
    Index(tmp_path / "chroma").update(catalogue, NamedEncoder(Faulty(), "same"))
    catalogue.add_items([Item(id="new", title="Another road to Mars")])
    with pytest.raises(EncoderMismatchError, match=r"512 .*511"):
        Index(tmp_path / "chroma").update(catalogue, NamedEncoder(Faulty(BAD["narrower"]), "same"))
    assert catalogue.size() == (13, 1)


def test_a_query_in_other_dimensions_than_the_index_holds_is_refused(tmp_path: Path, catalogue: Catalogue) -> None:
    index = Index(tmp_path / "chroma")
    index.update(catalogue, NamedEncoder(Faulty(), "same"))
    with pytest.raises(EncoderMismatchError, match=r"512 .*511"):
        found(catalogue, index, NamedEncoder(Faulty(BAD["narrower"]), "same"), "Mars")


def test_an_encoder_of_another_name_is_refused_before_it_is_asked(tmp_path: Path, catalogue: Catalogue) -> None:
    index = Index(tmp_path / "chroma")
    index.update(catalogue, NamedEncoder(Faulty(), "first"))
    catalogue.add_items([Item(id="new", title="Another road to Mars")])
    with pytest.raises(EncoderMismatchError, match="'first', but 'second'"):
        index.update(catalogue, NamedEncoder(Faulty(BAD["NaN"]), "second"))
    assert catalogue.size() == (13, 1)
