"""A real vLLM server on a free loopback port, started and stopped around a benchmark or a test session."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx

from tastemaker.errors import EngineUnavailableError
from tastemaker.progress import Progress, silent


@contextmanager
def vllm_server(
    model: Path, name: str, *, dtype: str = "float32", max_model_len: int = 2_048, start_s: float = 300.0,
    options: Sequence[str] = (), progress: Progress = silent,
) -> Iterator[str]:  # fmt: skip
    """Serve the folder `model` as `name`; yields the address when the server is healthy and has answered once.

    `options` are further ones of vLLM's own, such as `--runner pooling` for a model of embeddings.

    Raises `EngineUnavailableError`, with the end of the server's log, if it is not up within `start_s` seconds.
    """
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    command = [
        sys.executable,
        "-m",
        "vllm.entrypoints.openai.api_server",
        "--model",
        str(model),
        "--served-model-name",
        name,
    ]
    command += ["--dtype", dtype, "--host", "127.0.0.1", "--port", str(port), "--max-model-len", str(max_model_len)]
    command += ["--enforce-eager", "--generation-config", "vllm", "--max-logprobs", "128", *options]
    env = {**os.environ, "VLLM_CPU_KVCACHE_SPACE": os.environ.get("VLLM_CPU_KVCACHE_SPACE", "1")}
    with tempfile.NamedTemporaryFile("w+", prefix="vllm-", suffix=".log") as log:
        process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, env=env, start_new_session=True)
        try:
            _wait(process, url, Path(log.name), time.monotonic() + start_s, progress)
            yield url
        finally:
            _stop(process)


def free_port() -> int:
    """A loopback port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(process: subprocess.Popen[bytes], url: str, log: Path, deadline: float, progress: Progress) -> None:
    started = time.monotonic()
    while time.monotonic() < deadline and process.poll() is None:
        progress("Starting the vLLM server", int(time.monotonic() - started), None)
        try:
            if httpx.get(f"{url}/health", timeout=5, trust_env=False).is_success:
                return
        except httpx.HTTPError:
            time.sleep(0.5)
    tail = "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-15:])
    raise EngineUnavailableError(f"the vLLM server did not start; its log ends:\n{tail}", where=url)


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End the server and the engine processes that it started, which share its process group."""
    for wanted, patience in ((signal.SIGTERM, 20), (signal.SIGKILL, 10)):
        try:
            os.killpg(process.pid, wanted)
            process.wait(patience)
            break
        except ProcessLookupError:
            break
        except subprocess.TimeoutExpired:
            continue
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return
