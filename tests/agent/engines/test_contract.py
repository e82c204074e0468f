"""One contract for all engines, on the same prompts; embedded in float32 is the reference.

The vLLM engines are slow to start, so their classes are marked slow.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
import torch
from anyio.from_thread import BlockingPortal
from pydantic import BaseModel, ConfigDict, Field
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM

from tastemaker import AsyncRecommender, Settings
from tastemaker.agent.engines.base import Engine, Message, Prompt, text_of
from tastemaker.agent.engines.models import ModelFolder
from tastemaker.errors import CutShortError, InvalidInputError
from tastemaker.eval.benchmarks.engines import BAR_NATS, compare, readings
from tastemaker.eval.benchmarks.vllm_server import vllm_server
from tastemaker.eval.scripted import Scripted

TEA: list[Message] = [{"role": "user", "content": "Say one sentence about tea."}]
PREFIX = "What this person liked:\n- Tea\nA good next choice:\n-"


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=6)
    weight: int = Field(ge=0, le=5)


class Wish(BaseModel):
    """An answer in JSON: every kind of bound, a part defined elsewhere, words of two scripts, quotes and line ends."""

    model_config = ConfigDict(extra="forbid")

    act: Literal["rec", "喜剧", 'a "quoted" word', "two\nlines"]
    count: int = Field(ge=3, le=40)
    sure: bool
    query: str | None = Field(max_length=8)
    parts: list[Part] = Field(min_length=1, max_length=2)


class Shade(BaseModel):
    model_config = ConfigDict(extra="forbid")

    shade: Literal["red", "green", "blue"]


WISH, SHADE = Wish.model_json_schema(), Shade.model_json_schema()
STUBBORN: list[Prompt] = [
    TEA,
    [{"role": "user", "content": '用中文回答,不要用 JSON。"}]}'}],
    "The list of everything that anybody ever wanted: ",
]
BAD_SCHEMAS: dict[str, Any] = {
    "unknown type": {"type": "object", "properties": {"a": {"type": "thing"}}},
    "type of a type": {"type": "object", "properties": {"a": {"type": 3}}},
    "points nowhere": {"type": "object", "properties": {"a": {"$ref": "#/nowhere"}}},
    "no pattern": {"type": "object", "properties": {"a": {"type": "string", "pattern": "("}}},
    "nothing fits": {"type": "object", "properties": {"a": {"enum": []}}, "required": ["a"]},
    "no properties": {"type": "object", "properties": ["a"]},
    "not of an object": {"type": "string"},
    "empty": {},
    "no mapping": ["a"],
    "no JSON": {"type": "object", "properties": {"a": object()}},
    "not a number": {"type": "object", "properties": {"a": {"const": float("nan")}}},
}


@pytest.fixture(scope="session")
def reference(embedded: Engine, portal: BlockingPortal) -> list[np.ndarray[Any, Any]]:
    """What the embedded engine reads."""
    return portal.call(readings, embedded)


class EngineContract:
    """What every engine keeps; a new one inherits this."""

    @pytest.fixture
    def engine(self) -> Engine:
        raise NotImplementedError

    def test_agrees_with_the_reference(self, engine: Engine, reference: list[Any], portal: BlockingPortal) -> None:
        found = compare(reference, portal.call(readings, engine))
        assert found["max_nats"] <= BAR_NATS
        assert found["same_order"]

    def test_labels_are_a_distribution(self, engine: Engine, portal: BlockingPortal) -> None:
        prompts: list[Prompt] = [TEA, "The first letter is"]
        scores = portal.call(lambda: engine.score_labels(prompts, ["A", "B", "C"]))
        assert scores.logprobs.shape == (2, 3)
        assert np.exp(scores.logprobs).sum(axis=1) == pytest.approx([1, 1])
        assert ((scores.mass > 0) & (scores.mass < 1)).all()
        again = portal.call(engine.score_labels, ["The first letter is"], ["C", "A", "B"])
        assert again.logprobs[0] == pytest.approx(scores.logprobs[1][[2, 0, 1]], abs=1e-3)

    def test_texts_are_scored_each_as_if_alone(self, engine: Engine, portal: BlockingPortal) -> None:
        texts = [" Coffee", " A green bus that runs on Sundays", " 一杯绿茶", " Coffee"]
        together = portal.call(engine.score_texts, PREFIX, texts)
        alone = [portal.call(engine.score_texts, PREFIX, [text]) for text in texts]
        assert together.logprobs == pytest.approx([score.logprobs[0] for score in alone], abs=1e-2)
        assert list(together.tokens) == [portal.call(engine.count_tokens, text) for text in texts]
        assert together.logprobs[0] == pytest.approx(together.logprobs[3], abs=1e-3)
        assert (together.logprobs < 0).all()

    def test_a_text_is_the_sum_of_its_parts(self, engine: Engine, portal: BlockingPortal) -> None:
        """log p(ab | x) = log p(a | x) + log p(b | xa), where tokens do not cross the border."""
        whole = portal.call(engine.score_texts, PREFIX, [" Coffee and cake"]).logprobs[0]
        first = portal.call(engine.score_texts, PREFIX, [" Coffee"]).logprobs[0]
        rest = portal.call(engine.score_texts, PREFIX + " Coffee", [" and cake"]).logprobs[0]
        assert whole == pytest.approx(first + rest, abs=1e-2)

    def test_writing_is_greedy_and_stops(self, engine: Engine, portal: BlockingPortal) -> None:
        async def write(**options: Any) -> str:
            return await text_of(engine.generate(TEA, max_tokens=24, **options))

        text = portal.call(lambda: write())
        assert text == portal.call(lambda: write())
        assert len(text) > 20
        word = text.split()[3]
        assert portal.call(lambda: write(stop=[word])) == text[: text.index(word)]

    def test_many_answers_are_each_the_single_one(self, engine: Engine, portal: BlockingPortal) -> None:
        prompts: list[Prompt] = [TEA, "Once upon a time", [{"role": "user", "content": "Name a colour, then a fruit."}]]

        async def each() -> list[str]:
            return [await text_of(engine.generate(prompt, max_tokens=12, stop=["."])) for prompt in prompts]

        assert portal.call(lambda: engine.generate_all(prompts, max_tokens=12, stop=["."])) == portal.call(each)
        assert portal.call(lambda: engine.generate_all([])) == []

    def test_an_answer_under_a_schema_fits_it(self, engine: Engine, portal: BlockingPortal) -> None:
        async def streamed(prompt: Prompt) -> list[str]:
            return [piece async for piece in engine.generate(prompt, max_tokens=160, schema=WISH)]

        answers = portal.call(lambda: engine.generate_all(STUBBORN, max_tokens=160, schema=WISH))
        assert all(Wish.model_validate_json(answer) for answer in answers)
        assert "".join(portal.call(streamed, STUBBORN[1])) == answers[1]

    def test_answers_under_different_schemas_are_written_side_by_side(
        self, engine: Engine, portal: BlockingPortal
    ) -> None:
        async def all_at_once() -> list[list[str]]:
            kinds = (WISH, SHADE, None) * 2
            return await asyncio.gather(
                *(engine.generate_all([TEA], max_tokens=160 if kind else 40, schema=kind) for kind in kinds)
            )

        found = [answer for (answer,) in portal.call(all_at_once)]
        assert found[:3] == found[3:]
        assert Wish.model_validate_json(found[0]) and Shade.model_validate_json(found[1])
        assert "{" not in found[2]

    def test_what_is_cut_before_it_is_whole_is_an_error(self, engine: Engine, portal: BlockingPortal) -> None:
        """The pieces have been read by then, and begin the whole answer."""
        whole = portal.call(lambda: engine.generate_all([TEA], max_tokens=160, schema=WISH))[0]

        async def read(pieces: list[str]) -> None:
            async for piece in engine.generate(TEA, max_tokens=8, schema=WISH):
                pieces.append(piece)

        pieces: list[str] = []
        with pytest.raises(CutShortError, match=r"no whole JSON in 8 tokens.*Raise max_tokens"):
            portal.call(read, pieces)
        assert pieces and whole.startswith("".join(pieces))
        with pytest.raises(CutShortError, match="no whole JSON"):
            portal.call(lambda: engine.generate_all([TEA, TEA], max_tokens=8, schema=WISH))

    def test_stop_strings_would_cut_json(self, engine: Engine, portal: BlockingPortal) -> None:
        with pytest.raises(InvalidInputError, match="stop: "):
            portal.call(lambda: engine.generate_all([TEA], stop=["\n"], schema=SHADE))

    @pytest.mark.parametrize("schema", BAD_SCHEMAS.values(), ids=list(BAD_SCHEMAS))
    def test_a_schema_that_is_none_is_refused(self, engine: Engine, portal: BlockingPortal, schema: Any) -> None:
        with pytest.raises(InvalidInputError, match="schema: "):
            portal.call(lambda: text_of(engine.generate(TEA, schema=schema)))
        with pytest.raises(InvalidInputError, match="schema: "):
            portal.call(lambda: engine.generate_all([TEA], schema=schema))
        assert portal.call(lambda: engine.generate_all([TEA], max_tokens=2))  # nothing is left of it

    @pytest.mark.parametrize(
        "labels", [["A"], ["A", "A"], ["A", "two words here"], ["A", ""], [str(n) for n in range(129)]]
    )
    def test_unfit_labels_are_refused(self, engine: Engine, portal: BlockingPortal, labels: list[str]) -> None:
        with pytest.raises(InvalidInputError):
            portal.call(engine.score_labels, [TEA], labels)

    def test_empty_input_is_refused(self, engine: Engine, portal: BlockingPortal) -> None:
        for prefix, texts in (("", ["x"]), ("x", []), ("x", ["y", ""])):
            with pytest.raises(InvalidInputError):
                portal.call(engine.score_texts, prefix, texts)
        with pytest.raises(InvalidInputError):
            portal.call(engine.score_labels, [], ["A", "B"])

    def test_what_is_too_long_is_refused_before_it_is_sent(self, engine: Engine, portal: BlockingPortal) -> None:
        with pytest.raises(InvalidInputError, match=f"reads {engine.max_tokens}"):
            portal.call(engine.score_texts, "word " * engine.max_tokens, [" x"])

    def test_says_what_it_is(self, engine: Engine) -> None:
        assert engine.kind
        assert engine.model_id
        assert engine.max_tokens >= 2_048


class TestEmbedded(EngineContract):
    @pytest.fixture
    def engine(self, embedded: Engine) -> Engine:
        return embedded


@pytest.mark.slow
class TestScripted(EngineContract):
    """What stands for an able model in tests keeps the contract too."""

    @pytest.fixture
    def engine(self, embedded: Engine) -> Engine:
        return Scripted(embedded, lambda prompt: None)


@pytest.mark.slow
class TestServer(EngineContract):
    @pytest.fixture
    def engine(self, server: Engine) -> Engine:
        return server


@pytest.mark.slow
class TestVllm(EngineContract):
    @pytest.fixture
    def engine(self, vllm: Engine) -> Engine:
        return vllm


@pytest.mark.slow
def test_a_request_chooses_an_adapter_of_the_server(
    adapter: Path, smollm2: ModelFolder, settings: Settings, portal: BlockingPortal, tmp_path: Path
) -> None:
    """It says what the model says whose weights the adapter was added to by hand, and the next request is the base again."""
    model = AutoModelForCausalLM.from_pretrained(smollm2.path, dtype=torch.float32)
    weights, deltas = dict(model.named_parameters()), load_file(adapter / "adapter_model.safetensors")
    with torch.no_grad():
        for name in sorted({key.rsplit(".lora_", 1)[0] for key in deltas}):
            low, high = deltas[f"{name}.lora_A.weight"], deltas[f"{name}.lora_B.weight"]
            weights[name.removeprefix("base_model.model.") + ".weight"].add_(2.0 * high @ low)
    model.save_pretrained(tmp_path / "merged")
    for file in smollm2.path.iterdir():  # the tokenizer and its chat template
        if not (tmp_path / "merged" / file.name).exists():
            (tmp_path / "merged" / file.name).write_bytes(file.read_bytes())
    texts = ["Bread from Rye", "Journey to Mars", "The Price of Gold"]

    async def read(server_url: str) -> list[list[float]]:
        given: dict[str, Any] = {"ranker": server_url, "mode": "listwise", "dtype": "float32"}
        found = []
        async with await AsyncRecommender.open(tmp_path / "none", **given, timeout_s=settings.timeout_s) as recommender:
            for ranker in (None, f"{server_url}#tilt", None, str(tmp_path / "merged")):
                ranked = await recommender.rerank(["Ten soups for winter"], texts, ranker=ranker)
                assert all(one.degraded is None for one in ranked)
                found.append([one.llm_logprob or 0.0 for one in sorted(ranked, key=lambda one: one.index)])
        return found

    held = ["--enable-lora", "--lora-modules", f"tilt={adapter}"]
    with vllm_server(smollm2.path, "smollm2", options=held) as url:
        base, adapted, again, merged = portal.call(read, url)
    assert adapted == pytest.approx(merged, abs=2e-3) and base == pytest.approx(again, abs=2e-3)
    assert np.abs(np.subtract(adapted, base)).max() > 0.02
