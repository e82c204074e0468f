"""The synchronous facade: what it leaves behind when it is closed."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import anyio.to_thread
import pytest

from tastemaker import Item, Recommender, TastemakerError


def test_closing_leaves_no_thread(tmp_path: Path) -> None:
    before = set(threading.enumerate())
    with Recommender.open(tmp_path, encoder="hashing") as recommender:
        recommender.index([Item(id="a", title="Soup")])
    assert set(threading.enumerate()) <= before


def test_closing_waits_for_a_worker_that_is_not_done(tmp_path: Path) -> None:
    before, ended = set(threading.enumerate()), []

    class Slow:
        def __del__(self) -> None:
            time.sleep(0.3)  # as a model's tensors take time to free, in the thread that held them last
            ended.append(True)

    recommender = Recommender.open(tmp_path, encoder="hashing")
    recommender._call(anyio.to_thread.run_sync, Slow)
    recommender.close()
    assert ended and set(threading.enumerate()) <= before


def test_what_cannot_be_opened_leaves_no_thread(tmp_path: Path) -> None:
    before = set(threading.enumerate())
    with pytest.raises(TastemakerError):
        Recommender.open(tmp_path, encoder="hashing", wrong=1)
    assert set(threading.enumerate()) <= before


@pytest.fixture
def restarting() -> Iterator[None]:
    """SIGINT as polars leaves it: system calls go on after it, so a wait without end is not interrupted."""
    signal.siginterrupt(signal.SIGINT, False)
    yield
    signal.siginterrupt(signal.SIGINT, True)


@pytest.mark.usefixtures("restarting")
def test_ctrl_c_is_seen_whatever_a_library_did_to_the_signal(tmp_path: Path) -> None:
    def source() -> Iterator[Item]:
        os.kill(os.getpid(), signal.SIGINT)
        for n in range(100):
            time.sleep(0.05)
            yield Item(id=f"n{n}", title="Later")

    started = time.monotonic()
    with pytest.raises(KeyboardInterrupt), Recommender.open(tmp_path, encoder="hashing") as recommender:
        recommender.index(source())
    assert time.monotonic() - started < 3
