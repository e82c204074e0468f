"""Pooling against the hidden states themselves, one text at a time and without padding."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import transformers
from safetensors.torch import load_file, save_file

from tastemaker.errors import InvalidInputError, MissingExtraError, ModelNotFoundError
from tastemaker.retrieval.encoders import encoder_id, open_encoder

TEXTS = ["a", "a longer text than that", "中文", "x" * 300, "Tea."]
CLASSES = {"bert": "BertModel", "roberta": "RobertaModel", "t5": "T5EncoderModel", "gpt2": "GPT2Model"}
DEFAULTS = {"bert": "mean", "roberta": "mean", "t5": "mean", "gpt2": "last"}
BY_HAND: dict[str, Callable[[Any], Any]] = {
    "mean": lambda states: states.mean(0),
    "cls": lambda states: states[0],
    "last": lambda states: states[-1],
    "max": lambda states: states.max(0),
}


@lru_cache
def load(folder: Path, kind: str) -> tuple[Any, Any]:
    model = getattr(transformers, CLASSES[kind]).from_pretrained(folder).eval()
    return model, transformers.PreTrainedTokenizerFast.from_pretrained(folder)


def states(folder: Path, kind: str, text: str) -> Any:
    """Of the last layer, of shape (tokens, 32), by the architecture's own class."""
    model, tokenizer = load(folder, kind)
    ids = tokenizer(text, return_tensors="pt", truncation=True, max_length=129 if kind == "roberta" else 512)
    with torch.inference_mode():
        return model(input_ids=ids["input_ids"]).last_hidden_state[0].numpy()


@pytest.mark.parametrize("pooling", [*BY_HAND, ""])
@pytest.mark.parametrize("kind", CLASSES)
def test_every_pooling_is_what_it_says(kind: str, pooling: str, checkpoints: dict[str, Path], tmp_path: Path) -> None:
    folder = checkpoints[kind]
    name = f"hf:{folder}" + (f"?pooling={pooling}&normalize=no" if pooling else "?normalize=no")
    encoder = open_encoder(name, tmp_path, keep_vectors=False)
    by_hand = BY_HAND[pooling or DEFAULTS[kind]]
    expected = [by_hand(states(folder, kind, text)) for text in TEXTS]
    assert np.abs(np.subtract(encoder.embed_documents(TEXTS), expected)).max() < 1e-4
    assert f"pooling={pooling or DEFAULTS[kind]}" in encoder.encoder_id


def test_words_before_the_texts(checkpoints: dict[str, Path], tmp_path: Path) -> None:
    folder = checkpoints["bert"]
    plain = open_encoder(f"hf:{folder}", tmp_path, keep_vectors=False)
    told = open_encoder(f"hf:{folder}?query=find:%20&document=of+", tmp_path, keep_vectors=False)
    assert np.allclose(told.embed_query("tea"), plain.embed_query("find: tea"), atol=1e-6)
    assert np.allclose(told.embed_documents(["tea"]), plain.embed_documents(["of tea"]), atol=1e-6)
    e5 = open_encoder(str(folder), tmp_path, keep_vectors=False)
    assert np.allclose(e5.embed_query("tea"), plain.embed_query("query: tea"), atol=1e-6)


def test_the_id_tells_model_pooling_and_weights_apart(checkpoints: dict[str, Path], tmp_path: Path) -> None:
    folder = tmp_path / "model"
    shutil.copytree(checkpoints["bert"], folder)
    first = encoder_id(f"hf:{folder}", tmp_path)
    assert first.startswith("hf:model?pooling=mean@")
    assert open_encoder(f"hf:{folder}", tmp_path, keep_vectors=False).encoder_id == first
    assert encoder_id(f"hf:{folder}?pooling=mean", tmp_path) == first
    assert encoder_id(f"hf:{folder}?pooling=cls", tmp_path) != first
    shutil.copytree(folder, tmp_path / "moved" / "model")
    (tmp_path / "moved" / "model" / "README.md").write_text("is not part of a model")
    assert encoder_id(f"hf:{tmp_path / 'moved' / 'model'}", tmp_path) == first
    weights = load_file(folder / "model.safetensors")
    weights["bert.embeddings.word_embeddings.weight"][5, 0] += 1e-3
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    assert encoder_id(f"hf:{folder}", tmp_path) != first


def test_a_checkpoint_without_some_weights_is_refused(checkpoints: dict[str, Path], tmp_path: Path) -> None:
    folder = tmp_path / "model"
    shutil.copytree(checkpoints["bert"], folder)
    weights = load_file(folder / "model.safetensors")
    del weights["bert.encoder.layer.1.output.dense.weight"]
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(ModelNotFoundError, match=r"lacks weights .*layer\.1\.output\.dense\.weight"):
        open_encoder(f"hf:{folder}", tmp_path)
    (folder / "model.safetensors").write_bytes(b"no weights")
    with pytest.raises(ModelNotFoundError, match="can't be loaded"):
        open_encoder(f"hf:{folder}", tmp_path)


def test_an_architecture_without_a_rule_asks_for_a_pooling(checkpoints: dict[str, Path], tmp_path: Path) -> None:
    folder = tmp_path / "model"
    shutil.copytree(checkpoints["bert"], folder)
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "model_type": "unheard-of"}))
    with pytest.raises(InvalidInputError, match=r"'unheard-of'.*pooling="):
        open_encoder(f"hf:{folder}", tmp_path)
    (folder / "config.json").write_text("{")
    with pytest.raises(ModelNotFoundError, match=r"config\.json"):
        open_encoder(f"hf:{folder}", tmp_path)


def test_sentence_transformers_are_asked_for(
    checkpoints: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ModelNotFoundError, match=r"modules\.json.*hf:"):
        open_encoder(f"st:{checkpoints['bert']}", tmp_path)
    folder = tmp_path / "model"
    shutil.copytree(checkpoints["bert"], folder)
    (folder / "modules.json").write_text("[]")
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    with pytest.raises(MissingExtraError, match=r"tastemaker\[encoders\]"):
        open_encoder(f"st:{folder}", tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("pooling", ["cls", "mean"])
def test_sentence_transformers_pool_as_their_own_files_say(
    pooling: str, checkpoints: dict[str, Path], tmp_path: Path
) -> None:
    library = pytest.importorskip("sentence_transformers", reason="is in the extra encoders")
    parts = pytest.importorskip("sentence_transformers.models")
    inner = parts.Transformer(str(checkpoints["bert"]))
    prompts = {"query": "find: ", "document": ""}
    made = library.SentenceTransformer(modules=[inner, parts.Pooling(32, pooling_mode=pooling)], prompts=prompts)
    made.save(str(tmp_path / "model"), create_model_card=False)
    ours = open_encoder(f"st:{tmp_path / 'model'}?normalize=no", tmp_path, keep_vectors=False)
    raw = open_encoder(f"hf:{checkpoints['bert']}?pooling={pooling}&normalize=no", tmp_path, keep_vectors=False)
    assert np.allclose(ours.embed_documents(TEXTS), raw.embed_documents(TEXTS), atol=1e-4)
    assert np.allclose(ours.embed_query("tea"), raw.embed_query("find: tea"), atol=1e-4)
    assert ours.encoder_id.startswith("st:model?normalize=no@")
