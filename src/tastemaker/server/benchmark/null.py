"""With a model that answers at once: our server, and a bare FastAPI route that makes the same Chroma queries, asked by the same users in turn."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from typing import Any

from tastemaker.eval.benchmarks.clustered import USERS as CLUSTERED
from tastemaker.eval.benchmarks.clustered import clustered_store
from tastemaker.eval.benchmarks.processes import process
from tastemaker.eval.benchmarks.vllm_server import free_port
from tastemaker.progress import Progress
from tastemaker.server.benchmark.apps import STORE
from tastemaker.server.benchmark.clients import Body, Round, client, figures, ratio, send
from tastemaker.server.database import open_server
from tastemaker.server.keys import Keys
from tastemaker.settings import Settings

REQUESTS = 400
K = 5
APPS = "tastemaker.server.benchmark.apps"


async def measure(
    settings: Settings, size: int, rounds: int, progress: Progress, requests: int = REQUESTS
) -> dict[str, Any]:
    """`ratio` of slates a second, ours over the bare route with Chroma's queries, in a store of `size` clustered items. Every slate is logged before it
    is answered. `vs_same_search` is ours over a bare route that searches just as ours does, which in a small store asks Chroma for nothing.
    `with_reasons` is our rate where each item also gets its reason, from templates.
    """
    folder = settings.cache / "bench" / "retrieval" / str(size)
    progress(f"Making {size:,} items, once", 0, None)
    clustered_store(folder, size, progress).close()
    key, _ = Keys(open_server(folder)).create("bench")
    # Ours keeps BLAS to one thread by itself; so that the floor is not slower for want of it, both are told.
    headers, environment = {"authorization": f"Bearer {key}"}, {STORE: str(folder), "OPENBLAS_NUM_THREADS": "1"}
    people = [f"u{n % CLUSTERED}" for n in range(requests)]
    asked: dict[str, list[Body]] = {
        "ours": [{"user_id": user, "k": K, "explain": False} for user in people],
        "with_reasons": [{"user_id": user, "k": K} for user in people],
        "bare": [{"user_id": user} for user in people],
        "same_search": [{"user_id": user} for user in people],
    }
    sides: dict[str, list[Round]] = {name: [] for name in asked}
    with ExitStack() as running:
        urls = {}
        for name, ready in (("ours", "/ready"), ("bare", "/openapi.json")):
            urls[name] = url = f"http://127.0.0.1:{free_port()}"
            command = [sys.executable, "-m", "uvicorn", f"{APPS}:{name}", "--factory", "--no-access-log"]
            command += ["--port", url.rpartition(":")[2], "--log-level", "warning"]
            running.enter_context(process(command, url, ready, environment))
        at = dict.fromkeys(asked, f"{urls['ours']}/v1/recommend") | {
            "bare": f"{urls['bare']}/v1/recommend", "same_search": f"{urls['bare']}/same-search",
        }  # fmt: skip
        async with client(headers) as web:
            for turn in range(-1, rounds):  # the first is not counted
                progress(f"{size:,} items, no model", max(turn, 0), rounds)
                for name in list(asked)[:: 1 if turn % 2 else -1]:
                    some = asked[name] if turn >= 0 else asked[name][:64]
                    done = await send(web, at[name], some)
                    if turn >= 0:
                        sides[name].append(done)
    return {
        "items": size, "ratio": ratio(sides["ours"], sides["bare"]),
        "vs_same_search": ratio(sides["ours"], sides["same_search"]), **{name: figures(each) for name, each in sides.items()},
    }  # fmt: skip
