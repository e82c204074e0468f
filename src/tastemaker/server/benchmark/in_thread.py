"""An application served from a thread of this process, on a free loopback port."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp

from tastemaker.errors import EngineUnavailableError
from tastemaker.eval.benchmarks.vllm_server import free_port

START_S = 30.0


@contextmanager
def in_thread(app: ASGIApp) -> Iterator[str]:
    """Serve `app` from a thread of this process; yields its address. Raises `EngineUnavailableError` if that does not begin."""
    url = f"http://127.0.0.1:{free_port()}"
    server = uvicorn.Server(
        uvicorn.Config(app, host="127.0.0.1", port=int(url.rpartition(":")[2]), log_level="warning", access_log=False)
    )
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        deadline = time.monotonic() + START_S
        while not server.started:
            if not thread.is_alive() or time.monotonic() > deadline:
                raise EngineUnavailableError("did not start", where=url)
            time.sleep(0.02)
        yield url
    finally:
        server.should_exit = True
        thread.join()
