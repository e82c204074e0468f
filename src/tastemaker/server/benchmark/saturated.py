"""32 users before a vLLM server that they keep busy, asking for slates; in turn, the same completions sent to it without us."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

from tastemaker.agent.engines.models import resolve
from tastemaker.eval.benchmarks.conversation.store import opened
from tastemaker.eval.benchmarks.environment import number_format
from tastemaker.eval.benchmarks.processes import process
from tastemaker.eval.benchmarks.vllm_server import free_port, vllm_server
from tastemaker.progress import Progress, silent
from tastemaker.server.benchmark.clients import USERS, Body, Round, client, figures, ratio, send
from tastemaker.server.benchmark.recording import COMPLETIONS, recording
from tastemaker.server.database import open_server
from tastemaker.server.keys import Keys
from tastemaker.settings import Settings

K = 5
NAME = "bench"
ROUTE = "/v1/recommend"


async def measure(settings: Settings, model: str, n: int, rounds: int, progress: Progress) -> dict[str, Any]:
    """`compare` for `n` users of MovieLens-100K. vLLM keeps no prefixes: in later rounds it would know both sides' prompts."""
    bodies = [{"user_id": str(user), "k": K, "explain": False} for user in range(1, n + 1)]
    folder = resolve(model, settings.cache, progress)
    options = ["--no-enable-prefix-caching"]
    async with opened(settings, progress) as (recommender, _):
        store = Path(recommender.settings.path)
        with vllm_server(folder.path, NAME, dtype=number_format(settings), options=options, progress=progress) as vllm:
            found = await compare(store, vllm, NAME, bodies, rounds, progress)
    return {**found, "model": model, "k": K}


async def compare(
    store: Path, vllm: str, name: str, bodies: Sequence[Body], rounds: int, progress: Progress = silent,
    options: Sequence[str] = (),
) -> dict[str, Any]:  # fmt: skip
    """`ratio` of slates a second of our server, over the rate at which vLLM alone answers the same completions; the letters of 20 candidates.

    Which those are is noted first, through a proxy. `prompt_tokens` are what vLLM counted in each round, and are the same on both sides.
    `options` are further ones of `tastemaker serve`.
    """
    sides: dict[str, list[Round]] = {"ours": [], "raw": []}
    tokens: dict[str, list[int]] = {"ours": [], "raw": []}
    progress("Noting the prompts", 0, None)
    with recording(vllm) as noted:
        async with _serving(store, f"{noted.url}#{name}", options) as (web, url):
            await send(web, url, bodies[:1])
            noted.bodies.clear()  # the first request also tries how fast the model reads
            await send(web, url, bodies)
    async with _serving(store, f"{vllm}#{name}", options) as (web, url), client() as bare:
        await send(web, url, bodies[:USERS])
        ways = [("ours", web, url, bodies), ("raw", bare, vllm + COMPLETIONS, noted.bodies)]
        for turn in range(rounds):
            progress("32 users before vLLM", turn, rounds)
            for side, through, address, asked in ways[:: 1 if turn % 2 else -1]:
                before = _read(vllm)
                sides[side].append(await send(through, address, asked))
                tokens[side].append(_read(vllm) - before)
    return {
        "ratio": ratio(sides["ours"], sides["raw"]), "ours": figures(sides["ours"]), "raw": figures(sides["raw"]),
        "requests": len(bodies), "prompts": len(noted.bodies), "prompt_tokens": tokens,
    }  # fmt: skip


@asynccontextmanager
async def _serving(store: Path, ranker: str, options: Sequence[str]) -> AsyncIterator[tuple[httpx.AsyncClient, str]]:
    """`tastemaker serve` before that vLLM, asking for a key; a client that has one."""
    address = f"http://127.0.0.1:{free_port()}"
    key, _ = Keys(open_server(store)).create("bench")
    command = [sys.executable, "-m", "tastemaker", "serve", "--store", str(store), "--ranker", ranker]
    command += ["--port", address.rpartition(":")[2], "--rate", "0", "--timeout", "600", *options]
    with process(command, address, "/ready", {"TASTEMAKER_MODE": "listwise"}):
        async with client({"authorization": f"Bearer {key}"}) as web:
            yield web, address + ROUTE


def _read(vllm: str) -> int:
    """Prompt tokens that a vLLM server has read so far."""
    lines = httpx.get(f"{vllm}/metrics", timeout=30, trust_env=False).text.splitlines()
    return int(sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith("vllm:prompt_tokens_total")))
