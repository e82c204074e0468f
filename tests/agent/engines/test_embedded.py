"""The packed pass equals a pass of its own for each text, also in models with sliding windows and in many packs."""

from __future__ import annotations

import json
import time
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import numpy as np
import pytest
import torch
from anyio.from_thread import BlockingPortal
from transformers import AutoModelForCausalLM, Gemma2Config, Gemma3TextConfig, LlamaConfig, MistralConfig, Qwen2Config

from tastemaker.agent.engines import embedded as module
from tastemaker.agent.engines.base import Engine
from tastemaker.agent.engines.embedded import EmbeddedEngine, until
from tastemaker.agent.engines.models import ModelFolder

SIZES = {
    "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 3, "num_attention_heads": 4, "num_key_value_heads": 2,
    "head_dim": 8, "max_position_embeddings": 512, "vocab_size": 49_152,
}  # fmt: skip
WINDOWED = {"layer_types": ["sliding_attention", "full_attention", "sliding_attention"], "sliding_window": 6}
CONFIGS = {
    "llama": LlamaConfig(**SIZES),
    "gemma3, sliding layers": Gemma3TextConfig(**SIZES, **WINDOWED),
    "gemma2, soft cap": Gemma2Config(**SIZES, **WINDOWED, final_logit_softcapping=1.0),
    "mistral, all sliding": MistralConfig(**SIZES, sliding_window=6),
    "qwen2": Qwen2Config(**{key: value for key, value in SIZES.items() if key != "head_dim"}),
}


@pytest.fixture(params=CONFIGS, ids=str)
def random_model(request: pytest.FixtureRequest, tmp_path: Path, smollm2: ModelFolder) -> EmbeddedEngine:
    """An untrained model of each kind, with SmolLM2's tokenizer."""
    torch.manual_seed(1)
    AutoModelForCausalLM.from_config(CONFIGS[request.param]).save_pretrained(tmp_path)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        (tmp_path / name).write_bytes((smollm2.path / name).read_bytes())
    return EmbeddedEngine(ModelFolder(tmp_path, "random"), "float32")


def one_by_one(engine: Any, prefix: list[int], texts: list[list[int]]) -> list[float]:
    sums = []
    for text in texts:
        ids = torch.tensor([prefix + text])
        with torch.inference_mode():
            logprobs = engine._model(ids).logits[0].float().log_softmax(-1)
        sums.append(sum(float(logprobs[len(prefix) + n - 1, token]) for n, token in enumerate(text)))
    return sums


def test_packed_equals_separate(random_model: EmbeddedEngine) -> None:
    generator = np.random.default_rng(0)
    prefix = generator.integers(3, 49_000, 20).tolist()
    texts = [generator.integers(3, 49_000, length).tolist() for length in (1, 12, 3, 9, 1, 7)]
    assert random_model._score(prefix, texts) == pytest.approx(one_by_one(random_model, prefix, texts), abs=2e-3)


@pytest.mark.slow
def test_packs_do_not_change_scores(embedded: Engine, portal: BlockingPortal) -> None:
    prefix, texts = list(range(100, 130)), [list(range(n, n + 9)) for n in range(200, 260)]
    assert isinstance(embedded, EmbeddedEngine)
    whole = embedded._score(prefix, texts)
    parts = [score for start in range(0, 60, 7) for score in embedded._score_pack(prefix, texts[start : start + 7])]
    assert whole == pytest.approx(parts, abs=2e-3)
    assert sum(map(len, texts)) < module.PACK_TOKENS


@pytest.mark.slow
def test_a_long_list_is_scored_in_packs(random_model: EmbeddedEngine) -> None:
    texts = [[n % 1000 + 3] * 50 for n in range(module.PACK_TOKENS // 50 + 3)]
    scores = random_model._score([5, 6, 7], texts)
    assert len(scores) == len(texts)
    assert scores[-1] == pytest.approx(random_model._score([5, 6, 7], texts[-1:])[0], abs=2e-3)


@pytest.mark.slow
def test_the_models_own_penalties_are_not_used(smollm2: ModelFolder, tmp_path: Path, portal: BlockingPortal) -> None:
    for path in smollm2.path.iterdir():
        (tmp_path / path.name).symlink_to(path)
    (tmp_path / "generation_config.json").unlink()
    own = {
        "eos_token_id": 2,
        "repetition_penalty": 1.9,
        "no_repeat_ngram_size": 2,
        "do_sample": True,
        "temperature": 2.0,
    }
    (tmp_path / "generation_config.json").write_text(json.dumps(own))
    written = []
    for folder in (smollm2.path, tmp_path):
        engine = EmbeddedEngine(ModelFolder(folder, "m"), "float32")
        write = partial(engine.generate_all, ["one two one two one"], max_tokens=8)
        written += portal.call(write)
    assert written[0] == written[1]


@pytest.mark.slow
def test_a_reader_that_leaves_early_holds_nobody_up(embedded: Engine, portal: BlockingPortal) -> None:
    async def first_piece() -> str:
        async for piece in embedded.generate("Once upon a time", max_tokens=20):
            return piece
        return ""

    async def twice() -> tuple[str, str]:
        with anyio.fail_after(60):
            return await first_piece(), await first_piece()

    assert portal.call(twice)[0]


@pytest.mark.parametrize(
    ("pieces", "stop", "expected"),
    [
        (["ab", "c"], [], "abc"),
        (["ab", "c\nd", "e"], ["\n"], "abc"),
        (["a", "E", "N", "D", "x"], ["END"], "a"),
        (["a", "E", "N", "x"], ["END"], "aENx"),
        (["aEN"], ["END"], "aEN"),
        (["\n"], ["\n"], ""),
        (["a one", " two"], ["two", "one"], "a "),
    ],
)
def test_stops_are_found_across_pieces(
    pieces: list[str], stop: list[str], expected: str, portal: BlockingPortal
) -> None:
    async def source() -> Any:
        for piece in pieces:
            yield piece

    async def collect() -> str:
        return "".join([piece async for piece in until(source(), stop)])

    assert portal.call(collect) == expected


def test_labels_of_many_prompts_are_those_of_each_alone(embedded: Engine, portal: BlockingPortal) -> None:
    prompts = [f"The person liked tea.\nWould they like {what}? Answer:" for what in ("milk", "a green bus", "茶")]
    together = portal.call(embedded.score_labels, prompts, [" Yes", " No"])
    for row, prompt in enumerate(prompts):
        alone = portal.call(embedded.score_labels, [prompt], [" Yes", " No"])
        assert together.logprobs[row] == pytest.approx(alone.logprobs[0], abs=1e-4)
        assert together.mass[row] == pytest.approx(alone.mass[0], rel=1e-3)


def test_a_deadline_ends_a_pass_before_its_next_layer(embedded: Engine, portal: BlockingPortal) -> None:
    """Thirty times the work of a warm pass is given up at once, and the engine is then free."""
    texts = [f" text number {n} that goes on for a while" for n in range(500)]

    async def run() -> float:
        await embedded.score_texts("A\n-", texts[:3])
        with anyio.move_on_after(0.3) as scope:
            await embedded.score_texts("A\n-", texts)
        assert scope.cancelled_caught
        started = anyio.current_time()
        await embedded.score_texts("A\n-", texts[:3])
        return anyio.current_time() - started

    began = time.perf_counter()
    assert portal.call(run) < 5
    assert time.perf_counter() - began < 10
