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
from tastemaker.agent.modes import Debias, Mode
from tastemaker.agent.self_test import CHANCE, SUBJECTS, WORKS, ModeResult, _best, self_test, working_mode
from tastemaker.errors import InvalidInputError
from tastemaker.prompts.builder import PromptBuilder


def test_the_packaged_model_ranks_by_likelihood(embedded: Engine, portal: BlockingPortal, tmp_path: Path) -> None:
    found = portal.call(self_test, embedded, PromptBuilder())
    by = {one.mode: one for one in found.results if one.debias is Debias.NONE}
    assert found.mode is Mode.LIKELIHOOD and by[Mode.LIKELIHOOD].mrr > WORKS > CHANCE
    assert set(by) == set(Mode) and all(not one.fault and one.seconds > 0 for one in by.values())
    assert by[Mode.LIKELIHOOD].sway == 0 < by[Mode.LISTWISE].sway  # a small model binds its labels to places
    assert {one.debias for one in found.results if one.mode is Mode.LISTWISE} == set(Debias)
    assert by[Mode.LIKELIHOOD].agreement == 1 > by[Mode.LISTWISE].agreement


def test_what_was_chosen_is_kept(embedded: Engine, portal: BlockingPortal, tmp_path: Path) -> None:
    assert portal.call(working_mode, embedded, PromptBuilder(), tmp_path) == (Mode.LIKELIHOOD, Debias.NONE)
    (file,) = (tmp_path / "self-tests").iterdir()
    file.write_text(
        file.read_text().replace(
            '"mode":"likelihood","debias":"none","results"', '"mode":"pointwise","debias":"rotations","results"'
        )
    )
    assert portal.call(working_mode, embedded, PromptBuilder(), tmp_path) == (Mode.POINTWISE, Debias.ROTATIONS)
    file.write_text("{")  # cut short
    assert portal.call(working_mode, embedded, PromptBuilder(), tmp_path) == (Mode.LIKELIHOOD, Debias.NONE)


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


def test_labels_are_debiased_only_where_that_pays() -> None:
    """By agreement for the time that it takes; what does not work at all is no choice, however much it agrees."""

    def labels(debias: Debias, mrr: float, agreement: float, seconds: float) -> ModeResult:
        return ModeResult(mode=Mode.LISTWISE, debias=debias, mrr=mrr, agreement=agreement, seconds=seconds)

    plain, turned = labels(Debias.NONE, 0.9, 0.5, 1.0), labels(Debias.ROTATIONS, 0.95, 0.9, 2.0)
    assert _best([plain, turned]) is plain
    cheap = turned.model_copy(update={"seconds": 1.5})
    assert _best([plain, cheap]) is cheap
    assert _best([plain, cheap.model_copy(update={"mrr": 0.5})]) is plain
    better = ModeResult(mode=Mode.POINTWISE, mrr=0.93, seconds=9.0)
    assert _best([plain, better]) is better and _best([cheap, better]) is cheap
    assert _best([]) is None and _best([labels(Debias.NONE, 0.4, 1.0, 1.0)]) is None
