"""The encoder that asks a server, against a real one on this machine."""

from __future__ import annotations

import socket
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import SecretStr

from tastemaker.errors import (
    EncoderMismatchError,
    EngineError,
    EngineTimeoutError,
    EngineUnavailableError,
    ModelMismatchError,
)
from tastemaker.retrieval.encoders import Encoder, HashingEncoder, open_encoder
from tastemaker.retrieval.encoders.endpoint import BATCH

TEXTS = [f"text number {n}" for n in range(BATCH + 3)]


def opened(server: Any, model: str, tmp_path: Path, **options: Any) -> Encoder:
    return open_encoder(f"{server.url}#{model}", tmp_path, keep_vectors=False, **options)


def test_batches_come_back_in_order(server: Any, tmp_path: Path) -> None:
    vectors = opened(server, "any", tmp_path).embed_documents(TEXTS)
    assert np.allclose(vectors, HashingEncoder().embed_documents(TEXTS), atol=1e-6)
    assert server.asked["any"] == 2


def test_words_go_before_the_texts(server: Any, tmp_path: Path) -> None:
    encoder = open_encoder(f"{server.url}#any?query=query:+&document=passage:+", tmp_path, keep_vectors=False)
    encoder.embed_documents(["a"])
    encoder.embed_query("b")
    assert server.texts == ["passage: a", "query: b"]


@pytest.mark.parametrize(
    ("model", "error", "fault"),
    [
        ("nan", EngineError, "NaN or infinity for text 2"),
        ("zero", EngineError, "zero vector for text 2"),
        ("ragged", EngineError, "unlike lengths"),
        ("words", EngineError, "no numbers"),
        ("few", EngineError, "2 vectors for 3 texts"),
        ("twice", EngineError, "2 vectors for 3 texts"),
        ("html", EngineError, "no OpenAI embeddings"),
        ("refusing", EngineError, "answered 400 .*this is error 400"),
        ("locked", EngineError, "answered 401 .*TASTEMAKER_API_KEY"),
        ("absent", ModelMismatchError, "does not serve it .*v1/models"),
        ("down", EngineError, "answered 503"),
    ],
)
def test_what_goes_wrong_is_said(server: Any, tmp_path: Path, model: str, error: type[Exception], fault: str) -> None:
    with pytest.raises(error, match=fault):
        opened(server, model, tmp_path).embed_documents(TEXTS[:3])
    assert server.asked[model] == (3 if model == "down" else 1)


def test_a_busy_server_is_asked_again(server: Any, tmp_path: Path) -> None:
    assert opened(server, "busy", tmp_path).embed_query("tea")
    assert server.asked["busy"] == 2


def test_a_text_that_is_too_long_is_cut_where_the_server_can(server: Any, tmp_path: Path) -> None:
    assert opened(server, "brief", tmp_path).embed_query("tea")
    with pytest.raises(EngineError, match=r"answered 400 .*maximum context length is 9"):
        opened(server, "briefest", tmp_path).embed_query("tea")
    assert (server.asked["brief"], server.asked["briefest"]) == (2, 2)


@pytest.mark.parametrize("model", ["slow", "trickle"])
def test_a_slow_server_is_left_in_time(server: Any, tmp_path: Path, model: str) -> None:
    start = time.monotonic()
    with pytest.raises(EngineTimeoutError, match=r"within 0\.2 s"):
        opened(server, model, tmp_path, timeout_s=0.2).embed_documents(TEXTS[:3])
    assert time.monotonic() - start < 0.9


def test_nobody_at_the_address(tmp_path: Path) -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        name = f"http://127.0.0.1:{bound.getsockname()[1]}#any"
        with pytest.raises(EngineUnavailableError, match="can't be reached after 3 tries"):
            open_encoder(name, tmp_path, keep_vectors=False).embed_query("tea")


def test_the_key_is_given_or_from_the_environment(server: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert opened(server, "locked", tmp_path, api_key=SecretStr("sesame")).embed_query("tea")
    monkeypatch.setenv("TASTEMAKER_API_KEY", "sesame")
    assert opened(server, "locked", tmp_path).embed_query("tea")


def test_another_length_of_vectors_is_noticed(server: Any, tmp_path: Path) -> None:
    encoder = opened(server, "narrower", tmp_path)
    encoder.embed_query("tea")
    with pytest.raises(EncoderMismatchError, match="510 numbers, but of 511 before"):
        encoder.embed_query("tea")


def test_another_model_under_the_same_name_is_noticed(server: Any, tmp_path: Path) -> None:
    name = f"{server.url}#any"
    first = open_encoder(name, tmp_path).embed_documents(["tea"])
    server.sign = -1.0
    again = open_encoder(name, tmp_path)
    assert again.embed_documents(["tea"]) == first
    for _ in range(2):
        with pytest.raises(EncoderMismatchError, match="another model is served under this name"):
            again.embed_documents(["coffee"])
    server.sign = 1.0
    assert again.embed_documents(["coffee"])
