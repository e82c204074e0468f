"""The least that a model must do for a ranking: read the same tokens, once, with nothing around it."""

from __future__ import annotations

import time
from collections.abc import Sequence

import anyio
import httpx

from tastemaker.agent.engines.base import cache_salt
from tastemaker.agent.engines.embedded import HEAD_ROWS, EmbeddedEngine
from tastemaker.agent.engines.server import CONCURRENCY, PINNED, ServerEngine


async def prefill(engine: ServerEngine, url: str, prompts: Sequence[Sequence[int]]) -> float:
    """Seconds in which the server reads `prompts`, all sent at once, and answers one token to each."""
    salt = cache_salt.get()
    limit = anyio.Semaphore(CONCURRENCY)
    async with httpx.AsyncClient(base_url=url, timeout=300, trust_env=False) as client:

        async def one(prompt: Sequence[int]) -> None:
            body = {"model": engine.model_id, "prompt": list(prompt), "max_tokens": 1, **PINNED}
            async with limit:
                answer = await client.post("/v1/completions", json=body | ({"cache_salt": salt} if salt else {}))
                answer.raise_for_status()

        started = time.perf_counter()
        async with anyio.create_task_group() as group:
            for prompt in prompts:
                group.start_soon(one, prompt)
        return time.perf_counter() - started


def forward(engine: EmbeddedEngine, prefix: list[int], texts: list[list[int]]) -> float:
    """Seconds of the model's own pass over the prefix and then all texts as one text, with the log-probabilities of the
    texts' tokens; nothing is masked, gathered or told apart."""
    torch, model = engine._torch, engine._model
    ids = torch.tensor([[*prefix, *(token for text in texts for token in text)]], device=model.device)
    started = time.perf_counter()
    with torch.inference_mode():
        states = model.base_model(input_ids=ids, use_cache=False).last_hidden_state[0]
        rows, targets = states[len(prefix) - 1 : -1], ids[0, len(prefix) :]
        for at in range(0, len(rows), HEAD_ROWS):
            logits = model.get_output_embeddings()(rows[at : at + HEAD_ROWS]).float()
            logits.gather(1, targets[at : at + HEAD_ROWS, None])[:, 0].sub(logits.logsumexp(-1)).sum().item()
    return time.perf_counter() - started


async def counters(url: str) -> dict[str, float]:
    """vLLM's counters by name without labels, summed over them."""
    async with httpx.AsyncClient(base_url=url, timeout=30, trust_env=False) as client:
        text = (await client.get("/metrics")).raise_for_status().text
    found: dict[str, float] = {}
    for line in text.splitlines():
        if line.startswith("vllm:"):
            name, _, value = line.rpartition(" ")
            key = name.split("{")[0]
            found[key] = found.get(key, 0.0) + float(value)
    return found
