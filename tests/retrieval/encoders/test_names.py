"""The grammar of names."""

from __future__ import annotations

from pathlib import Path

import pytest

from tastemaker import Settings
from tastemaker.errors import InvalidInputError, MissingExtraError, ModelNotFoundError
from tastemaker.retrieval.encoders import encoder_id, open_encoder
from tastemaker.retrieval.encoders.names import EncoderName, Kind, parse
from tastemaker.settings import DEFAULT_ENCODER


@pytest.mark.parametrize(
    ("name", "read"),
    [
        ("hashing", EncoderName(Kind.HASHING, "hashing")),
        (" st:a/b ", EncoderName(Kind.SENTENCE, "a/b")),
        ("hf:a/b?pooling=cls", EncoderName(Kind.TRANSFORMER, "a/b", pooling="cls")),
        ("hf:a/b?query=query:+&document=", EncoderName(Kind.TRANSFORMER, "a/b", query="query: ")),
        ("http://h:1/v1/#a/b?normalize=no", EncoderName(Kind.ENDPOINT, "a/b", "http://h:1", normalize=False)),
        ("https://h/x#m", EncoderName(Kind.ENDPOINT, "m", "https://h/x")),
        ("openai:text-embedding-3-small", EncoderName(Kind.LANGCHAIN, "openai:text-embedding-3-small")),
    ],
)
def test_a_name_is_read_and_its_options_are_written_back(name: str, read: EncoderName) -> None:
    assert parse(name) == read
    if read.kind is Kind.TRANSFORMER:
        assert parse(f"hf:{read.model}{read.options()}") == read


def test_a_folder_may_have_a_question_mark_in_its_name(tmp_path: Path) -> None:
    (tmp_path / "a?pooling=b").mkdir()
    assert parse(f"hf:{tmp_path}/a?pooling=b").model == f"{tmp_path}/a?pooling=b"
    assert parse(f"{tmp_path}/a?pooling=b").document == "passage: "


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("hf:a/b?pooling=median", "median.*mean, cls, last, max"),
        ("hf:a/b?pool=mean", "'pool'.*pooling, normalize"),
        ("hf:a/b?pooling", "can't be read"),
        ("hf:a/b?pooling=cls&pooling=cls", "twice"),
        ("st:a/b?pooling=cls", r"'pooling'.*st: takes normalize"),
        ("hf:a/b?normalize=false", "yes, no"),
        ("http://h:1", "HOST:PORT#MODEL"),
        ("http://:1#m", "HOST:PORT#MODEL"),
        ("http://h:99999#m", "HOST:PORT#MODEL"),
        ("http://h:1?x=y#m", "HOST:PORT#MODEL"),
    ],
)
def test_bad_options_and_addresses_are_refused(name: str, fault: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match=fault):
        open_encoder(name, tmp_path)


@pytest.mark.parametrize("name", ["no-such-encoder", "", "st:", "hf:", "nobody:model", "a b:c", "x" * 5_000, "\0"])
def test_unknown_names_are_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(ModelNotFoundError):
        open_encoder(name, tmp_path)


def test_a_provider_that_is_not_installed_is_named(tmp_path: Path) -> None:
    with pytest.raises(MissingExtraError, match="mistralai:mistral-embed"):
        open_encoder("mistralai:mistral-embed", tmp_path)


@pytest.mark.parametrize("kind", ["st", "hf"])
def test_a_model_that_is_nowhere_is_refused_with_all_three_places(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(ModelNotFoundError, match=r"local path: does not exist; hub: .*; packaged copy: none"):
        open_encoder(f"{kind}:nobody/nothing", tmp_path)


def test_names_without_a_revision_are_their_own_id(settings: Settings) -> None:
    for name in ("hashing", DEFAULT_ENCODER, "http://h:1#m?query=q", "openai:text-embedding-3-small"):
        assert encoder_id(name, settings.cache) == name
