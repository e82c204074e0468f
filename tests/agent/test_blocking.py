"""The synchronous facade: what it leaves behind when it is closed."""

from __future__ import annotations

import threading
import time
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
