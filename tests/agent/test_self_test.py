"""The self-test on real models: one that can rank, and one whose weights are noise."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from anyio.from_thread import BlockingPortal
from transformers import AutoModelForCausalLM, LlamaConfig

from tastemaker.agent.engines.base import Engine
from tastemaker.agent.engines.embedded import EmbeddedEngine
from tastemaker.agent.engines.models import ModelFolder
from tastemaker.agent.modes import Mode
from tastemaker.agent.self_test import CHANCE, SUBJECTS, WORKS, self_test, working_mode
from tastemaker.errors import InvalidInputError
from tastemaker.prompts.builder import PromptBuilder


def test_the_packaged_model_ranks_by_likelihood(embedded: Engine, portal: BlockingPortal, tmp_path: Path) -> None:
    found = portal.call(self_test, embedded, PromptBuilder())
    by = {one.mode: one for one in found.results}
    assert found.mode is Mode.LIKELIHOOD and by[Mode.LIKELIHOOD].mrr > WORKS > CHANCE
    assert set(by) == set(Mode) and all(not one.fault and one.seconds > 0 for one in by.values())
    assert by[Mode.LIKELIHOOD].sway == 0 < by[Mode.LISTWISE].sway  # a small model binds its labels to places


def test_what_was_chosen_is_kept(embedded: Engine, portal: BlockingPortal, tmp_path: Path) -> None:
    assert portal.call(working_mode, embedded, PromptBuilder(), tmp_path) is Mode.LIKELIHOOD
    (file,) = (tmp_path / "self-tests").iterdir()
    file.write_text(file.read_text().replace('"mode":"likelihood","results"', '"mode":"pointwise","results"'))
    assert portal.call(working_mode, embedded, PromptBuilder(), tmp_path) is Mode.POINTWISE
    file.write_text("{")  # cut short
    assert portal.call(working_mode, embedded, PromptBuilder(), tmp_path) is Mode.LIKELIHOOD


@pytest.fixture
def noise(smollm2: ModelFolder, tmp_path: Path) -> EmbeddedEngine:
    """An untrained model with SmolLM2's tokenizer."""
    torch.manual_seed(1)
    sizes = {"hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 3, "num_attention_heads": 4}
    AutoModelForCausalLM.from_config(LlamaConfig(**sizes, vocab_size=49_152)).save_pretrained(tmp_path / "noise")
    for name in ("tokenizer.json", "tokenizer_config.json"):
        (tmp_path / "noise" / name).write_bytes((smollm2.path / name).read_bytes())
    return EmbeddedEngine(ModelFolder(tmp_path / "noise", "noise"), "float32")


def test_a_model_of_noise_fails_loudly(noise: Engine, portal: BlockingPortal, tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match=r"no better than chance.*likelihood: .*Choose another model"):
        portal.call(working_mode, noise, PromptBuilder(), tmp_path)


def test_every_subject_is_planted_once_and_in_both_languages() -> None:
    for subjects in SUBJECTS.values():
        planted = [one for _, one in subjects]
        assert len(set(planted)) == len(planted) == 6 and not set(planted) & {
            text for had, _ in subjects for text in had
        }
