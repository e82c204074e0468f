"""The endpoint encoder against a real vLLM that serves a pooling model: the same vectors as in this process."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from tastemaker import Settings
from tastemaker.errors import ModelMismatchError
from tastemaker.eval.benchmarks.vllm_server import vllm_server
from tastemaker.retrieval.encoders import Encoder, open_encoder, packaged_folder
from tastemaker.settings import DEFAULT_ENCODER

pytestmark = pytest.mark.slow
TOLERANCE = 1e-5
"""Of each number of a unit vector, float32 on both sides; the largest difference seen was 1e-7."""
TEXTS = [
    "how much protein per day",
    "这部电影真的很好看,我非常喜欢",
    "Les Misérables (1995)",
    "ｆｕｌｌ ① №5",
    "🎬 😀",
    "…!",
]
LONG = " ".join(f"{number} men" for number in range(700))
"""Thrice the 512 tokens that the model reads, and different at its ends."""


@pytest.fixture(scope="module")
def here(settings: Settings) -> Encoder:
    return open_encoder(DEFAULT_ENCODER, settings.cache, keep_vectors=False)


@pytest.fixture(scope="module")
def address(settings: Settings, here: Encoder) -> Iterator[str]:
    here.embed_query("unpacks the model")
    options = ("--runner", "pooling", "--pooler-config", '{"pooling_type": "MEAN"}')
    with vllm_server(packaged_folder(settings.cache), "e5", max_model_len=512, options=options) as url:
        yield url


@pytest.fixture(scope="module")
def served(address: str, settings: Settings) -> Encoder:
    name = f"{address}#e5?query=query:+&document=passage:+"
    return open_encoder(name, settings.cache, keep_vectors=False, timeout_s=120)


@pytest.mark.timeout(600)
def test_documents_and_queries_have_the_vectors_of_this_process(served: Encoder, here: Encoder) -> None:
    assert np.abs(np.subtract(served.embed_documents(TEXTS), here.embed_documents(TEXTS))).max() < TOLERANCE
    for text in TEXTS:
        assert np.abs(np.subtract(served.embed_query(text), here.embed_query(text))).max() < TOLERANCE


def test_a_text_that_is_too_long_is_cut_at_its_end_as_here(served: Encoder, here: Encoder) -> None:
    both = [LONG, TEXTS[0]]
    assert np.abs(np.subtract(served.embed_documents(both), here.embed_documents(both))).max() < TOLERANCE


def test_another_model_is_refused(address: str, settings: Settings) -> None:
    with pytest.raises(ModelMismatchError, match="does not serve it"):
        open_encoder(f"{address}#other", settings.cache, keep_vectors=False).embed_query("tea")
