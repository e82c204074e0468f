"""Servers in processes of their own, for as long as they are needed."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx

from tastemaker.errors import EngineUnavailableError
from tastemaker.progress import Progress, silent

START_S = 300.0


@contextmanager
def process(
    command: Sequence[str], url: str, ready: str, environment: Mapping[str, str] | None = None, *, what: str = "the server",
    start_s: float = START_S, progress: Progress = silent,
) -> Iterator[None]:  # fmt: skip
    """Run `command` until the block ends, which begins when GET `url` + `ready` succeeds; what it has started ends with it.

    Raises `EngineUnavailableError`, with the end of what the process said, if that takes more than `start_s` seconds or it ends before.
    """
    with tempfile.NamedTemporaryFile("w+", prefix="bench-", suffix=".log") as log:
        started = subprocess.Popen(
            command, stdout=log, stderr=subprocess.STDOUT, env={**os.environ, **(environment or {})},
            start_new_session=True,
        )  # fmt: skip
        try:
            _wait(started, url, ready, what, Path(log.name), start_s, progress)
            yield
        finally:
            _stop(started)


def _wait(
    started: subprocess.Popen[bytes], url: str, ready: str, what: str, log: Path, start_s: float, progress: Progress
) -> None:
    begun = time.monotonic()
    while time.monotonic() < begun + start_s and started.poll() is None:
        progress(f"Starting {what}", int(time.monotonic() - begun), None)
        try:
            if httpx.get(url + ready, timeout=5, trust_env=False).is_success:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.2)
    tail = "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-15:])
    raise EngineUnavailableError(f"{what} did not start; its log ends:\n{tail}", where=url)


def _stop(started: subprocess.Popen[bytes]) -> None:
    """End the process, and those that it started, which share its process group."""
    for wanted, patience in ((signal.SIGTERM, 20), (signal.SIGKILL, 10)):
        try:
            os.killpg(started.pid, wanted)
            started.wait(patience)
            break
        except ProcessLookupError:
            break
        except subprocess.TimeoutExpired:
            continue
    try:
        os.killpg(started.pid, signal.SIGKILL)
    except ProcessLookupError:
        return
