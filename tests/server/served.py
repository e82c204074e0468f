"""A real uvicorn in a thread, on a loopback port, around a recommender."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import httpx
import uvicorn
from fastapi import FastAPI

from tastemaker import Recommender
from tastemaker.eval.benchmarks.vllm_server import free_port
from tastemaker.server.database import open_server
from tastemaker.server.keys import Keys, Scope


@dataclass(frozen=True)
class Served:
    """A running server: its address, what it serves, and a client."""

    url: str
    app: FastAPI
    recommender: Recommender
    client: httpx.Client

    def key(self, scope: Scope = Scope.WRITE, tenant: str | None = None) -> dict[str, str]:
        """The header of a new key."""
        text, _ = Keys(open_server(self.recommender.core.settings.path)).create("test", scope, tenant)
        return {"authorization": f"Bearer {text}"}


@contextmanager
def running(app: FastAPI) -> Iterator[str]:
    """uvicorn in a thread; yields the address once it serves."""
    port = free_port()
    server = uvicorn.Server(
        uvicorn.Config(app, host="127.0.0.1", port=port, log_level="warning", access_log=False, lifespan="on")
    )
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive()
            time.sleep(0.02)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join()


Serve = Callable[..., Served]
