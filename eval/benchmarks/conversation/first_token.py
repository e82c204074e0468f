"""How much later than the engine's own first token does a reply that the model writes begin?"""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

import numpy as np

from tastemaker.agent.conversation.talk import MAX_TOKENS, talk
from tastemaker.agent.conversation.vocabulary import Vocabulary
from tastemaker.agent.engines.base import Engine, Message
from tastemaker.eval.benchmarks.environment import quartiles
from tastemaker.progress import Progress, silent
from tastemaker.prompts.builder import PromptBuilder

ROUNDS = 15
SAID = (
    "Hello!", "Thanks, that was helpful.", "How are you today?", "What can you do?", "Good evening!", "I am bored tonight.",
    "You are funny.", "Nice to meet you.",
)  # fmt: skip


async def measure(
    engine: Engine, prompts: PromptBuilder, vocabulary: Vocabulary, progress: Progress = silent, rounds: int = ROUNDS
) -> dict[str, Any]:
    """Milliseconds to the first piece by `talk` and by the engine's own `generate`, to the same prompt, in turns, who comes first in turns
    too; the ratio of their medians, and the median of the rounds' ratios.
    """
    times: dict[str, list[float]] = {"chat": [], "engine": []}
    pieces = 0
    for n in range(-1, rounds):
        progress("Timing first tokens", max(n, 0), rounds)
        asked: list[Message] = [{"role": "user", "content": prompts.talk(SAID[n % len(SAID)], "en")}]
        for name in ("chat", "engine") if n % 2 else ("engine", "chat"):
            own = name == "engine"
            begun = engine.generate(asked, max_tokens=MAX_TOKENS) if own else talk(engine, asked, vocabulary)
            first = await _first(begun)
            if n >= 0 and first is not None:
                times[name].append(first)
                pieces += name == "chat"
    if not times["chat"] or not times["engine"]:
        return {"ratio": None, "rounds": rounds, "begun": pieces}
    told: dict[str, Any] = {f"{name}_ms": quartiles(some) for name, some in times.items()}
    if len(times["chat"]) == len(times["engine"]):
        told["median_of_ratios"] = round(float(np.median(np.divide(times["chat"], times["engine"]))), 3)
    ratio = float(np.median(times["chat"])) / float(np.median(times["engine"]))
    return {"ratio": round(ratio, 3), "rounds": rounds, "begun": pieces, "model": engine.model_id, **told}


async def _first(pieces: AsyncGenerator[str, None]) -> float | None:
    """Milliseconds to the first piece that says something; None if there is none."""
    started = time.perf_counter()
    async with aclosing(pieces) as told:
        async for piece in told:
            if piece.strip():
                return 1000 * (time.perf_counter() - started)
    return None
