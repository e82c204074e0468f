"""A real vLLM server on a free loopback port, started and stopped around a benchmark or a test session."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tastemaker.eval.benchmarks.processes import process
from tastemaker.progress import Progress, silent


@contextmanager
def vllm_server(
    model: Path, name: str, *, dtype: str = "float32", max_model_len: int = 2_048, start_s: float = 300.0,
    options: Sequence[str] = (), progress: Progress = silent,
) -> Iterator[str]:  # fmt: skip
    """Serve the folder `model` as `name`; yields the address when the server is healthy.

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
    env = {"VLLM_CPU_KVCACHE_SPACE": os.environ.get("VLLM_CPU_KVCACHE_SPACE", "1")}
    with process(command, url, "/health", env, what="the vLLM server", start_s=start_s, progress=progress):
        yield url


def free_port() -> int:
    """A loopback port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
