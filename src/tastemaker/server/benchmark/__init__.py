"""`bench serve`: the whole server before a model that has no time left, and before one that takes none. See `saturated` and `null`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tastemaker.eval.benchmarks.environment import environment
from tastemaker.progress import Progress, silent
from tastemaker.server.benchmark import null, saturated
from tastemaker.server.benchmark.clients import USERS
from tastemaker.settings import Settings

SIZES = (2_000, 100_000)
ROUNDS = 3
BARS = {"vs_raw_vllm": (0.9, "at least"), "p99_over_p50": (3.0, "at most"), "null_engine_ratio": (0.5, "at least")}


async def run(
    settings: Settings, model: str, sizes: Sequence[int] = SIZES, requests: int = 96, rounds: int = ROUNDS,
    progress: Progress = silent,
) -> dict[str, Any]:  # fmt: skip
    """`vs_raw_vllm`, `p99_over_p50` of the same requests, and the worst `null_engine_ratio` of the `sizes`, with what they are made of.

    It has passed if every bar is met and the model ranked every slate.
    Raises what starting the servers raises, and `EngineError` for a request that is refused.
    """
    served = await saturated.measure(settings, model, requests, rounds, progress)
    without = [await null.measure(settings, size, rounds, progress) for size in sizes]
    found = {
        "vs_raw_vllm": served["ratio"]["median"],
        "p99_over_p50": served["ours"]["p99_over_p50"],
        "null_engine_ratio": min(one["ratio"]["median"] for one in without),
    }
    met = {name: found[name] >= bar if kind == "at least" else found[name] <= bar for name, (bar, kind) in BARS.items()}
    return {
        **found, "met": met, "bars": BARS, "users": USERS, "saturated": served, "null_engine": without,
        "passed": all(met.values()) and not served["ours"]["degraded"], **environment(),
    }  # fmt: skip
