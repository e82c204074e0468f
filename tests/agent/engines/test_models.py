"""Where models come from, and what is said when they don't."""

from __future__ import annotations

from pathlib import Path

import pytest
from anyio.from_thread import BlockingPortal
from gguf import GGUFWriter

from tastemaker import Settings
from tastemaker.agent.engines.models import PACKAGED, FolderTokenizer, ModelFolder, _begins_texts, located, resolve
from tastemaker.errors import ModelNotFoundError
from tastemaker.settings import DEFAULT_MODEL


def test_a_local_path_comes_first(smollm2: ModelFolder, tmp_path: Path) -> None:
    assert resolve(str(smollm2.path), tmp_path).path == smollm2.path


def test_the_packaged_copy_is_used_without_asking_again(settings: Settings, smollm2: ModelFolder) -> None:
    assert smollm2.model_id == f"{DEFAULT_MODEL}@q4_1"
    assert located(DEFAULT_MODEL, settings.cache) == smollm2
    assert sorted(path.suffix for path in smollm2.path.iterdir() if path.suffix == ".gguf") == []


def test_an_unknown_model_names_all_three_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(ModelNotFoundError) as caught:
        resolve("nobody/no-such-model", tmp_path)
    assert all(place in str(caught.value) for place in ("local path", "hub", "packaged copy"))
    assert located("nobody/no-such-model", tmp_path) is None


@pytest.mark.parametrize("name", ["models/my model", "models/a--b", "x" * 5_000, "a/b/c", "~nobody/x", "x\x00y"])
def test_a_name_that_is_none_is_said_as_such(tmp_path: Path, name: str) -> None:
    with pytest.raises(ModelNotFoundError, match="local path"):
        resolve(name, tmp_path)


def test_a_folder_that_is_no_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelNotFoundError, match=r"holds no config\.json"):
        resolve(str(tmp_path), tmp_path)


def test_a_licence_is_asked_for_before_anything_is_fetched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(ModelNotFoundError, match="Gemma Terms of Use; run: tastemaker models install"):
        resolve("google/gemma-3-270m", tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_broken_model_is_named(tmp_path: Path) -> None:
    from tastemaker.agent.engines.embedded import EmbeddedEngine

    (tmp_path / "config.json").write_text('{"model_type": "llama"}')
    with pytest.raises(ModelNotFoundError, match="can't be loaded"):
        EmbeddedEngine(resolve(str(tmp_path), tmp_path), "float32")


def test_every_packaged_model_states_its_licence() -> None:
    assert all(packaged.licence for packaged in PACKAGED.values())


@pytest.mark.parametrize("begins", [True, False, None])
def test_whether_texts_begin_with_a_token_is_read_from_the_packaged_file(tmp_path: Path, begins: bool | None) -> None:
    file = tmp_path / "model.gguf"
    writer = GGUFWriter(file, "llama")
    if begins is not None:
        writer.add_add_bos_token(begins)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    assert _begins_texts(file) is bool(begins)


def test_a_tokenizer_that_was_told_so_goes_on_to_begin_texts(
    smollm2: ModelFolder, portal: BlockingPortal, tmp_path: Path
) -> None:
    """What `resolve` does with what the packaged file says; SmolLM2's says no."""
    plain = FolderTokenizer(smollm2.path)
    assert portal.call(lambda: plain.encode("tea", special=True)) == portal.call(
        lambda: plain.encode("tea", special=False)
    )
    plain.inner.add_bos_token = True
    plain.inner.save_pretrained(tmp_path)
    told = FolderTokenizer(tmp_path)
    ids = portal.call(lambda: told.encode("tea", special=False))
    assert portal.call(lambda: told.encode("tea", special=True)) == [told.inner.bos_token_id, *ids]
