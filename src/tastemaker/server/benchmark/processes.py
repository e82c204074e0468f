"""Servers on free loopback ports, for as long as they are timed: in processes of their own, or in a thread."""

from __future__ import annotations

import os
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx
import uvicorn
from starlette.types import ASGIApp

from tastemaker.errors import EngineUnavailableError
from tastemaker.eval.benchmarks.vllm_server import free_port

START_S = 300.0


@contextmanager
def process(
    command: Sequence[str], url: str, ready: str, environment: Mapping[str, str] | None = None
) -> Iterator[None]:
    """Run `command` until the block ends; it begins when GET `url` + `ready` succeeds.

    Raises `EngineUnavailableError`, with the end of what the process said, if that takes more than `START_S` seconds or it ends before.
    """
    with tempfile.NamedTemporaryFile("w+", prefix="bench-", suffix=".log") as log:
        started = subprocess.Popen(
            command, stdout=log, stderr=subprocess.STDOUT, env={**os.environ, **(environment or {})}
        )
        try:
            _wait(started, url + ready, Path(log.name))
            yield
        finally:
            started.terminate()
            try:
                started.wait(60)
            except subprocess.TimeoutExpired:
                started.kill()
                started.wait()


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


def _wait(started: subprocess.Popen[bytes], url: str, log: Path) -> None:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline and started.poll() is None:
        try:
            if httpx.get(url, timeout=5, trust_env=False).is_success:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.2)
    tail = log.read_text(encoding="utf-8", errors="replace")[-1_500:]
    raise EngineUnavailableError(f"did not start; it said last:\n{tail}", where=url)
