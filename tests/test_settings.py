"""Settings come from arguments, then the environment, then defaults; wrong ones are said by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from tastemaker import ModelSpec, Settings
from tastemaker.errors import InvalidInputError
from tastemaker.settings import DEFAULT_MODEL, EngineKind


@pytest.mark.parametrize(
    ("text", "kind", "model", "url"),
    [
        ("owner/name", EngineKind.EMBEDDED, "owner/name", ""),
        ("embedded:owner/name", EngineKind.EMBEDDED, "owner/name", ""),
        ("vllm:/models/x", EngineKind.VLLM, "/models/x", ""),
        ("http://127.0.0.1:8000", EngineKind.SERVER, "", "http://127.0.0.1:8000"),
        ("http://127.0.0.1:8000/v1#qwen", EngineKind.SERVER, "qwen", "http://127.0.0.1:8000"),
        ("http://127.0.0.1:8000/#owner/name", EngineKind.SERVER, "owner/name", "http://127.0.0.1:8000"),
    ],
)
def test_a_model_is_one_string(text: str, kind: EngineKind, model: str, url: str) -> None:
    spec = ModelSpec.parse(text)
    assert (spec.kind, spec.model, spec.url) == (kind, model, url)
    assert ModelSpec.parse(str(spec)) == spec


@pytest.mark.parametrize("text", ["http://", "http://h:99999", "http://h:port", "https://:80#m", "http://[::1"])
def test_an_address_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(InvalidInputError, match="is no address"):
        ModelSpec.parse(text)


def test_an_empty_model_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="embedded:MODEL"):
        ModelSpec.parse(" ")


def test_arguments_come_before_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TASTEMAKER_RANKER", "vllm:a/b")
    monkeypatch.setenv("TASTEMAKER_PATH", "/somewhere")
    assert Settings.load().ranker == ModelSpec(kind=EngineKind.VLLM, model="a/b")
    assert Settings.load(ranker="c/d").ranker == ModelSpec(model="c/d")
    assert Settings.load(path=None).path == Path("/somewhere")


def test_defaults() -> None:
    assert Settings().ranker.model == DEFAULT_MODEL
    assert Settings().writer is None


@pytest.mark.parametrize("wrong", [{"timeout_s": 0}, {"timeout_s": "soon"}, {"dtype": "int3"}, {"rankr": "x"}])
def test_wrong_settings_are_refused_by_name(wrong: dict[str, object]) -> None:
    with pytest.raises(InvalidInputError, match=next(iter(wrong))):
        Settings.load(**wrong)


def test_a_key_is_not_printed() -> None:
    assert "hunter2" not in repr(Settings.load(api_key="hunter2"))
