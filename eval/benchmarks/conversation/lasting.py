"""Does a turn cost the same however long the conversation is? Late turns of a long one against early turns of new ones, side by side."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import orjson

from tastemaker.agent.recommender import AsyncRecommender
from tastemaker.eval.benchmarks.conversation.playing import Chat
from tastemaker.eval.benchmarks.environment import quartiles
from tastemaker.progress import Progress, silent

ROUND = (
    "No westerns", "Show me others", "Movies from the 90s", "I like the second one", "No horror movies", "Show me others",
    "Any genre is fine", "I've already seen the first one", "Any year is fine", "Show me others",
)  # fmt: skip
"""Ten turns after which nothing is in force. None depends on what was shown, as a critique would: the same is asked of each ten."""
FIRST, EARLY, LATE = "I loved Fargo", 2, 200
REPEATS = 6
K = 2
"""Films a slate, so few that the catalogue lasts."""


async def measure(
    recommender: AsyncRecommender, chat: Chat, progress: Progress = silent, late: int = LATE
) -> dict[str, Any]:
    """Milliseconds of turns 2 to 11 of new conversations, and of ten turns from `late` on of a long one; `REPEATS` times, in which the
    long one goes on. Each early turn is taken right before or after the late one that says the same. `state_bytes` are of what a turn writes.
    """
    long = (await chat(FIRST, None, None)).conversation_id
    sizes: dict[int, int] = {}
    for turn in range(EARLY, late):
        progress("A long conversation", turn, late)
        await chat(_message(turn - late), long, None)
        if turn in {EARLY + 9, late - 1}:
            sizes[turn] = _bytes(recommender, long)
    times: dict[str, list[float]] = {"early": [], "late": []}
    cpu: dict[str, list[float]] = {"early": [], "late": []}
    shown = {"early": 0, "late": 0}
    for _ in range(REPEATS):
        new = (await chat(FIRST, None, None)).conversation_id
        for n in range(len(ROUND)):
            pair = [("early", new), ("late", long)]
            for name, conversation in pair if n % 2 else reversed(pair):
                started, used = time.perf_counter(), time.process_time()
                shown[name] += len((await chat(_message(n), conversation, None)).items)
                times[name].append(1000 * (time.perf_counter() - started))
                cpu[name].append(1000 * (time.process_time() - used))
    early, slow = quartiles(times["early"]), quartiles(times["late"])
    return {
        "early_ms": early, "late_ms": slow, "ratio": round(slow["median"] / early["median"], 3),
        "cpu_ratio": round(float(np.median(cpu["late"]) / np.median(cpu["early"])), 3),
        "shown": shown, "first_late_turn": late, "state_bytes": {str(turn): size for turn, size in sizes.items()},
    }  # fmt: skip


def _message(n: int) -> str:
    return ROUND[n % len(ROUND)]


def _bytes(recommender: AsyncRecommender, conversation_id: str) -> int:
    last = recommender.store.memory.last(conversation_id)
    return len(orjson.dumps(last.state)) if last else 0
